"""Alerts in the Common Alerting Protocol: real ones, and what is wrong with others."""

from pathlib import Path

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import Point, box

from geo_ems.errors import DataError
from geo_ems.formats.cap import AlertFile, read_cap
from geo_ems.formats.cap_geometry import area_geometry

HEAD = (
    "<identifier>A1</identifier><sender>office@example.org</sender><sent>2026-07-01T03:10:00+08:00</sent>"
    "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
)


def alert_xml(inside: str = "", head: str = HEAD) -> bytes:
    return f'<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{head}{inside}</alert>'.encode()


def read(data: bytes) -> AlertFile:
    return read_cap(data, where="alert.xml")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "events", "placed"),
    [
        pytest.param("australia.cap", ["Fire", "Fire"], 2, id="circles and prefixed names"),
        pytest.param("canada.cap", ["thunderstorm", "orages"], 4, id="two languages of two areas"),
        pytest.param("earthquake.cap", ["Earthquake"], 0, id="a circle without a radius"),
        pytest.param("wcatwc-warning.cap", ["Tsunami Warning"], 0, id="codes only"),
        pytest.param("weather.cap", ["Flash Flood Watch"], 0, id="CAP 1.1"),
        pytest.param("weather.atom", ["Flash Flood Watch"], 0, id="an alert inside a list"),
        pytest.param("no_optional_fields.cap", [], 0, id="an alert that says nothing"),
    ],
)
def test_real_alerts_are_read(shared_data: Path, name: str, events: list[str], placed: int) -> None:
    (alert,) = read((shared_data / "cap" / name).read_bytes()).alerts
    assert [info.event for info in alert.infos] == events
    assert sum(area.geometry is not None for info in alert.infos for area in info.areas) == placed


@pytest.mark.shared_data
def test_an_alert_that_reaches_for_other_files_is_refused(shared_data: Path) -> None:
    with pytest.raises(DataError, match="declares a document type"):
        read((shared_data / "cap" / "xee.cap").read_bytes())


@pytest.mark.shared_data
def test_an_alert_without_its_scope_is_refused(shared_data: Path) -> None:
    with pytest.raises(DataError, match="does not say its scope"):
        read((shared_data / "cap" / "invalid.cap").read_bytes())


@pytest.mark.shared_data
def test_references_are_read_with_their_senders(shared_data: Path) -> None:
    (alert,) = read((shared_data / "cap" / "canada.cap").read_bytes()).alerts
    assert [reference[1] for reference in alert.references] == [
        "2.49.0.1.124.a3f342a4.2012",
        "2.49.0.1.124.60f31a3a.2012",
    ]


def test_latin_1_is_read_as_declared() -> None:
    data = f'<?xml version="1.0" encoding="ISO-8859-1"?><alert>{HEAD}<info><event>Été</event></info></alert>'
    assert read(data.encode("latin-1")).alerts[0].infos[0].event == "Été"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"<feed><entry><link/></entry><entry/></feed>", "its 2 entries only link", id="links only"),
        pytest.param(b"<feed/>", "The list is empty", id="an empty list"),
        pytest.param(b"<kml/>", "XML of another kind", id="another kind"),
        pytest.param(b"<alert>", "not well-formed", id="cut off"),
        pytest.param(b"<alert/>", "does not say its identifier, sender, sent", id="nothing said"),
        pytest.param(alert_xml(head=HEAD.replace("Actual", "Real")), "'Real' is no status", id="status"),
        pytest.param(alert_xml(head=HEAD.replace("2026-07-01T", "01.07.")), "is not an instant", id="time"),
        pytest.param(alert_xml("<info/>"), "does not say its event", id="no event"),
    ],
)
def test_what_is_no_alert_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(data)


def test_polygons_are_latitude_first() -> None:
    geometry, faults = area_geometry(["31,111 31,112 32,112 32,111 31,111"], [])
    assert geometry is not None
    assert geometry.equals(box(111, 31, 112, 32))
    assert faults == ()


def test_a_ring_that_is_not_closed_is_closed() -> None:
    geometry, _ = area_geometry(["31,111 31,112 32,112 32,111"], [])
    assert geometry is not None
    assert geometry.equals(box(111, 31, 112, 32))


def test_a_circle_becomes_an_area_that_holds_all_of_it() -> None:
    geometry, _ = area_geometry([], ["31.2,111.5 10.0"])
    geod = Geod(ellps="WGS84")
    for azimuth in range(0, 360, 7):
        lon, lat, _ = geod.fwd(111.5, 31.2, azimuth, 9_999.0)
        assert geometry.contains(Point(lon, lat))
        lon, lat, _ = geod.fwd(111.5, 31.2, azimuth, 10_030.0)
        assert not geometry.contains(Point(lon, lat))


def test_an_area_across_the_180th_meridian_is_cut_there() -> None:
    geometry, _ = area_geometry(["10,179 10,-179 11,-179 11,179 10,179"], [])
    assert geometry is not None
    assert shapely.union_all([box(179, 10, 180, 11), box(-180, 10, -179, 11)]).equals(geometry)


@pytest.mark.parametrize(
    ("polygons", "circles", "fault"),
    [
        pytest.param(["111.5,31.2 111.6,31.2 111.6,31.3"], [], "longitude first", id="swapped"),
        pytest.param(["31,111 31,112"], [], "has 2 positions", id="two corners"),
        pytest.param(["31,111 31;112 32,112"], [], "no latitude,longitude", id="another mark"),
        pytest.param(["31,111 32,112 33,113 31,111"], [], "has no area", id="flat"),
        pytest.param([], ["31,111 0.0"], "has no radius", id="a point"),
        pytest.param([], ["31,111"], "is no circle", id="no radius"),
        pytest.param([], ["31,111 99999"], "is no place", id="the whole earth"),
        pytest.param([], ["89.9,0 500"], "round a pole", id="a pole inside"),
    ],
)
def test_shapes_that_cannot_be_used_are_told(polygons: list[str], circles: list[str], fault: str) -> None:
    geometry, faults = area_geometry(polygons, circles)
    assert geometry is None
    assert fault in faults[0]
