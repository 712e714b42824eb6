"""Pages of features of a layer: by box, time and field values, counted exactly."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray, Column, IntArray, ObjectArray
from geo_ems.model.conditions import AllOf
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.queries.conditions import condition_mask
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.provenance import instant_text

VALID_FROM, VALID_TO = "valid_from", "valid_to"


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features are asked for, and which of them.

    `boxes_deg` are (west, south, east, north); a feature counts that meets any of them. `start`
    and `end` are inclusive instants, None = open. `where` holds the values that fields must have.
    """

    limit: int
    offset: int = 0
    boxes_deg: tuple[tuple[float, float, float, float], ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    where: AllOf = field(default_factory=lambda: AllOf(()))


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """The rows of a page in the order of the ids, shape (m,), and how many features there are in all."""

    rows: IntArray
    matched_count: int


def find_features(snapshot: LayerSnapshot, query: FeatureQuery, *, caller: Caller, zone: ZoneInfo) -> FeaturePage:
    """Return a page; features without a place meet no box, features without a time no span of time."""
    mask = visible_rows(snapshot, caller)
    if query.boxes_deg:
        mask &= _meets_boxes(snapshot.columns.geometries, query.boxes_deg)
    if query.start is not None or query.end is not None:
        mask &= _meets_time(snapshot, query.start, query.end, zone)
    if query.where.conditions:
        mask &= condition_mask(query.where, snapshot.columns, at_date="")
    rows = np.flatnonzero(mask)
    return FeaturePage(rows[query.offset : query.offset + query.limit], int(rows.size))


def time_fields(definition: LayerDefinition) -> tuple[str, str] | None:
    """Return the fields that say from when to when a feature holds; None where the layer says no time."""
    if {VALID_FROM, VALID_TO} <= definition.fields.keys():
        return VALID_FROM, VALID_TO
    if definition.observed_field is not None:
        return definition.observed_field, definition.observed_field
    return None


def _meets_boxes(geometries: ObjectArray, boxes_deg: tuple[tuple[float, float, float, float], ...]) -> BoolArray:
    bounds_deg = shapely.bounds(geometries)  # NaN where there is no place: no comparison holds
    met = np.zeros(geometries.size, dtype=bool)
    for west, south, east, north in boxes_deg:
        near = (bounds_deg[:, 0] <= east) & (bounds_deg[:, 2] >= west)
        near &= (bounds_deg[:, 1] <= north) & (bounds_deg[:, 3] >= south)
        extended = np.flatnonzero(near & (shapely.get_type_id(geometries) != shapely.GeometryType.POINT))
        if west < east and south < north:
            near[extended] = shapely.intersects(geometries[extended], shapely.box(west, south, east, north))
        else:
            line = shapely.LineString([(west, south), (east, north)])
            near[extended] = shapely.intersects(geometries[extended], line)
        met |= near
    return met


def _meets_time(snapshot: LayerSnapshot, start: datetime | None, end: datetime | None, zone: ZoneInfo) -> BoolArray:
    named = time_fields(snapshot.definition)
    if named is None:
        return np.zeros(len(snapshot.columns), dtype=bool)
    begins, ends = (snapshot.columns.columns[name] for name in named)
    met: BoolArray = begins.known | ends.known
    if end is not None:
        met &= ~begins.known | _compared(begins, end, zone, at_most=True)
    if start is not None:
        met &= ~ends.known | _compared(ends, start, zone, at_most=False)
    return met


def _compared(column: Column, bound: datetime, zone: ZoneInfo, *, at_most: bool) -> BoolArray:
    """Return which values are not after, or not before, an instant; a date is the whole day in the project's zone."""
    is_date = column.field.type is FieldType.DATE
    text = bound.astimezone(zone).date().isoformat() if is_date else instant_text(bound.astimezone(UTC))
    values = column.values.astype(str)
    return values <= text if at_most else values >= text
