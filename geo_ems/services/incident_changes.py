"""What becomes of an open incident: refined, merged into another, terminated, opened again; each can be undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.definitions import FieldType
from geo_ems.model.features import Feature
from geo_ems.model.labels import Language
from geo_ems.services.change_notes import ChangeNote, done_before, request_digest
from geo_ems.services.coded_words import code_of
from geo_ems.services.edits import Edited, patch_feature
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.incident_desk import (
    OPEN,
    TEAM_LAYER,
    TERMINATED,
    IncidentDesk,
    checked_past,
    read_incident,
)
from geo_ems.services.incident_opening import class_of, refuse_managed
from geo_ems.services.incident_places import FoundPlace, SaidPlace, find_place
from geo_ems.services.report_clock import report_clock
from geo_ems.services.words import say

_TIMES = ("occurred_at", "received_at", "wind_time")


@dataclass(frozen=True, slots=True)
class Said:
    """Who said it and since when it is so; for the history."""

    who: str | None = None
    text: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """An incident after a change; `repeated` where it was so already."""

    edited: Edited
    repeated: bool = False
    place: FoundPlace | None = None
    warnings: tuple[str, ...] = ()


def refine_incident(
    desk: IncidentDesk,
    incident_id: str,
    properties: Mapping[str, object],
    *,
    place: SaidPlace,
    said: Said,
    language: Language,
    clears_place: bool = False,
    expected_revs: frozenset[int] | None = None,
) -> Changed:
    """Change what is known of an incident; null clears a value, what is not named stays.

    A wind without a time is of now, or of when it was so.

    Raises
    ------
    NotFoundError
        Where there is no such incident.
    RevisionDiffersError
        Where its revision is not among `expected_revs`.
    FaultsError, UsageError
        Where a value is wrong, a time has not come yet, or nothing is named.
    """
    read_incident(desk, incident_id)
    refuse_managed(properties)
    checked: dict[str, object] = dict(properties)
    fields = desk.incidents.definition.fields
    for name in ("kind", "grade"):
        if isinstance(checked.get(name), str):
            checked[name] = code_of(str(checked[name]), fields[name])
    if "kind" in checked and "event_class" not in checked:
        checked["event_class"] = class_of(str(checked["kind"]))
    _check_times(desk, checked)
    if checked.get("wind_from_deg") is not None and "wind_time" not in checked:
        checked["wind_time"] = checked_past(said.as_of or desk.clock(), desk, field="as_of")
    found = find_place(desk, place, language)
    checked |= found.properties or {}
    patch: dict[str, object] = {"properties": checked}
    if found.geometry is not None:
        patch["geometry"] = found.geometry
    elif clears_place:
        patch["geometry"] = None
    if not checked and found.basis == "none" and not clears_place:
        raise UsageError("There is nothing to change", remedy="Name at least one value.", field="body")
    note = _note(desk, "refine", said)
    edited = patch_feature(desk.incidents, incident_id, patch, expected_revs=expected_revs, note=note.written())
    warnings: tuple[str, ...] = ()
    if found.basis in {"ambiguous", "not_found"}:
        warnings = (say(language, "地名不明确,位置未改", "the name is not clear: the place was not changed"),)
    return Changed(edited, place=found, warnings=warnings)


def merge_incident(
    desk: IncidentDesk, incident_id: str, into_id: str, *, said: Said, idempotency_key: str | None = None
) -> Changed:
    """Terminate an incident as the same as another; its history is shown with that one.

    Raises
    ------
    NotFoundError
        Where one of both does not exist.
    ConflictError
        Where it is merged into another already, or the other is over, or merged itself.
    """
    incident = read_incident(desk, incident_id)
    if into_id == incident_id:
        raise UsageError("An incident is not merged into itself", remedy="Name the other one.", field="into")
    other = read_incident(desk, into_id)
    merged = incident.properties.get("merged_into")
    if merged == into_id:
        return Changed(Edited(incident.id, incident.rev, incident), repeated=True)
    if merged is not None:
        raise ConflictError(f"'{incident_id}' is merged into '{merged}' already", remedy="Reopen it, or undo that.")
    if other.properties.get("merged_into") is not None or other.properties.get("state") == TERMINATED:
        raise ConflictError(
            f"'{into_id}' is terminated{' and merged itself' if other.properties.get('merged_into') else ''}",
            remedy="Merge into an open incident.",
        )
    at = checked_past(said.as_of or desk.clock(), desk, field="as_of")
    changes = {"state": TERMINATED, "merged_into": into_id, "terminated_at": at}
    return _act(desk, incident, "merge", changes, said, idempotency_key)


def terminate_incident(
    desk: IncidentDesk, incident_id: str, *, said: Said, language: Language, idempotency_key: str | None = None
) -> Changed:
    """End an incident; teams that are still with it and a report that is still due are told as warnings."""
    incident = read_incident(desk, incident_id)
    if incident.properties.get("state") == TERMINATED:
        return Changed(Edited(incident.id, incident.rev, incident), repeated=True)
    at = checked_past(said.as_of or desk.clock(), desk, field="as_of")
    changed = _act(desk, incident, "terminate", {"state": TERMINATED, "terminated_at": at}, said, idempotency_key)
    warnings = []
    still = teams_with(desk, incident_id)
    if still:
        named = ", ".join(still)
        warnings.append(say(language, f"仍有队伍未归队: {named}", f"teams are still with it: {named}"))
    clock = report_clock(incident.properties, now=desk.clock(), limit_min=desk.rules.clock_min)
    if clock.state in {"running", "overdue"}:
        warnings.append(say(language, "尚未上报", "it has not been reported yet"))
    return Changed(changed.edited, changed.repeated, warnings=tuple(warnings))


def reopen_incident(desk: IncidentDesk, incident_id: str, *, said: Said, idempotency_key: str | None = None) -> Changed:
    """Open an incident again, also one that was merged."""
    incident = read_incident(desk, incident_id)
    if incident.properties.get("state") == OPEN:
        return Changed(Edited(incident.id, incident.rev, incident), repeated=True)
    cleared = {"state": OPEN, "merged_into": None, "terminated_at": None}
    return _act(desk, incident, "reopen", cleared, said, idempotency_key)


def teams_with(desk: IncidentDesk, incident_id: str) -> tuple[str, ...]:
    """Return the ids of the teams that are given to an incident."""
    if TEAM_LAYER not in desk.snapshots.definitions:
        return ()
    snapshot = desk.snapshots.pin([TEAM_LAYER]).layer(TEAM_LAYER)
    column = snapshot.columns.columns.get("incident_id")
    if column is None:
        return ()
    rows = np.flatnonzero(visible_rows(snapshot, desk.caller) & column.known & (column.values == incident_id))
    return tuple(snapshot.columns.id_at(int(row)) for row in rows)


def _act(
    desk: IncidentDesk,
    incident: Feature,
    action: str,
    changes: Mapping[str, object],
    said: Said,
    key: str | None,
) -> Changed:
    digest = request_digest(action, incident.id, repr(said), changes.get("merged_into"))
    if done_before(desk.store, key, digest) is not None:
        return Changed(Edited(incident.id, incident.rev, incident), repeated=True)
    note = _note(desk, action, said, request=digest)
    edited = patch_feature(
        desk.incidents,
        incident.id,
        {"properties": changes},
        expected_revs=frozenset({incident.rev}),
        idempotency_key=key,
        note=note.written(),
    )
    return Changed(edited)


def _note(desk: IncidentDesk, action: str, said: Said, *, request: str | None = None) -> ChangeNote:
    as_of = None if said.as_of is None else checked_past(said.as_of, desk, field="as_of")
    return ChangeNote(action=action, who=said.who, text=said.text, occurred_at=as_of, request=request)


def _check_times(desk: IncidentDesk, checked: Mapping[str, object]) -> None:
    """Refuse times that have not come yet; what is no time at all is refused with the other values."""
    fields = desk.incidents.definition.fields
    for name in _TIMES:
        raw = checked.get(name)
        if not isinstance(raw, str) or fields[name].type is not FieldType.DATETIME:
            continue
        try:
            instant = datetime.fromisoformat(raw)
        except ValueError:
            continue
        checked_past(instant, desk, field=name)
