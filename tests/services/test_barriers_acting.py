"""Which barriers act at an instant, and what is said of those that may deceive."""

from datetime import UTC, datetime, timedelta

import pytest
from line_networks import network_of
from shapely import LineString, Point, box
from shapely.geometry.base import BaseGeometry
from small_county import SmallCounty

from geo_ems.errors import UsageError
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Value
from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.barrier_question import Acting, BarrierQuestion, DrawnBarrier, PolicySaid, policy_said
from geo_ems.services.barriers import acting

AS_OF = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MIDDLE = Point(111.505, 31.2)


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    return network_of([("R1", [(111.5, 31.2), (111.51, 31.2)]), ("R1", [(111.51, 31.2), (111.52, 31.2)])])


def put(county: SmallCounty, layer: str, feature_id: str, geometry: BaseGeometry | None, **values: Value) -> None:
    feature = Feature(feature_id, geometry, {"name": feature_id, **values})
    county.store.commit(ChangeBatch(layer, (FeatureChange(ChangeKind.UPSERT, feature_id, feature),), "tester", "test"))


def close(county: SmallCounty, feature_id: str, geometry: BaseGeometry | None = MIDDLE, **values: Value) -> None:
    said: dict[str, Value] = {"policy": "closed", "state": "active", "confirmed_at": "2026-07-01T03:00:00Z", **values}
    put(county, "barriers", feature_id, geometry, **said)


def ask(county: SmallCounty, network: RoadNetwork, **said: object) -> Acting:
    question = BarrierQuestion(**{"as_of": AS_OF, "language": "en", **said})  # type: ignore[arg-type]
    return acting(county.snapshots.pin(["barriers", "hazard_areas"]), network, question)


