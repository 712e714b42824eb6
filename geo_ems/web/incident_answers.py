"""Incidents, teams and undos as JSON objects: every code with its words, private fields only for those who may."""

from collections.abc import Mapping, Sequence

from geo_ems.formats.feature_json import feature_json
from geo_ems.model.answers import RankedFeature
from geo_ems.model.definitions import Code, LayerDefinition
from geo_ems.model.features import Feature, LoggedChange, Properties
from geo_ems.model.labels import Language
from geo_ems.services.feature_history import GEOMETRY, HistoryEntry, ValueChange
from geo_ems.services.incident_desk import IncidentDesk, NearbyIncident
from geo_ems.services.incident_places import FoundPlace
from geo_ems.services.incident_reports import report_rows
from geo_ems.services.incident_view import IncidentList, IncidentView, ListedIncident
from geo_ems.services.jurisdiction import District, Jurisdiction, jurisdiction_words
from geo_ems.services.report_clock import ReportClock
from geo_ems.services.report_conditions import Condition, MustReport
from geo_ems.services.team_status import ChainStep, StatusChanged, TeamChain
from geo_ems.services.undo import UndoableEdit, Undone
from geo_ems.services.words import say
from geo_ems.settings.reporting_rules import Recipient
from geo_ems.web.questions import place_mapping

Json = dict[str, object]


def view_mapping(view: IncidentView, desk: IncidentDesk, language: Language) -> Json:
    """Return an incident whole."""
    definition = desk.incidents.definition
    return {
        "incident": feature_json(view.incident, definition, include_private=desk.include_private),
        "clock": clock_mapping(view.clock, language),
        "must_report": must_report_mapping(view.reporting, language, include_private=desk.include_private),
        "jurisdiction": jurisdiction_mapping(view.jurisdiction, language),
        "reports": _reports(view.incident, include_private=desk.include_private),
        "nearby_open": [nearby_mapping(item) for item in view.nearby],
        "teams": [_plain(row) for row in view.teams],
        "assignments": [_plain(row) for row in view.assignments],
        "history": history_mapping(view.history, definition, language, include_private=desk.include_private),
        "merged": [
            {
                "id": other.id,
                "name": other.properties.get("name"),
                "history": history_mapping(entries, definition, language, include_private=desk.include_private),
            }
            for other, entries in view.merged
        ],
        "rev": view.incident.rev,
        "snapshot_id": view.snapshot_id,
    }


def list_mapping(found: IncidentList, desk: IncidentDesk, language: Language) -> Json:
    """Return a page of incidents."""
    return {
        "incidents": [_listed(row, desk, language) for row in found.rows],
        "matched": found.matched_count,
        "overdue": found.overdue_count,
        "snapshot_id": found.snapshot_id,
    }


def place_found_mapping(found: FoundPlace | None) -> Json:
    """Return how the place was found, and what it may be where that is not clear."""
    if found is None:
        return {"basis": "none", "taken": None, "candidates": []}
    return {
        "basis": found.basis,
        "taken": None if found.taken is None else place_mapping(found.taken),
        "candidates": [place_mapping(place) for place in found.candidates],
    }


def clock_mapping(clock: ReportClock, language: Language) -> Json:
    """Return the report clock."""
    return {
        "state": clock.state,
        "words": clock.words(language),
        "started_at": clock.started_at,
        "deadline": clock.deadline,
        "reported_at": clock.reported_at,
        "remaining_s": clock.remaining_s,
        "overdue_s": clock.overdue_s,
        "overdue_min": clock.overdue_min,
    }


def must_report_mapping(found: MustReport, language: Language, *, include_private: bool) -> Json:
    """Return whether an incident has to be reported, the eight conditions, and to whom."""

    def listed(recipients: Sequence[Recipient]) -> list[Json]:
        return [
            {
                "id": item.id,
                "label": item.label.text(language),
                **({"phone": item.phone} if include_private else {}),
            }
            for item in recipients
        ]

    banner = found.province_banner
    return {
        "value": found.value,
        "why": found.why.text(language),
        "conditions": [_condition(condition, language) for condition in found.conditions],
        "ask": list(found.ask),
        "recipients": listed(found.recipients),
        "copies": listed(found.copies),
        "possible_copies": listed(found.possible_copies),
        "province_banner": None if banner is None else banner.text(language),
    }


def jurisdiction_mapping(found: Jurisdiction, language: Language) -> Json:
    """Return the chain of districts and who leads."""
    return {
        "basis": found.basis,
        "leads": None if found.leads is None else _district(found.leads),
        "words": jurisdiction_words(language, found),
        "chain": [_district(item) for item in found.chain],
        "shared_level": found.shared_level,
        "consent": [_district(item) for item in found.consent],
        "outside": found.outside,
        "partly_outside": found.partly_outside,
    }


def nearby_mapping(item: NearbyIncident) -> Json:
    """Return one open incident near another."""
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "same_kind": item.same_kind,
        "straight_m": item.straight_m,
        "received_at": item.received_at,
        "occurred_at": item.occurred_at,
        "district_id": item.district_id,
    }


def history_mapping(
    entries: Sequence[HistoryEntry], definition: LayerDefinition, language: Language, *, include_private: bool
) -> list[Json]:
    """Return what happened to a feature; who said it is personal."""
    return [
        {
            **_logged(entry.change),
            "kind": str(entry.kind),
            "action": entry.note.action or entry.change.origin,
            "occurred_at": entry.note.occurred_at,
            "channel": entry.note.channel,
            **({"who": entry.note.who} if include_private else {}),
            "text": entry.note.text,
            "undoes": entry.note.undoes,
            "undone_by": entry.undone_by,
            "changes": [
                {
                    "field": change.field,
                    "label": _label(definition, change.field, language),
                    "from": change.before,
                    "to": change.after,
                    "words": _words(definition, change, language),
                }
                for change in entry.changes
            ],
        }
        for entry in entries
    ]


