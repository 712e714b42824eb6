"""Where the rows of a file lie: outside every district, or twice at the same place under one name."""

import math
from collections.abc import Iterator

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo_ems.formats.findings import Finding
from geo_ems.model.definitions import GeometryKind, LayerDefinition
from geo_ems.queries.areas import representative_points, smallest_areas_containing
from geo_ems.queries.ellipsoid import largest_chord_m, lonlat_to_xyz
from geo_ems.services import import_findings as found
from geo_ems.services.import_rows import METRES_PER_DEGREE, SAME_PLACE_M, PlannedRow, StoredRows, distance_m
from geo_ems.services.names_alike import comparable_name, likeness
from geo_ems.storage.protocol import LayerStore

DISTRICTS = "districts"
SIMILAR_WITHIN_M = 50.0
_NEW_ROWS_COMPARED = 5000
_EXAMPLES = 3
_LINES = {GeometryKind.LINE, GeometryKind.MULTI_LINE}


def find_places_outside(planned: list[PlannedRow], definition: LayerDefinition, store: LayerStore) -> list[Finding]:
    """Warn of rows that no district holds; return one note for the file where most of them are so.

    A line or an area counts by a place on it. Nothing is said where no districts are stored.
    """
    located = [row for row in planned if row.id is not None and row.record.geometry is not None]
    if definition.name == DISTRICTS or not located or DISTRICTS not in store.describe().layers:
        return []
    areas = store.read_columns(DISTRICTS).geometries
    if not any(area is not None for area in areas):
        return []
    geometries = np.empty(len(located), dtype=np.object_)
    geometries[:] = [row.record.geometry for row in located]
    lonlat_deg = representative_points(geometries)
    outside = np.flatnonzero(smallest_areas_containing(areas, lonlat_deg) < 0)
    if outside.size > 1 and 2 * outside.size > len(located):
        return [found.MOST_OUTSIDE_DISTRICTS.found(count=outside.size, located=len(located))]
    for index in outside:
        lon, lat = (f"{degrees:.10g}" for degrees in lonlat_deg[index])
        located[index].findings.append(found.OUTSIDE_DISTRICTS.found(lon=lon, lat=lat))
    return []


def find_twins_in_file(planned: list[PlannedRow], definition: LayerDefinition, *, place_word: str) -> None:
    """Warn of rows whose name an earlier row within 10 m has already; the first of them is named.

    Lines are left alone: a road or a dyke lies in a file as many short pieces of one name.
    """
    seen: dict[tuple[str, int], list[tuple[float, float, PlannedRow]]] = {}
    for row in planned:
        name, geometry = row.record.properties.get(definition.name_field), row.record.geometry
        if row.id is None or name is None or geometry is None or shapely.get_dimensions(geometry) == 1:
            continue
        place = geometry.representative_point()
        band = math.floor(place.y * METRES_PER_DEGREE / SAME_PLACE_M)
        twin = next(_twins(seen, str(name), band, (place.x, place.y)), None)
        if twin is not None:
            first, sheet = twin.record.line, twin.record.sheet
            where = f"{sheet} {first}" if sheet != row.record.sheet else first
            row.findings.append(found.SAME_NAME_IN_FILE.found(value=name, first=where, place=place_word))
        seen.setdefault((str(name), band), []).append((place.x, place.y, row))


def _twins(
    seen: dict[tuple[str, int], list[tuple[float, float, PlannedRow]]],
    name: str,
    band: int,
    lonlat_deg: tuple[float, float],
) -> Iterator[PlannedRow]:
    """Give the earlier rows of a name within 10 m; bands of latitude are 10 m wide."""
    for neighbour in (band - 1, band, band + 1):
        for lon_deg, lat_deg, row in seen.get((name, neighbour), ()):
            if distance_m((lon_deg, lat_deg), lonlat_deg) <= SAME_PLACE_M:
                yield row


def find_similar_near(planned: list[PlannedRow], stored: StoredRows, definition: LayerDefinition) -> list[Finding]:
    """Return one note of the new rows that lie within 50 m of another feature of a like name, with three of them.

    Layers of lines are left out, and files that bring more than 5,000 new rows: `geo-ems duplicates`
    looks at those.
    """
    new = [row for row in planned if row.is_new and row.record.geometry is not None]
    if not 0 < len(new) <= _NEW_ROWS_COMPARED or _LINES & set(definition.geometry):
        return []
    places = [(name, identity, lon, lat) for name, held in stored.places_by_name.items() for identity, lon, lat in held]
    located = [place for place in places if math.isfinite(place[2])]
    geometries = np.empty(len(new), dtype=np.object_)
    geometries[:] = [row.record.geometry for row in new]
    points = shapely.point_on_surface(geometries)
    for row, point in zip(new, points, strict=True):
        located.append((str(row.record.properties.get(definition.name_field) or ""), str(row.id), point.x, point.y))
    tree = cKDTree(lonlat_to_xyz(np.array([place[2:] for place in located])).T)
    first_new = len(located) - len(new)
    found_pairs: list[tuple[str, str]] = []
    reach_m = largest_chord_m(SIMILAR_WITHIN_M)
    for index, point_xyz_m in enumerate(tree.data[first_new:]):
        neighbours: list[int] = tree.query_ball_point(point_xyz_m, reach_m, return_sorted=True)
        name = located[first_new + index][0]
        other = next((located[n] for n in neighbours if _is_like(name, located[n], first_new + index, n)), None)
        if other is not None:
            found_pairs.append((f"{name} ({located[first_new + index][1]})", f"{other[0]} ({other[1]})"))
    if not found_pairs:
        return []
    examples = "; ".join(f"{name} – {other}" for name, other in found_pairs[:_EXAMPLES])
    return [found.SIMILAR_NAMES_NEAR.found(count=len(found_pairs), examples=examples, layer=definition.name)]


def _is_like(name: str, other: tuple[str, str, float, float], index: int, other_index: int) -> bool:
    if other_index >= index:  # of two new rows the later one is told
        return False
    first, second = comparable_name(name), comparable_name(other[0])
    return first is not None and second is not None and likeness(first, second) > 0
