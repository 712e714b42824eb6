"""The speed table: read strictly, told with line and remedy, read again after an edit."""

import os
from pathlib import Path

import pytest

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.catalogue.speed_table import SpeedTableFile, load_speed_table, parse_speed_table
from geo_ems.errors import DefinitionError, FaultsError
from geo_ems.settings import bundled_folder

BUNDLED = Path(bundled_folder()) / "rules" / "speeds.toml"
TEXT = BUNDLED.read_text(encoding="utf-8")


def test_the_bundled_table_has_the_speeds_that_planners_use():
    table = load_speed_table(BUNDLED)
    driven = {name: item.drive_kmh for name, item in table.classes.items()}
    named = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service", "track")
    assert [driven[name] for name in named] == [100, 85, 65, 60, 50, 30, 30, 20, 15]
    assert (table.posted_limit_factor, table.walk_kmh, table.ferry_kmh) == (0.9, 4.0, 10.0)


def test_every_class_of_road_is_in_the_table_and_the_other_way_round():
    roads = load_definitions(bundled_folder() / "layers")["roads"]
    assert set(roads.fields["road_class"].codes) == set(load_speed_table(BUNDLED).classes)


@pytest.mark.parametrize(
    ("old", "new", "line_of", "says"),
    [
        ("walk_kmh = 4.0", "walk_kmh = 0", "walk_kmh", "0 is no speed"),
        ("walk_kmh = 4.0", "walk_kmh = nan", "walk_kmh", "nan is no speed"),
        ("walk_kmh = 4.0", 'walk_kmh = "4"', "walk_kmh", "is not a number"),
        ("drive_kmh = 85", "drive_kmh = 850", "trunk =", "850 is no speed"),
        ("drive_kmh = 85", "speed = 85", "trunk =", "There is no key 'speed'"),
        ("= 0.9", "= 1.1", "posted_limit_factor", "is no share"),
        ("walk = 7", "walk = 0.1", "walk = 0.1", "0.1 is no speed"),
        ("[barriers]", "[barrers]", "[barrers]", "Did you mean 'barriers'"),
        ("drive_closed = [", "drive_closed = 5 #[", "drive_closed", "is not a list"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(old, new, line_of, says):
    text = TEXT.replace(old, new, 1)
    line = next(n for n, part in enumerate(text.splitlines(), start=1) if line_of in part)
    with pytest.raises(FaultsError) as caught:
        parse_speed_table(text, source="rules/speeds.toml")
    assert any(says in str(fault) and f"line {line}," in str(fault) for fault in caught.value.faults), caught.value


def test_a_text_that_is_no_toml_and_a_missing_file_are_told():
    with pytest.raises(DefinitionError, match="line 1"):
        parse_speed_table("walk_kmh =", source="rules/speeds.toml")
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_speed_table(Path("no-such-folder/speeds.toml"))


def test_a_table_without_vehicles_is_refused():
    text = "\n".join(line for line in TEXT.splitlines() if "drive_kmh =" not in line)
    with pytest.raises(FaultsError, match="No class is for vehicles"):
        parse_speed_table(text, source="rules/speeds.toml")


def test_comments_do_not_change_what_a_table_is_and_speeds_do():
    first = parse_speed_table(TEXT, source="a").sha256
    assert parse_speed_table("# more\n" + TEXT, source="a").sha256 == first
    assert parse_speed_table(TEXT.replace("walk_kmh = 4.0", "walk_kmh = 4.5"), source="a").sha256 != first


def test_a_table_is_read_again_after_an_edit_and_only_then(tmp_path):
    path = tmp_path / "speeds.toml"
    path.write_text(TEXT, encoding="utf-8")
    file = SpeedTableFile(path)
    assert file.current() is file.current()
    path.write_text(TEXT.replace("walk_kmh = 4.0", "walk_kmh = 5.0"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert file.current().walk_kmh == 5
