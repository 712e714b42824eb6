"""GeoJSON (RFC 7946): collections, single features, and one feature per line."""

import json
import math
import re

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding
from geo_ems.formats.gathering import WGS84, Features, GatheredFeatures
from geo_ems.formats.geojson_geometry import GeometryFaultError, geometry_from_json
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Limits
from geo_ems.formats.strict_json import Json, StrictReader, is_deeper_than

FEATURE_ID_COLUMN = "@id"
_CRS_NAMES = re.compile(
    r"^(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(?P<authority>[a-z]+)"
    r"(?::[\d.]*:|/[\d.]+/|:)(?P<code>[a-z0-9]+)$",
    re.IGNORECASE,
)


def read_geojson(text: str, *, limits: Limits, where: str) -> Features:
    """Return the features of a text; a fault inside one feature refuses that feature only.

    The system of the coordinates is WGS84, unless a member `crs` (GeoJSON of 2008) says otherwise.

    Raises
    ------
    DataError
        Where the text is not JSON or not GeoJSON, or says its coordinate system so that it cannot be told.
    """
    reader = StrictReader(text, where=where)
    gathered = GatheredFeatures(limits, where)
    is_collection, crs = _read_top(reader, gathered)
    is_sequence = not is_collection and reader.peek() != ""
    while reader.peek():
        is_other, other_crs = (True, crs) if is_collection else _read_top(reader, gathered)
        if is_other:
            raise _not_geojson(f"there is more on line {reader.line()} than one collection", where)
        if other_crs != crs:
            raise _not_geojson(f"its features are in {crs} and in {other_crs}", where)
    return Features(
        FileFormat.GEOJSON_SEQUENCE if is_sequence else FileFormat.GEOJSON,
        CountedBy.LINE if is_sequence else CountedBy.FEATURE,
        tuple(gathered.columns),
        gathered.records(numbered=not is_sequence),
        crs,
    )


def _not_geojson(reason: str, where: str) -> DataError:
    return DataError(
        f"This is not GeoJSON: {reason}", where=where, remedy="Export a FeatureCollection with coordinates in WGS84."
    )


def _read_top(reader: StrictReader, gathered: GatheredFeatures) -> tuple[bool, str]:
    """Read one object of the top level; return whether it was a collection, and its coordinate system."""
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
                _add(gathered, 0, feature, inner)
            continue
        members[name], inner = reader.value()
        faults += inner
    crs = _crs_named(members.get("crs"), gathered.where)
    kind = members.get("type")
    if kind == "FeatureCollection" and has_features:
        return True, crs
    if kind == "Feature" and not has_features:
        _add(gathered, line, members, faults)
        return False, crs
    raise _not_geojson(f"its type is {json.dumps(kind, ensure_ascii=False)[:60]}", gathered.where)


def _add(gathered: GatheredFeatures, line: int, feature: Json, faults: tuple[Finding, ...]) -> None:
    cells, geometry, findings = _read_feature(feature, gathered.limits)
    gathered.add(line, cells, geometry, faults + findings)


def _crs_named(crs: Json, where: str) -> str:
    """Return the coordinate system that a member `crs` names, such as EPSG:4490; WGS84 without one."""
    if crs is None:
        return WGS84
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    named = _CRS_NAMES.match(name) if isinstance(name, str) else None
    if named is not None:
        return f"{named['authority']}:{named['code']}".upper()
    if isinstance(name, str) and name.casefold() == "crs84":
        return WGS84
    raise DataError(
        f"The coordinates are in {str(name or crs)[:80]}, which is no coordinate system known here",
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
