"""Compiled code follows numbers unchecked: what belongs to another network is refused before it gets there.

Searches of many threads over networks of different sizes in turn give what each gives alone.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from networks import DRIVE, INF, drive, edge_named, effects_of, network_of, random_effects, random_lines, spots_on

from geo_ems.model.roads import Policy
from geo_ems.routing.barrier_values import Barrier
from geo_ems.routing.barriers import acts_of
from geo_ems.routing.barriers import effects_of as effects_of_barriers
from geo_ems.routing.building import build_network
from geo_ems.routing.costs import hits_of
from geo_ems.routing.edge_states import NOT_TRAVELLED, OPEN, PARTLY_OPEN
from geo_ems.routing.search import cost_at, nearest_arrivals, prepare_origins, reached_from
from geo_ems.routing.snapping import attach

SMALL = {"a": [(0, 0), (0.01, 0)]}
LARGE = {f"r{i}": [(0.01 * i, 0), (0.01 * (i + 1), 0)] for i in range(40)}


@pytest.mark.parametrize("step", ["attach", "origins", "nearest", "reached"])
def test_costs_of_another_network_are_refused(step):
    small, large = network_of(SMALL), network_of(LARGE)
    costs, place = drive(large), np.array([(0.001, 0.0)])
    points = attach(small, drive(small), place)
    with pytest.raises(ValueError, match="another network"):
        if step == "attach":
            attach(small, costs, place)
        elif step == "origins":
            prepare_origins(small, costs, points)
        elif step == "reached":
            reached_from(small, costs, points)
        else:
            origins = prepare_origins(small, drive(small), points)
            nearest_arrivals(small, costs, target=points, origins=origins, offset=np.zeros(1), k=1)


def test_effects_on_another_network_are_refused():
    effects = effects_of([(30, 0.0, 1.0, 0, INF, 0.0)])
    drive(network_of(LARGE), effects)
    with pytest.raises(ValueError, match="another network"):
        drive(network_of(SMALL), effects)


@pytest.mark.parametrize("count", [0, 2, 5])
def test_there_is_one_offset_for_each_origin(count):
    network = network_of(SMALL)
    costs = drive(network)
    points = attach(network, costs, np.array([(0.001, 0.0), (0.002, 0.0), (0.003, 0.0)]))
    origins = prepare_origins(network, costs, points)
    target = points.taken(np.array([0]))
    with pytest.raises(ValueError, match="One offset"):
        nearest_arrivals(network, costs, target=target, origins=origins, offset=np.zeros(count), k=1)
    with pytest.raises(ValueError, match="one target"):
        nearest_arrivals(network, costs, target=points, origins=origins, offset=np.zeros(3), k=1)


def test_an_area_that_acts_on_roads_is_not_prepared():
    network, area = network_of(LARGE), shapely.box(0.015, -0.01, 0.035, 0.01)
    barrier = Barrier("flood", area, Policy.CLOSED)
    acts_of(network, barrier, mode=DRIVE)
    costs = drive(network, effects_of_barriers(network, [barrier], mode=DRIVE))
    attach(network, costs, np.array([(0.02, 0.0), (0.3, 0.0)]))
    assert not shapely.is_prepared(area)


def worlds():
    """Return networks of different sizes, among them one without roads, with what is asked of each."""
    made = []
    for seed, (places, roads) in enumerate([(2, 1), (60, 150), (9, 16), (400, 1100), (3, 3), (2, 2)]):
        rng = np.random.default_rng(seed)
        network = build_network(random_lines(rng, places=places, roads=roads), key="same")[0]
        made.append((network, random_effects(rng, network, count=roads // 4), spots_on(rng, 40)))
    made.append((build_network(random_lines(np.random.default_rng(9), places=1, roads=0), key="same")[0], None, None))
    return made


def answers(world):
    network, effects, spots = world
    costs = drive(network, effects)
    places = np.array([(0.01, 0.01)] * 3) if spots is None else spots
    points = attach(network, costs, places)
    origins, offset = prepare_origins(network, costs, points), np.linspace(0.0, 5.0, len(points))
    found = []
    for target in range(0, len(points), 3):
        own = points.taken(np.array([target]))
        reached = reached_from(network, costs, own)
        total, _ = cost_at(network, costs, reached, points)
        for k in (1, 5, 10_000):
            near = nearest_arrivals(network, costs, target=own, origins=origins, offset=offset, k=k)
            assert not np.isnan(near.total).any()
            found.append((near.point.tolist(), near.total.tolist(), [way.arcs.tolist() for way in near.ways]))
        found.append(total.tolist())
    return found


def test_threads_over_networks_of_different_sizes_in_turn_answer_as_one_alone():
    all_worlds = worlds()
    alone = [answers(world) for world in all_worlds]
    turns = [int(i) for i in np.random.default_rng(4).integers(0, len(all_worlds), 60)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda i: answers(all_worlds[i]), turns))
    assert together == [alone[i] for i in turns]


def test_a_node_with_thousands_of_roads_fits_into_the_heap():
    roads = {f"spoke{i}": [(0, 0), (0.01 * np.cos(i), 0.01 * np.sin(i))] for i in range(5000)}
    network = network_of(roads)
    costs = drive(network)
    points = attach(network, costs, np.array([(0.02 * np.cos(i), 0.02 * np.sin(i)) for i in range(50)]))
    origins = prepare_origins(network, costs, points)
    target = attach(network, costs, np.array([(0.0, 0.0)]))
    found = nearest_arrivals(network, costs, target=target, origins=origins, offset=np.zeros(50), k=50)
    assert found.point.size == 50


def test_one_who_comes_too_late_along_the_edge_may_come_in_time_another_way():
    roads = {"slow": [(0, 0), (0.01, 0)], "round": [(0, 0), (0.005, 0.005), (0.01, 0)]}
    network = network_of(roads, seconds={"slow": 10_000.0, "round": 10.0})
    costs = drive(network)
    ends = attach(network, costs, np.array([(0.0001, 0.0), (0.0099, 0.0)]))
    origins = prepare_origins(network, costs, ends.taken(np.array([0])))
    target = ends.taken(np.array([1]))
    found = nearest_arrivals(network, costs, target=target, origins=origins, offset=np.zeros(1), k=1, cutoff=500.0)
    assert found.total.tolist() == pytest.approx([210.0])


def open_parts_by_hand(network, effects):
    """Return the open parts of every edge by sampling between all ends of portions."""
    hits, arcs = hits_of(effects), network.modes[DRIVE]
    parts, states = [], []
    for edge in range(network.edge_count):
        along = arcs.edge_arc[arcs.first_of_edge[edge] : arcs.first_of_edge[edge + 1]]
        ways = np.unique(arcs.is_forward[along])
        row = np.flatnonzero(hits.edge == edge)
        own = np.arange(hits.first[row[0]], hits.first[row[0] + 1]) if row.size else np.empty(0, dtype=int)
        own = own[np.isinf(hits.factor[own]) & (hits.to_share[own] > hits.from_share[own])]
        cuts = np.unique(np.concatenate([[0.0, 1.0], hits.from_share[own], hits.to_share[own]]))
        here = []
        for low, high in zip(cuts[:-1], cuts[1:], strict=True):
            covers = own[(hits.from_share[own] <= low) & (hits.to_share[own] >= high)]
            if any(not (hits.sense[covers] != (-1 if way else 1)).any() for way in ways):
                if here and here[-1][1] == low:
                    here[-1] = (here[-1][0], high)
                else:
                    here.append((low, high))
        whole = here == [(0.0, 1.0)]
        state = NOT_TRAVELLED if not ways.size or not here else OPEN if whole else PARTLY_OPEN
        states.append(state)
        parts += [(edge, *part) for part in here] if state == PARTLY_OPEN else []
    return states, parts


@pytest.mark.parametrize("seed", range(12))
def test_the_open_parts_of_edges_are_those_found_piece_by_piece(seed):
    rng = np.random.default_rng(seed)
    network = build_network(random_lines(rng, places=8, roads=14), key="x")[0]
    effects = random_effects(rng, network, count=60)
    costs = drive(network, effects)
    states, parts = open_parts_by_hand(network, effects)
    assert costs.edge_state.tolist() == states
    found = zip(costs.open_edge.tolist(), costs.open_from_share.tolist(), costs.open_to_share.tolist(), strict=True)
    assert list(found) == parts


def test_a_closure_of_the_one_direction_leaves_the_edge_open():
    network = network_of(SMALL)
    costs = drive(network, effects_of([(edge_named(network, "a"), 0.0, 1.0, 1, INF, 0.0)]))
    assert costs.edge_state.tolist() == [OPEN]
