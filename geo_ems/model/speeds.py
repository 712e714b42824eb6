"""How fast roads are travelled and where one may: the speed table of a project."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassSpeed:
    """What holds for a class of road; `drive_kmh` is None for one that vehicles may not use."""

    drive_kmh: float | None
    walk: bool
    oneway: bool = False


@dataclass(frozen=True, slots=True)
class SpeedTable:
    """The whole table; `sha256` names its meaning and is part of the key of every network.

    `limits_kmh` are posted limits in words. Of the access keys a later one decides; the `closed` words
    close a road to a mode. The barriers stop vehicles unless an access key says one of `open_words`.
    """

    classes: Mapping[str, ClassSpeed]
    posted_limit_factor: float
    walk_kmh: float
    ferry_kmh: float
    limits_kmh: Mapping[str, float]
    drive_keys: tuple[str, ...]
    walk_keys: tuple[str, ...]
    drive_closed: frozenset[str]
    walk_closed: frozenset[str]
    sidewalks: frozenset[str]
    barriers_closed: frozenset[str]
    barrier_open_words: frozenset[str]
    sha256: str
