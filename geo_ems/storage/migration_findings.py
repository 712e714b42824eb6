"""What a migration finds in the values of a layer: converted, lost, left outside what a field allows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import apsw

from geo_ems.model.definitions import FieldDefinition
from geo_ems.model.features import Value
from geo_ems.storage.row_fetching import fetch_table
from geo_ems.storage.statements import SqlValue, render, whole_number
from geo_ems.storage.value_conversion import converted, renamed_from, unfit_reason
from geo_ems.storage.values import ValueFaultError, decode_value, encode_value


@dataclass(frozen=True, slots=True)
class ValueFinding:
    """One value that a migration loses, changes in part or leaves outside what the field allows."""

    feature_id: str
    field: str
    value: str
    reason: str


@dataclass(slots=True)
class MigrationFindings:
    """What was found so far; `changed` are the ids of the features that do not stay as they are."""

    lost: list[ValueFinding] = field(default_factory=list)
    unfit: list[ValueFinding] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    converted: int = 0


def continued_fields(
    old: Mapping[str, FieldDefinition], new: Mapping[str, FieldDefinition]
) -> dict[str, tuple[FieldDefinition, FieldDefinition]]:
    """Return by name the fields whose values must be looked at, with the field they come from."""
    removed = {name: item for name, item in old.items() if name not in new}
    continued = {}
    for name, target in new.items():
        origin = name if name in old else renamed_from(target, removed)
        if origin is not None and old[origin] != target:
            continued[name] = (old[origin], target)
    return continued


def dropped_fields(old: Mapping[str, FieldDefinition], new: Mapping[str, FieldDefinition]) -> list[str]:
    """Return the fields whose values go nowhere."""
    used = {source.name for source, _ in continued_fields(old, new).values()}
    return [name for name in old if name not in new and name not in used]


def stored_cells(
    connection: apsw.Connection, table: str, name: str, owner: str = "id"
) -> Iterator[tuple[int, str, SqlValue]]:
    """Yield (fid, id, value) of the rows that have a value in a column."""
    tail = render("WHERE {name} NOT NULL ORDER BY fid", name=name)
    for fid, identifier, raw in fetch_table(connection, table, ("fid", owner, name), tail=tail):
        yield whole_number(fid), str(identifier), raw


def converted_cell(
    identifier: str, source: FieldDefinition, target: FieldDefinition, raw: SqlValue, findings: MigrationFindings
) -> SqlValue:
    """Return a stored value of the new field; what is lost, changed or unfit is noted."""
    if raw is None:
        return None
    try:
        value: Value = decode_value(source, raw)
        outcome = converted(value, source, target)
        encoded = encode_value(target, outcome.value)
    except ValueFaultError as error:
        lose(findings, identifier, source.name, raw, str(error))
        return None
    if outcome.loss:
        lose(findings, identifier, source.name, raw, outcome.loss)
    elif encoded != raw or source.name != target.name or type(encoded) is not type(raw):
        findings.converted += 1
        findings.changed.add(identifier)
    reason = unfit_reason(outcome.value, target)
    if reason:
        findings.unfit.append(ValueFinding(identifier, target.name, str(raw), reason))
    return encoded


def lose(findings: MigrationFindings, identifier: str, name: str, raw: SqlValue, reason: str) -> None:
    """Note that a value, or a part of it, cannot be kept."""
    findings.lost.append(ValueFinding(identifier, name, str(raw)[:200], reason))
    findings.changed.add(identifier)
