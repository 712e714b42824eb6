import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from places import geod_distances, random_places, ranking, ring_of_places

from geo_ems.errors import UsageError
from geo_ems.queries.chords import build_point_blocks
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.nearest import nearest_points, points_below

DEGREE_OF_EQUATOR_M = 6_378_137.0 * np.pi / 180


def nearest(lonlat_deg, at, k, **options):
    lonlat_deg = np.asarray(lonlat_deg, dtype=float).reshape(-1, 2)
    return nearest_points(lonlat_to_xyz(lonlat_deg), lonlat_deg, at_lonlat_deg=at, k=k, **options)


def test_places_along_the_equator_are_ranked_by_their_arcs():
    answer = nearest([(3, 0), (1, 0), (-2, 0)], (0.0, 0.0), 2)
    assert answer.index.tolist() == [1, 2]
    np.testing.assert_allclose(answer.straight_m, np.array([1, 2]) * DEGREE_OF_EQUATOR_M, rtol=1e-12)
    np.testing.assert_allclose(answer.bearing_deg, [90, 270])
    assert answer.proven_exact


def test_a_team_across_180_degrees_is_the_nearest():
    answer = nearest([(179.0, 0.0), (-179.9, 0.0)], (179.9, 0.0), 1)
    assert answer.index.tolist() == [1]
    assert answer.straight_m[0] == pytest.approx(0.2 * DEGREE_OF_EQUATOR_M)


def test_at_a_pole_the_longitude_does_not_matter():
    answer = nearest([(0.0, 89.0), (120.0, 89.5), (-60.0, 90.0)], (33.0, 90.0), 3)
    assert answer.index.tolist() == [2, 1, 0]
    assert (answer.straight_m[0], answer.bearing_deg[0]) == (pytest.approx(0.0, abs=1e-6), 0.0)


def test_equal_distances_are_tied_and_ordered_by_index():
    answer = nearest([(0, 5), (0, 1), (0, 1), (0, 3)], (0.0, 0.0), 3)
    assert answer.index.tolist() == [1, 2, 3]
    assert answer.tied.tolist() == [True, True, False]
    assert not answer.tie_cut_at_k


def test_a_tie_cut_at_k_is_told():
    answer = nearest([(0, 1), (0, 1), (0, 3)], (0.0, 0.0), 1)
    assert answer.index.tolist() == [0]
    assert (answer.tie_cut_at_k, answer.tied.tolist()) == (True, [True])


def test_four_centimetres_apart_are_tied_and_forty_are_not():
    metre_deg = 1.0 / DEGREE_OF_EQUATOR_M
    close = nearest([(100.04 * metre_deg, 0), (100.0 * metre_deg, 0)], (0.0, 0.0), 2)
    apart = nearest([(100.4 * metre_deg, 0), (100.0 * metre_deg, 0)], (0.0, 0.0), 2)
    assert (close.index.tolist(), close.tied.all()) == ([1, 0], True)
    assert (apart.index.tolist(), apart.tied.any()) == ([1, 0], False)


@pytest.mark.parametrize(("k", "found"), [(3, 3), (7, 3)])
def test_where_fewer_than_k_exist_all_are_returned(k, found):
    answer = nearest([(1, 1), (2, 2), (3, 3)], (0.0, 0.0), k)
    assert len(answer) == found
    assert answer.unmeasured_from_m == np.inf


def test_no_candidate_gives_an_empty_answer():
    answer = nearest([(1, 1), (2, 2)], (0.0, 0.0), 5, candidates=np.zeros(2, dtype=bool))
    assert (len(answer), answer.proven_exact, answer.tie_cut_at_k) == (0, True, False)
    assert len(nearest([], (0.0, 0.0), 5)) == 0


def test_a_k_below_one_is_refused():
    with pytest.raises(UsageError, match="k is 0"):
        nearest([(1, 1)], (0.0, 0.0), 0)


def test_where_chords_order_otherwise_than_geodesics_the_geodesics_decide(rng):
    lonlat_deg = ring_of_places(rng, (20.0, 35.0), 5_000_000.0)
    answer = nearest(lonlat_deg, (20.0, 35.0), 5)
    assert answer.index.tolist() == ranking(geod_distances((20.0, 35.0), lonlat_deg))[:5]


def test_a_hundred_places_on_one_spot_come_in_the_order_of_their_index():
    answer = nearest([(10, 10)] * 100 + [(11, 10)], (10.0, 10.0), 5)
    assert answer.index.tolist() == [0, 1, 2, 3, 4]
    assert answer.tie_cut_at_k


