"""What is told of a change: what was touched and by whom, never what stands in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One acknowledged change of one layer; `at` is an instant in UTC, ISO 8601.

    `kind` is created, replaced, deleted, changed (several of these), imported (many at once), defined,
    restored or edited_outside. Where `is_whole_layer`, `ids` are not told: load the layer anew.
    """

    seq: int
    layer: str
    kind: str
    ids: tuple[str, ...]
    is_whole_layer: bool
    at: str
    principal: str
    origin: str
