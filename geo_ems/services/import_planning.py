"""What a file changes in a layer, before anything is stored: every row is planned or refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from geo_ems.catalogue.record_headings import recognised_headings
from geo_ems.catalogue.record_matching import ColumnPlan, headings_of
from geo_ems.catalogue.records import ConvertedFile, ConvertedRecord, convert_records
from geo_ems.errors import UsageError, known_names
from geo_ems.formats.column_names import KEY_COLUMN, NOTES_SHEET, fold_name, report_columns
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import RawFile
from geo_ems.formats.reading import read_records
from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import ChildDefinition, LayerDefinition
from geo_ems.services.import_again import check_not_again
from geo_ems.services.import_children import ChildRowsRead, Parents, child_headings, read_child_rows, with_children
from geo_ems.services.import_datum_shift import find_datum_shift
from geo_ems.services.import_findings import NO_ROWS, NO_STATUS_COLUMN
from geo_ems.services.import_given import given_columns, with_given_values
from geo_ems.services.import_memory import ImportMemory
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_outcome import Outcome, corrections_kept, images_of, row_reports
from geo_ems.services.import_place_by import place_by_names, settle_precision
from geo_ems.services.import_places import find_places_outside, find_similar_near, find_twins_in_file
from geo_ems.services.import_retiring import Retiring, plan_retiring
from geo_ems.services.import_rows import PLACE_WORDS, PlannedRow, RowPlanner, StoredRows, change_for
from geo_ems.services.import_systems import asked_system, options_text, with_carried_options
from geo_ems.services.import_workbook import RETIRED_SHEET, WARNED_SHEET
from geo_ems.storage.protocol import LayerStore


def plan_file(
    path: Path,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> Outcome:
    """Return what a file changes, and what is to be said of its rows; sheets named like a child table belong to it.

    Raises
    ------
    DataError, UsageError
        As `imports.import_file` says.
    """
    child_sheets = {fold_name(n): child for child in definition.children.values() for n in _sheet_names(child)}
    raw = read_records(
        path,
        encoding=options.encoding,
        sheet=options.sheet,
        known_headers=headings_of(definition.fields.values(), definition),
        ignored_sheets=[*child_sheets, NOTES_SHEET, WARNED_SHEET, RETIRED_SHEET],
    )
    child_files = [
        (child, read_child_sheet(path, definition, child, sheet))
        for sheet in raw.sheets
        if (child := child_sheets.get(fold_name(sheet))) is not None and options.sheet is None
    ]
    return plan_records(
        raw, definition=definition, store=store, options=options, zone=zone, new_id=new_id, child_files=child_files
    )


def plan_records(
    raw: RawFile,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
    child_files: Sequence[tuple[ChildDefinition, RawFile]] = (),
) -> Outcome:
    """Return what the records of a file change, and what is to be said of them.

    Raises
    ------
    DataError, UsageError
        As `imports.import_file` says.
    """
    key, column_map = _key_of(definition, options)
    known_headers = headings_of(definition.fields.values(), definition)
    key = key if options.key is not None else _key_asked_back(raw, definition) or key
    options = with_carried_options(options, raw)
    asked = asked_system(options, store)
    converted = convert_records(raw, definition, zone=zone, field_map=column_map, asked=asked, given=options.given)
    converted, given_notes = with_given_values(converted, options.given, definition, zone=zone)
    by_name = place_by_names(converted, raw, options.place_by, definition, store)
    converted = by_name.converted
    key_in_file = key if _has_values(converted, key) else None
    columns = store.read_columns(definition.name)
    stored, memory = StoredRows.of(columns, key), ImportMemory(definition, store.history)
    register: LayerColumns | None = columns if options.retire_missing else None
    del columns
    planner = RowPlanner(definition, stored, options, key_in_file, new_id, zone, memory)
    planned = planner.plan(raw, converted, store)
    settle_precision(planned, by_name, definition)
    if not options.append:
        check_not_again(planned, raw, definition, store, has_keys=key_in_file is not None or _are_known(planned))
    retiring = Retiring()
    if register is not None:
        retiring = plan_retiring(
            planned,
            register,
            stored,
            key=_retiring_key(key_in_file, raw, options),
            memory=memory,
            store=store,
            at_most=options.retire_at_most,
        )
    find_twins_in_file(planned, definition, place_word=PLACE_WORDS[raw.counted_by])
    notes = [
        *converted.notes,
        *given_notes,
        *by_name.notes,
        *find_datum_shift(planned, by_name, definition, store, asked=asked),
        *find_places_outside(planned, definition, store),
        *find_similar_near(planned, stored, definition),
        *_status_unknown(planned, definition, converted.plan),
        *corrections_kept(planned),
        *retiring.notes,
    ]
    parents = Parents.of(stored)
    for row in planned:
        parents.add(row, definition)
    reads = [read_child_rows(file, definition, child, parents, zone=zone) for child, file in child_files]
    if not raw.records and not any(file.records for _, file in child_files):
        notes.append(NO_ROWS.found())
    raw = replace(raw, skipped=(*raw.skipped, *(line for _, file in child_files for line in file.skipped)))
    spoken = with_child_rows(planned, reads, definition, store, notes, memory=memory, options=options)
    changes = [change for row in spoken if (change := change_for(row, definition)) is not None]
    return Outcome(
        raw=replace(raw, records=()),
        layer=definition.name,
        label=definition.label,
        rows=row_reports(planned, raw, {change.id for change in changes}),
        changes=changes,
        plan=converted.plan,
        notes=notes,
        reads=reads,
        headings=recognised_headings(
            raw, converted.plan, fields=definition.fields, definition=definition, known=known_headers
        ),
        key=key if key != definition.key else None,
        carried_options=options_text(options, converted.plan.datum),
        images=images_of(spoken, reads, memory, retiring, defaults=planner.defaults),
        retiring=retiring,
        given=given_columns(options.given, converted.plan, definition),
    )


def _key_of(definition: LayerDefinition, options: ImportOptions) -> tuple[str | None, Mapping[str, str]]:
    """Return (the key field, the explicit columns); a key that is no field is a column for the layer's key."""
    if options.key is None or options.key in definition.fields:
        return options.key or definition.key, options.column_map
    if definition.key is None:
        raise known_names("field", options.key, list(definition.fields))
    return definition.key, {**options.column_map, definition.key: options.key}


