"""Any sequence of orders, statuses, recalls and undos: nothing negative, nothing counted twice, sums as before."""

import contextlib
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from small_county import NOON, SmallCounty

from geo_ems.errors import ConflictError
from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.assignment_chain import Booked, Step, booked_in, steps_in_force
from geo_ems.services.assignment_ledger import Pick
from geo_ems.services.assignment_office import AssignmentOffice
from geo_ems.services.assignment_steps import StatusReport, change_status, undo_status
from geo_ems.services.assignments import Order, give_order

TEAMS, DEPOTS, SHELTERS = "response_teams", "supply_depots", "shelters"
STOCK, CAPACITY, HOUSED = 12.5, 20, 3
PICKS = st.one_of(
    st.builds(Pick, st.just(TEAMS), st.sampled_from(["T1", "T2"]), confirmed=st.booleans()),
    st.builds(
        Pick, st.just(DEPOTS), st.just("P1"), item=st.just("tent"), quantity=st.sampled_from([0.1, 0.2, 2.5, 7.0])
    ),
    st.builds(Pick, st.just(SHELTERS), st.just("S1"), places_persons=st.integers(1, 9)),
)


class Orders(RuleBasedStateMachine):
    empty_store: Path
    definitions: Mapping[str, LayerDefinition]

    @initialize()
    def open_county(self) -> None:
        self.folder = Path(mkdtemp())
        shutil.copyfile(self.empty_store, self.folder / "c.gpkg")
        self.county = SmallCounty(self.folder / "c.gpkg", self.definitions)
        self.county.put("incidents", "I1", (0.0, 0.0), state="open")
        for team in ("T1", "T2"):
            self.county.put(TEAMS, team, (0.1, 0.0), status="available")
        stock = (
            {"item": "tent", "quantity": 5.5, "expires_on": "2027-01-01"},
            {"item": "tent", "quantity": 7.0, "mode": "budget"},
        )
        self.county.put(DEPOTS, "P1", (0.1, 0.0), status="open", stock=stock)
        self.county.put(SHELTERS, "S1", (0.1, 0.0), status="open", capacity_persons=CAPACITY, occupied_persons=HOUSED)
        numbers = count(1)
        self.office = AssignmentOffice(
            self.county.store, self.county.snapshots, ZoneInfo("UTC"), lambda: NOON, lambda: f"{next(numbers):04d}"
        )
        self.ids: list[str] = []

    @rule(pick=PICKS)
    def give(self, pick: Pick) -> None:
        with contextlib.suppress(ConflictError):
            self.ids += [item.id for item in give_order(self.office, Order("I1", (pick,)), caller=LOCAL).assignments]

    @rule(which=st.integers(0, 50), step=st.sampled_from([step for step in Step if step is not Step.CANCELLED]))
    def tell(self, which: int, step: Step) -> None:
        if self.ids:
            with contextlib.suppress(ConflictError):
                change_status(self.office, self.ids[which % len(self.ids)], StatusReport(step), caller=LOCAL)

    @rule(which=st.integers(0, 50))
    def undo(self, which: int) -> None:
        if self.ids:
            with contextlib.suppress(ConflictError):
                undo_status(self.office, self.ids[which % len(self.ids)], StatusReport(""), caller=LOCAL)

    @invariant()
    def everything_is_counted_once(self) -> None:
        if not hasattr(self, "office"):
            return
        store = self.office.store
        assignments = store.read_rows("assignments", self.ids)
        booked = {Booked.RESERVED: 0.0, Booked.GONE: 0.0}
        places = {Booked.RESERVED: 0, Booked.GONE: 0}
        holders: dict[str, int] = {}
        for item in assignments:
            steps = steps_in_force(item.children["history"])
            step = Step(str(item.properties["status"]))
            assert step == (steps[-1] if steps else Step.CANCELLED)
            role = {TEAMS: "team", DEPOTS: "depot", SHELTERS: "shelter"}[str(item.properties["resource_layer"])]
            held = booked_in(role, step, was_recalled=Step.RECALLED in steps)
            if role == "depot" and held in booked:
                booked[held] += float(item.properties["quantity"])
            if role == "shelter" and held in places:
                places[held] += int(item.properties["places_persons"])
            if role == "team" and step in {"ordered", "accepted", "departed", "staged", "on_scene"}:
                holders[str(item.properties["resource_id"])] = holders.get(str(item.properties["resource_id"]), 0) + 1
        rows = store.read_rows(DEPOTS, ["P1"])[0].children["stock"]
        assert all(float(row[name] or 0) >= 0 for row in rows for name in ("quantity", "reserved_quantity"))
        free = sum(float(row["quantity"]) for row in rows)
        reserved = sum(float(row["reserved_quantity"] or 0) for row in rows)
        assert reserved == pytest.approx(booked[Booked.RESERVED])
        assert free + reserved + booked[Booked.GONE] == pytest.approx(STOCK)
        if not any(booked.values()):
            assert [row["quantity"] for row in rows] == [5.5, 7.0]  # to the last digit
        shelter = store.read_rows(SHELTERS, ["S1"])[0].properties
        assert (shelter["reserved_persons"] or 0) == places[Booked.RESERVED]
        assert shelter["occupied_persons"] == HOUSED + places[Booked.GONE] <= CAPACITY
        assert all(number == 1 for number in holders.values())

    def teardown(self) -> None:
        if hasattr(self, "office"):
            self.county.embedded.close()
            shutil.rmtree(self.folder)


@pytest.fixture
def machine(empty_store: Path, bundled_definitions: Mapping[str, LayerDefinition]) -> type[Orders]:
    Orders.empty_store, Orders.definitions = empty_store, bundled_definitions
    return Orders


def test_no_sequence_of_orders_and_undos_loses_or_doubles_anything(machine: type[Orders]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
