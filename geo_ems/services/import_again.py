"""Files whose rows are stored already: they are not taken a second time unless that is asked for."""

import json

from geo_ems.errors import DataError
from geo_ems.formats.raw import RawFile
from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.import_findings import SAME_NAME_NEAR
from geo_ems.services.import_memory import ORIGIN, REVERT_ORIGIN
from geo_ems.services.import_rows import PlannedRow
from geo_ems.storage.protocol import LayerStore

_BY_NAME = "Match them by name (--key {name}; with --map {code}=COLUMN they get their codes), or {append}."
_BY_CODE = "Add a column with codes, name one that tells the rows apart (--key), or {append}."
_APPEND = "add them once more (--append)"


def check_not_again(
    planned: list[PlannedRow], raw: RawFile, definition: LayerDefinition, store: LayerStore, *, has_keys: bool
) -> None:
    """Refuse a file whose rows would stand twice in the layer.

    Without codes that is a file that was imported before, or one of which every row has the name
    and place of a stored feature. With codes it is a file that was imported before without them.

    Raises
    ------
    DataError
        With the number of rows that have the name and place of a stored feature.
    """
    accepted = [row for row in planned if row.id is not None]
    twins = sum(any(finding.kind is SAME_NAME_NEAR for finding in row.findings) for row in accepted)
    if has_keys and (not twins or not all(row.is_new for row in accepted)):
        return
    seq = _imported_by(raw, definition, store)
    if seq is not None:
        raise DataError(
            f"This file was imported before without codes (change {seq} of {definition.name}); {twins} of its "
            f"{len(accepted)} rows have the name of a feature within 10 m",
            where=raw.name,
            remedy=_remedy(definition) if twins else _BY_CODE.format(append=_APPEND),
        )
    if not has_keys and accepted and twins == len(accepted):
        raise DataError(
            f"All {len(accepted)} rows have the name and place of a feature of {definition.name}, and no code",
            where=raw.name,
            remedy=_remedy(definition),
        )


def _remedy(definition: LayerDefinition) -> str:
    if definition.key is None or definition.key == definition.name_field:
        return _BY_CODE.format(append=_APPEND)
    return _BY_NAME.format(name=definition.name_field, code=definition.key, append=_APPEND)


def _imported_by(raw: RawFile, definition: LayerDefinition, store: LayerStore) -> int | None:
    """Return the change that imported the same file into the layer and stands, None where none did."""
    changes = store.history.changes_by([ORIGIN, REVERT_ORIGIN], definition.name)
    reverted = {json.loads(change.note or "{}").get("reverts") for change in changes if change.origin == REVERT_ORIGIN}
    return next((c.seq for c in changes if c.seq not in reverted and raw.sha256 in c.note), None)
