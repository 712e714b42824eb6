"""Where the rows of a file lie: outside every district, or twice at the same place under one name."""

import math
from collections.abc import Iterator

import numpy as np
import shapely

from geo_ems.formats.findings import Finding
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.areas import representative_points, smallest_areas_containing
from geo_ems.services import import_findings as found
from geo_ems.services.import_rows import METRES_PER_DEGREE, SAME_PLACE_M, PlannedRow, distance_m
from geo_ems.storage.protocol import LayerStore

DISTRICTS = "districts"


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
