"""From a raster of labels to smooth polygons that share their borders exactly.

A border between two labels is traced once, smoothed once and used by both neighbours, so that the
polygons neither overlap nor leave gaps, down to the last decimal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.ops import polygonize

from county.frame import CELL_M, MARGIN_M, FloatArray, IntArray, Point, to_lonlat_deg
from county.terrain import smooth_line

Corner = tuple[int, int]
OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Arc:
    """A border between two labels: its points in metres, shape (n, 2); a closed one ends where it starts."""

    labels: tuple[int, int]
    xy_m: FloatArray


def trace_arcs(labels: IntArray, *, cell_m: float = CELL_M, smoothing: int = 6) -> list[Arc]:
    """Return the smoothed borders between unlike cells, ends (where three labels meet) kept."""
    links: dict[Corner, list[Corner]] = {}
    sides: dict[tuple[Corner, Corner], tuple[int, int]] = {}
    for row, column in zip(*np.nonzero(labels[:, 1:] != labels[:, :-1]), strict=True):
        pair = (int(labels[row, column]), int(labels[row, column + 1]))
        _link(links, sides, ((int(row), int(column) + 1), (int(row) + 1, int(column) + 1)), pair)
    for row, column in zip(*np.nonzero(labels[1:] != labels[:-1]), strict=True):
        pair = (int(labels[row, column]), int(labels[row + 1, column]))
        _link(links, sides, ((int(row) + 1, int(column)), (int(row) + 1, int(column) + 1)), pair)
    nodes = sorted(corner for corner, others in links.items() if len(others) != 2)
    walked: set[tuple[Corner, Corner]] = set()
    arcs = []
    for start in [*nodes, *sorted(links)]:
        for following in sorted(links[start]):
            if (start, following) in walked:
                continue
            chain = [start, following]
            walked |= {(start, following), (following, start)}
            while chain[-1] != start and len(links[chain[-1]]) == 2:
                here, before = chain[-1], chain[-2]
                onward = next(corner for corner in links[here] if corner != before)
                walked |= {(here, onward), (onward, here)}
                chain.append(onward)
            a, b = sides[min(chain[0], chain[1]), max(chain[0], chain[1])]
            raw = np.array([(c * cell_m - MARGIN_M, r * cell_m - MARGIN_M) for r, c in chain])
            arcs.append(Arc((min(a, b), max(a, b)), smooth_line(raw, rounds=smoothing)))
    return arcs


def _link(
    links: dict[Corner, list[Corner]],
    sides: dict[tuple[Corner, Corner], tuple[int, int]],
    ends: tuple[Corner, Corner],
    pair: tuple[int, int],
) -> None:
    links.setdefault(ends[0], []).append(ends[1])
    links.setdefault(ends[1], []).append(ends[0])
    sides[min(ends), max(ends)] = pair


def thin_arc(xy_m: FloatArray, *, tolerance_m: float) -> FloatArray:
    """Return the line without the points that matter less than the tolerance."""
    return np.asarray(LineString(xy_m).simplify(tolerance_m).coords)


def draw_arcs(arcs: Sequence[Arc], refine: Callable[[Arc], FloatArray], *, tolerance_m: float) -> list[Arc]:
    """Return the arcs refined and thinned; one that would touch another keeps its plain form."""
    refined = [Arc(arc.labels, thin_arc(refine(arc), tolerance_m=tolerance_m)) for arc in arcs]
    for attempt in (tolerance_m / 3, 0.0, 0.0):
        lines = [LineString(arc.xy_m) for arc in refined]
        tree = shapely.STRtree(lines)
        bad = {index for index, line in enumerate(lines) if not (line.is_simple or line.is_ring)}
        for left, right in tree.query(lines, predicate="intersects").T.tolist():
            if left < right and not _meet_only_at_ends(lines[left], lines[right]):
                bad |= {left, right}
        if not bad:
            return refined
        for index in bad:
            refined[index] = Arc(arcs[index].labels, thin_arc(arcs[index].xy_m, tolerance_m=attempt))
    raise ValueError(f"borders still cross: {sorted(bad)}")


def _meet_only_at_ends(left: LineString, right: LineString) -> bool:
    shared = left.intersection(right)
    ends = {left.coords[0], left.coords[-1]} & {right.coords[0], right.coords[-1]}
    points = getattr(shared, "geoms", [shared])
    return all(part.geom_type == "Point" and part.coords[0] in ends for part in points)


def assemble_polygons(
    arcs: Sequence[Arc], label_of: Callable[[Point], int], *, merged: Mapping[int, int] | None = None
) -> dict[int, Polygon | MultiPolygon]:
    """Return one polygon in lon/lat per label; `merged` joins labels (townships to zones) first.

    `label_of` says which label holds a point given in lon/lat; faces labelled `OUTSIDE` are dropped.
    """
    new = merged or {}
    kept = [arc for arc in arcs if new.get(arc.labels[0], arc.labels[0]) != new.get(arc.labels[1], arc.labels[1])]
    faces: dict[int, list[Polygon]] = {}
    for face in polygonize([LineString(to_lonlat_deg(arc.xy_m)) for arc in kept]):
        inner = face.representative_point()
        label = label_of((inner.x, inner.y))
        label = new.get(label, label)
        if label != OUTSIDE:
            faces.setdefault(label, []).append(shapely.normalize(face))
    return {
        label: parts[0] if len(parts) == 1 else MultiPolygon(sorted(parts, key=lambda part: (-part.area, part.wkt)))
        for label, parts in sorted(faces.items())
    }
