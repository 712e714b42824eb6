"""What lies inside a hazard area; the boundary is inside (SEMANTICS ruling 8)."""

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns, ObjectArray
from geo_ems.queries.positions import unix_seconds

ACTIVE_STATE = "active"


def active_areas(columns: LayerColumns, *, at_s: float) -> BoolArray:
    """Return which hazard areas act at an instant (Unix seconds): state active, within their validity.

    A missing start or end does not limit. Areas without geometry never act on a place.
    """
    state = columns.columns["state"]
    active_code = list(state.field.codes).index(ACTIVE_STATE)
    start_s = unix_seconds(columns.columns["valid_from"].values)
    end_s = unix_seconds(columns.columns["valid_to"].values)
    begun = np.isnan(start_s) | (start_s <= at_s)
    lasting = np.isnan(end_s) | (at_s <= end_s)
    located = ~shapely.is_missing(columns.geometries)
    active: BoolArray = (state.values == active_code) & begun & lasting & located
    return active


def first_area_containing(areas: ObjectArray, lonlat_deg: FloatArray) -> IntArray:
    """Return, for each place of shape (n, 2), the index of the first area that contains it, or -1.

    A place with a NaN coordinate lies in no area.
    """
    found = np.full(lonlat_deg.shape[0], -1, dtype=np.int64)
    for area_index, area in enumerate(areas):
        west, south, east, north = shapely.bounds(area)
        lon, lat = lonlat_deg[:, 0], lonlat_deg[:, 1]
        in_box = (found < 0) & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        rows = np.flatnonzero(in_box)
        if rows.size:
            inside = shapely.intersects_xy(area, lon[rows], lat[rows])
            found[rows[inside]] = area_index
    return found


def representative_lonlat(geometries: ObjectArray) -> FloatArray:
    """Return one place per geometry, shape (n, 2): the point itself, else a point on the shape; NaN where missing."""
    points = shapely.point_on_surface(geometries)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
