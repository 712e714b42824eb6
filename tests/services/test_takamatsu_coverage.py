"""A real city: coverage equal to an independent computation with geopandas in a projected plane."""

from collections import Counter
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas
import numpy as np
import pandas as pd
import pytest

from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import Availability
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.imports import import_into

pytestmark = pytest.mark.shared_data
PLANE = "EPSG:6672"  # Japan plane rectangular IV: Takamatsu lies beside its meridian, scale within 1e-4
HAZARDS = {
    "flood": "flood_L1",
    "flood_extreme": "flood_L2",
    "waterlogging": "inundation",
    "landslide": "sedimentDisaster",
    "storm_surge": "stormSurge",
    "tsunami": "tunami",
    "fire": "fire",
    "earthquake": "earthquake",
}
ALL_CLASSES = frozenset(Availability)


@pytest.fixture
def takamatsu(county, shared_data: Path):
    numbers = count(1)
    files = (("shelters", "evacuation_space.xlsx"), ("population", "population_202602.xlsx"))
    for layer, file in files:
        import_into(
            shared_data / "takamatsu" / file,
            layer,
            definitions=county.definitions,
            store=county.store,
            caller=LOCAL,
            options=ImportOptions(),
            zone=ZoneInfo("Asia/Tokyo"),
            new_id=lambda: f"{next(numbers):05d}",
        )
    return county


def test_every_shelter_and_every_person_of_the_files_is_there(takamatsu) -> None:
    pinned = takamatsu.snapshots.pin(["shelters", "population"])
    assert len(pinned.layer("shelters").columns) == 195
    people = pinned.layer("population").columns.columns["people_persons"].values
    assert people.sum() == 418_129


@pytest.mark.parametrize(("code", "column"), list(HAZARDS.items()), ids=list(HAZARDS))
def test_coverage_for_each_hazard_equals_geopandas(takamatsu, shared_data: Path, code: str, column: str) -> None:
    cutoff_m = 800.0
    shelters = pd.read_excel(shared_data / "takamatsu" / "evacuation_space.xlsx", dtype=str, engine="calamine")
    suitable = shelters[shelters[column] == "○"]
    points = geopandas.GeoDataFrame(
        suitable,
        geometry=geopandas.points_from_xy(suitable["longitude"].astype(float), suitable["latitude"].astype(float)),
        crs="EPSG:4326",
    ).to_crs(PLANE)
    people = pd.read_excel(shared_data / "takamatsu" / "population_202602.xlsx", engine="calamine")
    latlon = people["location"].str.split(",", expand=True).astype(float)
    demand = geopandas.GeoDataFrame(
        people, geometry=geopandas.points_from_xy(latlon[1], latlon[0]), crs="EPSG:4326"
    ).to_crs(PLANE)
    distance_m = np.array([points.distance(place).min() for place in demand.geometry])
    assert np.abs(distance_m - cutoff_m).min() > 0.001 * cutoff_m, "a person on the line would make this unfair"

    answer = takamatsu.coverage(
        "shelters", where=(f"suitable_for={code}",), cutoff_m=cutoff_m, availability=ALL_CLASSES
    )

    assert len(answer.facilities) == len(suitable)
    assert answer.total.people == int(people["totalPopulation"].sum()) == 418_129
    assert answer.total.reachable == int(people["totalPopulation"][distance_m <= cutoff_m].sum())
    within = [int((points.distance(place) <= cutoff_m).sum()) for place in demand.geometry]
    assert Counter(row.backup_count for row in answer.demand) == Counter(within)
    ours = np.array([row.nearest_cost for row in answer.demand])
    assert np.abs(np.sort(ours) - np.sort(distance_m)).max() < 2e-4 * distance_m.max()
