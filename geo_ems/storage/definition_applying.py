"""A definition made to hold: a new layer created, or an existing one extended by what is added."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import apsw

from geo_ems.errors import DefinitionError
from geo_ems.model.definition_changes import refused_changes
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.storage.change_log import DEFINITION, Author, LogEntry, LogHead, append_entries
from geo_ems.storage.contents_table import geopackage_datetime
from geo_ems.storage.definition_codec import encode_definition
from geo_ems.storage.definitions_table import HeldDefinition, foreign_columns, keep_definition
from geo_ems.storage.layer_dress import dress_earlier_layer, dress_layer
from geo_ems.storage.layer_tables import (
    add_columns,
    before_table,
    check_names,
    child_table,
    create_child,
    create_layer,
    create_triggers,
    geometry_type,
)
from geo_ems.storage.row_digests import digest_rows_of
from geo_ems.storage.statements import SqlValue, render
from geo_ems.storage.table_rebuilding import rebuild_features
from geo_ems.storage.values import ValueFaultError, encode_value

_MASK_BITS = 64


def apply_layer_definition(
    connection: apsw.Connection,
    definition: LayerDefinition,
    held: HeldDefinition | None,
    head: LogHead,
    *,
    author: Author,
) -> tuple[int, LogHead]:
    """Make `definition` hold in place of `held` and return since which sequence number it does.

    A definition that already holds changes nothing.

    Raises
    ------
    DefinitionError
        Where a name cannot be stored, or stored data cannot follow the change.
    """
    check_names(definition)
    check_codes(definition)
    now = geopackage_datetime(author.at)
    seq = head.seq + 1
    if held is None:
        create_layer(connection, definition, now=now)
    elif _means_the_same(held.definition, definition):
        dress_earlier_layer(connection, definition, now=now)
        return held.seq, head
    else:
        refused = refused_changes(held.definition, definition)
        if refused:
            raise DefinitionError(
                f"The stored data cannot follow {len(refused)} changes of the definition: {' '.join(refused)}",
                where=definition.source or definition.name,
                remedy="`geo-ems layers migrate --dry-run` says what would become of the data.",
            )
        adopted = foreign_columns(connection, held.definition).keys() & definition.fields.keys()
        _extend_layer(connection, held.definition, definition, now=now)
        fill_defaults(connection, held.definition, definition, seq=seq)
        if adopted:  # what another program had put into columns of these names are values now
            connection.execute(render("UPDATE {layer} SET rev = ?", layer=definition.name), (seq,))
        digest_rows_of(connection, definition, seq)
    dress_layer(connection, definition, now=now)
    keep_definition(connection, definition, seq=seq)
    content = encode_definition(definition)
    entry = LogEntry(
        layer=definition.name,
        op=DEFINITION,
        id=None,
        before=None if held is None else encode_definition(held.definition),
        after_sha256=hashlib.sha256(content.encode()).hexdigest(),
    )
    return seq, append_entries(connection, head, (entry,), author=author)


def _means_the_same(old: LayerDefinition, new: LayerDefinition) -> bool:
    """Return whether both are equal; the place of the file is no part of what it says."""
    return replace(old, source="") == replace(new, source="")


def check_codes(definition: LayerDefinition) -> None:
    """Refuse a list of more codes than a mask has bits."""
    fields = (*definition.fields.values(), *(f for c in definition.children.values() for f in c.fields.values()))
    for field in fields:
        if field.type is FieldType.CODES and len(field.codes) > _MASK_BITS:
            raise DefinitionError(
                f"The field '{field.name}' has {len(field.codes)} codes, a list of codes takes {_MASK_BITS}",
                where=definition.source or definition.name,
                remedy="Split the field in two.",
            )


def _extend_layer(connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, *, now: str) -> None:
    layer = new.name
    if geometry_type(old) != geometry_type(new):
        rebuild_features(connection, new)
    else:
        add_columns(connection, layer, _added(old.fields, new.fields))
    add_columns(connection, before_table(layer), _added(old.fields, new.fields))
    for name, child in new.children.items():
        if name in old.children:
            add_columns(connection, child_table(layer, name), _added(old.children[name].fields, child.fields))
        else:
            create_child(connection, new, name, now=now)
    create_triggers(connection, new)
    connection.execute("UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (new.label.zh, layer))


def _added(old: Mapping[str, FieldDefinition], new: Mapping[str, FieldDefinition]) -> tuple[FieldDefinition, ...]:
    return tuple(field for name, field in new.items() if name not in old)


def fill_defaults(connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, *, seq: int) -> None:
    """Give the rows that exist the default of each field that is required from now on."""
    for name, field in new.fields.items():
        before = old.fields.get(name)
        if field.required and field.default is not None and (before is None or not before.required):
            connection.execute(
                render("UPDATE {layer} SET {name} = ?, rev = ? WHERE {name} IS NULL", layer=new.name, name=name),
                (_stored_default(field, field.default), seq),
            )


def _stored_default(field: FieldDefinition, default: str) -> SqlValue:
    value: Value = default
    try:
        match field.type:
            case FieldType.INTEGER:
                value = int(default)
            case FieldType.REAL:
                value = float(default)
            case FieldType.BOOLEAN:
                value = {"true": True, "false": False}[default]
            case FieldType.CODES:
                value = tuple(part for part in default.split(";") if part)
            case _:
                pass
        return encode_value(field, value)
    except (ValueFaultError, ValueError, KeyError) as error:
        raise DefinitionError(
            f"The default {default!r} is no value of the field",
            where=f"field '{field.name}'",
            remedy="Write a value of the field's type.",
        ) from error
