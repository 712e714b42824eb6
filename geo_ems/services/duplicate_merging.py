"""Merging duplicates: one feature stays, takes what it lacks from the others, and these are deleted."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from geo_ems.errors import DataError, NotFoundError, UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, ChildRows, Feature, FeatureChange, Properties, Value
from geo_ems.services.import_memory import MERGE_ORIGIN
from geo_ems.storage.protocol import LayerStore

_LISTED = 10
_PARENT = "parent_id"


@dataclass(frozen=True, slots=True)
class Reference:
    """A feature whose field names one of those that are merged."""

    layer: str
    id: str
    field: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging did: the feature that stays, what it took from whom, what now points to it.

    `taken` is {field: id it came from}; `added_rows` counts the child rows by table. `seq` is None
    in a dry run.
    """

    kept: Feature
    dropped: tuple[str, ...]
    taken: Mapping[str, str]
    added_rows: Mapping[str, int]
    moved: tuple[Reference, ...]
    seq: int | None

    def mapping(self) -> dict[str, object]:
        """Return the merging as JSON."""
        return {
            "kept": self.kept.id,
            "dropped": list(self.dropped),
            "taken": dict(self.taken),
            "added_rows": dict(self.added_rows),
            "moved": [{"layer": item.layer, "id": item.id, "field": item.field} for item in self.moved],
            "seq": self.seq,
        }


def merge_duplicates(
    layer: str,
    keep: str,
    drops: Sequence[str],
    *,
    definitions: Mapping[str, LayerDefinition],
    store: LayerStore,
    caller: Caller,
    dry_run: bool = False,
) -> Merged:
    """Merge features into `keep`, in one change that `import --revert` takes back.

    Its own values stay; where it has none, those of the first of `drops` that has one are taken.
    Child rows are joined, the same row once. Fields of the layer that name a dropped feature name
    `keep` afterwards.

    Raises
    ------
    NotFoundError
        Where a feature does not exist.
    UsageError
        Where the caller may not change the layer, or an id is named twice.
    DataError
        Where features of another layer refer to a dropped one; they are listed.
    """
    definition = definitions[layer]
    _check(keep, drops, caller)
    found = {feature.id: feature for feature in store.read_rows(layer, [keep, *drops])}
    missing = [identity for identity in (keep, *drops) if identity not in found]
    if missing:
        raise NotFoundError(
            f"Layer '{layer}' has no feature '{missing[0]}'",
            where="--merge",
            remedy="Name the ids as `geo-ems duplicates` lists them.",
            field="merge",
            value=missing[0],
        )
    dropped = [found[identity] for identity in drops]
    names = _names_of(dropped, definition)
    elsewhere = [
        ref for other in definitions.values() if other.name != layer for ref in _references(store, other, layer, names)
    ]
    if elsewhere:
        listed = ", ".join(f"{ref.layer} {ref.id} ({ref.field})" for ref in elsewhere[:_LISTED])
        raise DataError(
            f"{len(elsewhere)} features of other layers refer to what would be dropped: {listed}",
            where=f"{layer} {', '.join(drops)}",
            remedy=f"Let them refer to {keep} first, or keep the other one.",
        )
    moved = [ref for ref in _references(store, definition, layer, names) if ref.id not in {keep, *drops}]
    kept, taken, added = _filled(found[keep], dropped, definition)
    changes = [
        FeatureChange(ChangeKind.REPLACE, keep, kept, kept.rev),
        *(FeatureChange(ChangeKind.DELETE, feature.id, None, feature.rev) for feature in dropped),
        *_repointed(moved, kept, names, definition, store),
    ]
    seq = None
    if not dry_run:
        facts = {"merged_into": keep, "merged": list(drops), "named": sorted(names)}
        note = json.dumps(facts, ensure_ascii=False)
        batch = ChangeBatch(layer, tuple(changes), caller.principal, MERGE_ORIGIN, note, bulk=True)
        seq = store.commit(batch).seq
    return Merged(kept, tuple(drops), taken, added, tuple(moved), seq)


