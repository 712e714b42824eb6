"""Places that move while they are asked about: exact, and as fresh as the last move.

Up to `SCANNED_UP_TO` places are scanned by compiled code. Above that a tree holds where they stood
when it was built; those that moved since are taken out of it and scanned beside it, and from
`REBUILT_FROM` of them on a new tree is built in a thread. The answer is that of `nearest_points`
over the places as they are now: the same measures, the same order, the same proof.
"""

from threading import Lock, Thread
from typing import Final

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.queries.compiled import Kernels, loaded_kernels
from geo_ems.queries.ellipsoid import ROUNDING_M, LonLat, checked_position, lonlat_to_xyz, position_xyz
from geo_ems.queries.nearest import (
    Measured,
    NearestPoints,
    check_count,
    measure_points,
    nearest_points,
    ranked_by_chord,
)
from geo_ems.queries.point_tree import BY_INDEX, EMPTY_TREE, LEAF_SIZE, PointTree, build_point_tree

SCANNED_UP_TO: Final = 10_000
EXTRA_LIMIT: Final = 4096
"""Places that moved since the tree was built, at most."""

REBUILT_FROM: Final = 2048
_NOTHING: Final = np.empty(0, dtype=np.bool_)


class MovingPoints:
    """Places that move; any thread may move them and ask."""

    def __init__(self, lonlat_deg: FloatArray, *, scanned_up_to: int = SCANNED_UP_TO) -> None:
        """Begin with places (n, 2), WGS84 degrees."""
        size = lonlat_deg.shape[0]
        self._lonlat_deg = np.array(lonlat_deg, dtype=np.float64, order="C")
        self._xyz_m = np.ascontiguousarray(lonlat_to_xyz(self._lonlat_deg).T)
        self._is_scanned = size <= scanned_up_to
        self._lock = Lock()
        self._builder: Thread | None = None
        self._touched = np.zeros(size, dtype=np.bool_)
        self._tree, self._in_tree = EMPTY_TREE, np.zeros(size, dtype=np.bool_)
        self._slot_of = np.arange(size)
        self._extra, self._extra_xyz_m, self._extra_count = np.arange(size), self._xyz_m, size
        self.rebuilt_count = 0
        if not self._is_scanned:
            self._rebuild()

    def __len__(self) -> int:
        """Return the number of places."""
        return int(self._slot_of.size)

    @property
    def lonlat_deg(self) -> FloatArray:
        """Return where the places are now, (n, 2); a copy."""
        with self._lock:
            return self._lonlat_deg.copy()

    def move(self, row: int, lonlat_deg: LonLat) -> None:
        """Put one place elsewhere: every question after it sees it there.

        Raises
        ------
        UsageError
            Where there is no such place, or the position is not on the Earth.
        """
        lon_deg, lat_deg = checked_position(lonlat_deg)
        if not 0 <= row < len(self):
            raise UsageError(
                f"There is no place {row}", remedy=f"There are {len(self)}, from 0.", field="row", value=row
            )
        kernels = loaded_kernels()
        with self._lock:
            if not self._is_scanned and self._slot_of[row] < 0 and self._extra_count >= EXTRA_LIMIT:
                self._install(_built(self._xyz_m), np.zeros(len(self), dtype=np.bool_))
            if kernels is None:
                self._move_plainly(row, lon_deg, lat_deg)
            else:
                self._extra_count = kernels.moving.move_place(
                    row,
                    lon_deg,
                    lat_deg,
                    self._lonlat_deg,
                    self._xyz_m,
                    self._in_tree,
                    self._touched,
                    self._slot_of,
                    self._extra,
                    self._extra_xyz_m,
                    self._extra_count,
                )
            if not self._is_scanned and self._extra_count >= REBUILT_FROM and self._builder is None:
                self._builder = Thread(target=self._rebuild, name="geo-ems-moving", daemon=True)
                self._builder.start()

    def nearest(self, *, at_lonlat_deg: LonLat, k: int, candidates: BoolArray | None = None) -> NearestPoints:
        """Return the k nearest places as they are now, what `nearest_points` returns; `candidates` (n,) restricts.

        Raises
        ------
        UsageError
            Where k is below 1 or the position is not on the Earth.
        """
        at_lonlat_deg = checked_position(at_lonlat_deg)
        check_count(k)
        kernels = loaded_kernels()
        with self._lock:
            if kernels is None:
                return nearest_points(
                    self._xyz_m.T, self._lonlat_deg, at_lonlat_deg=at_lonlat_deg, k=k, candidates=candidates
                )
            return self._nearest(kernels, at_lonlat_deg, k, candidates)

    def settle(self) -> None:
        """Wait for a tree that is being built."""
        builder = self._builder
        if builder is not None:
            builder.join()

    def _nearest(self, kernels: Kernels, at_lonlat_deg: LonLat, k: int, candidates: BoolArray | None) -> NearestPoints:
        count = max(1, min(k + 2, len(self)))
        index, chord_m, places_deg = np.empty(count, np.int64), np.empty(count), np.empty((count, 2))
        chosen = self._in_tree if candidates is None else self._in_tree & candidates
        wanted = _NOTHING if candidates is None else np.ascontiguousarray(candidates)
        found = kernels.moving.closest_moving(
            *at_lonlat_deg,
            *self._tree.arrays,
            BY_INDEX,
            chosen,
            _NOTHING,
            self._extra,
            self._extra_xyz_m,
            self._extra_count,
            int(candidates is None),
            wanted,
            self._lonlat_deg,
            index,
            chord_m,
            places_deg,
        )

        def wider(limit_m: float) -> Measured:
            step_m = self._xyz_m - position_xyz(at_lonlat_deg)
            near = (step_m * step_m).sum(axis=1) <= (limit_m + ROUNDING_M) ** 2
            rows = np.flatnonzero(near if candidates is None else near & candidates)
            return measure_points(self._lonlat_deg, rows, at_lonlat_deg=at_lonlat_deg)

        return ranked_by_chord(
            kernels, found, index, chord_m, places_deg, at_lonlat_deg=at_lonlat_deg, k=k, wider=wider
        )

    def _move_plainly(self, row: int, lon_deg: float, lat_deg: float) -> None:
        self._lonlat_deg[row] = lon_deg, lat_deg
        self._xyz_m[row] = position_xyz((lon_deg, lat_deg))
        self._touched[row] = True
        if self._slot_of[row] < 0:
            self._slot_of[row], self._extra[self._extra_count] = self._extra_count, row
            self._in_tree[row] = False
            self._extra_count += 1
        self._extra_xyz_m[self._slot_of[row]] = self._xyz_m[row]

    def _rebuild(self) -> None:
        """Build a tree of where the places are, and take it with those that moved meanwhile beside it."""
        with self._lock:
            self._touched = np.zeros(len(self), dtype=np.bool_)
            places_m = self._xyz_m.copy()
            touched = self._touched
        tree = _built(places_m)
        with self._lock:
            # Another one was built and taken since, where places moved faster than this one was built.
            if self._touched is touched:
                self._install(tree, touched)
            self._builder = None

    def _install(self, tree: PointTree, touched: BoolArray) -> None:
        """Take a tree in which the places that were touched since stand wrongly; the lock is held."""
        moved = np.flatnonzero(touched)
        self._tree, self._in_tree = tree, ~touched
        self._touched = np.zeros(len(self), dtype=np.bool_)
        self._slot_of = np.full(len(self), -1)
        self._slot_of[moved] = np.arange(moved.size)
        self._extra = np.empty(max(EXTRA_LIMIT, moved.size), dtype=np.int64)
        self._extra[: moved.size] = moved
        self._extra_xyz_m = np.empty((self._extra.size, 3))
        self._extra_xyz_m[: moved.size] = self._xyz_m[moved]
        self._extra_count = int(moved.size)
        self.rebuilt_count += 1


def _built(places_m: FloatArray) -> PointTree:
    """Return a tree over places (n, 3): compiled, so that it is built without holding up other threads."""
    kernels = loaded_kernels()
    if kernels is None:
        return build_point_tree(places_m.T)
    size = places_m.shape[0]
    leaf_count = 1 << max(0, int(np.ceil(np.log2(max(size, 1) / LEAF_SIZE))))
    xyz_m, order = places_m.copy(), np.arange(size, dtype=np.int32)
    axis, plane_m = np.zeros(leaf_count - 1, np.int8), np.zeros(leaf_count - 1)
    start = np.zeros(leaf_count + 1, np.int32)
    kernels.moving.build_tree(xyz_m, order, axis, plane_m, start)
    return PointTree(order, xyz_m, axis, plane_m, start)
