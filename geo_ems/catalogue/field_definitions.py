"""One field of a layer's TOML: its type, unit, range, codes and column names, checked and converted."""

import math
from collections.abc import Mapping

from geo_ems.catalogue.definition_faults import DefinitionFaults, suggestion
from geo_ems.catalogue.names import check_code_name, check_field_name, worn_unit
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.catalogue.toml_tables import CodeTable, FieldTable, LabelTable, SynonymTable
from geo_ems.catalogue.values import folded, parse_value
from geo_ems.errors import UsageError
from geo_ems.model.definitions import Availability, Code, FieldDefinition, FieldType, Reason, Synonym
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS, Unit

MAX_CODES_IN_A_LIST = 64  # a list of codes is a 64-bit mask in memory
MAX_TEXT_LENGTH = 100_000
_CODED = frozenset({FieldType.CODE, FieldType.CODES})
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.REAL})
_FIELD_REASONS = (Reason.WRONG_KIND, Reason.WRONG_TYPE, Reason.LACKS_CAPABILITY, Reason.LACKS_ITEM)
_CODE_REASONS = (Reason.UNAVAILABLE, Reason.STATUS_UNKNOWN, Reason.CLOSED, Reason.FULL, Reason.ALREADY_ASSIGNED)


def fields_from_tables(
    raw_fields: Mapping[str, object] | None, path: KeyPath, faults: DefinitionFaults, *, in_child: bool = False
) -> dict[str, FieldDefinition]:
    """Return the fields under `path`; what is wrong is noted and left at its default.

    `codes_of` is resolved here, so that the fields of one table may share a list of codes.
    """
    tables: dict[str, FieldTable] = {}
    if raw_fields is None:
        return {}
    for name, raw in raw_fields.items():
        check_field_name(name, (*path, name), faults, in_child=in_child)
        tables[name] = faults.checked(FieldTable, raw, (*path, name))
    if not tables:
        faults.add(path, "There are no fields.", "Declare at least the name: [fields.name].")
    codes = {name: _codes(table, (*path, name), faults) for name, table in tables.items()}
    for name, table in tables.items():
        if table.codes_of is not None:
            codes[name] = _borrowed_codes(name, tables, codes, path, faults)
    return {name: _field(name, table, codes[name], (*path, name), faults) for name, table in tables.items()}


def has_known_type(raw_field: object) -> bool:
    """Return whether a field's table names a type there is, so that its type can be relied on."""
    return isinstance(raw_field, dict) and raw_field.get("type") in list(FieldType)


def label_from_table(table: LabelTable, path: KeyPath, faults: DefinitionFaults) -> Label:
    """Return the label; a language left empty is a fault."""
    for language, text in (("zh", table.zh), ("en", table.en)):
        if not text.strip():
            remedy = 'Write both languages: { zh = "...", en = "..." }.'
            faults.add((*path, language), f"The label has no text in '{language}'.", remedy)
    return Label(table.zh.strip(), table.en.strip())


def _borrowed_codes(
    name: str,
    tables: Mapping[str, FieldTable],
    codes: Mapping[str, dict[str, Code]],
    path: KeyPath,
    faults: DefinitionFaults,
) -> dict[str, Code]:
    lender = tables[name].codes_of or ""
    place = (*path, name, "codes_of")
    if tables[name].codes:
        faults.add(place, "The field has codes of its own as well.", "Keep either 'codes' or 'codes_of'.")
        return codes[name]
    if lender not in tables or not tables[lender].codes:
        with_codes = [n for n, table in tables.items() if table.codes]
        faults.add(place, f"There is no field '{lender}' with codes.", suggestion(lender, with_codes))
        return {}
    return codes[lender]


def _codes(table: FieldTable, path: KeyPath, faults: DefinitionFaults) -> dict[str, Code]:
    codes = {
        name: _code(name, raw, place if table.ordered else 0, (*path, "codes", name), faults)
        for place, (name, raw) in enumerate(table.codes.items())
    }
    owner_of_word: dict[str, str] = {}
    for name, code in codes.items():
        for word in {folded(w) for w in (name, code.label.zh, code.label.en, *code.synonyms) if w != "?"}:
            owner = owner_of_word.setdefault(word, name)
            if owner != name:
                problem = f"'{word}' names the code '{owner}' too."
                faults.add((*path, "codes", name), problem, "Give each code words of its own.")
    return codes


