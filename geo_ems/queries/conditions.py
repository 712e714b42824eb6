"""Conditions evaluated over a layer's columns: one mask per condition, unknown never satisfied.

What a comparison means is decided here, once: `=` with several values is any of them (or, for
lists of codes, all of them); `!=` is its opposite among the *known* values; text is compared after
NFC, with case; dates and instants as ISO text; codes by `<` and `>` only where their definition
gives them an order.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_ems.errors import DefinitionError, UsageError, known_names
from geo_ems.model.columns import BoolArray, ChildTable, Column, FloatArray, IntArray, LayerColumns, ObjectArray
from geo_ems.model.conditions import AllOf, Comparison, Condition, Match, Operator, StockAtLeast
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition, Reason, StockRule
from geo_ems.model.features import Value

_TEXT_TYPES: Final = (FieldType.TEXT, FieldType.PHONE, FieldType.DATE, FieldType.DATETIME)
_ORDERED: Final[Mapping[Operator, np.ufunc]] = {
    Operator.GE: np.greater_equal,
    Operator.LE: np.less_equal,
    Operator.GT: np.greater,
    Operator.LT: np.less,
}
_DATE_LENGTH: Final = len("YYYY-MM-DD")


def condition_mask(condition: Condition, columns: LayerColumns, *, at_date: str) -> BoolArray:
    """Return which features satisfy a condition, shape (n,).

    `at_date` (ISO date, or an instant whose date is taken) is the day at which stock must not have expired.

    Raises
    ------
    NotFoundError
        Where a field, a code or an item does not exist; the message lists those that do.
    UsageError
        Where an operator does not fit the type of the field, or the layer keeps no stock.
    """
    if isinstance(condition, AllOf):
        mask = np.ones(len(columns), dtype=np.bool_)
        for part in condition.conditions:
            mask &= condition_mask(part, columns, at_date=at_date)
        return mask
    if isinstance(condition, StockAtLeast):
        return _stock_mask(condition, columns, at_date=at_date)
    return _comparison_mask(condition, columns)


def comparison_reason(condition: Comparison | StockAtLeast, definition: LayerDefinition) -> Reason:
    """Return the reason under which features that fail the condition are counted (ruling 1).

    Raises
    ------
    NotFoundError
        Where the layer has no such field.
    """
    if isinstance(condition, StockAtLeast):
        return Reason.LACKS_ITEM
    field = definition.field_named(condition.field)
    if field is None:
        raise known_names("field", condition.field, tuple(definition.fields))
    return field.reason


def condition_tests(
    condition: Condition, columns: LayerColumns, *, at_date: str
) -> tuple[tuple[Reason, BoolArray], ...]:
    """Return one test per single condition: its reason and who passes, as `first_failing_test` takes them."""
    if isinstance(condition, AllOf):
        return tuple(test for part in condition.conditions for test in condition_tests(part, columns, at_date=at_date))
    return ((comparison_reason(condition, columns.definition), condition_mask(condition, columns, at_date=at_date)),)


def _comparison_mask(condition: Comparison, columns: LayerColumns) -> BoolArray:
    column = columns.columns.get(condition.field)
    if column is None:
        raise known_names("field", condition.field, tuple(columns.columns))
    field = column.field
    _check_values(condition, field)
    if field.type is FieldType.CODES:
        holds = _codes_mask(condition, column)
    elif field.type is FieldType.CODE:
        holds = _code_mask(condition, column)
    elif field.type in _TEXT_TYPES:
        texts = _nfc(np.asarray(column.values, dtype=np.object_))
        wanted = [unicodedata.normalize("NFC", _as_text(value, field)) for value in condition.values]
        holds = _any_of(condition, texts, wanted)
    elif field.type is FieldType.BOOLEAN:
        _refuse_order(condition, field)
        holds = _any_of(condition, column.values, [_as_boolean(value, field) for value in condition.values])
    else:
        holds = _any_of(condition, column.values, [_as_number(value, field) for value in condition.values])
    return holds & column.known


def _any_of(condition: Comparison, values: NDArray[np.generic], wanted: Sequence[str] | Sequence[float]) -> BoolArray:
    """Return where any wanted value compares as asked; for `!=`, where none of them is equal."""
    compare = _ORDERED.get(condition.op, np.equal)
    holds = np.zeros(values.size, dtype=np.bool_)
    for value in wanted:
        holds |= np.asarray(compare(values, np.asarray(value, dtype=values.dtype)), dtype=np.bool_)
    return ~holds if condition.op is Operator.NE else holds


def _codes_mask(condition: Comparison, column: Column) -> BoolArray:
    """Return where a list of codes has any, or all, of the wanted codes."""
    field = column.field
    _refuse_order(condition, field)
    wanted = 0
    for value in condition.values:
        wanted |= 1 << _code_index(value, field)
    common = column.values.astype(np.uint64) & np.uint64(wanted)
    holds = np.asarray(common == np.uint64(wanted) if condition.match is Match.ALL else common != np.uint64(0))
    return ~holds if condition.op is Operator.NE else holds


def _code_mask(condition: Comparison, column: Column) -> BoolArray:
    """Return where one code compares as asked; an order exists where the definition gives one."""
    field = column.field
    wanted = [_code_index(value, field) for value in condition.values]
    if condition.op not in _ORDERED:
        return _any_of(condition, column.values, wanted)
    orders = [code.order for code in field.codes.values()]
    if len(set(orders)) != len(orders):
        _refuse_order(condition, field)
    # -1 (unknown) reads the last order; `known` removes it afterwards.
    ranks = np.array(orders)[column.values.astype(np.int64)]
    return _any_of(condition, ranks, [orders[index] for index in wanted])


def _stock_mask(condition: StockAtLeast, columns: LayerColumns, *, at_date: str) -> BoolArray:
    """Return who holds enough of an item in lines that have not expired on the day.

    A line lasts through its day of expiry; without one it does not expire; without a quantity it
    counts 0. Quantities are added exactly (fsum), so the order of lines changes nothing.
    """
    rule, child = _stock_lines(columns)
    kept = _is_item(condition.item, child.columns[rule.item_field])
    quantity = child.columns[rule.quantity_field]
    kept &= quantity.known
    if rule.expiry_field is not None:
        expiry = child.columns[rule.expiry_field]
        days = [str(text)[:_DATE_LENGTH] >= at_date[:_DATE_LENGTH] for text in expiry.values]
        kept &= ~expiry.known | np.array(days, dtype=np.bool_)
    held = _sums(child.parent_index[kept], quantity.values[kept].astype(np.float64), len(columns))
    return np.asarray(held >= condition.quantity)


def _stock_lines(columns: LayerColumns) -> tuple[StockRule, ChildTable]:
    rule = columns.definition.stock
    if rule is None:
        raise UsageError(
            f"Layer '{columns.definition.name}' keeps no stock",
            remedy="Ask for items of a layer whose definition has [stock], such as supply_depots.",
            field="item",
        )
    child = columns.children.get(rule.child)
    if child is None:
        raise DefinitionError(
            f"The stock of layer '{columns.definition.name}' names a child table '{rule.child}' that was not read",
            where=columns.definition.source,
            remedy=f"Declare [children.{rule.child}].",
        )
    return rule, child


def _is_item(item: str, column: Column) -> BoolArray:
    if column.field.type is FieldType.CODE:
        return np.asarray(column.values == _code_index(item, column.field)) & column.known
    wanted = unicodedata.normalize("NFC", item)
    return np.asarray(_nfc(np.asarray(column.values, dtype=np.object_)) == wanted, dtype=np.bool_) & column.known


def _sums(parent: IntArray, quantity: FloatArray, n: int) -> FloatArray:
    lines: defaultdict[int, list[float]] = defaultdict(list)
    for index, amount in zip(parent.tolist(), quantity.tolist(), strict=True):
        lines[index].append(amount)
    held = np.zeros(n)
    for index, amounts in lines.items():
        held[index] = fsum(amounts)
    return held


def _nfc(texts: ObjectArray) -> ObjectArray:
    """Return texts in NFC; the array itself where, as usual, all of them are."""
    if all(map(_is_nfc, texts)):
        return texts
    return np.array([unicodedata.normalize("NFC", text) for text in texts], dtype=np.object_)


def _is_nfc(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _check_values(condition: Comparison, field: FieldDefinition) -> None:
    several = len(condition.values)
    if several == 0:
        raise _misfit(field, "a comparison without a value", "Give a value, or several with commas.")
    if condition.match is Match.ALL and several > 1 and field.type is not FieldType.CODES:
        raise _misfit(field, "'all of' several values", "A field with one value can only be any of them: use commas.")


def _refuse_order(condition: Comparison, field: FieldDefinition) -> None:
    if condition.op in _ORDERED:
        raise _misfit(field, f"'{condition.op}'", "Use = or !=.")


def _misfit(field: FieldDefinition, what: str, remedy: str) -> UsageError:
    return UsageError(f"Field '{field.name}' ({field.type}) does not take {what}", remedy=remedy, field=field.name)


def _code_index(value: Value, field: FieldDefinition) -> int:
    codes = tuple(field.codes)
    if not isinstance(value, str) or value not in field.codes:
        raise known_names("code", str(value), codes)
    return codes.index(value)


def _as_text(value: Value, field: FieldDefinition) -> str:
    if not isinstance(value, str):
        raise _misfit(field, f"the value {value!r}", "Give a text.")
    return value


def _as_boolean(value: Value, field: FieldDefinition) -> bool:
    if not isinstance(value, bool):
        raise _misfit(field, f"the value {value!r}", "Give true or false.")
    return value


def _as_number(value: Value, field: FieldDefinition) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _misfit(field, f"the value {value!r}", "Give a number.")
    return float(value)
