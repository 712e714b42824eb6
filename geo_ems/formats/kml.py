"""KML: placemarks with their names, times and extended data; nothing that it points to is ever fetched."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError, known_names
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.gathering import WGS84, Features, GatheredFeatures
from geo_ems.formats.geojson_geometry import GeometryFaultError
from geo_ems.formats.kml_geometry import geometry_of_placemark
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Limits, Reading
from geo_ems.formats.xml_elements import Element, read_elements

FOLDER_COLUMN = "folder"
_SKIPPED = frozenset({"NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Tour", "NetworkLinkControl"})
_STYLES = frozenset({"Style", "StyleMap", "CascadingStyle", "Schema", "LookAt", "Camera"})
_PLAIN = ("name", "address", "phoneNumber", "description")
_SHOWN = "description"
_TIMES = (("TimeStamp", "when", "timestamp"), ("TimeSpan", "begin", "begin"), ("TimeSpan", "end", "end"))
_SHOWN_FOLDERS = 8


def read_kml(text: str, *, reading: Reading, file_format: FileFormat = FileFormat.KML) -> Features:
    """Return the placemarks of all folders, or of the one that `reading.sheet` names by name or path.

    Raises
    ------
    DataError
        Where the text is not KML, or has nothing in it that could be placed.
    NotFoundError
        Where there is no folder of the name.
    """
    document = _Document(reading)
    read_elements(
        text,
        document.take,
        wanted=frozenset({"Placemark"}) | _SKIPPED | _STYLES,
        limits=reading.limits,
        where=reading.where,
    )
    return document.features(file_format)


@dataclass(frozen=True, slots=True)
class _Placemark:
    """One placemark, read as soon as it ended; its folder may tell its name later."""

    folder: Element | None
    cells: dict[str, Cell]
    geometry: BaseGeometry | None
    findings: tuple[Finding, ...]


class _Document:
    """Placemarks in the order in which they end."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._root = ""
        self._placemarks: list[_Placemark] = []
        self._skipped: Counter[str] = Counter()

    def take(self, element: Element) -> None:
        """Take an element that has ended."""
        folder = element.parent
        if folder is None:
            self._root = element.name
        elif element.name == "name" and folder.name in {"Folder", "Document"}:
            folder.title = folder.title or " ".join(element.text.split())
        elif element.name in _SKIPPED:
            self._skipped[element.name] += 1
        elif element.name == "Placemark":
            if len(self._placemarks) >= self._reading.limits.rows:
                raise DataError(
                    f"There are more than {self._reading.limits.rows} placemarks",
                    where=self._reading.where,
                    remedy="Split the file.",
                )
            self._placemarks.append(_placemark(element, folder, self._reading.limits))

    def features(self, file_format: FileFormat) -> Features:
        """Return everything that was taken."""
        reading = self._reading
        if self._root != "kml":
            raise DataError(
                f"This is XML of another kind ('{self._root[:40]}')",
                where=reading.where,
                remedy="KML and GPX are read; export the data as one of them, as GeoJSON or as CSV.",
            )
        if not self._placemarks:
            raise DataError(
                "The KML has no placemarks",
                where=reading.where,
                remedy="Choose the file with the data; what it links to must be fetched and imported itself.",
            )
        paths = [_path_of(placemark.folder) for placemark in self._placemarks]
        folders = tuple(dict.fromkeys(path for path in paths if path))
        chosen = _chosen_folder(folders, reading.sheet)
        gathered = GatheredFeatures(reading.limits, reading.where)
        for path, placemark in zip(paths, self._placemarks, strict=True):
            if chosen is None or path == chosen or path.startswith(f"{chosen}/"):
                if folders:
                    placemark.cells[FOLDER_COLUMN] = path or None
                gathered.add(0, placemark.cells, placemark.geometry, placemark.findings)
        notes = [found.ELEMENTS_SKIPPED.found(value=name, count=count) for name, count in self._skipped.items()]
        if len(set(paths)) > 1 and chosen is None:
            shown = ", ".join(folders[:_SHOWN_FOLDERS]) + (" …" if len(folders) > _SHOWN_FOLDERS else "")
            notes.append(found.FOLDERS_JOINED.found(value=shown))
        return Features(
            file_format,
            CountedBy.FEATURE,
            tuple(gathered.columns),
            gathered.records(numbered=True),
            WGS84,
            notes=tuple(notes),
            layers=folders,
        )


def _chosen_folder(folders: tuple[str, ...], name: str | None) -> str | None:
    if name is None:
        return None
    wanted = fold_name(name)
    ways = dict.fromkeys(way for path in folders for way in _ways_to(path))
    named = [way for way in ways if wanted in {fold_name(way), fold_name(way.rpartition("/")[2])}]
    if not named:
        raise known_names("layer", name, list(folders))
    return named[0]


def _placemark(element: Element, folder: Element | None, limits: Limits) -> _Placemark:
    cells, findings = _cells_of(element), []
    for name, cell in cells.items():
        if isinstance(cell, str) and len(cell) > limits.cell_characters:
            findings.append(found.CELL_TOO_LONG.found(limit=limits.cell_characters))
            cells[name] = None
    geometry = None
    try:
        geometry = geometry_of_placemark(element, max_vertices=limits.vertices)
    except GeometryFaultError as fault:
        findings.append(fault.finding)
    return _Placemark(folder, cells, geometry, tuple(findings))


def _path_of(folder: Element | None) -> str:
    """Return the names of the folders around a placemark, outermost first; documents are no folders."""
    names: list[str] = []
    while folder is not None:
        if folder.name == "Folder" and folder.title:
            names.append(folder.title.replace("/", "∕"))
        folder = folder.parent
    return "/".join(reversed(names))


def _ways_to(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _cells_of(placemark: Element) -> dict[str, Cell]:
    parts: dict[str, Element] = {}
    for child in placemark.children:
        parts.setdefault(child.name, child)
    cells: dict[str, Cell] = {}
    for name in _PLAIN:
        if name in parts and (text := parts[name].text):
            cells[name] = text
    for outer, inner, column in _TIMES:
        if outer in parts and (text := parts[outer].text_of(inner)):
            cells[column] = moment_of(text)
    if "ExtendedData" in parts:
        shown = cells.pop(_SHOWN, None)
        _put_extended(cells, parts["ExtendedData"])
        if shown is not None:  # a field of the name is exact; what viewers show may sum up all of them
            cells.setdefault(_SHOWN if _SHOWN not in cells or cells[_SHOWN] == shown else f"{_SHOWN} (2)", shown)
    return cells


def _put_extended(cells: dict[str, Cell], extended: Element) -> None:
    for element in extended.children:
        if element.name == "Data":
            _put(cells, element.attributes.get("name", "").strip(), element.text_of("value"))
        elif element.name == "SchemaData":
            for each in element.descendants("SimpleData"):
                _put(cells, each.attributes.get("name", "").strip(), each.text)
        elif not element.children:
            _put(cells, element.name, element.text)


def _put(cells: dict[str, Cell], name: str, text: str) -> None:
    """Put extended data under its name; where a name of the placemark itself says something else, under one more."""
    if not name:
        return
    key, number = name, 2
    while cells.get(key) is not None and cells[key] != text:
        key, number = f"{name} ({number})", number + 1
    cells[key] = text or None


def moment_of(text: str) -> Cell:
    """Return a time of XML as a day or a moment; years, months and other writings stay text."""
    text = text.strip()
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text) if "-" in text else text
        except ValueError:
            continue
    return text
