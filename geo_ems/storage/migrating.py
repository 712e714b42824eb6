"""A store of an older format brought to the format of this program: backup beside it, then one transaction.

A release that changes the tables raises FORMAT_VERSION, appends one step here, and keeps a store
of the format before as SQL text in the tests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import apsw

from geo_ems.errors import StoreError
from geo_ems.storage.backups import copy_verified, stamp_of
from geo_ems.storage.connections import FORMAT_VERSION, check_is_ours, connect, errors_in_words, format_of
from geo_ems.storage.core_schema import FORMAT_2_TABLES, register_own_table
from geo_ems.storage.definitions_table import DefinitionsCache, incomplete_layers
from geo_ems.storage.layer_tables import create_triggers
from geo_ems.storage.positions_table import TABLES as FORMAT_3_TABLES
from geo_ems.storage.row_digests import digest_all_rows


@dataclass(frozen=True, slots=True)
class MigrationStep:
    """What brings a store from the format before to `version`, inside a transaction."""

    version: int
    words: str
    apply: Callable[[apsw.Connection], None]


def _add_digests_and_last_good(connection: apsw.Connection) -> None:
    for table, sql in FORMAT_2_TABLES.items():
        connection.execute(sql)
        register_own_table(connection, table)
    definitions = DefinitionsCache().unchecked(connection)
    incomplete = incomplete_layers(connection, definitions)
    for layer, held in definitions.items():
        if layer not in incomplete:  # else the writer mends it next, and says in the log that it had to
            create_triggers(connection, held.definition)
            digest_all_rows(connection, held.definition)


def _add_positions(connection: apsw.Connection) -> None:
    for table, sql in FORMAT_3_TABLES.items():
        connection.execute(sql)
        register_own_table(connection, table)


STEPS: tuple[MigrationStep, ...] = (
    MigrationStep(2, "hashes of rows, last good versions, restorations", _add_digests_and_last_good),
    MigrationStep(3, "positions and device keys", _add_positions),
)


def migrate_store(path: Path, *, clock: Callable[[], datetime], steps: Sequence[MigrationStep] = STEPS) -> Path | None:
    """Bring the store to the format of this program and return the backup made first; None where nothing was to do.

    The caller holds the lock of the store. A process that ends in the middle leaves the old store.

    Raises
    ------
    StoreError
        Where the store is damaged or newer, the backup cannot be made, or a step is missing.
    """
    with errors_in_words(path):
        connection = connect(path, read_only=False)
        try:
            check_is_ours(connection, path)
            held = format_of(connection)
            if held == FORMAT_VERSION:
                return None
            due = [step for step in steps if step.version > held]
            if [step.version for step in due] != list(range(held + 1, FORMAT_VERSION + 1)):
                raise StoreError(
                    f"There is no way from format {held} to {FORMAT_VERSION}",
                    where=str(path),
                    remedy="Open it with the release that wrote it, export its layers, import them into a new store.",
                )
            backup = path.with_name(f"{path.stem}.before-format-{FORMAT_VERSION}.{stamp_of(clock())}{path.suffix}")
            copy_verified(connection, path, backup)
            _run(connection, due)
        finally:
            connection.close()
    return backup


def _run(connection: apsw.Connection, due: Sequence[MigrationStep]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("UPDATE ems_actor SET actor = 'geo_ems' WHERE one = 1")
        for step in due:
            step.apply(connection)
            connection.execute("UPDATE ems_about SET format_version = ?", (step.version,))
        connection.execute("UPDATE ems_actor SET actor = NULL WHERE one = 1")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
