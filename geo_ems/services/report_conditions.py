"""The eight known conditions under which an incident below the general grade is reported all the same.

They are numbered as in the source (1 and 4 to 10; 2 and 3 are missing there). Each is true, false or unknown;
what is not known is asked for and never taken for "no".

References
----------
DOMAIN rows R067 to R076: conditions, recipients and copies of incident reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_ems.model.features import Properties, Value
from geo_ems.model.labels import Label
from geo_ems.settings.reporting_rules import SERIOUS_OR_POISONED, Recipient, ReportingRules

CASUALTY_FIELDS = ("injured_persons", "seriously_injured_persons", "dead_persons", "missing_persons", "trapped_persons")
POISONING_KINDS = frozenset({"poisoning", "poison_source", "food_safety"})
_GRADES = ("below_general", "general", "larger", "major", "extra_major")


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What the conditions look at: the incident, its local time, and what its place says.

    `local_time` is when it occurred, else was received, in the project's zone. `hazard_area_ids` are the active
    hazard areas that it lies in; `people_in_area` are those who live in its area, None where it has none.
    """

    properties: Properties
    local_time: datetime | None
    hazard_area_ids: tuple[str, ...] = ()
    people_in_area: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: whether it holds (None = not known), why, by which inputs, and what to ask for."""

    number: int
    key: str
    label: Label
    matched: bool | None
    why: Label
    decided_by: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MustReport:
    """Whether the incident has to be reported (None = not known yet), why, and who is told."""

    value: bool | None
    why: Label
    conditions: tuple[Condition, ...]
    ask: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    copies: tuple[Recipient, ...]
    possible_copies: tuple[Recipient, ...]
    province_banner: Label | None


@dataclass(frozen=True, slots=True)
class _Test:
    """One input of a condition: its name, whether it holds, and the words for that."""

    name: str
    holds: bool | None
    why: Label


def must_report(facts: IncidentFacts, rules: ReportingRules) -> MustReport:
    """Return whether an incident has to be reported, with all eight conditions.

    From the general grade upwards it always has; below, and while the grade is not known, where one condition holds.
    """
    conditions = report_conditions(facts, rules)
    grade = facts.properties.get("grade")
    rank = _GRADES.index(grade) if isinstance(grade, str) else None
    matched = [condition for condition in conditions if condition.matched]
    ask = tuple(dict.fromkeys(name for condition in conditions for name in condition.ask))
    if rank is not None and rank >= _GRADES.index("general"):
        value: bool | None = True
        why = Label("达到一般及以上等级", "general grade or above")
    elif matched:
        value = True
        numbers = ", ".join(str(condition.number) for condition in matched)
        why = Label(f"符合第 {numbers} 种情形", f"condition {numbers} holds")
    elif rank is None or any(condition.matched is None for condition in conditions):
        value = None
        ask = ask if rank is not None else ("grade", *ask)
        why = Label("情况不全,先按须报告处理并补问", "not known yet: treat as to be reported, and ask")
    else:
        value = False
        why = Label("未达一般级别,也不符合所列情形", "below general, and none of the conditions holds")
    serious = _serious_or_poisoned(facts.properties)
    copies = [recipient for recipient in rules.recipients if recipient.role == "copy"]
    is_large = rank is not None and rank >= _GRADES.index(rules.province_grade_from)
    return MustReport(
        value=value,
        why=why,
        conditions=conditions,
        ask=ask,
        recipients=tuple(recipient for recipient in rules.recipients if recipient.role == "to"),
        copies=tuple(item for item in copies if item.when is None or (item.when == SERIOUS_OR_POISONED and serious)),
        possible_copies=tuple(item for item in copies if item.when == SERIOUS_OR_POISONED and serious is None),
        province_banner=rules.province_banner if is_large else None,
    )


def report_conditions(facts: IncidentFacts, rules: ReportingRules) -> tuple[Condition, ...]:
    """Return the eight conditions in the order of their numbers; a pure function of facts and rules."""
    tests: tuple[Callable[[IncidentFacts, ReportingRules], Condition], ...] = (
        _special_period,
        _injured,
        _trapped_or_missing,
        _going_on,
        _dark_and_uncertain,
        _many_people,
        _watched_kind,
        _near_miss,
    )
    return tuple(test(facts, rules) for test in tests)


def _special_period(facts: IncidentFacts, rules: ReportingRules) -> Condition:
    label = Label("法定节假日、重大活动或特殊时段", "public holiday, major event or special period")
    if facts.local_time is None:
        test = _Test("occurred_at", None, Label("发生时间未知", "the time is not known"))
    else:
        day = facts.local_time.date()
        period = rules.calendar.period_of(day)
        if period is not None:
            test = _Test("occurred_at", True, Label(f"{day} 属于{period.zh}", f"{day} is in: {period.en}"))
        elif day.year in rules.calendar.years:
            test = _Test("occurred_at", False, Label(f"{day} 不在特殊时段内", f"{day} is in no special period"))
        else:
            test = _Test(
                "special_periods",
                None,
                Label(f"{day.year} 年的特殊时段尚未填写", f"the special periods of {day.year} are not filled in"),
            )
    return _any_of(1, "special_period", label, [test])


def _injured(facts: IncidentFacts, rules: ReportingRules) -> Condition:
    label = Label("受伤3人以上或重伤1人以上", "3 or more injured, or 1 or more seriously")
    return _any_of(
        4,
        "injured",
        label,
        [
            _count_test(facts, "injured_persons", rules.injured_persons, "受伤", "injured"),
            _count_test(
                facts, "seriously_injured_persons", rules.seriously_injured_persons, "重伤", "seriously injured"
            ),
        ],
    )


def _trapped_or_missing(facts: IncidentFacts, _: ReportingRules) -> Condition:
    label = Label("有人被困、失联、下落不明", "people trapped, out of contact or missing")
    return _any_of(
        5,
        "trapped_or_missing",
        label,
        [
            _count_test(facts, "trapped_persons", 1, "被困", "trapped"),
            _count_test(facts, "missing_persons", 1, "失联", "missing"),
        ],
    )


def _going_on(facts: IncidentFacts, _: ReportingRules) -> Condition:
    label = Label("仍在持续,可能扩大或进展不明", "still going on, may grow, or outcome unclear")
    return _any_of(
        6,
        "going_on",
        label,
        [
            _flag_test(facts, "ongoing", "仍在持续", "going on"),
            _flag_test(facts, "may_escalate", "可能扩大", "may escalate"),
        ],
    )


def _dark_and_uncertain(facts: IncidentFacts, rules: ReportingRules) -> Condition:
    label = Label("夜间、雾天或特殊区域,伤亡一时不明", "at night, in fog or a special area, casualties unknown")
    if facts.local_time is None:
        night = _Test("occurred_at", None, Label("时间未知", "the time is not known"))
    else:
        told = f"{facts.local_time:%H:%M}"
        is_night = rules.is_night(facts.local_time.time())
        words = (f"{told} 是夜间", f"{told} is night") if is_night else (f"{told} 不是夜间", f"{told} is not night")
        night = _Test("occurred_at", is_night, Label(*words))
    area = _flag_test(facts, "special_area", "特殊区域", "special area")
    if area.holds is not True and facts.hazard_area_ids:
        named = ", ".join(facts.hazard_area_ids)
        area = _Test("hazard_areas", True, Label(f"位于危险区 {named} 内", f"inside the hazard area {named}"))
    setting = _any_of(0, "", label, [night, _flag_test(facts, "fog", "大雾", "fog"), area])
    unclear = _casualties_unclear(facts.properties)
    matched = _both(setting.matched, unclear.holds)
    if matched is False:  # either part alone decides it: nothing is left to ask
        no_setting = setting.matched is False
        why, by = (setting.why, setting.decided_by) if no_setting else (unclear.why, (unclear.name,))
        return Condition(7, "dark_and_uncertain", label, False, why, by, ())
    ask = (*(setting.ask if setting.matched is None else ()), *((unclear.name,) if unclear.holds is None else ()))
    why = Label(f"{setting.why.zh};{unclear.why.zh}", f"{setting.why.en}; {unclear.why.en}")
    return Condition(7, "dark_and_uncertain", label, matched, why, (*setting.decided_by, unclear.name), ask)


def _many_people(facts: IncidentFacts, rules: ReportingRules) -> Condition:
    label = Label("影响面广、人数多,或引起关注", "wide effect, many people, or public attention")
    affected = _count_test(facts, "affected_people_persons", rules.many_affected_persons, "受影响", "affected")
    if affected.holds is None and facts.people_in_area is not None:
        enough, n = facts.people_in_area >= rules.many_affected_persons, facts.people_in_area
        words = Label(f"事件区域内登记 {n} 人(估计)", f"{n} people registered in its area (an estimate)")
        affected = _Test("population", enough, words)
    return _any_of(8, "many_people", label, [affected, _flag_test(facts, "attention", "引起关注", "public attention")])


def _watched_kind(facts: IncidentFacts, rules: ReportingRules) -> Condition:
    label = Label("与近期外地重大事件同类", "like a recent major event elsewhere")
    kind = facts.properties.get("kind")
    day = None if facts.local_time is None else facts.local_time.date()
    for watched in rules.watched:
        if watched.kind == kind and (watched.until is None or day is None or day <= watched.until):
            return _any_of(9, "watched_kind", label, [_Test("kind", True, watched.why)])
    if rules.watch_reviewed_on is None:
        words = Label("关注清单尚未核对", "nobody has reviewed the watch list yet")
        return _any_of(9, "watched_kind", label, [_Test("watch_list", None, words)])
    when = rules.watch_reviewed_on
    words = Label(f"不在关注清单内({when} 核对)", f"not on the watch list, reviewed on {when}")
    return _any_of(9, "watched_kind", label, [_Test("kind", False, words)])


def _near_miss(facts: IncidentFacts, _: ReportingRules) -> Condition:
    label = Label("其他可能群死群伤的较大涉险", "another near miss that could have killed many")
    test = _flag_test(facts, "near_miss", "较大涉险", "near miss")
    reason = facts.properties.get("near_miss_reason")
    if test.holds and isinstance(reason, str):
        test = _Test(test.name, True, Label(f"{test.why.zh}:{reason}", f"{test.why.en}: {reason}"))
    return _any_of(10, "near_miss", label, [test])


def _casualties_unclear(properties: Properties) -> _Test:
    """Return whether casualties are unclear: as typed, else no where every count is known."""
    typed = properties.get("casualties_unknown")
    if isinstance(typed, bool):
        words = Label("伤亡不明", "casualties unknown") if typed else Label("伤亡已明", "casualties known")
        return _Test("casualties_unknown", typed, words)
    if all(_count(properties.get(name)) is not None for name in CASUALTY_FIELDS):
        return _Test("casualties_unknown", False, Label("各项伤亡数已填", "every casualty figure is given"))
    return _Test("casualties_unknown", None, Label("未说明伤亡是否已明", "not said whether casualties are known"))


def _serious_or_poisoned(properties: Properties) -> bool | None:
    """Return whether somebody is seriously injured or poisoned; None where neither is known."""
    if properties.get("kind") in POISONING_KINDS or properties.get("people_poisoned") is True:
        return True
    serious = _count(properties.get("seriously_injured_persons"))
    if serious is not None and serious >= 1:
        return True
    return False if serious is not None and properties.get("people_poisoned") is False else None


def _count_test(facts: IncidentFacts, name: str, at_least: int, zh: str, en: str) -> _Test:
    count = _count(facts.properties.get(name))
    if count is None:
        return _Test(name, None, Label(f"{zh}人数未知", f"the number of {en} is not known"))
    return _Test(name, count >= at_least, Label(f"{zh} {count} 人", f"{count} {en}"))


def _flag_test(facts: IncidentFacts, name: str, zh: str, en: str) -> _Test:
    value = facts.properties.get(name)
    if not isinstance(value, bool):
        return _Test(name, None, Label(f"未说明是否{zh}", f"not said: {en}"))
    return _Test(name, value, Label(zh, en) if value else Label(f"非{zh}", f"not: {en}"))


def _count(value: Value) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _both(*parts: bool | None) -> bool | None:
    """Return whether all hold: false where one does not, else unknown where one is not known."""
    return False if False in parts else None if None in parts else True


def _any_of(number: int, key: str, label: Label, tests: Sequence[_Test]) -> Condition:
    """Return the condition that holds where any test does; unknown where none does and one is not known."""
    holding = [test for test in tests if test.holds]
    unknown = [test for test in tests if test.holds is None]
    matched: bool | None = True if holding else None if unknown else False
    shown = holding or unknown or list(tests)
    return Condition(
        number=number,
        key=key,
        label=label,
        matched=matched,
        why=Label(";".join(test.why.zh for test in shown), "; ".join(test.why.en for test in shown)),
        decided_by=tuple(test.name for test in shown),
        ask=tuple(test.name for test in unknown) if matched is None else (),
    )
