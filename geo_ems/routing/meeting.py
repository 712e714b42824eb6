"""Where lines meet: vertices with their rounded positions, and the places at which lines are cut."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.queries.ellipsoid import LonLat
from geo_ems.routing.lines import RoadLines, TurnRestriction
from geo_ems.routing.ordering import FULL_TURN_DEG, hilbert_index

ROUNDED_TO_DEG: Final = 1e-7
"""Vertices nearer than this, about a centimetre, are one place: the precision of OpenStreetMap."""

_LINE_TYPES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_HALF_TURN_DEG: Final = 180.0
_LARGEST_LATITUDE_DEG: Final = 90.0


@dataclass(frozen=True, slots=True)
class Vertices:
    """All v vertices of the lines that are kept, line by line without repetitions.

    `row` (v,) is the row of the line, `part` (v,) numbers the parts (a MultiLineString has several),
    `key` (v,) the rounded position. `name` (v,) is the name of a named end, "" elsewhere; `is_end` (v,)
    tells first and last vertices of parts, `is_named` (v,) the vertices of lines with a named end.
    """

    lonlat_deg: FloatArray
    row: IntArray
    part: IntArray
    key: IntArray
    is_end: BoolArray
    is_named: BoolArray
    name: np.ndarray[tuple[int], np.dtype[np.str_]]


@dataclass(frozen=True, slots=True)
class Places:
    """The places in their final order: `of_vertex` (v,) is -1 for a vertex where a line just bends.

    `by_key` and `by_name` are sorted, with the place of each beside them.
    """

    lonlat_deg: FloatArray
    of_vertex: IntArray
    by_key: tuple[IntArray, IntArray]
    by_name: Mapping[str, int]


def position_key(lonlat_deg: FloatArray) -> IntArray:
    """Return one whole number per rounded position; 180 and -180 degrees are the same."""
    lon_deg = np.mod(lonlat_deg[:, 0] + _HALF_TURN_DEG, FULL_TURN_DEG) - _HALF_TURN_DEG
    east, north = (np.rint(values / ROUNDED_TO_DEG).astype(np.int64) for values in (lon_deg, lonlat_deg[:, 1]))
    half_turn = round(_HALF_TURN_DEG / ROUNDED_TO_DEG)
    east[east == half_turn] = -half_turn
    return east * (1 << 32) + north


def as_vertices(lines: RoadLines, *, travelled: BoolArray) -> tuple[Vertices, dict[str, int]]:
    """Return the vertices of all lines that can be used, and how many lines cannot, by reason."""
    dropped: Counter[str] = Counter()
    kinds = shapely.get_type_id(lines.lines)
    is_line = np.isin(kinds, _LINE_TYPES) & ~shapely.is_empty(lines.lines)
    dropped["no_line"] = int((~is_line).sum())
    dropped["not_travelled"] = int((is_line & ~travelled).sum())
    rows = np.flatnonzero(is_line & travelled)
    parts, owner = shapely.get_parts(lines.lines[rows], return_index=True)
    lonlat_deg, part = shapely.get_coordinates(parts, return_index=True)
    on_earth = np.isfinite(lonlat_deg).all(axis=1) & (np.abs(lonlat_deg[:, 1]) <= _LARGEST_LATITUDE_DEG)
    on_earth &= np.abs(lonlat_deg[:, 0]) <= FULL_TURN_DEG
    row = rows[owner[part]] if part.size else np.empty(0, dtype=np.int64)
    lost = np.unique(row[~on_earth])
    dropped["no_position"] = int(lost.size)
    whole = ~np.isin(row, lost)
    lonlat_deg, part, row = lonlat_deg[whole], part[whole], row[whole]
    key = position_key(lonlat_deg)
    changes = part[1:] != part[:-1]
    is_first, is_last = np.concatenate([[True], changes])[: part.size], np.concatenate([changes, [True]])[-part.size :]
    if not part.size:
        is_first = is_last = np.empty(0, dtype=np.bool_)
    # A vertex that repeats the one before it is left out, but the last of a part stays and its double goes.
    again = ~is_first & (key == np.roll(key, 1))
    kept = is_last | ~again
    follower = np.flatnonzero(is_last & again & ~is_first)
    while follower.size:
        double = follower - 1
        stay = is_first[double]
        kept[double[~stay]] = False
        before = double[~stay]
        follower = before[again[before]]
    name = _names(lines, row, is_first, is_last)
    is_named = np.zeros(len(lines.ids), dtype=np.bool_)
    is_named[row[name != ""]] = True
    vertices = Vertices(
        lonlat_deg[kept],
        row[kept],
        part[kept],
        key[kept],
        (is_first | is_last)[kept],
        is_named[row[kept]],
        name[kept],
    )
    return vertices, {reason: count for reason, count in dropped.items() if count}


def _names(
    lines: RoadLines, row: IntArray, is_first: BoolArray, is_last: BoolArray
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Return the names of ends by vertex: of the first vertex of a line's first part, and the last of its last."""
    texts = [np.array([item or "" for item in ends or ()], dtype=np.str_) for ends in (lines.from_node, lines.to_node)]
    width = max([1, *(item.dtype.itemsize // 4 for item in texts)])
    name = np.zeros(row.size, dtype=f"<U{width}")
    changes = row[1:] != row[:-1]
    starts = np.concatenate([[True], changes])[: row.size] if row.size else is_first
    ends = np.concatenate([changes, [True]]) if row.size else is_last
    for given, chosen in zip(texts, (starts, ends), strict=True):
        if given.size:
            name[chosen] = given[row[chosen]]
    return name


def meeting_places(vertices: Vertices) -> Places:
    """Return the places where lines end or meet, near ones with near numbers."""
    v = vertices.key.size
    named = vertices.name != ""
    free = ~vertices.is_named
    keys, key_of, counts = np.unique(vertices.key[free], return_inverse=True, return_counts=True)
    cut = vertices.is_end.copy()
    cut[np.flatnonzero(free)[counts[key_of] > 1]] = True
    by_position = np.flatnonzero(cut & ~named)
    by_name = np.flatnonzero(cut & named)
    keys, of_position = np.unique(vertices.key[by_position], return_inverse=True)
    names, of_name = np.unique(vertices.name[by_name], return_inverse=True)
    number = np.full(v, -1, dtype=np.int64)
    number[by_position], number[by_name] = of_position, of_name + keys.size
    # The position of a place does not depend on which line came first: the south-westernmost of its vertices.
    at = np.concatenate([by_position, by_name])
    order = at[np.lexsort((vertices.lonlat_deg[at, 1], vertices.lonlat_deg[at, 0], number[at]))]
    _, first = np.unique(number[order], return_index=True)
    lonlat_deg = vertices.lonlat_deg[order[first]]
    by_space = np.lexsort((np.arange(len(lonlat_deg)), hilbert_index(lonlat_deg)))
    final = np.empty(by_space.size, dtype=np.int64)
    final[by_space] = np.arange(by_space.size)
    of_vertex = np.where(number >= 0, final[number] if final.size else -1, -1)
    return Places(
        np.ascontiguousarray(lonlat_deg[by_space]),
        of_vertex,
        (keys, final[: keys.size]),
        dict(zip(names.tolist(), final[keys.size :].tolist(), strict=True)),
    )


def place_of(restriction: TurnRestriction, places: Places) -> int:
    """Return the place at which a turn is restricted; -1 where no lines meet there."""
    if restriction.via_node:
        return places.by_name.get(restriction.via_node, -1)
    at: LonLat | None = restriction.via_lonlat_deg
    if at is None:
        return -1
    keys, place = places.by_key
    key = int(position_key(np.array([at]))[0])
    row = int(np.searchsorted(keys, key))
    return int(place[row]) if row < keys.size and keys[row] == key else -1
