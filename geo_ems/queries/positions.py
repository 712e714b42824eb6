"""Where a team is: at its home base, or where its device last said (SEMANTICS ruling 3)."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import Availability, FieldDefinition, PositionRule

LIVE_MODE = "live"
AVAILABILITIES: tuple[Availability, ...] = tuple(Availability)
AvailabilityArray = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class TeamPositions:
    """The place each team is ranked from.

    `is_live` tells a device's position from the home base; `missing` marks the teams whose place
    is not known: their `geometries` still hold the home base, so that it can be said how near the
    base of a team is that is out. `time_s` is the Unix time of a live position (NaN at the home
    base, which is never stale, and where a live position has no time).
    """

    geometries: ObjectArray
    is_live: BoolArray
    missing: BoolArray
    time_s: FloatArray


def team_positions(columns: LayerColumns, rule: PositionRule, availability: AvailabilityArray) -> TeamPositions:
    """Return where each team is.

    In mode `base` (also where no mode is given) a team that is available, or whose status nobody
    knows, is taken to be at its home base; a team that is out is where its last position says, or
    missing: its home base would be a guess. In mode `live` only the position counts.
    """
    lon, lat = columns.columns[rule.lon_field], columns.columns[rule.lat_field]
    mode = columns.columns[rule.mode_field]
    live_code = list(mode.field.codes).index(LIVE_MODE)
    has_position = lon.known & lat.known
    in_station = np.isin(availability, (class_index(Availability.AVAILABLE), class_index(Availability.UNKNOWN)))
    at_home = (mode.values != live_code) & in_station
    is_live = ~at_home & has_position
    geometries = columns.geometries.copy()
    live_rows = np.flatnonzero(is_live)
    geometries[live_rows] = shapely.points(
        lon.values[live_rows].astype(np.float64), lat.values[live_rows].astype(np.float64)
    )
    times = unix_seconds(columns.columns[rule.time_field].values)
    missing = (~at_home & ~has_position) | shapely.is_missing(geometries)
    return TeamPositions(geometries, is_live, missing, np.where(is_live, times, np.nan))


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
