"""Networks of others, with the answers they or independent programs give."""

import csv
import itertools
import json

import networkx as nx
import numpy as np
import pytest
import shapely
from networks import DRIVE, INF, drive, objects
from pyproj import Geod

from geo_ems.model.roads import Metric
from geo_ems.routing.building import build_network
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.search import cost_at, for_each_start
from geo_ems.routing.snapping import attach

pytestmark = pytest.mark.shared_data


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_streets_of_sioux_falls_give_the_published_times(shared_data):
    folder = shared_data / "known_answers" / "sioux_falls"
    at = {row["node_id"]: (float(row["lon"]), float(row["lat"])) for row in rows(folder / "nodes.csv")}
    links = rows(folder / "links.csv")
    seconds = np.array([float(link["free_flow_time"]) * 60.0 for link in links])
    lines = RoadLines(
        [link["link_id"] for link in links],
        objects([shapely.LineString([at[link["a_node"]], at[link["b_node"]]]) for link in links]),
        {DRIVE: LineTimes(seconds, np.full(seconds.size, INF))},
        from_node=[link["a_node"] for link in links],
        to_node=[link["b_node"] for link in links],
    )
    network, report = build_network(lines, key="Sioux Falls")
    assert (report.places, report.edges, report.modes[DRIVE].components) == (24, 76, 1)

    costs = drive(network)
    nodes = attach(network, costs, np.array([at[str(i)] for i in range(1, 25)]))
    minutes = np.array(for_each_start(network, costs, nodes, lambda _, r: cost_at(network, costs, r, nodes)[0])) / 60.0
    published = np.loadtxt(folder / "expected_free_flow_od.csv", delimiter=",")
    assert minutes == pytest.approx(published, abs=1e-6)


def test_a_norwegian_network_has_the_lengths_that_networkx_finds(shared_data):
    text = (shared_data / "roads" / "norway_small_network.json").read_text(encoding="utf-8")
    shapes = [shapely.geometry.shape(item["geometry"]) for item in json.loads(text)["features"]]
    shapes = [shapely.force_2d(shape) for shape in shapes]
    seconds = np.ones(len(shapes))
    lines = RoadLines([str(i) for i in range(len(shapes))], objects(shapes), {DRIVE: LineTimes(seconds, seconds)})
    network, report = build_network(lines, key="Norway")

    def key(position):
        return tuple(np.round(position, 7).tolist())

    geod = Geod(ellps="WGS84")
    graph = nx.Graph()
    for a, b in itertools.chain.from_iterable(itertools.pairwise(shape.coords) for shape in shapes):
        graph.add_edge(key(a), key(b), metres=geod.inv(*a, *b)[2])
    assert report.modes[DRIVE].components == nx.number_connected_components(graph)
    assert report.length_km == pytest.approx(sum(m for *_, m in graph.edges(data="metres")) / 1000.0, rel=1e-9)

    costs = drive(network, metric=Metric.ROAD_DISTANCE)
    ends = sorted({key(end) for shape in shapes for end in (shape.coords[0], shape.coords[-1])})
    points = attach(network, costs, np.array(ends))
    metres = for_each_start(network, costs, points, lambda _, r: cost_at(network, costs, r, points)[0])
    for i, start in enumerate(ends):
        reached = nx.single_source_dijkstra_path_length(graph, start, weight="metres")
        expected = [reached.get(end, INF) for end in ends]
        # The ends are rounded to a centimetre here.
        assert metres[i] == pytest.approx(expected, abs=0.02), start
