"""Import of a file into a layer: one file is one transaction, and every row is stored or listed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from geo_ems.errors import UsageError, known_names
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import RawFile
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.collecting import without_collecting
from geo_ems.services.import_children import Parents, read_child_rows
from geo_ems.services.import_memory import ImportMemory
from geo_ems.services.import_options import ImportOptions, check_importer
from geo_ems.services.import_outcome import Outcome, finish_import, images_of
from geo_ems.services.import_planning import plan_file, plan_records, read_child_sheet, with_child_rows
from geo_ems.services.import_report import ImportReport
from geo_ems.services.import_retiring import Retiring
from geo_ems.services.import_rows import StoredRows, change_for
from geo_ems.storage.protocol import LayerStore

__all__ = ["ImportOptions", "ImportReport", "import_children", "import_file", "import_into", "import_records"]


def import_into(
    path: Path,
    layer: str,
    *,
    definitions: Mapping[str, LayerDefinition],
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> ImportReport:
    """Import a file into a layer, or into a child table named `layer.child`.

    Raises
    ------
    NotFoundError
        Where there is no such layer or child table.
    DataError, UsageError, ConflictError, StoreError
        As `import_file` and `import_children` say.
    """
    name, _, child = layer.partition(".")
    definition = definitions.get(name)
    if definition is None:
        raise known_names("layer", name, list(definitions))
    with without_collecting():
        if child:
            return import_children(
                path, child, definition=definition, store=store, caller=caller, options=options, zone=zone
            )
        return import_file(
            path, definition=definition, store=store, caller=caller, options=options, zone=zone, new_id=new_id
        )


def import_file(
    path: Path,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
    facts: Callable[[Outcome], Mapping[str, object]] | None = None,
) -> ImportReport:
    """Import a file into a layer; sheets named like a child table are imported with it.

    Rows with a known key update the feature that has it: fields without a column keep their
    values, states and positions that are known are kept unless the options say otherwise. `facts` of
    what the file changes are kept with the import.

    Raises
    ------
    DataError
        Where the file cannot be used as a whole, or was imported before and has no key.
    UsageError
        Where an option is wrong or the caller may not import.
    ConflictError
        Where a feature was changed by somebody else meanwhile.
    """
    check_importer(caller)
    # What the file was read into is let go before the store is written to.
    outcome = plan_file(path, definition=definition, store=store, options=options, zone=zone, new_id=new_id)
    return finish_import(outcome, store, caller, options, facts=None if facts is None else facts(outcome))


def import_records(
    raw: RawFile,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
    facts: Callable[[Outcome], Mapping[str, object]],
) -> ImportReport:
    """Import records that were read elsewhere; `facts` of what they change are kept with the import.

    Raises
    ------
    DataError, UsageError, ConflictError
        As `import_file` says.
    """
    check_importer(caller)
    outcome = plan_records(raw, definition=definition, store=store, options=options, zone=zone, new_id=new_id)
    return finish_import(outcome, store, caller, options, facts=facts(outcome))


def import_children(
    path: Path,
    child: str,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    zone: ZoneInfo,
) -> ImportReport:
    """Import rows that belong to stored features, such as the stock of depots.

    A feature is named by its code, its id or its name. All rows that a feature had are replaced.

    Raises
    ------
    NotFoundError
        Where the layer has no such child table.
    DataError, UsageError, ConflictError
        As `import_file` says.
    """
    check_importer(caller)
    child_definition = definition.children.get(child)
    if child_definition is None:
        raise known_names("child table", child, list(definition.children))
    if options.retire_missing:
        raise UsageError(
            "Rows of a child table are never retired: all rows of a feature are replaced",
            where="--retire-missing",
            remedy=f"Leave it out, or import {definition.name} with it.",
            field="retire_missing",
        )
    raw = read_child_sheet(path, definition, child_definition, options.sheet, encoding=options.encoding)
    parents = Parents.of(StoredRows.of(store.read_columns(definition.name), definition.key))
    read = read_child_rows(raw, definition, child_definition, parents, zone=zone, field_map=options.column_map)
    notes: list[Finding] = []
    memory = ImportMemory(definition, store.history)
    spoken = with_child_rows([], [read], definition, store, notes, memory=memory, options=options)
    outcome = Outcome(
        raw=raw,
        layer=definition.name,
        label=child_definition.label,
        rows=[],
        changes=[change for row in spoken if (change := change_for(row, definition)) is not None],
        plan=read.plan,
        notes=notes,
        reads=[read],
        reported_as=f"{definition.name}.{child}",
        images=images_of(spoken, [read], memory, Retiring(), defaults={}),
    )
    return finish_import(outcome, store, caller, options)
