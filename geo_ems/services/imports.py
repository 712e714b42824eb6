"""Import of a file into a layer: one file is one transaction, and every row is stored or listed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from geo_ems.catalogue.record_headings import recognised_headings
from geo_ems.catalogue.record_matching import ColumnPlan, headings_of
from geo_ems.catalogue.records import ConvertedFile, ConvertedRecord, convert_records
from geo_ems.errors import UsageError, known_names
from geo_ems.formats.column_names import KEY_COLUMN, fold_name, report_columns
from geo_ems.formats.findings import Finding, worst_grade
from geo_ems.formats.raw import RawFile
from geo_ems.formats.reading import read_records
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import ChildDefinition, LayerDefinition
from geo_ems.model.features import ChangeBatch, FeatureChange
from geo_ems.model.labels import Label
from geo_ems.services.import_again import check_not_again
from geo_ems.services.import_children import ChildRowsRead, Parents, child_headings, read_child_rows, with_children
from geo_ems.services.import_datum_shift import find_datum_shift
from geo_ems.services.import_findings import NO_STATUS_COLUMN
from geo_ems.services.import_given import with_given_values
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_place_by import place_by_names, settle_precision
from geo_ems.services.import_places import find_places_outside, find_twins_in_file
from geo_ems.services.import_report import ImportCounts, ImportedColumn, ImportReport, RowAction, RowReport, count_rows
from geo_ems.services.import_rows import PLACE_WORDS, PlannedRow, RowPlanner, StoredRows, change_for
from geo_ems.services.import_systems import asked_system, options_text, with_carried_options
from geo_ems.storage.protocol import LayerStore

__all__ = ["ImportOptions", "ImportReport", "import_children", "import_file", "import_into"]

ORIGIN = "import"


def import_into(
    path: Path,
    layer: str,
    *,
    definitions: Mapping[str, LayerDefinition],
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> ImportReport:
    """Import a file into a layer, or into a child table named `layer.child`.

    Raises
    ------
    NotFoundError
        Where there is no such layer or child table.
    DataError, UsageError, ConflictError, StoreError
        As `import_file` and `import_children` say.
    """
    name, _, child = layer.partition(".")
    definition = definitions.get(name)
    if definition is None:
        raise known_names("layer", name, list(definitions))
    if child:
        return import_children(
            path, child, definition=definition, store=store, caller=caller, options=options, zone=zone
        )
    return import_file(
        path, definition=definition, store=store, caller=caller, options=options, zone=zone, new_id=new_id
    )


def import_file(
    path: Path,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> ImportReport:
    """Import a file into a layer; sheets named like a child table are imported with it.

    Rows with a known key update the feature that has it: fields without a column keep their
    values, states and positions that are known are kept unless the options say otherwise.

    Raises
    ------
    DataError
        Where the file cannot be used as a whole, or was imported before and has no key.
    UsageError
        Where an option is wrong or the caller may not import.
    ConflictError
        Where a feature was changed by somebody else meanwhile.
    """
    _check_caller(caller)
    key, column_map = _key_of(definition, options)
    known_headers = headings_of(definition.fields.values(), definition)
    child_sheets = {fold_name(n): child for child in definition.children.values() for n in _sheet_names(child)}
    raw = read_records(
        path,
        encoding=options.encoding,
        sheet=options.sheet,
        known_headers=known_headers,
        ignored_sheets=list(child_sheets),
    )
    key = key if options.key is not None else _key_asked_back(raw, definition) or key
    options = with_carried_options(options, raw)
    asked = asked_system(options, store)
    converted = convert_records(raw, definition, zone=zone, field_map=column_map, asked=asked)
    converted, given_notes = with_given_values(converted, options.given, definition, zone=zone)
    by_name = place_by_names(converted, raw, options.place_by, definition, store)
    converted = by_name.converted
    key_in_file = key if _has_values(converted, key) else None
    stored = StoredRows.of(store.read_columns(definition.name), key)
    planned = RowPlanner(definition, stored, options, key_in_file, new_id, zone).plan(raw, converted, store)
    settle_precision(planned, by_name, definition)
    if not options.append:
        check_not_again(planned, raw, definition, store, has_keys=key_in_file is not None)
    find_twins_in_file(planned, definition, place_word=PLACE_WORDS[raw.counted_by])
    notes = [
        *converted.notes,
        *given_notes,
        *by_name.notes,
        *find_datum_shift(planned, by_name, definition, store, asked=asked),
        *find_places_outside(planned, definition, store),
        *_status_unknown(planned, definition, converted.plan),
    ]
    parents = Parents.of(stored)
    for row in planned:
        parents.add(row, definition)
    reads = [
        read_child_rows(_read_child(path, definition, child, sheet), definition, child, parents, zone=zone)
        for sheet in raw.sheets
        if (child := child_sheets.get(fold_name(sheet))) is not None and options.sheet is None
    ]
    changes = _changes(planned, reads, definition, store, notes)
    rows = _row_reports(planned, raw, {change.id for change in changes})
    headings = recognised_headings(
        raw, converted.plan, fields=definition.fields, definition=definition, known=known_headers
    )
    named_key = key if key != definition.key else None
    outcome = _Outcome(
        raw, definition.name, definition.label, rows, changes, converted.plan, notes, reads, headings, key=named_key,
        carried=options_text(options, converted.plan.datum),
    )  # fmt: skip
    return _finish(outcome, store, caller, options)


def import_children(
    path: Path,
    child: str,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
) -> ImportReport:
    """Import rows that belong to stored features, such as the stock of depots.

    A feature is named by its code, its id or its name. All rows that a feature had are replaced.

    Raises
    ------
    NotFoundError
        Where the layer has no such child table.
    DataError, UsageError, ConflictError
        As `import_file` says.
    """
    _check_caller(caller)
    child_definition = definition.children.get(child)
    if child_definition is None:
        raise known_names("child table", child, list(definition.children))
    raw = _read_child(path, definition, child_definition, options.sheet, encoding=options.encoding)
    parents = Parents.of(StoredRows.of(store.read_columns(definition.name), definition.key))
    read = read_child_rows(raw, definition, child_definition, parents, zone=zone, field_map=options.column_map)
    notes: list[Finding] = []
    changes = _changes([], [read], definition, store, notes)
    name = f"{definition.name}.{child}"
    outcome = _Outcome(
        raw, definition.name, child_definition.label, [], changes, read.plan, notes, [read], reported_as=name
    )
    return _finish(outcome, store, caller, options)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an import found out, before anything is stored."""

    raw: RawFile
    layer: str
    label: Label
    rows: list[RowReport]
    changes: list[FeatureChange]
    plan: ColumnPlan
    notes: list[Finding]
    reads: list[ChildRowsRead]
    headings: tuple[str, ...] = ()
    reported_as: str = ""
    key: str | None = None
    carried: str = ""


