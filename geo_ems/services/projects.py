"""Making a project folder of the same shape as the repository root."""

import shutil
from pathlib import Path

from geo_ems.errors import UsageError
from geo_ems.settings import PROJECT_FILE, bundled_folder

PARTS = (PROJECT_FILE, "layers", "maps", "api", "rules")


def make_project_folder(folder: Path) -> tuple[str, ...]:
    """Copy the bundled settings and definitions into a new folder; return the names made.

    Raises
    ------
    UsageError
        Where the folder exists and is not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"'{folder}' exists and is not empty", remedy="Choose a new folder.", field="folder")
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in PARTS:
            source = bundled_folder() / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                shutil.copyfile(source, folder / name)
            made.append(name)
    except OSError as error:
        raise UsageError(
            f"'{folder}' cannot be written: {error.strerror}", remedy="Choose another folder.", field="folder"
        ) from error
    return tuple(made)
