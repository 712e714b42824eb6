"""Places in shelters and beds in hospitals: open ones first; designated hospitals first, then back-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo_ems.model.dispatch import Cure, NeedFilled, Picked, Shortfall, ShortReason
from geo_ems.model.labels import Language
from geo_ems.model.run_cards import HospitalsNeeded, PlacesNeeded
from geo_ems.queries.goods import nearest_shares, shared_goods
from geo_ems.services.bookings import free_places
from geo_ems.services.dispatch_question import Scene
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.dispatch_words import (
    arrival_text,
    ask_upper_cure,
    confirm_cure,
    far_ones,
    ids_of,
    in_time,
    names_of,
    names_with_phone,
    passed_over,
    picked,
    widen_cure,
)
from geo_ems.services.words import say

_DESIGNATED, _BACKUP, _HOSPITAL = "designated_hospital", "backup_hospital", "hospital"
_LISTED = 5


@dataclass(frozen=True, slots=True)
class PlacesScene:
    """One scene with its shelters as they are ranked for it."""

    scene: Scene
    ranked: RankedLayer
    need: PlacesNeeded

    @property
    def wanted(self) -> int:
        """Return how many places are needed: of the card, or as many as people are affected."""
        affected = self.scene.whole("affected_people_persons") if self.need.follows_affected else 0
        return affected or self.need.places_persons


def fill_places(scenes: Sequence[PlacesScene], *, language: Language) -> tuple[NeedFilled, ...]:
    """Return the places of one scene, or the shares of several from the same shelters."""
    if len(scenes) == 1:
        ranked, scene = scenes[0].ranked, scenes[0]
        held = np.array([float(_free(item, ranked) or 0) for item in ranked.candidates])
        shares = nearest_shares(held, _cost(scene), wanted=float(scene.wanted))
        given = [{item.id: int(n) for item, n in zip(ranked.candidates, shares.tolist(), strict=True) if n > 0}]
    else:
        given = _shared(scenes)
    return tuple(_filled(scene, found, language) for scene, found in zip(scenes, given, strict=True))


def _shared(scenes: Sequence[PlacesScene]) -> list[dict[str, int]]:
    known = sorted({item.id: (item, scene.ranked) for scene in scenes for item in scene.ranked.candidates}.items())
    rows = {shelter_id: row for row, (shelter_id, _) in enumerate(known)}
    held = np.array([float(_free(item, ranked) or 0) for _, (item, ranked) in known])
    cost = np.full((len(known), len(scenes)), np.inf)
    for column, scene in enumerate(scenes):
        for item, value in zip(scene.ranked.candidates, _cost(scene).tolist(), strict=True):
            cost[rows[item.id], column] = value
    wanted = np.array([float(scene.wanted) for scene in scenes])
    weight = np.array([float(scene.scene.weight) for scene in scenes])
    shares = shared_goods(held, cost, wanted, weight)
    return [
        {shelter_id: round(float(shares[row, column])) for shelter_id, row in rows.items() if shares[row, column] > 0}
        for column in range(len(scenes))
    ]


def _cost(scene: PlacesScene) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    by_time = scene.ranked.by_time
    return np.array(
        [
            float(item.tenths(by_time=by_time))
            if item.reason is None
            and not item.is_standby
            and _suits(item, scene.need)
            and in_time(item, scene.need.within_s, by_time=by_time)
            else np.inf
            for item in scene.ranked.candidates
        ]
    )


def _suits(shelter: Candidate, need: PlacesNeeded) -> bool:
    held = shelter.values.get("suitable_for")
    return frozenset(held if isinstance(held, tuple) else ()).issuperset(need.suitable_for)


def _free(shelter: Candidate, ranked: RankedLayer) -> int | None:
    rule = ranked.definition.capacity
    free = None if rule is None else free_places(shelter.values, rule)
    return None if free is None else max(0, free)


def _filled(scene: PlacesScene, given: Mapping[str, int], language: Language) -> NeedFilled:
    ranked, need, wanted = scene.ranked, scene.need, scene.wanted
    picks = tuple(
        _pick(item, given[item.id], ranked, language, state="ready") for item in ranked.candidates if item.id in given
    )
    got = sum(given.values())
    suiting = [item for item in ranked.candidates if _suits(item, need)]
    standby = [item for item in suiting if item.reason is None and item.is_standby]
    opened: list[Picked] = []
    missing = wanted - got
    for item in standby:
        free = _free(item, ranked) or 0
        if missing > 0 and free > 0 and in_time(item, need.within_s, by_time=ranked.by_time):
            opened.append(_pick(item, min(free, missing), ranked, language, state="to_open"))
            missing -= min(free, missing)
    short = wanted - got
    unknown = tuple(
        item for item in suiting if item.may_be_confirmed or (item.reason is None and _free(item, ranked) is None)
    )
    shortfall = None
    if short > 0:
        shortfall = Shortfall(
            {"places": float(short)}, *_explained(scene, suiting, standby, unknown, bool(opened), language)
        )
    return NeedFilled(
        what="places",
        name="places",
        label=say(language, "安置床位", "shelter places"),
        wanted={"places": float(wanted)},
        got={"places": float(got)},
        within_s=need.within_s,
        picks=picks,
        shortfall=shortfall,
        to_confirm=tuple(
            picked(
                item,
                {"places": 0.0},
                state="to_confirm",
                why=say(language, "状态或容量未知,按 0 计", "status or capacity unknown: counts 0"),
                language=language,
            )
            for item in (unknown[:_LISTED] if short > 0 else ())
        ),
        to_open=tuple(opened),
    )


def _pick(shelter: Candidate, places: int, ranked: RankedLayer, language: Language, *, state: str) -> Picked:
    free, arrives = _free(shelter, ranked), arrival_text(shelter, language, by_time=ranked.by_time)
    zh, en = f"剩余 {free} 位,{arrives}", f"{free} places left, {arrives}"
    if state == "to_open":
        zh, en = f"备用,须启用;{zh}", f"on standby, to be opened; {en}"
    occupied = ranked.definition.capacity.occupied_field if ranked.definition.capacity else None
    if occupied is not None and shelter.values.get(occupied) is None:
        zh, en = f"{zh};已安置人数未知,按 0 计", f"{en}; nobody counted who is in it"
    return picked(shelter, {"places": float(places)}, state=state, why=say(language, zh, en), language=language)


def _explained(
    scene: PlacesScene,
    suiting: Sequence[Candidate],
    standby: Sequence[Candidate],
    unknown: Sequence[Candidate],
    opens: bool,  # noqa: FBT001 one of a family of facts, all positional
    language: Language,
) -> tuple[tuple[ShortReason, ...], tuple[Cure, ...]]:
    reasons: list[ShortReason] = []
    cures: list[Cure] = []
    late = tuple(item for item in far_ones(scene.ranked, scene.need.within_s) if item in suiting)
    inside = [item for item in suiting if item.reason is not None and item.reason.value == "inside_hazard"]
    full = [item for item in suiting if item.reason is not None and item.reason.value == "full"]

    def add(code: str, found: Sequence[Candidate], zh: str, en: str) -> None:
        if found:
            text = say(language, f"{zh}: {names_of(found)}", f"{en}: {names_of(found)}")
            reasons.append(ShortReason(code, len(found), text, ids_of(found)))

    if not suiting:
        said = ("没有适用的避难场所", "no shelter is suitable")
        reasons.append(ShortReason("none_suitable", 0, say(language, *said)))
    add("standby", standby, "备用,尚未启用", "on standby, not open")
    add("full", full, "已满", "full")
    add("inside_hazard", inside, "位于危险区内", "inside a hazard area")
    add("unknown_status", unknown, "状态或容量未知", "status or capacity unknown")
    add("too_far", late, "不能按时到达", "too far for the time")
    if not reasons:
        said = ("开放场所剩余床位不足", "the open shelters have not enough places left")
        reasons.append(ShortReason("not_enough", len(suiting), say(language, *said)))
    if opens:
        said = (f"启用备用场所: {names_with_phone(standby)}", f"open those on standby: {names_with_phone(standby)}")
        cures.append(Cure("open", say(language, *said), ids_of(standby)))
    if unknown:
        cures.append(confirm_cure(unknown, language))
    if late:
        cures.append(widen_cure(late, language))
    cures.append(ask_upper_cure(language))
    return tuple(reasons), tuple(cures)


def fill_hospitals(scene: Scene, ranked: RankedLayer, need: HospitalsNeeded, *, language: Language) -> NeedFilled:
    """Return hospitals in the order of the plan: designated, back-up, others; in each the soonest first.

    Free beds count where they are known; where only all beds are known these count, and it is said.
    """
    injured = scene.whole("injured_persons") + scene.whole("seriously_injured_persons")
    beds_wanted = max(need.beds_count, injured)
    open_ones = [
        (_tier(item), place, item)
        for place, item in enumerate(ranked.candidates)
        if _tier(item) is not None and item.reason is None and not item.is_standby
    ]
    timely = [entry for entry in open_ones if in_time(entry[2], need.within_s, by_time=ranked.by_time)]
    picks: list[Picked] = []
    full: list[Candidate] = []
    beds = 0
    for tier, _, item in sorted(timely, key=lambda entry: (entry[0] or 0, entry[1])):
        free, is_known = _beds(item)
        if len(picks) >= need.hospitals and beds >= beds_wanted:
            break
        if is_known and free == 0:
            full.append(item)
            continue
        beds += free
        why = _hospital_text(item, tier or 0, free, ranked, language, is_known=is_known)
        amounts = {"hospitals": 1.0, "beds": float(free)}
        picks.append(picked(item, amounts, state="ready", why=why, language=language))
    missing = {"hospitals": float(need.hospitals - len(picks)), "beds": float(beds_wanted - beds)}
    missing = {name: amount for name, amount in missing.items() if amount > 0}
    wanted = {"hospitals": float(need.hospitals), "beds": float(beds_wanted)}
    shortfall = None
    unknown = tuple(item for item in ranked.candidates if _tier(item) is not None and item.may_be_confirmed)
    if missing:
        late = [item for item in far_ones(ranked, need.within_s) if _tier(item) is not None]
        shortfall = Shortfall(missing, *_hospitals_short(full, unknown, late, bool(open_ones), language))
    full_text = say(language, "没有空床", "no free beds")
    return NeedFilled(
        what="hospitals",
        name="hospitals",
        label=say(language, "医院", "hospitals"),
        wanted={name: amount for name, amount in wanted.items() if amount},
        got={"hospitals": float(len(picks)), "beds": float(beds)},
        within_s=need.within_s,
        picks=tuple(picks),
        shortfall=shortfall,
        passed_over=tuple(passed_over(item, full_text, language) for item in full[:_LISTED]),
    )


def _tier(item: Candidate) -> int | None:
    """Return 0 for a designated hospital, 1 for a back-up, 2 for another; None for what is no hospital."""
    kind, role = item.values.get("kind"), item.values.get("role_in_plan")
    if kind not in {_DESIGNATED, _BACKUP, _HOSPITAL}:
        return None
    if kind == _DESIGNATED or role == "designated":
        return 0
    return 1 if kind == _BACKUP or role == "backup" else 2


def _beds(item: Candidate) -> tuple[int, bool]:
    """Return the free beds and whether they are known; else all beds."""
    free, beds = item.values.get("beds_free_count"), item.values.get("beds_count")
    if isinstance(free, int | float):
        return int(free), True
    return (int(beds) if isinstance(beds, int | float) else 0), False


def _hospital_text(
    item: Candidate, tier: int, beds: int, ranked: RankedLayer, language: Language, *, is_known: bool
) -> str:
    zh, en = (("定点医院", "designated"), ("后备医院", "back-up"), ("其他医院", "another hospital"))[tier]
    arrives = arrival_text(item, language, by_time=ranked.by_time)
    if is_known:
        return say(language, f"{zh},空床 {beds},{arrives}", f"{en}, {beds} free beds, {arrives}")
    said = (
        f"{zh},共 {beds} 床,空床未知须核实,{arrives}",
        f"{en}, {beds} beds in all, free ones unknown: call; {arrives}",
    )
    return say(language, *said)


def _hospitals_short(
    full: Sequence[Candidate],
    unknown: Sequence[Candidate],
    late: Sequence[Candidate],
    any_open: bool,  # noqa: FBT001 one of a family of facts, all positional
    language: Language,
) -> tuple[tuple[ShortReason, ...], tuple[Cure, ...]]:
    reasons: list[ShortReason] = []
    cures: list[Cure] = []
    if not any_open:
        reasons.append(ShortReason("none_open", 0, say(language, "没有运行中的医院", "no hospital is open")))
    if full:
        text = say(language, f"没有空床: {names_of(full)}", f"no free beds: {names_of(full)}")
        reasons.append(ShortReason("full", len(full), text, ids_of(full)))
    if unknown:
        text = say(language, f"状态未知: {names_of(unknown)}", f"status unknown: {names_of(unknown)}")
        reasons.append(ShortReason("unknown_status", len(unknown), text, ids_of(unknown)))
        cures.append(confirm_cure(unknown, language))
    if late:
        text = say(language, f"不能按时到达: {names_of(late)}", f"too far for the time: {names_of(late)}")
        reasons.append(ShortReason("too_far", len(late), text, ids_of(late)))
        cures.append(widen_cure(late, language))
    if not reasons:
        reasons.append(ShortReason("not_enough", 0, say(language, "床位不足", "not enough beds")))
    cures.append(ask_upper_cure(language))
    return tuple(reasons), tuple(cures)
