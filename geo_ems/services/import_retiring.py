"""Features that a full register names no more: retired, never silently, and never what is in use.

A layer whose definition names a `retired_code` keeps them under that status: what refers to them
stays true, and no question is answered with them. From other layers they are deleted. Both can be
taken back with the import.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from geo_ems.errors import UsageError
from geo_ems.formats.findings import Finding
from geo_ems.model.columns import LayerColumns, value_at
from geo_ems.model.definitions import Availability, LayerDefinition
from geo_ems.model.features import ChangeKind, Feature, FeatureChange
from geo_ems.services import import_findings as found
from geo_ems.services.import_memory import ImportMemory
from geo_ems.services.import_report import RetiredFeature
from geo_ems.services.import_rows import PlannedRow, StoredRows, key_text
from geo_ems.storage.protocol import LayerStore

LISTED_IDS = 20
_LIMIT = re.compile(r"(\d{1,9})|(\d{1,3}(?:\.\d{1,6})?)%", re.ASCII)
_WHOLE_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Retiring:
    """What is retired, and what is said of it; `is_refused` where it would be too many."""

    features: tuple[RetiredFeature, ...] = ()
    changes: tuple[FeatureChange, ...] = ()
    notes: tuple[Finding, ...] = ()
    is_refused: bool = False


def retire_limit(text: str, in_force: int) -> int:
    """Return how many of the features in force may be retired, from "200" or "50%".

    Raises
    ------
    UsageError
        Where it is neither.
    """
    match = _LIMIT.fullmatch(text.strip())
    if match is None or (match[2] is not None and float(match[2]) > _WHOLE_PERCENT):
        raise UsageError(
            f"'{text}' is no limit",
            where="--retire-at-most",
            remedy="Write a number of features, or a share of those in force: 200 or 50%.",
            field="retire_at_most",
            value=text,
        )
    return int(match[1]) if match[1] is not None else int(in_force * float(match[2]) / _WHOLE_PERCENT)


def plan_retiring(
    planned: Sequence[PlannedRow],
    columns: LayerColumns,
    stored: StoredRows,
    *,
    key: str,
    memory: ImportMemory,
    store: LayerStore,
    at_most: str,
) -> Retiring:
    """Return the features that came by files and that no row names; a refused row names its feature too.

    `columns` are the layer as it is stored, `key` the field that recognises rows.
    """
    definition = columns.definition
    present, unnamed = _present(planned, stored, key, definition)
    if unnamed:
        lines = ", ".join(str(line) for line in unnamed[:LISTED_IDS])
        return Retiring(notes=(found.RETIRED_NOT_KEYED.found(count=len(unnamed), lines=lines),))
    in_force = [(row, str(identity)) for row, identity in enumerate(columns.ids) if not _is_retired(columns, row)]
    missing = [(row, identity) for row, identity in in_force if identity not in present]
    notes: list[Finding] = []
    by_hand = [identity for _, identity in missing if memory.is_made_by_hand(identity)]
    if by_hand:
        more = ", …" if len(by_hand) > LISTED_IDS else ""
        ids = ", ".join(by_hand[:LISTED_IDS]) + more
        notes.append(found.HAND_MADE_NOT_RETIRED.found(count=len(by_hand), ids=ids))
    spared = set(by_hand)
    for row, identity in missing:
        if identity not in spared and _is_in_use(columns, row):
            spared.add(identity)
            notes.append(found.RETIRED_IN_USE.found(value=_name(columns, row), other=identity))
    gone = [(row, identity) for row, identity in missing if identity not in spared]
    features = tuple(RetiredFeature(identity, _name(columns, row), definition.retired_code) for row, identity in gone)
    limit = retire_limit(at_most, len(in_force))
    if len(gone) > limit:
        notes.append(found.RETIRED_TOO_MANY.found(count=len(gone), limit=limit, total=len(in_force)))
        return Retiring(features, notes=tuple(notes), is_refused=True)
    changes = tuple(
        _change(feature, definition)
        for feature in store.read_rows(definition.name, [feature.id for feature in features])
    )
    return Retiring(features, changes, tuple(notes))


def _present(
    planned: Sequence[PlannedRow], stored: StoredRows, key: str, definition: LayerDefinition
) -> tuple[set[str], list[int]]:
    """Return the ids that the file names, and the lines of rows that cannot be recognised."""
    present: set[str] = set()
    unnamed: list[int] = []
    for row in planned:
        if row.id is not None and not row.is_new:
            present.add(row.id)
            continue
        value, name = (row.record.properties.get(field) for field in (key, definition.name_field))
        if value is not None and row.id is None:
            present.update(identity for identity in [stored.ids_by_key.get(key_text(value))] if identity is not None)
        elif value is None and name is not None:
            present.update(place[0] for place in stored.places_by_name.get(str(name), ()))
        elif value is None:
            unnamed.append(row.record.line)
    return present, unnamed


def _is_retired(columns: LayerColumns, row: int) -> bool:
    definition = columns.definition
    if definition.status_field is None or definition.retired_code is None:
        return False
    return value_at(columns.columns[definition.status_field], row) == definition.retired_code


def _is_in_use(columns: LayerColumns, row: int) -> bool:
    """Return whether a team is on its way or people are housed."""
    definition = columns.definition
    if definition.status_field is not None:
        status = columns.columns[definition.status_field]
        code = status.field.codes.get(str(value_at(status, row)))
        if code is not None and code.availability is Availability.COMMITTED:
            return True
    occupied = definition.capacity.occupied_field if definition.capacity is not None else None
    if occupied is None:
        return False
    persons = value_at(columns.columns[occupied], row)
    return isinstance(persons, int | float) and persons > 0


def _name(columns: LayerColumns, row: int) -> str:
    return str(value_at(columns.columns[columns.definition.name_field], row) or columns.ids[row])


def _change(feature: Feature, definition: LayerDefinition) -> FeatureChange:
    status, code = definition.status_field, definition.retired_code
    if status is None or code is None:
        return FeatureChange(ChangeKind.DELETE, feature.id, None, feature.rev)
    retired = replace(feature, properties={**feature.properties, status: code})
    return FeatureChange(ChangeKind.REPLACE, feature.id, retired, feature.rev)
