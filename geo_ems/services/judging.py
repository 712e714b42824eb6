"""Which features of a layer a question is about, and what each of the others fails: kept for the next such question.

Most questions differ in their place alone. What does not depend on the place is found out once per
part of a layer (the base, and the rows changed since) and per kind of question, and kept with it: after an edit
only the changed rows are judged anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

import numpy as np

from geo_ems.catalogue.layer_snapshot import LayerPart
from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray, FloatArray
from geo_ems.model.conditions import Condition
from geo_ems.model.definitions import Availability, Reason
from geo_ems.queries.chords import Candidates
from geo_ems.queries.compiled import loaded_kernels
from geo_ems.queries.conditions import condition_tests
from geo_ems.queries.eligibility import (
    FailureArray,
    count_first_reasons,
    fails_only,
    failures,
    first_reason,
    reason_bit,
)
from geo_ems.queries.layered_shapes import LayeredShapes
from geo_ems.queries.shapes import prepare_candidates
from geo_ems.services.eligibility import (
    HAZARD_LAYER,
    SHELTER_ROLE,
    HazardExposure,
    active_hazard_rows,
    exposure_to,
    position_tests,
    standby_rows,
    status_failures,
    visible_rows,
)

_CONFIRMABLE = (Reason.STATUS_UNKNOWN, Reason.POSITION_STALE)
_MARKED_FROM = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a question decides who qualifies; its place is no part of it."""

    where: Condition
    at_date: str
    availability: frozenset[Availability]
    as_of: datetime
    max_age_s: float
    ignore_hazards: bool
    caller: Caller


class Judged:
    """The features of one layer for one kind of question; masks have shape (n,), and are made when first used."""

    def __init__(
        self,
        layered: LayeredShapes,
        failed: FailureArray,
        *,
        visible: BoolArray | None,
        is_standby: BoolArray,
        hazards: HazardExposure,
        age_s: FloatArray,
    ) -> None:
        """Take what each feature fails, who may be seen (None: all), and who is on standby."""
        self._layered = layered
        self._is_standby = is_standby
        self.failed = failed
        self.visible = visible
        self.hazards = hazards
        self.age_s = age_s
        self._asked = 0
        self._also_failing: BoolArray | None = None
        self._marked: dict[str, Candidates] = {}

    def used(self) -> "Judged":
        """Return the same, once more asked for."""
        self._asked += 1
        return self

    @cached_property
    def all_visible(self) -> BoolArray:
        """Return the features the caller may see."""
        return np.ones(self.failed.size, dtype=np.bool_) if self.visible is None else self.visible

    @cached_property
    def eligible(self) -> BoolArray:
        """Return the features that fail nothing."""
        return self._seen(self.failed == 0)

    @cached_property
    def failing(self) -> BoolArray:
        """Return the features that fail something."""
        return self._seen(self.failed != 0)

    @cached_property
    def confirmable(self) -> BoolArray:
        """Return the features that fail only on an unknown status or a stale position (ruling 2)."""
        return self._seen(fails_only(self.failed, _CONFIRMABLE))

    @cached_property
    def openable(self) -> BoolArray:
        """Return the features on standby that fail on nothing else (ruling 9)."""
        return self._seen(fails_only(self.failed, (Reason.UNAVAILABLE,)) & self._is_standby)

    @cached_property
    def eligible_count(self) -> int:
        """Return how many features fail nothing."""
        return int(np.count_nonzero(self.eligible))

    @cached_property
    def counts(self) -> Mapping[Reason, int]:
        """Return how many visible features each reason excludes first."""
        return count_first_reasons(self.failed if self.visible is None else self.failed[self.visible])

    def candidates(self, name: str) -> Candidates:
        """Return one of the masks by its name as a search takes it: marked in the tree where it is asked for again."""
        mask: BoolArray = getattr(self, name)
        if self._asked < _MARKED_FROM or self._layered.splice is not None or loaded_kernels() is None:
            return mask
        if name not in self._marked:
            self._marked[name] = prepare_candidates(self._layered.base, mask)
        return self._marked[name]

    def reason_of(self, row: int) -> Reason | None:
        """Return the first reason of a feature; None where it fails nothing."""
        failed = int(self.failed[row])
        return first_reason(failed) if failed else None

    def also_failing(self, rows: BoolArray, reason: Reason) -> "Judged":
        """Return the same features, some of them failing one test more."""
        failed = self.failed.copy()
        failed[rows] |= np.uint16(reason_bit(reason))
        judged = Judged(
            self._layered,
            failed,
            visible=self.visible,
            is_standby=self._is_standby,
            hazards=self.hazards,
            age_s=self.age_s,
        )
        judged._also_failing = rows
        return judged

    def is_also_failing(self, row: int) -> bool:
        """Return whether a feature fails the test that was added."""
        return self._also_failing is not None and bool(self._also_failing[row])

    def _seen(self, mask: BoolArray) -> BoolArray:
        return mask if self.visible is None else mask & self.visible


def judge(pinned: SnapshotSet, snapshot: LayerSnapshot, asked: Asked) -> Judged:
    """Return who qualifies; kept with the snapshot for the next question of the kind."""
    hazards = None if snapshot.definition.name == HAZARD_LAYER else pinned.layers.get(HAZARD_LAYER)
    active = active_hazard_rows(hazards, as_of=asked.as_of)
    moving = None if snapshot.definition.position is None else (asked.as_of, asked.max_age_s)
    # Snapshots are themselves, not what they hold: a key that names one keeps it, and no other is taken for it.
    around = None if not active.size else (hazards, tuple(active.tolist()), asked.ignore_hazards)
    key = (*_key(asked), moving, around)
    return snapshot.judged.get(key, lambda: _judged(snapshot, asked, exposure_to(hazards, active, snapshot))).used()


def _judged(snapshot: LayerSnapshot, asked: Asked, exposure: HazardExposure) -> Judged:
    failed = _row_failures(snapshot, asked)
    on_position, age_s = position_tests(snapshot, as_of=asked.as_of, max_age_s=asked.max_age_s)
    tests = [(reason, passes) for reason, passes in on_position if not passes.all()]
    if tests:
        failed = failed | failures(failed.size, tests)
    if snapshot.definition.role == SHELTER_ROLE and not asked.ignore_hazards:
        inside = np.flatnonzero(exposure.inside)
        if inside.size:
            failed = failed.copy()
            failed[inside] |= np.uint16(reason_bit(Reason.INSIDE_HAZARD))
    return Judged(
        snapshot.layered,
        failed,
        visible=visible_rows(snapshot, asked.caller) if asked.caller.areas else None,
        is_standby=standby_rows(snapshot),
        hazards=exposure,
        age_s=age_s,
    )


def _row_failures(snapshot: LayerSnapshot, asked: Asked) -> FailureArray:
    """Return what each feature fails by its own values: of the base as it was found before, of the changed rows now."""
    base = snapshot.base.failures.get(_key(asked), partial(_part_failures, snapshot.base, asked))
    if snapshot.overlay is None:
        return base
    return snapshot.overlay.splice.whole(base, _part_failures(snapshot.overlay.part, asked))


def _part_failures(part: LayerPart, asked: Asked) -> FailureArray:
    failed = status_failures(part, asked.availability)
    tests = condition_tests(asked.where, part.columns, at_date=asked.at_date)
    return failed | failures(failed.size, tests) if tests else failed


def _key(asked: Asked) -> tuple[str, str, frozenset[Availability], frozenset[str]]:
    # Written out, since 1 and True are equal as keys and not as conditions.
    return repr(asked.where), asked.at_date, asked.availability, frozenset(asked.caller.areas)
