"""Turn restrictions: what they forbid, and nothing else."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import DRIVE, INF, drive, lines_of, random_lines

from geo_ems.routing.building import build_network
from geo_ems.routing.lines import TurnRestriction
from geo_ems.routing.search import cost_at, reached_from, way_to
from geo_ems.routing.snapping import attach
from geo_ems.routing.turning import Arcs, split_for_turns

# A crossing at 0, 0 with a road in each direction of the compass, and a long way round from east to north.
CROSS = {
    "west": [(-0.01, 0), (0, 0)],
    "east": [(0, 0), (0.01, 0)],
    "north": [(0, 0), (0, 0.01)],
    "south": [(0, 0), (0, -0.01)],
    "round": [(0.01, 0), (0.01, 0.01), (0, 0.01)],
}
SECONDS = dict.fromkeys(CROSS, 100.0) | {"round": 150.0}
ENDS = {"west": (-0.01, 0), "east": (0.01, 0), "north": (0, 0.01), "south": (0, -0.01)}


def seconds(restrictions, start, end, roads=CROSS, times=SECONDS, ends=ENDS):
    network, report = build_network(lines_of(roads, seconds=times, restrictions=restrictions), key="x")
    costs = drive(network)
    points = attach(network, costs, np.array([ends[start], ends[end]], dtype=float))
    reached = reached_from(network, costs, points.taken(np.array([0])))
    cost = cost_at(network, costs, reached, points)[0][1]
    way = way_to(network, costs, reached, points, 1)
    assert way is None or math.isclose(way.cost, cost)
    return round(float(cost), 6), report.restrictions


def at_crossing(kind, start, end):
    return TurnRestriction(kind, start, end, via_lonlat_deg=(0.0, 0.0))


@pytest.mark.parametrize(
    ("restrictions", "start", "end", "expected"),
    [
        pytest.param([], "west", "north", 200.0, id="free"),
        pytest.param([at_crossing("no_left_turn", "west", "north")], "west", "north", 350.0, id="no left turn: round"),
        pytest.param([at_crossing("no_left_turn", "west", "north")], "south", "north", 200.0, id="others may"),
        pytest.param([at_crossing("no_left_turn", "west", "north")], "north", "west", 200.0, id="and back"),
        pytest.param([at_crossing("only_straight_on", "west", "east")], "west", "north", 350.0, id="only straight on"),
        pytest.param([at_crossing("only_straight_on", "west", "east")], "west", "east", 200.0, id="straight on"),
        pytest.param(
            [at_crossing("no_left_turn", "west", "north"), at_crossing("no_right_turn", "west", "south")],
            "west",
            "south",
            400.0,
            id="two at one crossing: turned round in the east",
        ),
        pytest.param(
            [at_crossing("no_left_turn", "west", "north"), at_crossing("no_straight_on", "south", "north")],
            "south",
            "north",
            350.0,
            id="from two roads into one: turned round in the east",
        ),
        pytest.param(
            [at_crossing("only_straight_on", "west", "east"), at_crossing("only_right_turn", "west", "south")],
            "west",
            "south",
            200.0,
            id="two that are the only ones",
        ),
    ],
)
def test_turns_at_a_crossing(restrictions, start, end, expected):
    cost, outcomes = seconds(restrictions, start, end)
    assert cost == expected
    assert outcomes == ({"applied": len(restrictions)} if restrictions else {})


def test_nobody_turns_round_where_that_is_forbidden():
    roads = {"a": [(0, 0), (0.01, 0)], "b": [(0.01, 0), (0.02, 0)], "c": [(0.01, 0), (0.01, 0.01)]}
    times = {"a": 100.0, "b": 50.0, "c": 20.0}
    turned = TurnRestriction("no_u_turn", "a", "a", via_lonlat_deg=(0.01, 0.0))
    network, report = build_network(lines_of(roads, seconds=times, restrictions=[turned]), key="x")
    assert report.restrictions == {"applied": 1}
    arcs = network.modes[DRIVE]
    # The node in which a ends has no way back along a; b and c lead on.
    (coming,) = [
        i
        for i in range(arcs.tail.size)
        if arcs.is_forward[i] and network.road_ids[network.edge_road[arcs.edge[i]]] == "a"
    ]
    onwards = arcs.edge[arcs.first_out[arcs.head[coming]] : arcs.first_out[arcs.head[coming] + 1]]
    assert sorted(network.road_ids[network.edge_road[onwards]].tolist()) == ["b", "c"]


def test_a_turn_by_way_of_a_road_is_forbidden_for_those_who_have_come_that_way():
    # Two carriageways, joined by a link: no turning from one into the other by way of it.
    roads = {
        "up1": [(0, -0.01), (0, 0)],
        "up2": [(0, 0), (0, 0.01)],
        "link": [(0, 0), (-0.001, 0)],
        "down1": [(-0.001, 0.01), (-0.001, 0)],
        "down2": [(-0.001, 0), (-0.001, -0.01)],
        "side": [(0.01, 0), (0, 0)],
    }
    one_way = dict.fromkeys(("up1", "up2", "down1", "down2"), (100.0, INF)) | {"link": (10.0, INF), "side": 50.0}
    ends = {"up": (0, -0.01), "side": (0.01, 0), "down": (-0.001, -0.01), "aside": (-0.0005, 0)}
    forbidden = TurnRestriction("no_u_turn", "up1", "down2", via_roads=("link",))
    asked = {"roads": roads, "times": one_way, "ends": ends}
    assert seconds([], "up", "down", **asked)[0] == 210.0
    cost, outcomes = seconds([forbidden], "up", "down", **asked)
    assert (cost, outcomes) == (260.0 + 50.0, {"applied": 1})  # out into the side road, back, then across
    assert seconds([forbidden], "side", "down", **asked)[0] == 160.0
    assert seconds([forbidden], "aside", "down", **asked)[0] == 105.0


@pytest.mark.parametrize(
    ("restriction", "outcome"),
    [
        pytest.param(at_crossing("no_left_turn", "nowhere", "north"), "unknown_road", id="unknown road"),
        pytest.param(
            TurnRestriction("no_left_turn", "west", "north", via_lonlat_deg=(5.0, 5.0)), "unknown_place", id="no place"
        ),
        pytest.param(TurnRestriction("no_left_turn", "west", "north"), "unknown_place", id="no place given"),
        pytest.param(at_crossing("no_left_turn", "round", "north"), "no_such_turn", id="not there"),
        pytest.param(TurnRestriction("no_u_turn", "west", "round", via_roads=("south",)), "no_such_turn", id="no way"),
        pytest.param(at_crossing("no_left_turn", "through", "north"), "ambiguous", id="passes through"),
    ],
)
def test_what_cannot_be_applied_is_counted_and_harms_nothing(restriction, outcome):
    roads = CROSS | {"through": [(-0.005, -0.005), (0, 0), (0.005, 0.005)]}
    cost, outcomes = seconds([restriction], "west", "north", roads=roads)
    assert (cost, outcomes) == (200.0, {outcome: 1})


def test_a_restriction_at_a_named_node_is_found():
    lines = lines_of({"a": [(0, 0), (1, 0)], "b": [(1, 0), (2, 0)]})
    named = type(lines)(
        lines.ids,
        lines.lines,
        lines.times,
        ["1", "2"],
        ["2", "3"],
        [TurnRestriction("no_straight_on", "a", "b", via_node="2")],
    )
    assert build_network(named, key="x")[1].restrictions == {"applied": 1}


@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_no_forbidden_sequence_can_be_travelled_and_everything_else_can(seed):
    rng = np.random.default_rng(seed)
    network = build_network(random_lines(rng, places=5, roads=7), key="x")[0]
    mode = network.modes[DRIVE]
    arcs = Arcs(mode.tail, mode.head, mode.edge, mode.is_forward, mode.time_s, mode.place)
    sequences = _walks(arcs, 3)
    if not sequences:
        return
    chosen = {sequences[i][: int(rng.integers(2, 4))] for i in rng.integers(0, len(sequences), 3)}
    forbidden = frozenset(chosen)
    split = split_for_turns(arcs, forbidden, place_count=arcs.place.size)
    n = arcs.place.size
    original = {(int(arcs.edge[a]), bool(arcs.is_forward[a])): a for a in range(arcs.tail.size)}
    walked = {
        tuple(original[int(split.edge[a]), bool(split.is_forward[a])] for a in walk)
        for walk in _walks(split, 4)
        if split.tail[walk[0]] < n
    }
    allowed = {
        walk
        for walk in _walks(arcs, 4)
        if not any(walk[i:j] in forbidden for i, j in itertools.combinations(range(len(walk) + 1), 2))
    }
    assert walked == allowed


def _walks(arcs, length):
    walks = [(a,) for a in range(arcs.tail.size)]
    for _ in range(length - 1):
        walks = [(*walk, b) for walk in walks for b in np.flatnonzero(arcs.tail == arcs.head[walk[-1]]).tolist()]
    return walks
