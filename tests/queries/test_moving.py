"""Places that move: at every moment the answer of a plain search over where they are now."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ems.errors import UsageError
from geo_ems.queries import moving
from geo_ems.queries.compiled import load_kernels
from geo_ems.queries.ellipsoid import lonlat_to_xyz
from geo_ems.queries.moving import MovingPoints
from geo_ems.queries.nearest import nearest_points


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    load_kernels()


def brute(places_deg, at, k, candidates=None):
    return nearest_points(lonlat_to_xyz(places_deg), places_deg, at_lonlat_deg=at, k=k, candidates=candidates)


def assert_same(found, expected) -> None:
    assert found.index.tolist() == expected.index.tolist()
    assert found.straight_m.tolist() == expected.straight_m.tolist()
    assert found.bearing_deg.tolist() == pytest.approx(expected.bearing_deg.tolist())
    assert found.tied.tolist() == expected.tied.tolist()
    assert (found.tie_cut_at_k, found.proven_exact) == (expected.tie_cut_at_k, True)


def test_a_place_is_found_where_it_went_and_no_longer_where_it_was():
    places = MovingPoints(np.array([[111.5, 31.2], [111.6, 31.2], [111.9, 31.9]]))

    before = places.nearest(at_lonlat_deg=(111.5, 31.2), k=1)
    places.move(0, (112.0, 32.0))
    after = places.nearest(at_lonlat_deg=(111.5, 31.2), k=3)

    assert before.index.tolist() == [0]
    assert after.index.tolist() == [1, 2, 0]
    assert places.lonlat_deg[0].tolist() == [112.0, 32.0]


@pytest.mark.parametrize("at", [(float("inf"), 0.0), (0.0, 91.0), (float("nan"), 0.0)])
def test_a_place_that_is_not_on_the_earth_and_a_row_that_is_not_there_are_refused(at):
    places = MovingPoints(np.array([[111.5, 31.2]]))
    with pytest.raises(UsageError):
        places.move(0, at)
    with pytest.raises(UsageError, match="no place 1"):
        places.move(1, (111.0, 31.0))
    assert places.lonlat_deg.tolist() == [[111.5, 31.2]]


def test_no_places_have_no_nearest():
    assert len(MovingPoints(np.empty((0, 2))).nearest(at_lonlat_deg=(111.0, 31.0), k=3)) == 0


# Few values, so that ties, places on top of each other and the 180th meridian come up.
LON = st.one_of(st.sampled_from([-180.0, -179.9999, 0.0, 111.5, 179.9999, 180.0]), st.floats(-180, 180))
LAT = st.one_of(st.sampled_from([-90.0, 0.0, 31.2, 90.0]), st.floats(-90, 90))
PLACE = st.tuples(LON, LAT)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PLACE, min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 10**6), PLACE, PLACE, st.integers(1, 6), st.booleans()), max_size=40),
    st.booleans(),
)
def test_after_any_moves_the_answer_is_that_of_a_plain_search(start, steps, is_scanned):
    places_deg = np.array(start)
    places = MovingPoints(places_deg, scanned_up_to=1000 if is_scanned else 0)
    for number, (any_row, target, at, k, is_filtered) in enumerate(steps):
        row = any_row % len(start)
        places.move(row, target)
        places_deg[row] = target
        candidates = (np.arange(len(start)) + number) % 3 > 0 if is_filtered else None
        assert_same(places.nearest(at_lonlat_deg=at, k=k, candidates=candidates), brute(places_deg, at, k, candidates))
        if number % 9 == 5 and not is_scanned:
            places._rebuild()


@pytest.mark.parametrize("is_compiled", [True, False])
def test_a_tree_is_built_anew_beside_the_moves_and_nothing_is_lost(monkeypatch, is_compiled):
    monkeypatch.setattr(moving, "EXTRA_LIMIT", 64)
    monkeypatch.setattr(moving, "REBUILT_FROM", 32)
    if not is_compiled:
        monkeypatch.setattr(moving, "loaded_kernels", lambda: None)
    random = np.random.default_rng(7)
    places_deg = np.column_stack([random.uniform(111, 112, 3000), random.uniform(31, 32, 3000)])
    places = MovingPoints(places_deg, scanned_up_to=100)
    for step in range(1500):
        row, target = int(random.integers(3000)), random.uniform([111, 31], [112, 32])
        places.move(row, tuple(target))
        places_deg[row] = target
        if step % 50 == 0:
            at = tuple(random.uniform([111, 31], [112, 32]))
            assert_same(places.nearest(at_lonlat_deg=at, k=5), brute(places_deg, at, 5))
    places.settle()

    assert places.rebuilt_count > 3
    assert places._extra_count <= 64
    assert_same(places.nearest(at_lonlat_deg=(111.5, 31.5), k=20), brute(places_deg, (111.5, 31.5), 20))


def test_several_threads_move_and_ask_at_once(monkeypatch):
    monkeypatch.setattr(moving, "REBUILT_FROM", 100)
    random = np.random.default_rng(3)
    places_deg = np.column_stack([random.uniform(111, 112, 2000), random.uniform(31, 32, 2000)])
    places = MovingPoints(places_deg, scanned_up_to=100)
    last_deg = places_deg.copy()
    wrong: list[str] = []

    def move(part: int) -> None:
        own = np.random.default_rng(part)
        for _ in range(1500):
            row = int(own.integers(1000)) * 2 + part  # each thread has rows of its own
            last_deg[row] = own.uniform([111, 31], [112, 32])
            places.move(row, tuple(last_deg[row]))

    def ask() -> None:
        for _ in range(1500):
            found = places.nearest(at_lonlat_deg=(111.5, 31.5), k=5)
            if len(set(found.index.tolist())) != 5 or not found.proven_exact:
                wrong.append(repr(found))

    threads = [threading.Thread(target=move, args=(part,)) for part in (0, 1)] + [threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places.settle()

    assert wrong == []
    assert places.lonlat_deg.tolist() == last_deg.tolist()
    assert_same(places.nearest(at_lonlat_deg=(111.5, 31.5), k=9), brute(last_deg, (111.5, 31.5), 9))
