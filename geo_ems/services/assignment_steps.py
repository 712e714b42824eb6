"""What becomes of an assignment: each status with all that it books, in one commit; recall and undo."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.features import ChangeKind, Feature, FeatureChange, Properties
from geo_ems.services.assignment_chain import Step, booked_in, check_follows, step_named, steps_in_force
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER, Ledger, open_assignments
from geo_ems.services.assignment_office import (
    ATTEMPTS,
    AssignmentOffice,
    Ordered,
    commit_ledger,
    ledger_of,
    stored_assignments,
)
from geo_ems.services.edits import RevisionDiffersError
from geo_ems.services.provenance import instant_text
from geo_ems.services.team_chain import OUT_OF_SERVICE

_ENDS = frozenset(
    (Step.DECLINED, Step.NO_ANSWER, Step.RECALLED, Step.CANCELLED, Step.DONE, Step.RETURNING, Step.AVAILABLE)
)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A new status of an assignment, as it was told; `occurred_at` is when it happened, if not now."""

    status: str
    occurred_at: datetime | None = None
    reason: str | None = None
    note: str | None = None
    eta: datetime | None = None
    told_by: str | None = None
    expected_revs: frozenset[int] | None = None


def change_status(office: AssignmentOffice, assignment_id: str, report: StatusReport, *, caller: Caller) -> Ordered:
    """Write the next status of an assignment, with what it does to team, stock and places.

    Raises
    ------
    NotFoundError
        Where there is no such assignment.
    ConflictError
        Where the status does not follow the present one, the expected revision is another, or
        what was given up meanwhile is not to be had again.
    """
    wanted = step_named(report.status)

    def change(ledger: Ledger, stored: Feature) -> Feature:
        now = Step(str(stored.properties["status"]))
        if wanted is Step.CANCELLED:
            raise UsageError(
                "An order is cancelled by undoing it",
                remedy="Send it to .../undo, or recall it.",
                field="status",
                value=report.status,
            )
        check_follows(now, wanted, where=assignment_id)
        return _moved(ledger, stored, now, wanted, undoes=False)

    return _changed(office, assignment_id, report, change, caller=caller)


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """What is told of a team itself beside its assignment: values, the revision they are told of, words for the log."""

    values: Properties
    rev: int
    note: Mapping[str, object]
    idempotency_key: str | None = None


def enter_team_step(
    office: AssignmentOffice, assignment_id: str, report: StatusReport, entry: TeamEntry, *, caller: Caller
) -> Ordered:
    """Write the next status of a team's assignment together with what the team said, in one commit.

    Whether the status may follow was judged on the team; a team out of service is recalled from its assignment.

    Raises
    ------
    RevisionDiffersError
        Where the team was changed since.
    """
    wanted = Step.RECALLED if report.status == OUT_OF_SERVICE else step_named(report.status)

    def change(ledger: Ledger, stored: Feature) -> Feature:
        moved = _moved(ledger, stored, Step(str(stored.properties["status"])), wanted, undoes=False)
        layer, team_id = str(stored.properties["resource_layer"]), str(stored.properties["resource_id"])
        ledger.enter(layer, team_id, entry.values, rev=entry.rev)
        return moved

    return _changed(office, assignment_id, report, change, caller=caller, entry=entry)


def recall(office: AssignmentOffice, assignment_id: str, report: StatusReport, *, caller: Caller) -> Ordered:
    """Call back what was ordered: stock and places are booked back, the team is on its way home."""
    return change_status(office, assignment_id, replace(report, status=Step.RECALLED), caller=caller)


