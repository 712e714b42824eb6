"""The roads as one question sees them: network, costs with the barriers that act, and where places join them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import numpy as np

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.answers import ActingBarrier, RoadsUsed
from geo_ems.model.columns import FloatArray, IntArray
from geo_ems.model.labels import Language
from geo_ems.model.roads import Direction, Metric, Mode, Policy
from geo_ems.queries.ellipsoid import geodesic_m
from geo_ems.routing.costs import Costs, costs_of
from geo_ems.routing.network import RoadNetwork
from geo_ems.routing.search import Reached, cost_at
from geo_ems.routing.snapping import BESIDE_MAIN_WITHIN_M, Attachments, attach
from geo_ems.services.barrier_question import Acting, BarrierQuestion, DrawnBarrier
from geo_ems.services.barrier_rows import BARRIER_LAYER, HAZARD_LAYER, rows_of
from geo_ems.services.barriers import acting
from geo_ems.services.eligibility import SHELTER_ROLE
from geo_ems.services.roads import road_source_note
from geo_ems.settings import Defaults

ROAD_LAYER: Final = "roads"
ROAD_LAYERS: Final = frozenset({ROAD_LAYER, BARRIER_LAYER, HAZARD_LAYER})
"""The layers that a question about roads reads besides its own."""
WITHIN: Final = 1e-6
"""Seconds or metres by which a cost may pass a limit by rounding and still be within it."""
_COMING: Final = frozenset({"team", "depot"})


class NetworkSource(Protocol):
    """Gives the network of the roads of a pinned set of layers."""

    def network(self, pinned: SnapshotSet) -> RoadNetwork | None:
        """Return the network; None where there are no roads."""
        ...


@dataclass(frozen=True, slots=True)
class RoadTerms:
    """What a question says of the roads; `direction` is as seen from the incident, or from the people."""

    metric: Metric
    mode: Mode
    direction: Direction
    as_of: datetime
    language: Language
    drawn_barriers: tuple[DrawnBarrier, ...] = ()
    barrier_ids: tuple[str, ...] = ()
    policy: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RoadWork:
    """A network with the costs of one question; `search_direction` is how searches from facilities go."""

    network: RoadNetwork
    costs: Costs
    found: Acting
    terms: RoadTerms
    attribution: str | None

    @property
    def search_direction(self) -> Direction:
        """Return the direction of a search that starts at the facilities instead of the incident."""
        coming = self.terms.direction is Direction.TO_INCIDENT
        return Direction.FROM_INCIDENT if coming else Direction.TO_INCIDENT

    @property
    def used(self) -> RoadsUsed:
        """Return what an answer tells of the roads."""
        barriers = tuple(
            ActingBarrier(b.id, b.layer, b.name, b.policy, b.valid_to, b.confirmed_at, roads_hit=b.edges_hit)
            for b in self.found.barriers
        )
        return RoadsUsed(self.network.key, self.attribution, barriers)

    def attached(self, places_deg: FloatArray) -> Attachments:
        """Return where places, shape (q, 2), join the open roads; NaN ones do not."""
        return attach(self.network, self.costs, places_deg, main_within_m=BESIDE_MAIN_WITHIN_M)

    def costs_to(self, reached: Reached, points: Attachments) -> tuple[FloatArray, IntArray]:
        """Return the least cost of each of q points and the start that it is of; infinite and -1 beyond the cutoff.

        Two places in the same closed area also come together straight.
        """
        cost, start = cost_at(self.network, self.costs, reached, points)
        owner = start.astype(np.int64)
        starts = reached.starts
        for row in np.flatnonzero(starts.in_area >= 0).tolist():
            near = np.flatnonzero(points.in_area == starts.in_area[row])
            straight_m = geodesic_m(starts.point_lonlat_deg[row], points.point_lonlat_deg[near])
            direct = reached.offset[row] + straight_m * self.costs.access_cost_per_m
            better = (direct < cost[near]) & (direct <= reached.cutoff + WITHIN)
            cost[near[better]], owner[near[better]] = direct[better], row
        return cost, owner


def default_mode(role: str) -> Mode:
    """Return how one moves where a question does not say: on foot to shelters, else driving."""
    return Mode.WALK if role == SHELTER_ROLE else Mode.DRIVE


def default_direction(role: str) -> Direction:
    """Return which way is travelled where a question does not say: teams and depots come, people go to the others."""
    return Direction.TO_INCIDENT if role in _COMING else Direction.FROM_INCIDENT


def road_work(pinned: SnapshotSet, source: NetworkSource | None, terms: RoadTerms, *, defaults: Defaults) -> RoadWork:
    """Return the roads as a question sees them.

    Raises
    ------
    UsageError
        Where there are no roads, none for the mode, or what is said of barriers names or means nothing.
    """
    network = None if source is None else source.network(pinned)
    if network is None or terms.mode not in network.modes:
        raise UsageError(
            f"The metric {terms.metric} needs roads, and none are loaded",
            remedy="Load them: geo-ems import-roads FILE (an OpenStreetMap extract or a line table); "
            "or ask for metric straight_line with metres.",
            field="metric",
            value=str(terms.metric),
        )
    asked = BarrierQuestion(
        as_of=terms.as_of,
        mode=terms.mode,
        inline=terms.drawn_barriers,
        overrides={**_own_policies(pinned, terms.barrier_ids), **(terms.policy or {})},
        language=terms.language,
        stale_after_s=float(defaults.closure_stale_after_s),
    )
    found = acting(pinned, network, asked)
    costs = costs_of(network, terms.mode, terms.metric, found.effects, access_speed_kmh=defaults.access_speed_kmh)
    note = road_source_note(pinned)
    attribution = None if note is None else note.text(terms.language) or None
    return RoadWork(network, costs, found, terms, attribution)


def _own_policies(pinned: SnapshotSet, barrier_ids: tuple[str, ...]) -> dict[str, str]:
    """Return for barriers named by their id what their own rows say they do: what if they acted."""
    found: dict[str, str] = {}
    for barrier_id in barrier_ids:
        layers = [pinned.layers[name] for name in (BARRIER_LAYER, HAZARD_LAYER) if name in pinned.layers]
        snapshot = next((layer for layer in layers if barrier_id in layer.row_of), None)
        if snapshot is None:
            raise UsageError(
                f"There is no barrier and no hazard area '{barrier_id[:100]}'",
                remedy="Give the id of one, or draw it as a GeoJSON feature.",
                field="barriers",
                value=barrier_id,
            )
        said = next(rows_of(snapshot, np.array([snapshot.row_of[barrier_id]]))).said
        amount = {Policy.SLOW: f":{said.factor:g}", Policy.DELAY: f":{said.delay_s:g}"}.get(said.policy, "")
        found[barrier_id] = f"{said.policy}{amount}"
    return found
