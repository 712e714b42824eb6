"""Lines become edges where they meet, and only there."""

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import (
    DRIVE,
    INF,
    drive,
    edge_named,
    lines_of,
    network_of,
    objects,
    random_effects,
    random_lines,
    spots_on,
)

from geo_ems.errors import DataError
from geo_ems.model.roads import Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.search import cost_at, reached_from
from geo_ems.routing.snapping import attach


def test_lines_are_cut_where_they_share_a_vertex():
    network = network_of({"long": [(0, 0), (0.01, 0), (0.02, 0)], "side": [(0.01, 0), (0.01, 0.01)]})
    assert network.edge_count == 3
    assert sorted(network.road_ids[network.edge_road].tolist()) == ["long", "long", "side"]
    assert len(network.place_lonlat_deg) == 4


def test_lines_that_only_cross_do_not_touch():
    network = network_of({"road": [(0, 0), (0.02, 0)], "bridge": [(0.01, -0.01), (0.01, 0.01)]})
    assert network.edge_count == 2
    assert set(network.modes[DRIVE].component.tolist()) == {0, 1}


def test_named_ends_meet_by_name_and_nothing_else():
    lines = lines_of({"a": [(0, 0), (1, 0)], "b": [(1, 0), (2, 0)], "c": [(1, 0), (1, 1)]})
    named = dataclasses.replace(lines, from_node=["A", "B", "C"], to_node=["B", "D", "E"])
    network, report = build_network(named, key="x")
    assert report.places == 5  # A, B, C, D, E: C lies where B does and is another place
    assert network.edge_to[edge_named(network, "a")] == network.edge_from[edge_named(network, "b")]
    assert network.edge_from[edge_named(network, "c")] != network.edge_from[edge_named(network, "b")]


def test_the_time_of_a_line_is_shared_by_length():
    network = network_of({"a": [(0, 0), (0.01, 0), (0.04, 0)], "b": [(0.01, 0), (0.01, 0.01)]}, seconds={"a": 400.0})
    arcs = network.modes[DRIVE]
    own = network.road_ids[network.edge_road[arcs.edge]] == "a"
    assert sorted(arcs.time_s[own].round(6).tolist()) == [100.0, 100.0, 300.0, 300.0]


def test_one_way_lines_have_arcs_in_one_direction():
    network = network_of(
        {"a": [(0, 0), (0.01, 0)], "b": [(0, 0), (0, 0.01)]}, seconds={"a": (60.0, INF), "b": (INF, 50.0)}
    )
    arcs = network.modes[DRIVE]
    assert sorted(zip(arcs.is_forward.tolist(), arcs.time_s.tolist(), strict=True)) == [(False, 50.0), (True, 60.0)]


def test_what_cannot_be_used_is_left_out_and_counted():
    shapes = [
        shapely.LineString([(0, 0), (1, 0)]),
        None,
        shapely.Point(0, 0),
        shapely.LineString(),
        shapely.LineString([(0, 0), (1, 99)]),
        shapely.LineString([(0, 0), (0, 1)]),
    ]
    seconds = np.array([1.0, 1.0, 1.0, 1.0, 1.0, INF])
    lines = RoadLines(list("abcdef"), objects(shapes), {DRIVE: LineTimes(seconds, seconds)})
    network, report = build_network(lines, key="x")
    assert report.dropped == {"no_line": 3, "no_position": 1, "not_travelled": 1}
    assert network.road_ids.tolist() == ["a"]


def test_nothing_at_all_is_an_empty_network_that_reaches_nothing():
    network, report = build_network(RoadLines([], objects([]), {DRIVE: LineTimes(np.empty(0), np.empty(0))}), key="x")
    assert (report.edges, report.modes[DRIVE].components) == (0, 0)
    assert attach(network, drive(network), np.array([[0.0, 0.0]])).first.tolist() == [0, 0]


@pytest.mark.parametrize("seconds", [-1.0, np.nan])
def test_a_time_that_is_none_is_told(seconds):
    with pytest.raises(DataError, match="road 'a', drive"):
        network_of({"a": [(0, 0), (1, 0)]}, seconds={"a": seconds})


def test_a_repeated_vertex_cuts_no_line_and_a_line_of_no_length_joins_its_names():
    assert network_of({"a": [(0, 0), (0, 0), (0.01, 0), (0.01, 0), (0.02, 0), (0.02, 0)]}).edge_count == 1
    lines = lines_of({"a": [(0, 0), (1, 0)], "link": [(1, 0), (1, 0)], "b": [(1, 0), (2, 0)]}, seconds={"link": 7.0})
    named = dataclasses.replace(lines, from_node=["1", "2", "3"], to_node=["2", "3", "4"])
    network, _ = build_network(named, key="x")
    costs = drive(network)
    ends = attach(network, costs, np.array([[0.0, 0.0], [2.0, 0.0]]))
    reached = reached_from(network, costs, ends.taken(np.array([0])))
    assert cost_at(network, costs, reached, ends)[0].tolist() == pytest.approx([0.0, 207.0])


def test_a_multi_line_is_one_road_in_several_parts():
    shape = shapely.MultiLineString([[(0, 0), (0.01, 0)], [(0.03, 0), (0.05, 0)]])
    lines = RoadLines(["a"], objects([shape]), {DRIVE: LineTimes(np.array([90.0]), np.array([90.0]))})
    network, report = build_network(lines, key="x")
    assert (report.edges, network.road_ids.tolist()) == (2, ["a"])
    assert sorted(network.modes[DRIVE].time_s.round(6).tolist()) == [30.0, 30.0, 60.0, 60.0]


def test_each_mode_has_its_own_arcs():
    shapes = objects([shapely.LineString([(0, 0), (0.01, 0)]), shapely.LineString([(0.01, 0), (0.02, 0)])])
    drive_s, walk_s = np.array([60.0, INF]), np.array([800.0, 800.0])
    lines = RoadLines(["a", "path"], shapes, {DRIVE: LineTimes(drive_s, drive_s), Mode.WALK: LineTimes(walk_s, walk_s)})
    network, report = build_network(lines, key="x")
    assert (report.modes[DRIVE].edges, report.modes[Mode.WALK].edges) == (1, 2)
    assert network.modes[DRIVE].tail.size == 2


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_the_order_of_the_lines_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    lines = random_lines(rng, places=8, roads=12)
    order = rng.permutation(12)
    times = lines.times[DRIVE]
    other = RoadLines(
        [lines.ids[i] for i in order],
        lines.lines[order],
        {DRIVE: LineTimes(times.forward_s[order], times.backward_s[order])},
    )
    one, two = build_network(lines, key="x")[0], build_network(other, key="x")[0]
    for name in ("place_lonlat_deg", "edge_from", "edge_to", "length_m", "vertex_lonlat_deg", "edge_road", "road_ids"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    for name in ("tail", "head", "edge", "time_s", "component"):
        assert np.array_equal(getattr(one.modes[DRIVE], name), getattr(two.modes[DRIVE], name)), name


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_closing_an_edge_never_brings_anything_nearer(seed):
    rng = np.random.default_rng(seed)
    network = build_network(random_lines(rng, places=8, roads=14), key="x")[0]
    free = drive(network)
    costs = drive(network, random_effects(rng, network, count=5))
    start, ends = (attach(network, free, spots_on(rng, count)) for count in (1, 6))
    before, after = (cost_at(network, c, reached_from(network, c, start), ends)[0] for c in (free, costs))
    assert (after >= before - 1e-9).all()
