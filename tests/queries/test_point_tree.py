import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from places import geod_distances, random_places, ranking

from geo_ems.queries import compiled, shapes
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.nearest import nearest_points, points_below
from geo_ems.queries.nearest_batch import nearest_batch, within_distance_batch
from geo_ems.queries.point_tree import PointTree, build_point_tree, mark_candidates

EQUATOR_M_PER_DEGREE = 6_378_137.0 * np.pi / 180


def tree_over(lonlat_deg, leaf_size=4):
    return build_point_tree(
        lonlat_to_xyz(lonlat_deg), np.flatnonzero(np.isfinite(lonlat_deg[:, 0])), leaf_size=leaf_size
    )


def by_tree(lonlat_deg, at, k, *, candidates=None, tree=None):
    tree = tree_over(lonlat_deg) if tree is None else tree
    return nearest_points(
        lonlat_to_xyz(lonlat_deg), lonlat_deg, at_lonlat_deg=at, k=k, candidates=candidates, blocks=tree
    )


def assert_brute_force_agrees(lonlat_deg, at, k, answer, candidates=None):
    distance_m = geod_distances(at, lonlat_deg)
    expected = ranking(distance_m, candidates)
    assert answer.index.tolist() == expected[:k]
    assert answer.straight_m.tolist() == distance_m[expected[:k]].tolist()
    rounded = np.rint(distance_m[expected] * 10)
    assert answer.tie_cut_at_k == (len(expected) > k and rounded[k - 1] == rounded[k])
    assert answer.proven_exact


def subtree(tree, node):
    """Return the positions below a node, by the definition of the layout."""
    inner = tree.leaf_start.size - 2
    if node >= inner:
        return list(range(tree.leaf_start[node - inner], tree.leaf_start[node - inner + 1]))
    return subtree(tree, 2 * node + 1) + subtree(tree, 2 * node + 2)


@pytest.mark.parametrize("n", [0, 1, 4, 5, 63, 64, 1000])
def test_every_place_is_in_one_leaf_and_on_its_side_of_every_plane(rng, n):
    xyz_m = rng.normal(size=(3, n))
    xyz_m[:, n // 2 :] = xyz_m[:, n // 2 : n // 2 + 1]
    tree = build_point_tree(xyz_m, leaf_size=4)
    assert sorted(tree.order.tolist()) == list(range(n))
    assert (tree.xyz_m == xyz_m[:, tree.order].T).all()
    assert np.diff(tree.leaf_start).max(initial=0) <= 4
    for node, (axis, plane_m) in enumerate(zip(tree.split_axis, tree.split_m, strict=True)):
        assert (tree.xyz_m[subtree(tree, 2 * node + 1), axis] <= plane_m).all()
        assert (tree.xyz_m[subtree(tree, 2 * node + 2), axis] >= plane_m).all()


def test_a_tree_cannot_be_written_to(rng):
    tree = build_point_tree(rng.normal(size=(3, 30)))
    for part in tree.arrays:
        assert not part.flags.writeable


def test_marked_nodes_are_those_that_hold_a_candidate(rng):
    tree = build_point_tree(rng.normal(size=(3, 200)), leaf_size=4)
    mask = rng.random(200) < 0.05
    marked = mark_candidates(tree, mask)
    assert marked.at_position.tolist() == mask[tree.order].tolist()
    for node, is_marked in enumerate(marked.in_node):
        assert is_marked == mask[tree.order[subtree(tree, node)]].any()


crowd = st.sampled_from([-180.0, 180.0, 179.9999999, -90.0, 0.0, 90.0, 113.0, 113.0000001])
lonlats = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(-90, 90) | crowd.map(lambda x: x / 2)
)
places = st.tuples(st.floats(-180, 180) | crowd, st.floats(-90, 90) | crowd.map(lambda x: x / 2))


@given(lonlats, places, st.integers(1, 70), st.data())
def test_the_compiled_search_equals_brute_force(lonlat_deg, at, k, data):
    candidates = data.draw(hnp.arrays(np.bool_, len(lonlat_deg)))
    tree = tree_over(lonlat_deg)
    for given_as in (candidates, mark_candidates(tree, candidates)):
        answer = by_tree(lonlat_deg, at, k, candidates=given_as, tree=tree)
        assert_brute_force_agrees(lonlat_deg, at, k, answer, candidates)
    assert_brute_force_agrees(lonlat_deg, at, k, by_tree(lonlat_deg, at, k, tree=tree))


@given(lonlats, st.lists(places, min_size=1, max_size=6), st.integers(1, 9))
def test_a_compiled_batch_equals_brute_force(lonlat_deg, queries, k):
    at = np.array(queries)
    answer = nearest_batch(lonlat_to_xyz(lonlat_deg), lonlat_deg, at_xyz_m=lonlat_to_xyz(at), at_lonlat_deg=at, k=k)
    for row, place in enumerate(queries):
        distance_m = geod_distances(place, lonlat_deg)
        expected = ranking(distance_m)[:k]
        assert answer.index[row, : len(expected)].tolist() == expected
        np.testing.assert_allclose(answer.distance_m[row, : len(expected)], distance_m[expected], rtol=0, atol=2e-8)


