"""The one door to files: the format is decided by what is in the file, not by its name."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.archives import unpack_archive
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.containers import Container, Contents, container_of, read_contents
from geo_ems.formats.csv_text import table_from_csv
from geo_ems.formats.encodings import decode_text
from geo_ems.formats.gathering import Features
from geo_ems.formats.gdal_layers import read_members
from geo_ems.formats.geojson import read_geojson
from geo_ems.formats.geopackages import log_beside
from geo_ems.formats.gpx import read_gpx
from geo_ems.formats.kml import read_kml
from geo_ems.formats.raw import DEFAULT_LIMITS, CountedBy, FileFormat, Limits, RawFile, Reading
from geo_ems.formats.shapefiles import parts_beside, read_shapefile
from geo_ems.formats.tables import Table
from geo_ems.formats.xlsx import table_from_xlsx
from geo_ems.formats.xml_elements import decode_xml

_GPX_ROOT = re.compile(r"<(?:\w+:)?gpx[\s>]")
_SHOWN_MEMBERS = 8
_ROOT_WITHIN_CHARACTERS = 4096


def read_records(
    path: Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    known_headers: Collection[str] = (),
    ignored_sheets: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> RawFile:
    """Return the raw records of a file of one of the known formats (`containers.KNOWN_FORMATS`).

    `sheet` names a sheet of a workbook, a layer of a file, a Shapefile of an archive or a folder of
    KML. `known_headers` are headings that are hoped for: they choose the header row among title rows
    and the sheet among several. `ignored_sheets` are read only when `sheet` names them. Geometries
    are in the coordinate system of the file.

    Raises
    ------
    DataError
        Where the file cannot be read as a whole; it says why and what to do.
    UsageError
        Where the encoding, the sheet or the layer asked for does not exist.
    """
    contents = read_contents(path, limits=limits)
    reading = Reading(
        path.name, limits, frozenset(map(fold_name, known_headers)), sheet, frozenset(map(fold_name, ignored_sheets))
    )
    return _read_contents(contents, path, reading, encoding)


def _read_contents(contents: Contents, path: Path, reading: Reading, encoding: str | None) -> RawFile:
    match contents.container:
        case Container.WORKBOOK:
            workbook = table_from_xlsx(contents.data, reading=reading)
            return _from_table(workbook.table, contents, reading.where, sheets=workbook.sheets)
        case Container.TEXT:
            return _read_text(contents, reading, encoding)
        case Container.XML:
            return _read_xml(contents, reading, encoding)
        case Container.SHAPES:
            parts = parts_beside(path, limits=reading.limits)
            features = read_shapefile(parts, reading=reading, encoding=encoding)
            digest = hashlib.sha256()
            for part in parts.values():
                digest.update(part)
            return _from_features(features, replace(contents, sha256=digest.hexdigest()), reading.where)
        case Container.ARCHIVE:
            return _read_archive(contents, path, reading, encoding)
        case _:
            return _from_features(_read_single(contents, path, reading), contents, reading.where)


def _read_text(contents: Contents, reading: Reading, encoding: str | None) -> RawFile:
    where = reading.where
    text, decoded_as = decode_text(contents.data, encoding=encoding, where=where)
    if text.lstrip(" \t\r\n\x1e")[:1] in ("{", "["):
        features = read_geojson(text, limits=reading.limits, where=where)
        return _from_features(features, contents, where, encoding=decoded_as)
    return _from_table(table_from_csv(text, reading=reading), contents, where, encoding=decoded_as)


def _read_xml(
    contents: Contents, reading: Reading, encoding: str | None, *, kml_format: FileFormat = FileFormat.KML
) -> RawFile:
    text, decoded_as = decode_xml(contents.data, encoding=encoding, where=reading.where)
    if _GPX_ROOT.search(text[:_ROOT_WITHIN_CHARACTERS]) is not None:
        features = read_gpx(text, reading=reading)
    else:
        features = read_kml(text, reading=reading, file_format=kml_format)
    return _from_features(features, contents, reading.where, encoding=decoded_as)


def _read_single(contents: Contents, path: Path, reading: Reading) -> Features:
    """Return the features of a format that GDAL reads from one file."""
    if contents.container is Container.FLATGEOBUF:
        only = replace(reading, sheet=None, ignored_sheets=frozenset())
        return read_members({"data.fgb": contents.data}, file_format=FileFormat.FLATGEOBUF, reading=only)
    members = {"data.gpkg": contents.data, **log_beside(path, contents.data, limits=reading.limits)}
    return read_members(members, file_format=FileFormat.GEOPACKAGE, reading=reading)


def _read_archive(contents: Contents, path: Path, reading: Reading, encoding: str | None) -> RawFile:
    unpacked = unpack_archive(contents.data, reading=reading)
    where = reading.where
    name, data = next(iter(unpacked.members.items()))
    inner = replace(contents, data=data)
    match unpacked.format:
        case FileFormat.SHAPEFILE:
            features = read_shapefile(unpacked.members, reading=reading, encoding=encoding)
            raw = _from_features(replace(features, layers=unpacked.datasets), contents, where)
        case FileFormat.FILE_GEODATABASE:
            features = read_members(unpacked.members, file_format=FileFormat.FILE_GEODATABASE, reading=reading)
            raw = _from_features(features, contents, where)
        case FileFormat.KMZ:
            raw = _read_xml(inner, reading, encoding, kml_format=FileFormat.KMZ)
        case _:
            container = container_of(data, limits=reading.limits, where=where)
            if container in {Container.ARCHIVE, Container.WORKBOOK, Container.SHAPES}:
                raise DataError(
                    f"The member '{name:.80}' of the archive is none of the formats that are read in archives",
                    where=where,
                    remedy="Take it out of the archive and import it alone.",
                )
            raw = _read_contents(replace(inner, container=container), path, reading, encoding)
    if not unpacked.unused:
        return raw
    shown = ", ".join(unpacked.unused[:_SHOWN_MEMBERS]) + (" …" if len(unpacked.unused) > _SHOWN_MEMBERS else "")
    return replace(raw, notes=(*raw.notes, found.MEMBERS_NOT_USED.found(value=shown)))


def _from_features(features: Features, contents: Contents, name: str, *, encoding: str | None = None) -> RawFile:
    return RawFile(
        name=name,
        sha256=contents.sha256,
        format=features.format,
        encoding=encoding or features.encoding,
        counted_by=features.counted_by,
        columns=features.columns,
        records=features.records,
        skipped=features.skipped,
        notes=features.notes,
        sheets=features.layers,
        has_geometry=features.has_geometry,
        crs=features.crs,
        names_cut_at_bytes=features.names_cut_at_bytes,
    )


def _from_table(
    table: Table, contents: Contents, name: str, *, encoding: str | None = None, sheets: tuple[str, ...] = ()
) -> RawFile:
    is_workbook = contents.container is Container.WORKBOOK
    return RawFile(
        name=name,
        sha256=contents.sha256,
        format=FileFormat.XLSX if is_workbook else FileFormat.CSV,
        encoding=encoding,
        counted_by=CountedBy.ROW if is_workbook else CountedBy.LINE,
        columns=table.columns,
        records=table.records,
        skipped=table.skipped,
        notes=table.notes,
        sheets=sheets,
        units=table.units,
    )
