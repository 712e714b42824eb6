"""What facilities reach: parts of roads, people by their own cost, barriers between; and the areas drawn round it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.errors import UsageError
from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.queries.ellipsoid import geodesic_m
from geo_ems.queries.parallel import processor_count
from geo_ems.queries.shapes import PreparedGeometries, pair_distances
from geo_ems.routing.area_shapes import disc, nested_areas, polygons_of, to_lonlat, without_overlaps
from geo_ems.routing.edge_entries import Runs, runs_from
from geo_ems.routing.edge_parts import EdgeParts, joined_parts, no_parts
from geo_ems.routing.search import Reached, for_each_start, reached_from
from geo_ems.routing.service_areas import reached_parts, shared_runs
from geo_ems.routing.snapping import Attachments
from geo_ems.services.area_question import Breaks
from geo_ems.services.road_reach import RoadWork

MAX_PARTS: Final = 60_000
"""Pieces of road that the areas of one answer may be drawn round: about ten seconds of work."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one facility reaches: `cost` (d,) of each demand point, infinite beyond the largest break.

    By break: the `parts` of roads, and the ids of the `barriers` on the edges that were entered. `lon_deg` is that of
    the plane in which the area is drawn.
    """

    cost: FloatArray
    parts: tuple[EdgeParts, ...]
    barriers: tuple[tuple[str, ...], ...]
    lon_deg: float


def reach_of_each(
    work: RoadWork, starts: Attachments, demand: Attachments, breaks: Breaks, *, offset: FloatArray
) -> list[Reach]:
    """Return what each facility reaches for itself; `offset` (q,) is spent before it leaves."""

    def one(row: int, reached: Reached) -> Reach:
        runs = runs_from(work.network, work.costs, reached)
        return Reach(
            work.costs_to(reached, demand)[0],
            tuple(reached_parts(runs, limit=limit) for limit in breaks.values),
            tuple(_barriers_on(work, runs, limit) for limit in breaks.values),
            float(starts.point_lonlat_deg[row, 0]),
        )

    return for_each_start(
        work.network,
        work.costs,
        starts,
        one,
        cutoff=breaks.largest,
        direction=work.search_direction,
        offset=offset,
    )


def reach_of_closest(
    work: RoadWork, starts: Attachments, demand: Attachments, breaks: Breaks, *, offset: FloatArray
) -> list[Reach]:
    """Return what each facility reaches before all others: no piece of road and nobody belongs to two."""
    reached = reached_from(
        work.network,
        work.costs,
        starts,
        cutoff=breaks.largest,
        direction=work.search_direction,
        offset=offset,
    )
    cost, owner = work.costs_to(reached, demand)
    runs = runs_from(work.network, work.costs, reached)
    shared = shared_runs(work.network, work.costs, runs, limit=breaks.largest)
    parts = [shared.parts(limit) for limit in breaks.values]
    return [
        Reach(
            np.where(owner == row, cost, np.inf),
            tuple(by_start.get(row, no_parts()) for by_start in parts),
            tuple(_barriers_on(work, shared.runs, limit, owner=row) for limit in breaks.values),
            float(starts.point_lonlat_deg[row, 0]),
        )
        for row in range(len(starts))
    ]


def reach_in_straight_line(
    facilities: PreparedGeometries, rows: IntArray, demand_deg: FloatArray, breaks: Breaks
) -> list[Reach]:
    """Return what facilities reach in a straight line; demand points without a place (NaN) are reached by none."""
    located = np.flatnonzero(np.isfinite(demand_deg).all(axis=1))
    found = []
    for row in rows.tolist():
        cost = np.full(len(demand_deg), np.inf)
        shape = int(facilities.shape_row[row])
        if shape < 0:
            place_deg = facilities.lonlat_deg[row]
            cost[located] = geodesic_m(place_deg, demand_deg[located])
        else:
            place_deg = np.array(shapely.bounds(facilities.shapes[shape]))[:2]
            cost[located] = pair_distances(facilities, np.full(located.size, shape), at_lonlat_deg=demand_deg[located])[
                0
            ]
        none = tuple(no_parts() for _ in breaks.values)
        found.append(Reach(cost, none, tuple(() for _ in breaks.values), float(place_deg[0])))
    return found


def _barriers_on(work: RoadWork, runs: Runs, limit: float, *, owner: int | None = None) -> tuple[str, ...]:
    """Return the ids of the barriers on edges that are entered before a limit, also those that stop it at once."""
    effects = work.found.effects
    if not effects.edge.size:
        return ()
    entered = runs.entered <= limit
    if owner is not None:
        entered &= runs.owner == owner
    hit = np.zeros(work.network.edge_count, dtype=np.bool_)
    hit[runs.edge[entered]] = True
    return tuple(sorted({effects.barrier_ids[place] for place in np.unique(effects.barrier[hit[effects.edge]])}))


def areas_of_each(work: RoadWork, reaches: Sequence[Reach], *, buffer_m: float) -> list[list[BaseGeometry]]:
    """Return the areas of each facility by break in lon/lat, each holding those of smaller breaks.

    Raises
    ------
    UsageError
        Where they would be drawn round more than `MAX_PARTS` pieces of road.
    """
    count = sum(len(reach.parts[-1]) for reach in reaches)
    if count > MAX_PARTS:
        raise UsageError(
            f"The areas would be drawn round {count} pieces of road, more than {MAX_PARTS}",
            remedy="Give smaller breaks or fewer facilities, or ask without geometry: the figures are the same.",
            field="breaks",
            value=count,
        )

    def one(reach: Reach) -> list[BaseGeometry]:
        flat = nested_areas(work.network, reach.parts, buffer_m=buffer_m, lon_deg=reach.lon_deg)
        return [to_lonlat(area, lon_deg=reach.lon_deg) for area in flat]

    return _side_by_side(one, reaches)


def areas_of_closest(work: RoadWork, reaches: Sequence[Reach], *, buffer_m: float) -> list[list[BaseGeometry]]:
    """Return the same, no two facilities' areas overlapping; the roads of the largest break decide whose a place is."""
    areas = areas_of_each(work, reaches, buffer_m=buffer_m)
    last = [reach.parts[-1] for reach in reaches]
    own = without_overlaps(work.network, [by_break[-1] for by_break in areas], last, buffer_m=buffer_m)
    return [
        [*(polygons_of(shapely.intersection(area, ground)) for area in by_break[:-1]), ground]
        for by_break, ground in zip(areas, own, strict=True)
    ]


