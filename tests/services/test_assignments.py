"""Orders book what they name once, whole or not at all, and book it back to the last digit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from small_county import NOON, SmallCounty

from geo_ems.errors import ConflictError, NotFoundError, UsageError
from geo_ems.model.caller import LOCAL
from geo_ems.services.assignment_ledger import Pick, open_assignments
from geo_ems.services.assignment_office import AssignmentOffice, NotBookedError
from geo_ems.services.assignment_steps import StatusReport, assignment_of_team, change_status, recall, undo_status
from geo_ems.services.assignments import Order, give_order, preview_order
from geo_ems.services.incident_desk import IncidentDesk
from geo_ems.services.incident_opening import Opening, open_incident
from geo_ems.services.incident_places import SaidPlace
from geo_ems.services.team_status import StatusEntry, enter_status
from geo_ems.services.undo import undo
from geo_ems.settings import Defaults, bundled_folder
from geo_ems.settings.reporting_rules import load_reporting_rules

TEAMS, DEPOTS, SHELTERS = "response_teams", "supply_depots", "shelters"
RULES = load_reporting_rules(bundled_folder() / "rules", bundled=bundled_folder() / "rules")
ONE_TEAM = Pick(TEAMS, "T1")
TENTS = Pick(DEPOTS, "P1", item="tent", quantity=40.0)
PLACES = Pick(SHELTERS, "S1", places_persons=30)


@pytest.fixture
def office(county: SmallCounty) -> AssignmentOffice:
    county.put("incidents", "I1", (0.0, 0.0), kind="flood", state="open")
    county.put("incidents", "I2", (1.0, 0.0), kind="fire", state="open")
    county.put("incidents", "I3", (1.0, 0.0), kind="fire", state="terminated")
    county.put(TEAMS, "T1", (0.1, 0.0), status="available", head_count_persons=12, vehicle_count=2)
    county.put(TEAMS, "T2", (0.2, 0.0), status="on_scene")
    county.put(TEAMS, "T3", (0.3, 0.0))
    stock = (
        {"item": "tent", "quantity": 30.0, "expires_on": "2027-01-01"},
        {"item": "tent", "quantity": 30.3, "expires_on": "2026-12-01", "mode": "budget"},
        {"item": "tent", "quantity": 500.0, "expires_on": "2026-06-30"},
        {"item": "tent", "quantity": 700.0, "available_from": "2026-07-02"},
        {"item": "quilt", "quantity": 5.0},
    )
    county.put(DEPOTS, "P1", (0.0, 0.1), status="open", stock=stock)
    county.put(SHELTERS, "S1", (0.0, 0.2), status="open", capacity_persons=100, occupied_persons=60)
    county.put(SHELTERS, "S2", (0.0, 0.3), status="standby", capacity_persons=100)
    numbers = count(1)
    return AssignmentOffice(
        county.store, county.snapshots, ZoneInfo("UTC"), lambda: NOON, lambda: f"{next(numbers):04d}"
    )


def order(*picks: Pick, incident: str = "I1", **more: object) -> Order:
    return Order(incident, picks, **more)  # type: ignore[arg-type]


def feature(office: AssignmentOffice, layer: str, feature_id: str):
    return office.store.read_rows(layer, [feature_id])[0]


def state(office: AssignmentOffice) -> list[object]:
    """Everything that an order touches, without revisions and without since when a team has its status."""
    resources = [(TEAMS, "T1"), (TEAMS, "T3"), (DEPOTS, "P1"), (SHELTERS, "S1"), (SHELTERS, "S2")]
    found = [feature(office, layer, name) for layer, name in resources]
    return [({**item.properties, "status_at": None}, item.children, item.geometry.wkb) for item in found]


def tents(office: AssignmentOffice) -> list[tuple[object, object]]:
    rows = feature(office, DEPOTS, "P1").children["stock"]
    return [(row["quantity"], row["reserved_quantity"]) for row in rows if row["item"] == "tent"]


def places(office: AssignmentOffice) -> tuple[object, object]:
    values = feature(office, SHELTERS, "S1").properties
    return values["occupied_persons"], values["reserved_persons"]


def test_an_order_books_team_stock_and_places_in_one_commit(office: AssignmentOffice) -> None:
    before = office.store.describe().seq

    done = give_order(office, order(ONE_TEAM, TENTS, PLACES, ordered_by="王值班"), caller=LOCAL)

    assert [item.properties["status"] for item in done.assignments] == ["ordered"] * 3
    assert done.assignments[0].properties["ordered_by"] == "王值班"
    assert done.assignments[0].properties["people_persons"] == 12
    assert feature(office, TEAMS, "T1").properties["status"] == "ordered"
    # what expires first goes first, what has expired or is only to come stays
    assert tents(office) == [(20.3, 9.7), (0.0, 30.3), (500.0, None), (700.0, None)]
    assert places(office) == (60, 30)
    assert office.store.describe().seq == before + 4
    assert {change.layer for change in office.store.changes_since(before)} == {"assignments", TEAMS, DEPOTS, SHELTERS}


def test_a_preview_says_what_would_be_booked_and_what_stands_against_it_and_changes_nothing(
    office: AssignmentOffice,
) -> None:
    before, seq = state(office), office.store.describe().seq

    seen = preview_order(office, order(ONE_TEAM, TENTS, Pick(TEAMS, "T2")), caller=LOCAL)

    assert [item.properties["resource_id"] for item in seen.assignments] == ["T1", "P1"]
    (conflict,) = seen.conflicts
    assert str(conflict) == (
        "T2: 'T2' is not to be had: 已到场 on scene, written by 'tester' at 2026-07-01 04:00:00 +00:00. "
        "Choose another; a new recommendation leaves it out."
    )
    assert (state(office), office.store.describe().seq) == (before, seq)


def test_who_comes_second_is_told_who_took_it_when_and_for_which_incident(office: AssignmentOffice) -> None:
    give_order(office, order(ONE_TEAM, ordered_by="王值班"), caller=LOCAL)
    before, seq = state(office), office.store.describe().seq

    with pytest.raises(NotBookedError) as refused:
        give_order(office, order(TENTS, ONE_TEAM, incident="I2"), caller=LOCAL)

    said = "'T1' was taken by '王值班' at 2026-07-01 04:00:00 +00:00 for incident 'I1'"
    assert [fault.problem for fault in refused.value.faults] == [said]
    assert (state(office), office.store.describe().seq) == (before, seq)


def test_of_two_dispatchers_at_once_one_gets_the_team(office: AssignmentOffice) -> None:
    def try_to_order(number: int) -> str:
        numbers = count(1)
        own = replace(office, new_id=lambda: f"{number}-{next(numbers)}")
        try:
            give_order(own, order(ONE_TEAM, incident=f"I{number % 2 + 1}"), caller=LOCAL)
        except NotBookedError as error:
            return str(error.faults[0].problem)
        return "taken"

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(try_to_order, range(8)))

    assert said.count("taken") == 1
    assert all("'T1' was taken by 'local' at 2026-07-01" in text for text in said if text != "taken")
    assert len(open_assignments(office.snapshots, resource_id="T1")) == 1


def test_many_at_once_share_a_stock_and_never_take_more_than_there_is(office: AssignmentOffice) -> None:
    def try_to_order(number: int) -> bool:
        own = replace(office, new_id=lambda: f"n{number}")
        try:
            give_order(own, order(replace(TENTS, quantity=10.0)), caller=LOCAL)
        except NotBookedError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(try_to_order, range(9)))

    assert sum(taken) == 6  # 60.3 tents
    assert sum(float(free) for free, _ in tents(office)[:2]) == pytest.approx(0.3)
    assert sum(float(kept or 0) for _, kept in tents(office)) == pytest.approx(60)


def test_the_same_key_gives_the_same_assignments_again_and_books_once(office: AssignmentOffice) -> None:
    first = give_order(office, order(ONE_TEAM, TENTS), caller=LOCAL, idempotency_key="k1")
    after = state(office)

    again = give_order(office, order(ONE_TEAM, TENTS), caller=LOCAL, idempotency_key="k1")

    assert again.assignments == first.assignments
    assert again.repeated
    assert state(office) == after
    with pytest.raises(ConflictError, match="was used for another order"):
        give_order(office, order(PLACES), caller=LOCAL, idempotency_key="k1")


def test_departure_books_the_stock_out_and_a_recall_books_it_back_exactly(office: AssignmentOffice) -> None:
    before = state(office)
    team, stock = (item.id for item in give_order(office, order(ONE_TEAM, TENTS), caller=LOCAL).assignments)

    change_status(office, stock, StatusReport("departed"), caller=LOCAL)
    assert tents(office) == [(20.3, None), (0.0, None), (500.0, None), (700.0, None)]
    recall(office, stock, StatusReport("", reason="雨停"), caller=LOCAL)
    assert tents(office) == [(30.0, None), (30.3, None), (500.0, None), (700.0, None)]
    change_status(office, stock, StatusReport("available"), caller=LOCAL)
    assert tents(office)[0] == (30.0, None)

    recall(office, team, StatusReport(""), caller=LOCAL)
    assert feature(office, TEAMS, "T1").properties["status"] == "recalled"
    change_status(office, team, StatusReport("available"), caller=LOCAL)
    assert state(office) == before


@pytest.mark.parametrize("refusal", ["declined", "no_answer"])
def test_who_declines_or_does_not_answer_has_nothing_booked(office: AssignmentOffice, refusal: str) -> None:
    ids = [item.id for item in give_order(office, order(ONE_TEAM, TENTS, PLACES), caller=LOCAL).assignments]

    for name in ids:
        change_status(office, name, StatusReport(refusal, reason="车坏了"), caller=LOCAL)

    assert feature(office, TEAMS, "T1").properties["status"] == refusal
    assert tents(office)[:2] == [(30.0, None), (30.3, None)]
    assert places(office) == (60, None)
    assert assignment_of_team(office, "T1") is None


def test_people_who_arrived_are_counted_in_the_shelter_and_no_longer_reserved(office: AssignmentOffice) -> None:
    (name,) = (item.id for item in give_order(office, order(PLACES), caller=LOCAL).assignments)

    for step in ("departed", "on_scene", "done"):
        change_status(office, name, StatusReport(step), caller=LOCAL)

    assert places(office) == (90, None)
    undo_status(office, name, StatusReport(""), caller=LOCAL)
    assert places(office) == (60, 30)


def test_undoing_every_step_leaves_everything_as_it_was_and_the_history_tells_it(office: AssignmentOffice) -> None:
    before = state(office)
    picks = (replace(ONE_TEAM, id="T3", confirmed=True), TENTS, replace(PLACES, id="S2", confirmed=True))
    ids = [item.id for item in give_order(office, order(*picks), caller=LOCAL).assignments]
    for name in ids:
        for step in ("accepted", "departed", "on_scene", "done"):
            change_status(office, name, StatusReport(step), caller=LOCAL)

    for name in ids:
        for _ in range(5):
            undo_status(office, name, StatusReport("", reason="误操作"), caller=LOCAL)

    assert state(office) == before
    rows = feature(office, "assignments", ids[0]).children["history"]
    assert [(row["status"], row["undoes"]) for row in rows] == [
        ("ordered", None),
        ("accepted", None),
        ("departed", None),
        ("on_scene", None),
        ("done", None),
        ("on_scene", True),
        ("departed", True),
        ("accepted", True),
        ("ordered", True),
        ("cancelled", True),
    ]
    with pytest.raises(ConflictError, match="There is nothing left to undo"):
        undo_status(office, ids[0], StatusReport(""), caller=LOCAL)


def test_undoing_a_refusal_is_refused_where_the_team_was_given_away_meanwhile(office: AssignmentOffice) -> None:
    (first,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments
    change_status(office, first.id, StatusReport("no_answer"), caller=LOCAL)
    give_order(office, order(replace(ONE_TEAM, confirmed=True), incident="I2"), caller=LOCAL)

    with pytest.raises(ConflictError, match=r"'T1' was taken by 'local' at .* for incident 'I2'"):
        undo_status(office, first.id, StatusReport(""), caller=LOCAL)

    assert feature(office, TEAMS, "T1").properties["status"] == "ordered"


def test_the_status_happened_when_it_is_said_to_have_happened_not_when_it_is_written(office: AssignmentOffice) -> None:
    (team,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments

    report = StatusReport("departed", occurred_at=NOON - timedelta(minutes=7), told_by="电台")
    (now,) = change_status(office, team.id, report, caller=LOCAL).assignments

    assert now.properties["occurred_at"] == "2026-07-01T03:53:00Z"
    last = now.children["history"][-1]
    assert (last["occurred_at"], last["recorded_at"]) == ("2026-07-01T03:53:00Z", "2026-07-01T04:00:00Z")
    assert last["recorded_by"] == "电台"


def test_a_status_that_does_not_follow_is_refused_with_those_that_do(office: AssignmentOffice) -> None:
    (team,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments

    with pytest.raises(ConflictError, match="'ordered' does not follow 'ordered'") as refused:
        change_status(office, team.id, StatusReport("ordered"), caller=LOCAL)
    assert refused.value.remedy.startswith("From 'ordered' it goes to: accepted, declined, no_answer, departed")
    with pytest.raises(UsageError, match="There is no status 'gone'"):
        change_status(office, team.id, StatusReport("gone"), caller=LOCAL)
    with pytest.raises(ConflictError, match="its revision is"):
        change_status(office, team.id, StatusReport("departed", expected_revs=frozenset({1})), caller=LOCAL)


@pytest.mark.parametrize(
    ("pick", "said"),
    [
        pytest.param(Pick(TEAMS, "T3"), "The status of 'T3' is unknown", id="unknown is not available"),
        pytest.param(Pick(SHELTERS, "S2", places_persons=5), "The status of 'S2' is 备用 standby", id="standby"),
        pytest.param(replace(PLACES, places_persons=41), "'S1' has 40 places left, not 41", id="full"),
        pytest.param(
            replace(TENTS, quantity=60.4), "'P1' has 60.3 of 'tent' left, not 60.4", id="expired is not there"
        ),
    ],
)
def test_what_is_not_to_be_had_is_said(office: AssignmentOffice, pick: Pick, said: str) -> None:
    with pytest.raises(NotBookedError) as refused:
        give_order(office, order(pick), caller=LOCAL)

    assert refused.value.faults[0].problem == said


def test_what_is_wrongly_asked_is_refused_before_anything_is_booked(office: AssignmentOffice) -> None:
    before = office.store.describe().seq
    for wrong, error in (
        (order(ONE_TEAM, ONE_TEAM), UsageError),
        (order(), UsageError),
        (order(Pick("roads", "R1")), UsageError),
        (order(replace(TENTS, item="tents")), NotFoundError),
        (order(replace(ONE_TEAM, item="tent")), UsageError),
        (order(Pick(SHELTERS, "S1")), UsageError),
        (order(Pick(TEAMS, "T9")), NotFoundError),
        (order(ONE_TEAM, incident="I9"), NotFoundError),
        (order(ONE_TEAM, incident="I3"), ConflictError),
    ):
        with pytest.raises(error):
            give_order(office, wrong, caller=LOCAL)
    assert office.store.describe().seq == before


def test_a_list_of_the_depot_imported_meanwhile_does_not_make_goods_out_of_nothing(
    office: AssignmentOffice, county: SmallCounty
) -> None:
    (stock,) = give_order(office, order(replace(TENTS, quantity=10.0)), caller=LOCAL).assignments
    county.put(DEPOTS, "P1", (0.0, 0.1), status="open", stock=({"item": "tent", "quantity": 4.0},))

    recall(office, stock.id, StatusReport(""), caller=LOCAL)

    assert tents(office) == [(4.0, None)]


def desk_at(office: AssignmentOffice) -> IncidentDesk:
    return IncidentDesk(
        store=office.store,
        snapshots=office.snapshots,
        rules=RULES,
        caller=LOCAL,
        zone=office.zone,
        clock=office.clock,
        new_id=office.new_id,
        defaults=Defaults(),
    )


def test_a_status_told_of_an_ordered_team_moves_its_order_in_the_same_commit(office: AssignmentOffice) -> None:
    (team,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments
    desk, before = desk_at(office), office.store.describe().seq

    changed = enter_status(desk, "T1", StatusEntry("departed", channel="radio", who="云渡001"), language="en")

    assert changed.skipped == ("accepted",)
    assert feature(office, TEAMS, "T1").properties["status"] == "departed"
    assert feature(office, TEAMS, "T1").properties["incident_id"] == "I1"
    stored = feature(office, "assignments", team.id)
    assert stored.properties["status"] == "departed"
    assert stored.children["history"][-1]["recorded_by"] == "云渡001"
    assert office.store.describe().seq == before + 2

    undo(office.store, office.store.describe().seq, caller=LOCAL)

    assert feature(office, TEAMS, "T1").properties["status"] == "ordered"
    assert feature(office, "assignments", team.id).properties["status"] == "ordered"


def test_an_order_is_undone_whole_by_its_number(office: AssignmentOffice) -> None:
    before = state(office)
    done = give_order(office, order(ONE_TEAM, TENTS, PLACES), caller=LOCAL)
    assert state(office) != before

    undo(office.store, done.seq, caller=LOCAL)

    assert state(office) == before
    assert office.store.read_rows("assignments", [item.id for item in done.assignments]) == ()


def test_a_refusal_told_of_the_team_ends_its_order_and_frees_it_for_another(office: AssignmentOffice) -> None:
    (team,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments

    enter_status(desk_at(office), "T1", StatusEntry("declined", text="车坏了"), language="en")

    assert feature(office, "assignments", team.id).properties["status"] == "declined"
    assert assignment_of_team(office, "T1") is None


def test_a_team_out_of_service_is_recalled_from_its_order(office: AssignmentOffice) -> None:
    (team,) = give_order(office, order(ONE_TEAM), caller=LOCAL).assignments

    enter_status(desk_at(office), "T1", StatusEntry("out_of_service", text="事故"), language="en")

    assert feature(office, "assignments", team.id).properties["status"] == "recalled"
    assert feature(office, TEAMS, "T1").properties["status"] == "out_of_service"


def test_two_who_enter_at_once_do_not_both_have_their_way(office: AssignmentOffice) -> None:
    give_order(office, order(ONE_TEAM), caller=LOCAL)
    desk = desk_at(office)
    enter_status(desk, "T1", StatusEntry("declined", text="路断"), language="en")

    with pytest.raises(ConflictError, match="was changed to declined"):
        enter_status(desk, "T1", StatusEntry("departed", expected="ordered"), language="en")


def test_the_opening_of_an_incident_is_not_undone_under_its_orders(office: AssignmentOffice) -> None:
    desk = desk_at(office)
    opened = open_incident(desk, Opening("flood", {}, SaidPlace()), language="en").edited
    (team,) = give_order(office, order(ONE_TEAM, incident=opened.id), caller=LOCAL).assignments

    with pytest.raises(ConflictError, match="Orders were given to") as refused:
        undo(office.store, opened.rev, caller=LOCAL)

    assert team.id in str(refused.value)
    recall(office, team.id, StatusReport(""), caller=LOCAL)
    undo(office.store, opened.rev, caller=LOCAL)
    assert office.store.read_rows("incidents", [opened.id]) == ()
