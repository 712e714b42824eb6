"""Teams for the needs of one scene or of several: each team once, the choice exact, every shortfall explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from geo_ems.model.definitions import Reason
from geo_ems.model.dispatch import Cure, NeedFilled, PassedOver, Picked, Shortfall, ShortReason
from geo_ems.model.labels import Language
from geo_ems.model.run_cards import CoverRule, TeamsNeeded
from geo_ems.queries.forces import Forces, Group, Need, send_forces
from geo_ems.services.dispatch_question import Scene
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.dispatch_words import (
    arrival_text,
    ask_upper_cure,
    confirm_cure,
    ids_of,
    in_time,
    names_of,
    names_with_phone,
    passed_over,
    picked,
    widen_cure,
)
from geo_ems.services.words import say

TIME_LIMIT_S = 10.0
_PASSED_LISTED = 5
_BUSY = frozenset({Reason.UNAVAILABLE, Reason.ALREADY_ASSIGNED})
_CUT_OFF = frozenset({Reason.ISOLATED, Reason.UNREACHABLE, Reason.POSITION_MISSING, Reason.INSIDE_HAZARD})


@dataclass(frozen=True, slots=True)
class TeamScene:
    """One scene with its teams as they are ranked for it, and all its needs of teams."""

    scene: Scene
    ranked: RankedLayer
    needs: tuple[TeamsNeeded, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Teams of which at most `most` may leave, because their area keeps the others."""

    ids: frozenset[str]
    most: int


@dataclass(frozen=True, slots=True)
class TeamsSent:
    """The needs of each scene as they are filled, in the order of the scenes; `sent` are the ids of all that go."""

    needs: tuple[tuple[NeedFilled, ...], ...]
    sent: frozenset[str]
    proven: bool
    gap: float


def send_teams(
    scenes: Sequence[TeamScene], *, kept: Sequence[Kept] = (), minimise_latest: bool, language: Language
) -> TeamsSent:
    """Return who goes where; the order of scenes and needs does not matter."""
    order = sorted(
        ((place, need) for place, scene in enumerate(scenes) for need in scene.needs),
        key=lambda item: (_scene_key(scenes[item[0]].scene), item[1].within_s or inf, item[1].name),
    )
    by_id = [{item.id: item for item in scene.ranked.candidates} for scene in scenes]
    ids = sorted({team_id for found in by_id for team_id in found})
    fits = np.zeros((len(ids), len(order)), dtype=np.bool_)
    cost = np.zeros((len(ids), len(order)), dtype=np.int64)
    for row, team_id in enumerate(ids):
        for column, (place, need) in enumerate(order):
            team = by_id[place].get(team_id)
            by_time = scenes[place].ranked.by_time
            if team is not None:
                may = team.reason is None and can_serve(team, need)
                fits[row, column] = may and in_time(team, need.within_s, by_time=by_time)
                cost[row, column] = team.tenths(by_time=by_time)
    brings = [_brings(next(found[team_id] for found in by_id if team_id in found)) for team_id in ids]
    sent = send_forces(
        Forces(
            fits,
            cost,
            np.array([people for people, _ in brings], dtype=np.int64),
            np.array([vehicles for _, vehicles in brings], dtype=np.int64),
        ),
        [
            Need(need.teams, need.people_persons, need.vehicles_count, scenes[place].scene.weight, len(order) - rank)
            for rank, (place, need) in enumerate(order)
        ],
        groups=[Group(np.array([team_id in item.ids for team_id in ids], dtype=np.bool_), item.most) for item in kept],
        minimise_latest=minimise_latest,
        time_limit_s=TIME_LIMIT_S,
    )
    goes = {
        team_id: (order[column][0], order[column][1].name)
        for team_id, column in zip(ids, sent.need_of.tolist(), strict=True)
        if column >= 0
    }
    filled = tuple(
        tuple(_filled(scene, place, need, goes, language) for need in scene.needs) for place, scene in enumerate(scenes)
    )
    return TeamsSent(filled, frozenset(goes), sent.proven, sent.gap)


