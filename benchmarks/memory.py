"""How much memory the search takes beyond the coordinates: 1,000,000 points, then 100,000 questions in a batch.

A process of its own, since memory once asked for is not given back; Linux only.
"""

from pathlib import Path

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.queries.compiled import load_kernels
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.nearest_batch import nearest_of_many, search_points

POINTS, QUERIES, K, LIMIT_MB = 1_000_000, 100_000, 5, 120
_STATUS = Path("/proc/self/status")


def resident_mb(name: str) -> float:
    """Return the memory this process holds now (VmRSS), or held at most (VmHWM), in megabytes."""
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def uniform_places(n: int) -> FloatArray:
    """Return n places over the whole Earth, lon/lat degrees."""
    rng = np.random.default_rng(7)
    return np.column_stack([rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))])


def main() -> None:
    """Print what the tree holds beyond x, y, z, and the most the process held while it was built and asked."""
    if not _STATUS.exists():
        print("\nMemory is measured on Linux only.")
        return
    load_kernels()
    lonlat_deg = uniform_places(POINTS)
    xyz_m, queries = lonlat_to_xyz(lonlat_deg), uniform_places(QUERIES)
    at_xyz_m = lonlat_to_xyz(queries)
    before_mb = resident_mb("VmRSS")
    points = search_points(xyz_m, lonlat_deg)
    tree_mb = resident_mb("VmRSS") - before_mb
    nearest_of_many(points, at_xyz_m=at_xyz_m, at_lonlat_deg=queries, k=K, threads=1)
    held_mb, most_mb = resident_mb("VmRSS") - before_mb, resident_mb("VmHWM") - before_mb
    verdict = "within" if held_mb <= LIMIT_MB else "ABOVE"
    print(
        f"\nMemory beyond lon/lat and x, y, z of {POINTS:,} points: tree {tree_mb:.0f} MB; after {QUERIES:,} questions "
        f"with its answers {held_mb:.0f} MB ({verdict} {LIMIT_MB} MB); at most, while it was built, {most_mb:.0f} MB."
    )


if __name__ == "__main__":
    main()
