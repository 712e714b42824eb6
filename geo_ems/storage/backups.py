"""Backups: a copy while the store goes on working, opened and checked, with a manifest that says what is in it."""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import apsw
import orjson

from geo_ems.errors import StoreError
from geo_ems.storage.change_log import log_faults, read_head
from geo_ems.storage.connections import check_is_ours, connect, errors_in_words, format_of
from geo_ems.storage.definitions_table import DefinitionsCache, definition_faults
from geo_ems.storage.describing import describe_store, incarnation_of
from geo_ems.storage.durable_files import appearing_file
from geo_ems.storage.maintenance import page_faults
from geo_ems.storage.row_digests import row_faults

_STAMPED = re.compile(r"\.backup\.(\d{8})T(\d{6})Z$")
_BLOCK_BYTES = 1 << 20
_SQLITE_START = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class BackupContent:
    """What a store file holds: its identity, the end of its log, the rows of each layer."""

    store_id: str
    incarnation: str
    format_version: int
    seq: int
    seal: str
    layers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a backup: the hash of its bytes and what it holds."""

    file: str
    sha256: str
    size_bytes: int
    made_at: str
    content: BackupContent


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which backups stay: the newest `newest`, and the newest of so many days, weeks and months."""

    newest: int = 1
    days: int = 0
    weeks: int = 0
    months: int = 0


def stamp_of(moment: datetime) -> str:
    """Return an instant as it stands in file names, such as 20260701T120000Z."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def default_backup_path(store: Path, moment: datetime) -> Path:
    """Return where a backup goes that nobody named: the folder `backups` beside the store."""
    return store.parent / "backups" / f"{store.stem}.backup.{stamp_of(moment)}{store.suffix}"


def manifest_path(backup: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return backup.with_name(backup.name + ".json")


def copy_verified(connection: apsw.Connection, source: Path, target: Path) -> BackupContent:
    """Copy the store as the connection sees it, in one step: readers never hold up the writer.

    The copy is opened and checked before it gets its name; it appears whole and sound, or not at all.

    Raises
    ------
    StoreError
        Where it would overwrite a store in use or a file that is none, cannot be written, or is not sound.
    """
    if target == source or target.with_name(target.name + "-wal").exists():
        raise StoreError(
            "The backup would overwrite a store in use", where=str(target), remedy="Name another file for the backup."
        )
    try:
        if target.exists() and target.stat().st_size and not _begins_as_store(target):
            raise StoreError("The file is no backup", where=str(target), remedy="Name another file for the backup.")
        with errors_in_words(target), appearing_file(target) as draft:
            copy = apsw.Connection(str(draft))
            try:
                with copy.backup("main", connection, "main") as backup:
                    backup.step(-1)
            finally:
                copy.close()
            return verified_content(draft)
    except OSError as error:
        raise StoreError(
            f"The backup cannot be written ({error.strerror})",
            where=str(target),
            remedy="Name a folder that exists, that this user may write, with enough space.",
        ) from error


def make_backup(connection: apsw.Connection, source: Path, target: Path, *, moment: datetime) -> Manifest:
    """Write a checked copy and its manifest, both readable by this user alone.

    Raises
    ------
    StoreError
        Where they cannot be written, or the copy is not sound.
    """
    with suppress(OSError):  # one of an earlier backup of this name must not judge the new one
        manifest_path(target).unlink(missing_ok=True)
    content = copy_verified(connection, source, target)
    manifest = Manifest(
        file=target.name,
        sha256=sha256_of(target),
        size_bytes=target.stat().st_size,
        made_at=moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        content=content,
    )
    try:
        with appearing_file(manifest_path(target)) as draft:
            draft.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise StoreError(
            f"The manifest of the backup cannot be written ({error.strerror})",
            where=str(manifest_path(target)),
            remedy="Free some space; the backup itself is whole.",
        ) from error
    return manifest


def verified_content(path: Path, *, every_row: bool = False) -> BackupContent:
    """Open a finished store file, check pages and log (and `every_row`), and return what it holds.

    Raises
    ------
    StoreError
        Where it is no store of ours, newer, or damaged anywhere.
    """
    with errors_in_words(path):
        connection = connect(path, read_only=True, immutable=True)
        try:
            check_is_ours(connection, path)
            faults = [*page_faults(connection)]
            if not faults:
                # What another program took from the tables is put back when the store is next opened for writing.
                definitions_held = DefinitionsCache(mends=False)
                held = definitions_held.held(connection) if every_row else definitions_held.unchecked(connection)
                definitions = [item.definition for item in held.values()]
                faults += log_faults(connection, tuple(held))
                faults += definition_faults(connection)
                faults += row_faults(connection, definitions) if every_row else ()
            if faults:
                more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
                raise StoreError(
                    f"The file is damaged: {' '.join(faults[0].split())}{more}",
                    where=str(path),
                    remedy="Take another backup.",
                )
            described = describe_store(connection, held)
            ((store_id,),) = connection.execute("SELECT store_id FROM ems_about").fetchall()
            return BackupContent(
                store_id=str(store_id),
                incarnation=incarnation_of(connection),
                format_version=format_of(connection),
                seq=described.seq,
                seal=read_head(connection).seal,
                layers={name: layer.count for name, layer in described.layers.items()},
            )
        except apsw.CorruptError as error:
            words = f"The file is damaged ({error})"
            raise StoreError(words, where=str(path), remedy="Take another backup.") from error
        finally:
            connection.close()


def check_manifest(backup: Path) -> str:
    """Return the hash of a backup, having compared it with its manifest where there is one.

    Raises
    ------
    StoreError
        Where they differ, or the manifest cannot be read.
    """
    found, path = sha256_of(backup), manifest_path(backup)
    if not path.exists():
        return found
    try:
        said = str(orjson.loads(path.read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "The manifest of the backup cannot be read", where=str(path), remedy="Take another backup."
        ) from error
    if said != found:
        raise StoreError(
            "The backup is not the file that was written: its hash is another than its manifest says",
            where=str(backup),
            remedy="Take another backup, or copy this one again from where it was kept.",
        )
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    StoreError
        Where it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise StoreError(
            f"The file cannot be read ({error.strerror})", where=str(path), remedy="Check its name and its rights."
        ) from error
    return digest.hexdigest()


def _begins_as_store(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_START)) == _SQLITE_START


def remove_old_backups(store: Path, folder: Path, keeping: Keeping) -> tuple[Path, ...]:
    """Remove the backups of a store that nobody asked to keep, with their manifests; return those removed.

    Only files named as `default_backup_path` names them are looked at.
    """
    stamped: dict[Path, datetime] = {}
    for path in folder.glob(f"{store.stem}.backup.*{store.suffix}"):
        found = _STAMPED.search(path.stem)
        if found is not None:
            stamped[path] = datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    newest_first = sorted(stamped, key=stamped.__getitem__, reverse=True)
    kept = set(newest_first[: max(keeping.newest, 1)])
    for count, period in ((keeping.days, _day), (keeping.weeks, _week), (keeping.months, _month)):
        seen: list[object] = []
        for path in newest_first:
            name = period(stamped[path].date())
            if name not in seen and len(seen) < count:
                seen.append(name)
                kept.add(path)
    removed = tuple(path for path in newest_first if path not in kept)
    for path in removed:
        manifest_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return removed


def _day(moment: date) -> object:
    return moment


def _week(moment: date) -> object:
    return moment.isocalendar()[:2]


def _month(moment: date) -> object:
    return moment.year, moment.month
