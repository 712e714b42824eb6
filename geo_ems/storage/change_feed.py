"""The log as those read it who follow the store: one event per sequence number and layer, in order."""

from itertools import groupby
from typing import Final

import apsw

from geo_ems.model.events import ChangeEvent
from geo_ems.storage.change_log import BULK, DEFINITION, REPLACED_OUTSIDE, RESTORED, WHOLE_LAYER_OPS
from geo_ems.storage.statements import SqlRow, whole_number

IDS_TOLD: Final = 1000
"""A change of more features than these is told as one of the whole layer."""

# Sequence numbers are dense, so a stretch of them bounds what is read.
_STRETCH = """SELECT seq, layer, op, id, at, principal, origin FROM ems_change_log
  WHERE seq > ?1 AND seq <= ?1 + ?2 ORDER BY entry"""
_KINDS: Final = {
    "create": "created",
    "replace": "replaced",
    "delete": "deleted",
    BULK: "imported",
    DEFINITION: "defined",
    RESTORED: "restored",
    REPLACED_OUTSIDE: "edited_outside",
}


def events_after(connection: apsw.Connection, seq: int, *, limit: int) -> tuple[ChangeEvent, ...]:
    """Return the changes of the `limit` sequence numbers after `seq`, oldest first."""
    rows = connection.execute(_STRETCH, (seq, limit)).fetchall()
    grouped = groupby(rows, key=lambda row: (whole_number(row[0]), str(row[1])))
    return tuple(_event(number, layer, list(group)) for (number, layer), group in grouped)


def _event(seq: int, layer: str, entries: list[SqlRow]) -> ChangeEvent:
    ops = {str(entry[2]) for entry in entries}
    is_whole = bool(ops & WHOLE_LAYER_OPS) or len(entries) > IDS_TOLD
    _, _, _, _, at, principal, origin = entries[0]
    return ChangeEvent(
        seq=seq,
        layer=layer,
        kind=_KINDS.get(next(iter(ops)), "changed") if len(ops) == 1 else "changed",
        ids=() if is_whole else tuple(str(entry[3]) for entry in entries),
        is_whole_layer=is_whole,
        at=str(at),
        principal=str(principal),
        origin=str(origin),
    )
