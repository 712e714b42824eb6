"""Columns that SQLite joined into one run of bytes, taken apart by numpy; what geo_ems would not write is refused."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.cells import UNKNOWN_DAY, UNKNOWN_INSTANT, DayCells, InstantCells, PointCells, TextCells
from geo_ems.model.columns import BoolArray, Column, IntArray
from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.storage.column_building import build_column
from geo_ems.storage.geometry_blobs import POINT_BYTES, POINT_START, lonlat_fits
from geo_ems.storage.statements import SqlValue
from geo_ems.storage.values import id_fault

ByteArray = NDArray[np.uint8]

_DATE_FORM: Final = b"0000-00-00"
_INSTANT_FORM: Final = b"0000-00-00T00:00:00.000Z"
_SPACE, _SLASH, _LAST_PLAIN = 0x20, 0x2F, 0x7E
_MAX_ID: Final = 100
_WORD: Final = 8


class IrregularError(Exception):
    """Something in the table is not as geo_ems writes it: it has to be read row by row."""


def plain_points(joined: bytes, is_located: BoolArray) -> PointCells | None:
    """Return points whose blobs all begin alike, as geo_ems writes them; None for others."""
    table = np.frombuffer(joined, dtype=np.uint8).reshape(-1, POINT_BYTES)
    if not (table[:, : len(POINT_START)] == np.frombuffer(POINT_START, dtype=np.uint8)).all():
        return None
    lonlat_deg = np.full((is_located.size, 2), np.nan)
    lonlat_deg[is_located] = np.ascontiguousarray(table[:, len(POINT_START) :]).view("<f8")
    if not lonlat_fits(lonlat_deg[is_located]).all():
        raise IrregularError
    return PointCells(lonlat_deg)


def built_column(field: FieldDefinition, raws: Sequence[SqlValue]) -> Column:
    """Return a column from raw values; refuse one with a faulty cell."""
    column, faults = build_column(field, raws)
    if faults:
        raise IrregularError
    return column


def listed_column(field: FieldDefinition, cells: list[bytes], known: BoolArray) -> Column:
    """Return codes: each distinct text is understood once."""
    if len(cells) != known.size:
        raise IrregularError
    distinct = sorted(set(cells))
    place = {cell: index for index, cell in enumerate(distinct)}
    if not known.all() and b"" in place:
        raws: list[SqlValue] = [cell.decode() or None for cell in distinct]
        empty_and_known = known & np.fromiter((not cell for cell in cells), dtype=np.bool_, count=len(cells))
        if empty_and_known.any():
            raise IrregularError
    else:
        raws = [cell.decode() for cell in distinct]
    places = np.fromiter(map(place.__getitem__, cells), dtype=np.int64, count=len(cells))
    column = built_column(field, raws)
    return Column(field, column.values[places], known)


def time_cells(field: FieldDefinition, texts: TextCells, known: BoolArray) -> DayCells | InstantCells:
    """Return dates or instants of exactly the form in which geo_ems writes them."""
    form = _DATE_FORM if field.type is FieldType.DATE else _INSTANT_FORM
    begin, end = texts.begin[known].astype(np.int64), texts.end[known]
    if not (end - begin == len(form)).all() or (texts.end[~known] != texts.begin[~known]).any():
        raise IrregularError
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
        raise IrregularError
    if not digits[:, :4].any(axis=1).all():  # there is no year 0
        raise IrregularError
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
        raise IrregularError from error


def check_ids(ids: TextCells) -> None:
    """Refuse ids that `id_fault` would find fault with; those of plain ASCII are looked at all at once."""
    length = ids.end - ids.begin
    in_plain = (ids.utf8 >= _SPACE) & (ids.utf8 <= _LAST_PLAIN) & (ids.utf8 != _SLASH) | (ids.utf8 == 0)
    filled = length > 0
    if not filled.all():
        raise IrregularError
    edges_plain = (ids.utf8[ids.begin] != _SPACE) & (ids.utf8[ids.end - 1] != _SPACE)
    if in_plain.all() and edges_plain.all() and (length <= _MAX_ID).all():
        return
    if any(id_fault(identifier) is not None for identifier in ids.whole()):
        raise IrregularError


def order_of_ids(ids: TextCells) -> IntArray | None:
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
