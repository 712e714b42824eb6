"""Supplies from depots, and the trucks that carry them: nearest first, what has expired does not count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from geo_ems.model.columns import FloatArray
from geo_ems.model.definitions import Reason
from geo_ems.model.dispatch import Cure, NeedFilled, Picked, Shortfall, ShortReason
from geo_ems.model.labels import Label, Language
from geo_ems.model.run_cards import CargoTable, SuppliesNeeded, TeamsNeeded
from geo_ems.queries.goods import nearest_shares, shared_goods
from geo_ems.services.bookings import StockLines
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.dispatch_words import (
    amounts_text,
    arrival_text,
    ask_upper_cure,
    confirm_cure,
    far_ones,
    ids_of,
    in_time,
    names_of,
    names_with_phone,
    picked,
    widen_cure,
)
from geo_ems.services.words import say

TRUCKS = "trucks"
TRUCKS_LABEL = Label("运输车辆", "trucks to carry it")
_ON_CALL = frozenset({"contract", "dealer", "social"})
"""Modes of stock that lie with somebody else: they come on a call."""


@dataclass(frozen=True, slots=True)
class GoodsScene:
    """One scene with its depots as they are ranked for it, and what it needs."""

    ranked: RankedLayer
    needs: tuple[SuppliesNeeded, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Goods:
    """What each scene gets: its needs as they are filled, and how many trucks each of its depots has to load."""

    needs: tuple[tuple[NeedFilled, ...], ...]
    trucks: tuple[int, ...]


def fill_supplies(scenes: Sequence[GoodsScene], cargo: CargoTable, *, on_date: str, language: Language) -> Goods:
    """Return the supplies of one scene, or the shares of several from the same depots."""
    items = sorted({need.item for scene in scenes for need in scene.needs})
    shares: dict[tuple[int, str], dict[str, float]] = {}
    for item in items:
        takers = [(place, need) for place, scene in enumerate(scenes) for need in scene.needs if need.item == item]
        for (place, _), given in zip(takers, _shares(scenes, takers, item, on_date), strict=True):
            shares[place, item] = given
    filled = tuple(
        tuple(_filled(scene, need, shares[place, need.item], on_date, language) for need in scene.needs)
        for place, scene in enumerate(scenes)
    )
    loads = [
        {need.item: shares[place, need.item] for need in scene.needs if need.item not in cargo.trucks.items}
        for place, scene in enumerate(scenes)
    ]
    return Goods(filled, tuple(sum(trucks_of(load, cargo).values()) for load in loads))


def trucks_of(load: Mapping[str, Mapping[str, float]], cargo: CargoTable) -> dict[str, int]:
    """Return how many trucks each depot has to load, all its goods together; `load` is by item, then by depot.

    Every depot loads trucks of its own.
    """
    weight_kg: dict[str, float] = {}
    volume_m3: dict[str, float] = {}
    for item, by_depot in load.items():
        unit = cargo.weights.get(item)
        for depot, quantity in by_depot.items():
            weight_kg[depot] = weight_kg.get(depot, 0.0) + (0.0 if unit is None else unit.weight_kg * quantity)
            volume_m3[depot] = volume_m3.get(depot, 0.0) + (0.0 if unit is None else unit.volume_m3 * quantity)
    trucks = cargo.trucks
    return {
        depot: ceil(round(max(weight_kg[depot] / trucks.payload_kg, volume_m3[depot] / trucks.volume_m3), 9))
        for depot in weight_kg
    }


def fill_trucks(
    ranked: RankedLayer, wanted: int, cargo: CargoTable, *, taken: Mapping[str, float], on_date: str, language: Language
) -> tuple[tuple[Picked, ...], int]:
    """Return the trucks taken from stock, the nearest first, and how many are still missing.

    `taken` are those already given to another scene, by depot; the missing ones are asked of teams that have vehicles.
    """
    held = np.array(
        [
            max(0.0, sum(_free(depot, ranked, item, on_date) for item in cargo.trucks.items) - taken.get(depot.id, 0.0))
            for depot in ranked.candidates
        ]
    )
    shares = nearest_shares(np.floor(held), _cost(ranked, None), wanted=float(wanted))
    picks = []
    for depot, share in zip(ranked.candidates, shares.tolist(), strict=True):
        if share > 0:
            arrives = arrival_text(depot, language, by_time=ranked.by_time)
            why = say(
                language, f"库存卡车,{arrives};需安排司机", f"trucks in stock, {arrives}; drivers are to be found"
            )
            pick = picked(depot, {"trucks": share}, state="ready", why=why, language=language)
            holding = [item for item in cargo.trucks.items if _free(depot, ranked, item, on_date) > 0]
            picks.append(replace(pick, item=holding[0] if len(holding) == 1 else None))
    return tuple(picks), wanted - int(shares.sum())


def need_of_trucks(missing: int, cargo: CargoTable) -> TeamsNeeded:
    """Return the need of teams with vehicles that carry what the stock's own trucks cannot."""
    return TeamsNeeded(name=TRUCKS, label=TRUCKS_LABEL, vehicles_count=missing, capabilities=(cargo.trucks.capability,))


