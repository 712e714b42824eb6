"""Changes to single features: create, replace, patch, delete (OGC API - Features Part 4), never half done."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo_ems.catalogue.feature_documents import FeatureDocument, read_feature_document
from geo_ems.catalogue.feature_values import all_children, completed
from geo_ems.errors import ConflictError, FaultsError, GeoEmsError, NotFoundError, UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Properties, Value
from geo_ems.storage.protocol import LayerStore

ORIGIN = "api"
_ATTEMPTS = 5


class RevisionDiffersError(ConflictError):
    """The feature was changed since the caller read it: the caller's condition does not hold."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A feature as it is stored now, or the id of one that is gone (`feature` is None)."""

    id: str
    rev: int
    feature: Feature | None


@dataclass(frozen=True, slots=True)
class EditScope:
    """What a change needs: the store, the layer, who changes, and the zone in which naive times are read."""

    store: LayerStore
    definition: LayerDefinition
    caller: Caller
    zone: ZoneInfo

    @property
    def sees_private(self) -> bool:
        """Return whether private fields exist for the caller."""
        return self.caller.may(Permission.READ_PRIVATE)


def read_feature(scope: EditScope, feature_id: str) -> Feature:
    """Return one feature with all its fields.

    Raises
    ------
    NotFoundError
        Where the layer has no feature of that id that the caller may see.
    """
    found = scope.store.read_rows(scope.definition.name, [feature_id])
    if not found or not _is_in_areas(found[0].properties, scope.caller):
        raise NotFoundError(
            f"Layer '{scope.definition.name}' has no feature '{feature_id[:100]}'",
            remedy="The ids are in the list of its items.",
            field="id",
            value=feature_id,
        )
    return found[0]


def create_feature(
    scope: EditScope,
    document: Mapping[str, object],
    *,
    new_id: Callable[[], str],
    idempotency_key: str | None = None,
    note: str = "",
) -> Edited:
    """Store a new feature; its id is the key field's value, else the id given, else a new one.

    `note` is JSON that the log keeps beside the change.
    The same `idempotency_key` with the same document stores it once, however often it is sent.

    Raises
    ------
    FaultsError
        Every fault of the document; nothing is stored.
    ConflictError
        Where the id is taken.
    """
    read = _read(scope, document, partial=False)
    values, faults = completed(read.values, scope.definition, with_defaults=True)
    key = values.get(scope.definition.key) if scope.definition.key else None
    if key is not None and read.id is not None and str(key) != read.id:
        faults.append(
            UsageError(
                f"'id' is not the value of '{scope.definition.key}'",
                remedy="Leave the id out: it follows from that field.",
                field="id",
                value=read.id,
            )
        )
    feature_id = str(key) if key is not None else read.id
    if feature_id is None:
        feature_id = _made_id(scope.definition, new_id, idempotency_key)
    faults.extend(_id_faults(feature_id))
    _refuse(faults)
    _refuse_outside_areas(scope, values)
    feature = Feature(feature_id, read.geometry, values, all_children(read.children, scope.definition))
    change = FeatureChange(ChangeKind.CREATE, feature_id, feature)
    return _commit(scope, change, idempotency_key=idempotency_key, note=note)


def replace_feature(
    scope: EditScope, feature_id: str, document: Mapping[str, object], *, expected_revs: frozenset[int] | None = None
) -> Edited:
    """Replace a feature whole: what the document does not say is unknown afterwards.

    Fields hidden from the caller keep their values.

    Raises
    ------
    NotFoundError
        Where there is no such feature.
    RevisionDiffersError
        Where its revision is not among `expected_revs`.
    FaultsError
        Every fault of the document; nothing is stored.
    """
    stored = _expected(scope, feature_id, expected_revs)
    read = _read(scope, document, partial=False)
    values, faults = completed(
        _with_hidden(scope, stored.properties, read.values), scope.definition, with_defaults=False
    )
    faults.extend(_other_id(read, feature_id))
    _refuse(faults)
    _refuse_outside_areas(scope, values)
    feature = Feature(feature_id, read.geometry, values, all_children(read.children, scope.definition))
    return _commit(scope, FeatureChange(ChangeKind.REPLACE, feature_id, feature, stored.rev))


