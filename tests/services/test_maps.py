"""What a map page is cut to."""

import json
import re
from typing import TYPE_CHECKING

import pytest
from shapely import box

from geo_ems.errors import NotFoundError
from geo_ems.services.maps import map_page
from geo_ems.settings import bundled_folder, load_project

if TYPE_CHECKING:
    from small_county import SmallCounty


def bounds_of_page(county: "SmallCounty", name: str = "overview") -> list[float]:
    from small_county import NOON

    page = map_page(
        county.snapshots,
        load_project(bundled_folder(), {}),
        name,
        language="zh",
        served=True,
        include_private=False,
        clock=lambda: NOON,
    ).decode()
    data = re.search(r'<script type="application/json" id="geo-ems-data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    return json.loads(data[1])["bounds"]


def test_the_page_is_cut_to_the_county_not_to_the_province(county: "SmallCounty") -> None:
    county.put("districts", "province", box(100, 20, 120, 40), level="province")
    county.put("districts", "county", box(111, 31, 112, 32), level="county")
    county.put("shelters", "mistyped", (11.25, 31.2), status="open")
    assert bounds_of_page(county) == pytest.approx([111, 31, 112, 32], abs=0.2)


def test_one_mistyped_coordinate_does_not_shrink_the_county_to_a_dot(county: "SmallCounty") -> None:
    for number in range(8):
        county.put("shelters", f"s{number}", (111.2 + number / 100, 31.2), status="open")
    county.put("shelters", "mistyped", (11.25, 31.2), status="open")
    assert bounds_of_page(county) == pytest.approx([111.2, 31.2, 111.27, 31.2], abs=0.02)


def test_an_unknown_map_lists_the_known_ones(county: "SmallCounty") -> None:
    with pytest.raises(NotFoundError, match=r"There is no map 'other'. Known: overview"):
        bounds_of_page(county, "other")
