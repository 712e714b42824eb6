"""Undo: a change is taken back by another change, the log stays as it is.

An undo restores the features of one sequence number as they were before it. It can be undone itself.
What several layers were given together (one `group` in their notes) is taken back together.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol, runtime_checkable

from geo_ems.errors import ConflictError, NotFoundError, StoreError
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.features import (
    ChangeBatch,
    ChangeKind,
    Commit,
    Feature,
    FeatureChange,
    LoggedChange,
    LoggedEdit,
)
from geo_ems.services.assignment_chain import OPEN_STEPS
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, INCIDENT_LAYER
from geo_ems.services.change_notes import ChangeNote, read_note
from geo_ems.storage.protocol import LayerStore

ORIGIN = "undo"
DERIVED_ORIGIN = "derived"  # a district that was derived anew is no change by anybody
FOREIGN_ORIGIN = "external"
_LOOK_FURTHER = 8  # how many times as far back the list looks where what it left out made it too short
_GROUP_SPAN = 20  # the batches of one act have consecutive numbers; no act has more of them


@runtime_checkable
class _StoresTogether(Protocol):
    """A store that takes batches of several layers in one transaction."""

    def commit_together(
        self, batches: Sequence[ChangeBatch], *, idempotency_key: str | None = None
    ) -> tuple[Commit, ...]:
        """Store all batches or none."""
        ...


@dataclass(frozen=True, slots=True)
class UndoneFeature:
    """One feature that was restored; `kind` is what was done to it now: created, replaced or deleted again."""

    layer: str
    id: str
    kind: ChangeKind
    seq: int


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the changes taken back, the sequence numbers of the undo, the features."""

    undone: tuple[LoggedChange, ...]
    seqs: tuple[int, ...]
    features: tuple[UndoneFeature, ...]


@dataclass(frozen=True, slots=True)
class UndoableEdit:
    """One entry of the log for a list: `refused` says in words why it cannot be taken back, "" where it can."""

    edit: LoggedEdit
    note: ChangeNote
    refused: str


def undo(store: LayerStore, seq: int, *, caller: Caller, who: str | None = None) -> Undone:
    """Take back the change of a sequence number, whole.

    Raises
    ------
    NotFoundError
        Where the log has no such number, or the caller may not see what it changed.
    ConflictError
        Where the same feature changed since, the change is taken back already, or it is none that can be.
    """
    changes = _act(store, seq)
    edits = [edit for change in changes for edit in store.history.edits_at(change.seq)]
    if not edits:
        raise _not_single(changes[0])
    _refuse_hidden(store, edits, caller, seq)
    own_seqs = frozenset(change.seq for change in changes)
    steps = [(edit, _step(store, edit, own_seqs, caller)) for edit in edits]
    batches = []
    for (layer, number), members in groupby(steps, key=lambda item: (item[0].change.layer, item[0].change.seq)):
        taken = tuple(step for _, step in members)
        # Each entry says which one it takes back, so that an undo of a group is a group as well.
        group = f"undo-{seq}-{store.describe().seq}" if len(changes) > 1 else None
        note = ChangeNote(action="undo", undoes=number, who=who, group=group)
        batches.append(ChangeBatch(layer, taken, caller.principal, ORIGIN, note.written()))
    commits = _stored(store, batches)
    return Undone(
        tuple(changes),
        tuple(commit.seq for commit in commits),
        tuple(
            UndoneFeature(batch.layer, step.id, step.kind, commit.seq)
            for batch, commit in zip(batches, commits, strict=True)
            for step in batch.changes
        ),
    )


def recent_changes(
    store: LayerStore,
    *,
    caller: Caller,
    layer: str | None = None,
    layers: Collection[str] | None = None,
    limit: int = 20,
) -> tuple[UndoableEdit, ...]:
    """Return the last changes of single features that the caller may see, newest first, and which can be undone.

    Where `layers` is given, changes of other layers are left out. What is left out never shortens the list.
    """
    looked_at = limit
    while True:
        edits = store.history.recent_edits(layer, limit=looked_at)
        seen = [
            edit
            for edit in edits
            if edit.change.origin != DERIVED_ORIGIN
            and (layers is None or edit.change.layer in layers)
            and _is_seen(store, edit, caller)
        ][:limit]
        if len(seen) == limit or len(edits) < looked_at:
            break
        looked_at *= _LOOK_FURTHER
    return tuple(UndoableEdit(edit, read_note(edit.change.note), _refusal(store, edit, caller)) for edit in seen)


