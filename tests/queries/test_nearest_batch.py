import numpy as np
import pytest
from places import GEOD, geod_distances, random_places, ranking, ring_of_places

from geo_ems.errors import UsageError
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.nearest_batch import nearest_batch, within_distance_batch


def batch(lonlat_deg, at_lonlat_deg, k, **options):
    return nearest_batch(
        lonlat_to_xyz(lonlat_deg),
        lonlat_deg,
        at_xyz_m=lonlat_to_xyz(at_lonlat_deg),
        at_lonlat_deg=at_lonlat_deg,
        k=k,
        **options,
    )


def within(lonlat_deg, at_lonlat_deg, cutoff_m, **options):
    return within_distance_batch(
        lonlat_to_xyz(lonlat_deg),
        lonlat_deg,
        at_xyz_m=lonlat_to_xyz(at_lonlat_deg),
        at_lonlat_deg=at_lonlat_deg,
        cutoff_m=cutoff_m,
        **options,
    )


@pytest.mark.parametrize(("k", "share"), [(1, 1.0), (5, 1.0), (5, 0.1), (300, 1.0)])
def test_a_batch_equals_brute_force_query_by_query(rng, k, share):
    lonlat_deg, queries = random_places(rng, 300), random_places(rng, 250)
    candidates = rng.random(300) < share
    answer = batch(lonlat_deg, queries, k, candidates=candidates)
    for row, at in enumerate(queries.tolist()):
        distance_m = geod_distances(at, lonlat_deg)
        expected = sorted(np.flatnonzero(candidates).tolist(), key=lambda i: (distance_m[i], i))[:k]
        assert answer.index[row, : len(expected)].tolist() == expected
        np.testing.assert_allclose(answer.distance_m[row, : len(expected)], distance_m[expected], rtol=0, atol=2e-8)


def test_where_fewer_than_k_exist_the_rest_is_minus_one_and_infinity():
    answer = batch(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 0.0]]), 3)
    assert answer.index.tolist() == [[0, 1, -1], [1, 0, -1]]
    assert answer.distance_m[:, 2].tolist() == [np.inf, np.inf]


def test_no_facility_at_all_leaves_everyone_without():
    answer = batch(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]), 1, candidates=np.array([False]))
    assert answer.index.tolist() == [[-1]]
    assert within(
        np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]), 1e9, candidates=np.array([False])
    ).indptr.tolist() == [0, 0]


def test_where_chords_order_otherwise_than_geodesics_the_geodesics_decide(rng):
    at = (20.0, 35.0)
    lonlat_deg = ring_of_places(rng, at, 5_000_000.0)
    expected = ranking(geod_distances(at, lonlat_deg))
    chord_m = np.linalg.norm(lonlat_to_xyz(lonlat_deg) - lonlat_to_xyz(np.array([at])), axis=0)
    assert np.argsort(chord_m)[:5].tolist() != expected[:5]
    assert batch(lonlat_deg, np.array([at]), 5).index[0].tolist() == expected[:5]


def test_facilities_on_one_spot_come_in_the_order_of_their_index():
    answer = batch(np.tile([[10.0, 10.0]], (40, 1)), np.array([[10.0, 10.0], [10.0, 11.0]]), 3)
    assert answer.index.tolist() == [[0, 1, 2], [0, 1, 2]]


@pytest.mark.parametrize("cutoff_m", [0.0, 500.0, 20_000.0, 2e6, 1.5e7, 3e7])
def test_all_within_a_cutoff_are_found(rng, cutoff_m):
    lonlat_deg, queries = random_places(rng, 300), random_places(rng, 200)
    answer = within(lonlat_deg, queries, cutoff_m)
    for row, at in enumerate(queries.tolist()):
        part = slice(answer.indptr[row], answer.indptr[row + 1])
        distance_m = geod_distances(at, lonlat_deg)
        expected = np.flatnonzero(distance_m <= cutoff_m)
        assert answer.indices[part].tolist() == expected.tolist()
        np.testing.assert_allclose(answer.distance_m[part], distance_m[expected], rtol=0, atol=2e-8)


def test_a_facility_at_exactly_the_cutoff_is_within_and_a_millimetre_beyond_is_not(rng):
    queries = random_places(rng, 300)
    azimuth_deg = rng.uniform(-180, 180, 300)
    for length_m, expected in ((1500.0, 1), (1500.001, 0)):
        lon, lat, _ = GEOD.fwd(queries[:, 0], queries[:, 1], azimuth_deg, np.full(300, length_m))
        found = [
            within(np.array([[lon[i], lat[i]]]), queries[i : i + 1], 1500.0).indices.size
            for i in range(queries.shape[0])
        ]
        assert set(found) == {expected}


def test_a_crowd_of_pairs_is_split_and_nothing_is_lost(rng, monkeypatch):
    lonlat_deg, queries = random_places(rng, 200), random_places(rng, 100)
    whole, nearest_whole = within(lonlat_deg, queries, 3e6), batch(lonlat_deg, queries, 4)
    monkeypatch.setattr("geo_ems.queries.nearest_batch._PAIRS_AT_ONCE", 37)
    split, nearest_split = within(lonlat_deg, queries, 3e6), batch(lonlat_deg, queries, 4)
    assert split.indptr.tolist() == whole.indptr.tolist()
    assert split.indices.tolist() == whole.indices.tolist()
    assert nearest_split.index.tolist() == nearest_whole.index.tolist()


@pytest.mark.parametrize("cutoff_m", [-1.0, float("nan")])
def test_a_cutoff_that_is_no_distance_is_refused(cutoff_m):
    with pytest.raises(UsageError, match="The cutoff is"):
        within(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]), cutoff_m)
