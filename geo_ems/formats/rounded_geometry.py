"""Geometries with as many decimals as are meant: 7, about 1 cm (RFC 7946, 11.2)."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.model.columns import BoolArray, ObjectArray


def rounded_geometries(geometries: ObjectArray) -> ObjectArray:
    """Return lon/lat geometries, shape (n,), with 7 decimals; None stays None.

    One that would not survive it, such as an area smaller than the last decimal, stays as it is.
    """
    rounded: ObjectArray = np.asarray(
        shapely.transform(geometries, lambda lonlat_deg: np.round(lonlat_deg, COORDINATE_DECIMALS)), dtype=object
    )
    spoilt = _are_spoilt(geometries, rounded)
    rounded[spoilt] = geometries[spoilt]
    return rounded


def are_same_place(geometry: BaseGeometry, other: BaseGeometry) -> bool:
    """Return whether two geometries differ in no more than rounding, the direction of rings and where they begin."""
    if geometry == other:
        return True
    pair = np.array([geometry, other], dtype=object)
    first, second = shapely.normalize(shapely.transform(pair, lambda xy: np.round(xy, COORDINATE_DECIMALS)))
    return bool(first == second)


def _are_spoilt(geometries: ObjectArray, rounded: ObjectArray) -> BoolArray:
    """Return where rounding breaks an area or a line, or moves a vertex to (0, 0), which means "no place"."""
    spoilt: BoolArray = (shapely.get_dimensions(rounded) > 0) & ~shapely.is_valid(rounded)
    lonlat_deg, owners = shapely.get_coordinates(rounded, return_index=True)
    was_deg = shapely.get_coordinates(geometries)
    to_zero = ~lonlat_deg.any(axis=1) & was_deg.any(axis=1)
    spoilt[owners[to_zero]] = True
    return spoilt
