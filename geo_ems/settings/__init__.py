"""The only reader of the environment and of geo-ems.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a question says nothing; metres and seconds."""

    k: int = 5
    position_stale_after_s: int = 1800
    detour_factor: float = 1.35
    shelter_cutoff_m: float = 2000.0
    depot_cutoff_m: float = 10_000.0
    team_cutoff_m: float = 10_000.0
    access_speed_kmh: float = 4.0
    turnout_fire_s: float = 60.0
    turnout_militia_s: float = 1200.0
    turnout_village_s: float = 1200.0
    turnout_other_s: float = 600.0
    closure_stale_after_s: int = 43_200


@dataclass(frozen=True, slots=True)
class Limits:
    """Which numbers a default may be: whole or not, from `least` (itself excluded where `above`) to `most`."""

    kind: type[int | float]
    least: float
    most: float
    above: bool = False

    def hold(self, value: object) -> bool:
        """Return whether a value is such a number."""
        if type(value) is int or (self.kind is float and type(value) is float):
            return (self.least < value if self.above else self.least <= value) and value <= self.most
        return False


LIMITS: Final[Mapping[str, Limits]] = {
    "k": Limits(int, 1, 1000),
    "position_stale_after_s": Limits(int, 1, 86_400),
    "detour_factor": Limits(float, 1, 5),
    "shelter_cutoff_m": Limits(float, 0, 1_000_000, above=True),
    "depot_cutoff_m": Limits(float, 0, 1_000_000, above=True),
    "team_cutoff_m": Limits(float, 0, 1_000_000, above=True),
    "access_speed_kmh": Limits(float, 0.5, 20),
    "turnout_fire_s": Limits(float, 0, 86_400),
    "turnout_militia_s": Limits(float, 0, 86_400),
    "turnout_village_s": Limits(float, 0, 86_400),
    "turnout_other_s": Limits(float, 0, 86_400),
    "closure_stale_after_s": Limits(int, 60, 31_536_000),
}
NAME_CHARACTERS: Final = 200
_KEYS: Final = frozenset({"name", "time_zone", "language", "store", "defaults"})


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

    @property
    def rules_folder(self) -> Path:
        """Return where the rules lie."""
        return self.folder / "rules"


def bundled_folder() -> Path:
    """Return the project folder that comes with the program: inside the wheel, or the repository root."""
    package = Path(__file__).resolve().parent.parent
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
        name=toml.name,
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


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What geo-ems.toml says, with the defaults of the program where it is silent."""

    name: Label
    time_zone: str
    language: Language
    store: str
    defaults: Defaults


def _read_project_toml(path: Path) -> ProjectFile:
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
    read = plainly_right(raw)
    if read is not None:
        return read
    from geo_ems.settings.checking import checked_project  # noqa: PLC0415 - only faults need the library that words them

    return checked_project(raw, path)


def plainly_right(raw: Mapping[str, object]) -> ProjectFile | None:
    """Return what a project file says where nothing in it can be faulted; None where it has to be checked closely.

    A command of half a second cannot wait for the library that checks and words faults
    (`settings.checking`); whatever is accepted here is accepted there, and read alike.
    """
    name = _plain_label(raw.get("name"))
    defaults = _plain_defaults(raw.get("defaults", {}))
    language = raw.get("language", "zh")
    time_zone, store = raw.get("time_zone", "Asia/Shanghai"), raw.get("store", "geo_ems.gpkg")
    if name is None or defaults is None or not raw.keys() <= _KEYS or language not in LANGUAGES:
        return None
    if not isinstance(store, str) or not isinstance(time_zone, str) or not is_zone(time_zone):
        return None
    return ProjectFile(name, time_zone, "zh" if language == "zh" else "en", store, defaults)


def _plain_label(raw: object) -> Label | None:
    if not isinstance(raw, dict) or raw.keys() != {"zh", "en"}:
        return None
    zh, en = raw["zh"], raw["en"]
    if not isinstance(zh, str) or not isinstance(en, str):
        return None
    return Label(zh, en) if 1 <= len(zh) <= NAME_CHARACTERS and 1 <= len(en) <= NAME_CHARACTERS else None


def _plain_defaults(raw: object) -> Defaults | None:
    if not isinstance(raw, dict) or not raw.keys() <= LIMITS.keys():
        return None
    if not all(LIMITS[key].hold(value) for key, value in raw.items()):
        return None
    return Defaults(**{key: LIMITS[key].kind(value) for key, value in raw.items()})  # type: ignore[arg-type]  # as held


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _wrong_variable(name: str, value: str, remedy: str) -> UsageError:
    return UsageError(f"'{value}' is not valid", where=name, remedy=remedy, field=name, value=value)
