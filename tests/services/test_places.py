"""Places by name, initials and coordinates."""

from datetime import UTC, datetime

import pytest
from shapely import LineString, Polygon

from geo_ems.errors import UsageError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.model.labels import Language
from geo_ems.services.pinyin import fits_initials, pinyin_initials, starts_with_initials
from geo_ems.services.places import PlaceFinder
from geo_ems.services.typed_coordinates import read_typed_coordinates

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "initials"),
    [
        pytest.param("青溪县城关镇", "qxxcgz", id="common characters"),
        pytest.param("阿八擦搭鹅发噶哈机喀啦", "abcdefghjkl", id="the first of each letter, a to l"),
        pytest.param("妈那哦啪七然撒他挖西压匝", "mnopqrstwxyz", id="the first of each letter, m to z"),
        pytest.param("座", "z", id="the last but few of the table"),
        pytest.param("淯水", "*s", id="a rare character fits any letter"),
        pytest.param("G318国道", "g318gd", id="letters and digits stay"),
        pytest.param("王家湾（上）", "wjws", id="brackets are left out"),
        pytest.param("", "", id="nothing"),
    ],
)  # fmt: skip
def test_initials_come_from_the_order_of_gb2312(text: str, initials: str) -> None:
    assert pinyin_initials(text) == initials


def test_a_rare_character_fits_any_letter_but_not_alone() -> None:
    assert starts_with_initials("*s", "ys")
    assert not fits_initials("*s", "y")
    assert fits_initials("abcd", "bc")
    assert not fits_initials("abcd", "bd")


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        pytest.param("111.5,31.2", 111.5, 31.2, id="decimal, longitude first"),
        pytest.param("31.2,111.5", 111.5, 31.2, id="can only be latitude first"),
        pytest.param("30.5,31.2", 30.5, 31.2, id="either way possible: longitude first"),
        pytest.param("111.5 31.2", 111.5, 31.2, id="a blank between"),
        pytest.param("111.5，31.2", 111.5, 31.2, id="full-width comma"),
        pytest.param("１１１.５,３１.２", 111.5, 31.2, id="full-width digits"),
        pytest.param("-70.5,-33.2", -70.5, -33.2, id="west and south by sign"),
        pytest.param("33.2S 70.5W", -70.5, -33.2, id="west and south by letter"),
        pytest.param("111.5°E 31.2°N", 111.5, 31.2, id="degree signs"),
        pytest.param("N31.2 E111.5", 111.5, 31.2, id="letters in front"),
        pytest.param("31°12'30\"N 111°30'0\"E", 111.5, 31.2083333, id="degrees, minutes, seconds"),
        pytest.param("111°30′E,31°12′N", 111.5, 31.2, id="primes"),
        pytest.param("111°30′20″, 31°12′5″", 111.5055556, 31.2013889, id="double primes"),
        pytest.param("东经111度30分20秒 北纬31度12分", 111.5055556, 31.2, id="in Chinese words"),
        pytest.param("东经111.5北纬31.2", 111.5, 31.2, id="in Chinese words without a blank"),
        pytest.param("111:30:20, 31:12:05", 111.5055556, 31.2013889, id="colons"),
    ],
)
def test_coordinates_are_read_as_people_write_them(text: str, lon: float, lat: float) -> None:
    place = read_typed_coordinates(text)

    assert place is not None
    assert (place.lon_deg, place.lat_deg) == (lon, lat)


@pytest.mark.parametrize(
    "text",
    [
        "青溪",
        "12",
        "1,2,3",
        "200,100",
        "91,95",
        "111.5E 31.2E",
        "111°61'E 31°N",
        "G318 5",
        "",
        "nan,1",
        "1e2,3",
        "1" * 300,
    ],
)
def test_other_texts_are_no_coordinates(text: str) -> None:
    assert read_typed_coordinates(text) is None


@pytest.fixture
def finder(county: object) -> PlaceFinder:
    county.put("districts", "D1", Polygon([(111, 31), (112, 31), (112, 32), (111, 32)]), name="青溪县", level="county")
    for number, name in enumerate(["青溪", "青溪村", "下青溪", "王家湾"]):
        county.put("population", f"V{number}", (111.1 + number / 10, 31.5), name=name, people_persons=1)
    county.put("population", "V9", None, name="无坐标村", people_persons=1)
    county.put("roads", "R1", LineString([(111.1, 31.1), (111.2, 31.1)]), name="沿河路", road_class="village")
    county.put("roads", "R2", LineString([(111.2, 31.1), (111.6, 31.1)]), name="沿河路", road_class="village")
    return PlaceFinder(county.snapshots, lambda: NOON)


def found(finder: PlaceFinder, text: str, *, language: Language = "zh", caller: Caller | None = None) -> list[str]:
    answer = finder.find(text, limit=10, language=language, caller=caller or LOCAL)
    return [place.id for place in answer.places]


def test_exact_names_come_before_beginnings_before_parts(finder: PlaceFinder) -> None:
    assert found(finder, "青溪") == ["V0", "D1", "V1", "V2"]


def test_initials_find_what_the_keyboard_cannot_write(finder: PlaceFinder) -> None:
    assert found(finder, "wjw") == ["V3"]
    assert found(finder, "JW") == ["V3"]
    assert found(finder, "qx") == ["V0", "D1", "V1", "V2"]


def test_a_road_of_many_stretches_is_one_place_on_its_longest(finder: PlaceFinder) -> None:
    assert found(finder, "沿河") == ["R2"]


def test_a_code_is_found_and_a_place_without_coordinates_too(finder: PlaceFinder) -> None:
    assert found(finder, "v9") == ["V9"]
    place = finder.find("无坐标", limit=1, language="zh", caller=LOCAL).places[0]
    assert (place.lon_deg, place.lat_deg) == (None, None)


def test_coordinates_come_first(finder: PlaceFinder) -> None:
    place = finder.find("31.2,111.5", limit=5, language="en", caller=LOCAL).places[0]

    assert (place.layer, place.lon_deg, place.lat_deg) == ("coordinates", 111.5, 31.2)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("111.5,31.2", "coordinates", id="longitude first"),
        pytest.param("31.2,111.5", "coordinates (read as latitude first)", id="latitude first"),
    ],
)
def test_coordinates_read_in_the_other_order_say_so(finder: PlaceFinder, typed: str, said: str) -> None:
    place = finder.find(typed, limit=5, language="en", caller=LOCAL).places[0]
    assert (place.lon_deg, place.lat_deg, place.kind_label) == (111.5, 31.2, said)


def test_an_incident_and_a_hazard_are_found_by_name(finder: PlaceFinder, county: object) -> None:
    county.put("incidents", "I1", (111.5, 31.5), name="三岔口山洪", kind="flood", state="open")
    county.put("hazard_points", "H1", (111.6, 31.5), name="三岔口滑坡", kind="geological")

    assert found(finder, "三岔口") == ["I1", "H1"]


def test_a_new_name_is_found_at_once(finder: PlaceFinder, county: object) -> None:
    assert found(finder, "新村") == []
    county.put("population", "N1", (111.5, 31.5), name="新村", people_persons=1)
    assert found(finder, "新村") == ["N1"]


def test_places_of_other_areas_are_not_found(finder: PlaceFinder) -> None:
    elsewhere = Caller("guest", frozenset({Permission.READ}), areas=("D7",))

    assert found(finder, "青溪", caller=elsewhere) == []


def test_nothing_to_look_for_is_refused(finder: PlaceFinder) -> None:
    with pytest.raises(UsageError):
        found(finder, "  ")
