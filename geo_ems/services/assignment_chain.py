"""The chain of an assignment (SEMANTICS ruling 13): which status follows which, and what is booked in each."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from geo_ems.errors import ConflictError, UsageError
from geo_ems.model.features import Properties
from geo_ems.services.team_chain import transition

TEAM, DEPOT, SHELTER = "team", "depot", "shelter"
ASSIGNABLE_ROLES: Final = (TEAM, DEPOT, SHELTER)


class Step(StrEnum):
    """Every status an assignment may have."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    DEPARTED = "departed"
    STAGED = "staged"
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"
    AT_FACILITY = "at_facility"
    DONE = "done"
    RETURNING = "returning"
    AVAILABLE = "available"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class Booked(StrEnum):
    """Where the booked goods and places stand: not booked, kept for the incident, or gone to it."""

    NOTHING = "nothing"
    RESERVED = "reserved"
    GONE = "gone"


_BUSY = (Step.DEPARTED, Step.STAGED, Step.ON_SCENE, Step.TRANSPORTING, Step.AT_FACILITY)
OPEN_STEPS: Final = frozenset((Step.ORDERED, Step.ACCEPTED, *_BUSY))
"""The steps in which a team belongs to its incident."""

_OVER: Final = frozenset((Step.DECLINED, Step.AVAILABLE, Step.CANCELLED))
_NEVER_FOLLOWS: Final = frozenset((Step.ORDERED, Step.CANCELLED))  # these are an order of its own, and an undo

_UNBOOKED = frozenset((Step.DECLINED, Step.NO_ANSWER, Step.RECALLED, Step.CANCELLED))
_NOT_LEFT_YET = frozenset((Step.ORDERED, Step.ACCEPTED))
_PEOPLE_COUNTED = frozenset((Step.DONE, Step.RETURNING, Step.AVAILABLE))


def step_named(name: str) -> Step:
    """Return a status by its code.

    Raises
    ------
    UsageError
        Where there is no such status; the message lists them.
    """
    try:
        return Step(name)
    except ValueError:
        raise UsageError(
            f"There is no status '{name}'", remedy=f"Known: {', '.join(Step)}.", field="status", value=name
        ) from None


def booked_in(role: str, step: Step, *, was_recalled: bool = False) -> Booked:
    """Return what is booked of a resource in a step.

    Stock is kept until it departs, and is gone from then on. Places are kept until the people
    have arrived and are counted (done). Who declines, does not answer or is recalled has nothing
    booked, and what comes back after a recall stays unbooked.
    """
    if role == TEAM or step in _UNBOOKED or was_recalled:
        return Booked.NOTHING
    if role == SHELTER:
        return Booked.GONE if step in _PEOPLE_COUNTED else Booked.RESERVED
    return Booked.RESERVED if step in _NOT_LEFT_YET else Booked.GONE


def following(now: Step) -> tuple[Step, ...]:
    """Return what may follow a step of an assignment: what the chain of teams says, until it is over."""
    if now in _OVER:
        return ()
    return tuple(step for step in Step if step not in _NEVER_FOLLOWS and transition(now, step).move in {"step", "skip"})


def next_steps(status: object) -> tuple[Step, ...]:
    """Return what may follow the status of a stored assignment; nothing where it is none that is known."""
    return following(Step(str(status))) if status in tuple(Step) else ()


def check_follows(now: Step, wanted: Step, *, where: str) -> None:
    """Refuse a status that does not follow the present one.

    Raises
    ------
    ConflictError
        Naming those that do.
    """
    known = following(now)
    if wanted not in known:
        remedy = f"From '{now}' it goes to: {', '.join(known)}." if known else f"'{now}' is the end of the chain."
        raise ConflictError(
            f"'{wanted}' does not follow '{now}'", where=where, remedy=f"{remedy} A wrong entry is undone."
        )


def steps_in_force(history: Sequence[Properties]) -> list[Step]:
    """Return the steps that were not undone, oldest first: a row that undoes takes away the step before it."""
    steps: list[Step] = []
    for row in history:
        if row.get("undoes") is True:
            if steps:
                steps.pop()
        else:
            steps.append(Step(str(row["status"])))
    return steps
