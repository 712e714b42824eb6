"""What a recommendation says: by hand in a small county on the equator, then whatever the order of needs and names."""

from dataclasses import replace
from itertools import permutations
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from shapely import box
from small_county import NOON, SmallCounty

from geo_ems.catalogue.run_cards import RunCards
from geo_ems.model.caller import LOCAL
from geo_ems.model.dispatch import DispatchAnswer, NeedFilled
from geo_ems.model.labels import Label
from geo_ems.model.run_cards import (
    Cargo,
    CargoTable,
    CoverRule,
    ForceAim,
    HospitalsNeeded,
    PlacesNeeded,
    RunCard,
    SuppliesNeeded,
    TeamsNeeded,
    Trucks,
)
from geo_ems.services.dispatch import dispatch
from geo_ems.services.dispatch_question import DispatchQuestion, SceneAsked
from geo_ems.services.dispatch_rules import DispatchRules
from geo_ems.settings import Defaults

NOTE = Label("例", "example")
CARGO = CargoTable(
    Trucks(1000.0, 10.0, ("truck",), "transport"), {"tent": Cargo(45.0, 0.25), "quilt": Cargo(3.0, 0.03)}
)
BOATS = TeamsNeeded("boats", Label("舟艇", "boats"), teams=1, capabilities=("boat",))
EVACUATION = TeamsNeeded("evacuation", Label("转移", "evacuation"), teams=1, capabilities=("evacuation",))
FIRE = TeamsNeeded("fire", Label("灭火", "fire"), teams=1, capabilities=("fire_fighting",))


def rules(*, cover: tuple[CoverRule, ...] = (), kind: str = "flood", **card: object) -> DispatchRules:
    found = RunCard(kind, 1, NOTE, "rules/run_cards/flood.toml", **card)  # type: ignore[arg-type]
    return DispatchRules(RunCards({(kind, 1): found}, (kind, "fire")), cover, CARGO)


def ask(county: SmallCounty, laid_down: DispatchRules, *scenes: SceneAsked, **more: object) -> DispatchAnswer:
    asked = scenes or (SceneAsked(at_lonlat_deg=(0.0, 0.0), kind="flood"),)
    question = DispatchQuestion(asked, **{"language": "en", **more})  # type: ignore[arg-type]
    return dispatch(
        county.snapshots,
        question,
        laid_down,
        caller=LOCAL,
        defaults=Defaults(),
        zone=ZoneInfo("UTC"),
        clock=lambda: NOON,
    )


def team(county: SmallCounty, name: str, lon: float, *capabilities: str, **values: object) -> None:
    county.put(
        "response_teams",
        name,
        (lon, 0.0),
        **{"status": "available", "capabilities": tuple(sorted(capabilities)), **values},
    )


def need(answer: DispatchAnswer, name: str, scene: int = 0) -> NeedFilled:
    return next(item for item in answer.scenes[scene].needs if item.name == name)


def ids(filled: NeedFilled) -> list[str]:
    return [pick.id for pick in filled.picks]


def codes(filled: NeedFilled) -> list[str]:
    return [] if filled.shortfall is None else [reason.code for reason in filled.shortfall.reasons]


def test_the_only_boat_is_not_spent_on_what_others_can_do_whatever_the_order_of_the_needs(county: SmallCounty) -> None:
    team(county, "T1", 0.01, "boat", "evacuation")
    team(county, "T2", 0.02, "evacuation")

    for order in permutations((BOATS, EVACUATION)):
        answer = ask(county, rules(teams=order))
        assert ids(need(answer, "boats")) == ["T1"]
        assert ids(need(answer, "evacuation")) == ["T2"]
        assert answer.proven


def test_a_team_counts_once_with_its_people_and_vehicles(county: SmallCounty) -> None:
    team(county, "T1", 0.01, "boat", "evacuation", head_count_persons=12, vehicle_count=2)
    team(county, "T2", 0.02, "boat", head_count_persons=30)

    answer = ask(county, rules(teams=(BOATS, replace(EVACUATION, people_persons=10)), force=ForceAim(2, 40)))

    assert answer.scenes[0].totals == {"teams": 2.0, "people": 42.0, "vehicles": 2.0}
    force = answer.scenes[0].force
    assert force is not None
    assert [(step.id, step.teams, step.people) for step in force.steps] == [("T1", 1, 12), ("T2", 2, 42)]
    assert force.reached


