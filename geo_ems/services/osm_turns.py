"""Restrictions of turns and barriers of OpenStreetMap as rules of the pieces that ways were cut into."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Final

from geo_ems.formats.osm_extracts import OsmExtract, OsmRestriction
from geo_ems.services.osm_edges import OsmEdges
from geo_ems.services.turn_rules import TurnRule

_KINDS: Final = frozenset(
    {
        *("no_left_turn", "no_right_turn", "no_straight_on", "no_u_turn", "no_entry", "no_exit"),
        *("only_left_turn", "only_right_turn", "only_straight_on", "only_u_turn"),
    }
)
_EXEMPTED: Final = frozenset({"motorcar", "motor_vehicle", "vehicle"})
_WAYS_AT_MOST = 8


@dataclass(slots=True)
class TurnReport:
    """Relations by what became of them; `unused` counts by the reason."""

    relations: int = 0
    used: int = 0
    barriers: int = 0
    unused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is to be known of the pieces: those of each way in its order, and whether one may drive them each way."""

    edges: OsmEdges
    of_way: Mapping[int, Sequence[int]]
    with_line: Sequence[bool]
    against_line: Sequence[bool]

    def arriving(self, way: int, node: int) -> list[int]:
        """Return the pieces of a way by which a node is reached."""
        return [e for e in self.of_way.get(way, ()) if self.arrives(e, node)]

    def leaving(self, way: int, node: int) -> list[int]:
        """Return the pieces of a way by which a node is left."""
        return [e for e in self.of_way.get(way, ()) if self.leaves(e, node)]

    def nodes(self, way: int) -> set[int]:
        """Return the nodes between which the pieces of a way run."""
        ends = (self.edges.from_node, self.edges.to_node)
        return {int(end[e]) for e in self.of_way.get(way, ()) for end in ends}

    def between(self, way: int, start: int, end: int) -> list[int] | None:
        """Return the pieces of a way from one of its nodes to another, in the order of travel; None where none lead."""
        pieces = list(self.of_way.get(way, ()))
        heads = [int(self.edges.from_node[e]) for e in pieces]
        tails = [int(self.edges.to_node[e]) for e in pieces]
        if start in heads and end in tails and heads.index(start) <= tails.index(end):
            found = pieces[heads.index(start) : tails.index(end) + 1]
            return found if all(self.with_line[e] for e in found) else None
        if start in tails and end in heads and heads.index(end) <= tails.index(start):
            found = pieces[heads.index(end) : tails.index(start) + 1][::-1]
            return found if all(self.against_line[e] for e in found) else None
        return None

    def arrives(self, edge: int, node: int) -> bool:
        """Return whether a piece may be driven towards a node at one of its ends."""
        first, last = int(self.edges.from_node[edge]), int(self.edges.to_node[edge])
        return (last == node and self.with_line[edge]) or (first == node and self.against_line[edge])

    def leaves(self, edge: int, node: int) -> bool:
        """Return whether a piece may be driven away from a node at one of its ends."""
        first, last = int(self.edges.from_node[edge]), int(self.edges.to_node[edge])
        return (first == node and self.with_line[edge]) or (last == node and self.against_line[edge])


def turn_rules_of(extract: OsmExtract, pieces: Pieces, report: TurnReport) -> dict[int, list[TurnRule]]:
    """Return the rules that hold on leaving each piece; what could not be used is counted in the report."""
    rules: dict[int, list[TurnRule]] = {}
    for relation in extract.restrictions:
        report.relations += 1
        reason = _add_relation(relation, pieces, rules)
        if reason:
            report.unused[reason] += 1
        else:
            report.used += 1
    return rules


def add_barriers(nodes: Iterable[int], pieces: Pieces, rules: dict[int, list[TurnRule]]) -> int:
    """Forbid to pass some nodes from one piece to another; return at how many there was something to forbid."""
    wanted = set(nodes)
    arriving: dict[int, list[int]] = {}
    leaving: dict[int, list[int]] = {}
    for edge in range(len(pieces.edges.code)):
        for node in {int(pieces.edges.from_node[edge]), int(pieces.edges.to_node[edge])} & wanted:
            if pieces.arrives(edge, node):
                arriving.setdefault(node, []).append(edge)
            if pieces.leaves(edge, node):
                leaving.setdefault(node, []).append(edge)
    count = 0
    for node in sorted(arriving):
        pairs = [(a, b) for a, b in product(arriving[node], leaving.get(node, ())) if a != b]
        for before, after in pairs:
            rules.setdefault(before, []).append(TurnRule("barrier", f"n{node}", (), pieces.edges.code[after]))
        count += bool(pairs)
    return count


def _add_relation(relation: OsmRestriction, pieces: Pieces, rules: dict[int, list[TurnRule]]) -> str:
    """Add what a relation forbids; return why it is not used, "" where it is."""
    kind = relation.tags.get("restriction:motorcar") or relation.tags.get("restriction")
    if kind is None:
        return "other_vehicles" if any(":conditional" not in key for key in relation.tags) else "conditional"
    if kind not in _KINDS:
        return "unknown_kind"
    if _EXEMPTED & {word.strip() for word in relation.tags.get("except", "").split(";")}:
        return "except_cars"
    by_role: dict[str, list[tuple[str, int]]] = {}
    for member, ref, role in relation.members:
        by_role.setdefault(role, []).append((member, ref))
    sources = [ref for member, ref in by_role.get("from", []) if member == "w"]
    targets = [ref for member, ref in by_role.get("to", []) if member == "w"]
    via_nodes = [ref for member, ref in by_role.get("via", []) if member == "n"]
    via_ways = [ref for member, ref in by_role.get("via", []) if member == "w"]
    if not sources or not targets or (len(via_nodes) == 1) == bool(via_ways) or len(via_ways) > _WAYS_AT_MOST:
        return "incomplete"
    if not all(way in pieces.of_way for way in (*sources, *targets, *via_ways)):
        return "way_not_in_network"
    added = False
    for source, target in product(sources, targets):
        if via_nodes:
            rule = _over_node(kind, source, via_nodes[0], target, pieces)
        else:
            rule = _over_ways(kind, source, via_ways, target, pieces)
        if rule is not None:
            rules.setdefault(rule[0], []).append(rule[1])
            added = True
    return "" if added else "does_not_join"


def _over_node(kind: str, source: int, node: int, target: int, pieces: Pieces) -> tuple[int, TurnRule] | None:
    before, after = pieces.arriving(source, node), pieces.leaving(target, node)
    if len(before) != 1 or len(after) != 1:
        return None
    return before[0], TurnRule(kind, f"n{node}", (), pieces.edges.code[after[0]])


def _over_ways(
    kind: str, source: int, via_ways: Sequence[int], target: int, pieces: Pieces
) -> tuple[int, TurnRule] | None:
    chain = (source, *via_ways, target)
    joints = [pieces.nodes(way) & pieces.nodes(following) for way, following in pairwise(chain)]
    if not all(joints):
        return None
    for nodes in product(*(sorted(joint) for joint in joints)):
        before, after = pieces.arriving(source, nodes[0]), pieces.leaving(target, nodes[-1])
        between = [pieces.between(way, start, end) for way, start, end in zip(via_ways, nodes, nodes[1:], strict=False)]
        if len(before) == 1 and len(after) == 1 and all(between):
            via = tuple(pieces.edges.code[e] for part in between if part is not None for e in part)
            return before[0], TurnRule(kind, "", via, pieces.edges.code[after[0]])
    return None
