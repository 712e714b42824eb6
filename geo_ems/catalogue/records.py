"""Raw records of a file become rows of a layer, each with everything that is to be said of it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue import record_findings as found
from geo_ems.catalogue.place_systems import (
    NOTHING_ASKED,
    AskedSystem,
    LocatedRows,
    geometries_in_wgs84,
    holds_metres,
    locate_table,
)
from geo_ems.catalogue.record_geometry import checked_geometry, is_allowed
from geo_ems.catalogue.record_matching import ColumnMatch, ColumnPlan, plan_columns
from geo_ems.catalogue.record_numbers import has_decimal_commas, has_mixed_commas
from geo_ems.catalogue.record_places import PlaceReader, coordinate_fault
from geo_ems.catalogue.record_shapes import read_shape
from geo_ems.catalogue.record_system_column import check_system_column
from geo_ems.catalogue.record_values import Conversion, Converter, Flag, build_converter, is_dash, read_flag
from geo_ems.errors import DataError
from geo_ems.formats.findings import Finding, Grade
from geo_ems.formats.raw import Cell, RawFile, RawRecord
from geo_ems.model.columns import FloatArray
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.queries.china_datums import Datum

ONE_LINE_FIELDS = frozenset({"code", "name", "name_en", "address"})


@dataclass(frozen=True, slots=True)
class ConvertedRecord:
    """One row of a layer: the fields that the file has, a place or None, and the findings."""

    line: int
    sheet: str
    geometry: BaseGeometry | None
    properties: Mapping[str, Value]
    findings: tuple[Finding, ...]
    given_id: str | None = None
    """The permanent id that the row names, as exports write it."""

    @property
    def is_refused(self) -> bool:
        """Return whether the row cannot be stored."""
        return any(finding.kind.grade is Grade.REFUSED for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """All rows of a file in its order, what each column became, and what holds for the whole file."""

    plan: ColumnPlan
    records: tuple[ConvertedRecord, ...]
    notes: tuple[Finding, ...]


def convert_records(
    raw: RawFile,
    definition: LayerDefinition,
    *,
    zone: ZoneInfo,
    field_map: Mapping[str, str] | None = None,
    asked: AskedSystem = NOTHING_ASKED,
    given: Collection[str] = (),
) -> ConvertedFile:
    """Return the rows of a layer that a file holds, their places in WGS84.

    `asked` says in which coordinate system the file is; without it what the file says holds. `given`
    are fields that get a value where the file has none: it need not have those that are required.

    Raises
    ------
    DataError
        Where a required field has no column, or the coordinates cannot be turned into WGS84.
    UsageError
        Where `field_map` names a field or column that does not exist, or `asked` no system.
    """
    has_datum = asked.datum is not None
    plan = plan_columns(raw, fields=definition.fields, definition=definition, field_map=field_map, has_datum=has_datum)
    check_required_columns(plan, definition.fields, raw, given=given)
    check_system_column(raw, plan, asked)
    in_metres = bool(plan.places) and holds_metres(raw, plan.places, asked)
    places = PlaceReader(raw, plan.places, in_metres=in_metres) if plan.places else None
    place_notes: tuple[Finding, ...] = ()
    if raw.has_geometry:
        raw, place_notes = geometries_in_wgs84(raw, asked)
    rows = RowConverter(raw, plan, zone=zone, given=given)
    converted = [rows.convert(record) for record in raw.records]
    if places is not None or plan.shape_columns:
        shapes = _read_shapes(raw, plan, asked, converted, definition)
        pairs = _read_pairs(raw, places, shapes, converted, definition)
        geometries = [shapes.get(row) for row in range(len(raw.records))]
        if places is not None:
            located = locate_table(pairs, raw, plan.places, asked, heading_datum=plan.datum, in_metres=in_metres)
            place_notes = (*places.notes, *located.notes)
            geometries = [shapes.get(row, point) for row, point in enumerate(_points(located, converted))]
    else:
        geometries = [
            _given_geometry(record, findings, definition)
            for record, (_, findings) in zip(raw.records, converted, strict=True)
        ]
    records = [
        ConvertedRecord(record.line, record.sheet, geometry, properties, tuple(findings), _given_id(record, plan))
        for record, geometry, (properties, findings) in zip(raw.records, geometries, converted, strict=True)
    ]
    notes = (*raw.notes, *rows.notes, *place_notes)
    return ConvertedFile(plan, tuple(records), notes)


def _read_shapes(
    raw: RawFile,
    plan: ColumnPlan,
    asked: AskedSystem,
    converted: list[tuple[dict[str, Value], list[Finding]]],
    definition: LayerDefinition,
) -> dict[int, BaseGeometry | None]:
    """Return the shapes of the rows that have one written as WKT, in WGS84, by row; None for a wrong one.

    Raises
    ------
    DataError
        Where shapes are written in a table that is said to be in another system.
    """
    shapes: dict[int, BaseGeometry | None] = {}
    if not plan.shape_columns:
        return shapes
    column = raw.columns[plan.shape_columns[0]]
    is_wgs84 = asked.crs is None and asked.datum in (None, Datum.WGS84, Datum.CGCS2000)
    for index, (record, (_, findings)) in enumerate(zip(raw.records, converted, strict=True)):
        cells = [record.values[position] for position in plan.shape_columns]
        if all(cell is None for cell in cells):
            continue
        if not is_wgs84:
            raise DataError(
                f"The shapes in column '{column}' are read as WGS84 degrees, and another system is named",
                where=raw.name,
                remedy="Leave --crs and --datum out, or hand the shapes over as GeoPackage or Shapefile.",
            )
        shapes[index] = read_shape(cells, definition.geometry, findings, column=column)
    return shapes


def _read_pairs(
    raw: RawFile,
    places: PlaceReader | None,
    shapes: Mapping[int, BaseGeometry | None],
    converted: list[tuple[dict[str, Value], list[Finding]]],
    definition: LayerDefinition,
) -> FloatArray:
    """Return the coordinates of every row as they are written, shape (n, 2); NaN where it has none, or a shape."""
    pairs = np.full((len(raw.records), 2), np.nan)
    for row, (record, (_, findings)) in enumerate(zip(raw.records, converted, strict=True)):
        if row in shapes:
            continue
        if places is None:
            findings.append(found.UNLOCATED.found())
            continue
        pair = places.read(record, findings)
        if pair is not None and is_allowed("Point", definition.geometry, findings):
            pairs[row] = pair
    if places is not None:
        places.advise_on_swapped([findings for _, findings in converted])
    return pairs


def _points(located: LocatedRows, converted: list[tuple[dict[str, Value], list[Finding]]]) -> list[BaseGeometry | None]:
    """Return the place of every row as a point, all made in one call; rows that cannot be placed are told so."""
    for row, fault in located.faults.items():
        converted[row][1].append(fault)
    lonlat_deg = located.lonlat_deg
    is_placed = np.isfinite(lonlat_deg).all(axis=1)
    points = np.full(len(lonlat_deg), None, dtype=np.object_)
    points[is_placed] = shapely.points(lonlat_deg[is_placed])
    for row in np.flatnonzero(is_placed).tolist():
        wrong = coordinate_fault(*lonlat_deg[row])
        if wrong is not None:
            converted[row][1].append(wrong)
            points[row] = None
    return list(points)


def _given_id(record: RawRecord, plan: ColumnPlan) -> str | None:
    cell = None if plan.id_column is None else record.values[plan.id_column]
    return None if cell is None else str(cell)


def _given_geometry(record: RawRecord, findings: list[Finding], definition: LayerDefinition) -> BaseGeometry | None:
    if record.geometry is not None:
        return checked_geometry(record.geometry, definition.geometry, findings)
    if not any(finding.kind.grade is Grade.REFUSED for finding in record.findings):
        findings.append(found.UNLOCATED.found())
    return None


def check_required_columns(
    plan: ColumnPlan, fields: Mapping[str, FieldDefinition], raw: RawFile, *, given: Collection[str] | None = None
) -> None:
    """Refuse a file that lacks the column of a required field, unless its value is `given`; None: it cannot be."""
    present = {match.field.name for match in plan.matches} | set(given or ())
    missing = [
        field for field in fields.values() if field.required and field.default is None and field.name not in present
    ]
    if missing:
        names = ", ".join(f"{field.name} ({field.label.zh})" for field in missing)
        first = missing[0].name
        one_for_all = given is not None and missing[0].type is FieldType.CODE
        or_given = f", or give one value for all rows: --set {first}=VALUE" if one_for_all else ""
        raise DataError(
            f"There is no column for {names}; the columns are {', '.join(raw.columns)}",
            where=raw.name,
            remedy=f"Say which column it is: --map {first}=COLUMN{or_given}.",
        )


def _explains(said: list[Finding]) -> bool:
    """Return whether a value is missing because it was refused."""
    return any(finding.kind.grade is Grade.REFUSED for finding in said)


class RowConverter:
    """Converts the cells of one row after the other; `notes` is complete after the last row."""

    def __init__(self, raw: RawFile, plan: ColumnPlan, *, zone: ZoneInfo, given: Collection[str] = ()) -> None:
        self._file_notes: dict[tuple[str, str], Finding] = {}
        self._plain = [match for match in plan.matches if match.flag is None]
        self._flags = [(match, match.flag, match.field) for match in plan.matches if match.flag is not None]
        self._flag_of: dict[Cell, Flag | None] = {}
        self._converters: list[tuple[ColumnMatch, Converter]] = []
        self._required = tuple(
            match.field.name
            for match in self._plain
            if match.field.required and match.field.default is None and match.field.name not in given
        )
        for match in self._plain:
            conversion = self._conversion(raw, match, zone)
            self._converters.append((match, build_converter(match.field, conversion)))

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Return what holds for the whole file, said once each."""
        return tuple(self._file_notes.values())

    def _conversion(self, raw: RawFile, match: ColumnMatch, zone: ZoneInfo) -> Conversion:
        field = match.field
        one_line = field.name in ONE_LINE_FIELDS
        if field.type not in (FieldType.INTEGER, FieldType.REAL):
            return Conversion(zone, one_line=one_line)
        cells = [record.values[match.index] for record in raw.records]
        decimal = field.type is FieldType.REAL and has_decimal_commas(cells)
        if decimal:
            self._note(found.DECIMAL_COMMA_COLUMN.found(column=match.column, field=field.name))
        if match.factor != 1.0 and match.unit is not None and field.unit is not None:
            source, target = match.unit.symbol.zh, field.unit.symbol.zh
            self._note(found.UNIT_CONVERTED.found(column=match.column, field=field.name, source=source, target=target))
        return Conversion(zone, match.factor, decimal, has_mixed_commas(cells), unit=match.unit)

    def _note(self, finding: Finding) -> None:
        self._file_notes.setdefault((finding.kind.code, finding.column), finding)

    def convert(self, record: RawRecord) -> tuple[dict[str, Value], list[Finding]]:
        """Return the properties of a row and its findings, those of the reader first."""
        findings = list(record.findings)
        properties: dict[str, Value] = {}
        values = record.values
        for match, converter in self._converters:
            said: list[Finding] = []
            properties[match.field.name] = converter(values[match.index], said)
            for finding in said:
                self._keep(finding, match, findings)
            if match.field.name in self._required and properties[match.field.name] is None and not _explains(said):
                self._keep(found.REQUIRED_MISSING.found(), match, findings)
        for name, codes in self._flagged_codes(record, findings):
            direct = properties.get(name)
            properties[name] = tuple(sorted(codes | set(direct if isinstance(direct, tuple) else ())))
        return properties, findings

    def _keep(self, finding: Finding, match: ColumnMatch, findings: list[Finding]) -> None:
        placed = Finding(finding.kind, match.column, match.field.name, finding.value, finding.details)
        if finding.kind is found.ZONE_ASSUMED:
            self._file_notes.setdefault((finding.kind.code, ""), finding)
        else:
            findings.append(placed)

    def _flagged_codes(self, record: RawRecord, findings: list[Finding]) -> Iterator[tuple[str, set[str]]]:
        """Give, per field of codes with yes/no columns, the codes that are yes; likewise for limits."""
        if not self._flags:
            return
        yes: dict[str, set[str]] = {field.name: set() for _, _, field in self._flags}
        limited: dict[str, set[str]] = {
            field.flags_limited: set() for _, _, field in self._flags if field.flags_limited is not None
        }
        for match, code, field in self._flags:
            cell = record.values[match.index]
            if cell is None:
                continue
            flag = self._flag(cell, match, findings)
            if flag is Flag.YES:
                yes[field.name].add(code)
            elif flag is Flag.LIMITED and field.flags_limited is not None:
                limited[field.flags_limited].add(code)
            elif flag is None or flag is Flag.LIMITED:
                self._keep(found.UNKNOWN_FLAG.found(value=cell), match, findings)
        for _, _, field in self._flags:
            if field.flags_limited is not None:
                limited[field.flags_limited] -= yes[field.name]
        yield from yes.items()
        yield from limited.items()

    def _flag(self, cell: Cell, match: ColumnMatch, findings: list[Finding]) -> Flag | None:
        if cell not in self._flag_of:
            self._flag_of[cell] = Flag.NO if is_dash(cell) else read_flag(cell)
        if is_dash(cell):
            self._keep(found.DASH_AS_EMPTY.found(value=cell), match, findings)
        return self._flag_of[cell]