def can_serve(team: Candidate, need: TeamsNeeded | CoverRule) -> bool:
    """Return whether a team has what a need asks for; what is not known of a team it does not have."""
    held = team.values.get("capabilities")
    capabilities = frozenset(held) if isinstance(held, tuple) else frozenset()
    has_all = capabilities.issuperset(need.capabilities)
    has_any = not need.any_capability or not capabilities.isdisjoint(need.any_capability)
    return has_all and has_any and (not need.kinds or team.values.get("kind") in need.kinds)


def _scene_key(scene: Scene) -> tuple[int, str, tuple[float, float], str]:
    return -scene.weight, scene.place.incident_id or "", scene.place.at_lonlat_deg, scene.kind


def _brings(team: Candidate) -> tuple[int, int]:
    people, vehicles = team.values.get("head_count_persons"), team.values.get("vehicle_count")
    return (
        int(people) if isinstance(people, int | float) else 0,
        int(vehicles) if isinstance(vehicles, int | float) else 0,
    )


def _filled(
    scene: TeamScene,
    place: int,
    need: TeamsNeeded,
    goes: Mapping[str, tuple[int, str]],
    language: Language,
) -> NeedFilled:
    ranked = scene.ranked
    able = [team for team in ranked.candidates if can_serve(team, need)]
    ready = [team for team in able if team.reason is None and in_time(team, need.within_s, by_time=ranked.by_time)]
    going = [team for team in ready if goes.get(team.id) == (place, need.name)]
    picks = tuple(_pick(team, ready.index(team) + 1, len(ready), ranked, language) for team in going)
    wanted = _wanted(need)
    got = {name: float(sum(pick.amounts.get(name, 0.0) for pick in picks)) for name in ("teams", "people", "vehicles")}
    missing = {name: amount - got[name] for name, amount in wanted.items() if got[name] < amount}
    label = need.label.text(language)
    unknown = tuple(team for team in able if team.may_be_confirmed)
    shortfall = None
    if missing:
        shortfall = Shortfall(missing, *_explained(scene, place, need, able, goes, language))
    listed = int(missing.get("teams", 0)) + 2
    asked = unknown[:listed] if missing else ()
    return NeedFilled(
        what="teams",
        name=need.name,
        label=label,
        wanted=wanted,
        got={name: got[name] for name in got if name in wanted or got[name]},
        within_s=need.within_s,
        picks=picks,
        shortfall=shortfall,
        to_confirm=tuple(
            picked(team, _amounts(team), state="to_confirm", why=_unknown_text(team, language), language=language)
            for team in asked
        ),
        passed_over=_passed(able, going, goes, scene, place, language),
    )


def _pick(team: Candidate, rank: int, count: int, ranked: RankedLayer, language: Language) -> Picked:
    arrives = arrival_text(team, language, by_time=ranked.by_time)
    zh = f"具备所需能力,待命,{arrives},在 {count} 支合格队伍中列第 {rank}"
    en = f"able, available, {arrives}, number {rank} of {count} that qualify"
    if team.values.get("head_count_persons") is None:
        zh, en = f"{zh};人数未知,按 0 计", f"{en}; its head count is unknown and counts 0"
    if team.is_outside:
        zh, en = f"{zh};属其他辖区", f"{en}; of another area"
    return picked(team, _amounts(team), state="ready", why=say(language, zh, en), language=language)


def _amounts(team: Candidate) -> dict[str, float]:
    people, vehicles = _brings(team)
    return {"teams": 1.0, "people": float(people), "vehicles": float(vehicles)}


def _wanted(need: TeamsNeeded) -> dict[str, float]:
    asked = {"teams": need.teams, "people": need.people_persons, "vehicles": need.vehicles_count}
    return {name: float(amount) for name, amount in asked.items() if amount}


def _unknown_text(team: Candidate, language: Language) -> str:
    said = ("状态未知,请电话核实", "status unknown, call")
    return say(language, "位置过时,请电话核实", "position out of date, call") if team.status else say(language, *said)


