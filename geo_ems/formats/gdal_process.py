"""Asking the process that reads foreign files: it is started when first needed, kept, and replaced when it dies.

The process is spawned, never forked, with the module search path of this one. It is given up after a minute
without work. Whatever it does, this process only waits for frames and ends it when the time is up.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import orjson

from geo_ems.errors import DataError
from geo_ems.formats.gdal_child import BYTES, END, FRAME_HEAD
from geo_ems.formats.process_limits import reason_of_end
from geo_ems.formats.raw import Limits

_PROGRAM = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); from geo_ems.formats.gdal_child import main; main()"
)
_IDLE_S = 60.0
_STARTING_S = 60.0
_ENDING_S = 5.0
_LARGEST_FRAME_BYTES = 4 * 1024 * 1024 * 1024
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

Frame = object  # JSON, or bytes


class ReaderEndedError(Exception):
    """The reading process ended before its answer was complete; the text says why."""


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
        reason = "".join(sign if sign.isprintable() else "�" for sign in str(last.get("reason")))[:300]
        raise DataError(f"The file cannot be read: {reason.rstrip('.')}", where=where, remedy=remedy)
    return frames


@dataclass(slots=True)
class _Reader:
    """One reading process; it serves one request at a time."""

    process: subprocess.Popen[bytes]
    requests: BinaryIO
    answers: BinaryIO
    memory_bytes: int
    late: bool = False

    def ask(self, request: Mapping[str, object], *, wait_s: float) -> list[Frame]:
        with suppress(OSError):  # a process that is gone says so when its answer is read
            self.requests.write(json.dumps(request).encode() + b"\n")
            self.requests.flush()
        return self.receive(wait_s=wait_s)

    def receive(self, *, wait_s: float) -> list[Frame]:
        timer = threading.Timer(wait_s, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            return list(self._frames())
        except (EOFError, OSError, ValueError) as error:
            self.end()
            reason = f"it took longer than {wait_s:g} s" if self.late else reason_of_end(self.process.returncode)
            raise ReaderEndedError(reason) from error
        finally:
            timer.cancel()

    def _frames(self) -> Iterator[Frame]:
        while True:
            kind, size = FRAME_HEAD.unpack(self._exactly(FRAME_HEAD.size))
            if size > _LARGEST_FRAME_BYTES:
                raise ValueError(f"a frame of {size} bytes")
            payload = self._exactly(size)
            if kind == END:
                return
            yield payload if kind == BYTES else orjson.loads(payload)

    def _exactly(self, size: int) -> bytes:
        payload = self.answers.read(size)
        if len(payload) < size:
            raise EOFError
        return payload

    def _end_late(self) -> None:
        self.late = True
        self.process.kill()

    def end(self) -> None:
        """End the process and wait for it."""
        with suppress(OSError):
            self.requests.close()
        try:
            self.process.wait(0.2 if self.late else _ENDING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(OSError):
            self.answers.close()


@dataclass(slots=True)
class _Pool:
    """The readers that wait for work, and what the next one is started with."""

    idle: list[_Reader] = field(default_factory=list)
    skipped: tuple[str, ...] = _OTHER_DRIVERS
    lock: threading.Lock = field(default_factory=threading.Lock)
    clock: threading.Timer | None = None
    is_registered: bool = False

    @contextmanager
    def leased(self, memory_bytes: int) -> Iterator[_Reader]:
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

    def _start(self, memory_bytes: int) -> _Reader:
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


def _spawn(skipped: tuple[str, ...], memory_bytes: int) -> _Reader:
    settings = json.dumps({"skipped_drivers": skipped, "memory_bytes": memory_bytes})
    search_path = json.dumps([os.path.abspath(part) for part in sys.path])  # noqa: PTH100 - "" is the folder we are in
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", _PROGRAM, settings, search_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise ReaderEndedError("it has no pipes")
    return _Reader(process, process.stdin, process.stdout, memory_bytes)  # type: ignore[arg-type]  # buffered pipes


_POOL = _Pool()
