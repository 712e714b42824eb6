"""A question about service areas over its facilities: reached, drawn, counted and told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.area_answers import Nest, Overlap, ServiceArea, StartFacility
from geo_ems.model.columns import FloatArray, IntArray, ObjectArray
from geo_ems.model.definitions import Reason
from geo_ems.model.roads import Direction
from geo_ems.queries.areas import representative_points
from geo_ems.routing.local_plane import area_m2
from geo_ems.routing.snapping import Attachments
from geo_ems.services.area_question import Breaks, ServiceAreaQuestion
from geo_ems.services.demand_points import DemandPoints
from geo_ems.services.reached_areas import (
    Reach,
    areas_of_closest,
    areas_of_each,
    discs,
    merged_areas,
    merged_reach,
    reach_in_straight_line,
    reach_of_closest,
    reach_of_each,
    rings,
)
from geo_ems.services.road_reach import WITHIN, RoadWork
from geo_ems.services.turnout import Turnouts
from geo_ems.services.words import say, text_or_none


@dataclass(frozen=True, slots=True)
class PosedAreas:
    """A question with what it is asked of: `rows` of the facilities, in the order of their ids."""

    question: ServiceAreaQuestion
    breaks: Breaks
    direction: Direction
    facilities: LayerSnapshot
    rows: IntArray
    demand: DemandPoints
    turnouts: Turnouts

    @property
    def geometries(self) -> ObjectArray:
        """Return the places of the facilities."""
        return self.facilities.geometries_at(self.rows)

    @property
    def places_deg(self) -> FloatArray:
        """Return where each facility stands, shape (f, 2), a ground by a place inside it; NaN without a place."""
        found = representative_points(self.geometries)
        found[~self.facilities.is_located[self.rows]] = np.nan
        return found

    @property
    def turnout_s(self) -> FloatArray:
        """Return the seconds that count before each facility leaves: 0 where they are not asked for."""
        if not self.question.with_turnout:
            return np.zeros(self.rows.size)
        return self.turnouts.turnout_s[self.rows]

    def straight(self) -> tuple[ServiceArea, ...]:
        """Return circles."""
        kept = np.flatnonzero(self.facilities.is_located[self.rows])
        rows, shapes = self.rows[kept], self.facilities.shapes
        reaches = reach_in_straight_line(shapes, rows, self.demand.places_deg, self.breaks)
        drawn = discs(shapes, rows, self.breaks) if self.question.with_geometry else None
        return self._areas(kept, reaches, drawn, None)

    def by_road(self, work: RoadWork, starts: Attachments) -> tuple[ServiceArea, ...]:
        """Return areas round the roads that are reached."""
        kept = np.flatnonzero(np.diff(starts.first) > 0)
        own, offset = starts.taken(kept), self.turnout_s[kept]
        people = work.attached(self.demand.places_deg)
        alone = self.question.overlap is Overlap.EACH
        reach = reach_of_each if alone else reach_of_closest
        reaches = reach(work, own, people, self.breaks, offset=offset)
        drawn = None
        if self.question.with_geometry:
            draw = areas_of_closest if self.question.overlap is Overlap.CLOSEST else areas_of_each
            drawn = draw(work, reaches, buffer_m=self.question.buffer_m)
        return self._areas(kept, reaches, drawn, work)

    def _areas(
        self,
        kept: IntArray,
        reaches: Sequence[Reach],
        drawn: Sequence[Sequence[BaseGeometry]] | None,
        work: RoadWork | None,
    ) -> tuple[ServiceArea, ...]:
        """Return the areas by facility and break; `kept` are the places of the facilities in `rows`."""
        if self.question.overlap is Overlap.MERGED and kept.size:
            whole = merged_reach(reaches)
            together = None if drawn is None else merged_areas(drawn)
            return self._areas_of(None, whole, together, work, kept)
        found: list[ServiceArea] = []
        for number, place in enumerate(kept.tolist()):
            areas = None if drawn is None else drawn[number]
            found += self._areas_of(place, reaches[number], areas, work, kept[number : number + 1])
        return tuple(found)

    def _areas_of(
        self,
        place: int | None,
        reach: Reach,
        areas: Sequence[BaseGeometry] | None,
        work: RoadWork | None,
        kept: IntArray,
    ) -> tuple[ServiceArea, ...]:
        is_ring = self.question.nest is Nest.RING
        shown = None if areas is None else (rings(areas) if is_ring else list(areas))
        sizes_m2 = None if shown is None else area_m2(np.array(shown, dtype=np.object_))
        places = self.facilities.capacity_persons[self.rows[kept]]
        known = places[~np.isnan(places)]
        row = None if place is None else int(self.rows[place])
        found, before, road_before_m = [], 0.0, 0.0
        for number, value in enumerate(self.breaks.values):
            within = self.demand.counted & (reach.cost <= value + WITHIN)
            if is_ring and number:
                within &= reach.cost > before + WITHIN
            road_m = None if work is None else reach.parts[number].length_m(work.network)
            found.append(
                ServiceArea(
                    facility_id=None if row is None else self.facilities.columns.id_at(row),
                    name=None if row is None else self._text(row, self.facilities.definition.name_field),
                    from_break=before if is_ring else 0.0,
                    to_break=value,
                    unit=self.breaks.unit,
                    mode=None if work is None else str(work.terms.mode),
                    direction=str(self.direction),
                    turnout_s=None if place is None else float(self.turnout_s[place]),
                    reached_road_m=None if road_m is None else round(road_m - road_before_m, 1),
                    area_m2=None if sizes_m2 is None else round(float(sizes_m2[number]), 1),
                    population=int(self.demand.people[within].sum()),
                    demand_points=int(np.count_nonzero(within)),
                    capacity=int(known.sum()) if known.size else None,
                    barriers=reach.barriers[number],
                    geometry=None if shown is None or shown[number].is_empty else shown[number],
                )
            )
            before = value
            road_before_m = road_m if is_ring and road_m is not None else 0.0
        return tuple(found)

    def facility_rows(self, starts: Attachments | None) -> tuple[StartFacility, ...]:
        """Return the facilities asked of, with the reason where one reaches nothing, or only a fragment."""
        found = []
        places = self.facilities.capacity_persons
        for number, row in enumerate(self.rows.tolist()):
            reason, detail, access_m = self._joined(number, starts)
            is_team = self.turnouts.turnout_s[row] > 0.0
            status = self.facilities.definition.status_field
            found.append(
                StartFacility(
                    id=self.facilities.columns.id_at(row),
                    name=self._text(row, self.facilities.definition.name_field),
                    status=None if status is None else self._text(row, status),
                    access_m=access_m,
                    turnout_s=float(self.turnout_s[number]),
                    turnout_assumed=bool(is_team and self.turnouts.is_assumed[row]),
                    capacity=None if np.isnan(places[row]) else int(places[row]),
                    reason=reason,
                    detail=detail,
                    geometry=self.facilities.geometry_at(row),
                )
            )
        return tuple(found)

    def _joined(self, number: int, starts: Attachments | None) -> tuple[Reason | None, str, float | None]:
        """Return why a facility reaches nothing or little, in words, and how far from the road it stands."""
        language = self.question.language
        if not self.facilities.is_located[self.rows[number]]:
            return Reason.POSITION_MISSING, say(language, "没有坐标", "it has no place"), None
        if starts is None:
            return None, "", None
        first, last = int(starts.first[number]), int(starts.first[number + 1])
        if first == last:
            return Reason.UNREACHABLE, say(language, "附近没有开放的道路", "no open road is near"), None
        access_m = round(float(starts.straight_m[first:last].min()), 1)
        if not starts.is_main[number] and starts.in_area[number] < 0:
            detail = say(
                language,
                "所接道路与主路网不相通,只算这一小片",
                "its road is cut off from the main network: only that piece is reached",
            )
            return Reason.ISOLATED, detail, access_m
        return None, "", access_m

    def _text(self, row: int, field: str) -> str | None:
        return text_or_none(self.facilities.columns.row_values(row, include_private=False).get(field))