def test_a_closure_acts_and_is_told_with_its_confirmation(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1", valid_to="2026-07-01T12:00:00Z")
    found = ask(county, network)
    (used,) = found.barriers
    assert (used.id, used.layer, used.policy, used.edges_hit) == ("B1", "barriers", "closed", 1)
    assert (used.confirmed_at, used.confirmed_age_s) == ("2026-07-01T03:00:00Z", 3600.0)
    assert used.valid_to == "2026-07-01T12:00:00Z"
    assert found.effects.edge.tolist() == [0]
    assert found.warnings == ()


def test_a_closure_acts_in_the_very_next_question(county: SmallCounty, network: RoadNetwork) -> None:
    assert ask(county, network).effects.edge.size == 0
    close(county, "B1")
    assert ask(county, network).effects.edge.size == 1
    close(county, "B1", state="lifted")
    assert ask(county, network).effects.edge.size == 0


def test_a_closure_that_was_moved_acts_at_its_new_place(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1")
    assert ask(county, network).effects.edge.tolist() == [0]
    close(county, "B1", Point(111.515, 31.2))
    assert ask(county, network).effects.edge.tolist() == [1]


@pytest.mark.parametrize(
    ("values", "acts", "warning"),
    [
        pytest.param({"state": "lifted"}, 0, "", id="lifted"),
        pytest.param({"valid_from": "2026-07-01T05:00:00Z"}, 0, "", id="not yet begun"),
        pytest.param({"valid_to": "2026-07-01T04:00:00Z"}, 1, "", id="its last moment"),
        pytest.param(
            {"valid_to": "2026-07-01T03:59:59Z"},
            0,
            "1 barriers are past their time and nobody lifted them; they no longer act, please confirm: "
            "B1 B1 (2026-07-01T03:59:59Z)",
            id="lapsed without being lifted",
        ),
        pytest.param(
            {"state": None}, 1, "1 barriers have no state and were taken to be in force: B1 B1", id="no state"
        ),
        pytest.param(
            {"confirmed_at": "2026-06-30T03:00:00Z"},
            1,
            "1 barriers were confirmed long ago: B1 B1 (25 hours)",
            id="confirmed yesterday",
        ),
        pytest.param(
            {"confirmed_at": None},
            1,
            "1 barriers do not say when they were confirmed: B1 B1",
            id="never confirmed",
        ),
        pytest.param(
            {"policy": "slow"},
            1,
            "1 barriers do not say how slow or how long a delay; they were taken to be closed: B1 B1",
            id="slow by nobody knows how much",
        ),
    ],
)
def test_the_state_and_the_times_of_a_closure(
    county: SmallCounty, network: RoadNetwork, values: dict[str, Value], acts: int, warning: str
) -> None:
    close(county, "B1", **values)
    found = ask(county, network)
    assert found.effects.edge.size == acts
    assert found.warnings == ((warning,) if warning else ())


def test_a_closure_that_meets_no_road_and_one_without_a_place_are_told(
    county: SmallCounty, network: RoadNetwork
) -> None:
    close(county, "B1", Point(111.6, 31.4))
    close(county, "B2", None)
    assert ask(county, network).warnings == (
        "1 barriers have no place and could not act: B2 B2",
        "1 barriers act on no road (a point must be within 30 m of one): B1",
    )


def test_a_closure_may_name_a_road_in_place_of_a_place(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1", None, road_id="R1")
    found = ask(county, network)
    assert found.effects.edge.tolist() == [0, 1]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        pytest.param({"state": "active"}, [float("inf")], id="without a policy it closes"),
        pytest.param({"state": "active", "policy": "slow", "slow_factor": 2.0}, [2.0], id="slow"),
        pytest.param({"state": "active", "policy": "ignore"}, [], id="ignored"),
        pytest.param({"state": "expired"}, [], id="expired"),
        pytest.param({"state": "active", "valid_to": "2026-07-01T03:00:00Z"}, [], id="past its time"),
        pytest.param({"state": "watch"}, [], id="on watch"),
        pytest.param({"state": "active", "mode": "walk"}, [], id="for walkers"),
    ],
)
def test_active_hazard_areas_act_by_their_policy(
    county: SmallCounty, network: RoadNetwork, values: dict[str, Value], factor: list[float]
) -> None:
    put(county, "hazard_areas", "H1", box(111.502, 31.1, 111.504, 31.3), kind="flood", **values)
    assert ask(county, network).effects.factor.tolist() == factor


def test_an_area_on_watch_is_told_and_may_be_switched_on_for_a_question(
    county: SmallCounty, network: RoadNetwork
) -> None:
    put(county, "hazard_areas", "H1", box(111.502, 31.1, 111.504, 31.3), kind="flood", state="watch")
    assert ask(county, network).warnings == ("1 hazard areas are on watch; roads inside were taken to be open: H1 H1",)
    found = ask(county, network, overrides={"H1": "closed"})
    assert found.effects.edge.tolist() == [0]
    assert found.warnings == ()


def test_an_alert_in_force_is_told_and_closes_no_road(county: SmallCounty, network: RoadNetwork) -> None:
    put(
        county,
        "hazard_areas",
        "H1",
        box(111.502, 31.1, 111.504, 31.3),
        kind="flood",
        state="active",
        policy="ignore",
        alert_id="office,A1,2026-07-01T10:00:00+08:00",
    )
    found = ask(county, network)
    assert found.barriers == ()
    assert found.warnings == ("1 alerts are in force and close no road by themselves: H1 H1",)


def test_overrides_change_what_barriers_do(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1", box(111.502, 31.1, 111.504, 31.3))
    close(county, "B2", box(111.512, 31.1, 111.514, 31.3), state="lifted")
    assert ask(county, network, overrides={"B1": "slow:2.5"}).effects.factor.tolist() == [2.5]
    assert ask(county, network, overrides={"barriers": "ignore"}).barriers == ()
    assert ask(county, network, overrides={"B2": "closed"}).effects.edge.tolist() == [0, 1]


def test_an_override_that_names_nothing_is_refused(county: SmallCounty, network: RoadNetwork) -> None:
    with pytest.raises(UsageError, match="There is no barrier and no hazard area 'B9'"):
        ask(county, network, overrides={"B9": "ignore"})


@pytest.mark.parametrize("text", ["", "shut", "slow", "slow:0.5", "delay:-1", "slow:nan", "closed:2", "delay:90000"])
def test_a_policy_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        policy_said(text)


def test_policies_are_read_with_their_amounts() -> None:
    assert policy_said("slow:3") == PolicySaid(Policy.SLOW, factor=3.0)
    assert policy_said("delay:120") == PolicySaid(Policy.DELAY, delay_s=120.0)


def test_barriers_drawn_for_a_question_act_on_it_alone(county: SmallCounty, network: RoadNetwork) -> None:
    line = LineString([(111.515, 31.19), (111.515, 31.21)])
    drawn = DrawnBarrier("drawn-1", line, PolicySaid(Policy.CLOSED))
    found = ask(county, network, inline=(drawn,))
    assert [(each.id, each.layer, each.edges_hit) for each in found.barriers] == [("drawn-1", "question", 1)]
    assert ask(county, network).barriers == ()


def test_closures_for_vehicles_let_walkers_pass(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1", mode="drive")
    assert ask(county, network, mode=Mode.WALK).barriers == ()
    assert len(ask(county, network).barriers) == 1


def test_later_questions_judge_validity_at_their_own_instant(county: SmallCounty, network: RoadNetwork) -> None:
    close(county, "B1", valid_to="2026-07-01T12:00:00Z")
    assert ask(county, network).effects.edge.size == 1
    assert ask(county, network, as_of=AS_OF + timedelta(hours=9)).effects.edge.size == 0
