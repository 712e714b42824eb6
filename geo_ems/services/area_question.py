"""What a question about service areas says: breaks, overlap, nest, and how it is checked, echoed and defined."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from geo_ems.errors import UsageError
from geo_ems.model.area_answers import Nest, Overlap
from geo_ems.model.conditions import AllOf, Condition
from geo_ems.model.definitions import Availability
from geo_ems.model.labels import Language
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.barrier_question import DrawnBarrier
from geo_ems.services.provenance import instant_text

MAX_BREAKS: Final = 10
MAX_AREAS: Final = 500
"""Facilities times breaks of one question."""
MAX_BREAK_S, MAX_BREAK_M = 43_200.0, 500_000.0
BUFFER_M: Final = 50.0
LEAST_BUFFER_M, MOST_BUFFER_M = 1.0, 1000.0


@dataclass(frozen=True, slots=True)
class ServiceAreaQuestion:
    """What facilities of a layer reach within breaks.

    Breaks are ascending and inclusive: `breaks_s` seconds for travel time, `breaks_m` metres for road distance or the
    straight line. `ids` are the facilities; none means all that qualify, as in coverage. `metric` None follows
    from the unit: travel time or road distance. `with_turnout` counts the time until a team leaves.
    `buffer_m` is how far beside a reached road the areas go; without `with_geometry` they are
    counted, not drawn. What is said of barriers is as in `NearestQuestion`.
    """

    layer: str
    breaks_s: tuple[float, ...] = ()
    breaks_m: tuple[float, ...] = ()
    ids: tuple[str, ...] = ()
    overlap: Overlap = Overlap.EACH
    nest: Nest = Nest.DISK
    metric: Metric | None = None
    mode: Mode | None = None
    direction: Direction | None = None
    with_turnout: bool = False
    buffer_m: float = BUFFER_M
    with_geometry: bool = True
    where: Condition = field(default_factory=lambda: AllOf(()))
    where_text: tuple[str, ...] = ()
    demand: str = "population"
    as_of_now: bool = False
    availability: frozenset[Availability] | None = None
    as_of: datetime | None = None
    ignore_hazards: bool = False
    language: Language = "zh"
    drawn_barriers: tuple[DrawnBarrier, ...] = ()
    barrier_ids: tuple[str, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Breaks:
    """The metric, and the breaks in its unit, ascending."""

    metric: Metric
    values: tuple[float, ...]

    @property
    def unit(self) -> str:
        """Return the unit of the breaks: s or m."""
        return "s" if self.metric is Metric.TRAVEL_TIME else "m"

    @property
    def largest(self) -> float:
        """Return the last break."""
        return self.values[-1]


def breaks_asked(question: ServiceAreaQuestion) -> Breaks:
    """Return the metric and the breaks of a question.

    Raises
    ------
    UsageError
        Where there are none, too many or both kinds, where they do not ascend, or do not fit the metric.
    """
    if bool(question.breaks_s) == bool(question.breaks_m):
        problem = "There are breaks in time and in metres" if question.breaks_s else "There are no breaks"
        raise UsageError(problem, remedy="Give one kind: 5min,10min or 500m,1km.", field="breaks")
    in_time = bool(question.breaks_s)
    metric = question.metric or (Metric.TRAVEL_TIME if in_time else Metric.ROAD_DISTANCE)
    if in_time != (metric is Metric.TRAVEL_TIME):
        wanted = "seconds or minutes" if metric is Metric.TRAVEL_TIME else "metres"
        raise UsageError(
            f"the breaks do not fit the metric {metric}", remedy=f"Write them in {wanted}.", field="breaks"
        )
    values, most = (question.breaks_s, MAX_BREAK_S) if in_time else (question.breaks_m, MAX_BREAK_M)
    if len(values) > MAX_BREAKS:
        raise UsageError(
            f"There are {len(values)} breaks", remedy=f"Give at most {MAX_BREAKS}.", field="breaks", value=len(values)
        )
    for value in values:
        if not 0.0 < value <= most:
            unit = "s" if in_time else "m"
            raise UsageError(
                f"the break {value:g} {unit} is out of range",
                remedy=f"Write more than 0 and at most {most:g} {unit}.",
                field="breaks",
                value=value,
            )
    if any(after <= before for before, after in itertools.pairwise(values)):
        raise UsageError("The breaks do not ascend", remedy="Write them from small to large.", field="breaks")
    if not LEAST_BUFFER_M <= question.buffer_m <= MOST_BUFFER_M:
        raise UsageError(
            f"the width is {question.buffer_m} m",
            remedy=f"Write {LEAST_BUFFER_M:g} to {MOST_BUFFER_M:g} metres.",
            field="buffer_m",
            value=question.buffer_m,
        )
    if question.with_turnout and metric is not Metric.TRAVEL_TIME:
        raise UsageError(
            "Turnout is time, and the breaks are metres", remedy="Give breaks in time.", field="with_turnout"
        )
    if metric is Metric.STRAIGHT_LINE and question.overlap is Overlap.CLOSEST:
        raise UsageError(
            "Circles are not shared out among facilities",
            remedy="Ask for overlap each or merged, or for a metric by road.",
            field="overlap",
            value=str(question.overlap),
        )
    return Breaks(metric, tuple(float(value) for value in values))


def check_number_of_areas(facilities: int, breaks: Breaks) -> None:
    """Raise UsageError where more areas are asked than one question may have."""
    if facilities * len(breaks.values) > MAX_AREAS:
        raise UsageError(
            f"{facilities} facilities times {len(breaks.values)} breaks are more than {MAX_AREAS} areas",
            remedy="Name facilities by id, set conditions, or give fewer breaks.",
            field="breaks",
            value=facilities * len(breaks.values),
        )


def echo(
    question: ServiceAreaQuestion,
    breaks: Breaks,
    *,
    mode: Mode | None,
    direction: Direction,
    as_of: datetime,
) -> dict[str, object]:
    """Return the question as it was understood, defaults filled in."""
    return {
        "layer": question.layer,
        "ids": list(question.ids),
        "metric": str(breaks.metric),
        "breaks_s" if breaks.unit == "s" else "breaks_m": list(breaks.values),
        "overlap": str(question.overlap),
        "nest": str(question.nest),
        "mode": mode,
        "direction": str(direction),
        "with_turnout": question.with_turnout,
        "buffer_m": question.buffer_m,
        "geometry": question.with_geometry,
        "where": list(question.where_text),
        "demand": question.demand,
        "as_of_now": question.as_of_now,
        "availability": None if question.availability is None else sorted(question.availability),
        "ignore_hazards": question.ignore_hazards,
        "barriers": [*question.barrier_ids, *(drawn.id for drawn in question.drawn_barriers)],
        "policy": dict(question.policy),
        "as_of": instant_text(as_of),
        "lang": question.language,
    }


def definition_in_words(breaks: Breaks, question: ServiceAreaQuestion, *, access_speed_kmh: float) -> dict[str, object]:
    """Return what the areas and their figures mean."""
    straight = breaks.metric is Metric.STRAIGHT_LINE
    geometry = (
        "circles round the facility (WGS84); straight lines know no road and no river: not a travel time"
        if straight
        else f"union of buffers of {question.buffer_m:g} m round the reached parts of roads, an edge being cut where "
        "the break is reached; what is not reached stays a hole"
    )
    cost = (
        "WGS84 geodesic"
        if straight
        else "straight to the road"
        + (f" on foot at {access_speed_kmh:g} km/h" if breaks.unit == "s" else "")
        + ", along the roads with the barriers that act, and straight from the road"
        + (", with the time until a team leaves" if question.with_turnout else "")
    )
    return {
        "figure": "what is reached within each break, the break itself included",
        "metric": str(breaks.metric),
        "units": breaks.unit,
        "cutoff_inclusive": True,
        "cost": cost,
        "direction": "to_incident: away from the facility; from_incident: towards it",
        "geometry": geometry,
        "population": "demand points by their own cost, never by what lies inside the geometry; an area counts at a "
        "representative point inside it",
        "overlap": {
            "each": "every facility for itself",
            "closest": "each place belongs to the facility with the least cost, of equal ones to the first id",
            "merged": "one area per break for all facilities",
        }[question.overlap],
        "nest": {"disk": "an area holds those of smaller breaks", "ring": "an area begins where the last break ends"}[
            question.nest
        ],
        "crs": "OGC:CRS84",
    }


def break_text(value: float, unit: str) -> str:
    """Return one break for people."""
    if unit == "s":
        return f"{value / 60:g} min" if value % 60 == 0 else f"{value:g} s"
    return f"{value / 1000:g} km" if value >= 1000 else f"{value:g} m"  # noqa: PLR2004 1 km