def _check(keep: str, drops: Sequence[str], caller: Caller) -> None:
    if not caller.may(Permission.WRITE) or caller.areas:
        raise UsageError(
            "You may not merge features of this layer", where=caller.principal, remedy="Ask somebody who may."
        )
    ids = [keep, *drops]
    if not drops or len(set(ids)) < len(ids) or not all(ids):
        raise UsageError(
            f"'{','.join(ids)}' is nothing to merge",
            where="--merge",
            remedy="Write the one that stays, then those that go: --merge KEEP,DROP",
            field="merge",
            value=",".join(ids),
        )


def _filled(
    keep: Feature, dropped: Sequence[Feature], definition: LayerDefinition
) -> tuple[Feature, dict[str, str], dict[str, int]]:
    properties = dict(keep.properties)
    taken: dict[str, str] = {}
    for name, field in definition.fields.items():
        if field.derived or properties.get(name) not in {None, ()}:
            continue
        giver = next((feature for feature in dropped if feature.properties.get(name) not in {None, ()}), None)
        if giver is not None:
            properties[name], taken[name] = giver.properties[name], giver.id
    geometry = keep.geometry
    if geometry is None:
        located = next((feature for feature in dropped if feature.geometry is not None), None)
        if located is not None:
            geometry, taken["geometry"] = located.geometry, located.id
    children: dict[str, tuple[Properties, ...]] = {}
    added: dict[str, int] = {}
    for name in definition.children:
        rows = list(keep.children.get(name, ()))
        before = len(rows)
        rows += [row for row in _rows_of(dropped, name) if dict(row) not in [dict(held) for held in rows]]
        children[name] = tuple(rows)
        if len(rows) > before:
            added[name] = len(rows) - before
    joined: ChildRows = children
    return replace(keep, geometry=geometry, properties=properties, children=joined), taken, added


def _rows_of(features: Sequence[Feature], child: str) -> Iterator[Properties]:
    for feature in features:
        yield from feature.children.get(child, ())


def _names_of(features: Sequence[Feature], definition: LayerDefinition) -> frozenset[str]:
    """Return what a field may say to mean one of the features: its id, or its code."""
    codes = [feature.properties.get(definition.key or "") for feature in features]
    return frozenset([*(feature.id for feature in features), *(str(code) for code in codes if code is not None)])


def _references(store: LayerStore, definition: LayerDefinition, target: str, names: frozenset[str]) -> list[Reference]:
    """Return the features of a layer that name one of the target's; derived fields follow by themselves."""
    fields = [
        field.name
        for field in definition.fields.values()
        if field.type is FieldType.TEXT and not field.derived and _refers(field.name, definition.name, target)
    ]
    if not fields:
        return []
    columns = store.read_columns(definition.name)
    return [
        Reference(definition.name, str(columns.ids[row]), field)
        for field in fields
        for row, value in enumerate(columns.columns[field].values)
        if value in names
    ]


def _refers(field: str, layer: str, target: str) -> bool:
    """Return whether a field names features of a layer: `incident_id` those of incidents, `parent_id` its own."""
    if field == _PARENT:
        return layer == target
    stem = field.removesuffix("_id")
    return stem != field and target in {stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies"}


def _repointed(
    moved: Sequence[Reference], kept: Feature, names: frozenset[str], definition: LayerDefinition, store: LayerStore
) -> Iterator[FeatureChange]:
    fields: dict[str, list[str]] = {}
    for ref in moved:
        fields.setdefault(ref.id, []).append(ref.field)
    code = kept.properties.get(definition.key or "")
    new: Value = kept.id if code is None else str(code)
    for feature in store.read_rows(definition.name, list(fields)):
        values = {name: new for name in fields[feature.id] if feature.properties.get(name) in names}
        changed = replace(feature, properties={**feature.properties, **values})
        yield FeatureChange(ChangeKind.REPLACE, feature.id, changed, feature.rev)
