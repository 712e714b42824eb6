"""Layers out as files: whole, or not at all, with what a file cannot hold counted and listed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSource
from geo_ems.errors import UsageError, known_names
from geo_ems.formats.exported import ExportedLayer, ExportFacts
from geo_ems.formats.geojson_writing import geojson_bytes
from geo_ems.formats.table_writing import child_sheets, csv_bytes, layer_sheet
from geo_ems.model.answers import DataAsOf
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.conditions import AllOf
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Language
from geo_ems.queries.conditions import condition_mask
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.export_columns import child_columns, table_columns
from geo_ems.services.provenance import data_as_of, instant_text, local_date
from geo_ems.storage.durable_files import appearing_file
from geo_ems.storage.geopackage_export import PublishedLayer, write_geopackage

_OWN, _READABLE_BY_OTHERS = 0o600, 0o644


class ExportFormat(StrEnum):
    """The closed list of formats that are written, by extension."""

    CSV = ".csv"
    XLSX = ".xlsx"
    GEOJSON = ".geojson"
    GPKG = ".gpkg"
    KML = ".kml"
    FGB = ".fgb"


_FOR_SEVERAL = (ExportFormat.GPKG, ExportFormat.XLSX)
_WITHOUT_CHILDREN = (ExportFormat.KML, ExportFormat.FGB)
_ONLY_LOCATED = (ExportFormat.FGB,)


@dataclass(frozen=True, slots=True)
class ExportQuestion:
    """What goes out: which layers, which of their features, into which file, in which language."""

    layers: tuple[str, ...]
    path: Path
    where: AllOf = field(default_factory=lambda: AllOf(()))
    language: Language = "zh"
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ExportedCount:
    """What of one layer stands in the file.

    `left_out` are the ids of features without place that the format cannot hold, `child_rows_left_out`
    counts rows of child tables likewise; `private_fields` went along.
    """

    layer: LayerDefinition
    features: int
    unlocated: int
    child_rows: int
    left_out: tuple[str, ...]
    child_rows_left_out: int
    private_fields: tuple[str, ...]
    data_as_of: DataAsOf


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and from which state of the data."""

    files: tuple[Path, ...]
    layers: tuple[ExportedCount, ...]
    snapshot_id: str
    as_of: str


