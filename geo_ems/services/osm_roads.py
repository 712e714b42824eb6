"""An extract of OpenStreetMap as records of the layer of roads: one per piece between two junctions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from geo_ems.errors import DataError
from geo_ems.formats.osm_extracts import ATTRIBUTION, OsmExtract
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, RawFile, RawRecord
from geo_ems.model.columns import IntArray
from geo_ems.model.speeds import SpeedTable
from geo_ems.services.osm_edges import CutReport, OsmEdges, cut_ways
from geo_ems.services.osm_tags import Tags, Unread, WayRules, class_of, is_given, rules_of_way, stops_vehicles
from geo_ems.services.osm_turns import Pieces, TurnReport, add_barriers, turn_rules_of
from geo_ems.services.turn_rules import TurnRule, written_rules

_COLUMNS: Final = (
    *("code", "name", "name_en", "road_class", "speed_kmh", "oneway", "oneway_walk", "drive_access", "walk_access"),
    *("bridge", "tunnel", "level", "duration_s", "from_node", "to_node", "turn_rules", "osm_way", "attribution"),
    *("surface", "surveyed_on"),
)
_NAME_CHARACTERS = 200
_SURFACE_CHARACTERS = 100
_MOST_LEVELS = 20


@dataclass(frozen=True, slots=True)
class OsmDropped:
    """What of an extract is not in the network, and why; ways unless said otherwise."""

    ways: int
    unknown_class: Mapping[str, int]
    closed: int
    without_line: int
    missing_nodes: int
    turns: TurnReport
    unread: Unread = field(default_factory=Unread)


def osm_road_records(extract: OsmExtract, table: SpeedTable) -> tuple[RawFile, OsmDropped]:
    """Return the pieces of the ways that one may drive or walk, and what was left out.

    Raises
    ------
    DataError
        Where there is none.
    """
    unknown: Counter[str] = Counter()
    unread = Unread()
    kept: list[int] = []
    rules: dict[int, WayRules] = {}
    closed = 0
    for place, tags in enumerate(extract.tags):
        road_class = class_of(tags)
        if road_class not in table.classes:
            unknown[road_class[:40]] += 1
            continue
        found = rules_of_way(tags, road_class, table, unread)
        if not found.drives and not found.walks:
            closed += 1
            continue
        kept.append(place)
        rules[place] = found
    bars = sorted(node for node, tags in extract.barriers.items() if stops_vehicles(tags, table))
    edges, cut = cut_ways(extract, np.array(kept, np.int64), always_at=bars)
    if not edges.code:
        raise _no_roads(extract, unknown, closed, cut)
    turns = TurnReport()
    pieces = _pieces(extract, edges, rules)
    turn_rules = turn_rules_of(extract, pieces, turns)
    turns.barriers = add_barriers(bars, pieces, turn_rules)
    raw = RawFile(
        name=extract.name,
        sha256=extract.sha256,
        format=FileFormat.OSM,
        encoding=None,
        counted_by=CountedBy.FEATURE,
        columns=_COLUMNS,
        records=tuple(_records(extract, edges, rules, turn_rules)),
        has_geometry=True,
        crs="OGC:CRS84",
    )
    dropped = OsmDropped(
        ways=len(extract.tags),
        unknown_class=dict(unknown.most_common()),
        closed=closed,
        without_line=cut.ways_without_line,
        missing_nodes=cut.missing_nodes,
        turns=turns,
        unread=unread,
    )
    return raw, dropped


def _no_roads(extract: OsmExtract, unknown: Counter[str], closed: int, cut: CutReport) -> DataError:
    if not extract.tags:
        why = "it has no way with a highway tag and no ferry"
    else:
        why = (
            f"of {len(extract.tags)} ways {unknown.total()} are of an unknown class, {closed} are closed, "
            f"{cut.ways_without_line} have no nodes with a place"
        )
    return DataError(
        f"There is no road in this extract: {why}",
        where=extract.name,
        remedy="Take an extract with roads and all their nodes, in which nodes stand before ways.",
    )


def _pieces(extract: OsmExtract, edges: OsmEdges, rules: Mapping[int, WayRules]) -> Pieces:
    of_way: dict[int, list[int]] = {}
    for edge, way in enumerate(extract.ids[edges.way].tolist()):
        of_way.setdefault(way, []).append(edge)
    held = [rules[way] for way in edges.way.tolist()]
    return Pieces(
        edges,
        of_way,
        [rule.drives and rule.oneway != "backward" for rule in held],
        [rule.drives and rule.oneway != "forward" for rule in held],
    )


def _records(
    extract: OsmExtract, edges: OsmEdges, rules: Mapping[int, WayRules], turn_rules: Mapping[int, list[TurnRule]]
) -> list[RawRecord]:
    ways: IntArray = extract.ids[edges.way]
    surveyed_on = extract.extracted_on or None
    records = []
    for edge, (place, way) in enumerate(zip(edges.way.tolist(), ways.tolist(), strict=True)):
        tags, rule = extract.tags[place], rules[place]
        duration_s = None
        if rule.duration_s is not None:
            duration_s = max(1.0, round(rule.duration_s * float(edges.share[edge]), 1))
        values: tuple[Cell, ...] = (
            edges.code[edge],
            _name(tags),
            tags.get("name:en", "")[:_NAME_CHARACTERS] or None,
            rule.road_class,
            rule.speed_kmh,
            rule.oneway,
            rule.oneway_walk,
            rule.drive_access,
            rule.walk_access,
            True if is_given(tags.get("bridge")) else None,
            True if is_given(tags.get("tunnel")) else None,
            _level(tags.get("layer", "")),
            duration_s,
            f"n{edges.from_node[edge]}",
            f"n{edges.to_node[edge]}",
            written_rules(turn_rules[edge]) if edge in turn_rules else None,
            way,
            ATTRIBUTION,
            tags.get("surface", "")[:_SURFACE_CHARACTERS] or None,
            surveyed_on,
        )
        records.append(RawRecord(way, values, edges.lines[edge]))
    return records


def _name(tags: Tags) -> str | None:
    text = tags.get("name:zh") or tags.get("name") or tags.get("ref") or ""
    return text[:_NAME_CHARACTERS] or None


def _level(text: str) -> int | None:
    try:
        level = int(text)
    except ValueError:
        return None
    return level if level and abs(level) <= _MOST_LEVELS else None
