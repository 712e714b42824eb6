"""A whole layer read at once: SQLite joins each column into one run of bytes, numpy takes it apart.

No Python object is made per cell, which is what reading a million features row by row costs. Only
layers in which every cell is as geo_ems writes it are read this way; where another program wrote
something else, `read_packed` says so and the layer is read row by row, with its faults named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import apsw
import numpy as np
from numpy.typing import NDArray

from geo_ems.model.cells import UNKNOWN_DAY, UNKNOWN_INSTANT, Cells, DayCells, InstantCells, PointCells, TextCells
from geo_ems.model.columns import BoolArray, Column, IntArray, ObjectArray
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.storage.geometry_blobs import POINT_BYTES, decode_blobs
from geo_ems.storage.joined_columns import (
    IrregularError,
    built_column,
    check_ids,
    listed_column,
    order_of_ids,
    plain_points,
    time_cells,
)
from geo_ems.storage.statements import Fragment, SqlValue, render

_PLAIN_TEXT: Final = frozenset({FieldType.TEXT, FieldType.PHONE})
_LISTED: Final = frozenset({FieldType.CODE, FieldType.CODES})
_TIMES: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.REAL})
_JOINED: Final = _PLAIN_TEXT | _LISTED | _TIMES
_TEXTS: Final = "CAST(group_concat(ifnull({name}, ''), char(0)) AS BLOB)"
_NUMBERS_IN_WORDS: Final = "CAST(group_concat(ifnull(CAST({name} AS INTEGER), 'nan'), ' ') AS BLOB)"
_SCALED_IN_WORDS: Final = "CAST(group_concat(ifnull(CAST(round({name} * 1000) AS INTEGER), 'nan'), ' ') AS BLOB)"
_SCALE: Final = 1000.0
_FLAGS: Final = "CAST(group_concat({name} IS NOT NULL, '') AS BLOB)"
_LARGEST_INTEGER: Final = 2**53


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """The parts of a layer, ordered by id, without its child tables."""

    ids: TextCells
    revs: IntArray
    geometries: ObjectArray | Cells
    columns: Mapping[str, Column]


def read_packed(connection: apsw.Connection, definition: LayerDefinition) -> PackedLayer | None:
    """Return a layer whose every cell is as geo_ems writes it; None where one is not."""
    try:
        return _Reader(connection, definition).read()
    except (IrregularError, UnicodeDecodeError, OverflowError, apsw.TooBigError):
        return None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a look tells of a table: rows, rows with a geometry, known values by field, and short ways to take.

    `scaled` are fields of which each number is a whole one divided by 1,000, to the last bit.
    """

    size: int
    located: int
    all_plain_points: bool
    known: Mapping[str, int]
    whole_numbers: frozenset[str]
    scaled: frozenset[str]


