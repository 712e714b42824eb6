"""Coordinates of a file, in whatever system they are, become WGS84 before anything else looks at them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue import record_findings as found
from geo_ems.catalogue.record_place_columns import Place
from geo_ems.catalogue.record_places import PlaceFaultError, parse_metres, split_pair
from geo_ems.catalogue.record_values import is_dash
from geo_ems.errors import DataError, UsageError
from geo_ems.formats.coordinate_systems import CoordinateSystem, read_system
from geo_ems.formats.findings import Finding
from geo_ems.formats.planar import (
    AxisOrder,
    Box,
    PlanarReading,
    are_metres,
    carries_zones,
    read_planar,
    suggest_systems,
)
from geo_ems.formats.raw import FileFormat, RawFile, RawRecord
from geo_ems.formats.transformations import FREE_ACCURACY_M, Transformation, plan_transformation
from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.china_datums import Datum

_ROWS_LOOKED_AT = 1000
_DECIMALS = 9  # a tenth of a millimetre
_DEGREES_OF_WGS84 = "OGC:CRS84"
_TITLE_OF_DATUM = {Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}
_GEOJSON = (FileFormat.GEOJSON, FileFormat.GEOJSON_SEQUENCE)
_PAIR_ORDERS = {Place.LONLAT: AxisOrder.EAST_FIRST, Place.LATLON: AxisOrder.NORTH_FIRST}


@dataclass(frozen=True, slots=True)
class AskedSystem:
    """What the person who imports says of the coordinates: system, datum, accuracy put up with.

    `home` is where the project lies, west, south, east, north in degrees; it only serves suggestions
    and the order of two columns of metres.
    """

    crs: str | None = None
    datum: Datum | None = None
    accept_accuracy_m: float | None = None
    home: Box | None = None


NOTHING_ASKED = AskedSystem()


@dataclass(frozen=True, slots=True)
class LocatedRows:
    """Places in WGS84, shape (n, 2), NaN where a row has a fault; `faults` by row number; notes of the file."""

    lonlat_deg: FloatArray
    faults: Mapping[int, Finding]
    notes: tuple[Finding, ...]


def holds_metres(raw: RawFile, places: Mapping[Place, int], asked: AskedSystem) -> bool:
    """Return whether the coordinate columns of a table are metres: by their names, their numbers or the option.

    Raises
    ------
    DataError
        Where the option names a system in metres and the columns hold degrees.
    UsageError
        Where the option names no system.
    """
    if Place.EASTING in places or Place.NORTHING in places:
        return True
    numbers = _numbers(raw, places)
    if asked.crs is None:
        return are_metres(numbers)
    system = read_system(asked.crs)
    if not system.is_projected:
        return are_metres(numbers)
    known = numbers[np.isfinite(numbers).all(axis=1)]
    if len(known) and bool((np.abs(known) <= (180.0, 180.0)).all()):
        raise DataError(
            f"The coordinates look like degrees, and {system.title} is in metres",
            where=raw.name,
            remedy="Name the system of the degrees: --crs CGCS2000, or leave --crs out for WGS84.",
        )
    return True


def locate_table(
    xy: FloatArray,
    raw: RawFile,
    places: Mapping[Place, int],
    asked: AskedSystem,
    *,
    heading_datum: Datum | None,
    in_metres: bool,
) -> LocatedRows:
    """Return the places of the rows of a table, shape (n, 2), NaN where a row has none.

    In degrees `xy` is lon, lat; in metres the two columns as they stand.

    Raises
    ------
    DataError
        Where metres come without a system, or the way to WGS84 must be accepted.
    """
    notes: list[Finding] = []
    datum = asked.datum or heading_datum
    if heading_datum is not None and asked.datum not in (None, heading_datum):
        names = {"datum": heading_datum.value, "asked": asked.datum}
        notes.append(found.DATUM_OF_HEADINGS_NOT_USED.found(**names))
    elif heading_datum is not None:
        notes.append(found.DATUM_OF_HEADINGS.found(datum=heading_datum.value))
    system = _asked_system(asked, datum, in_metres=in_metres)
    if not in_metres:
        return _located_degrees(xy, system or read_system(_DEGREES_OF_WGS84), datum, asked, raw, notes)
    if system is None:
        raise _without_system(xy, raw, asked)
    pair = next((place for place in _PAIR_ORDERS if place in places), None)
    order = AxisOrder.EAST_FIRST if Place.EASTING in places else None
    reading = _read_planar(xy, system, datum, asked, raw, order)
    columns = [
        raw.columns[places[place]] for place in (Place.EASTING, Place.NORTHING, Place.LON, Place.LAT) if place in places
    ]
    if order is not None and reading.order is not order:
        notes.append(found.AXES_SWAPPED.found())
    elif pair is None and len(columns) == 2:  # noqa: PLR2004 - two columns
        is_east_first = reading.order is AxisOrder.EAST_FIRST
        east, north = columns if is_east_first else reversed(columns)
        notes.append(found.AXES_READ.found(north=north, east=east))
    return _located_metres(xy, reading, system, notes)


def geometries_in_wgs84(raw: RawFile, asked: AskedSystem = NOTHING_ASKED) -> tuple[RawFile, tuple[Finding, ...]]:
    """Return the file with its geometries in WGS84, and what is said of the whole file.

    A geometry of which one position cannot be placed is taken off its row, with a finding. GeoJSON
    without a system is WGS84, as its standard says; other files without one are so where the numbers
    look like degrees, with a warning.

    Raises
    ------
    DataError
        Where metres come without a system, or the way to WGS84 must be accepted.
    UsageError
        Where the option, or the file, names a system that is not known.
    """
    geometries = np.empty(len(raw.records), dtype=np.object_)
    geometries[:] = [record.geometry for record in raw.records]
    xy, row = shapely.get_coordinates(geometries, return_index=True)
    notes: list[Finding] = []
    system = _system_of_geometries(raw, asked, xy, notes)
    is_wgs84 = system.code in (_DEGREES_OF_WGS84, "EPSG:4326") and asked.datum in (None, Datum.WGS84)
    if len(xy) == 0 or (is_wgs84 and not are_metres(xy)):
        return raw, tuple(notes)
    if system.is_projected or are_metres(xy):
        reading = _read_planar(xy, system, asked.datum, asked, raw, AxisOrder.EAST_FIRST)
        if reading.order is not AxisOrder.EAST_FIRST:
            notes.append(found.AXES_SWAPPED.found())
        located = _located_metres(xy, reading, system, notes)
    else:
        located = _located_degrees(xy, system, asked.datum, asked, raw, notes)
    faults: dict[int, Finding] = {}
    for position, finding in located.faults.items():
        faults.setdefault(int(row[position]), finding)
    placed = shapely.set_coordinates(geometries.copy(), np.nan_to_num(located.lonlat_deg))
    records = tuple(_replaced(record, placed[number], faults.get(number)) for number, record in enumerate(raw.records))
    return replace(raw, records=records), located.notes


def _replaced(record: RawRecord, geometry: BaseGeometry | None, fault: Finding | None) -> RawRecord:
    if record.geometry is None:
        return record
    findings = record.findings
    if record.geometry.has_z:
        findings = (*findings, found.HEIGHT_DROPPED.found())
    if fault is not None:
        return replace(record, geometry=None, findings=(*findings, fault))
    return replace(record, geometry=geometry, findings=findings)


def _system_of_geometries(raw: RawFile, asked: AskedSystem, xy: FloatArray, notes: list[Finding]) -> CoordinateSystem:
    if raw.crs is not None and asked.crs is None:
        return _system_of_file(raw.crs, raw)
    if asked.crs is not None:
        system = read_system(asked.crs)
        if raw.crs is not None and not _is_same(raw.crs, system):
            notes.append(found.SYSTEM_OF_FILE_NOT_USED.found(value=raw.crs, asked=system.title))
        return system
    if raw.format in _GEOJSON:
        return read_system(_DEGREES_OF_WGS84)
    if are_metres(xy):
        if asked.datum is Datum.CGCS2000:
            return read_system("CGCS2000")
        raise _without_system(xy, raw, asked)
    if len(xy) and asked.datum is None:
        notes.append(found.WGS84_ASSUMED.found())
    return read_system(_DEGREES_OF_WGS84)


def _system_of_file(text: str, raw: RawFile) -> CoordinateSystem:
    try:
        return read_system(text)
    except UsageError as error:
        raise DataError(
            f"The file says that its coordinates are in '{text[:80]}', which is no system known here",
            where=raw.name,
            remedy="Name the system yourself: --crs EPSG:4490, for example.",
        ) from error


def _is_same(text: str, system: CoordinateSystem) -> bool:
    """Return whether a file names the system, whatever the spelling and the order of its axes."""
    try:
        return bool(read_system(text).crs.equals(system.crs, ignore_axis_order=True))
    except UsageError:
        return False


def _asked_system(asked: AskedSystem, datum: Datum | None, *, in_metres: bool) -> CoordinateSystem | None:
    if asked.crs is not None:
        return read_system(asked.crs)
    # Eastings with zone numbers need no more than the datum.
    return read_system("CGCS2000") if in_metres and datum is Datum.CGCS2000 else None


def _read_planar(
    xy: FloatArray,
    system: CoordinateSystem,
    datum: Datum | None,
    asked: AskedSystem,
    raw: RawFile,
    order: AxisOrder | None,
) -> PlanarReading:
    if not carries_zones(xy, system):
        raise _without_system(xy, raw, asked)
    accepted = asked.accept_accuracy_m
    return read_planar(
        xy, system, order=order, datum=datum, accept_accuracy_m=accepted, home=asked.home, where=raw.name
    )


def _located_degrees(
    lonlat_deg: FloatArray,
    system: CoordinateSystem,
    datum: Datum | None,
    asked: AskedSystem,
    raw: RawFile,
    notes: list[Finding],
) -> LocatedRows:
    way = plan_transformation(
        system, lonlat_deg, datum=datum, accept_accuracy_m=asked.accept_accuracy_m, where=raw.name
    )
    if way.accuracy_m == 0.0 and asked.crs is None and raw.crs is None:
        return LocatedRows(lonlat_deg, {}, tuple(notes))
    placed = np.round(way.apply(lonlat_deg), _DECIMALS)
    is_named = asked.crs is not None or raw.crs is not None
    title = system.title if is_named or datum is None else _TITLE_OF_DATUM.get(datum, system.title)
    return LocatedRows(placed, _faults(lonlat_deg, placed, None, system), (*notes, _way_note(title, way)))


def _located_metres(
    xy: FloatArray, reading: PlanarReading, system: CoordinateSystem, notes: list[Finding]
) -> LocatedRows:
    placed = np.round(reading.lonlat_deg, _DECIMALS)
    if reading.zone_rows:
        notes.append(found.ZONE_NUMBERS.found(count=reading.zone_rows))
    zones = f", zone {'/'.join(map(str, reading.zones))}" if reading.zones and not system.is_projected else ""
    note = _way_note(f"{system.title}{zones}", reading.transformation)
    return LocatedRows(placed, _faults(xy, placed, reading.wrong_zone, system), (*notes, note))


def _faults(
    xy: FloatArray, placed: FloatArray, wrong_zone: BoolArray | None, system: CoordinateSystem
) -> dict[int, Finding]:
    faults: dict[int, Finding] = {}
    is_given = np.isfinite(xy).all(axis=1)
    lost = is_given & ~np.isfinite(placed).all(axis=1)
    for row in np.flatnonzero(lost):
        is_other_zone = wrong_zone is not None and bool(wrong_zone[row])
        first, second = (f"{value:.12g}" for value in xy[row])
        kind = found.WRONG_ZONE if is_other_zone else found.OUTSIDE_SYSTEM
        faults[int(row)] = kind.found(first=first, second=second, system=system.title)
    return faults


def _way_note(title: str, way: Transformation) -> Finding:
    name = way.name or "WGS84"
    if way.accuracy_m is not None and way.accuracy_m <= FREE_ACCURACY_M:
        error = f", ±{way.accuracy_m:g} m" if way.accuracy_m else ""
        return found.SYSTEM_READ.found(system=title, way=f"{name}{error}")
    told = (
        ("未知", "unknown") if way.accuracy_m is None else (f"约 {way.accuracy_m:g} 米", f"about {way.accuracy_m:g} m")
    )
    return found.SYSTEM_ACCEPTED.found(system=title, way=name, accuracy_zh=told[0], accuracy=told[1])


def _without_system(xy: FloatArray, raw: RawFile, asked: AskedSystem) -> DataError:
    systems, count = suggest_systems(xy[np.isfinite(xy).all(axis=1)], home=asked.home)
    names = " or ".join(f"--crs {system.code} ({system.name})" for system in systems)
    if not names:
        remedy = "Name it: --crs 'CGCS2000 3-degree 111E' with your own central meridian, or --crs EPSG:n."
    elif count:
        remedy = f"{names} would put {count} of {len(xy)} places into your districts. "
    else:
        remedy = f"By the zone numbers it may be {names}. "
    if names:
        remedy += "Check that it is not Xi'an 80 or Beijing 54: their numbers look alike and lie about 100 m off."
    return DataError(
        "The coordinates are metres, and nothing says in which system and zone", where=raw.name, remedy=remedy
    )


def _numbers(raw: RawFile, places: Mapping[Place, int]) -> FloatArray:
    """Return the numbers of the coordinate columns, shape (n, 2), of rows spread over the file; NaN for other cells."""
    step = -(-len(raw.records) // _ROWS_LOOKED_AT) or 1
    records = raw.records[::step]
    numbers = np.full((len(records), 2), math.nan)
    pair = next((places[place] for place in _PAIR_ORDERS if place in places), None)
    for row, record in enumerate(records):
        try:
            if pair is not None:
                (first, _), (second, _) = split_pair(record.values[pair])
                numbers[row] = first, second
            elif Place.LON in places and Place.LAT in places:
                cells = [record.values[places[place]] for place in (Place.LON, Place.LAT)]
                if not any(cell is None or is_dash(cell) for cell in cells):
                    numbers[row] = [parse_metres(cell) for cell in cells]
        except PlaceFaultError:
            continue
    return numbers