def test_a_thousand_queries_equal_brute_force(rng):
    lonlat_deg = random_places(rng, 400)
    xyz_m = lonlat_to_xyz(lonlat_deg)
    blocks = build_point_blocks(xyz_m, np.arange(400), block_size=16)
    queries = random_places(rng, 1000)
    queries[500:600] = lonlat_deg[rng.integers(0, 400, 100)]
    for number, at in enumerate(queries.tolist()):
        k = (1, 5, 17, 400)[number % 4]
        candidates = rng.random(400) < (1.0, 0.5, 0.05)[number % 3]
        distance_m = geod_distances(at, lonlat_deg)
        expected = ranking(distance_m, candidates)
        answer = nearest_points(
            xyz_m, lonlat_deg, at_lonlat_deg=at, k=k, candidates=candidates, blocks=blocks if number % 2 else None
        )
        assert answer.index.tolist() == expected[:k]
        assert answer.straight_m.tolist() == distance_m[expected[:k]].tolist()
        rounded_m = np.round(distance_m[expected], 1)
        assert answer.tie_cut_at_k == (len(expected) > k and rounded_m[k - 1] == rounded_m[k])
        assert answer.proven_exact


def test_every_unmeasured_place_lies_beyond_the_bound_that_proves_the_answer(rng):
    lonlat_deg = random_places(rng, 5000)
    for at in random_places(rng, 50).tolist():
        answer = nearest(lonlat_deg, at, 5)
        distance_m = geod_distances(at, lonlat_deg)
        assert answer.unmeasured_from_m > answer.straight_m[-1]
        assert (np.delete(distance_m, answer.index) >= answer.straight_m[-1]).all()


@pytest.mark.parametrize("share", [1.0, 0.4, 0.01])
def test_blocks_never_change_an_answer(rng, share):
    lonlat_deg = random_places(rng, 30_000)
    lonlat_deg[20_000:] = rng.normal([113.0, 23.0], 0.01, (10_000, 2))
    xyz_m = lonlat_to_xyz(lonlat_deg)
    blocks = build_point_blocks(xyz_m, np.arange(30_000))
    candidates = None if share == 1.0 else rng.random(30_000) < share
    for at in [*random_places(rng, 40).tolist(), (113.0, 23.0), (-67.0, -23.0)]:
        with_blocks = nearest(lonlat_deg, at, 9, candidates=candidates, blocks=blocks)
        without = nearest(lonlat_deg, at, 9, candidates=candidates)
        assert with_blocks.index.tolist() == without.index.tolist()
        assert with_blocks.straight_m.tolist() == without.straight_m.tolist()


@pytest.mark.parametrize("with_blocks", [False, True])
def test_all_nearer_than_a_limit_are_found_and_the_limit_itself_is_not(rng, with_blocks):
    lonlat_deg = random_places(rng, 3000)
    xyz_m = lonlat_to_xyz(lonlat_deg)
    blocks = build_point_blocks(xyz_m, np.arange(3000), block_size=64) if with_blocks else None
    for at in random_places(rng, 30).tolist():
        distance_m = geod_distances(at, lonlat_deg)
        for limit_m in (float(np.sort(distance_m)[40]), 1e7, 3e7, 0.0):
            below = points_below(xyz_m, lonlat_deg, at_lonlat_deg=at, limit_m=limit_m, blocks=blocks)
            assert below.index.tolist() == [i for i in ranking(distance_m) if distance_m[i] < limit_m]


places = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.just(2)),
    elements=st.floats(-90, 90, width=32),
)
query = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(places, query, st.integers(1, 8), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_distance(lonlat_deg, at, k, random):
    order = list(range(len(lonlat_deg)))
    random.shuffle(order)
    straight_m = nearest(lonlat_deg, at, k).straight_m
    assert nearest(lonlat_deg[order], at, k).straight_m.tolist() == straight_m.tolist()


@given(places, query, st.integers(1, 8))
def test_a_larger_k_only_appends(lonlat_deg, at, k):
    assert nearest(lonlat_deg, at, k + 3).index[:k].tolist() == nearest(lonlat_deg, at, k).index.tolist()


@given(places, query, st.integers(1, 5))
def test_a_farther_place_changes_nothing(lonlat_deg, at, k):
    before = nearest(lonlat_deg, at, k)
    antipode = (at[0] - 180.0 if at[0] > 0 else at[0] + 180.0, -at[1])
    after = nearest(np.vstack([lonlat_deg, [antipode]]), at, k)
    assert after.index[: len(before)].tolist() == before.index.tolist()


@given(places, query, st.integers(1, 5), st.data())
def test_a_mask_equals_asking_the_subset(lonlat_deg, at, k, data):
    candidates = data.draw(hnp.arrays(np.bool_, len(lonlat_deg)))
    masked = nearest(lonlat_deg, at, k, candidates=candidates)
    subset = nearest(lonlat_deg[candidates], at, k)
    assert masked.index.tolist() == np.flatnonzero(candidates)[subset.index].tolist()
    assert masked.straight_m.tolist() == subset.straight_m.tolist()
