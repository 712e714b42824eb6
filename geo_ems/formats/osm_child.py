"""The process in which an extract of OpenStreetMap is read: one request comes in, the ways of roads go out.

libosmium refuses entities in XML and says where a file breaks off. Whatever it raises over foreign data
is an answer, not an end of the program.
"""

import json
import os
import sys
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from geo_ems.formats.process_limits import allow_processor_time, limit_this_process
from geo_ems.formats.reader_process import send_frames

if TYPE_CHECKING:
    from osmium.osm import Area, Node, Relation, Way

UNKNOWN_1E7 = 2_147_483_647
"""Stands for the coordinates of a node that the extract lacks."""
_CHUNK_WAYS = 5000
_TAG_CHARACTERS = 1000
_MOST_MEMBERS = 100


def main() -> None:
    """Answer one request from the standard input; `sys.argv[1]` is a JSON object of settings."""
    settings = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # a library that prints must not break a frame
    limit_this_process(memory_bytes=settings["memory_bytes"])
    for line in sys.stdin.buffer:
        send_frames(answers, _answer(line))


def _answer(line: bytes) -> Iterator[object]:
    try:
        request = json.loads(line)
        allow_processor_time(int(request["processor_s"]))
        yield from read_extract(request["path"], request["kind"], frozenset(request["keys"]), int(request["most_ways"]))
    except MemoryError:
        yield {"error": "memory", "reason": "it needs more memory than is allowed"}
    except Exception as error:  # noqa: BLE001 - whatever a library raises over foreign data is an answer, not an end
        yield {"error": "unreadable", "reason": f"{error}" or type(error).__name__}


def read_extract(path: str, kind: str, keys: frozenset[str], most_ways: int) -> Iterator[object]:
    """Yield the frames of an extract: per chunk of ways their tags, their nodes and where these lie; then the rest.

    Ways are those with `highway` or `route=ferry`; of their tags those of `keys` are told. Each chunk is
    three frames: JSON (ids, tags, numbers of nodes), int64 node ids, int32 pairs of 1e-7 degrees. The last
    frame is JSON: nodes that are barriers, relations that restrict turns, counts and the time of the data.
    """
    import osmium  # noqa: PLC0415 - after the limits hold

    wanted = osmium.filter.KeyFilter("highway", "route", "barrier", "type")
    entities = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
    source = osmium.FileProcessor(osmium.io.File(path, kind), entities).with_locations().with_filter(wanted)
    chunk = _Chunk()
    barriers: list[object] = []
    restrictions: list[object] = []
    ways, newest = 0, ""
    for found in source:
        item = cast("Node | Way | Relation | Area", found)
        if item.is_node():
            if "barrier" in item.tags:
                barriers.append([item.id, _tags(item, keys)])
        elif item.is_way():
            way = cast("Way", item)
            if "highway" not in item.tags and item.tags.get("route") != "ferry":
                continue
            ways += 1
            if ways > most_ways:
                yield {"error": "rows", "reason": f"it has more than {most_ways} ways of roads"}
                return
            newest = max(newest, _instant(way))
            chunk.add(way, keys)
            if len(chunk.ids) >= _CHUNK_WAYS:
                yield from chunk.frames()
                chunk = _Chunk()
        elif item.tags.get("type") == "restriction":
            restrictions.append(_restriction(cast("Relation", item)))
    yield from chunk.frames()
    stated = source.header.get("osmosis_replication_timestamp") or source.header.get("timestamp")
    yield {"barriers": barriers, "restrictions": restrictions, "stated": stated, "newest": newest, "ways": ways}


class _Chunk:
    """Ways on their way out."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.tags: list[dict[str, str]] = []
        self.counts: list[int] = []
        self.refs = array("q")
        self.lonlat_1e7 = array("i")

    def add(self, way: "Way", keys: frozenset[str]) -> None:
        self.ids.append(way.id)
        self.tags.append(_tags(way, keys))
        self.counts.append(len(way.nodes))
        for node in way.nodes:
            self.refs.append(node.ref)
            location = node.location
            if location.valid():
                self.lonlat_1e7.extend((location.x, location.y))
            else:
                self.lonlat_1e7.extend((UNKNOWN_1E7, UNKNOWN_1E7))

    def frames(self) -> Iterator[object]:
        if self.ids:
            yield {"ids": self.ids, "tags": self.tags, "counts": self.counts}
            yield self.refs.tobytes()
            yield self.lonlat_1e7.tobytes()


def _tags(item: "Node | Way | Relation | Area", keys: frozenset[str]) -> dict[str, str]:
    return {tag.k: tag.v[:_TAG_CHARACTERS] for tag in item.tags if tag.k in keys}


def _restriction(item: "Relation") -> object:
    tags = {tag.k: tag.v[:_TAG_CHARACTERS] for tag in item.tags if tag.k == "except" or "restriction" in tag.k}
    members = [[member.type, member.ref, member.role] for member in item.members]
    return [item.id, tags, members[:_MOST_MEMBERS]]


def _instant(item: "Way") -> str:
    stamp = item.timestamp
    return stamp.isoformat() if stamp is not None and stamp.year > 2000 else ""  # noqa: PLR2004 - 1970 is "none"
