"""Positions in the store: the newest by its own time, once, durable when acknowledged, kept as long as said."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import open_store

from geo_ems.errors import StoreError
from geo_ems.model.positions import FixOutcome, FixSource, PositionFix
from geo_ems.storage.geopackage_store import GeoPackageStore

HOUR_MS = 3_600_000
START_MS = 1_780_000_000_000


def fix(team: str, at_ms: int, lon: float = 111.5, lat: float = 31.2, *, device: str = "phone") -> PositionFix:
    return PositionFix(team, device, START_MS + at_ms, lon, lat, FixSource.JSON)


def put(store: GeoPackageStore, *fixes: PositionFix, received_at_ms: int = START_MS):
    return store.positions.submit(fixes, received_at_ms=received_at_ms, jump_kmh=400).result()


def newest(store: GeoPackageStore) -> dict[str, tuple[int, float]]:
    latest = store.positions.latest()
    return {
        team: (int(time_ms) - START_MS, float(place[0]))
        for team, number, time_ms, place in zip(
            latest.teams, latest.number, latest.time_ms, latest.lonlat_deg, strict=True
        )
        if number
    }


def test_a_fix_that_comes_late_is_kept_and_does_not_win(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        first, late = put(store, fix("T1", 5000, 111.6)), put(store, fix("T1", 2000, 111.7))

        assert [first[0].outcome, late[0].outcome] == [FixOutcome.NEWEST, FixOutcome.OLDER]
        assert newest(store) == {"T1": (5000, 111.6)}
        track = store.positions.track("T1", since_ms=0, limit=10)
        assert [item.fix.lon_deg for item in track] == [111.7, 111.6]


def test_the_same_instant_of_the_same_device_is_a_repeat_and_of_another_device_it_is_not(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        put(store, fix("T1", 0, 111.6))
        again, other = put(store, fix("T1", 0, 111.9)), put(store, fix("T1", 0, 111.8, device="radio"))

        assert [again[0].outcome, other[0].outcome] == [FixOutcome.REPEAT, FixOutcome.OLDER]
        assert newest(store) == {"T1": (0, 111.6)}
        assert len(store.positions.track("T1", since_ms=0, limit=10)) == 2


def test_a_jump_that_nobody_can_have_driven_is_marked_and_kept(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        put(store, fix("T1", 0, 111.5))
        driven = put(store, fix("T1", HOUR_MS, 112.5))  # 95 km in an hour
        jumped = put(store, fix("T1", HOUR_MS + 60_000, 113.5))  # 95 km in a minute

        assert (driven[0].is_jump, jumped[0].is_jump) == (False, True)
        assert newest(store) == {"T1": (HOUR_MS + 60_000, 113.5)}
        assert store.positions.counts.jumps == 1


def test_positions_change_no_revision_no_sequence_number_and_no_seal(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        before = store.describe()
        put(store, fix("T1", 0), fix("T2", 0))

        assert store.describe() == before
        assert store.positions.latest().seq == 2
        assert store.integrity_faults() == ()


def test_positions_survive_a_restart_and_the_number_goes_on(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        put(store, fix("T1", 0), fix("T2", 1000, 111.7))
        put(store, fix("T1", 2000, 111.6))

    with open_store(tmp_path / "s.gpkg", read_only=True) as reader:
        assert newest(reader) == {"T1": (2000, 111.6), "T2": (1000, 111.7)}
    with open_store(tmp_path / "s.gpkg") as store:
        assert newest(store) == {"T1": (2000, 111.6), "T2": (1000, 111.7)}
        assert put(store, fix("T3", 0))[0].position_seq == 4


def test_who_only_reads_sees_what_another_process_stores(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store, open_store(tmp_path / "s.gpkg", read_only=True) as reader:
        assert newest(reader) == {}
        put(store, fix("T1", 0))
        assert newest(reader) == {"T1": (0, 111.5)}
        with pytest.raises(StoreError, match="reading only"):
            put(reader, fix("T1", 1))


def test_what_was_kept_long_enough_goes_also_where_it_was_the_newest_and_the_state_has_another_number(tmp_path):
    with open_store(tmp_path / "s.gpkg") as store:
        put(store, fix("old", 0), fix("both", 0), received_at_ms=1000)
        put(store, fix("both", 1000, 111.6), fix("new", 0), received_at_ms=2000)
        before = store.positions.latest().seq

        assert store.positions.prune(2000) == 2
        assert newest(store) == {"both": (1000, 111.6), "new": (0, 111.5)}
        assert store.positions.latest().seq > before
        assert store.positions.prune(2000) == 0
        assert store.positions.counts.pruned == 2
        put(store, fix("old", 500, 111.9))
        expected = newest(store)
    with open_store(tmp_path / "s.gpkg") as store:
        assert newest(store) == expected == {"both": (1000, 111.6), "new": (0, 111.5), "old": (500, 111.9)}


def test_fixes_of_one_message_are_stored_together_or_not_at_all(tmp_path):
    broken = PositionFix("T2", "phone", START_MS, 111.5, 31.2, FixSource.JSON, accuracy_m={})  # type: ignore[arg-type]
    with open_store(tmp_path / "s.gpkg") as store:
        with pytest.raises(TypeError):
            put(store, fix("T1", 0), broken)

        assert newest(store) == {}
        assert store.positions.track("T1", since_ms=0, limit=10) == ()


STREAMS = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["T1", "T2"]), st.integers(0, 6), st.sampled_from(["a", "b"]), st.sampled_from([111.5, 112])
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(STREAMS)
def test_whatever_the_order_and_the_repeats_the_newest_fix_counts_and_never_goes_back(tmp_path_factory, messages):
    path = tmp_path_factory.mktemp("stream") / "s.gpkg"
    model: dict[str, tuple[int, float]] = {}
    seen = set()
    with open_store(path) as store:
        for message in messages:
            put(store, *(fix(team, at, lon, device=device) for team, at, device, lon in message))
            for team, at, device, lon in message:
                if (team, at, device) not in seen and (team not in model or at > model[team][0]):
                    model[team] = (at, lon)
                seen.add((team, at, device))
            assert newest(store) == model
        assert sum(len(store.positions.track(team, since_ms=0, limit=99)) for team in ("T1", "T2")) == len(seen)
    with open_store(path, read_only=True) as reader:
        assert newest(reader) == model


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from store_samples import open_store
from test_positions_store import fix
with open_store(Path(sys.argv[1])) as store:
    for number in range(100_000):
        promises = [store.positions.submit([fix(f"T{i}", number, 111 + i / 100)], received_at_ms=5, jump_kmh=400)
                    for i in range(20)]
        for i, promise in enumerate(promises):
            promise.result()
            sys.stdout.write(f"T{i} {number}\\n")
        sys.stdout.flush()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_what_was_acknowledged_is_there_after_kill_nine(tmp_path):
    here = Path(__file__).parent
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "s.gpkg"), str(here)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=here.parents[1],
    )
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().split() for _ in range(1000)]
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += [line.split() for line in child.stdout.read().splitlines() if line.count(" ") == 1]
    child.wait()
    child.stdout.close()

    with open_store(tmp_path / "s.gpkg") as store:
        for team in {team for team, _ in acknowledged}:
            stored = {item.fix.fix_time_ms - START_MS for item in store.positions.track(team, since_ms=0, limit=99_999)}
            assert {int(number) for name, number in acknowledged if name == team and number.isdigit()} <= stored
            assert newest(store)[team][0] == max(stored)
        assert store.integrity_faults() == ()


def test_a_key_is_kept_by_its_hash_listed_and_revocable(tmp_path):
    from geo_ems.errors import ConflictError, NotFoundError
    from geo_ems.model.positions import DeviceKey

    key = DeviceKey("k1", "T1", "phone", "2026-07-01T00:00:00Z")
    with open_store(tmp_path / "s.gpkg") as store:
        store.device_keys.add(key, secret="geheim")  # noqa: S106 - a secret of this test
        with pytest.raises(ConflictError, match="'phone' already"):
            store.device_keys.add(DeviceKey("k2", "T2", "phone", "2026-07-01T00:00:00Z"), secret="x")  # noqa: S106
        assert store.device_keys.key_of("geheim") == key
        assert store.device_keys.key_of("anders") is None
    assert b"geheim" not in (tmp_path / "s.gpkg").read_bytes()
    with open_store(tmp_path / "s.gpkg") as store:
        store.device_keys.revoke("k1", at="2026-07-02T00:00:00Z")
        assert store.device_keys.key_of("geheim") is None
        assert [item.revoked_at for item in store.device_keys.all_keys()] == ["2026-07-02T00:00:00Z"]
        with pytest.raises(NotFoundError, match="Known: k1"):
            store.device_keys.revoke("k9", at="2026-07-02T00:00:00Z")
