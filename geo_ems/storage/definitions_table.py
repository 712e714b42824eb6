"""Which definitions hold in the store, and whether its tables still are what they say."""

from collections.abc import Mapping
from dataclasses import dataclass

import apsw

from geo_ems.errors import StoreError, known_names
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.core_schema import CORE_TABLES, CORE_TRIGGERS
from geo_ems.storage.definition_codec import decode_definition, encode_definition
from geo_ems.storage.layer_tables import before_table, child_table, rtree_table, trigger_names
from geo_ems.storage.statements import whole_number


@dataclass(frozen=True, slots=True)
class HeldDefinition:
    """The definition of a layer that holds in the store, since which sequence number, and its hash."""

    definition: LayerDefinition
    seq: int
    sha256: str


class DefinitionsCache:
    """Definitions as last read; reading them again costs one query and no decoding."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[tuple[str, int], HeldDefinition] = {}
        self._checked_schema: tuple[int, int] | None = None

    def held(self, connection: apsw.Connection) -> Mapping[str, HeldDefinition]:
        """Return the definition of each layer that holds at the connection's moment.

        Raises
        ------
        StoreError
            Where a table, column or trigger that the definitions need is missing.
        """
        current = {
            str(layer): (str(layer), whole_number(seq))
            for layer, seq in connection.execute("SELECT layer, max(seq) FROM ems_definition GROUP BY layer")
        }
        held = {layer: self._known.get(key) or self._read(connection, *key) for layer, key in sorted(current.items())}
        schema = (
            whole_number(connection.pragma("schema_version")),
            max((key[1] for key in current.values()), default=0),
        )
        if schema != self._checked_schema:
            check_schema(connection, held)
            self._checked_schema = schema
        return held

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
        held = HeldDefinition(decode_definition(str(content), text=str(text)), seq, str(sha256))
        self._known[layer, seq] = held
        return held


def keep_definition(connection: apsw.Connection, definition: LayerDefinition, *, seq: int) -> None:
    """Write the definition that holds from `seq`."""
    connection.execute(
        "INSERT INTO ems_definition VALUES (?, ?, ?, ?, ?)",
        (definition.name, seq, definition.sha256, definition.text, encode_definition(definition)),
    )


def check_schema(connection: apsw.Connection, held: Mapping[str, HeldDefinition]) -> None:
    """Refuse to go on where another program took away what the definitions or the log rely on.

    Raises
    ------
    StoreError
        With what is missing and the remedy.
    """
    present = {(str(kind), str(name)) for kind, name in connection.execute("SELECT type, name FROM sqlite_master")}
    _require(present, "table", CORE_TABLES, of="the store")
    _require(present, "trigger", CORE_TRIGGERS, of="the change log")
    for layer, item in held.items():
        definition = item.definition
        of = f"layer '{layer}'"
        children = {child_table(layer, child.name): tuple(child.fields) for child in definition.children.values()}
        _require(present, "table", (layer, rtree_table(layer), before_table(layer), *children), of=of)
        _require(present, "trigger", trigger_names(definition), of=of)
        columns = {
            layer: ("fid", "geom", "id", "rev", *definition.fields),
            before_table(layer): ("n", "fid", "geom", "id", "rev", *definition.fields),
            **{table: ("parent_id", "line", *fields) for table, fields in children.items()},
        }
        for table, names in columns.items():
            found = {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}
            _require({("column", name) for name in found}, "column", names, of=f"table '{table}'")


def _require(present: set[tuple[str, str]], kind: str, names: tuple[str, ...], *, of: str) -> None:
    missing = [name for name in names if (kind, name) not in present]
    if missing:
        raise StoreError(
            f"Another program changed the tables of {of}: the {kind} {', '.join(missing[:3])} is missing",
            where=of,
            remedy="Restore the latest backup; take what was edited there since into the layer with `geo-ems import`. "
            "(Replacing a whole layer from outside, as ogr2ogr -overwrite does, removes what keeps the log true.)",
        )
