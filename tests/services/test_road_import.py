"""Roads taken in: extracts replace the network, tables are told row by row, and nothing is lost over a bad file."""

import json
from itertools import count

import pytest
from osm_text import OsmText, crossing
from shapely import LineString
from small_county import NOON

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.errors import DataError, UsageError
from geo_ems.model.caller import LOCAL, Caller
from geo_ems.model.roads import Mode
from geo_ems.services.exports import ExportQuestion, export_layers
from geo_ems.services.import_list import listed_imports, network_line
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_revert import revert_import
from geo_ems.services.road_import import RoadOptions, import_roads
from geo_ems.services.road_import_report import road_import_lines, road_import_mapping
from geo_ems.services.roads import RoadSource
from geo_ems.settings import bundled_folder

TABLE = load_speed_table(bundled_folder() / "rules" / "speeds.toml")


@pytest.fixture
def take(county):
    """Return how a file is imported as roads; texts of extracts are written first."""
    numbers = count(1)

    def taken(path, *, keep_others=False, **options):
        return import_roads(
            path,
            definition=county.definitions["roads"],
            store=county.store,
            caller=LOCAL,
            options=ImportOptions(**options),
            how=RoadOptions(TABLE, keep_others=keep_others),
            zone=NOON.tzinfo,
            new_id=lambda: f"h{next(numbers):04d}",
        )

    return taken


@pytest.fixture
def extract(tmp_path):
    def written(text, name="county.osm"):
        return text.write(tmp_path / name)

    return written


def stored(county):
    snapshot = county.snapshots.pin(["roads"]).layer("roads")
    return {
        str(identity): snapshot.columns.row_values(row, include_private=True)
        for row, identity in enumerate(snapshot.columns.ids)
    }


def test_an_extract_is_stored_piece_by_piece_with_the_codes_as_ids(county, take, extract):
    done = take(extract(crossing()))
    assert (done.report.counts.created, done.report.counts.refused) == (5, 0)
    roads = stored(county)
    assert sorted(roads) == ["w1.n1", "w1.n5", "w2.n2", "w2.n5", "w9.n6"]
    assert roads["w1.n1"]["speed_kmh"] == 50
    assert roads["w2.n2"]["name"] is None
    assert roads["w9.n6"]["bridge"] is True


def test_the_report_says_what_network_stands_and_what_was_left_out(take, extract):
    text = crossing().way(30, 1, 2, highway="raceway").way(31, 1, 2, highway="service", access="private")
    text.node(11, 5.0, 5.0).node(12, 5.01, 5.0).way(32, 11, 12, highway="track")
    text.restriction(7, "no_left_turn", ("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to"))
    facts = take(extract(text)).facts
    assert (facts.nodes, facts.edges) == (9, 6)  # the bridge has two nodes of its own, the track as well
    drive = facts.modes[Mode.DRIVE]
    assert (drive.components, drive.fragments) == (3, 2)
    assert drive.largest_share == pytest.approx(4.44 / (4.44 + 2.21 + 1.11), abs=0.01)
    assert facts.unknown_classes == {"raceway": 1}
    assert facts.left_out == {"closed": 1}
    assert facts.turns == {"does_not_join": 1}
    assert set(facts.km_by_class) == {"primary", "residential", "secondary", "track"}
    assert (facts.extracted_on, facts.is_date_stated) == ("2026-06-30", False)


def test_the_report_can_be_read_in_both_languages_and_as_json(county, take, extract):
    done = take(extract(crossing()))
    definition = county.definitions["roads"]
    english = "\n".join(road_import_lines(done, "en", definition))
    chinese = "\n".join(road_import_lines(done, "zh", definition))
    assert "5 rows taken" in english
    assert "Network: 7 nodes, 5 edges" in english
    assert "attribution: © OpenStreetMap contributors" in english
    assert "路网:7 个路口,5 段" in chinese
    assert "主干道" in chinese
    told = json.loads(json.dumps(road_import_mapping(done)))
    assert told["rows"] == []  # none of them asks for a look
    assert told["roads"]["modes"]["walk"]["edges"] == 5


def test_the_import_keeps_what_it_made_and_the_list_of_imports_shows_it(county, take, extract):
    take(extract(crossing()))
    (listed,) = listed_imports(county.store.history, "roads")
    assert listed.mapping()["roads"]["edges"] == 5
    assert "2026-06-30" in network_line(listed.roads, "en")
    assert "路段 5" in network_line(listed.roads, "zh")


