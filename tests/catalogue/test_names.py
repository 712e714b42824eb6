import pytest

from geo_ems.catalogue.names import worn_unit


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("stone_wan_m3", "wan_m3"),
        ("stone_m3", "m3"),
        ("reach_km", "km"),
        ("reach_m", "m"),
        ("affected_wan_persons", "wan_person"),
        ("open_days", "day"),
    ],
)
def test_a_name_wears_the_longest_suffix_that_fits(name: str, unit: str) -> None:
    worn = worn_unit(name)

    assert worn is not None
    assert worn.code == unit


def test_a_name_without_a_suffix_wears_no_unit() -> None:
    assert worn_unit("item") is None
