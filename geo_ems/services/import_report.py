"""What became of every row of a file; as JSON and as short text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from geo_ems.formats.findings import Finding, Grade
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, SkippedLine
from geo_ems.model.labels import Label, Language
from geo_ems.services.words import say

LISTED_ROWS = 20
_COUNTED_LABELS = {
    CountedBy.LINE: Label("行", "line"),
    CountedBy.ROW: Label("行", "row"),
    CountedBy.FEATURE: Label("个要素", "feature"),
}


class RowAction(StrEnum):
    """What was done, or would be done, with a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CHILD = "child"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row: its number in the file, how it fared, and the id it has in the layer.

    `child` names the child table for rows that belong to a feature. `cells` are kept for refused
    and warned rows only, so that they can be given back.
    """

    line: int
    sheet: str
    grade: Grade
    action: RowAction
    id: str | None
    findings: tuple[Finding, ...] = ()
    child: str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedColumn:
    """A column of the file and the field it was taken for; `unit` is what its numbers were in."""

    column: str
    field: str
    unit: str | None = None
    factor: float = 1.0
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Rows by what became of them; `rows` = `taken` + `refused`.

    `created`, `updated` and `unchanged` count features, `child_rows` the rows that belong to one.
    Of the rows taken, `repaired`, `warned` and `unlocated` count those with such a finding.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    child_rows: int
    repaired: int
    warned: int
    unlocated: int
    refused: int

    @property
    def taken(self) -> int:
        """Return the rows that are not refused."""
        return self.created + self.updated + self.unchanged + self.child_rows

    @property
    def stored(self) -> int:
        """Return the rows whose content the layer holds after the import (in a dry run: would hold)."""
        return self.taken


@dataclass(frozen=True, slots=True)
class GivenValue:
    """A value given for empty cells: of the column `index`, or of one the file lacks, under `heading`."""

    index: int | None
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class RetiredFeature:
    """One feature that is retired: `status` is the code it gets, None where it is deleted."""

    id: str
    name: str
    status: str | None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `seq` is None where nothing was written.

    `rejected` says that the whole file was turned down because rows were refused.
    """

    file: str
    sha256: str
    format: FileFormat
    encoding: str | None
    counted_by: CountedBy
    layer: str
    layer_label: Label
    dry_run: bool
    rejected: bool
    seq: int | None
    counts: ImportCounts
    columns: tuple[ImportedColumn, ...]
    unused: tuple[tuple[str, Label], ...]
    notes: tuple[Finding, ...]
    skipped: tuple[SkippedLine, ...]
    rows: tuple[RowReport, ...]
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Headings under which each column is known without a choice; of a child's sheet under the child's name."""
    key: str | None = None
    """The field that recognises rows, where it was named and is not the layer's own."""
    retired: tuple[RetiredFeature, ...] = ()
    """Features that the file, a full register, names no more; where it was rejected, those it would retire."""
    given: tuple[GivenValue, ...] = ()
    carried_options: str = ""
    """The coordinate system and the like, which a list of refused rows must carry to be read again."""


def count_rows(rows: Iterable[RowReport]) -> ImportCounts:
    """Return the counts of row reports."""
    actions = dict.fromkeys(RowAction, 0)
    repaired = warned = unlocated = total = 0
    for row in rows:
        total += 1
        actions[row.action] += 1
        if row.action is RowAction.REFUSED or not row.findings:
            continue
        grades = {finding.grade for finding in row.findings}
        repaired += Grade.REPAIRED in grades
        warned += Grade.WARNED in grades
        unlocated += any(finding.kind.code in ("unlocated", "half_located") for finding in row.findings)
    return ImportCounts(
        rows=total,
        created=actions[RowAction.CREATED],
        updated=actions[RowAction.UPDATED],
        unchanged=actions[RowAction.UNCHANGED],
        child_rows=actions[RowAction.CHILD],
        repaired=repaired,
        warned=warned,
        unlocated=unlocated,
        refused=actions[RowAction.REFUSED],
    )


def report_mapping(report: ImportReport) -> dict[str, object]:
    """Return the whole report as plain values for JSON."""
    counts = report.counts
    return {
        "file": report.file,
        "sha256": report.sha256,
        "format": report.format.value,
        "encoding": report.encoding,
        "layer": report.layer,
        "dry_run": report.dry_run,
        "rejected": report.rejected,
        "seq": report.seq,
        "counts": {
            "rows": counts.rows,
            "taken": counts.taken,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "child_rows": counts.child_rows,
            "repaired": counts.repaired,
            "warned": counts.warned,
            "unlocated": counts.unlocated,
            "refused": counts.refused,
            "retired": len(report.retired),
        },
        "columns": [
            {"column": c.column, "field": c.field, "unit": c.unit, "factor": c.factor, "code": c.code}
            for c in report.columns
        ],
        "unused_columns": [{"column": column, "reason": _both(reason)} for column, reason in report.unused],
        "notes": [_finding_mapping(finding) for finding in report.notes],
        "skipped": [
            {"line": line.line, "sheet": line.sheet, **_finding_mapping(line.finding)} for line in report.skipped
        ],
        "counted_by": report.counted_by.value,
        "retired": [{"id": item.id, "name": item.name, "status": item.status} for item in report.retired],
        "rows": [_row_mapping(row) for row in report.rows],
    }


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _finding_mapping(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.kind.code,
        "grade": finding.grade.value,
        "column": finding.column,
        "field": finding.field,
        "value": finding.value,
        "problem": {"zh": finding.problem("zh"), "en": finding.problem("en")},
        "remedy": {"zh": finding.remedy("zh"), "en": finding.remedy("en")},
    }


