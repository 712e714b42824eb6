"""What tags mean: limits, access, one way, durations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.services.osm_tags import Unread, duration_s, posted_limit_kmh, rules_of_way, stops_vehicles
from geo_ems.settings import bundled_folder

TABLE = load_speed_table(Path(bundled_folder()) / "rules" / "speeds.toml")


def rules(road_class="residential", unread=None, **tags):
    tags = {name.replace("__", ":"): value for name, value in tags.items()}
    return rules_of_way({"highway": road_class, **tags}, road_class, TABLE, unread or Unread())


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("80 km/h", 80.0),
        ("10 knots", 18.52),
        ("CN:urban", 50.0),
        ("XX:urban", 50.0),
        ("DE:zone30", 30.0),
        ("zone:20", 20.0),
        ("none", 130.0),
        ("walk", 7.0),
        ("100;80", 80.0),
        ("0", None),
        ("999", None),
        ("signals", None),
        ("50;signals", None),
        ("fast", None),
        (";", None),
        ("-50", None),
    ],
)
def test_a_posted_limit_is_read_in_its_forms(text, kmh):
    found = posted_limit_kmh(text, TABLE.limits_kmh)
    assert found == (None if kmh is None else pytest.approx(kmh))


@given(st.text(max_size=30))
def test_no_limit_and_no_duration_makes_reading_fail(text):
    found = posted_limit_kmh(text, TABLE.limits_kmh)
    assert found is None or 1 <= found <= 200
    seconds = duration_s(text)
    assert seconds is None or seconds >= 1


def test_limits_that_are_not_understood_are_counted_and_each_way_has_the_smaller():
    unread = Unread()
    assert rules(unread=unread, maxspeed="fast").speed_kmh is None
    assert unread.limits == {"fast": 1}
    assert rules(maxspeed__forward="60", maxspeed__backward="40").speed_kmh == 40


@pytest.mark.parametrize(
    ("tags", "drives", "walks"),
    [
        ({}, True, True),
        ({"access": "private"}, False, False),
        ({"access": "private", "foot": "yes"}, False, True),
        ({"access": "no", "motor_vehicle": "yes"}, True, False),
        ({"vehicle": "no", "motorcar": "yes"}, True, True),
        ({"motor_vehicle": "agricultural"}, False, True),
        ({"motorcar": "no", "access": "yes"}, False, True),
        ({"access": "destination"}, True, True),
        ({"foot": "no"}, True, False),
    ],
)
def test_the_key_that_says_more_decides_who_may_go(tags, drives, walks):
    found = rules(**tags)
    assert (found.drives, found.walks) == (drives, walks)
    assert found.drive_access == (None if drives else "no")
    assert found.walk_access == (None if walks else "no")


def test_footways_are_not_driven_and_trunk_roads_are_walked_on_their_sidewalk():
    assert (rules("footway").drives, rules("footway").walks) == (False, True)
    assert (rules("trunk").walks, rules("trunk", sidewalk="both").walk_access) == (False, "yes")


@pytest.mark.parametrize(
    ("road_class", "tags", "oneway"),
    [
        ("residential", {"oneway": "yes"}, "forward"),
        ("residential", {"oneway": "-1"}, "backward"),
        ("residential", {"oneway": "no"}, "no"),
        ("residential", {}, None),
        ("residential", {"junction": "roundabout"}, "forward"),
        ("residential", {"junction": "roundabout", "oneway": "-1"}, "backward"),
        ("motorway", {}, "forward"),
        ("motorway", {"oneway": "no"}, "no"),
    ],
)
def test_one_way_streets_roundabouts_and_motorways(road_class, tags, oneway):
    assert rules(road_class, **tags).oneway == oneway


def test_a_reversible_lane_is_counted_and_open_both_ways():
    unread = Unread()
    assert rules(unread=unread, oneway="reversible").oneway == "no"
    assert unread.oneways == {"reversible": 1}
    assert rules("footway", oneway__foot="yes").oneway_walk == "forward"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:30", 5400),
        ("00:20:00", 1200),
        ("PT20M", 1200),
        ("P1DT1H", 90_000),
        ("20", 1200),
        ("soon", None),
        ("0", None),
    ],
)
def test_the_time_of_a_ferry_is_read(text, seconds):
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "access": "private", "motorcar": "yes"}, False),
        ({"barrier": "cattle_grid"}, False),
    ],
)
def test_what_stops_a_vehicle(tags, stops):
    assert stops_vehicles(tags, TABLE) is stops
