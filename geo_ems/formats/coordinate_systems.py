"""Coordinate systems by what people and files call them: codes, WKT, PROJ, and the names of Chinese practice."""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import pyproj
from pyproj.exceptions import CRSError

from geo_ems.errors import UsageError

_LONGEST_TEXT = 20_000
_LONGEST_NAME = 80
_SUGGESTIONS = 3
_SHOWN_CHARACTERS = 80
# A definition from outside may not make PROJ open files.
_OPENS_FILES = re.compile(r"nadgrids|geoidgrids|\bgrids\s*=|\+init|file\s*=|@", re.IGNORECASE)
_SIX: Final = 6
_FALSE_EASTING_M: Final = 500_000.0
_ZONE_STEP_M: Final = 1_000_000.0


class Family(StrEnum):
    """The datums that are treated each in their own way."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    BEIJING_1954 = "Beijing 1954"
    XIAN_1980 = "Xian 1980"
    UNNAMED = "unnamed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class GaussKrueger:
    """A Gauss-Krueger grid: its central meridian, and the zone number in front of its eastings (0 for none)."""

    central_meridian_deg: float
    zone: int


@dataclass(frozen=True, slots=True)
class CoordinateSystem:
    """One coordinate system; `area_deg` is west, south, east, north of where it may be used, if that is known."""

    name: str
    code: str
    crs: pyproj.CRS
    family: Family
    is_projected: bool
    grid: GaussKrueger | None = None
    area_deg: tuple[float, float, float, float] | None = None

    @property
    def title(self) -> str:
        """Return the name with the code, such as `CGCS2000 / 3-degree Gauss-Kruger CM 111E (EPSG:4546)`."""
        return f"{self.name} ({self.code})" if self.code and self.code != self.name else self.name


# Folded (no spaces, dashes, brackets), the longest first: 北京54 must not win over 1954北京坐标系.
_FAMILY_NAMES: Mapping[str, Family] = {
    "chinageodeticcoordinatesystem2000": Family.CGCS2000,
    "2000国家大地坐标系": Family.CGCS2000,
    "国家大地坐标系2000": Family.CGCS2000,
    "2000大地坐标系": Family.CGCS2000,
    "国家2000坐标系": Family.CGCS2000,
    "2000坐标系": Family.CGCS2000,
    "国家大地2000": Family.CGCS2000,
    "国家2000": Family.CGCS2000,
    "大地2000": Family.CGCS2000,
    "cgcs2000": Family.CGCS2000,
    "1954年北京坐标系": Family.BEIJING_1954,
    "1954北京坐标系": Family.BEIJING_1954,
    "北京54坐标系": Family.BEIJING_1954,
    "beijing1954": Family.BEIJING_1954,
    "beijing54": Family.BEIJING_1954,
    "北京1954": Family.BEIJING_1954,
    "北京54": Family.BEIJING_1954,
    "bj54": Family.BEIJING_1954,
    "1980年西安坐标系": Family.XIAN_1980,
    "1980西安坐标系": Family.XIAN_1980,
    "西安80坐标系": Family.XIAN_1980,
    "xian1980": Family.XIAN_1980,
    "xian80": Family.XIAN_1980,
    "西安1980": Family.XIAN_1980,
    "西安80": Family.XIAN_1980,
    "wgs1984": Family.WGS84,
    "wgs84": Family.WGS84,
}
_FILLERS = re.compile(
    "gausskr[uü]e?ger|gk|tm|高斯克吕格|高斯克里格|高斯|投影|坐标系|大地|degrees?|deg|zone|centralmeridian|cm|中央子午线|中央经线|分带|带|度|°|e$"
)
_WIDTH = re.compile(r"(?:^|(?<=\D))[36三六](?=degree|deg|度|°)(?:degree|deg|度|°)(?:分带|带|zone)?")
_ZONE = re.compile(r"zone(\d{1,2})|(\d{2})号?带")
_MERIDIAN = re.compile(r"(?:cm|中央子午线|中央经线|centralmeridian)?(\d{2,3})(?:°e|度e|e|°|度)?")
_SIX_DEGREE_ZONES, _THREE_DEGREE_ZONES = range(13, 24), range(25, 46)
# EPSG codes of the first grid of each family: (6 degrees with zone, 6 degrees, 3 degrees with zone, 3 degrees).
_FIRST_CODES: Mapping[Family, tuple[int, int, int, int]] = {
    Family.CGCS2000: (4491, 4502, 4513, 4534),
    Family.XIAN_1980: (2327, 2338, 2349, 2370),
    Family.BEIJING_1954: (21413, 21453, 2401, 2422),
}
_GEOGRAPHIC_CODES: Mapping[Family, int] = {
    Family.WGS84: 4326,
    Family.CGCS2000: 4490,
    Family.XIAN_1980: 4610,
    Family.BEIJING_1954: 4214,
}


def read_system(text: str, *, where: str = "--crs") -> CoordinateSystem:
    """Return the coordinate system that a text names.

    It may be `EPSG:4546`, `OGC:CRS84`, WKT, a PROJ string, or a name such as `CGCS2000`,
    `CGCS2000 3-degree 111E`, `CGCS2000 zone 37` or 西安80 3度带 37带.

    Raises
    ------
    UsageError
        Where it names none, or one without longitude and latitude behind it; near names are suggested.
    """
    named = text.strip()
    if not named or len(named) > _LONGEST_TEXT:
        raise _unknown(text, where, "Write EPSG:4490, for example.")
    by_name = None if " / " in named else _system_of_name(named)  # EPSG's own names are found below
    if by_name is not None:
        return by_name
    if _OPENS_FILES.search(named):
        raise _unknown(text, where, "Definitions that name files are not read; write the EPSG code.")
    try:
        crs = pyproj.CRS.from_user_input(named)
    except CRSError as error:
        by_name = _system_of_name(named)
        if by_name is not None:
            return by_name
        raise _unknown(text, where, _suggestion(named)) from error
    return _described(crs, text, where)


def grid_of_zone(family: Family, zone: int) -> CoordinateSystem | None:
    """Return the Gauss-Krueger grid, without zone numbers, of a zone: 13 to 23 of 6 degrees, 25 to 45 of 3 degrees."""
    codes = _FIRST_CODES.get(family)
    if codes is None:
        return None
    if zone in _SIX_DEGREE_ZONES:
        return _by_code(codes[1] + zone - _SIX_DEGREE_ZONES.start)
    if zone in _THREE_DEGREE_ZONES:
        return _by_code(codes[3] + zone - _THREE_DEGREE_ZONES.start)
    return None


def grid_of_meridian(family: Family, central_meridian_deg: float, *, width_deg: int = 3) -> CoordinateSystem | None:
    """Return the grid of 3 or 6 degrees, without zone numbers, of a central meridian; None where there is none."""
    zones = _SIX_DEGREE_ZONES if width_deg == _SIX else _THREE_DEGREE_ZONES
    zone = next((zone for zone in zones if meridian_of_zone(zone) == central_meridian_deg), None)
    return None if zone is None else grid_of_zone(family, zone)


def meridian_of_zone(zone: int) -> float | None:
    """Return the central meridian of a Chinese zone number, degrees east; None for another number."""
    if zone in _SIX_DEGREE_ZONES:
        return 6.0 * zone - 3.0
    return 3.0 * zone if zone in _THREE_DEGREE_ZONES else None


@cache
def _by_code(code: int) -> CoordinateSystem:
    return _described(pyproj.CRS.from_epsg(code), f"EPSG:{code}", "")


def _fold(text: str) -> str:
    kept = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-/'’(),,、:]+", "", kept)


def _system_of_name(text: str) -> CoordinateSystem | None:
    """Return the system of a name of Chinese practice; None where the text is something else."""
    if len(text) > _LONGEST_NAME or "[" in text or "+" in text:
        return None
    folded = _fold(text)
    alias = next((name for name in _FAMILY_NAMES if name in folded), None)
    if alias is None:
        return None
    family = _FAMILY_NAMES[alias]
    rest = folded.replace(alias, "", 1)
    width = _WIDTH.search(rest)
    rest = _WIDTH.sub("", rest)
    grid: CoordinateSystem | None = None
    if (matched := _ZONE.search(rest)) is not None:
        grid = grid_of_zone(family, int(matched[1] or matched[2]))
        rest = rest.replace(matched[0], "", 1)
    elif (matched := _MERIDIAN.search(rest)) is not None:
        width_deg = _SIX if width is not None and width[0][0] in "6六" else 3
        grid = grid_of_meridian(family, float(matched[1]), width_deg=width_deg)
        rest = rest.replace(matched[0], "", 1)
    if _FILLERS.sub("", rest) or (matched is not None and grid is None):
        return None
    return grid or _by_code(_GEOGRAPHIC_CODES[family])


def _described(crs: pyproj.CRS, text: str, where: str) -> CoordinateSystem:
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_geographic:
        crs = crs.to_2d()
    geodetic = crs.geodetic_crs
    if geodetic is None or crs.is_geocentric or not (crs.is_geographic or crs.is_projected):
        raise _unknown(text, where, "Name a system of longitude and latitude, or a map projection.")
    family = _family_of(geodetic)
    authority = crs.to_authority(min_confidence=100)
    name = crs.name if crs.name not in ("unknown", "undefined") else text.strip()
    area = crs.area_of_use
    return CoordinateSystem(
        name=name[:_SHOWN_CHARACTERS],
        code=":".join(authority) if authority else "",
        crs=crs,
        family=family,
        is_projected=bool(crs.is_projected),
        grid=_grid_of(crs),
        area_deg=None if area is None else area.bounds,
    )


def _family_of(geodetic: pyproj.CRS) -> Family:
    datum = geodetic.datum
    name = _fold(datum.name if datum is not None else geodetic.name)
    if name.startswith(("worldgeodeticsystem1984", "wgs1984")) or name == "wgs84":
        return Family.WGS84
    if "china2000" in name or "cgcs2000" in name:
        return Family.CGCS2000
    if "beijing" in name:
        return Family.BEIJING_1954
    if "xian1980" in name:
        return Family.XIAN_1980
    return Family.UNNAMED if name.startswith("unknown") else Family.OTHER


def _grid_of(crs: pyproj.CRS) -> GaussKrueger | None:
    projected = crs.source_crs if crs.is_bound else crs
    operation = None if projected is None else projected.coordinate_operation
    if operation is None or operation.method_name not in ("Transverse Mercator", "Gauss-Kruger"):
        return None
    values = {parameter.name: float(parameter.value) for parameter in operation.params}
    zone, easting_m = divmod(values.get("False easting", 0.0), _ZONE_STEP_M)
    scale, latitude_deg = values.get("Scale factor at natural origin"), values.get("Latitude of natural origin")
    if easting_m != _FALSE_EASTING_M or scale != 1.0 or latitude_deg != 0.0:
        return None
    return GaussKrueger(values["Longitude of natural origin"], int(zone))


def _unknown(text: str, where: str, remedy: str) -> UsageError:
    shown = text.strip()[:_SHOWN_CHARACTERS]
    return UsageError(
        f"'{shown}' is no coordinate system known here", where=where, remedy=remedy, field="crs", value=shown
    )


def _suggestion(text: str) -> str:
    folded = _fold(text)
    shifted = next((datum for datum in ("gcj02", "bd09") if datum in folded), None)
    if shifted is not None:
        return f"That is a datum: --datum {shifted} (in a request: datum={shifted})."
    family = next((family for name, family in _FAMILY_NAMES.items() if name in folded), None)
    if family in _FIRST_CODES:
        return f"Did you mean {family}, {family} 3-degree 111E, {family} zone 37? An EPSG code is understood too."
    known = pyproj.database.query_crs_info(auth_name="EPSG")
    spelled = {_fold(info.name): info for info in known} | {_fold(f"EPSG:{info.code}"): info for info in known}
    aliases = {name: str(kind) for name, kind in _FAMILY_NAMES.items()}
    near = difflib.get_close_matches(folded, [*aliases, *spelled], n=_SUGGESTIONS, cutoff=0.6)
    names = [aliases.get(name) or f"{spelled[name].name} (EPSG:{spelled[name].code})" for name in near]
    if names:
        return f"Did you mean {', '.join(dict.fromkeys(names))}?"
    return "Write EPSG:4490, OGC:CRS84, WKT, a PROJ string, or a name such as CGCS2000 3-degree 111E."
