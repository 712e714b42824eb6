"""Two dispatchers at once, and callers who may not see everything."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from small_county import NOON

from geo_ems.errors import ConflictError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.services.incident_changes import Said, merge_incident, refine_incident
from geo_ems.services.incident_desk import IncidentDesk, read_incident
from geo_ems.services.incident_opening import Opening, open_incident
from geo_ems.services.incident_places import SaidPlace
from geo_ems.services.incident_reports import Report, send_report
from geo_ems.services.team_status import StatusEntry, enter_status, team_chain
from geo_ems.settings import Defaults, bundled_folder
from geo_ems.settings.reporting_rules import load_reporting_rules

RULES = load_reporting_rules(Path("nowhere"), bundled=bundled_folder() / "rules")
WRITER = Caller("writer", frozenset({Permission.READ, Permission.WRITE}))


class Interrupted:
    """A store on which somebody else is faster, once: what they do comes just before the next commit."""

    def __init__(self, inner: object, meanwhile: object) -> None:
        self.inner = inner
        self.meanwhile = meanwhile

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def commit(self, batch: object, **more: object) -> object:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return self.inner.commit(batch, **more)


def desk_of(county: object, *, caller: Caller = LOCAL) -> IncidentDesk:
    return IncidentDesk(
        store=county.store,
        snapshots=county.snapshots,
        rules=RULES,
        caller=caller,
        zone=ZoneInfo("Asia/Shanghai"),
        clock=lambda: NOON,
        new_id=iter(f"{n:04d}" for n in range(1000)).__next__,
        defaults=Defaults(),
    )


def opened(desk: IncidentDesk) -> str:
    return open_incident(desk, Opening("flood", {}, SaidPlace()), language="en").edited.id


@pytest.fixture
def team(county: object) -> str:
    county.put("response_teams", "T1", (0, 0), status="available")
    return "T1"


def test_who_is_a_moment_later_is_told_who_was_first_and_when(county: object, team: str) -> None:
    desk = desk_of(county)
    here, there = opened(desk), opened(desk)

    def first() -> None:
        enter_status(desk, team, StatusEntry("ordered", incident_id=here, who="王"), language="en")

    late = replace(desk, store=Interrupted(county.store, first))
    with pytest.raises(ConflictError) as refused:
        enter_status(late, team, StatusEntry("ordered", incident_id=there, who="李"), language="en")

    assert "'T1' was changed to ordered by 王 at 2026-07-01T04:00:00Z" in str(refused.value)
    assert county.store.read_rows("response_teams", [team])[0].properties["incident_id"] == here


def test_names_of_people_are_for_those_who_may_see_them(county: object, team: str) -> None:
    incident_id = opened(desk_of(county))
    enter_status(desk_of(county), team, StatusEntry("ordered", incident_id=incident_id, who="王"), language="en")
    writer = desk_of(county, caller=WRITER)

    with pytest.raises(ConflictError) as refused:
        enter_status(writer, team, StatusEntry("departed", expected="available"), language="en")

    assert "王" not in str(refused.value)
    assert team_chain(writer, team).steps[-1].who is None
    assert team_chain(desk_of(county), team).steps[-1].who == "王"


def test_two_reports_at_once_are_both_kept(county: object) -> None:
    desk = desk_of(county)
    incident_id = opened(desk)
    send_report(desk, incident_id, Report("first"))
    late = replace(
        desk, store=Interrupted(county.store, lambda: send_report(desk, incident_id, Report("follow_up", cause="a")))
    )

    send_report(late, incident_id, Report("follow_up", cause="b"))

    rows = read_incident(desk, incident_id).children["reports"]
    assert [(row["number"], row["cause"]) for row in rows] == [(1, None), (2, "a"), (3, "b")]


def test_two_refinements_at_once_are_both_kept(county: object) -> None:
    desk = desk_of(county)
    incident_id = opened(desk)

    def refined(at: IncidentDesk, **values: object) -> None:
        refine_incident(at, incident_id, values, place=SaidPlace(), said=Said(), language="en")

    late = replace(desk, store=Interrupted(county.store, lambda: refined(desk, fog=True)))
    refined(late, trapped_persons=2)

    values = read_incident(desk, incident_id).properties
    assert (values["fog"], values["trapped_persons"]) == (True, 2)


def test_a_merge_of_what_was_changed_meanwhile_is_refused(county: object) -> None:
    desk = desk_of(county)
    one, two = opened(desk), opened(desk)
    late = replace(
        desk,
        store=Interrupted(
            county.store,
            lambda: refine_incident(desk, one, {"trapped_persons": 1}, place=SaidPlace(), said=Said(), language="en"),
        ),
    )

    with pytest.raises(ConflictError):
        merge_incident(late, one, two, said=Said())
    assert read_incident(desk, one).properties["state"] == "open"
