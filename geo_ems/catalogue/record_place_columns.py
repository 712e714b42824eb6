"""Which columns hold the place of a row: degrees, metres, or both numbers in one cell, and in which datum."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from geo_ems.errors import DataError
from geo_ems.formats.column_names import fold_name, split_unit
from geo_ems.formats.raw import RawFile
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.china_datums import Datum


class Place(StrEnum):
    """The parts of a place a column may hold; also the names understood by an explicit choice."""

    LON = "lon"
    LAT = "lat"
    LATLON = "latlon"
    LONLAT = "lonlat"
    EASTING = "easting"
    NORTHING = "northing"


class _Kind(IntEnum):
    """How sure a heading is, best first; X and Y may be degrees or metres, their numbers tell."""

    DEGREES = 0
    METRES = 1
    X_OR_Y = 2
    BOTH_IN_ONE = 3


_NAMES: Mapping[Place, tuple[str, ...]] = {
    Place.LON: (
        *("longitude", "lon", "lng", "long", "lon_deg", "lon_dms"),
        *("经度", "東経", "东经", "経度", "經度", "经度坐标"),
    ),
    Place.LAT: (
        *("latitude", "lat", "lat_deg", "lat_dms"),
        *("纬度", "北緯", "北纬", "緯度", "纬度坐标"),
    ),
    Place.EASTING: (
        *("easting", "eastings", "east_m", "east_coordinate", "东坐标", "東坐標", "东向坐标", "东距", "東距", "東座標"),
        *("横坐标", "橫坐標", "横坐标y", "y(东)", "y坐标(东)", "y坐标(横坐标)", "y(横坐标)", "y座標(東)"),
    ),
    Place.NORTHING: (
        *("northing", "northings", "north_m", "north_coordinate", "北坐标", "北坐標", "北向坐标", "北距", "北座標"),
        *("纵坐标", "縱坐標", "纵坐标x", "x(北)", "x坐标(北)", "x坐标(纵坐标)", "x(纵坐标)", "x座標(北)"),
    ),
    Place.LATLON: ("location", "latlon", "lat,lon", "latlng", "纬度,经度", "纬经度", "緯度経度"),
    Place.LONLAT: (
        *("lonlat", "lon,lat", "lnglat", "coordinates", "coordinate"),
        *("坐标", "坐标位置", "经纬度", "经度,纬度", "経度緯度", "经纬度坐标"),
    ),
}
_X_NAMES = ("x", "x坐标", "x坐標", "x座標", "平面x", "x_coord", "coord_x", "point_x", "x_m", "平面直角x")
_Y_NAMES = ("y", "y坐标", "y坐標", "y座標", "平面y", "y_coord", "coord_y", "point_y", "y_m", "平面直角y")
_PAIRS: Mapping[_Kind, tuple[Place, Place]] = {
    _Kind.DEGREES: (Place.LON, Place.LAT),
    _Kind.METRES: (Place.EASTING, Place.NORTHING),
    _Kind.X_OR_Y: (Place.LON, Place.LAT),
}
_OTHER = {
    Place.LON: Place.LAT,
    Place.LAT: Place.LON,
    Place.EASTING: Place.NORTHING,
    Place.NORTHING: Place.EASTING,
}
# In the folded heading; Amap and Tencent use GCJ-02, Baidu BD-09, Tianditu CGCS2000.
_DATUM_WORDS: tuple[tuple[Datum, re.Pattern[str]], ...] = (
    (Datum.BD09, re.compile(r"bd-?09(?:ll)?(?!mc)|百度(?:地图)?|baidu(?:map)?|^bd(?=_?(?:lon|lng|lat|x|y))")),
    (
        Datum.GCJ02,
        re.compile(r"gcj(?:[-_]?02)?|火星(?:坐标系)?|国测局|高德(?:地图)?|腾讯(?:地图)?|amap|autonavi|tencent"),
    ),
    (Datum.CGCS2000, re.compile(r"cgcs-?2000|2000国家大地(?:坐标系)?|国家大地2000|国家2000|大地2000|天地图")),
    (Datum.WGS84, re.compile(r"wgs-?(?:19)?84|gps")),
)
_SAME_AS_WGS84 = frozenset({Datum.WGS84, Datum.CGCS2000})
_PUNCTUATION = re.compile(r"[_\-./()\[\]【】〔〕:]+")
# A stated datum is surer than none.
_DATUM_ORDER: tuple[Datum | None, ...] = (Datum.WGS84, Datum.CGCS2000, Datum.GCJ02, Datum.BD09, None)


@dataclass(frozen=True, slots=True)
class _PlaceColumn:
    place: Place
    kind: _Kind
    index: int
    rank: int
    datum: Datum | None


def place_headings(definition: LayerDefinition) -> list[str]:
    """Return the headings of coordinate columns in files of a layer."""
    names = [*_X_NAMES, *_Y_NAMES]
    for place in Place:
        names += (*_own_names(place, definition), *_NAMES[place])
    return names


def datum_of_heading(heading: str) -> Datum | None:
    """Return the datum that the heading of a coordinate column names, such as 经度(GCJ02) or bd_lat."""
    folded = fold_name(heading)
    return next((datum for datum, words in _DATUM_WORDS if words.search(folded)), None)


def find_places(
    raw: RawFile,
    definition: LayerDefinition,
    *,
    taken: Collection[int],
    chosen: Mapping[Place, int],
    has_datum: bool = False,
) -> tuple[dict[Place, int], Datum | None]:
    """Return (columns that hold the place, by part; the datum that their headings name).

    Columns of `taken` are left alone; `chosen` are named by the person who imports. Two columns win
    over one, degrees over metres, and a pair whose datum is named over one without. Columns with
    geometries of the file's own come back too, for the report.

    Raises
    ------
    DataError
        Where longitude and latitude name two datums, unless `has_datum` says that it is decided.
    """
    columns = raw.columns
    found = sorted(_candidates(columns, definition, taken), key=lambda column: (column.rank, column.index))
    if raw.has_geometry:
        return {column.place: column.index for column in reversed(found)}, None
    places = dict(chosen)
    if not chosen:
        places = _best_places(found)
    elif len(chosen) == 1 and (other := _OTHER.get(next(iter(chosen)))) is not None:
        partner = next((column for column in found if column.place is other), None)
        if partner is not None:
            places[other] = partner.index
    datums = {datum for index in places.values() if (datum := datum_of_heading(columns[index])) is not None}
    if len(datums) > 1 and not datums <= _SAME_AS_WGS84 and not has_datum:
        names = ", ".join(f"'{columns[index]}'" for index in places.values())
        raise DataError(
            f"The headings {names} name different datums: {', '.join(sorted(datums))}",
            where=raw.name,
            remedy="Name two columns of one datum: --map lon=COLUMN --map lat=COLUMN --datum gcj02.",
        )
    return places, min(datums, key=_DATUM_ORDER.index, default=None)


def _best_places(found: list[_PlaceColumn]) -> dict[Place, int]:
    for kind, pair in _PAIRS.items():
        of_kind = [column for column in found if column.kind is kind]
        for datum in _DATUM_ORDER:
            places: dict[Place, int] = {}
            for column in of_kind:
                if column.datum is datum and column.place in pair:
                    places.setdefault(column.place, column.index)
            if len(places) == len(pair):
                return places
    for kind, pair in _PAIRS.items():  # one heading names its datum, the other does not, or another one
        places = {}
        for column in found:
            if column.kind is kind and column.place in pair:
                places.setdefault(column.place, column.index)
        if len(places) == len(pair):
            return places
    single = next((column for column in found if column.kind is _Kind.BOTH_IN_ONE), None)
    return {} if single is None else {single.place: single.index}


def _candidates(
    columns: tuple[str, ...], definition: LayerDefinition, taken: Collection[int]
) -> Iterator[_PlaceColumn]:
    names = {place: [_key(name) for name in (*_own_names(place, definition), *_NAMES[place])] for place in Place}
    either = {Place.LON: [_key(name) for name in _X_NAMES], Place.LAT: [_key(name) for name in _Y_NAMES]}
    for index, heading in enumerate(columns):
        if index in taken:
            continue
        bases, datum = _bases_of(heading)
        for place, keys in either.items():
            rank = min((keys.index(base) for base in bases if base in keys), default=None)
            if rank is not None:
                yield _PlaceColumn(place, _Kind.X_OR_Y, index, rank, datum)
        for place, keys in names.items():
            rank = min((keys.index(base) for base in bases if base in keys), default=None)
            if rank is None or any(base in keys for base in bases for keys in either.values()):
                continue
            yield _PlaceColumn(place, _kind_of(place), index, rank, datum)


def _kind_of(place: Place) -> _Kind:
    if place in (Place.LATLON, Place.LONLAT):
        return _Kind.BOTH_IN_ONE
    return _Kind.DEGREES if place in (Place.LON, Place.LAT) else _Kind.METRES


def _bases_of(heading: str) -> tuple[tuple[str, ...], Datum | None]:
    """Return (what a heading may be compared as, the datum it names): without unit and without datum."""
    whole = fold_name(heading)
    bases = [whole]
    parts = split_unit(heading)
    if parts is not None and (parts[1] is None or parts[1].code in ("deg", "m")):
        bases.append(parts[0])
    for datum, words in _DATUM_WORDS:
        if words.search(whole):
            rest = words.sub("", bases[-1])
            bases += [rest, rest.replace("坐标系", "")]
            return tuple(dict.fromkeys(_key(base) for base in bases)), datum
    return tuple(dict.fromkeys(_key(base) for base in bases)), None


def _key(name: str) -> str:
    return _PUNCTUATION.sub("", fold_name(name))


def _own_names(place: Place, definition: LayerDefinition) -> tuple[str, ...]:
    """Return the names that a layer's TOML gives for a part of a place."""
    match place:
        case Place.LON:
            return definition.synonyms_lon
        case Place.LAT:
            return definition.synonyms_lat
        case Place.LATLON:
            return definition.synonyms_latlon
        case Place.LONLAT:
            return definition.synonyms_lonlat
        case _:
            return ()
