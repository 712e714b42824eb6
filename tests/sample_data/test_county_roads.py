from collections import Counter

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

BRIDGES = {"石门关大桥", "松坪大桥", "云渡大桥", "长堤大桥", "沙洲大桥", "官垱大桥", "云渡高速云水河特大桥"}


def graph(roads, without=()):
    kept = np.setdiff1d(np.arange(len(roads.pairs)), without)
    count = len(roads.nodes)
    return coo_array((roads.length_m[kept], roads.pairs[kept].T), shape=(count, count)).tocsr()


def trip_m(roads, start, end, without=()):
    return float(dijkstra(graph(roads, without), directed=False, indices=start)[end])


def flood_trip(roads, facilities, incidents):
    fire = next(row for row in facilities if row["kind"] == "fire_station")
    flood = next(row for row in incidents if row["kind"] == "flood")
    return tuple(roads.nearest_node((float(row["lon"]), float(row["lat"]))) for row in (fire, flood))


def test_there_are_at_least_8000_edges_in_at_least_four_classes(roads):
    classes = Counter(values["road_class"] for values in roads.properties)

    assert len(roads.pairs) >= 8_000
    assert set(classes) == {"motorway", "trunk", "primary", "secondary", "tertiary", "village"}
    assert classes["trunk"] < classes["primary"] + classes["secondary"] < classes["tertiary"] < classes["village"]


def test_every_road_has_its_own_code_and_two_different_ends(roads):
    assert len({values["code"] for values in roads.properties}) == len(roads.pairs)
    assert (roads.pairs[:, 0] != roads.pairs[:, 1]).all()
    assert len(np.unique(np.sort(roads.pairs, axis=1), axis=0)) == len(roads.pairs)


def test_roads_that_cross_without_a_junction_do_so_on_a_bridge(roads):
    left, right = shapely.STRtree(roads.lines).query(roads.lines, predicate="intersects")
    left, right = left[left < right], right[left < right]
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        shared_nodes = {tuple(roads.nodes[n]) for n in set(roads.pairs[a]) & set(roads.pairs[b])}
        meeting = shapely.get_coordinates(roads.lines[a].intersection(roads.lines[b]))
        if {tuple(point) for point in meeting} <= shared_nodes:
            continue
        over = [roads.properties[n] for n in (a, b) if roads.properties[n]["road_class"] == "motorway"]
        assert len(over) == 1, (roads.properties[a], roads.properties[b])
        assert over[0]["bridge"], over[0]


def test_an_end_of_a_road_is_a_junction_or_a_dead_end_never_the_middle_of_another_road(roads):
    points = shapely.points(roads.nodes)
    node, line = shapely.STRtree(roads.lines).query(points, predicate="dwithin", distance=1e-7)

    assert all(end in roads.pairs[road] for end, road in zip(node.tolist(), line.tolist(), strict=True))


def test_dead_ends_are_the_exception(roads):
    uses = np.bincount(roads.pairs.ravel())

    assert 0.02 < np.mean(uses == 1) < 0.25


def test_the_main_river_is_crossed_at_seven_named_bridges_only(roads, water):
    river = shapely.LineString(next(w for w in water if w["properties"]["code"] == "SX01")["geometry"]["coordinates"])
    crossing = [roads.properties[n] for n in np.flatnonzero(shapely.intersects(roads.lines, river))]

    assert sorted(values["name"] for values in crossing) == sorted(BRIDGES)
    assert all(values["bridge"] for values in crossing)


def test_a_road_over_a_brook_is_a_bridge(roads, water):
    for brook in (w for w in water if w["properties"]["code"] != "SX01"):
        line = shapely.LineString(brook["geometry"]["coordinates"])
        crossing = np.flatnonzero(shapely.crosses(roads.lines, line))
        assert all(roads.properties[n]["bridge"] for n in crossing)


def test_the_whole_county_hangs_together(roads):
    assert connected_components(graph(roads), directed=False)[0] == 1


def test_closing_the_main_bridge_makes_the_way_to_the_flood_five_times_as_long(roads, facilities, incidents):
    start, end = flood_trip(roads, facilities, incidents)

    usual_m = trip_m(roads, start, end)
    round_m = trip_m(roads, start, end, without=roads.named("云渡大桥"))

    assert usual_m < 8_000
    assert round_m > 5 * usual_m


def test_without_any_bridge_the_south_bank_is_cut_off(roads, facilities, incidents):
    start, end = flood_trip(roads, facilities, incidents)
    over_river = [number for name in BRIDGES for number in roads.named(name)]

    assert trip_m(roads, start, end, without=over_river) == np.inf


def test_roads_stay_inside_the_county_but_for_the_ways_out(roads, districts):
    county = districts["990121"][1].buffer(0.006)

    assert shapely.covers(county, roads.lines).all()


@pytest.mark.parametrize("name", ["米市街", "书院街"])
def test_two_old_streets_are_one_way(roads, name):
    assert {roads.properties[n]["oneway"] for n in roads.named(name)} == {"forward"}
