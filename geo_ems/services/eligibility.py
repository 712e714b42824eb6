"""Which features of a layer qualify: tests on status, position and hazards.

A test is a reason and a mask that is True where a feature passes, as `queries.eligibility` takes them.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ems.catalogue.layer_snapshot import LayerPart
from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.caller import Caller
from geo_ems.model.cells import AnyArray
from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.definitions import Availability, LayerDefinition, Reason
from geo_ems.model.labels import Language
from geo_ems.queries.areas import areas_by_place, representative_points, smallest_areas_containing
from geo_ems.queries.eligibility import FailureArray, failures, reason_bit
from geo_ems.queries.hazards import active_areas, unjudged_areas
from geo_ems.queries.positions import AvailabilityArray, availability_of_codes, class_index
from geo_ems.services.words import say

SHELTER_ROLE = "shelter"
HAZARD_LAYER = "hazard_areas"
_OUTDATED_LISTED = 5


@dataclass(frozen=True, slots=True)
class HazardExposure:
    """For each feature the active hazard area it lies in: `area_row` in the hazard layer, or -1."""

    area_row: IntArray
    snapshot: LayerSnapshot | None

    @property
    def inside(self) -> BoolArray:
        """Return which features lie inside an active hazard area."""
        return self.area_row >= 0

    def area_id(self, row: int) -> str:
        """Return the id of the area feature `row` lies in; "" where it lies in none."""
        if self.snapshot is None or self.area_row[row] < 0:
            return ""
        return self.snapshot.columns.id_at(int(self.area_row[row]))


def visible_rows(snapshot: LayerSnapshot, caller: Caller) -> BoolArray:
    """Return which features the caller may see; those outside its areas leave no trace in any count."""
    if not caller.areas:
        return np.ones(len(snapshot.columns), dtype=bool)
    district = snapshot.columns.columns["district_id"].values
    return np.isin(district.astype(str), np.array(caller.areas))


def status_tests(snapshot: LayerSnapshot, wanted: frozenset[Availability]) -> list[tuple[Reason, BoolArray]]:
    """Return the tests on status: unknown, closed, full, or otherwise not in the wanted classes.

    A facility whose known occupancy reaches its known capacity is full, whatever its status says.
    """
    status = snapshot.definition.status_field
    values = None if status is None else snapshot.columns.columns[status].values
    tests = _class_tests(snapshot.definition, snapshot.availability, values, wanted)
    if _can_be_full(snapshot.definition, wanted):
        tests.append((Reason.FULL, ~(free_places(snapshot) <= 0)))
    return tests


def status_failures(part: LayerPart, wanted: frozenset[Availability]) -> FailureArray:
    """Return what the features of a part fail of `status_tests`; each code is judged once, not each feature."""
    definition = part.columns.definition
    if definition.status_field is None:
        failed = np.zeros(len(part.columns), dtype=np.uint16)
    else:
        column = part.columns.columns[definition.status_field]
        codes = np.arange(-1, len(column.field.codes))
        by_code = failures(
            codes.size, _class_tests(definition, availability_of_codes(column.field)[codes], codes, wanted)
        )
        failed = by_code[column.values.astype(np.int64) + 1]
    if _can_be_full(definition, wanted):
        is_full = part.capacity_persons <= part.occupied_persons
        failed |= np.multiply(is_full, np.uint16(reason_bit(Reason.FULL)), dtype=np.uint16)
    return failed


def standby_rows(snapshot: LayerSnapshot) -> BoolArray:
    """Return which features are on standby by their status, shape (n,)."""
    status = snapshot.definition.status_field
    if status is None:
        return np.broadcast_to(np.False_, (len(snapshot.columns),))
    column = snapshot.columns.columns[status]
    classes = availability_of_codes(column.field)[:-1]
    return _is_one_of(column.values, np.flatnonzero(classes == class_index(Availability.DELAYED)).tolist())


def _class_tests(
    definition: LayerDefinition,
    availability: AvailabilityArray,
    status: AnyArray | None,
    wanted: frozenset[Availability],
) -> list[tuple[Reason, BoolArray]]:
    """Return the tests on the class of a status and on the status itself, code indices (-1 unset)."""
    is_wanted = _is_one_of(availability, [class_index(item) for item in wanted])
    is_known = availability != class_index(Availability.UNKNOWN)
    tests: list[tuple[Reason, BoolArray]] = [(Reason.STATUS_UNKNOWN, is_wanted | is_known)]
    if definition.status_field is not None and status is not None:
        field = definition.fields[definition.status_field]
        reasons = [code.reason or Reason.UNAVAILABLE for code in field.codes.values()]
        for reason in dict.fromkeys(reasons):
            codes = [index for index, code_reason in enumerate(reasons) if code_reason is reason]
            tests.append((reason, is_wanted | ~is_known | ~_is_one_of(status, codes)))
    return tests


def _can_be_full(definition: LayerDefinition, wanted: frozenset[Availability]) -> bool:
    return definition.capacity is not None and Availability.AVAILABLE in wanted


def _is_one_of(indices: NDArray[np.generic], wanted: list[int]) -> BoolArray:
    """Return which of small whole numbers are wanted; a few comparisons are many times as fast as `np.isin`."""
    found = np.zeros(indices.shape, dtype=np.bool_)
    for number in wanted:
        found |= indices == number
    return found


def position_tests(
    snapshot: LayerSnapshot, *, as_of: datetime, max_age_s: float
) -> tuple[list[tuple[Reason, BoolArray]], FloatArray]:
    """Return the tests on position, and the age in seconds of each live position (NaN at the home base).

    A position from shortly after `as_of` has age 0: clocks differ. One from further ahead than the
    age allowed is no better than an old one, and counts as stale.
    """
    positions = snapshot.positions
    missing = ~snapshot.is_located if positions is None else positions.missing
    tests: list[tuple[Reason, BoolArray]] = [(Reason.POSITION_MISSING, ~missing)]
    if positions is None:
        return tests, np.broadcast_to(np.float64(np.nan), (len(snapshot.columns),))
    signed_age_s = as_of.timestamp() - positions.time_s
    undated = positions.is_live & np.isnan(signed_age_s)
    tests.append((Reason.POSITION_STALE, ~(undated | (np.abs(signed_age_s) > max_age_s))))
    return tests, np.maximum(signed_age_s, 0.0)


def hazard_exposure(pinned: SnapshotSet, snapshot: LayerSnapshot, *, as_of: datetime) -> HazardExposure:
    """Return which active hazard area each feature of a layer lies in; a line or ground that touches one is in it."""
    nowhere = np.broadcast_to(np.int64(-1), (len(snapshot.columns),))
    hazards = pinned.layers.get(HAZARD_LAYER)
    if hazards is None or snapshot.definition.name == HAZARD_LAYER:
        return HazardExposure(nowhere, None)
    return exposure_to(hazards, active_hazard_rows(hazards, as_of=as_of), snapshot)


def active_hazard_rows(hazards: LayerSnapshot | None, *, as_of: datetime) -> IntArray:
    """Return the rows of the hazard areas that act at an instant; none where there is no such layer."""
    if hazards is None:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(active_areas(hazards.columns, at_s=as_of.timestamp()))


def exposure_to(hazards: LayerSnapshot | None, rows: IntArray, snapshot: LayerSnapshot) -> HazardExposure:
    """Return which of the hazard areas `rows` each feature of another layer lies in, as `hazard_exposure`."""
    nowhere = np.broadcast_to(np.int64(-1), (len(snapshot.columns),))
    if hazards is None or not rows.size or snapshot.definition.name == HAZARD_LAYER:
        return HazardExposure(nowhere, hazards if snapshot.definition.name != HAZARD_LAYER else None)
    areas = hazards.columns.geometries[rows]
    # Only those near: a hazard is small, a layer may be large.
    near = snapshot.layered.rows_near_box(tuple(shapely.total_bounds(areas).tolist()))
    geometries = snapshot.geometries_at(near)
    smallest = smallest_areas_containing(areas, representative_points(geometries))
    # Grounds and lines: a shelter half under water is inside, wherever its middle lies.
    with_edges = np.flatnonzero(snapshot.layered.has_edges[near])
    touching, area = shapely.STRtree(areas).query(geometries[with_edges], predicate="intersects")
    for row, area_row in zip(with_edges[touching], area, strict=True):
        if smallest[row] < 0:
            smallest[row] = area_row
    area_row_of = nowhere.copy()
    area_row_of[near] = np.where(smallest >= 0, rows[smallest], -1)
    return HazardExposure(area_row_of, hazards)


def hazards_at(pinned: SnapshotSet, at_lonlat_deg: tuple[float, float], *, as_of: datetime) -> tuple[str, ...]:
    """Return the ids of the active hazard areas that hold a place, the boundary being inside."""
    hazards = pinned.layers.get(HAZARD_LAYER)
    if hazards is None:
        return ()
    rows = np.flatnonzero(active_areas(hazards.columns, at_s=as_of.timestamp()))
    if not rows.size:
        return ()
    _, held = areas_by_place(hazards.columns.geometries[rows], np.array([at_lonlat_deg]))
    return tuple(str(hazards.columns.ids[rows[area]]) for area in held)


def outdated_warnings(pinned: SnapshotSet, language: Language) -> list[str]:
    """Return what other programs did: features whose last good version answers, edits that are not sealed yet."""
    warnings = []
    for _, snapshot in sorted(pinned.layers.items()):
        ids = sorted(snapshot.outdated_ids)
        if ids:
            label, more = snapshot.definition.label.text(language), len(ids) - _OUTDATED_LISTED
            named = ", ".join(ids[:_OUTDATED_LISTED]) + (f" … +{more}" if more > 0 else "")
            said = (
                f"{label}: {len(ids)} 条被其他程序改坏,按最后可用的版本回答: {named}",
                f"{label}: another program made {len(ids)} unusable; their last good version answers: {named}",
            )
            warnings.append(say(language, *said))
    for name in sorted(pinned.unsealed_layers):
        label = pinned.layer(name).definition.label.text(language)
        said = (
            f"{label}: 其他程序的改动还没有记入日志,这次回答可能不含这些改动",
            f"{label}: edits of another program are not in the log yet, and this answer may lack them",
        )
        warnings.append(say(language, *said))
    return warnings


def jump_warnings(snapshot: LayerSnapshot, rows: IntArray, language: Language) -> list[str]:
    """Return which of some teams sent a position nobody can have driven to: it is ranked from, and may be wrong."""
    positions = snapshot.positions
    if positions is None or not positions.is_jump[rows].any():
        return []
    named = ", ".join(snapshot.columns.id_at(int(row)) for row in rows[positions.is_jump[rows]])
    said = (
        f"定位跳动过大,可能有误,请电话核实: {named}",
        f"the position jumped further than anybody can drive and may be wrong, confirm by phone: {named}",
    )
    return [say(language, *said)]


def hazard_warnings(pinned: SnapshotSet, language: Language, *, as_of: datetime) -> list[str]:
    """Return what is said of hazard areas that may act but cannot be judged: without a state, or without a place."""
    hazards = pinned.layers.get(HAZARD_LAYER)
    if hazards is None:
        return []
    stateless, placeless = unjudged_areas(hazards.columns, at_s=as_of.timestamp())
    said = []
    if stateless:
        zh, en = "处危险区域没有状态,未计入", "hazard areas have no state and were left out"
        said.append(say(language, f"{stateless} {zh}", f"{stateless} {en}"))
    if placeless:
        zh, en = (
            "处生效的危险区域没有位置,不知谁在其中",
            "active hazard areas have no place: who lies in them is not known",
        )
        said.append(say(language, f"{placeless} {zh}", f"{placeless} {en}"))
    return said


def free_places(snapshot: LayerSnapshot) -> FloatArray:
    """Return capacity minus occupancy; NaN where either is unknown."""
    return snapshot.capacity_persons - snapshot.occupied_persons
