"""Answers: plain frozen values that the front doors dress as JSON, tables, maps and sheets.

Field names are those of INTERFACES; distances are metres on the WGS84 ellipsoid, bearings degrees
clockwise from true north.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from geo_ems.model.definitions import Availability, Reason
from geo_ems.model.features import ChildRows, Properties


@dataclass(frozen=True, slots=True)
class DataAsOf:
    """How old a layer's data are: the observed times in it and the last change of the store."""

    observed_min: str | None
    observed_max: str | None
    changed_at: str | None


@dataclass(frozen=True, slots=True)
class ActingBarrier:
    """A barrier that acted on an answer: a closure, a slow or delayed passage, or an area that lies over roads.

    `layer` is where it stands ("barriers", "hazard_areas", "question" for one drawn for this question alone).
    `roads_hit` counts the pieces of road that it touches.
    """

    id: str
    layer: str
    name: str | None
    policy: str
    valid_to: str | None
    confirmed_at: str | None
    roads_hit: int


@dataclass(frozen=True, slots=True)
class BarrierMet:
    """A barrier on the way, or round which the way leads; `road` is the road, or the bridge, that it lies on."""

    id: str
    name: str | None
    policy: str
    road: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One road of a route: how one turns into it, where (lon, lat), and how far it is followed."""

    turn: str
    road_id: str
    road: str | None
    distance_m: float
    at_lonlat_deg: tuple[float, float]
    is_ferry: bool


@dataclass(frozen=True, slots=True)
class TravelledRoute:
    """The way that was ranked: its line from place to place, the straight bits off the road included, and its turns."""

    line: BaseGeometry
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """Whose consent is needed (ruling 11): `relation` is own_area, upper_level, neighbour or unknown."""

    relation: str
    district_id: str | None
    name: str | None
    level: str | None
    common_superior_id: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """When and how one gets there; the parts in seconds add up to `total_s`, metres are along the way.

    `turnout_s` + `delay_s` + `access_s` + `network_s` + `egress_s` = `total_s`; `travel_s` is the last three.
    `snap_m` is how far from the road the feature lies. `edge_arrival_s` and `beyond_edge_m` are
    told where the incident lies inside a closed area: when its edge is reached, and what remains from there.
    `goes_round` are closures on the way one would take without them. `way` is "road", "direct" (straight, inside
    the same closed area) or "none": no open road leads there, and only the straight line is known.
    """

    total_s: float | None
    turnout_s: float | None
    turnout_assumed: bool
    delay_s: float | None
    access_s: float | None
    network_s: float | None
    egress_s: float | None
    travel_s: float | None
    distance_m: float | None
    access_m: float | None
    egress_m: float | None
    snap_m: float | None
    detour_ratio: float | None
    edge_arrival_s: float | None
    beyond_edge_m: float | None
    within_cutoff: bool | None
    barriers_met: tuple[BarrierMet, ...]
    goes_round: tuple[BarrierMet, ...]
    way: str
    has_ferry: bool = False
    route: TravelledRoute | None = None


@dataclass(frozen=True, slots=True)
class RankedFeature:
    """One row of a nearest answer.

    `geometry` is the place that was ranked: for a team the position used, otherwise the feature.
    `position_source` is "home_base", "live" or None for layers without positions. `arrival` and `consent` are told
    where roads were used; `distance_m` is then along the way, and else the straight line. `wind_side` is "upwind",
    "crosswind" or "downwind" of an incident whose wind is known.
    """

    rank: int
    id: str
    name: str | None
    name_en: str | None
    straight_m: float
    distance_m: float
    bearing_deg: float
    status: str | None
    availability: Availability | None
    tied: bool
    district_id: str | None
    capacity_free: int | None
    hazard_flags: tuple[str, ...]
    position_source: str | None
    position_time: str | None
    position_age_s: float | None
    properties: Properties
    children: ChildRows
    geometry: BaseGeometry
    arrival: Arrival | None = None
    consent: Consent | None = None
    wind_side: str | None = None


@dataclass(frozen=True, slots=True)
class ExcludedFeature:
    """A feature that is not among the results, with the first test it failed.

    Where roads were used `total_s` and `distance_m` tell the arrival, as far as it is known.
    """

    id: str
    name: str | None
    reason: Reason
    detail: str
    straight_m: float | None
    properties: Properties = field(default_factory=dict)
    bearing_deg: float | None = None
    geometry: BaseGeometry | None = None
    total_s: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class RoadsUsed:
    """What the arrivals of an answer rest on: the network, who made its data, and the barriers that acted."""

    network_version: str
    attribution: str | None
    barriers: tuple[ActingBarrier, ...]


@dataclass(frozen=True, slots=True)
class NearestAnswer:
    """A ranked answer, with everything needed to trust and reproduce it (INTERFACES, ruling 1).

    `len(results) + sum(excluded_counts.values())` is the number of features the caller may see.
    `to_open` lists the nearest standby facilities (ruling 9). `roads` is None where none were used.
    """

    query: Mapping[str, object]
    definition: Mapping[str, object]
    snapshot_id: str
    as_of: str
    data_as_of: Mapping[str, DataAsOf]
    results: tuple[RankedFeature, ...]
    passed_over: tuple[ExcludedFeature, ...]
    to_confirm: tuple[ExcludedFeature, ...]
    to_open: tuple[ExcludedFeature, ...]
    excluded_counts: Mapping[Reason, int]
    excluded: tuple[ExcludedFeature, ...] | None
    excluded_truncated: bool
    warnings: tuple[str, ...]
    roads: RoadsUsed | None = None


@dataclass(frozen=True, slots=True)
class DistrictCoverage:
    """Covered people of one district; `share_reachable` is None where nobody lives."""

    id: str
    name: str | None
    name_en: str | None
    level: str | None
    people: int
    reachable: int
    unreachable: int
    share_reachable: float | None
    demand_points: int


@dataclass(frozen=True, slots=True)
class FacilityCoverage:
    """What one facility contributes: people within reach, people for whom it is the nearest."""

    id: str
    name: str | None
    status: str | None
    people_in_reach: int
    people_nearest: int
    capacity: int | None
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class DemandCoverage:
    """One demand point: its people, nearest usable facility, and how many lie within the cutoff."""

    id: str
    name: str | None
    district_id: str | None
    people: int
    reachable: bool
    reason: str | None
    nearest_id: str | None
    nearest_cost: float | None
    backup_count: int
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class CoverageTotal:
    """People, in whole persons; unreachable = people - reachable, always."""

    people: int
    reachable: int
    unreachable: int


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """Who is covered and who is not (INTERFACES); `roads` is None where the straight line was measured."""

    query: Mapping[str, object]
    definition: Mapping[str, object]
    snapshot_id: str
    as_of: str
    data_as_of: Mapping[str, DataAsOf]
    total: CoverageTotal
    districts: tuple[DistrictCoverage, ...]
    facilities: tuple[FacilityCoverage, ...]
    demand: tuple[DemandCoverage, ...]
    excluded_counts: Mapping[Reason, int]
    warnings: tuple[str, ...]
    roads: RoadsUsed | None = None
