"""What a file is by its bytes, and unpacking that cannot fill the memory."""

import hashlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from geo_ems.errors import DataError
from geo_ems.formats.raw import Limits

KNOWN_FORMATS = (
    "CSV (also .txt, .tsv), XLSX, GeoJSON (also one feature per line), GeoPackage, Shapefile (.zip, or .shp beside "
    "its .shx and .dbf), File Geodatabase (.gdb.zip), KML, KMZ, FlatGeobuf, GPX; also compressed as .gz or in a .zip"
)
_CHUNK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GEOPACKAGE = b"SQLite format 3\x00"
_SHAPES = b"\x00\x00\x27\x0a"
_FLATGEOBUF = b"fgb"
_OSM, _OSM_AT = b"OSMHeader", 6
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)"),
    (b"%PDF", "a PDF file"),
    (b"PAR1", "a Parquet file"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
)
# Programs that write formulas without a value leave cells that read as empty. An empty text (t="str") is a value.
_UNCALCULATED = re.compile(
    rb"""<(?:\w+:)?c\s(?![^>]*\bt=["']str["'])[^>]*?\br=["']([A-Z]{1,3}[0-9]{1,7})["'][^>]*>\s*"""
    rb"""<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*(?<!/)>""")
_TAIL_BYTES = 4096  # a cell that lies across two chunks is seen whole
_MAX_MEMBERS = 2000
# What zipfile raises over archives that are damaged or of a kind it does not unpack.
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError, ValueError, OSError),
    *(NotImplementedError, IndexError, KeyError),
)


class Container(StrEnum):
    """What the bytes are by their beginning; an archive is a zip that is no workbook."""

    WORKBOOK = "workbook"
    TEXT = "text"
    XML = "xml"
    GEOPACKAGE = "geopackage"
    FLATGEOBUF = "flatgeobuf"
    SHAPES = "shapes"
    ARCHIVE = "archive"


_MAGIC = (
    (_GEOPACKAGE, Container.GEOPACKAGE),
    (_FLATGEOBUF, Container.FLATGEOBUF),
    (_SHAPES, Container.SHAPES),
)
_XML = (b"<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")  # the latter are UTF-16


@dataclass(frozen=True, slots=True)
class Contents:
    """The bytes of a file, unpacked where it was gzip; `sha256` is that of the file itself."""

    container: Container
    data: bytes
    sha256: str


def read_contents(path: Path, *, limits: Limits) -> Contents:
    """Return the bytes of a file and what they are, by content and not by name.

    Raises
    ------
    DataError
        Where the file cannot be read, is too large, is packed beyond the limits, or is of a format
        that is not read here.
    """
    data = read_bytes(path, limits=limits)
    sha256 = hashlib.sha256(data).hexdigest()
    where = path.name
    if data.startswith(_GZIP):
        data = _gunzip(data, limits=limits, where=where)
        if data.startswith(_GZIP):
            raise _not_read("gzip inside gzip", where=where)
    return Contents(container_of(data, limits=limits, where=where), data, sha256)


def container_of(data: bytes, *, limits: Limits, where: str) -> Container:
    """Return what bytes are; a workbook is looked through first.

    Raises
    ------
    DataError
        Where they are of a format that is not read here, or nothing.
    """
    if data.startswith(_ZIP):
        is_workbook = _check_workbook(data, limits=limits, where=where)
        return Container.WORKBOOK if is_workbook else Container.ARCHIVE
    foreign = next((name for magic, name in _FOREIGN if data.startswith(magic)), None)
    if data[_OSM_AT : _OSM_AT + len(_OSM)] == _OSM:
        foreign = "an extract of OpenStreetMap (.osm.pbf)"
    if foreign is not None:
        raise _not_read(foreign, where=where)
    for magic, container in _MAGIC:
        if data.startswith(magic):
            return container
    if not data.strip():
        raise DataError("The file is empty", where=where, remedy="Choose the file with the data.")
    is_xml = any(data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start) for start in _XML)
    return Container.XML if is_xml else Container.TEXT


def _not_read(what: str, *, where: str) -> DataError:
    return DataError(f"This is {what}, which is not read here", where=where, remedy=f"Known: {KNOWN_FORMATS}.")


