import random
import sys
import time

import pytest
from store_samples import TEAMS, open_store, start_python

WRITER = """
import os, sys, threading, itertools
from pathlib import Path
from store_samples import batch_of, open_store, team
store = open_store(Path(sys.argv[1]))
def write(thread):
    for number in itertools.count():
        name = f"{sys.argv[2]}-{thread}-{number}"
        store.commit(batch_of("response_teams", team(name), team(name + "-twin")))
        os.write(1, (name + "\\n").encode())
for thread in range(4):
    threading.Thread(target=write, args=(thread,)).start()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path):
    path = tmp_path / "s.gpkg"
    open_store(path, TEAMS).close()
    chance = random.Random(20260701)  # noqa: S311 - moments to kill at
    acknowledged: set[str] = set()

    for round_number in range(20):
        with start_python(WRITER, path, round_number) as process:
            lines = [process.stdout.readline()]
            time.sleep(chance.uniform(0, 0.15))
            process.kill()
            lines += process.stdout.readlines()
        acknowledged |= {line.strip() for line in lines if line.endswith("\n")}

        with open_store(path) as store:
            stored = set(store.read_columns("response_teams").ids)
            assert acknowledged <= stored
            assert {name for name in stored if not name.endswith("-twin")} == {
                name.removesuffix("-twin") for name in stored if name.endswith("-twin")
            }
            assert store.integrity_faults() == ()
    assert len(acknowledged) > 20