def undone_by(edits: Sequence[LoggedEdit]) -> dict[int, int]:
    """Return which of the changes of one feature, oldest first, are taken back, and by which change.

    An undo that was undone itself takes nothing back.
    """
    found: dict[int, int] = {}
    for edit in reversed(edits):
        target = read_note(edit.change.note).undoes
        if target is not None and edit.change.seq not in found:
            found[target] = edit.change.seq
    return found


def _act(store: LayerStore, seq: int) -> list[LoggedChange]:
    """Return the changes of the act that a sequence number belongs to, latest first.

    Batches that were stored together have consecutive numbers and one note; a `group` in it names them beyond doubt.

    Raises
    ------
    ConflictError
        Where several acts of the same words in the same second cannot be told apart.
    """
    at = store.history.changes_at(seq)
    if not at:
        raise NotFoundError(
            f"There is no change {seq}", remedy="`geo-ems changes` lists those there are.", field="seq", value=seq
        )
    run = list(at)
    for direction in (-1, 1):
        for distance in range(1, _GROUP_SPAN):
            near = store.history.changes_at(seq + direction * distance)
            if not near or not _are_one_act(at[0], near[0]):
                break
            run.extend(near)
    layers = [change.layer for change in run]
    if read_note(at[0].note).group is None and len(set(layers)) < len(layers):
        if len(set(layers)) > 1:
            raise ConflictError(
                f"Change {seq} is one of several alike in the same second",
                where=at[0].layer,
                remedy="Take the order or the assignment back where it was made.",
            )
        return list(at)  # one layer changed again and again: each change is an act of its own
    return sorted(run, key=lambda change: -change.seq)


def _are_one_act(change: LoggedChange, near: LoggedChange) -> bool:
    group = read_note(change.note).group
    if group is not None:
        return read_note(near.note).group == group
    told = (change.note, change.at, change.principal, change.origin)
    return bool(change.note) and told == (near.note, near.at, near.principal, near.origin)


def _step(store: LayerStore, edit: LoggedEdit, own_seqs: frozenset[int], caller: Caller) -> FeatureChange:
    """Return the change that restores a feature, or refuse."""
    refused = _blocking(store, edit, own_seqs, caller)
    if refused is not None:
        raise refused
    rows = store.read_rows(edit.change.layer, [edit.id])
    now = rows[0] if rows else None
    if edit.before is None:
        if now is None:
            raise ConflictError(
                f"'{edit.id}' is gone already", where=edit.change.layer, remedy="There is nothing to take back."
            )
        return FeatureChange(ChangeKind.DELETE, edit.id, None, now.rev)
    before: Feature = replace(edit.before, rev=0)
    if now is None:
        return FeatureChange(ChangeKind.CREATE, edit.id, before)
    return FeatureChange(ChangeKind.REPLACE, edit.id, before, now.rev)


def _orders_for(store: LayerStore, incident_id: str) -> list[str]:
    """Return the orders that name an incident and hold something."""
    if ASSIGNMENT_LAYER not in store.describe().layers:
        return []
    columns = store.read_columns(ASSIGNMENT_LAYER)
    rows = [columns.row_values(row, include_private=False) for row in range(len(columns))]
    held = [values["incident_id"] == incident_id and values["status"] in OPEN_STEPS for values in rows]
    return [columns.id_at(row) for row, is_held in enumerate(held) if is_held]


