"""Nearest over a layer that was prepared once and edited a little since: the base and the changed rows, one list.

The answer is that over all rows prepared anew. The order of rows is that of the ids in the base, in
the changed rows and in the result, so ties fall alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.queries.chords import Candidates, plain_mask
from geo_ems.queries.ellipsoid import LonLat
from geo_ems.queries.nearest import Measured, NearestPoints, check_count, ranked
from geo_ems.queries.shapes import TURNS_DEG, PreparedGeometries, features_within, nearest_features
from geo_ems.queries.splicing import Splice


@dataclass(frozen=True, eq=False)
class LayeredShapes:
    """Prepared geometries of a base, and of the rows that were changed or put in since."""

    base: PreparedGeometries
    changed: PreparedGeometries | None = None
    splice: Splice | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.base) if self.splice is None else len(self.splice)

    @cached_property
    def is_located(self) -> BoolArray:
        """Return which rows have a place, shape (n,)."""
        if self.changed is None or self.splice is None:
            return self.base.is_located
        return np.asarray(self.splice.whole(self.base.is_located, self.changed.is_located))

    @cached_property
    def has_edges(self) -> BoolArray:
        """Return which rows are lines or areas, shape (n,)."""
        of_base = self.base.shape_row >= 0
        if self.changed is None or self.splice is None:
            return of_base
        return np.asarray(self.splice.whole(of_base, self.changed.shape_row >= 0))

    def rows_near_box(self, box_deg: tuple[float, float, float, float]) -> IntArray:
        """Return all rows that may touch a box (west, south, east, north), ascending; some of them do not."""
        rows = _near_box(self.base, box_deg)
        if self.changed is None or self.splice is None:
            return rows
        rows = self.splice.new_rows(rows)
        return np.union1d(rows[rows >= 0], self.splice.changed_to)


def nearest_in_layers(
    layered: LayeredShapes, *, at_lonlat_deg: LonLat, k: int, candidates: Candidates | None = None
) -> NearestPoints:
    """Return the k nearest rows: what `queries.shapes.nearest_features` gives over all rows prepared anew.

    Raises
    ------
    UsageError
        Where k is below 1 or the position is not on the Earth.
    """
    if layered.splice is None or layered.changed is None:
        return nearest_features(layered.base, at_lonlat_deg=at_lonlat_deg, k=k, candidates=candidates)
    check_count(k)

    # One more of each than asked: the first one left out decides whether the last is tied.
    def ask(prepared: PreparedGeometries, allowed: BoolArray) -> NearestPoints:
        return nearest_features(prepared, at_lonlat_deg=at_lonlat_deg, k=k + 1, candidates=allowed)

    found, unmeasured_from_m = _asked(layered, layered.splice, layered.changed, candidates, ask)
    return ranked(found, k=k, unmeasured_from_m=unmeasured_from_m)


def within_layers(
    layered: LayeredShapes, *, at_lonlat_deg: LonLat, cutoff_m: float, candidates: Candidates | None = None
) -> NearestPoints:
    """Return all rows up to and including a cutoff (m): what `queries.shapes.features_within` gives.

    Raises
    ------
    UsageError
        Where the position is not on the Earth.
    """
    if layered.splice is None or layered.changed is None:
        return features_within(layered.base, at_lonlat_deg=at_lonlat_deg, cutoff_m=cutoff_m, candidates=candidates)

    def ask(prepared: PreparedGeometries, allowed: BoolArray) -> NearestPoints:
        return features_within(prepared, at_lonlat_deg=at_lonlat_deg, cutoff_m=cutoff_m, candidates=allowed)

    found, unmeasured_from_m = _asked(layered, layered.splice, layered.changed, candidates, ask)
    return ranked(found, k=max(found.index.size, 1), unmeasured_from_m=unmeasured_from_m)


def _asked(
    layered: LayeredShapes,
    splice: Splice,
    changed: PreparedGeometries,
    candidates: Candidates | None,
    ask: Callable[[PreparedGeometries, BoolArray], NearestPoints],
) -> tuple[Measured, float]:
    """Return what is found in the base and among the changed rows, and from where on nothing was measured."""
    mask = plain_mask(candidates)
    allowed = np.ones(len(splice), dtype=np.bool_) if mask is None else mask
    in_base = ask(layered.base, splice.to_base(allowed))
    in_changed = ask(changed, allowed[splice.changed_to])
    measured = Measured(
        np.concatenate([splice.new_rows(in_base.index), splice.changed_to[in_changed.index]]),
        np.concatenate([in_base.straight_m, in_changed.straight_m]),
        np.concatenate([in_base.bearing_deg, in_changed.bearing_deg]),
        np.concatenate([in_base.nearest_lonlat_deg, in_changed.nearest_lonlat_deg]),
    )
    return measured, min(in_base.unmeasured_from_m, in_changed.unmeasured_from_m)


def _near_box(prepared: PreparedGeometries, box_deg: tuple[float, float, float, float]) -> IntArray:
    west, south, east, north = box_deg
    lon_deg, lat_deg = prepared.lonlat_deg[:, 0], prepared.lonlat_deg[:, 1]
    near = np.zeros(len(prepared), dtype=np.bool_)
    in_lat = (lat_deg >= south) & (lat_deg <= north)
    for turn_deg in TURNS_DEG:
        near |= in_lat & (lon_deg >= west - turn_deg) & (lon_deg <= east - turn_deg)
    near |= prepared.shape_row >= 0
    return np.flatnonzero(near)
