"""Layers of GeoPackage, Shapefile, File Geodatabase and FlatGeobuf as records, asked of the reading process."""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import orjson

from geo_ems.errors import DataError, known_names
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.gathering import Features
from geo_ems.formats.gdal_process import ask_reader
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, RawRecord, Reading
from geo_ems.formats.reader_process import Frame
from geo_ems.formats.wkb_geometry import geometries_from_wkb

_DRIVERS: Mapping[FileFormat, str] = {
    FileFormat.GEOPACKAGE: "GPKG",
    FileFormat.SHAPEFILE: "ESRI Shapefile",
    FileFormat.FILE_GEODATABASE: "OpenFileGDB",
    FileFormat.FLATGEOBUF: "FlatGeobuf",
}
_CRS = re.compile(r"EPSG:\d{1,9}$|[A-Z]{2,20}\[")
_GRID_FILES = re.compile(
    r"""(?:nadgrids|geoidgrids|\+grids)=(?!@null\b)|PROJ4_GRIDS"\s*,\s*"(?!@null")|PARAMETERFILE\[""", re.IGNORECASE
)
_LONGEST_CRS = 20_000


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer that a file offers."""

    name: str
    features: int
    has_geometry: bool


@dataclass(frozen=True, slots=True)
class ReadColumns:
    """One layer column by column, as the reading process gave it: texts are not decoded where it knew no encoding.

    `feature_ids` are the numbers that the format gives its features; `wkb` is None without geometries.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: tuple[list[object], ...]
    feature_ids: tuple[int, ...]
    wkb: tuple[bytes | None, ...] | None
    crs: str | None
    notes: tuple[Finding, ...]


def read_members(
    members: Mapping[str, bytes],
    *,
    file_format: FileFormat,
    reading: Reading,
    decoded: Callable[[ReadColumns], tuple[ReadColumns, str | None]] | None = None,
) -> Features:
    """Return the features of a file that is given as its parts: name to bytes, the first one to be opened.

    A name that holds a slash lies in a folder, which is then what is opened. `decoded` gives the texts
    of a format that does not say its encoding, and the encoding found.

    Raises
    ------
    DataError
        Where the file cannot be read, or holds several layers and none was named.
    NotFoundError
        Where it has no layer of the name.
    """
    with tempfile.TemporaryDirectory(prefix="geo-ems-read-") as folder:
        opened = _write(Path(folder), members)
        request = {"path": str(opened), "driver": _DRIVERS[file_format]}
        layers = _listed(_ask({**request, "task": "list"}, folder, reading), reading.where)
        layer = choose_layer(layers, reading)
        frames = _ask({**request, "task": "read", "layer": layer.name, "rows": reading.limits.rows}, folder, reading)
    columns = _columns_of(frames, reading.where)
    encoding = None
    if decoded is not None:
        columns, encoding = decoded(columns)
    unused = tuple(
        found.LAYER_NOT_USED.found(value=other.name, count=other.features)
        for other in layers
        if other.name != layer.name and other.features
    )
    return Features(
        file_format,
        CountedBy.FEATURE,
        columns.names,
        _records(columns, reading),
        columns.crs,
        encoding,
        (*unused, *columns.notes),
        layers=tuple(other.name for other in layers),
        has_geometry=columns.wkb is not None,
    )


def choose_layer(layers: Sequence[LayerFacts], reading: Reading) -> LayerFacts:
    """Return the layer that is named, or the only one that holds features.

    Tables without geometries count only where no layer has any.

    Raises
    ------
    DataError
        Where there is no layer, or several could be meant.
    NotFoundError
        Where there is no layer of the name.
    """
    if reading.sheet is not None:
        wanted = fold_name(reading.sheet)
        named = [layer for layer in layers if fold_name(layer.name) == wanted]
        if not named:
            raise known_names("layer", reading.sheet, [layer.name for layer in layers])
        return named[0]
    offered = [layer for layer in layers if fold_name(layer.name) not in reading.ignored_sheets]
    filled = [layer for layer in offered if layer.features]
    likely = [layer for layer in filled if layer.has_geometry] or filled or offered
    if not likely:
        raise DataError("The file has no layer", where=reading.where, remedy="Choose the file with the data.")
    if len(likely) > 1 and filled:
        names = ", ".join(f"{layer.name} ({layer.features})" for layer in likely)
        raise DataError(
            f"The file has {len(likely)} layers, and it is not said which one is meant: {names}",
            where=reading.where,
            remedy=f"Name the layer: --sheet {likely[0].name}.",
        )
    return likely[0]


def _write(folder: Path, members: Mapping[str, bytes]) -> Path:
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    first = next(iter(members))
    return folder / first.partition("/")[0]


def _ask(request: Mapping[str, object], folder: str, reading: Reading) -> list[Frame]:
    try:
        return ask_reader(request, limits=reading.limits, where=reading.where)
    except DataError as error:  # the place of our copy means nothing to anybody
        problem = error.problem.replace(folder, "").replace("\\", "/").replace("/data.", "data.")
        raise DataError(problem, where=error.where, remedy=error.remedy) from error


def _not_understood(where: str) -> DataError:
    return DataError(
        "The reader of this format gave an answer that cannot be understood",
        where=where,
        remedy="The file may be damaged: open it in a GIS program such as QGIS and save it again.",
    )


def _listed(frames: list[Frame], where: str) -> list[LayerFacts]:
    head = frames[0] if frames else None
    layers = head.get("layers") if isinstance(head, dict) else None
    if not isinstance(layers, list):
        raise _not_understood(where)
    return [LayerFacts(str(one["name"]), int(one["features"]), bool(one["has_geometry"])) for one in layers]


