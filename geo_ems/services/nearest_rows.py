"""Rows of a nearest answer: a feature that is ranked, a feature that is not and why."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.answers import ExcludedFeature, RankedFeature
from geo_ems.model.caller import Caller
from geo_ems.model.columns import BoolArray, value_at
from geo_ems.model.definitions import REASONS, Reason
from geo_ems.queries.eligibility import ReasonArray
from geo_ems.services.judging import Judged
from geo_ems.services.nearest_metric import Measure
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.wind import Wind
from geo_ems.services.words import say, text_or_none
from geo_ems.settings import Defaults

PASSED_OVER_LISTED = 20
EXCLUDED_LISTED = 1000
TO_OPEN_LISTED = 3


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that the parts of the answer are made from.

    `cut_off` (n,) are eligible ones beyond the cutoff. Where roads are used `settled` (n,) is instead the place in
    `REASONS` of why an eligible one is not among the results.
    """

    snapshot: LayerSnapshot
    at_lonlat_deg: tuple[float, float]
    judged: Judged
    destination_in: bool
    include_private: bool
    question: NearestQuestion
    cut_off: BoolArray | None = None
    settled: ReasonArray | None = None
    wind: Wind | None = None

    def reason_of(self, row: int) -> Reason:
        """Return why a feature is not among the results."""
        failed = self.judged.reason_of(row)
        if failed is not None:
            return failed
        if self.settled is not None:
            return REASONS[int(self.settled[row])]
        return Reason.BEYOND_CUTOFF if self.cut_off is not None and self.cut_off[row] else Reason.BELOW_RANK_K


@dataclass(frozen=True, slots=True)
class Posed:
    """A question with all that is needed to answer it: layers pinned, defaults filled in, features judged."""

    pinned: SnapshotSet
    ranking: Ranking
    measure: Measure
    k: int
    as_of: datetime
    max_age_s: float
    defaults: Defaults
    caller: Caller
    warnings: tuple[str, ...]


def ranked_row(
    ranking: Ranking, row: int, rank: int, straight_m: float, bearing_deg: float, *, tied: bool
) -> RankedFeature:
    """Return a result as it stands in a straight line: distance in metres, bearing in degrees."""
    snapshot = ranking.snapshot
    definition, positions = snapshot.definition, snapshot.positions
    values = snapshot.row_values(row, include_private=ranking.include_private)
    children = snapshot.row_children(row, include_private=ranking.include_private)
    live = positions is not None and bool(positions.is_live[row])
    status = values.get(definition.status_field) if definition.status_field else None
    age_s = ranking.judged.age_s[row]
    free = snapshot.free_places_at(row)
    position_time = None if positions is None or not live else positions.time_text(row)
    wind = ranking.wind
    return RankedFeature(
        rank=rank,
        id=snapshot.id_at(row),
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
        wind_side=None if wind is None else wind.side(bearing_deg),
    )


def excluded_row(ranking: Ranking, row: int, straight_m: float | None, bearing_deg: float | None) -> ExcludedFeature:
    """Return a feature that is not among the results, with the reason in words."""
    snapshot = ranking.snapshot
    values = snapshot.row_values(row, include_private=ranking.include_private)
    reason = ranking.reason_of(row)
    return ExcludedFeature(
        id=snapshot.id_at(row),
        name=text_or_none(values.get(snapshot.definition.name_field)),
        reason=reason,
        detail=_detail(ranking, row, reason),
        straight_m=None if straight_m is None else round(straight_m, 3),
        properties=values,
        bearing_deg=None if bearing_deg is None else round(bearing_deg, 1) % 360.0,
        geometry=snapshot.geometry_at(row),
    )


def _detail(ranking: Ranking, row: int, reason: Reason) -> str:
    """Return what a person asks next: which status, which hazard area, how old the position is."""
    definition, language = ranking.snapshot.definition, ranking.question.language
    match reason:
        case Reason.UNAVAILABLE | Reason.CLOSED | Reason.FULL:
            detail = _code_label(ranking, row, definition.status_field)
        case Reason.WRONG_KIND:
            detail = _code_label(ranking, row, definition.kind_field) or say(language, "类型未知", "kind unknown")
        case Reason.WRONG_TYPE if ranking.judged.is_also_failing(row):
            detail = say(language, "不属于事发地区", "does not belong to the incident's own area")
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


def _code_label(ranking: Ranking, row: int, field: str | None) -> str:
    column = None if field is None else ranking.snapshot.columns.columns[field]
    if column is None or not column.knows(row) or not column.field.codes:
        return ""
    return column.field.codes[str(value_at(column, row))].label.text(ranking.question.language)
