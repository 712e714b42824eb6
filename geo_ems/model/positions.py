"""Where a team's device says it is: one fix, and what became of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class FixSource(StrEnum):
    """Through what a fix came in."""

    JSON = "json"
    OSMAND = "osmand"
    TRACCAR_CLIENT = "traccar_client"
    TRACCAR = "traccar"


class FixOutcome(StrEnum):
    """What a fix was to its team: the newest, an older one (kept for the track), or one that was there already."""

    NEWEST = "newest"
    OLDER = "older"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class PositionFix:
    """One fix of one device, WGS84 degrees; `fix_time_ms` is Unix time in milliseconds, None means not known.

    The order of fixes is that of their times, whenever they arrive.
    """

    team_id: str
    device_id: str
    fix_time_ms: int
    lon_deg: float
    lat_deg: float
    source: FixSource
    accuracy_m: float | None = None
    speed_kmh: float | None = None
    bearing_deg: float | None = None
    altitude_m: float | None = None


@dataclass(frozen=True, slots=True)
class StoredFix:
    """A fix as the store keeps it: `number` counts them in the order of arrival.

    `is_jump` marks a fix that nobody can have driven to from the newest one before it.
    """

    number: int
    fix: PositionFix
    received_at_ms: int
    is_jump: bool


@dataclass(frozen=True, slots=True)
class FixReceipt:
    """What became of a fix that is durable now."""

    outcome: FixOutcome
    is_jump: bool
    position_seq: int


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A device that may post the position of one team; the key itself is not kept, only its hash."""

    key_id: str
    team_id: str
    name: str
    created_at: str
    revoked_at: str | None = None


def instant_of_ms(milliseconds: int) -> datetime:
    """Return the instant of a Unix time in milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def text_of_ms(milliseconds: int) -> str:
    """Return a Unix time in milliseconds as YYYY-MM-DDTHH:MM:SS[.mmm]Z."""
    text = instant_of_ms(milliseconds).strftime("%Y-%m-%dT%H:%M:%S")
    rest = milliseconds % 1000
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"