def _key_asked_back(raw: RawFile, definition: LayerDefinition) -> str | None:
    """Return the key field that a list of refused rows was made with, None where it names none."""
    index = report_columns(raw.columns).get(KEY_COLUMN)
    if index is None:
        return None
    named = {str(record.values[index]) for record in raw.records if record.values[index] is not None}
    return named.pop() if len(named) == 1 and named <= set(definition.fields) else None


def _sheet_names(child: ChildDefinition) -> tuple[str, str, str]:
    return child.name, child.label.zh, child.label.en


def read_child_sheet(
    path: Path, definition: LayerDefinition, child: ChildDefinition, sheet: str | None, *, encoding: str | None = None
) -> RawFile:
    """Return the rows of a child table, from one sheet of a file or from a file of its own."""
    return read_records(path, encoding=encoding, sheet=sheet, known_headers=child_headings(definition, child))


def _has_values(converted: ConvertedFile, key: str | None) -> bool:
    return key is not None and any(record.properties.get(key) is not None for record in converted.records)


def _are_known(planned: list[PlannedRow]) -> bool:
    """Return whether a row names the permanent id of a feature: then the file is an export that comes back."""
    return any(row.id is not None and not row.is_new for row in planned)


def _status_unknown(planned: list[PlannedRow], definition: LayerDefinition, plan: ColumnPlan) -> list[Finding]:
    """Return a note where new features have no status because the file has no column for it."""
    field = definition.fields.get(definition.status_field or "")
    if field is None or field.name in plan.fields():
        return []
    created = [row.feature for row in planned if row.is_new and row.feature is not None]
    count = sum(feature.properties.get(field.name) is None for feature in created)
    labels = {"label": field.label.zh, "label_en": field.label.en, "option": field.name}
    return [NO_STATUS_COLUMN.found(field=field.name, count=count, **labels)] if count else []


def _retiring_key(key_in_file: str | None, raw: RawFile, options: ImportOptions) -> str:
    if options.append:
        raise UsageError(
            "A file is either the full register or something to add",
            where=raw.name,
            remedy="Leave out --append or --retire-missing.",
            field="retire_missing",
        )
    if key_in_file is None:
        raise UsageError(
            "What is missing can only be told by codes",
            where=raw.name,
            remedy="Add a column with codes, or name the one that tells the rows apart (--key).",
            field="retire_missing",
        )
    return key_in_file


def with_child_rows(
    planned: list[PlannedRow],
    reads: list[ChildRowsRead],
    definition: LayerDefinition,
    store: LayerStore,
    notes: list[Finding],
    *,
    memory: ImportMemory,
    options: ImportOptions,
) -> list[PlannedRow]:
    """Return all rows, and stored features that only child rows name, with the child rows put into them."""
    rows = list(planned)
    in_file = {row.feature.id for row in planned if row.feature is not None}
    others = dict.fromkeys(identity for read in reads for identity in read.rows_by_parent if identity not in in_file)
    rows += [
        PlannedRow(ConvertedRecord(0, "", None, {}, ()), [], feature.id, feature, feature)
        for feature in store.read_rows(definition.name, list(others))
    ]
    for read in reads:
        for row in rows:
            if row.feature is not None and row.feature.id in read.rows_by_parent:
                row.feature = with_children(
                    row.feature, read, definition, notes, memory=memory, overwrites=options.overwrite_corrections
                )
    return rows
