"""What is acknowledged survives a power cut; and the harness would say so if it did not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the simulated disk copies the files of a POSIX one")
SCRIPT = Path(__file__).parent / "power_cuts.py"
SEED = 20260701


def cut_power(cuts: int, sync: str) -> dict[str, int]:
    """Cut the power in a process of its own: there the simulated disk is the only one SQLite knows."""
    asked = [sys.executable, str(SCRIPT), str(cuts), str(SEED), sync]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_two_hundred_power_cuts_lose_no_acknowledged_commit_and_leave_a_sound_store_and_log():
    found = cut_power(200, "FULL")

    assert (found["corrupt"], found["lost"]) == (0, 0), f"power cuts with {found}"
    assert found["acked"] == 48


def test_the_same_cuts_without_a_sync_at_every_commit_lose_acknowledged_commits():
    found = cut_power(40, "NORMAL")

    assert found["lost"] > 5
    assert found["corrupt"] == 0


def test_the_same_cuts_without_any_sync_leave_damaged_stores():
    assert cut_power(40, "OFF")["corrupt"] > 5
