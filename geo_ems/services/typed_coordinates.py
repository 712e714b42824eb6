"""Coordinates as people type or read them out: decimal degrees, or degrees, minutes and seconds."""

import re
import unicodedata
from dataclasses import dataclass

_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,12})?"
_PART = re.compile(
    rf"""\s*
    (?P<before>[NSEW]|东经|西经|北纬|南纬|经度|纬度)?\s*:?\s*
    (?P<sign>[-+]?)(?P<deg>{_NUMBER})\s*(?:°|度|:)?\s*
    (?:(?P<min>[0-9]{{1,2}}(?:\.[0-9]{{1,12}})?)\s*(?:'|′|分|:)\s*)?
    (?:(?P<sec>[0-9]{{1,2}}(?:\.[0-9]{{1,12}})?)\s*(?:"|秒|''|′′)?\s*)?
    (?P<after>[NSEW])?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_LON_WORDS = frozenset({"E", "W", "东经", "西经", "经度"})
_LAT_WORDS = frozenset({"N", "S", "北纬", "南纬", "纬度"})
_NEGATIVE = frozenset({"W", "S", "西经", "南纬"})
_MAX_LON_DEG, _MAX_LAT_DEG, _SIXTY = 180.0, 90.0, 60.0
_MAX_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class TypedPlace:
    """A place in degrees; `latitude_first` says that it was typed so, because it could not be otherwise."""

    lon_deg: float
    lat_deg: float
    latitude_first: bool


@dataclass(frozen=True, slots=True)
class _Angle:
    degrees: float
    axis: str  # "lon", "lat" or "" where nothing says which


def read_typed_coordinates(text: str) -> TypedPlace | None:
    """Return the place that a text names; None where it names none.

    Without letters the longitude comes first, unless only the other order is possible: 31.2,111.5
    can only be latitude, longitude.
    """
    plain = unicodedata.normalize("NFKC", text[:_MAX_CHARACTERS]).strip()
    angles = _two_angles(plain)
    if angles is None or len(text) > _MAX_CHARACTERS:
        return None
    first, second = angles
    if first.axis and first.axis == second.axis:
        return None
    lat_first = first.axis == "lat" or second.axis == "lon"
    if not first.axis and not second.axis:
        lat_first = abs(second.degrees) > _MAX_LAT_DEG and abs(first.degrees) <= _MAX_LAT_DEG
    lon, lat = (second.degrees, first.degrees) if lat_first else (first.degrees, second.degrees)
    if abs(lon) > _MAX_LON_DEG or abs(lat) > _MAX_LAT_DEG:
        return None
    return TypedPlace(round(lon, 7), round(lat, 7), lat_first)


def _two_angles(text: str) -> tuple[_Angle, _Angle] | None:
    halves = re.split(r"\s*[,;、]\s*", text)
    if len(halves) == 2:  # noqa: PLR2004 longitude and latitude
        first, second = _angle(halves[0]), _angle(halves[1])
        return None if first is None or second is None else (first, second)
    # Without a comma: at the one blank, or behind the letter, after which both halves are whole angles.
    for cut in (match.end() for match in re.finditer(r"[NSEWnsew]\s*|\s+|(?=东经|西经|北纬|南纬)", text)):
        if 0 < cut < len(text):
            first, second = _angle(text[:cut]), _angle(text[cut:])
            if first is not None and second is not None:
                return first, second
    return None


def _angle(text: str) -> _Angle | None:
    match = _PART.fullmatch(text)
    if match is None:
        return None
    words = {word.upper() for word in (match["before"], match["after"]) if word}
    minutes, seconds = float(match["min"] or 0), float(match["sec"] or 0)
    bare_seconds = match["sec"] is not None and match["min"] is None
    if len(words) > 1 or minutes >= _SIXTY or seconds >= _SIXTY or bare_seconds:
        return None
    degrees = float(match["deg"]) + minutes / _SIXTY + seconds / _SIXTY**2
    if match["sign"] == "-" or words & _NEGATIVE:
        degrees = -degrees
    return _Angle(degrees, "lon" if words & _LON_WORDS else "lat" if words & _LAT_WORDS else "")
