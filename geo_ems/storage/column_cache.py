"""Columns and search trees of large layers as files beside the store, to be mapped instead of read.

The store is the truth and the cache is disposable: it may be deleted at any time, and where it
cannot be written nothing is lost but time. Each layer has one file in `<store>.cache/`, written
under a temporary name, synced and renamed. Its head names what it was made from (identity of the
store, sequence number of the layer, the log's seal there, hash of the definition, format), the place
of each array, and check sums: of the head itself, and of 64 pages spread over the file. A file
whose size, head, pages or key differ is as good as none. Nothing here is believed that the store
does not confirm: a restored store has another seal at the same sequence number.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypedDict

import numpy as np
import orjson

from geo_ems.model.cells import AnyArray
from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.shapes import PreparedGeometries
from geo_ems.storage.cached_arrays import Arrays, Plan, layer_arrays, restored_layer

FORMAT: Final = 1
CACHED_FROM_ROWS: Final = 20_000
"""Smaller layers are read from the store about as fast."""

_MAGIC: Final = b"geo_ems columns\n"
_HEAD: Final = struct.Struct("<16sQ32s")  # magic, length of the head, its SHA-256
_ALIGNMENT: Final = 64
_PAGE: Final = 4096
_PAGES_CHECKED: Final = 64
_LONGEST_HEAD: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What a cached layer was made from."""

    store_id: str
    layer: str
    seq: int
    seal: str
    definition_sha256: str


@dataclass(frozen=True, slots=True)
class CachedLayer:
    """A layer as the cache holds it, at the sequence number of its key."""

    key: CacheKey
    columns: LayerColumns
    prepared: PreparedGeometries | None


class _Head(TypedDict):
    """The head of a file as JSON: `size` and `data_start` in bytes; an array is (type, shape, offset in bytes)."""

    format: int
    byte_order: str
    size: int
    data_start: int
    pages_sha256: str
    key: dict[str, str | int]
    layer: Plan
    arrays: dict[str, tuple[str, list[int], int]]


class ColumnCache:
    """The cache of one store; no method raises because of the disk."""

    def __init__(self, store_path: Path, *, seal_of: Callable[[str, int], str | None]) -> None:
        """Take the store's path, and how to ask its log for the seal of a layer at a sequence number."""
        self._folder = store_path.with_name(store_path.name + ".cache")
        self._seal_of = seal_of

    def read(self, definition: LayerDefinition, *, store_id: str) -> CachedLayer | None:
        """Return a layer that the log still confirms, perhaps as it was some changes ago; None where there is none."""
        try:
            head, data = _mapped(self._path(definition.name))
            key = CacheKey(**head["key"])  # type: ignore[arg-type]  # the check sum of the head was right
            if (key.store_id, key.layer, key.definition_sha256) != (store_id, definition.name, definition.sha256):
                return None
            if self._seal_of(key.layer, key.seq) != key.seal:
                return None
            columns, prepared = restored_layer(definition, head["layer"], _Mapped(head["arrays"], data))
        except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error):
            return None  # a foreign, torn or older file: the store has it all
        return CachedLayer(key, columns, prepared)

    def write(
        self,
        columns: LayerColumns,
        prepared: PreparedGeometries | None,
        *,
        store_id: str,
        seq: int,
    ) -> bool:
        """Write a layer as it is at `seq`; return whether it stands there now."""
        definition = columns.definition
        seal = self._seal_of(definition.name, seq)
        if seal is None:
            return False
        key = CacheKey(store_id, definition.name, seq, seal, definition.sha256)
        try:
            plan, arrays = layer_arrays(columns, prepared)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            _write(self._path(definition.name), key, plan, arrays)
        except (OSError, OverflowError):  # a full disk, a read-only folder: the next start takes longer
            return False
        return True

    def _path(self, layer: str) -> Path:
        return self._folder / f"{layer}.columns"


class _Mapped(Arrays):
    """Arrays by name in a mapped file."""

    def __init__(self, table: Mapping[str, tuple[str, list[int], int]], data: mmap.mmap) -> None:
        self._table = table
        self._data = data

    def get(self, name: str) -> AnyArray:
        dtype, shape, offset = self._table[name]
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._data, dtype=np.dtype(dtype), count=count, offset=offset).reshape(shape)


def _mapped(path: Path) -> tuple[_Head, mmap.mmap]:
    """Return the head of a file and its bytes, mapped; refuse what is not whole."""
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        magic, length, digest = _HEAD.unpack(file.read(_HEAD.size))
        if magic != _MAGIC or length > _LONGEST_HEAD:
            raise ValueError(path)
        text = file.read(length)
        if hashlib.sha256(text).digest() != digest:
            raise ValueError(path)
        head: _Head = orjson.loads(text)
        if (head["format"], head["byte_order"], head["size"]) != (FORMAT, sys.byteorder, size):
            raise ValueError(path)
        if _page_digest(file, head["data_start"], size) != head["pages_sha256"]:
            raise ValueError(path)
        return head, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _page_digest(file: BinaryIO, start: int, size: int) -> str:
    """Return a check sum of pages spread evenly over the arrays, the last one among them."""
    digest = hashlib.sha256()
    last = max(start, size - _PAGE)
    for number in range(_PAGES_CHECKED):
        file.seek(start + (last - start) * number // (_PAGES_CHECKED - 1))
        digest.update(file.read(_PAGE))
    return digest.hexdigest()


def _write(path: Path, key: CacheKey, plan: Plan, arrays: Mapping[str, AnyArray]) -> None:
    """Write a file whole or not at all."""
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
            pages = _page_digest(file, start, offset)
            head: _Head = {
                "format": FORMAT,
                "byte_order": sys.byteorder,
                "size": offset,
                "data_start": start,
                "pages_sha256": pages,
                "key": {name: getattr(key, name) for name in CacheKey.__slots__},
                "layer": plan,
                "arrays": table,
            }
            text = orjson.dumps(head)
            file.seek(0)
            file.write(_HEAD.pack(_MAGIC, len(text), hashlib.sha256(text).digest()) + text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT
