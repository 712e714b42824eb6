"""Arrays as one file that is mapped instead of read: what can be made again from the store.

A file is written under a temporary name, synced and renamed. Its head says what kind of file it is,
in which version, what it was made from, and where each array lies; check sums cover the head itself and
64 pages spread over the arrays, the last one among them. Bits that rot between those are not found.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final, TypedDict

import numpy as np
import orjson

from geo_ems.model.cells import AnyArray
from geo_ems.storage.cached_arrays import Arrays

_HEAD: Final = struct.Struct("<16sQ32s")  # kind, length of the head, its SHA-256
_ALIGNMENT: Final = 64
_PAGE: Final = 4096
_PAGES_CHECKED: Final = 64
_LONGEST_HEAD: Final = 1 << 20


class _Head(TypedDict):
    """The head of a file as JSON: `size` and `data_start` in bytes; an array is (type, shape, offset in bytes)."""

    version: int
    byte_order: str
    size: int
    data_start: int
    pages_sha256: str
    content: object
    arrays: dict[str, tuple[str, list[int], int]]


class MappedArrays(Arrays):
    """Arrays by name in a mapped file; read-only."""

    def __init__(self, table: Mapping[str, tuple[str, list[int], int]], data: mmap.mmap) -> None:
        """Take where each array lies, and the bytes."""
        self._table = table
        self._data = data

    def get(self, name: str) -> AnyArray:
        """Return one array; KeyError where it is not there."""
        dtype, shape, offset = self._table[name]
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._data, dtype=np.dtype(dtype), count=count, offset=offset).reshape(shape)


def mapped_arrays(path: Path, *, kind: bytes, version: int) -> tuple[object, MappedArrays]:
    """Return what a file says of itself, and its arrays.

    Raises
    ------
    OSError, ValueError, KeyError, struct.error
        Where there is no such file, or it is not whole, of another kind, or of another version.
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        found, length, digest = _HEAD.unpack(file.read(_HEAD.size))
        if found != kind or length > _LONGEST_HEAD:
            raise ValueError(path)
        text = file.read(length)
        if hashlib.sha256(text).digest() != digest:
            raise ValueError(path)
        head: _Head = orjson.loads(text)
        if (head["version"], head["byte_order"], head["size"]) != (version, sys.byteorder, size):
            raise ValueError(path)
        if _page_digest(file, head["data_start"], size) != head["pages_sha256"]:
            raise ValueError(path)
        return head["content"], MappedArrays(head["arrays"], mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def write_arrays(path: Path, content: object, arrays: Mapping[str, AnyArray], *, kind: bytes, version: int) -> None:
    """Write a file whole or not at all; `content` is what it says of itself, `kind` has 16 bytes.

    Raises
    ------
    OSError
        Where the disk does not take it.
    """
    table: dict[str, tuple[str, list[int], int]] = {}
    offset = _aligned(_HEAD.size + _LONGEST_HEAD)
    start = offset
    for name, array in arrays.items():
        table[name] = (array.dtype.str, list(array.shape), offset)
        offset = _aligned(offset + array.nbytes)
    for stale in path.parent.glob(f".{path.name}.*"):  # left behind by a process that was killed
        with contextlib.suppress(OSError):
            stale.unlink()
    handle, draft_name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(draft_name)
    try:
        with os.fdopen(handle, "w+b") as file:
            for name, array in arrays.items():
                file.seek(table[name][2])
                file.write(np.ascontiguousarray(array).tobytes())
            file.truncate(offset)
            file.flush()
            head: _Head = {
                "version": version,
                "byte_order": sys.byteorder,
                "size": offset,
                "data_start": start,
                "pages_sha256": _page_digest(file, start, offset),
                "content": content,
                "arrays": table,
            }
            text = orjson.dumps(head)
            file.seek(0)
            file.write(_HEAD.pack(kind, len(text), hashlib.sha256(text).digest()) + text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _page_digest(file: BinaryIO, start: int, size: int) -> str:
    """Return a check sum of pages spread evenly over the arrays, the last one among them."""
    digest = hashlib.sha256()
    last = max(start, size - _PAGE)
    for number in range(_PAGES_CHECKED):
        file.seek(start + (last - start) * number // (_PAGES_CHECKED - 1))
        digest.update(file.read(_PAGE))
    return digest.hexdigest()


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT
