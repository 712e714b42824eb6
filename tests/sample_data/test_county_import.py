import tomllib
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo_ems.bootstrap import opened
from geo_ems.model.caller import LOCAL
from geo_ems.queries.china_datums import Datum, to_wgs84
from geo_ems.services.imports import ImportOptions, import_into
from geo_ems.services.projects import make_project_folder
from geo_ems.settings import load_project


@pytest.fixture(scope="module")
def reports(county_folder, tmp_path_factory):
    project_folder = tmp_path_factory.mktemp("import") / "county"
    make_project_folder(project_folder)
    entries = tomllib.loads((county_folder / "manifest.toml").read_text(encoding="utf-8"))["files"]
    found = {}
    with opened(load_project(project_folder, {})) as application:
        for entry in entries:
            report = import_into(
                county_folder / entry["file"],
                entry["layer"],
                definitions=application.snapshots.definitions,
                store=application.store,
                caller=LOCAL,
                options=ImportOptions(place_by=tuple(entry.get("place_by", ()))),
                zone=ZoneInfo("Asia/Shanghai"),
                new_id=application.new_id,
            )
            found[entry["file"]] = (entry, report)
    return found


def test_every_layer_has_a_file(reports):
    layers = {entry["layer"].split(".")[0] for entry, _ in reports.values()}

    assert layers == {
        "waterways",
        "hazard_points", "hazard_areas", "shelters", "supply_depots", "response_teams", "facilities", "districts",
        "population",
        "roads", "barriers", "incidents",
    }  # fmt: skip


def test_the_importer_takes_and_refuses_what_the_manifest_says(reports):
    for entry, report in reports.values():
        counts = report.counts
        expected = (entry["taken"], entry["refused"], entry["unlocated"])
        assert (counts.stored, counts.refused, counts.unlocated) == expected, entry["file"]


def test_the_office_form_loses_exactly_the_wrong_number_the_swapped_place_and_the_nameless_row(reports):
    refused = [row for row in reports["shelters.xlsx"][1].rows if row.action.value == "refused"]

    assert [finding.kind.code for row in refused for finding in row.findings] == [
        "not_a_number", "coordinates_swapped", "required_missing",
    ]  # fmt: skip


def test_no_value_of_the_other_files_is_doubted(reports):
    for file, (_, report) in reports.items():
        if file not in {"shelters.xlsx", "response_teams.csv"}:
            assert [row for row in report.rows if row.findings] == [], file


def test_no_file_of_the_county_is_taken_for_a_shifted_one(reports):
    for file, (_, report) in reports.items():
        assert [note for note in report.notes if note.kind.code == "datum_shift"] == [], file


def test_three_village_teams_name_a_village_that_exists_twice_and_both_are_told(reports):
    report = reports["response_teams.csv"][1]
    doubtful = [row for row in report.rows if row.findings]

    assert [[finding.kind.code for finding in row.findings] for row in doubtful] == [
        ["place_ambiguous", "unlocated"]
    ] * 3
    for row in doubtful:
        assert len(dict(row.findings[0].details)["candidates"].split("; ")) == 2


def test_the_list_from_a_web_map_lies_on_the_roads_where_it_was_made(reports, county_folder, roads):
    report = reports["schools_gcj02.csv"][1]
    lines = (county_folder / "schools_gcj02.csv").read_text(encoding="gb18030").splitlines()
    shifted = np.array([[float(cell) for cell in line.split(",")[-2:]] for line in lines[1:]])
    right = to_wgs84(shifted, Datum.GCJ02)

    assert {note.kind.code for note in report.notes} == {"datum_of_headings", "coordinate_system_read"}
    away_m = [min(np.hypot(*((roads.nodes - place) * (95_306.0, 110_870.0)).T)) for place in right]
    as_it_stands_m = [min(np.hypot(*((roads.nodes - place) * (95_306.0, 110_870.0)).T)) for place in shifted]
    assert max(away_m) < 60 < np.median(as_it_stands_m)
