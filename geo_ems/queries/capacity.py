"""How many people a facility takes, and how many more (SEMANTICS ruling 9)."""

import numpy as np

from geo_ems.model.columns import FloatArray, LayerColumns
from geo_ems.model.definitions import CapacityRule


def capacities(columns: LayerColumns, rule: CapacityRule) -> FloatArray:
    """Return how many people each facility takes: the smaller of the known figures, NaN where none is known."""
    persons = _numbers(columns, rule.persons_field)
    if rule.area_m2_field is None or rule.area_per_person_m2 is None:
        return persons
    by_area = np.floor(_numbers(columns, rule.area_m2_field) / rule.area_per_person_m2)
    return np.fmin(persons, by_area)


def occupied_persons(columns: LayerColumns, rule: CapacityRule) -> FloatArray:
    """Return how many people are in each facility; NaN where nobody counted."""
    if rule.occupied_field is None:
        return np.full(len(columns), np.nan)
    return _numbers(columns, rule.occupied_field)


def _numbers(columns: LayerColumns, field: str) -> FloatArray:
    return columns.columns[field].values.astype(np.float64, copy=False)  # NaN where unknown, as columns hold numbers