def _shares(
    scenes: Sequence[GoodsScene], takers: Sequence[tuple[int, SuppliesNeeded]], item: str, on_date: str
) -> list[dict[str, float]]:
    if len(takers) == 1:
        place, need = takers[0]
        ranked = scenes[place].ranked
        held = np.array([_free(depot, ranked, item, on_date) for depot in ranked.candidates])
        shares = nearest_shares(held, _cost(ranked, need.within_s), wanted=need.quantity)
        return [_given(ranked.candidates, shares)]
    depots = sorted({depot.id: depot for place, _ in takers for depot in scenes[place].ranked.candidates}.items())
    held = np.array([_free(depot, scenes[takers[0][0]].ranked, item, on_date) for _, depot in depots])
    cost = np.full((len(depots), len(takers)), np.inf)
    rows = {depot_id: row for row, (depot_id, _) in enumerate(depots)}
    for column, (place, need) in enumerate(takers):
        ranked = scenes[place].ranked
        for depot, value in zip(ranked.candidates, _cost(ranked, need.within_s).tolist(), strict=True):
            cost[rows[depot.id], column] = value
    wanted = np.array([need.quantity for _, need in takers])
    weight = np.array([float(scenes[place].weight) for place, _ in takers])
    shared = shared_goods(held, cost, wanted, weight)
    return [_given([depot for _, depot in depots], shared[:, column]) for column in range(len(takers))]


def _given(depots: Sequence[Candidate], shares: FloatArray) -> dict[str, float]:
    return {depot.id: share for depot, share in zip(depots, shares.tolist(), strict=True) if share > 0}


def _cost(ranked: RankedLayer, within_s: float | None) -> FloatArray:
    """Return the arrival of each depot in tenths; inf where it cannot give or comes too late."""
    return np.array(
        [
            float(depot.tenths(by_time=ranked.by_time))
            if _is_open(depot) and in_time(depot, within_s, by_time=ranked.by_time)
            else np.inf
            for depot in ranked.candidates
        ]
    )


def _is_open(depot: Candidate) -> bool:
    return depot.reason is None and not depot.is_standby


def _stock(depot: Candidate, ranked: RankedLayer) -> StockLines | None:
    rule = ranked.definition.stock
    return None if rule is None else StockLines(rule, tuple(depot.children.get(rule.child, ())))


def _free(depot: Candidate, ranked: RankedLayer, item: str, on_date: str) -> float:
    stock = _stock(depot, ranked)
    return 0.0 if stock is None else stock.free(item, on_date=on_date)


def _filled(
    scene: GoodsScene, need: SuppliesNeeded, given: Mapping[str, float], on_date: str, language: Language
) -> NeedFilled:
    ranked = scene.ranked
    rule = ranked.definition.stock
    code = None
    if rule is not None:
        code = ranked.definition.children[rule.child].fields[rule.item_field].codes.get(need.item)
    unit = None if code is None or code.unit is None else code.unit.text(language)
    picks = tuple(
        _pick(depot, given[depot.id], need, ranked, on_date, unit, language)
        for depot in ranked.candidates
        if depot.id in given
    )
    got = round(sum(given.values()), 6)
    missing = round(need.quantity - got, 6)
    shortfall = None
    if missing > 0:
        shortfall = Shortfall({"quantity": missing}, *_explained(ranked, need, on_date, unit, language))
    return NeedFilled(
        what="supplies",
        name=need.item,
        label=need.item if code is None else code.label.text(language),
        wanted={"quantity": need.quantity},
        got={"quantity": got},
        within_s=need.within_s,
        picks=picks,
        shortfall=shortfall,
        unit=unit,
    )


