"""Recommends who and what goes to an incident, or to several that share one pool. Nothing is changed by asking."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from geo_ems.catalogue.pinned_source import PinnedSource
from geo_ems.catalogue.snapshots import SnapshotSet, SnapshotSource
from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.dispatch import DispatchAnswer, MoveUp, NeedFilled, SceneFilled
from geo_ems.model.labels import Language
from geo_ems.services.assignment_ledger import ASSIGNMENT_LAYER
from geo_ems.services.dispatch_answer import RankedScene, Worked, answer_of
from geo_ems.services.dispatch_goods import GoodsScene, fill_supplies, need_of_trucks
from geo_ems.services.dispatch_places import PlacesScene, fill_hospitals, fill_places
from geo_ems.services.dispatch_question import (
    MAX_INCIDENTS,
    DispatchAsking,
    DispatchQuestion,
    Place,
    Scene,
    scene_asked,
)
from geo_ems.services.dispatch_ranking import READY_OR_STANDBY, RankedLayer, ranked_layer
from geo_ems.services.dispatch_rules import DispatchRules
from geo_ems.services.dispatch_support import effective_force, sums_of, support_request, upper_level
from geo_ems.services.dispatch_teams import TeamScene, TeamsSent, send_teams
from geo_ems.services.dispatch_trucks import trucks_of_scenes, with_stock_trucks
from geo_ems.services.districts import DISTRICT_LAYER
from geo_ems.services.eligibility import HAZARD_LAYER
from geo_ems.services.minimum_cover import CoverArea, cover_areas, kept_teams, move_ups
from geo_ems.services.nearest import BARRIER_LAYER, ROAD_LAYER, Roads
from geo_ems.services.nearest_question import INCIDENT_LAYER
from geo_ems.services.provenance import local_date
from geo_ems.settings import Defaults

TEAM_LAYER, DEPOT_LAYER, SHELTER_LAYER, FACILITY_LAYER = "response_teams", "supply_depots", "shelters", "facilities"
_LAYERS: Final = (
    TEAM_LAYER,
    DEPOT_LAYER,
    SHELTER_LAYER,
    FACILITY_LAYER,
    INCIDENT_LAYER,
    DISTRICT_LAYER,
    HAZARD_LAYER,
    BARRIER_LAYER,
    ROAD_LAYER,
    ASSIGNMENT_LAYER,
)


def dispatch(
    source: SnapshotSource,
    question: DispatchQuestion,
    rules: DispatchRules,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    roads: Roads | None = None,
) -> DispatchAnswer:
    """Return what the run cards ask for, filled as well as it can be, with every shortfall explained.

    Raises
    ------
    UsageError
        Where a scene is wrongly asked for.
    NotFoundError
        Where an incident, a kind or an alarm level does not exist.
    """
    _check(question)
    pinned = source.pin([name for name in _LAYERS if name in source.definitions])
    fixed = PinnedSource(source, pinned)
    as_of = (question.as_of or clock()).replace(microsecond=0)
    language = question.language
    asking = DispatchAsking(
        as_of=as_of,
        zone=zone,
        defaults=defaults,
        language=language,
        max_position_age_s=question.max_position_age_s,
        own_area_only=question.own_area_only,
        metric=question.metric,
        roads=roads,
    )
    scenes = [scene_asked(pinned, asked, rules.cards, caller=caller, language=language) for asked in question.scenes]
    ranked = [_ranked(fixed, scene, asking, caller) for scene in scenes]
    is_joint = len(scenes) > 1
    keeps = question.keep_cover if question.keep_cover is not None else is_joint
    on_date = local_date(as_of, zone)

    goods = fill_supplies(
        [GoodsScene(item.depots, item.scene.card.supplies, item.scene.weight) for item in ranked],
        rules.cargo,
        on_date=on_date,
        language=language,
    )
    trucks = trucks_of_scenes(ranked, goods.trucks, goods.needs, rules.cargo, on_date, language)
    areas = cover_areas(rules.cover, pinned, ranked[0].teams)
    sent = send_teams(
        [
            TeamScene(
                item.scene,
                item.teams,
                (*item.scene.card.teams, *((need_of_trucks(missing, rules.cargo),) if missing else ())),
            )
            for item, (_, missing) in zip(ranked, trucks, strict=True)
        ],
        kept=kept_teams(areas) if keeps else (),
        minimise_latest=not is_joint,
        language=language,
    )
    places = _places(ranked, language)
    filled = []
    for place, item in enumerate(ranked):
        needs = [*sent.needs[place]]
        needs = with_stock_trucks(needs, trucks[place], goods.trucks[place])
        needs += goods.needs[place]
        needs += [places[place]] if place in places else []
        if item.scene.card.hospitals is not None:
            needs.append(fill_hospitals(item.scene, item.facilities, item.scene.card.hospitals, language=language))
        filled.append(_scene_filled(item, tuple(needs), sent, pinned, caller, language))
    moves = _moves(fixed, areas, sent, asking, caller)
    worked = Worked(question, pinned, asking, tuple(ranked), tuple(filled), areas, moves, sent, keeps)
    return answer_of(worked)


def _check(question: DispatchQuestion) -> None:
    if not 1 <= len(question.scenes) <= MAX_INCIDENTS:
        raise UsageError(
            f"There are {len(question.scenes)} incidents", remedy=f"Name 1 to {MAX_INCIDENTS}.", field="incidents"
        )
    ids = [scene.incident_id for scene in question.scenes if scene.incident_id is not None]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"The incident '{twice}' stands twice", remedy="Name it once.", field="incidents", value=twice)


def _ranked(source: SnapshotSource, scene: Scene, asking: DispatchAsking, caller: Caller) -> RankedScene:
    rank = partial(ranked_layer, source, place=scene.place, asking=asking, caller=caller)
    return RankedScene(
        scene=scene,
        teams=rank(TEAM_LAYER),
        depots=rank(DEPOT_LAYER, availability=READY_OR_STANDBY),
        shelters=rank(SHELTER_LAYER, availability=READY_OR_STANDBY),
        facilities=rank(FACILITY_LAYER, availability=READY_OR_STANDBY),
    )


def _places(ranked: Sequence[RankedScene], language: Language) -> dict[int, NeedFilled]:
    asked = [
        (place, PlacesScene(item.scene, item.shelters, item.scene.card.places))
        for place, item in enumerate(ranked)
        if item.scene.card.places is not None
    ]
    if not asked:
        return {}
    filled = fill_places([scene for _, scene in asked], language=language)
    return {place: need for (place, _), need in zip(asked, filled, strict=True)}


def _scene_filled(
    item: RankedScene,
    needs: tuple[NeedFilled, ...],
    sent: TeamsSent,
    pinned: SnapshotSet,
    caller: Caller,
    language: Language,
) -> SceneFilled:
    scene, card = item.scene, item.scene.card
    lon, lat = scene.place.at_lonlat_deg
    return SceneFilled(
        incident=scene.place.incident_id,
        kind=scene.kind,
        alarm_level=card.level,
        grade=scene.grade,
        lon=lon,
        lat=lat,
        card={"kind": card.kind, "alarm_level": card.level, "source": card.source, "note": card.note.text(language)},
        needs=needs,
        totals=sums_of(needs),
        force=effective_force(needs, card.force),
        support_request=support_request(
            needs,
            card.teams,
            item.teams,
            sent=sent.sent,
            upper=upper_level(pinned, scene.place.at_lonlat_deg, caller),
            language=language,
        ),
        levels=scene.levels,
    )


def _moves(
    source: SnapshotSource, areas: Sequence[CoverArea], sent: TeamsSent, asking: DispatchAsking, caller: Caller
) -> tuple[MoveUp, ...]:
    def ranked_at(lonlat_deg: tuple[float, float]) -> RankedLayer:
        return ranked_layer(source, TEAM_LAYER, Place(lonlat_deg, None), asking, caller=caller)

    return move_ups(areas, sent.sent, ranked_at, language=asking.language)
