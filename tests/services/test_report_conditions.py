"""The eight report-anyway conditions by hand: true, false, and unknown where something is not known."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from geo_ems.model.features import Value
from geo_ems.model.labels import Label
from geo_ems.services.report_conditions import Condition, IncidentFacts, MustReport, must_report, report_conditions
from geo_ems.settings import bundled_folder
from geo_ems.settings.reporting_rules import ReportingRules, WatchedKind, load_reporting_rules

WEDNESDAY_NOON = datetime.fromisoformat("2026-07-01T12:00+08:00")
NIGHT = datetime.fromisoformat("2026-07-02T03:10+08:00")
RULES = load_reporting_rules(Path("nowhere"), bundled=bundled_folder() / "rules")
REVIEWED = replace(RULES, watch_reviewed_on=date(2026, 6, 1))
CALM: dict[str, Value] = {
    "kind": "flood",
    "grade": "below_general",
    "trapped_persons": 0,
    "injured_persons": 0,
    "seriously_injured_persons": 0,
    "dead_persons": 0,
    "missing_persons": 0,
    "affected_people_persons": 0,
    "ongoing": False,
    "may_escalate": False,
    "attention": False,
    "fog": False,
    "special_area": False,
    "near_miss": False,
    "people_poisoned": False,
}


def conditions(
    properties: dict[str, Value],
    *,
    at: datetime | None = WEDNESDAY_NOON,
    rules: ReportingRules = REVIEWED,
    **more: object,
) -> dict[int, Condition]:
    facts = IncidentFacts(properties, at, **more)  # type: ignore[arg-type]
    return {item.number: item for item in report_conditions(facts, rules)}


def judged(properties: dict[str, Value], rules: ReportingRules = REVIEWED) -> MustReport:
    return must_report(IncidentFacts(properties, WEDNESDAY_NOON), rules)


def test_there_are_eight_numbered_as_in_the_source() -> None:
    assert list(conditions({})) == [1, 4, 5, 6, 7, 8, 9, 10]


def test_a_calm_incident_of_which_all_is_known_meets_none() -> None:
    found = conditions(CALM)

    assert {number: item.matched for number, item in found.items()} == dict.fromkeys(found, False)
    assert all(not item.ask for item in found.values())


@pytest.mark.parametrize(
    ("number", "given", "matched", "ask"),
    [
        pytest.param(4, {"injured_persons": 2, "seriously_injured_persons": 0}, False, (), id="4 two injured"),
        pytest.param(4, {"injured_persons": 3}, True, (), id="4 three injured, the seriously unknown"),
        pytest.param(4, {"seriously_injured_persons": 1}, True, (), id="4 one seriously"),
        pytest.param(4, {"injured_persons": 2}, None, ("seriously_injured_persons",), id="4 one figure missing"),
        pytest.param(4, {}, None, ("injured_persons", "seriously_injured_persons"), id="4 nothing known"),
        pytest.param(5, {"trapped_persons": 1}, True, (), id="5 one trapped"),
        pytest.param(5, {"missing_persons": 1, "trapped_persons": 0}, True, (), id="5 one missing"),
        pytest.param(5, {"missing_persons": 0, "trapped_persons": 0}, False, (), id="5 nobody"),
        pytest.param(5, {"trapped_persons": 0}, None, ("missing_persons",), id="5 the missing not known"),
        pytest.param(6, {"ongoing": True}, True, (), id="6 going on"),
        pytest.param(6, {"ongoing": False, "may_escalate": True}, True, (), id="6 may escalate"),
        pytest.param(6, {"ongoing": False, "may_escalate": False}, False, (), id="6 over"),
        pytest.param(6, {"ongoing": False}, None, ("may_escalate",), id="6 not said whether it may escalate"),
        pytest.param(8, {"affected_people_persons": 100}, True, (), id="8 as many as the threshold"),
        pytest.param(8, {"affected_people_persons": 99, "attention": False}, False, (), id="8 one fewer"),
        pytest.param(8, {"attention": True}, True, (), id="8 attention"),
        pytest.param(8, {"attention": False}, None, ("affected_people_persons",), id="8 people not known"),
        pytest.param(10, {"near_miss": True}, True, (), id="10 near miss"),
        pytest.param(10, {"near_miss": False}, False, (), id="10 none"),
        pytest.param(10, {}, None, ("near_miss",), id="10 not said"),
    ],
)
def test_figures_and_flags(*, number: int, given: dict[str, Value], matched: bool | None, ask: tuple[str, ...]) -> None:
    found = conditions({"kind": "flood", **given})[number]

    assert (found.matched, found.ask) == (matched, ask)
    assert "" not in {found.why.zh, found.why.en}


@pytest.mark.parametrize(
    ("at", "matched", "ask"),
    [
        pytest.param(datetime.fromisoformat("2026-10-01T12:00+08:00"), True, (), id="National Day"),
        pytest.param(datetime.fromisoformat("2026-10-08T00:00+08:00"), False, (), id="the day after"),
        pytest.param(
            datetime.fromisoformat("2027-05-01T12:00+08:00"), True, (), id="a fixed holiday of a year not filled in"
        ),
        pytest.param(
            datetime.fromisoformat("2027-02-08T12:00+08:00"), None, ("special_periods",), id="a year not filled in"
        ),
        pytest.param(None, None, ("occurred_at",), id="no time known"),
    ],
)
def test_special_periods_by_the_calendar(*, at: datetime | None, matched: bool | None, ask: tuple[str, ...]) -> None:
    found = conditions(CALM, at=at)[1]

    assert (found.matched, found.ask) == (matched, ask)


@pytest.mark.parametrize(
    ("at", "given", "areas", "matched", "ask"),
    [
        pytest.param(NIGHT, {"casualties_unknown": True}, (), True, (), id="night, casualties unknown"),
        pytest.param(NIGHT, {"casualties_unknown": False}, (), False, (), id="night, casualties known"),
        pytest.param(NIGHT, {}, (), None, ("casualties_unknown",), id="night, not said"),
        pytest.param(WEDNESDAY_NOON, {"fog": True, "casualties_unknown": True}, (), True, (), id="fog by day"),
        pytest.param(
            *(WEDNESDAY_NOON, {"fog": False, "special_area": False, "casualties_unknown": True}, (), False, ()),
            id="by day in clear air",
        ),
        pytest.param(
            *(WEDNESDAY_NOON, {"fog": False, "casualties_unknown": True}, (), None, ("special_area",)),
            id="not said whether a special area",
        ),
        pytest.param(WEDNESDAY_NOON, {"casualties_unknown": True}, ("H1",), True, (), id="inside a hazard area"),
        pytest.param(None, {"casualties_unknown": False}, (), False, (), id="one part decides, nothing is asked"),
    ],
)
def test_darkness_with_casualties_unknown(
    *, at: datetime | None, given: dict[str, Value], areas: tuple[str, ...], matched: bool | None, ask: tuple[str, ...]
) -> None:
    found = conditions({"kind": "flood", **given}, at=at, hazard_area_ids=areas)[7]

    assert (found.matched, found.ask) == (matched, ask)


def test_casualties_are_known_once_every_figure_is_given() -> None:
    assert conditions(CALM, at=NIGHT)[7].matched is False
    assert conditions({**CALM, "dead_persons": None}, at=NIGHT)[7].matched is None


@pytest.mark.parametrize(("people", "matched"), [(100, True), (99, False), (0, False), (None, None)])
def test_people_registered_in_the_area_stand_in_for_a_figure_nobody_gave(
    *, people: int | None, matched: bool | None
) -> None:
    found = conditions({"kind": "flood", "attention": False}, people_in_area=people)[8]

    assert found.matched is matched
    assert found.decided_by[0] == ("population" if people is not None else "affected_people_persons")


def test_a_figure_that_was_given_counts_before_the_estimate() -> None:
    given: dict[str, Value] = {"kind": "flood", "attention": False, "affected_people_persons": 3}

    assert conditions(given, people_in_area=5000)[8].matched is False


def test_the_watch_list_is_unknown_until_somebody_reviewed_it() -> None:
    why = Label("外地刚发生", "it happened elsewhere")
    watching = replace(RULES, watched=(WatchedKind("coal_mine", date(2026, 7, 1), why),))

    assert conditions(CALM, rules=RULES)[9].ask == ("watch_list",)
    assert conditions(CALM, rules=REVIEWED)[9].matched is False
    assert conditions({"kind": "coal_mine"}, rules=watching)[9].why == why
    assert (
        conditions({"kind": "coal_mine"}, rules=watching, at=datetime.fromisoformat("2026-07-02T00:00+08:00"))[
            9
        ].matched
        is None
    )


def test_from_the_general_grade_it_is_always_reported() -> None:
    assert judged({**CALM, "grade": "general"}).value is True
    assert judged(CALM).value is False
    assert judged({**CALM, "grade": None}).value is None
    assert judged({**CALM, "grade": None}).ask[0] == "grade"
    assert judged({**CALM, "grade": None, "trapped_persons": 1}).value is True
    assert judged({**CALM, "ongoing": None}).value is None


@pytest.mark.parametrize(
    ("grade", "has_banner"),
    [("below_general", False), ("general", False), ("larger", True), ("major", True), ("extra_major", True)],
)
def test_the_province_is_named_from_the_larger_grade(*, grade: str, has_banner: bool) -> None:
    assert (judged({**CALM, "grade": grade}).province_banner is not None) is has_banner


@pytest.mark.parametrize(
    ("given", "copied", "possible"),
    [
        pytest.param({}, False, False, id="nobody"),
        pytest.param({"seriously_injured_persons": 1}, True, False, id="seriously injured"),
        pytest.param({"kind": "poisoning"}, True, False, id="poisoning"),
        pytest.param({"people_poisoned": True}, True, False, id="poisoned people"),
        pytest.param({"seriously_injured_persons": None}, False, True, id="not known"),
        pytest.param({"people_poisoned": None}, False, True, id="poisoning not known"),
    ],
)
def test_the_health_commission_gets_a_copy_of_serious_injuries(
    *, given: dict[str, Value], copied: bool, possible: bool
) -> None:
    found = judged({**CALM, **given})

    assert ("health_commission" in [item.id for item in found.copies]) is copied
    assert ("health_commission" in [item.id for item in found.possible_copies]) is possible
    assert [item.id for item in found.recipients] == [
        "committee_duty_office",
        "government_duty_office",
        "emergency_bureau",
    ]
