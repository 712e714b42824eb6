"""The committed sample county, read once with plain readers that know nothing of the importer."""

import csv
import gzip
import json

import numpy as np
import pytest
import shapely
from python_calamine import CalamineWorkbook

from geo_ems.settings import bundled_folder

FOLDER = bundled_folder() / "sample_data"
M_PER_DEG = np.array([95_306.0, 110_870.0])


def read_features(name):
    data = (FOLDER / name).read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else data)["features"]


def read_table(name, encoding="utf-8-sig"):
    with (FOLDER / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


class RoadGraph:
    """The roads as edges between rounded end points."""

    def __init__(self, features):
        self.properties = [feature["properties"] for feature in features]
        self.lines = np.array([shapely.LineString(f["geometry"]["coordinates"]) for f in features], dtype=object)
        ends = [(f["geometry"]["coordinates"][0], f["geometry"]["coordinates"][-1]) for f in features]
        numbers = {}
        self.pairs = np.array([[numbers.setdefault(tuple(end), len(numbers)) for end in pair] for pair in ends])
        self.nodes = np.array(list(numbers))
        self.length_m = np.array(
            [np.hypot(*(np.diff(f["geometry"]["coordinates"], axis=0) * M_PER_DEG).T).sum() for f in features]
        )

    def named(self, name):
        return [number for number, values in enumerate(self.properties) if values["name"] == name]

    def nearest_node(self, lonlat):
        return int(np.argmin(np.hypot(*((self.nodes - np.asarray(lonlat)) * M_PER_DEG).T)))


@pytest.fixture(scope="session")
def county_folder():
    return FOLDER


@pytest.fixture(scope="session")
def roads():
    return RoadGraph(read_features("roads.geojson.gz"))


@pytest.fixture(scope="session")
def water():
    return read_features("waterways.geojson")


@pytest.fixture(scope="session")
def districts():
    return {
        f["properties"]["code"]: (f["properties"], shapely.geometry.shape(f["geometry"]))
        for f in read_features("districts.geojson")
    }


@pytest.fixture(scope="session")
def townships(districts):
    return {values["name"]: shape for values, shape in districts.values() if values["level"] == "township"}


@pytest.fixture(scope="session")
def hazard_areas():
    return [(f["properties"], shapely.geometry.shape(f["geometry"])) for f in read_features("hazard_areas.geojson")]


@pytest.fixture(scope="session")
def hazard_points():
    return [(f["properties"], shapely.geometry.shape(f["geometry"])) for f in read_features("hazard_points.geojson")]


@pytest.fixture(scope="session")
def population():
    return read_table("population.csv")


@pytest.fixture(scope="session")
def teams():
    return read_table("response_teams.csv", encoding="gb18030")


@pytest.fixture(scope="session")
def stock():
    return read_table("supply_depots.stock.csv")


@pytest.fixture(scope="session")
def facilities():
    return read_table("facilities.csv")


@pytest.fixture(scope="session")
def incidents():
    return read_table("incidents.csv")


@pytest.fixture(scope="session")
def shelter_lines():
    """Return the 18 good rows of the workbook by header: named, a whole number of places or none, in China."""
    rows = CalamineWorkbook.from_path(FOLDER / "shelters.xlsx").get_sheet_by_index(0).to_python()
    lines = [dict(zip(rows[2], row, strict=True)) for row in rows[4:-1]]
    return [line for line in lines if line["名称"] and line["容纳人数"] != "约三百" and line["经度"] > 90]
