"""How roads run between junctions: main roads swing smoothly, hill roads wind, streets are straight."""

import numpy as np
import shapely
from shapely.geometry import LineString

from county.frame import BoolArray, FloatArray, IntArray, draw_normal, random_stream, sample_raster
from county.road_classes import Network
from county.road_graph import KEEP_OFF_RIVER_M
from county.road_points import Junctions, PointKind
from county.terrain import Terrain

ROUNDS = {1: 3, 2: 7, 3: 10, 4: 14}


def relax_junctions(terrain: Terrain, junctions: Junctions, network: Network) -> FloatArray:
    """Return junctions moved so that main roads lose their zigzag; no road may cross another or near the river."""
    xy = junctions.xy_m
    movable = junctions.kind == PointKind.COUNTRY
    wanted = xy.copy()
    for turn in range(max(ROUNDS.values())):
        pull, weight = np.zeros_like(xy), np.zeros(len(xy))
        for road_class, path in network.paths:
            if turn < ROUNDS[road_class] and len(path) > 2:
                np.add.at(pull, path[1:-1], road_class * (wanted[path[:-2]] + wanted[path[2:]]) / 2)
                np.add.at(weight, path[1:-1], road_class)
        moved = movable & (weight > 0)
        wanted[moved] = 0.4 * wanted[moved] + 0.6 * pull[moved] / weight[moved][:, None]
    river = LineString(terrain.main_river.xy_m)
    shapely.prepare(river)
    for _ in range(40):
        lines = shapely.linestrings(wanted[network.pairs])
        bad = shapely.dwithin(river, lines, KEEP_OFF_RIVER_M - 60.0) & ~network.is_bridge
        bad[crossing_pairs(lines).ravel()] = True
        bad |= sharp_corners(wanted, network.pairs)
        ends = np.unique(network.pairs[bad])
        back = ends[np.any(wanted[ends] != xy[ends], axis=1)]
        if len(back) == 0:
            return np.round(wanted, 1)
        wanted[back] = xy[back]
    raise ValueError("main roads cannot be smoothed without crossings")


