"""Fifty writers killed in the middle: what was acknowledged is there, batches are whole, the log is sealed."""

import json
import sys

import pytest
from store_samples import SHELTERS, TEAMS, open_store, run_python

ROUNDS = r"""
import itertools, json, os, random, signal, threading, time
from pathlib import Path
from store_samples import batch_of, open_store, team
path, rounds, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(20260701)
def write(number, pipe):
    store = open_store(path)
    def one(thread):
        for count in itertools.count():
            name = f"{number}-{thread}-{count}"
            store.commit(batch_of("response_teams", team(name), team(name + "-twin")))
            os.write(pipe, (name + "\n").encode())
    for thread in range(4):
        threading.Thread(target=one, args=(thread,)).start()
    time.sleep(60)
acknowledged, grouped = set(), 0
for number in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write(number, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        lines = [pipe.readline()]
        time.sleep(chance.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines += pipe.readlines()
    acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
    with open_store(path) as store:
        stored = set(store.read_columns("response_teams").ids)
        twins = {name.removesuffix("-twin") for name in stored if name.endswith("-twin")}
        assert acknowledged <= stored, (number, sorted(acknowledged - stored)[:5])
        assert {name for name in stored if not name.endswith("-twin")} == twins, number
        assert store.integrity_faults() == (), number
with open_store(path) as store:
    assert store.integrity_faults() == ()
print(json.dumps({"acknowledged": len(acknowledged)}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_fifty_killed_writers_lose_nothing_they_acknowledged(tmp_path):
    path = tmp_path / "s.gpkg"
    open_store(path, TEAMS).close()

    found = json.loads(run_python(ROUNDS, path, 50))

    assert found["acknowledged"] >= 50


TOGETHER = r"""
import itertools, json, os, random, signal, sys, time
from pathlib import Path
from store_samples import FULL_SHELTER, batch_of, open_store, team
from dataclasses import replace
path, rounds, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(20260702)
def write(number):
    store = open_store(path)
    for count in itertools.count():
        name = f"{number}-{count}"
        store.commit_together((
            batch_of("response_teams", team(name)),
            batch_of("shelters", replace(FULL_SHELTER, id=name)),
        ))
for number in range(rounds):
    child = os.fork()
    if child == 0:
        write(number)
    time.sleep(chance.uniform(0.05, 0.2))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open_store(path) as store:
        teams, shelters = (set(store.read_columns(layer).ids) for layer in ("response_teams", "shelters"))
        assert teams == shelters, number
        assert store.integrity_faults() == (), number
print(json.dumps({"stored": len(teams)}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_writer_killed_between_the_batches_of_one_request_leaves_all_of_them_or_none(tmp_path):
    path = tmp_path / "s.gpkg"
    open_store(path, TEAMS, SHELTERS).close()

    found = json.loads(run_python(TOGETHER, path, 8))

    assert found["stored"] > 0
