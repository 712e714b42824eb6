"""The blank form of a layer: headings an import knows, lists of codes, one example, notes on every field."""

from datetime import date
from pathlib import Path

from geo_ems.errors import UsageError
from geo_ems.formats.column_names import EXAMPLE_MARK, NOTES_SHEET
from geo_ems.formats.exported import TableColumn
from geo_ems.formats.form_writing import CellKind, FormColumn, FormSheet, NotesSheet, form_bytes
from geo_ems.formats.raw import Cell
from geo_ems.formats.table_writing import PLACE_HEADINGS, SHAPE_HEADINGS, yes_no
from geo_ems.model.definitions import Code, FieldDefinition, FieldType, GeometryKind, LayerDefinition
from geo_ems.model.labels import Label, Language
from geo_ems.services.export_columns import child_form_columns, form_columns
from geo_ems.services.words import say
from geo_ems.storage.durable_files import appearing_file

_NoteRow = tuple[str, str, str, str, str]
_READABLE_BY_OTHERS = 0o644
_EXAMPLE_LON_DEG, _EXAMPLE_LAT_DEG = 113.5937, 24.8104
_EXAMPLE_LINE = "LINESTRING (113.59 24.81, 113.60 24.82)"
_EXAMPLE_AREA = "POLYGON ((113.59 24.81, 113.60 24.81, 113.60 24.82, 113.59 24.81))"
_EXAMPLE_DAY = date(2026, 6, 30)
_KINDS = {
    FieldType.INTEGER: CellKind.INTEGER,
    FieldType.REAL: CellKind.REAL,
    FieldType.DATE: CellKind.DATE,
    FieldType.DATETIME: CellKind.INSTANT,
}
_TYPE_WORDS = {
    FieldType.TEXT: Label("文字", "text"),
    FieldType.INTEGER: Label("整数", "whole number"),
    FieldType.REAL: Label("数字", "number"),
    FieldType.BOOLEAN: Label("是/否", "yes or no"),
    FieldType.DATE: Label("日期,如 2026-06-30", "date, such as 2026-06-30"),
    FieldType.DATETIME: Label("日期和时间,如 2026-06-30 08:00", "date and time, such as 2026-06-30 08:00"),
    FieldType.CODE: Label("从列表选一项", "one of the list"),
    FieldType.CODES: Label("可填多项,用 ; 分隔", "several, with ; between them"),
    FieldType.PHONE: Label("电话,按文字填写", "telephone number, written as text"),
}


