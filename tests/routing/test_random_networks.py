"""Searches over random networks against scipy and networkx, with and without barriers."""

import numpy as np
import pytest
from networks import drive, random_effects, random_lines, spots_on
from plain_search import by_networkx, by_scipy

from geo_ems.model.roads import Direction, Metric
from geo_ems.routing.building import build_network
from geo_ems.routing.routes import measured, total_cost
from geo_ems.routing.search import cost_at, nearest_arrivals, prepare_origins, reached_from, way_to
from geo_ems.routing.snapping import attach

GRAPHS = 500
SUITES = ((by_scipy, 11), (by_networkx, 12))


def mismatches(seed, reference):
    """Compare one random network, its barriers and its questions; return what differs."""
    rng = np.random.default_rng(seed)
    lines = random_lines(rng, places=int(rng.integers(3, 14)), roads=int(rng.integers(3, 26)))
    network = build_network(lines, key="random")[0]
    effects = random_effects(rng, network, count=int(rng.integers(1, 8))) if rng.random() < 0.7 else None
    metric = Metric.ROAD_DISTANCE if rng.random() < 0.3 else Metric.TRAVEL_TIME
    costs = drive(network, effects, metric)
    count = int(rng.integers(1, 9))
    origins, target = attach(network, costs, spots_on(rng, count)), attach(network, costs, spots_on(rng, 1))
    direction = Direction.TO_INCIDENT if rng.random() < 0.6 else Direction.FROM_INCIDENT
    coming = direction is Direction.TO_INCIDENT
    answer = reference(network, costs, *((origins, target) if coming else (target, origins))).ravel()
    differs = []

    reached = reached_from(network, costs, target, direction=direction)
    cost, _ = cost_at(network, costs, reached, origins)
    if not np.allclose(cost, answer, rtol=1e-9, atol=1e-6):
        differs.append(("one to all", cost, answer))

    offset = np.where(rng.random(count) < 0.2, np.inf, rng.choice([0.0, 60.0, 600.0], count))
    k = int(rng.integers(1, count + 1))
    cutoff = float(rng.choice([np.inf, 300.0, 1500.0]))
    total = answer + offset
    eligible = np.flatnonzero(np.isfinite(total) & (total <= cutoff))
    expected = eligible[np.argsort(total[eligible], kind="stable")]
    prepared = prepare_origins(network, costs, origins, direction=direction)
    found = nearest_arrivals(network, costs, target=target, origins=prepared, offset=offset, k=k, cutoff=cutoff)
    if found.point.size < min(k, expected.size) or not np.allclose(
        found.total, total[expected][: found.point.size], rtol=1e-9, atol=1e-6
    ):
        differs.append(("nearest", found.total, total[expected]))
    if not np.allclose(total[found.point], found.total, rtol=1e-9, atol=1e-6):
        differs.append(("who", found.point, found.total))
    for point, way in zip(found.point.tolist(), found.ways, strict=True):
        sides = {"starts": origins, "ends": target} if coming else {"starts": target, "ends": origins}
        parts = measured(network, costs, way, **sides)
        if not np.isclose(total_cost(costs, parts), answer[point], rtol=1e-9, atol=1e-6):
            differs.append(("way", total_cost(costs, parts), answer[point]))
        again = way_to(network, costs, reached, origins, point)
        if not np.isclose(again.cost, answer[point], rtol=1e-9, atol=1e-6):
            differs.append(("way of the whole search", again.cost, answer[point]))
    return differs


@pytest.mark.parametrize(("reference", "seed"), [pytest.param(*item, id=item[0].__name__) for item in SUITES])
def test_nobody_else_finds_another_answer(reference, seed):
    wrong = [found for i in range(GRAPHS) if (found := mismatches([seed, i], reference))]
    assert wrong == []
