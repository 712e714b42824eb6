"""What the reading process does with a file: which layers there are, and one layer column by column.

Called in the child process only: GDAL and SQLite run over foreign bytes here.
"""

import contextlib
import logging
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

import apsw
import numpy as np
import pyogrio
import pyogrio.raw

_EXACT_IN_A_FLOAT = 1 << 53
_HARMLESS_MODULES = ("rtree", "fts3", "fts4", "fts5", "gpkg_rtree")
_INTERNAL_TABLES = ("ems_", "gpkg_", "rtree_", "sqlite_", "qgis_", "layer_styles")
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    # Without an encoding GDAL decodes nothing: texts come as their bytes, read as Latin-1.
    "ESRI Shapefile": {"ENCODING": ""},
    "GPKG": {"LIST_ALL_TABLES": "NO"},
    "OpenFileGDB": {},
    "FlatGeobuf": {"VERIFY_BUFFERS": "YES"},
}

Request = Mapping[str, object]


class UnreadableError(Exception):
    """The file cannot be read; the text says why."""


def list_layers(request: Request) -> Iterator[object]:
    """Give one mapping: the layers with their number of features and whether they have geometries."""
    path, driver = str(request["path"]), str(request["driver"])
    with _warnings_kept():
        names = _geopackage_tables(path) if driver == "GPKG" else [str(row[0]) for row in pyogrio.list_layers(path)]
        yield {"layers": [_described(path, driver, name) for name in names]}


def read_layer(request: Request) -> Iterator[object]:
    """Give a head, then the values of each of its columns, then the sizes and the bytes of the geometries.

    Geometries are WKB, linear; a size of -1 stands for none.
    """
    path, driver, layer = str(request["path"]), str(request["driver"]), str(request["layer"])
    with _warnings_kept() as kept:
        info = _info(path, driver, layer)
        declared = int(str(info["features"]))
        if declared > int(str(request["rows"])):
            raise UnreadableError(f"it has {declared} features, more than {request['rows']}")
        meta, fids, geometries, columns = pyogrio.raw.read(
            path, layer=layer, return_fids=True, datetime_as_string=True, **_OPTIONS[driver]
        )
    if len(fids) != declared and driver != "ESRI Shapefile":  # rows marked as deleted count there, but are none
        raise UnreadableError(f"only {len(fids)} of its {declared} features can be read")
    kinds = [
        _kind(str(kind), str(subtype)) for kind, subtype in zip(meta["ogr_types"], meta["ogr_subtypes"], strict=True)
    ]
    used = [index for index, kind in enumerate(kinds) if kind != "binary"]
    names = [str(name) for name in meta["fields"]]
    yield {
        "crs": meta["crs"],
        "has_geometry": geometries is not None,
        "rows": len(fids),
        "columns": [[names[index], kinds[index]] for index in used],
        "left_out": [*(names[index] for index in range(len(names)) if index not in used), *kept.fields],
        "warnings": kept.texts(),
    }
    for index in used:
        values = columns[index]
        if kinds[index] == "integer" and _has_lost_digits(values):
            values = _exact_integers(path, driver, layer, names[index], fids)
        yield _plain(values, kinds[index])
    yield np.asarray(fids, dtype="<i8").tobytes()
    if geometries is not None:
        yield np.array([-1 if wkb is None else len(wkb) for wkb in geometries], dtype="<i8").tobytes()
        yield b"".join(wkb for wkb in geometries if wkb is not None)


def _info(path: str, driver: str, layer: str) -> Mapping[str, object]:
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True, **_OPTIONS[driver])
    if info.get("driver") != driver:
        raise UnreadableError("it is of another format than it begins like")
    return info  # type: ignore[no-any-return]


def _described(path: str, driver: str, name: str) -> dict[str, object]:
    info = _info(path, driver, name)
    return {"name": name, "features": int(str(info["features"])), "has_geometry": info["geometry_type"] is not None}


