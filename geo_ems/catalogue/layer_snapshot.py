"""One layer at one sequence number: a base that was read whole, and the few features changed since.

What is derived of a feature (availability, capacity) is derived once for the base and once for the
changed features; both are joined when all of them are looked at, and only then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.column_merging import BasePlace, RowsById, merged_columns, splice_of, spliced_columns
from geo_ems.catalogue.compaction import compacted
from geo_ems.catalogue.recent import Recent
from geo_ems.model.cells import PointCells
from geo_ems.model.columns import BoolArray, FloatArray, IntArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import Availability, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.queries.capacity import capacities, occupied_persons
from geo_ems.queries.latest_fixes import LatestFixes
from geo_ems.queries.layered_shapes import LayeredShapes
from geo_ems.queries.positions import (
    AVAILABILITIES,
    AvailabilityArray,
    TeamPositions,
    TypedPositions,
    availability_of,
    team_positions,
    typed_positions,
)
from geo_ems.queries.shapes import PreparedGeometries, prepare_geometries, prepare_points
from geo_ems.queries.splicing import Splice

_KEPT_ANSWERS = 4
# What of a layer stays as it is when its teams move.
_STILL = (
    "columns",
    "availability",
    "capacity_persons",
    "occupied_persons",
    "row_of",
    "typed",
    "slots",
    "joined_before",
)
_KEPT_TRAVELS = 12
_KEPT_ROWS = 2048


class LayerPart:
    """Columns of one layer with what is derived from them; computed at the first look, never twice."""

    def __init__(self, columns: LayerColumns, *, prepared: PreparedGeometries | None = None) -> None:
        """Take columns; `prepared` are their geometries where they are prepared already."""
        self.columns = columns
        self._prepared = prepared
        self.failures = Recent(_KEPT_ANSWERS)
        """What the features fail of the tests asked last (`services.judging`); the snapshots of a base share it."""
        self.rows = Recent(_KEPT_ROWS)
        """The values of the features told last: what is near is told again and again."""

    @cached_property
    def availability(self) -> AvailabilityArray:
        """Return places in `queries.positions.AVAILABILITIES`, shape (n,)."""
        return availability_of(self.columns)

    @cached_property
    def capacity_persons(self) -> FloatArray:
        """Return capacities, shape (n,); NaN where unknown, and where the layer keeps none."""
        rule = self.columns.definition.capacity
        return _unknown(len(self.columns)) if rule is None else capacities(self.columns, rule)

    @cached_property
    def occupied_persons(self) -> FloatArray:
        """Return occupancies, shape (n,); NaN as above."""
        rule = self.columns.definition.capacity
        return _unknown(len(self.columns)) if rule is None else occupied_persons(self.columns, rule)

    @cached_property
    def observed(self) -> tuple[str | None, str | None]:
        """Return the oldest and the newest observation; None where there is none."""
        field = self.columns.definition.observed_field
        return (None, None) if field is None else self.columns.columns[field].extremes()

    @cached_property
    def prepared(self) -> PreparedGeometries:
        """Return the geometries ready for questions."""
        if self._prepared is not None:
            return self._prepared
        packed = self.columns.packed_geometries
        if isinstance(packed, PointCells):
            return prepare_points(packed.lonlat_deg)
        return prepare_geometries(self.columns.geometries)


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """The features touched since a base was read: those there now as columns, and where each stood in the base."""

    part: LayerPart
    splice: Splice
    touched: Mapping[str, BasePlace]


@dataclass(frozen=True, eq=False)
class LayerSnapshot:
    """One layer at the sequence number `last_seq` of its last change; nothing in it changes.

    `base` is the layer as it was read whole, or taken from the cache, at `base_seq`; `fixes` are the
    newest positions of its teams by their devices, None where the layer has none.
    """

    definition: LayerDefinition
    base: LayerPart
    base_seq: int
    overlay: Overlay | None
    last_seq: int
    changed_at: str | None
    fixes: LatestFixes | None = None

    @cached_property
    def columns(self) -> LayerColumns:
        """Return all features, ordered by id."""
        if self.overlay is None:
            return self.base.columns
        return spliced_columns(
            self.base.columns, self.overlay.part.columns, self.overlay.splice, outdated_ids=self.outdated_ids
        )

    @cached_property
    def availability(self) -> AvailabilityArray:
        """Return the class of each feature's status, as places in `queries.positions.AVAILABILITIES`."""
        if self.overlay is None:
            return self.base.availability
        return self.overlay.splice.whole(self.base.availability, self.overlay.part.availability)

    @cached_property
    def capacity_persons(self) -> FloatArray:
        """Return capacities; NaN where unknown, and where the layer keeps none."""
        if self.overlay is None:
            return self.base.capacity_persons
        return self.overlay.splice.whole(self.base.capacity_persons, self.overlay.part.capacity_persons)

    @cached_property
    def occupied_persons(self) -> FloatArray:
        """Return occupancies; NaN where unknown, and where the layer keeps none."""
        if self.overlay is None:
            return self.base.occupied_persons
        return self.overlay.splice.whole(self.base.occupied_persons, self.overlay.part.occupied_persons)

    @cached_property
    def judged(self) -> Recent:
        """Return what is known of the features for the questions asked last (`services.judging`)."""
        return Recent(_KEPT_ANSWERS)

    @cached_property
    def travelled(self) -> Recent:
        """Return what is known of the features on the roads: where they join them, when they leave."""
        return Recent(_KEPT_TRAVELS)

    @cached_property
    def joined_before(self) -> Recent:
        """Return where features joined the roads last; teams that moved and edited layers begin from there."""
        return Recent(_KEPT_ANSWERS)

    @cached_property
    def observed(self) -> tuple[str | None, str | None]:
        """Return the oldest and the newest observation, None where there is none."""
        first, last = self.base.observed
        field = self.definition.observed_field
        if self.overlay is None or field is None:
            return first, last
        gone = set(self.base.columns.columns[field].taken(self.overlay.splice.removed).tolist())
        own_first, own_last = self.overlay.part.observed
        # An extreme that left with a changed row still holds where a changed row reaches it again.
        smallest = min((text for text in (first, own_first) if text is not None), default=None)
        largest = max((text for text in (last, own_last) if text is not None), default=None)
        if (smallest in gone and smallest != own_first) or (largest in gone and largest != own_last):
            return self.columns.columns[field].extremes()
        return smallest, largest

    def free_places_at(self, row: int) -> float:
        """Return capacity minus occupancy of one feature; NaN where either is unknown."""
        part, place = self._source(row)
        return float(part.capacity_persons[place] - part.occupied_persons[place])

    def availability_at(self, row: int) -> Availability:
        """Return the class of one feature's status."""
        part, place = self._source(row)
        return AVAILABILITIES[int(part.availability[place])]

    def id_at(self, row: int) -> str:
        """Return one id."""
        part, place = self._source(row)
        return part.columns.id_at(place)

    def row_values(self, row: int, *, include_private: bool) -> dict[str, Value]:
        """Return the values of one feature by field name, without private fields unless asked for."""
        part, place = self._source(row)
        columns, key = part.columns, (place, include_private)
        return dict(part.rows.get(key, lambda: columns.row_values(place, include_private=include_private)))

    def row_children(self, row: int, *, include_private: bool) -> dict[str, tuple[dict[str, Value], ...]]:
        """Return the child rows of one feature by child name, in their stored order."""
        part, place = self._source(row)
        return part.columns.row_children(place, include_private=include_private)

    def _source(self, row: int) -> tuple[LayerPart, int]:
        """Return the part that holds a row, and where."""
        if self.overlay is None:
            return self.base, row
        is_changed, place = self.overlay.splice.sources(np.array([row]))
        return (self.overlay.part if is_changed[0] else self.base), int(place[0])

    @cached_property
    def typed(self) -> TypedPositions | None:
        """Return what the fields say of where each team is, for layers with live positions."""
        rule = self.definition.position
        return None if rule is None else typed_positions(self.columns, rule, self.availability)

    @cached_property
    def slots(self) -> Recent:
        """Return where the features stand among the teams that sent fixes, for the teams asked last."""
        return Recent(1)

    @cached_property
    def positions(self) -> TeamPositions | None:
        """Return where each team is, for layers with live positions."""
        typed, fixes = self.typed, self.fixes
        if typed is None or fixes is None:
            return None if typed is None else team_positions(typed)
        return team_positions(typed, fixes, self.slots.get(fixes.teams, lambda: fixes.slots_of(self.columns.ids)))

    def at_fixes(self, fixes: LatestFixes) -> Self:
        """Return the layer with its teams where these fixes say; nothing else of it is made anew."""
        moved = replace(self, fixes=fixes)
        vars(moved).update((name, getattr(self, name)) for name in _STILL)
        return moved

    @cached_property
    def layered(self) -> LayeredShapes:
        """Return the places that features are ranked from: their geometries, of teams where they are."""
        if self.positions is not None:
            return LayeredShapes(self.positions.prepared)
        if self.overlay is None:
            return LayeredShapes(self.base.prepared)
        return LayeredShapes(self.base.prepared, self.overlay.part.prepared, self.overlay.splice)

    @cached_property
    def shapes(self) -> PreparedGeometries:
        """Return the same places in one piece; after an edit this prepares the whole layer anew."""
        if self.layered.splice is None:
            return self.layered.base
        return LayerPart(self.columns).prepared

    @property
    def is_located(self) -> BoolArray:
        """Return which features have a place, shape (n,)."""
        return self.layered.is_located

    @property
    def geometries(self) -> ObjectArray:
        """Return the place of every feature as a geometry; unpacks all of them."""
        return self.columns.geometries if self.positions is None else self.positions.geometries

    def geometries_at(self, rows: IntArray) -> ObjectArray:
        """Return the places of some features as geometries."""
        if self.positions is not None:
            return self.positions.geometries_at(rows)
        return self.columns.packed_geometries.taken(rows).astype(np.object_, copy=False)

    def geometry_at(self, row: int) -> BaseGeometry | None:
        """Return the place of one feature as a geometry."""
        found: BaseGeometry | None = self.geometries_at(np.array([row]))[0]
        return found

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Return the row of each id."""
        return RowsById(self.columns)

    @property
    def outdated_ids(self) -> frozenset[str]:
        """Return the features that answer with their last good version."""
        base = self.base.columns.outdated_ids
        return (
            base
            if self.overlay is None
            else (base - self.overlay.touched.keys()) | self.overlay.part.columns.outdated_ids
        )

    def compacted(self) -> Self:
        """Return the same layer with the overlay made part of the base."""
        if self.overlay is None:
            return self
        part, splice = self.overlay.part, self.overlay.splice
        columns = compacted(self.base.columns, part.columns, splice, outdated_ids=self.outdated_ids)
        base = LayerPart(columns)
        return replace(self, base=base, base_seq=self.last_seq, overlay=None)

    def with_changes(self, ids: Sequence[str], changed: LayerColumns, *, last_seq: int, changed_at: str | None) -> Self:
        """Return the layer with `ids` touched once more: `changed` are those among them that exist now."""
        held = self.overlay
        rows = RowsById(self.base.columns)
        touched = dict(held.touched) if held is not None else {}
        touched |= {feature_id: rows.place(feature_id) for feature_id in ids if feature_id not in touched}
        if held is not None:
            earlier, again = held.part.columns, set(ids)
            replaced = [row for row, feature_id in enumerate(earlier.ids) if feature_id in again]
            changed = merged_columns(earlier, changed, replaced_rows=replaced)
        overlay = Overlay(LayerPart(changed), splice_of(len(self.base.columns), changed, touched), touched)
        edited = replace(self, overlay=overlay, last_seq=last_seq, changed_at=changed_at)
        vars(edited)["joined_before"] = self.joined_before
        return edited


def _unknown(size: int) -> FloatArray:
    return np.broadcast_to(np.float64(np.nan), (size,))
