"""How long a team needs until it leaves: by its own word, else assumed by its kind (SEMANTICS ruling 15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo_ems.catalogue.layer_snapshot import LayerSnapshot
from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.settings import Defaults

TEAM_ROLE: Final = "team"
TURNOUT_FIELD: Final = "turnout_s"
_FIRE, _MILITIA, _VILLAGE = "turnout_fire_s", "turnout_militia_s", "turnout_village_s"

_DEFAULT_OF_KIND: Final[Mapping[str, str]] = {
    **dict.fromkeys(("fire_rescue", "fire_brigade"), _FIRE),
    **dict.fromkeys(("militia", "militia_township", "reserve"), _MILITIA),
    **dict.fromkeys(
        (
            "village_assault",
            "grassroots",
            "dyke_patrol",
            "volunteer",
            "quake_volunteer",
            "red_cross_volunteer",
            "social",
            "cadre_pool",
        ),
        _VILLAGE,
    ),
}
_DEFAULT_OF_TIER: Final[Mapping[str, str]] = {"fire_rescue": _FIRE, "grassroots": _VILLAGE, "social": _VILLAGE}


@dataclass(frozen=True, slots=True)
class Turnouts:
    """Seconds until each of n features leaves, and where that is assumed by its kind; what is no team needs none."""

    turnout_s: FloatArray
    is_assumed: BoolArray


def turnouts_of(snapshot: LayerSnapshot, defaults: Defaults) -> Turnouts:
    """Return the turnout of each feature of a layer, kept with the snapshot.

    A team without a time of its own gets that of its kind, else of its tier, else that of all others.
    """
    return snapshot.travelled.get(("turnout", defaults), lambda: _turnouts(snapshot, defaults))


def _turnouts(snapshot: LayerSnapshot, defaults: Defaults) -> Turnouts:
    count = len(snapshot.columns)
    if snapshot.definition.role != TEAM_ROLE:
        return Turnouts(np.zeros(count), np.zeros(count, dtype=np.bool_))
    seconds = np.full(count, defaults.turnout_other_s)
    decided = np.zeros(count, dtype=np.bool_)
    for field, default_of in (("kind", _DEFAULT_OF_KIND), ("tier", _DEFAULT_OF_TIER)):
        column = snapshot.columns.columns.get(field)
        if column is None or not column.field.codes:
            continue
        by_code = np.array([_seconds(default_of.get(code), defaults) for code in column.field.codes] + [np.nan])
        own_s = by_code[column.values.astype(np.int64)]
        fits = ~decided & np.isfinite(own_s)
        seconds[fits] = own_s[fits]
        decided |= fits
    own = snapshot.columns.columns.get(TURNOUT_FIELD)
    if own is None:
        return Turnouts(seconds, np.ones(count, dtype=np.bool_))
    own_s = own.values.astype(np.float64)
    is_own = own.known & np.isfinite(own_s)
    return Turnouts(np.where(is_own, own_s, seconds), ~is_own)


def _seconds(key: str | None, defaults: Defaults) -> float:
    return np.nan if key is None else float(getattr(defaults, key))
