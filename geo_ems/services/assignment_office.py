"""What orders work with: the store and its snapshots, the clock, and how a ledger is stored whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import ConflictError, FaultsError, GeoEmsError
from geo_ems.model.caller import Caller
from geo_ems.model.features import ChangeBatch, Commit, Feature, FeatureChange
from geo_ems.services.assignment_chain import OPEN_STEPS
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, Ledger
from geo_ems.services.eligibility import visible_rows
from geo_ems.storage.protocol import LayerStore

ORIGIN = "api"
ATTEMPTS = 30
"""How often an order is judged anew where somebody was faster."""


class NotBookedError(FaultsError, ConflictError):
    """Some of an order cannot be booked; nothing of it was stored."""


@dataclass(frozen=True, slots=True)
class AssignmentOffice:
    """What orders need: the store and its snapshots, the zone of dates, the clock, and new ids."""

    store: LayerStore
    snapshots: SnapshotSource
    zone: ZoneInfo
    clock: Callable[[], datetime]
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Ordered:
    """The assignments as they are stored, or would be; with a preview also what stands against it."""

    assignments: tuple[Feature, ...]
    conflicts: tuple[GeoEmsError, ...] = ()
    seq: int | None = None
    repeated: bool = False


def ledger_of(office: AssignmentOffice, caller: Caller) -> Ledger:
    """Return an empty ledger of this instant."""
    return Ledger(office.store, office.snapshots, caller=caller, at=office.clock(), zone=office.zone)


def commit_ledger(
    office: AssignmentOffice,
    ledger: Ledger,
    changes: list[FeatureChange],
    caller: Caller,
    note: Mapping[str, object],
    *,
    idempotency_key: str | None = None,
) -> tuple[Commit, ...]:
    """Store what a ledger changed together with the assignments, all of it or nothing.

    The entries of the log share a `group`, so that they are undone together.

    Raises
    ------
    ConflictError
        Where something of it was changed since it was read.
    """
    words = orjson.dumps({"group": f"order-{office.new_id()}", **note}, option=orjson.OPT_SORT_KEYS).decode()
    by_layer = {ASSIGNMENT_LAYER: changes, **ledger.changes()}
    batches = tuple(
        ChangeBatch(layer, tuple(found), caller.principal, ORIGIN, words) for layer, found in by_layer.items() if found
    )
    return office.store.commit_together(batches, idempotency_key=idempotency_key)


def stored_assignments(office: AssignmentOffice, ids: Sequence[str]) -> tuple[Feature, ...]:
    """Return those of some assignments that are stored, in that order."""
    return office.store.read_rows(ASSIGNMENT_LAYER, ids)


def listed_assignments(
    snapshots: SnapshotSource, *, incident_id: str | None, resource_id: str | None, open_only: bool, caller: Caller
) -> tuple[Feature, ...]:
    """Return the assignments of an incident, of a resource, or all; the newest first."""
    snapshot = snapshots.pin([ASSIGNMENT_LAYER]).layer(ASSIGNMENT_LAYER)
    columns = snapshot.columns
    kept = visible_rows(snapshot, caller)
    if open_only:
        codes = list(columns.columns["status"].field.codes)
        kept &= np.isin(columns.columns["status"].values, [codes.index(step) for step in OPEN_STEPS])
    for field, wanted in (("incident_id", incident_id), ("resource_id", resource_id)):
        if wanted is not None and kept.any():
            kept &= columns.columns[field].values == wanted
    found = []
    for row in np.flatnonzero(kept):
        values = columns.row_values(int(row), include_private=True)
        children = columns.row_children(int(row), include_private=True)
        found.append(Feature(columns.id_at(int(row)), None, values, children, int(columns.revs[row])))
    found.sort(key=lambda item: item.id)
    return tuple(sorted(found, key=lambda item: str(item.properties.get("ordered_at") or ""), reverse=True))
