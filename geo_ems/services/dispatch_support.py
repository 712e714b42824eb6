"""When the force is effective, and the list for the upper level where what there is does not suffice."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.dispatch import EffectiveForce, ForceStep, NeedFilled, Picked, SupportRequest
from geo_ems.model.features import Value
from geo_ems.model.labels import Language
from geo_ems.model.run_cards import ForceAim, TeamsNeeded
from geo_ems.queries.areas import areas_by_place
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.dispatch_teams import can_serve
from geo_ems.services.dispatch_words import amounts_text, arrival_text, picked
from geo_ems.services.districts import DISTRICT_LAYER
from geo_ems.services.words import say, text_or_none

_RESOURCES_LISTED = 10
_UPPER_LEVELS = ("city", "province")


def effective_force(needs: Iterable[NeedFilled], aim: ForceAim | None) -> EffectiveForce | None:
    """Return who is on scene when: the sums after each arrival, and when the aim is reached; None without an aim."""
    if aim is None:
        return None
    teams = [pick for need in needs if need.what == "teams" for pick in need.picks]
    teams.sort(key=lambda pick: (pick.total_s if pick.total_s is not None else pick.straight_m or 0.0, pick.id))
    steps: list[ForceStep] = []
    reached, reached_at_s = False, None
    people = vehicles = 0
    for count, pick in enumerate(teams, start=1):
        people += int(pick.amounts.get("people", 0))
        vehicles += int(pick.amounts.get("vehicles", 0))
        steps.append(ForceStep(pick.total_s, pick.straight_m, pick.id, pick.name, count, people, vehicles))
        if not reached and count >= aim.teams and people >= aim.people_persons:
            reached, reached_at_s = True, pick.total_s
    wanted: dict[str, float] = {"teams": float(aim.teams), "people": float(aim.people_persons)}
    if aim.within_s is not None:
        wanted["within_s"] = aim.within_s
    return EffectiveForce(
        {name: amount for name, amount in wanted.items() if amount}, reached, reached_at_s, tuple(steps)
    )


def sums_of(needs: Iterable[NeedFilled]) -> dict[str, float]:
    """Return teams, people and vehicles of all needs together; every team stands in one need only."""
    picks = [pick for need in needs for pick in need.picks if "teams" in pick.amounts]
    return {name: float(sum(pick.amounts.get(name, 0.0) for pick in picks)) for name in ("teams", "people", "vehicles")}


def support_request(
    needs: Sequence[NeedFilled],
    asked: Sequence[TeamsNeeded],
    teams: RankedLayer,
    *,
    sent: frozenset[str],
    upper: Mapping[str, Value],
    language: Language,
) -> SupportRequest:
    """Return what to ask the upper level for: what is missing, and the nearest that lie outside the own county.

    Those already recommended that belong to others are listed too, because their consent is needed; then for
    each shortfall the soonest that could come on request, late or not.
    """
    short = [need for need in needs if need.shortfall is not None]
    missing = tuple(
        f"{need.label}: {amounts_text(need.shortfall.missing, language, unit=need.unit)}"
        for need in short
        if need.shortfall is not None
    )
    by_id = {item.id: item for item in teams.candidates}
    others = [
        pick
        for need in needs
        for pick in need.picks
        if pick.layer == teams.definition.name and pick.id in by_id and by_id[pick.id].is_outside
    ]
    short_names = {need.name for need in short if need.what == "teams"}
    wanted = [need for need in asked if need.name in short_names]
    could = [
        item
        for item in teams.candidates
        if item.reason is None and item.id not in sent and any(can_serve(item, need) for need in wanted)
    ]
    outside = [item for item in could if item.is_outside]
    late = [item for item in could if not item.is_outside]
    listed = [_on_request(item, teams, language) for item in chain(outside, late)]
    resources = (*others, *listed)[:_RESOURCES_LISTED]
    return SupportRequest(bool(short), upper, missing, resources)


def upper_level(pinned: SnapshotSet, at_lonlat_deg: tuple[float, float], caller: Caller) -> dict[str, Value]:
    """Return the district above the county that holds a place, with its duty phone; empty where none is known."""
    districts, private = pinned.layers.get(DISTRICT_LAYER), caller.may(Permission.READ_PRIVATE)
    if districts is None:
        return {}
    rows = [int(row) for row in areas_by_place(districts.columns.geometries, np.array([at_lonlat_deg]))[1]]
    held = [
        districts.columns.row_values(row, include_private=private) | {"id": districts.columns.id_at(row)}
        for row in rows
    ]
    county = next((values for values in held if values.get("level") == "county"), None)
    above = [values for values in held if values.get("level") in _UPPER_LEVELS]
    above.sort(key=lambda values: _UPPER_LEVELS.index(str(values["level"])))
    if not above and county is not None:
        parent = text_or_none(county.get("parent_id"))
        if parent is not None and parent in districts.row_of:
            row = districts.row_of[parent]
            above = [districts.columns.row_values(row, include_private=private) | {"id": parent}]
        elif parent is not None:
            return {"id": parent}
    if not above:
        return {}
    return {
        name: above[0].get(name) for name in ("id", "name", "level", "duty_phone") if above[0].get(name) is not None
    }


def _on_request(item: Candidate, teams: RankedLayer, language: Language) -> Picked:
    arrives = arrival_text(item, language, by_time=teams.by_time)
    people = item.values.get("head_count_persons")
    amounts = {"teams": 1.0, "people": float(people) if isinstance(people, int | float) else 0.0}
    if item.is_outside:
        why = say(language, f"其他辖区,须请求,{arrives}", f"of another area, on request, {arrives}")
    else:
        why = say(language, f"时限内不能到达,{arrives}", f"too late for the card, {arrives}")
    return picked(item, amounts, state="on_request", why=why, language=language)
