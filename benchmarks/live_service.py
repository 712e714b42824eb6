"""A real server under live load: teams that report once a second, questions, a listener; nothing may be lost.

    python benchmarks/live_service.py [SECONDS] [--teams 1000] [--questions 200]

SECONDS is 600 unless told otherwise. The server is `geo-ems serve` as a process of its own, in a temporary project.
Each team posts a position of its own once a second over a kept connection and waits for the acknowledgement;
questions ask for the five nearest teams; a probe posts a position far from all others and asks until it is the
nearest: that is the time from sending to being visible. One listener takes all events, another drops its line
every ten seconds and resumes. Ten edits a second go through the log beside all this. Afterwards the tracks are
compared with what was acknowledged, and the events with the log.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import numpy as np
import shapely

from geo_ems.bootstrap import opened
from geo_ems.cli.main import run
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.settings import load_project

PROBE = "PROBE"
FAR = (100.0, 40.0)
EDITS_PER_S = 10
POSTERS = 40


@dataclass(slots=True)
class Measured:
    """What came of a run; seconds."""

    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    post_s: list[float] = field(default_factory=list)
    question_s: list[float] = field(default_factory=list)
    visible_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    edits: int = 0
    used_s: float = 0.0
    probes: int = 0
    told: dict[str, list[int]] = field(default_factory=lambda: {"steady": [], "resuming": []})
    positions_told: int = 0


class Line:
    """One kept HTTP/1.1 connection."""

    def __init__(self, port: int) -> None:
        """Connect at the first request."""
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, document: object = None) -> tuple[int, bytes]:
        """Return status and body of one request."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = b"" if document is None else json.dumps(document).encode()
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        if document is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        content = await reader.readexactly(length)
        if b"connection: close" in answer.lower():
            self.close()
        return int(answer.split(b" ", 2)[1]), content

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def make_project(folder: Path, team_count: int) -> Path:
    """Return a project with so many live teams, and the probe."""
    run(["init", str(folder)])
    project = load_project(folder, {})
    with opened(project) as application:
        names = [f"T{number:05d}" for number in range(team_count)] + [PROBE, "EDITED"]
        changes = tuple(
            FeatureChange(
                ChangeKind.UPSERT,
                name,
                Feature(
                    name,
                    shapely.Point(111.5, 31.2),
                    {"name": name, "status": "available", "position_mode": "base" if name == "EDITED" else "live"},
                ),
            )
            for name in names
        )
        application.store.commit(ChangeBatch("response_teams", changes, "benchmark", "cli", "{}", bulk=True))
    return Path(project.store)


