"""A batch checked and encoded by the thread that brings it, so that the writer only writes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from shapely.geometry.base import BaseGeometry

from geo_ems.errors import DataError
from geo_ems.model.columns import FloatArray, ObjectArray
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Properties
from geo_ems.storage.definitions_table import HeldDefinition
from geo_ems.storage.geometry_blobs import coordinate_faults, encode_geometries, geometry_array
from geo_ems.storage.row_digests import row_digest
from geo_ems.storage.statements import SqlRow
from geo_ems.storage.values import IndexedFaultError, encode_column, id_fault, is_storable_text

_NOTHING_STORED = "Correct it and send the batch again; nothing of it is stored."
_EMPTY = Feature(id="", geometry=None, properties={})


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A valid batch; `blobs`, `bounds` (n, 4) and `values` stand in the order of `batch.changes`.

    `lines` holds, by child table, for each change the encoded rows in order. `request_sha256`
    stands for the whole content of the batch. `row_digests` is empty where the log keeps one per row.
    """

    batch: ChangeBatch
    held: HeldDefinition
    blobs: tuple[bytes | None, ...]
    bounds: FloatArray
    values: tuple[SqlRow, ...]
    lines: Mapping[str, tuple[tuple[SqlRow, ...], ...]]
    request_sha256: str
    row_digests: tuple[bytes, ...] = ()


def prepare_batch(batch: ChangeBatch, held: HeldDefinition) -> PreparedBatch:
    """Check a batch against the definition of its layer and encode it.

    Raises
    ------
    DataError
        For the first id, geometry or value that cannot be stored, naming layer and id.
    """
    definition = held.definition
    _check_words(batch)
    _check_changes(batch)
    features = [change.feature or _EMPTY for change in batch.changes]
    names = [change.id for change in batch.changes]
    properties = [feature.properties for feature in features]
    _check_fields(batch.layer, definition.fields, zip(names, properties, strict=True))
    for name, feature in zip(names, features, strict=True):
        unknown = feature.children.keys() - definition.children.keys()
        if unknown:
            raise _data_error(batch.layer, name, f"there is no child table '{min(unknown)}'")
    blobs, bounds = _encode_shapes(batch.layer, definition, names, geometry_array([f.geometry for f in features]))
    values = _encode_rows(batch.layer, definition.fields.values(), names, properties)
    lines = {child: _encode_lines(batch.layer, definition, child, names, features) for child in definition.children}
    return PreparedBatch(
        batch=batch,
        held=held,
        blobs=tuple(blobs),
        bounds=bounds,
        values=tuple(values),
        lines=lines,
        request_sha256=_request_digest(batch, blobs),
        row_digests=tuple(_row_digests(definition, blobs, values, lines)) if batch.bulk else (),
    )


def check_together(batches: Sequence[ChangeBatch]) -> None:
    """Refuse batches of which none, or one that changes nothing, would have no sequence number of its own.

    Raises
    ------
    DataError
        Naming the layer.
    """
    if not batches:
        raise DataError("There is nothing to store", remedy="Send at least one change.")
    for batch in batches if len(batches) > 1 else ():
        if not batch.changes:
            raise DataError("The batch changes nothing", where=batch.layer, remedy="Leave it out.")


def only_deletes(batch: ChangeBatch) -> bool:
    """Return whether a batch does nothing but delete: that is possible on a full disk too."""
    return bool(batch.changes) and all(change.kind is ChangeKind.DELETE for change in batch.changes)


def committed_revs(batch: ChangeBatch, seq: int) -> dict[str, int]:
    """Return the revision of each feature of the batch that exists after it was stored under `seq`."""
    return {change.id: seq for change in batch.changes if change.kind is not ChangeKind.DELETE}


def _check_words(batch: ChangeBatch) -> None:
    for name, text in (("principal", batch.principal), ("origin", batch.origin), ("note", batch.note)):
        if not is_storable_text(text):
            raise _data_error(batch.layer, name, "it holds a character that no text may hold")


def _check_changes(batch: ChangeBatch) -> None:
    seen: set[str] = set()
    for change in batch.changes:
        fault = id_fault(change.id)
        if fault is None and change.id in seen:
            fault = "the id stands twice in the batch"
        if fault is None and change.kind is not ChangeKind.DELETE:
            fault = _feature_fault(change)
        if fault is not None:
            raise _data_error(batch.layer, change.id, fault)
        seen.add(change.id)


