"""Public warnings in the Common Alerting Protocol, read strictly; nothing that an alert points to is ever fetched.

References
----------
OASIS, Common Alerting Protocol 1.1 (2005) and 1.2 (2010).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError
from geo_ems.formats.cap_geometry import area_geometry
from geo_ems.formats.raw import DEFAULT_LIMITS, Limits
from geo_ems.formats.xml_elements import Element, decode_xml, read_elements

_REQUIRED = ("identifier", "sender", "sent", "status", "msgType", "scope")
_STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
_MESSAGES = ("Alert", "Update", "Cancel", "Ack", "Error")
_REFERENCE = re.compile(r"([^,\s]+),([^,\s]+),([^,\s]+)")


@dataclass(frozen=True, slots=True)
class AlertArea:
    """One area of a warning: its words, its place (WGS84 lon/lat, None without one), its codes, its faults."""

    description: str
    geometry: BaseGeometry | None
    geocodes: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertInfo:
    """What a warning says in one language; instants as they are written, naive ones without an offset."""

    language: str
    categories: tuple[str, ...]
    event: str
    event_codes: tuple[str, ...]
    responses: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    effective: datetime | None
    onset: datetime | None
    expires: datetime | None
    sender_name: str
    headline: str
    description: str
    instruction: str
    areas: tuple[AlertArea, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """One message; `references` are (sender, identifier, sent) of earlier ones, as they are written."""

    identifier: str
    sender: str
    sent: datetime
    sent_text: str
    status: str
    message: str
    references: tuple[tuple[str, str, str], ...]
    infos: tuple[AlertInfo, ...]


@dataclass(frozen=True, slots=True)
class AlertFile:
    """The alerts of a file, in its order; `linked_count` entries of a list name an alert and do not hold it."""

    alerts: tuple[Alert, ...]
    linked_count: int


def read_cap(data: bytes, *, where: str, limits: Limits = DEFAULT_LIMITS) -> AlertFile:
    """Return the alerts of a CAP 1.1 or 1.2 file, or of an ATOM list that holds them.

    Raises
    ------
    DataError
        Where the file is not well-formed, has a document type, is neither, lacks what every alert
        must say, or only links to alerts.
    """
    text, _ = decode_xml(data, encoding=None, where=where)
    gathering = _Gathering()
    read_elements(text, gathering.take, wanted=frozenset({"alert"}), limits=limits, where=where)
    if gathering.root not in {"alert", "feed", "rss", "EDXLDistribution"}:
        raise DataError(
            f"This is XML of another kind ('{gathering.root[:40]}')",
            where=where,
            remedy="Choose a CAP alert (its outermost element is <alert>), or an ATOM list that holds alerts.",
        )
    linked = gathering.entry_count - len(gathering.holding)
    if not gathering.alerts:
        raise DataError(
            f"The list holds no alert; its {linked} entries only link to them" if linked else "The list is empty",
            where=where,
            remedy="Open the link of an entry, save the alert itself as .xml, and import that file.",
        )
    return AlertFile(tuple(_alert(element, where) for element in gathering.alerts), linked)


class _Gathering:
    """Alerts as they end, and the entries of a list around them."""

    def __init__(self) -> None:
        self.root = ""
        self.alerts: list[Element] = []
        self.entry_count = 0
        self.holding: set[int] = set()

    def take(self, element: Element) -> None:
        """Take an element that has ended."""
        if element.parent is None:
            self.root = element.name
        if element.name == "alert":
            self.alerts.append(element)
            above = element.parent
            while above is not None:
                if above.name in {"entry", "item"}:
                    self.holding.add(id(above))  # an ancestor lives as long as its descendant is kept
                above = above.parent
        elif element.name in {"entry", "item"}:
            self.entry_count += 1


def _alert(element: Element, where: str) -> Alert:
    missing = [name for name in _REQUIRED if not element.text_of(name)]
    identifier = element.text_of("identifier")
    place = f"{where}, {identifier[:100]}" if identifier else where
    if missing:
        raise DataError(
            f"The alert does not say its {', '.join(missing)}", where=place, remedy="Ask the sender for a valid alert."
        )
    sent_text = element.text_of("sent")
    return Alert(
        identifier=identifier,
        sender=element.text_of("sender"),
        sent=_required_instant(sent_text, place),
        sent_text=sent_text,
        status=_one_of(element.text_of("status"), _STATUSES, "status", place),
        message=_one_of(element.text_of("msgType"), _MESSAGES, "msgType", place),
        references=tuple(
            (match[1], match[2], match[3]) for match in _REFERENCE.finditer(element.text_of("references"))
        ),
        infos=tuple(_info(child, place) for child in element.children if child.name == "info"),
    )


def _info(element: Element, where: str) -> AlertInfo:
    event = element.text_of("event")
    if not event:
        raise DataError("An info does not say its event", where=where, remedy="Ask the sender for a valid alert.")
    return AlertInfo(
        language=element.text_of("language") or "en-US",  # what the standard says where nothing is
        categories=_texts(element, "category"),
        event=event,
        event_codes=tuple(code.text_of("value") for code in element.children if code.name == "eventCode"),
        responses=_texts(element, "responseType"),
        urgency=element.text_of("urgency"),
        severity=element.text_of("severity"),
        certainty=element.text_of("certainty"),
        effective=_instant(element.text_of("effective"), where),
        onset=_instant(element.text_of("onset"), where),
        expires=_instant(element.text_of("expires"), where),
        sender_name=element.text_of("senderName"),
        headline=element.text_of("headline"),
        description=element.text_of("description"),
        instruction=element.text_of("instruction"),
        areas=tuple(_area(child) for child in element.children if child.name == "area"),
    )


def _area(element: Element) -> AlertArea:
    """Return an area; what of its shapes cannot be used is told, and the rest is used."""
    geometry, faults = area_geometry(_texts(element, "polygon"), _texts(element, "circle"))
    geocodes = tuple(
        (code.text_of("valueName"), code.text_of("value")) for code in element.children if code.name == "geocode"
    )
    return AlertArea(element.text_of("areaDesc"), geometry, geocodes, faults)


def _texts(element: Element, name: str) -> tuple[str, ...]:
    return tuple(child.text for child in element.children if child.name == name and child.text)


def _one_of(text: str, known: tuple[str, ...], name: str, where: str) -> str:
    if text not in known:
        raise DataError(
            f"'{text[:40]}' is no {name}", where=where, remedy=f"The standard knows {', '.join(known)}; ask the sender."
        )
    return text


def _required_instant(text: str, where: str) -> datetime:
    found = _instant(text, where)
    if found is None:
        raise DataError("The alert does not say when it was sent", where=where, remedy="Ask the sender.")
    return found


def _instant(text: str, where: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(
            f"'{text[:60]}' is not an instant", where=where, remedy="Alerts write 2026-07-01T03:10:00+08:00."
        ) from error