def test_who_is_unknown_is_never_sent_but_listed_to_be_called(county: SmallCounty) -> None:
    team(county, "T1", 0.01, "boat", status=None, phone="110")
    team(county, "T2", 0.02, "boat", status="on_scene")

    boats = need(ask(county, rules(teams=(BOATS,))), "boats")

    assert ids(boats) == []
    assert [(pick.id, pick.state, pick.contact["phone"]) for pick in boats.to_confirm] == [("T1", "to_confirm", "110")]
    assert boats.shortfall is not None
    assert boats.shortfall.missing == {"teams": 1.0}
    assert codes(boats) == ["busy", "unknown_status"]
    assert [cure.action for cure in boats.shortfall.cures] == ["confirm", "recall", "ask_upper"]
    assert boats.shortfall.cures[0].text == "confirm by phone: T1 110"


def test_where_nobody_can_do_it_that_is_said_and_the_upper_level_is_asked(county: SmallCounty) -> None:
    county.put("districts", "C1", box(-1, -1, 1, 1), level="county", parent_id="P1")
    county.put("districts", "P1", box(-5, -5, 5, 5), level="city", name="市", duty_phone="12345")
    team(county, "T1", 0.01, "cordon")

    scene = ask(county, rules(teams=(BOATS,))).scenes[0]

    assert codes(scene.needs[0]) == ["none_capable"]
    assert scene.support_request.needed
    assert scene.support_request.ask == {"id": "P1", "name": "市", "level": "city", "duty_phone": "12345"}
    assert scene.support_request.missing == ("boats: 1 teams",)


def test_what_belongs_to_another_county_comes_by_arrival_with_the_consent_it_needs(county: SmallCounty) -> None:
    county.put("districts", "P1", box(-5, -5, 5, 5), level="city")
    county.put("districts", "C1", box(-1, -1, 0.015, 1), level="county", parent_id="P1", name="甲县")
    county.put("districts", "C2", box(0.015, -1, 2, 1), level="county", parent_id="P1", name="乙县")
    team(county, "T1", 0.02, "boat", tier="department_professional")
    team(county, "T2", -0.9, "boat", tier="department_professional")

    answer = ask(county, rules(teams=(BOATS,)))

    (pick,) = need(answer, "boats").picks
    assert (pick.id, pick.consent) == ("T1", "needs consent of the neighbour: 乙县")
    assert [item.id for item in answer.scenes[0].support_request.resources] == ["T1"]
    assert ids(need(ask(county, rules(teams=(BOATS,)), own_area_only=True), "boats")) == ["T2"]


def stock(*rows: dict[str, object]) -> tuple[dict[str, object], ...]:
    return tuple({"item": "tent", **row} for row in rows)


def test_goods_are_split_over_the_nearest_depots_and_what_has_expired_does_not_count(county: SmallCounty) -> None:
    county.put("supply_depots", "P1", (0.01, 0), status="open", stock=stock({"quantity": 30.0}))
    county.put(
        "supply_depots",
        "P2",
        (0.02, 0),
        status="open",
        stock=stock({"quantity": 500.0, "expires_on": "2026-06-30"}, {"quantity": 5.0, "expires_on": "2026-07-01"}),
    )
    county.put("supply_depots", "P3", (0.03, 0), status="open", stock=stock({"quantity": 100.0}))
    county.put("supply_depots", "P4", (0.005, 0), stock=stock({"quantity": 100.0}))

    tents = need(ask(county, rules(supplies=(SuppliesNeeded("tent", 50.0),))), "tent")

    assert [(pick.id, pick.amounts["quantity"]) for pick in tents.picks] == [("P1", 30.0), ("P2", 5.0), ("P3", 15.0)]
    assert tents.shortfall is None


def test_what_is_short_of_goods_is_explained_by_what_lies_where(county: SmallCounty) -> None:
    rows = stock({"quantity": 9.0}, {"quantity": 500.0, "expires_on": "2026-06-30"})
    county.put("supply_depots", "P1", (0.01, 0), status="open", stock=rows)
    county.put("supply_depots", "P2", (0.02, 0), status="standby", phone="222", stock=stock({"quantity": 40.0}))
    county.put("supply_depots", "P3", (0.02, 0), stock=stock({"quantity": 70.0}))

    tents = need(ask(county, rules(supplies=(SuppliesNeeded("tent", 50.0),))), "tent")

    assert tents.shortfall is not None
    assert tents.shortfall.missing == {"quantity": 41.0}
    assert codes(tents) == ["expired", "unknown_status", "standby"]
    assert [cure.action for cure in tents.shortfall.cures] == ["confirm", "open", "ask_upper"]