@pytest.mark.parametrize(
    "at", [(180.0, 0.0), (-180.0, 0.0), (0.0, 90.0), (55.0, -90.0), (113.0, 23.0), (-67.0, -23.0), (360.0, 5.0)]
)
@pytest.mark.parametrize("k", [1, 5, 50, 400])
def test_at_180_degrees_at_the_poles_and_at_antipodes_the_tree_equals_brute_force(rng, at, k):
    lonlat_deg = random_places(rng, 400)
    assert_brute_force_agrees(lonlat_deg, at, k, by_tree(lonlat_deg, at, k))


def test_places_that_are_all_the_same_come_by_index_and_are_tied():
    answer = by_tree(np.tile([[10.0, 50.0]], (300, 1)), (10.0, 50.0), 4)
    assert (answer.index.tolist(), answer.tied.tolist(), answer.tie_cut_at_k) == ([0, 1, 2, 3], [True] * 4, True)


@pytest.mark.parametrize("apart_m", [0.0, 1e-9, 2e-8, 1e-6, 0.04, 0.06, 0.0999999, 0.1, 0.1000001, 0.2])
def test_ties_are_told_as_brute_force_has_them_at_every_distance_apart(apart_m):
    for start_m in (0.0, 0.05, 99.95, 100.05, 49_999.95, 120_000.05):
        lon_deg = np.array([start_m + apart_m, start_m]) / EQUATOR_M_PER_DEGREE
        lonlat_deg = np.array([[lon_deg[0], 0.0], [-lon_deg[1], 0.0], [1.5, 0.0], [-1.6, 1.0]])
        for k in (1, 2, 3):
            assert_brute_force_agrees(lonlat_deg, (0.0, 0.0), k, by_tree(lonlat_deg, (0.0, 0.0), k))


def test_no_candidate_gives_an_empty_answer_and_features_without_a_place_are_never_found(rng):
    lonlat_deg = random_places(rng, 100)
    lonlat_deg[::3] = np.nan
    assert len(by_tree(lonlat_deg, (0.0, 0.0), 5, candidates=np.zeros(100, dtype=bool))) == 0
    answer = by_tree(lonlat_deg, (0.0, 0.0), 400)
    assert sorted(answer.index.tolist()) == np.flatnonzero(np.isfinite(lonlat_deg[:, 0])).tolist()


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.003, 0.02])
def test_few_candidates_far_away_are_found_whichever_way_they_are_given(rng, share):
    lonlat_deg = rng.normal([113.0, 23.0], 0.5, (40_000, 2))
    candidates = (rng.random(40_000) < share) & (lonlat_deg[:, 0] > 113.8)
    candidates[39_999] = True
    tree, at = tree_over(lonlat_deg, 16), (112.0, 22.5)
    asked = np.flatnonzero(candidates)
    expected = asked[np.array(ranking(geod_distances(at, lonlat_deg[asked])), dtype=int)][:5].tolist()
    for given_as in (candidates, mark_candidates(tree, candidates)):
        assert by_tree(lonlat_deg, at, 5, candidates=given_as, tree=tree).index.tolist() == expected


def test_more_candidates_than_are_looked_at_one_by_one_are_marked_and_found(rng, monkeypatch):
    monkeypatch.setattr("geo_ems.queries.chords._OPENED_BEFORE_MARKING", 10)
    lonlat_deg = random_places(rng, 500)
    candidates = rng.random(500) < 0.1
    assert_brute_force_agrees(
        lonlat_deg, (1.0, 2.0), 7, by_tree(lonlat_deg, (1.0, 2.0), 7, candidates=candidates), candidates
    )


def test_a_tree_mapped_from_files_answers_alike(rng, tmp_path):
    lonlat_deg = random_places(rng, 2000)
    tree = tree_over(lonlat_deg)
    for number, part in enumerate(tree.arrays):
        np.save(tmp_path / f"{number}.npy", part)
    mapped = PointTree(*(np.load(tmp_path / f"{number}.npy", mmap_mode="r") for number in range(5)))
    for at in random_places(rng, 20).tolist():
        assert (
            by_tree(lonlat_deg, at, 5, tree=mapped).index.tolist()
            == by_tree(lonlat_deg, at, 5, tree=tree).index.tolist()
        )
        below = [
            points_below(lonlat_to_xyz(lonlat_deg), lonlat_deg, at_lonlat_deg=at, limit_m=3e5, blocks=t)
            for t in (mapped, tree)
        ]
        assert below[0].index.tolist() == below[1].index.tolist()


def test_writable_arrays_are_searched_as_well(rng):
    tree = tree_over(random_places(rng, 100))
    at_xyz_m = lonlat_to_xyz(np.array([[1.0, 2.0]]))
    index, chord_m = np.empty((1, 3), dtype=np.int64), np.empty((1, 3))
    nothing = np.empty(0, dtype=bool)
    owned = [part.copy() for part in tree.arrays]
    compiled.load_kernels().batches.closest_of_each(at_xyz_m, *owned, 0, nothing, nothing, index, chord_m)
    assert (np.diff(chord_m[0]) >= 0).all()


