"""How far one gets along an edge before a budget is spent, through what barriers do to it on the way.

A run goes along an edge from the place `start` to its end, both counted in the direction that is
walked: 0 where the edge is entered, 1 where it is left. A portion that is closed stops it, one that is slow
takes its factor as long, a delay is paid where its portion begins, or at the start by one who stands in it. A portion
that is a point is met by runs that pass it, and by those that begin or end there at the end of the edge.
"""

from dataclasses import dataclass

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.routing.costs import Portions


@dataclass(frozen=True, slots=True)
class RunPortions:
    """What barriers do to r runs: portion i acts on run `run[i]` from `begin[i]` to `end[i]` of the way walked.

    `factor[i]` is infinite where the portion is closed; `delay` is in the unit of the costs.
    """

    run: IntArray
    begin: FloatArray
    end: FloatArray
    factor: FloatArray
    delay: FloatArray


def portions_of_runs(edge: IntArray, along_line: BoolArray, from_the_end: BoolArray, portions: Portions) -> RunPortions:
    """Return the portions that act on runs along edges, shapes (r,); `portions` are those of `Costs`.

    `along_line` says in which direction of the line the *travel* goes, which decides what acts;
    `from_the_end` where the run is counted from the end of the line, not from its beginning.
    """
    hit_edge, hit_first, from_share, to_share, sense, factor, delay = portions
    none = np.empty(0)
    if not edge.size or not hit_edge.size:
        return RunPortions(np.empty(0, dtype=np.int64), none, none, none, none)
    row = np.minimum(np.searchsorted(hit_edge, edge), hit_edge.size - 1)
    is_hit = hit_edge[row] == edge
    count = np.where(is_hit, hit_first[row + 1] - hit_first[row], 0).astype(np.int64)
    run = np.repeat(np.arange(edge.size), count)
    portion = np.repeat(hit_first[row] - np.cumsum(count) + count, count) + np.arange(run.size)
    acts = (sense[portion] == 0) | ((sense[portion] > 0) == along_line[run])
    run, portion = run[acts], portion[acts]
    turned = from_the_end[run]
    return RunPortions(
        run=run,
        begin=np.where(turned, 1.0 - to_share[portion], from_share[portion]),
        end=np.where(turned, 1.0 - from_share[portion], to_share[portion]),
        factor=factor[portion],
        delay=delay[portion],
    )


def reach_of_runs(whole_cost: FloatArray, start: FloatArray, budget: FloatArray, portions: RunPortions) -> FloatArray:
    """Return how far each run gets, shape (r,), at least to its start and at most to 1.

    `whole_cost` (r,) is what the whole edge costs without barriers, `budget` (r,) what may be spent;
    a budget below 0 gets nowhere, and what costs exactly the budget is reached.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.clip(np.where(whole_cost > 0.0, start + budget / whole_cost, 1.0), start, 1.0)
    reach[budget < 0.0] = start[budget < 0.0]
    by_count = np.bincount(portions.run, minlength=whole_cost.size)
    order = np.argsort(portions.run, kind="stable")
    first = np.concatenate([[0], np.cumsum(by_count)])
    for count in np.unique(by_count[by_count > 0]).tolist():
        runs = np.flatnonzero((by_count == count) & (budget >= 0.0))
        own = order[first[runs][:, None] + np.arange(count)]
        reach[runs] = _reach_through(
            whole_cost[runs],
            start[runs],
            budget[runs],
            np.stack([portions.begin[own], portions.end[own]]),
            portions.factor[own],
            portions.delay[own],
        )
    return reach


def _reach_through(
    whole_cost: FloatArray,
    start: FloatArray,
    budget: FloatArray,
    bounds: FloatArray,
    factor: FloatArray,
    delay: FloatArray,
) -> FloatArray:
    """Return the reach of runs that each meet p portions: bounds (2, r, p), factor and delay (r, p)."""
    begin, end = bounds
    at_start = (begin == end) & (begin == start[:, None])
    acts = np.where(at_start, start[:, None] == 0.0, end > start[:, None])
    acts |= (begin == end) & (begin > start[:, None])
    begin, end = np.maximum(begin, start[:, None]), np.maximum(end, start[:, None])
    places = np.sort(np.concatenate([start[:, None], begin, end, np.ones((start.size, 1))], axis=1), axis=1)
    lower, upper = places[:, :-1, None], places[:, 1:, None]
    covers = acts[:, None, :] & (begin[:, None, :] <= lower) & (end[:, None, :] >= upper) & (end > begin)[:, None, :]
    slower = 1.0 + np.where(covers, factor[:, None, :] - 1.0, 0.0).sum(axis=2)
    begins = acts[:, None, :] & (begin[:, None, :] == lower)
    # A place that is met twice in the sorted list is paid for once: at the first of its intervals.
    first_here = np.concatenate([np.ones((start.size, 1), bool), places[:, 1:-1] > places[:, :-2]], axis=1)
    toll = np.where(begins & first_here[:, :, None], delay[:, None, :], 0.0).sum(axis=2)
    shut = (begins & (begin == end)[:, None, :] & np.isinf(factor)[:, None, :]).any(axis=2)
    width = places[:, 1:] - places[:, :-1]
    with np.errstate(invalid="ignore"):
        step = np.where(width > 0.0, width * slower * whole_cost[:, None], 0.0)
        step[(width > 0.0) & np.isinf(slower)] = np.inf
    reach, spent = start.copy(), np.zeros(start.size)
    going = np.ones(start.size, dtype=np.bool_)
    for place in range(step.shape[1]):
        spent = spent + toll[:, place]
        going &= (spent <= budget) & ~shut[:, place]
        left = np.where(going, budget - spent, 0.0)
        share = np.ones(start.size)
        costly = step[:, place] > 0.0
        share[costly] = np.minimum(left[costly] / step[costly, place], 1.0)
        reach = np.where(going, places[:, place] + share * width[:, place], reach)
        spent = spent + step[:, place]
    return reach
