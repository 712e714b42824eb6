"""Ways cut at shared nodes, turns and barriers as rules, and every way that is left out counted."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osm_text import OsmText, crossing

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.errors import DataError
from geo_ems.formats.osm_extracts import osm_kind, read_osm_extract
from geo_ems.services.osm_roads import osm_road_records
from geo_ems.services.turn_rules import TurnRule, read_rules, written_rules
from geo_ems.settings import bundled_folder

TABLE = load_speed_table(bundled_folder() / "rules" / "speeds.toml")


@pytest.fixture
def records(tmp_path):
    """Return the records of an extract by code, and what was left out."""

    def read(text, table=TABLE):
        path = text.write(tmp_path / "county.osm")
        keys = (*table.drive_keys, *table.walk_keys)
        raw, dropped = osm_road_records(read_osm_extract(path, kind=osm_kind(path), access_keys=keys), table)
        return {str(record.values[0]): (raw.cells(record), record.geometry) for record in raw.records}, dropped

    return read


def test_ways_are_cut_where_they_share_a_node_and_a_bridge_is_not(records):
    found, _ = records(crossing())
    assert sorted(found) == ["w1.n1", "w1.n5", "w2.n2", "w2.n5", "w9.n6"]
    cells, line = found["w1.n5"]
    assert (cells["from_node"], cells["to_node"], cells["osm_way"]) == ("n5", "n3", 1)
    assert list(line.coords) == [(0.01, 0.01), (0.02, 0.01)]
    bridge, over = found["w9.n6"]
    assert (bridge["bridge"], bridge["level"], bridge["name"]) == (True, 1, "High Bridge")
    assert over.length == pytest.approx(0.02)


def test_attribution_and_date_stand_on_every_road(records):
    found, _ = records(crossing())
    assert {cells["attribution"] for cells, _ in found.values()} == {"© OpenStreetMap contributors, ODbL 1.0"}
    assert {cells["surveyed_on"] for cells, _ in found.values()} == {"2026-06-30"}


def test_a_junction_added_elsewhere_leaves_a_road_its_code(records):
    before, _ = records(crossing())
    after, _ = records(crossing().node(8, 0.015, 0.01).way(30, 8, 4, highway="path"))
    assert "w1.n5" in before
    assert "w1.n5" in after
    text = crossing()
    text.ways[0] = text.ways[0].replace('<nd ref="3"/>', '<nd ref="8"/><nd ref="3"/>')
    longer, _ = records(text.node(8, 0.015, 0.01).way(30, 8, 4, highway="path"))
    assert {"w1.n1", "w1.n5", "w1.n8"} <= set(longer)
    assert longer["w1.n1"][1].equals(before["w1.n1"][1])


def test_a_way_that_comes_back_to_a_node_is_cut_there_and_each_piece_has_its_own_code(records):
    loop = OsmText().node(1, 0, 0).node(2, 0.01, 0).node(3, 0.01, 0.01).node(4, 0, 0.01).node(5, -0.01, 0)
    found, _ = records(loop.way(1, 5, 1, 2, 3, 1, 4, 5, 1, highway="residential"))
    ends = [(code, cells["from_node"], cells["to_node"]) for code, (cells, _) in found.items()]
    assert ends == [
        ("w1.n5", "n5", "n1"),
        ("w1.n1", "n1", "n1"),
        ("w1.n1.2", "n1", "n5"),
        ("w1.n5.2", "n5", "n1"),
    ]


def test_a_node_that_is_missing_ends_a_road_and_is_counted(records):
    found, dropped = records(crossing().way(3, 1, 99, 3, 4, highway="track").way(4, 97, 98, highway="track"))
    assert "w3.n3" in found
    assert "w3.n1" not in found
    assert (dropped.missing_nodes, dropped.without_line) == (3, 1)


def test_what_is_closed_or_of_an_unknown_class_is_left_out_and_counted(records):
    text = crossing().way(3, 1, 2, highway="residential", access="private").way(4, 2, 3, highway="raceway")
    found, dropped = records(text)
    assert not any(code.startswith(("w3.", "w4.")) for code in found)
    assert (dropped.ways, dropped.closed, dropped.unknown_class) == (5, 1, {"raceway": 1})


def test_a_ferry_divides_its_time_by_its_length(records):
    text = OsmText().node(1, 0, 0).node(2, 0.03, 0).node(3, 0.04, 0).node(4, 0.03, 0.01)
    found, _ = records(text.way(1, 1, 2, 3, route="ferry", duration="00:40").way(2, 2, 4, highway="path"))
    assert [found[code][0]["duration_s"] for code in ("w1.n1", "w1.n2")] == [1800.0, 600.0]
    assert found["w1.n1"][0]["road_class"] == "ferry"


def rules_of(found):
    return {code: cells["turn_rules"] for code, (cells, _) in found.items() if cells["turn_rules"]}


def test_a_turn_is_forbidden_from_the_piece_that_ends_at_the_node_into_the_one_that_leaves_it(records):
    text = crossing()
    text.ways[0] = '<way id="1" version="1"><nd ref="1"/><nd ref="5"/><tag k="highway" v="primary"/></way>'
    text.ways[1] = '<way id="2" version="1"><nd ref="5"/><nd ref="4"/><tag k="highway" v="primary"/></way>'
    text.restriction(7, "no_left_turn", ("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to"))
    found, dropped = records(text.way(3, 5, 3, highway="primary"))
    assert rules_of(found) == {"w1.n1": "no_left_turn@n5>w2.n5"}
    assert (dropped.turns.relations, dropped.turns.used) == (1, 1)


def via_ways():
    """Return a dual carriageway: 1 comes from the west, 2 is the link of two pieces, 3 leads back."""
    return (
        OsmText()
        .node(1, 0, 0)
        .node(2, 0.01, 0)
        .node(3, 0.01, 0.001)
        .node(4, 0.01, 0.002)
        .node(5, 0, 0.002)
        .node(6, 0.02, 0.001)
        .way(1, 1, 2, highway="primary", oneway="yes")
        .way(2, 2, 3, 4, highway="primary_link")
        .way(3, 4, 5, highway="primary", oneway="yes")
        .way(4, 3, 6, highway="service")
    )


def test_a_turn_over_ways_names_the_pieces_in_the_order_of_travel(records):
    text = via_ways().restriction(7, "no_u_turn", ("way", 1, "from"), ("way", 2, "via"), ("way", 3, "to"))
    found, _ = records(text)
    assert rules_of(found) == {"w1.n1": "no_u_turn~w2.n2+w2.n3>w3.n4"}


def test_a_turn_against_a_one_way_street_joins_nothing(records):
    text = via_ways().restriction(7, "no_u_turn", ("way", 3, "from"), ("way", 2, "via"), ("way", 1, "to"))
    found, dropped = records(text)
    assert not rules_of(found)
    assert dropped.turns.unused == {"does_not_join": 1}


@pytest.mark.parametrize(
    ("kind", "tags", "members", "reason"),
    [
        (None, {"restriction__hgv": "no_left_turn"}, None, "other_vehicles"),
        (None, {"restriction__conditional": "no_left_turn @ (06:00-09:00)"}, None, "conditional"),
        ("no_left_turn", {"except": "motorcar;bus"}, None, "except_cars"),
        ("no_parking", {}, None, "unknown_kind"),
        ("no_left_turn", {}, (("way", 1, "from"), ("way", 2, "to")), "incomplete"),
        (
            "no_left_turn",
            {},
            (("way", 1, "from"), ("node", 5, "via"), ("way", 77, "to")),
            "way_not_in_network",
        ),
        ("no_left_turn", {}, (("way", 1, "from"), ("node", 4, "via"), ("way", 2, "to")), "does_not_join"),
        ("no_left_turn", {}, (("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to")), "does_not_join"),
    ],
    ids=["lorries", "at times", "except cars", "unknown", "no via", "way not there", "elsewhere", "both ways through"],
)
def test_a_restriction_that_is_not_used_is_counted_with_the_reason(records, kind, tags, members, reason):
    given_members = members or (("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to"))
    found, dropped = records(crossing().restriction(7, kind, *given_members, **tags))
    assert not rules_of(found)
    assert dropped.turns.unused == {reason: 1}


def test_a_restriction_for_cars_except_buses_holds(records):
    text = via_ways().restriction(
        7, "only_straight_on", ("way", 1, "from"), ("node", 2, "via"), ("way", 2, "to"), **{"except": "bus"}
    )
    assert rules_of(records(text)[0]) == {"w1.n1": "only_straight_on@n2>w2.n2"}


def test_a_bollard_cuts_the_road_and_stops_vehicles_both_ways(records):
    text = OsmText().node(1, 0, 0).node(2, 0.01, 0, barrier="bollard").node(3, 0.02, 0)
    found, dropped = records(text.way(1, 1, 2, 3, highway="residential"))
    assert rules_of(found) == {"w1.n1": "barrier@n2>w1.n2", "w1.n2": "barrier@n2>w1.n1"}
    assert dropped.turns.barriers == 1


def test_a_bollard_on_a_footpath_stops_nobody(records):
    text = OsmText().node(1, 0, 0).node(2, 0.01, 0, barrier="bollard").node(3, 0.02, 0)
    found, dropped = records(text.way(1, 1, 2, 3, highway="footway"))
    assert not rules_of(found)
    assert dropped.turns.barriers == 0


@pytest.mark.parametrize(
    "text",
    [
        OsmText(),
        OsmText().node(1, 0, 0).node(2, 1, 1).way(1, 1, 2, building="yes"),
        OsmText().way(1, 1, 2, highway="primary"),
        crossing().__class__().node(1, 0, 0).node(2, 1, 1).way(1, 1, 2, highway="primary", access="no"),
    ],
    ids=["empty", "no roads", "no nodes", "all closed"],
)
def test_an_extract_without_roads_is_refused_with_the_reason(records, text):
    with pytest.raises(DataError, match="There is no road in this extract"):
        records(text)


def test_the_speed_table_decides_which_classes_come_in(records):
    without = replace(TABLE, classes={name: item for name, item in TABLE.classes.items() if name != "residential"})
    found, dropped = records(crossing(), table=without)
    assert sorted(found) == ["w1.n1", "w9.n6"]  # nothing crosses the long street any more
    assert dropped.unknown_class == {"residential": 1}


NODES = st.lists(st.integers(1, 8), min_size=2, max_size=7)


@given(st.lists(NODES, min_size=1, max_size=5))
def test_cutting_keeps_every_step_and_lets_pieces_meet_only_at_their_ends(ways):
    from geo_ems.formats.osm_extracts import OsmExtract
    from geo_ems.services.osm_edges import cut_ways

    place = {node: (0.01 * node, 0.01 * (node * node % 7)) for node in range(1, 9)}
    refs = np.array([node for way in ways for node in way], np.int64)
    extract = OsmExtract(
        name="",
        sha256="",
        kind="osm",
        ids=np.arange(1, len(ways) + 1),
        tags=[{}] * len(ways),
        first=np.concatenate([[0], np.cumsum([len(way) for way in ways])]),
        refs=refs,
        lonlat_deg=np.array([place[node] for node in refs.tolist()]),
        barriers={},
        restrictions=(),
        extracted_on="",
        is_date_stated=False,
    )
    edges, _ = cut_ways(extract, np.arange(len(ways)), always_at=())
    node_at = {at: node for node, at in place.items()}
    pieces = [[node_at[tuple(np.round(at, 7))] for at in line.coords] for line in edges.lines]
    steps = sorted(step for piece in pieces for step in pairwise(piece))
    wanted = sorted(step for way in ways for step in pairwise(way) if step[0] != step[1])
    assert steps == wanted
    inner = [node for piece in pieces for node in piece[1:-1]]
    assert len(inner) == len(set(inner))
    assert not set(inner) & {node for piece in pieces for node in (piece[0], piece[-1])}
    assert len(set(edges.code)) == len(edges.code)


def test_rules_are_written_and_read_again():
    rules = [
        TurnRule("no_left_turn", "n5", (), "w7.n5"),
        TurnRule("only_straight_on", "", ("w8.n5", "w9.n6.2"), "w7.n5"),
    ]
    text = "no_left_turn@n5>w7.n5;only_straight_on~w8.n5+w9.n6.2>w7.n5"
    assert written_rules([*rules, rules[0]]) == text
    assert read_rules(f" {text} ; ") == (tuple(rules), 0)
    assert [rule.is_only for rule in rules] == [False, True]


@given(st.text(max_size=60))
def test_any_text_can_be_read_for_rules(text):
    rules, unread = read_rules(text)
    assert len(rules) + unread <= text.count(";") + 1
