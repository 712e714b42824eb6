"""Features as they are read one after the other: columns are the union of their names, in order of appearance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import Cell, CountedBy, FileFormat, Limits, RawRecord, SkippedLine

WGS84 = "OGC:CRS84"


@dataclass(frozen=True, slots=True)
class Features:
    """What a reader of a format with geometries returns; the names are those of `RawFile`."""

    format: FileFormat
    counted_by: CountedBy
    columns: tuple[str, ...]
    records: tuple[RawRecord, ...]
    crs: str | None = None
    encoding: str | None = None
    notes: tuple[Finding, ...] = ()
    skipped: tuple[SkippedLine, ...] = ()
    layers: tuple[str, ...] = ()
    has_geometry: bool = True
    names_cut_at_bytes: int | None = None


@dataclass(slots=True)
class GatheredFeatures:
    """Rows with names of their own; `add` refuses a file with too many of them."""

    limits: Limits
    where: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, Mapping[str, Cell], BaseGeometry | None, tuple[Finding, ...]]] = field(default_factory=list)

    def add(
        self, line: int, cells: Mapping[str, Cell], geometry: BaseGeometry | None, findings: Iterable[Finding]
    ) -> None:
        """Take one row.

        Raises
        ------
        DataError
            Where there are more rows or names than the limits allow.
        """
        for name in cells:
            self.columns.setdefault(name, len(self.columns))
        self.rows.append((line, cells, geometry, tuple(findings)))
        if len(self.rows) > self.limits.rows:
            raise DataError(
                f"There are more than {self.limits.rows} features", where=self.where, remedy="Split the file."
            )
        if len(self.columns) > self.limits.columns:
            raise DataError(
                f"There are more than {self.limits.columns} properties", where=self.where, remedy="Remove unused ones."
            )

    def records(self, *, numbered: bool) -> tuple[RawRecord, ...]:
        """Return the records, with their lines or numbered from 1."""
        return tuple(
            RawRecord(number if numbered else line, tuple(cells.get(name) for name in self.columns), geometry, findings)
            for number, (line, cells, geometry, findings) in enumerate(self.rows, start=1)
        )