def test_every_depot_loads_trucks_of_its_own_first_from_stock_then_of_teams(county: SmallCounty) -> None:
    county.put("supply_depots", "P1", (0.01, 0), status="open", stock=stock({"quantity": 30.0}))
    rows = (*stock({"quantity": 30.0}), {"item": "truck", "quantity": 1.0})
    county.put("supply_depots", "P2", (0.02, 0), status="open", stock=rows)
    team(county, "T1", 0.03, "transport", vehicle_count=5)

    trucks = need(ask(county, rules(supplies=(SuppliesNeeded("tent", 60.0),))), "trucks")

    # 30 tents are 1,350 kg: two trucks of 1,000 kg at each depot
    assert trucks.wanted == {"trucks": 4.0}
    assert ids(trucks) == ["P2", "T1"]
    assert trucks.shortfall is None


def test_open_shelters_come_first_and_standby_ones_are_to_be_opened_with_key_holder_and_phone(
    county: SmallCounty,
) -> None:
    common = {"suitable_for": ("flood",), "capacity_persons": 100}
    county.put("shelters", "S1", (0.01, 0), status="open", occupied_persons=70, reserved_persons=10, **common)
    county.put("shelters", "S2", (0.02, 0), status="standby", key_holder="李", key_holder_phone="333", **common)
    county.put("shelters", "S3", (0.001, 0), status="open", suitable_for=("fire",), capacity_persons=900)
    county.put("shelters", "S4", (0.001, 0), status="closed", **common)

    places = need(ask(county, rules(places=PlacesNeeded(60, suitable_for=("flood",)))), "places")

    assert [(pick.id, pick.amounts["places"]) for pick in places.picks] == [("S1", 20.0)]
    assert [(pick.id, pick.amounts["places"], pick.state) for pick in places.to_open] == [("S2", 40.0, "to_open")]
    assert places.to_open[0].contact == {"key_holder": "李", "key_holder_phone": "333"}
    assert places.shortfall is not None
    assert places.shortfall.missing == {"places": 40.0}


def test_as_many_places_as_people_are_affected_where_the_incident_says_so(county: SmallCounty) -> None:
    county.put("incidents", "I1", (0.0, 0.0), kind="flood", state="open", affected_people_persons=37)
    county.put("shelters", "S1", (0.01, 0), status="open", capacity_persons=500)

    answer = ask(county, rules(places=PlacesNeeded(100, follows_affected=True)), SceneAsked("I1"))

    assert need(answer, "places").got == {"places": 37.0}


def test_designated_hospitals_come_first_then_back_ups_with_free_beds(county: SmallCounty) -> None:
    put = county.put
    put("facilities", "F1", (0.01, 0), kind="backup_hospital", status="open", beds_count=50, beds_free_count=9)
    put("facilities", "F2", (0.05, 0), kind="designated_hospital", status="open", beds_count=50, beds_free_count=4)
    put("facilities", "F3", (0.02, 0), kind="designated_hospital", status="open", beds_count=50, beds_free_count=0)
    put("facilities", "F4", (0.001, 0), kind="school", status="open")

    beds = need(ask(county, rules(hospitals=HospitalsNeeded(1, 10))), "hospitals")

    assert [(pick.id, pick.amounts["beds"]) for pick in beds.picks] == [("F2", 4.0), ("F1", 9.0)]
    assert [item.id for item in beds.passed_over] == ["F3"]


def fire_cover() -> CoverRule:
    return CoverRule("fire", Label("灭火", "fire"), 1, capabilities=("fire_fighting",), level="county")


def two_counties(county: SmallCounty) -> None:
    county.put("districts", "C1", box(-1, -1, 0.5, 1), level="county", name="甲县")
    county.put("districts", "C2", box(0.5, -1, 2, 1), level="county", name="乙县")
    county.put("incidents", "I1", (0.0, 0.0), kind="flood", grade="general", state="open")
    county.put("incidents", "I2", (0.1, 0.0), kind="flood", grade="major", state="open")


def test_several_incidents_share_one_pool_the_graver_first_and_no_team_goes_twice(county: SmallCounty) -> None:
    two_counties(county)
    team(county, "T1", 0.01, "fire_fighting")

    answer = ask(county, rules(teams=(FIRE,)), SceneAsked("I1"), SceneAsked("I2"))

    assert [ids(scene.needs[0]) for scene in answer.scenes] == [[], ["T1"]]
    assert codes(answer.scenes[0].needs[0]) == ["needed_elsewhere"]
    turned = ask(county, rules(teams=(FIRE,)), SceneAsked("I2"), SceneAsked("I1"))
    assert [ids(scene.needs[0]) for scene in turned.scenes] == [["T1"], []]


