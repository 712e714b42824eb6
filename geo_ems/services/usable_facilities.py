"""Which facilities of a layer planning counts: by conditions, status, place and hazards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray
from geo_ems.model.conditions import Condition
from geo_ems.model.definitions import REASONS, Availability, Reason
from geo_ems.queries.conditions import condition_tests
from geo_ems.queries.eligibility import ReasonArray, count_reasons, first_failing_test
from geo_ems.services.eligibility import SHELTER_ROLE, hazard_exposure, position_tests, status_tests, visible_rows
from geo_ems.services.provenance import local_date
from geo_ems.settings import Defaults


class FacilityQuestion(Protocol):
    """What a question says of the facilities that count."""

    @property
    def where(self) -> Condition:
        """Return the conditions."""
        ...

    @property
    def as_of_now(self) -> bool:
        """Return whether only what is available now counts; planning counts standby too."""
        ...

    @property
    def availability(self) -> frozenset[Availability] | None:
        """Return the classes that count instead."""
        ...

    @property
    def ignore_hazards(self) -> bool:
        """Return whether shelters inside hazard areas count."""
        ...


@dataclass(frozen=True, slots=True)
class UsableFacilities:
    """Which of n facilities count; `reason_index` is the first test that each fails (in `REASONS`, -1 none)."""

    usable: BoolArray
    visible: BoolArray
    reason_index: ReasonArray

    @property
    def counts(self) -> Mapping[Reason, int]:
        """Return how many visible facilities each reason excludes first."""
        return count_reasons(self.reason_index[self.visible])

    @property
    def in_hazard(self) -> BoolArray:
        """Return which visible ones are left out because they lie inside a hazard area."""
        found: BoolArray = self.visible & (self.reason_index == REASONS.index(Reason.INSIDE_HAZARD))
        return found

    def reason_of(self, row: int) -> Reason | None:
        """Return the first test that one facility fails."""
        index = int(self.reason_index[row])
        return None if index < 0 else REASONS[index]


def check_states_asked(question: FacilityQuestion) -> None:
    """Raise UsageError where a question says in two ways which states count."""
    if question.as_of_now and question.availability is not None:
        raise UsageError(
            "as_of_now and availability answer the same question in two ways",
            remedy="Give one of them; as_of_now is availability=available.",
            field="availability",
            value=sorted(question.availability),
        )


def usable_facilities(
    pinned: SnapshotSet,
    facilities: LayerSnapshot,
    question: FacilityQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    as_of: datetime,
) -> UsableFacilities:
    """Return which facilities count, and what each of the others fails first."""
    wanted = question.availability or frozenset({Availability.AVAILABLE})
    tests = [*condition_tests(question.where, facilities.columns, at_date=local_date(as_of, zone))]
    status = status_tests(facilities, wanted)
    if question.availability is None and not question.as_of_now:
        planned = _planned(facilities)
        status = [(reason, passes | planned) for reason, passes in status]
    on_position, _ = position_tests(facilities, as_of=as_of, max_age_s=float(defaults.position_stale_after_s))
    tests = [*tests, *status, *on_position]
    if facilities.definition.role == SHELTER_ROLE and not question.ignore_hazards:
        tests.append((Reason.INSIDE_HAZARD, ~hazard_exposure(pinned, facilities, as_of=as_of).inside))
    reason_index = first_failing_test(len(facilities.columns), tests)
    visible = visible_rows(facilities, caller)
    return UsableFacilities(visible & (reason_index < 0), visible, reason_index)


def _planned(facilities: LayerSnapshot) -> BoolArray:
    """Return which facilities planning counts whatever their occupancy is today (ruling 9: open, standby)."""
    none = np.zeros(len(facilities.columns), dtype=bool)
    status = facilities.definition.status_field
    if status is None:
        return none
    column = facilities.columns.columns[status]
    planned = [index for index, code in enumerate(column.field.codes.values()) if code.planned]
    return none | np.isin(column.values, planned)
