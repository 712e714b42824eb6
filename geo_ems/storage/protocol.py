"""What every store does; there are two stores, so there is one protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, Commit, Feature, LayerChange


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """What the store knows of one layer."""

    name: str
    count: int
    last_seq: int
    changed_at: str | None
    definition_sha256: str
    definition_text: str
    definition_seq: int


@dataclass(frozen=True, slots=True)
class StoreDescription:
    """The store at one moment.

    With `has_unsealed_edits` another program has edited rows, and no sequence number says so yet.
    """

    store_id: str
    seq: int
    layers: Mapping[str, StoredLayer]
    has_unsealed_edits: bool = False


class LayerStore(Protocol):
    """A place that keeps layers; every method may be called from any thread."""

    def describe(self) -> StoreDescription:
        """Return the identity of the store, its sequence number and its layers."""
        ...

    def read_columns(self, layer: str, ids: Sequence[str] | None = None) -> LayerColumns:
        """Return a layer as arrays, ordered by id: all of it, or the features that exist among `ids`."""
        ...

    def read_rows(self, layer: str, ids: Sequence[str]) -> tuple[Feature, ...]:
        """Return the features that exist among `ids`, in that order."""
        ...

    def changes_since(self, seq: int) -> tuple[LayerChange, ...]:
        """Return what changed after `seq`, oldest first."""
        ...

    def commit(self, batch: ChangeBatch, *, idempotency_key: str | None = None) -> Commit:
        """Store a batch durably, or nothing of it; raise ConflictError where a revision differs."""
        ...

    def apply_definition(self, definition: LayerDefinition) -> int:
        """Create or additively extend a layer in one logged transaction; return the sequence number.

        Retyping, removal and narrowing are refused with the remedy.
        """
        ...

    def close(self) -> None:
        """Finish what is queued, release the lock."""
        ...
