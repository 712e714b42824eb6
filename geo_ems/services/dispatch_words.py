"""Sentences of a recommendation: why this one, why something is missing, what would help."""

from collections.abc import Iterable, Sequence
from math import ceil

from geo_ems.model.dispatch import Amounts, Cure, PassedOver, Picked
from geo_ems.model.features import Value
from geo_ems.model.labels import Label, Language
from geo_ems.services.consent import NEIGHBOUR, OWN_AREA, UPPER_LEVEL
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.words import reason_text, say

CONTACT_FIELDS = ("phone", "call_sign", "radio_channel", "leader", "manager", "key_holder", "key_holder_phone")
_LISTED = 5
AMOUNT_LABELS = {
    "teams": Label("支队伍", "teams"),
    "people": Label("人", "people"),
    "vehicles": Label("辆车", "vehicles"),
    "trucks": Label("辆卡车", "trucks"),
    "quantity": Label("", "units"),
    "places": Label("个安置位", "places"),
    "beds": Label("张床位", "beds"),
    "hospitals": Label("家医院", "hospitals"),
}
_RELATIONS = {
    OWN_AREA: Label("本辖区", "own area"),
    UPPER_LEVEL: Label("需上级同意", "needs consent of the upper level"),
    NEIGHBOUR: Label("需邻区同意", "needs consent of the neighbour"),
}


def picked(candidate: Candidate, amounts: Amounts, *, state: str, why: str, language: Language) -> Picked:
    """Return a candidate as one that is recommended, to be opened or to be confirmed."""
    return Picked(
        layer=candidate.layer,
        id=candidate.id,
        name=candidate.name,
        total_s=candidate.total_s,
        distance_m=candidate.distance_m,
        straight_m=candidate.straight_m,
        amounts=amounts,
        state=state,
        why=why,
        status=candidate.status,
        consent=consent_text(candidate, language),
        contact=contact_of(candidate),
        flags=candidate.flags,
    )


def contact_of(candidate: Candidate) -> dict[str, Value]:
    """Return phones, call sign and names, as far as they are known and the caller may see them."""
    return {name: value for name in CONTACT_FIELDS if (value := candidate.values.get(name)) not in (None, "")}


def consent_text(candidate: Candidate, language: Language) -> str | None:
    """Return whose consent is needed, in words; None where that is not known."""
    consent = candidate.consent
    label = None if consent is None else _RELATIONS.get(consent.relation)
    if consent is None or label is None:
        return None
    name = consent.name or consent.district_id or ""
    text = label.text(language)
    return f"{text}: {name}" if name else text


def arrival_text(candidate: Candidate, language: Language, *, by_time: bool) -> str:
    """Return how soon it comes, or how far it is where no roads were used.

    A begun minute counts whole, as on the page: nobody comes later than was said.
    """
    if by_time and candidate.total_s is not None:
        minutes = ceil(candidate.total_s / 60)
        return say(language, f"{minutes} 分钟到达", f"arrives in {minutes} min")
    if candidate.straight_m is None:
        return say(language, "位置未知", "place unknown")
    km = candidate.straight_m / 1000
    return say(language, f"直线 {km:.1f} 公里", f"{km:.1f} km in a straight line")


def amounts_text(amounts: Amounts, language: Language, *, unit: str | None = None) -> str:
    """Return amounts as people say them: "2 支队伍、20 人"."""
    parts = []
    for name, value in amounts.items():
        word = (unit or "") if name == "quantity" else AMOUNT_LABELS[name].text(language)
        parts.append(f"{value:g} {word}".strip())
    return say(language, "、", ", ").join(parts)


def names_of(candidates: Iterable[Candidate]) -> str:
    """Return the first names, then how many more."""
    found = [candidate.name or candidate.id for candidate in candidates]
    more = f" … +{len(found) - _LISTED}" if len(found) > _LISTED else ""
    return ", ".join(found[:_LISTED]) + more


def names_with_phone(candidates: Sequence[Candidate]) -> str:
    """Return the first names with their phone."""
    listed = [f"{item.name or item.id} {item.values.get('phone') or ''}".strip() for item in candidates[:_LISTED]]
    more = f" … +{len(candidates) - _LISTED}" if len(candidates) > _LISTED else ""
    return ", ".join(listed) + more


def ids_of(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return the first ids."""
    return tuple(item.id for item in candidates[:_LISTED])


def passed_over(candidate: Candidate, why: str, language: Language) -> PassedOver:
    """Return one that comes sooner and is not recommended; `why` where nothing is wrong with it itself."""
    reason = str(candidate.reason) if candidate.reason is not None else "not_needed"
    detail = why if candidate.reason is None else reason_text(candidate.reason, candidate.detail, language)
    return PassedOver(candidate.id, candidate.name, reason, detail, candidate.total_s, candidate.straight_m)


_TOO_LONG_S = 6 * 3600.0
"""Beyond so long nobody is advised to wait."""


def confirm_cure(candidates: Sequence[Candidate], language: Language) -> Cure:
    """Return the advice to call those whose status is not known."""
    named = names_with_phone(candidates)
    said = (f"打电话核实: {named}", f"confirm by phone: {named}")
    return Cure("confirm", say(language, *said), ids_of(candidates))


def widen_cure(candidates: Sequence[Candidate], language: Language) -> Cure:
    """Return the advice to allow more time, and how much would do for the first of them."""
    soonest = min((item.total_s for item in candidates if item.total_s is not None), default=0.0)
    minutes = -(-soonest // 60)
    if soonest > _TOO_LONG_S:
        hours = f"{soonest / 3600:.0f}"
        said = (f"最快的也要 {hours} 小时才到,请另想办法", f"the soonest takes {hours} h: find another way")
        return Cure("widen_time", say(language, *said), ids_of(candidates))
    said = (
        f"把时限放宽到 {minutes:.0f} 分钟: {names_of(candidates)}",
        f"allow {minutes:.0f} min: {names_of(candidates)}",
    )
    return Cure("widen_time", say(language, *said), ids_of(candidates))


def ask_upper_cure(language: Language) -> Cure:
    """Return the advice that is always left."""
    return Cure(
        "ask_upper", say(language, "向上级请求支援(见支援清单)", "ask the upper level (see the support request)")
    )


def far_ones(ranked: RankedLayer, within_s: float | None) -> tuple[Candidate, ...]:
    """Return those that could be sent and would come too late."""
    if within_s is None or not ranked.by_time:
        return ()
    return tuple(c for c in ranked.candidates if c.reason is None and c.total_s is not None and c.total_s > within_s)


def in_time(candidate: Candidate, within_s: float | None, *, by_time: bool) -> bool:
    """Return whether one comes in time; without roads no time is known, and none is judged."""
    if not by_time:
        return candidate.straight_m is not None
    if candidate.total_s is None:
        return False
    return within_s is None or round(candidate.total_s, 1) <= within_s
