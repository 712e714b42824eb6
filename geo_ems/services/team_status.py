"""A team's status as the team tells it, or somebody on its behalf by phone or radio."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.features import Feature, Value
from geo_ems.model.labels import Language
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER
from geo_ems.services.assignment_office import AssignmentOffice
from geo_ems.services.assignment_steps import StatusReport, TeamEntry, assignment_of_team, enter_team_step
from geo_ems.services.change_notes import ChangeNote, done_before, read_note, request_digest
from geo_ems.services.edits import RevisionDiffersError, patch_feature, read_feature
from geo_ems.services.feature_history import HistoryEntry, history_of
from geo_ems.services.incident_desk import TEAM_LAYER, TERMINATED, IncidentDesk, checked_past, read_incident
from geo_ems.services.next_proposal import Proposal, next_proposal
from geo_ems.services.team_chain import ENGAGED, FREE, OUT_OF_SERVICE, REFUSALS, next_statuses, transition
from geo_ems.services.words import say

Channel = Literal["team", "phone", "radio", "in_person"]
CHANNELS: tuple[Channel, ...] = ("team", "phone", "radio", "in_person")
ACTION = "team_status"
_SHOWN_STEPS = 200


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """What is entered: the status, since when, who told it and how; `expected` is the status it was told on."""

    status: str
    occurred_at: datetime | None = None
    channel: Channel = "team"
    who: str | None = None
    incident_id: str | None = None
    text: str | None = None
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step of a team: the status, when it was so and when it was entered, by whom, and why."""

    seq: int
    action: str
    status: str | None
    occurred_at: str | None
    recorded_at: str
    principal: str
    channel: str | None
    who: str | None
    incident_id: str | None
    text: str | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class TeamChain:
    """A team with the steps it went through, oldest first, and what may be entered next."""

    team: Feature
    steps: tuple[ChainStep, ...]
    may_follow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The team after the entry; `skipped` are steps passed over, `proposal` whom to ask after a refusal."""

    chain: TeamChain
    repeated: bool
    skipped: tuple[str, ...]
    warnings: tuple[str, ...]
    proposal: Proposal | None


def enter_status(
    desk: IncidentDesk,
    team_id: str,
    entry: StatusEntry,
    *,
    language: Language,
    expected_revs: frozenset[int] | None = None,
    idempotency_key: str | None = None,
) -> StatusChanged:
    """Enter a status of a team.

    Raises
    ------
    NotFoundError
        Where the team or the incident does not exist.
    ConflictError
        Where the status may not follow, the team is given to another incident, or somebody changed it since:
        who and when is said.
    UsageError
        Where a value is wrong, or an order names no incident.
    """
    scope = desk.teams
    team = read_feature(scope, team_id)
    digest = request_digest(ACTION, team_id, repr(entry))
    if done_before(desk.store, idempotency_key, digest) is not None:
        return StatusChanged(chain_of(desk, team), repeated=True, skipped=(), warnings=(), proposal=None)
    before = _status(team)
    told_from_elsewhere = entry.expected is not None and entry.expected != (before or "")
    if told_from_elsewhere or (expected_revs is not None and team.rev not in expected_revs):
        raise _changed_meanwhile(desk, team)
    occurred_at = checked_past(entry.occurred_at or desk.clock(), desk, field="occurred_at")
    incident = _incident(desk, team, entry)
    incident_id = None if incident is None else incident.id
    move = transition(before, entry.status)
    if move.move == "same" and _held_incident(team) == incident_id:
        return StatusChanged(chain_of(desk, team), repeated=True, skipped=(), warnings=(), proposal=None)
    if not move.is_allowed:
        raise _not_allowed(desk, team, entry.status, is_back=move.move == "back")
    warnings = _warnings(
        team, entry, skipped=move.skipped, occurred_at=occurred_at, incident_id=incident_id, language=language
    )
    note = ChangeNote(
        action=ACTION, occurred_at=occurred_at, channel=entry.channel, who=entry.who, text=entry.text, request=digest
    )
    try:
        stored = _stored(desk, team, entry, _values(entry, occurred_at, incident_id), note, idempotency_key)
    except RevisionDiffersError as error:
        raise _changed_meanwhile(desk, read_feature(scope, team_id)) from error
    proposal = next_proposal(desk, incident, stored, language=language) if entry.status in REFUSALS else None
    return StatusChanged(
        chain_of(desk, stored), repeated=False, skipped=move.skipped, warnings=warnings, proposal=proposal
    )


def _stored(
    desk: IncidentDesk,
    team: Feature,
    entry: StatusEntry,
    values: dict[str, Value],
    note: ChangeNote,
    idempotency_key: str | None,
) -> Feature:
    """Store what was entered; where an order holds the team, that order with its bookings in the same commit."""
    office = AssignmentOffice(desk.store, desk.snapshots, desk.zone, desk.clock, desk.new_id)
    held = assignment_of_team(office, team.id) if ASSIGNMENT_LAYER in desk.snapshots.definitions else None
    if held is None:
        edited = patch_feature(
            desk.teams,
            team.id,
            {"properties": values},
            expected_revs=frozenset({team.rev}),
            idempotency_key=idempotency_key,
            note=note.written(),
        )
        return edited.feature if edited.feature is not None else team
    report = StatusReport(entry.status, occurred_at=entry.occurred_at, reason=entry.text, told_by=entry.who)
    told = TeamEntry(values, team.rev, {**note.members(), "assignment": held}, idempotency_key)
    enter_team_step(office, held, report, told, caller=desk.caller)
    return read_feature(desk.teams, team.id)


def team_chain(desk: IncidentDesk, team_id: str) -> TeamChain:
    """Return a team with its steps.

    Raises
    ------
    NotFoundError
        Where there is no such team that the caller may see.
    """
    return chain_of(desk, read_feature(desk.teams, team_id))


def chain_of(desk: IncidentDesk, team: Feature) -> TeamChain:
    """Return the steps of a team from the log: each change that touched its status."""
    history = history_of(desk.store, desk.teams.definition, team.id, include_private=desk.include_private)
    steps = tuple(_step(desk, entry) for entry in history if _touches_status(entry))
    return TeamChain(team, steps[-_SHOWN_STEPS:], next_statuses(_status(team)))


def _step(desk: IncidentDesk, entry: HistoryEntry) -> ChainStep:
    after: Mapping[str, object] = {} if entry.after is None else entry.after.properties
    who = after.get("status_who") if desk.include_private else None
    return ChainStep(
        seq=entry.change.seq,
        action=entry.note.action or entry.change.origin,
        status=_text(after.get("status")),
        occurred_at=_text(after.get("status_at")) or entry.note.occurred_at,
        recorded_at=entry.change.at,
        principal=entry.change.principal,
        channel=_text(after.get("status_by")),
        who=_text(who),
        incident_id=_text(after.get("incident_id")),
        text=_text(after.get("status_note")),
        undone_by=entry.undone_by,
    )


def _touches_status(entry: HistoryEntry) -> bool:
    return any(change.field in {"status", "status_at"} for change in entry.changes)


def _values(entry: StatusEntry, occurred_at: str, incident_id: str | None) -> dict[str, Value]:
    """Return the values of the team: a free team is with no incident, one that refused shows which and why."""
    return {
        "status": entry.status,
        "status_at": occurred_at,
        "status_by": entry.channel,
        "status_who": entry.who,
        "status_note": entry.text,
        "incident_id": None if entry.status in FREE or entry.status == OUT_OF_SERVICE else incident_id,
    }


def _incident(desk: IncidentDesk, team: Feature, entry: StatusEntry) -> Feature | None:
    """Return the incident that the entry is about: the one named, else the one that the team is given to."""
    held, before = _held_incident(team), _status(team)
    is_new_order = entry.status == "ordered" and before != "ordered"
    named = entry.incident_id or (None if is_new_order and before not in REFUSALS else held)
    if named is None:
        if entry.status in {"ordered", *REFUSALS}:
            raise UsageError("An order is for an incident", remedy='Name it: "incident": "I...".', field="incident")
        return None
    is_elsewhere = held is not None and held != named and before in ENGAGED
    if is_elsewhere and not (is_new_order and transition(before, "ordered").is_allowed):
        who, at = _last_change(desk, team)
        raise ConflictError(
            f"'{team.id}' is given to incident '{held}' ({before}), by {who} at {at}",
            where=TEAM_LAYER,
            remedy="Recall it there first, or take another team.",
        )
    if entry.incident_id is None and entry.status not in {"ordered", *REFUSALS}:
        found = desk.store.read_rows("incidents", [named])
        return found[0] if found else None
    incident = read_incident(desk, named)
    if entry.status == "ordered" and incident.properties.get("state") == TERMINATED:
        raise ConflictError(
            f"Incident '{named}' is terminated", where="incidents", remedy="Reopen it first, or name another."
        )
    return incident


def _warnings(
    team: Feature,
    entry: StatusEntry,
    *,
    skipped: tuple[str, ...],
    occurred_at: str,
    incident_id: str | None,
    language: Language,
) -> tuple[str, ...]:
    said = []
    if skipped:
        named = ", ".join(skipped)
        said.append(say(language, f"跳过了: {named}", f"passed over: {named}"))
    earlier = _text(team.properties.get("status_at"))
    if earlier is not None and occurred_at < earlier:
        said.append(
            say(
                language,
                f"早于上一状态的时间 {earlier},请核对",
                f"earlier than the status before it ({earlier}): check the time",
            )
        )
    if entry.channel != "team" and entry.who is None:
        said.append(say(language, "代报未写报告人", "told on its behalf, but not by whom"))
    if incident_id is None and entry.status in ENGAGED:
        said.append(say(language, "没有说明是哪一事件", "no incident is named"))
    if entry.status in REFUSALS and entry.text is None:
        said.append(say(language, "未写原因", "no reason is given"))
    return tuple(said)


def _not_allowed(desk: IncidentDesk, team: Feature, status: str, *, is_back: bool) -> ConflictError:
    who, at = _last_change(desk, team)
    before = _status(team)
    if is_back:
        last = desk.store.history.last_changes(TEAM_LAYER, [team.id]).get(team.id)
        seq = "" if last is None else f" {last.seq}"
        remedy = f"If it was entered by mistake, undo change{seq}."
    else:
        remedy = f"It may become: {', '.join(next_statuses(before))}."
    return ConflictError(
        f"'{team.id}' is {before or 'of unknown status'} (entered by {who} at {at}) and cannot become {status}",
        where=TEAM_LAYER,
        remedy=remedy,
    )


def _changed_meanwhile(desk: IncidentDesk, team: Feature) -> ConflictError:
    who, at = _last_change(desk, team)
    return ConflictError(
        f"'{team.id}' was changed to {_status(team) or 'unknown'} by {who} at {at}",
        where=TEAM_LAYER,
        remedy="Look at it again, then decide.",
    )


def _last_change(desk: IncidentDesk, team: Feature) -> tuple[str, str]:
    """Return who changed a team last, and when."""
    last = desk.store.history.last_changes(TEAM_LAYER, [team.id]).get(team.id)
    if last is None:
        return "somebody", "an unknown time"
    who = read_note(last.note).who if desk.include_private else None
    return who or last.principal, last.at


def _held_incident(team: Feature) -> str | None:
    return _text(team.properties.get("incident_id"))


def _status(team: Feature) -> str | None:
    return _text(team.properties.get("status"))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
