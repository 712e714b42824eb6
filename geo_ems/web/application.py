"""What the HTTP door works with: an opened project, what of it is published, and who makes the pages."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from geo_ems.bootstrap import Application
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Language
from geo_ems.services.maps import board_names, map_page
from geo_ems.services.roads import RoadSource
from geo_ems.settings import Project
from geo_ems.storage.connections import sqlite_version
from geo_ems.storage.geopackage_store import GeoPackageStore
from geo_ems.storage.protocol import LayerStore
from geo_ems.web.publishing import Publishing, load_publishing

PAGE_KEPT = timedelta(seconds=60)


class PageMaker(Protocol):
    """Makes the map page of a name."""

    def __call__(self, name: str, *, language: Language, include_private: bool) -> bytes:
        """Return the page as UTF-8 HTML."""
        ...


@dataclass(frozen=True, slots=True)
class StoreProbe:
    """How to ask whether the store works: `check_writing` raises StoreError where a change would not be stored.

    `notice_changes` takes in what another program edited in the file; almost free where nothing
    changed. `poison_rows` are rows and values that cannot be used, in words; `warnings` what will
    become a fault.
    """

    check_writing: Callable[[], None]
    notice_changes: Callable[[], object]
    poison_rows: Callable[[], tuple[str, ...]]
    free_disk_bytes: Callable[[], int]
    sqlite_version: str
    warnings: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, slots=True)
class WebApplication:
    """Everything a route may use. `maps` are the names of the map pages that `page` makes."""

    project: Project
    store: LayerStore
    snapshots: SnapshotSource
    roads: RoadSource
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    publishing: Publishing
    probe: StoreProbe
    maps: tuple[str, ...]
    page: PageMaker

    @property
    def layers(self) -> Mapping[str, LayerDefinition]:
        """Return the layers that are published."""
        return self.publishing.published(self.snapshots.definitions)


def web_application(application: Application) -> WebApplication:
    """Return what the HTTP door needs of an opened project.

    Raises
    ------
    FaultsError
        Where `api/publish.toml` is wrong.
    """
    embedded, folder = application.embedded, Path(application.project.store).resolve().parent
    publishing = load_publishing(application.project.api_folder)
    publishing.published(application.snapshots.definitions)
    return WebApplication(
        project=application.project,
        store=application.store,
        snapshots=application.snapshots,
        roads=application.roads,
        clock=application.clock,
        new_id=application.new_id,
        publishing=publishing,
        probe=StoreProbe(
            check_writing=embedded.check_writing,
            notice_changes=lambda: application.store.derive_noticed(embedded.notice_foreign_edits()),
            poison_rows=_poison_reader(embedded),
            free_disk_bytes=lambda: shutil.disk_usage(folder).free,
            sqlite_version=sqlite_version(),
            warnings=embedded.warnings,
        ),
        maps=board_names(application.project),
        page=_page_maker(application),
    )


def _page_maker(application: Application) -> PageMaker:
    """Return what makes pages; while nothing changed, a page made within the last minute is given again."""
    made: dict[tuple[str, Language, bool], tuple[str, datetime, bytes]] = {}

    def make(name: str, *, language: Language, include_private: bool) -> bytes:
        key, now = (name, language, include_private), application.clock()
        snapshot_id = application.snapshots.pin(sorted(application.snapshots.definitions)).snapshot_id
        last = made.get(key)
        if last is not None and last[0] == snapshot_id and abs(now - last[1]) < PAGE_KEPT:
            return last[2]
        page = map_page(
            application.snapshots,
            application.project,
            name,
            language=language,
            served=True,
            include_private=include_private,
            clock=lambda: now,
        )
        made[key] = (snapshot_id, now, page)
        return page

    return make


def _poison_reader(store: GeoPackageStore) -> Callable[[], tuple[str, ...]]:
    """Return a reader of the unusable rows that reads the store again only after a change."""
    held: dict[int, tuple[str, ...]] = {}

    def poison_rows() -> tuple[str, ...]:
        seq = store.describe().seq
        if seq not in held:
            rows = tuple(f"{row.layer}, row {row.fid}: {row.reason}" for row in store.poison_rows())
            held.clear()
            held[seq] = rows
        return held.get(seq, ())

    return poison_rows
