"""SQL text with names in it: the one place where a name enters a statement, always quoted.

Values never enter a statement; they are bound. Names of layers and fields come from definitions
and cannot be bound, so they are checked (`check_name`) and quoted here.
"""

import re
from dataclasses import dataclass

from geo_ems.errors import DefinitionError, StoreError

SqlValue = None | int | float | bytes | str
SqlRow = tuple[SqlValue, ...]

# Columns the store keeps for itself, by what they would clash with; a layer and a child table have other ones.
_RESERVED_NAMES = {
    "field": frozenset({"fid", "geom", "id", "rev", "n"}),
    "child field": frozenset({"fid", "parent_id", "line"}),
}

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED_PREFIXES = ("gpkg_", "ems_", "rtree_", "sqlite_", "layer_styles")
_PART = re.compile(r"\{(\w+)\}")
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that stands in a statement as a quoted SQL string (trigger bodies cannot bind)."""

    text: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL that was itself rendered here."""

    sql: str


Part = str | tuple[str, ...] | int | Literal | Fragment


def render(statement: str, **parts: Part) -> str:
    """Return the statement with each `{part}` put in.

    A str is a quoted name, a tuple a comma-separated list of quoted names, an int so many
    question marks, a `Literal` a quoted string, a `Fragment` itself.
    """
    return _PART.sub(lambda found: _spell(parts[found.group(1)]), statement)


def whole_number(value: object) -> int:
    """Return a number that the store's own tables hold.

    Raises
    ------
    StoreError
        Where it is none: somebody changed those tables.
    """
    if not isinstance(value, int):
        raise StoreError(
            f"A number of the store's own tables is {value!r}", remedy="They were changed by hand: restore a backup."
        )
    return value


def check_name(name: str, *, kind: str, where: str) -> None:
    """Refuse a name that cannot be a table or a column; `kind` is layer, child table, field or child field.

    Raises
    ------
    DefinitionError
        Where the name is not lower-case letters, digits and single underscores, or is taken.
    """
    reserved = _RESERVED_NAMES.get(kind, frozenset())
    taken = name in reserved or (not reserved and name.startswith(_RESERVED_PREFIXES))
    if taken or len(name) > _NAME_LENGTH or not _NAME.fullmatch(name):
        raise DefinitionError(
            f"'{name}' cannot be the name of a {kind}",
            where=where,
            remedy=f"Use lower-case letters, digits and single underscores, at most {_NAME_LENGTH}, and none of the "
            f"names the store keeps for itself ({', '.join(sorted(reserved) or _RESERVED_PREFIXES)}).",
        )


def _spell(part: Part) -> str:
    match part:
        case str():
            return _quote(part)
        case tuple():
            return ", ".join(_quote(name) for name in part)
        case int():
            return ", ".join("?" * part)
        case Literal():
            return "'" + part.text.replace("'", "''") + "'"
        case Fragment():
            return part.sql


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
