"""A small county with roads: what the tests of arrivals ask about. On the equator 0.01 degrees are 1113.195 m."""

import hashlib
from zoneinfo import ZoneInfo

import numpy as np
from shapely import LineString
from small_county import NOON, SmallCounty

from geo_ems.catalogue.conditions import parse_condition_text
from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.answers import NearestAnswer
from geo_ems.model.caller import LOCAL, Caller
from geo_ems.model.conditions import AllOf
from geo_ems.model.roads import Mode
from geo_ems.routing.building import build_network
from geo_ems.routing.lines import LineTimes, RoadLines
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
from geo_ems.settings import Defaults

CENTIDEGREE_M = 1113.194908
WALK_MPS = 4.0 / 3.6  # as one walks to the road, and on it
DEFAULT_KMH = 36.0  # ten metres a second


class FakeRoads:
    """Builds the network of the layer `roads` by its own speeds, each time it is another state."""

    def __init__(self) -> None:
        self._built: dict[int, RoadNetwork] = {}

    def network(self, pinned: SnapshotSet) -> RoadNetwork | None:
        snapshot = pinned.layer("roads")
        if snapshot.last_seq not in self._built:
            self._built[snapshot.last_seq] = network_of(snapshot)
        return self._built[snapshot.last_seq]


def network_of(snapshot) -> RoadNetwork:
    columns = snapshot.columns
    rows = [columns.row_values(row, include_private=False) for row in range(len(columns))]
    lines = columns.geometries
    metres = np.array([geodesic_m(line) for line in lines])
    speed_mps = np.array([(values["speed_kmh"] or DEFAULT_KMH) / 3.6 for values in rows])
    oneway = np.array([values["oneway"] or "no" for values in rows])
    drive = LineTimes(
        np.where(oneway == "backward", np.inf, metres / speed_mps),
        np.where(oneway == "forward", np.inf, metres / speed_mps),
    )
    walk = LineTimes(metres / WALK_MPS, metres / WALK_MPS)
    road_lines = RoadLines([str(key) for key in columns.ids], lines, {Mode.DRIVE: drive, Mode.WALK: walk})
    content = repr((rows, [line.wkt for line in lines]))
    network, _ = build_network(road_lines, key=hashlib.sha256(content.encode()).hexdigest())
    return network


def geodesic_m(line: LineString) -> float:
    from pyproj import Geod

    return Geod(ellps="WGS84").line_length(*np.asarray(line.coords).T)


class RoadCounty:
    """Puts roads, teams and barriers into layers, and asks who arrives first."""

    def __init__(self, county: SmallCounty) -> None:
        self.county = county
        self.put = county.put
        self.roads = FakeRoads()

    def road(self, road_id: str, *places: tuple[float, float], **values: object) -> None:
        self.put("roads", road_id, LineString(places), road_class="secondary", **values)

    def team(self, team_id: str, place: tuple[float, float], **values: object) -> None:
        self.put("response_teams", team_id, place, **{"status": "available", "turnout_s": 0.0, **values})

    def closure(self, barrier_id: str, geometry: object, **values: object) -> None:
        self.put("barriers", barrier_id, geometry, **{"policy": "closed", "state": "active", **values})

    def ask(
        self,
        layer: str = "response_teams",
        at: tuple[float, float] | None = (0.0, 0.0),
        *,
        where: tuple[str, ...] = (),
        caller: Caller = LOCAL,
        **more: object,
    ) -> NearestAnswer:
        definition = self.county.definitions[layer]
        conditions = tuple(parse_condition_text(text, definition, include_private=True) for text in where)
        question = NearestQuestion(layer=layer, at_lonlat_deg=at, where=AllOf(conditions), **{"language": "en", **more})
        return nearest(
            self.county.snapshots,
            question,
            caller=caller,
            defaults=Defaults(),
            zone=ZoneInfo("UTC"),
            clock=lambda: NOON,
            roads=self.roads,
        )
