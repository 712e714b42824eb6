"""A file whose places all lie some hundred metres off, as those of Chinese web maps do, is told so once.

Rows are compared with what the project knows already: features of other layers with the same name,
and, for many points, the roads. Nothing is moved here: it is the person who imports who decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geo_ems.catalogue.place_systems import AskedSystem
from geo_ems.errors import UsageError
from geo_ems.formats.coordinate_systems import Family, read_system
from geo_ems.formats.findings import Finding
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.areas import representative_points
from geo_ems.queries.china_datums import Datum, from_wgs84, is_shifted_region, to_wgs84
from geo_ems.services import import_findings as found
from geo_ems.services.import_place_by import PlacedByName
from geo_ems.services.import_rows import METRES_PER_DEGREE, PlannedRow
from geo_ems.services.place_names import fold_place_name
from geo_ems.storage.protocol import LayerStore

# Layers whose names are places.
REFERENCE_LAYERS = ("population", "districts", "facilities", "shelters", "supply_depots", "hazard_points")
ROADS = "roads"
_LEAST_MATCHES: Final = 3
_FEWEST_MATCHES: Final = 2
_SHIFT_M: Final = (100.0, 2000.0)
_FARTHEST_NAMESAKE_M: Final = 5000.0
_AGREES_M: Final = 60.0
_AGREES_SHARE: Final = 0.25
_MAJORITY: Final = 0.6
_MANY_POINTS: Final = 30
_MANY_ROADS: Final = 200
_MOST_POINTS: Final = 400
_BESIDE_A_ROAD_M: Final = 60.0
_ROAD_GAIN: Final = 2.5
_READINGS = (Datum.WGS84, Datum.GCJ02, Datum.BD09)


@dataclass(frozen=True, slots=True)
class _Placed:
    """The rows with places of their own: WGS84 lon, lat, folded names, whether they are areas."""

    lonlat_deg: FloatArray
    names: tuple[str, ...]
    is_area: BoolArray


def find_datum_shift(
    planned: Sequence[PlannedRow],
    by_name: PlacedByName,
    definition: LayerDefinition,
    store: LayerStore,
    *,
    asked: AskedSystem,
) -> list[Finding]:
    """Return one warning where the places of a file fit better when read in another datum; else nothing."""
    declared = _declared(asked, by_name.converted.plan.datum)
    placed = _placed_rows(planned, by_name.rows, definition)
    if declared is None or not len(placed.lonlat_deg) or not is_shifted_region(placed.lonlat_deg).any():
        return []
    in_file = from_wgs84(placed.lonlat_deg, declared)
    readings = {datum: to_wgs84(in_file, datum) for datum in _READINGS if datum is not declared}
    others = [layer for layer in REFERENCE_LAYERS if layer != definition.name]
    known, warning = _by_names(placed, readings, _matches(placed, others, store), declared)
    if not known and declared is Datum.WGS84:
        # The layer itself may hold the mistake that a file with a datum is to put right: it only ever accuses.
        _, warning = _by_names(placed, readings, _matches(placed, [definition.name], store), declared)
    if known or warning is not None:
        return [] if warning is None else [warning]
    datum_of_roads = _best_by_roads(placed, readings, store)
    return [] if datum_of_roads is None else [_warning(datum_of_roads, declared)]


def _by_names(
    placed: _Placed, readings: Mapping[Datum, FloatArray], matches: tuple[IntArray, FloatArray], declared: Datum
) -> tuple[bool, Finding | None]:
    """Return (whether there are namesakes enough to tell, the warning they call for)."""
    rows, references_deg = matches
    is_all = rows.size >= _FEWEST_MATCHES and rows.size == len(placed.lonlat_deg)
    if rows.size < _LEAST_MATCHES and not is_all:
        return False, None
    read = {datum: places[rows] for datum, places in readings.items()}
    best = _best_by_names(placed.lonlat_deg[rows], references_deg, read)
    if best is None:
        return True, None
    datum, metres = best
    return True, _warning(datum, declared, by={"count": str(rows.size), "metres": f"{metres:.0f}"})


def _declared(asked: AskedSystem, of_headings: Datum | None) -> Datum | None:
    """Return the datum the file was read in; None where it was one that lies off by itself."""
    datum = asked.datum or of_headings
    if datum is not None:
        return Datum.WGS84 if datum is Datum.CGCS2000 else datum
    if asked.crs is None:
        return Datum.WGS84
    try:
        family = read_system(asked.crs).family
    except UsageError:
        return None
    return Datum.WGS84 if family in (Family.WGS84, Family.CGCS2000) else None


def _placed_rows(planned: Sequence[PlannedRow], by_name: frozenset[int], definition: LayerDefinition) -> _Placed:
    rows = [
        plan.record
        for row, plan in enumerate(planned)
        if plan.id is not None and plan.record.geometry is not None and row not in by_name
    ]
    geometries = np.empty(len(rows), dtype=np.object_)
    geometries[:] = [record.geometry for record in rows]
    names = tuple(fold_place_name(str(record.properties.get(definition.name_field) or "")) for record in rows)
    dimensions = shapely.get_dimensions(geometries)
    kept = np.flatnonzero(dimensions != 1)
    return _Placed(
        representative_points(geometries[kept]), tuple(names[row] for row in kept), np.asarray(dimensions[kept] > 1)
    )


def _matches(placed: _Placed, among: Sequence[str], store: LayerStore) -> tuple[IntArray, FloatArray]:
    """Return rows and the places of features of the same name; names that occur twice are left out."""
    layers = store.describe().layers
    rows: list[int] = []
    references: list[tuple[float, float]] = []
    row_of = _unique({row: name for row, name in enumerate(placed.names) if name})
    for layer in among:
        if layer not in layers or not layers[layer].count:
            continue
        columns = store.read_columns(layer)
        spots_deg = representative_points(columns.geometries)
        is_area = shapely.get_dimensions(columns.geometries) > 1
        for name, reference in _unique(_names(columns)).items():
            row = row_of.get(name)
            if row is None or is_area[reference] != placed.is_area[row] or not np.isfinite(spots_deg[reference]).all():
                continue
            rows.append(row)
            references.append((float(spots_deg[reference, 0]), float(spots_deg[reference, 1])))
    row_index = np.array(rows, dtype=np.int64)
    references_deg = np.array(references, dtype=np.float64).reshape(-1, 2)
    near = np.hypot(*_offset_m(placed.lonlat_deg[row_index], references_deg).T) <= _FARTHEST_NAMESAKE_M
    return row_index[near], references_deg[near]


def _names(columns: LayerColumns) -> dict[int, str]:
    column = columns.columns.get(columns.definition.name_field)
    if column is None:
        return {}
    return {int(row): fold_place_name(str(column.values[row])) for row in np.flatnonzero(column.known)}


def _unique(names: Mapping[int, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names.values():
        counts[name] = counts.get(name, 0) + 1
    return {name: row for row, name in names.items() if counts[name] == 1}


def _offset_m(lonlat_deg: FloatArray, from_deg: FloatArray) -> FloatArray:
    """Return east and north metres from one place to the other, shape (n, 2), for places close together."""
    east = (lonlat_deg[:, 0] - from_deg[:, 0]) * METRES_PER_DEGREE * np.cos(np.radians(from_deg[:, 1]))
    return np.column_stack([east, (lonlat_deg[:, 1] - from_deg[:, 1]) * METRES_PER_DEGREE])


def _best_by_names(
    placed_deg: FloatArray, references_deg: FloatArray, readings: Mapping[Datum, FloatArray]
) -> tuple[Datum, float] | None:
    """Return (datum, median offset in metres) of the reading that explains the offsets; None where none does.

    The median offset must have the direction and the size of the datum's own, and most rows must lie
    near their namesakes when they are read so.
    """
    offsets_m = _offset_m(placed_deg, references_deg)
    median_m = np.median(offsets_m, axis=0)
    best: tuple[float, Datum] | None = None
    for datum, read_deg in readings.items():
        shift_m = np.median(_offset_m(placed_deg, read_deg), axis=0)
        size_m = float(np.hypot(*shift_m))
        if not _SHIFT_M[0] <= size_m <= _SHIFT_M[1]:
            continue
        if np.hypot(*(median_m - shift_m)) > max(_AGREES_M, _AGREES_SHARE * size_m):
            continue
        left_m = np.hypot(*_offset_m(read_deg, references_deg).T)
        if np.mean(left_m <= size_m / 2.0) >= _MAJORITY and (best is None or np.median(left_m) < best[0]):
            best = float(np.median(left_m)), datum
    return None if best is None else (best[1], float(np.hypot(*median_m)))


def _best_by_roads(placed: _Placed, readings: Mapping[Datum, FloatArray], store: LayerStore) -> Datum | None:
    """Return the datum in which many points lie beside roads, where as they are they do not."""
    points = np.flatnonzero(~placed.is_area)
    layers = store.describe().layers
    if points.size < _MANY_POINTS or ROADS not in layers or layers[ROADS].count < _MANY_ROADS:
        return None
    points = points[np.linspace(0, points.size - 1, min(points.size, _MOST_POINTS)).astype(np.int64)]
    roads = store.read_columns(ROADS).geometries
    roads = roads[~shapely.is_missing(roads)]
    cos_lat = float(np.cos(np.radians(placed.lonlat_deg[points, 1].mean())))
    tree = shapely.STRtree(shapely.transform(roads, lambda lonlat: lonlat * (cos_lat, 1.0)))
    as_it_is_m = _from_roads_m(tree, placed.lonlat_deg[points], cos_lat)
    away_m = {datum: _from_roads_m(tree, read[points], cos_lat) for datum, read in readings.items()}
    best = min(away_m, key=away_m.__getitem__)
    is_clear = away_m[best] <= _BESIDE_A_ROAD_M and as_it_is_m >= _ROAD_GAIN * away_m[best]
    return best if is_clear else None


def _from_roads_m(tree: shapely.STRtree, lonlat_deg: FloatArray, cos_lat: float) -> float:
    """Return the median distance to the nearest road, in metres on a sphere."""
    points: ObjectArray = np.asarray(shapely.points(lonlat_deg * (cos_lat, 1.0)), dtype=np.object_)
    _, distances_deg = tree.query_nearest(points, all_matches=False, return_distance=True)
    return float(np.median(distances_deg)) * METRES_PER_DEGREE


def _warning(datum: Datum, declared: Datum, *, by: Mapping[str, str] | None = None) -> Finding:
    is_shifted = datum is not Datum.WGS84
    name, read_as = datum.value.upper(), declared.value.upper()
    if by is None:
        kind = found.DATUM_SHIFT_BY_ROADS if is_shifted else found.NO_DATUM_SHIFT_BY_ROADS
        return kind.found(datum=datum.value, name=name, declared=read_as)
    kind = found.DATUM_SHIFT if is_shifted else found.NO_DATUM_SHIFT
    return kind.found(datum=datum.value, name=name, declared=read_as, count=by["count"], metres=by["metres"])