def _geopackage_tables(path: str) -> list[str]:
    """Return the tables that a GeoPackage offers, after looking whether the file is sound and harmless."""
    try:
        with contextlib.closing(apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)) as database:
            database.execute("PRAGMA trusted_schema=0")
            fault = str(database.execute("PRAGMA quick_check(1)").fetchall()[0][0])
            if fault != "ok":
                raise UnreadableError(fault.replace("\n", " "))
            for name, statement in database.execute(
                "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'create virtual%'"
            ):
                module = str(statement).casefold().partition(" using ")[2].lstrip().partition("(")[0].strip()
                if module not in _HARMLESS_MODULES:
                    raise UnreadableError(f"its table '{name}' is made by '{module}', which is not read")
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_contents'").fetchall():
                raise UnreadableError("it is a SQLite file, but no GeoPackage: it has no table of contents")
            rows = database.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes', 'aspatial') "
                "AND table_name IN (SELECT name FROM sqlite_master) ORDER BY rowid"
            )
            return [str(name) for (name,) in rows if not str(name).casefold().startswith(_INTERNAL_TABLES)]
    except apsw.Error as error:
        raise UnreadableError(str(error)) from error


def _kind(ogr_type: str, subtype: str) -> str:
    """Return the kind of a column's values; everything that is not one of the others is text."""
    if subtype == "OFSTBoolean" and ogr_type == "OFTInteger":
        return "boolean"
    kinds = {
        "OFTInteger": "integer",
        "OFTInteger64": "integer",
        "OFTReal": "real",
        "OFTDate": "date",
        "OFTDateTime": "datetime",
        "OFTBinary": "binary",
    }
    return "list" if ogr_type.endswith("List") else kinds.get(ogr_type, "text")


def _has_lost_digits(values: np.ndarray) -> bool:
    """Return whether whole numbers beside empty cells came as floats too large to hold them exactly."""
    return values.dtype.kind == "f" and bool(np.nanmax(np.abs(values), initial=0) > _EXACT_IN_A_FLOAT)


def _exact_integers(path: str, driver: str, layer: str, name: str, fids: np.ndarray) -> np.ndarray:
    quoted = name.replace('"', '""')
    options = _OPTIONS[driver]
    _, with_value, _, columns = pyogrio.raw.read(
        path,
        layer=layer,
        columns=[name],
        where=f'"{quoted}" IS NOT NULL',
        return_fids=True,
        read_geometry=False,
        **options,
    )
    exact = dict(zip(with_value.tolist(), columns[0].tolist(), strict=True))
    return np.array([exact.get(fid) for fid in fids.tolist()], dtype=object)


def _plain(values: np.ndarray, kind: str) -> list[object]:
    """Return values for JSON: None where there is none; an infinite number is a text, which JSON can hold."""
    cells: Iterable[object] = values.tolist()
    match kind:
        case "integer":
            return [int(cell) if _is_number(cell) else None for cell in cells]  # type: ignore[call-overload]
        case "boolean":
            return [bool(cell) if _is_number(cell) else None for cell in cells]
        case "real":
            return [
                None if cell is None or cell != cell else cell if math.isfinite(cell) else str(cell)  # type: ignore[arg-type]  # noqa: PLR0124 - NaN
                for cell in cells
            ]
        case "list":
            return [None if cell is None else ";".join(map(str, cell)) for cell in cells]  # type: ignore[call-overload]
        case _:
            return [None if cell is None or cell != cell else str(cell) for cell in cells]  # noqa: PLR0124 - NaT


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and math.isfinite(cell)


class _Kept(logging.Handler):
    """What GDAL and pyogrio warn of while a file is read; `fields` are those left out for their type."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.fields: list[str] = []
        self.caught: list[warnings.WarningMessage] = []
        self._catching = warnings.catch_warnings(record=True)

    def __enter__(self) -> Self:
        self.caught = self._catching.__enter__() or []
        warnings.simplefilter("always")
        logging.getLogger("pyogrio").addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("pyogrio").removeHandler(self)
        self._catching.__exit__(kind, error, trace)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the name of a field that is left out."""
        words = record.getMessage()
        if words.startswith("Skipping field "):
            self.fields.append(words.removeprefix("Skipping field ").partition(":")[0])

    def texts(self) -> list[str]:
        """Return the different warnings, the first twenty of them."""
        return list(dict.fromkeys(str(warning.message) for warning in self.caught))[:20]


def _warnings_kept() -> _Kept:
    return _Kept()
