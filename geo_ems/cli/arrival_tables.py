"""What a table tells of arrivals: times, ways, barriers met or gone round, whose consent."""

from collections.abc import Sequence

from geo_ems.model.answers import BarrierMet, NearestAnswer, RankedFeature
from geo_ems.model.labels import Label, Language
from geo_ems.services.words import say

_MINUTE_S, _HOUR_S = 60, 3600
_METRICS = {
    "travel_time": Label("按到达时间(含出动准备)", "by arrival, turnout included"),
    "road_distance": Label("按道路里程", "by road distance"),
    "straight_line": Label("直线距离,非行车时间", "straight line, not travel time"),
}
_MODES = {"drive": Label("驾车", "driving"), "walk": Label("步行", "on foot")}
_POLICIES = {
    "closed": Label("封闭", "closed"),
    "slow": Label("减速", "slow"),
    "delay": Label("延误", "delay"),
}
_CONSENTS = {
    "upper_level": Label("上级力量", "upper level"),
    "neighbour": Label("需邻区同意", "needs the neighbour's consent"),
    "unknown": Label("归属不明", "owner not known"),
}


def duration_text(seconds: float | None, language: Language) -> str:
    """Return seconds as people say them: below an hour minutes and seconds, else hours and minutes."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return say(language, f"{whole} 秒", f"{whole} s")
    if whole < _HOUR_S:
        minutes, rest = divmod(whole, _MINUTE_S)
        return say(language, f"{minutes} 分 {rest:02d} 秒", f"{minutes} min {rest:02d} s")
    hours, minutes = divmod(round(whole / _MINUTE_S), _MINUTE_S)
    return say(language, f"{hours} 小时 {minutes:02d} 分", f"{hours} h {minutes:02d} min")


def metric_text(answer: NearestAnswer, language: Language) -> str:
    """Return by what an answer is ranked, and how one moves."""
    metric = _METRICS[str(answer.definition["metric"])].text(language)
    mode = _MODES.get(str(answer.definition.get("mode", "")))
    return metric if mode is None else f"{metric} · {mode.text(language)}"


def arrival_heads(language: Language) -> list[str]:
    """Return the heads of the columns that only arrivals have."""
    pairs = (("到达", "arrival"), ("其中出动", "turnout"), ("路程", "way"), ("直线", "straight"))
    return [say(language, *pair) for pair in pairs]


def arrival_notes(row: RankedFeature, language: Language) -> list[str]:
    """Return what a dispatcher must know of one arrival."""
    arrival = row.arrival
    if arrival is None:
        return []
    notes = []
    if arrival.way == "none":
        notes.append(say(language, "没有通路,只知直线", "no open road, straight line only"))
    if arrival.goes_round:
        notes.append(say(language, "绕行: ", "goes round ") + _barriers(arrival.goes_round, language))
    if arrival.barriers_met:
        notes.append(say(language, "途经: ", "meets ") + _barriers(arrival.barriers_met, language))
    if "path_through" in row.hazard_flags:
        notes.append(say(language, "途经危险区", "through a hazard area"))
    if arrival.beyond_edge_m:
        edge = duration_text(arrival.edge_arrival_s, language)
        rest = f"{arrival.beyond_edge_m:.0f} m"
        notes.append(say(language, f"{edge}到封闭区边缘,余 {rest}", f"{edge} to the closed area's edge, then {rest}"))
    if arrival.turnout_assumed:
        notes.append(say(language, "出动时间为假定", "turnout assumed"))
    if arrival.has_ferry:
        notes.append(say(language, "含渡船", "with a ferry"))
    consent = row.consent
    if consent is not None and consent.relation in _CONSENTS:
        notes.append(f"{_CONSENTS[consent.relation].text(language)} {consent.name or ''}".strip())
    return notes


def acting_lines(answer: NearestAnswer, language: Language) -> list[str]:
    """Return one line for each barrier that acted on an answer."""
    if answer.roads is None:
        return []
    heading = say(language, "生效的阻断", "barrier acting")
    lines = []
    for barrier in answer.roads.barriers:
        confirmed = barrier.confirmed_at or say(language, "未确认", "not confirmed")
        policy = _policy(barrier.policy, language)
        lines.append(f"{heading}: {barrier.name or barrier.id} ({barrier.id}) {policy} · {confirmed}")
    return lines


def _barriers(barriers: Sequence[BarrierMet], language: Language) -> str:
    return ", ".join(
        f"{barrier.road or barrier.name or barrier.id}({_policy(barrier.policy, language)})" for barrier in barriers
    )


def _policy(policy: str, language: Language) -> str:
    return _POLICIES[policy].text(language) if policy in _POLICIES else policy