def _code(name: str, raw: object, order: int, path: KeyPath, faults: DefinitionFaults) -> Code:
    check_code_name(name, path, faults)
    table = faults.checked(CodeTable, raw, path)
    availability = None
    if table.availability is not None:
        if table.availability in list(Availability):
            availability = Availability(table.availability)
        else:
            known = suggestion(table.availability, [a.value for a in Availability])
            faults.add((*path, "availability"), f"There is no availability '{table.availability}'.", known)
            availability = Availability.UNKNOWN  # given, if wrongly: not missing as well
    reason = _reason(table.reason, _CODE_REASONS, path, faults)
    if reason is None and availability not in {None, Availability.AVAILABLE}:
        reason = Reason.STATUS_UNKNOWN if availability is Availability.UNKNOWN else Reason.UNAVAILABLE
    return Code(
        code=name,
        label=label_from_table(LabelTable(zh=table.zh, en=table.en), path, faults),
        synonyms=tuple(table.synonyms),
        availability=availability,
        reason=reason,
        planned=table.planned,
        order=order,
        unit=label_from_table(table.unit, (*path, "unit"), faults) if table.unit else None,
    )


def _reason(name: str | None, allowed: tuple[Reason, ...], path: KeyPath, faults: DefinitionFaults) -> Reason | None:
    if name is None:
        return None
    if name not in allowed:
        known = suggestion(name, [reason.value for reason in allowed])
        faults.add((*path, "reason"), f"'{name}' is no reason here.", known)
        return None
    return Reason(name)


def _field(
    name: str, table: FieldTable, codes: dict[str, Code], path: KeyPath, faults: DefinitionFaults
) -> FieldDefinition:
    field_type = _type(table, path, faults)
    if field_type is not None:
        _check_codes(field_type, table, codes, path, faults)
        _check_privacy(field_type, table, path, faults)
    field = FieldDefinition(
        name=name,
        type=field_type or FieldType.TEXT,
        label=label_from_table(table.label, (*path, "label"), faults),
        required=table.required,
        private=bool(table.private) or field_type is FieldType.PHONE,
        unit=_unit(name, field_type, table, path, faults),
        minimum=_bound("minimum", table.minimum, field_type, path, faults),
        maximum=_bound("maximum", table.maximum, field_type, path, faults),
        max_length=table.max_length,
        codes=codes,
        synonyms=tuple(_synonym(s, i, path, faults) for i, s in enumerate(table.synonyms)),
        flags=dict(table.flags),
        flags_limited=table.flags_limited,
        default=table.default,
        reason=_reason(table.reason, _FIELD_REASONS, path, faults) or Reason.WRONG_TYPE,
        derived=table.derived,
        description=label_from_table(table.description, (*path, "description"), faults) if table.description else None,
    )
    _check_range(field, path, faults)
    _check_synonym_units(field, path, faults)
    if field.default is not None and field_type is not None:
        _check_default(field, path, faults)
    return field


def _type(table: FieldTable, path: KeyPath, faults: DefinitionFaults) -> FieldType | None:
    if table.type is None:
        return None
    if table.type not in list(FieldType):
        known = suggestion(table.type, [t.value for t in FieldType])
        faults.add((*path, "type"), f"There is no field type '{table.type}'.", known)
        return None
    return FieldType(table.type)


def _unit(
    name: str, field_type: FieldType | None, table: FieldTable, path: KeyPath, faults: DefinitionFaults
) -> Unit | None:
    worn = worn_unit(name)
    if table.unit is None:
        if worn is not None and field_type in _NUMBERS:
            problem = f"The name ends in '{worn.suffix}', but the field declares no unit."
            faults.add(path, problem, f'Add unit = "{worn.code}", or choose another name.')
        return None
    place = (*path, "unit")
    unit = UNITS.get(table.unit)
    if unit is None:
        faults.add(place, f"There is no unit '{table.unit}'.", suggestion(table.unit, UNITS))
        return None
    if field_type is not None and field_type not in _NUMBERS:
        faults.add(place, f"A field of type {field_type.value} has no unit.", "Remove 'unit'.")
    elif unit is not worn:
        problem = f"The unit is '{unit.code}', but the name does not end in '{unit.suffix}'."
        renamed = name.removesuffix(worn.suffix if worn else "") + unit.suffix
        faults.add(place, problem, f"Name the field '{renamed}', or correct the unit.")
    return unit


