"""Which part of a network can come to a place, or be gone to from it: kept, as it is the same for all places around."""

import threading
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray
from geo_ems.model.roads import Direction
from geo_ems.routing.costs import Costs
from geo_ems.routing.network import Int32Array, RoadNetwork
from geo_ems.routing.search import reached_from
from geo_ems.routing.snapping import Attachments
from geo_ems.routing.stubs import stubs_of

_KEPT: Final = 4


class Closures:
    """The nodes from which others are reached, and that are reached from them, under one set of costs.

    A node that can come to a place and be gone to from it has the same part of the network before and behind it
    as the place has. So what was found for one place holds for all others that begin at such nodes.
    """

    def __init__(self, network: RoadNetwork, costs: Costs) -> None:
        """Take a network and its costs; nothing is searched before it is asked for."""
        self._network = network
        self._costs = costs
        self._known: list[tuple[BoolArray, BoolArray]] = []
        self._lock = threading.Lock()

    def start_nodes(self, place: Attachments, *, departing: bool) -> Int32Array:
        """Return the nodes a place gets to first (departing), or is got to from last."""
        return np.unique(stubs_of(self._network, self._costs, place, departing=departing).node).astype(np.int32)

    def reach(self, place: Attachments, nodes: Int32Array, *, backwards: bool) -> BoolArray:
        """Return the nodes that can come to a place (backwards), or be gone to from it, shape (n,).

        `nodes` are those of `start_nodes`.
        """
        if not nodes.size:
            return np.zeros(self._network.modes[self._costs.mode].node_count, dtype=np.bool_)
        with self._lock:
            known = self._known
        for coming, gone_to in known:
            if (coming[nodes] & gone_to[nodes]).all():
                return coming if backwards else gone_to
        coming, gone_to = (
            np.isfinite(reached_from(self._network, self._costs, place, direction=direction).node_cost)
            for direction in (Direction.TO_INCIDENT, Direction.FROM_INCIDENT)
        )
        with self._lock:
            self._known = [*self._known[-_KEPT + 1 :], (coming, gone_to)]
        return coming if backwards else gone_to
