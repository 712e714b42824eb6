"""A file in GCJ-02 or BD-09 that does not say so is told so, and nothing else is: on the demonstration county."""

import csv
import io
import tomllib
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from import_layers import Office

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.queries.china_datums import Datum, from_wgs84
from geo_ems.settings import bundled_folder

BUNDLED = bundled_folder()
SAMPLE = BUNDLED / "sample_data"
ENCODINGS = {"response_teams": "gb18030"}


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The demonstration county in a store of its own; tests only try imports out."""
    office = Office(tmp_path_factory.mktemp("county"), load_definitions(BUNDLED / "layers"), ZoneInfo("Asia/Shanghai"))
    for entry in tomllib.loads((SAMPLE / "manifest.toml").read_text(encoding="utf-8"))["files"]:
        if entry["layer"] in ("districts", "population", "roads", "facilities"):
            office.import_path(SAMPLE / entry["file"], entry["layer"])
    return office


def rows_of(layer):
    with (SAMPLE / f"{layer}.csv").open(encoding=ENCODINGS.get(layer, "utf-8-sig"), newline="") as file:
        return [row for row in csv.DictReader(file) if row["lon"]]


def told(county, layer, rows, moved, **options):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row, (lon, lat) in zip(rows, moved, strict=True):
        writer.writerow({**row, "lon": f"{lon:.7f}", "lat": f"{lat:.7f}"})
    options = {"dry_run": True, "append": True, **options}
    report = county.import_text(text.getvalue(), layer, name=f"{layer}.csv", **options)
    return [note for note in report.notes if note.kind.code == "datum_shift"]


def places(rows):
    return np.array([[float(row["lon"]), float(row["lat"])] for row in rows])


def noisy(lonlat, metres, seed=0):
    return lonlat + np.random.default_rng(seed).normal(0, metres, lonlat.shape) / (95_000, 111_000)


@pytest.mark.parametrize("layer", ["population", "facilities", "response_teams"])
@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("noise_m", [0, 50])
def test_a_shifted_list_is_told_once_with_the_option_to_use(county, layer, datum, noise_m):
    rows = rows_of(layer)

    notes = told(county, layer, rows, noisy(from_wgs84(places(rows), datum), noise_m))

    assert len(notes) == 1
    assert f"--datum {datum.value}" in notes[0].remedy("zh")
    assert f"datum={datum.value}" in notes[0].remedy("en")


@pytest.mark.parametrize("layer", ["population", "facilities", "response_teams", "supply_depots", "incidents"])
@pytest.mark.parametrize("noise_m", [0, 20, 50, 150])
def test_a_right_list_is_told_nothing_whatever_its_noise(county, layer, noise_m):
    rows = rows_of(layer)

    for seed in range(3):
        assert told(county, layer, rows, noisy(places(rows), noise_m, seed)) == []


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_a_shifted_list_that_is_declared_as_it_is_is_told_nothing(county, datum):
    rows = rows_of("population")

    assert told(county, "population", rows, from_wgs84(places(rows), datum), datum=datum) == []


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_a_right_list_that_is_declared_shifted_is_told_so(county, datum):
    rows = rows_of("population")

    notes = told(county, "population", rows, places(rows), datum=datum)

    assert [note.kind.code for note in notes] == ["datum_shift"]
    assert "--datum wgs84" in notes[0].remedy("en")


def test_a_list_of_the_wrong_shifted_datum_is_told_the_right_one(county):
    rows = rows_of("population")

    notes = told(county, "population", rows, from_wgs84(places(rows), Datum.GCJ02), datum=Datum.BD09)

    assert "--datum gcj02" in notes[0].remedy("en")


@pytest.mark.parametrize("count", [2, 3, 8])
def test_a_few_namesakes_in_another_layer_are_enough(county, count):
    villages = [row for row in rows_of("population") if row["name"] in unique_names()][:count]
    shifted = from_wgs84(places(villages), Datum.GCJ02)

    report = county.import_text(table(villages, shifted), "shelters", dry_run=True)

    notes = [note for note in report.notes if note.kind.code == "datum_shift"]
    assert len(notes) == 1
    assert notes[0].problem("en").startswith(f"{count} places lie about")
    assert "GCJ02" in notes[0].problem("zh")


def test_one_namesake_and_namesakes_far_away_say_nothing(county):
    villages = [row for row in rows_of("population") if row["name"] in unique_names()]
    one = table(villages[:1], from_wgs84(places(villages[:1]), Datum.GCJ02))
    strangers = table(villages[:9], places(villages[30:39]))

    for text in (one, strangers):
        report = county.import_text(text, "shelters", dry_run=True)
        assert [note for note in report.notes if note.kind.code == "datum_shift"] == []


def table(rows, lonlat):
    lines = [f"Z{n},{row['name']},{lon},{lat}" for n, (row, (lon, lat)) in enumerate(zip(rows, lonlat, strict=True))]
    return "\n".join(["编号,名称,经度,纬度", *lines]) + "\n"


def unique_names():
    names = [row["name"] for row in rows_of("population")]
    return {name for name in names if names.count(name) == 1}