def test_the_plain_search_answers_what_the_compiled_one_does(rng, monkeypatch):
    lonlat_deg, queries = random_places(rng, 700), random_places(rng, 60)
    arrays = (lonlat_to_xyz(lonlat_deg), lonlat_deg)
    asked = {"at_xyz_m": lonlat_to_xyz(queries), "at_lonlat_deg": queries}
    candidates = rng.random(700) < 0.5
    tree = tree_over(lonlat_deg)

    def answers():
        batch = nearest_batch(*arrays, **asked, k=4, candidates=candidates)
        within = within_distance_batch(*arrays, **asked, cutoff_m=200_000.0, candidates=candidates)
        single = [by_tree(lonlat_deg, tuple(at), 4, candidates=candidates, tree=tree) for at in queries.tolist()]
        return (
            batch.index.tolist(),
            within.indptr.tolist(),
            within.indices.tolist(),
            [
                (one.index.tolist(), one.straight_m.tolist(), one.bearing_deg.tolist(), one.tied.tolist())
                for one in single
            ],
        )

    with_kernels = answers()
    monkeypatch.setattr(compiled._LOADER, "kernels", None)
    assert answers() == with_kernels


def test_queries_of_a_batch_without_a_place_find_nothing():
    at = np.array([[np.nan, np.nan], [1.0, 0.0]])
    answer = nearest_batch(lonlat_to_xyz(at[1:]), at[1:], at_xyz_m=lonlat_to_xyz(at), at_lonlat_deg=at, k=1)
    assert answer.index.tolist() == [[-1], [0]]


def test_prepared_candidates_answer_as_the_mask_does(rng, monkeypatch):
    monkeypatch.setattr(shapes, "BLOCKS_FROM", 100)
    import shapely

    prepared = shapes.prepare_geometries(shapely.points(random_places(rng, 500)))
    mask = rng.random(500) < 0.2
    marked = shapes.prepare_candidates(prepared, mask)
    for at in random_places(rng, 20).tolist():
        one, other = (shapes.nearest_features(prepared, at_lonlat_deg=at, k=3, candidates=c) for c in (mask, marked))
        assert one.index.tolist() == other.index.tolist()


def run_child(code, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG", "COVERAGE"))}
    here = str(Path(compiled.__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": here, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_without_any_folder_to_write_to_the_search_is_compiled_all_the_same(tmp_path):
    no_folder = tmp_path / "a file"
    no_folder.touch()
    code = """
import numpy as np
from geo_ems.queries import compiled
named = compiled._base_folders
# The package folder of a test run can be written to; an installed one often cannot.
compiled._base_folders = lambda: [folder for folder in named() if folder.name != "__pycache__"]
kernels = compiled.load_kernels()
key = np.empty(1, dtype=np.uint64)
kernels.batches.write_morton_keys(np.zeros((3, 1)), key)
print(kernels.kept_in, int(key[0]) > 0)
"""
    assert run_child(code, HOME=str(no_folder), NUMBA_CACHE_DIR=str(no_folder)) == ["None", "True"]


@pytest.fixture
def loader(monkeypatch):
    """A loader that imports nothing: which folder it takes is all that is asked."""
    loader = compiled._Loader()
    monkeypatch.setattr(loader, "_imported", lambda folder: compiled.Kernels(sys, sys, sys, folder))
    return loader


def test_code_is_kept_where_numba_is_told_to(loader, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert loader.load().kept_in.parent == tmp_path


def test_code_is_kept_beside_the_source_or_else_in_the_cache_folder_of_the_user(loader, monkeypatch, tmp_path):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(compiled.sys, "platform", "linux")
    beside, of_user = list(compiled._base_folders())
    assert (beside, of_user) == (Path(compiled.__file__).parent / "__pycache__", tmp_path / "user")
    (tmp_path / "a file").touch()
    monkeypatch.setattr(compiled, "_base_folders", lambda: [tmp_path / "a file", of_user])
    assert loader.load().kept_in.parent == of_user


def test_a_damaged_store_of_compiled_code_is_passed_over(loader, monkeypatch, tmp_path):
    def imported(folder):
        if folder is not None:
            raise OSError("No space left on device")
        return compiled.Kernels(sys, sys, sys, None)

    monkeypatch.setattr(compiled, "_base_folders", lambda: [tmp_path])
    monkeypatch.setattr(compiled, "_forget_modules", lambda: None)
    monkeypatch.setattr(loader, "_imported", imported)
    assert loader.load().kept_in is None


def test_help_and_the_nearest_command_load_neither_the_compiler_nor_the_libraries_of_others():
    code = """
import sys
from geo_ems.cli.main import main
try:
    sys.argv = ["geo-ems", "nearest", "--help"]
    main()
except SystemExit:
    pass
print("loaded:", *sorted({"numba", "scipy", "pandas", "fastapi"} & set(sys.modules)))
"""
    assert run_child(code)[-1] == "loaded:"
