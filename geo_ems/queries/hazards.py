"""Which hazard areas act at an instant."""

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, LayerColumns
from geo_ems.queries.positions import unix_seconds

ACTIVE_STATE = "active"
IGNORE_POLICY = "ignore"


def active_areas(columns: LayerColumns, *, at_s: float) -> BoolArray:
    """Return which hazard areas act at an instant (Unix seconds): state active, within their validity.

    A missing start or end does not limit. Areas without geometry, and those whose policy is to
    ignore them, never act on a place.
    """
    active: BoolArray = _said_active(columns) & _valid(columns, at_s) & _located(columns)
    return active


def unjudged_areas(columns: LayerColumns, *, at_s: float) -> tuple[int, int]:
    """Return how many areas valid at an instant (Unix seconds) have no state, and how many active ones no place."""
    valid = _valid(columns, at_s)
    stateless = ~columns.columns["state"].known & valid & _located(columns)
    placeless = _said_active(columns) & valid & ~_located(columns)
    return int(stateless.sum()), int(placeless.sum())


def _said_active(columns: LayerColumns) -> BoolArray:
    state = columns.columns["state"]
    policy = columns.columns["policy"]
    ignored = policy.values == list(policy.field.codes).index(IGNORE_POLICY)
    said: BoolArray = state.known & (state.values == list(state.field.codes).index(ACTIVE_STATE)) & ~ignored
    return said


def _valid(columns: LayerColumns, at_s: float) -> BoolArray:
    start_s = unix_seconds(columns.columns["valid_from"].values)
    end_s = unix_seconds(columns.columns["valid_to"].values)
    valid: BoolArray = (np.isnan(start_s) | (start_s <= at_s)) & (np.isnan(end_s) | (at_s <= end_s))
    return valid


def _located(columns: LayerColumns) -> BoolArray:
    return ~(shapely.is_missing(columns.geometries) | shapely.is_empty(columns.geometries))
