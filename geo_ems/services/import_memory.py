"""What earlier files said of the features, so that a correction by hand is told from what a file brought.

A field counts as corrected by hand where its value is not the one that the last file gave it. No
look at who changed it is needed for that: an edit through the API, by QGIS or on the command line
leaves the word of the file behind.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.model.definitions import ChildDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Feature, HeldImage, ImportImage, ImportImages, ImportMark, Properties, Value
from geo_ems.storage.protocol import LayerHistory

GEOMETRY = "@geometry"
ORIGIN, MERGE_ORIGIN, REVERT_ORIGIN = "import", "merge", "revert"
_CHILD = "@child."
_DIGEST_CHARACTERS = 16
# In the list of an image: no file said anything of the field (a list of codes is an array, an empty cell null).
_UNSAID: dict[str, str] = {}

Said = Mapping[str, Value]


class ImportMemory:
    """The last word of the files on each feature of a layer.

    Shapes and child rows stand as digests, under `GEOMETRY` and `child_name`.
    """

    def __init__(self, definition: LayerDefinition, history: LayerHistory) -> None:
        """Read the images of a layer."""
        self._layer = definition.name
        self._history = history
        self._held = history.import_images(definition.name)

    def said(self, identity: str) -> Said | None:
        """Return the values that files gave a feature, by field; None where no file is known to have named it."""
        held = self._held.get(identity)
        return None if held is None else _decoded(held)

    def was_named(self, identity: str) -> bool:
        """Return whether a file is known to have named the feature."""
        return identity in self._held

    def is_made_by_hand(self, identity: str) -> bool:
        """Return whether the feature was added by hand, and no file named it since."""
        if identity in self._held:
            return False
        return identity in self._made_one_by_one or not self.has_older_imports

    def before_retiring(self, identity: str) -> Feature | None:
        """Return a feature as it was before an import retired it; None for one that no import retired last."""
        held = self._held.get(identity)
        if held is None or held.mark is not ImportMark.RETIRED:
            return None
        return self._before_retiring.get(identity)

    @cached_property
    def has_older_imports(self) -> bool:
        """Return whether the layer was imported by a version that did not keep what files say.

        What no file is known to have said may have come from one then.
        """
        return any("retired" not in json.loads(c.note or "{}") for c in self._history.changes_by([ORIGIN], self._layer))

    @cached_property
    def merged_into(self) -> Mapping[str, str]:
        """Return the ids and codes of features that were merged into others, with the ids of those."""
        changes = self._history.changes_by([MERGE_ORIGIN, REVERT_ORIGIN], self._layer)
        notes = {change.seq: json.loads(change.note or "{}") for change in changes}
        reverted = {note.get("reverts") for note in notes.values()}
        merged = {
            dropped: note["merged_into"]
            for seq, note in notes.items()
            if "merged_into" in note and seq not in reverted
            for dropped in note["named"]
        }
        return {dropped: _last_of(kept, merged) for dropped, kept in merged.items()}

    def images(self, names: Sequence[str], spoken: Iterable[tuple[str, ImportMark, Said]]) -> ImportImages | None:
        """Return the images to keep of (id, mark, what the file said); None where nothing new was said.

        `names` are all that the file speaks of; the rest stays as an earlier file said it.
        """
        fields = (*names, *(name for name in self._fields if name not in names))
        rows: list[ImportImage] = []
        for identity, mark, said in spoken:
            held = self._held.get(identity)
            known = said
            if held is not None and (len(said) < len(fields) or held.fields != fields):
                known = {**_decoded(held), **said}
            text = orjson.dumps([known.get(name, _UNSAID) for name in fields]).decode()
            is_known = held is not None and mark is held.mark is ImportMark.KNOWN
            if held is not None and mark is ImportMark.KNOWN and held.mark is not ImportMark.RETIRED:
                is_known = text == held.said if held.fields == fields else dict(known) == dict(_decoded(held))
            if not is_known:
                rows.append(ImportImage(identity, text, mark))
        return ImportImages(fields, tuple(rows)) if rows else None

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        headers = {held.seq: held.fields for held in self._held.values()}
        return tuple(dict.fromkeys(name for seq in sorted(headers) for name in headers[seq]))

    @cached_property
    def _made_one_by_one(self) -> frozenset[str]:
        return self._history.ids_made_one_by_one(self._layer)

    @cached_property
    def _before_retiring(self) -> Mapping[str, Feature]:
        retired: dict[int, list[str]] = {}
        for identity, held in self._held.items():
            if held.mark is ImportMark.RETIRED:
                retired.setdefault(held.seq, []).append(identity)
        return {
            feature.id: feature
            for seq, ids in retired.items()
            for feature in self._history.replaced_by(self._layer, seq, ids)
        }


def _last_of(kept: str, merged: Mapping[str, str]) -> str:
    """Return where a feature is in the end that was merged into one that was merged too."""
    passed = {kept}
    while kept in merged and merged[kept] not in passed:
        kept = merged[kept]
        passed.add(kept)
    return kept


def child_name(child: str) -> str:
    """Return the name under which the rows of a child table are remembered."""
    return f"{_CHILD}{child}"


def geometry_digest(geometry: BaseGeometry) -> str:
    """Return what stands for a shape in the memory."""
    (digest,) = geometry_digests([geometry])
    return str(digest)


def rows_digest(rows: Sequence[Properties], child: ChildDefinition) -> str:
    """Return what stands for the rows of a child table in the memory; their order counts."""
    plain = [[_plain_number(field.type, row.get(name)) for name, field in child.fields.items()] for row in rows]
    return hashlib.sha256(orjson.dumps(plain)).hexdigest()[:_DIGEST_CHARACTERS]


def geometry_digests(geometries: Sequence[BaseGeometry | None]) -> list[str | None]:
    """Return what stands for each shape, None where there is none; rounded as exports round."""
    array = np.empty(len(geometries), dtype=np.object_)
    array[:] = geometries
    rounded = shapely.transform(array, lambda lonlat_deg: np.round(lonlat_deg, COORDINATE_DECIMALS) + 0.0)
    wkbs = shapely.to_wkb(rounded, byte_order=1, output_dimension=2)
    return [None if wkb is None else hashlib.sha256(wkb).hexdigest()[:_DIGEST_CHARACTERS] for wkb in wkbs]


def _plain_number(kind: FieldType, value: Value) -> Value:
    if kind is FieldType.REAL and isinstance(value, int):
        return float(value)
    return None if value == () else value


def _decoded(held: HeldImage) -> Said:
    values = orjson.loads(held.said)
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in zip(held.fields, values, strict=True)
        if value != _UNSAID
    }
