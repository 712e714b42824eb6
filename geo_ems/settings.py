"""The only reader of the environment and of geo-ems.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from geo_ems.errors import FaultsError, UsageError
from geo_ems.model.labels import LANGUAGES, Label, Language

PROJECT_FILE = "geo-ems.toml"
VARIABLES = (
    "GEO_EMS_PROJECT_DIR",
    "GEO_EMS_STORE",
    "GEO_EMS_HOST",
    "GEO_EMS_PORT",
    "GEO_EMS_AUTH",
    "GEO_EMS_LANG",
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _LabelToml(_Strict):
    zh: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=200)]


class Defaults(_Strict):
    """What holds where a question says nothing; metres and seconds."""

    k: Annotated[int, Field(ge=1, le=1000)] = 5
    position_stale_after_s: Annotated[int, Field(ge=1, le=86_400)] = 1800
    detour_factor: Annotated[float, Field(ge=1, le=5)] = 1.35
    shelter_cutoff_m: Annotated[float, Field(gt=0, le=1_000_000)] = 2000.0
    depot_cutoff_m: Annotated[float, Field(gt=0, le=1_000_000)] = 10_000.0
    team_cutoff_m: Annotated[float, Field(gt=0, le=1_000_000)] = 10_000.0


class _ProjectToml(_Strict):
    name: _LabelToml
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    store: str = "geo_ems.gpkg"
    defaults: Defaults = Defaults()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"'{value}' is no IANA time zone, such as Asia/Shanghai"
            raise ValueError(message) from error
        return value


@dataclass(frozen=True, slots=True)
class Project:
    """One project folder with its settings; `demonstration` is the one that comes with the program."""

    folder: Path
    name: Label
    zone: ZoneInfo
    language: Language
    store: str
    defaults: Defaults
    host: str
    port: int
    auth: str

    @property
    def layers_folder(self) -> Path:
        """Return where the layer definitions lie."""
        return self.folder / "layers"

    @property
    def maps_folder(self) -> Path:
        """Return where the map definitions lie."""
        return self.folder / "maps"

    @property
    def api_folder(self) -> Path:
        """Return where the publication settings lie."""
        return self.folder / "api"


def bundled_folder() -> Path:
    """Return the project folder that comes with the program: inside the wheel, or the repository root."""
    package = Path(__file__).resolve().parent
    inside = package / "_bundled"
    return inside if inside.is_dir() else package.parent


def find_project_folder(environment: Mapping[str, str], *, start: Path) -> Path:
    """Return GEO_EMS_PROJECT_DIR, else the first folder upwards from `start` that has a geo-ems.toml.

    Raises
    ------
    UsageError
        Where GEO_EMS_PROJECT_DIR names a folder without geo-ems.toml, or no folder upwards has one.
    """
    named = environment.get("GEO_EMS_PROJECT_DIR")
    if named:
        folder = Path(named).expanduser().resolve()
        if not (folder / PROJECT_FILE).is_file():
            raise UsageError(
                f"'{named}' is no project folder: it has no {PROJECT_FILE}",
                where="GEO_EMS_PROJECT_DIR",
                remedy=f"Make one with: geo-ems init {named}",
                field="GEO_EMS_PROJECT_DIR",
                value=named,
            )
        return folder
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        "There is no project folder here",
        where=str(start),
        remedy="Change into one (cd my-county), or make one with: geo-ems init my-county",
        field="GEO_EMS_PROJECT_DIR",
    )


def load_project(folder: Path, environment: Mapping[str, str]) -> Project:
    """Return the settings of a project folder, with the environment on top.

    Raises
    ------
    FaultsError
        Where geo-ems.toml is not valid TOML or holds wrong or unknown keys.
    UsageError
        Where a GEO_EMS_* variable is unknown or has a wrong value.
    """
    refuse_unknown_variables(environment)
    toml = _read_project_toml(folder / PROJECT_FILE)
    language = environment.get("GEO_EMS_LANG", toml.language)
    if language not in LANGUAGES:
        raise _wrong_variable("GEO_EMS_LANG", language, "Write zh or en.")
    auth = environment.get("GEO_EMS_AUTH", "local")
    if auth != "local":
        raise _wrong_variable("GEO_EMS_AUTH", auth, "Only 'local' (loopback without login) is built so far.")
    port = environment.get("GEO_EMS_PORT", "8000")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:  # noqa: PLR2004 TCP's range
        raise _wrong_variable("GEO_EMS_PORT", port, "Write a number from 1 to 65535.")
    return Project(
        folder=folder,
        name=Label(toml.name.zh, toml.name.en),
        zone=ZoneInfo(toml.time_zone),
        language="zh" if language == "zh" else "en",
        store=environment.get("GEO_EMS_STORE", "") or str(folder / toml.store),
        defaults=toml.defaults,
        host=environment.get("GEO_EMS_HOST", "127.0.0.1"),
        port=int(port),
        auth=auth,
    )


def refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Raise where a GEO_EMS_* variable is not known: a typo must not be ignored."""
    for name in sorted(environment):
        if name.startswith("GEO_EMS_") and name not in VARIABLES:
            raise UsageError(
                f"There is no setting '{name}'",
                where="environment",
                remedy=f"Known: {', '.join(VARIABLES)}.",
                field=name,
                value=environment[name],
            )


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process; the single place that reads it."""
    return dict(os.environ)


def _read_project_toml(path: Path) -> _ProjectToml:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"'{path.name}' cannot be read: {error.strerror}", where=str(path), remedy="Make one with: geo-ems init DIR"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError(
            "not valid TOML", [UsageError(str(error))], where=str(path), remedy="Correct the line named."
        ) from error
    try:
        return _ProjectToml.model_validate(raw)
    except ValidationError as error:
        faults = [
            UsageError(
                item["msg"],
                where=f"{path.name}, field '{'.'.join(str(part) for part in item['loc'])}'",
                remedy="See the geo-ems.toml that `geo-ems init` writes.",
            )
            for item in error.errors()
        ]
        raise FaultsError("wrong settings", faults, where=str(path)) from error


def _wrong_variable(name: str, value: str, remedy: str) -> UsageError:
    return UsageError(f"'{value}' is not valid", where=name, remedy=remedy, field=name, value=value)
