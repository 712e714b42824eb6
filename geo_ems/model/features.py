"""One feature and what is asked to be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

# A date is "YYYY-MM-DD", an instant "YYYY-MM-DDTHH:MM:SSZ" (UTC), a list of codes a sorted tuple.
Value = str | int | float | bool | tuple[str, ...] | None
Properties = Mapping[str, Value]
ChildRows = Mapping[str, tuple[Properties, ...]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it is stored: geometry in WGS84 lon/lat degrees, or None while unlocated."""

    id: str
    geometry: BaseGeometry | None
    properties: Properties
    children: ChildRows = field(default_factory=dict)
    rev: int = 0


class ChangeKind(StrEnum):
    """What a change does; PUT replaces everything, UPSERT creates or replaces by id."""

    CREATE = "create"
    REPLACE = "replace"
    UPSERT = "upsert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FeatureChange:
    """One feature to create, replace or delete.

    `expected_rev` makes the change conditional: it fails with a conflict where the stored
    revision is another one.
    """

    kind: ChangeKind
    id: str
    feature: Feature | None = None
    expected_rev: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes to one layer that are stored together or not at all.

    `origin` says where they come from ("api", "import", "cli"); `note` is JSON text kept in the
    log (for an import: the file's name and hash, and the counts). With `bulk` the log holds one
    entry for the batch, with the before-images of what was replaced, in place of one per row.
    """

    layer: str
    changes: tuple[FeatureChange, ...]
    principal: str
    origin: str
    note: str = ""
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """What the store acknowledges: the sequence number, and the revision of each id now."""

    seq: int
    revs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One entry of the log after a sequence number: which ids of which layer changed.

    `note` is the note of the batch; an import's tells the hash of its file.
    """

    seq: int
    layer: str
    ids: tuple[str, ...]
    whole_layer: bool = False
    note: str = ""
