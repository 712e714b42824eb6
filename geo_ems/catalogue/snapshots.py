"""Read-only pictures of the layers at one moment: a query pins one set and sees nothing change."""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from geo_ems.catalogue.column_merging import merged_columns
from geo_ems.errors import StoreError, known_names
from geo_ems.model.columns import FloatArray, LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.capacity import capacities, occupied_persons
from geo_ems.queries.positions import AvailabilityArray, TeamPositions, availability_of, team_positions
from geo_ems.queries.shapes import PreparedGeometries, prepare_geometries
from geo_ems.storage.protocol import LayerStore, StoreDescription, StoredLayer

_FEW_CHANGES = 4096  # beyond this many features a layer is read anew


@dataclass(frozen=True, slots=True)
class LayerSnapshot:
    """One layer at the sequence number `last_seq` of its last change.

    `availability` are places in `queries.positions.AVAILABILITIES`; `capacity_persons` and
    `occupied_persons` are NaN where unknown, and where the layer keeps none. `shapes` are the
    places the features are ranked from: their geometries, for teams with live positions the place
    where each team is (`positions`).
    """

    definition: LayerDefinition
    columns: LayerColumns
    availability: AvailabilityArray
    capacity_persons: FloatArray
    occupied_persons: FloatArray
    positions: TeamPositions | None
    shapes: PreparedGeometries
    row_of: Mapping[str, int]
    last_seq: int
    changed_at: str | None


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The layers a query reads, all at one sequence number of the store."""

    store_id: str
    seq: int
    catalogue_sha256: str
    layers: Mapping[str, LayerSnapshot]

    @property
    def snapshot_id(self) -> str:
        """Return what names this state of the data and of the definitions."""
        return f"{self.store_id[:8]}-{self.seq}-{self.catalogue_sha256[:8]}"

    def layer(self, name: str) -> LayerSnapshot:
        """Return one layer of the set.

        Raises
        ------
        NotFoundError
            Where the set has no such layer; the message lists those there are.
        """
        if name not in self.layers:
            raise known_names("layer", name, tuple(self.layers))
        return self.layers[name]


class SnapshotSource:
    """Keeps the newest snapshot of each layer and hands out consistent sets of them."""

    _ATTEMPTS = 50

    def __init__(self, store: LayerStore, definitions: Mapping[str, LayerDefinition]) -> None:
        """Serve the layers that have a definition; a stored layer without one stays unpublished."""
        self._store = store
        self._definitions = dict(definitions)
        self._cached: dict[str, LayerSnapshot] = {}
        self._lock = threading.Lock()
        digest = hashlib.sha256()
        for name in sorted(self._definitions):
            digest.update(f"{name}:{self._definitions[name].sha256};".encode())
        self._catalogue_sha256 = digest.hexdigest()

    @property
    def definitions(self) -> Mapping[str, LayerDefinition]:
        """Return the definitions of all layers."""
        return self._definitions

    def definition(self, name: str) -> LayerDefinition:
        """Return one definition, or raise NotFoundError listing those there are."""
        if name not in self._definitions:
            raise known_names("layer", name, tuple(self._definitions))
        return self._definitions[name]

    def pin(self, names: Iterable[str]) -> SnapshotSet:
        """Return the named layers at one sequence number.

        Raises
        ------
        NotFoundError
            Where a name is no layer.
        StoreError
            Where the store changes faster than it can be read.
        """
        wanted = {name: self.definition(name) for name in names}
        with self._lock:
            for _ in range(self._ATTEMPTS):
                described = self._store.describe()
                layers = {name: self._current(definition, described) for name, definition in wanted.items()}
                if all(self._store_seq_unchanged(layers, described)):
                    return SnapshotSet(described.store_id, described.seq, self._catalogue_sha256, layers)
        raise StoreError("The layers change faster than they can be read", remedy="Try again in a moment.")

    def _current(self, definition: LayerDefinition, described: StoreDescription) -> LayerSnapshot:
        stored = described.layers.get(definition.name)
        if stored is None:
            raise StoreError(
                f"The store has no layer '{definition.name}'", remedy="Open the project with geo-ems once to create it."
            )
        cached = self._cached.get(definition.name)
        if cached is not None and cached.last_seq == stored.last_seq:
            return cached
        snapshot = _snapshot(definition, self._columns(definition, cached), stored)
        self._cached[definition.name] = snapshot
        return snapshot

    def _columns(self, definition: LayerDefinition, cached: LayerSnapshot | None) -> LayerColumns:
        """Return the layer as it is now: what changed is put into the snapshot there is, where that is little."""
        name = definition.name
        if cached is None or cached.definition.sha256 != definition.sha256:
            return self._store.read_columns(name)
        changes = [change for change in self._store.changes_since(cached.last_seq) if change.layer == name]
        ids = tuple(dict.fromkeys(feature_id for change in changes for feature_id in change.ids))
        if any(change.whole_layer for change in changes) or len(ids) > _FEW_CHANGES:
            return self._store.read_columns(name)
        replaced = [cached.row_of[feature_id] for feature_id in ids if feature_id in cached.row_of]
        return merged_columns(cached.columns, self._store.read_columns(name, ids), replaced_rows=replaced)

    def _store_seq_unchanged(self, layers: Mapping[str, LayerSnapshot], described: StoreDescription) -> Iterable[bool]:
        after = described if not layers else self._store.describe()
        for name, snapshot in layers.items():
            unchanged = after.layers[name].last_seq == snapshot.last_seq
            if not unchanged:
                self._cached.pop(name, None)
            yield unchanged


def _snapshot(definition: LayerDefinition, columns: LayerColumns, stored: StoredLayer) -> LayerSnapshot:
    availability = availability_of(columns)
    rule, capacity = definition.position, definition.capacity
    positions = None if rule is None else team_positions(columns, rule, availability)
    unknown = np.full(len(columns), np.nan)
    return LayerSnapshot(
        definition=definition,
        columns=columns,
        availability=availability,
        capacity_persons=unknown if capacity is None else capacities(columns, capacity),
        occupied_persons=unknown if capacity is None else occupied_persons(columns, capacity),
        positions=positions,
        shapes=prepare_geometries(columns.geometries if positions is None else positions.geometries),
        row_of={str(feature_id): row for row, feature_id in enumerate(columns.ids)},
        last_seq=stored.last_seq,
        changed_at=stored.changed_at,
    )
