"""Roads become lines with seconds: by class, by posted limit, on foot, by ferry; what is drawn by hand joins."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import LineString

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.model.features import Feature
from geo_ems.model.roads import Mode
from geo_ems.queries.ellipsoid import geodesic_m
from geo_ems.routing.building import build_network
from geo_ems.services.road_fields import RoadFields
from geo_ems.services.road_lines import line_lengths_m, road_lines
from geo_ems.settings import bundled_folder

TABLE = load_speed_table(bundled_folder() / "rules" / "speeds.toml")
KILOMETRE = 1000 / 111_319.490793  # degrees along the equator


def road(identity, *places, **values):
    line = LineString(places or [(0, 0), (KILOMETRE, 0)])
    return Feature(identity, line, {"road_class": "residential", **values})


def times(*features, table=TABLE):
    lines, _ = road_lines(RoadFields.of_features(features), table)
    drive, walk = lines.times[Mode.DRIVE], lines.times[Mode.WALK]
    return [[float(a[0]) for a in (drive.forward_s, drive.backward_s, walk.forward_s, walk.backward_s)]][0]


def test_a_kilometre_takes_what_its_class_says():
    assert times(road("a")) == pytest.approx([120, 120, 900, 900])  # 30 km/h, 4 km/h
    assert times(road("a", road_class="motorway"))[:2] == pytest.approx([36, 36])


def test_nine_tenths_of_a_posted_limit_are_driven():
    assert times(road("a", speed_kmh=50.0))[0] == pytest.approx(80)
    assert times(road("a", speed_kmh=50.0), table=replace(TABLE, posted_limit_factor=1.0))[0] == pytest.approx(72)


def test_one_way_holds_for_vehicles_and_for_people_where_it_says_so():
    assert np.isinf(times(road("a", oneway="forward"))).tolist() == [False, True, False, False]
    assert np.isinf(times(road("a", oneway="backward"))).tolist() == [True, False, False, False]
    assert np.isinf(times(road("a", oneway="no", oneway_walk="forward"))).tolist() == [False, False, False, True]


def test_access_opens_and_closes():
    assert np.isinf(times(road("a", drive_access="no"))).tolist() == [True, True, False, False]
    assert np.isinf(times(road("a", walk_access="no"))).tolist() == [False, False, True, True]
    assert np.isinf(times(road("a", road_class="footway"))).tolist() == [True, True, False, False]
    opened = times(road("a", road_class="footway", drive_access="yes"))
    assert opened[0] == pytest.approx(360)  # as slow as the slowest class
    assert np.isfinite(times(road("a", road_class="trunk", walk_access="yes"))[2])


def test_a_ferry_takes_the_time_it_says_or_ten_km_an_hour_also_on_foot():
    assert times(road("a", road_class="ferry")) == pytest.approx([360] * 4)
    assert times(road("a", road_class="ferry", duration_s=1200.0)) == pytest.approx([1200] * 4)


def test_a_class_that_the_table_does_not_know_is_closed_and_said():
    lines, report = road_lines(RoadFields.of_features([road("a", road_class="canal")]), TABLE)
    assert np.isinf(lines.times[Mode.DRIVE].forward_s).all()
    assert report.unknown_classes == {"canal": 1}


def test_a_road_without_a_line_and_a_limit_of_zero_break_nothing():
    lines, _ = road_lines(RoadFields.of_features([Feature("a", None, {"road_class": "village"})]), TABLE)
    network, report = build_network(lines, key="k")
    assert (network.edge_count, report.dropped["no_line"]) == (0, 1)
    assert times(road("a", speed_kmh=0.0))[0] == pytest.approx(120)


def test_lengths_are_geodesic_and_do_not_count_gaps():
    line = LineString([(8, 47), (8.01, 47), (8.01, 47.02)])
    apart = line.union(LineString([(9, 47), (9, 47.01)]))
    legs = geodesic_m(np.array([[8, 47], [8.01, 47], [9, 47]]), np.array([[8.01, 47], [8.01, 47.02], [9, 47.01]]))
    lines = np.empty(3, object)
    lines[:] = [line, apart, None]
    assert line_lengths_m(lines) == pytest.approx([legs[0] + legs[1], legs.sum(), 0.0])


def test_turn_rules_name_roads_by_their_codes_and_a_barrier_forbids():
    features = [
        road("R1", (0, 0), (1, 0), code="w1", from_node="n1", to_node="n2", turn_rules="no_left_turn@n2>w2"),
        road("R2", (1, 0), (2, 0), code="w2", from_node="n2", to_node="n3", turn_rules="barrier@n2>w1;what is this"),
    ]
    lines, report = road_lines(RoadFields.of_features(features), TABLE)
    found = [(rule.kind, rule.from_road, rule.via_node, rule.to_road) for rule in lines.restrictions]
    assert found == [("no_left_turn", "R1", "n2", "R2"), ("no_barrier", "R2", "n2", "R1")]
    assert (report.unread_rules, report.barrier_rules) == (1, 1)


def test_a_road_drawn_by_hand_up_to_a_junction_joins_it():
    extract = [
        road("w1", (0, 0), (0.01, 0), from_node="n1", to_node="n2"),
        road("w2", (0.01, 0), (0.02, 0), from_node="n2", to_node="n3"),
    ]
    drawn = road("R1", (0.01, 0), (0.01, 0.01))
    lines, _ = road_lines(RoadFields.of_features([*extract, drawn]), TABLE)
    _, report = build_network(lines, key="k")
    assert report.modes[Mode.DRIVE].components == 1


def test_two_named_nodes_in_one_place_are_two_levels_and_a_drawn_road_joins_neither():
    extract = [
        road("w1", (0, 0), (0.01, 0), from_node="n1", to_node="n2"),
        road("w2", (0.01, 0), (0.02, 0), from_node="n9", to_node="n3"),
    ]
    lines, _ = road_lines(RoadFields.of_features([*extract, road("R1", (0.01, 0), (0.01, 0.01))]), TABLE)
    assert (list(lines.from_node), list(lines.to_node)) == (["n1", "n9", ""], ["n2", "n3", ""])
