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
class RankedFeature:
    """One row of a nearest answer.

    `geometry` is the place that was ranked: for a team the position used, otherwise the feature.
    `position_source` is "home_base", "live" or None for layers without positions.
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


@dataclass(frozen=True, slots=True)
class ExcludedFeature:
    """A feature that is not among the results, with the first test it failed."""

    id: str
    name: str | None
    reason: Reason
    detail: str
    straight_m: float | None
    properties: Properties = field(default_factory=dict)
    bearing_deg: float | None = None
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class NearestAnswer:
    """A ranked answer, with everything needed to trust and reproduce it (INTERFACES, ruling 1).

    `len(results) + sum(excluded_counts.values())` is the number of features the caller may see.
    `to_open` lists the nearest standby facilities (ruling 9).
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
    """Who is covered and who is not (INTERFACES)."""

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
