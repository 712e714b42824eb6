"""What is said of barriers to people who look after them: what acts now and where, and one barrier whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.features import Feature, Value
from geo_ems.model.labels import Language
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barriers import BarrierActs
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.barrier_question import BarrierQuestion, PolicySaid
from geo_ems.services.barrier_roads import ROAD_LAYER
from geo_ems.services.barrier_rows import BARRIER_LAYER, BarrierRow
from geo_ems.services.barrier_warnings import confirmed_age_s, roadless_warning
from geo_ems.services.barriers import InForce, acts_on, in_force
from geo_ems.services.provenance import instant_text
from geo_ems.services.words import say

_ROADS_LISTED = 20
_SAID = ("name_en", "slow_factor", "delay_s", "direction", "towards_deg", "mode", "state", "valid_from", "valid_to",
         "confirmed_at", "reason", "road_id", "incident_id", "kind", "grade", "district_id", "source_department",
         "remarks")  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarrierView:
    """One barrier as it is told: its row, what it does, and which roads it meets.

    `acts` says whether it acts in the mode and at the instant asked. `edges_hit` counts the pieces of road that it
    acts on, None where there are no roads; `roads` are (id, name) of at most 20 of them, `roads_hit` counts all.
    """

    row: BarrierRow
    said: PolicySaid
    acts: bool
    confirmed_age_s: float | None
    edges_hit: int | None
    roads: tuple[tuple[str, str | None], ...]
    roads_hit: int | None

    def mapping(self, language: Language) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "id": self.row.id,
            "layer": self.row.layer,
            "rev": self.row.rev,
            "name": self.row.name(language),
            "policy": str(self.said.policy),
            "acts": self.acts,
            **{name: _plain(self.row.values[name]) for name in _SAID if name in self.row.values},
            "confirmed_age_s": self.confirmed_age_s,
            "edges_hit": self.edges_hit,
            "roads_hit": self.roads_hit,
            "roads": [{"id": road_id, "name": name} for road_id, name in self.roads],
            "geometry": _geometry(self.row.geometry),
        }


@dataclass(frozen=True, slots=True)
class BarrierList:
    """What acts at an instant in a mode; `network_version` is None where there are no roads."""

    as_of: str
    mode: Mode
    snapshot_id: str
    network_version: str | None
    barriers: tuple[BarrierView, ...]
    warnings: tuple[str, ...]

    def mapping(self, language: Language) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "as_of": self.as_of,
            "mode": str(self.mode),
            "snapshot_id": self.snapshot_id,
            "network_version": self.network_version,
            "barriers": [each.mapping(language) for each in self.barriers],
            "warnings": list(self.warnings),
        }


def barriers_acting(pinned: SnapshotSet, network: RoadNetwork | None, question: BarrierQuestion) -> BarrierList:
    """Return the barriers and hazard areas that act, with the roads each of them meets."""
    chosen, warnings = in_force(pinned, question)
    views = []
    for each in chosen:
        if isinstance(each.source, BarrierRow):
            does = None if network is None else acts_on(network, each, question)
            views.append(_view(each, does, network, pinned, question, acts=True))
    roadless = [
        view.row.name(question.language) or view.row.id
        for view in views
        if view.edges_hit == 0 and view.row.layer == BARRIER_LAYER and not view.row.is_nowhere
    ]
    warnings += roadless_warning(roadless, question.language)
    if network is None:
        warnings.append(no_roads_warning(question.language))
    return BarrierList(
        instant_text(question.as_of),
        question.mode,
        pinned.snapshot_id,
        None if network is None else network.key,
        tuple(views),
        tuple(warnings),
    )


def barrier_view(
    feature: Feature, pinned: SnapshotSet, network: RoadNetwork | None, question: BarrierQuestion
) -> tuple[BarrierView, tuple[str, ...]]:
    """Return one barrier of the layer, whether it acts or not, and what is said of it alone."""
    row = BarrierRow(BARRIER_LAYER, feature.id, feature.rev, feature.geometry, dict(feature.properties))
    said = row.said
    one = InForce(row.barrier(said), said, row)
    does = None if network is None else acts_on(network, one, question)
    acts = acts_at(row, question.as_of) and question.mode in one.barrier.modes and said.policy is not Policy.IGNORE
    view = _view(one, does, network, pinned, question, acts=acts)
    warnings = []
    if network is None:
        warnings.append(no_roads_warning(question.language))
    elif view.edges_hit == 0 and question.mode in one.barrier.modes:
        warnings += roadless_warning([row.name(question.language) or row.id], question.language)
    return view, tuple(warnings)


def acts_at(row: BarrierRow, as_of: datetime) -> bool:
    """Return whether a barrier is in force and within its time."""
    start, end = (row.text(name) for name in ("valid_from", "valid_to"))
    started = start is None or datetime.fromisoformat(start) <= as_of
    over = end is not None and datetime.fromisoformat(end) < as_of
    return row.text("state") != "lifted" and started and not over


def no_roads_warning(language: Language) -> str:
    """Return what is said where no road network is loaded."""
    said = (
        "没有道路数据:阻断已记录,导入道路后才起作用(geo-ems import-roads)",
        "No roads are loaded: barriers are kept, and act once there are roads (geo-ems import-roads)",
    )
    return say(language, *said)


def _view(
    each: InForce,
    does: BarrierActs | None,
    network: RoadNetwork | None,
    pinned: SnapshotSet,
    question: BarrierQuestion,
    *,
    acts: bool,
) -> BarrierView:
    row = each.source
    if not isinstance(row, BarrierRow):
        raise TypeError  # drawn barriers have no row and are not looked after
    age_s = confirmed_age_s(row, question.as_of)
    if does is None or network is None:
        return BarrierView(row, each.said, acts, age_s, None, (), None)
    ids = network.road_ids[np.unique(network.edge_road[does.at.edge])]
    named = _names_of(pinned.layers.get(ROAD_LAYER), [str(road) for road in ids[:_ROADS_LISTED]], question.language)
    return BarrierView(row, each.said, acts, age_s, does.edges_hit, named, int(ids.size))


def _names_of(roads: LayerSnapshot | None, ids: list[str], language: Language) -> tuple[tuple[str, str | None], ...]:
    if roads is None:
        return tuple((road, None) for road in ids)
    columns = roads.columns
    at = np.searchsorted(columns.ids.astype(str), ids) if len(columns) else np.zeros(len(ids), dtype=np.int64)
    found = []
    for road, row in zip(ids, at.tolist(), strict=True):
        name = None
        if row < len(columns) and columns.id_at(row) == road:
            told = columns.columns["name_en" if language == "en" else "name"]
            name = str(told.at(row)) or str(columns.columns["name"].at(row)) or None
        found.append((road, name))
    return tuple(found)


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def _geometry(geometry: BaseGeometry | None) -> Mapping[str, object] | None:
    if geometry is None:
        return None
    found: dict[str, object] = json.loads(shapely.to_geojson(geometry))
    return found
