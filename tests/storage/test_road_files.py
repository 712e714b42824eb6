"""A network as a file: the same when read, and nothing at all where the file is not whole."""

import dataclasses

import numpy as np
import pytest
import shapely

from geo_ems.model.roads import Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.lines import LineTimes, RoadLines, TurnRestriction
from geo_ems.routing.network import EdgeGrid, ModeNetwork, RoadNetwork
from geo_ems.storage.road_files import read_network, write_network


@pytest.fixture
def network() -> RoadNetwork:
    lines = np.array(shapely.linestrings([[(0, 0), (1, 0)], [(1, 0), (1, 1)], [(1, 0), (2, 0)]]), dtype=object)
    seconds = np.array([60.0, 70.0, np.inf])
    times = {Mode.DRIVE: LineTimes(seconds, seconds), Mode.WALK: LineTimes(seconds * 9, seconds * 9)}
    turns = [TurnRestriction("no_left_turn", "江", "b", via_lonlat_deg=(1.0, 0.0))]
    return build_network(
        RoadLines(["江", "b", "c"], lines, times, restrictions=turns, is_ferry=np.array([True, False, False])),
        key="key 1",
    )[0]


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other)) and one.dtype == other.dtype
    if isinstance(one, (EdgeGrid, ModeNetwork, RoadNetwork)):
        return all(same(getattr(one, item.name), getattr(other, item.name)) for item in dataclasses.fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return one == other


def test_a_network_comes_back_as_it_was(network, tmp_path):
    path = tmp_path / "new folder" / "roads.network"
    assert write_network(path, network)
    read = read_network(path, key="key 1")
    assert same(network, read)
    assert not read.length_m.flags.writeable
    assert [item.name for item in path.parent.iterdir()] == ["roads.network"]


def test_a_network_of_other_data_is_none(network, tmp_path):
    write_network(tmp_path / "a", network)
    assert read_network(tmp_path / "a", key="key 2") is None
    assert read_network(tmp_path / "b", key="key 1") is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="torn"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: b"another file" + data[12:], id="foreign"),
        pytest.param(lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], id="a bit of the head"),
        pytest.param(lambda data: data[:-500] + bytes([data[-500] ^ 1]) + data[-499:], id="a bit of an array"),
    ],
)
def test_a_damaged_file_is_none(network, tmp_path, damage):
    path = tmp_path / "a"
    write_network(path, network)
    path.write_bytes(damage(path.read_bytes()))
    assert read_network(path, key="key 1") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("head", 99), ("tail", -1), ("edge", 3), ("in_arc", 99), ("first_out", 99), ("component", -1)],
)
def test_an_index_that_leads_out_of_its_array_is_refused(network, tmp_path, name, value):
    arcs = network.modes[Mode.DRIVE]
    wrong = getattr(arcs, name).copy()
    wrong[-1] = value
    network.modes[Mode.DRIVE] = dataclasses.replace(arcs, **{name: wrong})
    write_network(tmp_path / "a", network)
    assert read_network(tmp_path / "a", key="key 1") is None


@pytest.mark.parametrize("name", ["time_s", "is_forward"])
def test_numbers_of_another_type_are_refused(network, tmp_path, name):
    arcs = network.modes[Mode.DRIVE]
    network.modes[Mode.DRIVE] = dataclasses.replace(arcs, **{name: getattr(arcs, name).astype(np.float32)})
    write_network(tmp_path / "a", network)
    assert read_network(tmp_path / "a", key="key 1") is None


def test_where_nothing_can_be_written_that_is_said(network, tmp_path):
    (tmp_path / "file").touch()
    assert not write_network(tmp_path / "file" / "roads.network", network)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
