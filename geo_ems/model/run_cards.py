"""What an incident of a kind needs at an alarm level, and what each area keeps for itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from geo_ems.model.labels import Label


@dataclass(frozen=True, slots=True)
class TeamsNeeded:
    """So many teams, people and vehicles that can do something, within a time.

    A team fits that has all `capabilities`, one of `any_capability` and one of `kinds`, each where given.
    `within_s` None means any time.
    """

    name: str
    label: Label
    teams: int = 0
    people_persons: int = 0
    vehicles_count: int = 0
    capabilities: tuple[str, ...] = ()
    any_capability: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class SuppliesNeeded:
    """So much of an item, in its own unit."""

    item: str
    quantity: float
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class PlacesNeeded:
    """Places in shelters; with `follows_affected` as many as people are affected, where the incident says so."""

    places_persons: int
    follows_affected: bool = False
    suitable_for: tuple[str, ...] = ()
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class HospitalsNeeded:
    """So many hospitals with together so many beds; designated ones first, back-ups after them."""

    hospitals: int = 0
    beds_count: int = 0
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class ForceAim:
    """When the response is effective: so many teams and people on scene (effective response force)."""

    teams: int = 0
    people_persons: int = 0
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunCard:
    """The needs of one kind of incident at one alarm level; level 1 is the smallest."""

    kind: str
    level: int
    note: Label
    source: str
    teams: tuple[TeamsNeeded, ...] = ()
    supplies: tuple[SuppliesNeeded, ...] = ()
    places: PlacesNeeded | None = None
    hospitals: HospitalsNeeded | None = None
    force: ForceAim | None = None


@dataclass(frozen=True, slots=True)
class CoverRule:
    """What an area keeps: so many available teams that can do something.

    Either `level`: each district of that level, or named `districts`, or `stations` (facilities) with `radius_m`.
    """

    name: str
    label: Label
    teams: int
    capabilities: tuple[str, ...] = ()
    any_capability: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    level: str | None = None
    districts: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    radius_m: float | None = None


@dataclass(frozen=True, slots=True)
class Cargo:
    """What one unit of an item weighs and takes up, in its own unit of measure."""

    weight_kg: float
    volume_m3: float


@dataclass(frozen=True, slots=True)
class Trucks:
    """What one truck carries, which items of the stock are trucks, and which capability means a team has some."""

    payload_kg: float
    volume_m3: float
    items: tuple[str, ...]
    capability: str


@dataclass(frozen=True, slots=True)
class CargoTable:
    """What goods weigh and what trucks carry; `weights` by item."""

    trucks: Trucks
    weights: Mapping[str, Cargo]