def _feature_fault(change: FeatureChange) -> str | None:
    if change.feature is None:
        return f"there is no feature to {change.kind.value}"
    if change.feature.id != change.id:
        return f"the feature has another id, {change.feature.id!r}"
    return None


def _check_fields(layer: str, fields: Mapping[str, FieldDefinition], rows: Iterable[tuple[str, Properties]]) -> None:
    for name, properties in rows:
        if not properties.keys() <= fields.keys():
            unknown = min(properties.keys() - fields.keys())
            raise _data_error(layer, name, f"there is no field '{unknown}'; known are {', '.join(fields)}")


def _encode_shapes(
    layer: str, definition: LayerDefinition, names: Sequence[str], geometries: ObjectArray
) -> tuple[list[bytes | None], FloatArray]:
    for index, geometry in enumerate(geometries):
        if geometry is not None:
            fault = _geometry_fault(definition, geometry)
            if fault is not None:
                raise _data_error(layer, names[index], fault)
    for index, fault in coordinate_faults(geometries):
        raise _data_error(layer, names[index], fault)
    return encode_geometries(geometries)


def _geometry_fault(definition: LayerDefinition, geometry: object) -> str | None:
    if not isinstance(geometry, BaseGeometry):
        return f"{geometry!r} is no geometry"
    kind = geometry.geom_type
    if kind not in {allowed.value for allowed in definition.geometry}:
        return f"the geometry {kind} is not one of {', '.join(allowed.value for allowed in definition.geometry)}"
    if geometry.has_z or getattr(geometry, "has_m", False):
        return "the geometry has more than two dimensions"
    return None


def _encode_rows(
    layer: str, fields: Iterable[FieldDefinition], names: Sequence[str], rows: Sequence[Properties]
) -> list[SqlRow]:
    columns = []
    for field in fields:
        try:
            columns.append(encode_column(field, [row.get(field.name) for row in rows]))
        except IndexedFaultError as error:
            raise _data_error(layer, names[error.index], str(error), field=field.name) from error
    return list(zip(*columns, strict=True)) if columns else [()] * len(rows)


def _encode_lines(
    layer: str, definition: LayerDefinition, child: str, names: Sequence[str], features: Sequence[Feature]
) -> tuple[tuple[SqlRow, ...], ...]:
    fields = definition.children[child].fields
    table = f"{layer}.{child}"
    owners = [name for name, f in zip(names, features, strict=True) for _ in f.children.get(child, ())]
    lines = [line for feature in features for line in feature.children.get(child, ())]
    _check_fields(table, fields, zip(owners, lines, strict=True))
    encoded = iter(_encode_rows(table, fields.values(), owners, lines))
    return tuple(tuple(next(encoded) for _ in feature.children.get(child, ())) for feature in features)


def _row_digests(
    definition: LayerDefinition,
    blobs: Sequence[bytes | None],
    values: Sequence[SqlRow],
    lines: Mapping[str, tuple[tuple[SqlRow, ...], ...]],
) -> Iterable[bytes]:
    names = tuple(definition.fields)
    child_names = {child: tuple(definition.children[child].fields) for child in lines}
    for index, (blob, row) in enumerate(zip(blobs, values, strict=True)):
        children = {
            child: [dict(zip(child_names[child], line, strict=True)) for line in by_row[index]]
            for child, by_row in lines.items()
            if by_row[index]
        }
        yield row_digest(blob, dict(zip(names, row, strict=True)), children)


def _request_digest(batch: ChangeBatch, blobs: Sequence[bytes | None]) -> str:
    """Return the hash of what was asked, whichever definition holds: a repeated request has the same."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
    digest = hashlib.sha256(orjson.dumps((batch.layer, batch.origin, batch.note, batch.bulk)))
    for change, blob in zip(batch.changes, blobs, strict=True):
        feature = change.feature or _EMPTY
        children = {name: [dict(line) for line in lines] for name, lines in feature.children.items()}
        content = (change.kind, change.id, change.expected_rev, dict(feature.properties), children)
        digest.update(orjson.dumps(content, option=options))
        digest.update(blob or b"-")
    return digest.hexdigest()


def _data_error(layer: str, name: object, problem: str, *, field: str = "") -> DataError:
    where = f"{layer} {name!r}, field '{field}'" if field else f"{layer} {name!r}"
    return DataError(problem[0].upper() + problem[1:], where=where, remedy=_NOTHING_STORED)