async def post_positions(port: int, teams: list[str], measured: Measured, until: float, start_s: float) -> None:
    """Post a position of each team once a second, spread over the second."""
    line, random = Line(port), np.random.default_rng(len(teams[0]) + int(start_s * 1000))
    due = [(start_s + number / len(teams), team) for number, team in enumerate(teams)]
    beat = 0
    while True:
        for offset, team in due:
            at = offset + beat
            if at > until or time.monotonic() > until:
                line.close()
                return
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            measured.late_s.append(max(0.0, time.monotonic() - at))
            fix_ms = time.time_ns() // 1_000_000
            lon, lat = random.uniform(111, 112), random.uniform(31, 32)
            instant = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(fix_ms // 1000)) + f".{fix_ms % 1000:03d}Z"
            began = time.monotonic()
            status, body = await line.ask(
                "POST", f"/v1/teams/{team}/position", {"lon": lon, "lat": lat, "time": instant, "speed_kmh": 40}
            )
            measured.post_s.append(time.monotonic() - began)
            if status == 200:
                measured.acknowledged.setdefault(team, set()).add(fix_ms)
            else:
                measured.refused.append(f"{status} {body[:200]!r}")
        beat += 1


async def ask_questions(port: int, per_s: float, measured: Measured, until: float) -> None:
    """Ask for the five nearest teams so often a second over one line."""
    line, random = Line(port), np.random.default_rng(port)
    at = time.monotonic()
    while at < until and time.monotonic() < until:
        at += 1 / per_s
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        lon, lat = random.uniform(111, 112), random.uniform(31, 32)
        began = time.monotonic()
        status, body = await line.ask("GET", f"/v1/nearest?layer=response_teams&lon={lon:.5f}&lat={lat:.5f}&k=5")
        measured.question_s.append(time.monotonic() - began)
        if status != 200:
            measured.refused.append(f"{status} {body[:200]!r}")
    line.close()


async def probe_visibility(port: int, measured: Measured, until: float) -> None:
    """Post a far position and ask at once, until the answer holds it."""
    poster, asker, number = Line(port), Line(port), 0
    while time.monotonic() < until:
        number += 1
        lon, lat = FAR[0] + number * 1e-5, FAR[1]
        began = time.monotonic()
        posting = asyncio.create_task(poster.ask("POST", f"/v1/teams/{PROBE}/position", {"lon": lon, "lat": lat}))
        while True:
            _, body = await asker.ask("GET", f"/v1/nearest?layer=response_teams&lon={lon:.5f}&lat={lat}&k=1")
            measured.probes += 1
            results = json.loads(body).get("results") or [{}]
            if results[0].get("id") == PROBE and results[0]["straight_m"] < 0.5:
                measured.visible_s.append(time.monotonic() - began)
                break
            await asyncio.sleep(0.005)
        await posting
        await asyncio.sleep(0.2)
    for line in (poster, asker):
        line.close()


async def edit_features(port: int, measured: Measured, until: float) -> None:
    """Change a team through the log, some times a second."""
    line, at = Line(port), time.monotonic()
    while at < until and time.monotonic() < until:
        at += 1 / EDITS_PER_S
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        status, body = await line.ask(
            "PATCH",
            "/collections/response_teams/items/EDITED",
            {"properties": {"head_count_persons": measured.edits % 99}},
        )
        if status == 200:
            measured.edits += 1
        else:
            measured.refused.append(f"{status} {body[:200]!r}")
    line.close()


async def listen(
    port: int, name: str, measured: Measured, first_id: str, *, line_s: float, done: asyncio.Event
) -> None:
    """Take all events; drop the line every `line_s` seconds and resume with the last id."""
    last_id = first_id
    while not done.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nLast-Event-ID: {last_id}\r\n\r\n".encode())
        ends, event, seq, event_id = time.monotonic() + line_s, b"", None, ""
        while time.monotonic() < ends and not done.is_set():
            try:
                text = await asyncio.wait_for(reader.readline(), 0.5)
            except TimeoutError:
                continue
            if text.startswith(b"event: "):
                event = text[7:].strip()
            elif text.startswith(b"id: "):
                event_id = text[4:].strip().decode()
            elif text.startswith(b"data: "):
                seq = json.loads(text[6:]).get("seq") if event == b"change" else None
                last_id = event_id
                if event == b"change":
                    measured.told[name].append(seq)
                measured.positions_told += event == b"position"
        writer.close()


def lost_positions(store: Path, measured: Measured) -> int:
    """Return how many acknowledged positions the store does not have."""
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    stored: dict[str, set[int]] = {}
    for team, fix_ms in connection.execute("SELECT team_id, fix_time FROM ems_position"):
        stored.setdefault(str(team), set()).add(int(fix_ms))  # type: ignore[arg-type]  # an INTEGER column
    connection.close()
    return sum(len(acknowledged - stored.get(team, set())) for team, acknowledged in measured.acknowledged.items())


async def load(port: int, pid: int, seconds: float, teams: int, questions: int, measured: Measured) -> tuple[int, int]:
    """Run the load; return the first and the last sequence number."""
    line = Line(port)
    state = json.loads((await line.ask("GET", "/readyz"))[1])
    store_id = json.loads((await line.ask("GET", "/v1/nearest?layer=response_teams&lon=111&lat=31&k=1"))[1])
    line.close()  # the server ends a line that is idle
    first_id = f"{store_id['snapshot_id'].split('-')[0]}-{state['seq']}.0"
    start, done = time.monotonic() + 0.5, asyncio.Event()
    used_s = processor_s(pid)
    until = start + seconds
    names = [f"T{number:05d}" for number in range(teams)]
    listeners = [
        asyncio.create_task(listen(port, "steady", measured, first_id, line_s=1e9, done=done)),
        asyncio.create_task(listen(port, "resuming", measured, first_id, line_s=10.0, done=done)),
    ]
    posters = min(POSTERS, teams)
    await asyncio.gather(
        *(
            post_positions(port, names[part::posters], measured, until, start + part / posters / 25)
            for part in range(posters)
        ),
        *(ask_questions(port, questions / 4, measured, until) for _ in range(4)),
        probe_visibility(port, measured, until),
        edit_features(port, measured, until),
    )
    measured.used_s = processor_s(pid) - used_s
    await asyncio.sleep(2)
    done.set()
    await asyncio.gather(*listeners)
    last = json.loads((await line.ask("GET", "/readyz"))[1])["seq"]
    line.close()
    return state["seq"], last


def processor_s(pid: int) -> float:
    """Return the processor time that a process has used, seconds; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(name: str, seconds: list[float]) -> str:
    """Return percentiles in milliseconds."""
    p50, p90, p99, worst = np.percentile(np.array(seconds or [np.nan]) * 1000, [50, 90, 99, 100])
    return f"{name:34} {p50:9.1f} {p90:9.1f} {p99:9.1f} {worst:9.1f}   {len(seconds)}"


def main() -> int:
    """Run it all and print the figures; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=600.0)
    parser.add_argument("--teams", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        store = make_project(Path(folder) / "county", given.teams)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "geo_ems.cli.main", "serve", "--port", str(port)],
            env={**os.environ, "GEO_EMS_PROJECT_DIR": str(Path(folder) / "county")},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_until_ready(port)
            first, last = asyncio.run(load(port, server.pid, given.seconds, given.teams, given.questions, measured))
        finally:
            began = time.monotonic()
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
        ended_s = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        used_s = used.ru_utime + used.ru_stime
        lost = lost_positions(store, measured)
    acknowledged = sum(len(times) for times in measured.acknowledged.values())
    print(f"{given.teams} teams, {given.questions} questions/s, {given.seconds:g} s on {os.cpu_count()} processors")
    print(f"{'milliseconds':34} {'p50':>9} {'p90':>9} {'p99':>9} {'worst':>9}   count")
    for name, seconds in (
        ("position sent -> in an answer", measured.visible_s),
        ("position sent -> acknowledged", measured.post_s),
        ("question", measured.question_s),
        ("positions sent later than due", measured.late_s),
    ):
        print(told(name, seconds))
    print(
        f"acknowledged {acknowledged} ({acknowledged / given.seconds:.0f}/s), lost {lost}, "
        f"refused {len(measured.refused)}"
    )
    complete = True
    for name, seqs in measured.told.items():
        is_complete = seqs == list(range(first + 1, last + 1))
        complete &= is_complete
        print(
            f"{name} listener: {len(seqs)} of {last - first} changes, "
            f"{'none lost, none twice' if is_complete else 'WRONG'}"
        )
    print(f"position events told to both: {measured.positions_told}; the server ended in {ended_s:.1f} s")
    asked = len(measured.question_s) + measured.probes
    print(
        f"under load the server used {measured.used_s:.1f} s of processor time for {acknowledged} positions, {asked} "
        f"questions and {measured.edits} edits: {measured.used_s / given.seconds:.0%} of one processor"
    )
    load_now = os.getloadavg()[0]
    print(f"the server used {used_s:.1f} s of processor time, its start included; load of the machine {load_now:.1f}")
    for words in measured.refused[:3]:
        print(words)
    return int(lost > 0 or not complete)


def wait_until_ready(port: int) -> None:
    """Wait until the server answers that it is ready."""

    async def ready() -> bool:
        line = Line(port)
        try:
            return (await line.ask("GET", "/readyz"))[0] == 200
        except OSError:
            return False
        finally:
            line.close()

    until = time.monotonic() + 120
    while not asyncio.run(ready()):
        if time.monotonic() > until:
            message = "the server does not get ready"
            raise TimeoutError(message)
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
