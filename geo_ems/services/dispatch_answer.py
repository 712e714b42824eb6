"""A recommendation put together: what was asked, what the numbers mean, and what to be warned of."""

from collections.abc import Sequence
from dataclasses import dataclass

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.dispatch import CoverState, DispatchAnswer, MoveUp, SceneFilled
from geo_ems.services.dispatch_question import WEIGHT_OF_GRADE, DispatchAsking, DispatchQuestion, Scene
from geo_ems.services.dispatch_ranking import RankedLayer
from geo_ems.services.dispatch_teams import TeamsSent
from geo_ems.services.minimum_cover import CoverArea, cover_states
from geo_ems.services.provenance import instant_text
from geo_ems.services.words import say


@dataclass(frozen=True, slots=True)
class RankedScene:
    """One scene with everything that could go to it."""

    scene: Scene
    teams: RankedLayer
    depots: RankedLayer
    shelters: RankedLayer
    facilities: RankedLayer


@dataclass(frozen=True, slots=True)
class Worked:
    """Everything that was worked out; `keeps` says that each area kept its minimum."""

    question: DispatchQuestion
    pinned: SnapshotSet
    asking: DispatchAsking
    ranked: tuple[RankedScene, ...]
    filled: tuple[SceneFilled, ...]
    areas: tuple[CoverArea, ...]
    moves: tuple[MoveUp, ...]
    sent: TeamsSent
    keeps: bool


def answer_of(worked: Worked) -> DispatchAnswer:
    """Return the whole answer, with the words that say what it rests on."""
    asking, ranked = worked.asking, worked.ranked
    by_time = ranked[0].teams.by_time
    cover = cover_states(worked.areas, worked.sent.sent, asking.language)
    layers = (ranked[0].teams, ranked[0].depots, ranked[0].shelters, ranked[0].facilities)
    return DispatchAnswer(
        query=_echo(worked),
        definition=_definition(by_time=by_time, is_joint=len(ranked) > 1, keeps=worked.keeps),
        snapshot_id=worked.pinned.snapshot_id,
        as_of=instant_text(asking.as_of),
        data_as_of={layer.definition.name: layer.data_as_of for layer in layers},
        scenes=worked.filled,
        cover=cover,
        move_ups=worked.moves,
        proven=worked.sent.proven,
        gap=worked.sent.gap,
        warnings=tuple(dict.fromkeys(_warnings(worked, cover, by_time=by_time))),
    )


def _warnings(worked: Worked, cover: Sequence[CoverState], *, by_time: bool) -> list[str]:
    language, warnings = worked.asking.language, []
    for item in worked.ranked:
        layers = (item.teams, item.depots, item.shelters, item.facilities)
        warnings += [*item.scene.warnings, *(text for layer in layers for text in layer.warnings)]
        if item.scene.card.kind != item.scene.kind:
            zh, en = f"'{item.scene.kind}' 没有专门的编成,用默认编成", f"'{item.scene.kind}' has no run card of its own"
            warnings.append(say(language, zh, f"{en}: the default card is used"))
    if not by_time:
        said = (
            "没有路网,按直线距离排序;编成的时限未作判断",
            "no roads: ranked by the straight line, and the times of the card are not judged",
        )
        warnings.append(say(language, *said))
    if not worked.sent.proven:
        said = (
            f"选派未证明最优,差距 {worked.sent.gap:.1%}",
            f"the choice is not proven to be the best, gap {worked.sent.gap:.1%}",
        )
        warnings.append(say(language, *said))
    for state in cover:
        if state.after < min(state.minimum, state.now):
            name = state.area_name or state.area
            zh = f"{name}: {state.label},派出后只剩 {state.after} 支(最低 {state.minimum})"
            en = f"{name}: {state.label}; {state.after} left of at least {state.minimum}"
            warnings.append(say(language, zh, en))
    return warnings


def _echo(worked: Worked) -> dict[str, object]:
    question, asking = worked.question, worked.asking
    return {
        "incidents": [
            {
                "incident": item.incident,
                "lon": item.lon,
                "lat": item.lat,
                "kind": item.kind,
                "alarm_level": item.alarm_level,
            }
            for item in worked.filled
        ],
        "as_of": instant_text(asking.as_of),
        "max_position_age_s": asking.max_position_age_s,
        "own_area_only": question.own_area_only,
        "keep_cover": worked.keeps,
        "metric": None if question.metric is None else str(question.metric),
        "lang": question.language,
    }


def _definition(*, by_time: bool, is_joint: bool, keeps: bool) -> dict[str, object]:
    shortage = "fewest teams short, then people short, then vehicles short, each weighted by the grade of the incident"
    last = (
        "then the least sum of arrivals"
        if is_joint
        else "then the earliest last arrival, then the least sum of arrivals"
    )
    return {
        "metric": "travel_time" if by_time else "straight_line",
        "units": "s" if by_time else "m",
        "objective": f"{shortage}; {last}; then the sooner ones to the more urgent needs",
        "grade_weights": dict(WEIGHT_OF_GRADE),
        "counting": "a team goes to one need of one incident and counts there with all its people and vehicles",
        "unknown": "who has an unknown status is never sent, only listed to be confirmed; unknown numbers count 0",
        "supplies": "nearest depots first, of equally near ones the larger; no expired stock, none that is to come",
        "trucks": "every depot loads its own: trucks in stock first, then of transport teams; ranked at the incident",
        "cover_kept": keeps,
    }
