"""Answers about service areas: what is reached from facilities within breaks (SEMANTICS 1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from geo_ems.model.answers import DataAsOf, RoadsUsed
from geo_ems.model.definitions import Reason


class Overlap(StrEnum):
    """What becomes of places that several facilities reach."""

    EACH = "each"
    CLOSEST = "closest"
    MERGED = "merged"


class Nest(StrEnum):
    """Whether an area holds what smaller breaks reach (disk), or only what they do not (ring)."""

    DISK = "disk"
    RING = "ring"


@dataclass(frozen=True, slots=True)
class ServiceArea:
    """What one facility reaches within one break; of merged areas what all of them do (`facility_id` None).

    Breaks are in `unit` ("s" or "m"). `reached_road_m` counts a road with two directions once; it and
    `mode` are None in a straight line. `population` and `demand_points` are those whose own cost lies within the
    break, never those inside the geometry. `barriers` are the ids of those on roads of the area.
    """

    facility_id: str | None
    name: str | None
    from_break: float
    to_break: float
    unit: str
    mode: str | None
    direction: str
    turnout_s: float | None
    reached_road_m: float | None
    area_m2: float | None
    population: int
    demand_points: int
    capacity: int | None
    barriers: tuple[str, ...]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class StartFacility:
    """A facility that areas were asked of: how it joins the roads, or the `reason` why it reaches nothing.

    `access_m` is the straight way between the facility and the road; `turnout_assumed` says that the
    turnout is that of its kind.
    """

    id: str
    name: str | None
    status: str | None
    access_m: float | None
    turnout_s: float | None
    turnout_assumed: bool
    capacity: int | None
    reason: Reason | None
    detail: str
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class ServiceAreasAnswer:
    """The areas, by facility and break, with everything needed to trust and reproduce them.

    `roads` is None in a straight line.
    """

    query: Mapping[str, object]
    definition: Mapping[str, object]
    snapshot_id: str
    as_of: str
    data_as_of: Mapping[str, DataAsOf]
    roads: RoadsUsed | None
    facilities: tuple[StartFacility, ...]
    areas: tuple[ServiceArea, ...]
    excluded_counts: Mapping[Reason, int]
    warnings: tuple[str, ...]
