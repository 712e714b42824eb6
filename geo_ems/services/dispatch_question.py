"""What a recommendation is asked for: the incident or place, its kind and alarm level, and how it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.run_cards import RunCards
from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import ConflictError, UsageError, known_names
from geo_ems.model.caller import Caller
from geo_ems.model.features import Properties
from geo_ems.model.labels import Language
from geo_ems.model.roads import Metric
from geo_ems.model.run_cards import RunCard
from geo_ems.services.coded_words import code_of
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.nearest import Roads
from geo_ems.services.nearest_question import INCIDENT_LAYER, place_asked
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import text_or_none
from geo_ems.settings import Defaults

MAX_INCIDENTS = 20
LEVEL_OF_GRADE: Final[Mapping[str, int]] = {"below_general": 1, "general": 1, "larger": 2, "major": 3, "extra_major": 3}
WEIGHT_OF_GRADE: Final[Mapping[str, int]] = {
    "below_general": 1,
    "general": 2,
    "larger": 4,
    "major": 8,
    "extra_major": 16,
}
DEFAULT_WEIGHT: Final = 2


@dataclass(frozen=True, slots=True)
class SceneAsked:
    """One incident by its id, or a place with a kind; `alarm_level` None follows from the grade."""

    incident_id: str | None = None
    at_lonlat_deg: tuple[float, float] | None = None
    kind: str | None = None
    alarm_level: int | None = None


@dataclass(frozen=True, slots=True)
class DispatchQuestion:
    """A recommendation for one scene, or for several that share one pool.

    `own_area_only` leaves out what belongs to other areas (ruling 11 names them otherwise). With
    `keep_cover` each area keeps its minimum (`rules/minimum_cover.toml`); None: only where several
    incidents share one pool.
    """

    scenes: tuple[SceneAsked, ...]
    as_of: datetime | None = None
    max_position_age_s: float | None = None
    own_area_only: bool = False
    keep_cover: bool | None = None
    metric: Metric | None = None
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class DispatchAsking:
    """How everything in one recommendation is judged: the instant, the zone, the defaults, the language."""

    as_of: datetime
    zone: ZoneInfo
    defaults: Defaults
    language: Language
    max_position_age_s: float | None = None
    own_area_only: bool = False
    metric: Metric | None = None
    roads: Roads | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scene is."""

    at_lonlat_deg: tuple[float, float]
    incident_id: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene as it is understood: where, what kind, which card, how grave, what is known of the incident."""

    place: Place
    kind: str
    grade: str | None
    card: RunCard
    weight: int
    incident: Properties
    warnings: tuple[str, ...]
    levels: tuple[int, ...] = ()

    def whole(self, field: str) -> int:
        """Return a number of the incident; 0 where it is unknown."""
        value = self.incident.get(field)
        return int(value) if isinstance(value, int | float) else 0


def scene_asked(
    pinned: SnapshotSet, asked: SceneAsked, cards: RunCards, *, caller: Caller, language: Language
) -> Scene:
    """Return a scene with its card.

    Raises
    ------
    UsageError
        Where neither or both of place and incident are given, or no kind is known.
    NotFoundError
        Where the incident, the kind or the alarm level does not exist.
    ConflictError
        Where the incident is over.
    """
    incident: Properties = {}
    if asked.incident_id is not None:
        incident = _incident(pinned, asked.incident_id, caller)
    question = NearestQuestion(
        layer=INCIDENT_LAYER, at_lonlat_deg=asked.at_lonlat_deg, incident_id=asked.incident_id, language=language
    )
    at_lonlat_deg, warnings = place_asked(pinned, question, caller)
    kind = _kind_meant(pinned, asked.kind) or text_or_none(incident.get("kind"))
    if kind is None:
        raise UsageError(
            "The kind of the incident is not known",
            remedy=f"Give it, one of: {', '.join(cards.kinds)}.",
            field="kind",
        )
    grade = text_or_none(incident.get("grade"))
    card = _card(cards, kind, asked.alarm_level, grade)
    weight = WEIGHT_OF_GRADE.get(grade or "", DEFAULT_WEIGHT)
    place = Place(at_lonlat_deg, asked.incident_id)
    return Scene(place, kind, grade, card, weight, incident, tuple(warnings), tuple(cards.levels(kind)))


def _kind_meant(pinned: SnapshotSet, typed: str | None) -> str | None:
    """Return the code of a kind that was typed as its name; what is no name is left to the run cards to refuse."""
    field = pinned.layer(INCIDENT_LAYER).columns.definition.fields.get("kind")
    if typed is None or field is None or typed in field.codes:
        return typed
    try:
        return code_of(typed, field)
    except UsageError:
        return typed


def _card(cards: RunCards, kind: str, level: int | None, grade: str | None) -> RunCard:
    """Return the card of a level, or of the highest one up to that which goes with the grade."""
    if level is not None:
        return cards.card(kind, level)
    for lower in range(LEVEL_OF_GRADE.get(grade or "", 1), 1, -1):
        name = kind if any(known == kind for known, _ in cards.cards) else "default"
        if (name, lower) in cards.cards:
            return cards.card(kind, lower)
    return cards.card(kind, 1)


def _incident(pinned: SnapshotSet, incident_id: str, caller: Caller) -> Properties:
    snapshot = pinned.layer(INCIDENT_LAYER)
    visible = visible_rows(snapshot, caller)
    row = snapshot.row_of.get(incident_id)
    if row is None or not visible[row]:
        ids = [str(snapshot.columns.ids[found]) for found in np.flatnonzero(visible)]
        raise known_names("incident", incident_id, ids[:20])
    values = snapshot.columns.row_values(row, include_private=False)
    if values.get("state") == "terminated":
        raise ConflictError("The incident is over", where=incident_id, remedy="Open it again first, or name another.")
    return values
