"""The network of a pinned state: built once, kept, and never that of another state."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from shapely import LineString

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.errors import NotFoundError
from geo_ems.routing import building
from geo_ems.services.roads import RoadSource, road_source_note
from geo_ems.settings import bundled_folder
from geo_ems.storage import road_files

TABLE = load_speed_table(bundled_folder() / "rules" / "speeds.toml")


@pytest.fixture
def builds(monkeypatch):
    """Return the keys of the networks that were built."""
    keys = []
    build = building.build_network

    def counted(lines, *, key):
        keys.append(key)
        return build(lines, key=key)

    monkeypatch.setattr(building, "build_network", counted)
    return keys


def source(county, tmp_path, table=TABLE):
    return RoadSource(speeds=lambda: table, file=tmp_path / "cache" / "roads.network", seal_of=county.embedded.seal_of)


def put_road(county, identity, *places, **values):
    county.put("roads", identity, LineString(places), road_class="village", **values)


@pytest.fixture
def pinned(county):
    put_road(county, "R1", (0, 0), (0.01, 0))
    put_road(county, "R2", (0.01, 0), (0.02, 0))
    return lambda: county.snapshots.pin(["roads"])


def test_a_county_without_roads_has_no_network(county, tmp_path):
    pinned = county.snapshots.pin(["roads"])
    assert source(county, tmp_path).network(pinned) is None
    assert road_source_note(pinned) is None


def test_a_set_pinned_without_roads_is_refused(county, tmp_path):
    with pytest.raises(NotFoundError):
        source(county, tmp_path).network(county.snapshots.pin(["shelters"]))


def test_the_network_is_built_once_and_given_again(county, tmp_path, pinned, builds):
    roads = source(county, tmp_path)
    network = roads.network(pinned())
    assert network.edge_count == 2
    county.put("shelters", "S1", (0, 0))  # another layer
    assert roads.network(pinned()) is network
    assert builds == [network.key]


def test_several_threads_that_ask_at_once_get_the_one_that_is_built(county, tmp_path, pinned, builds):
    roads, state, go = source(county, tmp_path), pinned(), Event()

    def ask(_):
        go.wait()
        return roads.network(state)

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, number) for number in range(6)]
        go.set()
        found = {id(answer.result()) for answer in asked}
    assert (len(found), len(builds)) == (1, 1)


def test_another_process_takes_it_from_the_disk(county, tmp_path, pinned, builds):
    first = source(county, tmp_path).network(pinned())
    second = source(county, tmp_path).network(pinned())
    assert (second.key, second.length_m.tolist()) == (first.key, first.length_m.tolist())
    assert len(builds) == 1


def test_a_file_that_cannot_be_used_or_written_is_built_beside(county, tmp_path, pinned, builds):
    folder = tmp_path / "cache"
    folder.write_text("in the way")
    assert source(county, tmp_path).network(pinned()).edge_count == 2
    folder.unlink()
    assert source(county, tmp_path).network(pinned()).edge_count == 2
    (folder / "roads.network").write_bytes(b"torn")
    assert source(county, tmp_path).network(pinned()).edge_count == 2
    assert len(builds) == 3


def test_an_edited_road_gives_another_network(county, tmp_path, pinned, builds):
    roads = source(county, tmp_path)
    before_state, before = pinned(), roads.network(pinned())
    put_road(county, "R3", (0.02, 0), (0.03, 0))
    after = roads.network(pinned())
    assert (before.edge_count, after.edge_count) == (2, 3)
    assert before.key != after.key
    assert roads.network(before_state) is before  # a long job goes on with what it pinned
    assert len(builds) == 2


def test_another_speed_table_gives_another_network(county, tmp_path, pinned):
    first = source(county, tmp_path).network(pinned())
    second = source(county, tmp_path, replace(TABLE, sha256="another")).network(pinned())
    assert first.key != second.key


def test_edits_of_another_program_that_are_not_sealed_yet_have_a_key_of_their_own(county, tmp_path, pinned):
    roads, state = source(county, tmp_path), pinned()
    sealed = roads.network(state)
    fresh = source(county, tmp_path)
    unsealed = fresh.network(replace(state, unsealed_layers=frozenset({"roads"})))
    assert sealed.key != unsealed.key
    assert road_files.read_network(tmp_path / "cache" / "roads.network", key=sealed.key) is not None


def test_roads_that_lead_nowhere_are_no_network(county, tmp_path):
    county.put("roads", "R1", LineString([(0, 0), (1, 1)]), road_class="village", drive_access="no", walk_access="no")
    assert source(county, tmp_path).network(county.snapshots.pin(["roads"])) is None


def test_where_roads_come_from_is_told_in_both_languages(county, pinned):
    put_road(
        county, "R5", (0, 0), (0, 1), attribution="© OpenStreetMap contributors, ODbL 1.0", surveyed_on="2026-06-30"
    )
    put_road(county, "R6", (0, 0), (1, 1), attribution="County roads office", surveyed_on="2025-01-01")
    note = road_source_note(pinned())
    assert note.attributions == ("County roads office", "© OpenStreetMap contributors, ODbL 1.0")
    assert note.mapping()["observed_max"] == "2026-06-30"
    assert note.text("en").endswith("roads of 2025-01-01 – 2026-06-30")
    assert "道路数据" in note.text("zh")
