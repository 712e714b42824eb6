"""Which junctions are joined: a planar network that crosses the main river only at bridges."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry import LineString

from county.frame import BoolArray, FloatArray, IntArray, cells_of, random_stream, sample_raster
from county.road_points import Junctions, PointKind
from county.settlements import Settlements
from county.terrain import Terrain

KEEP_OFF_RIVER_M = 190.0


@dataclass(frozen=True, slots=True)
class Links:
    """Possible straight links between junctions, planar; arrays of length m.

    `pairs` has shape (m, 2), smaller index first. `cost_m` is the length made longer by slopes and
    brook crossings. `chosen` marks the links that are roads even when no through road needs them.
    """

    pairs: IntArray
    length_m: FloatArray
    cost_m: FloatArray
    is_bridge: BoolArray
    chosen: BoolArray


def join_junctions(terrain: Terrain, places: Settlements, junctions: Junctions) -> Links:
    """Return the links; the chosen ones form a network without loose parts on either bank."""
    xy = junctions.xy_m
    corners = Delaunay(xy).simplices
    pairs = np.unique(np.sort(np.vstack((corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]])), axis=1), axis=0)
    pairs = pairs.astype(np.int64)
    lines = shapely.linestrings(xy[pairs])
    length = shapely.length(lines)
    river = LineString(terrain.main_river.xy_m)
    shapely.prepare(river)
    bridge_keys = {(site.north_index, site.south_index) for site in junctions.bridges}
    is_bridge = np.array([(int(a), int(b)) in bridge_keys for a, b in pairs])
    if is_bridge.sum() != len(bridge_keys):
        raise ValueError("a bridge is no link of the triangulation")
    middle = xy[pairs].mean(axis=1)
    rows, columns = cells_of(middle)
    exits = np.any(junctions.kind[pairs] == PointKind.EXIT, axis=1)
    usable = (places.township_of_cell[rows, columns] >= 0) | exits
    usable &= length < np.where(exits, 3_000.0, 2_600.0)
    usable &= ~shapely.dwithin(river, lines, KEEP_OFF_RIVER_M - 60.0)
    usable &= ~_beside_bridge(junctions, pairs)
    usable |= is_bridge
    pairs, lines, length, is_bridge = pairs[usable], lines[usable], length[usable], is_bridge[usable]

    share = np.linspace(0.1, 0.9, 5)
    along = xy[pairs[:, 0]][:, None, :] * (1 - share[:, None]) + xy[pairs[:, 1]][:, None, :] * share[:, None]
    steep = sample_raster(terrain.slope, along.reshape(-1, 2)).reshape(-1, 5).max(axis=1)
    climb = np.abs(sample_raster(terrain.height_m, xy[pairs[:, 0]]) - sample_raster(terrain.height_m, xy[pairs[:, 1]]))
    brooks = np.zeros(len(pairs), dtype=np.int64)
    for tributary in terrain.tributaries:
        brooks += shapely.crosses(lines, LineString(tributary.xy_m))
    cost = length * (1 + 5.0 * np.maximum(steep - 0.03, 0.0)) + 9.0 * climb + 450.0 * brooks
    cost[is_bridge] += 300.0
    chosen = choose_roads(junctions, pairs, length, steep, brooks)
    chosen = drop_narrow_forks(xy, pairs, chosen) | is_bridge
    return Links(pairs, length, np.round(cost, 1), is_bridge, tie_loose_parts(junctions, pairs, cost, chosen))


def _beside_bridge(junctions: Junctions, pairs: IntArray) -> BoolArray:
    """Return which links would run into a bridge from the side: its ends take the approach only."""
    ends = {index: index - 1 for index in (site.north_index for site in junctions.bridges)}
    ends |= {index: index + 1 for index in (site.south_index for site in junctions.bridges)}
    near = np.zeros(len(pairs), dtype=np.bool_)
    for number, (a, b) in enumerate(pairs.tolist()):
        near[number] = (a in ends and ends[a] != b) or (b in ends and ends[b] != a)
    return near


def choose_roads(
    junctions: Junctions, pairs: IntArray, length_m: FloatArray, steep: FloatArray, brooks: IntArray
) -> BoolArray:
    """Return the links of the relative neighbourhood graph, and some more of the Gabriel graph.

    Links on steep ground and across brooks are mostly left out; street grids lose one link in eight.
    """
    xy = junctions.xy_m
    tree = cKDTree(xy)
    rng = random_stream("links")
    lot = rng.random(len(pairs))
    chosen = np.zeros(len(pairs), dtype=np.bool_)
    for number, (a, b) in enumerate(pairs.tolist()):
        d = length_m[number]
        around = tree.query_ball_point((xy[a] + xy[b]) / 2, 0.87 * d)
        others = np.array([index for index in around if index not in {a, b}], dtype=np.int64)
        if len(others) == 0:
            chosen[number] = True
            continue
        to_a, to_b = np.hypot(*(xy[others] - xy[a]).T), np.hypot(*(xy[others] - xy[b]).T)
        relative = not bool(np.any(np.maximum(to_a, to_b) < d * 0.995))
        gabriel = not bool(np.any(to_a**2 + to_b**2 < d * d))
        chosen[number] = relative or (gabriel and lot[number] < 0.16)
    streets = same_street(junctions, pairs)
    in_grid = np.all(junctions.street[pairs, 0] >= 0, axis=1) & (
        junctions.home[pairs[:, 0]] == junctions.home[pairs[:, 1]]
    )
    chosen &= ~in_grid | streets
    chosen &= ~((steep > 0.24) & ~streets)
    chosen &= ~((brooks > 0) & (lot < 0.72))
    chosen &= ~(streets & (lot > 0.90))
    chosen &= ~(~streets & (lot > 0.93) & np.all(junctions.kind[pairs] == PointKind.COUNTRY, axis=1))
    return chosen | (streets & is_avenue(junctions, pairs))


def same_street(junctions: Junctions, pairs: IntArray) -> BoolArray:
    """Return which links run along one street of one grid, between corners at most two blocks apart."""
    first, second = junctions.street[pairs[:, 0]], junctions.street[pairs[:, 1]]
    one_grid = (first[:, 0] >= 0) & (second[:, 0] >= 0) & (junctions.kind[pairs[:, 0]] == junctions.kind[pairs[:, 1]])
    one_grid &= junctions.home[pairs[:, 0]] == junctions.home[pairs[:, 1]]
    apart = np.abs(first - second)
    return one_grid & (apart.min(axis=1) == 0) & (apart.max(axis=1) == 1)


def is_avenue(junctions: Junctions, pairs: IntArray) -> BoolArray:
    """Return which links lie on every fourth or fifth street of the county town."""
    town = np.all(junctions.kind[pairs] == PointKind.TOWN, axis=1)
    first, second = junctions.street[pairs[:, 0]], junctions.street[pairs[:, 1]]
    upward = (first[:, 0] == second[:, 0]) & (first[:, 0] % 5 == 4)
    across = (first[:, 1] == second[:, 1]) & (first[:, 1] % 4 == 3)
    return town & (upward | across)


def drop_narrow_forks(xy_m: FloatArray, pairs: IntArray, chosen: BoolArray) -> BoolArray:
    """Return the choice without the longer one of two links that leave a junction within 27 degrees."""
    kept = chosen.copy()
    while True:
        numbers = np.flatnonzero(kept)
        used = pairs[numbers]
        ends = np.concatenate((used, used[:, ::-1]))
        step = xy_m[ends[:, 1]] - xy_m[ends[:, 0]]
        heading, length = np.arctan2(step[:, 1], step[:, 0]), np.hypot(step[:, 0], step[:, 1])
        order = np.lexsort((heading, ends[:, 0]))
        left, right = order[:-1], order[1:]
        turn = np.abs(heading[right] - heading[left])
        narrow = (ends[left, 0] == ends[right, 0]) & (np.minimum(turn, 2 * np.pi - turn) < np.radians(27))
        if not narrow.any():
            return kept
        longer = np.where(length[left] > length[right], left, right)[narrow]
        kept[numbers[longer % len(used)]] = False


def tie_loose_parts(junctions: Junctions, pairs: IntArray, cost_m: FloatArray, chosen: BoolArray) -> BoolArray:
    """Return the choice with the cheapest further links that join its loose parts."""
    kept = chosen.copy()
    count = len(junctions.xy_m)
    order = np.argsort(cost_m, kind="stable")
    parent = connected_components(
        coo_array((np.ones(kept.sum()), pairs[kept].T), shape=(count, count)), directed=False
    )[1]
    parent = parent.copy()
    for number in order.tolist():
        a, b = parent[pairs[number]]
        if not kept[number] and a != b:
            kept[number] = True
            parent[parent == b] = a
    return kept
