"""What tables and columns a definition asks for: told without understanding the rest of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


class ColumnNames(Protocol):
    """A table by its name, and the names of its fields."""

    @property
    def name(self) -> str:
        """Return the name of the table in the definition."""
        ...

    @property
    def fields(self) -> Collection[str]:
        """Return the names of its fields."""
        ...


class LayerNames(ColumnNames, Protocol):
    """A layer by its names; every `LayerDefinition` is one."""

    @property
    def children(self) -> Mapping[str, ColumnNames]:
        """Return its child tables by name."""
        ...


@dataclass(frozen=True, slots=True)
class ChildTableNames:
    """The names of a child table."""

    name: str
    fields: Collection[str]


@dataclass(frozen=True, slots=True)
class LayerTableNames:
    """The names of a layer."""

    name: str
    fields: Collection[str]
    children: Mapping[str, ChildTableNames]
