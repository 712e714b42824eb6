"""Places all over the Earth, and the plainest possible answers to compare with."""

import numpy as np
from pyproj import Geod

GEOD = Geod(ellps="WGS84")


def random_places(rng, n):
    """Return n lon/lat: a crowded county, both sides of 180 degrees, both poles, the rest, and duplicates."""
    lonlat_deg = np.column_stack([rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))])
    fifth = n // 5
    lonlat_deg[:fifth] = rng.normal([113.0, 23.0], 0.3, (fifth, 2))
    near_180 = np.where(rng.random(fifth) < 0.5, 180.0, -180.0)
    lonlat_deg[fifth : 2 * fifth, 0] = near_180 - np.sign(near_180) * rng.exponential(0.2, fifth)
    lonlat_deg[2 * fifth : 3 * fifth, 1] = np.where(rng.random(fifth) < 0.5, 1, -1) * (90 - rng.exponential(0.3, fifth))
    copies = rng.integers(0, n, n // 10)
    lonlat_deg[rng.integers(0, n, n // 10)] = lonlat_deg[copies]
    lonlat_deg[:4] = [[180.0, 0.0], [-180.0, 0.0], [0.0, 90.0], [77.0, -90.0]]
    return lonlat_deg


def ring_of_places(rng, at, distance_m):
    """Return places round `at` whose geodesics differ by decimetres and whose chords differ by kilometres."""
    azimuth_deg = np.linspace(0, 360, 60, endpoint=False)
    length_m = distance_m + 0.25 * rng.permutation(60)
    lon, lat, _ = GEOD.fwd(np.full(60, at[0]), np.full(60, at[1]), azimuth_deg, length_m)
    return np.column_stack([lon, lat])


def geod_distances(at_lonlat_deg, lonlat_deg):
    """Return Geod distances from one place, one call per place."""
    return np.array([GEOD.inv(at_lonlat_deg[0], at_lonlat_deg[1], lon, lat)[2] for lon, lat in lonlat_deg])


def ranking(distance_m, candidates=None):
    """Return indices in the order of ruling 7: rounded to 0.1 m, distance, index."""
    index = range(len(distance_m)) if candidates is None else np.flatnonzero(candidates).tolist()
    return sorted(index, key=lambda i: (round(distance_m[i], 1), distance_m[i], i))
