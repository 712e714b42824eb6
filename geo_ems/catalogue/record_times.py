"""Dates and instants as people write them."""

import re
import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from geo_ems.catalogue import record_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import Cell

_DAY = r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
_CLOCK = r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,]\d+)?)?|[时時](?:(\d{1,2})分(?:(\d{1,2})秒)?)?)"
_OFFSET = r"(Z|z|[+-]\d{2}:?\d{2})"
_DATE = re.compile(f"^{_DAY}$")
_COMPACT_DATE = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
_INSTANT = re.compile(rf"^{_DAY}(?:\s*[T ]?\s*{_CLOCK}\s*{_OFFSET}?)?$")
_CLOCK_GROUPS = slice(9, 14)
_OFFSET_GROUP = 14


class TimeFaultError(Exception):
    """A cell that is no date or instant; carries the finding for the row."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.problem("en"))
        self.finding = finding


def parse_date(cell: Cell) -> tuple[date, bool]:
    """Return (the date, whether a time of day was dropped).

    Raises
    ------
    TimeFaultError
        Where the cell is no date.
    """
    if isinstance(cell, datetime):
        return cell.date(), cell.time() != datetime.min.time()
    if isinstance(cell, date):
        return cell, False
    text = _plain(cell)
    compact = _COMPACT_DATE.match(text)
    if compact is not None:
        return _day(compact.groups(), cell), False
    matched = _INSTANT.match(text)
    if matched is None:
        raise TimeFaultError(found.NOT_A_DATE.found(value=cell))
    clock = [int(part) for part in matched.groups()[_CLOCK_GROUPS] if part is not None]
    return _day(matched.groups(), cell), any(clock)


def parse_instant(cell: Cell, *, zone: ZoneInfo) -> tuple[datetime, bool, bool]:
    """Return (the instant in UTC, whether the zone was assumed, whether midnight was assumed).

    Raises
    ------
    TimeFaultError
        Where the cell is no date and time, or names a local time that the zone's clocks skip.
    """
    if isinstance(cell, datetime):
        return (*_to_utc(cell, cell, zone), False)
    if isinstance(cell, date):
        return (*_to_utc(datetime(cell.year, cell.month, cell.day), cell, zone), True)  # noqa: DTZ001 - zone follows
    matched = _INSTANT.match(_plain(cell))
    if matched is None:
        raise TimeFaultError(found.NOT_AN_INSTANT.found(value=cell))
    day = _day(matched.groups(), cell, instant=True)
    hour, *rest = matched.groups()[_CLOCK_GROUPS]
    minute, second, *_ = (*(int(part) for part in rest if part is not None), 0, 0)
    try:
        clock = datetime(day.year, day.month, day.day, int(hour or 0), minute, second)  # noqa: DTZ001 - zone follows
    except ValueError as error:
        raise TimeFaultError(found.NOT_AN_INSTANT.found(value=cell)) from error
    offset = matched.groups()[_OFFSET_GROUP]
    if offset is not None:
        try:
            clock = datetime.fromisoformat(f"{clock.isoformat()}{'+00:00' if offset in 'Zz' else offset}")
        except ValueError as error:
            raise TimeFaultError(found.NOT_AN_INSTANT.found(value=cell)) from error
    return (*_to_utc(clock, cell, zone), hour is None)


def _plain(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _day(groups: tuple[str | None, ...], cell: Cell, *, instant: bool = False) -> date:
    year, month, day = (int(part) for part in groups[:9] if part is not None)
    try:
        return date(year, month, day)
    except ValueError as error:
        fault = found.NOT_AN_INSTANT if instant else found.NOT_A_DATE
        raise TimeFaultError(fault.found(value=cell)) from error


def _to_utc(clock: datetime, cell: Cell, zone: ZoneInfo) -> tuple[datetime, bool]:
    is_naive = clock.tzinfo is None
    try:
        local = clock.replace(tzinfo=zone) if is_naive else clock
        instant = local.astimezone(UTC)
        exists = not is_naive or instant.astimezone(zone).replace(tzinfo=None) == clock
    except (OverflowError, ValueError) as error:
        raise TimeFaultError(found.NOT_AN_INSTANT.found(value=cell)) from error
    if not exists:
        raise TimeFaultError(found.NO_SUCH_LOCAL_TIME.found(value=cell, zone=zone.key))
    return instant, is_naive


def stored_instant(instant: datetime) -> str:
    """Return the stored form, whole seconds (the rest cut off) in UTC: 2026-02-01T00:30:00Z."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
