"""What a coverage question says: its cutoff, its warnings, how it is echoed and what the figures mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.provenance import instant_text
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.road_reach import default_direction, default_mode
from geo_ems.services.words import say
from geo_ems.settings import Defaults

_NAMED = 10
_STRAIGHT = "WGS84 geodesic from the demand point to the facility; to an area: to its boundary, 0 inside"
_VILLAGES = frozenset({"village", "community"})
_CELLS = frozenset({"grid", "cell"})
_DEFAULT_CUTOFFS = {"shelter": "shelter_cutoff_m", "depot": "depot_cutoff_m", "team": "team_cutoff_m"}


@dataclass(frozen=True, slots=True)
class CoverageMeasure:
    """What is measured: `cutoff` is in seconds for travel time, else in metres, and inclusive."""

    metric: Metric
    mode: Mode
    direction: Direction
    cutoff: float

    @property
    def by_road(self) -> bool:
        """Return whether roads are needed."""
        return self.metric is not Metric.STRAIGHT_LINE

    @property
    def unit(self) -> str:
        """Return the unit of the cutoff: s or m."""
        return "s" if self.metric is Metric.TRAVEL_TIME else "m"


def measure_asked(question: CoverageQuestion, role: str, defaults: Defaults) -> CoverageMeasure:
    """Return how a question is measured; without a metric by time where the cutoff is one, else in a straight line.

    Raises
    ------
    UsageError
        Where the cutoff is missing, given twice, out of range or not of the metric's unit.
    """
    if question.cutoff_m is not None and question.cutoff_s is not None:
        raise UsageError("There are two cutoffs", remedy="Give cutoff_s or cutoff_m.", field="cutoff_s")
    metric = question.metric
    if metric is None:
        metric = Metric.STRAIGHT_LINE if question.cutoff_s is None else Metric.TRAVEL_TIME
    if metric is Metric.STRAIGHT_LINE:
        _refuse_roads(question)
    if metric is Metric.TRAVEL_TIME:
        cutoff = _seconds_asked(question)
    else:
        if question.cutoff_s is not None:
            raise UsageError(
                f"A cutoff in time does not fit the metric {metric}",
                remedy="Give metres, or ask for metric travel_time.",
                field="cutoff_s",
                value=question.cutoff_s,
            )
        cutoff = _metres_asked(question, role, defaults)
    return CoverageMeasure(
        metric,
        question.mode or default_mode(role),
        question.direction or default_direction(role),
        cutoff,
    )


def _refuse_roads(question: CoverageQuestion) -> None:
    """Refuse what has no meaning in a straight line, rather than leave it out without a word."""
    given = {
        "mode": question.mode,
        "direction": question.direction,
        "barriers": (*question.barrier_ids, *question.drawn_barriers),
        "policy": question.policy,
    }
    for name, value in given.items():
        if value:
            raise UsageError(
                f"'{name}' has no meaning in a straight line",
                remedy="Ask for metric road_distance, or give a cutoff in time.",
                field=name,
            )


def _seconds_asked(question: CoverageQuestion) -> float:
    if question.cutoff_s is None:
        given = question.cutoff_m is not None
        raise UsageError(
            "A cutoff in metres does not fit the metric travel_time" if given else "Travel time has no default cutoff",
            remedy="Give a time, such as 15min (cutoff_s: 900), or ask for metric road_distance.",
            field="cutoff_m" if given else "cutoff_s",
            value=question.cutoff_m,
        )
    if not 0 <= question.cutoff_s < np.inf:
        raise UsageError(
            f"the cutoff is {question.cutoff_s} s",
            remedy="Write seconds, 0 or more.",
            field="cutoff_s",
            value=question.cutoff_s,
        )
    return question.cutoff_s


def _metres_asked(question: CoverageQuestion, role: str, defaults: Defaults) -> float:
    """Return the cutoff in metres: as asked, else the default of the kind of facility."""
    cutoff_m = question.cutoff_m
    if cutoff_m is None:
        name = _DEFAULT_CUTOFFS.get(role)
        if name is None:
            raise UsageError(
                f"layer '{question.layer}' has no default cutoff", remedy="Give one, such as 2000m.", field="cutoff_m"
            )
        cutoff_m = float(getattr(defaults, name))
    if not 0 <= cutoff_m < np.inf:
        raise UsageError(
            f"the cutoff is {cutoff_m} m", remedy="Write metres, 0 or more.", field="cutoff_m", value=cutoff_m
        )
    return cutoff_m


def coverage_warnings(
    question: CoverageQuestion,
    people: IntArray,
    *,
    located: BoolArray,
    counts: Mapping[Reason, int],
    usable: BoolArray,
) -> list[str]:
    """Return what a reader of the figures must know."""
    warnings = []
    placeless = int(people[~located].sum())
    if placeless:
        warnings.append(
            say(
                question.language,
                f"{placeless} 人没有坐标,按未覆盖计",
                f"{placeless} people have no place and are counted as not reached",
            )
        )
    unknown = counts.get(Reason.STATUS_UNKNOWN, 0)
    if unknown:
        warnings.append(
            say(
                question.language,
                f"{unknown} 处设施状态未知,未计入(要计入:availability 加上 unknown)",
                f"{unknown} facilities have an unknown status and do not count; "
                "to count them add unknown to availability",
            )
        )
    if not usable.any():
        warnings.append(say(question.language, "没有可用设施", "no facility is usable"))
    return warnings


def counted_twice_warning(question: CoverageQuestion, kinds: frozenset[str]) -> list[str]:
    """Return the warning that villages and the grid cells in them may both be counted."""
    if not (kinds & _VILLAGES and kinds & _CELLS):
        return []
    return [
        say(
            question.language,
            "人口层里既有村(社区)又有网格:同一批人可能算了两次;用 where 或分开的图层只算一种",
            "the demand layer holds villages and grid cells: the same people may be counted twice; keep one of them",
        )
    ]


def in_hazard_warning(question: CoverageQuestion, names: Sequence[str]) -> list[str]:
    """Return the sentence that names the facilities left out because they lie inside an active hazard area."""
    if not names:
        return []
    listed = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
    return [
        say(
            question.language,
            f"{len(names)} 处设施位于生效的危险区内,未计入: {listed}",
            f"{len(names)} facilities lie inside an active hazard area and do not count: {listed}",
        )
    ]


def echo(question: CoverageQuestion, measure: CoverageMeasure, as_of: datetime) -> dict[str, object]:
    """Return the question as it was understood, defaults filled in."""
    by_road: dict[str, object] = {
        "mode": str(measure.mode),
        "direction": str(measure.direction),
        "barriers": [*question.barrier_ids, *(drawn.id for drawn in question.drawn_barriers)],
        "policy": dict(question.policy),
    }
    return {
        "layer": question.layer,
        "metric": str(measure.metric),
        f"cutoff_{measure.unit}": measure.cutoff,
        **(by_road if measure.by_road else {}),
        "where": list(question.where_text),
        "demand": question.demand,
        "by": question.by,
        "as_of_now": question.as_of_now,
        "availability": None if question.availability is None else sorted(question.availability),
        "ignore_hazards": question.ignore_hazards,
        "as_of": instant_text(as_of),
        "lang": question.language,
    }


def definition_in_words(measure: CoverageMeasure, defaults: Defaults) -> dict[str, object]:
    """Return what the figures mean."""
    return {
        "figure": "reachable: people with at least one usable facility within the cutoff; capacity is not used",
        "metric": str(measure.metric),
        "units": measure.unit,
        "cutoff_inclusive": True,
        **(_road_words(measure, defaults) if measure.by_road else {"distance": _STRAIGHT}),
        "demand_place": "a point as it is; an area at a representative point inside it",
        "district": "a demand point counts in every district that contains its place; the boundary is inside",
        "backup_count": "number of usable facilities within the cutoff",
        "crs": "OGC:CRS84",
    }


def _road_words(measure: CoverageMeasure, defaults: Defaults) -> dict[str, object]:
    on_foot = f" on foot at {defaults.access_speed_kmh:g} km/h" if measure.unit == "s" else ""
    return {
        "mode": str(measure.mode),
        "direction": f"{measure.direction} (to_incident: facilities come to people; from_incident: people go to them)",
        "cost": f"straight to the road{on_foot}, along the roads with the barriers that act, straight from the road; "
        "without turnout",
        "facility_place": "a point as it is; a ground at a representative point inside it",
        "default_metric": "travel_time where the cutoff is a time, straight_line where it is metres and none is asked",
        "reasons": "isolated: the road is cut off from the main network; unreachable: barriers or one-way roads leave "
        "no way to any facility",
    }
