"""Columns of `geo_ems.model.columns` from the raw values of SQLite."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, Column, IntArray, ObjectArray
from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.storage.statements import SqlValue
from geo_ems.storage.values import ValueFaultError, decode_value

CellFault = tuple[int, str]


def build_column(field: FieldDefinition, raws: Sequence[SqlValue]) -> tuple[Column, list[CellFault]]:
    """Return the column of one field and the cells that hold no value of its type.

    A faulty cell is unknown in the column: it must neither hide the feature nor pass for a value.
    """
    whole = _whole_column(field, raws)
    values, known, faults = _distinct_column(field, raws) if whole is None else (*whole, [])
    values.setflags(write=False)
    known.setflags(write=False)
    return Column(field=field, values=values, known=known), faults


def reordered(column: Column, order: IntArray) -> Column:
    """Return the column with its cells taken in another order."""
    values, known = column.values[order], column.known[order]
    values.setflags(write=False)
    known.setflags(write=False)
    return Column(field=column.field, values=values, known=known)


def _whole_column(field: FieldDefinition, raws: Sequence[SqlValue]) -> tuple[NDArray[np.generic], BoolArray] | None:
    """Take texts and numbers as they are where all are of the field's type; None where some are not."""
    present = set(map(type, raws))
    kinds = present - {type(None)}
    if field.type in {FieldType.TEXT, FieldType.PHONE} and kinds <= {str}:
        texts = _objects(raws)
        known: BoolArray = np.ones(len(raws), dtype=np.bool_)
        if type(None) in present:
            known = np.array([raw is not None for raw in raws], dtype=np.bool_)
        texts[~known] = ""
        return texts, known
    if field.type is FieldType.INTEGER and kinds <= {int}:
        numbers = np.array(raws, dtype=np.float64)  # None becomes NaN
        return numbers, ~np.isnan(numbers)
    if field.type is FieldType.REAL and kinds <= {int, float}:
        numbers = np.array(raws, dtype=np.float64)
        return None if np.isinf(numbers).any() else (numbers, ~np.isnan(numbers))
    return None


def _distinct_column(
    field: FieldDefinition, raws: Sequence[SqlValue]
) -> tuple[NDArray[np.generic], BoolArray, list[CellFault]]:
    """Decode each distinct value once and spread the results: codes, dates and instants repeat."""
    # With the type, since 1, 1.0 and True are one key of a dict.
    keys = list(zip(map(type, raws), raws, strict=True))
    distinct = list(dict.fromkeys(keys))
    place = {key: index for index, key in enumerate(distinct)}
    places = np.fromiter(map(place.__getitem__, keys), dtype=np.intp, count=len(keys))
    decoded: list[Value] = []
    reasons: dict[int, str] = {}
    for index, (_, raw) in enumerate(distinct):
        try:
            decoded.append(decode_value(field, raw))
        except ValueFaultError as error:
            decoded.append(None)
            reasons[index] = f"{field.name}: {error}"
    known: BoolArray = np.array([value is not None for value in decoded], dtype=np.bool_)[places]
    faulty = np.flatnonzero(np.isin(places, list(reasons))) if reasons else ()
    faults = [(int(index), reasons[int(places[index])]) for index in faulty]
    return _PACKERS[field.type](field, decoded)[places], known, faults


def _objects(values: Sequence[object]) -> ObjectArray:
    array: ObjectArray = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _pack_numbers(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    return np.array(values, dtype=np.float64)


def _pack_booleans(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    return np.array([value is True for value in values], dtype=np.bool_)


def _pack_texts(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    return _objects(["" if value is None else value for value in values])


def _pack_code(field: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    places: Mapping[Value, int] = {None: -1, **{code: index for index, code in enumerate(field.codes)}}
    return np.array([places[value] for value in values], dtype=np.int16)


def _pack_codes(field: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    bits = {code: 1 << index for index, code in enumerate(field.codes)}
    masks: dict[Value, int] = {
        value: sum(bits[code] for code in value) if isinstance(value, tuple) else 0 for value in set(values)
    }
    return np.array([masks[value] for value in values], dtype=np.uint64)


_PACKERS: Mapping[FieldType, Callable[[FieldDefinition, Sequence[Value]], NDArray[np.generic]]] = {
    FieldType.TEXT: _pack_texts,
    FieldType.INTEGER: _pack_numbers,
    FieldType.REAL: _pack_numbers,
    FieldType.BOOLEAN: _pack_booleans,
    FieldType.DATE: _pack_texts,
    FieldType.DATETIME: _pack_texts,
    FieldType.CODE: _pack_code,
    FieldType.CODES: _pack_codes,
    FieldType.PHONE: _pack_texts,
}
