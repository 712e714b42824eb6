"""What `geo-ems check` says of the project folder and this system."""

import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyproj
import shapely

from geo_ems import __version__
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.definitions import Availability, LayerDefinition
from geo_ems.model.labels import Language
from geo_ems.queries.positions import class_index
from geo_ems.services.districts import DISTRICT_FIELD, DISTRICT_LAYER
from geo_ems.services.words import say
from geo_ems.settings import Project, bundled_folder
from geo_ems.settings.reporting_rules import load_reporting_rules
from geo_ems.storage.connections import sqlite_version

_LISTED = 10


def data_facts(source: SnapshotSource, language: Language) -> tuple[str, ...]:
    """Return what to look at in the data: unknown states, missing places, places outside every district."""
    pinned = source.pin(sorted(source.definitions))
    has_districts = bool(len(pinned.layer(DISTRICT_LAYER).columns)) if DISTRICT_LAYER in pinned.layers else False
    facts = []
    for snapshot in pinned.layers.values():
        columns, label = snapshot.columns, snapshot.definition.label.text(language)
        unknown = int(np.count_nonzero(snapshot.availability == class_index(Availability.UNKNOWN)))
        if unknown:
            said = (f"{label}: {unknown} 个状态未知", f"{label}: {unknown} of unknown status")
            facts.append(say(language, *said))
        placeless = int(np.count_nonzero(~snapshot.is_located))
        if placeless:
            facts.append(say(language, f"{label}: {placeless} 个没有位置", f"{label}: {placeless} without a place"))
        district = columns.columns.get(DISTRICT_FIELD)
        if has_districts and district is not None and snapshot.definition.name != DISTRICT_LAYER:
            rows = np.flatnonzero(snapshot.is_located & ~district.known)
            if rows.size:
                named = ", ".join(str(columns.ids[row]) for row in rows[:_LISTED])
                said = (
                    f"{label}: {rows.size} 个在所有区划之外: {named}",
                    f"{label}: {rows.size} outside every district: {named}",
                )
                facts.append(say(language, *said))
    return tuple(facts)


def rule_facts(project: Project, definitions: Mapping[str, LayerDefinition], language: Language) -> tuple[str, ...]:
    """Return what is not filled in yet in the reporting rules.

    Raises
    ------
    FaultsError
        Where a file of them is wrong.
    """
    rules = load_reporting_rules(project.rules_folder, bundled=bundled_folder() / "rules")
    facts = []
    if rules.watch_reviewed_on is None:
        said = (
            "rules/reporting.toml: 关注清单尚未核对(reviewed_on)",
            "rules/reporting.toml: nobody has reviewed the watch list (reviewed_on)",
        )
        facts.append(say(language, *said))
    incidents = definitions.get("incidents")
    kinds = {} if incidents is None else incidents.fields["kind"].codes
    unknown = sorted({watched.kind for watched in rules.watched} - kinds.keys())
    if unknown:
        named = ", ".join(unknown)
        said = (
            f"rules/reporting.toml: 关注清单里没有这些类别: {named}",
            f"rules/reporting.toml: the watch list names kinds there are not: {named}",
        )
        facts.append(say(language, *said))
    return tuple(facts)


def system_facts(project: Project) -> tuple[str, ...]:
    """Return one line per fact that a support call needs."""
    store = Path(project.store)
    free_gb = shutil.disk_usage(store.parent if store.parent.is_dir() else project.folder).free / 1e9
    return (
        f"geo-ems {__version__}, Python {sys.version.split()[0]}, {platform.system()} {platform.machine()}",
        f"SQLite {sqlite_version()}, GEOS {shapely.geos_version_string}, PROJ {pyproj.proj_version_str}",
        f"project {project.folder}",
        f"store {store}",
        f"free disk space {free_gb:.1f} GB",
    )
