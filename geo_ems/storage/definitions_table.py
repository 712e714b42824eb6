"""Which definitions hold in the store, and whether its tables still are what they say."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import apsw
import orjson

from geo_ems.errors import StoreError, known_names
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.change_log import DEFINITION
from geo_ems.storage.connections import format_of
from geo_ems.storage.core_schema import CORE_TRIGGERS, tables_of_format
from geo_ems.storage.definition_codec import decode_definition, encode_definition
from geo_ems.storage.layer_tables import (
    before_table,
    child_table,
    format_2_trigger_names,
    rtree_table,
    trigger_names,
)
from geo_ems.storage.statements import whole_number
from geo_ems.storage.table_names import ChildTableNames, LayerNames, LayerTableNames


@dataclass(frozen=True)
class HeldDefinition:
    """The definition of a layer that holds in the store, since which sequence number, its hash and its TOML text.

    It is understood when it is first asked for: a question of one layer needs two of eleven.
    """

    layer: str
    seq: int
    sha256: str
    text: str
    content: str

    @cached_property
    def definition(self) -> LayerDefinition:
        """Return the definition.

        Raises
        ------
        StoreError
            Where it does not fit the definitions this program knows.
        """
        return decode_definition(self.content, text=self.text)

    @property
    def is_whole(self) -> bool:
        """Return whether it was kept by a program that knew all that definitions say today."""
        return encode_definition(self.definition) == self.content

    @cached_property
    def names(self) -> LayerNames:
        """Return the names of its tables and columns; StoreError as above."""
        try:
            raw = orjson.loads(self.content)
            children = {
                name: ChildTableNames(child["name"], child["fields"]) for name, child in raw["children"].items()
            }
            return LayerTableNames(raw["name"], raw["fields"], children)
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.definition


class DefinitionsCache:
    """Definitions as last read; reading them again costs one query and no decoding."""

    def __init__(self, *, mends: bool = True) -> None:
        """Know nothing yet; a reader that cannot mend (`mends`) goes on where only edits would go unnoticed.

        In which layers they would is then told by `unwatched`.
        """
        self._mends = mends
        self._known: dict[tuple[str, int], HeldDefinition] = {}
        self._checked_schema: tuple[int, int] | None = None
        self.unwatched: frozenset[str] = frozenset()

    def held(self, connection: apsw.Connection) -> Mapping[str, HeldDefinition]:
        """Return the definition of each layer that holds at the connection's moment.

        Raises
        ------
        StoreError
            Where a table, column or trigger that the definitions need is missing.
        """
        held = self.unchecked(connection)
        newest = max((item.seq for item in held.values()), default=0)
        schema = (whole_number(connection.pragma("schema_version")), newest)
        if schema != self._checked_schema:
            self.unwatched = frozenset()
            try:
                check_schema(connection, held)
            except ChangedOutsideError as error:
                if self._mends or error.hinders_reading:
                    raise
                self.unwatched = incomplete_layers(connection, held)
            self._checked_schema = schema
        return held

    def unchecked(self, connection: apsw.Connection) -> Mapping[str, HeldDefinition]:
        """Return the definitions without a look at whether the tables still are what they say."""
        current = {
            str(layer): (str(layer), whole_number(seq))
            for layer, seq in connection.execute("SELECT layer, max(seq) FROM ems_definition GROUP BY layer")
        }
        return {layer: self._known.get(key) or self._read(connection, *key) for layer, key in sorted(current.items())}

    def forget(self) -> None:
        """Forget what was read inside a transaction that was taken back."""
        self._known.clear()
        self._checked_schema = None

    def layer(self, connection: apsw.Connection, name: str) -> HeldDefinition:
        """Return the definition of one layer.

        Raises
        ------
        NotFoundError
            Where the store has no such layer; the message lists those it has.
        """
        held = self.held(connection)
        if name not in held:
            raise known_names("layer", name, tuple(held))
        return held[name]

    def _read(self, connection: apsw.Connection, layer: str, seq: int) -> HeldDefinition:
        ((sha256, text, content),) = connection.execute(
            "SELECT sha256, text, json FROM ems_definition WHERE layer = ? AND seq = ?", (layer, seq)
        ).fetchall()
        held = HeldDefinition(layer, seq, str(sha256), str(text), str(content))
        self._known[layer, seq] = held
        return held


def definition_faults(connection: apsw.Connection) -> Iterator[str]:
    """Yield the kept definitions that are not what the log says was kept."""
    logged = {
        (layer, seq): digest
        for layer, seq, digest in connection.execute(
            "SELECT layer, seq, after_sha256 FROM ems_change_log WHERE op = ?", (DEFINITION,)
        )
    }
    for layer, seq, content in connection.execute("SELECT layer, seq, json FROM ems_definition").fetchall():
        if logged.get((layer, seq)) != hashlib.sha256(str(content).encode()).hexdigest():
            yield f"the definition of layer '{layer}' from {seq} is not the one that was kept"


def keep_definition(connection: apsw.Connection, definition: LayerDefinition, *, seq: int) -> None:
    """Write the definition that holds from `seq`."""
    connection.execute(
        "INSERT INTO ems_definition VALUES (?, ?, ?, ?, ?)",
        (definition.name, seq, definition.sha256, definition.text, encode_definition(definition)),
    )


class ChangedOutsideError(StoreError):
    """Another program took away what can be put back; `hinders_reading` where even reading needs that first."""

    def __init__(self, missing: tuple[str, ...], *, of: str, hinders_reading: bool) -> None:
        """Name the first of what is missing."""
        super().__init__(
            f"Another program changed the tables of {of}: the {', '.join(missing[:3])} is missing",
            where=of,
            remedy="It is put back as soon as the store is opened for writing (`geo-ems serve`, `geo-ems import`).",
        )
        self.missing = missing
        self.hinders_reading = hinders_reading


def check_schema(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> None:
    """Refuse to go on where another program took away what the definitions or the log rely on.

    Raises
    ------
    StoreError
        With what is missing and the remedy; `ChangedOutsideError` where it can be put back.
    """
    present = _present_parts(connection, held)
    _require(present, "table", tables_of_format(format_of(connection)), of="the store")
    for layer, item in held.items():
        children = (child_table(layer, child) for child in item.names.children)
        _require(present, "table", (layer, *children), of=f"layer '{layer}'")
    lost = [f"trigger {name}" for name in CORE_TRIGGERS if ("trigger", name) not in present]
    if lost:
        raise ChangedOutsideError(tuple(lost), of="the change log", hinders_reading=False)
    for layer, item in held.items():
        missing = missing_parts(connection, item.names, present)
        if missing:
            hinders = any(part.startswith("column") for part in missing)
            raise ChangedOutsideError(missing, of=f"layer '{layer}'", hinders_reading=hinders)


def incomplete_layers(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> frozenset[str]:
    """Return the layers from which another program took a column, a trigger, the index or the queue."""
    present = _present_parts(connection, held)
    return frozenset(layer for layer, item in held.items() if missing_parts(connection, item.definition, present))


def _present_parts(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> set[tuple[str, str]]:
    """Return the tables and triggers there are; a store of format 1 cannot lack what came later."""
    present = {(str(kind), str(name)) for kind, name in connection.execute("SELECT type, name FROM sqlite_master")}
    if format_of(connection) == 1:
        present |= {("trigger", name) for item in held.values() for name in format_2_trigger_names(item.definition)}
    return present


def missing_parts(
    connection: apsw.Connection, definition: LayerNames, present: set[tuple[str, str]]
) -> tuple[str, ...]:
    """Return what of a layer's columns, triggers, index and queue another program took away."""
    layer = definition.name
    missing = []
    for table, names in needed_columns(definition).items():
        if ("table", table) in present:
            found = columns_of(connection, table)
            missing += [f"column {table}.{name}" for name in names if name not in found]
    missing += [
        f"table {table}" for table in (rtree_table(layer), before_table(layer)) if ("table", table) not in present
    ]
    missing += [f"trigger {name}" for name in trigger_names(definition) if ("trigger", name) not in present]
    return tuple(missing)


