"""A LayerStore in memory: the contract of the protocol without a file, for tests of the services."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geo_ems.errors import ConflictError, StoreError
from geo_ems.model.columns import ChildTable, Column, LayerColumns
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import (
    ChangeBatch,
    ChangeKind,
    Commit,
    Feature,
    FeatureChange,
    HeldImage,
    LayerChange,
    LoggedChange,
    LoggedEdit,
    Properties,
)
from geo_ems.storage.protocol import StoreDescription, StoredLayer


class FakeStore:
    """Keeps layers in dictionaries; batches are stored whole or not at all."""

    def __init__(self, *definitions: LayerDefinition) -> None:
        self.seq = 0
        self.batches: list[ChangeBatch] = []
        self._definitions: dict[str, LayerDefinition] = {}
        self._features: dict[str, dict[str, Feature]] = {}
        self._log: list[LayerChange] = []
        self._before: dict[int, dict[str, Feature | None]] = {}
        self._keys: dict[str, int] = {}
        self._images: dict[str, dict[str, list[HeldImage]]] = {}
        self.history = self
        for definition in definitions:
            self.apply_definition(definition)

    def describe(self) -> StoreDescription:
        layers = {
            name: StoredLayer(name, len(self._features[name]), self.seq, None, definition.sha256, definition.text, 1)
            for name, definition in self._definitions.items()
        }
        return StoreDescription("fake", self.seq, layers)

    def read_columns(self, layer: str, ids: Sequence[str] | None = None) -> LayerColumns:
        definition = self._definition(layer)
        wanted = self._features[layer].keys() if ids is None else self._features[layer].keys() & set(ids)
        features = [self._features[layer][identity] for identity in sorted(wanted)]
        geometries = np.empty(len(features), dtype=object)
        geometries[:] = [feature.geometry for feature in features]
        return LayerColumns(
            definition,
            np.array([feature.id for feature in features], dtype=object),
            np.array([feature.rev for feature in features], dtype=np.int64),
            geometries,
            _columns([feature.properties for feature in features], definition.fields),
            {name: _child_table(name, child.fields, features) for name, child in definition.children.items()},
        )

    def read_rows(self, layer: str, ids: Sequence[str]) -> tuple[Feature, ...]:
        self._definition(layer)
        return tuple(self._features[layer][identity] for identity in ids if identity in self._features[layer])

    def changes_since(self, seq: int) -> tuple[LayerChange, ...]:
        return tuple(change for change in self._log if change.seq > seq)

    def commit(self, batch: ChangeBatch, *, idempotency_key: str | None = None) -> Commit:
        if idempotency_key is not None and idempotency_key in self._keys:
            return Commit(self._keys[idempotency_key], {})
        definition = self._definition(batch.layer)
        json.loads(batch.note or "{}")
        after = dict(self._features[batch.layer])
        for change in batch.changes:
            self._apply(change, after, self.seq + 1, definition)
        self.seq += 1
        self._before[self.seq] = {c.id: self._features[batch.layer].get(c.id) for c in batch.changes}
        if idempotency_key is not None:
            self._keys[idempotency_key] = self.seq
        self._keep_images(batch)
        self._features[batch.layer] = after
        self.batches.append(batch)
        ids = tuple(change.id for change in batch.changes)
        self._log.append(LayerChange(self.seq, batch.layer, ids, note=batch.note))
        return Commit(self.seq, dict.fromkeys(ids, self.seq))

    def commit_together(
        self, batches: Sequence[ChangeBatch], *, idempotency_key: str | None = None
    ) -> tuple[Commit, ...]:
        held = (self.seq, list(self.batches), dict(self._before), dict(self._features), list(self._log))
        images = {layer: {name: list(kept) for name, kept in by_id.items()} for layer, by_id in self._images.items()}
        try:
            return tuple(self.commit(batch, idempotency_key=idempotency_key) for batch in batches)
        except BaseException:
            self.seq, self.batches, self._before, self._features, self._log = held
            self._images = images
            raise

    def apply_definition(self, definition: LayerDefinition) -> int:
        self._definitions[definition.name] = definition
        self._features.setdefault(definition.name, {})
        return self.seq

    def changes_by(self, origins: Sequence[str], layer: str | None = None) -> tuple[LoggedChange, ...]:
        return tuple(
            self._logged(seq)
            for seq, batch in enumerate(self.batches, start=1)
            if batch.bulk and batch.origin in origins and layer in (None, batch.layer)
        )

    def import_images(self, layer: str, ids: Sequence[str] | None = None) -> Mapping[str, HeldImage]:
        held = self._images.get(layer, {})
        return {
            identity: images[-1] for identity, images in held.items() if images and (ids is None or identity in ids)
        }

    def import_marks(self, layer: str, seq: int):
        held = self._images.get(layer, {})
        return {name: image.mark for name, images in held.items() for image in images if image.seq == seq}

    def replaced_by(self, layer: str, seq: int, ids: Sequence[str] | None = None) -> tuple[Feature, ...]:
        del layer  # one batch has one layer
        before = sorted(self._before[seq].items())
        return tuple(feature for name, feature in before if feature is not None and (ids is None or name in ids))

    def as_left_by(self, layer: str, seq: int, ids: Sequence[str]) -> Mapping[str, Feature | None]:
        left: dict[str, Feature | None] = {}
        for later in range(seq + 1, self.seq + 1):
            if self.batches[later - 1].layer == layer:
                for name, feature in self._before[later].items():
                    if name in ids and (feature is not None or not self.batches[later - 1].bulk):
                        left.setdefault(name, feature)
        return left

    def last_changes(self, layer: str, ids: Sequence[str]) -> Mapping[str, LoggedChange]:
        found = {}
        for seq, batch in enumerate(self.batches, start=1):
            found.update({c.id: self._logged(seq) for c in batch.changes if batch.layer == layer and c.id in ids})
        return found

    def last_own_seq(self) -> int:
        return self.seq

    def ids_made_one_by_one(self, layer: str) -> frozenset[str]:
        return frozenset(
            name
            for seq, batch in enumerate(self.batches, start=1)
            if batch.layer == layer and not batch.bulk
            for name, before in self._before[seq].items()
            if before is None
        )

    def changes_at(self, seq: int) -> tuple[LoggedChange, ...]:
        return (self._logged(seq),) if 1 <= seq <= self.seq else ()

    def edits_at(self, seq: int) -> tuple[LoggedEdit, ...]:
        return tuple(self._edits(seq)) if 1 <= seq <= self.seq and not self.batches[seq - 1].bulk else ()

    def edits_of(self, layer: str, feature_id: str) -> tuple[LoggedEdit, ...]:
        edits = [edit for seq in range(1, self.seq + 1) for edit in self._edits(seq)]
        return tuple(
            edit
            for edit in edits
            if (edit.change.layer, edit.id) == (layer, feature_id) and not (edit.is_bulk and edit.before is None)
        )

    def recent_edits(self, layer: str | None = None, *, limit: int) -> tuple[LoggedEdit, ...]:
        edits = [edit for seq in range(self.seq, 0, -1) for edit in self._edits(seq)]
        return tuple(e for e in edits if layer in (None, e.change.layer) and not e.is_bulk)[:limit]

    def change_with_key(self, key: str) -> LoggedChange | None:
        return self._logged(self._keys[key]) if key in self._keys else None

    def close(self) -> None:
        self._definitions.clear()

    def _edits(self, seq: int) -> list[LoggedEdit]:
        batch, before = self.batches[seq - 1], self._before[seq]
        return [
            LoggedEdit(
                self._logged(seq),
                change.id,
                ChangeKind.DELETE
                if change.kind is ChangeKind.DELETE
                else ChangeKind.CREATE
                if before[change.id] is None
                else ChangeKind.REPLACE,
                before[change.id],
                batch.bulk,
            )
            for change in batch.changes
        ]

    def features(self, layer: str) -> dict[str, Feature]:
        """Return a layer's features by id, to look at in a test."""
        return dict(self._features[layer])

    def _logged(self, seq: int) -> LoggedChange:
        batch = self.batches[seq - 1]
        return LoggedChange(seq, batch.layer, "", batch.principal, batch.origin, batch.note)

    def _keep_images(self, batch: ChangeBatch) -> None:
        held = self._images.setdefault(batch.layer, {})
        for row in batch.images.rows if batch.images is not None else ():
            image = HeldImage(self.seq, batch.images.fields, row.said, row.mark)
            held.setdefault(row.id, []).append(image)
        for identity, images in held.items():
            if identity not in batch.left_alone:
                images[:] = [image for image in images if image.seq != batch.takes_back]

    def _definition(self, layer: str) -> LayerDefinition:
        if layer not in self._definitions:
            raise StoreError(f"There is no layer '{layer}'")
        return self._definitions[layer]

    def _apply(self, change: FeatureChange, after: dict[str, Feature], seq: int, definition: LayerDefinition) -> None:
        stored = after.get(change.id)
        if change.kind is ChangeKind.CREATE and stored is not None:
            raise ConflictError(f"The id {change.id} is taken")
        if change.expected_rev is not None and (stored is None or stored.rev != change.expected_rev):
            raise ConflictError(f"{change.id} was changed meanwhile")
        if change.kind is ChangeKind.DELETE:
            after.pop(change.id)
        elif change.feature is not None:
            after[change.id] = replace(_complete(change.feature, definition), rev=seq)


