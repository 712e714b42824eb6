"""The tables of the rules of a recommendation as pydantic models: which keys there are, what value each takes."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from geo_ems.catalogue.toml_tables import LabelTable, Table

_BLANK = {"zh": "?", "en": "?"}


class TeamsTable(Table):
    """One need of teams."""

    placeholders: ClassVar[Mapping[str, object]] = {"name": "?", "label": _BLANK}
    name: str
    label: LabelTable
    teams: int = Field(default=0, ge=0, le=1000)
    people_persons: int = Field(default=0, ge=0, le=1_000_000)
    vehicles_count: int = Field(default=0, ge=0, le=10_000)
    capabilities: list[str] = Field(default_factory=list)
    any_capability: list[str] = Field(default_factory=list)
    kinds: list[str] = Field(default_factory=list)
    within_min: float | None = Field(default=None, gt=0, le=14_400)


class SuppliesTable(Table):
    """One need of an item."""

    placeholders: ClassVar[Mapping[str, object]] = {"item": "?", "quantity": 1.0}
    item: str
    quantity: float = Field(gt=0, le=1e9)
    within_min: float | None = Field(default=None, gt=0, le=14_400)


class PlacesTable(Table):
    """Places in shelters."""

    placeholders: ClassVar[Mapping[str, object]] = {"places_persons": 1}
    places_persons: int = Field(ge=0, le=10_000_000)
    follows_affected: bool = False
    suitable_for: list[str] = Field(default_factory=list)
    within_min: float | None = Field(default=None, gt=0, le=14_400)


class HospitalsTable(Table):
    """Hospitals and beds."""

    hospitals: int = Field(default=0, ge=0, le=1000)
    beds_count: int = Field(default=0, ge=0, le=1_000_000)
    within_min: float | None = Field(default=None, gt=0, le=14_400)


class ForceTable(Table):
    """When the response is effective."""

    teams: int = Field(default=0, ge=0, le=1000)
    people_persons: int = Field(default=0, ge=0, le=1_000_000)
    within_min: float | None = Field(default=None, gt=0, le=14_400)


class LevelTable(Table):
    """The needs at one alarm level; what stands inside is checked one by one."""

    placeholders: ClassVar[Mapping[str, object]] = {"level": 1}
    level: int = Field(ge=1, le=9)
    teams: list[object] = Field(default_factory=list)
    supplies: list[object] = Field(default_factory=list)
    places: dict[str, object] | None = None
    hospitals: dict[str, object] | None = None
    force: dict[str, object] | None = None


class CardTable(Table):
    """The file of one kind of incident."""

    placeholders: ClassVar[Mapping[str, object]] = {"kind": None, "note": _BLANK, "levels": []}
    kind: str | None
    note: LabelTable
    levels: list[object]


class CoverTable(Table):
    """What an area keeps for itself."""

    placeholders: ClassVar[Mapping[str, object]] = {"name": "?", "label": _BLANK, "teams": 1}
    name: str
    label: LabelTable
    teams: int = Field(ge=1, le=1000)
    capabilities: list[str] = Field(default_factory=list)
    any_capability: list[str] = Field(default_factory=list)
    kinds: list[str] = Field(default_factory=list)
    level: str | None = None
    districts: list[str] = Field(default_factory=list)
    stations: list[str] = Field(default_factory=list)
    radius_m: float | None = Field(default=None, gt=0, le=1_000_000)


class CoversTable(Table):
    """The file of minimum cover."""

    placeholders: ClassVar[Mapping[str, object]] = {"note": _BLANK}
    note: LabelTable
    keep: list[object] = Field(default_factory=list)


class TrucksTable(Table):
    """What a truck carries."""

    placeholders: ClassVar[Mapping[str, object]] = {
        "payload_kg": 1.0,
        "volume_m3": 1.0,
        "items": [],
        "capability": "?",
    }
    payload_kg: float = Field(gt=0, le=1e6)
    volume_m3: float = Field(gt=0, le=1e4)
    items: list[str]
    capability: str


class WeightTable(Table):
    """What one unit of an item weighs and takes up."""

    placeholders: ClassVar[Mapping[str, object]] = {"kg": 1.0, "m3": 1.0}
    kg: float = Field(ge=0, le=1e6)
    m3: float = Field(ge=0, le=1e4)


class CargoFileTable(Table):
    """The file of weights and trucks."""

    placeholders: ClassVar[Mapping[str, object]] = {"note": _BLANK, "trucks": {}, "weights": {}}
    note: LabelTable
    trucks: dict[str, object]
    weights: dict[str, object]
