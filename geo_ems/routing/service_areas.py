"""What is reached of the roads: parts of edges, cut where a break is reached, shared out among several starts."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.routing.costs import Costs
from geo_ems.routing.edge_entries import Runs, split_at_starts, taken_runs
from geo_ems.routing.edge_parts import EdgeParts, joined_parts
from geo_ems.routing.edge_runs import reach_of_runs
from geo_ems.routing.network import RoadNetwork

_HALVINGS: Final = 60


def reached_parts(runs: Runs, *, limit: float) -> EdgeParts:
    """Return the parts of edges that are reached when `limit` may be spent, the limit included."""
    kept = runs.entered <= limit
    low, high = _shares(runs, runs.reach(limit))
    return joined_parts(runs.edge[kept], low[kept], high[kept])


def _shares(runs: Runs, reach: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shares of the line between which each run has come."""
    return np.where(runs.turned, 1.0 - reach, runs.start), np.where(runs.turned, 1.0 - runs.start, reach)


@dataclass(frozen=True, slots=True)
class SharedRuns:
    """Runs of several starts of which no two have a piece of road in common: each is cut where it meets another."""

    runs: Runs

    def parts(self, limit: float) -> dict[int, EdgeParts]:
        """Return the parts that each start has, by its number, when `limit` may be spent."""
        kept = self.runs.entered <= limit
        low, high = _shares(self.runs, self.runs.reach(limit))
        owner = self.runs.owner
        return {
            own: joined_parts(self.runs.edge[mine], low[mine], high[mine])
            for own in np.unique(owner[kept]).tolist()
            if (mine := kept & (owner == own)).any()
        }


def shared_runs(network: RoadNetwork, costs: Costs, runs: Runs, *, limit: float) -> SharedRuns:
    """Return the same ways into edges such that each place is reached by the start that comes there first.

    Where two come at the same cost, the start with the lower number has it. `runs` come from costs of
    nodes that are the least of all starts; `limit` is the most that will be asked.
    """
    runs = _first_of_each_entry(split_at_starts(network, costs, runs))
    low = np.where(runs.turned, 1.0 - runs.end, runs.start)
    order = np.lexsort((runs.turned, low, runs.edge))
    here, after = order[:-1], order[1:]
    facing = (
        (runs.edge[here] == runs.edge[after])
        & np.isclose(low[here], low[after], rtol=0.0, atol=1e-12)
        & ~runs.turned[here]
        & runs.turned[after]
        & (runs.owner[here] != runs.owner[after])
    )
    forth, back = here[facing], after[facing]
    end = runs.end.copy()
    meeting = _meeting_shares(runs, forth, back, limit)
    met = np.isfinite(meeting)
    end[forth[met]], end[back[met]] = meeting[met], 1.0 - meeting[met]
    return SharedRuns(replace(runs, end=end))


def _first_of_each_entry(runs: Runs) -> Runs:
    """Return of the runs that enter an edge at the same place in the same direction the one that came first."""
    order = np.lexsort((runs.owner, runs.entered, runs.start, runs.turned, runs.edge))
    edge, turned, start = runs.edge[order], runs.turned[order], runs.start[order]
    again = (edge[1:] == edge[:-1]) & (turned[1:] == turned[:-1]) & (start[1:] == start[:-1])
    return taken_runs(runs, np.sort(order[np.concatenate([np.ones(min(order.size, 1), bool), ~again])]))


def _meeting_shares(runs: Runs, forth: IntArray, back: IntArray, limit: float) -> FloatArray:
    """Return the share at which runs from the two sides of a stretch meet; NaN where `limit` is spent before."""
    rows = np.unique(np.concatenate([forth, back]))
    some = taken_runs(runs, rows)
    forth, back = np.searchsorted(rows, forth), np.searchsorted(rows, back)
    low = np.maximum(some.entered[forth], some.entered[back])
    high = np.full(forth.size, limit)

    def reach_at(spent: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = np.zeros(rows.size)
        budget = np.zeros(rows.size)
        budget[forth], budget[back] = spent - some.entered[forth], spent - some.entered[back]
        found = np.minimum(reach_of_runs(some.whole_cost, some.start, budget, some.portions), some.end)
        return found[forth], found[back]

    ahead, behind = reach_at(high)
    meets = (ahead + behind >= 1.0) & (low <= high)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        ahead, behind = reach_at(middle)
        beyond = ahead + behind >= 1.0
        high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
    ahead, _ = reach_at(high)
    return np.where(meets, ahead, np.nan)
