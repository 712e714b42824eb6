"""The trucks that carry the supplies: those in stock first, then the vehicles of teams; the graver scene first."""

from collections.abc import Sequence
from dataclasses import replace

from geo_ems.model.dispatch import NeedFilled
from geo_ems.model.labels import Language
from geo_ems.model.run_cards import CargoTable
from geo_ems.services.dispatch_answer import RankedScene
from geo_ems.services.dispatch_goods import fill_trucks, need_of_trucks


def trucks_of_scenes(
    ranked: Sequence[RankedScene],
    wanted: Sequence[int],
    goods: Sequence[Sequence[NeedFilled]],
    cargo: CargoTable,
    on_date: str,
    language: Language,
) -> list[tuple[NeedFilled | None, int]]:
    """Return for each scene the trucks from stock, and how many its teams have to bring; the graver scene first.

    Trucks that a card asks for as goods are no longer there to carry.
    """
    taken: dict[str, float] = {}
    for needs in goods:
        for need in needs:
            if need.name in cargo.trucks.items:
                for pick in need.picks:
                    taken[pick.id] = taken.get(pick.id, 0.0) + pick.amounts["quantity"]
    found: dict[int, tuple[NeedFilled | None, int]] = {}
    for place in sorted(range(len(ranked)), key=lambda place: (-ranked[place].scene.weight, place)):
        count = wanted[place]
        if count == 0:
            found[place] = (None, 0)
            continue
        picks, missing = fill_trucks(
            ranked[place].depots, count, cargo, taken=taken, on_date=on_date, language=language
        )
        for pick in picks:
            taken[pick.id] = taken.get(pick.id, 0.0) + pick.amounts["trucks"]
        label = need_of_trucks(count, cargo).label.text(language)
        got = {"trucks": float(count - missing)}
        found[place] = (
            NeedFilled("trucks", "trucks", label, {"trucks": float(count)}, got, None, picks, None),
            missing,
        )
    return [found[place] for place in range(len(ranked))]


def with_stock_trucks(needs: list[NeedFilled], trucks: tuple[NeedFilled | None, int], wanted: int) -> list[NeedFilled]:
    """Return the needs with the trucks from stock and those of teams as one need."""
    stock, missing = trucks
    if stock is None:
        return needs
    by_teams = next((need for need in needs if need.name == "trucks"), None)
    others = [need for need in needs if need.name != "trucks"]
    if by_teams is None or not missing:
        return [*others, stock]
    vehicles = sum(pick.amounts.get("vehicles", 0.0) for pick in by_teams.picks)
    got = stock.got["trucks"] + min(float(missing), vehicles)
    shortfall = by_teams.shortfall
    if shortfall is not None:
        shortfall = replace(shortfall, missing={"trucks": wanted - got})
    return [
        *others,
        replace(
            by_teams,
            what="trucks",
            label=stock.label,
            wanted={"trucks": float(wanted)},
            got={"trucks": got},
            picks=(*stock.picks, *by_teams.picks),
            shortfall=shortfall,
        ),
    ]
