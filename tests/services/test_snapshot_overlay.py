"""After any edits - over a base read whole, taken from the cache, or compacted - every answer is that of the store."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_ems.catalogue import snapshots as snapshots_module
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.formats.answers import coverage_mapping, json_bytes, nearest_mapping
from geo_ems.model.features import ChangeBatch, ChangeKind, FeatureChange
from geo_ems.storage.column_cache import ColumnCache

if TYPE_CHECKING:
    from small_county import SmallCounty

NAMES = st.sampled_from([f"{letter}{number}" for letter in "abc" for number in range(5)])
PLACES = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda at: shapely.Point(at[0] / 100, at[1] / 100)),
    st.integers(0, 3).map(lambda at: shapely.box(at / 100, 0.0, at / 100 + 0.005, 0.005)),
)
SHELTER = st.fixed_dictionaries(
    {"name": st.sampled_from(["学校", "公园", "x"])},
    optional={
        "status": st.sampled_from(["open", "standby", "full", "closed"]),
        "capacity_persons": st.integers(0, 3),
        "occupied_persons": st.integers(0, 3),
        "suitable_for": st.sampled_from([(), ("flood",), ("fire", "flood")]),
        "surveyed_on": st.sampled_from(["2024-01-01", "2025-06-30", "2023-12-31"]),
    },
)
TEAM = st.fixed_dictionaries(
    {"name": st.just("队")},
    optional={
        "status": st.sampled_from(["available", "on_scene"]),
        "position_mode": st.sampled_from(["base", "live"]),
        "position_lon_deg": st.floats(0, 0.03),
        "position_lat_deg": st.floats(0, 0.03),
        "position_time": st.sampled_from(["2026-07-01T03:59:00Z", "2026-07-01T01:00:00Z"]),
    },
)
STOCK = st.lists(st.fixed_dictionaries({"item": st.just("tent"), "quantity": st.integers(1, 9).map(float)}), max_size=2)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("shelters"), NAMES, PLACES, SHELTER, st.just([])),
        st.tuples(
            st.just("response_teams"),
            NAMES,
            PLACES.filter(lambda at: at is None or at.geom_type == "Point"),
            TEAM,
            st.just([]),
        ),
        st.tuples(
            st.just("supply_depots"),
            NAMES,
            PLACES.filter(lambda at: at is None or at.geom_type == "Point"),
            st.just({"name": "库", "status": "open"}),
            STOCK,
        ),
        st.tuples(
            st.sampled_from(["shelters", "response_teams", "supply_depots"]),
            NAMES,
            st.just("gone"),
            st.just({}),
            st.just([]),
        ),
        st.tuples(st.just("tend"), NAMES, st.just("gone"), st.just({}), st.just([])),
        st.tuples(st.just("start again"), NAMES, st.just("gone"), st.just({}), st.just([])),
    ),
    min_size=1,
    max_size=14,
)


def answers(county: "SmallCounty") -> list[bytes]:
    asked: list[Callable[[], object]] = [
        lambda: nearest_mapping(county.nearest("shelters", k=4, include_excluded=True)),
        lambda: nearest_mapping(county.nearest("shelters", k=3, cutoff_m=1200.0, where=("suitable_for=flood",))),
        lambda: nearest_mapping(county.nearest("response_teams", k=3, include_excluded=True)),
        lambda: nearest_mapping(county.nearest("supply_depots", k=3, stock=("tent", 4.0), include_excluded=True)),
        lambda: coverage_mapping(county.coverage("shelters", cutoff_m=1500.0)),
    ]
    return [json_bytes(ask()) for ask in asked]  # type: ignore[arg-type]


def change(county: "SmallCounty", layer: str, name: str, place: object, values: dict, stock: list) -> None:  # type: ignore[type-arg]
    there = name in SnapshotSource(county.store, county.definitions).pin([layer]).layer(layer).row_of
    if place == "gone":
        if there:
            batch = ChangeBatch(layer, (FeatureChange(ChangeKind.DELETE, name),), "tester", "test")
            county.store.commit(batch)
        return
    county.put(layer, name, place, stock=tuple(stock), **values)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_after_any_edits_every_answer_is_that_of_the_store(
    county: "SmallCounty",
    tmp_path: Path,
    edits: list[tuple[str, str, object, dict, list]],  # type: ignore[type-arg]
) -> None:
    cache = ColumnCache(tmp_path / "county.gpkg", seal_of=county.embedded.seal_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots_module, "CACHED_FROM_ROWS", 0)
        patch.setattr(snapshots_module, "COMPACTED_FROM", 4)
        patch.setattr(snapshots_module, "OVERLAY_LIMIT", 9)
        county.put("population", "村", (0.01, 0.01), people_persons=10)
        county.snapshots = SnapshotSource(county.store, county.definitions, cache=cache)
        answers(county)
        for layer, name, place, values, stock in edits:
            if layer == "tend":
                county.snapshots.tend()
            elif layer == "start again":
                county.snapshots = SnapshotSource(county.store, county.definitions, cache=cache)
            else:
                change(county, layer, name, place, values, stock)
            found = answers(county)
            layered = county.snapshots
            county.snapshots = SnapshotSource(county.store, county.definitions)
            assert found == answers(county)
            county.snapshots = layered


def test_an_edit_leaves_the_base_as_it_is_and_only_adds_to_the_overlay(county: "SmallCounty") -> None:
    for number in range(50):
        county.put("shelters", f"S{number:02d}", (number / 100, 0.0), status="open")
    before = county.snapshots.pin(["shelters"]).layer("shelters")
    county.put("shelters", "S07", (0.07, 0.0), status="closed")
    after = county.snapshots.pin(["shelters"]).layer("shelters")
    assert after.base is before.base
    assert after.layered.base is before.layered.base
    assert np.shares_memory(
        after.columns.columns["capacity_persons"].values, before.columns.columns["capacity_persons"].values
    )
    assert before.columns.row_values(7, include_private=True)["status"] == "open"
    assert after.columns.row_values(7, include_private=True)["status"] == "closed"


def test_a_start_reads_the_cache_and_the_changes_since_but_not_the_layer(
    county: "SmallCounty", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots_module, "CACHED_FROM_ROWS", 0)
    cache = ColumnCache(tmp_path / "county.gpkg", seal_of=county.embedded.seal_of)
    county.put("shelters", "a", (0.0, 0.0), status="open")
    first = SnapshotSource(county.store, county.definitions, cache=cache)
    first.pin(["shelters"])
    first.tend()
    county.put("shelters", "b", (0.1, 0.0), status="open")
    read: list[object] = []
    original = county.store.read_columns

    def watched(layer: str, ids: object = None) -> object:
        read.append(ids)
        return original(layer, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(county.store, "read_columns", watched)
    again = SnapshotSource(county.store, county.definitions, cache=cache).pin(["shelters"]).layer("shelters")
    assert again.columns.ids.tolist() == ["a", "b"]
    assert read == [("b",)]


def test_a_base_that_was_read_while_somebody_wrote_is_not_cached(
    county: "SmallCounty", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds more than its sequence number says: after a restore to that number it would be wrong."""
    monkeypatch.setattr(snapshots_module, "CACHED_FROM_ROWS", 0)
    cache = ColumnCache(tmp_path / "county.gpkg", seal_of=county.embedded.seal_of)
    county.put("shelters", "a", (0.0, 0.0), status="open")
    original = county.store.read_columns
    raced: list[str] = []

    def racing(layer: str, ids: object = None) -> object:
        if ids is None and not raced:
            raced.append(layer)
            county.put("shelters", "b", (0.1, 0.0), status="open")
        return original(layer, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(county.store, "read_columns", racing)
    source = SnapshotSource(county.store, county.definitions, cache=cache)
    assert source.pin(["shelters"]).layer("shelters").columns.ids.tolist() == ["a", "b"]
    source.tend()
    assert cache.read(county.definitions["shelters"], store_id=county.store.describe().store_id) is None
