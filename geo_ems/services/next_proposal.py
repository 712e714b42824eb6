"""Whom to ask next when a team declined or did not answer: one function, so that a better ranking can replace it."""

from dataclasses import dataclass

from geo_ems.catalogue.conditions import parse_condition_text
from geo_ems.errors import UsageError
from geo_ems.model.answers import RankedFeature
from geo_ems.model.conditions import AllOf
from geo_ems.model.features import Feature
from geo_ems.model.labels import Language
from geo_ems.model.roads import Metric
from geo_ems.services.incident_desk import TEAM_LAYER, IncidentDesk
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import say

CAPABILITY_FIELD = "capabilities"
_BY = {
    Metric.TRAVEL_TIME: ("最先到达", "that arrives first"),
    Metric.ROAD_DISTANCE: ("道路里程最近", "nearest by road"),
    Metric.STRAIGHT_LINE: ("直线最近", "nearest in a straight line"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next team to ask (None where there is none), and by what it was chosen."""

    team: RankedFeature | None
    metric: str
    why: str


def next_proposal(desk: IncidentDesk, incident: Feature | None, refused: Feature, *, language: Language) -> Proposal:
    """Return the free team that arrives first and can do what the team can that refused, else that arrives first."""
    if incident is None or incident.geometry is None:
        why = say(language, "事件没有地点,无法排序", "the incident has no place: nothing can be ranked")
        return Proposal(None, "none", why)
    able = refused.properties.get(CAPABILITY_FIELD)
    wanted = "+".join(able) if isinstance(able, tuple) else ""
    for text in [f"{CAPABILITY_FIELD}={wanted}", ""] if wanted else [""]:
        found = _first_free(desk, incident.id, text)
        if found is not None:
            team, metric = found
            zh, en = _BY[metric]
            said = (
                (f"能力相同、{zh}的可用队伍", f"the free team with the same capabilities {en}")
                if text
                else (f"{zh}的可用队伍(能力请核对)", f"the free team {en} (check what it can do)")
            )
            return Proposal(team, str(metric), say(language, *said))
    return Proposal(None, "none", say(language, "没有其他可用队伍", "there is no other free team"))


def _first_free(desk: IncidentDesk, incident_id: str, text: str) -> tuple[RankedFeature, Metric] | None:
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
            roads=desk.roads,
        )
    except UsageError:  # the incident went or lost its place meanwhile
        return None
    return (answer.results[0], Metric(str(answer.definition["metric"]))) if answer.results else None
