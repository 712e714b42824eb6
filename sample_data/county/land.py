"""The county as a whole: what every data set looks up, and the rows they hand over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from county.districts import DistrictShapes, draw_districts
from county.frame import FloatArray, Point, sample_raster, to_lonlat_deg
from county.names import TOWNSHIPS, VillageName, name_villages
from county.roads import RoadNetwork, build_roads
from county.settlements import Settlements, settle_county
from county.terrain import Terrain, shape_terrain

Cell = str | int | float | bool | None | tuple[str, ...]
COUNTY_CODE = "990121"


@dataclass(frozen=True, slots=True)
class Row:
    """One feature of a data set: its fields, and its geometry in lon/lat or None."""

    fields: Mapping[str, Cell]
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Land:
    """Everything that is on the ground; `road_ends_m`, shape (n, 2), are the ends of all roads but the motorway."""

    terrain: Terrain
    places: Settlements
    shapes: DistrictShapes
    villages: tuple[VillageName, ...]
    network: RoadNetwork
    village_height_m: FloatArray
    road_ends_m: FloatArray

    def township_at(self, xy_m: Point) -> int:
        """Return the township whose polygon holds the point; the nearest one for a point just outside."""
        spot = shapely.Point(*to_lonlat_deg([xy_m])[0])
        return min(self.shapes.townships, key=lambda number: (self.shapes.townships[number].distance(spot), number))

    def village_number(self, name: str) -> int:
        """Return the number of the village of that name (the first one of twins)."""
        return next(number for number, village in enumerate(self.villages) if village.zh == name)

    def road_spot(self, xy_m: Point, *, aside_m: float = 45.0) -> Point:
        """Return a place a little beside the road end that is nearest to a point."""
        away_m = np.hypot(*(self.road_ends_m - np.asarray(xy_m)).T)
        x_m, y_m = self.road_ends_m[int(np.argmin(np.round(away_m, 3)))]
        return (float(x_m) + aside_m, float(y_m) + aside_m * 0.6)


def survey_land() -> Land:
    """Return the county's ground: relief, places, districts, names, roads."""
    terrain = shape_terrain()
    places = settle_county(terrain)
    shapes = draw_districts(terrain, places)
    villages_m = places.villages_m
    holders = [next(n for n, shape in shapes.townships.items() if shape.covers(point_at(xy_m))) for xy_m in villages_m]
    places = replace(places, village_township=np.array(holders))
    height_m = sample_raster(terrain.height_m, villages_m)
    river_m = sample_raster(terrain.river_distance_m, villages_m)
    villages = name_villages(villages_m, places.village_township, height_m, river_m)
    network = build_roads(terrain, places, villages)
    ends_m = np.array([road.xy_m[0] for road in network.roads if road.road_class != "motorway"])
    return Land(terrain, places, shapes, tuple(villages), network, height_m, ends_m)


def township_code(number: int) -> str:
    """Return the code of a township: 9 digits, of a county that does not exist."""
    return f"{COUNTY_CODE}{100 + number:03d}"


def village_code(township: int, number: int) -> str:
    """Return the code of a village: 12 digits."""
    return f"{township_code(township)}{200 + number:03d}"


def township_name(number: int) -> tuple[str, str]:
    """Return name and English name of a township."""
    return TOWNSHIPS[number]


def point_at(xy_m: Point | FloatArray) -> shapely.Point:
    """Return a point in lon/lat."""
    lon, lat = to_lonlat_deg([(float(xy_m[0]), float(xy_m[1]))])[0]
    return shapely.Point(lon, lat)


def line_along(xy_m: FloatArray) -> shapely.LineString:
    """Return a line in lon/lat."""
    return shapely.LineString(to_lonlat_deg(xy_m))


def area_within(xy_m: FloatArray) -> Polygon:
    """Return a polygon in lon/lat, anticlockwise."""
    return shapely.Polygon(to_lonlat_deg(xy_m))


def rounded_area(shape: Polygon | MultiPolygon) -> BaseGeometry:
    """Return the area with coordinates of 6 decimals."""
    return shapely.transform(shape, lambda xy: np.round(xy, 6))
