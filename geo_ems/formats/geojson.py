"""GeoJSON (RFC 7946): collections, single features, and one feature per line."""

import json
import math
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.geojson_geometry import GeometryFaultError, geometry_from_json
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Limits, RawRecord
from geo_ems.formats.strict_json import Json, StrictReader, is_deeper_than

FEATURE_ID_COLUMN = "@id"
_WGS84_NAMES = frozenset(
    {
        "urn:ogc:def:crs:ogc:1.3:crs84",
        "urn:ogc:def:crs:ogc::crs84",
        "http://www.opengis.net/def/crs/ogc/1.3/crs84",
        "urn:ogc:def:crs:epsg::4326",
        "epsg:4326",
        "crs84",
        "ogc:crs84",
    }
)


@dataclass(frozen=True, slots=True)
class GeoJsonContents:
    """The features of a file as records under the union of their property names."""

    format: FileFormat
    counted_by: CountedBy
    columns: tuple[str, ...]
    records: tuple[RawRecord, ...]


@dataclass(slots=True)
class _Gathered:
    """Features as they are read; columns appear in the order in which names appear first."""

    limits: Limits
    where: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, dict[str, Cell], BaseGeometry | None, tuple[Finding, ...]]] = field(default_factory=list)

    def add(self, line: int, feature: Json, faults: tuple[Finding, ...]) -> None:
        cells, geometry, findings = _read_feature(feature, self.limits)
        for name in cells:
            self.columns.setdefault(name, len(self.columns))
        self.rows.append((line, cells, geometry, faults + findings))
        if len(self.rows) > self.limits.rows:
            raise DataError(
                f"There are more than {self.limits.rows} features", where=self.where, remedy="Split the file."
            )
        if len(self.columns) > self.limits.columns:
            raise DataError(
                f"There are more than {self.limits.columns} properties", where=self.where, remedy="Remove unused ones."
            )

    def records(self, *, numbered: bool) -> tuple[RawRecord, ...]:
        """Return the records, with their lines or numbered from 1."""
        return tuple(
            RawRecord(number if numbered else line, tuple(cells.get(name) for name in self.columns), geometry, findings)
            for number, (line, cells, geometry, findings) in enumerate(self.rows, start=1)
        )


def read_geojson(text: str, *, limits: Limits, where: str) -> GeoJsonContents:
    """Return the features of a text; a fault inside one feature refuses that feature only.

    Raises
    ------
    DataError
        Where the text is not JSON, not GeoJSON, or in coordinates other than WGS84 lon/lat.
    """
    reader = StrictReader(text, where=where)
    gathered = _Gathered(limits, where)
    is_collection = _read_top(reader, gathered)
    is_sequence = not is_collection and reader.peek() != ""
    while reader.peek():
        if is_collection or _read_top(reader, gathered):
            raise _not_geojson(f"there is more on line {reader.line()} than one collection", where)
    return GeoJsonContents(
        FileFormat.GEOJSON_SEQUENCE if is_sequence else FileFormat.GEOJSON,
        CountedBy.LINE if is_sequence else CountedBy.FEATURE,
        tuple(gathered.columns),
        gathered.records(numbered=not is_sequence),
    )


def _not_geojson(reason: str, where: str) -> DataError:
    return DataError(
        f"This is not GeoJSON: {reason}", where=where, remedy="Export a FeatureCollection with coordinates in WGS84."
    )


def _read_top(reader: StrictReader, gathered: _Gathered) -> bool:
    """Read one object of the top level; return True where it was a collection."""
    if reader.peek() != "{":
        raise _not_geojson("it does not begin with an object", gathered.where)
    line = reader.line()
    members: dict[str, Json] = {}
    faults: tuple[Finding, ...] = ()
    has_features = False
    for name in reader.members():
        if name == "features" and reader.peek() == "[":
            has_features = True
            for _ in reader.elements():
                feature, inner = reader.value()
                gathered.add(0, feature, inner)
            continue
        members[name], inner = reader.value()
        faults += inner
    _check_crs(members.get("crs"), gathered.where)
    kind = members.get("type")
    if kind == "FeatureCollection" and has_features:
        return True
    if kind == "Feature" and not has_features:
        gathered.add(line, members, faults)
        return False
    raise _not_geojson(f"its type is {json.dumps(kind, ensure_ascii=False)[:60]}", gathered.where)


def _check_crs(crs: Json, where: str) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and name.casefold() in _WGS84_NAMES:
        return
    raise DataError(
        f"The coordinates are in {str(name or crs)[:80]}, not in WGS84",
        where=where,
        remedy="Export the file in WGS84 longitude and latitude (EPSG:4326), which is what GeoJSON means.",
    )


def _read_feature(feature: Json, limits: Limits) -> tuple[dict[str, Cell], BaseGeometry | None, tuple[Finding, ...]]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return {}, None, (found.FEATURE_MALFORMED.found(value=json.dumps(feature, ensure_ascii=False)[:60]),)
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        return {}, None, (found.FEATURE_MALFORMED.found(value="properties"),)
    findings: list[Finding] = []
    cells: dict[str, Cell] = {}
    identity = feature.get("id")
    if isinstance(identity, str | int) and not isinstance(identity, bool):
        cells[FEATURE_ID_COLUMN] = identity
    for name, value in (properties or {}).items():
        cells[name] = _cell(value, findings, limits)
    geometry, geometry_findings = _read_geometry(feature.get("geometry"), limits)
    return cells, geometry, (*findings, *geometry_findings)


def _cell(value: Json, findings: list[Finding], limits: Limits) -> Cell:
    """Return a property as a cell: lists of plain values joined by `;`, other nesting as JSON text."""
    if isinstance(value, dict | list):
        if is_deeper_than(value, limits.json_depth):
            findings.append(found.JSON_TOO_DEEP.found(limit=limits.json_depth))
            return None
        is_plain = isinstance(value, list) and all(isinstance(item, str | int | float) for item in value)
        value = ";".join(map(str, value)) if is_plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        findings.append(found.JSON_NOT_A_NUMBER.found(value=value))
        return None
    if isinstance(value, str):
        if len(value) > limits.cell_characters:
            findings.append(found.CELL_TOO_LONG.found(limit=limits.cell_characters))
            return None
        return value if value.strip() else None
    return value


def _read_geometry(value: Json, limits: Limits) -> tuple[BaseGeometry | None, tuple[Finding, ...]]:
    try:
        geometry, has_height = geometry_from_json(value, max_vertices=limits.vertices)
    except GeometryFaultError as fault:
        return None, (fault.finding,)
    return geometry, (found.HEIGHT_DROPPED.found(),) if has_height else ()
