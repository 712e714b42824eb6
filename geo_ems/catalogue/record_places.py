"""Coordinates in cells: decimal degrees, degrees with minutes and seconds, two columns or one."""

import re
from collections.abc import Mapping
from typing import Literal

from geo_ems.catalogue import record_findings as found
from geo_ems.catalogue.record_numbers import FULL_WIDTH, NumberFaultError, all_decimal_commas, parse_number
from geo_ems.catalogue.record_place_columns import Place
from geo_ems.catalogue.record_values import is_dash
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import Cell, RawFile, RawRecord

Axis = Literal["lon", "lat"]

MAX_LON_DEG = 180.0
MAX_LAT_DEG = 90.0
_PAIR = 2
_GEOGRAPHIC, _PLANAR = (Place.LON, Place.LAT), (Place.EASTING, Place.NORTHING)
_SIXTY = 60.0
_HEMISPHERES: Mapping[str, tuple[Axis, int]] = {
    "N": ("lat", 1),
    "S": ("lat", -1),
    "E": ("lon", 1),
    "W": ("lon", -1),
    "北纬": ("lat", 1),
    "北緯": ("lat", 1),
    "南纬": ("lat", -1),
    "南緯": ("lat", -1),
    "东经": ("lon", 1),
    "東経": ("lon", 1),
    "東經": ("lon", 1),
    "西经": ("lon", -1),
    "西経": ("lon", -1),
    "西經": ("lon", -1),
}
_LETTERS = "|".join(_HEMISPHERES)
_DEGREES = re.compile(
    rf"""^(?P<before>{_LETTERS})?\s*(?P<sign>[+-])?(?P<d>\d{{1,3}}(?:\.\d+)?)\s*
    (?:[°º˚度d]\s*(?:(?P<m>\d{{1,2}}(?:\.\d+)?)\s*['′’‘分]\s*
    (?:(?P<s>\d{{1,2}}(?:\.\d+)?)\s*(?:["″”“秒]|''|′′|’’)?)?)?)?\s*(?P<after>{_LETTERS})?$""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)
_DECIMAL = re.compile(r"^[+-]?\d{1,3}\.\d+$", re.ASCII)  # nearly all of them
_COMMA_NUMBER = re.compile(r"^[+-]?\d{1,3},\d+$", re.ASCII)
_SPLITS = (re.compile(r"\s*[,，;；/]\s*"), re.compile(r"\s+"))


class PlaceFaultError(Exception):
    """A cell that is no coordinate; carries the finding for the row."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.problem("en"))
        self.finding = finding


def parse_degrees(cell: Cell, *, comma_is_decimal: bool = False) -> tuple[float, Axis | None]:
    """Return (degrees, the axis where a letter or word names it).

    Raises
    ------
    PlaceFaultError
        Where the cell is no coordinate; minutes and seconds must be below 60.
    """
    if isinstance(cell, float) or (isinstance(cell, str) and _DECIMAL.match(cell)):
        return float(cell), None
    text = str(cell).translate(FULL_WIDTH).strip()
    if _COMMA_NUMBER.match(text):
        if not comma_is_decimal:
            raise PlaceFaultError(found.DECIMAL_COMMA.found(value=cell, now=text.replace(",", ".")))
        text = text.replace(",", ".")
    matched = _DEGREES.match(text)
    if matched is None:
        try:
            number, repaired = parse_number(cell, comma_is_decimal=False)
        except NumberFaultError as fault:
            raise PlaceFaultError(found.NOT_A_COORDINATE.found(value=cell)) from fault
        if repaired:
            raise PlaceFaultError(found.NOT_A_COORDINATE.found(value=cell))
        return float(number), None
    return _degrees(matched, cell)


def _degrees(matched: re.Match[str], cell: Cell) -> tuple[float, Axis | None]:
    parts = [matched["d"], matched["m"], matched["s"]]
    written = [part for part in parts if part is not None]
    minutes, seconds = float(matched["m"] or 0), float(matched["s"] or 0)
    letters = [_HEMISPHERES[letter.upper()] for letter in (matched["before"], matched["after"]) if letter]
    is_wrong = minutes >= _SIXTY or seconds >= _SIXTY or any("." in part for part in written[:-1])
    if is_wrong or len(letters) > 1 or (letters and matched["sign"]):
        raise PlaceFaultError(found.NOT_A_COORDINATE.found(value=cell))
    degrees = float(matched["d"]) + minutes / _SIXTY + seconds / _SIXTY**2
    axis, sign = letters[0] if letters else (None, -1 if matched["sign"] == "-" else 1)
    return sign * degrees, axis


class PlaceReader:
    """Reads the place of each row of one file; what holds for whole columns is decided once.

    `notes` says what was decided: decimal commas, the order inside one-cell coordinates.
    """

    def __init__(self, raw: RawFile, places: Mapping[Place, int], *, in_metres: bool = False) -> None:
        self._in_metres = in_metres
        self._first, self._second = _PLANAR if Place.EASTING in places or Place.NORTHING in places else _GEOGRAPHIC
        self.notes: tuple[Finding, ...] = ()
        self._read_count = 0
        self._places = places
        self._columns = raw.columns
        self._comma: dict[Place, bool] = {
            place: all_decimal_commas(record.values[index] for record in raw.records)
            for place, index in places.items()
            if place not in (Place.LATLON, Place.LONLAT)
        }
        self.notes += tuple(
            found.DECIMAL_COMMA_COLUMN.found(column=raw.columns[places[place]])
            for place, is_so in self._comma.items()
            if is_so
        )
        self._pair = next((place for place in (Place.LATLON, Place.LONLAT) if place in places), None)
        self._order: Place | None = None
        if self._pair is not None and not in_metres:
            self._order = self._decide_order(raw, self._pair)

    def read(self, record: RawRecord, findings: list[Finding]) -> tuple[float, float] | None:
        """Return lon, lat of a row in degrees, None where it has none or a wrong one (a finding says so).

        In metres the two numbers come back as they stand, the first column first.
        """
        if self._pair is not None:
            return self._read_pair(record, findings)
        lon, lat = (self._cell(record, place) for place in (self._first, self._second))
        if lon is None or lat is None:
            findings.append((found.UNLOCATED if lon is None and lat is None else found.HALF_LOCATED).found())
            return None
        degrees: list[tuple[float, Axis | None]] = []
        for place, cell in ((self._first, lon), (self._second, lat)):
            try:
                if self._in_metres:
                    degrees.append((parse_metres(cell, comma_is_decimal=self._comma[place]), None))
                else:
                    degrees.append(parse_degrees(cell, comma_is_decimal=self._comma[place]))
            except PlaceFaultError as fault:
                findings.append(self._told(fault, self._columns[self._places[place]]))
        if len(degrees) < _PAIR:
            return None
        (lon_deg, lon_axis), (lat_deg, lat_axis) = degrees
        swapped_by_letter = lon_axis == "lat" or lat_axis == "lon"
        return self._point(lon_deg, lat_deg, findings, swapped_by_letter=swapped_by_letter)

    def _cell(self, record: RawRecord, place: Place) -> Cell:
        cell = record.values[self._places[place]] if place in self._places else None
        return None if is_dash(cell) else cell

    def _told(self, fault: PlaceFaultError, column: str) -> Finding:
        finding = fault.finding
        return Finding(finding.kind, column, "geometry", finding.value, finding.details)

    def _read_pair(self, record: RawRecord, findings: list[Finding]) -> tuple[float, float] | None:
        index = self._places[self._pair] if self._pair is not None else 0
        cell = record.values[index]
        if cell is None or is_dash(cell):
            findings.append(found.UNLOCATED.found())
            return None
        try:
            (first, first_axis), (second, second_axis) = split_pair(cell)
        except PlaceFaultError as fault:
            findings.append(self._told(fault, self._columns[index]))
            return None
        if self._in_metres:
            return first, second
        lat_first = self._order is Place.LATLON
        if first_axis is not None or second_axis is not None:
            lat_first = first_axis == "lat" or second_axis == "lon"
        return self._point(*((second, first) if lat_first else (first, second)), findings)

    def _point(
        self, lon_deg: float, lat_deg: float, findings: list[Finding], *, swapped_by_letter: bool = False
    ) -> tuple[float, float] | None:
        if self._in_metres:
            return lon_deg, lat_deg
        fault = coordinate_fault(lon_deg, lat_deg)
        self._read_count += 1
        if swapped_by_letter:
            fault = found.SWAPPED.found(lon=f"{lon_deg:.10g}", lat=f"{lat_deg:.10g}")
        if fault is not None:
            findings.append(fault)
            return None
        return lon_deg, lat_deg

    def advise_on_swapped(self, rows: list[list[Finding]]) -> None:
        """Where most of the rows read so far look swapped, advise to swap the columns instead of each row."""
        swapped = [
            (findings, index)
            for findings in rows
            for index, finding in enumerate(findings)
            if finding.kind is found.SWAPPED
        ]
        hint = self._swap_hint()
        if not hint or 2 * len(swapped) <= self._read_count:
            return
        for findings, index in swapped:
            told = dict(findings[index].details)
            findings[index] = found.COLUMNS_SWAPPED.found(**told, hint=hint)

    def _swap_hint(self) -> str:
        if Place.LON not in self._places or Place.LAT not in self._places:
            return ""
        lon, lat = self._columns[self._places[Place.LON]], self._columns[self._places[Place.LAT]]
        return f" (--map lon={lat} --map lat={lon})"

    def _decide_order(self, raw: RawFile, named: Place) -> Place:
        """Return the order inside one-cell coordinates: by range where it tells, else by the name."""
        index = self._places[named]
        lat_first = lon_first = 0
        for record in raw.records:
            try:
                (first, _), (second, _) = split_pair(record.values[index])
            except PlaceFaultError:
                continue
            lon_first += abs(first) > MAX_LAT_DEG >= abs(second)
            lat_first += abs(second) > MAX_LAT_DEG >= abs(first)
        by_range = Place.LATLON if lat_first > lon_first else Place.LONLAT if lon_first > lat_first else named
        kind = found.ORDER_BY_NAME if by_range is named else found.ORDER_BY_RANGE
        order = {Place.LATLON: "lat, lon", Place.LONLAT: "lon, lat"}[by_range]
        self.notes += (kind.found(column=raw.columns[index], order=order),)
        return by_range


def parse_metres(cell: Cell, *, comma_is_decimal: bool = False) -> float:
    """Return a coordinate in metres; thousands separators are read, a unit behind the number is not.

    Raises
    ------
    PlaceFaultError
        Where the cell is no number.
    """
    try:
        return float(parse_number(cell, comma_is_decimal=comma_is_decimal)[0])
    except NumberFaultError as fault:
        raise PlaceFaultError(found.NOT_A_COORDINATE.found(value=cell)) from fault


def split_pair(cell: Cell) -> tuple[tuple[float, Axis | None], tuple[float, Axis | None]]:
    """Return both numbers of a cell, each with the axis that a letter or word names.

    Raises
    ------
    PlaceFaultError
        Where the cell does not hold two coordinates.
    """
    text = str(cell).translate(FULL_WIDTH).strip().strip("()[]（）【】 ")
    for split in _SPLITS:
        parts = split.split(text)
        if len(parts) == _PAIR:
            return parse_degrees(parts[0]), parse_degrees(parts[1])
    raise PlaceFaultError(found.NOT_A_COORDINATE.found(value=cell))


def coordinate_fault(lon_deg: float, lat_deg: float) -> Finding | None:
    """Return what is wrong with a place in degrees, or None; NaN and infinities are out of range."""
    if abs(lon_deg) <= MAX_LON_DEG and abs(lat_deg) <= MAX_LAT_DEG:
        return found.NULL_ISLAND.found() if lon_deg == 0 and lat_deg == 0 else None
    lon, lat = f"{lon_deg:.10g}", f"{lat_deg:.10g}"
    if abs(lat_deg) <= MAX_LON_DEG and abs(lon_deg) <= MAX_LAT_DEG:
        return found.SWAPPED.found(lon=lon, lat=lat)
    return found.OUT_OF_RANGE.found(lon=lon, lat=lat)
