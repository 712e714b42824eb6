"""The two files of the reporting rules: strict, and every fault in words."""

from datetime import date, time
from pathlib import Path

import pytest

from geo_ems.errors import FaultsError
from geo_ems.settings import bundled_folder
from geo_ems.settings.reporting_rules import PERIODS_FILE, REPORTING_FILE, load_reporting_rules

BUNDLED = bundled_folder() / "rules"


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (BUNDLED / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


def test_the_rules_that_come_along_say_who_is_told_within_an_hour(tmp_path: Path) -> None:
    rules = load_reporting_rules(tmp_path, bundled=BUNDLED)

    assert rules.clock_min == 60
    assert [item.id for item in rules.recipients if item.role == "to"] == [
        "committee_duty_office",
        "government_duty_office",
        "emergency_bureau",
    ]
    assert [item.id for item in rules.recipients if item.role == "copy"] == [
        "police",
        "fire_rescue",
        "health_commission",
    ]


@pytest.mark.parametrize(
    ("at", "is_night"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_the_night_begins_inside_and_ends_outside(*, tmp_path: Path, at: str, is_night: bool) -> None:
    rules = load_reporting_rules(tmp_path, bundled=BUNDLED)

    assert rules.is_night(time.fromisoformat(at)) is is_night


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-02-14", None),
        ("2026-02-15", "Spring Festival holiday"),
        ("2026-02-23", "Spring Festival holiday"),
        ("2026-02-24", None),
        ("2031-05-02", "Labour Day"),
        ("2031-05-03", None),
    ],
)
def test_both_days_of_a_period_belong_to_it(tmp_path: Path, day: str, name: str | None) -> None:
    found = load_reporting_rules(tmp_path, bundled=BUNDLED).calendar.period_of(date.fromisoformat(day))

    assert (found.en if found else None) == name


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        pytest.param(REPORTING_FILE, "minutes = 60", "minutes = 0", "clock.minutes", id="no time at all"),
        pytest.param(REPORTING_FILE, "minutes = 60", 'minutes = "60"', "clock.minutes", id="a number in quotes"),
        pytest.param(REPORTING_FILE, "minutes = 60", "minute = 60", "clock.minute", id="a misspelt key"),
        pytest.param(REPORTING_FILE, 'from = "22:00"', 'from = "25:00"', "night.from", id="no time of day"),
        pytest.param(REPORTING_FILE, 'role = "copy"', 'role = "cc"', "recipients.3.role", id="no role"),
        pytest.param(REPORTING_FILE, 'id = "police"', 'id = "fire_rescue"', "stands twice", id="a recipient twice"),
        pytest.param(PERIODS_FILE, 'from = "01-01"', 'from = "13-01"', "every_year.0.from", id="no month"),
        pytest.param(PERIODS_FILE, "to = 2026-01-03", "to = 2025-01-03", "ends before", id="ends before it begins"),
        pytest.param(PERIODS_FILE, "years = [2026]", "years = 2026", "years", id="no list"),
        pytest.param(PERIODS_FILE, "years = [2026]", "years = [", "not valid TOML", id="no TOML"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_key(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    folder = changed(tmp_path, name, old, new)

    with pytest.raises(FaultsError) as refused:
        load_reporting_rules(folder, bundled=BUNDLED)
    assert told in str(refused.value)
    assert name in str(refused.value)
