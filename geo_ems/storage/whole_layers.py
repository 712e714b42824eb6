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
from geo_ems.storage.column_building import build_column
from geo_ems.storage.geometry_blobs import POINT_BYTES, POINT_START, decode_blobs, lonlat_fits
from geo_ems.storage.statements import Fragment, SqlValue, render
from geo_ems.storage.values import id_fault

ByteArray = NDArray[np.uint8]

_PLAIN_TEXT: Final = frozenset({FieldType.TEXT, FieldType.PHONE})
_LISTED: Final = frozenset({FieldType.CODE, FieldType.CODES})
_TIMES: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.REAL})
_JOINED: Final = _PLAIN_TEXT | _LISTED | _TIMES
_TEXTS: Final = "CAST(group_concat(ifnull({name}, ''), char(0)) AS BLOB)"
_NUMBERS_IN_WORDS: Final = "CAST(group_concat(ifnull(CAST({name} AS INTEGER), 'nan'), ' ') AS BLOB)"
_FLAGS: Final = "CAST(group_concat({name} IS NOT NULL, '') AS BLOB)"
_LARGEST_INTEGER: Final = 2**53
_DATE_FORM: Final = b"0000-00-00"
_INSTANT_FORM: Final = b"0000-00-00T00:00:00.000Z"
_SPACE, _SLASH, _LAST_PLAIN = 0x20, 0x2F, 0x7E
_MAX_ID: Final = 100
_WORD: Final = 8