def needed_columns(definition: LayerNames) -> Mapping[str, tuple[str, ...]]:
    """Return the columns that the tables of a layer must have."""
    layer = definition.name
    return {
        layer: ("fid", "geom", "id", "rev", *definition.fields),
        before_table(layer): ("n", "fid", "geom", "id", "rev", *definition.fields),
        **{
            child_table(layer, child.name): ("parent_id", "line", *child.fields)
            for child in definition.children.values()
        },
    }


def columns_of(connection: apsw.Connection, table: str) -> Mapping[str, str]:
    """Return the columns a table has, with their declared types."""
    rows = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
    return {str(name): str(kind) for name, kind in rows}


def foreign_columns(connection: apsw.Connection, definition: LayerNames) -> Mapping[str, str]:
    """Return the columns of a features table that another program added, with their types: kept, and not read."""
    known = needed_columns(definition)[definition.name]
    return {name: kind for name, kind in columns_of(connection, definition.name).items() if name not in known}


def foreign_column_notes(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> tuple[str, ...]:
    """Return in words which layers have columns of another program."""
    return tuple(
        f"layer '{layer}' has columns of another program, which are kept and not read: {', '.join(found)}"
        for layer, one in held.items()
        if (found := foreign_columns(connection, one.definition))
    )


def _require(present: set[tuple[str, str]], kind: str, names: tuple[str, ...], *, of: str) -> None:
    missing = [name for name in names if (kind, name) not in present]
    if missing:
        raise StoreError(
            f"Another program changed the tables of {of}: the {kind} {', '.join(missing[:3])} is missing",
            where=of,
            remedy="Restore the latest backup (`geo-ems restore`); take what was edited there since into the layer "
            "with `geo-ems import`.",
        )
