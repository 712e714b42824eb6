"""A process of its own in which foreign files are read: requests go out as lines, answers come in as frames.

The process is spawned, never forked, with the module search path of this one. Nothing that it sends is
code: a frame is its kind and length, then JSON or bytes.
"""

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import orjson

from geo_ems.formats.process_limits import reason_of_end

FRAME_HEAD = struct.Struct(">BQ")  # kind, length in bytes
END, JSON, BYTES = range(3)
_PROGRAM = "import sys, json; sys.path[:] = json.loads(sys.argv[2]); from {module} import main; main()"
_ENDING_S = 5.0
_LARGEST_FRAME_BYTES = 4 * 1024 * 1024 * 1024
_SHOWN_REASON_CHARACTERS = 300

Frame = object  # JSON, or bytes


class ReaderEndedError(Exception):
    """The reading process ended before its answer was complete; the text says why."""


@dataclass(slots=True)
class ReaderProcess:
    """One reading process; it serves one request at a time."""

    process: subprocess.Popen[bytes]
    requests: BinaryIO
    answers: BinaryIO
    memory_bytes: int
    late: bool = False

    def ask(self, request: Mapping[str, object], *, wait_s: float) -> list[Frame]:
        """Send one request and return the frames of its answer; see `receive`."""
        with suppress(OSError):  # a process that is gone says so when its answer is read
            self.requests.write(json.dumps(request).encode() + b"\n")
            self.requests.flush()
        return self.receive(wait_s=wait_s)

    def receive(self, *, wait_s: float) -> list[Frame]:
        """Return the frames up to the end of an answer.

        Raises
        ------
        ReaderEndedError
            Where the process ends before, or takes longer than `wait_s`.
        """
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


def start_reader(module: str, settings: Mapping[str, object]) -> ReaderProcess:
    """Start `main` of a module in a process of its own; `settings` hold at least its `memory_bytes`."""
    search_path = json.dumps([os.path.abspath(part) for part in sys.path])  # noqa: PTH100 - "" is the folder we are in
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", _PROGRAM.format(module=module), json.dumps(settings), search_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise ReaderEndedError("it has no pipes")
    memory_bytes = int(str(settings["memory_bytes"]))
    return ReaderProcess(process, process.stdin, process.stdout, memory_bytes)  # type: ignore[arg-type]  # buffered


def send_frames(answers: BinaryIO, parts: Iterable[object]) -> None:
    """Write the frames of an answer; the last one says that it is complete, an error may stand before it."""
    for part in parts:
        payload = part if isinstance(part, bytes) else orjson.dumps(part)
        answers.write(FRAME_HEAD.pack(BYTES if isinstance(part, bytes) else JSON, len(payload)))
        answers.write(payload)
    answers.write(FRAME_HEAD.pack(END, 0))
    answers.flush()


def told_reason(answer: Mapping[str, object]) -> str:
    """Return what an answer with an error says of it, fit to be printed."""
    reason = "".join(sign if sign.isprintable() else "�" for sign in str(answer.get("reason")))
    return reason[:_SHOWN_REASON_CHARACTERS].rstrip(".")
