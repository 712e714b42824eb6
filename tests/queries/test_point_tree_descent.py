"""The plain descent of the tree finds what a scan of all places finds."""

import numpy as np
import pytest
from places import random_places

from geo_ems.queries.chords import closest_by_chord, within_chord
from geo_ems.queries.ellipsoid import lonlat_to_xyz, position_xyz
from geo_ems.queries.point_tree import build_point_tree
from geo_ems.queries.point_tree_descent import closest_by_descent, within_by_descent


def chords(xyz_m, at_xyz_m):
    return np.sqrt(((xyz_m.T - at_xyz_m) ** 2).sum(axis=1))


@pytest.mark.parametrize("size", [4, 9, 600, 5000])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.002])
def test_the_closest_are_those_of_a_scan(rng, size, share):
    xyz_m = lonlat_to_xyz(random_places(rng, size))
    tree = build_point_tree(xyz_m)
    for at in random_places(rng, 6):
        at_xyz_m = position_xyz(tuple(at))
        candidates = None if share == 1.0 else rng.random(size) < share
        for count in (1, 9, 40):
            index, chord_m = closest_by_descent(tree, at_xyz_m=at_xyz_m, count=count, candidates=candidates)
            expected, expected_m = closest_by_chord(xyz_m, at_xyz_m=at_xyz_m, count=count, candidates=candidates)
            assert sorted(index.tolist()) == sorted(expected.tolist())
            # Where exactly as many were found as asked, the rest of the tree was not opened.
            assert chord_m == pytest.approx(expected_m) or (index.size == count and chord_m < expected_m)


def test_equal_chords_at_the_end_are_all_kept(rng):
    lonlat_deg = np.tile([[111.5, 31.2], [112.0, 31.0]], (700, 1))
    tree = build_point_tree(lonlat_to_xyz(lonlat_deg))
    index, chord_m = closest_by_descent(tree, at_xyz_m=position_xyz((111.5, 31.2)), count=3)
    assert sorted(index.tolist()) == list(range(0, 1400, 2))
    assert chord_m == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("reach_m", [0.0, 50_000.0, 3_000_000.0, 13_000_000.0])
def test_all_within_a_chord_are_those_of_a_scan(rng, reach_m):
    xyz_m = lonlat_to_xyz(random_places(rng, 3000))
    tree = build_point_tree(xyz_m)
    candidates = rng.random(3000) < 0.5
    for at in random_places(rng, 4):
        at_xyz_m = position_xyz(tuple(at))
        found = within_by_descent(tree, at_xyz_m=at_xyz_m, chord_m=reach_m, candidates=candidates)
        expected = within_chord(xyz_m, at_xyz_m=at_xyz_m, chord_m=reach_m, candidates=candidates)
        assert sorted(found.tolist()) == sorted(expected.tolist())


def test_places_without_coordinates_are_never_found(rng):
    lonlat_deg = random_places(rng, 50)
    lonlat_deg[::2] = np.nan
    xyz_m = lonlat_to_xyz(lonlat_deg)
    tree = build_point_tree(xyz_m, np.flatnonzero(np.isfinite(xyz_m[0])))
    index, chord_m = closest_by_descent(tree, at_xyz_m=position_xyz((0.0, 0.0)), count=99)
    assert sorted(index.tolist()) == list(range(1, 50, 2))
    assert chord_m == np.inf
