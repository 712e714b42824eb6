"""Who arrives first: ranked by travel time or road distance, every other feature accounted for (SEMANTICS 0, 1.1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.answers import ExcludedFeature, NearestAnswer, RankedFeature, RoadsUsed
from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.model.definitions import REASONS, Reason
from geo_ems.model.roads import Metric
from geo_ems.queries.layered_shapes import nearest_in_layers
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.arrival_barriers import RoadNames, acting_barriers, hazard_warnings_of, told_barriers
from geo_ems.services.arrival_reasons import Reasons
from geo_ems.services.arrival_rows import Arriving
from geo_ems.services.arrival_travel import Found, Manner, Travel
from geo_ems.services.arrival_words import FAR_FROM_ROAD_M, arrival_definition, arrival_echo, place_warnings
from geo_ems.services.barrier_question import Acting
from geo_ems.services.consent import OwnAreas
from geo_ems.services.eligibility import HAZARD_LAYER, SHELTER_ROLE, active_hazard_rows, jump_warnings
from geo_ems.services.nearest_question import INCIDENT_LAYER
from geo_ems.services.nearest_rows import (
    EXCLUDED_LISTED,
    PASSED_OVER_LISTED,
    TO_OPEN_LISTED,
    Posed,
    Ranking,
    excluded_row,
    ranked_row,
)
from geo_ems.services.provenance import data_as_of, instant_text
from geo_ems.services.roads import road_source_note
from geo_ems.services.turnout import turnouts_of
from geo_ems.services.words import say


@dataclass(frozen=True, slots=True)
class _Placed:
    """A feature with its straight line from the place asked, and its way where there is one."""

    row: int
    straight_m: float
    bearing_deg: float
    found: Found | None

    @property
    def order(self) -> tuple[float, float, int]:
        """Return what ranks: the total rounded to a tenth, the straight line, the id (rows are in its order)."""
        total = np.inf if self.found is None else round(self.found.total, 1)
        return total, self.straight_m, self.row


def arrival_answer(posed: Posed, network: RoadNetwork) -> NearestAnswer:
    """Return the k that arrive first, and account for every other feature.

    Raises
    ------
    UsageError
        Where a barrier or a policy of the question is not known.
    """
    ranker = _Ranker(posed, network, acting_barriers(posed, network))
    chosen = ranker.chosen()
    rows = np.array([item.row for item in chosen], dtype=np.int64)
    ranking = replace(posed.ranking, settled=ranker.outcomes())
    counts = _counts(ranking, rows)
    results = ranker.results(chosen)
    question = ranking.question
    others = _Others(ranker, ranking)
    return NearestAnswer(
        query=arrival_echo(posed),
        definition=arrival_definition(posed, incident_is_area=_is_area(posed)),
        snapshot_id=posed.pinned.snapshot_id,
        as_of=instant_text(posed.as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(posed.pinned.layers.items())},
        results=results,
        passed_over=others.passed_over(chosen, rows),
        to_confirm=others.first(ranking.judged.confirmable, limit=posed.k) if len(results) < posed.k else (),
        to_open=others.first(ranking.judged.openable, limit=TO_OPEN_LISTED) if ranker.is_shelters else (),
        excluded_counts=counts,
        excluded=others.excluded(rows) if question.include_excluded else None,
        excluded_truncated=question.include_excluded and sum(counts.values()) > EXCLUDED_LISTED,
        warnings=(*posed.warnings, *ranker.warnings(chosen)),
        roads=RoadsUsed(network.key, _attribution(posed.pinned), told_barriers(ranker.acting)),
    )


class _Ranker:
    """Ranks the features of one question, and tells why the eligible others are not among the results."""

    def __init__(self, posed: Posed, network: RoadNetwork, acting: Acting) -> None:
        ranking, measure, defaults = posed.ranking, posed.measure, posed.defaults
        snapshot, at = ranking.snapshot, ranking.at_lonlat_deg
        self.posed, self.network, self.acting = posed, network, acting
        self.manner = Manner(measure.mode, measure.metric, measure.direction, defaults.access_speed_kmh)
        self.turnouts = turnouts_of(snapshot, defaults)
        effects = acting.effects if acting.effects.edge.size else None
        self.travel = Travel.under_barriers(
            network, snapshot, self.manner, at_lonlat_deg=at, effects=effects, turnout_s=self.turnouts.turnout_s
        )
        closes = effects is not None and bool(np.isinf(effects.factor).any())
        free = self.travel.without_barriers(snapshot) if closes else None
        self.arriving = Arriving(
            travel=self.travel,
            acting=acting,
            turnouts=self.turnouts,
            names=RoadNames(posed.pinned, ranking.question.language),
            free=free,
            hazards=_active_hazards(posed),
            cutoff=measure.cutoff,
            include_route=ranking.question.include_route,
            at_lonlat_deg=at,
        )
        self.reasons = Reasons(self.arriving, measure, ranking.question.language)

    @property
    def is_shelters(self) -> bool:
        return self.posed.ranking.snapshot.definition.role == SHELTER_ROLE

    def ranked(self, rows: BoolArray, *, limit: int) -> list[_Placed]:
        """Return the first of some features in the order of their rank, with all that tie with the last of them."""
        found = {item.row: item for item in self.travel.nearest(rows, k=limit, cutoff=self.posed.measure.cutoff)}
        placed = placed_rows(self.posed.ranking, _mask(list(found), rows.size), limit=max(len(found), 1))
        return sorted((replace(item, found=found[item.row]) for item in placed), key=lambda item: item.order)

    @cached_property
    def first(self) -> list[_Placed]:
        """Return the k eligible features that arrive first, and those that tie with the last."""
        return self.ranked(self.posed.ranking.judged.eligible, limit=self.posed.k)

    @property
    def is_tie_cut(self) -> bool:
        """Return whether one that ties with the last result is not among the results."""
        k = self.posed.k
        return len(self.first) > k and self.first[k - 1].order[0] == self.first[k].order[0]

    def chosen(self) -> list[_Placed]:
        """Return the results in the order of their rank."""
        if not self.first and self.travel.target_area >= 0 and self.posed.measure.cutoff is None:
            # Nobody gets to the edge of the closed area by road: never an empty list while there is somebody.
            return placed_rows(self.posed.ranking, self.posed.ranking.judged.eligible, limit=self.posed.k)
        return self.first[: self.posed.k]

    def results(self, chosen: Sequence[_Placed]) -> tuple[RankedFeature, ...]:
        """Return the rows of the results."""
        ranking = self.posed.ranking
        on_road = [item.row for item in chosen if item.found is not None and item.found.way is not None]
        round_of = self.arriving.closures_on_free_ways(np.array(on_road, dtype=np.int64))
        areas = OwnAreas(self.posed.pinned, ranking.snapshot, ranking.at_lonlat_deg)
        totals = Counter(item.order[0] for item in self.first)
        rows = []
        for rank, item in enumerate(chosen, start=1):
            tied = item.found is not None and totals[item.order[0]] > 1
            row = ranked_row(ranking, item.row, rank, item.straight_m, item.bearing_deg, tied=tied)
            if item.found is None:
                arrival = self.arriving.unreached(item.row)
            else:
                arrival = self.arriving.arrival(item.found, item.straight_m, detour=round_of.get(item.row))
            rows.append(
                replace(
                    row,
                    distance_m=row.straight_m if arrival.distance_m is None else arrival.distance_m,
                    hazard_flags=self._flags(row, item),
                    arrival=arrival,
                    consent=areas.consent(item.row),
                )
            )
        return tuple(rows)

    def _flags(self, row: RankedFeature, item: _Placed) -> tuple[str, ...]:
        point = int(self.travel.joined.point_of[item.row])
        flags = {
            "origin_in": "origin_in" in row.hazard_flags or self.travel.joined.points.in_area[point] >= 0,
            "path_through": item.found is not None and self.arriving.passes_hazard(item.found),
            "destination_in": "destination_in" in row.hazard_flags or self.travel.target_area >= 0,
        }
        return tuple(name for name, holds in flags.items() if holds)

    def outcomes(self) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
        """Return for every feature the place in `REASONS` of why it is no result where it is eligible."""
        reachable = self.travel.reachable
        reasons = np.full(reachable.size, REASONS.index(Reason.BELOW_RANK_K), dtype=np.int8)
        cutoff = self.posed.measure.cutoff
        if cutoff is not None:
            reasons[~np.isfinite(self.travel.totals_within(cutoff))] = REASONS.index(Reason.BEYOND_CUTOFF)
        reasons[~reachable] = REASONS.index(Reason.UNREACHABLE)
        reasons[~reachable & self.travel.isolated] = REASONS.index(Reason.ISOLATED)
        return reasons

    def warnings(self, chosen: Sequence[_Placed]) -> list[str]:
        """Return what is said of the roads and of the ranking."""
        language, k = self.posed.ranking.question.language, self.posed.k
        said = [*self.acting.warnings, *hazard_warnings_of(self.acting, language)]
        snap_m = self.travel.target_snap_m if self.travel.target_area < 0 else 0.0
        said += place_warnings(
            self.posed, self.network, snap_m=snap_m, joined_main=float(self.travel.target.passed_m[0]) > 0.0
        )
        if chosen and chosen[0].found is None:
            zh, en = (
                "没有任何道路可通到封闭区边缘:按直线距离列出",
                "no open road leads to the closed area: listed by straight line",
            )
            said.append(say(language, zh, en))
        own = self.travel.joined.points
        points = self.travel.joined.point_of[[item.row for item in chosen]]
        joining = [point for point in points.tolist() if own.first[point] < own.first[point + 1]] if len(chosen) else []
        far = int(np.count_nonzero(own.straight_m[own.first[joining]] > FAR_FROM_ROAD_M)) if joining else 0
        if far:
            said.append(
                say(
                    language,
                    f"{far} 个结果距道路超过 {FAR_FROM_ROAD_M:.0f} 米,这一段按步行计",
                    f"{far} results lie more than {FAR_FROM_ROAD_M:.0f} m from a road; that bit is counted on foot",
                )
            )
        rows = np.array([item.row for item in chosen], dtype=np.int64)
        said += jump_warnings(self.posed.ranking.snapshot, rows, language)
        if self.is_tie_cut:
            said.append(
                say(
                    language,
                    "第 k 名并列,按直线距离和编号取舍",
                    "there is a tie at rank k, cut by straight line and id",
                )
            )
        if len(chosen) < k:
            said.append(
                say(language, f"只有 {len(chosen)} 个符合条件(要求 {k} 个)", f"only {len(chosen)} of {k} qualify")
            )
        return said


class _Others:
    """The features that are not among the results, each with its reason and its arrival as far as it is known."""

    def __init__(self, ranker: _Ranker, ranking: Ranking) -> None:
        self._ranker = ranker
        self._ranking = ranking

    def passed_over(self, chosen: Sequence[_Placed], results: IntArray) -> tuple[ExcludedFeature, ...]:
        """Return those nearer in a straight line than the last result (all, where there is none), at most 20."""
        rows = self._without(results)
        near = placed_rows(self._ranking, rows, limit=PASSED_OVER_LISTED)
        if chosen:
            near = [item for item in near if item.straight_m < chosen[-1].straight_m]
        found = self._ranker.travel.found(np.array([item.row for item in near], dtype=np.int64))
        last = chosen[-1].found if chosen else None
        return self._told([replace(item, found=found.get(item.row)) for item in near], last=last)

    def first(self, rows: BoolArray, *, limit: int) -> tuple[ExcludedFeature, ...]:
        """Return the first of some features to arrive, within the cutoff."""
        return self._told(self._ranker.ranked(rows, limit=limit)[:limit], last=None)

    def excluded(self, results: IntArray) -> tuple[ExcludedFeature, ...]:
        """Return all that are no result, the nearest 1,000; those without a place come last, by id."""
        rows = self._without(results)
        located = placed_rows(self._ranking, rows, limit=EXCLUDED_LISTED)
        totals = self._ranker.travel.all_totals
        is_time = self._ranker.manner.metric is Metric.TRAVEL_TIME
        told = []
        for item in located:
            total = float(totals[item.row])
            known = round(total, 3) if np.isfinite(total) else None
            row = excluded_row(self._ranking, item.row, item.straight_m, item.bearing_deg)
            told.append(replace(row, total_s=known) if is_time else replace(row, distance_m=known))
        placeless = np.flatnonzero(rows & ~self._ranking.snapshot.is_located)[: EXCLUDED_LISTED - len(located)]
        return (*told, *(excluded_row(self._ranking, int(row), None, None) for row in placeless))

    def _without(self, results: IntArray) -> BoolArray:
        rows = self._ranking.judged.all_visible.copy()
        rows[results] = False
        return rows

    def _told(self, placed: Sequence[_Placed], *, last: Found | None) -> tuple[ExcludedFeature, ...]:
        rows = np.array([item.row for item in placed], dtype=np.int64)
        arriving = self._ranker.arriving
        closures = arriving.closures_on_free_ways(rows)
        told = []
        for item in placed:
            row = excluded_row(self._ranking, item.row, item.straight_m, item.bearing_deg)
            if item.found is not None:
                total_s, distance_m = arriving.told(item.found)
                row = replace(row, total_s=total_s, distance_m=distance_m)
            detail = self._ranker.reasons.detail(
                row, found=item.found, last=last, detour=closures.get(item.row), straight_m=item.straight_m
            )
            told.append(replace(row, detail=detail or row.detail))
        return tuple(told)


def placed_rows(ranking: Ranking, rows: BoolArray, *, limit: int) -> list[_Placed]:
    """Return some features with their straight lines from the place, the nearest first, at most `limit`."""
    found = nearest_in_layers(ranking.snapshot.layered, at_lonlat_deg=ranking.at_lonlat_deg, k=limit, candidates=rows)
    return [
        _Placed(int(row), float(metres), float(bearing), None)
        for row, metres, bearing in zip(found.index, found.straight_m, found.bearing_deg, strict=True)
    ]


def _counts(ranking: Ranking, results: IntArray) -> Mapping[Reason, int]:
    """Return how many features each reason excludes, in the order of the reasons."""
    counts = dict(ranking.judged.counts)
    left = ranking.judged.eligible.copy()
    left[results] = False
    if ranking.settled is not None:
        places, numbers = np.unique(ranking.settled[left], return_counts=True)
        counts |= {REASONS[int(place)]: int(number) for place, number in zip(places, numbers, strict=True)}
    return {reason: counts[reason] for reason in REASONS if reason in counts}


def _mask(rows: Sequence[int], size: int) -> BoolArray:
    mask = np.zeros(size, dtype=np.bool_)
    mask[np.array(rows, dtype=np.int64)] = True
    return mask


def _active_hazards(posed: Posed) -> tuple[BaseGeometry, ...]:
    hazards = posed.pinned.layers.get(HAZARD_LAYER)
    rows = active_hazard_rows(hazards, as_of=posed.as_of)
    return () if hazards is None else tuple(hazards.columns.geometries[rows])


def _is_area(posed: Posed) -> bool:
    incident_id = posed.ranking.question.incident_id
    if incident_id is None:
        return False
    incidents = posed.pinned.layer(INCIDENT_LAYER)
    return bool(incidents.columns.geometries[incidents.row_of[incident_id]].geom_type != "Point")


def _attribution(pinned: SnapshotSet) -> str | None:
    note = pinned.layer("roads").travelled.get("note", lambda: road_source_note(pinned))
    return "; ".join(note.attributions) or None if note is not None else None
