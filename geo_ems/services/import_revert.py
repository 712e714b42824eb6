"""Taking an import back: what it created goes, what it changed or retired is as before, in one change.

A feature that somebody changed since is left alone and listed. The taking back is a change of its
own in the log and cannot be taken back itself: the file is imported again.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from geo_ems.errors import ConflictError, UsageError, known_names
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, ImportMark, LoggedChange
from geo_ems.services.import_list import ListedImport, listed_imports
from geo_ems.services.import_memory import REVERT_ORIGIN
from geo_ems.services.import_options import check_importer
from geo_ems.services.import_rows import is_same
from geo_ems.storage.protocol import LayerStore

_READ_AT_ONCE = 2000
_LISTED = 10


class RevertAction(StrEnum):
    """What became of a feature that the import had touched."""

    DELETED = "deleted"
    RESTORED = "restored"
    RETURNED = "returned"
    KEPT = "kept"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class RevertedFeature:
    """One feature; `since` is who changed it after the import, where somebody did."""

    id: str
    name: str
    action: RevertAction
    since: LoggedChange | None = None


@dataclass(frozen=True, slots=True)
class RevertReport:
    """What taking an import back did. `seq` is None where nothing was written.

    `later` are imports into the layer that came after it: what they found as it was is taken back too.
    """

    reverted: ListedImport
    definition: LayerDefinition
    dry_run: bool
    seq: int | None
    features: tuple[RevertedFeature, ...]
    later: tuple[ListedImport, ...]

    def count(self, action: RevertAction) -> int:
        """Return how many features fared so."""
        return sum(feature.action is action for feature in self.features)


@dataclass(frozen=True, slots=True)
class _Touched:
    """What an import touched, as it was before, as it left it, and as it is now."""

    before: Mapping[str, Feature]
    created: Sequence[str]
    now: Mapping[str, Feature]
    left: Mapping[str, Feature | None]


def revert_import(
    seq: int,
    *,
    definitions: Mapping[str, LayerDefinition],
    store: LayerStore,
    caller: Caller,
    dry_run: bool = False,
    overwrite_corrections: bool = False,
    layer: str | None = None,
) -> RevertReport:
    """Take back the import (or the merging of duplicates) that has the sequence number `seq`.

    With `overwrite_corrections` also where somebody changed a feature since. `layer`, where given,
    must be the one it went into.

    Raises
    ------
    UsageError
        Where the number is no import of the layer, or the caller may not import.
    ConflictError
        Where it was taken back before, or a feature was changed by somebody else meanwhile.
    """
    check_importer(caller)
    listed = listed_imports(store.history, layer)
    reverted = _import_numbered(seq, listed, store, layer)
    definition = definitions.get(reverted.layer)
    if definition is None:
        raise known_names("layer", reverted.layer, list(definitions))
    touched = _touched(seq, definition, store)
    changes: list[FeatureChange] = []
    fates: list[tuple[str, RevertAction]] = []
    for identity, action, change in _steps(seq, touched, definition, overwrites=overwrite_corrections):
        fates.append((identity, action))
        if change is not None:
            changes.append(change)
    features = _described(fates, touched, definition, store)
    done: int | None = None
    if not dry_run and (changes or not any(action is RevertAction.KEPT for _, action in fates)):
        counts = Counter(action for _, action in fates)
        facts = {"reverts": seq, "file": reverted.file, **{action.value: counts[action] for action in RevertAction}}
        batch = ChangeBatch(
            definition.name,
            tuple(changes),
            caller.principal,
            REVERT_ORIGIN,
            json.dumps(facts, ensure_ascii=False),
            bulk=True,
            takes_back=seq,
            left_alone=tuple(identity for identity, action in fates if action is RevertAction.KEPT),
        )
        done = store.commit(batch).seq
    later = tuple(
        item for item in listed if item.layer == definition.name and item.seq > seq and item.reverted_by is None
    )
    return RevertReport(reverted, definition, dry_run, done, features, later)


def _import_numbered(seq: int, listed: Sequence[ListedImport], store: LayerStore, layer: str | None) -> ListedImport:
    found = next((item for item in listed if item.seq == seq), None)
    if found is None:
        known = ", ".join(f"{i.seq} ({i.layer}, {i.file})" for i in listed[-_LISTED:] if i.reverted_by is None)
        if any(change.seq == seq for change in store.history.changes_by([REVERT_ORIGIN], layer)):
            raise UsageError(
                f"Change {seq} is itself a taking back",
                where="--revert",
                remedy="Import the file again.",
                field="revert",
                value=seq,
            )
        raise UsageError(
            f"Change {seq} is no import{f' into {layer}' if layer else ''}",
            where="--revert",
            remedy=f"The last imports: {known or 'none'}.",
            field="revert",
            value=seq,
        )
    if found.reverted_by is not None:
        raise ConflictError(
            f"Import {seq} ({found.file}) was taken back before, by change {found.reverted_by}",
            where="--revert",
            remedy="Nothing is left of it; import the file again where it is needed.",
        )
    return found


def _touched(seq: int, definition: LayerDefinition, store: LayerStore) -> _Touched:
    layer, history = definition.name, store.history
    before = {feature.id: feature for feature in history.replaced_by(layer, seq)}
    marks = history.import_marks(layer, seq)
    if marks:
        created = sorted(name for name, mark in marks.items() if mark is ImportMark.CREATED and name not in before)
    else:  # the images of what files say are younger than this import
        columns = store.read_columns(layer)
        created = [str(name) for name in columns.ids[columns.revs == seq] if name not in before]
    ids = [*before, *created]
    now = {
        feature.id: feature
        for start in range(0, len(ids), _READ_AT_ONCE)
        for feature in store.read_rows(layer, ids[start : start + _READ_AT_ONCE])
    }
    changed = [name for name in ids if name not in now or now[name].rev != seq]
    return _Touched(before, created, now, history.as_left_by(layer, seq, changed) if changed else {})


def _steps(
    seq: int, touched: _Touched, definition: LayerDefinition, *, overwrites: bool
) -> Iterator[tuple[str, RevertAction, FeatureChange | None]]:
    """Give (id, what becomes of it, the change that does it), ordered by id."""
    for identity in sorted({*touched.before, *touched.created}):
        before, now = touched.before.get(identity), touched.now.get(identity)
        if before is None and now is None:
            yield identity, RevertAction.GONE, None
        elif not overwrites and _changed_since(identity, seq, touched, definition):
            yield identity, RevertAction.KEPT, None
        elif before is None and now is not None:
            yield identity, RevertAction.DELETED, FeatureChange(ChangeKind.DELETE, identity, None, now.rev)
        elif before is not None and now is None:
            yield identity, RevertAction.RETURNED, FeatureChange(ChangeKind.CREATE, identity, replace(before, rev=0))
        elif before is not None and now is not None:
            is_back = _was_retired(before, now, definition)
            action = RevertAction.RETURNED if is_back else RevertAction.RESTORED
            yield identity, action, FeatureChange(ChangeKind.UPSERT, identity, replace(before, rev=0), now.rev)


def _changed_since(identity: str, seq: int, touched: _Touched, definition: LayerDefinition) -> bool:
    """Return whether a feature is not as the import left it; a district derived anew is no change."""
    now, left = touched.now.get(identity), touched.left.get(identity)
    if now is None:  # deleted by the import itself, unless a later change knew it
        return identity in touched.left
    if now.rev == seq:
        return False
    return left is None or not is_same(now, left, definition)


def _was_retired(before: Feature, now: Feature, definition: LayerDefinition) -> bool:
    status, retired = definition.status_field, definition.retired_code
    if status is None or retired is None:
        return False
    return now.properties.get(status) == retired != before.properties.get(status)


def _described(
    fates: Sequence[tuple[str, RevertAction]], touched: _Touched, definition: LayerDefinition, store: LayerStore
) -> tuple[RevertedFeature, ...]:
    kept = [identity for identity, action in fates if action in {RevertAction.KEPT, RevertAction.GONE}]
    since = store.history.last_changes(definition.name, kept) if kept else {}
    described = []
    for identity, action in fates:
        feature = touched.now.get(identity) or touched.before.get(identity) or touched.left.get(identity)
        name = None if feature is None else feature.properties.get(definition.name_field)
        described.append(RevertedFeature(identity, str(name or identity), action, since.get(identity)))
    return tuple(described)
