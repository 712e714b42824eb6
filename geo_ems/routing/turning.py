"""Turn restrictions: which sequences of arcs are forbidden, and nodes split so that they cannot be travelled."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.routing.lines import TurnRestriction
from geo_ems.routing.network import Int32Array

Turn = tuple[int, ...]
"""Arcs by number, one after the other."""

_LONGEST_VIA_ARCS: Final = 64


@dataclass(frozen=True, slots=True)
class Arcs:
    """m arcs between n nodes; `place` (n,) is the place of each node. See `ModeNetwork`."""

    tail: Int32Array
    head: Int32Array
    edge: Int32Array
    is_forward: BoolArray
    time_s: FloatArray
    place: Int32Array

    def taken(self, order: IntArray) -> "Arcs":
        """Return the arcs in another order."""
        return Arcs(
            self.tail[order],
            self.head[order],
            self.edge[order],
            self.is_forward[order],
            self.time_s[order],
            self.place,
        )


@dataclass(frozen=True, slots=True)
class ForbiddenTurns:
    """The sequences of arcs nobody may travel, and what became of each restriction (see `BuildReport`)."""

    sequences: frozenset[Turn]
    outcomes: Counter[str]


class _Roads:
    """The arcs of the roads that restrictions name, and of all roads at the places they lead to."""

    def __init__(self, arcs: Arcs, road_of_edge: Int32Array, road_ids: NDArray[np.str_], named: set[str]) -> None:
        self.arcs = arcs
        self.known = set(np.intersect1d(np.array(sorted(named), dtype=np.str_), road_ids).tolist())
        number = {road: int(np.searchsorted(road_ids, road)) for road in self.known}
        by_number = {place: road for road, place in number.items()}
        self.arcs_of: dict[str, list[int]] = defaultdict(list)
        road_of_arc = road_of_edge[arcs.edge]
        for arc in np.flatnonzero(np.isin(road_of_arc, list(by_number))).tolist():
            self.arcs_of[by_number[int(road_of_arc[arc])]].append(arc)
        self.first_out = np.searchsorted(arcs.tail, np.arange(arcs.place.size + 1))

    def entering(self, road: str, place: int) -> list[int]:
        return [arc for arc in self.arcs_of[road] if self.arcs.head[arc] == place]

    def leaving(self, road: str, place: int) -> list[int]:
        return [arc for arc in self.arcs_of[road] if self.arcs.tail[arc] == place]

    def out_of(self, place: int) -> range:
        return range(int(self.first_out[place]), int(self.first_out[place + 1]))

    def is_back(self, arc: int, other: int) -> bool:
        """Return whether one arc is the other one in the opposite direction."""
        arcs = self.arcs
        return bool(arcs.edge[arc] == arcs.edge[other] and arcs.is_forward[arc] != arcs.is_forward[other])


def forbidden_turns(
    restrictions: Sequence[TurnRestriction],
    arcs: Arcs,
    *,
    road_of_edge: Int32Array,
    road_ids: NDArray[np.str_],
    place_of: Callable[[TurnRestriction], int],
) -> ForbiddenTurns:
    """Return which turns the restrictions forbid; `arcs` are sorted by tail, and nodes are places."""
    named = {road for item in restrictions for road in (item.from_road, item.to_road, *item.via_roads)}
    roads = _Roads(arcs, road_of_edge, road_ids, named)
    forbidden: set[Turn] = set()
    allowed: dict[Turn, set[int]] = defaultdict(set)
    outcomes: Counter[str] = Counter()
    for item in restrictions:
        outcome, turns = _turns(item, roads, place_of)
        outcomes[outcome] += 1
        for turn in turns:
            if item.is_only:
                allowed[turn[:-1]].add(turn[-1])
            else:
                forbidden.add(turn)
    for way, onwards in allowed.items():
        last = int(arcs.head[way[-1]])
        forbidden.update((*way, arc) for arc in roads.out_of(last) if arc not in onwards)
    return ForbiddenTurns(frozenset(forbidden), outcomes)


def _turns(
    item: TurnRestriction, roads: _Roads, place_of: Callable[[TurnRestriction], int]
) -> tuple[str, Iterable[Turn]]:
    place = -1 if item.via_roads else place_of(item)
    if not {item.from_road, item.to_road, *item.via_roads} <= roads.known:
        return "unknown_road", ()
    if item.via_roads:
        found = list(_by_way_of(item, roads))
        return ("applied" if found else "no_such_turn"), found
    return ("unknown_place", ()) if place < 0 else _turns_at(place, item, roads)


def _turns_at(place: int, item: TurnRestriction, roads: _Roads) -> tuple[str, Iterable[Turn]]:
    pairs = [(a, b) for a in roads.entering(item.from_road, place) for b in roads.leaving(item.to_road, place)]
    if item.kind.endswith("u_turn"):
        pairs = [(a, b) for a, b in pairs if roads.is_back(a, b)] or pairs
        return ("applied" if pairs else "no_such_turn"), pairs
    if item.from_road == item.to_road:
        pairs = [(a, b) for a, b in pairs if not roads.is_back(a, b)]
    if not pairs:
        return "no_such_turn", ()
    if len({a for a, _ in pairs}) > 1 or len({b for _, b in pairs}) > 1:
        return "ambiguous", ()
    return "applied", pairs


def _by_way_of(item: TurnRestriction, roads: _Roads) -> Iterator[Turn]:
    """Yield the ways from the first road along all via roads, in order, to the last road."""
    tail, head = roads.arcs.tail, roads.arcs.head
    waiting: list[tuple[Turn, int]] = [((arc,), 0) for arc in roads.arcs_of[item.from_road]]
    while waiting:
        way, via = waiting.pop()
        here = int(head[way[-1]])
        been = {int(tail[arc]) for arc in way}
        if len(way) > 1 and via == len(item.via_roads) - 1:
            yield from ((*way, arc) for arc in roads.leaving(item.to_road, here) if not roads.is_back(way[-1], arc))
        if len(way) > _LONGEST_VIA_ARCS:
            continue
        for step in (via, via + 1) if len(way) > 1 else (0,):
            if step < len(item.via_roads):
                onwards = roads.leaving(item.via_roads[step], here)
                waiting += [((*way, arc), step) for arc in onwards if int(head[arc]) not in been and arc not in way]


def split_for_turns(arcs: Arcs, forbidden: frozenset[Turn], *, place_count: int) -> Arcs:
    """Return arcs among which no forbidden sequence can be travelled, and everything else can.

    Who has travelled the beginning of a forbidden sequence is at a node of its own, a copy of the place,
    from which the last arc does not lead on. `arcs` are sorted by tail, and nodes are places.
    """
    if not forbidden:
        return arcs
    begun = sorted({turn[:length] for turn in forbidden for length in range(1, len(turn))})
    node = {way: place_count + i for i, way in enumerate(begun)}
    first_out = np.searchsorted(arcs.tail, np.arange(place_count + 1))
    head = arcs.head.copy()
    for way, at in node.items():
        if len(way) == 1:
            head[way[0]] = at
    taken: list[int] = []
    tails: list[int] = []
    heads: list[int] = []
    for way, at in node.items():
        place = int(arcs.head[way[-1]])
        for arc in range(int(first_out[place]), int(first_out[place + 1])):
            endings = [(*way, arc)[i:] for i in range(len(way) + 1)]
            if any(ending in forbidden for ending in endings):
                continue
            taken.append(arc)
            tails.append(at)
            heads.append(next((node[ending] for ending in endings if ending in node), int(arcs.head[arc])))
    copies = np.array(taken, dtype=np.int64)
    return Arcs(
        np.concatenate([arcs.tail, np.array(tails, dtype=np.int32)]),
        np.concatenate([head, np.array(heads, dtype=np.int32)]),
        np.concatenate([arcs.edge, arcs.edge[copies]]),
        np.concatenate([arcs.is_forward, arcs.is_forward[copies]]),
        np.concatenate([arcs.time_s, arcs.time_s[copies]]),
        np.concatenate([arcs.place, arcs.place[[int(arcs.head[way[-1]]) for way in begun]]]),
    )
