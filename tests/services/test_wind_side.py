"""On which side of an incident a team lies, only where somebody typed in the wind and its time."""

import pytest
from small_county import SmallCounty

from geo_ems.services.wind import Wind


@pytest.mark.parametrize(
    ("bearing_deg", "side"),
    [
        (0.0, "upwind"),
        (45.0, "upwind"),
        (46.0, "crosswind"),
        (134.0, "crosswind"),
        (135.0, "downwind"),
        (180.0, "downwind"),
        (315.0, "upwind"),
        (314.0, "crosswind"),
    ],
)
def test_a_wind_from_the_north_has_its_sides_to_the_degree(bearing_deg: float, side: str) -> None:
    assert Wind(0.0, 0.0).side(bearing_deg) == side


def test_the_sides_hold_across_north() -> None:
    assert Wind(350.0, 0.0).side(10.0) == "upwind"
    assert Wind(10.0, 0.0).side(350.0) == "upwind"
    assert Wind(350.0, 0.0).side(170.0) == "downwind"


@pytest.fixture
def leak(county: SmallCounty) -> SmallCounty:
    county.put("response_teams", "north", (0.0, 0.01), status="available")
    county.put("response_teams", "south", (0.0, -0.02), status="available")
    return county


def test_teams_are_told_upwind_or_downwind_of_an_incident_with_a_wind(leak: SmallCounty) -> None:
    leak.put("incidents", "I1", (0.0, 0.0), kind="hazchem", wind_from_deg=350.0, wind_time="2026-07-01T03:30:00Z")
    answer = leak.nearest("response_teams", None, incident_id="I1")
    assert [(row.id, row.wind_side) for row in answer.results] == [("north", "upwind"), ("south", "downwind")]
    assert not any("wind" in text for text in answer.warnings)


@pytest.mark.parametrize("known", [{"wind_from_deg": 350.0}, {"wind_time": "2026-07-01T03:30:00Z"}, {}])
def test_half_a_wind_is_no_wind(leak: SmallCounty, known: dict[str, str | float]) -> None:
    leak.put("incidents", "I1", (0.0, 0.0), kind="hazchem", **known)
    answer = leak.nearest("response_teams", None, incident_id="I1")
    assert [row.wind_side for row in answer.results] == [None, None]


def test_a_wind_noted_long_ago_is_said_with_its_age(leak: SmallCounty) -> None:
    leak.put("incidents", "I1", (0.0, 0.0), kind="hazchem", wind_from_deg=350.0, wind_time="2026-07-01T02:30:00Z")
    answer = leak.nearest("response_teams", None, incident_id="I1")
    assert "the wind was noted 90 min ago: confirm it" in answer.warnings
