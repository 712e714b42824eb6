"""Option texts of the command line turned into typed values; wrong ones are refused with the remedy."""

import contextlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from geo_ems.errors import UsageError
from geo_ems.model.definitions import Availability
from geo_ems.model.labels import LANGUAGES, Language

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_LONLAT = re.compile(rf"\s*({_NUMBER})\s*[,，]\s*({_NUMBER})\s*", re.ASCII)
_CUTOFF = re.compile(rf"\s*({_NUMBER})\s*(m|km|s|min|h)\s*", re.ASCII)
_METRES = {"m": 1.0, "km": 1000.0}
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def lonlat_argument(text: str) -> tuple[float, float]:
    """Return (longitude, latitude) in degrees from "LON,LAT"."""
    match = _LONLAT.fullmatch(text)
    if match is None:
        raise UsageError(
            f"'{text}' is not a place", where="--at", remedy="Write LON,LAT in degrees: --at 111.5,31.2", field="at"
        )
    return float(match[1]), float(match[2])


def cutoff_argument(text: str | None) -> float | None:
    """Return metres from "1000m" or "2km"; a time is refused, because straight lines have none."""
    if text is None:
        return None
    match = _CUTOFF.fullmatch(text)
    if match is None or not math.isfinite(float(match[1])):
        raise UsageError(
            f"'{text}' is not a cutoff",
            where="--cutoff",
            remedy="Write it with its unit: 1000m or 2km.",
            field="cutoff",
        )
    if match[2] not in _METRES:
        raise UsageError(
            "A cutoff in time needs roads, and no road network is loaded",
            where="--cutoff",
            remedy="Write metres: --cutoff 1000m",
            field="cutoff",
            value=text,
        )
    return float(match[1]) * _METRES[match[2]]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A cutoff as it was written: metres or seconds, or neither."""

    metres: float | None = None
    seconds: float | None = None


def measured_argument(text: str | None) -> Cutoff:
    """Return metres from "1000m" or "2km", seconds from "15min", "900s" or "1h"."""
    if text is None:
        return Cutoff()
    match = _CUTOFF.fullmatch(text)
    if match is None or not math.isfinite(float(match[1])):
        raise UsageError(
            f"'{text}' is not a cutoff",
            where="--cutoff",
            remedy="Write it with its unit: 15min, 1000m or 2km.",
            field="cutoff",
        )
    if match[2] in _METRES:
        return Cutoff(metres=float(match[1]) * _METRES[match[2]])
    return Cutoff(seconds=float(match[1]) * _SECONDS[match[2]])


def policies_argument(texts: Sequence[str]) -> dict[str, str]:
    """Return what barriers are to do from "ZD-01=closed" or "hazard_areas=ignore"; the policy itself is read later."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, policy = text.rpartition("=")
        if not equals or not name.strip() or not policy.strip():
            raise UsageError(
                f"'{text}' is not a policy",
                where="--policy",
                remedy="Write ID=closed, ID=slow:3, ID=delay:120 or hazard_areas=ignore.",
                field="policy",
                value=text,
            )
        found[name.strip()] = policy.strip()
    return found


def metric_argument(text: str) -> None:
    """Accept straight_line; refuse the road metrics, which need a road network."""
    if text == "straight_line":
        return
    if text in {"travel_time", "road_distance"}:
        raise UsageError(
            f"'{text}' needs a road network, and none is loaded",
            where="--metric",
            remedy="Ask for --metric straight_line; the answer is never called travel time.",
            field="metric",
            value=text,
        )
    raise UsageError(f"There is no metric '{text}'", where="--metric", remedy="Known: straight_line.", field="metric")


def instant_argument(text: str | None, zone: ZoneInfo, *, option: str) -> datetime | None:
    """Return an instant from ISO 8601 text; a time without offset is read in the project's zone."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)
        instant.astimezone(UTC)  # beyond the years 1 and 9999 there is no such instant
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"'{text}' is not an instant",
            where=option,
            remedy="Write 2026-07-02T03:10:00+08:00.",
            field=option.strip("-"),
        ) from error
    return instant


def language_argument(text: str | None, default: Language) -> Language:
    """Return zh or en."""
    if text is None:
        return default
    if text not in LANGUAGES:
        raise UsageError(f"There is no language '{text}'", where="--lang", remedy="Write zh or en.", field="lang")
    return "zh" if text == "zh" else "en"


def availability_argument(text: str) -> frozenset[Availability]:
    """Return a set of availability classes from "available,delayed"."""
    known = [str(item) for item in Availability]
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise UsageError(
            f"'{', '.join(wrong) or text}' is no availability class",
            where="--availability",
            remedy=f"Known: {', '.join(known)}.",
            field="availability",
        )
    return frozenset(Availability(name) for name in names)


def choice_argument(text: str, choices: tuple[str, ...], *, option: str) -> str:
    """Return the choice, or refuse it listing those there are."""
    if text not in choices:
        raise UsageError(f"'{text}' is not known", where=option, remedy=f"Known: {', '.join(choices)}.", field=option)
    return text


def input_file(path: Path) -> Path:
    """Return the path of a readable file, or refuse it."""
    if path.is_dir():
        raise UsageError(f"'{path}' is a folder", remedy="Name one file in it.", field="file")
    if not path.is_file():
        raise UsageError(f"There is no file '{path}'", remedy="Check the name and the folder.", field="file")
    return path


def check_own_files(read: Sequence[Path], written: Path | None) -> None:
    """Refuse the store of the project, and what belongs to it, among the files of a command; also writing what is read.

    It is asked before anything is stored: a report that replaced its own source would take the rows with it.
    """
    from geo_ems.bootstrap import current_project, store_path
    from geo_ems.storage.store_places import check_apart_from_store

    check_apart_from_store(store_path(current_project()), [*read, *([] if written is None else [written])])
    for file in read:
        if written is not None and written.exists() and written.samefile(file):
            raise UsageError(
                f"'{written}' is the file that is read: writing it would replace the data",
                where="--report",
                remedy="Name another file.",
                field="report",
                value=str(written),
            )


def write_output(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary name beside it, then renamed."""
    if not path.name:
        raise UsageError(f"'{path}' names no file", remedy="Write a file name: map.html", field="out")
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # where it could not be written it may not be removable either
            partial.unlink(missing_ok=True)
        raise UsageError(
            f"'{path}' cannot be written: {error.strerror}", remedy="Choose another folder.", field="out"
        ) from error
