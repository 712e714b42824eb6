"""A base and changed rows answer as all rows prepared anew: order, ties and counts."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.errors import UsageError
from geo_ems.model.cells import object_array
from geo_ems.queries.layered_shapes import LayeredShapes, nearest_in_layers, within_layers
from geo_ems.queries.shapes import features_within, nearest_features, prepare_geometries, prepare_points
from geo_ems.queries.splicing import Splice

PLACES = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda at: shapely.Point(at[0] / 100, at[1] / 100)),
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda at: shapely.box(at[0], at[1], at[0] + 0.5, at[1] + 0.5)),
)
EVERY = st.dictionaries(st.integers(0, 30), PLACES, max_size=14)


@given(base=EVERY, edits=EVERY, gone=st.sets(st.integers(0, 30)), k=st.integers(1, 6), salt=st.integers(0, 3))
def test_the_layered_answer_is_the_answer_over_all_rows(base, edits, gone, k, salt):
    keys = sorted(base)
    put = sorted(set(edits) - gone)
    touched = set(edits) | gone
    kept = [key for key in keys if key not in touched]
    now = {**{key: base[key] for key in kept}, **{key: edits[key] for key in put}}
    removed = np.array([row for row, key in enumerate(keys) if key in touched], dtype=np.int64)
    ahead = np.array([sum(key < new for key in kept) for new in put], dtype=np.int64)
    layered = LayeredShapes(
        prepare_geometries(object_array([base[key] for key in keys])),
        prepare_geometries(object_array([edits[key] for key in put])),
        Splice(len(keys), removed, ahead),
    )
    anew = prepare_geometries(object_array([now[key] for key in sorted(now)]))
    candidates = np.arange(len(now)) % 4 != salt
    at = (0.02, 0.02)
    assert layered.is_located.tolist() == anew.is_located.tolist()
    assert layered.has_edges.tolist() == (anew.shape_row >= 0).tolist()
    for found, expected in (
        (
            nearest_in_layers(layered, at_lonlat_deg=at, k=k, candidates=candidates),
            nearest_features(anew, at_lonlat_deg=at, k=k, candidates=candidates),
        ),
        (
            within_layers(layered, at_lonlat_deg=at, cutoff_m=3000.0),
            features_within(anew, at_lonlat_deg=at, cutoff_m=3000.0),
        ),
    ):
        for part in ("index", "straight_m", "bearing_deg", "tied", "tie_cut_at_k", "proven_exact"):
            np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))


@given(EVERY)
def test_rows_near_a_box_miss_none_that_touches_it(places):
    geometries = object_array([places[key] for key in sorted(places)])
    rows = LayeredShapes(prepare_geometries(geometries)).rows_near_box((0.0, 0.0, 0.02, 0.02))
    touching = np.flatnonzero(shapely.intersects(geometries, shapely.box(0.0, 0.0, 0.02, 0.02)))
    assert set(touching.tolist()) <= set(rows.tolist())


def test_a_box_past_the_date_line_finds_the_points_on_the_other_side():
    layered = LayeredShapes(prepare_points(np.array([[-179.5, 0.0], [0.0, 0.0], [np.nan, np.nan]])))
    assert layered.rows_near_box((179.0, -1.0, 181.0, 1.0)).tolist() == [0]


def test_no_result_asked_is_refused_also_after_an_edit():
    points = prepare_points(np.array([[0.0, 0.0]]))
    layered = LayeredShapes(points, points, Splice(1, np.array([0]), np.array([0])))
    with pytest.raises(UsageError, match="k is 0"):
        nearest_in_layers(layered, at_lonlat_deg=(0.0, 0.0), k=0)


def test_points_prepared_from_coordinates_are_points_prepared_from_geometries(rng):
    lonlat_deg = rng.uniform(-1, 1, (3000, 2))
    lonlat_deg[5] = np.nan
    geometries = object_array([None if np.isnan(at[0]) else shapely.Point(at) for at in lonlat_deg])
    one, other = prepare_points(lonlat_deg), prepare_geometries(geometries)
    found, expected = (nearest_features(each, at_lonlat_deg=(0.0, 0.0), k=9) for each in (one, other))
    assert found.index.tolist() == expected.index.tolist()
    assert found.straight_m.tolist() == expected.straight_m.tolist()
    assert one.is_located.tolist() == other.is_located.tolist()
