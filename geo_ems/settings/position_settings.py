"""What the section [positions] of geo-ems.toml says: how long tracks are kept, which fixes are believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PositionSettings:
    """How positions of teams are taken in.

    Tracks are kept `days_kept` days; a fix more than `ahead_s` seconds ahead of our clock is
    refused; one that would have needed more than `jump_kmh` is marked as a jump. With
    `keys_required` also callers on this machine need a device key to post a position.
    """

    days_kept: int = 30
    ahead_s: int = 120
    jump_kmh: int = 400
    keys_required: bool = False


POSITION_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "days_kept": (1, 3650),
    "ahead_s": (0, 86_400),
    "jump_kmh": (10, 10_000),
}


def plain_positions(raw: object) -> PositionSettings | None:
    """Return what the section says where nothing in it can be faulted, else None."""
    if not isinstance(raw, dict) or not raw.keys() <= {*POSITION_LIMITS, "keys_required"}:
        return None
    for key, (least, most) in POSITION_LIMITS.items():
        value = raw.get(key, least)
        if type(value) is not int or not least <= value <= most:
            return None
    if type(raw.get("keys_required", False)) is not bool:
        return None
    return PositionSettings(**raw)
