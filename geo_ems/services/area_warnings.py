"""What a reader of service areas must know."""

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.area_answers import StartFacility
from geo_ems.model.definitions import Reason
from geo_ems.model.labels import Language
from geo_ems.services.area_question import ServiceAreaQuestion
from geo_ems.services.demand_points import DemandPoints
from geo_ems.services.road_reach import RoadWork
from geo_ems.services.usable_facilities import UsableFacilities
from geo_ems.services.words import REASON_LABELS, say

_NAMED = 10


def area_warnings(
    question: ServiceAreaQuestion,
    told: tuple[StartFacility, ...],
    demand: DemandPoints,
    judged: UsableFacilities,
    facilities: LayerSnapshot,
    *,
    work: RoadWork | None,
) -> list[str]:
    """Return the warnings of an answer, the most important first."""
    language = question.language
    said = [] if work is None else list(work.found.warnings)
    if work is None:
        zh = "直线范围,不是行车或步行时间:河、山、断桥都不知道"
        said.append(
            say(language, zh, "straight lines, not travel times: rivers, hills and broken bridges are not known")
        )
    if not told:
        said.append(say(language, "没有可用设施", "no facility is usable"))
    for reason, zh, en in (
        (Reason.POSITION_MISSING, "处设施没有坐标,没有范围", "facilities have no place and no area"),
        (Reason.UNREACHABLE, "处设施接不上开放的道路,没有范围", "facilities join no open road and have no area"),
        (Reason.ISOLATED, "处设施所接道路与主路网不相通", "facilities are on roads cut off from the main network"),
    ):
        said += _counted([row.name or row.id for row in told if row.reason is reason], zh, en, language)
    if question.with_turnout:
        assumed = [row.name or row.id for row in told if row.turnout_assumed]
        said += _counted(
            assumed, "支队伍的出动时间是按类型假定的", "teams have a turnout assumed by their kind", language
        )
    if question.ids:
        said += _unfit(told, judged, facilities, language)
    unknown = judged.counts.get(Reason.STATUS_UNKNOWN, 0)
    if unknown and not question.ids:
        zh, en = "处设施状态未知,未计入", "facilities have an unknown status and do not count"
        said.append(say(language, f"{unknown} {zh}", f"{unknown} {en}"))
    placeless = int(demand.people[~np.isfinite(demand.places_deg).all(axis=1)].sum())
    if placeless:
        zh, en = "人没有坐标,不在任何范围内", "people have no place and are in no area"
        said.append(say(language, f"{placeless} {zh}", f"{placeless} {en}"))
    return said


def _unfit(
    told: tuple[StartFacility, ...], judged: UsableFacilities, facilities: LayerSnapshot, language: Language
) -> list[str]:
    """Return that facilities named by their id would not count by themselves, and why."""
    found = []
    for row in told:
        reason = judged.reason_of(facilities.row_of[row.id])
        if reason is not None and reason is not Reason.POSITION_MISSING:
            found.append(f"{row.name or row.id} ({REASON_LABELS[reason].text(language)})")
    zh, en = "处点名的设施本来不计入", "facilities that were named would not count by themselves"
    return _counted(found, zh, en, language)


def _counted(names: list[str], zh: str, en: str, language: Language) -> list[str]:
    if not names:
        return []
    listed = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
    return [say(language, f"{len(names)} {zh}: {listed}", f"{len(names)} {en}: {listed}")]