def chain_mapping(chain: TeamChain, definition: LayerDefinition, language: Language, *, include_private: bool) -> Json:
    """Return a team with its steps."""
    codes = definition.fields["status"].codes
    return {
        "team": feature_json(chain.team, definition, include_private=include_private),
        "chain": [
            {**_step(step, include_private=include_private), "label": _code_label(codes, step.status, language)}
            for step in chain.steps
        ],
        "may_follow": [
            {"status": status, "label": _code_label(codes, status, language)} for status in chain.may_follow
        ],
        "rev": chain.team.rev,
    }


def status_mapping(
    changed: StatusChanged, definition: LayerDefinition, language: Language, *, include_private: bool
) -> Json:
    """Return a team after an entry, and whom to ask next after a refusal."""
    proposal = changed.proposal
    return {
        **chain_mapping(changed.chain, definition, language, include_private=include_private),
        "repeated": changed.repeated,
        "skipped": list(changed.skipped),
        "warnings": list(changed.warnings),
        "next_proposal": None
        if proposal is None
        else {
            "team": None if proposal.team is None else _ranked(proposal.team, definition, include_private),
            "metric": proposal.metric,
            "why": proposal.why,
        },
    }


def undone_mapping(done: Undone) -> Json:
    """Return what an undo did."""
    return {
        "undone": [_logged(change) for change in done.undone],
        "seqs": list(done.seqs),
        "features": [
            {"layer": item.layer, "id": item.id, "did": str(item.kind), "seq": item.seq} for item in done.features
        ],
    }


def changes_mapping(found: Sequence[UndoableEdit], *, include_private: bool) -> Json:
    """Return the last changes and whether each can be undone."""
    return {
        "changes": [
            {
                **_logged(item.edit.change),
                "id": item.edit.id,
                "kind": str(item.edit.kind),
                "action": item.note.action or item.edit.change.origin,
                "occurred_at": item.note.occurred_at,
                **({"who": item.note.who} if include_private else {}),
                "undoes": item.note.undoes,
                "can_undo": not item.refused,
                "refused": item.refused,
            }
            for item in found
        ]
    }


def _listed(row: ListedIncident, desk: IncidentDesk, language: Language) -> Json:
    return {
        **feature_json(row.incident, desk.incidents.definition, include_private=desk.include_private),
        "clock": clock_mapping(row.clock, language),
        "ask": list(row.ask),
    }


def _reports(incident: Feature, *, include_private: bool) -> list[Json]:
    return [
        {
            **{name: value for name, value in row.items() if include_private or name != "sent_by"},
            "deliveries": [
                {name: value for name, value in delivery.items() if name != "report_number"} for delivery in deliveries
            ],
        }
        for row, deliveries in report_rows(incident)
    ]


def _condition(condition: Condition, language: Language) -> Json:
    return {
        "number": condition.number,
        "key": condition.key,
        "label": condition.label.text(language),
        "matched": condition.matched,
        "why": condition.why.text(language),
        "decided_by": list(condition.decided_by),
        "ask": list(condition.ask),
    }


def _district(item: District) -> Json:
    return {
        "id": item.id,
        "name": item.name,
        "name_en": item.name_en,
        "level": item.level,
        "parent_id": item.parent_id,
        "duty_phone": item.duty_phone,
    }


def _logged(change: LoggedChange) -> Json:
    return {
        "seq": change.seq,
        "layer": change.layer,
        "recorded_at": change.at,
        "principal": change.principal,
        "origin": change.origin,
    }


def _step(step: ChainStep, *, include_private: bool) -> Json:
    return {
        "seq": step.seq,
        "action": step.action,
        "status": step.status,
        "occurred_at": step.occurred_at,
        "recorded_at": step.recorded_at,
        "principal": step.principal,
        "channel": step.channel,
        **({"who": step.who} if include_private else {}),
        "incident": step.incident_id,
        "note": step.text,
        "undone_by": step.undone_by,
    }


def _ranked(team: RankedFeature, definition: LayerDefinition, include_private: bool) -> Json:  # noqa: FBT001 last of three
    contacts = {name: team.properties.get(name) for name in definition.contact_fields} if include_private else {}
    return {
        "id": team.id,
        "name": team.name,
        "straight_m": round(team.straight_m, 1),
        "bearing_deg": round(team.bearing_deg, 1),
        "status": team.status,
        **contacts,
    }


def _words(definition: LayerDefinition, change: ValueChange, language: Language) -> str | None:
    """Return the change of a coded value in words; None for other values, which speak for themselves."""
    field = definition.fields.get(change.field)
    if field is None or not field.codes:
        return None
    told = [_code_label(field.codes, str(value), language) or "-" for value in (change.before, change.after)]
    return " → ".join(told)


def _label(definition: LayerDefinition, name: str, language: Language) -> str:
    field, child = definition.fields.get(name), definition.children.get(name)
    if name == GEOMETRY:
        return say(language, "位置", "place")
    label = field.label if field is not None else child.label if child is not None else None
    return name if label is None else label.text(language)


def _code_label(codes: Mapping[str, Code], status: str | None, language: Language) -> str | None:
    return codes[status].label.text(language) if status is not None and status in codes else None


def _plain(values: Properties) -> Json:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
