"""A server killed with -9 while clients write: what it answered with 2xx is there when the next one starts."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_ems.cli.main import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
ROUNDS, WRITERS = 4, 4


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "county"
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
    assert run(["init", str(folder)]) == 0
    yield folder
    shutil.rmtree(folder)


def start_server(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "geo_ems.cli.main", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ))
    for _ in range(600):
        try:
            if ask(port, "GET", "/readyz")[0] == 200:
                return server
        except OSError:
            time.sleep(0.1)
        assert server.poll() is None, server.stderr.read().decode() if server.stderr else ""
    raise AssertionError("the server was never ready")


def ask(port: int, method: str, path: str, document: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/geo+json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def team(name: str) -> dict[str, object]:
    geometry = {"type": "Point", "coordinates": [111.5, 31.2]}
    return {"type": "Feature", "geometry": geometry, "properties": {"code": name, "name": name}}


def test_servers_killed_while_clients_write_lose_nothing_they_answered(project: Path) -> None:
    acknowledged: set[str] = set()

    for number in range(ROUNDS):
        port = free_port()
        server = start_server(port)
        first = threading.Event()

        def write(writer: int, port: int = port, number: int = number, first: threading.Event = first) -> None:
            for count in range(10_000):
                name = f"r{number}w{writer}n{count}"
                try:
                    status, _ = ask(port, "POST", "/collections/response_teams/items", team(name))
                except (OSError, http.client.HTTPException):
                    return
                if status == 201:
                    acknowledged.add(name)
                    first.set()

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
        for thread in writers:
            thread.start()
        assert first.wait(20)
        time.sleep(0.1 * number)
        server.send_signal(signal.SIGKILL)
        server.communicate()
        for thread in writers:
            thread.join()

    port = free_port()
    server = start_server(port)
    try:
        missing = [
            name
            for name in sorted(acknowledged)
            if ask(port, "GET", f"/collections/response_teams/items/{name}")[0] != 200
        ]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate()
    assert missing == []
    assert len(acknowledged) >= ROUNDS
    assert run(["check"]) == 0
