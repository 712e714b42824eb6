"""Conditions on fields: one small tree, evaluated to a mask (queries) or to bound SQL (storage)."""

from dataclasses import dataclass
from enum import StrEnum

from geo_ems.model.features import Value


class Operator(StrEnum):
    """The closed list of operators."""

    EQ = "="
    NE = "!="
    GE = ">="
    LE = "<="
    GT = ">"
    LT = "<"


class Match(StrEnum):
    """How several values are meant: any of them (`,`), or all of them (`+`, lists of codes only)."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field op value`, with the value already converted to the field's type.

    A feature whose value is unknown never satisfies a comparison, `!=` included: unknown is
    never silently suitable.
    """

    field: str
    op: Operator
    values: tuple[Value, ...]
    match: Match = Match.ANY


@dataclass(frozen=True, slots=True)
class StockAtLeast:
    """Holds at least `quantity` of `item`, in the item's own unit, not expired at the instant asked."""

    item: str
    quantity: float


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds; empty holds always."""

    conditions: tuple["Condition", ...]


Condition = Comparison | StockAtLeast | AllOf