def _check_caller(caller: Caller) -> None:
    if not caller.may(Permission.IMPORT):
        raise UsageError("You may not import", where=caller.principal, remedy="Ask for the right to import.")
    if caller.areas:
        raise UsageError(
            "Your rights end at some districts, and a file may reach beyond them",
            where=caller.principal,
            remedy="Ask somebody without that limit to import the file.",
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


def _read_child(
    path: Path, definition: LayerDefinition, child: ChildDefinition, sheet: str | None, *, encoding: str | None = None
) -> RawFile:
    return read_records(path, encoding=encoding, sheet=sheet, known_headers=child_headings(definition, child))


def _has_values(converted: ConvertedFile, key: str | None) -> bool:
    return key is not None and any(record.properties.get(key) is not None for record in converted.records)


def _status_unknown(planned: list[PlannedRow], definition: LayerDefinition, plan: ColumnPlan) -> list[Finding]:
    """Return a note where new features have no status because the file has no column for it."""
    field = definition.fields.get(definition.status_field or "")
    if field is None or field.name in plan.fields():
        return []
    created = [row.feature for row in planned if row.is_new and row.feature is not None]
    count = sum(feature.properties.get(field.name) is None for feature in created)
    labels = {"label": field.label.zh, "label_en": field.label.en, "option": field.name}
    return [NO_STATUS_COLUMN.found(field=field.name, count=count, **labels)] if count else []


def _changes(
    planned: list[PlannedRow],
    reads: list[ChildRowsRead],
    definition: LayerDefinition,
    store: LayerStore,
    notes: list[Finding],
) -> list[FeatureChange]:
    """Return the changes of all rows, with the child rows put into the features they belong to."""
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
                row.feature = with_children(row.feature, read, definition, notes)
    return [change for row in rows if (change := change_for(row, definition)) is not None]


def _row_reports(planned: list[PlannedRow], raw: RawFile, changed: set[str]) -> list[RowReport]:
    reports = []
    for row, record in zip(planned, raw.records, strict=True):
        findings = tuple(row.findings)
        grade = worst_grade(findings)
        if row.id is None:
            reports.append(
                RowReport(record.line, record.sheet, grade, RowAction.REFUSED, None, findings, cells=record.values)
            )
            continue
        action = RowAction.UPDATED if row.id in changed else RowAction.UNCHANGED
        if row.is_new:
            action = RowAction.CREATED
        reports.append(RowReport(record.line, record.sheet, grade, action, row.id, findings))
    return reports


def _finish(outcome: _Outcome, store: LayerStore, caller: Caller, options: ImportOptions) -> ImportReport:
    """Store the changes where that is asked for, and report."""
    raw, reads = outcome.raw, outcome.reads
    rows = (*outcome.rows, *(report for read in reads for report in read.reports))
    counts = count_rows(rows)
    rejected = options.on_error == "reject-file" and counts.refused > 0
    seq = None
    if outcome.changes and not rejected and not options.dry_run:
        note = _note(raw, counts)
        batch = ChangeBatch(outcome.layer, tuple(outcome.changes), caller.principal, ORIGIN, note, bulk=True)
        seq = store.commit(batch).seq
    headings = {read.child.name: read.headings for read in reads}
    if not outcome.reported_as:
        headings = {"": outcome.headings, **headings}
    return ImportReport(
        file=raw.name,
        sha256=raw.sha256,
        format=raw.format,
        encoding=raw.encoding,
        counted_by=raw.counted_by,
        layer=outcome.reported_as or outcome.layer,
        layer_label=outcome.label,
        dry_run=options.dry_run,
        rejected=rejected,
        seq=seq,
        counts=counts,
        columns=tuple(
            ImportedColumn(m.column, m.field.name, m.unit.code if m.unit else None, m.factor, m.flag)
            for m in outcome.plan.matches
        )
        + tuple(ImportedColumn(raw.columns[index], place.value) for place, index in outcome.plan.places.items()),
        unused=tuple((column.column, column.reason) for column in outcome.plan.unused),
        notes=(*outcome.notes, *(note for read in reads for note in read.notes)),
        skipped=raw.skipped,
        rows=rows,
        headings=headings,
        key=outcome.key,
        carried_options=outcome.carried,
    )


def _note(raw: RawFile, counts: ImportCounts) -> str:
    facts = {
        "file": raw.name,
        "sha256": raw.sha256,
        "rows": counts.rows,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "child_rows": counts.child_rows,
        "refused": counts.refused,
    }
    return json.dumps(facts, ensure_ascii=False)