def merged_reach(reaches: Sequence[Reach]) -> Reach:
    """Return what facilities of which no two have a road in common reach together; of equal ones the least cost."""
    parts = tuple(
        joined_parts(
            np.concatenate([reach.parts[place].edge for reach in reaches]),
            np.concatenate([reach.parts[place].from_share for reach in reaches]),
            np.concatenate([reach.parts[place].to_share for reach in reaches]),
        )
        for place in range(len(reaches[0].parts))
    )
    barriers = tuple(
        tuple(sorted({name for reach in reaches for name in reach.barriers[place]})) for place in range(len(parts))
    )
    return Reach(np.min([reach.cost for reach in reaches], axis=0), parts, barriers, reaches[0].lon_deg)


def merged_areas(areas: Sequence[Sequence[BaseGeometry]]) -> list[BaseGeometry]:
    """Return for each break what all facilities reach together."""
    return [polygons_of(shapely.union_all(list(by_break))) for by_break in zip(*areas, strict=True)]


def discs(facilities: PreparedGeometries, rows: IntArray, breaks: Breaks) -> list[list[BaseGeometry]]:
    """Return circles round facilities by break, in lon/lat; round grounds and lines everything so near to them."""

    def one(row: int) -> list[BaseGeometry]:
        shape = int(facilities.shape_row[row])
        geometry = shapely.Point(facilities.lonlat_deg[row]) if shape < 0 else facilities.shapes[shape]
        lon_deg = float(shapely.get_coordinates(geometry)[0, 0])
        return [to_lonlat(disc(geometry, radius_m, lon_deg=lon_deg), lon_deg=lon_deg) for radius_m in breaks.values]

    return _side_by_side(one, rows.tolist())


def rings(areas: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return of areas that hold one another what each has beyond the one before."""
    return [
        area if place == 0 else polygons_of(shapely.difference(area, areas[place - 1]))
        for place, area in enumerate(areas)
    ]


def _side_by_side(one: Callable[..., list[BaseGeometry]], items: Sequence[object]) -> list[list[BaseGeometry]]:
    if len(items) <= 1:
        return [one(item) for item in items]
    with ThreadPoolExecutor(processor_count()) as pool:
        return list(pool.map(one, items))