def test_importing_the_same_extract_again_changes_nothing(county, take, extract):
    take(extract(crossing()))
    done = take(extract(crossing()))
    assert (done.report.counts.unchanged, done.report.seq) == (5, None)
    assert done.facts.edges == 5


def test_a_newer_extract_replaces_the_network_and_says_which_roads_are_gone(county, take, extract):
    take(extract(crossing()))
    newer = crossing()
    newer.ways.pop()  # the bridge is gone
    done = take(extract(newer, "newer.osm"))
    assert [item.id for item in done.report.retired] == ["w9.n6"]
    assert "w9.n6" not in stored(county)
    assert done.facts.edges == 4


def test_roads_drawn_by_hand_stay(county, take, extract):
    take(extract(crossing()))
    county.put("roads", "R1", LineString([(0.01, 0.01), (0.012, 0.012)]), road_class="track")
    done = take(extract(crossing(), "again.osm"))
    assert "R1" in stored(county)
    assert not done.report.retired
    assert done.facts.edges == 6


def test_a_correction_by_hand_is_kept_and_said_or_overwritten_where_asked(county, take, extract):
    take(extract(crossing()))
    feature = county.store.read_rows("roads", ["w1.n1"])[0]
    county.put("roads", "w1.n1", feature.geometry, **{**feature.properties, "speed_kmh": 30.0})
    newer = crossing()
    newer.ways[0] = newer.ways[0].replace('v="50"', 'v="70"')
    kept = take(extract(newer, "newer.osm"))
    assert stored(county)["w1.n1"]["speed_kmh"] == 30
    assert "correction_conflict" in {finding.kind.code for row in kept.report.rows for finding in row.findings}
    take(extract(newer, "newer.osm"), overwrite_corrections=True)
    assert stored(county)["w1.n1"]["speed_kmh"] == 70


def far_away():
    return OsmText().node(11, 5.0, 5.0).node(12, 5.01, 5.0).way(40, 11, 12, highway="primary")


def test_an_extract_of_somewhere_else_is_not_put_in_place_of_the_county_by_mistake(county, take, extract):
    take(extract(crossing()))
    done = take(extract(far_away(), "elsewhere.osm"))
    assert done.report.rejected
    assert len(stored(county)) == 5
    assert "add --replace" in "\n".join(road_import_lines(done, "en", county.definitions["roads"]))
    take(extract(far_away(), "elsewhere.osm"), retire_at_most="100%")
    assert sorted(stored(county)) == ["w40.n11"]


def test_a_neighbour_can_be_put_beside(county, take, extract):
    take(extract(crossing()))
    done = take(extract(far_away(), "neighbour.osm"), keep_others=True)
    assert len(stored(county)) == 6
    assert done.facts.edges == 6


def test_an_import_is_taken_back(county, take, extract):
    take(extract(crossing()))
    second = take(extract(far_away(), "elsewhere.osm"), retire_at_most="100%")
    revert_import(
        second.report.seq,
        definitions=county.definitions,
        store=county.store,
        caller=LOCAL,
        dry_run=False,
        overwrite_corrections=False,
        layer="roads",
    )
    assert len(stored(county)) == 5


def test_a_dry_run_stores_nothing_and_says_what_would_be(county, take, extract):
    done = take(extract(crossing()), dry_run=True)
    assert not stored(county)
    assert (done.report.seq, done.facts.edges) == (None, 5)


def test_the_network_that_was_told_is_the_one_that_is_used(county, take, extract):
    text = crossing().node(8, 0.015, 0.01, barrier="bollard")
    text.ways[0] = text.ways[0].replace('<nd ref="3"/>', '<nd ref="8"/><nd ref="3"/>')
    facts = take(extract(text)).facts
    assert facts.barriers == 1
    network = RoadSource(speeds=lambda: TABLE).network(county.snapshots.pin(["roads"]))
    assert (network.edge_count, len(network.place_lonlat_deg)) == (facts.edges, facts.nodes)
    drive, walk = network.modes[Mode.DRIVE], network.modes[Mode.WALK]
    assert drive.node_count > walk.node_count  # the bollard has several nodes, so that vehicles do not pass


def test_who_may_not_import_may_not_import_roads(county, extract):
    with pytest.raises(UsageError, match="You may not import"):
        import_roads(
            extract(crossing()),
            definition=county.definitions["roads"],
            store=county.store,
            caller=Caller("guest", frozenset()),
            options=ImportOptions(),
            how=RoadOptions(TABLE),
            zone=NOON.tzinfo,
            new_id=str,
        )


