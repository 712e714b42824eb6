"""Nearest as a dispatcher asks it: who, why not the others, and whom to call (SEMANTICS rulings 1 to 9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

from geo_ems.errors import NotFoundError, UsageError
from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import Availability, Reason

if TYPE_CHECKING:
    from small_county import SmallCounty

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)
EQUATOR_DEGREE_M = 111_319.490793  # 2 pi 6378137 / 360


def ids(rows: tuple[object, ...]) -> list[str]:
    return [row.id for row in rows]  # type: ignore[attr-defined]


def test_teams_on_the_equator_are_ranked_by_their_distance_in_metres(county: "SmallCounty") -> None:
    county.put("response_teams", "far", (0.02, 0.0), status="available")
    county.put("response_teams", "near", (0.01, 0.0), status="available")
    answer = county.nearest("response_teams")
    assert [(row.rank, row.id, row.straight_m, row.bearing_deg) for row in answer.results] == [
        (1, "near", round(0.01 * EQUATOR_DEGREE_M, 3), 90.0),
        (2, "far", round(0.02 * EQUATOR_DEGREE_M, 3), 90.0),
    ]
    assert answer.results[0].position_source == "home_base"
    assert answer.definition["proven_exact"] is True


def test_a_team_whose_status_nobody_knows_is_not_ranked_but_listed_to_call(county: "SmallCounty") -> None:
    county.put("response_teams", "silent", (0.01, 0.0), phone="0000-1")
    answer = county.nearest("response_teams")
    assert answer.results == ()
    assert answer.excluded_counts == {Reason.STATUS_UNKNOWN: 1}
    assert ids(answer.to_confirm) == ["silent"]
    assert answer.to_confirm[0].properties["phone"] == "0000-1"


def test_nobody_is_to_be_called_while_enough_teams_qualify(county: "SmallCounty") -> None:
    county.put("response_teams", "silent", (0.01, 0.0))
    county.put("response_teams", "ready", (0.02, 0.0), status="available")
    assert county.nearest("response_teams", k=1).to_confirm == ()
    assert ids(county.nearest("response_teams", k=2).to_confirm) == ["silent"]


def test_a_team_that_also_lacks_the_capability_is_not_worth_a_call(county: "SmallCounty") -> None:
    county.put("response_teams", "silent", (0.01, 0.0), capabilities=("boat",))
    answer = county.nearest("response_teams", where=("capabilities=medical",))
    assert answer.to_confirm == ()
    assert answer.excluded_counts == {Reason.LACKS_CAPABILITY: 1}


def test_the_nearer_team_that_is_out_is_passed_over_with_its_status(county: "SmallCounty") -> None:
    county.put("response_teams", "busy", (0.01, 0.0), status="on_scene")
    county.put("response_teams", "ready", (0.02, 0.0), status="available")
    county.put("response_teams", "farther", (0.03, 0.0), status="on_scene")
    answer = county.nearest("response_teams")
    assert ids(answer.results) == ["ready"]
    assert [(row.id, row.reason) for row in answer.passed_over] == [("busy", Reason.UNAVAILABLE)]
    label = county.definitions["response_teams"].fields["status"].codes["on_scene"].label.en
    assert answer.passed_over[0].detail == label


def test_all_capabilities_joined_by_plus_are_needed(county: "SmallCounty") -> None:
    county.put("response_teams", "boat", (0.01, 0.0), status="available", capabilities=("boat",))
    both = ("boat", "flood_rescue")
    county.put("response_teams", "both", (0.02, 0.0), status="available", capabilities=both)
    assert ids(county.nearest("response_teams", where=("capabilities=flood_rescue+boat",)).results) == ["both"]
    assert ids(county.nearest("response_teams", where=("capabilities=flood_rescue,boat",)).results) == ["boat", "both"]


def test_the_first_failing_test_is_the_one_counted(county: "SmallCounty") -> None:
    kinds = list(county.definitions["response_teams"].fields["kind"].codes)
    county.put("response_teams", "wrong", (0.01, 0.0), kind=kinds[0], status="out_of_service")
    answer = county.nearest("response_teams", where=(f"kind={kinds[1]}", "capabilities=boat"))
    assert answer.excluded_counts == {Reason.WRONG_KIND: 1}


def test_a_live_position_ranks_the_team_and_goes_stale(county: "SmallCounty") -> None:
    ten_minutes_ago = (NOON - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    county.put(
        "response_teams",
        "patrol",
        (9.0, 0.0),
        status="available",
        position_mode="live",
        position_lon_deg=0.01,
        position_lat_deg=0.0,
        position_time=ten_minutes_ago,
    )
    fresh = county.nearest("response_teams")
    row = fresh.results[0]
    assert (row.position_source, row.position_age_s) == ("live", 600)
    assert row.straight_m == round(0.01 * EQUATOR_DEGREE_M, 3)
    stale = county.nearest("response_teams", max_position_age_s=599)
    assert stale.excluded_counts == {Reason.POSITION_STALE: 1}
    assert (ids(stale.to_confirm), stale.to_confirm[0].detail) == (["patrol"], "10 min old")


def test_a_position_is_fresh_up_to_and_including_its_limit(county: "SmallCounty") -> None:
    county.put(
        "response_teams",
        "patrol",
        (9.0, 0.0),
        status="available",
        position_mode="live",
        position_lon_deg=0.0,
        position_lat_deg=0.0,
        position_time="2026-07-01T03:50:00Z",
    )
    assert len(county.nearest("response_teams", max_position_age_s=600).results) == 1


def test_a_position_from_far_ahead_is_no_better_than_an_old_one(county: "SmallCounty") -> None:
    for name, time in (("soon", "2026-07-01T04:10:00Z"), ("far ahead", "2026-07-31T04:00:00Z")):
        county.put(
            "response_teams",
            name,
            (9.0, 0.0),
            status="available",
            position_mode="live",
            position_lon_deg=0.0,
            position_lat_deg=0.0,
            position_time=time,
        )
    answer = county.nearest("response_teams")
    assert [(row.id, row.position_age_s) for row in answer.results] == [("soon", 0)]
    assert answer.excluded_counts == {Reason.POSITION_STALE: 1}


def test_a_shelter_ground_half_under_water_is_inside(county: "SmallCounty") -> None:
    county.put("hazard_areas", "flood-1", box(0.018, -0.005, 0.03, 0.005), kind="flood", state="active")
    county.put("shelters", "ground", box(0.01, -0.001, 0.02, 0.001), status="open")
    assert county.nearest("shelters").excluded_counts == {Reason.INSIDE_HAZARD: 1}


def test_a_live_team_without_a_position_is_missing_not_at_home(county: "SmallCounty") -> None:
    county.put("response_teams", "lost", (0.01, 0.0), status="available", position_mode="live")
    assert county.nearest("response_teams").excluded_counts == {Reason.POSITION_MISSING: 1}


def test_an_unlocated_shelter_is_counted_not_lost(county: "SmallCounty") -> None:
    county.put("shelters", "somewhere", None, status="open")
    answer = county.nearest("shelters", include_excluded=True)
    assert answer.excluded_counts == {Reason.POSITION_MISSING: 1}
    assert [(row.id, row.straight_m) for row in answer.excluded or ()] == [("somewhere", None)]


def test_a_standby_shelter_is_offered_to_be_opened(county: "SmallCounty") -> None:
    county.put("shelters", "standby", (0.01, 0.0), status="standby", key_holder_phone="0000-2")
    county.put("shelters", "closed", (0.02, 0.0), status="closed")
    answer = county.nearest("shelters")
    assert ids(answer.to_open) == ["standby"]
    assert answer.to_open[0].properties["key_holder_phone"] == "0000-2"
    assert answer.excluded_counts == {Reason.UNAVAILABLE: 1, Reason.CLOSED: 1}


def test_a_shelter_with_no_place_left_is_full_whatever_its_status_says(county: "SmallCounty") -> None:
    county.put("shelters", "packed", (0.01, 0.0), status="open", capacity_persons=100, occupied_persons=100)
    county.put("shelters", "room", (0.02, 0.0), status="open", capacity_persons=100, occupied_persons=99)
    answer = county.nearest("shelters")
    assert [(row.id, row.capacity_free) for row in answer.results] == [("room", 1)]
    assert answer.excluded_counts == {Reason.FULL: 1}


def test_a_full_standby_shelter_is_neither_ranked_nor_offered_to_be_opened(county: "SmallCounty") -> None:
    county.put("shelters", "packed", (0.01, 0.0), status="standby", capacity_persons=100, occupied_persons=100)
    county.put("shelters", "unheard", (0.02, 0.0), capacity_persons=50, occupied_persons=50)
    answer = county.nearest("shelters")
    assert (answer.to_open, answer.to_confirm) == ((), ())
    assert answer.excluded_counts == {Reason.UNAVAILABLE: 1, Reason.STATUS_UNKNOWN: 1}
    every_class = frozenset(Availability)
    assert county.nearest("shelters", availability=every_class).excluded_counts == {Reason.FULL: 2}


def test_a_hazard_area_that_nobody_can_judge_is_told_and_not_passed_over(county: "SmallCounty") -> None:
    county.put("hazard_areas", "no-state", box(-0.1, -0.1, 0.1, 0.1), kind="flood")
    county.put("hazard_areas", "no-place", None, kind="flood", state="active")
    county.put("hazard_areas", "over", None, kind="flood", state="active", valid_to="2026-06-30T00:00:00Z")
    county.put("hazard_areas", "expired", None, kind="flood", state="expired")
    county.put("shelters", "s", (0.0, 0.0), status="open")
    told = [
        "1 hazard areas have no state and were left out",
        "1 active hazard areas have no place: who lies in them is not known",
    ]
    assert county.nearest("shelters", k=1).warnings == tuple(told)
    assert county.nearest("shelters", k=1, ignore_hazards=True).warnings == tuple(told)
    assert [text for text in county.coverage("shelters").warnings if "hazard" in text] == told


def test_the_instant_asked_counts_in_whole_seconds_as_it_is_echoed(county: "SmallCounty") -> None:
    county.put(
        "response_teams",
        "out",
        (0.5, 0.5),
        status="available",
        position_mode="live",
        position_lon_deg=0.01,
        position_lat_deg=0.0,
        position_time="2026-07-01T03:30:00Z",
    )
    exactly, later = (
        county.nearest("response_teams", as_of=NOON + timedelta(microseconds=micro)) for micro in (0, 900_000)
    )
    assert exactly == later
    assert ids(later.results) == ["out"]


def test_a_shelter_inside_an_active_flood_is_excluded_and_a_team_there_is_flagged(county: "SmallCounty") -> None:
    flood = box(0.005, -0.005, 0.015, 0.005)
    county.put("hazard_areas", "flood-1", flood, kind="flood", state="active")
    county.put("shelters", "wet", (0.01, 0.0), status="open")
    county.put("response_teams", "village", (0.01, 0.0), status="available")
    shelters = county.nearest("shelters")
    assert shelters.excluded_counts == {Reason.INSIDE_HAZARD: 1}
    assert shelters.passed_over[0].detail == "flood-1"
    teams = county.nearest("response_teams")
    assert teams.results[0].hazard_flags == ("origin_in",)
    assert teams.warnings == ("only 1 of 5 qualify",)
    assert ids(county.nearest("shelters", ignore_hazards=True).results) == ["wet"]


def test_a_place_inside_a_flood_still_gets_its_list_and_is_told_so(county: "SmallCounty") -> None:
    county.put("hazard_areas", "flood-1", box(-0.005, -0.005, 0.005, 0.005), kind="flood", state="active")
    county.put("response_teams", "outside", (0.01, 0.0), status="available")
    answer = county.nearest("response_teams", k=1)
    assert answer.results[0].hazard_flags == ("destination_in",)
    assert answer.warnings == ("the place asked lies inside an active hazard area: flood-1",)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"state": "active", "policy": "ignore"}, id="to be ignored"),
        pytest.param({"state": "watch"}, id="only watched"),
        pytest.param({"state": "active", "valid_to": "2026-07-01T03:59:59Z"}, id="over"),
        pytest.param({"state": "active", "valid_from": "2026-07-01T04:00:01Z"}, id="not begun"),
    ],
)
def test_a_hazard_area_that_does_not_act_excludes_nobody(county: "SmallCounty", values: dict[str, str]) -> None:
    county.put("hazard_areas", "flood-1", box(-1, -1, 1, 1), kind="flood", **values)
    county.put("shelters", "dry", (0.01, 0.0), status="open")
    assert ids(county.nearest("shelters").results) == ["dry"]


def test_the_cutoff_is_inclusive_to_the_metre(county: "SmallCounty") -> None:
    county.put("shelters", "edge", (0.01, 0.0), status="open")
    exact = county.nearest("shelters").results[0]
    at_the_edge = county.nearest("shelters", cutoff_m=0.01 * EQUATOR_DEGREE_M + 1e-4)
    short = county.nearest("shelters", cutoff_m=0.01 * EQUATOR_DEGREE_M - 1e-2)
    assert ids(at_the_edge.results) == [exact.id]
    assert short.excluded_counts == {Reason.BEYOND_CUTOFF: 1}


def test_a_depot_must_hold_enough_that_has_not_expired(county: "SmallCounty") -> None:
    fresh = {"item": "tent", "quantity": 30.0}
    expired = {"item": "tent", "quantity": 30.0, "expires_on": "2026-06-30"}
    county.put("supply_depots", "half", (0.01, 0.0), status="open", stock=(fresh, expired))
    county.put("supply_depots", "full", (0.02, 0.0), status="open", stock=(fresh, fresh))
    answer = county.nearest("supply_depots", stock=("tent", 60.0))
    assert ids(answer.results) == ["full"]
    assert answer.excluded_counts == {Reason.LACKS_ITEM: 1}


def test_equal_distances_are_tied_ordered_by_id_and_a_cut_tie_is_said(county: "SmallCounty") -> None:
    for name, lon in (("b", 0.01), ("a", -0.01), ("c", 0.01)):
        county.put("shelters", name, (lon, 0.0), status="open")
    answer = county.nearest("shelters", k=2)
    assert [(row.rank, row.id, row.tied) for row in answer.results] == [(1, "a", True), (2, "b", True)]
    assert answer.warnings == ("there is a tie at rank k, cut by id",)


def test_an_answer_asked_again_is_the_same_to_the_byte(county: "SmallCounty") -> None:
    from geo_ems.formats.answers import json_bytes, nearest_mapping

    for number in range(20):
        county.put("shelters", f"s{number}", (number / 100, 0.0), status="open")
    asked = [json_bytes(nearest_mapping(county.nearest("shelters", as_of=NOON))) for _ in range(2)]
    assert asked[0] == asked[1]


def test_an_incident_gives_the_place(county: "SmallCounty") -> None:
    county.put("incidents", "i-1", (0.0, 0.0), kind="flood", state="open")
    county.put("response_teams", "near", (0.01, 0.0), status="available")
    answer = county.nearest("response_teams", at=None, incident_id="i-1")
    assert answer.results[0].straight_m == round(0.01 * EQUATOR_DEGREE_M, 3)


def test_an_incident_without_a_place_is_refused_with_the_remedy(county: "SmallCounty") -> None:
    county.put("incidents", "i-1", None, kind="flood", state="open")
    with pytest.raises(UsageError, match="has no place yet"):
        county.nearest("response_teams", at=None, incident_id="i-1")
    with pytest.raises(NotFoundError, match=r"There is no incident 'i-2'. Known: i-1"):
        county.nearest("response_teams", at=None, incident_id="i-2")


@pytest.mark.parametrize(
    ("at", "more", "said"),
    [
        pytest.param((181.0, 0.0), {}, "longitude 181.0 is outside", id="longitude out of range"),
        pytest.param((31.2, 111.5), {}, "Longitude comes first", id="latitude first"),
        pytest.param((0.0, 0.0), {"k": 0}, "k is 0", id="k of zero"),
        pytest.param((0.0, 0.0), {"k": 1001}, "k is 1001", id="k too large"),
        pytest.param((0.0, 0.0), {"cutoff_m": -1.0}, "the cutoff is -1.0 m", id="negative cutoff"),
        pytest.param((float("nan"), 0.0), {}, "longitude nan", id="not a number"),
    ],
)
def test_a_wrong_question_is_refused(
    county: "SmallCounty", at: tuple[float, float], more: dict[str, float], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        county.nearest("shelters", at, **more)
    assert said in str(caught.value)


def test_what_lies_outside_the_callers_area_leaves_no_trace(county: "SmallCounty") -> None:
    county.put("districts", "east", box(0, -1, 1, 1), level="township")
    county.put("districts", "west", box(-1, -1, -1e-9, 1), level="township")
    county.put("shelters", "mine", (0.01, 0.0), status="open")
    county.put("shelters", "theirs", (-0.005, 0.0), status="closed")
    answer = county.nearest("shelters", caller=replace(LOCAL, areas=("east",)), include_excluded=True)
    assert ids(answer.results) == ["mine"]
    assert (answer.excluded_counts, answer.passed_over, answer.excluded) == ({}, (), ())


def test_the_lowest_district_is_derived_at_write_and_again_when_districts_change(county: "SmallCounty") -> None:
    county.put("shelters", "s", (0.5, 0.5), status="open")
    county.put("districts", "county", box(0, 0, 1, 1), level="county")
    assert county.nearest("shelters").results[0].district_id == "county"
    county.put("districts", "town", box(0.4, 0.4, 0.6, 0.6), level="township")
    assert county.nearest("shelters").results[0].district_id == "town"
    remove(county, "town", layer="districts")
    assert county.nearest("shelters").results[0].district_id == "county"
    remove(county, "county", layer="districts")
    assert county.nearest("shelters").results[0].district_id is None


def test_the_district_typed_for_a_place_elsewhere_is_not_believed(county: "SmallCounty") -> None:
    county.put("districts", "county", box(0, 0, 1, 1), level="county")
    county.put("shelters", "outside", (5.0, 5.0), status="open", district_id="county")
    county.put("shelters", "unlocated", None, status="open", district_id="county")
    columns = county.snapshots.pin(["shelters"]).layer("shelters").columns
    assert list(columns.columns["district_id"].values) == ["", "county"]


STATUSES = st.sampled_from([None, "available", "on_scene", "out_of_service", "delayed"])
TEAMS = st.lists(
    st.tuples(st.floats(-0.5, 0.5), STATUSES, st.sampled_from([(), ("boat",), ("boat", "medical")]), st.booleans()),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(teams=TEAMS, k=st.integers(1, 6), cutoff=st.none() | st.floats(0, 60_000), capable=st.booleans())
def test_results_and_excluded_counts_make_up_the_layer(
    county: "SmallCounty",
    teams: list[tuple[float, str | None, tuple[str, ...], bool]],
    k: int,
    cutoff: float | None,
    capable: bool,  # noqa: FBT001 drawn by hypothesis
) -> None:
    for old in county.snapshots.pin(["response_teams"]).layer("response_teams").columns.ids:
        remove(county, str(old))
    for number, (lon, status, capabilities, located) in enumerate(teams):
        place = (lon, 0.0) if located else None
        county.put("response_teams", f"t{number}", place, status=status, capabilities=capabilities)
    where = ("capabilities=medical",) if capable else ()
    answer = county.nearest("response_teams", where=where, k=k, cutoff_m=cutoff, include_excluded=True)
    assert len(answer.results) + sum(answer.excluded_counts.values()) == len(teams)
    assert len(answer.excluded or ()) == sum(answer.excluded_counts.values())
    assert {row.id for row in answer.results}.isdisjoint(row.id for row in answer.excluded or ())
    assert all(row.availability is Availability.AVAILABLE for row in answer.results)
    assert len(answer.passed_over) <= 20


def remove(county: "SmallCounty", feature_id: str, layer: str = "response_teams") -> None:
    from geo_ems.model.features import ChangeBatch, ChangeKind, FeatureChange

    change = FeatureChange(ChangeKind.DELETE, feature_id)
    county.store.commit(ChangeBatch(layer, (change,), "tester", "test"))
