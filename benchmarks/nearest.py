"""Nearest and coverage against the libraries a programmer would take instead.

Our nearest returns indices, geodesic metres, bearings, ties and the proof; the peers return less,
as each note says. Points: half in one county, half over the whole Earth.
"""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import shapely
from case import Case
from pykdtree.kdtree import KDTree
from scipy.spatial import cKDTree

from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.coverage import coverage
from geo_ems.queries.ellipsoid import lonlat_to_xyz, position_xyz
from geo_ems.queries.shapes import PreparedGeometries, nearest_features, prepare_candidates, prepare_geometries

K = 5
ROUNDS = 1_001
SEED = 7


def cases() -> Iterable[Case]:
    """Yield all comparisons; the data of one are released before the next."""
    for n in (10_000, 100_000, 1_000_000):
        yield from _nearest_cases(n)
    yield from _area_cases(2_000)
    yield from _coverage_cases(cell_count=100_000, shelter_count=1_000)


def _places(rng: np.random.Generator, n: int) -> FloatArray:
    world = np.column_stack([rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))])
    world[: n // 2] = rng.normal([113.0, 23.0], 0.5, (n // 2, 2))
    return world


def _nearest_cases(n: int) -> Iterable[Case]:
    rng = np.random.default_rng(SEED)
    lonlat_deg = _places(rng, n)
    queries = [tuple(place) for place in rng.normal([113.0, 23.0], 0.5, (ROUNDS + 1, 2)).tolist()]
    candidates: BoolArray = rng.random(n) < 0.01
    points = shapely.points(lonlat_deg)
    prepared = prepare_geometries(points)
    xyz_m = lonlat_to_xyz(lonlat_deg)
    marked = prepare_candidates(prepared, candidates)
    tree, other_tree = cKDTree(xyz_m.T), KDTree(np.ascontiguousarray(xyz_m.T))
    queries_m = [position_xyz(place) for place in queries]
    in_degrees = shapely.STRtree(points)
    in_degrees.query_nearest(points[0])

    def ours(i: int) -> object:
        return nearest_features(prepared, at_lonlat_deg=queries[i], k=K)

    def ours_filtered(i: int) -> object:
        return nearest_features(prepared, at_lonlat_deg=queries[i], k=K, candidates=candidates)

    def ours_marked(i: int) -> object:
        return nearest_features(prepared, at_lonlat_deg=queries[i], k=K, candidates=marked)

    def tree_bare(i: int) -> object:
        return tree.query(queries_m[i], k=K)

    def other_bare(i: int) -> object:
        return other_tree.query(queries_m[i][None], k=K)

    def tree_filtered_after(i: int) -> object:
        count = 16 * K
        while True:
            near = tree.query(queries_m[i], k=min(count, n))[1]
            kept = near[candidates[near]]
            if kept.size >= K or count >= n:
                return kept[:K]
            count *= 4

    def degrees_nearest(i: int) -> object:
        return in_degrees.query_nearest(shapely.Point(queries[i]))

    yield Case(f"nearest 5 of {n:,}", ours, tree_bare, "scipy cKDTree", ROUNDS, "peer: chords only, no proof, no ties")
    yield Case(f"nearest 5 of {n:,}", ours, other_bare, "pykdtree", ROUNDS, "peer: chords only, no proof, no ties")
    yield Case(
        f"nearest of {n:,}", ours, degrees_nearest, "shapely STRtree", 101, "peer: one, in degrees: often another"
    )
    yield Case(f"nearest 5 of {n:,}, 1 % eligible, a mask", ours_filtered, ours, "ours, all eligible", ROUNDS)
    yield Case(f"nearest 5 of {n:,}, 1 % eligible, prepared", ours_marked, ours, "ours, all eligible", ROUNDS)
    yield Case(
        f"nearest 5 of {n:,}, 1 % eligible, a mask",
        ours_filtered,
        tree_filtered_after,
        "cKDTree, filtered after",
        101,
        "peer: asks for more until 5 remain",
    )


def _area_cases(n: int) -> Iterable[Case]:
    rng = np.random.default_rng(SEED)
    areas = shapely.buffer(shapely.points(rng.normal([113.0, 23.0], 0.5, (n, 2))), 0.004)
    queries = rng.normal([113.0, 23.0], 0.5, (ROUNDS + 1, 2))
    prepared: PreparedGeometries = prepare_geometries(areas)
    frame = gpd.GeoDataFrame(geometry=areas, crs=4326).to_crs(32649)
    frame.sindex  # noqa: B018 - builds the index outside the timing

    def ours(i: int) -> object:
        return nearest_features(prepared, at_lonlat_deg=(queries[i, 0], queries[i, 1]), k=K)

    def joined(i: int) -> object:
        place = gpd.GeoDataFrame(geometry=[shapely.Point(queries[i])], crs=4326).to_crs(32649)
        return gpd.sjoin_nearest(place, frame, distance_col="m")

    yield Case(
        f"nearest 5 of {n:,} areas", ours, joined, "geopandas sjoin_nearest", 21, "peer: one, on a UTM plane, no proof"
    )


def _coverage_cases(*, cell_count: int, shelter_count: int) -> Iterable[Case]:
    rng = np.random.default_rng(SEED)
    cells = rng.normal([113.0, 23.0], 0.5, (cell_count, 2))
    shelters = shapely.points(rng.normal([113.0, 23.0], 0.5, (shelter_count, 2)))
    people = rng.integers(0, 500, cell_count)
    usable = np.ones(shelter_count, dtype=np.bool_)
    cell_frame = gpd.GeoDataFrame({"people": people}, geometry=shapely.points(cells), crs=4326)
    shelter_frame = gpd.GeoDataFrame(geometry=shelters, crs=4326)

    def ours(i: int) -> object:
        return coverage(cells, people, prepare_geometries(shelters), usable=usable, cutoff_m=1_500.0 + i)

    def joined(i: int) -> object:
        near = gpd.sjoin_nearest(cell_frame.to_crs(32649), shelter_frame.to_crs(32649), distance_col="m")
        return int(near.loc[near["m"] <= 1_500.0 + i, "people"].sum())

    yield Case(
        f"coverage {cell_count:,} cells x {shelter_count:,} shelters",
        ours,
        joined,
        "geopandas sjoin_nearest",
        5,
        "peer: nearest on a UTM plane; no backup count, no people per shelter",
    )
