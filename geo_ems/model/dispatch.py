"""A recommendation: who and what goes to an incident, why, what is missing, and what would cure it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from geo_ems.model.answers import DataAsOf
from geo_ems.model.features import Value

Amounts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Picked:
    """One resource that is recommended, with the reason in words.

    `total_s` is None where no roads were used; `straight_m` always stands. `amounts` says what it brings:
    teams, people, vehicles; quantity; places; beds. `state` is "ready", "to_open" or "to_confirm".
    `item` is the item of the stock to be ordered where the need is not named after it.
    """

    layer: str
    id: str
    name: str | None
    total_s: float | None
    distance_m: float | None
    straight_m: float | None
    amounts: Amounts
    state: str
    why: str
    status: str | None
    consent: str | None
    contact: Mapping[str, Value]
    flags: tuple[str, ...] = ()
    item: str | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """One that would have come sooner and is not recommended, with the reason in words."""

    id: str
    name: str | None
    reason: str
    detail: str
    total_s: float | None
    straight_m: float | None


@dataclass(frozen=True, slots=True)
class ShortReason:
    """Why something is missing: a code, how many it concerns, which ones, and the sentence."""

    code: str
    count: int
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cure:
    """What would help: confirm by phone, recall, widen the time, open, lift the cover, ask the upper level."""

    action: str
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What is missing of a need, why, and what would cure it."""

    missing: Amounts
    reasons: tuple[ShortReason, ...]
    cures: tuple[Cure, ...]


@dataclass(frozen=True, slots=True)
class NeedFilled:
    """One need of the card: `what` is teams, trucks, supplies, places or hospitals; `got` counts what is ready."""

    what: str
    name: str
    label: str
    wanted: Amounts
    got: Amounts
    within_s: float | None
    picks: tuple[Picked, ...]
    shortfall: Shortfall | None
    to_confirm: tuple[Picked, ...] = ()
    to_open: tuple[Picked, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ForceStep:
    """Who is on scene after `at_s` seconds: one team more, and the sums until then."""

    at_s: float | None
    straight_m: float | None
    id: str
    name: str | None
    teams: int
    people: int
    vehicles: int


@dataclass(frozen=True, slots=True)
class EffectiveForce:
    """When the aimed force is on scene: None where it never is, or where no roads were used."""

    aim: Amounts
    reached: bool
    reached_at_s: float | None
    steps: tuple[ForceStep, ...]


@dataclass(frozen=True, slots=True)
class SupportRequest:
    """The list for the upper level: what is missing, who is to be asked, and the nearest that others could send."""

    needed: bool
    ask: Mapping[str, Value]
    missing: tuple[str, ...]
    resources: tuple[Picked, ...]


@dataclass(frozen=True, slots=True)
class MoveUp:
    """One team that would cover an emptied area, without stripping its own."""

    team_id: str
    team_name: str | None
    area: str
    area_name: str | None
    rule: str
    total_s: float | None
    straight_m: float | None
    why: str


@dataclass(frozen=True, slots=True)
class CoverState:
    """One area and one rule: what it keeps at least, what it has now, and what after the recommendation."""

    rule: str
    label: str
    area: str
    area_name: str | None
    minimum: int
    now: int
    after: int


@dataclass(frozen=True, slots=True)
class SceneFilled:
    """The recommendation for one incident; `levels` are the alarm levels that its kind has cards of."""

    incident: str | None
    kind: str
    alarm_level: int
    grade: str | None
    lon: float
    lat: float
    card: Mapping[str, Value]
    needs: tuple[NeedFilled, ...]
    totals: Amounts
    force: EffectiveForce | None
    support_request: SupportRequest
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DispatchAnswer:
    """A recommendation for one incident or for several that share one pool; nothing is changed by asking."""

    query: Mapping[str, object]
    definition: Mapping[str, object]
    snapshot_id: str
    as_of: str
    data_as_of: Mapping[str, DataAsOf]
    scenes: tuple[SceneFilled, ...]
    cover: tuple[CoverState, ...]
    move_ups: tuple[MoveUp, ...]
    proven: bool
    gap: float
    warnings: tuple[str, ...] = field(default=())
