"""Ways of OpenStreetMap cut where they share nodes, so that every piece runs between two junctions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ems.formats.osm_extracts import OsmExtract
from geo_ems.model.columns import FloatArray, IntArray, ObjectArray


@dataclass(frozen=True, slots=True)
class OsmEdges:
    """The e pieces: of the way `way[i]` (its place in the extract) from one node to another, with its line.

    `code[i]` names the piece: the id of the way and of the node it starts from, so that a junction added
    elsewhere on the way leaves it its name. `share[i]` is its part of the length of the way (in degrees).
    """

    way: IntArray
    from_node: IntArray
    to_node: IntArray
    lines: ObjectArray
    share: FloatArray
    code: Sequence[str]


@dataclass(frozen=True, slots=True)
class CutReport:
    """What is not in the pieces: nodes without a place, and ways of which nothing is left."""

    missing_nodes: int
    ways_without_line: int


def cut_ways(extract: OsmExtract, ways: IntArray, *, always_at: Iterable[int]) -> tuple[OsmEdges, CutReport]:
    """Return the pieces of some ways, cut at nodes they share and at the nodes `always_at`.

    A node that the extract lacks ends the piece before it.
    """
    counts = extract.first[ways + 1] - extract.first[ways]
    rows = _rows(extract.first[ways], counts)
    refs, lonlat_deg, way = extract.refs[rows], extract.lonlat_deg[rows], np.repeat(ways, counts)
    # A node that comes twice in a row is one; the first of each way always stays.
    is_again = np.zeros(refs.size, bool)
    is_again[1:] = (refs[1:] == refs[:-1]) & (way[1:] == way[:-1])
    refs, lonlat_deg, way = refs[~is_again], lonlat_deg[~is_again], way[~is_again]
    is_known = ~np.isnan(lonlat_deg[:, 0])
    # A run is a stretch of one way without a missing node.
    breaks = np.cumsum(~is_known)[is_known]
    refs, lonlat_deg, way = refs[is_known], lonlat_deg[is_known], way[is_known]
    is_new_run = np.ones(refs.size, bool)
    is_new_run[1:] = (way[1:] != way[:-1]) | (breaks[1:] != breaks[:-1])
    starts = np.flatnonzero(is_new_run)
    ends = np.concatenate([starts[1:], [refs.size]]) - 1 if starts.size else starts
    is_node = _is_shared(refs) | np.isin(refs, np.fromiter(always_at, np.int64))
    is_node[starts] = is_node[ends] = True
    at = np.flatnonzero(is_node)
    is_piece = ~is_new_run[at[1:]] if at.size else np.zeros(0, bool)
    begin, end = at[:-1][is_piece], at[1:][is_piece]
    edges = OsmEdges(
        way=way[begin],
        from_node=refs[begin],
        to_node=refs[end],
        lines=_lines(lonlat_deg, begin, end),
        share=_shares(lonlat_deg, way, begin, end),
        code=_codes(extract.ids[way[begin]], refs[begin]),
    )
    missing = int(np.count_nonzero(~is_known))
    return edges, CutReport(missing, int(ways.size - np.unique(edges.way).size))


def _is_shared(refs: IntArray) -> NDArray[np.bool_]:
    _, place, count = np.unique(refs, return_inverse=True, return_counts=True)
    return np.asarray(count[place] > 1)


def _rows(begin: IntArray, counts: IntArray) -> IntArray:
    """Return the rows of stretches that begin at some rows, one stretch after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(begin - before, counts) + np.arange(counts.sum())


def _lines(lonlat_deg: FloatArray, begin: IntArray, end: IntArray) -> ObjectArray:
    counts = end - begin + 1
    if not counts.size:
        return np.empty(0, np.object_)
    line = np.repeat(np.arange(begin.size), counts)
    return np.asarray(shapely.linestrings(lonlat_deg[_rows(begin, counts)], indices=line), np.object_)


def _shares(lonlat_deg: FloatArray, way: IntArray, begin: IntArray, end: IntArray) -> FloatArray:
    steps_deg = np.zeros(way.size)
    steps_deg[1:] = np.hypot(*np.diff(lonlat_deg, axis=0).T)
    along_deg = np.cumsum(steps_deg)
    piece_deg = along_deg[end] - along_deg[begin]
    total_deg = np.zeros(int(way.max(initial=-1)) + 1)
    np.add.at(total_deg, way[begin], piece_deg)
    whole_deg = total_deg[way[begin]]
    return np.asarray(np.divide(piece_deg, whole_deg, out=np.zeros_like(piece_deg), where=whole_deg > 0))


def _codes(way_ids: IntArray, from_nodes: IntArray) -> list[str]:
    seen: dict[str, int] = {}
    codes: list[str] = []
    for way, node in zip(way_ids.tolist(), from_nodes.tolist(), strict=True):
        code = f"w{way}.n{node}"
        seen[code] = times = seen.get(code, 0) + 1
        codes.append(code if times == 1 else f"{code}.{times}")
    return codes
