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


class ImportMark(StrEnum):
    """What an import did with a feature that its file names, or that it retired."""

    CREATED = "created"
    KNOWN = "known"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ImportImage:
    """What a file said of one feature: a JSON list of values, in the order of the fields it belongs to."""

    id: str
    said: str
    mark: ImportMark


@dataclass(frozen=True, slots=True)
class ImportImages:
    """What the file of an import said; `fields` are those that every list of `rows` gives a value for."""

    fields: tuple[str, ...]
    rows: tuple[ImportImage, ...]


@dataclass(frozen=True, slots=True)
class HeldImage:
    """The last image of a feature, with the import (`seq`) and the fields it belongs to."""

    seq: int
    fields: tuple[str, ...]
    said: str
    mark: ImportMark


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes to one layer that are stored together or not at all.

    `origin` says where they come from ("api", "import", "cli"); `note` is JSON text kept in the
    log (for an import: the file's name and hash, and the counts). With `bulk` the log holds one
    entry for the batch, with the before-images of what was replaced, in place of one per row.
    An import brings `images` of what its file said; one that is taken back (`takes_back`, its
    sequence number) loses them, but of the features that are `left_alone`: there its word still stands.
    """

    layer: str
    changes: tuple[FeatureChange, ...]
    principal: str
    origin: str
    note: str = ""
    bulk: bool = False
    images: ImportImages | None = None
    takes_back: int | None = None
    left_alone: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """Who changed a layer, when (UTC, ISO 8601) and through what: one sequence number of the log."""

    seq: int
    layer: str
    at: str
    principal: str
    origin: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LoggedEdit:
    """One feature as one change of the log left it; what it was before is what an undo restores.

    `kind` is CREATE, REPLACE or DELETE. `before` is None where the change created the feature, and
    where the log does not know how it was. `is_bulk` says that the change was one for many features.
    """

    change: LoggedChange
    id: str
    kind: ChangeKind
    before: Feature | None
    is_bulk: bool = False
