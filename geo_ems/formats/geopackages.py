"""A GeoPackage that another program has open: what is not yet in the file itself lies in a log beside it."""

from pathlib import Path

from geo_ems.errors import DataError
from geo_ems.formats.containers import read_bytes
from geo_ems.formats.raw import Limits


def log_beside(path: Path, data: bytes, *, limits: Limits) -> dict[str, bytes]:
    """Return the write-ahead log of a GeoPackage, named as its reader wants it; empty where there is none.

    `data` is what was read of the file before: with the log it makes a whole only if nobody wrote meanwhile.

    Raises
    ------
    DataError
        Where another program is writing into the file.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        if not log.is_file() or not log.stat().st_size:
            return {}
    except OSError:
        return {}
    content = read_bytes(log, limits=limits)
    if read_bytes(path, limits=limits) != data or read_bytes(log, limits=limits) != content:
        raise DataError(
            "Another program is writing into the file",
            where=path.name,
            remedy="Save and close it there, then import it.",
        )
    return {"data.gpkg-wal": content}
