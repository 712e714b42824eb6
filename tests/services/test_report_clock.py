"""The one-hour clock at its boundary."""

from datetime import UTC, datetime

import pytest

from geo_ems.services.report_clock import ReportClock, report_clock


def clock(now: str, **times: str):
    return report_clock(times, now=datetime.fromisoformat(now).astimezone(UTC), limit_min=60)


@pytest.mark.parametrize(
    ("now", "state", "overdue_min", "words"),
    [
        ("2026-07-01T04:00:00Z", "running", None, "report due in 60 min"),
        ("2026-07-01T04:00:01Z", "running", None, "report due in 59 min"),
        ("2026-07-01T05:00:00Z", "running", None, "report due in 0 min"),
        ("2026-07-01T05:00:01Z", "overdue", 1, "overdue by 1 min, not reported"),
        ("2026-07-01T05:01:00Z", "overdue", 1, "overdue by 1 min, not reported"),
        ("2026-07-01T05:01:01Z", "overdue", 2, "overdue by 2 min, not reported"),
    ],
)
def test_the_deadline_itself_is_still_in_time(now: str, state: str, overdue_min: int | None, words: str) -> None:
    found = clock(now, received_at="2026-07-01T04:00:00Z")

    assert (found.state, found.overdue_min, found.words("en")) == (state, overdue_min, words)
    assert found.deadline == "2026-07-01T05:00:00Z"


def test_it_starts_when_it_occurred_where_that_is_known_to_be_earlier() -> None:
    found = clock("2026-07-01T04:30:00Z", received_at="2026-07-01T04:00:00Z", occurred_at="2026-07-01T03:00:00Z")

    assert (found.state, found.started_at) == ("overdue", "2026-07-01T03:00:00Z")


def test_a_later_time_of_occurrence_does_not_move_it() -> None:
    found = clock("2026-07-01T04:30:00Z", received_at="2026-07-01T04:00:00Z", occurred_at="2026-07-01T04:20:00Z")

    assert found.deadline == "2026-07-01T05:00:00Z"


@pytest.mark.parametrize(("reported", "state"), [("2026-07-01T05:00:00Z", "met"), ("2026-07-01T05:00:01Z", "met_late")])
def test_the_first_report_stops_it(reported: str, state: str) -> None:
    found = clock("2026-07-09T00:00:00Z", received_at="2026-07-01T04:00:00Z", reported_at=reported)

    assert found.state == state
    assert found.remaining_s is None


def test_without_any_time_there_is_no_clock_and_a_merged_incident_has_none_of_its_own() -> None:
    assert clock("2026-07-01T04:00:00Z").state == "unknown"
    assert clock("2026-07-01T04:00:00Z", received_at="2026-07-01T01:00:00Z", merged_into="I2").state == "merged"


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (119, "已超时 119 分钟,未上报", "overdue by 119 min, not reported"),
        (120, "已超时 2 小时,未上报", "overdue by 2 h, not reported"),
        (2879, "已超时 47 小时,未上报", "overdue by 47 h, not reported"),
        (2880, "已超时 2 天,未上报", "overdue by 2 days, not reported"),
    ],
)
def test_a_long_delay_is_said_in_hours_and_days(minutes: int, zh: str, en: str) -> None:
    clock = ReportClock("overdue", None, None, None, None, minutes * 60)

    assert (clock.words("zh"), clock.words("en")) == (zh, en)
