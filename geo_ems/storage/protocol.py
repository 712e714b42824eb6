"""What every store does; there are two stores, so there is one protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import (
    ChangeBatch,
    Commit,
    Feature,
    HeldImage,
    ImportMark,
    LayerChange,
    LoggedChange,
    LoggedEdit,
)


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

    Another program has edited rows of the `unsealed_layers`, or may have where a trigger is missing, and
    no sequence number says so yet.
    """

    store_id: str
    seq: int
    layers: Mapping[str, StoredLayer]
    unsealed_layers: frozenset[str] = frozenset()


class LayerHistory(Protocol):
    """What a store knows of the past; every method may be called from any thread."""

    def changes_by(self, origins: Sequence[str], layer: str | None = None) -> tuple[LoggedChange, ...]:
        """Return the bulk changes of some origins, of one layer or of all, oldest first."""
        ...

    def import_images(self, layer: str, ids: Sequence[str] | None = None) -> Mapping[str, HeldImage]:
        """Return what the last file that named it said of each feature, of all or of `ids`."""
        ...

    def import_marks(self, layer: str, seq: int) -> Mapping[str, ImportMark]:
        """Return what an import did with each feature that it kept an image of."""
        ...

    def replaced_by(self, layer: str, seq: int, ids: Sequence[str] | None = None) -> tuple[Feature, ...]:
        """Return the features that a bulk change replaced or deleted, as they were, ordered by id."""
        ...

    def as_left_by(self, layer: str, seq: int, ids: Sequence[str]) -> Mapping[str, Feature | None]:
        """Return those of `ids` that a later change touched, as they were after `seq`; None where unknown."""
        ...

    def last_changes(self, layer: str, ids: Sequence[str]) -> Mapping[str, LoggedChange]:
        """Return who changed each of `ids` last, also of those that are gone."""
        ...

    def ids_made_one_by_one(self, layer: str) -> frozenset[str]:
        """Return the ids that were created by single changes at some time, not by a file."""
        ...

    def last_own_seq(self) -> int:
        """Return the last change that geo_ems made itself; what came after it, other programs did. 0 where none is."""
        ...

    def changes_at(self, seq: int) -> tuple[LoggedChange, ...]:
        """Return what the log has under a sequence number, one entry per layer; nothing where there is no such one."""
        ...

    def edits_at(self, seq: int) -> tuple[LoggedEdit, ...]:
        """Return the features, of any layer, that a sequence number changed one by one; none of a bulk change."""
        ...

    def edits_of(self, layer: str, feature_id: str) -> tuple[LoggedEdit, ...]:
        """Return what the log has of one feature, oldest first, with how it was before each."""
        ...

    def recent_edits(self, layer: str | None = None, *, limit: int) -> tuple[LoggedEdit, ...]:
        """Return the last changes of single features, of one layer or of all, newest first."""
        ...

    def change_with_key(self, key: str) -> LoggedChange | None:
        """Return the change that was stored under an idempotency key, None where there is none."""
        ...


class LayerStore(Protocol):
    """A place that keeps layers; every method may be called from any thread."""

    @property
    def history(self) -> LayerHistory:
        """Return what the store knows of the past."""
        ...

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

    def commit_together(
        self, batches: Sequence[ChangeBatch], *, idempotency_key: str | None = None
    ) -> tuple[Commit, ...]:
        """Store batches of several layers durably in one transaction, or nothing of any of them.

        Expected revisions are checked for all; each batch has a sequence number of its own, consecutive.
        """
        ...

    def apply_definition(self, definition: LayerDefinition) -> int:
        """Create or additively extend a layer in one logged transaction; return the sequence number.

        Retyping, removal and narrowing are refused with the remedy.
        """
        ...

    def close(self) -> None:
        """Finish what is queued, release the lock."""
        ...
