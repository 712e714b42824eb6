"""A running server sees what another program edits in the file, by itself and within a second; bad edits do no harm."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from asgi_client import AsgiClient

from geo_ems.web.application import WebApplication

EDIT = """
import sys, apsw
sys.path.insert(0, sys.argv[3])
from geo_ems.storage.geometry_blobs import register_spatial_functions
connection = apsw.Connection(sys.argv[1])
register_spatial_functions(connection)
connection.set_busy_timeout(5000)
connection.execute(sys.argv[2])
connection.close()
"""
APPEND = """
import sys, warnings, geopandas, shapely
warnings.simplefilter("ignore")
frame = geopandas.GeoDataFrame({"id": [sys.argv[2]], "name": [sys.argv[2]], "status": ["open"]},
    geometry=[shapely.Point(float(sys.argv[3]), 31.0)], crs=4326)
frame.to_file(sys.argv[1], layer="shelters", mode="a")
"""
ROOT = Path(__file__).parents[2]


def store_of(application: WebApplication) -> Path:
    return Path(application.project.store)


def in_child(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=True, capture_output=True)


def nearest(address: str, lon: float) -> dict[str, object]:
    url = f"{address}/v1/nearest?layer=shelters&lon={lon}&lat=31.0&k=1&metric=straight_line"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - an address of this test on this machine
        return json.load(answer)


def sealed_seq(application: WebApplication) -> int:
    return application.store.describe().seq


def test_a_row_appended_by_gdal_is_noticed_without_a_request_and_answers_the_next_one(
    live_address: str, application: WebApplication
) -> None:
    before = sealed_seq(application)
    in_child(APPEND, store_of(application), "OUTSIDE", 100.0)

    # The generous wait of a busy machine; the server looks four times a second and nobody asks it anything.
    waited_until = time.monotonic() + 15
    while sealed_seq(application) == before and time.monotonic() < waited_until:
        time.sleep(0.02)

    assert sealed_seq(application) == before + 1
    assert nearest(live_address, 100.0)["results"][0]["id"] == "OUTSIDE"


def test_a_row_appended_by_gdal_gets_its_district(live_address: str, application: WebApplication) -> None:
    in_child(APPEND, store_of(application), "INSIDE", 111.5)

    def district() -> object:
        rows = application.store.read_rows("shelters", ["INSIDE"])
        return rows[0].properties["district_id"] if rows else None

    waited_until = time.monotonic() + 15
    while district() is None and time.monotonic() < waited_until:
        time.sleep(0.02)

    assert district() == "D1"


def test_the_server_looks_often_enough_for_an_edit_to_be_seen_within_a_second() -> None:
    from geo_ems.web.app import LOOK_EVERY_S

    assert LOOK_EVERY_S <= 0.5


def test_a_bad_edit_from_outside_leaves_the_last_good_version_answering_with_a_warning(
    live_address: str, application: WebApplication
) -> None:
    before = sealed_seq(application)
    far = "x'47500001e6100000010100000000000000000079400000000000000040'"
    sql = f"UPDATE shelters SET geom = {far} WHERE id = 'S1'"  # noqa: S608 - constants above
    in_child(EDIT, store_of(application), sql, ROOT)
    waited_until = time.monotonic() + 15
    while sealed_seq(application) == before and time.monotonic() < waited_until:
        time.sleep(0.02)

    url = f"{live_address}/v1/nearest?layer=shelters&lon=111.51&lat=31.20&k=1&lang=en"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - an address of this test on this machine
        answered = json.load(answer)
    with urllib.request.urlopen(f"{live_address}/readyz", timeout=10) as answer:  # noqa: S310 - likewise
        ready = json.load(answer)

    assert answered["results"][0]["id"] == "S1"
    assert answered["results"][0]["geometry"]["coordinates"] == pytest.approx([111.51, 31.20])
    assert "Shelters: another program made 1 unusable; their last good version answers: S1" in answered["warnings"]
    assert ready["status"] == "ready"
    assert "its last good version" in ready["poison_rows"][0]


def test_the_row_is_healed_through_the_api(client: AsgiClient) -> None:
    answer = client.call(
        "PATCH",
        "/collections/shelters/items/S1",
        document={"properties": {"remarks": "looked at"}},
        headers={"content-type": "application/merge-patch+json"},
    )

    assert answer.status == 200, answer.body
    assert client.get("/readyz").json["poison_rows"] == []
    warnings = client.get("/v1/nearest?layer=shelters&lon=111.51&lat=31.20&k=1&lang=en").json["warnings"]
    assert not [words for words in warnings if "unusable" in words]


def test_a_full_disk_is_507_in_words_while_questions_are_answered(
    client: AsgiClient, application: WebApplication
) -> None:
    embedded = application.store._store
    connection = embedded._writer._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    wide = {"type": "Feature", "geometry": None, "properties": {"name": "x", "remarks": "y" * 900}}
    try:
        answers = [
            client.post("/collections/shelters/items", document=wide, headers={"content-type": "application/geo+json"})
            for _ in range(60)
        ]
        asked = client.get("/v1/nearest?layer=shelters&lon=111.5&lat=31.2&k=1")
    finally:
        connection.pragma("max_page_count", 1_000_000)

    refused = [answer for answer in answers if answer.status != 201]
    assert {answer.status for answer in refused} == {507}
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert "Free some space on it and repeat; no restart is needed." in refused[0].json["detail"]
    assert asked.status == 200
    again = client.post("/collections/shelters/items", document=wide, headers={"content-type": "application/geo+json"})
    assert again.status == 201