class _IrregularError(Exception):
    """Something in the table is not as geo_ems writes it: it has to be read row by row."""


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
    except (_IrregularError, UnicodeDecodeError, OverflowError, apsw.TooBigError):
        return None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one scan tells of a table: rows, rows with a geometry, known values by field, and short ways to take."""

    size: int
    located: int
    all_plain_points: bool
    known: Mapping[str, int]
    whole_numbers: frozenset[str]


class _Reader:
    """A few scans over one table, each in the order of its rows."""

    def __init__(self, connection: apsw.Connection, definition: LayerDefinition) -> None:
        self._connection = connection
        self._definition = definition
        self._facts = self._look()
        self._joined = self._join()

    def read(self) -> PackedLayer:
        ids = self._texts("id")
        _check_ids(ids)
        order = _order_of(ids)
        geometries = self._geometries()
        revs: IntArray = self._whole_numbers("rev").astype(np.int64)
        rows = self._read_rows()
        columns: dict[str, Column] = {}
        for field in self._definition.fields.values():
            column = _built(field, rows[field.name]) if field.name in rows else self._column(field)
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
        whole_number = "total({name} = CAST({name} AS INTEGER) AND abs({name}) < 1e15)"
        wrong_count, points, *whole = map(
            _whole,
            self._first_row(
                [
                    f"total({wrong})",
                    f"total(length(geom) = {POINT_BYTES} AND typeof(geom) = 'blob')",
                    *(render(whole_number, name=name) for name in fractions),
                ]
            ),
        )
        if wrong_count:
            raise _IrregularError
        without_fraction = {name for name, count in zip(fractions, whole, strict=True) if count == known[name]}
        integers = {field.name for field in filled if field.type is FieldType.INTEGER}
        return _Facts(size, located, 0 < located == points, known, frozenset(without_fraction | integers))

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
            return Column(field, self._whole_numbers(field.name), known)
        if field.type in _TIMES:
            return Column(field, _times(field, self._texts(field.name), known), known)
        if field.type in _LISTED:
            return _listed(field, self._joined[field.name].split(b"\0"), known)
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
        one = _built(field, [None])
        return Column(field, np.broadcast_to(one.values, (size,)), known)

    def _whole_numbers(self, name: str) -> NDArray[np.float64]:
        """Return whole numbers, NaN where unknown; written in words they are exact."""
        numbers = np.fromstring(self._joined[name].decode(), dtype=np.float64, sep=" ")
        if numbers.size != self._facts.size or (np.abs(numbers) > _LARGEST_INTEGER).any():
            raise _IrregularError
        return numbers

    def _read_rows(self) -> dict[str, Sequence[SqlValue]]:
        """Return by name, as lists, what has to be read value by value: fractions, yes and no."""
        facts = self._facts
        names = [
            field.name
            for field in self._definition.fields.values()
            if facts.known[field.name] and field.type not in _JOINED and field.name not in facts.whole_numbers
        ]
        if not names:
            return {}
        sql = render("SELECT {names} FROM {table} NOT INDEXED", names=tuple(names), table=self._definition.name)
        return dict(zip(names, zip(*self._connection.execute(sql), strict=True), strict=True))

    def _geometries(self) -> ObjectArray | PointCells:
        if self._facts.all_plain_points:
            is_located = np.frombuffer(self._joined["geom known"], dtype=np.uint8) == ord("1")
            points = _plain_points(self._joined["geom"], is_located)
            if points is not None:
                return points
        sql = render("SELECT geom FROM {table} NOT INDEXED", table=self._definition.name)
        geometries, faults = decode_blobs([blob for (blob,) in self._connection.execute(sql)])
        if faults:
            raise _IrregularError
        return geometries

    def _texts(self, name: str) -> TextCells:
        utf8 = np.frombuffer(self._joined[name], dtype=np.uint8)
        filled = min(self._facts.size, 1)
        ends = np.flatnonzero(utf8 == 0)
        if ends.size != self._facts.size - filled:  # a text holds a NUL
            raise _IrregularError
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
    match field.type:
        case FieldType.INTEGER:
            test = "typeof({name}) NOT IN ('integer', 'null')"
        case FieldType.REAL:
            test = "typeof({name}) NOT IN ('real', 'integer', 'null')"
        case _:
            test = "typeof({name}) = 'blob'"
    return render(test, name=field.name)


def _plain_points(joined: bytes, is_located: BoolArray) -> PointCells | None:
    """Return points whose blobs all begin alike, as geo_ems writes them; None for others."""
    table = np.frombuffer(joined, dtype=np.uint8).reshape(-1, POINT_BYTES)
    if not (table[:, : len(POINT_START)] == np.frombuffer(POINT_START, dtype=np.uint8)).all():
        return None
    lonlat_deg = np.full((is_located.size, 2), np.nan)
    lonlat_deg[is_located] = np.ascontiguousarray(table[:, len(POINT_START) :]).view("<f8")
    if not lonlat_fits(lonlat_deg[is_located]).all():
        raise _IrregularError
    return PointCells(lonlat_deg)


def _built(field: FieldDefinition, raws: Sequence[SqlValue]) -> Column:
    column, faults = build_column(field, raws)
    if faults:
        raise _IrregularError
    return column


def _listed(field: FieldDefinition, cells: list[bytes], known: BoolArray) -> Column:
    """Return codes: each distinct text is understood once."""
    if len(cells) != known.size:
        raise _IrregularError
    distinct = sorted(set(cells))
    place = {cell: index for index, cell in enumerate(distinct)}
    if not known.all() and b"" in place:
        raws: list[SqlValue] = [cell.decode() or None for cell in distinct]
        empty_and_known = known & np.fromiter((not cell for cell in cells), dtype=np.bool_, count=len(cells))
        if empty_and_known.any():
            raise _IrregularError
    else:
        raws = [cell.decode() for cell in distinct]
    places = np.fromiter(map(place.__getitem__, cells), dtype=np.int64, count=len(cells))
    column = _built(field, raws)
    return Column(field, column.values[places], known)


def _times(field: FieldDefinition, texts: TextCells, known: BoolArray) -> DayCells | InstantCells:
    """Return dates or instants of exactly the form in which geo_ems writes them."""
    form = _DATE_FORM if field.type is FieldType.DATE else _INSTANT_FORM
    begin, end = texts.begin[known].astype(np.int64), texts.end[known]
    if not (end - begin == len(form)).all() or (texts.end[~known] != texts.begin[~known]).any():
        raise _IrregularError
    if known.all() and known.size:  # one like the other, each with its NUL
        letters = np.append(texts.utf8, np.uint8(0)).reshape(known.size, -1)[:, :-1]
    else:
        letters = texts.utf8[begin[:, None] + np.arange(len(form))]
    pattern = np.frombuffer(form, dtype=np.uint8)
    is_digit = pattern == ord("0")
    if field.type is FieldType.DATETIME:
        is_digit[-4:-1] = False  # milliseconds are written as 000
    digits = letters[:, is_digit] - ord("0")
    if (letters[:, ~is_digit] != pattern[~is_digit]).any() or (digits > 9).any():  # noqa: PLR2004 decimal digits
        raise _IrregularError
    if not digits[:, :4].any(axis=1).all():  # there is no year 0
        raise _IrregularError
    return _day_cells(letters, known) if field.type is FieldType.DATE else _instant_cells(letters[:, :-5], known)


def _day_cells(letters: ByteArray, known: BoolArray) -> DayCells:
    days = np.full(known.size, UNKNOWN_DAY, dtype=np.int32)
    days[known] = _as_time(letters, "datetime64[D]")
    return DayCells(days)


def _instant_cells(letters: ByteArray, known: BoolArray) -> InstantCells:
    seconds = np.full(known.size, UNKNOWN_INSTANT, dtype=np.int64)
    seconds[known] = _as_time(letters, "datetime64[s]")
    return InstantCells(seconds)


def _as_time(letters: ByteArray, unit: str) -> IntArray:
    try:
        texts = np.ascontiguousarray(letters).view(f"S{letters.shape[1]}").ravel()
        return texts.astype(unit).astype(np.int64)
    except ValueError as error:  # there is no such day, or no such hour
        raise _IrregularError from error


def _check_ids(ids: TextCells) -> None:
    """Refuse ids that `id_fault` would find fault with; those of plain ASCII are looked at all at once."""
    length = ids.end - ids.begin
    in_plain = (ids.utf8 >= _SPACE) & (ids.utf8 <= _LAST_PLAIN) & (ids.utf8 != _SLASH) | (ids.utf8 == 0)
    filled = length > 0
    if not filled.all():
        raise _IrregularError
    edges_plain = (ids.utf8[ids.begin] != _SPACE) & (ids.utf8[ids.end - 1] != _SPACE)
    if in_plain.all() and edges_plain.all() and (length <= _MAX_ID).all():
        return
    if any(id_fault(identifier) is not None for identifier in ids.whole()):
        raise _IrregularError


def _order_of(ids: TextCells) -> IntArray | None:
    """Return the order of the ids by character, which is that of their UTF-8 bytes; None where they stand in it."""
    length = (ids.end - ids.begin).astype(np.int64)
    width = -(-int(length.max(initial=1)) // _WORD) * _WORD
    letters = np.zeros((length.size, width), dtype=np.uint8)
    letters[np.arange(width) < length[:, None]] = ids.utf8[ids.utf8 != 0]
    words = letters.view(">u8").astype(np.uint64)  # bytes as numbers, the first byte counting most
    ahead = np.zeros(max(length.size - 1, 0), dtype=np.bool_)
    equal = np.ones_like(ahead)
    for word in words.T:
        ahead |= equal & (word[:-1] < word[1:])
        equal &= word[:-1] == word[1:]
    if ahead.all():
        return None
    return np.lexsort(tuple(words.T[::-1]))


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
