"""The nearest in a straight line: exact geodesics, no roads (SEMANTICS rulings 1 to 8)."""

from dataclasses import replace

import numpy as np

from geo_ems.model.answers import ExcludedFeature, NearestAnswer
from geo_ems.model.columns import IntArray
from geo_ems.model.definitions import Reason
from geo_ems.queries.chords import Candidates
from geo_ems.queries.ellipsoid import is_within
from geo_ems.queries.layered_shapes import nearest_in_layers, within_layers
from geo_ems.services.eligibility import SHELTER_ROLE, jump_warnings
from geo_ems.services.nearest_question import definition_in_words, echo
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
from geo_ems.services.words import say


def straight_answer(posed: Posed) -> NearestAnswer:
    """Return the k nearest in a straight line, and account for every other feature."""
    ranking, k, pinned = posed.ranking, posed.k, posed.pinned
    question, snapshot, at = ranking.question, ranking.snapshot, ranking.at_lonlat_deg
    judged, warnings = ranking.judged, list(posed.warnings)
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
        ranked_row(settled, int(row), rank, float(metres), float(bearing), tied=bool(tied))
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
        query=echo(question, at, k=k, as_of=posed.as_of, max_age_s=posed.max_age_s),
        definition={**definition_in_words(snapshot, posed.defaults), "proven_exact": found.proven_exact},
        snapshot_id=pinned.snapshot_id,
        as_of=instant_text(posed.as_of),
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


def _rows_by_distance(
    ranking: Ranking,
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
    return tuple(excluded_row(ranking, int(row), float(m), float(bearing)) for row, m, bearing in listed)


def _passed_over(ranking: Ranking, last_result_m: float | None) -> tuple[ExcludedFeature, ...]:
    """Return those nearer in a straight line than the last result (all, where there is no result)."""
    # Whoever qualifies and is no result lies no nearer than the last one.
    rows = ranking.judged.all_visible if last_result_m is None else ranking.judged.candidates("failing")
    return _rows_by_distance(ranking, rows, limit=PASSED_OVER_LISTED, nearer_than_m=last_result_m)


def _to_confirm(ranking: Ranking, k: int) -> tuple[ExcludedFeature, ...]:
    """Return those that fail only on an unknown status or a stale position (ruling 2), at most k, within the cutoff."""
    return _rows_by_distance(
        ranking, ranking.judged.candidates("confirmable"), limit=k, within_m=ranking.question.cutoff_m
    )


def _to_open(ranking: Ranking) -> tuple[ExcludedFeature, ...]:
    """Return the nearest standby shelters that fail on nothing else (ruling 9), within the cutoff."""
    if ranking.snapshot.definition.role != SHELTER_ROLE:
        return ()
    rows = ranking.judged.candidates("openable")
    return _rows_by_distance(ranking, rows, limit=TO_OPEN_LISTED, within_m=ranking.question.cutoff_m)


def _excluded(ranking: Ranking, results: IntArray) -> tuple[ExcludedFeature, ...]:
    """Return the excluded features, the nearest 1,000; those without a place come last, by id."""
    excluded = ranking.judged.all_visible.copy()
    excluded[results] = False
    located = _rows_by_distance(ranking, excluded, limit=EXCLUDED_LISTED)
    placeless = np.flatnonzero(excluded & ~ranking.snapshot.is_located)[: EXCLUDED_LISTED - len(located)]
    return (*located, *(excluded_row(ranking, int(row), None, None) for row in placeless))
