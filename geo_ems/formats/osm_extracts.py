"""Extracts of OpenStreetMap: the ways of roads, barriers on them and restrictions of turns, as they stand there."""

import gzip
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from geo_ems.errors import DataError
from geo_ems.formats.osm_child import UNKNOWN_1E7
from geo_ems.formats.raw import DEFAULT_LIMITS, Limits
from geo_ems.formats.reader_process import Frame, ReaderEndedError, start_reader, told_reason
from geo_ems.model.columns import FloatArray, IntArray

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"
"""What the licence of the data asks to be shown wherever they are used."""

_PROGRAM = "geo_ems.formats.osm_child"
_PBF, _PBF_AT = b"OSMHeader", 6
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 4096
_HASHED_BYTES = 1 << 20
_LONGER = 5
"""How many times as long as for another file: the extract of a province has tens of millions of nodes."""
_WAY_KEYS: Final = frozenset(
    {
        *("highway", "route", "name", "name:en", "name:zh", "ref", "surface", "bridge", "tunnel", "layer", "duration"),
        *("oneway", "oneway:foot", "junction", "maxspeed", "maxspeed:forward", "maxspeed:backward"),
        *("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right", "barrier"),
    }
)


@dataclass(frozen=True, slots=True)
class OsmRestriction:
    """A relation that restricts turns; members are (type: n, w or r; id; role)."""

    id: int
    tags: Mapping[str, str]
    members: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class OsmExtract:
    """The w ways of roads: way i has the tags `tags[i]` and the nodes `refs[first[i]:first[i + 1]]`.

    `lonlat_deg` (v, 2) says where each of these nodes lies, NaN where the extract lacks it. `barriers` are the tags
    of nodes that are barriers. `extracted_on` is the date the file states; where it states none, that of the newest
    way, and `is_date_stated` False; "" where ways have no times either.
    """

    name: str
    sha256: str
    kind: str
    ids: IntArray
    tags: Sequence[Mapping[str, str]]
    first: IntArray
    refs: IntArray
    lonlat_deg: FloatArray
    barriers: Mapping[int, Mapping[str, str]]
    restrictions: tuple[OsmRestriction, ...]
    extracted_on: str
    is_date_stated: bool


def osm_kind(path: Path) -> str | None:
    """Return how a file is an extract of OpenStreetMap (pbf, osm, osm.gz), by its content; None where it is none.

    Raises
    ------
    DataError
        Where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if head.startswith(_GZIP):
                file.seek(0)
                try:
                    inner = gzip.GzipFile(fileobj=file).read(_HEAD_BYTES)
                except (OSError, EOFError, zlib.error):
                    inner = b""
                return "osm.gz" if _is_xml(inner) else None
    except OSError as error:
        raise DataError(
            f"The file cannot be read: {error.strerror or error}",
            where=path.name,
            remedy="Check the path and the rights.",
        ) from error
    if head[_PBF_AT : _PBF_AT + len(_PBF)] == _PBF:
        return "pbf"
    return "osm" if _is_xml(head) else None


def _is_xml(head: bytes) -> bool:
    return b"<osm" in head and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_osm_extract(
    path: Path, *, kind: str, access_keys: Sequence[str] = (), limits: Limits = DEFAULT_LIMITS
) -> OsmExtract:
    """Return the roads of an extract; it is read in a process of its own, bounded in memory and time.

    `access_keys` are keys of access that are wanted beside the tags that are always read.

    Raises
    ------
    DataError
        Where the file is damaged, breaks off, is too large, or the reading process dies over it.
    """
    where = path.name
    sha256 = _sha256(path, limits)
    request = {
        "path": str(path.resolve()),
        "kind": kind,
        "keys": sorted(_WAY_KEYS.union(access_keys)),
        "most_ways": limits.rows,
        "processor_s": limits.foreign_processor_s * _LONGER,
    }
    reader = None
    try:
        reader = start_reader(_PROGRAM, {"memory_bytes": limits.foreign_memory_bytes})
        frames = reader.ask(request, wait_s=limits.foreign_wait_s * _LONGER)
    except ReaderEndedError as error:
        raise DataError(
            f"The extract could not be read to its end: {error}", where=where, remedy="Take a smaller extract."
        ) from error
    finally:
        if reader is not None:
            reader.end()
    last = frames[-1] if frames else {}
    if not isinstance(last, dict) or "error" in last:
        told = last if isinstance(last, dict) else {}
        is_large = told.get("error") in {"memory", "rows"}
        raise DataError(
            f"The extract cannot be read: {told_reason(told)}",
            where=where,
            remedy="Take a smaller extract." if is_large else "It is damaged or broke off: fetch or copy it again.",
        )
    return _extract(frames[:-1], last, name=where, sha256=sha256, kind=kind)


def _sha256(path: Path, limits: Limits) -> str:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while part := file.read(_HASHED_BYTES):
            digest.update(part)
            size += len(part)
            if size > limits.file_bytes:
                raise DataError(
                    f"The file has more than {limits.file_bytes} bytes",
                    where=path.name,
                    remedy="Take a smaller extract: cut out the county and its neighbours.",
                )
    return digest.hexdigest()


def _extract(frames: list[Frame], rest: Mapping[str, object], *, name: str, sha256: str, kind: str) -> OsmExtract:
    heads = cast("list[dict[str, list[object]]]", frames[0::3])
    refs = [np.frombuffer(cast("bytes", frame), np.int64) for frame in frames[1::3]]
    places = [np.frombuffer(cast("bytes", frame), np.int32).reshape(-1, 2) for frame in frames[2::3]]
    counts = np.array([count for head in heads for count in head["counts"]], np.int64)
    lonlat_1e7: NDArray[np.int32] = np.concatenate([np.empty((0, 2), np.int32), *places])
    lonlat_deg = lonlat_1e7 / 1e7
    lonlat_deg[lonlat_1e7[:, 0] == UNKNOWN_1E7] = np.nan
    stated, newest = str(rest.get("stated") or "")[:10], str(rest.get("newest") or "")[:10]
    return OsmExtract(
        name=name,
        sha256=sha256,
        kind=kind,
        ids=np.array([way for head in heads for way in head["ids"]], np.int64),
        tags=cast("list[dict[str, str]]", [tags for head in heads for tags in head["tags"]]),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        refs=np.concatenate([np.empty(0, np.int64), *refs]),
        lonlat_deg=lonlat_deg,
        barriers={int(node): tags for node, tags in cast("list[tuple[int, dict[str, str]]]", rest["barriers"])},
        restrictions=tuple(
            OsmRestriction(relation, tags, tuple((kind, ref, role) for kind, ref, role in members))
            for relation, tags, members in cast(
                "list[tuple[int, dict[str, str], list[tuple[str, int, str]]]]", rest["restrictions"]
            )
        ),
        extracted_on=stated or newest,
        is_date_stated=bool(stated),
    )
