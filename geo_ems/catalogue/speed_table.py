"""`rules/speeds.toml` -> the speed table; what is wrong in it is told with its line, all at once."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from geo_ems.catalogue.definition_faults import DefinitionFaults, syntax_error
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.catalogue.toml_tables import Table
from geo_ems.errors import DefinitionError, FaultsError
from geo_ems.model.speeds import ClassSpeed, SpeedTable

SPEED_FILE = "speeds.toml"
_FASTEST_KMH = 300.0
_SLOWEST_KMH = 0.5


class _ClassTable(Table):
    placeholders: ClassVar[Mapping[str, object]] = {"walk": False}
    walk: bool
    drive_kmh: float | None = None
    oneway: bool = False


class _AccessTable(Table):
    placeholders: ClassVar[Mapping[str, object]] = {
        name: [] for name in ("drive_keys", "walk_keys", "drive_closed", "walk_closed")
    }
    drive_keys: list[str]
    walk_keys: list[str]
    drive_closed: list[str]
    walk_closed: list[str]
    sidewalks: list[str] = Field(default_factory=list)


class _BarriersTable(Table):
    placeholders: ClassVar[Mapping[str, object]] = {"closed": []}
    closed: list[str]
    open_words: list[str] = Field(default_factory=list)


class _SpeedsTable(Table):
    placeholders: ClassVar[Mapping[str, object]] = {
        "posted_limit_factor": 1.0,
        "walk_kmh": 4.0,
        "ferry_kmh": 10.0,
        "classes": {},
        "access": {},
        "barriers": {},
    }
    posted_limit_factor: float
    walk_kmh: float
    ferry_kmh: float
    classes: dict[str, object]
    access: dict[str, object]
    barriers: dict[str, object]
    limits_kmh: dict[str, float] = Field(default_factory=dict)


def load_speed_table(path: Path) -> SpeedTable:
    """Return the speed table of a file.

    Raises
    ------
    DefinitionError
        Where it cannot be read or is no TOML.
    FaultsError
        Of everything in it that is wrong, each with its line and the remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(
            f"The speed table cannot be read: {error}",
            where=str(path),
            remedy="Take rules/speeds.toml from a new project folder: geo-ems init DIR",
        ) from error
    return parse_speed_table(text, source=f"rules/{path.name}")


class SpeedTableFile:
    """The speed table of a project as it is now: read again only after its file was changed."""

    def __init__(self, path: Path) -> None:
        """Take the file; it is read when the table is asked for."""
        self._path = path
        self._held: tuple[tuple[int, int], SpeedTable] | None = None

    def current(self) -> SpeedTable:
        """Return the table.

        Raises
        ------
        DefinitionError, FaultsError
            As `load_speed_table` says.
        """
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
        except OSError:
            stamp = (0, 0)  # reading it says what is the matter
        held = self._held
        if held is None or held[0] != stamp:
            self._held = held = (stamp, load_speed_table(self._path))
        return held[1]


def parse_speed_table(text: str, *, source: str) -> SpeedTable:
    """Return the speed table that a text means; `source` is the name faults are told under.

    Raises
    ------
    DefinitionError, FaultsError
        As `load_speed_table` says.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise syntax_error(str(error), text, source=source) from error
    faults = DefinitionFaults(text, source)
    top = faults.checked(_SpeedsTable, raw, ())
    access = faults.checked(_AccessTable, top.access, ("access",))
    barriers = faults.checked(_BarriersTable, top.barriers, ("barriers",))
    classes = {name: _class(name, table, faults) for name, table in top.classes.items()}
    if isinstance(raw.get("classes"), dict) and not any(item.drive_kmh is not None for item in classes.values()):
        faults.add(("classes",), "No class is for vehicles.", "Give at least one a drive_kmh.")
    _check_share("posted_limit_factor", top.posted_limit_factor, faults)
    for name, kmh in (("walk_kmh", top.walk_kmh), ("ferry_kmh", top.ferry_kmh)):
        _check_speed((name,), kmh, faults)
    for word, kmh in top.limits_kmh.items():
        _check_speed(("limits_kmh", word), kmh, faults)
    errors = faults.errors()
    if errors:
        count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
        raise FaultsError(
            f"The speed table has {count}", errors, where=source, remedy="Correct it there; nothing was changed."
        )
    meaning = json.dumps(raw, sort_keys=True, ensure_ascii=False)
    return SpeedTable(
        classes=classes,
        posted_limit_factor=top.posted_limit_factor,
        walk_kmh=top.walk_kmh,
        ferry_kmh=top.ferry_kmh,
        limits_kmh=dict(top.limits_kmh),
        drive_keys=tuple(access.drive_keys),
        walk_keys=tuple(access.walk_keys),
        drive_closed=frozenset(access.drive_closed),
        walk_closed=frozenset(access.walk_closed),
        sidewalks=frozenset(access.sidewalks),
        barriers_closed=frozenset(barriers.closed),
        barrier_open_words=frozenset(barriers.open_words),
        sha256=hashlib.sha256(meaning.encode()).hexdigest(),
    )


def _class(name: str, raw: object, faults: DefinitionFaults) -> ClassSpeed:
    table = faults.checked(_ClassTable, raw, ("classes", name))
    if table.drive_kmh is not None:
        _check_speed(("classes", name, "drive_kmh"), table.drive_kmh, faults)
    return ClassSpeed(table.drive_kmh, table.walk, table.oneway)


def _check_speed(path: KeyPath, kmh: float, faults: DefinitionFaults) -> None:
    if not _SLOWEST_KMH <= kmh <= _FASTEST_KMH:
        remedy = f"Write km/h, from {_SLOWEST_KMH:g} to {_FASTEST_KMH:g}."
        faults.add(path, f"{kmh:g} is no speed.", remedy)


def _check_share(name: str, share: float, faults: DefinitionFaults) -> None:
    if not 0 < share <= 1:
        faults.add((name,), f"{share:g} is no share of a limit.", "Write a number above 0, at most 1: 0.9.")
