"""Where a team is: at its home base, or where its device or a person last said (SEMANTICS ruling 3)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ems.model.cells import Cells, PointCells
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import Availability, FieldDefinition, PositionRule
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.latest_fixes import LatestFixes
from geo_ems.queries.shapes import PreparedGeometries, prepare_geometries, prepare_points

LIVE_MODE = "live"
AVAILABILITIES: tuple[Availability, ...] = tuple(Availability)
AvailabilityArray = NDArray[np.int8]
_MS_PER_S = 1000.0


@dataclass(frozen=True, eq=False)
class TypedPositions:
    """What a layer itself says of n teams, whatever devices send.

    `at_home` marks the teams that are taken to be at their home base, `lonlat_deg` (n, 2) and
    `time_s` (n,) are the positions typed by hand, NaN where there are none.
    """

    home: Cells
    at_home: BoolArray
    lonlat_deg: FloatArray
    time_s: FloatArray

    @cached_property
    def home_lonlat_deg(self) -> FloatArray | None:
        """Return the home bases as places (n, 2), NaN where a team has none; None where some are no points."""
        if isinstance(self.home, PointCells):
            return self.home.lonlat_deg
        geometries = self.home.whole()
        located = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
        if not (shapely.get_type_id(geometries[located]) == shapely.GeometryType.POINT).all():
            return None
        lonlat_deg = np.full((len(geometries), 2), np.nan)
        lonlat_deg[located] = shapely.get_coordinates(geometries[located])
        return lonlat_deg

    @cached_property
    def home_xyz_m(self) -> FloatArray:
        """Return the home bases, which are points, as Earth-centred coordinates (3, n), metres."""
        return lonlat_to_xyz(np.empty((0, 2)) if self.home_lonlat_deg is None else self.home_lonlat_deg)

    @cached_property
    def typed_xyz_m(self) -> FloatArray:
        """Return the positions typed by hand likewise."""
        return lonlat_to_xyz(self.lonlat_deg)

    @cached_property
    def home_is_missing(self) -> BoolArray:
        """Return which teams have no home base."""
        lonlat_deg = self.home_lonlat_deg
        return np.asarray(shapely.is_missing(self.home.whole()) if lonlat_deg is None else np.isnan(lonlat_deg[:, 0]))


@dataclass(frozen=True, eq=False)
class TeamPositions:
    """The place each of n teams is ranked from.

    `is_live` tells a device's or typed position from the home base; `missing` marks the teams whose
    place is not known: their `geometries` still hold the home base, so that it can be said how near the
    base of a team is that is out. `time_s` is the Unix time of a live position (NaN at the home
    base, which is never stale, and where a live position has no time). `is_jump` marks fixes that
    nobody can have driven to. `live_lonlat_deg` (n, 2) and `live_xyz_m` (3, n) are NaN where
    no live position counts.
    """

    typed: TypedPositions
    live_lonlat_deg: FloatArray
    live_xyz_m: FloatArray
    is_live: BoolArray
    missing: BoolArray
    time_s: FloatArray
    is_jump: BoolArray

    @cached_property
    def lonlat_deg(self) -> FloatArray | None:
        """Return the places (n, 2), NaN where a team has none at all; None where some are no points."""
        home_deg = self.typed.home_lonlat_deg
        return None if home_deg is None else np.where(self.is_live[:, None], self.live_lonlat_deg, home_deg)

    @property
    def geometries(self) -> ObjectArray:
        """Return the places of all teams as geometries."""
        return self.geometries_at(np.arange(self.is_live.size))

    def geometries_at(self, rows: IntArray) -> ObjectArray:
        """Return the places of some teams as geometries."""
        geometries = np.empty(rows.size, dtype=np.object_)
        is_live = self.is_live[rows]
        if is_live.any():
            geometries[is_live] = shapely.points(self.live_lonlat_deg[rows[is_live]])
        if not is_live.all():
            geometries[~is_live] = self.typed.home.taken(rows[~is_live])
        return geometries

    def time_text(self, row: int) -> str | None:
        """Return when a live position was true, as YYYY-MM-DDTHH:MM:SSZ; None at the home base and where unknown."""
        seconds = self.time_s[row]
        return None if np.isnan(seconds) else f"{np.datetime64(int(seconds), 's')}Z"

    @cached_property
    def prepared(self) -> PreparedGeometries:
        """Return the places ready for questions; without a tree, as they will have moved at the next question."""
        lonlat_deg = self.lonlat_deg
        if lonlat_deg is None:
            return prepare_geometries(self.geometries)
        xyz_m = np.where(self.is_live, self.live_xyz_m, self.typed.home_xyz_m)
        return prepare_points(lonlat_deg, xyz_m=xyz_m, is_indexed=False)


def typed_positions(columns: LayerColumns, rule: PositionRule, availability: AvailabilityArray) -> TypedPositions:
    """Return what the fields of a layer say.

    In mode `base` (also where no mode is given) a team that is available, or whose status nobody
    knows, is taken to be at its home base; a team that is out is where its last position says, or
    missing: its home base would be a guess. In mode `live` only the position counts.
    """
    lon, lat = columns.columns[rule.lon_field], columns.columns[rule.lat_field]
    mode = columns.columns[rule.mode_field]
    live_code = list(mode.field.codes).index(LIVE_MODE)
    in_station = np.isin(availability, (class_index(Availability.AVAILABLE), class_index(Availability.UNKNOWN)))
    lonlat_deg = np.full((len(columns), 2), np.nan)
    known = np.flatnonzero(lon.known & lat.known)
    lonlat_deg[known, 0], lonlat_deg[known, 1] = lon.values[known], lat.values[known]
    times_s = unix_seconds(columns.columns[rule.time_field].values)
    return TypedPositions(columns.packed_geometries, (mode.values != live_code) & in_station, lonlat_deg, times_s)


def team_positions(
    typed: TypedPositions, fixes: LatestFixes | None = None, slots: IntArray | None = None
) -> TeamPositions:
    """Return where each team is.

    `slots` (n,) says where each team stands in `fixes`, -1 for one that has none. Of a fix and a
    position typed by hand that which is newer counts; at equal times, and where the typed one has
    no time, the fix.
    """
    lonlat_deg, xyz_m, time_s = typed.lonlat_deg, typed.typed_xyz_m, typed.time_s
    is_jump = np.zeros(typed.at_home.size, dtype=np.bool_)
    if fixes is not None and slots is not None and fixes.number.size:
        fix_time_s = np.where(slots >= 0, fixes.time_ms[slots] / _MS_PER_S, np.nan)
        sent = (slots >= 0) & (fixes.number[slots] > 0)
        by_fix = sent & ~(~np.isnan(lonlat_deg[:, 0]) & (time_s > fix_time_s))
        lonlat_deg = np.where(by_fix[:, None], fixes.lonlat_deg[slots], lonlat_deg)
        xyz_m = np.where(by_fix, fixes.xyz_m[:, slots], xyz_m)
        time_s = np.where(by_fix, fix_time_s, time_s)
        is_jump = by_fix & fixes.is_jump[slots]
    has_position = ~np.isnan(lonlat_deg[:, 0])
    is_live = ~typed.at_home & has_position
    missing = ~is_live & (~typed.at_home | typed.home_is_missing)
    return TeamPositions(
        typed,
        live_lonlat_deg=lonlat_deg,
        live_xyz_m=xyz_m,
        is_live=is_live,
        missing=missing,
        time_s=np.where(is_live, time_s, np.nan),
        is_jump=np.asarray(is_jump & is_live),
    )


def unix_seconds(instants: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> FloatArray:
    """Return Unix seconds of "YYYY-MM-DDTHH:MM:SSZ" texts; NaN for the empty text."""
    seconds = np.full(instants.shape, np.nan)
    known = np.flatnonzero(instants != "")
    if known.size:
        texts = np.array([str(instants[row]).removesuffix("Z") for row in known], dtype="datetime64[s]")
        seconds[known] = texts.astype(np.int64)
    return seconds


def availability_of(columns: LayerColumns) -> AvailabilityArray:
    """Return the canonical class of each feature's status, as its place in `AVAILABILITIES`.

    A layer that has no status is AVAILABLE; an unset status is UNKNOWN, never silently available.
    """
    status = columns.definition.status_field
    if status is None:
        return np.full(len(columns), class_index(Availability.AVAILABLE), dtype=np.int8)
    column = columns.columns[status]
    return availability_of_codes(column.field)[column.values.astype(np.int64)]


def availability_of_codes(field: FieldDefinition) -> AvailabilityArray:
    """Return the class of each code of a status field; that of an unset status (-1) comes last."""
    by_code = [code.availability or Availability.UNKNOWN for code in field.codes.values()]
    return np.array([class_index(item) for item in (*by_code, Availability.UNKNOWN)], dtype=np.int8)


def class_index(item: Availability) -> int:
    """Return the place of a class in `AVAILABILITIES`."""
    return AVAILABILITIES.index(item)
