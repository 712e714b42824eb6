"""GPX: waypoints, routes and tracks of navigation devices, each kind a layer of its own."""

from shapely.geometry import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError, known_names
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.gathering import WGS84, Features, GatheredFeatures
from geo_ems.formats.gdal_layers import LayerFacts, choose_layer
from geo_ems.formats.geojson_geometry import GeometryFaultError
from geo_ems.formats.kml import moment_of
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Reading
from geo_ems.formats.xml_elements import Element, read_elements

_LAYERS = {"wpt": "waypoints", "rte": "routes", "trk": "tracks"}
_NOT_CELLS = frozenset({"rtept", "trkseg", "extensions", "link"})
_LEAST_OF_LINE = 2
_FARTHEST = 1e12


def read_gpx(text: str, *, reading: Reading) -> Features:
    """Return the waypoints, the routes or the tracks: those `reading.sheet` names, else the only ones there are.

    Raises
    ------
    DataError
        Where the text is not GPX, or holds several of the three and none is named.
    NotFoundError
        Where another layer is named.
    """
    taken: dict[str, list[Element]] = {name: [] for name in _LAYERS}
    roots: list[str] = []

    def take(element: Element) -> None:
        if element.parent is None:
            roots.append(element.name)
        elif element.name in taken:
            taken[element.name].append(element)

    read_elements(text, take, wanted=frozenset(_LAYERS), limits=reading.limits, where=reading.where)
    if roots != ["gpx"]:
        raise DataError("This is XML, but no GPX", where=reading.where, remedy="Export the file again as GPX.")
    layers = [LayerFacts(label, len(taken[name]), has_geometry=True) for name, label in _LAYERS.items()]
    if reading.sheet is not None and fold_name(reading.sheet) not in _LAYERS.values():
        raise known_names("layer", reading.sheet, list(_LAYERS.values()))
    if not any(layer.features for layer in layers):
        raise DataError(
            "The GPX has no waypoints, routes or tracks", where=reading.where, remedy="Choose the file with the data."
        )
    chosen = choose_layer(layers, reading)
    gathered = GatheredFeatures(reading.limits, reading.where)
    for element in next(taken[name] for name, label in _LAYERS.items() if label == chosen.name):
        findings: list[Finding] = []
        cells = _cells_of(element)
        _shorten(cells, findings, reading)
        geometry = None
        try:
            geometry = _geometry_of(element, findings, reading.limits.vertices)
        except GeometryFaultError as fault:
            findings.append(fault.finding)
        gathered.add(0, cells, geometry, findings)
    notes = [
        found.LAYER_NOT_USED.found(value=layer.name, count=layer.features)
        for layer in layers
        if layer.features and layer is not chosen
    ]
    return Features(
        FileFormat.GPX,
        CountedBy.FEATURE,
        tuple(gathered.columns),
        gathered.records(numbered=True),
        WGS84,
        notes=tuple(notes),
        layers=tuple(layer.name for layer in layers if layer.features),
    )


def _cells_of(element: Element) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for child in element.children:
        if child.name in _NOT_CELLS or child.children or not child.text or child.name in cells:
            continue
        cells[child.name] = moment_of(child.text) if child.name == "time" else child.text
    return cells


def _shorten(cells: dict[str, Cell], findings: list[Finding], reading: Reading) -> None:
    limit = reading.limits.cell_characters
    for name, cell in cells.items():
        if isinstance(cell, str) and len(cell) > limit:
            findings.append(found.CELL_TOO_LONG.found(limit=limit))
            cells[name] = None


def _geometry_of(element: Element, findings: list[Finding], max_vertices: int) -> BaseGeometry | None:
    if element.name == "wpt":
        return Point(_position(element))
    if element.name == "rte":
        lines = [[_position(point) for point in element.children if point.name == "rtept"]]
    else:
        segments = [segment for segment in element.children if segment.name == "trkseg"]
        lines = [[_position(point) for point in segment.children if point.name == "trkpt"] for segment in segments]
    if sum(map(len, lines)) > max_vertices:
        raise GeometryFaultError(found.TOO_MANY_VERTICES.found(limit=max_vertices))
    whole = [LineString(line) for line in lines if len(line) >= _LEAST_OF_LINE]
    short = sum(len(line) == 1 for line in lines)
    if short and not whole:
        raise GeometryFaultError(found.GEOMETRY_MALFORMED.found(value="a line needs two positions"))
    if short:
        findings.append(found.SEGMENT_TOO_SHORT.found(count=short))
    if not whole:
        return None
    return whole[0] if len(whole) == 1 else MultiLineString(whole)


def _position(point: Element) -> tuple[float, float]:
    lon, lat = point.attributes.get("lon", ""), point.attributes.get("lat", "")
    try:
        position = float(lon), float(lat)
    except ValueError:
        position = (float("nan"), float("nan"))
    if not all(abs(number) < _FARTHEST for number in position):
        raise GeometryFaultError(found.GEOMETRY_MALFORMED.found(value=f"lon={lon:.30} lat={lat:.30}"))
    return position
