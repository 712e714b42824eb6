"""Many questions at once, and coverage, against the trees a programmer would take instead.

The peers get Earth-centred coordinates ready made and return chords; ours starts from the same, or
from lon/lat, and returns geodesics in a proved order.
"""

from collections.abc import Iterable

import numpy as np
import shapely
from case import Case
from pykdtree.kdtree import KDTree
from scipy.spatial import cKDTree

from geo_ems.model.columns import FloatArray
from geo_ems.queries.coverage import coverage
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.nearest_batch import nearest_of_many, search_points
from geo_ems.queries.parallel import processor_count
from geo_ems.queries.shapes import prepare_geometries

K = 5
ROUNDS = 7
SEED = 7
POINTS = 1_000_000
QUERIES = 100_000
CELLS = 1_000_000
SHELTERS = 10_000
NO_PROOF = "peer: chords only, no proof"


def cases() -> Iterable[Case]:
    """Yield all comparisons; the data of one are released before the next."""
    yield from _batch_cases()
    yield from _coverage_cases()


def _in_county(rng: np.random.Generator, n: int) -> FloatArray:
    return rng.normal([113.0, 23.0], 0.5, (n, 2))


def _batch_cases() -> Iterable[Case]:
    rng = np.random.default_rng(SEED)
    lonlat_deg = np.column_stack([rng.uniform(-180, 180, POINTS), np.degrees(np.arcsin(rng.uniform(-1, 1, POINTS)))])
    lonlat_deg[: POINTS // 2] = _in_county(rng, POINTS // 2)
    xyz_m = lonlat_to_xyz(lonlat_deg)
    points = search_points(xyz_m, lonlat_deg)
    tree, other_tree = cKDTree(xyz_m.T), KDTree(np.ascontiguousarray(xyz_m.T))
    asked_deg = [_in_county(rng, QUERIES) for _ in range(3)]
    asked_xyz_m = [lonlat_to_xyz(places) for places in asked_deg]
    asked_rows_m = [np.ascontiguousarray(xyz.T) for xyz in asked_xyz_m]

    def ours(i: int, threads: int = 1) -> object:
        i %= 3
        return nearest_of_many(points, at_xyz_m=asked_xyz_m[i], at_lonlat_deg=asked_deg[i], k=K, threads=threads)

    def ckdtree(i: int, threads: int = 1) -> object:
        return tree.query(asked_rows_m[i % 3], k=K, workers=threads)

    def pykdtree(i: int) -> object:
        return other_tree.query(asked_rows_m[i % 3], k=K)

    name = f"{QUERIES:,} questions, nearest {K} of {POINTS:,}"
    yield Case(name, ours, ckdtree, "scipy cKDTree", ROUNDS, NO_PROOF)
    yield Case(name, ours, pykdtree, "pykdtree", ROUNDS, NO_PROOF)
    threads = processor_count()
    if threads > 1:
        yield Case(
            f"{name}, {threads} threads",
            lambda i: ours(i, threads),
            lambda i: ckdtree(i, threads),
            f"scipy cKDTree, workers={threads}",
            ROUNDS,
            NO_PROOF,
        )


def _coverage_cases() -> Iterable[Case]:
    rng = np.random.default_rng(SEED)
    cells, shelters = _in_county(rng, CELLS), _in_county(rng, SHELTERS)
    people, usable = rng.integers(0, 500, CELLS), np.ones(SHELTERS, dtype=np.bool_)
    prepared = prepare_geometries(shapely.points(shelters))
    shelters_m, cells_m = (np.ascontiguousarray(lonlat_to_xyz(places).T) for places in (shelters, cells))
    tree, other_tree = cKDTree(shelters_m), KDTree(shelters_m)

    def ours(i: int, threads: int = 1) -> object:
        return coverage(cells, people, prepared, usable=usable, cutoff_m=1_500.0 + i, threads=threads)

    name, note = f"coverage {CELLS:,} cells x {SHELTERS:,} shelters", "peer: nearest chord only, from ready x, y, z"
    yield Case(name, ours, lambda _: tree.query(cells_m), "scipy cKDTree", 5, note)
    yield Case(name, ours, lambda _: other_tree.query(cells_m), "pykdtree", 5, note)
    threads = processor_count()
    if threads > 1:
        yield Case(
            f"{name}, {threads} threads",
            lambda i: ours(i, threads),
            lambda _: tree.query(cells_m, workers=threads),
            f"scipy cKDTree, workers={threads}",
            5,
            note,
        )
