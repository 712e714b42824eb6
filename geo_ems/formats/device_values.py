"""Values of devices read strictly: a place on the Earth, an instant, numbers with their units."""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from geo_ems.errors import UsageError
from geo_ems.model.positions import FixSource

KMH_PER_KNOT: Final = 1.852
KMH_PER_M_S: Final = 3.6
DEVICE_CHARACTERS: Final = 100
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_SECONDS = re.compile(r"[0-9]{1,14}(\.[0-9]{1,9})?")
# What stands below is seconds, what stands above milliseconds: 1973 in milliseconds, 5138 in seconds.
_FIRST_MS: Final = 100_000_000_000
EARLIEST_MS: Final = 946_684_800_000
"""Before 2000 no device of ours sent anything: a clock that was never set, or a week counted wrongly."""


@dataclass(frozen=True, slots=True)
class SentFix:
    """What a device says of itself; WGS84 degrees. Without `fix_time_ms` it is now.

    `has_fix` is False where the device says, or shows by the place 0, 0, that it does not know where it is.
    """

    source: FixSource
    lon_deg: float
    lat_deg: float
    device: str | None = None
    fix_time_ms: int | None = None
    accuracy_m: float | None = None
    speed_kmh: float | None = None
    bearing_deg: float | None = None
    altitude_m: float | None = None
    has_fix: bool = True


def number_of(value: object, *, field: str, least: float, most: float) -> float:
    """Return a finite number within limits, from a text or from JSON.

    Raises
    ------
    UsageError
        Where it is none, or out of range.
    """
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value.strip()) is not None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    number = float(value) if is_text or is_number else math.nan  # type: ignore[arg-type]  # of the two it is one
    if not least <= number <= most:
        raise UsageError(
            f"'{field}' is no number from {least:g} to {most:g}",
            remedy="Send degrees, metres and knots as the protocol says.",
            field=field,
            value=value,
        )
    return number


def measured(value: object, *, field: str, most: float, factor: float = 1.0, least: float = 0.0) -> float | None:
    """Return a measurement in our unit, None where the device says by a negative number that it has none."""
    if value is None or value == "":
        return None
    number = number_of(value, field=field, least=-1e9, most=1e9)
    if number < least:
        return None
    return number_of(number, field=field, least=least, most=most) * factor


def bearing_of(value: object, *, field: str) -> float | None:
    """Return degrees clockwise from north, 0 up to 360; None where the device says that it has none (-1)."""
    found = measured(value, field=field, most=360.0)
    return None if found is None else found % 360.0


def lon_lat(lon: object, lat: object, *, names: tuple[str, str] = ("lon", "lat")) -> tuple[float, float]:
    """Return a place on the Earth."""
    return number_of(lon, field=names[0], least=-180, most=180), number_of(lat, field=names[1], least=-90, most=90)


def time_of(value: object, *, field: str) -> int:
    """Return Unix milliseconds of an instant in seconds, milliseconds, or ISO 8601; without an offset it is UTC.

    Raises
    ------
    UsageError
        Where it is no instant, or one before the year 2000.
    """
    found: float | None = None
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if _SECONDS.fullmatch(text):
        number = float(text)
        found = number if number >= _FIRST_MS else number * 1000
    elif text[:4].isdigit():
        with suppress(ValueError):
            instant = datetime.fromisoformat(text)
            found = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000
    if found is None or found < EARLIEST_MS:
        raise UsageError(
            f"'{field}' is no instant",
            remedy="Send Unix seconds or milliseconds, or 2026-07-21T03:10:00Z, later than the year 2000.",
            field=field,
            value=value,
        )
    return round(found)


def device_of(value: object, *, field: str) -> str | None:
    """Return the name of a device; None where there is none.

    Raises
    ------
    UsageError
        Where it is too long or cannot be shown.
    """
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > DEVICE_CHARACTERS or not text.isprintable():
        raise UsageError(
            f"'{field}' is no device id",
            remedy=f"Send 1 to {DEVICE_CHARACTERS} characters that can be shown.",
            field=field,
            value=value,
        )
    return text


def mapping_in(document: object, name: str) -> Mapping[str, object]:
    """Return an object inside a JSON document.

    Raises
    ------
    UsageError
        Where there is none of that name.
    """
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise UsageError(f"There is no object '{name}'", remedy=f'Send {{"{name}": {{...}}}}.', field=name)
    return found


def is_nowhere(lon_deg: float, lat_deg: float) -> bool:
    """Return whether a place is 0, 0: what devices send that have no fix."""
    return lon_deg == 0.0 and lat_deg == 0.0
