"""Columns of `geo_ems.model.columns` from the raw values of SQLite."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import Column, ObjectArray
from geo_ems.model.definitions import FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.storage.statements import SqlValue
from geo_ems.storage.values import ValueFaultError, decode_value

CellFault = tuple[int, str]


def build_column(field: FieldDefinition, raws: Sequence[SqlValue]) -> tuple[Column, list[CellFault]]:
    """Return the column of one field and the cells that hold no value of its type.

    A faulty cell is unknown in the column: it must neither hide the feature nor pass for a value.
    """
    values, faults = _decoded(field, raws)
    known: NDArray[np.bool_] = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
    packed = _PACKERS[field.type](field, values)
    for array in (packed, known):
        array.setflags(write=False)
    return Column(field=field, values=packed, known=known), faults


def _decoded(field: FieldDefinition, raws: Sequence[SqlValue]) -> tuple[Sequence[Value], list[CellFault]]:
    kinds = set(map(type, raws))
    if field.type in {FieldType.TEXT, FieldType.PHONE} and kinds <= {str, type(None)}:
        return raws, []  # type: ignore[return-value]  # only str and None are in it
    if field.type is FieldType.INTEGER and kinds <= {int, type(None)}:
        return raws, []  # type: ignore[return-value]  # only int and None are in it
    # Each distinct value is decoded once: codes and dates repeat. Typed, since 1 and 1.0 are one key.
    memo: dict[tuple[type, SqlValue], Value | ValueFaultError] = {}
    for key in set(zip(map(type, raws), raws, strict=True)):
        try:
            memo[key] = decode_value(field, key[1])
        except ValueFaultError as error:
            memo[key] = error
    values: list[Value] = []
    faults: list[CellFault] = []
    for index, raw in enumerate(raws):
        value = memo[type(raw), raw]
        if isinstance(value, ValueFaultError):
            faults.append((index, f"{field.name}: {value}"))
            value = None
        values.append(value)
    return values, faults


def _pack_numbers(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _pack_booleans(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    return np.array([value is True for value in values], dtype=np.bool_)


def _pack_texts(_: FieldDefinition, values: Sequence[Value]) -> NDArray[np.generic]:
    texts: ObjectArray = np.empty(len(values), dtype=object)
    texts[:] = ["" if value is None else value for value in values]
    return texts


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