def test_options_of_tables_do_not_fit_an_extract(take, extract):
    with pytest.raises(UsageError, match="'crs' is for tables"):
        take(extract(crossing()), crs="EPSG:4546")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.osm", crossing().text[:700]),
        ("no-roads.osm", OsmText().node(1, 0, 0).text),
        ("attack.osm", '<!DOCTYPE o [<!ENTITY a "b">]><osm version="0.6"><node id="1"/></osm>'),
        ("page.osm.pbf", "<html>not found</html>"),
        ("empty.osm.pbf", ""),
    ],
)
def test_over_a_bad_file_nothing_is_stored_and_nothing_lost(county, take, extract, tmp_path, name, content):
    take(extract(crossing()))
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        take(path)
    assert caught.value.remedy
    assert len(stored(county)) == 5


def test_metres_without_a_system_are_refused(county, take, extract, tmp_path):
    take(extract(crossing()))
    path = tmp_path / "metres.csv"
    path.write_text('code,road_class,wkt\n1,village,"LINESTRING (457000 3371000, 458000 3372000)"\n', encoding="utf-8")
    done = take(path)
    assert (done.report.counts.taken, done.report.counts.refused) == (0, 1)
    assert len(stored(county)) == 5


def table(tmp_path, *rows):
    path = tmp_path / "roads.csv"
    head = "code,name,highway,maxspeed,oneway,wkt"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_table_of_lines_meets_at_shared_vertices_and_crossing_lines_do_not_touch(county, take, tmp_path):
    path = table(
        tmp_path,
        '1,Main,primary,50,no,"LINESTRING (0 0.01, 0.01 0.01, 0.02 0.01)"',
        '2,Side,village,,是,"LINESTRING (0.01 0.01, 0.01 0.02)"',
        '3,Over,secondary,,,"LINESTRING (0.005 0, 0.005 0.02)"',
    )
    done = take(path)
    assert (done.report.counts.created, done.facts.edges, done.facts.nodes) == (3, 4, 6)
    assert stored(county)["2"]["oneway"] == "forward"
    assert done.facts.modes[Mode.WALK].components == 2


def test_rows_of_a_table_that_cannot_be_used_are_refused_one_by_one(county, take, tmp_path):
    path = table(
        tmp_path,
        '1,Good,primary,50,no,"LINESTRING (0 0.01, 0.01 0.01)"',
        '2,Standing,primary,0,no,"LINESTRING (0.01 0.01, 0.02 0.01)"',
        '3,Point,primary,50,no,"POINT (0.02 0.01)"',
        '4,Unknown,canal,50,no,"LINESTRING (0.02 0.01, 0.03 0.01)"',
        '5,Swapped,primary,50,no,"LINESTRING (30.5 111.2, 30.6 111.3)"',
    )
    done = take(path)
    refused = {row.line for row in done.report.rows if row.id is None}
    assert (done.report.counts.taken, refused) == (1, {3, 4, 5, 6})
    assert done.facts.edges == 1
    assert sorted(stored(county)) == ["1"]


def test_a_table_updates_by_code_and_leaves_the_others_unless_it_is_the_whole_network(county, take, tmp_path):
    both = ('1,A,primary,50,no,"LINESTRING (0.1 0.1, 0.2 0.1)"', '2,B,primary,50,no,"LINESTRING (0.2 0.1, 0.3 0.1)"')
    take(table(tmp_path, *both))
    assert len(stored(county)) == 2
    take(table(tmp_path, both[0].replace("50", "60")))
    assert len(stored(county)) == 2
    done = take(table(tmp_path, both[0]), retire_missing=True, retire_at_most="100%")
    assert [item.id for item in done.report.retired] == ["2"]


@pytest.mark.parametrize("name", ["roads.geojson", "roads.csv", "roads.gpkg", "roads.xlsx", "roads.fgb"])
def test_nodes_turns_and_access_come_back_from_an_export(county, take, extract, tmp_path, name):
    text = crossing().node(8, 0.015, 0.01, barrier="bollard").way(30, 1, 2, highway="service", foot="no")
    text.ways[0] = text.ways[0].replace('<nd ref="3"/>', '<nd ref="8"/><nd ref="3"/>')
    take(extract(text))
    before = stored(county)
    question = ExportQuestion(("roads",), tmp_path / name, language="en")
    export_layers(county.snapshots, question, caller=LOCAL, zone=NOON.tzinfo, clock=lambda: NOON)
    again = take(tmp_path / name)
    assert (again.report.counts.unchanged, again.report.counts.rows) == (len(before), len(before))
    assert stored(county) == before
    assert sum(values["turn_rules"] is not None for values in before.values()) == 2
