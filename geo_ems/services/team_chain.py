"""The chain a team goes through (SEMANTICS ruling 13): one table says what may follow what.

ordered -> accepted | declined | no_answer -> departed -> staged -> on_scene -> (transporting -> at_facility)
-> done -> returning -> available; recalled; out_of_service. A step forward may pass over others, and then says
which; back leads only undo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

CHAIN: Final = (
    *("ordered", "accepted", "departed", "staged", "on_scene", "transporting", "at_facility"),
    *("done", "returning", "available"),
)
FREE: Final = frozenset({"available", "delayed"})
REFUSALS: Final = frozenset({"declined", "no_answer"})
OUT_OF_SERVICE: Final = "out_of_service"

# What follows without anything passed over. A team may be ordered anew on its way back, and after a refusal.
STEPS: Final[Mapping[str, frozenset[str]]] = {
    "available": frozenset({"ordered", "delayed"}),
    "delayed": frozenset({"ordered", "available"}),
    "ordered": frozenset({"accepted", "declined", "no_answer", "recalled"}),
    "accepted": frozenset({"departed", "declined", "recalled"}),
    "declined": frozenset({"available", "delayed", "ordered"}),
    "no_answer": frozenset({"available", "delayed", "ordered", "accepted", "declined", "recalled"}),
    "departed": frozenset({"staged", "recalled"}),
    "staged": frozenset({"on_scene", "recalled"}),
    "on_scene": frozenset({"transporting", "done", "recalled"}),
    "transporting": frozenset({"at_facility", "recalled"}),
    "at_facility": frozenset({"done", "recalled"}),
    "done": frozenset({"returning", "delayed", "ordered"}),
    "returning": frozenset({"available", "delayed", "ordered"}),
    "recalled": frozenset({"returning", "delayed", "ordered"}),
    OUT_OF_SERVICE: frozenset({"available", "delayed"}),
}
STATUSES: Final = tuple(STEPS)
ENGAGED: Final = frozenset(CHAIN) - FREE
# Where somebody is to be carried, both; otherwise neither is missed.
_OPTIONAL: Final = frozenset({"transporting", "at_facility"})
_NOT_FROM_BASE: Final = frozenset({"returning", "available"})
_BEFORE_CHAIN: Final = -1

Move = Literal["step", "skip", "same", "back", "not_allowed"]


@dataclass(frozen=True, slots=True)
class Transition:
    """How one status follows another; `skipped` are the steps passed over, in their order."""

    move: Move
    skipped: tuple[str, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Return whether it may be entered."""
        return self.move in {"step", "skip", "same"}


def transition(before: str | None, after: str) -> Transition:
    """Return how `after` follows `before`; a team without a status is taken as available."""
    start = before if before is not None else "available"
    if start == after:
        return Transition("same" if before is not None else "step")
    if after in STEPS[start] or after == OUT_OF_SERVICE:
        return Transition("step")
    if start in FREE and after in REFUSALS:  # told at once, before the order was entered
        return Transition("skip", ("ordered",))
    return _along_chain(start, after)


def next_statuses(before: str | None) -> tuple[str, ...]:
    """Return what a team may be entered as next, steps first, then what passes over some."""
    moves = [(status, transition(before, status).move) for status in STATUSES]
    return tuple(status for wanted in ("step", "skip") for status, move in moves if move == wanted)


def _along_chain(start: str, after: str) -> Transition:
    """Return a move forward that passes over steps, or why there is none."""
    first = _place(start)
    if first is None or after not in CHAIN:
        return Transition("back" if start in ENGAGED and after in REFUSALS else "not_allowed")
    last = CHAIN.index(after)
    if last <= first:
        return Transition("back" if start in CHAIN else "not_allowed")
    if first == _BEFORE_CHAIN and after in _NOT_FROM_BASE:
        return Transition("not_allowed")
    carried = start in _OPTIONAL or after in _OPTIONAL
    between = CHAIN[first + 1 : last]
    return Transition("skip", tuple(step for step in between if step not in _OPTIONAL or carried))


def _place(status: str) -> int | None:
    """Return where on the chain a team stands; a recalled one has only the way back before it, one silent all of it."""
    if status in FREE:
        return _BEFORE_CHAIN
    if status == "recalled":
        return CHAIN.index("done")
    if status == "no_answer":  # it calls back, and may have left already
        return CHAIN.index("ordered")
    return CHAIN.index(status) if status in CHAIN else None
