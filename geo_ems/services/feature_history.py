"""The history of one feature in words a person reads: who changed what, from what to what, when it was so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo_ems.formats.answers import geometry_mapping
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeKind, Feature, LoggedChange
from geo_ems.services.change_notes import ChangeNote, read_note
from geo_ems.services.undo import DERIVED_ORIGIN, undone_by
from geo_ems.storage.protocol import LayerStore

GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value before and after; a child table or the geometry is one value."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a feature; `undone_by` is the change that took it back, `after` the feature as it left it."""

    change: LoggedChange
    kind: ChangeKind
    note: ChangeNote
    changes: tuple[ValueChange, ...]
    undone_by: int | None
    after: Feature | None


def history_of(
    store: LayerStore, definition: LayerDefinition, feature_id: str, *, include_private: bool
) -> tuple[HistoryEntry, ...]:
    """Return what happened to a feature, oldest first; districts derived anew are left out.

    What came with a file and was not changed since has none: the log keeps a file as one change.
    """
    edits = store.history.edits_of(definition.name, feature_id)
    if not edits:
        return ()
    rows = store.read_rows(definition.name, [feature_id])
    afters: list[Feature | None] = [edit.before for edit in edits[1:]]
    afters.append(rows[0] if rows else None)
    taken_back = undone_by(edits)
    return tuple(
        HistoryEntry(
            change=edit.change,
            kind=edit.kind,
            note=read_note(edit.change.note),
            changes=tuple(value_changes(edit.before, after, definition, include_private=include_private)),
            undone_by=taken_back.get(edit.change.seq),
            after=after,
        )
        for edit, after in zip(edits, afters, strict=True)
        if edit.change.origin != DERIVED_ORIGIN
    )


def value_changes(
    before: Feature | None, after: Feature | None, definition: LayerDefinition, *, include_private: bool
) -> Sequence[ValueChange]:
    """Return the values that differ; of a private field nothing is told to those who may not see it."""
    if after is None:
        return ()
    shown = [name for name, field in definition.fields.items() if include_private or not field.private]
    old: Mapping[str, object] = {} if before is None else before.properties
    found = [
        ValueChange(name, _plain(old.get(name)), _plain(after.properties.get(name)))
        for name in shown
        if old.get(name) != after.properties.get(name)
    ]
    for name, child in definition.children.items():
        fields = [key for key, field in child.fields.items() if include_private or not field.private]
        lines = [
            [{key: _plain(row.get(key)) for key in fields} for row in feature.children.get(name, ())]
            for feature in (before, after)
            if feature is not None
        ]
        was, now = (lines[0] if before is not None else []), lines[-1]
        if was != now:
            found.append(ValueChange(name, was, now))
    was_at, is_at = (None if before is None else before.geometry), after.geometry
    if (was_at is None) != (is_at is None) or (was_at is not None and is_at is not None and was_at != is_at):
        found.append(ValueChange(GEOMETRY, geometry_mapping(was_at), geometry_mapping(is_at)))
    return found


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
