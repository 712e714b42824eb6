"""Making a project folder of the same shape as the repository root."""

import json
import re
import shutil
from pathlib import Path

from geo_ems.errors import UsageError
from geo_ems.settings import PROJECT_FILE, bundled_folder

PARTS = (PROJECT_FILE, "layers", "maps", "api", "rules")
_MOST_CHARACTERS = 200
_NAME_LINE = re.compile(r"^name = .*$", re.MULTILINE)
_FIRST_LINE = re.compile(r"\A#.*$", re.MULTILINE)


def make_project_folder(folder: Path, *, name: str | None = None) -> tuple[str, ...]:
    """Copy the bundled settings and definitions into a new folder; return the names made.

    `name` is what the project is called instead of the demonstration county.

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
        for part in PARTS:
            source = bundled_folder() / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                shutil.copyfile(source, folder / part)
            made.append(part)
        if name is not None:
            _name_project(folder / PROJECT_FILE, name)
    except OSError as error:
        raise UsageError(
            f"'{folder}' cannot be written: {error.strerror}", remedy="Choose another folder.", field="folder"
        ) from error
    return tuple(made)


def _name_project(settings: Path, name: str) -> None:
    plain = "".join(character for character in name if character.isprintable())[:_MOST_CHARACTERS] or settings.name
    quoted = json.dumps(plain, ensure_ascii=False)  # a TOML string is quoted likewise
    line = f"name = {{ zh = {quoted}, en = {quoted} }}    # 请改成本县的名称 the name of your county"
    text = settings.read_text(encoding="utf-8")
    text = _FIRST_LINE.sub("# A project folder: this file, layers/, maps/, api/, rules/.", text, count=1)
    settings.write_text(_NAME_LINE.sub(lambda _: line, text, count=1), encoding="utf-8")
