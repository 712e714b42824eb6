"""`district_id` is derived at write from where a feature lies, and again when districts change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Commit, Feature, FeatureChange, LayerChange
from geo_ems.queries.areas import AreaIndex
from geo_ems.queries.hazards import representative_lonlat
from geo_ems.storage.protocol import LayerStore, StoreDescription

DISTRICT_LAYER = "districts"
DISTRICT_FIELD = "district_id"
_ORIGIN = "derived"


class DistrictStore:
    """A LayerStore that writes each feature with the lowest district it lies in.

    A feature without geometry, or outside every district, keeps the district it came with.
    """

    def __init__(self, store: LayerStore, definitions: Mapping[str, LayerDefinition]) -> None:
        """Wrap a store; only layers with a field `district_id` are concerned."""
        self._store = store
        self._concerned = tuple(
            name
            for name, definition in definitions.items()
            if DISTRICT_FIELD in definition.fields and name != DISTRICT_LAYER
        )

    def describe(self) -> StoreDescription:
        """Return the description of the store."""
        return self._store.describe()

    def read_columns(self, layer: str) -> LayerColumns:
        """Return a whole layer as arrays."""
        return self._store.read_columns(layer)

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
        if batch.layer in self._concerned:
            batch = replace(batch, changes=self._with_districts(batch.changes))
        done = self._store.commit(batch, idempotency_key=idempotency_key)
        if batch.layer == DISTRICT_LAYER:
            self._derive_again(batch.principal)
        return done

    def _areas(self) -> tuple[AreaIndex, LayerColumns] | None:
        described = self._store.describe().layers.get(DISTRICT_LAYER)
        if described is None or not described.count:
            return None
        districts = self._store.read_columns(DISTRICT_LAYER)
        return AreaIndex.build(districts.geometries), districts

    def _with_districts(self, changes: tuple[FeatureChange, ...]) -> tuple[FeatureChange, ...]:
        areas = self._areas()
        if areas is None:
            return changes
        index, districts = areas
        geometries = np.array(
            [None if change.feature is None else change.feature.geometry for change in changes], dtype=object
        )
        rows = index.smallest_area_containing(representative_lonlat(geometries))
        return tuple(
            change if change.feature is None or row < 0 else _placed(change, change.feature, str(districts.ids[row]))
            for change, row in zip(changes, rows, strict=True)
        )

    def _derive_again(self, principal: str) -> None:
        areas = self._areas()
        if areas is None:
            return
        index, districts = areas
        for layer in self._concerned:
            if not self._store.describe().layers[layer].count:
                continue
            columns = self._store.read_columns(layer)
            rows = index.smallest_area_containing(representative_lonlat(columns.geometries))
            derived = np.where(rows >= 0, districts.ids[rows], "")
            stale = np.flatnonzero((rows >= 0) & (derived != columns.columns[DISTRICT_FIELD].values))
            features = self._store.read_rows(layer, [str(columns.ids[row]) for row in stale])
            changes = tuple(
                _placed(FeatureChange(ChangeKind.REPLACE, feature.id, feature), feature, str(derived[row]))
                for feature, row in zip(features, stale, strict=True)
            )
            if changes:
                self._store.commit(
                    ChangeBatch(layer, changes, principal, _ORIGIN, '{"derived": "district_id"}', bulk=True)
                )


def _placed(change: FeatureChange, feature: Feature, district_id: str) -> FeatureChange:
    return replace(change, feature=replace(feature, properties={**feature.properties, DISTRICT_FIELD: district_id}))
