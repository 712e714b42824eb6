"""The desk at which roads are closed: barriers set, refined, confirmed and lifted, each an ordinary logged change."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import Feature
from geo_ems.services.barrier_roads import BarrierPlace, name_of_place
from geo_ems.services.barrier_rows import BARRIER_LAYER, LIFTED
from geo_ems.services.edits import Edited, EditScope, create_feature, patch_feature, read_feature
from geo_ems.services.provenance import instant_text
from geo_ems.storage.protocol import LayerStore

_AMOUNTS = {"slow": ("slow_factor", "Say how many times as long it takes: slow_factor 3."),
            "delay": ("delay_s", "Say how many seconds it costs: delay_s 300.")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarrierDesk:
    """What a change of a barrier needs."""

    store: LayerStore
    snapshots: SnapshotSource
    caller: Caller
    zone: ZoneInfo
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def definition(self) -> LayerDefinition:
        """Return the definition of the layer."""
        return self.snapshots.definition(BARRIER_LAYER)

    @property
    def scope(self) -> EditScope:
        """Return what single changes need."""
        return EditScope(self.store, self.definition, self.caller, self.zone)


@dataclass(frozen=True, slots=True)
class Changed:
    """A barrier as it is stored now; `is_new` where it was set just now, `unchanged` where there was nothing to do."""

    feature: Feature
    is_new: bool = False
    unchanged: bool = False


def set_barrier(
    desk: BarrierDesk, place: BarrierPlace, values: Mapping[str, object], *, idempotency_key: str | None = None
) -> Changed:
    """Set a barrier: active at once, confirmed now unless said otherwise.

    `values` are fields of the layer as JSON has them. The same key with the same words sets it once.

    Raises
    ------
    UsageError, FaultsError
        Where the place, the policy or a value is missing or wrong; nothing is stored.
    ConflictError
        Where the key was used for another barrier, or the code is taken.
    """
    _check_amount(values)
    if place.geometry is None and place.road_id is None:
        raise UsageError(
            "Where is it? There is no place and no road",
            remedy="Give geometry, at (longitude, latitude), road_id or bridge.",
            field="geometry",
        )
    said = {**values, **({} if place.road_id is None else {"road_id": place.road_id})}
    document = {
        "state": "active",
        "confirmed_at": instant_text(desk.clock()),
        "name": name_of_place(desk.snapshots, place, str(values.get("policy"))),
        **said,
    }
    feature: dict[str, object] = {"type": "Feature", "geometry": place.geometry, "properties": document}
    if idempotency_key is not None and "code" not in values:
        feature["id"] = _id_of_key(desk.definition, idempotency_key)
        before = desk.store.read_rows(BARRIER_LAYER, [str(feature["id"])])
        if before:
            return _as_before(desk, before[0], feature, said)
    return Changed(_stored(create_feature(desk.scope, feature, new_id=desk.new_id)), is_new=True)


def refine_barrier(
    desk: BarrierDesk,
    barrier_id: str,
    values: Mapping[str, object],
    *,
    place: BarrierPlace | None = None,
    expected_revs: frozenset[int] | None = None,
) -> Changed:
    """Change what `values` name (null clears) and, where one is given, the place: with it the road it is limited to.

    Raises
    ------
    NotFoundError, RevisionDiffersError, FaultsError
        As `edits.patch_feature`.
    UsageError
        Where it would slow or delay without an amount.
    """
    stored = read_feature(desk.scope, barrier_id)
    _check_amount({**stored.properties, **values})
    patch: dict[str, object] = {"properties": dict(values)}
    if place is not None:
        patch["geometry"] = place.geometry
        patch["properties"] = {**values, "road_id": place.road_id}
    edited = patch_feature(desk.scope, barrier_id, patch, expected_revs=expected_revs)
    return Changed(_stored(edited))


def lift_barrier(desk: BarrierDesk, barrier_id: str, *, reason: str | None = None) -> Changed:
    """Lift a barrier: the road is open again from now. One that is lifted stays as it is.

    Raises
    ------
    NotFoundError
        Where there is no such barrier.
    """
    stored = read_feature(desk.scope, barrier_id)
    if stored.properties.get("state") == LIFTED:
        return Changed(stored, unchanged=True)
    values: dict[str, object] = {"state": LIFTED, "confirmed_at": instant_text(desk.clock())}
    if reason is not None:
        values["reason"] = reason
    return Changed(_stored(patch_feature(desk.scope, barrier_id, {"properties": values})))


def confirm_barrier(desk: BarrierDesk, barrier_id: str, values: Mapping[str, object]) -> Changed:
    """Confirm that a barrier still holds, now or at the instant said; `valid_to` may be moved with it (null: open end).

    Raises
    ------
    NotFoundError
        Where there is no such barrier.
    UsageError
        Where it is lifted, or past its time and no new end is given.
    """
    stored = read_feature(desk.scope, barrier_id)
    if stored.properties.get("state") == LIFTED:
        raise UsageError(
            f"Barrier '{barrier_id}' is lifted",
            remedy="Set a new one, or undo the lifting.",
            field="id",
            value=barrier_id,
        )
    ends = stored.properties.get("valid_to")
    if ends is not None and "valid_to" not in values and datetime.fromisoformat(str(ends)) < desk.clock():
        raise UsageError(
            f"Barrier '{barrier_id}' ended at {ends}: confirming it alone would not make it act",
            remedy='Give a new valid_to with it, or "valid_to": null where the end is open.',
            field="valid_to",
            value=str(ends),
        )
    said = {"state": "active", "confirmed_at": instant_text(desk.clock()), **values}
    return Changed(_stored(patch_feature(desk.scope, barrier_id, {"properties": said})))


def _check_amount(values: Mapping[str, object]) -> None:
    """Refuse what slows or delays without saying by how much: it would have to be taken for closed."""
    needed = _AMOUNTS.get(str(values.get("policy")))
    if needed is not None and values.get(needed[0]) is None:
        raise UsageError(f"'{values['policy']}' goes with '{needed[0]}'", remedy=needed[1], field=needed[0])


def _id_of_key(definition: LayerDefinition, key: str) -> str:
    digest = hashlib.sha256(f"{definition.name}\0{key}".encode()).digest()
    return f"{definition.id_prefix}{base64.b32encode(digest)[:13].decode().lower()}"


def _as_before(
    desk: BarrierDesk, before: Feature, document: Mapping[str, object], said: Mapping[str, object]
) -> Changed:
    """Return what the same request stored earlier; refuse another request under the same key."""
    from geo_ems.catalogue.feature_documents import read_feature_document  # noqa: PLC0415 - repeats are rare

    read = read_feature_document(document, desk.definition, zone=desk.zone, include_private=True, partial=False)
    same = read.geometry == before.geometry and all(
        read.values.get(name) == before.properties.get(name) for name in said
    )
    if not same:
        raise ConflictError(
            f"The idempotency key was used for barrier '{before.id}', which says something else",
            where="Idempotency-Key",
            remedy="Use a new key for a new barrier.",
        )
    return Changed(before, unchanged=True)


def _stored(edited: Edited) -> Feature:
    if edited.feature is None:
        raise ConflictError(f"Barrier '{edited.id}' was deleted meanwhile", remedy="Set it anew.")
    return edited.feature
