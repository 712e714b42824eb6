"""Who arrives first on the roads: worked out by hand on tiny networks on the equator (SEMANTICS 0, 1.1)."""

import pytest
from road_county import CENTIDEGREE_M, RoadCounty
from small_county import SmallCounty

S_PER_CENTIDEGREE = CENTIDEGREE_M / 10.0  # at 36 km/h


@pytest.fixture
def world(county: SmallCounty) -> RoadCounty:
    return RoadCounty(county)


@pytest.fixture
def main_street(world: RoadCounty) -> RoadCounty:
    """Return a street along the equator from 0 to 0.05, cut at every hundredth of a degree."""
    for number in range(5):
        world.road(f"R{number}", (number / 100, 0.0), ((number + 1) / 100, 0.0), name=f"Main {number}")
    return world


def ids(rows: tuple[object, ...]) -> list[str]:
    return [row.id for row in rows]


def test_teams_are_ranked_by_arrival_with_the_parts_that_make_it_up(main_street: RoadCounty) -> None:
    main_street.team("near_but_slow", (0.01, 0.0), turnout_s=300.0)
    main_street.team("far_but_ready", (0.03, 0.0), turnout_s=30.0)
    answer = main_street.ask()
    assert (
        ids(answer.results) == ["near_but_slow", "far_but_ready"]
        if 300 + S_PER_CENTIDEGREE < 30 + 3 * (S_PER_CENTIDEGREE)
        else ids(answer.results) == ["far_but_ready", "near_but_slow"]
    )
