"""Opening an incident with a kind and a few words only; everything else may come later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo_ems.catalogue.feature_documents import read_feature_document
from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.features import Feature
from geo_ems.model.labels import Language
from geo_ems.services.change_notes import ChangeNote, done_before, request_digest
from geo_ems.services.coded_words import code_of
from geo_ems.services.districts import DISTRICT_FIELD, DISTRICT_LAYER
from geo_ems.services.edits import Edited, create_feature
from geo_ems.services.incident_desk import OPEN, IncidentDesk, checked_past, jurisdiction_at, read_incident
from geo_ems.services.incident_places import FoundPlace, SaidPlace, find_place
from geo_ems.services.jurisdiction import Jurisdiction
from geo_ems.services.provenance import instant_text
from geo_ems.services.words import say

MANAGED_FIELDS = ("state", "merged_into", "terminated_at", "reported_at", "reports", "deliveries", "code")
"""What the acts of the desk write and nobody types: how it is changed is said with the refusal."""
_HOW = {
    "state": "POST .../terminate or .../reopen.",
    "merged_into": "POST .../merge.",
    "terminated_at": "POST .../terminate.",
    "reported_at": "POST .../reports.",
    "reports": "POST .../reports.",
    "deliveries": "POST .../reports.",
    "code": "Leave it out: it is made.",
}
_CLASSES: Mapping[str, tuple[str, ...]] = {
    "public_health": (
        *("infectious_disease", "influenza_h1n1", "hand_foot_mouth", "sars", "food_safety", "animal_epidemic"),
        *("poisoning", "poison_source", "drinking_water"),
    ),
    "social_security": ("violence_terror", "mass_incident", "petition", "large_event"),
    "natural_disaster": (
        *("flood", "waterlogging", "drought", "typhoon", "rain_snow_freeze", "snow", "strong_convection"),
        *("meteorological", "geological", "earthquake", "forest_fire", "grassland_fire", "crop", "forest_pest"),
        *("dangerous_reservoir", "dyke_section", "flood_detention_area"),
    ),
}
_LONG_AGO = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """What was said when it was opened: kind and text, perhaps a place, times, and other values of the layer."""

    kind: str
    properties: Mapping[str, object]
    place: SaidPlace
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The incident as it is stored; `repeated` where this very request had stored it before."""

    edited: Edited
    place: FoundPlace
    repeated: bool
    warnings: tuple[str, ...]


def open_incident(
    desk: IncidentDesk, opening: Opening, *, language: Language, idempotency_key: str | None = None
) -> Opened:
    """Store a new incident.

    Raises
    ------
    FaultsError, UsageError
        Where the kind is unknown (the nearest are named), a time has not come yet, or a value is wrong.
    ConflictError
        Where the idempotency key was used for another request.
    """
    digest = request_digest("open", repr(opening))
    known = done_before(desk.store, idempotency_key, digest)
    if known is not None:
        incident = read_incident(desk, desk.store.history.edits_at(known.seq)[0].id)
        place = find_place(desk, opening.place, language)
        return Opened(Edited(incident.id, incident.rev, incident), place, repeated=True, warnings=())
    definition = desk.incidents.definition
    refuse_managed(opening.properties)
    kind = code_of(opening.kind, definition.fields["kind"])
    now = desk.clock()
    received = checked_past(opening.received_at or now, desk, field="received_at")
    occurred = None
    if opening.occurred_at is not None:
        occurred = checked_past(opening.occurred_at, desk, field="occurred_at")
    place = find_place(desk, opening.place, language)
    properties = {
        "event_class": class_of(kind),
        **(place.properties or {}),
        **{name: value for name, value in opening.properties.items() if value is not None},
        "kind": kind,
        "state": OPEN,
        "received_at": received,
        "occurred_at": occurred,
    }
    document = {"type": "Feature", "geometry": place.geometry, "properties": properties}
    if not isinstance(properties.get("name"), str):
        properties.update(_made_names(desk, document, kind, occurred or received))
    note = ChangeNote(action="open", who=opening.who, occurred_at=occurred, request=digest)
    edited = create_feature(
        desk.incidents, document, new_id=desk.new_id, idempotency_key=idempotency_key, note=note.written()
    )
    warnings = _warnings(place, occurred, received, now, language)
    return Opened(edited, place, repeated=False, warnings=(*warnings, *_outside(desk, edited, language)))


