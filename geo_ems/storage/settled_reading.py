"""A store opened for reading after what other programs did to it is in its log, so that answers hold it.

A process that only reads cannot seal: what QGIS or ogr2ogr edited while nobody served would have no
revision, rows made unusable would have no last good version, and a column cache would not know that it is old.
"""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from geo_ems.errors import StoreError
from geo_ems.storage.definitions_table import ChangedOutsideError
from geo_ems.storage.geopackage_store import GeoPackageStore, open_geopackage
from geo_ems.storage.locking import read_holder

# A server looks four times a second, and seals at once what it sees.
_LOOKS: Final = 8
_LOOK_EVERY_S: Final = 0.125


def open_settled(path: Path, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> GeoPackageStore:
    """Open the store at `path` for reading; for a moment for writing first, where other programs changed it.

    Where that cannot be (another process writes and does not come to it, a read-only disk), the store
    is read as it is, and its description says which layers hold unsealed edits.

    Raises
    ------
    StoreError
        Where the store is missing, no store of ours or newer, or cannot be read before it is mended.
    """
    settled = _if_settled(path, clock, new_id)
    if settled is not None:
        return settled
    try:
        open_geopackage(path, clock=clock, new_id=new_id).close()  # a writer mends and seals when it opens
    except StoreError:
        for _ in range(_LOOKS if read_holder(path) is not None else 0):
            time.sleep(_LOOK_EVERY_S)
            settled = _if_settled(path, clock, new_id)
            if settled is not None:
                return settled
    return open_geopackage(path, clock=clock, new_id=new_id, read_only=True)


def _if_settled(path: Path, clock: Callable[[], datetime], new_id: Callable[[], str]) -> GeoPackageStore | None:
    """Return the store opened for reading; None where a writer has something to mend or to seal."""
    try:
        store = open_geopackage(path, clock=clock, new_id=new_id, read_only=True)
        if not store.describe().unsealed_layers:
            return store
    except ChangedOutsideError:
        return None
    store.close()
    return None