def _columns_of(frames: list[Frame], where: str) -> ReadColumns:
    """Return the columns of an answer after looking whether its parts fit each other."""
    head = frames[0] if frames else None
    if not isinstance(head, dict):
        raise _not_understood(where)
    rows, described = int(head["rows"]), [(str(name), str(kind)) for name, kind in head["columns"]]
    values = frames[1 : 1 + len(described)]
    rest = frames[1 + len(described) :]
    has_geometry = bool(head["has_geometry"])
    sound = (
        len(rest) == (3 if has_geometry else 1)
        and all(isinstance(column, list) and len(column) == rows for column in values)
        and all(isinstance(part, bytes) for part in rest)
    )
    if not sound:
        raise _not_understood(where)
    wkb = _cut(rest[1], rest[2], rows, where) if has_geometry else None
    notes = [found.COLUMN_LEFT_OUT.found(value=name) for name in head["left_out"]]
    notes += [found.READER_WARNED.found(value=text) for text in head["warnings"] if not text.startswith("Measured (M)")]
    crs = _crs_told(head["crs"], where)
    if not isinstance(rest[0], bytes) or len(rest[0]) != rows * 8:
        raise _not_understood(where)
    feature_ids = np.frombuffer(rest[0], dtype="<i8").tolist()
    return ReadColumns(
        distinct_names([name for name, _ in described]),
        tuple(kind for _, kind in described),
        tuple(values),  # type: ignore[arg-type]  # lists, as looked at above
        tuple(feature_ids),
        wkb,
        crs,
        tuple(notes),
    )


def _crs_told(crs: object, where: str) -> str | None:
    """Return the coordinate system, which is a code or its definition; none may name files of its own."""
    if not crs:
        return None
    text = str(crs)
    if len(text) > _LONGEST_CRS or not _CRS.match(text) or _GRID_FILES.search(text):
        raise DataError(
            "The definition of the coordinate system in the file cannot be used",
            where=where,
            remedy="Open the file in a GIS program such as QGIS, choose its coordinate system and save it again.",
        )
    return text


def _cut(sizes: object, blob: object, rows: int, where: str) -> tuple[bytes | None, ...]:
    """Return the geometries of a row of bytes; a size of -1 stands for none."""
    if not isinstance(sizes, bytes) or not isinstance(blob, bytes):
        raise _not_understood(where)
    lengths = np.frombuffer(sizes, dtype="<i8")
    if len(lengths) != rows or int(lengths.clip(0).sum()) != len(blob):
        raise _not_understood(where)
    ends = np.cumsum(lengths.clip(0)).tolist()
    return tuple(
        None if length < 0 else blob[end - length : end] for length, end in zip(lengths.tolist(), ends, strict=True)
    )


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; one that appears again gets a number."""
    taken: list[str] = []
    for heading in names:
        name, number = heading, 2
        while name in taken:
            name, number = f"{heading} ({number})", number + 1
        taken.append(name)
    return tuple(taken)


def _records(columns: ReadColumns, reading: Reading) -> tuple[RawRecord, ...]:
    if len(columns.names) > reading.limits.columns:
        raise DataError(
            f"There are more than {reading.limits.columns} columns", where=reading.where, remedy="Remove unused ones."
        )
    rows = len(columns.feature_ids)
    findings: dict[int, tuple[Finding, ...]] = {}
    geometries = (
        geometries_from_wkb(columns.wkb, findings, limits=reading.limits) if columns.wkb is not None else [None] * rows
    )
    cells = [_cells(values, kind) for values, kind in zip(columns.values, columns.kinds, strict=True)]
    for index, column in enumerate(cells):
        if columns.kinds[index] not in {"text", "list"}:
            continue
        for row, cell in enumerate(column):
            if isinstance(cell, str) and len(cell) > reading.limits.cell_characters:
                limit = found.CELL_TOO_LONG.found(limit=reading.limits.cell_characters)
                findings[row] = (*findings.get(row, ()), limit)
                column[row] = None
    rows_of_cells = zip(*cells, strict=True) if cells else iter([()] * rows)
    return tuple(
        RawRecord(number, values, geometry, findings.get(number - 1, ()))
        for number, (values, geometry) in enumerate(zip(rows_of_cells, geometries, strict=True), start=1)
    )


def _cells(values: list[object], kind: str) -> list[Cell]:
    """Return the values of a column as cells; what does not look like its kind stays text."""
    match kind:
        case "integer" | "boolean" | "real":
            return [value if isinstance(value, bool | int | float | str) else None for value in values]
        case "date":
            return [_moment(value, date.fromisoformat) for value in values]
        case "datetime":
            return [_moment(value, datetime.fromisoformat) for value in values]
        case _:
            texts = [value if isinstance(value, str) and value.strip(" \t\r\n\x00") else None for value in values]
            return [*(_lists_joined(texts) or texts)]


def _lists_joined(texts: Sequence[str | None]) -> list[str | None] | None:
    """Return a column of JSON lists, as GeoPackages hold them, with `;` between the items; None for another column."""
    joined: list[str | None] = []
    for text in texts:
        if text is None:
            joined.append(None)
            continue
        try:
            items = orjson.loads(text) if text.startswith("[") else None
        except orjson.JSONDecodeError:
            return None
        if not isinstance(items, list) or not all(isinstance(item, str | int | float) for item in items):
            return None
        joined.append(";".join(map(str, items)) or None)
    return joined


def _moment(value: object, parse: Callable[[str], date]) -> Cell:
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return parse(value.strip().replace("/", "-"))
    except ValueError:
        return value
