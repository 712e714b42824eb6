"""The stream of events: every acknowledged change once, in order, also across a lost line and a restart."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from api_county import fill, put

from geo_ems.bootstrap import opened
from geo_ems.formats.device_values import SentFix
from geo_ems.model.caller import LOCAL
from geo_ems.model.positions import FixSource
from geo_ems.settings import bundled_folder, load_project
from geo_ems.storage.protocol import LayerStore
from geo_ems.web import event_hub, events
from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication, web_application
from geo_ems.web.server import server_config


@contextmanager
def serving(store: Path) -> Iterator[tuple[WebApplication, int]]:
    """A server of its own on a store, ended with the block: what a restart is made of."""
    project = load_project(bundled_folder(), {})
    with opened(replace(project, store=str(store))) as opened_project:
        application = web_application(opened_project)
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(server_config(create_app(application), host="127.0.0.1", port=port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        yield application, port
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()


class Listener:
    """An EventSource: reads events, and remembers the id of the last one."""

    def __init__(self, port: int, last_id: str | None = None, *, query: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        self._connection.request("GET", f"/v1/events{query}", headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.media_type = self._answer.headers["content-type"]
        self.last_id = last_id

    def next(self, *names: str) -> dict[str, object]:
        """Return the next event, or the next of these names."""
        while True:
            found = self._read()
            if not names or found["event"] in names:
                return found

    def changes(self, count: int) -> list[dict[str, object]]:
        return [self.next("change") for _ in range(count)]

    def _read(self) -> dict[str, object]:
        found: dict[str, object] = {}
        while True:
            raw = self._answer.readline()
            assert raw, f"the stream ended (status {self.status})"
            line = raw.decode().rstrip("\n")
            if not line and "event" in found:
                self.last_id = str(found["id"])
                return found
            name, _, value = line.partition(": ")
            if name == "data":
                found.update(json.loads(value))
            elif name in {"event", "id"}:
                found[name] = value

    def close(self) -> None:
        self._connection.close()
        self._answer.close()


@contextmanager
def listening(port: int, last_id: str | None = None, *, query: str = "") -> Iterator[Listener]:
    listener = Listener(port, last_id, query=query)
    try:
        yield listener
    finally:
        listener.close()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebApplication, int]]:
    with serving(tmp_path_factory.mktemp("events") / "s.gpkg") as served:
        fill(served[0].store)
        yield served


def edit(store: LayerStore, team: str, head_count: int) -> int:
    put(store, "response_teams", team, (111.5, 31.2), status="available", head_count_persons=head_count)
    return store.describe().seq


def post(application: WebApplication, team: str, lon_deg: float, *, at_ms: int) -> int:
    sent = SentFix(FixSource.JSON, lon_deg, 31.2, fix_time_ms=1_780_000_000_000 + at_ms)
    return application.positions.submit([sent], caller=LOCAL, team_id=team).result()[0].position_seq


def test_a_change_is_told_with_who_made_it_and_without_what_stands_in_it(county):
    application, port = county
    with listening(port) as listener:
        ready = listener.next()
        seq = edit(application.store, "T1", 17)
        told = listener.next()

    assert (listener.status, listener.media_type) == (200, "text/event-stream; charset=utf-8")
    assert ready["event"] == "ready"
    assert told.pop("at").endswith("Z")
    event_id = str(told.pop("id"))
    assert event_id.partition("-")[2].partition(".")[0] == str(seq)
    assert told == {
        "event": "change",
        "seq": seq,
        "layer": "response_teams",
        "kind": "replaced",
        "ids": ["T1"],
        "whole_layer": False,
        "principal": "tester",
        "origin": "test",
    }


def test_who_comes_back_with_the_last_id_gets_what_was_missed_once_and_in_order(county):
    application, port = county
    with listening(port) as listener:
        listener.next("ready")
        edit(application.store, "T1", 1)
        listener.next("change")
    missed = [edit(application.store, "T1", number) for number in (2, 3, 4)]
    with listening(port, listener.last_id) as again:
        assert again.next()["event"] == "ready"
        found = again.changes(3)
        missed.append(edit(application.store, "T1", 5))
        found += again.changes(1)
    assert [event["seq"] for event in found] == missed

    with listening(port, query=f"?since={missed[0] - 1}") as by_number:
        assert [event["seq"] for event in by_number.changes(4)] == missed


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("zzzzzzzz-1.0", "other_store"),
        ("HERE-999999.0", "ahead"),
        ("HERE-1.999999", "ahead"),
        ("nonsense", "unknown_id"),
    ],
)
def test_an_id_that_leads_nowhere_tells_to_load_everything_anew_and_goes_on_from_now(county, last_id, reason):
    application, port = county
    here = application.store.describe().store_id[:8]
    with listening(port, last_id.replace("HERE", here)) as listener:
        told = listener.next()
        seq = edit(application.store, "T1", 6)

        assert (told["event"], told["reason"]) == ("reset", reason)
        assert listener.next("change")["seq"] == seq


def test_positions_are_told_apart_from_changes_the_newest_of_each_team_at_most_once_a_second(county):
    application, port = county
    with listening(port) as listener:
        listener.next("ready")
        first = post(application, "T1", 111.60, at_ms=0)
        told = listener.next("position")
        for number in range(1, 6):
            last = post(application, "T1", 111.60 + number / 1000, at_ms=number)
        again = listener.next("position")
        number_told = int(str(again["id"]).rpartition(".")[2])

    assert (told["team"], told["lon"], told["lat"], told["flags"]) == ("T1", 111.60, 31.2, [])
    assert int(str(told["id"]).rpartition(".")[2]) == first
    assert number_told == last
    assert (again["lon"], again["time"]) == (pytest.approx(111.605), "2026-05-28T20:26:40.005Z")


def test_after_a_break_the_newest_position_of_each_team_that_moved_is_told_once(county):
    application, port = county
    edit(application.store, "T2", 1)
    with listening(port) as listener:
        listener.next("ready")
        post(application, "T1", 111.61, at_ms=1000)
        listener.next("position")
    for at_ms in (2000, 3000):
        post(application, "T1", 111.62 + at_ms / 1e6, at_ms=at_ms)
    post(application, "T2", 111.7, at_ms=1000)
    with listening(port, listener.last_id) as again:
        found = [again.next("position") for _ in range(2)]

    assert [(event["team"], event["lon"]) for event in found] == [
        ("T1", pytest.approx(111.623)),
        ("T2", 111.7),
    ]


def test_nothing_is_lost_or_told_twice_across_restarts_under_steady_writing(tmp_path):
    """Whoever listens gets every sequence number exactly once, however often the server goes away."""
    told: list[int] = []
    last_id = None
    for round_number in range(3):
        with serving(tmp_path / "s.gpkg") as (application, port):
            if last_id is None:
                before = edit(application.store, "T0", 0)
                last_id = f"{application.store.describe().store_id[:8]}-{before}.0"
            with listening(port, last_id) as listener:
                last = 0
                for number in range(10):
                    last = edit(application.store, f"T{number}", round_number)
                while not told or told[-1] < last - 4:  # it leaves before it heard all
                    told.append(int(listener.next("change")["seq"]))
                last_id = listener.last_id
    with serving(tmp_path / "s.gpkg") as (application, port), listening(port, last_id) as listener:
        end = application.store.describe().seq
        while told[-1] < end:
            told.append(int(listener.next("change")["seq"]))

    assert told == list(range(before + 1, end + 1))


def test_a_long_absence_is_caught_up_in_portions(county, monkeypatch):
    application, port = county
    monkeypatch.setattr(event_hub, "READ_AT_ONCE", 7)
    before = application.store.describe().seq
    seqs = [edit(application.store, "T1", number) for number in range(40)]
    with listening(port, query=f"?since={before}") as listener:
        assert [event["seq"] for event in listener.changes(40)] == seqs


@contextmanager
def the_only_one(port: int) -> Iterator[Listener]:
    """A listener taken as soon as the server has noticed that those before it are gone."""
    until = time.monotonic() + 15
    while True:
        with listening(port) as listener:
            if listener.status == 200 or time.monotonic() > until:
                yield listener
                return
        time.sleep(0.05)


def test_too_many_listeners_are_told_to_come_later(county, monkeypatch):
    _, port = county
    monkeypatch.setattr(event_hub, "MAX_LISTENERS", 1)
    with the_only_one(port) as one:
        one.next("ready")
        with listening(port) as other:
            assert other.status == 503


def test_a_heartbeat_keeps_the_line_open(county, monkeypatch):
    _, port = county
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.2)
    with listening(port) as listener:
        listener.next("ready")
        lines = [listener._answer.readline() for _ in range(3)]
    assert any(line.startswith(b": ping") for line in lines)


def test_who_falls_behind_while_connected_is_let_go_with_a_reason(application):
    """The listener of this test takes nothing until many changes have passed."""
    hub = event_hub.EventHub(
        read_after=application.changes_after,
        store_state=lambda: ("abcdefgh", application.store.describe().seq),
        fixes=application.positions.store.latest,
    )
    hub._kept = type(hub._kept)(maxlen=5)

    async def listen() -> list[bytes]:
        follower = asyncio.create_task(hub.follow())
        stream = events._told(hub, None, sees_positions=False, stopping=events.anyio.Event())
        heard = [await anext(stream)]
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.3)
        edit(application.store, "T1", 0)
        heard.append(await waiting)
        for number in range(12):
            edit(application.store, "T1", number)
            await asyncio.sleep(0.06)
        heard += [text async for text in stream]
        follower.cancel()
        return heard

    event_hub_kept, event_hub.KEPT = event_hub.KEPT, 5
    read_at_once, event_hub.READ_AT_ONCE = event_hub.READ_AT_ONCE, 3
    try:
        heard = asyncio.run(asyncio.wait_for(listen(), 20))
    finally:
        event_hub.KEPT, event_hub.READ_AT_ONCE = event_hub_kept, read_at_once
    assert b"event: end" in heard[-1]
    assert b'"reason":"slow"' in heard[-1]
    assert hub.let_go == 1