def write_template(definition: LayerDefinition, path: Path, *, language: Language, overwrite: bool = False) -> None:
    """Write the blank form of a layer as .xlsx; the file appears whole or not at all.

    Raises
    ------
    UsageError
        Where the name does not end in .xlsx, the file exists, or it cannot be written.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"'{path}' is not .xlsx", where="--out", remedy="Change the extension.", field="out")
    if path.exists() and (not overwrite or not path.is_file()):
        raise UsageError(
            f"'{path}' exists already", remedy="Choose another name, or --overwrite.", field="out", value=str(path)
        )
    content = template_bytes(definition, language=language)
    try:
        with appearing_file(path) as draft:
            draft.write_bytes(content)
            draft.chmod(_READABLE_BY_OTHERS)
    except OSError as error:
        raise UsageError(
            f"'{path}' cannot be written: {error.strerror or error}", remedy="Choose another folder.", field="out"
        ) from error


def template_bytes(definition: LayerDefinition, *, language: Language) -> bytes:
    """Return the workbook of the blank form: a sheet for the layer, one per child table, the notes."""
    own = form_columns(definition, language)
    forms = [
        FormSheet(definition.label.text(language), _marked([*_columns(own, language), *_places(definition, language)]))
    ]
    notes = [_note(column, language) for column in own] + _place_notes(definition, language)
    for child in definition.children.values():
        asked = child_form_columns(definition, child, language)
        parent = FormColumn(asked.parent_heading, CellKind.TEXT, EXAMPLE_MARK, is_required=True)
        forms.append(FormSheet(child.label.text(language), _marked([parent, *_columns(asked.columns, language)])))
        meaning = say(language, "属于哪一条记录:填它的编号或名称", "which record the row belongs to: its code or name")
        notes.append((f"{child.label.text(language)}: {asked.parent_heading}", "*", "", "", meaning))
        prefix = f"{child.label.text(language)}: "
        for column in asked.columns:
            heading_of, *rest = _note(column, language)
            notes.append((prefix + heading_of, rest[0], rest[1], rest[2], rest[3]))
    heading = ("列", "必填", "填写方式", "可填内容", "说明") if language == "zh" else (
        "column", "required", "how to write it", "what it may hold", "meaning",
    )  # fmt: skip
    rows = [*_general(language), *notes]
    return form_bytes(forms, NotesSheet(NOTES_SHEET, heading, rows, (34.0, 9.0, 26.0, 60.0, 46.0)))


def _columns(columns: tuple[TableColumn, ...], language: Language) -> list[FormColumn]:
    return [_column(column, language) for column in columns]


def _column(column: TableColumn, language: Language) -> FormColumn:
    field = column.field
    texts = tuple(column.code_texts.values())
    choices = texts if field.type is FieldType.CODE else yes_no(language) if field.type is FieldType.BOOLEAN else ()
    prompt = ""
    if field.type is FieldType.CODES:
        prompt = f"{_TYPE_WORDS[field.type].text(language)}: {'; '.join(texts)}"
    return FormColumn(
        column.heading,
        _KINDS.get(field.type, CellKind.TEXT),
        _example(column, language),
        field.required and field.default is None,
        choices,
        prompt,
    )


def _marked(columns: list[FormColumn]) -> tuple[FormColumn, ...]:
    """Return the columns with the mark of the example in the first: by it an import knows the row."""
    first, *rest = columns
    marked = FormColumn(first.heading, first.kind, EXAMPLE_MARK, first.is_required, first.choices, first.prompt)
    return marked, *rest


def _example(column: TableColumn, language: Language) -> Cell:
    field = column.field
    texts = list(column.code_texts.values())
    examples: dict[FieldType, Cell] = {
        FieldType.TEXT: say(language, "某某", "Example") if field.required else None,
        FieldType.INTEGER: _number(field),
        FieldType.REAL: _number(field),
        FieldType.BOOLEAN: yes_no(language)[0],
        FieldType.DATE: _EXAMPLE_DAY,
        FieldType.DATETIME: f"{_EXAMPLE_DAY} 08:00",
        FieldType.CODE: next(iter(texts), None),
        FieldType.CODES: ";".join(texts[:2]) or None,
        FieldType.PHONE: "+86 751 8886666",
    }
    return examples[field.type]


def _number(field: FieldDefinition) -> int | float:
    """Return a number that the field may hold."""
    wanted = 100.0 if field.maximum is None else min(100.0, field.maximum)
    number = wanted if field.minimum is None else max(wanted, field.minimum)
    return int(number) if float(number).is_integer() else number


def _places(definition: LayerDefinition, language: Language) -> list[FormColumn]:
    """Return the columns of the place: numbers where the layer takes points, WKT where it takes none."""
    if GeometryKind.POINT in definition.geometry:
        lon, lat = PLACE_HEADINGS[language]
        return [
            FormColumn(lon, CellKind.REAL, _EXAMPLE_LON_DEG),
            FormColumn(lat, CellKind.REAL, _EXAMPLE_LAT_DEG),
        ]
    example = _EXAMPLE_LINE if GeometryKind.LINE in definition.geometry else _EXAMPLE_AREA
    return [FormColumn(SHAPE_HEADINGS[language], CellKind.TEXT, example)]


def _place_notes(definition: LayerDefinition, language: Language) -> list[_NoteRow]:
    if GeometryKind.POINT in definition.geometry:
        how = say(language, "十进制度,WGS84", "decimal degrees, WGS84")
        unknown = say(language, "不知道就留空,以后补", "leave it empty where it is not known yet")
        return [(heading, "", how, "", unknown) for heading in PLACE_HEADINGS[language]]
    kinds = ", ".join(definition.geometry)
    how = say(language, "WKT 文字,经度在前,WGS84", "WKT text, longitude first, WGS84")
    better = say(
        language, "线和面最好用 GIS 文件(GeoJSON、GPKG)导入", "lines and areas are better imported from GIS files"
    )
    return [(SHAPE_HEADINGS[language], "", how, kinds, better)]


def _note(column: TableColumn, language: Language) -> _NoteRow:
    """Return the row of the notes on one field."""
    field = column.field
    how = _TYPE_WORDS[field.type].text(language)
    if field.unit is not None:
        how += say(language, f",单位 {field.unit.symbol.zh}", f", in {field.unit.symbol.en}")
    limits = [f"≥ {field.minimum:g}"] if field.minimum is not None else []
    limits += [f"≤ {field.maximum:g}"] if field.maximum is not None else []
    codes = [_code_note(text, field.codes[code], language) for code, text in column.code_texts.items()]
    meaning = field.description.text(language) if field.description is not None else ""
    private = say(language, "内部字段,不公开", "private: not published") if field.private else ""
    required = "*" if field.required and field.default is None else ""
    return column.heading, required, how, "; ".join([*limits, *codes]), " ".join(filter(None, (meaning, private)))


def _code_note(text: str, code: Code, language: Language) -> str:
    """Return what may be written for a code, the code itself, and the unit in which it is counted."""
    unit = "" if code.unit is None else code.unit.text(language)
    also = ", ".join(filter(None, ("" if text == code.code else code.code, unit)))
    return f"{text} ({also})" if also else text


def _general(language: Language) -> list[_NoteRow]:
    texts = (
        (
            "示例行(灰色)不会导入,可以留着;每行一条,带 * 的必填。",
            "The grey example row is not imported and may stay; one record per row, * is required.",
        ),
        (
            "编号是永久身份:以后按编号更新,请不要改。",
            "The code is the permanent identity: later imports update by it, so keep it.",
        ),
        (
            "不知道的留空,不要写 0 或“无”。",
            "Leave empty what is not known; do not write 0 or 'none'.",
        ),
    )
    return [(say(language, zh, en), "", "", "", "") for zh, en in texts]
