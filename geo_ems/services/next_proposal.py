"""Whom to ask next when a team declined or did not answer: one function, so that a better ranking can replace it."""

from dataclasses import dataclass

from geo_ems.catalogue.conditions import parse_condition_text
from geo_ems.errors import UsageError
from geo_ems.model.answers import RankedFeature
from geo_ems.model.conditions import AllOf
from geo_ems.model.features import Feature
from geo_ems.model.labels import Language
from geo_ems.services.incident_desk import TEAM_LAYER, IncidentDesk
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import say

CAPABILITY_FIELD = "capabilities"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next team to ask (None where there is none), and by what it was chosen."""

    team: RankedFeature | None
    metric: str
    why: str


def next_proposal(desk: IncidentDesk, incident: Feature | None, refused: Feature, *, language: Language) -> Proposal:
    """Return the nearest free team that can do what the team can that refused, else the nearest free one."""
    if incident is None or incident.geometry is None:
        why = say(language, "事件没有地点,无法排序", "the incident has no place: nothing can be ranked")
        return Proposal(None, "none", why)
    able = refused.properties.get(CAPABILITY_FIELD)
    wanted = "+".join(able) if isinstance(able, tuple) else ""
    for text in [f"{CAPABILITY_FIELD}={wanted}", ""] if wanted else [""]:
        team = _nearest_free(desk, incident.id, text)
        if team is not None:
            said = (
                ("能力相同、直线最近的可用队伍", "the nearest free team with the same capabilities, straight line")
                if text
                else ("直线最近的可用队伍(能力请核对)", "the nearest free team, straight line (check what it can do)")
            )
            return Proposal(team, "straight_line", say(language, *said))
    return Proposal(None, "straight_line", say(language, "没有其他可用队伍", "there is no other free team"))


def _nearest_free(desk: IncidentDesk, incident_id: str, text: str) -> RankedFeature | None:
    definition = desk.snapshots.definition(TEAM_LAYER)
    conditions = (parse_condition_text(text, definition, include_private=False),) if text else ()
    question = NearestQuestion(TEAM_LAYER, incident_id=incident_id, k=1, where=AllOf(conditions))
    try:
        answer = nearest(
            desk.snapshots,
            question,
            caller=desk.caller,
            defaults=desk.defaults,
            zone=desk.zone,
            clock=desk.clock,
        )
    except UsageError:  # the incident went or lost its place meanwhile
        return None
    return answer.results[0] if answer.results else None
