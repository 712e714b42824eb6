"""The order in which places are numbered: near places get near numbers, so that a search stays in the caches."""

from typing import Final

import numpy as np

from geo_ems.model.columns import FloatArray, IntArray

FULL_TURN_DEG: Final = 360.0
_LEVELS: Final = 20


def western_edge_deg(lon_deg: FloatArray) -> float:
    """Return the longitude east of the widest gap: counted from there eastwards, no network is cut at 180 degrees."""
    turned = np.unique(np.mod(lon_deg, FULL_TURN_DEG))
    gaps = np.diff(turned, append=turned[0] + FULL_TURN_DEG)
    return float(turned[(int(gaps.argmax()) + 1) % turned.size])


def hilbert_index(lonlat_deg: FloatArray) -> IntArray:
    """Return the place of each of n points, shape (n, 2), on a curve that fills their box."""
    if not len(lonlat_deg):
        return np.empty(0, dtype=np.int64)
    east_deg = np.mod(lonlat_deg[:, 0] - western_edge_deg(lonlat_deg[:, 0]), FULL_TURN_DEG)
    side = (1 << _LEVELS) - 1
    x, y = (_stepped(values, side) for values in (east_deg, lonlat_deg[:, 1]))
    index = np.zeros(x.size, dtype=np.int64)
    step = 1 << (_LEVELS - 1)
    while step:
        right, upper = (x & step) > 0, (y & step) > 0
        index += step * step * ((3 * right) ^ upper)
        # The quarter is turned so that the curve leaves it where it enters the next one.
        mirrored = ~upper & right
        x, y = np.where(mirrored, side - x, x), np.where(mirrored, side - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        step >>= 1
    return index


def _stepped(values: FloatArray, side: int) -> IntArray:
    least, most = float(values.min()), float(values.max())
    return ((values - least) * (side / (most - least if most > least else 1.0))).astype(np.int64)
