"""What a reader returns: raw records in the order of the file, and every line it left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from geo_ems.formats.findings import Finding

Cell = str | int | float | bool | date | datetime | time | None


class FileFormat(StrEnum):
    """The closed list of formats that are read."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    GEOJSON_SEQUENCE = "geojsonseq"
    GEOPACKAGE = "gpkg"
    SHAPEFILE = "shp"
    FILE_GEODATABASE = "gdb"
    FLATGEOBUF = "fgb"
    KML = "kml"
    KMZ = "kmz"
    GPX = "gpx"
    OSM = "osm"


class CountedBy(StrEnum):
    """What a record's number counts, as a person finds it again in the file."""

    LINE = "line"
    ROW = "row"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused as too large; a compressed file also by its ratio once it is not small.

    `foreign_` limits hold for the process that reads GeoPackage, Shapefile, File Geodatabase and
    FlatGeobuf: its address space, its processor time and the time that is waited for its answer.
    """

    file_bytes: int = 500 * 1024 * 1024
    unpacked_bytes: int = 1024 * 1024 * 1024
    unpacked_small_bytes: int = 64 * 1024 * 1024
    unpacked_ratio: int = 200
    rows: int = 2_000_000
    columns: int = 500
    cell_characters: int = 100_000
    vertices: int = 100_000
    json_depth: int = 32
    sheet_cells: int = 60_000_000
    xml_depth: int = 64
    archive_members: int = 1000
    foreign_memory_bytes: int = 4 * 1024 * 1024 * 1024
    foreign_processor_s: int = 120
    foreign_wait_s: float = 180.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read: the name for messages, the limits, and what is hoped for in it.

    `known_headers` and `ignored_sheets` are folded names (`column_names.fold_name`).
    """

    where: str
    limits: Limits = DEFAULT_LIMITS
    known_headers: frozenset[str] = frozenset()
    sheet: str | None = None
    ignored_sheets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One row: its number in the file and its cells, in the order of `RawFile.columns`.

    A finding of grade REFUSED means that the row cannot be used whatever the layer is.
    """

    line: int
    values: tuple[Cell, ...]
    geometry: BaseGeometry | None = None
    findings: tuple[Finding, ...] = ()
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that is no record, and why."""

    line: int
    finding: Finding
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A whole file as records.

    `units` holds what a row of units under the header says, per column. `has_geometry` is True
    for formats whose records carry a geometry (None there means "without place"). `crs` is the
    coordinate system the file names: "EPSG:4490" where an authority has a code for it, else its WKT;
    "OGC:CRS84" for formats that are WGS84 by definition; None where the file says nothing.
    Geometries are in that system, in the order x or longitude, y or latitude. `sheets` are the sheets
    of a workbook or the layers of a file. `names_cut_at_bytes` is set where the format cuts longer
    names of columns (Shapefile: 10 bytes in `encoding`). `sha256` is that of the file; of several
    files that belong together, that of their bytes one after the other.
    """

    name: str
    sha256: str
    format: FileFormat
    encoding: str | None
    counted_by: CountedBy
    columns: tuple[str, ...]
    records: tuple[RawRecord, ...]
    skipped: tuple[SkippedLine, ...] = ()
    notes: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    has_geometry: bool = False
    crs: str | None = None
    names_cut_at_bytes: int | None = None

    def cells(self, record: RawRecord) -> dict[str, Cell]:
        """Return the cells of a record by column name."""
        return dict(zip(self.columns, record.values, strict=True))
