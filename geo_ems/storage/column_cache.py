"""Columns and search trees of large layers as files beside the store, to be mapped instead of read.

The store is the truth and the cache is disposable: it may be deleted at any time, and where it
cannot be written nothing is lost but time. Each layer has one file in `<store>.cache/`, written
under a temporary name, synced and renamed. Its head names what it was made from (identity of the
store, sequence number of the layer, the log's seal there, hash of the definition, format), the place
of each array, and check sums (see `mapped_arrays`). A file whose size, head, pages or key differ is as
good as none. Nothing here is believed that the store does not confirm: a restored store has another
seal at the same sequence number.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict, cast

from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.queries.shapes import PreparedGeometries
from geo_ems.storage.cached_arrays import Plan, layer_arrays, restored_layer
from geo_ems.storage.mapped_arrays import mapped_arrays, write_arrays

FORMAT: Final = 2
CACHED_FROM_ROWS: Final = 20_000
"""Smaller layers are read from the store about as fast."""

_KIND: Final = b"geo_ems columns\n"


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


class _Content(TypedDict):
    """What the head says beside the arrays."""

    key: dict[str, str | int]
    layer: Plan


class ColumnCache:
    """The cache of one store; no method raises because of the disk."""

    def __init__(self, store_path: Path, *, seal_of: Callable[[str, int], str | None]) -> None:
        """Take the store's path, and how to ask its log for the seal of a layer at a sequence number."""
        self._folder = store_path.with_name(store_path.name + ".cache")
        self._seal_of = seal_of

    def read(self, definition: LayerDefinition, *, store_id: str) -> CachedLayer | None:
        """Return a layer that the log still confirms, perhaps as it was some changes ago; None where there is none."""
        try:
            read, arrays = mapped_arrays(self._path(definition.name), kind=_KIND, version=FORMAT)
            content = cast("_Content", read)
            key = CacheKey(**content["key"])  # type: ignore[arg-type]  # the check sum of the head was right
            if (key.store_id, key.layer, key.definition_sha256) != (store_id, definition.name, definition.sha256):
                return None
            if self._seal_of(key.layer, key.seq) != key.seal:
                return None
            columns, prepared = restored_layer(definition, content["layer"], arrays)
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
            content: _Content = {"key": {name: getattr(key, name) for name in CacheKey.__slots__}, "layer": plan}
            write_arrays(self._path(definition.name), content, arrays, kind=_KIND, version=FORMAT)
        except (OSError, OverflowError):  # a full disk, a read-only folder: the next start takes longer
            return False
        return True

    def _path(self, layer: str) -> Path:
        return self._folder / f"{layer}.columns"