class _Reader:
    """A few scans over one table, each in the order of its rows."""

    def __init__(self, connection: apsw.Connection, definition: LayerDefinition) -> None:
        self._connection = connection
        self._definition = definition
        self._facts = self._look()
        self._joined = self._join()

    def read(self) -> PackedLayer:
        ids = self._texts("id")
        check_ids(ids)
        order = order_of_ids(ids)
        geometries = self._geometries()
        revs: IntArray = self._whole_numbers("rev").astype(np.int64)
        rows = self._read_rows()
        columns: dict[str, Column] = {}
        for field in self._definition.fields.values():
            column = built_column(field, rows[field.name]) if field.name in rows else self._column(field)
            columns[field.name] = column if order is None else _ordered(column, order)
        if order is not None:
            ids, revs = TextCells(ids.begin[order], ids.end[order], ids.utf8), revs[order]
            geometries = (
                PointCells(geometries.lonlat_deg[order]) if isinstance(geometries, PointCells) else geometries[order]
            )
        return PackedLayer(ids, revs, geometries, columns)

    def _look(self) -> _Facts:
        """Count, and refuse a table with values of other types than geo_ems writes: joined they could not be told."""
        fields = self._definition.fields
        counted = self._first_row(["count(*)", "count(geom)", *(render("count({name})", name=name) for name in fields)])
        size, located, *counts = map(_whole, counted)
        known = dict(zip(fields, counts, strict=True))
        # Only columns that hold anything are looked at more closely: most columns of most layers are empty.
        filled = [field for field in fields.values() if known[field.name]]
        fractions = [field.name for field in filled if field.type is FieldType.REAL]
        wrong = " OR ".join(["typeof(rev) != 'integer'", "typeof(id) != 'text'", *map(_is_wrong, filled)])
        # Counted where they differ, which no number written by SQLite in words could tell.
        part = "total(abs({name}) >= 1e12 OR {name} IS NOT CAST({name} AS INTEGER))"
        thousandth = "total(abs({name}) >= 1e12 OR {name} IS NOT CAST(round({name} * 1000) AS INTEGER) / 1000.0)"
        wrong_count, points, *parts = map(
            _whole,
            self._first_row(
                [
                    f"total({wrong})",
                    f"total(length(geom) = {POINT_BYTES} AND typeof(geom) = 'blob')",
                    *(render(part, name=name) for name in fractions),
                    *(render(thousandth, name=name) for name in fractions),
                ]
            ),
        )
        if wrong_count:
            raise IrregularError
        without_part = {name for name, count in zip(fractions, parts, strict=False) if not count}
        scaled = {name for name, count in zip(fractions, parts[len(fractions) :], strict=True) if not count}
        integers = {field.name for field in filled if field.type is FieldType.INTEGER}
        return _Facts(
            size,
            located,
            0 < located == points,
            known,
            whole_numbers=frozenset(without_part | integers),
            scaled=frozenset(scaled - without_part),
        )

    def _join(self) -> dict[str, bytes]:
        """Return the joined values of each column that has any; one scan for all of them."""
        wanted = {"id": _TEXTS, "rev": _NUMBERS_IN_WORDS}
        facts = self._facts
        for field in self._definition.fields.values():
            known_count = facts.known[field.name]
            if known_count and field.type in _JOINED:
                wanted[field.name] = _TEXTS
            elif known_count and field.name in facts.whole_numbers:
                wanted[field.name] = _NUMBERS_IN_WORDS
            elif known_count and field.name in facts.scaled:
                wanted[field.name] = _SCALED_IN_WORDS
        parts = [render(sql, name=name) for name, sql in wanted.items()]
        flagged = [name for name in wanted if 0 < facts.known.get(name, 0) < facts.size]
        parts += [render(_FLAGS, name=name) for name in flagged]
        names = [*wanted, *(f"{name} known" for name in flagged)]
        if facts.all_plain_points:
            parts += ["CAST(group_concat(geom, '') AS BLOB)", render(_FLAGS, name="geom")]
            names += ["geom", "geom known"]
        row = self._first_row(parts)
        return {name: value if isinstance(value, bytes) else b"" for name, value in zip(names, row, strict=True)}

    def _column(self, field: FieldDefinition) -> Column:
        facts = self._facts
        count = facts.known[field.name]
        known: BoolArray = np.full(facts.size, count == facts.size and count > 0, dtype=np.bool_)
        if count == 0:
            return self._nothing(field, known)
        if count < facts.size:
            known = np.frombuffer(self._joined[f"{field.name} known"], dtype=np.uint8) == ord("1")
        if field.type in _NUMBERS:
            numbers = self._whole_numbers(field.name)
            return Column(field, numbers / _SCALE if field.name in facts.scaled else numbers, known)
        if field.type in _TIMES:
            return Column(field, time_cells(field, self._texts(field.name), known), known)
        if field.type in _LISTED:
            return listed_column(field, self._joined[field.name].split(b"\0"), known)
        return Column(field, self._texts(field.name), known)

    def _nothing(self, field: FieldDefinition, known: BoolArray) -> Column:
        size = self._facts.size
        if field.type is FieldType.DATE:
            return Column(field, DayCells(np.full(size, UNKNOWN_DAY, dtype=np.int32)), known)
        if field.type is FieldType.DATETIME:
            return Column(field, InstantCells(np.full(size, UNKNOWN_INSTANT, dtype=np.int64)), known)
        if field.type in _PLAIN_TEXT:
            zeros = np.zeros(size, dtype=np.uint32)
            return Column(field, TextCells(zeros, zeros, np.empty(0, dtype=np.uint8)), known)
        one = built_column(field, [None])
        return Column(field, np.broadcast_to(one.values, (size,)), known)

    def _whole_numbers(self, name: str) -> NDArray[np.float64]:
        """Return whole numbers, NaN where unknown; written in words they are exact."""
        numbers = np.fromstring(self._joined[name].decode(), dtype=np.float64, sep=" ")
        if numbers.size != self._facts.size or (np.abs(numbers) > _LARGEST_INTEGER).any():
            raise IrregularError
        return numbers

    def _read_rows(self) -> dict[str, Sequence[SqlValue]]:
        """Return by name, as lists, what has to be read value by value: fractions, yes and no."""
        facts = self._facts
        names = [
            field.name
            for field in self._definition.fields.values()
            if facts.known[field.name]
            and field.type not in _JOINED
            and field.name not in facts.whole_numbers | facts.scaled
        ]
        if not names:
            return {}
        sql = render("SELECT {names} FROM {table} NOT INDEXED", names=tuple(names), table=self._definition.name)
        return dict(zip(names, zip(*self._connection.execute(sql), strict=True), strict=True))

    def _geometries(self) -> ObjectArray | PointCells:
        if self._facts.all_plain_points:
            is_located = np.frombuffer(self._joined["geom known"], dtype=np.uint8) == ord("1")
            points = plain_points(self._joined["geom"], is_located)
            if points is not None:
                return points
        sql = render("SELECT geom FROM {table} NOT INDEXED", table=self._definition.name)
        geometries, faults = decode_blobs([blob for (blob,) in self._connection.execute(sql)])
        if faults:
            raise IrregularError
        return geometries

    def _texts(self, name: str) -> TextCells:
        utf8 = np.frombuffer(self._joined[name], dtype=np.uint8)
        filled = min(self._facts.size, 1)
        ends = np.flatnonzero(utf8 == 0)
        if ends.size != self._facts.size - filled:  # a text holds a NUL
            raise IrregularError
        self._joined[name].decode()  # refuses what is not UTF-8
        bounds = np.concatenate([ends, np.full(filled, utf8.size)]).astype(np.uint32)
        begins = np.concatenate([np.zeros(filled, dtype=np.uint32), bounds[:-1] + 1]).astype(np.uint32)
        return TextCells(begins, bounds, utf8)

    def _first_row(self, expressions: Sequence[str]) -> tuple[SqlValue, ...]:
        sql = render(
            "SELECT {expressions} FROM {table} NOT INDEXED",
            expressions=Fragment(", ".join(expressions)),
            table=self._definition.name,
        )
        return tuple(self._connection.execute(sql).fetchall()[0])


def _whole(value: SqlValue) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _is_wrong(field: FieldDefinition) -> str:
    """Return the SQL of whether a value is of another type than geo_ems writes.

    Texts sort behind all numbers and blobs behind all texts: a comparison costs half of asking for the type.
    """
    match field.type:
        case FieldType.INTEGER:
            test = "{name} IS NOT CAST({name} AS INTEGER)"
        case FieldType.REAL:
            test = "{name} >= ''"
        case _:
            test = "{name} >= x''"
    return render(test, name=field.name)


def _ordered(column: Column, order: IntArray) -> Column:
    packed, known = column.packed, column.known[order]
    match packed:
        case TextCells():
            return Column(column.field, TextCells(packed.begin[order], packed.end[order], packed.utf8), known)
        case DayCells():
            return Column(column.field, DayCells(packed.days[order]), known)
        case InstantCells():
            return Column(column.field, InstantCells(packed.seconds[order]), known)
        case _:
            return Column(column.field, column.values[order], known)