def _complete(feature: Feature, definition: LayerDefinition) -> Feature:
    """Return the feature as a store gives it back: every field, every child table."""
    return replace(
        feature,
        properties={name: feature.properties.get(name) for name in definition.fields},
        children={
            name: tuple({field: row.get(field) for field in child.fields} for row in feature.children.get(name, ()))
            for name, child in definition.children.items()
        },
    )


def _child_table(name: str, fields: Mapping[str, FieldDefinition], features: Sequence[Feature]) -> ChildTable:
    rows = [(index, row) for index, feature in enumerate(features) for row in feature.children.get(name, ())]
    return ChildTable(
        np.array([index for index, _ in rows], dtype=np.int64), _columns([row for _, row in rows], fields)
    )


def _columns(rows: Sequence[Properties], fields: Mapping[str, FieldDefinition]) -> dict[str, Column]:
    return {name: _column(field, [row.get(name) for row in rows]) for name, field in fields.items()}


def _column(field: FieldDefinition, values: Sequence[object]) -> Column:
    known = np.array([value is not None for value in values], dtype=np.bool_)
    codes = list(field.codes)
    match field.type:
        case FieldType.INTEGER | FieldType.REAL:
            array = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        case FieldType.BOOLEAN:
            array = np.array([bool(value) for value in values], dtype=np.bool_)
        case FieldType.CODE:
            array = np.array([-1 if value is None else codes.index(str(value)) for value in values], dtype=np.int16)
        case FieldType.CODES:
            masks = [sum(1 << codes.index(code) for code in value or ()) for value in values]
            array = np.array(masks, dtype=np.uint64)
        case _:
            array = np.array(["" if value is None else value for value in values], dtype=object)
    return Column(field, array, known)
