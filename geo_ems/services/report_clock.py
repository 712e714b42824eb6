"""The one-hour clock of an incident: when the first report is due, and whether it was sent in time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal

from geo_ems.model.features import Properties
from geo_ems.model.labels import Language
from geo_ems.services.provenance import instant_text
from geo_ems.services.words import say

ClockState = Literal["running", "overdue", "met", "met_late", "merged", "unknown"]
URGENCY: tuple[ClockState, ...] = ("overdue", "running", "unknown", "met_late", "met", "merged")
_MINUTE_S = 60
_HOUR_MIN, _DAY_MIN = 60, 1440


@dataclass(frozen=True, slots=True)
class ReportClock:
    """The clock at one instant; seconds are counted from or to the deadline, minutes rounded up."""

    state: ClockState
    started_at: str | None
    deadline: str | None
    reported_at: str | None
    remaining_s: int | None
    overdue_s: int | None

    @property
    def overdue_min(self) -> int | None:
        """Return the minutes over the deadline, each begun one counted."""
        return None if self.overdue_s is None else ceil(self.overdue_s / _MINUTE_S)

    def words(self, language: Language) -> str:
        """Return the state in words."""
        match self.state:
            case "running":
                left = (self.remaining_s or 0) // _MINUTE_S
                return say(language, f"上报倒计时:还剩 {left} 分钟", f"report due in {left} min")
            case "overdue":
                late = _lateness(self.overdue_min or 0, language)
                return say(language, f"已超时 {late},未上报", f"overdue by {late}, not reported")
            case "met":
                return say(language, f"已按时上报({self.reported_at})", f"reported in time, at {self.reported_at}")
            case "met_late":
                late = _lateness(self.overdue_min or 0, language)
                said = (f"已上报,迟报 {late}({self.reported_at})", f"reported late by {late}, at {self.reported_at}")
                return say(language, *said)
            case "merged":
                return say(language, "已并入其他事件", "merged into another incident")
            case "unknown":
                return say(language, "接报时间未知,无法计时", "received at an unknown time: no clock")


def _lateness(minutes: int, language: Language) -> str:
    """Return minutes as one says them: beyond two hours in hours, beyond two days in days."""
    if minutes < 2 * _HOUR_MIN:
        return say(language, f"{minutes} 分钟", f"{minutes} min")
    if minutes < 2 * _DAY_MIN:
        return say(language, f"{minutes // _HOUR_MIN} 小时", f"{minutes // _HOUR_MIN} h")
    return say(language, f"{minutes // _DAY_MIN} 天", f"{minutes // _DAY_MIN} days")


def report_clock(properties: Properties, *, now: datetime, limit_min: int) -> ReportClock:
    """Return the clock of an incident at an instant.

    It starts when the incident was received, or when it occurred where that is known to be earlier, and stops
    with the first report. The deadline itself is still in time.
    """
    starts = [instant for name in ("received_at", "occurred_at") if (instant := known_instant(properties, name))]
    reported = known_instant(properties, "reported_at")
    started = min(starts, default=None)
    deadline = None if started is None else started + timedelta(minutes=limit_min)
    told = (_text(started), _text(deadline), _text(reported))
    if properties.get("merged_into"):
        return ReportClock("merged", *told, None, None)
    if deadline is None:
        return ReportClock("met" if reported else "unknown", *told, None, None)
    late_s = ceil(((reported or now.replace(microsecond=0)) - deadline).total_seconds())
    if reported is not None:
        return ReportClock("met_late" if late_s > 0 else "met", *told, None, late_s if late_s > 0 else None)
    if late_s > 0:
        return ReportClock("overdue", *told, None, late_s)
    return ReportClock("running", *told, -late_s, None)


def known_instant(properties: Properties, name: str) -> datetime | None:
    """Return an instant of a feature in UTC, None where it is unknown."""
    value = properties.get(name)
    return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)
