"""The only reader of `rules/reporting.toml` and `rules/special_periods.toml`: every key checked, every fault told."""

import tomllib
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from geo_ems.errors import FaultsError, GeoEmsError, UsageError
from geo_ems.model.labels import Label

REPORTING_FILE, PERIODS_FILE = "reporting.toml", "special_periods.toml"
SERIOUS_OR_POISONED = "serious_injury_or_poisoning"
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class SpecialPeriod:
    """A public holiday or special period, both days included."""

    first: date
    last: date
    name: Label


@dataclass(frozen=True, slots=True)
class YearlyPeriod:
    """A holiday with the same days of every year: (month, day) of the first and the last."""

    first: tuple[int, int]
    last: tuple[int, int]
    name: Label


@dataclass(frozen=True, slots=True)
class PeriodCalendar:
    """Special periods by date; in a year that is not among `years` only those of every year are known."""

    years: frozenset[int]
    every_year: tuple[YearlyPeriod, ...]
    periods: tuple[SpecialPeriod, ...]

    def period_of(self, day: date) -> Label | None:
        """Return the name of the period that holds a day, None where none is known to."""
        for period in self.periods:
            if period.first <= day <= period.last:
                return period.name
        for yearly in self.every_year:
            if yearly.first <= (day.month, day.day) <= yearly.last:
                return yearly.name
        return None


@dataclass(frozen=True, slots=True)
class WatchedKind:
    """A kind of incident that is watched because of a recent major event elsewhere, until a day."""

    kind: str
    until: date | None
    why: Label


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is reported to (`to`) or gets a copy (`copy`); with `when` only then."""

    id: str
    label: Label
    role: Literal["to", "copy"]
    when: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ReportingRules:
    """What the two files say; times are of the project's zone."""

    clock_min: int
    nearby_hours: float
    nearby_radius_m: float
    night_from: time
    night_to: time
    injured_persons: int
    seriously_injured_persons: int
    many_affected_persons: int
    leads_from: str
    province_grade_from: str
    province_banner: Label
    watch_reviewed_on: date | None
    watched: tuple[WatchedKind, ...]
    recipients: tuple[Recipient, ...]
    calendar: PeriodCalendar

    def is_night(self, at: time) -> bool:
        """Return whether a local time of day lies in the night; its beginning is inside, its end is not."""
        if self.night_from <= self.night_to:
            return self.night_from <= at < self.night_to
        return at >= self.night_from or at < self.night_to


def _clock_time(value: str) -> str:
    time.fromisoformat(value)
    return value


def _month_day(value: str) -> str:
    date.fromisoformat(f"{_LEAP_YEAR}-{value}")
    return value


