"""What `geo-ems check` says of the project folder and this system."""

import platform
import shutil
import sys
from pathlib import Path

import pyproj
import shapely

from geo_ems import __version__
from geo_ems.settings import Project
from geo_ems.storage.connections import sqlite_version


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