def _row_mapping(row: RowReport) -> dict[str, object]:
    return {
        "line": row.line,
        "sheet": row.sheet,
        "child": row.child,
        "grade": row.grade.value,
        "action": row.action.value,
        "id": row.id,
        "messages": [_finding_mapping(finding) for finding in row.findings],
    }


def summary_lines(report: ImportReport, language: Language) -> tuple[str, ...]:
    """Return a short text: the counts, what holds for the file, and the first 20 rows to look at."""
    counts = report.counts
    lines = [
        say(
            language,
            f"{report.file} → {report.layer_label.zh}:收下 {counts.taken} 行"
            f"(新增 {counts.created},更新 {counts.updated},未变 {counts.unchanged}"
            f"{f',明细 {counts.child_rows}' if counts.child_rows else ''}),拒绝 {counts.refused} 行;"
            f"修正 {counts.repaired},警告 {counts.warned},无坐标 {counts.unlocated}",
            f"{report.file} → {report.layer_label.en}: {counts.taken} rows taken ({counts.created} new, "
            f"{counts.updated} updated, {counts.unchanged} unchanged"
            f"{f', {counts.child_rows} child rows' if counts.child_rows else ''}), {counts.refused} refused; "
            f"{counts.repaired} repaired, {counts.warned} with warnings, {counts.unlocated} without a place",
        )
    ]
    if report.dry_run:
        lines.append(say(language, "试运行,未写入", "Dry run: nothing was stored"))
    elif report.rejected:
        because = ("有行被拒绝,", "Rows were refused, so nothing") if counts.refused else ("", "Nothing")
        lines.append(say(language, f"{because[0]}整个文件未写入", f"{because[1]} of the file was stored"))
    lines += [f"  {_sentence(finding, language)}" for finding in report.notes[:LISTED_ROWS]]
    if report.retired:
        lines.append(
            say(
                language,
                f"  文件中不再有的 {len(report.retired)} 条{'将' if report.dry_run or report.rejected else '已'}停用:",
                f"  {len(report.retired)} features that the file names no more "
                f"{'would be' if report.dry_run or report.rejected else 'were'} retired:",
            )
        )
        lines += [f"    {item.id} {item.name}" for item in report.retired[:LISTED_ROWS]]
        if len(report.retired) > LISTED_ROWS:
            lines.append(f"    …… +{len(report.retired) - LISTED_ROWS}")
    if report.unused:
        separator = say(language, "、", ", ")
        unused = separator.join(f"{column} ({reason.text(language)})" for column, reason in report.unused)
        lines.append(say(language, f"  未使用的列:{unused}", f"  Columns not used: {unused}"))
    lines += [
        f"  {_place(report, line.line, line.sheet, language)}{line.finding.problem(language)}"
        for line in report.skipped[:LISTED_ROWS]
    ]
    told = [row for row in report.rows if row.grade in (Grade.REFUSED, Grade.WARNED)]
    told.sort(key=lambda row: row.grade is not Grade.REFUSED)
    for row in told[:LISTED_ROWS]:
        sentences = [_sentence(finding, language) for finding in _worst_findings(row)]
        lines.append(f"  {_place(report, row.line, row.sheet, language)}{say(language, ';', '; ').join(sentences)}")
    if len(told) > LISTED_ROWS:
        more = len(told) - LISTED_ROWS
        lines.append(say(language, f"  ……还有 {more} 行", f"  ... and {more} more rows"))
    return tuple(lines)


def _worst_findings(row: RowReport) -> list[Finding]:
    """Return what made the row refused or warned; why a name led nowhere says as well that it has no place."""
    worst = [finding for finding in row.findings if finding.grade is row.grade]
    is_named = any(finding.kind.code.startswith("place_") for finding in worst)
    return [finding for finding in worst if not is_named or finding.kind.code != "unlocated"]


def report_line(report: ImportReport, path: Path, layer: str, language: Language) -> str:
    """Return where the report was written, and what to do with the refused rows in it."""
    refused = report.counts.refused
    if path.suffix == ".json":
        return say(language, f"已写出 {path}", f"wrote {path}")
    if not refused:
        return say(language, f"已写出 {path}(没有被拒绝的行)", f"wrote {path} (no row was refused)")
    again = f"geo-ems import {layer} {path}"
    return say(
        language,
        f"{refused} 行被拒绝,见 {path}。改好后:{again}",
        f"{refused} refused rows are in {path}. Once corrected: {again}",
    )


def _place(report: ImportReport, line: int, sheet: str, language: Language) -> str:
    if not line:
        return ""
    counted = _COUNTED_LABELS[report.counted_by]
    sheets = {row.sheet for row in report.rows[:1]}
    named = f"{sheet} " if sheet and sheet not in sheets else ""
    return say(language, f"{named}第 {line} {counted.zh}:", f"{named}{counted.en} {line}: ")


def _sentence(finding: Finding, language: Language) -> str:
    problem, remedy = finding.problem(language), finding.remedy(language)
    column = ""
    if finding.column and "{column}" not in finding.kind.problem.zh:
        column = say(language, f"列“{finding.column}”,", f"column '{finding.column}', ")
    if not remedy:
        return f"{column}{problem}"
    return say(language, f"{column}{problem}。{remedy}", f"{column}{problem}. {remedy}")