def _bound(
    key: str, value: float | None, field_type: FieldType | None, path: KeyPath, faults: DefinitionFaults
) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value):
        faults.add((*path, key), f"{value} is not a finite number.", f"Write a finite number, or leave out '{key}'.")
        return None
    if field_type is not None and field_type not in _NUMBERS:
        faults.add((*path, key), f"A field of type {field_type.value} has no {key}.", f"Remove '{key}'.")
    return value


def _synonym(table: SynonymTable, index: int, path: KeyPath, faults: DefinitionFaults) -> Synonym:
    place = (*path, "synonyms", index)
    if not table.name.strip():
        faults.add(place, "A synonym is empty.", "Write the column's name, or remove the entry.")
    if table.unit is None:
        return Synonym(table.name)
    if table.unit not in UNITS:
        faults.add((*place, "unit"), f"There is no unit '{table.unit}'.", suggestion(table.unit, UNITS))
    return Synonym(table.name, UNITS.get(table.unit))


def _check_synonym_units(field: FieldDefinition, path: KeyPath, faults: DefinitionFaults) -> None:
    for index, synonym in enumerate(field.synonyms):
        if synonym.unit is None:
            continue
        place = (*path, "synonyms", index, "unit")
        if field.unit is None:
            faults.add(place, "The field itself has no unit.", "Give the field a unit, or remove this one.")
        elif field.unit.quantity != synonym.unit.quantity:
            problem = f"'{synonym.unit.code}' cannot be converted to '{field.unit.code}'."
            same = [unit.code for unit in UNITS.values() if unit.quantity == field.unit.quantity]
            faults.add(place, problem, f"Known: {', '.join(same)}.")


def _check_range(field: FieldDefinition, path: KeyPath, faults: DefinitionFaults) -> None:
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        problem = f"The minimum {field.minimum:g} is above the maximum {field.maximum:g}."
        faults.add((*path, "minimum"), problem, "Exchange or correct them.")
    if not 1 <= field.max_length <= MAX_TEXT_LENGTH:
        problem = f"A text cannot be {field.max_length} characters long."
        faults.add((*path, "max_length"), problem, f"Write a length from 1 to {MAX_TEXT_LENGTH}.")


def _check_codes(
    field_type: FieldType, table: FieldTable, codes: Mapping[str, Code], path: KeyPath, faults: DefinitionFaults
) -> None:
    if field_type in _CODED and not table.codes and table.codes_of is None:
        faults.add(path, f"A field of type {field_type.value} needs codes.", "Add a table [.codes] below the field.")
    if field_type not in _CODED and (table.codes or table.codes_of is not None):
        key = "codes" if table.codes else "codes_of"
        remedy = 'Remove them, or set type = "code".'
        faults.add((*path, key), f"A field of type {field_type.value} has no codes.", remedy)
    if field_type is FieldType.CODES and len(table.codes) > MAX_CODES_IN_A_LIST:
        problem = f"A list of codes has at most {MAX_CODES_IN_A_LIST} codes; these are {len(table.codes)}."
        faults.add((*path, "codes"), problem, 'Split the field, or use type = "code".')
    if table.ordered and (field_type is not FieldType.CODE or table.codes_of is not None):
        problem = "Only a field of type code with codes of its own has an order."
        faults.add((*path, "ordered"), problem, "Remove 'ordered'.")
    _check_flags(field_type, table, codes, path, faults)


def _check_flags(
    field_type: FieldType, table: FieldTable, codes: Mapping[str, Code], path: KeyPath, faults: DefinitionFaults
) -> None:
    if field_type is not FieldType.CODES:
        for key, given in (("flags", table.flags), ("flags_limited", table.flags_limited)):
            if given:
                problem = f"A field of type {field_type.value} has no {key}."
                faults.add((*path, key), problem, 'Set type = "codes", or remove it.')
    elif codes:
        for column, code in table.flags.items():
            if code not in codes:
                faults.add((*path, "flags", column), f"There is no code '{code}'.", suggestion(code, codes))


def _check_privacy(field_type: FieldType, table: FieldTable, path: KeyPath, faults: DefinitionFaults) -> None:
    if field_type is FieldType.PHONE and table.private is False:
        problem = "A phone number is always private."
        remedy = "Remove 'private', or set type = \"text\" for a public switchboard number."
        faults.add((*path, "private"), problem, remedy)


def _check_default(field: FieldDefinition, path: KeyPath, faults: DefinitionFaults) -> None:
    try:
        parse_value(field.default, field)
    except UsageError as error:
        faults.add((*path, "default"), f"{error.problem}.", error.remedy)
