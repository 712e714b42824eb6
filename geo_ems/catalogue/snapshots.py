"""Read-only pictures of the layers at one moment: a query pins one set and sees nothing change."""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geo_ems.catalogue.layer_files import definition_hashes
from geo_ems.catalogue.layer_snapshot import LayerPart, LayerSnapshot
from geo_ems.errors import StoreError, known_names
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.column_cache import CACHED_FROM_ROWS, ColumnCache
from geo_ems.storage.protocol import LayerStore, StoreDescription, StoredLayer

__all__ = ["OVERLAY_LIMIT", "LayerSnapshot", "SnapshotSet", "SnapshotSource"]

COMPACTED_FROM = 1024
"""Features touched since a layer was read whole, from which on they are made part of the base in the background."""
OVERLAY_LIMIT = 4096
"""Features touched since a layer was read whole; beyond it the layer is read anew."""


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The layers a query reads, all at one sequence number of the store.

    Another program has edited the `unsealed_layers` among them, and the sequence number does not say so.
    """

    store_id: str
    seq: int
    catalogue_sha256: str
    layers: Mapping[str, LayerSnapshot]
    unsealed_layers: frozenset[str] = frozenset()

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

    def __init__(
        self, store: LayerStore, definitions: Mapping[str, LayerDefinition], *, cache: ColumnCache | None = None
    ) -> None:
        """Serve the layers that have a definition; a stored layer without one stays unpublished."""
        self._store = store
        self._cache = cache
        self._definitions = definitions
        self._held: dict[str, LayerSnapshot] = {}
        self._lock = threading.Lock()
        self._tending = threading.Lock()
        # The snapshots of which it is known that nothing in them is newer than they say, and such bases.
        self._settled: dict[str, LayerSnapshot] = {}
        self._exact: dict[str, LayerPart] = {}
        # The sequence number at which the cache has, or was asked to take, each layer.
        self._written: dict[str, int] = {}
        digest = hashlib.sha256()
        for name, sha256 in sorted(definition_hashes(definitions).items()):
            digest.update(f"{name}:{sha256};".encode())
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

    def count(self, name: str) -> int:
        """Return how many features a layer has, without reading it; 0 where there is no such layer."""
        stored = self._store.describe().layers.get(name) if name in self._definitions else None
        return 0 if stored is None else stored.count

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
                before = dict(self._held)
                layers = {name: self._current(definition, described) for name, definition in wanted.items()}
                # What was read may be newer than the description, unless nothing changed meanwhile.
                after = described if self._held == before else self._store.describe()
                if self._is_still(layers, after):
                    self._settle(layers, after)
                    unsealed = after.unsealed_layers & layers.keys()
                    return SnapshotSet(described.store_id, described.seq, self._catalogue_sha256, layers, unsealed)
        raise StoreError("The layers change faster than they can be read", remedy="Try again in a moment.")

    def _is_still(self, layers: Mapping[str, LayerSnapshot], described: StoreDescription) -> bool:
        return all(described.layers[name].last_seq == snapshot.last_seq for name, snapshot in layers.items())

    def _current(self, definition: LayerDefinition, described: StoreDescription) -> LayerSnapshot:
        stored = described.layers.get(definition.name)
        if stored is None:
            raise StoreError(
                f"The store has no layer '{definition.name}'", remedy="Open the project with geo-ems once to create it."
            )
        held = self._held.get(definition.name) or self._from_cache(definition, described)
        if held is not None and held.last_seq != stored.last_seq:
            held = self._caught_up(held, stored)
        if held is None:
            held = self._read_whole(definition, stored)
        self._held[definition.name] = held
        return held

    def _from_cache(self, definition: LayerDefinition, described: StoreDescription) -> LayerSnapshot | None:
        """Return the layer as the cache has it, perhaps as it was some changes ago."""
        stored = described.layers[definition.name]
        if self._cache is None or stored.count < CACHED_FROM_ROWS or stored.definition_sha256 != definition.sha256:
            return None
        if definition.name in described.unsealed_layers:  # the log does not say what the cache lacks
            return None
        cached = self._cache.read(definition, store_id=described.store_id)
        if cached is None or cached.key.seq > stored.last_seq:
            return None
        base, seq = LayerPart(cached.columns, prepared=cached.prepared), cached.key.seq
        self._written[definition.name] = seq
        return LayerSnapshot(definition, base, seq, None, seq, stored.changed_at)

    def tend(self) -> None:
        """Make large overlays part of their base, and write to the cache what it does not have yet.

        This may take seconds with large layers, and readers do not wait for it: call it from a thread
        of its own, or before the process ends.
        """
        with self._tending:
            for name in list(self._held):
                self._compact(name)
                self._keep(name)

    def _compact(self, name: str) -> None:
        held = self._settled.get(name)
        if held is None or held.overlay is None or len(held.overlay.touched) < COMPACTED_FROM:
            return
        smaller = held.compacted()
        _ = smaller.layered.is_located  # the search tree is built here, not under the next question
        with self._lock:
            if self._held[name].base is held.base:  # edits that came meanwhile are taken in again from the log
                self._held[name] = self._settled[name] = smaller
                self._exact[name] = smaller.base

    def _keep(self, name: str) -> None:
        held = self._settled.get(name)
        if self._cache is None or held is None or len(held.base.columns) < CACHED_FROM_ROWS:
            return
        if self._exact.get(name) is not held.base or self._written.get(name) == held.base_seq:
            return
        if held.base.columns.outdated_ids:  # the cache holds what is stored, and this is what stood there before
            return
        store_id = self._store.describe().store_id
        # Once per base, also where it fails: a disk that was full a moment ago is not tried every second.
        self._written[name] = held.base_seq
        self._cache.write(held.base.columns, held.base.prepared, store_id=store_id, seq=held.base_seq)

    def _settle(self, layers: Mapping[str, LayerSnapshot], described: StoreDescription) -> None:
        """Remember the snapshots that are exactly the layers at their sequence numbers, and no moment newer."""
        for name, snapshot in layers.items():
            if name in described.unsealed_layers:
                continue
            self._settled[name] = snapshot
            if snapshot.overlay is None:
                self._exact[name] = snapshot.base

    def _read_whole(self, definition: LayerDefinition, stored: StoredLayer) -> LayerSnapshot:
        """Read a layer; what is changed while it is read is changed once more by the next look at the log."""
        base = LayerPart(self._store.read_columns(definition.name))
        return LayerSnapshot(definition, base, stored.last_seq, None, stored.last_seq, stored.changed_at)

    def _caught_up(self, held: LayerSnapshot, stored: StoredLayer) -> LayerSnapshot | None:
        """Return the layer as it is now: the base, and the features changed since; None where these are too many."""
        name = stored.name
        changes = [change for change in self._store.changes_since(held.last_seq) if change.layer == name]
        ids = tuple(dict.fromkeys(feature_id for change in changes for feature_id in change.ids))
        earlier = 0 if held.overlay is None else len(held.overlay.touched)
        if any(change.whole_layer for change in changes) or earlier + len(ids) > OVERLAY_LIMIT:
            return None
        changed = self._store.read_columns(name, ids)
        return held.with_changes(ids, changed, last_seq=stored.last_seq, changed_at=stored.changed_at)
