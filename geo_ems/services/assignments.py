"""Orders given by a person: units, stock and places are booked in one commit, or nothing of it.

Two dispatchers cannot take the same: what was read is expected unchanged when it is stored, and where somebody was
faster the order is judged anew against what is there now.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_ems.errors import ConflictError, GeoEmsError, UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.features import ChangeKind, Feature, FeatureChange
from geo_ems.services.assignment_chain import Step
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, Ledger, Pick
from geo_ems.services.assignment_office import (
    ATTEMPTS,
    AssignmentOffice,
    NotBookedError,
    Ordered,
    commit_ledger,
    ledger_of,
    stored_assignments,
)
from geo_ems.services.provenance import instant_text

MAX_PICKS = 200


@dataclass(frozen=True, slots=True)
class Order:
    """What a person orders to one incident; `occurred_at` is when it was said, if not now."""

    incident_id: str
    picks: tuple[Pick, ...]
    ordered_by: str | None = None
    occurred_at: datetime | None = None
    note: str | None = None


def preview_order(office: AssignmentOffice, order: Order, *, caller: Caller) -> Ordered:
    """Return what an order would book and what stands against it; nothing is changed."""
    _check_order(order)
    records, conflicts = _booked(ledger_of(office, caller), order, ["preview"] * len(order.picks), "")
    return Ordered(tuple(records), tuple(conflicts))


def give_order(
    office: AssignmentOffice, order: Order, *, caller: Caller, idempotency_key: str | None = None
) -> Ordered:
    """Book everything an order names, or nothing of it.

    The same key with the same order gives the same assignments again, however often it is sent.

    Raises
    ------
    NotBookedError
        Naming for each pick that is not to be had who took it, when and for which incident.
    ConflictError
        Where the key was used for another order.
    NotFoundError
        Where the incident or a resource does not exist.
    """
    _check_order(order)
    digest = _digest(order)
    ids = [_made_id(office, idempotency_key, place) for place in range(len(order.picks))]
    for attempt in range(ATTEMPTS):
        if idempotency_key is not None and (known := _given_before(office, ids, digest)) is not None:
            return known
        ledger = ledger_of(office, caller)
        records, conflicts = _booked(ledger, order, ids, digest)
        if conflicts:
            raise NotBookedError(
                f"{len(conflicts)} of {len(order.picks)} cannot be booked; nothing was stored", conflicts
            )
        changes = [FeatureChange(ChangeKind.CREATE, record.id, record) for record in records]
        note = {"order": order.incident_id, "assignments": len(records)}
        try:
            done = commit_ledger(office, ledger, changes, caller, note)
        except ConflictError:
            if attempt == ATTEMPTS - 1:
                raise
            continue  # somebody was faster: it is judged anew what is left
        return Ordered(stored_assignments(office, ids), seq=done[-1].seq)
    raise AssertionError  # unreachable: the last attempt returns or raises


def _booked(ledger: Ledger, order: Order, ids: Sequence[str], digest: str) -> tuple[list[Feature], list[GeoEmsError]]:
    """Return the records of an order, having booked in the ledger, and what stands against it."""
    incident = ledger.incident(order.incident_id)
    records: list[Feature] = []
    conflicts: list[GeoEmsError] = []
    occurred = ledger.now if order.occurred_at is None else instant_text(order.occurred_at)
    for assignment_id, pick in zip(ids, order.picks, strict=True):
        try:
            values, lines = ledger.reserve(pick, incident_id=order.incident_id)
        except ConflictError as error:
            conflicts.append(error)
            continue
        ordered_by = order.ordered_by or ledger.principal
        values |= {
            "code": assignment_id,
            "name": f"{values['resource_name'] or pick.id} → {incident.properties.get('name') or incident.id}",
            "incident_id": incident.id,
            "resource_layer": pick.layer,
            "resource_id": pick.id,
            "requirement": pick.requirement,
            "status": str(Step.ORDERED),
            "ordered_at": occurred,
            "ordered_by": ordered_by,
            "occurred_at": occurred,
            "eta": None if pick.eta is None else instant_text(pick.eta),
            "note": pick.note or order.note,
            "request_sha256": digest or None,
            "district_id": incident.properties.get("district_id"),
        }
        step = {"status": str(Step.ORDERED), "occurred_at": occurred, "recorded_at": ledger.now}
        children = {"lines": lines, "history": ({**step, "recorded_by": ordered_by},)}
        records.append(Feature(assignment_id, None, values, children))
    return records, conflicts


def _given_before(office: AssignmentOffice, ids: Sequence[str], digest: str) -> Ordered | None:
    found = stored_assignments(office, ids)
    if not found:
        return None
    if len(found) < len(ids) or any(item.properties.get("request_sha256") != digest for item in found):
        raise ConflictError(
            "The idempotency key was used for another order",
            where=ASSIGNMENT_LAYER,
            remedy="Use a new key for a new order.",
        )
    return Ordered(found, seq=max(item.rev for item in found), repeated=True)


def _made_id(office: AssignmentOffice, key: str | None, place: int) -> str:
    """Return a new id; with an idempotency key always the same one, so that a repeat is recognised."""
    if key is None:
        return f"AS{office.new_id()}"
    digest = hashlib.sha256("\0".join((ASSIGNMENT_LAYER, key, str(place))).encode())
    return f"AS{digest.hexdigest()[:16]}"


def _digest(order: Order) -> str:
    content = (order.incident_id, order.ordered_by, order.occurred_at, order.note, [repr(pick) for pick in order.picks])
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _check_order(order: Order) -> None:
    if not 1 <= len(order.picks) <= MAX_PICKS:
        raise UsageError(
            f"The order names {len(order.picks)} resources",
            remedy=f"Name 1 to {MAX_PICKS}.",
            field="picks",
            value=len(order.picks),
        )
    seen: set[tuple[str, str, str | None]] = set()
    for pick in order.picks:
        what = (pick.layer, pick.id, pick.item)
        if what in seen:
            raise UsageError(
                f"'{pick.id}' stands twice in the order", remedy="Name it once.", field="picks", value=pick.id
            )
        seen.add(what)
