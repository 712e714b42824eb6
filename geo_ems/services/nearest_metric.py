"""By what a nearest question is answered: metric, direction, and the cutoff of its unit (rulings 5, 15)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import say
from geo_ems.settings import Defaults

_COMING: Final = frozenset({"team", "depot"})
_TRAVELLED_TO: Final = frozenset({*_COMING, "shelter", "facility"})


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: `cutoff` is in seconds for travel time, else in metres, and inclusive."""

    metric: Metric
    mode: Mode
    direction: Direction
    cutoff: float | None
    warnings: tuple[str, ...] = ()

    @property
    def units(self) -> str:
        """Return the unit that ranks."""
        return "s" if self.metric is Metric.TRAVEL_TIME else "m"


def measure_asked(question: NearestQuestion, *, role: str, has_roads: bool, defaults: Defaults) -> Measure:
    """Return how a question is measured.

    Without roads the answer is a straight line, and says so. Without a metric teams, depots, shelters and
    facilities are ranked by travel time where there are roads, or by road distance where the cutoff is in
    metres; other layers (districts, hazards, villages) are not travelled to, and are in a straight line.

    Raises
    ------
    UsageError
        Where the cutoff is not of the metric's unit, given twice, out of range, or in time without roads.
    """
    _check_cutoff(question)
    _check_roads_meant(question)
    metric, warnings = _metric(question, role=role, has_roads=has_roads, defaults=defaults)
    direction = question.direction
    if direction is None:
        direction = Direction.TO_INCIDENT if role in _COMING else Direction.FROM_INCIDENT
    is_time = metric is Metric.TRAVEL_TIME
    wrong, name = (question.cutoff_m, "cutoff_m") if is_time else (question.cutoff_s, "cutoff_s")
    if wrong is not None:
        raise _unfitting(metric, name, wrong, asked=question.metric, has_roads=has_roads)
    cutoff = question.cutoff_s if is_time else question.cutoff_m
    return Measure(metric, question.mode, direction, cutoff, tuple(warnings))


def _check_roads_meant(question: NearestQuestion) -> None:
    """Refuse a straight line with what only roads know, rather than leave it out without a word."""
    if question.metric is not Metric.STRAIGHT_LINE:
        return
    told = {
        "barriers": bool(question.drawn_barriers or question.barrier_ids),
        "policy": bool(question.policy),
        "include_route": question.include_route,
    }
    for name in (name for name, is_given in told.items() if is_given):
        raise UsageError(
            f"'{name}' means nothing in a straight line",
            remedy="Leave it out, or ask for metric travel_time or road_distance.",
            field=name,
        )


def _metric(question: NearestQuestion, *, role: str, has_roads: bool, defaults: Defaults) -> tuple[Metric, list[str]]:
    metric = question.metric
    if has_roads:
        if metric is None and role not in _TRAVELLED_TO and question.cutoff_s is None:
            metric = Metric.STRAIGHT_LINE
        if metric is None:
            metric = Metric.TRAVEL_TIME if question.cutoff_m is None else Metric.ROAD_DISTANCE
        return metric, []
    if metric in {None, Metric.STRAIGHT_LINE}:
        return Metric.STRAIGHT_LINE, []
    factor = defaults.detour_factor
    said = say(
        question.language,
        f"没有道路数据:按直线距离回答,不是行车时间;实际路程一般为直线的 {factor:g} 倍左右,桥断、山挡都不知道",
        "there are no roads: answered in straight lines, which are not travel time; the way is usually about "
        f"{factor:g} times as long, and a broken bridge is not known",
    )
    return Metric.STRAIGHT_LINE, [said]


def _check_cutoff(question: NearestQuestion) -> None:
    if question.cutoff_m is not None and question.cutoff_s is not None:
        raise UsageError(
            "There are two cutoffs", remedy="Give the one of the metric: cutoff_s or cutoff_m.", field="cutoff_s"
        )
    seconds = question.cutoff_s
    if seconds is not None and not 0 <= seconds < np.inf:
        raise UsageError(
            f"the cutoff is {seconds} s", remedy="Write seconds, 0 or more.", field="cutoff_s", value=seconds
        )


def _unfitting(metric: Metric, name: str, value: float, *, asked: Metric | None, has_roads: bool) -> UsageError:
    if not has_roads and asked is not Metric.STRAIGHT_LINE:
        return UsageError(
            "A cutoff in time needs a road network, and none is loaded",
            remedy="Give metres (cutoff_m, --cutoff 1000m), or import roads: geo-ems import-roads FILE",
            field=name,
            value=value,
        )
    unit, other = ("seconds", "cutoff_s, --cutoff 15min") if metric is Metric.TRAVEL_TIME else ("metres", "cutoff_m")
    return UsageError(
        f"A cutoff of {metric} is in {unit}",
        remedy=f"Give {other}, or ask for the metric that fits: travel_time in seconds, the others in metres.",
        field=name,
        value=value,
    )
