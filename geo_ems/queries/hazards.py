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
    state = columns.columns["state"]
    active_code = list(state.field.codes).index(ACTIVE_STATE)
    start_s = unix_seconds(columns.columns["valid_from"].values)
    end_s = unix_seconds(columns.columns["valid_to"].values)
    begun = np.isnan(start_s) | (start_s <= at_s)
    lasting = np.isnan(end_s) | (at_s <= end_s)
    located = ~shapely.is_missing(columns.geometries)
    policy = columns.columns["policy"]
    ignored = policy.values == list(policy.field.codes).index(IGNORE_POLICY)
    active: BoolArray = (state.values == active_code) & begun & lasting & located & ~ignored
    return active
