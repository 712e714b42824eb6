"""The rows of a coverage answer: by district, by facility, by demand point."""

from collections.abc import Sequence

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.answers import DemandCoverage, DistrictCoverage, FacilityCoverage
from geo_ems.model.columns import BoolArray, LayerColumns
from geo_ems.queries.areas import areas_by_place
from geo_ems.queries.coverage import Coverage
from geo_ems.services.demand_points import DemandPoints
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.words import say, text_or_none

DISTRICT_LAYER = "districts"
LEVEL_FIELD = "level"


def district_rows(
    pinned: SnapshotSet,
    demand: DemandPoints,
    reachable: BoolArray,
    warnings: list[str],
    question: CoverageQuestion,
) -> tuple[DistrictCoverage, ...]:
    """Return the figures of every district at every level: a demand point counts where its place lies."""
    people, places, counted = demand.people, demand.places_deg, demand.counted
    districts = pinned.layers.get(DISTRICT_LAYER)
    if districts is None or not len(districts.columns):
        said = ("没有行政区数据,不分区统计", "no districts are loaded: no figures by district")
        warnings.append(say(question.language, *said))
        return ()
    place_rows, area_rows = areas_by_place(districts.columns.geometries, places)
    inside = np.zeros(people.size, dtype=bool)
    inside[place_rows] = True
    outside = int(people[counted & ~inside & np.isfinite(places).all(axis=1)].sum())
    if outside:
        warnings.append(
            say(question.language, f"{outside} 人不在任何行政区内", f"{outside} people live outside every district")
        )
    size = len(districts.columns)
    kept = counted[place_rows]
    place_rows, area_rows = place_rows[kept], area_rows[kept]
    totals = np.bincount(area_rows, people[place_rows], minlength=size).astype(np.int64)
    reached = np.bincount(area_rows, people[place_rows] * reachable[place_rows], minlength=size).astype(np.int64)
    points = np.bincount(area_rows, minlength=size)
    order = sorted(range(size), key=lambda row: (_level_rank(districts.columns, row), str(districts.columns.ids[row])))
    return tuple(_district_row(districts, row, int(totals[row]), int(reached[row]), int(points[row])) for row in order)


def _district_row(districts: LayerSnapshot, row: int, people: int, reachable: int, points: int) -> DistrictCoverage:
    values = districts.columns.row_values(row, include_private=False)
    return DistrictCoverage(
        id=str(districts.columns.ids[row]),
        name=text_or_none(values.get("name")),
        name_en=text_or_none(values.get("name_en")),
        level=text_or_none(values.get(LEVEL_FIELD)),
        people=people,
        reachable=reachable,
        unreachable=people - reachable,
        share_reachable=round(reachable / people, 6) if people else None,
        demand_points=points,
    )


def _level_rank(columns: LayerColumns, row: int) -> int:
    column = columns.columns.get(LEVEL_FIELD)
    return int(column.values[row]) if column is not None else 0


def facility_rows(facilities: LayerSnapshot, answer: Coverage, usable: BoolArray) -> tuple[FacilityCoverage, ...]:
    """Return the facilities that count."""
    definition, columns = facilities.definition, facilities.columns
    places = facilities.capacity_persons
    rows = []
    for row in np.flatnonzero(usable):
        values = columns.row_values(int(row), include_private=False)
        rows.append(
            FacilityCoverage(
                id=str(columns.ids[row]),
                name=text_or_none(values.get(definition.name_field)),
                status=text_or_none(values.get(definition.status_field)) if definition.status_field else None,
                people_in_reach=int(answer.people_in_reach[row]),
                people_nearest=int(answer.people_nearest[row]),
                capacity=None if np.isnan(places[row]) else int(places[row]),
                geometry=facilities.geometry_at(int(row)),
            )
        )
    return tuple(rows)


def demand_rows(
    demand: DemandPoints, answer: Coverage, facilities: LayerSnapshot, reasons: Sequence[str | None]
) -> tuple[DemandCoverage, ...]:
    """Return the demand points that the caller may see; `reasons` (d,) tell why one is not reached."""
    people_layer, people = demand.layer, demand.people
    columns = people_layer.columns
    names, districts = columns.columns[people_layer.definition.name_field], columns.columns.get("district_id")
    found = []
    for row in np.flatnonzero(demand.counted).tolist():
        nearest_row = int(answer.nearest_index[row])
        district = None if districts is None or not districts.known[row] else str(districts.values[row])
        found.append(
            DemandCoverage(
                id=str(columns.ids[row]),
                name=str(names.values[row]) if names.known[row] else None,
                district_id=district,
                people=int(people[row]),
                reachable=bool(answer.is_reachable[row]),
                reason=reasons[row],
                nearest_id=None if nearest_row < 0 else str(facilities.columns.ids[nearest_row]),
                nearest_cost=None if nearest_row < 0 else round(float(answer.nearest_m[row]), 3),
                backup_count=int(answer.backup_count[row]),
                geometry=people_layer.geometry_at(row),
            )
        )
    return tuple(found)
