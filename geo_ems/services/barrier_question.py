"""What a question says of barriers: those drawn for it alone, and what known ones are to do; and what acted."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from geo_ems.errors import UsageError
from geo_ems.model.labels import Language
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import Sense
from geo_ems.routing.effects import BarrierEffects

DRAWN_LAYER = "question"
STALE_AFTER_S = 43_200.0
"""A closure that nobody confirmed for twelve hours is said so with its age."""
MAX_FACTOR, MAX_DELAY_S = 1000.0, 86_400.0
_SAID = re.compile(r"(closed|ignore)|(slow|delay):([0-9]{1,6}(?:\.[0-9]{1,6})?)", re.ASCII)
_REMEDY = "Write closed, ignore, slow:3 (three times as long) or delay:120 (seconds)."


@dataclass(frozen=True, slots=True)
class PolicySaid:
    """What a barrier is to do: the policy with its factor or its seconds."""

    policy: Policy
    factor: float = 1.0
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DrawnBarrier:
    """A barrier drawn for one question alone; its geometry in WGS84 lon/lat degrees, None with a `road_id`."""

    id: str
    geometry: BaseGeometry | None
    said: PolicySaid
    sense: Sense = Sense.BOTH
    towards_deg: float | None = None
    road_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class BarrierQuestion:
    """Which barriers act: at an instant, in a mode.

    `overrides` say of an id, or of a layer, what its barriers do for this question, as `policy_said`
    reads it. A barrier named by its id acts then also where it is lifted, lapsed or on watch: what if.
    """

    as_of: datetime
    mode: Mode = Mode.DRIVE
    inline: tuple[DrawnBarrier, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    language: Language = "zh"
    stale_after_s: float = STALE_AFTER_S


@dataclass(frozen=True, slots=True)
class BarrierUsed:
    """A barrier that acted; `layer` is "barriers", "hazard_areas", or "question" for a drawn one.

    `confirmed_age_s` is the time from the last confirmation to `as_of`, None where nobody confirmed it.
    `edges_hit` counts the pieces of road, from junction to junction, that it acts on.
    """

    id: str
    layer: str
    name: str | None
    policy: str
    valid_to: str | None
    confirmed_at: str | None
    edges_hit: int
    confirmed_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """What acts: `barriers[i]` is the barrier that `effects.barrier == i` speaks of."""

    effects: BarrierEffects
    barriers: tuple[BarrierUsed, ...]
    warnings: tuple[str, ...]


def policy_said(text: str, *, field_name: str = "policy") -> PolicySaid:
    """Return a policy from "closed", "ignore", "slow:3" or "delay:120".

    Raises
    ------
    UsageError
        Where it is written otherwise, slows to less than once, or delays beyond a day.
    """
    found = _SAID.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"'{text[:60]}' is no policy", remedy=_REMEDY, field=field_name, value=text[:60])
    plain, scaled, amount = found.groups()
    if plain is not None:
        return PolicySaid(Policy(plain))
    number = float(amount)
    if scaled == "slow":
        return PolicySaid(Policy.SLOW, factor=_in_range(number, 1.0, MAX_FACTOR, field_name))
    return PolicySaid(Policy.DELAY, delay_s=_in_range(number, 0.0, MAX_DELAY_S, field_name))


def _in_range(number: float, least: float, most: float, field_name: str) -> float:
    if not math.isfinite(number) or not least <= number <= most:
        raise UsageError(
            f"{number:g} is out of range",
            remedy=f"Write a number from {least:g} to {most:g}.",
            field=field_name,
            value=number,
        )
    return number
