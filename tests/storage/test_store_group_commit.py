from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import apsw
import pytest
from store_samples import TEAMS, batch_of, open_store, team

from geo_ems.errors import ConflictError, StoreError
from geo_ems.model.features import ChangeKind


def test_sixteen_threads_get_dense_numbers_and_all_is_there(tmp_path):
    barrier = Barrier(16)

    def write(thread: int) -> list[int]:
        barrier.wait()
        return [store.commit(batch_of("response_teams", team(f"t{thread}-{i}"))).seq for i in range(10)]

    with open_store(tmp_path / "s.gpkg", TEAMS) as store, ThreadPoolExecutor(16) as pool:
        numbers = [seq for part in pool.map(write, range(16)) for seq in part]

        assert sorted(numbers) == list(range(2, 162))
        assert len(store.read_columns("response_teams")) == 160
        assert [change.seq for change in store.changes_since(1)] == list(range(2, 162))
        assert store.integrity_faults() == ()


def test_a_refused_batch_in_a_group_does_not_touch_the_others(tmp_path):
    barrier = Barrier(12)

    def write(number: int) -> int | None:
        barrier.wait()
        try:
            kind = ChangeKind.CREATE
            return store.commit(batch_of("response_teams", team(f"x{number}"), team(f"y{number % 2}"), kind=kind)).seq
        except ConflictError:
            return None

    with open_store(tmp_path / "s.gpkg", TEAMS) as store, ThreadPoolExecutor(12) as pool:
        numbers = sorted(seq for seq in pool.map(write, range(12)) if seq is not None)

        assert numbers == [2, 3]
        assert len(store.read_columns("response_teams")) == 4
        assert store.integrity_faults() == ()


def test_readers_see_the_last_acknowledged_state_while_a_transaction_is_open(tmp_path):
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        other = apsw.Connection(str(tmp_path / "s.gpkg"))
        other.execute("BEGIN IMMEDIATE")
        try:
            assert store.read_columns("response_teams").ids.tolist() == ["a"]
        finally:
            other.execute("ROLLBACK")
            other.close()


def test_a_full_disk_is_said_in_words_and_passes(tmp_path):
    big = [team(f"b{i}", name="x" * 1000) for i in range(2000)]
    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        pages = store._writer._connection.pragma("page_count")
        store._writer._connection.pragma("max_page_count", pages + 5)

        with pytest.raises(StoreError, match=r"The disk is full .*\. Free some space"):
            store.commit(batch_of("response_teams", *big))

        assert store.read_columns("response_teams").ids.tolist() == ["a"]
        store._writer._connection.pragma("max_page_count", 1_000_000)
        assert store.commit(batch_of("response_teams", *big)).seq == 3
        assert store.integrity_faults() == ()


def test_an_unforeseen_error_reaches_its_caller_and_the_writer_goes_on(tmp_path):
    def work(context):
        context.connection.execute("UPDATE response_teams SET name = 'wrong'")
        raise ZeroDivisionError

    with open_store(tmp_path / "s.gpkg", TEAMS) as store:
        store.commit(batch_of("response_teams", team("a")))
        with pytest.raises(ZeroDivisionError):
            store._writer.call(work)

        store.commit(batch_of("response_teams", team("b")))

        assert store.read_columns("response_teams").columns["name"].values.tolist() == ["team a", "team b"]


def test_a_closed_store_refuses_work(tmp_path):
    store = open_store(tmp_path / "s.gpkg", TEAMS)
    store.close()
    store.close()

    for ask in (store.describe, store.notice_foreign_edits, lambda: store.apply_definition(TEAMS)):
        with pytest.raises(StoreError, match="The store is closed"):
            ask()
