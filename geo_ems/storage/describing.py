"""What the store holds at one moment."""

from collections.abc import Mapping

import apsw

from geo_ems.storage.change_log import DEFINITION, read_head
from geo_ems.storage.definitions_table import HeldDefinition
from geo_ems.storage.foreign_edits import are_waiting
from geo_ems.storage.protocol import StoreDescription, StoredLayer
from geo_ems.storage.statements import render, whole_number


def describe_store(connection: apsw.Connection, definitions: Mapping[str, HeldDefinition]) -> StoreDescription:
    """Return identity, sequence number and layers; `count` counts rows, those kept aside included."""
    ((store_id,),) = connection.execute("SELECT store_id FROM ems_about").fetchall()
    return StoreDescription(
        store_id=str(store_id),
        seq=read_head(connection).seq,
        layers={layer: _describe_layer(connection, layer, held) for layer, held in definitions.items()},
        has_unsealed_edits=are_waiting(connection),
    )


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
        definition_text=held.definition.text,
        definition_seq=held.seq,
    )
