"""Asking the process that reads foreign files: it is started when first needed, kept, and replaced when it dies.

The process is spawned, never forked, with the module search path of this one. It is given up after a minute
without work. Whatever it does, this process only waits for frames and ends it when the time is up.
"""

import atexit
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from geo_ems.errors import DataError
from geo_ems.formats.raw import Limits
from geo_ems.formats.reader_process import Frame, ReaderEndedError, ReaderProcess, start_reader, told_reason

_PROGRAM = "geo_ems.formats.gdal_child"
_IDLE_S = 60.0
_STARTING_S = 60.0
# What GDAL 3.12 knows besides the four drivers that are used; a build with others says so, and is started again.
_OTHER_DRIVERS = (
    *("ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF", "EDIGEO", "EEDA"),
    *(
        "ESRIJSON",
        "Elasticsearch",
        "GDALG",
        "GML",
        "GPSBabel",
        "GPX",
        "GTFS",
        "GeoJSON",
        "GeoJSONSeq",
        "GeoRSS",
        "HTTP",
    ),
    *("Idrisi", "JML", "JSONFG", "KML", "LIBKML", "LVBAG", "MBTiles", "MEM", "MVT", "MapInfo File", "MapML"),
    *(
        "MiraMonVector",
        "NGW",
        "OAPIF",
        "ODS",
        "OGCAPI",
        "OGR_GMT",
        "OGR_PDS",
        "OGR_VRT",
        "OSM",
        "PCIDSK",
        "PDF",
        "PDS4",
    ),
    *("PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "TopoJSON", "VDV", "VFK", "VICAR", "WAsP"),
    *("WFS", "XLSX"),
)


def ask_reader(request: Mapping[str, object], *, limits: Limits, where: str) -> list[Frame]:
    """Return the frames with which the reading process answers, JSON decoded.

    Raises
    ------
    DataError
        Where the process says that the file cannot be read, dies over it or takes too long.
    """
    try:
        with _POOL.leased(limits.foreign_memory_bytes) as reader:
            frames = reader.ask({**request, "processor_s": limits.foreign_processor_s}, wait_s=limits.foreign_wait_s)
    except ReaderEndedError as error:
        raise DataError(
            f"The file could not be read to its end: {error}",
            where=where,
            remedy="Open it in a GIS program such as QGIS and save it again as GeoPackage, or in smaller parts.",
        ) from error
    last = frames[-1] if frames else None
    if isinstance(last, dict) and "error" in last:
        remedy = "Open it in a GIS program such as QGIS, repair it there and save it again as GeoPackage."
        if last["error"] == "memory":
            remedy = "Split the file."
        raise DataError(f"The file cannot be read: {told_reason(last)}", where=where, remedy=remedy)
    return frames


@dataclass(slots=True)
class _Pool:
    """The readers that wait for work, and what the next one is started with."""

    idle: list[ReaderProcess] = field(default_factory=list)
    skipped: tuple[str, ...] = _OTHER_DRIVERS
    lock: threading.Lock = field(default_factory=threading.Lock)
    clock: threading.Timer | None = None
    is_registered: bool = False

    @contextmanager
    def leased(self, memory_bytes: int) -> Iterator[ReaderProcess]:
        """Give a reader for this thread alone; a sound one is kept for the next request."""
        with self.lock:
            self._stop_clock()
            fitting = [reader for reader in self.idle if reader.memory_bytes == memory_bytes]
            reader = fitting[0] if fitting else None
            if reader is not None:
                self.idle.remove(reader)
        if reader is not None and reader.process.poll() is not None:
            reader.end()
            reader = None
        if reader is None:
            reader = self._start(memory_bytes)
        try:
            yield reader
        except BaseException:
            reader.process.kill()
            reader.end()
            raise
        with self.lock:
            surplus, self.idle = self.idle, [reader]
            self._stop_clock()
            self.clock = threading.Timer(_IDLE_S, self.close)
            self.clock.daemon = True
            self.clock.start()
        for other in surplus:
            other.end()

    def close(self) -> None:
        """End the readers that wait."""
        with self.lock:
            self._stop_clock()
            readers, self.idle = self.idle, []
        for reader in readers:
            reader.end()

    def _stop_clock(self) -> None:
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None

    def _start(self, memory_bytes: int) -> ReaderProcess:
        with self.lock:
            if not self.is_registered:
                atexit.register(self.close)
                self.is_registered = True
        reader = _spawn(self.skipped, memory_bytes)
        hello = reader.receive(wait_s=_STARTING_S)
        others = hello[0]["other_drivers"] if isinstance(hello[0], dict) else []
        if others:
            reader.end()
            self.skipped = tuple(dict.fromkeys((*self.skipped, *map(str, others))))
            reader = _spawn(self.skipped, memory_bytes)
            hello = reader.receive(wait_s=_STARTING_S)
            if hello != [{"other_drivers": []}]:
                reader.end()
                raise ReaderEndedError("the reader of foreign formats knows formats that it must not know")
        return reader


def _spawn(skipped: tuple[str, ...], memory_bytes: int) -> ReaderProcess:
    return start_reader(_PROGRAM, {"skipped_drivers": skipped, "memory_bytes": memory_bytes})


_POOL = _Pool()
