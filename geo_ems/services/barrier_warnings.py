"""What is said of barriers that may deceive: lapsed, unconfirmed, without a state, a place or a road."""

from collections.abc import Sequence
from datetime import datetime

from geo_ems.model.labels import Language
from geo_ems.services.barrier_rows import BARRIER_LAYER, BarrierRow
from geo_ems.services.words import say

_LISTED = 5


def age_text(age_s: float, language: Language) -> str:
    """Return an age as a person says it: in minutes, hours, or days."""
    for size_s, zh, en in ((172_800.0, "天", "days"), (7_200.0, "小时", "hours")):
        if age_s >= size_s:
            number = age_s / (86_400.0 if zh == "天" else 3_600.0)
            return say(language, f"{number:.0f} {zh}", f"{number:.0f} {en}")
    return say(language, f"{age_s / 60.0:.0f} 分钟", f"{age_s / 60.0:.0f} minutes")


def confirmed_age_s(row: BarrierRow, as_of: datetime) -> float | None:
    """Return how long ago a barrier was confirmed (seconds, not below 0); None where nobody confirmed it."""
    confirmed_at = row.text("confirmed_at")
    if confirmed_at is None:
        return None
    return max(0.0, (as_of - datetime.fromisoformat(confirmed_at)).total_seconds())


def lapsed_warning(rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of closures whose time is over though nobody lifted them."""
    if not rows:
        return []
    named = _listed([f"{_named(row, language)} ({row.text('valid_to')})" for row in rows])
    said = (
        f"{len(rows)} 处阻断已过期限但没有解除,不再计入,请核实: {named}",
        f"{len(rows)} barriers are past their time and nobody lifted them; they no longer act, please confirm: {named}",
    )
    return [say(language, *said)]


def unconfirmed_warnings(
    rows: Sequence[BarrierRow], language: Language, *, as_of: datetime, stale_after_s: float
) -> list[str]:
    """Return what is said of closures that act and were confirmed long ago, or never."""
    closures = [(row, confirmed_age_s(row, as_of)) for row in rows if row.layer == BARRIER_LAYER]
    old = [
        f"{_named(row, language)} ({age_text(age_s, language)})"
        for row, age_s in closures
        if age_s is not None and age_s > stale_after_s
    ]
    never = [_named(row, language) for row, age_s in closures if age_s is None]
    found = []
    if old:
        said = (
            f"{len(old)} 处阻断很久没有确认: {_listed(old)}",
            f"{len(old)} barriers were confirmed long ago: {_listed(old)}",
        )
        found.append(say(language, *said))
    if never:
        said = (
            f"{len(never)} 处阻断没有确认时间: {_listed(never)}",
            f"{len(never)} barriers do not say when they were confirmed: {_listed(never)}",
        )
        found.append(say(language, *said))
    return found


def stateless_warning(layer: str, rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of barriers without a state, which act, and of hazard areas without one, which do not."""
    if not rows:
        return []
    named = _listed([_named(row, language) for row in rows])
    if layer == BARRIER_LAYER:
        said = (
            f"{len(rows)} 处阻断没有状态,按生效计入: {named}",
            f"{len(rows)} barriers have no state and were taken to be in force: {named}",
        )
    else:
        said = (
            f"{len(rows)} 处危险区域没有状态,其中的道路按可通行计算: {named}",
            f"{len(rows)} hazard areas have no state; roads inside were taken to be open: {named}",
        )
    return [say(language, *said)]


def watch_warning(rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of areas that are watched and do not act yet."""
    if not rows:
        return []
    named = _listed([_named(row, language) for row in rows])
    said = (
        f"{len(rows)} 处危险区域在关注中,道路没有按封闭计算: {named}",
        f"{len(rows)} hazard areas are on watch; roads inside were taken to be open: {named}",
    )
    return [say(language, *said)]


def alert_warning(rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of alerts in force, which close no road by themselves."""
    if not rows:
        return []
    named = _listed([_named(row, language) for row in rows])
    said = (
        f"{len(rows)} 份预警有效,预警本身不封路,其中的道路按可通行计算: {named}",
        f"{len(rows)} alerts are in force and close no road by themselves: {named}",
    )
    return [say(language, *said)]


def unplaced_warning(rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of barriers in force of which nobody knows where they are."""
    if not rows:
        return []
    named = _listed([_named(row, language) for row in rows])
    said = (
        f"{len(rows)} 处阻断没有位置,无法计入: {named}",
        f"{len(rows)} barriers have no place and could not act: {named}",
    )
    return [say(language, *said)]


def roadless_warning(names: Sequence[str], language: Language) -> list[str]:
    """Return what is said of closures that meet no road."""
    if not names:
        return []
    said = (
        f"{len(names)} 处阻断没有碰到任何道路(点要在道路 30 米以内): {_listed(names)}",
        f"{len(names)} barriers act on no road (a point must be within 30 m of one): {_listed(names)}",
    )
    return [say(language, *said)]


def amountless_warning(rows: Sequence[BarrierRow], language: Language) -> list[str]:
    """Return what is said of barriers that slow or delay without saying by how much."""
    if not rows:
        return []
    named = _listed([_named(row, language) for row in rows])
    said = (
        f"{len(rows)} 处阻断没有写减速倍数或延误时间,按封闭计算: {named}",
        f"{len(rows)} barriers do not say how slow or how long a delay; they were taken to be closed: {named}",
    )
    return [say(language, *said)]


def _named(row: BarrierRow, language: Language) -> str:
    name = row.name(language)
    return row.id if name is None else f"{name} {row.id}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" … +{more}" if more > 0 else "")