def patch_feature(
    scope: EditScope,
    feature_id: str,
    patch: Mapping[str, object],
    *,
    expected_revs: frozenset[int] | None = None,
    idempotency_key: str | None = None,
    note: str = "",
) -> Edited:
    """Change what a merge patch names (RFC 7396): null clears, the rest stays.

    `note` is JSON that the log keeps beside the change.

    Without an expected revision a change by somebody else in between is no conflict: the patch is
    applied to what is stored then.

    Raises
    ------
    NotFoundError
        Where there is no such feature.
    RevisionDiffersError
        Where its revision is not among `expected_revs`.
    FaultsError
        Every fault of the patch; nothing is stored.
    """
    read = _read(scope, patch, partial=True)
    _refuse(_other_id(read, feature_id))
    for attempt in range(_ATTEMPTS):
        stored = _expected(scope, feature_id, expected_revs)
        values, faults = completed({**stored.properties, **read.values}, scope.definition, with_defaults=False)
        _refuse(faults)
        _refuse_outside_areas(scope, values)
        feature = Feature(
            feature_id,
            read.geometry if "geometry" in read.given else stored.geometry,
            values,
            {**stored.children, **read.children},
        )
        change = FeatureChange(ChangeKind.REPLACE, feature_id, feature, stored.rev)
        try:
            return _commit(scope, change, idempotency_key=idempotency_key, note=note)
        except ConflictError:
            if expected_revs is not None or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError  # unreachable: the last attempt returns or raises


def delete_feature(scope: EditScope, feature_id: str, *, expected_revs: frozenset[int] | None = None) -> Edited:
    """Delete a feature.

    Raises
    ------
    NotFoundError
        Where there is no such feature.
    RevisionDiffersError
        Where its revision is not among `expected_revs`.
    """
    stored = _expected(scope, feature_id, expected_revs)
    rev = stored.rev if expected_revs is not None else None
    return _commit(scope, FeatureChange(ChangeKind.DELETE, feature_id, None, rev))


def _read(scope: EditScope, document: Mapping[str, object], *, partial: bool) -> FeatureDocument:
    return read_feature_document(
        document, scope.definition, zone=scope.zone, include_private=scope.sees_private, partial=partial
    )


def _expected(scope: EditScope, feature_id: str, expected_revs: frozenset[int] | None) -> Feature:
    stored = read_feature(scope, feature_id)
    if expected_revs is not None and stored.rev not in expected_revs:
        raise RevisionDiffersError(
            f"Feature '{feature_id}' was changed since you read it: its revision is {stored.rev}",
            where=feature_id,
            remedy="Read it again, then send your change.",
        )
    return stored


def _commit(scope: EditScope, change: FeatureChange, *, idempotency_key: str | None = None, note: str = "") -> Edited:
    batch = ChangeBatch(scope.definition.name, (change,), scope.caller.principal, ORIGIN, note)
    try:
        done = scope.store.commit(batch, idempotency_key=idempotency_key)
    except ConflictError as error:
        if change.expected_rev is None:
            raise
        raise RevisionDiffersError(error.problem, where=error.where, remedy=error.remedy) from error
    if change.kind is ChangeKind.DELETE:
        return Edited(change.id, done.seq, None)
    stored = scope.store.read_rows(scope.definition.name, [change.id])
    feature = stored[0] if stored else change.feature
    return Edited(change.id, done.revs.get(change.id, done.seq), feature)


def _with_hidden(scope: EditScope, stored: Properties, given: Mapping[str, Value]) -> dict[str, Value]:
    if scope.sees_private:
        return dict(given)
    hidden = {name: stored.get(name) for name, field in scope.definition.fields.items() if field.private}
    return {**given, **hidden}


def _is_in_areas(properties: Properties, caller: Caller) -> bool:
    return not caller.areas or properties.get("district_id") in caller.areas


def _refuse_outside_areas(scope: EditScope, values: Mapping[str, Value]) -> None:
    if not _is_in_areas(values, scope.caller):
        raise UsageError(
            "The feature lies outside your areas",
            remedy=f"Yours: {', '.join(scope.caller.areas)}.",
            field="district_id",
            value=values.get("district_id"),
        )


def _other_id(read: FeatureDocument, feature_id: str) -> list[GeoEmsError]:
    if read.id is None or read.id == feature_id:
        return []
    return [UsageError("The id of a feature never changes", remedy="Leave it out.", field="id", value=read.id)]


def _id_faults(feature_id: str) -> list[GeoEmsError]:
    sound = feature_id == feature_id.strip() and feature_id.isprintable() and "/" not in feature_id
    if sound and 1 <= len(feature_id) <= 100 and feature_id not in {".", ".."}:  # noqa: PLR2004 ARCHITECTURE 4
        return []
    remedy = "Write 1 to 100 characters without '/', control characters or spaces at the ends."
    return [UsageError("It is no id", remedy=remedy, field="id", value=feature_id)]


def _made_id(definition: LayerDefinition, new_id: Callable[[], str], idempotency_key: str | None) -> str:
    """Return a new id; with an idempotency key always the same one, so that a repeat is recognised."""
    if idempotency_key is None:
        return f"{definition.id_prefix}{new_id()}"
    digest = hashlib.sha256(f"{definition.name}\0{idempotency_key}".encode()).digest()
    return f"{definition.id_prefix}{base64.b32encode(digest)[:13].decode().lower()}"


def _refuse(faults: list[GeoEmsError]) -> None:
    if faults:
        raise FaultsError("The feature cannot be taken; nothing was stored", faults)
