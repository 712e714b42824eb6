"""Questions to shapes that several threads hold at once.

GEOS builds what it prepares of a geometry at the first questions to it, without a lock, and some of it
is written at every question; shapely prepares a single geometry unasked, where it is asked about
coordinates. Two threads that ask so about one geometry destroy the memory of the process. So what
others may hold is never prepared: the copy of one question is. Nothing else in the house prepares.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import BoolArray, FloatArray

_PREPARED_FROM = 8
"""Places from which on a copy that is prepared costs less than asking the shape itself."""


def prepared_copy(geometry: BaseGeometry) -> BaseGeometry:
    """Return a copy, ready for many questions by the one thread that asked for it."""
    own = shapely.set_srid(geometry, 0)
    shapely.prepare(own)
    return own


def is_holding(area: BaseGeometry, lon_deg: FloatArray, lat_deg: FloatArray) -> BoolArray:
    """Return which places, shapes (q,), an area holds; its boundary is inside, NaN is held by none."""
    if lon_deg.size >= _PREPARED_FROM:
        return np.asarray(shapely.intersects_xy(prepared_copy(area), lon_deg, lat_deg))
    # An array of one: shapely prepares a geometry that is given by itself.
    return np.asarray(shapely.intersects_xy(np.array([area], dtype=np.object_), lon_deg, lat_deg))
