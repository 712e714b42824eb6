"""How many people a facility takes, and how many more (SEMANTICS ruling 9)."""

from collections.abc import Mapping
from math import floor

import numpy as np

from geo_ems.model.columns import FloatArray, LayerColumns
from geo_ems.model.definitions import CapacityRule
from geo_ems.model.features import Value


def capacities(columns: LayerColumns, rule: CapacityRule) -> FloatArray:
    """Return how many people each facility takes: the smaller of the known figures, NaN where none is known."""
    persons = _numbers(columns, rule.persons_field)
    if rule.area_m2_field is None or rule.area_per_person_m2 is None:
        return persons
    by_area = np.floor(_numbers(columns, rule.area_m2_field) / rule.area_per_person_m2)
    return np.fmin(persons, by_area)


def occupied_persons(columns: LayerColumns, rule: CapacityRule) -> FloatArray:
    """Return how many people are in each facility or on their way to it; NaN where nobody counted."""
    if rule.occupied_field is None:
        return np.full(len(columns), np.nan)
    occupied = _numbers(columns, rule.occupied_field)
    if rule.reserved_field is None or rule.reserved_field not in columns.columns:
        return occupied
    return occupied + np.nan_to_num(_numbers(columns, rule.reserved_field))


def places_of(values: Mapping[str, Value], rule: CapacityRule) -> tuple[int | None, int | None, int]:
    """Return of one facility how many people it takes, how many are in it (None = unknown), and places reserved."""
    known = [_whole(values.get(rule.persons_field))]
    if rule.area_m2_field is not None and rule.area_per_person_m2 is not None:
        area_m2 = values.get(rule.area_m2_field)
        known.append(floor(area_m2 / rule.area_per_person_m2) if isinstance(area_m2, int | float) else None)
    capacity = min((places for places in known if places is not None), default=None)
    occupied = None if rule.occupied_field is None else _whole(values.get(rule.occupied_field))
    reserved = None if rule.reserved_field is None else _whole(values.get(rule.reserved_field))
    return capacity, occupied, reserved or 0


def _whole(value: Value) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _numbers(columns: LayerColumns, field: str) -> FloatArray:
    return columns.columns[field].values.astype(np.float64, copy=False)  # NaN where unknown, as columns hold numbers
