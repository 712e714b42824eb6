"""Coverage on the roads: who comes to a facility, or is come to, within the cutoff by own cost."""

import threading
from dataclasses import dataclass

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.queries.areas import representative_points
from geo_ems.queries.coverage import Coverage
from geo_ems.routing.search import Reached, for_each_start, reached_from
from geo_ems.services.demand_points import DemandPoints
from geo_ems.services.eligibility import SHELTER_ROLE
from geo_ems.services.road_reach import RoadWork


@dataclass(frozen=True, slots=True)
class CoveredByRoad:
    """Coverage whose `nearest_m` is the least cost, in the unit of the costs; `is_main` (d,) joins the main network."""

    coverage: Coverage
    is_main: BoolArray


def covered_by_road(
    work: RoadWork, facilities: LayerSnapshot, usable: BoolArray, demand: DemandPoints, *, cutoff: float
) -> CoveredByRoad:
    """Return who is covered on the roads, the cutoff included; each facility is searched from in a thread.

    A ground counts where a place inside it joins the roads. Of equal costs the first facility is the
    nearest. Beyond the cutoff the nearest is found by one search from all facilities.
    """
    rows = np.flatnonzero(usable & facilities.is_located)
    places_deg = representative_points(facilities.geometries_at(rows))
    people, count = demand.people, demand.people.size
    points = work.attached(demand.places_deg)
    starts = work.attached(places_deg)
    nearest: IntArray = np.full(count, -1, dtype=np.int64)
    least = np.full(count, np.inf)
    backups = np.zeros(count, dtype=np.int64)
    in_reach = np.zeros(len(facilities.columns), dtype=np.int64)
    adding = threading.Lock()

    def add(number: int, reached: Reached) -> None:
        cost, _ = work.costs_to(reached, points)
        within = np.flatnonzero(np.isfinite(cost))
        row, own = rows[number], cost[within]
        with adding:
            backups[within] += 1
            in_reach[row] = people[within].sum()
            better = (own < least[within]) | ((own == least[within]) & (row < nearest[within]))
            least[within[better]], nearest[within[better]] = own[better], row

    network, costs, direction = work.network, work.costs, work.search_direction
    for_each_start(network, costs, starts, add, cutoff=cutoff, direction=direction)
    if rows.size and (backups == 0).any():
        cost, start = work.costs_to(reached_from(network, costs, starts, direction=direction), points)
        farther = np.flatnonzero((backups == 0) & np.isfinite(cost))
        least[farther], nearest[farther] = cost[farther], rows[start[farther]]
    is_reachable = backups > 0
    people_nearest = np.zeros(len(facilities.columns), dtype=np.int64)
    np.add.at(people_nearest, nearest[is_reachable], people[is_reachable])
    whole, reachable = int(people.sum()), int(people[is_reachable].sum())
    found = Coverage(
        is_reachable=is_reachable,
        nearest_index=nearest,
        nearest_m=least,
        backup_count=backups,
        people_in_reach=in_reach,
        people_nearest=people_nearest,
        people=whole,
        people_reachable=reachable,
        people_unreachable=whole - reachable,
    )
    return CoveredByRoad(found, points.is_main)


def reasons_by_road(covered: CoveredByRoad, demand: DemandPoints, *, role: str) -> list[str | None]:
    """Return why each demand point is not reached: also that its road is isolated, or that no way is left open."""
    found = reasons_in_straight_line(covered.coverage, demand, role=role)
    lost = ~covered.coverage.is_reachable & (covered.coverage.nearest_index < 0) & demand.layer.is_located
    for row in np.flatnonzero(lost).tolist():
        found[row] = "unreachable" if covered.is_main[row] else "isolated"
    return found


def reasons_in_straight_line(answer: Coverage, demand: DemandPoints, *, role: str) -> list[str | None]:
    """Return why each demand point is not reached, None where it is."""
    too_far = "no_shelter_in_cutoff" if role == SHELTER_ROLE else "no_facility_in_cutoff"
    located = demand.layer.is_located
    return [
        None if reachable else (too_far if placed else "unlocated")
        for reachable, placed in zip(answer.is_reachable.tolist(), located.tolist(), strict=True)
    ]
