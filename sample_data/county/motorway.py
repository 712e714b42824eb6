"""The motorway: its own carriageway over all other roads, joined to them only at interchanges."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from scipy.interpolate import CubicSpline
from shapely.geometry import LineString

from county.frame import FloatArray, cells_of
from county.road_classes import SECONDARY, Network
from county.road_points import Junctions, PointKind
from county.settlements import Settlements
from county.terrain import resample_line

GUIDE_M = (
    (0, 3_500), (8_000, 8_700), (16_500, 9_800), (24_500, 11_300), (31_000, 15_700), (37_000, 19_300),
    (38_900, 25_000), (41_800, 30_500), (47_500, 34_800), (52_500, 38_800), (60_000, 45_000),
)  # fmt: skip
INTERCHANGES = (
    (21_500.0, "白沙互通", "Baisha Interchange"),
    (39_500.0, "云渡互通", "Yundu Interchange"),
    (50_500.0, "高岗互通", "Gaogang Interchange"),
)
SECTION_M = 1_500.0


@dataclass(frozen=True, slots=True)
class Motorway:
    """Sections in order, shape (k, 2) each, and ramps: from the end of a section to a junction of the network."""

    sections: tuple[FloatArray, ...]
    ramps: tuple[tuple[str, str, FloatArray, int], ...]


def lay_motorway(
    places: Settlements, junctions: Junctions, network: Network, xy_m: FloatArray, lines: list[FloatArray]
) -> Motorway:
    """Return the motorway; ramps cross no other road."""
    guide = np.asarray(GUIDE_M, dtype=np.float64)
    run_m = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(guide, axis=0).T))))
    track = resample_line(CubicSpline(run_m, guide)(np.arange(0.0, run_m[-1], 50.0)), step_m=50.0)
    rows, columns = cells_of(track)
    inside = np.flatnonzero(places.township_of_cell[rows, columns] >= 0)
    track = track[inside[0] - 8 : inside[-1] + 9]
    shapes = np.array([LineString(line) for line in lines], dtype=object)
    tree = shapely.STRtree(shapes)
    axis = LineString(track)
    ramps = []
    cuts: list[int] = []
    for wanted_x_m, name, name_en in INTERCHANGES:
        place, junction = _site_ramp(track, axis, junctions, network, xy_m, shapes, tree, wanted_x_m)
        cuts.append(place)
        ramps.append((name, name_en, np.round(np.vstack((track[place], xy_m[junction])), 1), junction))
    steps = round(SECTION_M / 50.0)
    bounds = [0, *cuts, len(track) - 1]
    nodes: list[int] = []
    for start, end in pairwise(bounds):
        count = max(1, round((end - start) / steps))
        nodes += [round(start + (end - start) * part / count) for part in range(count)]
    nodes.append(len(track) - 1)
    track = np.round(track, 1)
    sections = [np.asarray(LineString(track[a : b + 1]).simplify(4.0).coords) for a, b in pairwise(nodes)]
    return Motorway(tuple(sections), tuple(ramps))


def _site_ramp(  # noqa: PLR0917 - the motorway, the network, and a wish
    track: FloatArray,
    axis: LineString,
    junctions: Junctions,
    network: Network,
    xy_m: FloatArray,
    shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]",
    tree: shapely.STRtree,
    wanted_x_m: float,
) -> tuple[int, int]:
    """Return the place on the motorway and the junction of the shortest clear ramp near the wanted x."""
    main = np.unique(network.pairs[network.road_class >= SECONDARY])
    main = main[(junctions.kind[main] == PointKind.COUNTRY) & (np.abs(xy_m[main, 0] - wanted_x_m) < 4_500)]
    options = []
    for junction in main.tolist():
        away_m = np.hypot(*(track - xy_m[junction]).T)
        options += [(float(away_m[place]) + 0.1 * abs(float(track[place, 0]) - wanted_x_m), place, junction)
                    for place in np.flatnonzero((away_m > 220) & (away_m < 1_400)).tolist()[::3]]  # fmt: skip
    for _, place, junction in sorted(options):
        ramp = LineString([track[place], xy_m[junction]])
        touching = [int(i) for i in tree.query(ramp, predicate="intersects") if junction not in network.pairs[i]]
        own = [int(i) for i in tree.query(ramp, predicate="intersects") if junction in network.pairs[i]]
        clear = not touching and all(ramp.intersection(shapes[i]).geom_type == "Point" for i in own)
        if clear and axis.intersection(ramp).geom_type == "Point":
            return place, junction
    raise ValueError(f"no room for an interchange near x = {wanted_x_m}")
