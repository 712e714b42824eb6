"""Disks that fail, as SQLite sees them: one with a quota, one whose power is cut.

Both are virtual file systems of apsw. Made the default one of a process, they carry the store as it
is, with its threads and its readers.
"""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

SECTOR_BYTES = 512
SYSTEM = apsw.vfs_names()[0]  # the disk as it is, named before another becomes the default
STORE_ENDINGS = ("", "-wal", "-journal")


class QuotaDisk(apsw.VFS):
    """A disk on which what lies beside the store (log, reserve) may take `limit_bytes` together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limit_bytes: int | None = None
        super().__init__("quota", SYSTEM, makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802 - apsw's name
        return _QuotaFile(self, name, flags)

    def free_bytes(self) -> int:
        used = sum(path.stat().st_size for path in self.folder.iterdir() if path.name.endswith(("-wal", ".reserve")))
        return 1 << 40 if self.limit_bytes is None else max(self.limit_bytes - used, 0)


class _QuotaFile(apsw.VFSFile):
    def __init__(self, disk: QuotaDisk, name, flags) -> None:
        self.disk = disk
        # Where copying the log into the file fails, SQLite says nothing and tries again later; an
        # exception from here would come out of the commit that was stored all the same.
        self.is_limited = not flags[0] & apsw.SQLITE_OPEN_MAIN_DB
        super().__init__(SYSTEM, name, flags)

    def xWrite(self, data, offset):  # noqa: N802 - apsw's name
        growth = offset + len(data) - self.xFileSize()
        if self.is_limited and growth > 0 and self.disk.free_bytes() < growth:
            raise apsw.FullError("the quota is used up")
        super().xWrite(data, offset)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a file: written at an offset, cut to a size, synced, or deleted."""

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


class RecordingDisk(apsw.VFS):
    """A disk that keeps the list of what was done to it, in order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.lock = threading.Lock()
        super().__init__("recording", SYSTEM, makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802 - apsw's name
        return _RecordedFile(self, name, flags)

    def xDelete(self, name, syncdir):  # noqa: N802 - apsw's name
        self.record(Step("delete", Path(name).name))
        super().xDelete(name, syncdir)

    def record(self, step: Step) -> None:
        with self.lock:
            self.steps.append(step)


class _RecordedFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, name, flags) -> None:
        self.disk = disk
        named = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.name = Path(named).name if named else ""
        super().__init__(SYSTEM, name, flags)

    def xWrite(self, data, offset):  # noqa: N802 - apsw's name
        self.disk.record(Step("write", self.name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size):  # noqa: N802 - apsw's name
        self.disk.record(Step("cut", self.name, size))
        super().xTruncate(size)

    def xSync(self, flags):  # noqa: N802 - apsw's name
        super().xSync(flags)
        self.disk.record(Step("sync", self.name))


def disk_after_power_cut(
    start: dict[str, bytes], steps: list[Step], at: int, chance: random.Random
) -> dict[str, bytearray]:
    """Return the files as they are found after a cut behind the first `at` steps.

    What was synced is there. Of what was not, each sector is there or not, in the order it was written.
    """
    files = {name: bytearray(content) for name, content in start.items()}
    waiting: dict[str, list[Step]] = {}
    for step in steps[:at]:
        if step.kind == "sync":
            for done in waiting.pop(step.file, []):
                _apply(files, done)
        elif step.kind == "delete":
            files.pop(step.file, None)
            waiting.pop(step.file, None)
        else:
            waiting.setdefault(step.file, []).append(step)
    for pending in waiting.values():
        for step in pending:
            for part in _sectors(step):
                if chance.random() < 0.5:
                    _apply(files, part)
    return files


def _sectors(step: Step) -> Iterator[Step]:
    if step.kind == "cut":
        yield step
        return
    for start in range(0, len(step.data), SECTOR_BYTES):
        yield Step("write", step.file, step.offset + start, step.data[start : start + SECTOR_BYTES])


def _apply(files: dict[str, bytearray], step: Step) -> None:
    content = files.setdefault(step.file, bytearray())
    if step.kind == "cut":
        del content[step.offset :]
        return
    end = step.offset + len(step.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[step.offset : end] = step.data
