"""Geometries as GeoJSON for a page: rounded, two-dimensional, in WGS84 lon/lat degrees."""

import json

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.json_text import JsonValue

DECIMALS = 6
"""Six decimals of a degree are at most 0.11 m."""


def geometry_json(geometry: BaseGeometry | None, *, decimals: int = DECIMALS) -> JsonValue:
    """Return the geometry as GeoJSON with rounded coordinates; None where it is missing or empty."""
    if geometry is None or geometry.is_empty:
        return None
    flat = shapely.transform(shapely.force_2d(geometry), lambda lonlat_deg: np.round(lonlat_deg, decimals))
    document: JsonValue = json.loads(shapely.to_geojson(flat))
    return document


def point_json(geometry: BaseGeometry | None) -> JsonValue:
    """Return [lon, lat] of the place where a symbol stands; for lines and areas a point on them."""
    if geometry is None or geometry.is_empty:
        return None
    place = geometry if isinstance(geometry, Point) else geometry.point_on_surface()
    return [round(place.x, DECIMALS), round(place.y, DECIMALS)]
