"""The nearest features that qualify, ranked and explained (SEMANTICS rulings 1 to 8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.model.answers import ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.columns import BoolArray, IntArray, value_at
from geo_ems.model.definitions import Reason
from geo_ems.queries.chords import Candidates
from geo_ems.queries.ellipsoid import is_within
from geo_ems.queries.layered_shapes import nearest_in_layers, within_layers
from geo_ems.services.eligibility import (
    HAZARD_LAYER,
    SHELTER_ROLE,
    hazard_warnings,
    hazards_at,
    jump_warnings,
    outdated_warnings,
)
from geo_ems.services.judging import Asked, Judged, judge
from geo_ems.services.nearest_question import (
    INCIDENT_LAYER,
    check_numbers,
    definition_in_words,
    echo,
    place_asked,
)
from geo_ems.services.provenance import data_as_of, instant_text, local_date
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import say, text_or_none
from geo_ems.settings import Defaults

PASSED_OVER_LISTED = 20
EXCLUDED_LISTED = 1000
TO_OPEN_LISTED = 3


@dataclass(frozen=True, slots=True)
class _Ranking:
    """All that the parts of the answer are made from; `cut_off` (n,) are eligible ones beyond the cutoff."""

    snapshot: LayerSnapshot
    at_lonlat_deg: tuple[float, float]
    judged: Judged
    destination_in: bool
    include_private: bool
    question: NearestQuestion
    cut_off: BoolArray | None = None

    def reason_of(self, row: int) -> Reason:
        """Return why a feature is not among the results."""
        failed = self.judged.reason_of(row)
        if failed is not None:
            return failed
        return Reason.BEYOND_CUTOFF if self.cut_off is not None and self.cut_off[row] else Reason.BELOW_RANK_K


def nearest(
    source: SnapshotSource,
    question: NearestQuestion,
    *,
    caller: Caller,
    defaults: Defaults,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> NearestAnswer:
    """Return the k nearest qualifying features, and account for every other one.

    Raises
    ------
    UsageError
        Where the place, k, the cutoff or an age is missing or out of range.
    NotFoundError
        Where the layer or the incident does not exist.
    """
    names = [question.layer]
    if HAZARD_LAYER in source.definitions:
        names.append(HAZARD_LAYER)
    if question.incident_id is not None:
        names.append(INCIDENT_LAYER)
    source.definition(question.layer)
    pinned = source.pin(dict.fromkeys(names))
    as_of = (question.as_of or clock()).replace(microsecond=0)
    k = question.k if question.k is not None else defaults.k
    max_age_s = question.max_position_age_s
    max_age_s = float(defaults.position_stale_after_s) if max_age_s is None else max_age_s
    check_numbers(k, question.cutoff_m, max_age_s)
    at_lonlat_deg, warnings = place_asked(pinned, question, caller)
    warnings += hazard_warnings(pinned, question.language, as_of=as_of)
    warnings += outdated_warnings(pinned, question.language)
    snapshot = pinned.layer(question.layer)
    around = hazards_at(pinned, at_lonlat_deg, as_of=as_of)
    if around:
        named = ", ".join(around)
        said = (f"所问地点在生效的危险区内: {named}", f"the place asked lies inside an active hazard area: {named}")
        warnings.append(say(question.language, *said))

    asked = Asked(
        where=question.where,
        at_date=local_date(as_of, zone),
        availability=question.availability,
        as_of=as_of,
        max_age_s=max_age_s,
        ignore_hazards=question.ignore_hazards,
        caller=caller,
    )
    ranking = _Ranking(
        snapshot=snapshot,
        at_lonlat_deg=at_lonlat_deg,
        judged=judge(pinned, snapshot, asked),
        destination_in=bool(around),
        include_private=caller.may(Permission.READ_PRIVATE),
        question=question,
    )
    return _answer(pinned, ranking, k=k, as_of=as_of, max_age_s=max_age_s, defaults=defaults, warnings=warnings)


def _answer(
    pinned: SnapshotSet,
    ranking: _Ranking,
    *,
    k: int,
    as_of: datetime,
    max_age_s: float,
    defaults: Defaults,
    warnings: list[str],
) -> NearestAnswer:
    question, snapshot, at = ranking.question, ranking.snapshot, ranking.at_lonlat_deg
    judged = ranking.judged
    found = nearest_in_layers(snapshot.layered, at_lonlat_deg=at, k=k, candidates=judged.candidates("eligible"))
    kept = np.ones(found.index.size, dtype=bool)
    in_reach, settled = judged.eligible_count, ranking
    if question.cutoff_m is not None:
        kept = is_within(found.straight_m, cutoff_m=question.cutoff_m)
        within = within_layers(
            snapshot.layered, at_lonlat_deg=at, cutoff_m=question.cutoff_m, candidates=judged.candidates("eligible")
        )
        in_reach = within.index.size
        beyond = judged.eligible.copy()
        beyond[within.index] = False
        settled = replace(ranking, cut_off=beyond)
    index, straight_m, bearing_deg = found.index[kept], found.straight_m[kept], found.bearing_deg[kept]
    more = {
        Reason.BEYOND_CUTOFF: judged.eligible_count - in_reach,
        Reason.BELOW_RANK_K: in_reach - index.size,
    }
    counts = {**judged.counts, **{reason: count for reason, count in more.items() if count}}
    if found.tie_cut_at_k and kept.all():
        warnings.append(say(question.language, "第 k 名并列,按编号取舍", "there is a tie at rank k, cut by id"))
    warnings += jump_warnings(snapshot, index, question.language)
    results = tuple(
        _ranked_row(settled, int(row), rank, float(metres), float(bearing), tied=bool(tied))
        for rank, (row, metres, bearing, tied) in enumerate(
            zip(index, straight_m, bearing_deg, found.tied[kept], strict=True), start=1
        )
    )
    if len(results) < k:
        warnings.append(
            say(
                question.language, f"只有 {len(results)} 个符合条件(要求 {k} 个)", f"only {len(results)} of {k} qualify"
            )
        )
    return NearestAnswer(
        query=echo(question, at, k=k, as_of=as_of, max_age_s=max_age_s),
        definition={**definition_in_words(snapshot, defaults), "proven_exact": found.proven_exact},
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(as_of),
        data_as_of={name: data_as_of(layer) for name, layer in sorted(pinned.layers.items())},
        results=results,
        passed_over=_passed_over(settled, float(straight_m[-1]) if results else None),
        to_confirm=_to_confirm(settled, k) if len(results) < k else (),
        to_open=_to_open(settled),
        excluded_counts=counts,
        excluded=_excluded(settled, index) if question.include_excluded else None,
        excluded_truncated=question.include_excluded and sum(counts.values()) > EXCLUDED_LISTED,
        warnings=tuple(warnings),
    )


def _ranked_row(
    ranking: _Ranking, row: int, rank: int, straight_m: float, bearing_deg: float, *, tied: bool
) -> RankedFeature:
    snapshot = ranking.snapshot
    columns, definition, positions = snapshot.columns, snapshot.definition, snapshot.positions
    values = columns.row_values(row, include_private=ranking.include_private)
    children = columns.row_children(row, include_private=ranking.include_private)
    live = positions is not None and bool(positions.is_live[row])
    status = values.get(definition.status_field) if definition.status_field else None
    age_s = ranking.judged.age_s[row]
    free = snapshot.free_places_at(row)
    position_time = None if positions is None or not live else positions.time_text(row)
    return RankedFeature(
        rank=rank,
        id=columns.id_at(row),
        name=text_or_none(values.get(definition.name_field)),
        name_en=text_or_none(values.get("name_en")),
        straight_m=round(straight_m, 3),
        distance_m=round(straight_m, 3),
        bearing_deg=round(bearing_deg, 1) % 360.0,
        status=text_or_none(status),
        availability=snapshot.availability_at(row) if definition.status_field else None,
        tied=tied,
        district_id=text_or_none(values.get("district_id")),
        capacity_free=None if np.isnan(free) else int(free),
        hazard_flags=(
            *(("origin_in",) if ranking.judged.hazards.area_row[row] >= 0 else ()),
            *(("destination_in",) if ranking.destination_in else ()),
        ),
        position_source=None if positions is None else ("live" if live else "home_base"),
        position_time=text_or_none(position_time),
        position_age_s=None if np.isnan(age_s) else round(float(age_s)),
        properties=values,
        children=children,
        geometry=snapshot.geometries_at(np.array([row]))[0],
    )


def _excluded_row(ranking: _Ranking, row: int, straight_m: float | None, bearing_deg: float | None) -> ExcludedFeature:
    snapshot = ranking.snapshot
    values = snapshot.columns.row_values(row, include_private=ranking.include_private)
    reason = ranking.reason_of(row)
    return ExcludedFeature(
        id=snapshot.columns.id_at(row),
        name=text_or_none(values.get(snapshot.definition.name_field)),
        reason=reason,
        detail=_detail(ranking, row, reason),
        straight_m=None if straight_m is None else round(straight_m, 3),
        properties=values,
        bearing_deg=None if bearing_deg is None else round(bearing_deg, 1) % 360.0,
        geometry=snapshot.geometry_at(row),
    )


def _detail(ranking: _Ranking, row: int, reason: Reason) -> str:
    """Return what a person asks next: which status, which hazard area, how old the position is."""
    definition, language = ranking.snapshot.definition, ranking.question.language
    match reason:
        case Reason.UNAVAILABLE | Reason.CLOSED | Reason.FULL:
            detail = _code_label(ranking, row, definition.status_field)
        case Reason.WRONG_KIND:
            detail = _code_label(ranking, row, definition.kind_field) or say(language, "类型未知", "kind unknown")
        case Reason.INSIDE_HAZARD:
            detail = ranking.judged.hazards.area_id(row)
        case Reason.POSITION_STALE if np.isnan(ranking.judged.age_s[row]):
            detail = say(language, "位置没有时间", "the position has no time")
        case Reason.POSITION_STALE if ranking.judged.age_s[row] == 0:
            detail = say(language, "位置时间在所问时刻之后", "the position is dated ahead of the time asked")
        case Reason.POSITION_STALE:
            minutes = int(ranking.judged.age_s[row] // 60)
            detail = say(language, f"{minutes} 分钟前", f"{minutes} min old")
        case _:
            detail = ""
    return detail


def _code_label(ranking: _Ranking, row: int, field: str | None) -> str:
    column = None if field is None else ranking.snapshot.columns.columns[field]
    if column is None or not column.knows(row) or not column.field.codes:
        return ""
    return column.field.codes[str(value_at(column, row))].label.text(ranking.question.language)


def _rows_by_distance(
    ranking: _Ranking,
    rows: Candidates,
    *,
    limit: int,
    nearer_than_m: float | None = None,
    within_m: float | None = None,
) -> tuple[ExcludedFeature, ...]:
    """Return the nearest of `rows`, at most `limit`: nearer than, or up to and including, a distance."""
    found = nearest_in_layers(ranking.snapshot.layered, at_lonlat_deg=ranking.at_lonlat_deg, k=limit, candidates=rows)
    near = np.ones(found.index.size, dtype=bool)
    if nearer_than_m is not None:
        near &= found.straight_m < nearer_than_m
    if within_m is not None:
        near &= is_within(found.straight_m, cutoff_m=within_m)
    listed = zip(found.index[near], found.straight_m[near], found.bearing_deg[near], strict=True)
    return tuple(_excluded_row(ranking, int(row), float(m), float(bearing)) for row, m, bearing in listed)


def _passed_over(ranking: _Ranking, last_result_m: float | None) -> tuple[ExcludedFeature, ...]:
    """Return those nearer in a straight line than the last result (all, where there is no result)."""
    # Whoever qualifies and is no result lies no nearer than the last one.
    rows = ranking.judged.all_visible if last_result_m is None else ranking.judged.candidates("failing")
    return _rows_by_distance(ranking, rows, limit=PASSED_OVER_LISTED, nearer_than_m=last_result_m)


def _to_confirm(ranking: _Ranking, k: int) -> tuple[ExcludedFeature, ...]:
    """Return those that fail only on an unknown status or a stale position (ruling 2), at most k, within the cutoff."""
    return _rows_by_distance(
        ranking, ranking.judged.candidates("confirmable"), limit=k, within_m=ranking.question.cutoff_m
    )


def _to_open(ranking: _Ranking) -> tuple[ExcludedFeature, ...]:
    """Return the nearest standby shelters that fail on nothing else (ruling 9), within the cutoff."""
    if ranking.snapshot.definition.role != SHELTER_ROLE:
        return ()
    rows = ranking.judged.candidates("openable")
    return _rows_by_distance(ranking, rows, limit=TO_OPEN_LISTED, within_m=ranking.question.cutoff_m)


def _excluded(ranking: _Ranking, results: IntArray) -> tuple[ExcludedFeature, ...]:
    """Return the excluded features, the nearest 1,000; those without a place come last, by id."""
    excluded = ranking.judged.all_visible.copy()
    excluded[results] = False
    located = _rows_by_distance(ranking, excluded, limit=EXCLUDED_LISTED)
    placeless = np.flatnonzero(excluded & ~ranking.snapshot.is_located)[: EXCLUDED_LISTED - len(located)]
    return (*located, *(_excluded_row(ranking, int(row), None, None) for row in placeless))
