"""What a coverage question says: its cutoff, its warnings, how it is echoed and what the figures mean."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.model.definitions import Reason
from geo_ems.services.provenance import instant_text
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.words import say
from geo_ems.settings import Defaults

_NAMED = 10
_VILLAGES = frozenset({"village", "community"})
_CELLS = frozenset({"grid", "cell"})
_DEFAULT_CUTOFFS = {"shelter": "shelter_cutoff_m", "depot": "depot_cutoff_m", "team": "team_cutoff_m"}


def cutoff_asked_m(question: CoverageQuestion, role: str, defaults: Defaults) -> float:
    """Return the cutoff in metres: as asked, else the default of the kind of facility."""
    cutoff_m = question.cutoff_m
    if cutoff_m is None:
        name = _DEFAULT_CUTOFFS.get(role)
        if name is None:
            raise UsageError(
                f"layer '{question.layer}' has no default cutoff", remedy="Give one, such as 2000m.", field="cutoff_m"
            )
        cutoff_m = float(getattr(defaults, name))
    if not 0 <= cutoff_m < np.inf:
        raise UsageError(
            f"the cutoff is {cutoff_m} m", remedy="Write metres, 0 or more.", field="cutoff_m", value=cutoff_m
        )
    return cutoff_m


def coverage_warnings(
    question: CoverageQuestion,
    people: IntArray,
    *,
    located: BoolArray,
    counts: Mapping[Reason, int],
    usable: BoolArray,
) -> list[str]:
    """Return what a reader of the figures must know."""
    warnings = []
    placeless = int(people[~located].sum())
    if placeless:
        warnings.append(
            say(
                question.language,
                f"{placeless} 人没有坐标,按未覆盖计",
                f"{placeless} people have no place and are counted as not reached",
            )
        )
    unknown = counts.get(Reason.STATUS_UNKNOWN, 0)
    if unknown:
        warnings.append(
            say(
                question.language,
                f"{unknown} 处设施状态未知,未计入(要计入:availability 加上 unknown)",
                f"{unknown} facilities have an unknown status and do not count; "
                "to count them add unknown to availability",
            )
        )
    if not usable.any():
        warnings.append(say(question.language, "没有可用设施", "no facility is usable"))
    return warnings


def counted_twice_warning(question: CoverageQuestion, kinds: frozenset[str]) -> list[str]:
    """Return the warning that villages and the grid cells in them may both be counted."""
    if not (kinds & _VILLAGES and kinds & _CELLS):
        return []
    return [
        say(
            question.language,
            "人口层里既有村(社区)又有网格:同一批人可能算了两次;用 where 或分开的图层只算一种",
            "the demand layer holds villages and grid cells: the same people may be counted twice; keep one of them",
        )
    ]


def in_hazard_warning(question: CoverageQuestion, names: Sequence[str]) -> list[str]:
    """Return the sentence that names the facilities left out because they lie inside an active hazard area."""
    if not names:
        return []
    listed = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
    return [
        say(
            question.language,
            f"{len(names)} 处设施位于生效的危险区内,未计入: {listed}",
            f"{len(names)} facilities lie inside an active hazard area and do not count: {listed}",
        )
    ]


def echo(question: CoverageQuestion, cutoff_m: float, as_of: datetime) -> dict[str, object]:
    """Return the question as it was understood, defaults filled in."""
    return {
        "layer": question.layer,
        "metric": "straight_line",
        "cutoff_m": cutoff_m,
        "where": list(question.where_text),
        "demand": question.demand,
        "by": question.by,
        "as_of_now": question.as_of_now,
        "availability": None if question.availability is None else sorted(question.availability),
        "ignore_hazards": question.ignore_hazards,
        "as_of": instant_text(as_of),
        "lang": question.language,
    }


def definition_in_words() -> dict[str, object]:
    """Return what the figures mean."""
    return {
        "figure": "reachable: people with at least one usable facility within the cutoff; capacity is not used",
        "metric": "straight_line",
        "units": "m",
        "cutoff_inclusive": True,
        "distance": "WGS84 geodesic from the demand point to the facility; to an area: to its boundary, 0 inside",
        "demand_place": "a point as it is; an area at a representative point inside it",
        "district": "a demand point counts in every district that contains its place; the boundary is inside",
        "backup_count": "number of usable facilities within the cutoff",
        "crs": "OGC:CRS84",
    }
