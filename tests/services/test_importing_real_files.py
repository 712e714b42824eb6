"""Imports of real inputs: counts and figures that were known before."""

import json
from zoneinfo import ZoneInfo

import pytest
from import_layers import Office, field, found_codes, layer

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.formats.findings import Grade
from geo_ems.services.import_report import RowAction
from geo_ems.settings import bundled_folder

pytestmark = pytest.mark.shared_data
EVERY_PLACE = 97_823  # the column capacity, summed by the csv module alone
LAYERS = bundled_folder() / "layers"


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path, load_definitions(LAYERS), ZoneInfo("Asia/Tokyo"))


def test_all_195_shelters_of_takamatsu_with_what_they_suit(office, shared_data):
    report = office.import_path(shared_data / "takamatsu" / "evacuation_space.xlsx")

    shelters = {feature.properties["name"]: feature for feature in office.features().values()}
    assert (report.counts.taken, report.counts.refused, report.counts.unlocated) == (195, 0, 0)
    first = shelters["日新小学校跡施設"]
    assert first.properties["capacity_persons"] == 238
    assert first.properties["suitable_for"] == ("earthquake", "fire", "flood", "landslide", "waterlogging")
    assert first.properties["suitable_with_limits"] == ("flood_extreme", "storm_surge", "tsunami")
    assert (first.geometry.x, first.geometry.y) == (134.0300392, 34.34753333)
    assert first.properties["phone"] == "087-839-2611"
    assert [column for column, _ in report.unused] == ["#property", "evacuationSpace", "residentsAssociation"]


def test_the_population_of_takamatsu_is_complete(office, shared_data):
    report = office.import_path(shared_data / "takamatsu" / "population_202602.xlsx", "population")

    places = office.features("population").values()
    assert report.counts.taken == 235
    assert sum(place.properties["people_persons"] for place in places) == 418_129
    assert all(33.9 < place.geometry.y < 34.6 and 133.8 < place.geometry.x < 134.3 for place in places)
    assert {place.properties["surveyed_on"] for place in places} == {"2026-02-01"}


def test_all_emergency_shelters_of_japan_are_taken(office, shared_data):
    report = office.import_path(shared_data / "gsi_shelters" / "gsi_emergency.csv.gz")

    # 115,402 rows with 115,402 different codes, all located; one name holds a line break, and
    # 34 rows have the name of an earlier one within 10 m.
    assert (report.counts.rows, report.counts.created, report.counts.refused) == (115_402, 115_402, 0)
    assert (report.counts.unlocated, report.counts.warned, report.counts.repaired) == (0, 34, 1)
    repaired = [row for row in report.rows if row.grade is Grade.REPAIRED]
    assert [finding.kind.code for finding in repaired[0].findings] == ["line_break_replaced"]
    assert office.features()["E0110000001202"].properties["suitable_for"] == ("earthquake", "flood", "landslide")
    # 115,501 lines, of which 1 header and 98 inside quoted fields
    assert report.rows[-1].line == 115_501


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("takamatsu_evac_cp932.csv", "cp932"),
        ("takamatsu_evac_eucjp.csv", "euc_jp"),
        ("takamatsu_evac_utf16le_tab.txt", "utf-16"),
        ("takamatsu_evac_utf8bom.csv", "utf-8-sig"),
    ],
)
def test_the_same_shelters_in_four_encodings_are_the_same(office, shared_data, name, encoding):
    report = office.import_path(shared_data / "messy" / "encodings" / name)

    assert (report.encoding, report.counts.taken) == (encoding, 195)
    assert office.features()["S001"].properties["name"] == "日新小学校跡施設"
    assert sum(f.properties["capacity_persons"] or 0 for f in office.features().values()) == EVERY_PLACE


@pytest.mark.parametrize(
    "name", ["china_prefecture_points_gb18030.csv", "china_prefecture_points_gbk_crlf_semicolon.csv"]
)
def test_chinese_prefectures_in_gb18030_with_points_or_commas(tmp_path, shared_data, name):
    places = layer("places", [field("code", "text", "行政区划代码"), field("name", "text", "名称", required=True)])
    office = Office(tmp_path, {"places": places})

    report = office.import_path(shared_data / "messy" / "encodings" / name, "places")

    hefei = office.features("places")["340100"]
    assert (report.encoding, report.counts.refused) == ("gb18030", 0)
    assert hefei.properties["name"] == "合肥市"
    assert (hefei.geometry.x, hefei.geometry.y) == (117.283042, 31.86119)


def test_every_planted_fault_is_named_on_its_row(office, shared_data):
    folder = shared_data / "messy" / "derived"
    truth = json.loads((folder / "takamatsu_dirty_rows.truth.json").read_text())
    kinds = {
        "missing_lat": "half_located",
        "null_island": "null_island",
        "lon_out_of_range": "coordinate_out_of_range",
        "decimal_comma": "decimal_comma",
        "non_numeric_lat": "not_a_coordinate",
        "capacity_text": "not_a_number",
        "capacity_negative": "below_minimum",
        "capacity_thousands_sep": "number_repaired",
    }
    expected = {index + 2: [kinds[fault]] for fault, rows in truth.items() if fault in kinds for index in rows}
    copies = truth["duplicate_rows_appended_of_index"]
    expected.update({62 + position: ["duplicate_key"] for position in range(len(copies))})

    report = office.import_path(folder / "takamatsu_dirty_rows.csv", column_map={"code": "#property"})

    assert found_codes(report) == expected
    firsts = [row.findings[0].problem("en") for row in report.rows[-3:]]
    assert firsts == [f"'{index + 1}' is already on line {index + 2}" for index in copies]
    assert (report.counts.taken, report.counts.refused, report.counts.unlocated) == (54, 9, 1)


def test_degrees_minutes_and_seconds_give_the_places_of_the_original(office, shared_data):
    office.import_path(shared_data / "messy" / "derived" / "takamatsu_dms.csv")
    read = {f.properties["name"]: f.geometry for f in office.features().values()}
    other = Office(office.folder, office.definitions)
    other.import_path(shared_data / "takamatsu" / "evacuation_space.xlsx")
    original = {f.properties["name"]: f.geometry for f in other.features().values()}

    assert len(read) == len(original)
    assert max(read[name].distance(original[name]) for name in original) < 3e-6  # 0.01 s, in degrees


def test_swapped_columns_are_refused_row_by_row_with_the_remedy(office, shared_data):
    report = office.import_path(shared_data / "messy" / "derived" / "takamatsu_swapped_latlon.csv")

    assert report.counts.refused == 195
    assert {row.action for row in report.rows} == {RowAction.REFUSED}
    assert report.rows[0].findings[0].remedy("en") == (
        "Most rows are so: swap the two columns (--map lon=latitude --map lat=longitude)"
    )

    again = office.import_path(
        shared_data / "messy" / "derived" / "takamatsu_swapped_latlon.csv",
        column_map={"lon": "latitude", "lat": "longitude"},
    )
    assert again.counts.taken == 195