def test_each_area_keeps_its_minimum_and_it_is_said_that_it_does(county: SmallCounty) -> None:
    two_counties(county)
    team(county, "T1", 0.01, "fire_fighting")
    team(county, "T2", 0.02, "fire_fighting")
    laid_down = rules(teams=(FIRE,), cover=(fire_cover(),))

    answer = ask(county, laid_down, SceneAsked("I1"), SceneAsked("I2"))

    assert [ids(scene.needs[0]) for scene in answer.scenes] == [[], ["T2"]]
    assert codes(answer.scenes[0].needs[0]) == ["needed_elsewhere", "kept_back"]
    assert "lift_cover" in [cure.action for cure in answer.scenes[0].needs[0].shortfall.cures]
    assert [(state.area, state.now, state.after) for state in answer.cover] == [("C1", 2, 1), ("C2", 0, 0)]


def test_a_move_up_strips_nobody_and_no_team_moves_twice(county: SmallCounty) -> None:
    two_counties(county)
    county.put("districts", "C3", box(2, -1, 4, 1), level="county", name="丙县")
    team(county, "T1", 0.01, "fire_fighting")
    team(county, "T2", 0.6, "fire_fighting")
    team(county, "T3", 3.0, "fire_fighting")
    team(county, "T4", 3.1, "fire_fighting")
    laid_down = rules(teams=(FIRE,), cover=(fire_cover(),))

    answer = ask(county, laid_down, SceneAsked("I1"), keep_cover=False)

    # T2 is nearer to the emptied county, but its own would be stripped
    assert [(move.team_id, move.area) for move in answer.move_ups] == [("T3", "C1")]
    after = {state.area: state.after for state in answer.cover}
    assert after == {"C1": 0, "C2": 1, "C3": 2}


def test_goods_are_shared_too_and_never_more_than_there_is(county: SmallCounty) -> None:
    two_counties(county)
    county.put("supply_depots", "P1", (0.01, 0), status="open", stock=stock({"quantity": 70.0}))

    answer = ask(county, rules(supplies=(SuppliesNeeded("tent", 50.0),)), SceneAsked("I1"), SceneAsked("I2"))

    assert [need(answer, "tent", scene).got for scene in (0, 1)] == [{"quantity": 20.0}, {"quantity": 50.0}]


def test_who_was_ordered_already_is_not_recommended_again(county: SmallCounty) -> None:
    team(county, "T1", 0.01, "boat")
    record = {"incident_id": "I1", "resource_layer": "response_teams", "resource_id": "T1", "status": "departed"}
    county.put("assignments", "A1", None, **record)

    boats = need(ask(county, rules(teams=(BOATS,))), "boats")

    assert (ids(boats), codes(boats)) == ([], ["busy"])


STATES = st.sampled_from(["available", "delayed", "ordered", "on_scene", "out_of_service", None])
TEAMS = st.lists(
    st.tuples(STATES, st.sets(st.sampled_from(["boat", "evacuation", "fire_fighting"])), st.integers(0, 40)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEAMS, st.permutations((BOATS, replace(EVACUATION, people_persons=30), replace(FIRE, teams=2))))
def test_only_the_free_and_able_go_the_sums_are_right_and_the_order_does_not_matter(
    county: SmallCounty, teams: list[tuple[str | None, set[str], int]], needs: list[TeamsNeeded]
) -> None:
    for number in range(7):
        status, capabilities, people = teams[number] if number < len(teams) else (None, set(), 0)
        values = {"status": status, "head_count_persons": people}
        team(county, f"T{number}", 0.01 * (number + 1), *capabilities, **values)

    answer = ask(county, rules(teams=tuple(needs)))
    same = ask(county, rules(teams=tuple(sorted(needs, key=lambda item: item.name))))

    filled = {item.name: item for item in answer.scenes[0].needs}
    assert filled == {item.name: item for item in same.scenes[0].needs}
    picked = [name for item in filled.values() for name in ids(item)]
    assert len(picked) == len(set(picked))
    for wanted in needs:
        for name in ids(filled[wanted.name]):
            status, capabilities, _ = teams[int(name[1:])]
            assert status == "available"
            assert capabilities.issuperset(wanted.capabilities)
        people = sum(teams[int(name[1:])][2] for name in ids(filled[wanted.name]))
        assert filled[wanted.name].got.get("people", 0) == people
        missing = {} if filled[wanted.name].shortfall is None else filled[wanted.name].shortfall.missing
        assert missing.get("people", 0) == max(0, wanted.people_persons - people)
    assert answer.scenes[0].totals["teams"] == len(picked)


@pytest.mark.parametrize("asked", [SceneAsked(kind="flood"), SceneAsked(at_lonlat_deg=(0.0, 95.0), kind="flood")])
def test_a_place_that_is_none_is_refused(county: SmallCounty, asked: SceneAsked) -> None:
    with pytest.raises(Exception, match=r"Give a place|latitude"):
        ask(county, rules(), asked)
