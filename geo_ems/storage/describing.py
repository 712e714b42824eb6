"""What the store holds at one moment."""

from collections.abc import Mapping

import apsw

from geo_ems.storage.change_log import DEFINITION, read_head
from geo_ems.storage.connections import format_of
from geo_ems.storage.definitions_table import HeldDefinition
from geo_ems.storage.foreign_edits import layers_waiting
from geo_ems.storage.protocol import StoreDescription, StoredLayer
from geo_ems.storage.statements import render, whole_number


def describe_store(
    connection: apsw.Connection, definitions: Mapping[str, HeldDefinition], *, unwatched: frozenset[str] = frozenset()
) -> StoreDescription:
    """Return identity, sequence number and layers; `count` counts rows, those kept aside included.

    In `unwatched` layers edits of other programs go unnoticed.
    """
    return StoreDescription(
        store_id=incarnation_of(connection),
        seq=read_head(connection).seq,
        layers={layer: _describe_layer(connection, layer, held) for layer, held in definitions.items()},
        unsealed_layers=unwatched | layers_waiting(connection) & definitions.keys(),
    )


def incarnation_of(connection: apsw.Connection) -> str:
    """Return what names this store and its line of history: another id since each restoration of a backup.

    After a restoration the sequence numbers begin again at those of the backup, so numbers alone
    would name two states; with this id they do not.
    """
    if format_of(connection) > 1:
        restored = connection.execute("SELECT incarnation FROM ems_restoration ORDER BY n DESC LIMIT 1").fetchall()
        if restored:
            return str(restored[0][0])
    ((store_id,),) = connection.execute("SELECT store_id FROM ems_about").fetchall()
    return str(store_id)


def _describe_layer(connection: apsw.Connection, layer: str, held: HeldDefinition) -> StoredLayer:
    ((count,),) = connection.execute(render("SELECT count(*) FROM {layer}", layer=layer)).fetchall()
    last = connection.execute(
        "SELECT seq FROM ems_change_log WHERE layer = ? ORDER BY entry DESC LIMIT 1", (layer,)
    ).fetchall()
    changed = connection.execute(
        "SELECT at FROM ems_change_log WHERE layer = ? AND op != ? ORDER BY entry DESC LIMIT 1", (layer, DEFINITION)
    ).fetchall()
    return StoredLayer(
        name=layer,
        count=whole_number(count),
        last_seq=whole_number(last[0][0]) if last else held.seq,
        changed_at=str(changed[0][0]) if changed else None,
        definition_sha256=held.sha256,
        definition_text=held.text,
        definition_seq=held.seq,
    )