def undo_status(office: AssignmentOffice, assignment_id: str, report: StatusReport, *, caller: Caller) -> Ordered:
    """Undo the last status of an assignment as if it had not been; undoing the order itself cancels it.

    Both entries stay in the history and in the log. The team gets back the status it had before.

    Raises
    ------
    ConflictError
        Where there is nothing to undo, or what was given up meanwhile is not to be had again.
    """

    def change(ledger: Ledger, stored: Feature) -> Feature:
        steps = steps_in_force(stored.children.get("history", ()))
        now = Step(str(stored.properties["status"]))
        if now is Step.CANCELLED or not steps:
            raise ConflictError(
                "There is nothing left to undo", where=assignment_id, remedy="Give a new order if it is meant to hold."
            )
        before = steps[-2] if len(steps) > 1 else Step.CANCELLED
        return _moved(ledger, stored, now, before, undoes=True)

    return _changed(office, assignment_id, report, change, caller=caller)


def assignment_of_team(office: AssignmentOffice, team_id: str) -> str | None:
    """Return the open assignment that holds a team; None where none does."""
    found = open_assignments(office.snapshots, resource_id=team_id)
    return found[0].id if found else None


def _changed(
    office: AssignmentOffice,
    assignment_id: str,
    report: StatusReport,
    change: Callable[[Ledger, Feature], Feature],
    *,
    caller: Caller,
    entry: TeamEntry | None = None,
) -> Ordered:
    for attempt in range(ATTEMPTS):
        ledger = ledger_of(office, caller)
        stored = ledger.feature(ASSIGNMENT_LAYER, assignment_id)
        if report.expected_revs is not None and stored.rev not in report.expected_revs:
            raise RevisionDiffersError(
                f"The assignment was changed since you read it: its revision is {stored.rev}",
                where=assignment_id,
                remedy="Read it again, then send your change.",
            )
        changed = _told(office, change(ledger, stored), report, caller)
        changes = [FeatureChange(ChangeKind.REPLACE, assignment_id, changed, stored.rev)]
        note: dict[str, object] = {"assignment": assignment_id, "status": str(changed.properties["status"])}
        key = None if entry is None else entry.idempotency_key
        note |= {} if entry is None else entry.note
        try:
            done = commit_ledger(office, ledger, changes, caller, note, idempotency_key=key)
        except ConflictError:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return Ordered(stored_assignments(office, [assignment_id]), seq=done[-1].seq)
    raise AssertionError  # unreachable: the last attempt returns or raises


def _moved(ledger: Ledger, stored: Feature, now: Step, then: Step, *, undoes: bool) -> Feature:
    """Return the assignment in its new status, having moved what is booked; the history gets one row more."""
    history = stored.children.get("history", ())
    role = ledger.role_of(str(stored.properties["resource_layer"]))
    recalled = Step.RECALLED in steps_in_force(history)
    recalled_then = recalled and not (undoes and now is Step.RECALLED)
    booked_now = booked_in(role, now, was_recalled=recalled)
    booked_then = booked_in(role, then, was_recalled=recalled_then)
    ledger.move(stored, booked_now, booked_then)
    ledger.follow(stored, now, then, undoes=undoes)
    row: Properties = {"status": str(then), "undoes": True if undoes else None}
    children = {**stored.children, "history": (*history, row)}
    return replace(stored, properties={**stored.properties, "status": str(then)}, children=children)


def _told(office: AssignmentOffice, changed: Feature, report: StatusReport, caller: Caller) -> Feature:
    """Return the assignment with the times and words of the report."""
    now = instant_text(office.clock())
    occurred = now if report.occurred_at is None else instant_text(report.occurred_at)
    *earlier, last = changed.children["history"]
    row = {
        **last,
        "occurred_at": occurred,
        "recorded_at": now,
        "recorded_by": report.told_by or caller.principal,
        "reason": report.reason,
    }
    values = dict(changed.properties)
    step = Step(str(values["status"]))
    values |= {
        "occurred_at": occurred,
        "released_at": (values.get("released_at") or occurred) if step in _ENDS else None,
        "reason": report.reason,
    }
    if report.note is not None:
        values["note"] = report.note
    if report.eta is not None:
        values["eta"] = instant_text(report.eta)
    return replace(changed, properties=values, children={**changed.children, "history": (*earlier, row)})