def export_layers(
    snapshots: SnapshotSource,
    question: ExportQuestion,
    *,
    caller: Caller,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> ExportReport:
    """Write layers into a file of the format its extension says, and report what stands in it.

    Private fields go out where the caller may read them. Child rows stand in sheets, tables or
    nested lists; beside a CSV in a file of their own. A file with private fields may be read by
    nobody but its owner.

    Raises
    ------
    UsageError
        Where the extension is not known, a file stands there already, or it cannot be written.
    NotFoundError
        Where a layer does not exist.
    DataError
        Where the format cannot hold so much.
    """
    target = _format_of(question)
    now = clock()
    pinned = snapshots.pin(question.layers)
    exported = [
        _exported(pinned.layer(name), question, caller, at_date=local_date(now, zone)) for name in question.layers
    ]
    ages = {name: data_as_of(pinned.layer(name)) for name in question.layers}
    facts = ExportFacts(pinned.snapshot_id, now, ages, question.language, zone)
    files = _files(target, exported, question.path)
    _check_free(files, question)
    is_private = any(_private(layer) for layer in exported)
    try:
        _write(target, exported, facts, files, mode=_OWN if is_private else _READABLE_BY_OTHERS)
    except OSError as error:
        raise UsageError(
            f"'{question.path}' cannot be written: {error.strerror or error}",
            remedy="Choose another folder.",
            field="out",
            value=str(question.path),
        ) from error
    return ExportReport(
        tuple(files), tuple(_count(layer, target, ages) for layer in exported), pinned.snapshot_id, instant_text(now)
    )


def _format_of(question: ExportQuestion) -> ExportFormat:
    known = [str(item) for item in ExportFormat]
    suffix = question.path.suffix.lower()
    if suffix not in known:
        raise known_names("format", suffix or question.path.name, known)
    target = ExportFormat(suffix)
    if len(question.layers) > 1 and target not in _FOR_SEVERAL:
        raise UsageError(
            f"A {suffix} file holds one layer",
            where=str(question.path),
            remedy=f"Several layers go into {' or '.join(_FOR_SEVERAL)}.",
            field="out",
            value=suffix,
        )
    return target


def _exported(snapshot: LayerSnapshot, question: ExportQuestion, caller: Caller, *, at_date: str) -> ExportedLayer:
    definition, columns = snapshot.definition, snapshot.columns
    include_private = caller.may(Permission.READ_PRIVATE)
    mask = condition_mask(question.where, columns, at_date=at_date) & visible_rows(snapshot, caller)
    children = {
        name: child_columns(child, question.language, include_private=include_private)
        for name, child in definition.children.items()
    }
    table = table_columns(definition, question.language, include_private=include_private)
    return ExportedLayer(columns, np.flatnonzero(mask), table, children)


def _files(target: ExportFormat, exported: Sequence[ExportedLayer], path: Path) -> list[Path]:
    """Return the files that will stand there; the first one is that which was asked for."""
    children = exported[0].children if target is ExportFormat.CSV else {}
    return [path, *(path.with_name(f"{path.stem}.{name}{path.suffix}") for name in children)]


def _check_free(files: Iterable[Path], question: ExportQuestion) -> None:
    for file in files:
        if file.exists() and (not question.overwrite or not file.is_file()):
            raise UsageError(
                f"'{file}' exists already",
                remedy="Choose another name, or --overwrite." if file.is_file() else "Choose another name.",
                field="out",
                value=str(file),
            )


def _write(
    target: ExportFormat,
    exported: Sequence[ExportedLayer],
    facts: ExportFacts,
    files: Sequence[Path],
    *,
    mode: int,
) -> None:
    """Write all files; each appears whole, and none where one of them fails before the end."""
    with ExitStack() as stack:
        drafts = [stack.enter_context(appearing_file(file)) for file in files]
        _WRITERS[target](drafts, exported, facts)
        for draft in drafts:
            draft.chmod(mode)


def _write_csv(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    sheets = [layer_sheet(exported[0], facts), *child_sheets(exported[0], facts).values()]
    for draft, sheet in zip(drafts, sheets, strict=True):
        draft.write_bytes(csv_bytes(sheet))


def _write_xlsx(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    from geo_ems.formats.xlsx_writing import WorkbookFacts, workbook_bytes  # noqa: PLC0415 - openpyxl: only for these

    sheets = [
        sheet for layer in exported for sheet in (layer_sheet(layer, facts), *child_sheets(layer, facts).values())
    ]
    title = ", ".join(layer.definition.label.text(facts.language) for layer in exported)
    drafts[0].write_bytes(workbook_bytes(sheets, WorkbookFacts(title, facts.text(), facts.as_of)))


def _write_geojson(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    drafts[0].write_bytes(geojson_bytes(exported[0], facts))


def _write_kml(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    from geo_ems.formats.kml_writing import kml_bytes  # noqa: PLC0415 - only for this format

    drafts[0].write_bytes(kml_bytes(exported[0], facts))


def _write_fgb(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    from geo_ems.formats.flatgeobuf_writing import write_flatgeobuf  # noqa: PLC0415 - GDAL takes long to load

    write_flatgeobuf(drafts[0], exported[0], facts)


def _write_gpkg(drafts: Sequence[Path], exported: Sequence[ExportedLayer], facts: ExportFacts) -> None:
    layers = [PublishedLayer(_published(layer), layer.columns, layer.rows) for layer in exported]
    told = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in facts.mapping().items()
    }
    write_geopackage(drafts[0], layers, facts=told, at=instant_text(facts.as_of))


_WRITERS: Mapping[ExportFormat, Callable[[Sequence[Path], Sequence[ExportedLayer], ExportFacts], None]] = {
    ExportFormat.CSV: _write_csv,
    ExportFormat.XLSX: _write_xlsx,
    ExportFormat.GEOJSON: _write_geojson,
    ExportFormat.GPKG: _write_gpkg,
    ExportFormat.KML: _write_kml,
    ExportFormat.FGB: _write_fgb,
}


def _published(layer: ExportedLayer) -> LayerDefinition:
    """Return the definition with only the fields that go out."""
    definition = layer.definition
    children = {
        name: replace(child, fields={column.field.name: column.field for column in layer.children[name].columns})
        for name, child in definition.children.items()
    }
    return replace(definition, fields={column.field.name: column.field for column in layer.table}, children=children)


def _private(layer: ExportedLayer) -> tuple[str, ...]:
    own = [column.field.name for column in layer.table if column.field.private]
    return (
        *own,
        *(f"{name}.{c.field.name}" for name, child in layer.children.items() for c in child.columns if c.field.private),
    )


def _count(layer: ExportedLayer, target: ExportFormat, ages: Mapping[str, DataAsOf]) -> ExportedCount:
    ids = layer.ids
    unlocated = tuple(ids[place] for place in np.flatnonzero(~layer.is_located))
    left_out = unlocated if target in _ONLY_LOCATED else ()
    child_rows = sum(layer.child_lines(name)[0].size for name in layer.children)
    held = 0 if target in _WITHOUT_CHILDREN else child_rows
    return ExportedCount(
        layer=layer.definition,
        features=len(ids) - len(left_out),
        unlocated=len(unlocated),
        child_rows=held,
        left_out=left_out,
        child_rows_left_out=child_rows - held,
        private_fields=_private(layer),
        data_as_of=ages[layer.definition.name],
    )
