"""Conditions as people type them (`capacity_persons>=100`) and as programs send them, checked against a layer."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo

from geo_ems.catalogue.values import MAX_TEXT_CHARACTERS, find_code, known_codes, parse_value
from geo_ems.errors import NotFoundError, UsageError, known_names
from geo_ems.model.conditions import AllOf, Comparison, Condition, Match, Operator, StockAtLeast
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value

MAX_VALUES = 100
_CONDITION = re.compile(r"\s*([^\s=!<>]+)\s*(!=|>=|<=|=|>|<)(.*)", re.DOTALL)
_EXAMPLE = "Write it as field, operator, value: capacity_persons>=100."
_EQUALITY = (Operator.EQ, Operator.NE)
_ORDERED_TYPES = frozenset({FieldType.INTEGER, FieldType.REAL, FieldType.DATE, FieldType.DATETIME})
_ITEM_KEYS = ("field", "op", "value")


def parse_condition_text(
    text: str, definition: LayerDefinition, *, include_private: bool = False, zone: tzinfo | None = None
) -> Condition:
    """Return the condition that a text such as `status=open,standby` states.

    A comma stands between values of which any will do, a plus between codes that must all be
    there (lists of codes only; elsewhere a plus is part of the value). A code may be given by a
    label or synonym, and a unit may stand behind a number. Instants without offset are read in
    `zone`.

    Raises
    ------
    NotFoundError
        For a field the layer does not have; private fields count as not there, unless
        `include_private`.
    UsageError
        With field, value and remedy.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        shown = f"{text[:40]}..."
        raise UsageError(
            f"The condition has {len(text)} characters",
            where=f"condition '{shown}'",
            remedy=f"Write at most {MAX_TEXT_CHARACTERS}, or several conditions.",
            field="where",
            value=shown,
        )
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError("It is no condition", where=f"condition '{text}'", remedy=_EXAMPLE, field="where", value=text)
    name, operator, written = found.groups()
    field = _field_named(name, definition, include_private=include_private)
    match = Match.ALL if field.type is FieldType.CODES and "+" in written else Match.ANY
    if match is Match.ALL and "," in written:
        raise UsageError(
            f"'{written.strip()}' mixes ',' (any of) and '+' (all of)",
            where=f"field '{name}'",
            remedy="Write two conditions.",
            field=name,
            value=written.strip(),
        )
    values = written.split("+" if match is Match.ALL else ",")
    return _comparison(field, Operator(operator), values, match=match, zone=zone)


def parse_conditions_json(
    items: Sequence[Mapping[str, object]],
    definition: LayerDefinition,
    *,
    include_private: bool = False,
    zone: tzinfo | None = None,
) -> Condition:
    """Return the conditions of a JSON list of `{field, op, value}`, which must all hold.

    `value` is one value, or a list of which any will do. Several items on one list of codes ask
    for all of them. An empty list holds always.

    Raises
    ------
    NotFoundError
        For a field the layer does not have; private fields count as not there, unless
        `include_private`.
    UsageError
        With field, value and remedy.
    """
    if len(items) > MAX_VALUES:
        raise UsageError(
            f"There are {len(items)} conditions",
            where="where",
            remedy=f"Send at most {MAX_VALUES}.",
            field="where",
            value=len(items),
        )
    return AllOf(
        tuple(
            _item_comparison(item, position, definition, include_private=include_private, zone=zone)
            for position, item in enumerate(items)
        )
    )


