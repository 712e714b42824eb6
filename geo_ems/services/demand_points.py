"""People of a layer that carries them: how many, and where each demand point counts."""

from dataclasses import dataclass

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSource
from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.areas import representative_points
from geo_ems.services.eligibility import visible_rows


@dataclass(frozen=True, slots=True)
class DemandPoints:
    """The d demand points of a layer.

    `people` (d,) are 0 where the caller may not see them; `places_deg` (d, 2) is NaN without a place.
    """

    layer: LayerSnapshot
    counted: BoolArray
    people: IntArray
    places_deg: FloatArray


def check_carries_people(source: SnapshotSource, name: str) -> None:
    """Raise UsageError where a layer carries no people, NotFoundError where there is no such layer."""
    if source.definition(name).weight_field is None:
        carriers = [other for other, item in source.definitions.items() if item.weight_field]
        raise UsageError(
            f"layer '{name}' carries no people",
            remedy=f"Demand layers: {', '.join(carriers) or 'none'}.",
            field="demand",
            value=name,
        )


def demand_points(layer: LayerSnapshot, caller: Caller) -> DemandPoints:
    """Return the demand points of a layer that carries people."""
    counted = visible_rows(layer, caller)
    field = str(layer.definition.weight_field)
    people = np.where(counted, layer.columns.columns[field].values, 0.0)
    whole = np.nan_to_num(people.astype(np.float64), nan=0.0).astype(np.int64)
    return DemandPoints(layer, counted, whole, representative_points(layer.columns.geometries))
