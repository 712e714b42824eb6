"""What the parts of a layer say about each other: names that must exist, states, column names."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from geo_ems.catalogue.definition_faults import DefinitionFaults, suggestion
from geo_ems.catalogue.field_definitions import has_known_type
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.catalogue.toml_tables import LayerTable
from geo_ems.catalogue.values import folded
from geo_ems.model.definitions import Availability, ChildDefinition, FieldDefinition, FieldType

_TEXTS = frozenset({FieldType.TEXT})
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.REAL})
_TIMES = frozenset({FieldType.DATE, FieldType.DATETIME})
_CODE = frozenset({FieldType.CODE})
_ANY = frozenset(FieldType)
_RULE_TYPES: Mapping[str, Mapping[str, frozenset[FieldType]]] = {
    "capacity": {
        "persons_field": _NUMBERS,
        "area_m2_field": _NUMBERS,
        "occupied_field": _NUMBERS,
        "reserved_field": _NUMBERS,
    },
    "position": {
        "mode_field": _CODE,
        "lon_field": frozenset({FieldType.REAL}),
        "lat_field": frozenset({FieldType.REAL}),
        "time_field": frozenset({FieldType.DATETIME}),
    },
    "stock": {
        "item_field": _CODE,
        "quantity_field": _NUMBERS,
        "expiry_field": frozenset({FieldType.DATE}),
    },
}


@dataclass(frozen=True, slots=True)
class LayerParts:
    """The parts of one file, converted one by one."""

    table: LayerTable
    fields: Mapping[str, FieldDefinition]
    children: Mapping[str, ChildDefinition]

    def typed_names(self, child: str | None = None) -> Collection[str]:
        """Return the names of the fields whose type is known; the others have a fault of their own."""
        owner = self.table.children.get(child) if child else {"fields": self.table.fields}
        fields = owner.get("fields") if isinstance(owner, dict) else None
        return {name for name, raw in fields.items() if has_known_type(raw)} if isinstance(fields, dict) else set()


def check_layer_rules(parts: LayerParts, faults: DefinitionFaults) -> None:
    """Note every fault between the parts of a layer."""
    _check_named_fields(parts, faults)
    _check_public_fields(parts, faults)
    _check_status(parts, faults)
    _check_retired_code(parts, faults)
    _check_flags_limited(parts, faults)
    for rule in ("capacity", "position"):
        raw = getattr(parts.table, rule)
        if raw is not None:
            _check_rule(rule, raw, parts.fields, parts.typed_names(), faults)
    _check_area_per_person(parts.table.capacity, faults)
    _check_stock(parts, faults)
    _check_column_names(parts, faults)
    for name in parts.children:
        if name in parts.fields:
            faults.add(("children", name), f"The table '{name}' has the name of a field.", "Rename one of them.")


def _check_named_fields(parts: LayerParts, faults: DefinitionFaults) -> None:
    table = parts.table
    named: list[tuple[KeyPath, str | None, frozenset[FieldType]]] = [
        (("key",), table.key, _TEXTS),
        (("name_field",), table.name_field, _TEXTS),
        (("status_field",), table.status_field, _CODE),
        (("observed_field",), table.observed_field, _TIMES),
        (("weight_field",), table.weight_field, _NUMBERS),
    ]
    for key, names in (("summary_fields", table.summary_fields), ("contact_fields", table.contact_fields)):
        for index, name in enumerate(names):
            named.append(((key, index), name, _ANY))
            if names.index(name) != index:
                faults.add((key, index), f"'{name}' is listed twice.", "List it once.")
    for path, field_name, types in named:
        if field_name is not None and table.fields is not None:
            checked_types = types if field_name in parts.typed_names() else _ANY
            _check_reference(path, field_name, parts.fields, checked_types, faults)


def _check_public_fields(parts: LayerParts, faults: DefinitionFaults) -> None:
    shown: list[tuple[KeyPath, str | None]] = [(("key",), parts.table.key), (("name_field",), parts.table.name_field)]
    shown.extend((("summary_fields", index), name) for index, name in enumerate(parts.table.summary_fields))
    for path, shown_name in shown:
        field = parts.fields.get(shown_name or "")
        if field is not None and field.private:
            faults.add(path, f"The field '{field.name}' is private.", "Name a public field: everybody sees this one.")


def _check_reference(
    path: KeyPath,
    name: str,
    fields: Mapping[str, FieldDefinition],
    types: frozenset[FieldType],
    faults: DefinitionFaults,
) -> None:
    field = fields.get(name)
    if field is None:
        faults.add(path, f"There is no field '{name}'.", suggestion(name, fields))
    elif field.type not in types:
        wanted = " or ".join(sorted(t.value for t in types))
        faults.add(path, f"The field '{name}' is of type {field.type.value}.", f"Name a field of type {wanted}.")


def _check_status(parts: LayerParts, faults: DefinitionFaults) -> None:
    for name, field in parts.fields.items():
        is_status = name == parts.table.status_field
        for code in field.codes.values():
            place = ("fields", name, "codes", code.code)
            if is_status and code.availability is None:
                remedy = "Add availability: available, delayed, committed, unavailable or unknown."
                faults.add(place, f"The status code '{code.code}' has no availability.", remedy)
            elif not is_status and code.availability is not None:
                problem = f"'{name}' is not the status field, so its codes have no availability."
                remedy = f'Remove it, or set status_field = "{name}".'
                faults.add((*place, "availability"), problem, remedy)


def _check_retired_code(parts: LayerParts, faults: DefinitionFaults) -> None:
    name, status = parts.table.retired_code, parts.table.status_field
    if name is None:
        return
    field = parts.fields.get(status or "")
    if field is None:
        faults.add(("retired_code",), "Only a status can be retired.", "Name the status_field, or remove it.")
    elif name not in field.codes:
        faults.add(("retired_code",), f"'{status}' has no code '{name}'.", suggestion(name, field.codes))
    elif field.codes[name].availability not in {None, Availability.UNAVAILABLE}:
        problem = f"'{name}' is {field.codes[name].availability}: what is retired would still be answered."
        faults.add(("retired_code",), problem, 'Name a code with availability = "unavailable".')


def _check_flags_limited(parts: LayerParts, faults: DefinitionFaults) -> None:
    for name, field in parts.fields.items():
        other_name = field.flags_limited
        if other_name is None or field.type is not FieldType.CODES:
            continue
        path = ("fields", name, "flags_limited")
        other = parts.fields.get(other_name)
        if other is None or (other.type is not FieldType.CODES and other_name in parts.typed_names()):
            lists = [n for n, f in parts.fields.items() if f.type is FieldType.CODES and n != name]
            problem = f"There is no list of codes '{other_name}'."
            faults.add(path, problem, suggestion(other_name, lists))
            continue
        lacking = sorted({code for code in field.flags.values() if code in field.codes} - set(other.codes))
        if lacking and other.codes:
            problem = f"'{other_name}' lacks the codes {', '.join(lacking)}."
            faults.add(path, problem, f'Give it the same codes: codes_of = "{name}".')


def _check_rule(
    rule: str,
    raw: Mapping[str, object],
    fields: Mapping[str, FieldDefinition],
    typed: Collection[str],
    faults: DefinitionFaults,
) -> None:
    for key, types in _RULE_TYPES[rule].items():
        name = raw.get(key)
        if isinstance(name, str):
            _check_reference((rule, key), name, fields, types if name in typed else _ANY, faults)


def _check_area_per_person(raw: Mapping[str, object] | None, faults: DefinitionFaults) -> None:
    if raw is None:
        return
    area = raw.get("area_per_person_m2")
    if isinstance(area, int | float) and not 0 < area < math.inf:
        faults.add(("capacity", "area_per_person_m2"), f"{area:g} m2 is no area.", "Write a number above 0.")
    if ("area_m2_field" in raw) != ("area_per_person_m2" in raw):
        problem = "The area and the area per person belong together."
        faults.add(("capacity",), problem, "Give both 'area_m2_field' and 'area_per_person_m2', or neither.")


def _check_stock(parts: LayerParts, faults: DefinitionFaults) -> None:
    raw = parts.table.stock or {}
    name = raw.get("child")
    if not isinstance(name, str):
        return
    if name not in parts.children:
        faults.add(("stock", "child"), f"There is no table '{name}'.", suggestion(name, parts.children))
        return
    _check_rule("stock", raw, parts.children[name].fields, parts.typed_names(name), faults)


def _check_column_names(parts: LayerParts, faults: DefinitionFaults) -> None:
    columns = parts.table.columns
    claims: list[tuple[str, str, KeyPath]] = [
        (f"the coordinate '{name}'", word, ("columns", name, index))
        for name in ("lon", "lat", "lonlat", "latlon")
        for index, word in enumerate(getattr(columns, name))
    ]
    _check_claims([*claims, *_field_claims(parts.fields, ("fields",))], faults)
    for name, child in parts.children.items():
        _check_claims(_field_claims(child.fields, ("children", name, "fields")), faults)


def _field_claims(fields: Mapping[str, FieldDefinition], path: KeyPath) -> Iterable[tuple[str, str, KeyPath]]:
    for name, field in fields.items():
        owner = f"the field '{name}'"
        yield owner, name, (*path, name)
        yield owner, field.label.zh, (*path, name, "label", "zh")
        yield owner, field.label.en, (*path, name, "label", "en")
        for index, synonym in enumerate(field.synonyms):
            yield owner, synonym.name, (*path, name, "synonyms", index)
        for column in field.flags:
            yield f"a flag of '{name}'", column, (*path, name, "flags", column)


def _check_claims(claims: Iterable[tuple[str, str, KeyPath]], faults: DefinitionFaults) -> None:
    owner_of_word: dict[str, str] = {}
    for owner, word, path in claims:
        key = folded(word)
        if key in {"", "?"}:
            continue
        first = owner_of_word.setdefault(key, owner)
        if first != owner:
            problem = f"The column name '{word}' already means {first}."
            faults.add(path, problem, "Remove it from one of the two.")
