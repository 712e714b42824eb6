"""The place of a barrier as a person names it: drawn, a point, a road, or a bridge by its name."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSource
from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.columns import BoolArray, IntArray

ROAD_LAYER = "roads"
_LISTED = 10
_NEAR_DEG = 0.0005  # some 50 m
_POLICY_WORDS = {"closed": "封闭", "slow": "缓行", "delay": "延误"}


@dataclass(frozen=True, slots=True)
class BarrierPlace:
    """Where a barrier is: a GeoJSON geometry, a road that it is limited to, or both."""

    geometry: Mapping[str, object] | None = None
    road_id: str | None = None


def place_on_road(snapshots: SnapshotSource, road_id: str, geometry: Mapping[str, object] | None) -> BarrierPlace:
    """Return the place on one road: where the geometry says, else all of the road, drawn as its line.

    Raises
    ------
    NotFoundError
        Where there is no such road.
    """
    roads = _roads(snapshots)
    rows = np.flatnonzero(roads.columns.ids == road_id)
    if not rows.size:
        raise NotFoundError(
            f"There is no road '{road_id[:100]}'",
            remedy="Give the id of a road of the layer roads (GET /v1/places?q=NAME finds it).",
            field="road_id",
            value=road_id,
        )
    return BarrierPlace(geometry if geometry is not None else _line_of(roads, int(rows[0])), road_id)


def place_of_bridge(snapshots: SnapshotSource, name: str) -> BarrierPlace:
    """Return the bridge of a name or an id; it is closed alone, not the road beneath it.

    A part of the name is enough where one bridge only has it.

    Raises
    ------
    NotFoundError
        Where no bridge is called so; some are listed.
    UsageError
        Where several are; they are listed.
    """
    roads = _roads(snapshots)
    is_bridge = _bridges(roads)
    rows = np.flatnonzero(is_bridge & (roads.columns.ids == name))
    if not rows.size:
        wanted = _folded(name)
        called = {int(row): _names(roads, int(row)) for row in np.flatnonzero(is_bridge)}
        rows = np.array([row for row, names in called.items() if wanted in names], dtype=np.int64)
        if not rows.size:
            rows = np.array(
                [row for row, names in called.items() if any(wanted in each for each in names)], dtype=np.int64
            )
    if not rows.size:
        some = ", ".join(_told(roads, int(row)) for row in np.flatnonzero(is_bridge)[:_LISTED])
        raise NotFoundError(
            f"No bridge is called '{name[:100]}'",
            remedy=f"Bridges are roads with bridge = yes; some are: {some or 'none'}. Or give a point: at.",
            field="bridge",
            value=name,
        )
    if rows.size > 1:
        more = f" … +{rows.size - _LISTED}" if rows.size > _LISTED else ""
        raise UsageError(
            f"{rows.size} bridges have '{name[:100]}' in their names",
            remedy=f"Give the id: {', '.join(_told(roads, int(row)) for row in rows[:_LISTED])}{more}.",
            field="bridge",
            value=name,
        )
    row = int(rows[0])
    return BarrierPlace(_line_of(roads, row), roads.columns.id_at(row))


def name_of_place(snapshots: SnapshotSource, place: BarrierPlace, policy: str) -> str:
    """Return a name for a barrier that was given none: the road's, and what happens there."""
    word = _POLICY_WORDS.get(policy, "阻断")
    if ROAD_LAYER not in snapshots.definitions:
        return f"道路{word}"
    roads = _roads(snapshots)
    rows = np.flatnonzero(roads.columns.ids == place.road_id) if place.road_id is not None else _near(roads, place)
    name = str(roads.columns.columns["name"].at(int(rows[0]))) if rows.size else place.road_id
    return f"{name or '道路'}{word}"[:200]


def _near(roads: LayerSnapshot, place: BarrierPlace) -> IntArray:
    """Return the road nearest to a point that is near one; none for lines and areas, which meet several."""
    none = np.empty(0, dtype=np.int64)
    geometry = place.geometry
    if geometry is None or geometry.get("type") != "Point":
        return none
    try:
        point = shapely.from_geojson(json.dumps(geometry))
    except shapely.GEOSException:  # the layer says what is wrong with it
        return none
    if not isinstance(point, shapely.Point) or point.is_empty or not np.isfinite([point.x, point.y]).all():
        return none
    box = (point.x - _NEAR_DEG, point.y - _NEAR_DEG, point.x + _NEAR_DEG, point.y + _NEAR_DEG)
    near = roads.layered.rows_near_box(box)
    distance_deg = shapely.distance(roads.geometries_at(near), point)
    nearest = int(distance_deg.argmin()) if near.size else -1
    return near[nearest : nearest + 1] if near.size and distance_deg[nearest] <= _NEAR_DEG else none


def _roads(snapshots: SnapshotSource) -> LayerSnapshot:
    return snapshots.pin([ROAD_LAYER]).layer(ROAD_LAYER)


def _bridges(roads: LayerSnapshot) -> BoolArray:
    column = roads.columns.columns["bridge"]
    is_bridge: BoolArray = column.known & column.values.astype(np.bool_)
    return is_bridge


def _names(roads: LayerSnapshot, row: int) -> tuple[str, ...]:
    texts = (str(roads.columns.columns[field].at(row)) for field in ("name", "name_en"))
    return tuple(_folded(text) for text in texts if text)


def _told(roads: LayerSnapshot, row: int) -> str:
    return f"{roads.columns.id_at(row)} {roads.columns.columns['name'].at(row)}".strip()


def _line_of(roads: LayerSnapshot, row: int) -> Mapping[str, object] | None:
    line = roads.columns.geometries[row]
    return None if line is None else dict(json.loads(shapely.to_geojson(line)))


def _folded(name: str) -> str:
    """Return a name as it is compared: full-width and letter case do not matter, nor do blanks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
