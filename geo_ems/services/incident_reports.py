"""Reports of an incident to the upper level: first, follow-up, final; who got them, and when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.features import Feature, Properties
from geo_ems.services.change_notes import ChangeNote, done_before, request_digest
from geo_ems.services.edits import Edited, RevisionDiffersError, patch_feature
from geo_ems.services.incident_changes import Changed
from geo_ems.services.incident_desk import IncidentDesk, checked_past, read_incident, reporting_of

ReportKind = Literal["first", "follow_up", "final"]
REPORT_KINDS: tuple[ReportKind, ...] = ("first", "follow_up", "final")
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it is sent; None as recipients or copies means those that the rules name."""

    kind: str
    sent_at: datetime | None = None
    sent_by: str | None = None
    progress: str | None = None
    cause: str | None = None
    measures: str | None = None
    result: str | None = None
    recipients: tuple[str, ...] | None = None
    copies: tuple[str, ...] | None = None


def send_report(desk: IncidentDesk, incident_id: str, report: Report, *, idempotency_key: str | None = None) -> Changed:
    """Record a report that was sent; the first one stops the clock.

    Raises
    ------
    NotFoundError
        Where there is no such incident.
    ConflictError
        Where there is a first or a final report already, or a follow-up comes before the first.
    UsageError
        Where a recipient is not among those of the rules, or the time has not come yet.
    """
    sent_at = checked_past(report.sent_at or desk.clock(), desk, field="sent_at")
    digest = request_digest("report", incident_id, repr(report))

    def added(incident: Feature) -> dict[str, object]:
        into = incident.properties.get("merged_into")
        if into is not None:
            raise ConflictError(
                f"Incident '{incident_id}' is merged into '{into}'", where=incident_id, remedy=f"Report '{into}'."
            )
        held = incident.children.get("reports", ())
        _check_order(report.kind, [str(row["kind"]) for row in held])
        number = 1 + max((int(str(row["number"])) for row in held), default=0)
        row = {
            "number": number,
            "kind": report.kind,
            "sent_at": sent_at,
            "sent_by": report.sent_by,
            "progress": report.progress,
            "cause": report.cause,
            "measures": report.measures,
            "result": report.result,
        }
        deliveries = [
            {"report_number": number, "recipient": name, "role": role, "sent_at": sent_at, "received_at": None}
            for role, names in _addressees(desk, incident, report)
            for name in names
        ]
        properties: dict[str, object] = {
            "reports": [*map(dict, held), row],
            "deliveries": [*map(dict, incident.children.get("deliveries", ())), *deliveries],
        }
        if incident.properties.get("reported_at") is None:
            properties["reported_at"] = sent_at
        return properties

    note = ChangeNote(action=f"report_{report.kind}", who=report.sent_by, occurred_at=sent_at, request=digest)
    return _changed(desk, incident_id, added, note, idempotency_key)


def acknowledge_report(
    desk: IncidentDesk,
    incident_id: str,
    number: int,
    received: Mapping[str, datetime],
    *,
    idempotency_key: str | None = None,
) -> Changed:
    """Record when recipients got a report.

    Raises
    ------
    UsageError
        Where the incident has no such report, or it was not sent to one of them, or the time has not come yet.
    """
    times = {name: checked_past(at, desk, field="received") for name, at in received.items()}
    digest = request_digest("received", incident_id, number, times)

    def acknowledged(incident: Feature) -> dict[str, object]:
        rows = [dict(row) for row in incident.children.get("deliveries", ())]
        sent_to = [row["recipient"] for row in rows if row["report_number"] == number]
        if not sent_to:
            numbers = sorted({str(row["report_number"]) for row in rows})
            raise UsageError(
                f"There is no report {number}",
                remedy=f"Sent so far: {', '.join(numbers) or 'none'}.",
                field="number",
                value=number,
            )
        for name in times:
            if name not in sent_to:
                raise UsageError(
                    f"Report {number} was not sent to '{name[:60]}'",
                    remedy=f"It was sent to: {', '.join(map(str, sent_to))}.",
                    field="received",
                    value=name,
                )
        for row in rows:
            if row["report_number"] == number and row["recipient"] in times:
                row["received_at"] = times[str(row["recipient"])]
        return {"deliveries": rows}

    return _changed(desk, incident_id, acknowledged, ChangeNote(action="received", request=digest), idempotency_key)


def _changed(
    desk: IncidentDesk,
    incident_id: str,
    properties_of: Callable[[Feature], Mapping[str, object]],
    note: ChangeNote,
    key: str | None,
) -> Changed:
    """Apply a change to the rows as they are then; what another wrote in between stays."""
    incident = read_incident(desk, incident_id)
    if note.request is not None and done_before(desk.store, key, note.request) is not None:
        return Changed(Edited(incident.id, incident.rev, incident), repeated=True)
    for attempt in range(_ATTEMPTS):
        incident = read_incident(desk, incident_id)
        patch = {"properties": properties_of(incident)}
        try:
            edited = patch_feature(
                desk.incidents,
                incident_id,
                patch,
                expected_revs=frozenset({incident.rev}),
                idempotency_key=key,
                note=note.written(),
            )
        except RevisionDiffersError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return Changed(edited)
    raise AssertionError  # unreachable: the last attempt returns or raises


def _check_order(kind: str, sent: Sequence[str]) -> None:
    if kind == "first" and sent:
        raise ConflictError("The first report was sent already", remedy="Send a follow_up.")
    if kind != "first" and "first" not in sent:
        raise ConflictError("There is no first report yet", remedy="Send the first one: kind first.")
    if kind == "final" and "final" in sent:
        raise ConflictError("The final report was sent already", remedy="Send a follow_up, or undo it.")


def _addressees(desk: IncidentDesk, incident: Feature, report: Report) -> list[tuple[str, tuple[str, ...]]]:
    known = [recipient.id for recipient in desk.rules.recipients]
    for field, names in (("recipients", report.recipients or ()), ("copies", report.copies or ())):
        for name in names:
            if name not in known:
                raise UsageError(
                    f"There is no recipient '{name[:60]}'",
                    remedy=f"Known: {', '.join(known)}.",
                    field=field,
                    value=name,
                )
    told = reporting_of(desk, desk.pin(), incident)
    recipients = report.recipients if report.recipients is not None else tuple(item.id for item in told.recipients)
    copies = report.copies if report.copies is not None else tuple(item.id for item in told.copies)
    return [("to", recipients), ("copy", tuple(name for name in copies if name not in recipients))]


def report_rows(incident: Feature) -> tuple[tuple[Properties, tuple[Properties, ...]], ...]:
    """Return the reports of an incident, each with those it was sent to."""
    deliveries = incident.children.get("deliveries", ())
    return tuple(
        (row, tuple(item for item in deliveries if item["report_number"] == row["number"]))
        for row in incident.children.get("reports", ())
    )
