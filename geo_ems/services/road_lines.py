"""Roads of the layer as lines with times, by the speed table: what a network is built from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geo_ems.model.columns import BoolArray, FloatArray, ObjectArray
from geo_ems.model.roads import Mode
from geo_ems.model.speeds import SpeedTable
from geo_ems.queries.ellipsoid import lonlat_to_xyz, pair_geodesic_m
from geo_ems.routing.lines import LineTimes, RoadLines, TurnRestriction
from geo_ems.services.osm_tags import FERRY
from geo_ems.services.road_fields import RoadFields
from geo_ems.services.turn_rules import read_rules

_S_PER_M_AT_1_KMH = 3.6
_DECIMALS = 7
_BARRIER = "no_barrier"  # the search knows rules that forbid and rules that allow nothing else


@dataclass(frozen=True, slots=True)
class LinesReport:
    """What was found in the fields.

    Kilometres by class; roads by class that the speed table does not know; rules of turns that could not be
    read, and those that stand for a barrier.
    """

    km_by_class: Mapping[str, float]
    unknown_classes: Mapping[str, int]
    unread_rules: int
    barrier_rules: int


def road_lines(roads: RoadFields, table: SpeedTable) -> tuple[RoadLines, LinesReport]:
    """Return the lines of roads with the seconds they take, driving and on foot, each way."""
    length_m = line_lengths_m(roads.lines)
    restrictions, unread = _restrictions(roads)
    from_node, to_node = _named_ends(roads)
    is_ferry = np.asarray(roads.road_class == FERRY, np.bool_)
    km: dict[str, float] = {}
    unknown: Counter[str] = Counter()
    for road_class in np.unique(roads.road_class.astype(str)).tolist():
        is_class = roads.road_class == road_class
        km[road_class] = float(length_m[is_class].sum()) / 1000
        if road_class not in table.classes:
            unknown[road_class] = int(np.count_nonzero(is_class))
    lines = RoadLines(
        ids=[str(identity) for identity in roads.ids],
        lines=roads.lines,
        times={
            Mode.DRIVE: _drive_times(roads, length_m, is_ferry, table),
            Mode.WALK: _walk_times(roads, length_m, is_ferry, table),
        },
        from_node=from_node,
        to_node=to_node,
        restrictions=restrictions,
        is_ferry=is_ferry,
    )
    barriers = sum(rule.kind == _BARRIER for rule in restrictions)
    return lines, LinesReport(km, dict(unknown), unread, barriers)


def line_lengths_m(lines: ObjectArray) -> FloatArray:
    """Return the WGS84 length of lines, 0 where there is none; the gaps of a MultiLineString do not count."""
    parts, road = shapely.get_parts(lines, return_index=True)
    lonlat_deg, part = shapely.get_coordinates(parts, return_index=True)
    lengths_m = np.zeros(len(lines))
    if len(lonlat_deg) > 1:
        is_step = part[1:] == part[:-1]
        xyz_m = np.asarray(lonlat_to_xyz(lonlat_deg))
        step_m = pair_geodesic_m(
            xyz_m[:, :-1][:, is_step], lonlat_deg[:-1][is_step], xyz_m[:, 1:][:, is_step], lonlat_deg[1:][is_step]
        )
        np.add.at(lengths_m, road[part[1:][is_step]], step_m)
    return lengths_m


def _drive_times(roads: RoadFields, length_m: FloatArray, is_ferry: BoolArray, table: SpeedTable) -> LineTimes:
    of_class = {name: item.drive_kmh for name, item in table.classes.items() if item.drive_kmh is not None}
    class_kmh = np.array([of_class.get(name, np.nan) for name in roads.road_class], np.float64)
    is_open = ~np.isnan(class_kmh) | (roads.drive_access == "yes")
    # A road that is open although vehicles may not use its class is as slow as the slowest class.
    class_kmh = np.where(np.isnan(class_kmh), min(of_class.values()), class_kmh)
    posted_kmh = roads.speed_kmh * table.posted_limit_factor
    kmh = np.where(posted_kmh > 0, posted_kmh, class_kmh)  # a limit of NaN or 0 is none
    is_open &= roads.drive_access != "no"
    return _times(_seconds(roads, length_m, kmh, is_ferry, table), is_open, roads.oneway)


def _walk_times(roads: RoadFields, length_m: FloatArray, is_ferry: BoolArray, table: SpeedTable) -> LineTimes:
    walked = {name for name, item in table.classes.items() if item.walk}
    is_open = np.array([name in walked for name in roads.road_class], np.bool_) | (roads.walk_access == "yes")
    is_open &= roads.walk_access != "no"
    kmh = np.full(len(length_m), table.walk_kmh)
    return _times(_seconds(roads, length_m, kmh, is_ferry, table), is_open, roads.oneway_walk)


def _seconds(
    roads: RoadFields, length_m: FloatArray, kmh: FloatArray, is_ferry: BoolArray, table: SpeedTable
) -> FloatArray:
    seconds = length_m * _S_PER_M_AT_1_KMH / np.where(is_ferry, table.ferry_kmh, kmh)
    return np.where(is_ferry & ~np.isnan(roads.duration_s), roads.duration_s, seconds)


def _times(seconds: FloatArray, is_open: BoolArray, oneway: ObjectArray) -> LineTimes:
    return LineTimes(
        forward_s=np.where(is_open & (oneway != "backward"), seconds, np.inf),
        backward_s=np.where(is_open & (oneway != "forward"), seconds, np.inf),
    )


def _restrictions(roads: RoadFields) -> tuple[list[TurnRestriction], int]:
    """Return the turn rules of all roads, and how many of them could not be read; a code stands for its id."""
    rows = np.flatnonzero(roads.turn_rules != "")
    if not rows.size:
        return [], 0
    ids = {str(code): str(identity) for code, identity in zip(roads.code, roads.ids, strict=True) if code}
    found: list[TurnRestriction] = []
    unread = 0
    for row in rows.tolist():
        rules, wrong = read_rules(str(roads.turn_rules[row]))
        unread += wrong
        found += [
            TurnRestriction(
                kind=rule.kind if rule.is_only or rule.kind.startswith("no_") else f"no_{rule.kind}",
                from_road=str(roads.ids[row]),
                to_road=ids.get(rule.to, rule.to),
                via_node=rule.node,
                via_roads=tuple(ids.get(code, code) for code in rule.via),
            )
            for rule in rules
        ]
    return found, unread


def _named_ends(roads: RoadFields) -> tuple[list[str], list[str]]:
    """Return the nodes at both ends; an end that names none takes the name of the one node in the same place.

    So a road drawn by hand up to a junction of an extract joins it there.
    """
    ends = ([str(name) for name in roads.from_node], [str(name) for name in roads.to_node])
    if not any(ends[0]) and not any(ends[1]):
        return ends
    places = tuple(_end_places(roads.lines, at) for at in (0, -1))
    names_at: dict[tuple[float, float], set[str]] = {}
    for end, place in zip(ends, places, strict=True):
        for name, at in zip(end, place, strict=True):
            if name and at is not None:
                names_at.setdefault(at, set()).add(name)
    for end, place in zip(ends, places, strict=True):
        for row, at in enumerate(place):
            if not end[row] and at is not None and len(names_at.get(at, ())) == 1:
                end[row] = next(iter(names_at[at]))
    return ends


def _end_places(lines: ObjectArray, at: int) -> list[tuple[float, float] | None]:
    """Return the first or last vertex of each line, rounded as lines meet; None where it is no single line."""
    places: list[tuple[float, float] | None] = [None] * len(lines)
    points = shapely.get_point(lines, at)
    lonlat_deg = np.round(np.column_stack([shapely.get_x(points), shapely.get_y(points)]), _DECIMALS)
    for row in np.flatnonzero(~np.isnan(lonlat_deg[:, 0])).tolist():
        places[row] = (float(lonlat_deg[row, 0]), float(lonlat_deg[row, 1]))
    return places
