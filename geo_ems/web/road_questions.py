"""What a question says of roads: metric, mode, direction, barriers and their policies, as the services take it."""

from typing import TypedDict

from geo_ems.errors import UsageError
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.barrier_question import DrawnBarrier
from geo_ems.services.drawn_barriers import drawn_barrier
from geo_ems.web import question_parameters as ask
from geo_ems.web.parameters import Asked


class RoadQuestion(TypedDict):
    """The members of a `NearestQuestion` that are about roads."""

    metric: Metric | None
    mode: Mode
    direction: Direction | None
    cutoff_s: float | None
    drawn_barriers: tuple[DrawnBarrier, ...]
    barrier_ids: tuple[str, ...]
    policy: dict[str, str]
    include_route: bool
    own_area_only: bool


def road_question(asked: Asked) -> RoadQuestion:
    """Return what a request says of roads.

    Raises
    ------
    UsageError
        Where a barrier or a policy is not written as one.
    """
    metric, mode = asked.one(ask.NEAREST_METRIC), asked.one(ask.MODE)
    direction = asked.one(ask.DIRECTION)
    named = asked.one(ask.BARRIERS_JSON) or ()
    features = [item for item in named if isinstance(item, dict)]
    return RoadQuestion(
        metric=None if metric is None else Metric(metric),
        mode=Mode.DRIVE if mode is None else Mode(mode),
        direction=None if direction is None else Direction(direction),
        cutoff_s=asked.one(ask.CUTOFF_S),
        drawn_barriers=tuple(drawn_barrier(item, number) for number, item in enumerate(features, start=1)),
        barrier_ids=tuple(dict.fromkeys(item for item in named if isinstance(item, str))),
        policy=_policies(asked),
        include_route=asked.one(ask.INCLUDE_ROUTE) or False,
        own_area_only=asked.one(ask.OWN_AREA_ONLY) or False,
    )


def _policies(asked: Asked) -> dict[str, str]:
    said: object = asked.one(ask.POLICY_JSON)
    if isinstance(said, dict):  # of a JSON body
        return dict(said)
    found: dict[str, str] = {}
    for text in asked.many(ask.POLICY):
        name, equals, policy = text.rpartition("=")
        if not equals or not name.strip() or not policy.strip():
            raise UsageError(
                f"'{text}' is not a policy",
                remedy="Write policy=ID=closed, policy=ID=slow:3 or policy=hazard_areas=ignore.",
                field="policy",
                value=text,
            )
        found[name.strip()] = policy.strip()
    return found
