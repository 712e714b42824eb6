"""Alerts of other offices become hazard areas, and end as they say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from small_county import SmallCounty

from geo_ems.formats.cap import read_cap
from geo_ems.model.caller import LOCAL
from geo_ems.model.features import Feature
from geo_ems.model.roads import Policy
from geo_ems.services.alert_import import AlertImport, AlertReport, import_alerts
from geo_ems.services.barrier_question import PolicySaid

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
POLYGON = "<polygon>31,111 31,112 32,112 32,111 31,111</polygon>"
IGNORE = PolicySaid(Policy.IGNORE)


def info(
    event: str = "Flash Flood Warning",
    area: str = POLYGON,
    *,
    language: str = "en",
    more: str = "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>",
    expires: str = "2026-07-01T20:00:00+08:00",
) -> str:
    ends = f"<expires>{expires}</expires>" if expires else ""
    return (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event>{more}{ends}"
        f"<area><areaDesc>Qingxi</areaDesc>{area}</area></info>"
    )


def alert(
    identifier: str = "A1", inside: str | None = None, *, status: str = "Actual", kind: str = "Alert", refers: str = ""
) -> bytes:
    references = f"<references>office,{refers},2026-07-01T10:00:00+08:00</references>" if refers else ""
    return (
        f"<alert><identifier>{identifier}</identifier><sender>office</sender><sent>2026-07-01T10:00:00+08:00</sent>"
        f"<status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{references}"
        f"{info() if inside is None else inside}</alert>"
    ).encode()


def take(county: SmallCounty, data: bytes, *, policy: PolicySaid = IGNORE, dry_run: bool = False) -> AlertReport:
    work = AlertImport(county.store, LOCAL, NOW, ZoneInfo("Asia/Shanghai"), "en", policy, dry_run)
    return import_alerts(read_cap(data, where="a.xml"), file_name="a.xml", sha256="0", work=work)


def stored(county: SmallCounty) -> list[Feature]:
    columns = county.store.read_columns("hazard_areas")
    return list(county.store.read_rows("hazard_areas", [str(each) for each in columns.ids]))


def said(report: AlertReport) -> str:
    return "\n".join(note.en for note in report.notes)


def test_an_alert_becomes_a_hazard_area_that_closes_no_road(county: SmallCounty) -> None:
    report = take(county, alert())
    (area,) = stored(county)
    values = area.properties
    assert values["kind"] == "flood"
    assert values["grade"] == "major"
    assert (values["state"], values["policy"]) == ("active", "ignore")
    assert (values["valid_from"], values["valid_to"]) == ("2026-07-01T02:00:00Z", "2026-07-01T12:00:00Z")
    assert values["alert_id"] == "office,A1,2026-07-01T10:00:00+08:00"
    assert area.geometry is not None
    assert report.notes == ()


def test_an_alert_that_is_stored_acts_once_somebody_says_that_it_does(county: SmallCounty) -> None:
    take(county, alert())
    report = take(county, alert(), policy=PolicySaid(Policy.SLOW, factor=2.0))
    (area,) = stored(county)
    assert (area.properties["state"], area.properties["policy"]) == ("active", "slow")
    assert area.properties["slow_factor"] == 2.0
    assert "its policy is slow now, and it acts" in said(report)

    again = take(county, alert(), policy=PolicySaid(Policy.SLOW, factor=2.0))
    assert said(again) == "A1: stored before, left as it is"
    take(county, alert())
    assert stored(county)[0].properties["policy"] == "slow"


def test_an_alert_that_is_over_does_not_come_to_act_by_a_second_import(county: SmallCounty) -> None:
    over = alert(inside=info(expires="2026-07-01T11:00:00+08:00"))
    take(county, over)
    report = take(county, over, policy=PolicySaid(Policy.CLOSED))
    assert (stored(county)[0].properties["state"], stored(county)[0].properties["policy"]) == ("expired", "ignore")
    assert "geo-ems barriers close" in said(report)


def test_whoever_imports_it_may_say_that_it_closes_roads(county: SmallCounty) -> None:
    report = take(county, alert(), policy=PolicySaid(Policy.CLOSED))
    assert stored(county)[0].properties["policy"] == "closed"
    assert "acts on every road inside" in said(report)


def test_the_same_alert_again_changes_nothing(county: SmallCounty) -> None:
    take(county, alert())
    seq = county.store.describe().seq
    report = take(county, alert())
    assert county.store.describe().seq == seq
    assert said(report) == "A1: stored before, left as it is"


def test_a_trial_stores_nothing(county: SmallCounty) -> None:
    assert len(take(county, alert(), dry_run=True).stored) == 1
    assert stored(county) == []


@pytest.mark.parametrize("status", ["Exercise", "Test", "Draft", "System"])
def test_what_is_not_actual_is_not_stored(county: SmallCounty, status: str) -> None:
    assert said(take(county, alert(status=status))) == f"A1: status {status}, not stored"
    assert stored(county) == []


def test_a_cancellation_ends_the_areas_it_refers_to(county: SmallCounty) -> None:
    take(county, alert("A1"))
    report = take(county, alert("A2", "", kind="Cancel", refers="A1"))
    (area,) = stored(county)
    assert (area.properties["state"], area.properties["valid_to"]) == ("expired", "2026-07-01T02:00:00Z")
    assert report.ended_ids == (area.id,)


def test_an_update_takes_the_place_of_what_it_refers_to(county: SmallCounty) -> None:
    take(county, alert("A1"))
    take(county, alert("A2", kind="Update", refers="A1"))
    states = {str(area.properties["alert_id"]).split(",")[1]: area.properties["state"] for area in stored(county)}
    assert states == {"A1": "expired", "A2": "active"}


def test_an_alert_that_comes_after_its_update_is_over(county: SmallCounty) -> None:
    take(county, alert("A2", kind="Update", refers="A1"))
    report = take(county, alert("A1"))
    assert report.stored[0].properties["state"] == "expired"
    assert "a newer alert has replaced it before" in said(report)


@pytest.mark.parametrize(
    ("inside", "state", "note"),
    [
        pytest.param(info(expires="2026-07-01T11:00:00+08:00"), "expired", "was over when it came", id="over"),
        pytest.param(info(expires=""), "active", "does not say when it ends", id="without an end"),
        pytest.param(info(expires="2026-07-01T20:00:00"), "active", "were read in Asia/Shanghai", id="no offset"),
        pytest.param(info(more="<certainty>Possible</certainty>"), "watch", "", id="possible"),
        pytest.param(info(more="<urgency>Past</urgency>"), "expired", "all clear", id="past"),
        pytest.param(info(area="<geocode><valueName>UGC</valueName><value>AKZ1</value></geocode>"), "active",
                     "has no place and is stored without one; codes: UGC AKZ1", id="codes only"),
        pytest.param(info("Something new"), "active", "is not in the table; taken as meteorological", id="unknown"),
    ],
)  # fmt: skip
def test_what_an_alert_leaves_open_is_told(county: SmallCounty, inside: str, state: str, note: str) -> None:
    report = take(county, alert(inside=inside))
    assert stored(county)[0].properties["state"] == state
    assert note in said(report)


def test_one_language_is_taken_and_the_others_are_told(county: SmallCounty) -> None:
    report = take(county, alert(inside=info(language="fr-CA") + info(language="en-CA")))
    assert len(stored(county)) == 1
    assert said(report) == "A1: 1 infos in other languages were not stored"


def test_an_area_told_twice_is_stored_once(county: SmallCounty) -> None:
    take(county, alert(inside=info() + info()))
    assert len(stored(county)) == 1


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("暴雨红色预警", "meteorological"),
        ("山洪灾害预警", "flood"),
        ("雷暴大风", "strong_convection"),
        ("道路结冰", "rain_snow_freeze"),
        ("地质灾害气象风险", "geological"),
        ("SEVERE THUNDERSTORM", "strong_convection"),
        ("Wildfire", "forest_fire"),
        ("Storm Surge Warning", "storm_surge"),
        ("Notice of flooding", "flood"),
    ],
)
def test_events_are_told_apart_by_their_words(county: SmallCounty, event: str, kind: str) -> None:
    assert take(county, alert(inside=info(event))).stored[0].properties["kind"] == kind
