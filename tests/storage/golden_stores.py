"""Stores of every format there was, as SQL text: written once per format, rebuilt in the tests.

Run as a script it writes the one of the format that this program writes:
`python tests/storage/golden_stores.py` makes `golden/store_format_N.sql`; earlier files stay as they are.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw

FOLDER = Path(__file__).parent / "golden"


def build_golden(path: Path) -> None:
    """Write a small store with a history: single changes, a bulk batch, child rows, a deletion, a foreign edit."""
    from store_samples import DEPOTS, FULL_SHELTER, SHELTERS, TEAMS, batch_of, deletion, open_store, run_python, team

    from geo_ems.model.features import Feature

    edit = """
import apsw, sys
from geo_ems.storage.geometry_blobs import register_spatial_functions
connection = apsw.Connection(sys.argv[1])
register_spatial_functions(connection)
connection.execute("UPDATE response_teams SET name = 'edited outside' WHERE id = 'b'")
connection.close()
"""
    with open_store(path, SHELTERS, TEAMS, DEPOTS) as store:
        store.commit(batch_of("shelters", FULL_SHELTER))
        store.commit(batch_of("response_teams", team("a", status="open"), team("b", 113.6), team("c", 113.7)))
        store.commit(batch_of("response_teams", team("b", 113.65), *(team(f"n{i}") for i in range(3)), bulk=True))
        stock = ({"item": "tent", "quantity": 4.0}, {"item": "boat", "quantity": 1.0})
        store.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "depot"}, {"stock": stock})))
        store.commit(deletion("response_teams", "c"))
        run_python(edit, path)
        store.notice_foreign_edits()


def dump_sql(path: Path) -> Iterator[str]:
    """Yield the statements that rebuild the store, in an order in which they can run."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        for name in ("application_id", "user_version"):
            yield f"PRAGMA {name}={connection.pragma(name)};"
        shadow = ("_node", "_rowid", "_parent")
        entries = [
            (kind, name, sql)
            for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid")
            if sql and not name.startswith("sqlite_") and not (name.startswith("rtree_") and name.endswith(shadow))
        ]
        tables = [name for kind, name, _ in entries if kind == "table"]
        yield from (f"{sql};" for kind, _, sql in entries if kind == "table")
        for table in tables:
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            quoted = " || ', ' || ".join(f'quote("{column}")' for column in columns)
            for (values,) in connection.execute(f'SELECT {quoted} FROM "{table}"'):  # noqa: S608 - names of the store itself
                yield f'INSERT INTO "{table}" VALUES ({values});'  # noqa: S608 - likewise
        for table, number in connection.execute("SELECT name, seq FROM sqlite_sequence"):
            yield f"DELETE FROM sqlite_sequence WHERE name = '{table}';"  # noqa: S608 - likewise
            yield f"INSERT INTO sqlite_sequence VALUES ('{table}', {number});"  # noqa: S608 - likewise
        yield from (f"{sql};" for kind, _, sql in entries if kind != "table")
    finally:
        connection.close()


def rebuild(version: int, path: Path) -> None:
    """Write the store of a format into a new file."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "wal")
        with connection:
            connection.execute((FOLDER / f"store_format_{version}.sql").read_text(encoding="utf-8"))
    finally:
        connection.close()


def write_golden() -> Path:
    """Write the store of the format of this program as SQL text."""
    from geo_ems.storage.connections import FORMAT_VERSION

    target = FOLDER / f"store_format_{FORMAT_VERSION}.sql"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "golden.gpkg"
        build_golden(path)
        target.write_text("\n".join(dump_sql(path)) + "\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    sys.stdout.write(f"{write_golden()}\n")