def read_bytes(path: Path, *, limits: Limits) -> bytes:
    """Return what is in a file.

    Raises
    ------
    DataError
        Where it cannot be read or is too large.
    """
    try:
        size = path.stat().st_size
        if size <= limits.file_bytes:
            return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The file cannot be read: {error.strerror or error}",
            where=path.name,
            remedy="Check the path and the rights.",
        ) from error
    raise DataError(
        f"The file has {size} bytes, more than {limits.file_bytes}", where=path.name, remedy="Split the file."
    )


@dataclass(slots=True)
class Growth:
    """Counts unpacked bytes and stops where they are too many for what was packed."""

    packed: int
    limits: Limits
    where: str
    unpacked: int = 0

    def add(self, size: int) -> None:
        """Count bytes.

        Raises
        ------
        DataError
            Where they are too many.
        """
        self.unpacked += size
        is_large = self.unpacked > self.limits.unpacked_small_bytes
        is_bomb = is_large and self.unpacked > self.packed * self.limits.unpacked_ratio
        if is_bomb or self.unpacked > self.limits.unpacked_bytes:
            raise DataError(
                f"The file unpacks from {self.packed} to more than {self.unpacked} bytes: too much to read",
                where=self.where,
                remedy="Save it again with the program it comes from, or split it.",
            )


def _gunzip(data: bytes, *, limits: Limits, where: str) -> bytes:
    parts: list[bytes] = []
    growth = Growth(len(data), limits, where)
    rest = data
    try:
        while rest.startswith(_GZIP):
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                part = unpacker.decompress(rest, _CHUNK_BYTES)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
                if not part and not rest and not unpacker.eof:
                    raise DataError("The gzip file ends too early", where=where, remedy="Fetch or copy it again.")
                growth.add(len(part))
                parts.append(part)
    except zlib.error as error:
        raise DataError(f"The gzip file is damaged: {error}", where=where, remedy="Fetch or copy it again.") from error
    return b"".join(parts)


def _check_workbook(data: bytes, *, limits: Limits, where: str) -> bool:
    """Read every member of a workbook once, counting: the sizes a zip declares may be a lie; False for another zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "xl/workbook.bin" in names:
                raise _not_read("a binary workbook (.xlsb)", where=where)
            if "xl/workbook.xml" not in names:
                return False
            if len(names) > _MAX_MEMBERS:
                raise _damaged(f"{len(names)} parts", where=where)
            growth = Growth(len(data), limits, where)
            for member in archive.infolist():
                if member.flag_bits & 1:
                    raise DataError("The workbook has a password", where=where, remedy="Save it without one.")
                with archive.open(member) as stream:
                    _check_member(stream, growth, is_sheet=member.filename.startswith("xl/worksheets/"))
    except ZIP_FAULTS as error:
        raise _damaged(str(error), where=where) from error
    return True


def _damaged(reason: str, *, where: str) -> DataError:
    return DataError(
        f"The workbook or zip archive is damaged: {reason}",
        where=where,
        remedy="Fetch or copy it again, or save it again with the program it comes from.",
    )


def _check_member(stream: IO[bytes], growth: Growth, *, is_sheet: bool) -> None:
    """Count the bytes of one member; of a sheet see how far its cells reach, and that its formulas have values."""
    rows, columns, tail = 0, 0, b""
    while chunk := stream.read(_CHUNK_BYTES):
        growth.add(len(chunk))
        if is_sheet:
            text = tail + chunk
            for letters, digits in _CELL.findall(text):
                rows = max(rows, int(digits))
                columns = max(columns, _column_number(letters))
            if (cell := _UNCALCULATED.search(text)) is not None:
                raise DataError(
                    f"Cell {cell[1].decode()} holds a formula that no program has calculated yet",
                    where=growth.where,
                    remedy="Open the workbook in a spreadsheet program, which calculates it, and save it again.",
                )
            tail = text[-_TAIL_BYTES:]
    if rows * columns > growth.limits.sheet_cells:
        raise DataError(
            f"A sheet reaches to row {rows}, column {columns}: too far to read",
            where=growth.where,
            remedy="Delete stray cells far below or beside the table, then save again.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
