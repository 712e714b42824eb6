"""What an import found out is stored as one change, and reported."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from geo_ems.catalogue.record_matching import ColumnPlan
from geo_ems.formats.findings import Finding, Grade, worst_grade
from geo_ems.formats.raw import RawFile
from geo_ems.model.caller import Caller
from geo_ems.model.features import ChangeBatch, FeatureChange, ImportImages, ImportMark, Properties, Value
from geo_ems.model.labels import Label
from geo_ems.services import import_findings as found
from geo_ems.services.import_children import ChildRowsRead
from geo_ems.services.import_memory import (
    GEOMETRY,
    ORIGIN,
    ImportMemory,
    Said,
    child_name,
    geometry_digests,
    rows_digest,
)
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_report import (
    GivenValue,
    ImportCounts,
    ImportedColumn,
    ImportReport,
    RowAction,
    RowReport,
    count_rows,
)
from geo_ems.services.import_retiring import Retiring
from geo_ems.services.import_rows import PlannedRow, with_defaults
from geo_ems.storage.protocol import LayerStore


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import found out, before anything is stored."""

    raw: RawFile
    layer: str
    label: Label
    rows: list[RowReport]
    changes: list[FeatureChange]
    plan: ColumnPlan
    notes: list[Finding]
    reads: list[ChildRowsRead]
    images: ImportImages | None
    retiring: Retiring = field(default_factory=Retiring)
    headings: tuple[str, ...] = ()
    reported_as: str = ""
    key: str | None = None
    carried_options: str = ""
    given: tuple[GivenValue, ...] = ()


def row_reports(planned: Sequence[PlannedRow], raw: RawFile, changed: set[str]) -> list[RowReport]:
    """Return what became of each row; `changed` are the ids of features that are written."""
    reports = []
    for row, record in zip(planned, raw.records, strict=True):
        findings = tuple(row.findings)
        grade = worst_grade(findings)
        if row.id is None:
            reports.append(
                RowReport(record.line, record.sheet, grade, RowAction.REFUSED, None, findings, cells=record.values)
            )
            continue
        action = RowAction.UPDATED if row.id in changed and not row.is_merged else RowAction.UNCHANGED
        if row.is_new:
            action = RowAction.CREATED
        cells = record.values if grade is Grade.WARNED else ()
        reports.append(RowReport(record.line, record.sheet, grade, action, row.id, findings, cells=cells))
    return reports


def corrections_kept(planned: Sequence[PlannedRow]) -> list[Finding]:
    """Return a note of the corrections by hand that the file did not touch; none where there are none."""
    counts = [sum(finding.kind is found.CORRECTION_KEPT for finding in row.findings) for row in planned]
    features = sum(count > 0 for count in counts)
    return [found.CORRECTIONS_KEPT.found(count=sum(counts), features=features)] if features else []


def images_of(
    rows: Sequence[PlannedRow],
    reads: Sequence[ChildRowsRead],
    memory: ImportMemory,
    retiring: Retiring,
    *,
    defaults: Properties,
) -> ImportImages | None:
    """Return what the file says of each feature, for the next import to compare with."""
    named = [row for row in rows if row.id is not None and not row.is_merged]
    spoken_fields = dict.fromkeys(name for names in {tuple(row.record.properties) for row in named} for name in names)
    child_names = [child_name(read.child.name) for read in reads]
    names = (*spoken_fields, *(name for name in defaults if name not in spoken_fields), GEOMETRY, *child_names)
    digests = geometry_digests([row.record.geometry for row in named])

    def spoken() -> Iterator[tuple[str, ImportMark, Said]]:
        for row, digest in zip(named, digests, strict=True):
            said: dict[str, Value] = dict(row.record.properties)
            if row.is_new:
                said = dict(with_defaults(said, defaults))
            if digest is not None:
                said[GEOMETRY] = digest
            for read, name in zip(reads, child_names, strict=True):
                if row.id in read.rows_by_parent:
                    said[name] = rows_digest(read.rows_by_parent[str(row.id)], read.child)
            yield str(row.id), ImportMark.CREATED if row.is_new else ImportMark.KNOWN, said
        for feature in retiring.features:
            yield feature.id, ImportMark.RETIRED, {}

    return memory.images(names, spoken())


def finish_import(
    outcome: Outcome,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    *,
    facts: Mapping[str, object] | None = None,
) -> ImportReport:
    """Store the changes where that is asked for, and report; `facts` stand in the log beside the counts."""
    raw, reads, retiring = outcome.raw, outcome.reads, outcome.retiring
    rows = (*outcome.rows, *(report for read in reads for report in read.reports))
    counts = count_rows(rows)
    changes = (*outcome.changes, *retiring.changes)
    rejected = retiring.is_refused or (options.on_error == "reject-file" and counts.refused > 0)
    seq = None
    if (changes or outcome.images is not None) and not rejected and not options.dry_run:
        note = _note(raw, counts, outcome.reported_as, len(retiring.changes), facts or {})
        batch = ChangeBatch(outcome.layer, changes, caller.principal, ORIGIN, note, bulk=True, images=outcome.images)
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
        + tuple(ImportedColumn(raw.columns[index], place.value) for place, index in outcome.plan.places.items())
        + tuple(ImportedColumn(raw.columns[index], "geometry") for index in outcome.plan.shape_columns),
        unused=tuple((column.column, column.reason) for column in outcome.plan.unused),
        notes=(*outcome.notes, *(note for read in reads for note in read.notes)),
        skipped=raw.skipped,
        rows=rows,
        headings=headings,
        key=outcome.key,
        carried_options=outcome.carried_options,
        retired=retiring.features,
        given=outcome.given,
    )


def _note(raw: RawFile, counts: ImportCounts, reported_as: str, retired: int, further: Mapping[str, object]) -> str:
    facts = {
        "file": raw.name,
        "sha256": raw.sha256,
        "rows": counts.rows,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "child_rows": counts.child_rows,
        "refused": counts.refused,
        "retired": retired,
        **({"table": reported_as} if reported_as else {}),
        **further,
    }
    return json.dumps(facts, ensure_ascii=False)
