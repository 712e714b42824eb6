"""Closed areas whose boundary runs through junctions, ends of roads and along roads: who gets to them, and where."""

import numpy as np
import pytest
import shapely
from networks import DRIVE, drive, network_of

from geo_ems.model.roads import Direction, Policy
from geo_ems.routing.barrier_values import Barrier
from geo_ems.routing.barriers import effects_of
from geo_ems.routing.search import nearest_arrivals, prepare_origins
from geo_ems.routing.snapping import attach

D = 0.01  # degrees; each road is travelled in 100 seconds


def under(network, *areas):
    barriers = [Barrier(f"area {i}", area, Policy.CLOSED) for i, area in enumerate(areas)]
    return drive(network, effects_of(network, barriers, mode=DRIVE))


def joins(network, costs, place):
    found = attach(network, costs, np.array([place]))
    roads = network.road_ids[network.edge_road[found.edge]].tolist()
    return sorted(zip(roads, found.share.round(6).tolist(), strict=True))


def road_s(network, costs, place, team, direction=Direction.TO_INCIDENT):
    """Return the seconds on the road of the only team, None where it has no way."""
    target, team = attach(network, costs, np.array([place])), attach(network, costs, np.array([team]))
    origins = prepare_origins(network, costs, team, direction=direction)
    found = nearest_arrivals(network, costs, target=target, origins=origins, offset=np.zeros(1), k=1)
    if not found.ways:
        return None
    (way,) = found.ways
    starts, ends = (team, target) if direction is Direction.TO_INCIDENT else (target, team)
    beside_m = starts.straight_m[way.start] + ends.straight_m[way.end]
    return float(way.cost - beside_m * costs.access_cost_per_m)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_road_that_ends_on_the_boundary_is_reached_at_its_end(direction):
    network = network_of({"up": [(0, 0), (D, 0)]})
    costs = under(network, shapely.box(D, -D, 3 * D, D))
    assert joins(network, costs, (2 * D, 0)) == [("up", 1.0)]
    assert road_s(network, costs, (2 * D, 0), (0, 0), direction) == pytest.approx(100.0)
    assert costs.cost.tolist() == [100.0, 100.0]


@pytest.mark.parametrize("direction", list(Direction))
def test_a_junction_on_the_boundary_is_reached_from_all_roads_outside(direction):
    roads = {"west": [(0, 0), (D, 0)], "north": [(D, 0), (D, D)], "in": [(D, 0), (2 * D, 0)]}
    network = network_of(roads)
    costs = under(network, shapely.Polygon([(D, 0), (3 * D, -D), (3 * D, D)]))
    assert joins(network, costs, (2.5 * D, 0)) == [("north", 0.0), ("west", 1.0)]
    for team in ((0, 0), (D, D)):
        assert road_s(network, costs, (2.5 * D, 0), team, direction) == pytest.approx(100.0)
    # Those who pass the junction stay outside.
    assert road_s(network, costs, (0, 0), (D, D), direction) == pytest.approx(200.0)


def test_a_junction_a_hair_within_the_boundary_is_reached_the_same():
    network = network_of({"west": [(0, 0), (D, 0)], "in": [(D, 0), (2 * D, 0)]})
    for hair in (1e-13, -1e-13, 0.0):
        costs = under(network, shapely.box(D + hair, -D, 3 * D, D))
        (place,) = {(road, share) for road, share in joins(network, costs, (2.5 * D, 0)) if road == "west"}
        assert place == ("west", 1.0)
        assert road_s(network, costs, (2.5 * D, 0), (0, 0)) == pytest.approx(100.0)


def test_an_area_whose_vertex_lies_on_a_road_is_approached_there_from_both_sides():
    network = network_of({"by": [(0, 0), (2 * D, 0)]})
    costs = under(network, shapely.Polygon([(D, 0), (0.5 * D, D), (1.5 * D, D)]))
    assert joins(network, costs, (D, 0.5 * D)) == [("by", 0.5)]
    assert road_s(network, costs, (D, 0.5 * D), (0, 0)) == pytest.approx(50.0)
    assert road_s(network, costs, (D, 0.5 * D), (2 * D, 0)) == pytest.approx(50.0)


def test_a_road_along_the_boundary_is_closed_and_its_ends_are_reached():
    roads = {"to": [(0, 0), (D, 0)], "along": [(D, 0), (2 * D, 0)], "from": [(2 * D, 0), (3 * D, 0)]}
    network = network_of(roads)
    costs = under(network, shapely.box(D, 0, 2 * D, D))
    assert joins(network, costs, (1.5 * D, 0.5 * D)) == [("from", 0.0), ("to", 1.0)]
    assert road_s(network, costs, (1.5 * D, 0.5 * D), (0, 0)) == pytest.approx(100.0)
    assert road_s(network, costs, (3 * D, 0), (0, 0)) is None


def test_of_two_areas_side_by_side_each_is_reached_from_its_own_outside():
    network = network_of({"one": [(0, 0), (D, 0)], "two": [(D, 0), (2 * D, 0)], "three": [(2 * D, 0), (3 * D, 0)]})
    west, east = shapely.box(0.5 * D, -D, D, D), shapely.box(D, -D, 2.5 * D, D)
    costs = under(network, west, east)
    assert joins(network, costs, (0.7 * D, 0.1 * D)) == [("one", 0.5)]
    assert joins(network, costs, (2 * D, 0.1 * D)) == [("three", 0.5)]
    # On the common boundary one is in both: the outside of both together counts.
    assert joins(network, costs, (D, 0.1 * D)) == [("one", 0.5), ("three", 0.5)]


def test_an_area_within_another_is_reached_at_the_edge_of_neither():
    network = network_of({"one": [(0, 0), (4 * D, 0)]})
    ring = shapely.box(D, -D, 3 * D, D) - shapely.box(1.5 * D, -0.5 * D, 2.5 * D, 0.5 * D)
    costs = under(network, shapely.box(1.5 * D, -0.5 * D, 2.5 * D, 0.5 * D), ring)
    # No open road touches the inner area: the nearest open one is taken.
    assert joins(network, costs, (2 * D, 0.1 * D)) in ([("one", 0.25)], [("one", 0.25), ("one", 0.75)])


def test_an_area_that_closes_everything_leaves_nothing_to_join():
    network = network_of({"one": [(0, 0), (D, 0)], "two": [(D, 0), (D, D)]})
    costs = under(network, shapely.box(-D, -D, 2 * D, 2 * D))
    found = attach(network, costs, np.array([(0.5 * D, 0.1 * D), (9 * D, 0.0)]))
    assert (found.edge.size, found.in_area.tolist()) == (0, [0, -1])
    assert np.isinf(costs.cost).all()