def _blocking(store: LayerStore, edit: LoggedEdit, own_seqs: frozenset[int], caller: Caller) -> ConflictError | None:
    """Return why a change cannot be taken back; None where it can."""
    change = edit.change
    if change.origin == FOREIGN_ORIGIN and edit.kind is ChangeKind.CREATE:
        return ConflictError(
            f"Another program added '{edit.id}', and how it was before is not known",
            where=change.layer,
            remedy="Delete it where it is not wanted.",
        )
    if change.layer == INCIDENT_LAYER and edit.before is None and (orders := _orders_for(store, edit.id)):
        return ConflictError(
            f"Orders were given to '{edit.id}': {', '.join(orders[:5])}",
            where=change.layer,
            remedy="Recall or undo them first, or terminate the incident.",
        )
    history = store.history.edits_of(change.layer, edit.id)
    taken_back = undone_by(history)
    if change.seq in taken_back:
        return ConflictError(
            f"Change {change.seq} is taken back already, by change {taken_back[change.seq]}",
            where=change.layer,
            remedy=f"To do it again, undo {taken_back[change.seq]}.",
        )
    for later in history:
        if (
            later.change.seq > change.seq
            and later.change.seq not in own_seqs
            and _counts(later, change.seq, taken_back)
        ):
            return changed_since(edit.id, later.change, caller)
    # A file that created it anew, after it was deleted, keeps no image of it: its revision tells.
    rows = store.read_rows(change.layer, [edit.id])
    if rows and rows[0].rev > max(change.seq, *(item.change.seq for item in history), *own_seqs):
        last = store.history.last_changes(change.layer, [edit.id]).get(edit.id)
        if last is not None and last.origin != DERIVED_ORIGIN:
            return changed_since(edit.id, last, caller)
    return None


def _counts(later: LoggedEdit, seq: int, taken_back: dict[int, int]) -> bool:
    """Return whether a later change of the same feature still acts on it.

    What was taken back does not, nor does the undo of something later than `seq`: the two cancel out.
    """
    if later.change.origin == DERIVED_ORIGIN or later.change.seq in taken_back:
        return False
    undoes = read_note(later.change.note).undoes
    return undoes is None or undoes <= seq


def changed_since(feature_id: str, later: LoggedChange, caller: Caller) -> ConflictError:
    """Return the refusal that names the later change: who made it (a person only to those who may see), and when."""
    who = read_note(later.note).who if caller.may(Permission.READ_PRIVATE) else None
    who = who or later.principal
    return ConflictError(
        f"'{feature_id}' was changed since by {who} ({later.origin}), change {later.seq} at {later.at}",
        where=later.layer,
        remedy=f"Look at it; undo {later.seq} first, or change it as it should be.",
    )


def _refusal(store: LayerStore, edit: LoggedEdit, caller: Caller) -> str:
    refused = _blocking(store, edit, frozenset({edit.change.seq}), caller)
    return "" if refused is None else str(refused)


def _not_single(change: LoggedChange) -> ConflictError:
    remedy = (
        f"Take an import back with: geo-ems import --revert {change.seq}"
        if change.origin == "import"
        else "Correct the features one by one, or restore a backup."
    )
    return ConflictError(
        f"Change {change.seq} ({change.origin}) is no edit of single features", where=change.layer, remedy=remedy
    )


def _refuse_hidden(store: LayerStore, edits: Sequence[LoggedEdit], caller: Caller, seq: int) -> None:
    if not all(_is_seen(store, edit, caller) for edit in edits):
        raise NotFoundError(
            f"There is no change {seq}", remedy="`geo-ems changes` lists those there are.", field="seq", value=seq
        )


def _is_seen(store: LayerStore, edit: LoggedEdit, caller: Caller) -> bool:
    """Return whether a caller limited to some districts may see the feature, as it was and as it is."""
    if not caller.areas:
        return True
    versions: Iterator[Feature] = iter(
        (*store.read_rows(edit.change.layer, [edit.id]), *(() if edit.before is None else (edit.before,)))
    )
    return all(version.properties.get("district_id") in caller.areas for version in versions)


def _stored(store: LayerStore, batches: Sequence[ChangeBatch]) -> tuple[Commit, ...]:
    if len(batches) == 1:
        return (store.commit(batches[0]),)
    if not isinstance(store, _StoresTogether):
        raise StoreError(
            "This store cannot take back changes of several layers at once", remedy="Undo them one by one."
        )
    return store.commit_together(batches)
