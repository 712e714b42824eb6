"""A Shapefile is several files: whether its parts are there, complete and agree, and which encoding its table has."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.cell_encodings import decode_cells, encoding_said
from geo_ems.formats.containers import read_bytes
from geo_ems.formats.gathering import Features
from geo_ems.formats.gdal_layers import ReadColumns, distinct_names, read_members
from geo_ems.formats.raw import FileFormat, Limits, RawRecord, Reading

NEEDED = (".shp", ".shx", ".dbf")
OPTIONAL = (".prj", ".cpg")
_NAME_BYTES = 10
_HEADER_BYTES = 100
_DELETED = 0x2A
_NULL_SHAPE = 0


def parts_beside(path: Path, *, limits: Limits) -> dict[str, bytes]:
    """Return the parts of the Shapefile that a .shp belongs to, by suffix: the files of its name in its folder."""
    parts: dict[str, bytes] = {}
    alike = [other for other in path.parent.iterdir() if other.stem.casefold() == path.stem.casefold()]
    for other in sorted(alike, key=lambda other: (other.stem != path.stem, other.name)):
        suffix = other.suffix.casefold()
        if suffix in NEEDED + OPTIONAL and suffix not in parts:
            parts[suffix] = read_bytes(other, limits=limits)
    return parts


def read_shapefile(parts: Mapping[str, bytes], *, reading: Reading, encoding: str | None) -> Features:
    """Return the features of a Shapefile given as its parts, by suffix.

    Raises
    ------
    DataError
        Where a part is missing, cut off or does not fit the others, or the texts cannot be decoded.
    """
    where = reading.where
    missing = [suffix for suffix in NEEDED if suffix not in parts]
    if missing:
        raise DataError(
            f"This is a Shapefile, which is several files, and its {' and '.join(missing)} is missing",
            where=where,
            remedy="Put the files of the same name with .shp, .shx, .dbf and .prj side by side, or all into one .zip.",
        )
    table = _Table.of(parts[".dbf"], where)
    shapes = _check_shapes(parts[".shp"], parts[".shx"], where)
    if len(shapes) != table.rows:
        raise _damaged(f"it has {len(shapes)} shapes, but its table (.dbf) has {table.rows} rows", where)
    members = {f"data{suffix}": parts[suffix] for suffix in (*NEEDED, ".prj") if suffix in parts}
    said = encoding_said(parts.get(".cpg"), table.language_driver)
    decoding = _Decoding(encoding, said, where)
    features = read_members(
        members,
        file_format=FileFormat.SHAPEFILE,
        reading=replace(reading, sheet=None, ignored_sheets=frozenset()),
        decoded=decoding.decode,
    )
    kept = np.flatnonzero(~table.deleted)
    if len(features.records) != len(kept):
        raise _damaged(f"only {len(features.records)} of its {len(kept)} rows can be read", where)
    notes = list(features.notes)
    if len(kept) < table.rows:
        notes.append(found.DELETED_ROWS.found(count=table.rows - len(kept)))
    if said is not None and encoding is None and features.encoding != said:
        notes.append(found.ENCODING_DIFFERS.found(value=said, encoding=features.encoding))
    records = tuple(
        _marked(record, is_cut=position in decoding.cut_rows, shape=int(shape))
        for position, (record, shape) in enumerate(zip(features.records, shapes[kept].tolist(), strict=True))
    )
    return replace(features, records=records, notes=tuple(notes), names_cut_at_bytes=_NAME_BYTES)


def _marked(record: RawRecord, *, is_cut: bool, shape: int) -> RawRecord:
    """Return the record with what is to be said of it: a shape that was there and could not be read is no empty one."""
    findings = record.findings
    if is_cut:
        findings = (*findings, found.TEXT_CUT.found())
    if shape != _NULL_SHAPE and record.geometry is None and not record.findings:
        findings = (*findings, found.GEOMETRY_MALFORMED.found(value="its shape cannot be read"))
    return record if findings is record.findings else replace(record, findings=findings)


def _damaged(reason: str, where: str) -> DataError:
    return DataError(
        f"The Shapefile is damaged: {reason}",
        where=where,
        remedy="Fetch or copy all of its files again, or save it again with the program it comes from.",
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """What the header of a .dbf says, and which of its rows are marked as deleted, shape (rows,)."""

    rows: int
    language_driver: int
    deleted: "np.ndarray[tuple[int], np.dtype[np.bool_]]"

    @classmethod
    def of(cls, data: bytes, where: str) -> "_Table":
        if len(data) < 32:  # noqa: PLR2004 - the fixed part of the header
            raise _damaged("its table (.dbf) is cut off", where)
        rows, header, width = struct.unpack_from("<IHH", data, 4)
        if width < 1 or header < 32 or len(data) < header + rows * width:  # noqa: PLR2004 - as above
            raise _damaged(f"its table (.dbf) is cut off, or does not have the {rows} rows that it declares", where)
        marks = np.frombuffer(data, dtype=np.uint8, count=rows * width, offset=header)[::width]
        return cls(rows, data[29], marks == _DELETED)


def _check_shapes(shp: bytes, shx: bytes, where: str) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """Return the kind of each shape, after looking whether every entry of the index lies inside the file."""
    if len(shp) < _HEADER_BYTES or len(shx) < _HEADER_BYTES:
        raise _damaged("its .shp or .shx is cut off", where)
    for suffix, data in ((".shp", shp), (".shx", shx)):
        code, words = struct.unpack_from(">I", data)[0], struct.unpack_from(">I", data, 24)[0]
        if code != 9994:  # noqa: PLR2004 - what every Shapefile begins with
            raise _damaged(f"its {suffix} is none", where)
        if 2 * words > len(data):
            raise _damaged(f"its {suffix} has {len(data)} bytes of {2 * words}", where)
    entries = np.frombuffer(shx[_HEADER_BYTES : len(shx) - (len(shx) - _HEADER_BYTES) % 8], dtype=">i4").reshape(-1, 2)
    declared = (2 * struct.unpack_from(">I", shx, 24)[0] - _HEADER_BYTES) // 8
    starts, sizes = entries[:declared, 0].astype(np.int64) * 2, entries[:declared, 1].astype(np.int64) * 2
    inside = (starts >= _HEADER_BYTES) & (sizes >= 4) & (starts + 8 + sizes <= len(shp))  # noqa: PLR2004 - its kind
    if not inside.all():
        raise _damaged(f"shape {int(np.argmin(inside)) + 1} lies beyond the end of its .shp", where)
    bytes_of = np.frombuffer(shp, dtype=np.uint8)
    kinds = bytes_of[starts[:, None] + np.arange(8, 12)] if len(starts) else np.zeros((0, 4), dtype=np.uint8)
    return np.ascontiguousarray(kinds).view("<i4").reshape(-1)


@dataclass(slots=True)
class _Decoding:
    """Decodes the names and texts of a table; afterwards `cut_rows` are those with a value cut inside a character."""

    encoding: str | None
    said: str | None
    where: str
    cut_rows: frozenset[int] = frozenset()

    def decode(self, columns: ReadColumns) -> tuple[ReadColumns, str | None]:
        """Return the columns with their texts, which came as bytes shown in Latin-1, and the encoding."""
        texts = [index for index, kind in enumerate(columns.kinds) if kind == "text"]
        written = dict.fromkeys(columns.names)
        for index in texts:
            written.update(dict.fromkeys(str(value) for value in columns.values[index] if value))
        decoded = decode_cells(
            [text.encode("latin-1") for text in written],
            encoding=self.encoding,
            said=self.said,
            where=self.where,
        )
        meaning: dict[object, object] = dict(zip(written, decoded.texts, strict=True))
        incomplete = {text for position, text in enumerate(written) if position in decoded.cut}
        values = list(columns.values)
        cut: set[int] = set()
        for index in texts:
            if incomplete:
                cut.update(row for row, value in enumerate(values[index]) if value in incomplete)
            values[index] = [meaning.get(value) for value in values[index]]
        self.cut_rows = frozenset(cut)
        names = distinct_names([str(meaning[name]) for name in columns.names])
        return replace(columns, names=names, values=tuple(values)), decoded.encoding