def crossing_pairs(lines: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> IntArray:
    """Return pairs of lines, shape (n, 2), that meet elsewhere than at a shared end."""
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    left, right = left[left < right], right[left < right]
    shared = shapely.intersection(lines[left], lines[right])
    ends_left = shapely.boundary(lines[left])
    ends_right = shapely.boundary(lines[right])
    fine = shapely.covered_by(shared, shapely.intersection(ends_left, ends_right))
    return np.column_stack((left[~fine], right[~fine])).astype(np.int64)


def sharp_corners(xy_m: FloatArray, pairs: IntArray) -> BoolArray:
    """Return the links that leave a junction within 12 degrees of another link."""
    ends = np.concatenate((pairs, pairs[:, ::-1]))
    heading = np.arctan2(*(xy_m[ends[:, 1]] - xy_m[ends[:, 0]]).T[::-1])
    order = np.lexsort((heading, ends[:, 0]))
    same = ends[order[1:], 0] == ends[order[:-1], 0]
    close = same & (heading[order[1:]] - heading[order[:-1]] < np.radians(12))
    sharp = np.zeros(len(pairs), dtype=np.bool_)
    sharp[order[1:][close] % len(pairs)] = True
    return sharp


def draw_roads(terrain: Terrain, junctions: Junctions, network: Network, xy_m: FloatArray) -> list[FloatArray]:
    """Return the line of every link, shape (k, 2) in metres, from its first junction to its second."""
    tangents = end_tangents(network, xy_m)
    rng = random_stream("road shapes")
    drift = np.radians(14) * draw_normal(rng, 2 * len(network.pairs)).reshape(-1, 2)
    wave = rng.random((len(network.pairs), 2))
    streets = np.all(
        (junctions.kind[network.pairs] == PointKind.SEAT) | (junctions.kind[network.pairs] == PointKind.TOWN), axis=1
    )
    slope = sample_raster(terrain.slope, xy_m[network.pairs].mean(axis=1))
    lines: list[FloatArray] = []
    for number, (a, b) in enumerate(network.pairs.tolist()):
        chord = xy_m[[a, b]]
        length_m = float(np.hypot(*(chord[1] - chord[0])))
        if streets[number] or network.is_bridge[number] or length_m < 190.0:
            lines.append(chord)
            continue
        lines.append(swing(chord, tangents[number], drift[number], wave[number], float(slope[number])))
    return straighten_conflicts(terrain, network, xy_m, lines)


def end_tangents(network: Network, xy_m: FloatArray) -> FloatArray:
    """Return, per link, unit tangents at both ends, shape (m, 2, 2); zero where no road goes straight on."""
    at: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(network.pairs.tolist()):
        at.setdefault(a, []).append(number)
        at.setdefault(b, []).append(number)
    tangents = np.zeros((len(network.pairs), 2, 2))
    for node, around in at.items():
        free = list(around)
        candidates = []
        for i, first in enumerate(free):
            for second in free[i + 1 :]:
                out_a, out_b = _leave(network, xy_m, first, node), _leave(network, xy_m, second, node)
                straight = -float(out_a @ out_b)
                rank = min(network.road_class[first], network.road_class[second])
                if straight > (0.35 if len(free) == 2 else 0.6):
                    candidates.append((-int(rank), -straight, first, second))
        for _, _, first, second in sorted(candidates):
            if first in free and second in free:
                free.remove(first)
                free.remove(second)
                line = _leave(network, xy_m, first, node) - _leave(network, xy_m, second, node)
                line /= np.hypot(*line)
                for link, sign in ((first, 1.0), (second, -1.0)):
                    end = 0 if network.pairs[link, 0] == node else 1
                    tangents[link, end] = sign * line * (1.0 if end == 0 else -1.0)
    return tangents


def _leave(network: Network, xy_m: FloatArray, link: int, node: int) -> FloatArray:
    a, b = network.pairs[link]
    away = xy_m[b] - xy_m[a] if a == node else xy_m[a] - xy_m[b]
    return np.asarray(away / np.hypot(*away))


def swing(chord: FloatArray, tangents: FloatArray, drift: FloatArray, wave: FloatArray, slope: float) -> FloatArray:
    """Return a cubic curve along the tangents, with bends that grow on slopes."""
    along = chord[1] - chord[0]
    length_m = float(np.hypot(*along))
    unit = along / length_m
    side = np.array([-unit[1], unit[0]])
    ends = []
    for end in (0, 1):
        if np.any(tangents[end]):
            ends.append(tangents[end])
        else:
            ends.append(unit * np.cos(drift[end]) + side * np.sin(drift[end]))
    inner = int(np.clip(round(length_m / 190.0), 1, 4) + np.clip(round(slope * 16), 0, 5) * (length_m > 600))
    t = np.linspace(0.0, 1.0, inner + 2)[:, None]
    reach = 0.92 * length_m
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * chord[0]
        + (t**3 - 2 * t**2 + t) * reach * ends[0]
        + (-2 * t**3 + 3 * t**2) * chord[1]
        + (t**3 - t**2) * reach * ends[1]
    )
    bends = np.sin(np.pi * t) * np.sin(2 * np.pi * (wave[0] + t * (1.0 + 1.6 * wave[1])))
    curve += side * bends * length_m * min(0.018 + 0.55 * max(slope - 0.02, 0.0), 0.075)
    curve[0], curve[-1] = chord
    return np.asarray(curve)


def straighten_conflicts(
    terrain: Terrain, network: Network, xy_m: FloatArray, lines: list[FloatArray]
) -> list[FloatArray]:
    """Return the lines; those that meet another one or the river on the way become straight."""
    drawn = list(lines)
    river = LineString(terrain.main_river.xy_m)
    shapely.prepare(river)
    for _ in range(10):
        shapes = np.array([LineString(line) for line in drawn], dtype=object)
        bad = shapely.dwithin(river, shapes, 120.0) & ~network.is_bridge
        bad |= ~shapely.is_simple(shapes)
        bad[crossing_pairs(shapes).ravel()] = True
        curved = [number for number in np.flatnonzero(bad).tolist() if len(drawn[number]) > 2]
        if not curved:
            return [np.round(line, 1) for line in drawn]
        for number in curved:
            drawn[number] = xy_m[network.pairs[number]]
    raise ValueError("roads still cross")