def stock_condition(item: str, quantity: float, definition: LayerDefinition) -> StockAtLeast:
    """Return the condition "holds at least `quantity` of `item`", in the item's own unit.

    Raises
    ------
    NotFoundError
        For an item that is not among the codes; the remedy lists them with their units.
    UsageError
        For a layer without stock, or a quantity that is not a finite number above 0.
    """
    rule = definition.stock
    if rule is None:
        raise UsageError(
            f"The layer '{definition.name}' holds no stock",
            where="item",
            remedy="Ask a layer that declares [stock], such as supply_depots.",
            field="item",
            value=item,
        )
    codes = definition.children[rule.child].fields[rule.item_field].codes
    code = find_code(item.strip(), codes) if len(item) <= MAX_TEXT_CHARACTERS else None
    if code is None:
        shown = item if len(item) <= MAX_TEXT_CHARACTERS else f"{item[:40]}..."
        raise NotFoundError(
            f"There is no item '{shown}'", where="item", remedy=known_codes(codes), field="item", value=shown
        )
    if isinstance(quantity, bool) or not 0 < quantity < math.inf:
        unit = codes[code].unit
        raise UsageError(
            f"'{quantity}' is not a quantity",
            where="quantity",
            remedy=f"Write a number above 0{f', in {unit.zh} ({unit.en})' if unit else ''}.",
            field="quantity",
            value=quantity,
        )
    return StockAtLeast(code, float(quantity))


def _field_named(name: str, definition: LayerDefinition, *, include_private: bool) -> FieldDefinition:
    known = {f.name: f for f in definition.fields.values() if include_private or not f.private}
    if name not in known:
        raise known_names("field", name, list(known))
    return known[name]


def _item_comparison(
    item: Mapping[str, object],
    position: int,
    definition: LayerDefinition,
    *,
    include_private: bool,
    zone: tzinfo | None,
) -> Comparison:
    where = f"where[{position}]"
    for key in (*_ITEM_KEYS, *item):
        if key not in item or key not in _ITEM_KEYS:
            problem = f"The key '{key}' is missing" if key in _ITEM_KEYS else f"There is no key '{key}'"
            raise UsageError(
                problem, where=where, remedy='Send {"field": ..., "op": ..., "value": ...}.', field=f"{where}.{key}"
            )
    name, operator, value = (item[key] for key in _ITEM_KEYS)
    if not isinstance(name, str):
        raise UsageError(
            f"'{name}' is not a field name", where=where, remedy="Send text.", field=f"{where}.field", value=name
        )
    field = _field_named(name, definition, include_private=include_private)
    if not isinstance(operator, str) or operator not in list(Operator):
        raise UsageError(
            f"There is no operator '{operator}'",
            where=where,
            remedy=f"Known: {' '.join(Operator)}.",
            field=f"{where}.op",
            value=operator,
        )
    values = list(value) if isinstance(value, list | tuple) else [value]
    return _comparison(field, Operator(operator), values, match=Match.ANY, zone=zone)


def _has_order(field: FieldDefinition) -> bool:
    """Return whether `<` and `>` mean something: numbers, times, and codes declared as ordered."""
    if field.type is not FieldType.CODE:
        return field.type in _ORDERED_TYPES
    return len({code.order for code in field.codes.values()}) == len(field.codes) > 1


def _comparison(
    field: FieldDefinition, op: Operator, values: Sequence[object], *, match: Match, zone: tzinfo | None
) -> Comparison:
    where = f"field '{field.name}'"
    allowed = tuple(Operator) if _has_order(field) else _EQUALITY
    if op not in allowed:
        raise UsageError(
            f"A field of type {field.type.value} cannot be compared with '{op.value}'",
            where=where,
            remedy=f"Use {' or '.join(allowed)}.",
            field=field.name,
            value=op.value,
        )
    if not values:
        raise UsageError("There is no value", where=where, remedy="Give one value or more.", field=field.name, value=[])
    if len(values) > MAX_VALUES:
        raise UsageError(
            f"There are {len(values)} values",
            where=where,
            remedy=f"Give at most {MAX_VALUES}.",
            field=field.name,
            value=len(values),
        )
    if (op not in _EQUALITY and len(values) > 1) or (op is not Operator.EQ and match is Match.ALL):
        several = "all of several codes" if match is Match.ALL else "several values"
        raise UsageError(
            f"'{op.value}' does not go with {several}",
            where=where,
            remedy="Write one condition for each." if match is Match.ANY else "Use '=' with '+'.",
            field=field.name,
            value=op.value,
        )
    parsed: list[Value] = []
    for raw in values:
        value = parse_value(raw, field, zone=zone)
        if value not in parsed:
            parsed.append(value)
    return Comparison(field.name, op, tuple(parsed), match)
