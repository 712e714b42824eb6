"""KML: placemarks with their names, times and extended data; nothing that it points to is ever fetched."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from geo_ems.errors import DataError, known_names
from geo_ems.formats import reading_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.gathering import WGS84, Features, GatheredFeatures
from geo_ems.formats.geojson_geometry import GeometryFaultError
from geo_ems.formats.kml_geometry import geometry_of_placemark
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Reading
from geo_ems.formats.xml_elements import Element, read_elements

FOLDER_COLUMN = "folder"
_SKIPPED = frozenset({"NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Tour", "NetworkLinkControl"})
_STYLES = frozenset({"Style", "StyleMap", "CascadingStyle", "Schema", "LookAt", "Camera"})
_PLAIN = ("name", "address", "phoneNumber", "description")
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


class _Document:
    """Placemarks as they end; folders may tell their names after them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._root = ""
        self._placemarks: list[tuple[Element | None, dict[str, Cell], Element]] = []
        self._skipped: Counter[str] = Counter()
        self._gathered = GatheredFeatures(reading.limits, reading.where)

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
            self._placemarks.append((folder, {}, element))

    def features(self, file_format: FileFormat) -> Features:
        """Return everything that was taken."""
        if self._root != "kml":
            raise DataError(
                f"This is XML of another kind ('{self._root[:40]}')",
                where=self._reading.where,
                remedy="KML and GPX are read; export the data as one of them, as GeoJSON or as CSV.",
            )
        if not self._placemarks:
            raise DataError(
                "The KML has no placemarks",
                where=self._reading.where,
                remedy="Choose the file with the data; what it links to must be fetched and imported itself.",
            )
        paths = [_path_of(folder) for folder, _, _ in self._placemarks]
        folders = tuple(dict.fromkeys(path for path in paths if path))
        chosen = self._chosen_folder(folders)
        for path, (_, _, placemark) in zip(paths, self._placemarks, strict=True):
            if chosen is None or path == chosen or path.startswith(f"{chosen}/"):
                cells, findings = _cells_of(placemark)
                if folders:
                    cells[FOLDER_COLUMN] = path or None
                self._add(placemark, cells, findings)
        notes = [found.ELEMENTS_SKIPPED.found(value=name, count=count) for name, count in self._skipped.items()]
        if len(set(paths)) > 1 and chosen is None:
            shown = ", ".join(folders[:_SHOWN_FOLDERS]) + (" …" if len(folders) > _SHOWN_FOLDERS else "")
            notes.append(found.FOLDERS_JOINED.found(value=shown))
        return Features(
            file_format,
            CountedBy.FEATURE,
            tuple(self._gathered.columns),
            self._gathered.records(numbered=True),
            WGS84,
            notes=tuple(notes),
            layers=folders,
        )

    def _chosen_folder(self, folders: tuple[str, ...]) -> str | None:
        if self._reading.sheet is None:
            return None
        wanted = fold_name(self._reading.sheet)
        ways = {way: None for path in folders for way in _ways_to(path)}
        named = [way for way in ways if fold_name(way) == wanted or fold_name(way.rpartition("/")[2]) == wanted]
        if not named:
            raise known_names("layer", self._reading.sheet, list(folders))
        return named[0]

    def _add(self, placemark: Element, cells: dict[str, Cell], findings: list[Finding]) -> None:
        limits = self._reading.limits
        for name, cell in cells.items():
            if isinstance(cell, str) and len(cell) > limits.cell_characters:
                findings.append(found.CELL_TOO_LONG.found(limit=limits.cell_characters))
                cells[name] = None
        geometry = None
        try:
            geometry = geometry_of_placemark(placemark, max_vertices=limits.vertices)
        except GeometryFaultError as fault:
            findings.append(fault.finding)
        self._gathered.add(0, cells, geometry, findings)


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


def _cells_of(placemark: Element) -> tuple[dict[str, Cell], list[Finding]]:
    cells: dict[str, Cell] = {}
    for name in _PLAIN:
        if text := placemark.text_of(name):
            cells[name] = text
    for outer, inner, column in (
        ("TimeStamp", "when", "timestamp"),
        ("TimeSpan", "begin", "begin"),
        ("TimeSpan", "end", "end"),
    ):
        moment = placemark.child(outer)
        if moment is not None and (text := moment.text_of(inner)):
            cells[column] = moment_of(text)
    extended = placemark.child("ExtendedData")
    for element in extended.children if extended is not None else ():
        pairs: Mapping[str, str] = {}
        if element.name == "Data":
            pairs = {element.attributes.get("name", "").strip(): element.text_of("value")}
        elif element.name == "SchemaData":
            pairs = {each.attributes.get("name", "").strip(): each.text for each in element.descendants("SimpleData")}
        elif not element.children:
            pairs = {element.name: element.text}
        for name, text in pairs.items():
            _put(cells, name, text)
    return cells, []


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