def _explained(
    scene: TeamScene,
    place: int,
    need: TeamsNeeded,
    able: Sequence[Candidate],
    goes: Mapping[str, tuple[int, str]],
    language: Language,
) -> tuple[tuple[ShortReason, ...], tuple[Cure, ...]]:
    """Return why a need is not filled, and what would help, the quickest first."""
    by_time = scene.ranked.by_time
    free = [team for team in able if team.reason is None]
    late = [team for team in free if not in_time(team, need.within_s, by_time=by_time)]
    timely = [team for team in free if in_time(team, need.within_s, by_time=by_time)]
    elsewhere = [team for team in timely if team.id in goes and goes[team.id] != (place, need.name)]
    stays = [team for team in timely if team.id not in goes]
    busy = [team for team in able if team.reason in _BUSY]
    unknown = [team for team in able if team.may_be_confirmed]
    cut_off = [team for team in able if team.reason in _CUT_OFF]
    reasons: list[ShortReason] = []
    cures: list[Cure] = []

    def add(code: str, teams: Sequence[Candidate], zh: str, en: str) -> None:
        if teams:
            reasons.append(ShortReason(code, len(teams), say(language, zh, en), ids_of(teams)))

    if not able:
        said = ("没有具备这种能力的队伍", "no team has this capability")
        reasons.append(ShortReason("none_capable", 0, say(language, *said)))
    add(
        "busy", busy, f"{len(busy)} 支正在执行任务或不可用: {names_of(busy)}", f"{len(busy)} are busy: {names_of(busy)}"
    )
    add("unknown_status", unknown, f"{len(unknown)} 支状态未知", f"the status of {len(unknown)} is not known")
    add("too_far", late, f"{len(late)} 支不能按时到达", f"{len(late)} would come too late")
    add("cut_off", cut_off, f"{len(cut_off)} 支无法到达或位置缺失", f"{len(cut_off)} cannot get here or have no place")
    add("needed_elsewhere", elsewhere, f"{len(elsewhere)} 支用于其他需求", f"{len(elsewhere)} go to another need")
    add("kept_back", stays, f"{len(stays)} 支按最低保障留守", f"{len(stays)} stay as the minimum cover of their area")
    if unknown:
        cures.append(confirm_cure(unknown, language))
    if busy:
        named = names_with_phone(busy)
        said = (f"召回或等待归队: {named}", f"recall, or wait for: {named}")
        cures.append(Cure("recall", say(language, *said), ids_of(busy)))
    if late:
        cures.append(widen_cure(late, language))
    if stays:
        said = (f"动用留守力量: {names_of(stays)}", f"use those kept back: {names_of(stays)}")
        cures.append(Cure("lift_cover", say(language, *said), ids_of(stays)))
    cures.append(ask_upper_cure(language))
    return tuple(reasons), tuple(cures)


def _passed(
    able: Sequence[Candidate],
    going: Sequence[Candidate],
    goes: Mapping[str, tuple[int, str]],
    scene: TeamScene,
    place: int,
    language: Language,
) -> tuple[PassedOver, ...]:
    """Return those that would come sooner than the last one picked (all, where none is), with what a person asks."""
    names = {need.name: need.label.text(language) for need in scene.needs}
    last = going[-1].tenths(by_time=scene.ranked.by_time) if going else None
    found: list[PassedOver] = []
    for team in able:
        sooner = last is None or team.tenths(by_time=scene.ranked.by_time) < last
        if team in going or not sooner or team.straight_m is None:
            continue
        where = goes.get(team.id)
        if where is None:
            why = say(language, "用其他队伍即可满足", "not needed: others suffice")
        elif where[0] == place:
            why = say(language, f"用于: {names[where[1]]}", f"goes to: {names[where[1]]}")
        else:
            why = say(language, "用于另一起事件", "goes to another incident")
        found.append(passed_over(team, why, language))
    return tuple(found[:_PASSED_LISTED])
