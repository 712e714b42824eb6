"""The one composition root: settings -> store, snapshots; doors take what they need from here."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from geo_ems.catalogue.layer_files import declared_layers, definition_hashes
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import StoreError, UsageError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.speeds import SpeedTable
from geo_ems.services.districts import DistrictStore
from geo_ems.services.roads import RoadSource
from geo_ems.settings import Project, bundled_folder, find_project_folder, load_project, process_environment
from geo_ems.storage.column_cache import ColumnCache
from geo_ems.storage.geopackage_store import GeoPackageStore, open_geopackage
from geo_ems.storage.settled_reading import open_settled

if TYPE_CHECKING:
    from geo_ems.catalogue.speed_table import SpeedTableFile

_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no characters that are mistaken for each other on the phone


@dataclass(frozen=True, slots=True)
class Application:
    """An opened project: what every door works with."""

    project: Project
    store: DistrictStore
    embedded: GeoPackageStore
    snapshots: SnapshotSource
    roads: RoadSource
    clock: Callable[[], datetime]
    new_id: Callable[[], str]


def current_project() -> Project:
    """Return the project this process works on, by environment and working folder."""
    environment = process_environment()
    return load_project(find_project_folder(environment, start=Path.cwd()), environment)


@contextmanager
def opened(project: Project, *, read_only: bool = False) -> Iterator[Application]:
    """Open a project's store and layers, and close them again.

    Opening for writing creates the store where there is none. Additive changes of the layer
    definitions are applied first, and edits of other programs sealed, also for a reader: it takes the
    writer's lock for that moment.

    Raises
    ------
    FaultsError
        Where a layer definition is wrong.
    StoreError
        Where the store is locked by another writer, missing (read-only), damaged or too new.
    """
    path = store_path(project)
    if read_only and not path.exists():
        raise StoreError(
            f"There is no store at {path}", where="store", remedy="Import a file first: geo-ems import LAYER FILE"
        )
    store, definitions = _opened_for_reading(project, path) if read_only else _opened_for_writing(project, path)
    try:
        district_aware = DistrictStore(store, definitions)
        if not read_only:
            district_aware.derive_missed()
        snapshots = SnapshotSource(
            district_aware, definitions, cache=ColumnCache(path.resolve(), seal_of=store.seal_of)
        )
        yield Application(
            project=project,
            store=district_aware,
            embedded=store,
            snapshots=snapshots,
            roads=RoadSource(speeds=_speed_reader(project), file=network_file(path), seal_of=store.seal_of),
            clock=utc_clock,
            new_id=new_id,
        )
        snapshots.tend()
    finally:
        store.close()


def _opened_for_writing(project: Project, path: Path) -> tuple[GeoPackageStore, Mapping[str, LayerDefinition]]:
    from geo_ems.catalogue.definitions import load_definitions  # noqa: PLC0415 - a reader seldom parses, and it is heavy

    definitions = load_definitions(project.layers_folder)
    store = open_geopackage(path, clock=utc_clock, new_id=new_id)
    try:
        _apply(store, definitions)
    except BaseException:
        store.close()
        raise
    return store, definitions


def _opened_for_reading(project: Project, path: Path) -> tuple[GeoPackageStore, Mapping[str, LayerDefinition]]:
    store = open_settled(path, clock=utc_clock, new_id=new_id)
    try:
        kept = store.definition_hashes()
        definitions = declared_layers(project.layers_folder, accepted=kept, understood=store.understood_definition)
    except BaseException:
        store.close()
        raise
    if all(kept.get(name) == sha256 for name, sha256 in definition_hashes(definitions).items()):
        return store, definitions
    store.close()
    with _written(path) as writer:
        _apply(writer, definitions)
    return open_settled(path, clock=utc_clock, new_id=new_id), definitions


@contextmanager
def opened_store(project: Project, *, read_only: bool = False) -> Iterator[GeoPackageStore]:
    """Open the store of a project as it is, without making the definitions of the folder hold.

    Raises
    ------
    StoreError
        Where it is missing, locked by another writer, damaged or too new.
    """
    path = store_path(project)
    if not path.exists():
        raise StoreError(
            f"There is no store at {path}", where="store", remedy="Import a file first: geo-ems import LAYER FILE"
        )
    store = open_geopackage(path, clock=utc_clock, new_id=new_id, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def _apply(store: GeoPackageStore, definitions: Mapping[str, LayerDefinition]) -> None:
    for definition in definitions.values():
        store.apply_definition(definition)


@contextmanager
def _written(path: Path) -> Iterator[GeoPackageStore]:
    store = open_geopackage(path, clock=utc_clock, new_id=new_id)
    try:
        yield store
    finally:
        store.close()


def _speed_reader(project: Project) -> Callable[[], SpeedTable]:
    """Return what reads the speed table of a project: its own, or of an older project folder that of the program."""
    held: list[SpeedTableFile] = []

    def current() -> SpeedTable:
        from geo_ems.catalogue.speed_table import SPEED_FILE, SpeedTableFile  # noqa: PLC0415 - only roads need it

        if not held:
            own = project.rules_folder / SPEED_FILE
            held.append(SpeedTableFile(own if own.exists() else bundled_folder() / "rules" / SPEED_FILE))
        return held[0].current()

    return current


def network_file(store: Path) -> Path:
    """Return where the road network of a store is kept: in the folder of what may be deleted at any time."""
    found = store.resolve()
    return found.with_name(f"{found.name}.cache") / "roads.network"


def utc_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(tz=UTC)


def new_id() -> str:
    """Return a random id part of ten characters that can be read out on the phone."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(10))


def store_path(project: Project) -> Path:
    """Return where the store of a project lies, or refuse what is no path of one."""
    if project.store.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            "The PostGIS store is not built yet",
            where="GEO_EMS_STORE",
            remedy="Give the path of a .gpkg file.",
            field="GEO_EMS_STORE",
            value=project.store,
        )
    path = Path(project.store).expanduser()
    if path.is_dir():
        raise UsageError(
            f"'{path}' is a folder",
            where="store",
            remedy="Give the path of a .gpkg file (GEO_EMS_STORE, or store in geo-ems.toml).",
            field="store",
            value=project.store,
        )
    return path
