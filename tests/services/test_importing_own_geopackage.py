"""A GeoPackage that this program wrote is imported like any other: its layers, and nothing of its own records."""

import pytest
from import_layers import Office
from small_county import SmallCounty

from geo_ems.errors import DataError, NotFoundError


@pytest.fixture
def written(county: SmallCounty, tmp_path):
    county.put("shelters", "S1", (104.0, 30.0), suitable_for=("fire", "flood"), status="open", capacity_persons=120)
    county.put("supply_depots", "D1", (104.1, 30.1), stock=({"item": "tent", "quantity": 12.0},))
    county.embedded.close()
    return tmp_path / "county.gpkg"


def test_its_layers_are_offered_and_its_log_is_not(written, tmp_path, bundled_definitions):
    office = Office(tmp_path, bundled_definitions)

    with pytest.raises(DataError, match=r"has 2 layers.*: shelters \(1\), supply_depots \(1\)"):
        office.import_path(written)
    with pytest.raises(NotFoundError) as caught:
        office.import_path(written, sheet="ems_change_log")
    assert "ems_" not in caught.value.remedy


def test_its_features_come_back_as_they_were(written, tmp_path, bundled_definitions):
    office = Office(tmp_path, bundled_definitions)

    report = office.import_path(written, sheet="shelters")
    (shelter,) = office.features().values()

    assert (report.counts.taken, report.counts.refused) == (1, 0)
    assert shelter.properties["suitable_for"] == ("fire", "flood")
    assert (shelter.properties["capacity_persons"], shelter.geometry.wkt) == (120, "POINT (104 30)")
