"""The questions a caller may ask, as frozen values; every default is visible here or in geo-ems.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from geo_ems.model.conditions import AllOf, Condition
from geo_ems.model.definitions import Availability
from geo_ems.model.labels import Language
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.barrier_question import DrawnBarrier

MAX_K = 1000


@dataclass(frozen=True, slots=True)
class NearestQuestion:
    """The nearest features of a layer to a place: by arrival on the roads, by metres of road, or in a straight line.

    The place is `at_lonlat_deg` or the place of the incident `incident_id`. `cutoff_m` or `cutoff_s`
    is inclusive, and of the unit of the metric. `as_of` is the instant at which ages and validity
    are judged; None = on receipt. `ignore_hazards` ranks shelters inside an active hazard area too.
    `metric` None is travel time where there are roads, else the straight line; `direction` None follows
    from the layer (teams and depots come, people go to shelters and facilities). `drawn_barriers` act on this question
    alone, those of `barrier_ids` too where they are lifted or lapsed (what if); `policy` says of an id or a
    layer what its barriers do ("closed", "slow:3", "delay:120", "ignore").
    `own_area_only` leaves out what does not belong to the incident's own area.
    """

    layer: str
    at_lonlat_deg: tuple[float, float] | None = None
    incident_id: str | None = None
    k: int | None = None
    where: Condition = field(default_factory=lambda: AllOf(()))
    where_text: tuple[str, ...] = ()
    availability: frozenset[Availability] = frozenset({Availability.AVAILABLE})
    cutoff_m: float | None = None
    as_of: datetime | None = None
    max_position_age_s: float | None = None
    include_excluded: bool = False
    ignore_hazards: bool = False
    language: Language = "zh"
    metric: Metric | None = None
    mode: Mode = Mode.DRIVE
    direction: Direction | None = None
    cutoff_s: float | None = None
    drawn_barriers: tuple[DrawnBarrier, ...] = ()
    barrier_ids: tuple[str, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    include_route: bool = False
    own_area_only: bool = False


@dataclass(frozen=True, slots=True)
class CoverageQuestion:
    """Who has a usable facility of a layer within a straight-line distance (inclusive).

    Planning counts open and standby facilities; with `as_of_now` only those available now.
    `availability` names the classes that count instead of either, for a register without states:
    facilities of unknown status count only where it says so.
    """

    layer: str
    cutoff_m: float | None = None
    where: Condition = field(default_factory=lambda: AllOf(()))
    where_text: tuple[str, ...] = ()
    demand: str = "population"
    by: str = "districts"
    as_of_now: bool = False
    availability: frozenset[Availability] | None = None
    as_of: datetime | None = None
    ignore_hazards: bool = False
    language: Language = "zh"
