"""Who is sent where: by hand, against every possibility, and whatever the order."""

from itertools import product

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from geo_ems.queries.forces import Forces, Group, Need, send_forces
from geo_ems.queries.goods import nearest_shares, shared_goods


def forces(fits, cost, people=None, vehicles=None) -> Forces:
    fits = np.array(fits, dtype=bool)
    cost = np.array(cost, dtype=np.int64)
    cost = np.repeat(cost[:, None], fits.shape[1], axis=1) if cost.ndim == 1 else cost
    nothing = [0] * fits.shape[0]
    return Forces(fits, cost, np.array(people or nothing), np.array(vehicles or nothing))


def test_the_only_boat_team_goes_to_the_boats_although_it_is_the_nearest_for_the_dyke_too() -> None:
    # team 0 can do both and is nearest; team 1 can only do the dyke
    sent = send_forces(forces([[1, 1], [0, 1]], [10, 20]), [Need(teams=1), Need(teams=1)])

    assert sent.need_of.tolist() == [0, 1]
    assert sent.proven


def test_the_last_one_arrives_as_early_as_possible_before_the_sum_counts() -> None:
    # 0 -> a: 10, 0 -> b: 40, 1 -> a: 41, 1 -> b: 80: sums 90 and 81, latest 80 and 41
    sent = send_forces(forces([[1, 1], [1, 1]], [[10, 40], [41, 80]]), [Need(teams=1), Need(teams=1)])

    assert sent.need_of.tolist() == [1, 0]


def test_no_more_go_than_are_needed_and_people_are_summed() -> None:
    sent = send_forces(forces([[1], [1], [1]], [10, 20, 30], people=[5, 0, 40]), [Need(people=40)])

    assert sent.need_of.tolist() == [-1, -1, 0]


def test_what_cannot_be_filled_is_filled_as_far_as_it_goes() -> None:
    sent = send_forces(forces([[1], [1], [0]], [10, 20, 5]), [Need(teams=5)])

    assert sent.need_of.tolist() == [0, 0, -1]


def test_a_group_that_must_stay_stays() -> None:
    stay = Group(np.array([True, True, False]), most=1)

    sent = send_forces(forces([[1], [1], [1]], [10, 20, 90]), [Need(teams=2)], groups=[stay])

    assert sent.need_of.tolist() == [0, -1, 0]


def test_the_graver_incident_comes_first_where_not_all_can_be_filled() -> None:
    sent = send_forces(forces([[1, 1]], [[10, 90]]), [Need(teams=1), Need(teams=1, weight=4)])

    assert sent.need_of.tolist() == [1]


def score(need_of, case, needs, *, latest: bool) -> tuple[float, ...]:
    parts = []
    for brings in (np.ones(len(case.people), dtype=int), case.people, case.vehicles):
        name = ("teams", "people", "vehicles")[len(parts)]
        short = 0
        for index, need in enumerate(needs):
            short += need.weight * max(0, getattr(need, name) - int(brings[np.array(need_of) == index].sum()))
        parts.append(short)
    costs = [int(case.cost[team, need]) for team, need in enumerate(need_of) if need >= 0]
    urgent = sum(int(case.cost[team, need]) * needs[need].urgency for team, need in enumerate(need_of) if need >= 0)
    return (*parts, *([max(costs, default=0)] if latest else []), sum(costs) + len(costs), urgent)


NEEDS = st.builds(
    Need,
    teams=st.integers(0, 2),
    people=st.integers(0, 9),
    vehicles=st.integers(0, 3),
    weight=st.integers(1, 4),
    urgency=st.integers(0, 3),
)


@st.composite
def cases(draw):
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    matrix = st.lists(st.lists(st.integers(0, 60), min_size=m, max_size=m), min_size=n, max_size=n)
    fits = draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n))
    amounts = st.lists(st.integers(0, 6), min_size=n, max_size=n)
    group = Group(np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n))), draw(st.integers(0, n)))
    case = forces(fits, draw(matrix), draw(amounts), draw(amounts))
    return case, draw(st.lists(NEEDS, min_size=m, max_size=m)), group


@settings(max_examples=60, deadline=None)
@given(cases(), st.booleans())
def test_nothing_better_exists_among_all_possibilities(found, latest) -> None:
    case, needs, group = found
    possible = []
    for need_of in product(range(-1, len(needs)), repeat=len(case.people)):
        allowed = all(need < 0 or case.fits[team, need] for team, need in enumerate(need_of))
        if allowed and sum(1 for t, need in enumerate(need_of) if need >= 0 and group.members[t]) <= group.most:
            possible.append(score(need_of, case, needs, latest=latest))

    sent = send_forces(case, needs, groups=[group], minimise_latest=latest)

    assert score(sent.need_of, case, needs, latest=latest) == min(possible)
    assert all(need < 0 or case.fits[team, need] for team, need in enumerate(sent.need_of))


def test_the_nearest_depots_give_first_and_of_equally_near_ones_the_larger() -> None:
    shares = nearest_shares(np.array([5.0, 8.0, 100.0, 9.0]), np.array([10.0, 20.0, np.inf, 20.0]), wanted=16.0)

    assert shares.tolist() == [5.0, 2.0, 0.0, 9.0]


def test_goods_go_to_the_graver_incident_first_and_by_the_shortest_ways() -> None:
    held = np.array([10.0, 10.0])
    cost = np.array([[1.0, 5.0], [2.0, 9.0]])

    shares = shared_goods(held, cost, np.array([12.0, 10.0]), np.array([1.0, 3.0]))

    # the second gets all its 10; giving them from holder 0 costs 50 + 20, from holder 1 costs 90 + 10
    assert shares.tolist() == [[0.0, 10.0], [10.0, 0.0]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=2), st.lists(st.integers(0, 4), min_size=2, max_size=2))
def test_shared_goods_are_the_optimum_of_all_whole_shares(held, wanted) -> None:
    cost = np.array([[3.0, 7.0], [np.inf, 2.0]])
    weight = np.array([2.0, 1.0])
    best = None
    for a, b, c in product(range(5), repeat=3):
        if a + b <= held[0] and c <= held[1] and a <= wanted[0] and b + c <= wanted[1]:
            value = (-(2 * a + b + c), 3 * a + 7 * b + 2 * c)
            best = value if best is None or value < best else best

    shares = shared_goods(np.array(held, float), cost, np.array(wanted, float), weight)

    total = float((shares * weight).sum())
    way = float((shares * np.where(np.isfinite(cost), cost, 0)).sum())
    assert (-total, way) == best
