"""What acts on the roads of a question, and which of it a way meets or goes round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.answers import ActingBarrier, BarrierMet
from geo_ems.model.labels import Language
from geo_ems.model.roads import Policy
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.barrier_question import Acting, BarrierQuestion
from geo_ems.services.barrier_rows import BARRIER_LAYER, HAZARD_LAYER, rows_of
from geo_ems.services.barriers import acting
from geo_ems.services.nearest_rows import Posed
from geo_ems.services.words import say, text_or_none

ROAD_LAYER = "roads"
_WARNED = 5


def acting_barriers(posed: Posed, network: RoadNetwork) -> Acting:
    """Return what acts on the roads for a question: what is in force, what is asked for by id, what is drawn.

    Raises
    ------
    UsageError
        Where an id is no barrier and no hazard area, or a policy is not written as one.
    """
    question = posed.ranking.question
    asked = BarrierQuestion(
        as_of=posed.as_of,
        mode=posed.measure.mode,
        inline=question.drawn_barriers,
        overrides={**_own_policies(posed.pinned, question.barrier_ids), **question.policy},
        language=question.language,
        stale_after_s=float(posed.defaults.closure_stale_after_s),
    )
    return acting(posed.pinned, network, asked)


def told_barriers(found: Acting) -> tuple[ActingBarrier, ...]:
    """Return the barriers that act as an answer tells them."""
    return tuple(
        ActingBarrier(
            used.id, used.layer, used.name, used.policy, used.valid_to, used.confirmed_at, roads_hit=used.edges_hit
        )
        for used in found.barriers
    )


def hazard_warnings_of(found: Acting, language: Language) -> list[str]:
    """Return what is said of the hazard areas that act on the roads."""
    areas = [used for used in found.barriers if used.layer == HAZARD_LAYER and used.edges_hit]
    if not areas:
        return []
    listed = [f"{used.name or used.id} ({used.policy})" for used in areas[:_WARNED]]
    more = f" … +{len(areas) - _WARNED}" if len(areas) > _WARNED else ""
    return [
        say(
            language,
            f"生效的危险区影响道路: {', '.join(listed)}{more}",
            f"active hazard areas act on the roads: {', '.join(listed)}{more}",
        )
    ]


def _own_policies(pinned: SnapshotSet, barrier_ids: Iterable[str]) -> Mapping[str, str]:
    """Return for barriers that are asked for by id what their own rows say they do."""
    found: dict[str, str] = {}
    for barrier_id in barrier_ids:
        for name in (BARRIER_LAYER, HAZARD_LAYER):
            snapshot = pinned.layers.get(name)
            if snapshot is None or barrier_id not in snapshot.row_of:
                continue
            said = next(rows_of(snapshot, np.array([snapshot.row_of[barrier_id]]))).said
            amount = {Policy.SLOW: f":{said.factor:g}", Policy.DELAY: f":{said.delay_s:g}"}.get(said.policy, "")
            found[barrier_id] = f"{said.policy}{amount}"
            break
        else:
            raise UsageError(
                f"There is no barrier and no hazard area '{barrier_id[:100]}'",
                remedy="Give the id of one, or draw it as a GeoJSON feature.",
                field="barriers",
                value=barrier_id,
            )
    return found


@dataclass(frozen=True, slots=True)
class RoadNames:
    """The names of roads by the id of their record."""

    pinned: SnapshotSet
    language: Language

    def name(self, road_id: str | None) -> str | None:
        """Return the name of a road, in English where it has one and that is asked; None where it has none."""
        snapshot = self.pinned.layers.get(ROAD_LAYER)
        if snapshot is None or road_id is None or road_id not in snapshot.row_of:
            return None
        row, columns = snapshot.row_of[road_id], snapshot.columns.columns
        for field in ("name_en", "name") if self.language == "en" else ("name", "name_en"):
            column = columns.get(field)
            if column is not None and column.knows(row):
                return text_or_none(column.at(row)) or None
        return None


def barriers_met(
    found: Acting, network: RoadNetwork, names: RoadNames, met: Iterable[tuple[int, int]]
) -> tuple[BarrierMet, ...]:
    """Return barriers by their places in the effects, each with the first road it is met on.

    `met` are pairs of a barrier and an edge, in the order of the way.
    """
    first: dict[int, int] = {}
    for barrier, edge in met:
        first.setdefault(barrier, edge)
    told = []
    for barrier, edge in first.items():
        used = found.barriers[barrier]
        road = names.name(str(network.road_ids[network.edge_road[edge]]))
        told.append(BarrierMet(used.id, used.name, used.policy, road))
    return tuple(told)
