"""Rows that belong to a feature, such as the stock of a depot: from a sheet or a file of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from geo_ems.catalogue.record_headings import recognised_headings
from geo_ems.catalogue.record_matching import ColumnPlan, UnusedColumn, headings_of, plan_columns
from geo_ems.catalogue.records import RowConverter, check_required_columns
from geo_ems.errors import DataError, UsageError
from geo_ems.formats.column_names import PARENT_ID_HEADINGS, fold_name
from geo_ems.formats.findings import Finding, worst_grade
from geo_ems.formats.raw import RawFile, RawRecord
from geo_ems.model.definitions import ChildDefinition, FieldDefinition, LayerDefinition
from geo_ems.model.features import Feature, Properties, Value
from geo_ems.services import import_findings as found
from geo_ems.services.import_memory import ImportMemory, child_name, rows_digest
from geo_ems.services.import_report import RowAction, RowReport
from geo_ems.services.import_rows import PlannedRow, StoredRows, is_same, key_text
from geo_ems.services.import_units import UNIT_HEADINGS, UnitCheck

PARENT = "parent"


@dataclass(slots=True)
class Parents:
    """Features that rows may belong to, by key and by name; None for one whose own row was refused."""

    by_key: dict[str, str | None] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: StoredRows) -> "Parents":
        """Return the features of a layer; their ids are understood as well as their keys."""
        by_name = {name: [place[0] for place in places] for name, places in stored.places_by_name.items()}
        return cls({**{identity: identity for identity in stored.ids}, **stored.ids_by_key}, by_name)

    def add(self, row: PlannedRow, definition: LayerDefinition) -> None:
        """Add a feature of the file that is being imported."""
        identity = row.id
        key, name = (
            row.record.properties.get(field_name) if field_name is not None else None
            for field_name in (definition.key, definition.name_field)
        )
        if key is not None:
            self.by_key[key_text(key)] = identity
        if name is not None and identity is not None:
            named = self.by_name.setdefault(key_text(name), [])
            if identity not in named:
                named.append(identity)


@dataclass(frozen=True, slots=True)
class ChildRowsRead:
    """The rows of one child table, grouped by the feature they belong to."""

    child: ChildDefinition
    headings: tuple[str, ...]
    plan: ColumnPlan
    rows_by_parent: Mapping[str, tuple[Properties, ...]]
    reports: tuple[RowReport, ...]
    notes: tuple[Finding, ...]


@dataclass(slots=True)
class _Row:
    """A row of a child table, the id of the feature it belongs to, and what is said of it."""

    record: RawRecord
    properties: dict[str, Value]
    findings: list[Finding]
    parent: str | None = None

    @property
    def is_refused(self) -> bool:
        return worst_grade(self.findings).value == RowAction.REFUSED.value

    def report(self, child: str) -> RowReport:
        record, is_refused = self.record, self.is_refused
        return RowReport(
            record.line,
            record.sheet,
            worst_grade(self.findings),
            RowAction.REFUSED if is_refused else RowAction.CHILD,
            self.parent,
            tuple(self.findings),
            child,
            record.values if is_refused else (),
        )


def child_headings(definition: LayerDefinition, child: ChildDefinition) -> frozenset[str]:
    """Return the headings that mean something in the sheet or file of a child table."""
    return headings_of(child.fields.values()) | frozenset(_parent_names(definition)) | frozenset(UNIT_HEADINGS)


def read_child_rows(
    raw: RawFile,
    definition: LayerDefinition,
    child: ChildDefinition,
    parents: Parents,
    *,
    zone: ZoneInfo,
    field_map: Mapping[str, str] | None = None,
) -> ChildRowsRead:
    """Return the rows of a child table with the features they belong to.

    Where one row of a feature is refused, all of them are: they replace what the feature had as a
    whole, and the list of refused rows, once corrected, is imported as it is.

    Raises
    ------
    DataError
        Where a required column is missing, or none says which feature a row belongs to.
    """
    chosen = dict(field_map or {})
    parent_chosen = chosen.pop(PARENT, None)
    parent_columns = _parent_columns(raw, definition, child, parent_chosen)
    plan = plan_columns(raw, fields=child.fields, field_map=chosen)
    taken = {match.index for match in plan.matches}
    parent_columns = [index for index in parent_columns if index not in taken]
    if not parent_columns:
        raise DataError(
            f"No column says which of the {definition.name} a row belongs to; the columns are {', '.join(raw.columns)}",
            where=raw.name,
            remedy=f"Say which column holds its code or name: --map {PARENT}=COLUMN.",
        )
    units = UnitCheck(raw, child, plan)
    others = [*parent_columns, *([] if units.index is None or units.index in parent_columns else [units.index])]
    plan = _without(plan, {raw.columns[index] for index in others})
    check_required_columns(plan, child.fields, raw)
    converter = RowConverter(raw, plan, zone=zone)
    rows = [_Row(record, *converter.convert(record)) for record in raw.records]
    for row in rows:
        units.check(row.record, row.properties, row.findings)
        row.parent = _parent_of(row.record, parent_columns, raw, parents, row.findings)
    incomplete = {row.parent for row in rows if row.parent is not None and row.is_refused}
    grouped: dict[str, list[Properties]] = {}
    for row in rows:
        if row.parent in incomplete and not row.is_refused:
            row.findings.append(found.ROWS_GO_TOGETHER.found(value=row.parent))
        elif row.parent is not None and not row.is_refused:
            grouped.setdefault(row.parent, []).append(row.properties)
    reports = [row.report(child.name) for row in rows]
    notes = (*raw.notes, *converter.notes)
    headings = recognised_headings(
        raw,
        plan,
        fields=child.fields,
        known=child_headings(definition, child),
        fixed={
            index: definition.label.zh if index in parent_columns and parent_chosen is not None else raw.columns[index]
            for index in others
        },
    )
    return ChildRowsRead(
        child, headings, plan, {key: tuple(rows) for key, rows in grouped.items()}, tuple(reports), notes
    )


def with_children(
    feature: Feature,
    read: ChildRowsRead,
    definition: LayerDefinition,
    notes: list[Finding],
    *,
    memory: ImportMemory,
    overwrites: bool,
) -> Feature:
    """Return the feature with all its rows of a child table replaced, unless they were corrected by hand.

    What is replaced, kept or overwritten is noted.
    """
    child = read.child
    rows, held = read.rows_by_parent[feature.id], feature.children.get(child.name, ())
    replaced = replace(feature, children={**feature.children, child.name: rows})
    if not held or is_same(replaced, feature, definition):
        return replaced
    said = memory.said(feature.id)
    kind = found.CHILDREN_REPLACED
    if said is not None or memory.is_made_by_hand(feature.id):
        last = (said or {}).get(child_name(child.name))
        if last != rows_digest(held, child) and not (last is None and memory.has_older_imports):
            is_kept = not overwrites
            kind = found.CHILDREN_CORRECTION_OVERWRITTEN
            if is_kept:
                is_old = last == rows_digest(rows, child)
                kind = found.CHILDREN_CORRECTION_KEPT if is_old else found.CHILDREN_CORRECTION_CONFLICT
                replaced = feature
    notes.append(
        kind.found(
            value=feature.properties.get(definition.name_field) or feature.id,
            label=f"{child.label.zh} {child.label.en}",
            before=len(held),
            now=len(rows),
        )
    )
    return replaced


def _parent_names(definition: LayerDefinition) -> list[str]:
    """Return the folded headings for the parent, the surest first."""
    names = [*PARENT_ID_HEADINGS.values(), PARENT, f"{definition.name}_id"]
    for field_name in (definition.key, definition.name_field):
        parent_field = definition.fields.get(field_name) if field_name is not None else None
        if parent_field is None:
            continue
        names += [f"{definition.label.zh}{parent_field.label.zh}", f"{definition.label.en}{parent_field.label.en}"]
        names += _names_of(parent_field)
    names += [definition.label.zh, definition.label.en]
    return [fold_name(name) for name in names]


def _names_of(field_definition: FieldDefinition) -> Iterable[str]:
    synonyms = (synonym.name for synonym in field_definition.synonyms)
    return (field_definition.name, field_definition.label.zh, field_definition.label.en, *synonyms)


def _parent_columns(raw: RawFile, definition: LayerDefinition, child: ChildDefinition, chosen: str | None) -> list[int]:
    folded = [fold_name(column) for column in raw.columns]
    if chosen is not None:
        if fold_name(chosen) not in folded:
            raise UsageError(
                f"The file has no column '{chosen}'",
                remedy=f"Its columns: {', '.join(raw.columns)}.",
                field=PARENT,
                value=chosen,
            )
        return [folded.index(fold_name(chosen))]
    own = headings_of(child.fields.values())
    return [
        folded.index(name) for name in dict.fromkeys(_parent_names(definition)) if name in folded and name not in own
    ]


def _without(plan: ColumnPlan, columns: set[str]) -> ColumnPlan:
    unused: tuple[UnusedColumn, ...] = tuple(column for column in plan.unused if column.column not in columns)
    return replace(plan, unused=unused)


def _parent_of(
    record: RawRecord, columns: list[int], raw: RawFile, parents: Parents, findings: list[Finding]
) -> str | None:
    """Return the id of the feature a row belongs to; None with a finding where there is none."""
    written = [(index, key_text(str(record.values[index]))) for index in columns if record.values[index] is not None]
    if not written:
        findings.append(found.PARENT_MISSING.found(column=raw.columns[columns[0]]))
        return None
    for _, text in written:
        if text in parents.by_key:
            identity = parents.by_key[text]
            if identity is None:
                findings.append(found.PARENT_REFUSED.found(value=text))
            return identity
        named = parents.by_name.get(text, [])
        if len(named) == 1:
            return named[0]
        if named:
            findings.append(found.PARENT_AMBIGUOUS.found(value=text, others=", ".join(named)))
            return None
    index, text = written[0]
    findings.append(found.PARENT_UNKNOWN.found(column=raw.columns[index], value=text))
    return None
