"""Whose incident it is: four townships of two counties of one city, laid out as squares.

city C0: lon 0..4, lat 0..2
county K1: lon 0..2       county K2: lon 2..4
township A: lon 0..1      B: lon 1..2     X: lon 2..3    Y: lon 3..4
village V in A: lon 0..0.5, lat 0..0.5
"""

import pytest
from shapely import Point, box
from shapely.geometry.base import BaseGeometry

from geo_ems.services.jurisdiction import Jurisdiction, jurisdiction_of


@pytest.fixture
def squares(county: object) -> object:
    for name, level, parent, west, east, north in (
        ("C0", "city", None, 0, 4, 2),
        ("K1", "county", "C0", 0, 2, 2),
        ("K2", "county", "C0", 2, 4, 2),
        ("A", "township", "K1", 0, 1, 2),
        ("B", "township", "K1", 1, 2, 2),
        ("X", "township", "K2", 2, 3, 2),
        ("Y", "township", "K2", 3, 4, 2),
        ("V", "village", "A", 0, 0.5, 0.5),
    ):
        area = box(west, 0, east, north)
        county.put("districts", name, area, level=level, parent_id=parent, duty_phone=f"0-{name}")
    return county


def found(
    county: object,
    place: BaseGeometry | None,
    district: str | None = None,
    *,
    leads_from: str = "township",
    private: bool = True,
) -> Jurisdiction:
    pinned = county.snapshots.pin(["districts"])
    return jurisdiction_of(pinned, place, district, leads_from=leads_from, include_private=private)


def leader(answer: Jurisdiction) -> str | None:
    return None if answer.leads is None else answer.leads.id


@pytest.mark.parametrize(
    ("place", "leads", "shared", "consent"),
    [
        pytest.param(Point(0.7, 1), "A", None, [], id="inside a township"),
        pytest.param(Point(0.2, 0.2), "A", None, [], id="inside a village: the township leads"),
        pytest.param(Point(1, 1), "K1", "township", ["A", "B"], id="on the border of two townships"),
        pytest.param(Point(2, 1), "C0", "township", ["B", "X"], id="on the border of two counties"),
        pytest.param(box(0.6, 0.6, 0.9, 0.9), "A", None, [], id="an area inside a township"),
        pytest.param(box(0.6, 0.6, 1.4, 0.9), "K1", "township", ["A", "B"], id="an area over two townships"),
        pytest.param(box(0.6, 0.6, 3.4, 0.9), "C0", "township", ["A", "B", "X", "Y"], id="an area over two counties"),
        pytest.param(box(0, 1, 1, 2), "K1", "township", ["A", "B"], id="an area that ends on the border"),
    ],
)
def test_who_leads(squares: object, place: BaseGeometry, leads: str, shared: str | None, consent: list[str]) -> None:
    answer = found(squares, place)

    assert (leader(answer), answer.shared_level) == (leads, shared)
    assert sorted(item.id for item in answer.consent) == consent
    assert not answer.outside


def test_the_chain_runs_upwards_with_every_duty_phone(squares: object) -> None:
    answer = found(squares, Point(0.2, 0.2))

    assert [(item.id, item.duty_phone) for item in answer.chain] == [
        ("V", "0-V"),
        ("A", "0-A"),
        ("K1", "0-K1"),
        ("C0", "0-C0"),
    ]
    assert [item.duty_phone for item in found(squares, Point(0.2, 0.2), private=False).chain] == [None] * 4


def test_without_a_place_a_district_tells_its_chain(squares: object) -> None:
    answer = found(squares, None, "V")

    assert (leader(answer), [item.id for item in answer.chain]) == ("A", ["V", "A", "K1", "C0"])
    assert answer.basis == "district_id"


def test_outside_every_district_is_said_so(squares: object) -> None:
    answer = found(squares, Point(9, 9))

    assert (answer.outside, leader(answer), answer.chain) == (True, None, ())
    assert "upper level" in answer.words("en")


def test_what_reaches_beyond_the_register_is_for_the_level_above(squares: object) -> None:
    beyond_a = found(squares, box(0.6, 1.5, 0.9, 2.5))

    assert beyond_a.partly_outside
    assert leader(beyond_a) is None  # the city itself is touched, and its parent is not registered
    assert "part of it lies outside" in beyond_a.words("en")


def test_nothing_known_of_the_place_asks_for_it(squares: object) -> None:
    assert found(squares, None).basis == "none"
    assert found(squares, None, "not-there").outside


def test_the_level_that_leads_alone_is_a_rule(squares: object) -> None:
    assert leader(found(squares, Point(0.2, 0.2), leads_from="county")) == "K1"
    assert leader(found(squares, Point(1, 1), leads_from="county")) == "K1"
    assert leader(found(squares, Point(2, 1), leads_from="county")) == "C0"


def test_parents_in_a_circle_end(county: object) -> None:
    county.put("districts", "P", box(0, 0, 1, 1), level="township", parent_id="Q")
    county.put("districts", "Q", box(5, 5, 6, 6), level="county", parent_id="P")

    assert [item.id for item in found(county, Point(0.5, 0.5)).chain] == ["P", "Q"]


def test_a_development_zone_leads_before_the_township_it_lies_in(squares: object) -> None:
    squares.put("districts", "Z", box(0.6, 0.6, 0.8, 0.8), level="development_zone", parent_id="K1")

    assert leader(found(squares, Point(0.7, 0.7))) == "Z"


def test_a_district_that_holds_only_a_part_does_not_lead(squares: object) -> None:
    squares.put("districts", "Z", box(0.6, 0.6, 0.8, 0.8), level="development_zone", parent_id="K1")

    assert leader(found(squares, box(0.7, 0.7, 0.9, 0.9))) == "A"


def test_where_a_township_is_not_registered_the_county_leads(county: object) -> None:
    county.put("districts", "K", box(0, 0, 2, 2), level="county")
    county.put("districts", "A", box(0, 0, 1, 2), level="township", parent_id="K")

    answer = found(county, box(0.5, 0.5, 1.5, 1.5))

    assert (leader(answer), answer.partly_outside) == ("K", False)
