"""Probable duplicates in a layer: near each other under one name, with one phone, with one code written twice.

A pair is found by at least one of these:

- the same or a similar name (`names_alike`) within the distance; lines are left out, because a road
  lies in a layer as many pieces of one name;
- the same phone number, and near each other or of a like name: a switchboard serves many;
- the same code in another writing (S-01, ｓ１);
- the same name where one of the two has no place.

Every pair within the distance is looked at: the places stand in a search tree, the rest in groups,
so a layer of a hundred thousand takes seconds. Retired features are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.queries.areas import representative_points
from geo_ems.queries.ellipsoid import geodesic_m, largest_chord_m, lonlat_to_xyz
from geo_ems.services.names_alike import ComparableName, comparable_name, folded_code, likeness, phone_numbers

WITHIN_M = 50.0
_MOST_PAIRS = 5_000_000
_SMALL_GROUP = 50  # in larger groups of one phone or name only neighbours in the order of ids are compared
_LINES = 1


class DuplicateReason(StrEnum):
    """Why two features are probably one."""

    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    SAME_PHONE = "same_phone"
    SAME_CODE = "same_code"
    SAME_NAME_UNPLACED = "same_name_unplaced"


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two features by id, the lower first; `distance_m` is None where one has no place."""

    first: str
    second: str
    reasons: tuple[DuplicateReason, ...]
    likeness: float
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class DuplicateCluster:
    """Features that hang together by pairs: (id, name), ordered by id."""

    members: tuple[tuple[str, str], ...]
    pairs: tuple[DuplicatePair, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The clusters of a layer, ordered by their lowest id; `features` is how many were compared."""

    definition: LayerDefinition
    within_m: float
    features: int
    clusters: tuple[DuplicateCluster, ...]

    @property
    def pairs(self) -> int:
        """Return the number of pairs."""
        return sum(len(cluster.pairs) for cluster in self.clusters)


def find_duplicates(columns: LayerColumns, *, within_m: float = WITHIN_M, caller: Caller) -> Duplicates:
    """Return the probable duplicates of a layer; the same layer gives the same answer.

    Phone numbers count only for a caller who may see them.

    Raises
    ------
    UsageError
        Where so many features lie within the distance of each other that they cannot all be compared.
    """
    facts = _Facts(columns, with_phones=caller.may(Permission.READ_PRIVATE))
    candidates: dict[tuple[int, int], float | None] = dict(_near_pairs(facts, within_m))
    for rows in _grouped_pairs(facts):
        candidates.setdefault(rows, None)
    found: list[tuple[int, int, DuplicatePair]] = []
    for (row, other), distance_m in candidates.items():
        pair = facts.judged(row, other, distance_m)
        if pair is not None:
            found.append((row, other, pair))
    return Duplicates(columns.definition, within_m, int(facts.taken.sum()), _clusters(found, facts))


class _Facts:
    """What is compared of each feature, by row."""

    def __init__(self, columns: LayerColumns, *, with_phones: bool) -> None:
        definition = columns.definition
        self.columns = columns
        self.ids = [str(identity) for identity in columns.ids]
        self.taken = _in_force(columns)
        self.lonlat_deg: FloatArray = representative_points(columns.geometries)
        self.has_place: BoolArray = ~np.isnan(self.lonlat_deg[:, 0])
        self.is_line: BoolArray = shapely.get_dimensions(columns.geometries) == _LINES
        self.names = _texts(columns, definition.name_field)
        comparable: dict[str, ComparableName | None] = {}
        for name in self.names:
            if name not in comparable:
                comparable[name] = comparable_name(name) if name else None
        self.comparable = [comparable[name] for name in self.names]
        self._likeness: dict[tuple[str, str], float] = {}
        phone_fields = [f.name for f in definition.fields.values() if f.type is FieldType.PHONE] if with_phones else []
        self.phones: list[frozenset[str]] = [frozenset()] * len(self.ids)
        for field in phone_fields:
            for row, text in enumerate(_texts(columns, field)):
                if text:
                    self.phones[row] |= phone_numbers(text)
        codes = _texts(columns, definition.key) if definition.key is not None else [""] * len(self.ids)
        self.codes = [folded_code(code or identity) for code, identity in zip(codes, self.ids, strict=True)]

    def judged(self, row: int, other: int, distance_m: float | None) -> DuplicatePair | None:
        """Return the pair where there is a reason; `distance_m` is None for a pair that is not near."""
        is_placed = bool(self.has_place[row] and self.has_place[other])
        alike = self._alike(row, other)
        reasons = []
        if distance_m is not None and alike:
            reasons.append(DuplicateReason.SAME_NAME if alike == 1 else DuplicateReason.SIMILAR_NAME)
        if alike == 1 and not is_placed:
            reasons.append(DuplicateReason.SAME_NAME_UNPLACED)
        if self.phones[row] & self.phones[other] and (alike or distance_m is not None):
            reasons.append(DuplicateReason.SAME_PHONE)
        if self.codes[row] and self.codes[row] == self.codes[other]:
            reasons.append(DuplicateReason.SAME_CODE)
        if not reasons:
            return None
        if distance_m is None and is_placed:
            distance_m = float(geodesic_m(self.lonlat_deg[[row]], self.lonlat_deg[[other]])[0])
        shown_m = None if distance_m is None else round(distance_m, 1)
        return DuplicatePair(self.ids[row], self.ids[other], tuple(reasons), round(alike, 3), shown_m)

    def _alike(self, row: int, other: int) -> float:
        name, other_name = self.comparable[row], self.comparable[other]
        if name is None or other_name is None:
            return 0.0
        key = (self.names[row], self.names[other])
        if key not in self._likeness:
            self._likeness[key] = likeness(name, other_name)
        return self._likeness[key]


def _near_pairs(facts: _Facts, within_m: float) -> Iterator[tuple[tuple[int, int], float]]:
    """Give (rows, metres) of all pairs within the distance, lines left out."""
    rows: IntArray = np.flatnonzero(facts.taken & facts.has_place & ~facts.is_line)
    if rows.size < 2:  # noqa: PLR2004 a pair
        return
    lonlat_deg = facts.lonlat_deg[rows]
    tree = cKDTree(lonlat_to_xyz(lonlat_deg).T)
    reach_m = largest_chord_m(within_m)
    count = (int(tree.count_neighbors(tree, reach_m)) - rows.size) // 2
    if count > _MOST_PAIRS:
        raise UsageError(
            f"{count} pairs lie within {within_m:g} m of each other, more than can be compared",
            where="--within",
            remedy=f"Ask for a smaller distance; at most {_MOST_PAIRS} pairs are compared.",
            field="within_m",
            value=within_m,
        )
    pairs = tree.query_pairs(reach_m, output_type="ndarray")
    distance_m = geodesic_m(lonlat_deg[pairs[:, 0]], lonlat_deg[pairs[:, 1]])
    kept = distance_m <= within_m
    yield from zip(map(tuple, np.sort(rows[pairs[kept]], axis=1).tolist()), distance_m[kept].tolist(), strict=True)


def _grouped_pairs(facts: _Facts) -> Iterator[tuple[int, int]]:
    """Give the pairs with one phone, one code, or one name of which one has no place."""
    by_phone: dict[str, list[int]] = defaultdict(list)
    by_code: dict[tuple[str, ...], list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(facts.taken).tolist():
        for phone in sorted(facts.phones[row]):
            by_phone[phone].append(row)
        if facts.codes[row]:
            by_code[facts.codes[row]].append(row)
        name = facts.comparable[row]
        if name is not None:
            by_name[name.rest].append(row)
    unplaced = (rows for rows in by_name.values() if not all(facts.has_place[row] for row in rows))
    for groups in (by_phone.values(), by_code.values(), unplaced):
        for rows in groups:
            yield from combinations(rows, 2) if len(rows) <= _SMALL_GROUP else pairwise(rows)


def _clusters(found: Iterable[tuple[int, int, DuplicatePair]], facts: _Facts) -> tuple[DuplicateCluster, ...]:
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        parent.setdefault(row, row)
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    ordered = sorted(found, key=lambda item: (item[2].first, item[2].second))
    for row, other, _ in ordered:
        low, high = sorted((root(row), root(other)))
        parent[high] = low
    pairs: dict[int, list[DuplicatePair]] = defaultdict(list)
    for row, _, pair in ordered:
        pairs[root(row)].append(pair)
    members: dict[int, list[int]] = defaultdict(list)
    for row in sorted(parent):
        members[root(row)].append(row)
    return tuple(
        DuplicateCluster(tuple((facts.ids[row], facts.names[row]) for row in rows), tuple(pairs[head]))
        for head, rows in sorted(members.items())
    )


def _in_force(columns: LayerColumns) -> BoolArray:
    definition = columns.definition
    taken: BoolArray = np.ones(len(columns), dtype=np.bool_)
    if definition.status_field is not None and definition.retired_code is not None:
        status = columns.columns[definition.status_field]
        taken &= status.values != tuple(status.field.codes).index(definition.retired_code)
    return taken


def _texts(columns: LayerColumns, field: str) -> Sequence[str]:
    column = columns.columns.get(field)
    if column is None:
        return [""] * len(columns)
    return [str(value) for value in column.values]


def reason_counts(duplicates: Duplicates) -> Mapping[DuplicateReason, int]:
    """Return how many pairs have each reason, in the order of the reasons."""
    counts = dict.fromkeys(DuplicateReason, 0)
    for cluster in duplicates.clusters:
        for pair in cluster.pairs:
            for reason in pair.reasons:
                counts[reason] += 1
    return {reason: count for reason, count in counts.items() if count}
