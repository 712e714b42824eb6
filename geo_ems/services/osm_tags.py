"""What the tags of a way in OpenStreetMap mean for those who drive or walk along it."""

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from geo_ems.model.speeds import SpeedTable

Tags = Mapping[str, str]

FERRY: Final = "ferry"
_KMH_OF_UNIT: Final = {"": 1.0, "kmh": 1.0, "km/h": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_NUMBER_WITH_UNIT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(km/h|kmh|kph|mph|knots)?", re.ASCII)
_ZONE = re.compile(r"(?:[a-z]{2}:)?zone:?(\d{1,3})", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_ISO_TIME = re.compile(r"P(?:(\d{1,2})D)?T?(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?", re.ASCII)
_MINUTES = re.compile(r"\d{1,4}", re.ASCII)
_SLOWEST_KMH, _FASTEST_KMH = 1.0, 200.0
_NO: Final = frozenset({"no", "0", "false"})
_WITH: Final = frozenset({"yes", "1", "true"})
_AGAINST: Final = frozenset({"-1", "reverse"})
_ROUND: Final = frozenset({"roundabout", "circular"})
_SIDEWALK_KEYS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")


@dataclass(slots=True)
class Unread:
    """Values that are not understood, counted by what they say."""

    limits: dict[str, int] = field(default_factory=dict)
    oneways: dict[str, int] = field(default_factory=dict)
    durations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WayRules:
    """What holds on a whole way, in the words of the layer of roads; None where its class decides."""

    road_class: str
    drives: bool
    walks: bool
    drive_access: str | None
    walk_access: str | None
    oneway: str | None
    oneway_walk: str | None
    speed_kmh: float | None
    duration_s: float | None


def class_of(tags: Tags) -> str:
    """Return the class of a way: its `highway`, else ferry."""
    return tags.get("highway") or (FERRY if tags.get("route") == FERRY else "")


def rules_of_way(tags: Tags, road_class: str, table: SpeedTable, unread: Unread) -> WayRules:
    """Return what holds on a way of a class that the table knows; what is not understood is counted."""
    known = table.classes[road_class]
    drive_word = access_word(tags, table.drive_keys)
    walk_word = access_word(tags, table.walk_keys)
    drives = known.drive_kmh is not None and drive_word not in table.drive_closed
    has_sidewalk = any(tags.get(key) in table.sidewalks for key in _SIDEWALK_KEYS)
    walks = (known.walk or has_sidewalk or tags.get("foot") in {"yes", "designated"}) and (
        walk_word not in table.walk_closed
    )
    oneway = _oneway(tags.get("oneway", ""), unread.oneways)
    if oneway is None and (known.oneway or tags.get("junction") in _ROUND):
        oneway = "forward"
    return WayRules(
        road_class=road_class,
        drives=drives,
        walks=walks,
        drive_access="no" if known.drive_kmh is not None and not drives else None,
        walk_access=None if walks == known.walk else ("yes" if walks else "no"),
        oneway=oneway,
        oneway_walk=_oneway(tags.get("oneway:foot", ""), unread.oneways),
        speed_kmh=_limit(tags, table, unread.limits),
        duration_s=_duration(tags, unread.durations) if road_class == FERRY else None,
    )


def access_word(tags: Tags, keys: Sequence[str]) -> str | None:
    """Return what the last of the keys says that is given; None where none is."""
    return next((tags[key] for key in reversed(keys) if tags.get(key)), None)


def stops_vehicles(tags: Tags, table: SpeedTable) -> bool:
    """Return whether a barrier on a road cannot be driven through."""
    word = access_word(tags, table.drive_keys)
    if word in table.drive_closed:
        return True
    return tags.get("barrier") in table.barriers_closed and word not in table.barrier_open_words


def posted_limit_kmh(text: str, limits_kmh: Mapping[str, float]) -> float | None:
    """Return the km/h of a posted limit, of a list the smallest; None where it is not understood.

    Forms: `50`, `30 mph`, `CN:urban`, `DE:zone30`, `walk`, `none`; of a country without an entry of its own
    the word after the colon.
    """
    found = [_one_limit(part.strip(), limits_kmh) for part in text.split(";") if part.strip()]
    known = [kmh for kmh in found if kmh is not None]
    return min(known) if known and len(known) == len(found) else None


def _one_limit(text: str, limits_kmh: Mapping[str, float]) -> float | None:
    number = _NUMBER_WITH_UNIT.fullmatch(text)
    if number is not None:
        kmh = float(number[1]) * _KMH_OF_UNIT[number[2] or ""]
        return kmh if _SLOWEST_KMH <= kmh <= _FASTEST_KMH else None
    zone = _ZONE.fullmatch(text)
    if zone is not None:
        kmh = float(zone[1])
        return kmh if _SLOWEST_KMH <= kmh <= _FASTEST_KMH else None
    return limits_kmh.get(text, limits_kmh.get(text.partition(":")[2]))


def _limit(tags: Tags, table: SpeedTable, unread: dict[str, int]) -> float | None:
    keys = ("maxspeed",) if tags.get("maxspeed") else ("maxspeed:forward", "maxspeed:backward")
    found: list[float] = []
    for text in (tags[key] for key in keys if tags.get(key)):
        kmh = posted_limit_kmh(text, table.limits_kmh)
        if kmh is None:
            _count(unread, text)
        else:
            found.append(kmh)
    return round(min(found), 1) if found else None


def _oneway(text: str, unread: dict[str, int]) -> str | None:
    if not text:
        return None
    for words, code in ((_WITH, "forward"), (_AGAINST, "backward"), (_NO, "no")):
        if text in words:
            return code
    _count(unread, text)
    return "no"


def _duration(tags: Tags, unread: dict[str, int]) -> float | None:
    text = tags.get("duration", "")
    if not text:
        return None
    seconds = duration_s(text)
    if seconds is None:
        _count(unread, text)
    return seconds


def duration_s(text: str) -> float | None:
    """Return the seconds of `1:30` (hours and minutes), `00:20:00`, `PT20M` or `20` (minutes); None else."""
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    iso = _ISO_TIME.fullmatch(text)
    seconds = math.nan
    if clock is not None:
        seconds = int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    elif iso is not None:
        seconds = sum(int(part or 0) * unit for part, unit in zip(iso.groups(), (86_400, 3600, 60, 1), strict=True))
    elif _MINUTES.fullmatch(text) is not None:
        seconds = int(text) * 60
    return float(seconds) if seconds >= 1 else None


def is_given(text: str | None, *, but: AbstractSet[str] = _NO) -> bool:
    """Return whether a tag such as `bridge` says anything but no."""
    return text is not None and text not in but


def _count(counts: dict[str, int], text: str) -> None:
    word = text[:40]
    counts[word] = counts.get(word, 0) + 1
