"""Headings and words of exports and blank forms: those under which an import takes them back."""

from collections.abc import Callable, Mapping

from geo_ems.catalogue.record_matching import plan_columns
from geo_ems.catalogue.record_values import CODE_SEPARATORS, codes_by_name
from geo_ems.formats.column_names import PARENT_ID_HEADINGS, fold_name
from geo_ems.formats.exported import ChildTableColumns, TableColumn
from geo_ems.formats.raw import CountedBy, FileFormat, RawFile
from geo_ems.model.definitions import ChildDefinition, FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.labels import LANGUAGES, Language

Heading = Callable[[FieldDefinition], str]


def table_columns(definition: LayerDefinition, language: Language, *, include_private: bool) -> tuple[TableColumn, ...]:
    """Return the columns of a layer, headed by the label and unit of each field."""
    shown = [field for field in definition.fields.values() if include_private or not field.private]
    return _columns(shown, definition, language, lambda field: labelled(field, language))


def child_columns(child: ChildDefinition, language: Language, *, include_private: bool) -> ChildTableColumns:
    """Return the columns of a child table, and the heading of the permanent id of the feature it belongs to."""
    shown = [field for field in child.fields.values() if include_private or not field.private]
    columns = _columns(shown, None, language, lambda field: labelled(field, language))
    return ChildTableColumns(PARENT_ID_HEADINGS[language], columns)


def form_columns(definition: LayerDefinition, language: Language) -> tuple[TableColumn, ...]:
    """Return the columns of a blank form: what is computed by the system is not asked for."""
    asked = [field for field in definition.fields.values() if not field.derived]
    return _columns(asked, definition, language, lambda field: _asked(field, language))


def child_form_columns(definition: LayerDefinition, child: ChildDefinition, language: Language) -> ChildTableColumns:
    """Return the columns of the sheet of a child table in a blank form."""
    asked = [field for field in child.fields.values() if not field.derived]
    columns = _columns(asked, None, language, lambda field: _asked(field, language))
    return ChildTableColumns(f"{parent_heading(definition, child, language)}*", columns)


def parent_heading(definition: LayerDefinition, child: ChildDefinition, language: Language) -> str:
    """Return the heading of the parent's column that no field of the child table has."""
    key = definition.fields.get(definition.key or "")
    space = "" if language == "zh" else " "
    label = definition.label.text(language)
    heading = label if key is None else f"{label}{space}{key.label.text(language)}"
    taken = {fold_name(name) for field in child.fields.values() for name in _names(field)}
    return heading if fold_name(heading) not in taken else "parent"


def labelled(field: FieldDefinition, language: Language) -> str:
    """Return the label of a field with its unit."""
    return field.label.text(language) + _unit(field, language)


def code_texts(field: FieldDefinition, language: Language) -> Mapping[str, str]:
    """Return how each code is written: its label, where that alone leads back to it, else the code."""
    named = codes_by_name(field.codes)
    is_list = field.type is FieldType.CODES

    def is_clear(label: str, code: str) -> bool:
        is_torn = is_list and CODE_SEPARATORS.search(label) is not None
        return named.get(fold_name(label)) == code and not is_torn and label == label.strip()

    return {
        code.code: label if is_clear(label := code.label.text(language), code.code) else code.code
        for code in field.codes.values()
    }


def _columns(
    fields: list[FieldDefinition], definition: LayerDefinition | None, language: Language, heading: Heading
) -> tuple[TableColumn, ...]:
    """Return the columns; a heading that would be taken for another field's gives way to the field's name."""
    wanted = {field.name: heading(field) for field in fields}
    meant = _fields_of(tuple(wanted.values()), fields, definition)

    def chosen(field: FieldDefinition) -> str:
        text = wanted[field.name]
        # What the system computes is no import's field: its heading must only not be another's.
        is_clear = text not in meant if field.derived else meant.get(text) == field.name
        return text if is_clear else field.name

    return tuple(TableColumn(chosen(field), field, code_texts(field, language)) for field in fields)


def _fields_of(
    headings: tuple[str, ...], fields: list[FieldDefinition], definition: LayerDefinition | None
) -> dict[str, str]:
    """Return the name of the field that an import takes each heading for; headings that stand twice mean none."""
    raw = RawFile("", "", FileFormat.XLSX, None, CountedBy.ROW, headings, ())
    by_name = {field.name: field for field in fields}
    plan = plan_columns(raw, fields=by_name, definition=definition)
    twice = {heading for heading in headings if headings.count(heading) > 1}
    found = {match.column: match.field.name for match in plan.matches if match.flag is None and match.factor == 1.0}
    return {**found, **dict.fromkeys(twice, "")}


def _asked(field: FieldDefinition, language: Language) -> str:
    mark = "*" if field.required and field.default is None else ""
    first, second = (field.label.text(language), next(field.label.text(o) for o in LANGUAGES if o != language))
    both = f"{first} {second}" if language == "zh" else f"{second} {first}"
    return f"{both}{_unit(field, language)}{mark}"


def _unit(field: FieldDefinition, language: Language) -> str:
    return "" if field.unit is None else f" ({field.unit.symbol.text(language)})"


def _names(field: FieldDefinition) -> tuple[str, ...]:
    return field.name, field.label.zh, field.label.en, *(synonym.name for synonym in field.synonyms)