def refuse_managed(properties: Mapping[str, object]) -> None:
    """Refuse values that only the acts of the desk write.

    Raises
    ------
    UsageError
        Naming the field and the act that writes it.
    """
    for name in MANAGED_FIELDS:
        if name in properties:
            raise UsageError(f"'{name}' is not typed here", remedy=_HOW[name], field=name, value=properties[name])


def class_of(kind: str) -> str:
    """Return the event class that a kind belongs to."""
    return next((name for name, kinds in _CLASSES.items() if kind in kinds), "accident")


def _made_names(desk: IncidentDesk, document: Mapping[str, object], kind: str, instant: str) -> dict[str, object]:
    """Return a name of kind, district and time in both languages."""
    # Read once more when it is stored, with its name; here for the place alone.
    definition = desk.incidents.definition
    placed = {"type": "Feature", "geometry": document["geometry"], "properties": {}}
    read = read_feature_document(placed, definition, zone=desk.zone, include_private=True, partial=False)
    raw = document["properties"]
    district_id = raw.get(DISTRICT_FIELD) if isinstance(raw, dict) else None
    pinned: SnapshotSet = desk.pin()
    found: Jurisdiction = jurisdiction_at(desk, pinned, read.geometry, str(district_id) if district_id else None)
    lowest = next(iter(found.chain), None)
    label = definition.fields["kind"].codes[kind].label
    local = f"{datetime.fromisoformat(instant).astimezone(desk.zone):%m-%d %H:%M}"
    zh, en = "地点待定", "place unknown"
    if lowest is not None:
        zh, en = lowest.name or lowest.id, lowest.name_en or lowest.name or lowest.id
    elif read.geometry is not None and _has_districts(pinned):  # it has a place, which no district contains
        zh, en = "区划外", "outside all districts"
    return {"name": f"{zh}{label.zh} {local}", "name_en": f"{label.en}, {en}, {local}"}


def _warnings(
    place: FoundPlace, occurred: str | None, received: str, now: datetime, language: Language
) -> tuple[str, ...]:
    said = []
    if place.basis == "ambiguous":
        said.append(
            say(
                language,
                "地名可能指多处,已先登记、未定位:请从候选中选定",
                "the name may mean several places: stored without a place, choose one of the candidates",
            )
        )
    if place.basis == "not_found":
        said.append(say(language, "没有找到这个地名,已先登记", "no place of that name: stored without a place"))
    if place.basis == "none":
        said.append(say(language, "尚无地点:请问清地点", "no place yet: ask where it is"))
    if occurred is not None and occurred > received:
        said.append(say(language, "发生时间晚于接报时间,请核对", "it occurred after it was received: check the times"))
    if occurred is not None and instant_text(now - _LONG_AGO) > occurred:
        said.append(say(language, "发生在一天以前,请核对日期", "it occurred more than a day ago: check the date"))
    return tuple(said)


def _outside(desk: IncidentDesk, edited: Edited, language: Language) -> tuple[str, ...]:
    """Return what is said of a place that lies in no district: at sea, abroad, or mistyped."""
    geometry = None if edited.feature is None else edited.feature.geometry
    pinned = desk.pin()
    if geometry is None or not _has_districts(pinned) or not jurisdiction_at(desk, pinned, geometry, None).outside:
        return ()
    said = (
        "位置不在任何已登记的区划内,已先登记:请核对经度、纬度",
        "the place lies in no district that is known: stored, but check longitude and latitude",
    )
    return (say(language, *said),)


def _has_districts(pinned: SnapshotSet) -> bool:
    districts = pinned.layers.get(DISTRICT_LAYER)
    return districts is not None and len(districts.columns) > 0


def stored_incident(opened: Opened) -> Feature:
    """Return the incident as it is stored now.

    Raises
    ------
    UsageError
        Where it was deleted meanwhile.
    """
    if opened.edited.feature is None:
        raise UsageError(f"Incident '{opened.edited.id}' was deleted meanwhile", field="id", value=opened.edited.id)
    return opened.edited.feature
