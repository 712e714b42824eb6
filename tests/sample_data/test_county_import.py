import tomllib
from zoneinfo import ZoneInfo

import pytest

from geo_ems.bootstrap import opened
from geo_ems.model.caller import LOCAL
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
                options=ImportOptions(),
                zone=ZoneInfo("Asia/Shanghai"),
                new_id=application.new_id,
            )
            found[entry["layer"]] = (entry, report)
    return found


def test_every_layer_has_a_file(reports):
    layers = {layer.split(".")[0] for layer in reports}

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
    refused = [row for row in reports["shelters"][1].rows if row.action.value == "refused"]

    assert [finding.kind.code for row in refused for finding in row.findings] == [
        "not_a_number", "coordinates_swapped", "required_missing",
    ]  # fmt: skip


def test_no_value_of_the_other_files_is_doubted(reports):
    for layer, (_, report) in reports.items():
        if layer not in {"shelters", "response_teams"}:
            assert [row for row in report.rows if row.findings] == [], layer