_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
_ClockTime = Annotated[str, Field(pattern=r"^[0-9]{2}:[0-9]{2}$"), AfterValidator(_clock_time)]
_MonthDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$"), AfterValidator(_month_day)]
_People = Annotated[int, Field(ge=1, le=100_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class _LabelToml(_Strict):
    zh: _Name
    en: _Name

    @property
    def label(self) -> Label:
        return Label(self.zh, self.en)


class _ClockToml(_Strict):
    minutes: Annotated[int, Field(ge=1, le=1440)]


class _NearbyToml(_Strict):
    hours: Annotated[float, Field(gt=0, le=720)]
    radius_m: Annotated[float, Field(gt=0, le=1_000_000)]


class _NightToml(_Strict):
    first: _ClockTime = Field(alias="from")
    last: _ClockTime = Field(alias="to")


class _ConditionsToml(_Strict):
    injured_persons: _People
    seriously_injured_persons: _People
    many_affected_persons: _People


class _JurisdictionToml(_Strict):
    leads_from: Literal["grid", "village", "township", "county", "city", "province"]


class _ProvinceToml(_Strict):
    grade_from: Literal["general", "larger", "major", "extra_major"]
    banner: _LabelToml


class _WatchedToml(_Strict):
    kind: _Id
    why: _LabelToml
    until: date | None = None


class _WatchListToml(_Strict):
    kinds: list[_WatchedToml]
    reviewed_on: date | None = None


class _RecipientToml(_Strict):
    id: _Id
    label: _LabelToml
    role: Literal["to", "copy"]
    when: Literal["serious_injury_or_poisoning"] | None = None
    phone: Annotated[str, Field(min_length=3, max_length=100)] | None = None


class _ReportingToml(_Strict):
    clock: _ClockToml
    nearby: _NearbyToml
    night: _NightToml
    conditions: _ConditionsToml
    jurisdiction: _JurisdictionToml
    province: _ProvinceToml
    watch_list: _WatchListToml
    recipients: Annotated[list[_RecipientToml], Field(min_length=1, max_length=50)]


class _YearlyToml(_Strict):
    first: _MonthDay = Field(alias="from")
    last: _MonthDay = Field(alias="to")
    name: _LabelToml


class _PeriodToml(_Strict):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    name: _LabelToml


class _PeriodsToml(_Strict):
    years: list[Annotated[int, Field(ge=1900, le=2199)]]
    every_year: list[_YearlyToml] = []
    periods: list[_PeriodToml] = []


_File = TypeVar("_File", bound=_Strict)


def load_reporting_rules(rules_folder: Path, *, bundled: Path) -> ReportingRules:
    """Return the rules of a project; a file that it does not have is taken from the `bundled` folder.

    Raises
    ------
    FaultsError
        Where a file is no TOML, or holds wrong, missing or unknown keys, a period that ends before it begins,
        or the same recipient twice.
    """
    reporting_path, periods_path = (_present(rules_folder, bundled, name) for name in (REPORTING_FILE, PERIODS_FILE))
    toml, periods = _read(reporting_path, _ReportingToml), _read(periods_path, _PeriodsToml)
    _refuse(_period_faults(periods, periods_path), periods_path)
    ids = [recipient.id for recipient in toml.recipients]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    _refuse(
        [_fault(f"The recipient '{name}' stands twice", reporting_path, "recipients", "Leave one.") for name in twice],
        reporting_path,
    )
    return ReportingRules(
        clock_min=toml.clock.minutes,
        nearby_hours=toml.nearby.hours,
        nearby_radius_m=toml.nearby.radius_m,
        night_from=time.fromisoformat(toml.night.first),
        night_to=time.fromisoformat(toml.night.last),
        injured_persons=toml.conditions.injured_persons,
        seriously_injured_persons=toml.conditions.seriously_injured_persons,
        many_affected_persons=toml.conditions.many_affected_persons,
        leads_from=toml.jurisdiction.leads_from,
        province_grade_from=toml.province.grade_from,
        province_banner=toml.province.banner.label,
        watch_reviewed_on=toml.watch_list.reviewed_on,
        watched=tuple(WatchedKind(item.kind, item.until, item.why.label) for item in toml.watch_list.kinds),
        recipients=tuple(
            Recipient(item.id, item.label.label, item.role, item.when, item.phone) for item in toml.recipients
        ),
        calendar=PeriodCalendar(
            frozenset(periods.years),
            tuple(YearlyPeriod(_pair(item.first), _pair(item.last), item.name.label) for item in periods.every_year),
            tuple(SpecialPeriod(item.first, item.last, item.name.label) for item in periods.periods),
        ),
    )


def _present(folder: Path, bundled: Path, name: str) -> Path:
    own = folder / name
    return own if own.is_file() else bundled / name


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"'{path.name}' cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError(
            "not valid TOML", [UsageError(str(error))], where=str(path), remedy="Correct the line named."
        ) from error
    except ValidationError as error:
        faults = [
            _fault(item["msg"], path, ".".join(str(part) for part in item["loc"]), "See the file that comes with it.")
            for item in error.errors()
        ]
        raise FaultsError("wrong rules", faults, where=str(path)) from error


def _period_faults(toml: _PeriodsToml, path: Path) -> list[GeoEmsError]:
    remedy = "Write the first day before the last; split a period at New Year."
    spans = [(item.name.en, str(item.first), str(item.last)) for item in toml.periods]
    spans += [(item.name.en, item.first, item.last) for item in toml.every_year]
    return [
        _fault(f"The period '{name}' ends before it begins", path, "periods", remedy)
        for name, first, last in spans
        if last < first
    ]


def _pair(month_day: str) -> tuple[int, int]:
    month, day = month_day.split("-")
    return int(month), int(day)


def _fault(problem: str, path: Path, key: str, remedy: str) -> UsageError:
    return UsageError(problem, where=f"{path.name}, key '{key}'", remedy=remedy)


def _refuse(faults: list[GeoEmsError], path: Path) -> None:
    if faults:
        raise FaultsError("wrong rules", faults, where=str(path))
