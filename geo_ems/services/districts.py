"""`district_id` is derived at write from where a feature lies, and again when districts change."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geo_ems.errors import ConflictError
from geo_ems.model.columns import FloatArray, LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Commit, Feature, FeatureChange, LayerChange
from geo_ems.queries.areas import AreaIndex, representative_points, smallest_areas_containing
from geo_ems.storage.protocol import LayerHistory, LayerStore, StoreDescription

DISTRICT_LAYER = "districts"
DISTRICT_FIELD = "district_id"
_ORIGIN = "derived"
_NOTE = '{"derived": "district_id"}'
_PRINCIPAL = "geo_ems"
_ATTEMPTS = 20

_FEW = 64  # up to here one look per feature into a kept index is faster than building a tree for all


@dataclass(frozen=True, slots=True)
class _Districts:
    """The districts at one sequence number of their layer."""

    last_seq: int
    columns: LayerColumns
    index: AreaIndex

    def id_at(self, row: int) -> str | None:
        """Return the id of a district by its row; None for -1, a place outside every district."""
        return str(self.columns.ids[row]) if row >= 0 else None


class DistrictStore:
    """A LayerStore that writes each feature with the lowest district it lies in.

    A feature outside every district has none; one without geometry keeps the district it came with.
    """

    def __init__(self, store: LayerStore, definitions: Mapping[str, LayerDefinition]) -> None:
        """Wrap a store; only layers with a field `district_id` are concerned."""
        self._store = store
        self._definitions = definitions
        self._cached: _Districts | None = None
        self._lock = threading.Lock()

    @cached_property
    def _concerned(self) -> tuple[str, ...]:
        """Return the layers whose features lie in a district; only who writes has to know."""
        return tuple(
            name
            for name, definition in self._definitions.items()
            if DISTRICT_FIELD in definition.fields and name != DISTRICT_LAYER
        )

    @property
    def history(self) -> LayerHistory:
        """Return what the store knows of the past."""
        return self._store.history

    def describe(self) -> StoreDescription:
        """Return the description of the store."""
        return self._store.describe()

    def read_columns(self, layer: str, ids: Sequence[str] | None = None) -> LayerColumns:
        """Return a layer, or some features of it, as arrays."""
        return self._store.read_columns(layer, ids)

    def read_rows(self, layer: str, ids: Sequence[str]) -> tuple[Feature, ...]:
        """Return the features that exist among `ids`."""
        return self._store.read_rows(layer, ids)

    def changes_since(self, seq: int) -> tuple[LayerChange, ...]:
        """Return what changed after `seq`."""
        return self._store.changes_since(seq)

    def apply_definition(self, definition: LayerDefinition) -> int:
        """Create or extend a layer."""
        return self._store.apply_definition(definition)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def commit(self, batch: ChangeBatch, *, idempotency_key: str | None = None) -> Commit:
        """Store a batch with districts filled in; a batch of districts re-derives those of all other layers."""
        done = self._store.commit(self._placed_batch(batch), idempotency_key=idempotency_key)
        self._derive_after((batch,))
        return done

    def commit_together(
        self, batches: Sequence[ChangeBatch], *, idempotency_key: str | None = None
    ) -> tuple[Commit, ...]:
        """Store batches together, all of them or none, with districts filled in as `commit` does."""
        placed = tuple(self._placed_batch(batch) for batch in batches)
        done = self._store.commit_together(placed, idempotency_key=idempotency_key)
        self._derive_after(batches)
        return done

    def _placed_batch(self, batch: ChangeBatch) -> ChangeBatch:
        if batch.layer not in self._concerned:
            return batch
        return replace(batch, changes=self._with_districts(batch.changes))

    def _derive_after(self, batches: Sequence[ChangeBatch]) -> None:
        for batch in batches:
            if batch.layer == DISTRICT_LAYER:
                self._derive_again(batch.principal, self._concerned)

    def _districts(self) -> _Districts | None:
        """Return the districts as they are now; None where there are none."""
        described = self._store.describe().layers.get(DISTRICT_LAYER)
        if described is None or not described.count:
            return None
        with self._lock:
            if self._cached is None or self._cached.last_seq != described.last_seq:
                columns = self._store.read_columns(DISTRICT_LAYER)
                self._cached = _Districts(described.last_seq, columns, AreaIndex(columns.geometries))
            return self._cached

    def _with_districts(self, changes: tuple[FeatureChange, ...]) -> tuple[FeatureChange, ...]:
        districts = self._districts()
        if districts is None:
            return changes
        geometries = np.array(
            [None if change.feature is None else change.feature.geometry for change in changes], dtype=object
        )
        places = representative_points(geometries)
        if len(changes) <= _FEW:
            with self._lock:
                rows = np.array([_smallest(districts.index, place) for place in places], dtype=np.int64)
        else:
            rows = smallest_areas_containing(districts.columns.geometries, places)
        return tuple(
            change
            if change.feature is None or change.feature.geometry is None
            else _placed(change, change.feature, districts.id_at(int(row)))
            for change, row in zip(changes, rows, strict=True)
        )

    def derive_missed(self) -> None:
        """Derive what nobody could: after a process that ended too early, or edits outside while nobody served.

        Call it before anything else is written: a layer written after the districts is not looked at,
        nor an edit of another program before the last change of geo_ems itself.
        """
        outside = self._store.changes_since(self._store.history.last_own_seq())
        layers = self._store.describe().layers
        districts = layers.get(DISTRICT_LAYER)
        if districts is not None:
            older = [name for name in self._concerned if layers[name].last_seq < districts.last_seq]
            self._derive_again(_PRINCIPAL, older)
        self.derive_noticed(outside)

    def derive_noticed(self, changes: Sequence[LayerChange]) -> None:
        """Derive the districts of what another program edited, and of everything where it edited districts."""
        if any(change.layer == DISTRICT_LAYER for change in changes):
            self._derive_again(_PRINCIPAL, self._concerned)
            return
        for layer in dict.fromkeys(change.layer for change in changes if change.layer in self._concerned):
            noticed = [change for change in changes if change.layer == layer]
            ids = tuple(dict.fromkeys(feature_id for change in noticed for feature_id in change.ids))
            self._derive_again(_PRINCIPAL, [layer], None if any(change.whole_layer for change in noticed) else ids)

    def _derive_again(self, principal: str, layers: Sequence[str], ids: Sequence[str] | None = None) -> None:
        for layer in layers:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._derive_layer(layer, principal, ids)
                    break
                except ConflictError:  # somebody edited the layer meanwhile: what they wrote stays
                    if attempt == _ATTEMPTS:
                        raise

    def _derive_layer(self, layer: str, principal: str, ids: Sequence[str] | None) -> None:
        if not self._store.describe().layers[layer].count:
            return
        districts = self._districts()
        columns = self._store.read_columns(layer, ids)
        rows = np.full(len(columns), -1, dtype=np.int64)
        if districts is not None:
            places = representative_points(columns.geometries)
            rows = smallest_areas_containing(districts.columns.geometries, places)
        derived = [None if districts is None else districts.id_at(int(row)) for row in rows]
        stored = columns.columns[DISTRICT_FIELD]
        stale = {
            str(columns.ids[row]): district_id
            for row, (district_id, geometry) in enumerate(zip(derived, columns.geometries, strict=True))
            if geometry is not None and (district_id or "") != stored.values[row]
        }
        changes = tuple(
            _placed(
                FeatureChange(ChangeKind.REPLACE, feature.id, feature, expected_rev=feature.rev),
                feature,
                stale[feature.id],
            )
            for feature in self._store.read_rows(layer, list(stale))
        )
        if changes:
            self._store.commit(ChangeBatch(layer, changes, principal, _ORIGIN, _NOTE, bulk=True))


def _smallest(index: AreaIndex, place: FloatArray) -> int:
    lon, lat = float(place[0]), float(place[1])
    return index.smallest_containing((lon, lat)) if np.isfinite(place).all() else -1


def _placed(change: FeatureChange, feature: Feature, district_id: str | None) -> FeatureChange:
    return replace(change, feature=replace(feature, properties={**feature.properties, DISTRICT_FIELD: district_id}))
