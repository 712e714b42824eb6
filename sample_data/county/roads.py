"""The finished roads: lines, classes, names, bridges and speeds."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import LineString

from county.frame import FloatArray, IntArray
from county.motorway import lay_motorway
from county.names import COLUMN_STREETS, ROW_STREETS, TOWNSHIPS, VillageName
from county.road_classes import CLASS_CODES, ROUTES, SECONDARY, TERTIARY, Network, classify_roads
from county.road_graph import join_junctions
from county.road_points import BRIDGES, MAIN_BRIDGE, Junctions, PointKind, place_junctions
from county.road_shapes import draw_roads, relax_junctions
from county.settlements import Settlements
from county.terrain import Terrain

SPEED_KMH = {"motorway": 100, "trunk": 70, "primary": 60, "secondary": 50, "tertiary": 40, "village": 25}
SURFACE = {
    "motorway": "沥青",
    "trunk": "沥青",
    "primary": "沥青",
    "secondary": "沥青",
    "tertiary": "水泥",
    "village": "水泥",
}
MOTORWAY = ("S98 云渡高速", "S98 Yundu Expressway")
MOTORWAY_BRIDGE = ("云渡高速云水河特大桥", "Yundu Expressway Yunshui River Bridge")
ONE_WAY_STREETS = ("米市街", "书院街")


@dataclass(frozen=True, slots=True)
class Road:
    """One edge of the road graph, drawn from end to end in metres, shape (k, 2)."""

    code: str
    name: str
    name_en: str
    road_class: str
    xy_m: FloatArray
    bridge: bool
    oneway: str
    speed_kmh: int

    @property
    def surface(self) -> str:
        """Return what the road is made of."""
        return SURFACE[self.road_class]


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """All roads, and the places on them that other data need; positions in metres."""

    roads: tuple[Road, ...]
    bridges: tuple[Road, ...]
    main_bridge: Road
    town_corners_m: FloatArray


def build_roads(terrain: Terrain, places: Settlements, names: list[VillageName]) -> RoadNetwork:
    """Return the road network of the county, sorted from north to south in bands."""
    junctions = place_junctions(terrain, places)
    links = join_junctions(terrain, places, junctions)
    network = classify_roads(junctions, links)
    xy_m = relax_junctions(terrain, junctions, network)
    lines = draw_roads(terrain, junctions, network, xy_m)
    motorway = lay_motorway(places, junctions, network, xy_m, lines)

    near_village = cKDTree(places.villages_m)
    drafts: list[tuple[FloatArray, str, tuple[str, str], bool, str]] = []
    bridge_names = {(s.north_index, s.south_index): (s.name, s.name_en) for s in junctions.bridges}
    brooks = [LineString(river.xy_m) for river in terrain.tributaries]
    shapes = np.array([LineString(line) for line in lines], dtype=object)
    over_brook = np.zeros(len(lines), dtype=np.bool_)
    for brook in brooks:
        over_brook |= shapely.intersects(shapes, brook)
    for number, (a, b) in enumerate(network.pairs.tolist()):
        name = bridge_names.get((a, b)) or name_road(junctions, network, number, near_village, names, xy_m)
        road_class = CLASS_CODES[max(int(network.road_class[number]), TERTIARY if network.is_bridge[number] else 0)]
        oneway = "forward" if name[0] in ONE_WAY_STREETS else "no"
        drafts.append((lines[number], road_class, name, bool(network.is_bridge[number] or over_brook[number]), oneway))
    tree = shapely.STRtree(shapes)
    river = LineString(terrain.main_river.xy_m)
    for section in motorway.sections:
        axis = LineString(section)
        over = bool(len(tree.query(axis, predicate="intersects"))) or any(axis.intersects(brook) for brook in brooks)
        name = MOTORWAY_BRIDGE if axis.intersects(river) else MOTORWAY
        drafts.append((section, "motorway", name, over or name is MOTORWAY_BRIDGE, "no"))
    for name, name_en, ramp, _ in motorway.ramps:
        drafts.append((ramp, "primary", (f"{name}连接线", f"{name_en} Link Road"), _crosses_any(ramp, brooks), "no"))
    roads = number_roads(drafts)
    by_name = {road.name: road for road in roads if road.bridge}
    bridges = [by_name[name] for _, name, _ in BRIDGES]
    return RoadNetwork(
        roads,
        (*bridges, by_name[MOTORWAY_BRIDGE[0]]),
        bridges[MAIN_BRIDGE],
        xy_m[junctions.kind == PointKind.TOWN],
    )


def _crosses_any(line: FloatArray, brooks: list[LineString]) -> bool:
    return any(LineString(line).intersects(brook) for brook in brooks)


def number_roads(drafts: list[tuple[FloatArray, str, tuple[str, str], bool, str]]) -> tuple[Road, ...]:
    """Return the roads with codes R00001 onwards, in bands of 5 km from the north, each from the west."""
    middle = np.array([line[len(line) // 2] for line, *_ in drafts])
    order = np.lexsort((middle[:, 1], middle[:, 0], -(middle[:, 1] // 5_000)))
    roads = []
    for number, index in enumerate(order.tolist(), start=1):
        line, road_class, (name, name_en), bridge, oneway = drafts[index]
        speed_kmh = SPEED_KMH[road_class]
        roads.append(Road(f"R{number:05d}", name, name_en, road_class, line, bridge, oneway, speed_kmh))
    return tuple(roads)


def name_road(
    junctions: Junctions,
    network: Network,
    number: int,
    near_village: cKDTree,
    names: list[VillageName],
    xy_m: FloatArray,
) -> tuple[str, str]:
    """Return the name of a road: its number, its street, or the nearest village's."""
    a, b = network.pairs[number]
    route = int(network.route[number])
    street = _street_name(junctions, network.pairs[number])
    if street is not None:
        return street
    if route >= 0:
        code = ROUTES[route][0]
        kind = "国道" if code[0] == "G" else "省道" if code[0] == "S" else "县道"
        return f"{code}{kind}", f"Road {code}"
    village = names[int(near_village.query((xy_m[a] + xy_m[b]) / 2)[1])]
    stem, stem_en = village.zh.removesuffix("村"), village.en.removesuffix(" Village")
    if network.road_class[number] >= TERTIARY and network.road_class[number] < SECONDARY:
        return f"{stem}公路", f"{stem_en} Road"
    return f"{stem}村道", f"{stem_en} Lane"


def _street_name(junctions: Junctions, pair: IntArray) -> tuple[str, str] | None:
    a, b = pair
    home = int(junctions.home[a])
    if junctions.kind[a] != junctions.kind[b] or home != junctions.home[b] or junctions.street[a, 0] < 0:
        return None
    same_column = junctions.street[a, 0] == junctions.street[b, 0]
    line = int(junctions.street[a, 0] if same_column else junctions.street[a, 1])
    if junctions.kind[a] == PointKind.TOWN:
        return COLUMN_STREETS[line] if same_column else ROW_STREETS[line]
    town, town_en = TOWNSHIPS[home]
    stem, stem_en = town[:-1], town_en.split()[0]
    if same_column:
        return f"{stem}{'纵' if line != 2 else '正'}街", f"{stem_en} {'Cross' if line != 2 else 'Main'} Street"
    return f"{stem}横街", f"{stem_en} Side Street"
