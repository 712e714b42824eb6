"""What those who run the server ask, and what it does under load."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from asgi_client import AsgiClient

from geo_ems.errors import StoreError
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication
from geo_ems.web.publishing import Limits, Publishing


def test_alive_says_only_that(client: AsgiClient) -> None:
    assert client.get("/livez").json == {"status": "alive"}


def test_ready_tells_store_layers_and_disk(client: AsgiClient) -> None:
    answer = client.get("/readyz")

    assert answer.status == 200
    assert answer.json["status"] == "ready"
    assert answer.json["layers"]["shelters"] == 5
    assert answer.json["poison_rows"] == []
    assert answer.json["sqlite_version"] >= "3.51.3"
    assert answer.json["free_disk_bytes"] > 0


def test_a_store_that_takes_no_changes_is_not_ready(application: WebApplication) -> None:
    def full() -> None:
        raise StoreError("The disk is full", remedy="Free some space.")

    app = create_app(replace(application, probe=replace(application.probe, check_writing=full)))
    answer = AsgiClient(app).get("/readyz")

    assert answer.status == 503
    assert answer.json["faults"] == ["The disk is full. Free some space."]


def test_a_store_that_does_not_answer_is_not_ready(application: WebApplication) -> None:
    release = threading.Event()
    app = create_app(
        replace(application, probe=replace(application.probe, check_writing=lambda: release.wait(10) and None))
    )

    try:
        answer = AsgiClient(app).get("/readyz")
    finally:
        release.set()

    assert answer.status == 503
    assert "within 1 s" in answer.json["faults"][0]


def test_unusable_rows_are_a_warning_and_not_an_outage(application: WebApplication) -> None:
    probe = replace(application.probe, poison_rows=lambda: ("shelters, row 7: no place",))

    answer = AsgiClient(create_app(replace(application, probe=probe))).get("/readyz")

    assert answer.status == 200
    assert answer.json["poison_rows"] == ["shelters, row 7: no place"]
    assert answer.json["warnings"]


def test_metrics_count_by_route_and_not_by_address(application: WebApplication) -> None:
    client = AsgiClient(create_app(application))
    for number in range(3):
        client.get(f"/collections/shelters/items/none{number}")
    client.get("/collections/shelters/items/S1")
    client.get("/somewhere/else")

    lines = client.get("/metrics").body.decode().splitlines()

    item = 'geo_ems_requests_total{route="/collections/{layer}/items/{id}",method="GET",code="%s"} %d'
    assert item % (404, 3) in lines
    assert item % (200, 1) in lines
    assert 'geo_ems_requests_total{route="other",method="GET",code="404"} 1' in lines
    assert not any("none1" in line for line in lines)


@pytest.fixture
def crowded(application: WebApplication) -> Iterator[tuple[AsgiClient, threading.Event]]:
    """A server with one slot for reads and one that may wait, whose places are never found until released."""
    limits = Limits(requests_at_work=1, requests_waiting=1, writes_at_work=1, writes_waiting=1)
    app = create_app(replace(application, publishing=Publishing(limits=limits)))
    release = threading.Event()
    find = app.state.served.places.find

    def slow(*given: object, **more: object) -> object:
        release.wait(10)
        return find(*given, **more)

    app.state.served.places.find = slow
    yield AsgiClient(app), release
    release.set()


def test_what_is_too_much_is_told_to_come_again_while_writes_and_probes_pass(
    crowded: tuple[AsgiClient, threading.Event],
) -> None:
    client, release = crowded

    async def crowd() -> tuple[list[int], str, int, int]:
        asking = [asyncio.create_task(client.send("GET", "/v1/places?q=x")) for _ in range(4)]
        await asyncio.sleep(0.1)
        shed = [task.result() for task in asking if task.done()]
        alive = await client.send("GET", "/livez")
        body = {"properties": {"remarks": "a change in the crowd"}}
        headers = {"content-type": "application/merge-patch+json"}
        written = await client.send("PATCH", "/collections/shelters/items/S2", document=body, headers=headers)
        release.set()
        await asyncio.gather(*asking)
        statuses = sorted(task.result().status for task in asking)
        return statuses, shed[0].headers["retry-after"], alive.status, written.status

    statuses, retry_after, alive, written = asyncio.run(crowd())

    assert statuses == [200, 200, 503, 503]
    assert int(retry_after) > 0
    assert (alive, written) == (200, 200)


def test_one_who_waits_too_long_is_told_to_come_again(crowded: tuple[AsgiClient, threading.Event]) -> None:
    client, release = crowded

    async def crowd() -> int:
        first = asyncio.create_task(client.send("GET", "/v1/places?q=x"))
        await asyncio.sleep(0.05)
        second = await client.send("GET", "/v1/places?q=x")
        release.set()
        await first
        return second.status

    assert asyncio.run(crowd()) == 503