def _pick(
    depot: Candidate,
    quantity: float,
    need: SuppliesNeeded,
    ranked: RankedLayer,
    on_date: str,
    unit: str | None,
    language: Language,
) -> Picked:
    stock, arrives = _stock(depot, ranked), arrival_text(depot, language, by_time=ranked.by_time)
    free = _free(depot, ranked, need.item, on_date)
    held = amounts_text({"quantity": free}, language, unit=unit)
    zh, en = f"库存 {held},{arrives}", f"holds {held}, {arrives}"
    lines = () if stock is None else stock.taken(need.item, quantity, on_date=on_date)
    if any(line.get("mode") in _ON_CALL for line in lines):
        zh, en = f"{zh};含协议储备,须先联系", f"{en}; some lies with a contractor: call first"
    return picked(depot, {"quantity": quantity}, state="ready", why=say(language, zh, en), language=language)


def _explained(
    ranked: RankedLayer, need: SuppliesNeeded, on_date: str, unit: str | None, language: Language
) -> tuple[tuple[ShortReason, ...], tuple[Cure, ...]]:
    reasons: list[ShortReason] = []
    cures: list[Cure] = []

    def add(code: str, depots: Sequence[Candidate], amount: float, zh: str, en: str) -> bool:
        if not depots:
            return False
        held = amounts_text({"quantity": amount}, language, unit=unit)
        text = say(language, f"{zh} {held}: {names_of(depots)}", f"{held} {en}: {names_of(depots)}")
        reasons.append(ShortReason(code, len(depots), text, ids_of(depots)))
        return True

    def sums(found: Sequence[Candidate]) -> float:
        return sum(_free(depot, ranked, need.item, on_date) for depot in found)

    holding = [depot for depot in ranked.candidates if _free(depot, ranked, need.item, on_date) > 0]
    stocks = [(depot, _stock(depot, ranked)) for depot in ranked.candidates]
    expired = [depot for depot, stock in stocks if stock and stock.expired(need.item, on_date=on_date) > 0]
    coming = [depot for depot, stock in stocks if stock and stock.to_come(need.item, on_date=on_date) > 0]
    standby = [depot for depot in holding if depot.reason is None and depot.is_standby]
    unknown = [depot for depot in holding if depot.may_be_confirmed]
    closed = [depot for depot in holding if depot.reason in {Reason.CLOSED, Reason.UNAVAILABLE}]
    late = [depot for depot in far_ones(ranked, need.within_s) if depot in holding and not depot.is_standby]
    if not holding and not expired and not coming:
        said = ("没有储备点存有这种物资", "no depot holds this item")
        reasons.append(ShortReason("none_holds", 0, say(language, *said)))
    total_expired = sum(stock.expired(need.item, on_date=on_date) for _, stock in stocks if stock)
    total_coming = sum(stock.to_come(need.item, on_date=on_date) for _, stock in stocks if stock)
    add("expired", expired, total_expired, "已过期", "have expired")
    if add("not_yet_there", coming, total_coming, "尚未到库", "are only to come"):
        said = (f"催促到货: {names_of(coming)}", f"hasten what is to come: {names_of(coming)}")
        cures.append(Cure("hasten", say(language, *said), ids_of(coming)))
    if add("unknown_status", unknown, sums(unknown), "储备点状态未知", "lie in depots of unknown status"):
        cures.append(confirm_cure(unknown, language))
    if add("standby", standby, sums(standby), "在备用储备点", "lie in depots on standby"):
        said = (f"启用: {names_with_phone(standby)}", f"open: {names_with_phone(standby)}")
        cures.append(Cure("open", say(language, *said), ids_of(standby)))
    add("closed", closed, sums(closed), "储备点已关闭", "lie in closed depots")
    if add("too_far", late, sums(late), "不能按时到达", "would come too late"):
        cures.append(widen_cure(late, language))
    if holding and not reasons:
        held = amounts_text({"quantity": sums(holding)}, language, unit=unit)
        text = say(language, f"全部可用库存只有 {held}", f"all that is held is {held}")
        reasons.append(ShortReason("not_enough", len(holding), text, ids_of(holding)))
    cures.append(ask_upper_cure(language))
    return tuple(reasons), tuple(cures)
