"""The narrow tables of positions and device keys: plain SQL, outside the chained log and any spatial index.

A position changes no revision and no sequence number of the log; the table has a number of its
own, which never goes back: that of the last fix, or one more where pruning took a newest fix away.
"""

from collections.abc import Iterator, Sequence

import apsw

from geo_ems.model.positions import DeviceKey, FixSource, PositionFix, StoredFix
from geo_ems.storage.statements import SqlRow, SqlValue, whole_number

# Unique by team, instant and device: the same fix sent twice is one row. The order of the columns
# serves the newest fix of a team and its track.
TABLES = {
    "ems_position": """CREATE TABLE ems_position (
  n INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, team_id TEXT NOT NULL, fix_time INTEGER NOT NULL,
  device_id TEXT NOT NULL, received_at INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, accuracy REAL,
  speed REAL, bearing REAL, altitude REAL, source TEXT NOT NULL, jump INTEGER NOT NULL,
  UNIQUE (team_id, fix_time, device_id))""",
    "ems_device_key": """CREATE TABLE ems_device_key (
  id TEXT PRIMARY KEY NOT NULL, key_sha256 TEXT NOT NULL UNIQUE, team_id TEXT NOT NULL, name TEXT NOT NULL,
  created_at TEXT NOT NULL, revoked_at TEXT)""",
}

_COLUMNS = "n, team_id, fix_time, device_id, received_at, lon, lat, accuracy, speed, bearing, altitude, source, jump"
_INSERT = """INSERT INTO ems_position (team_id, fix_time, device_id, received_at, lon, lat, accuracy, speed, bearing,
  altitude, source, jump) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_KNOWN = "SELECT 1 FROM ems_position WHERE team_id = ? AND fix_time = ? AND device_id = ?"
_SEQ = "SELECT seq FROM sqlite_sequence WHERE name = 'ems_position'"
_ADVANCE = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'ems_position'"
# One step of the index per team, however long the tracks are.
_TEAMS = """WITH RECURSIVE team (id) AS (
  SELECT min(team_id) FROM ems_position
  UNION ALL SELECT (SELECT min(team_id) FROM ems_position WHERE team_id > team.id) FROM team WHERE id NOTNULL)
SELECT id FROM team WHERE id NOTNULL"""
_NEWEST = f"SELECT {_COLUMNS} FROM ems_position WHERE team_id = ? ORDER BY fix_time DESC, n LIMIT 1"  # noqa: S608 - constants
_TRACK = f"""SELECT {_COLUMNS} FROM ems_position WHERE team_id = ?1 AND fix_time >= ?2
  ORDER BY fix_time, n LIMIT ?3"""  # noqa: S608 - constants
_PRUNE = """DELETE FROM ems_position WHERE n IN
  (SELECT n FROM ems_position ORDER BY n LIMIT ?2) AND received_at < ?1 RETURNING n"""
_KEY_COLUMNS = "id, team_id, name, created_at, revoked_at"


def has_tables(connection: apsw.Connection) -> bool:
    """Return whether the store has the tables: one of an older format, opened for reading, has none."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ems_position'").fetchall())


def read_position_seq(connection: apsw.Connection) -> int:
    """Return the number of the last change of the table; 0 where there never was one."""
    rows = connection.execute(_SEQ).fetchall()
    return whole_number(rows[0][0]) if rows else 0


def is_known(connection: apsw.Connection, fix: PositionFix) -> bool:
    """Return whether this device sent a fix of this instant before."""
    return bool(connection.execute(_KNOWN, (fix.team_id, fix.fix_time_ms, fix.device_id)).fetchall())


def insert_fix(connection: apsw.Connection, fix: PositionFix, *, received_at_ms: int, is_jump: bool) -> int:
    """Store a fix that is not known yet and return its number."""
    connection.execute(
        _INSERT,
        (
            fix.team_id,
            fix.fix_time_ms,
            fix.device_id,
            received_at_ms,
            fix.lon_deg,
            fix.lat_deg,
            fix.accuracy_m,
            fix.speed_kmh,
            fix.bearing_deg,
            fix.altitude_m,
            fix.source.value,
            int(is_jump),
        ),
    )
    return connection.last_insert_rowid()


def newest_fixes(connection: apsw.Connection) -> Iterator[StoredFix]:
    """Yield the newest fix of each team by its own time; of equal ones that which came first."""
    for (team_id,) in connection.execute(_TEAMS).fetchall():
        for row in connection.execute(_NEWEST, (team_id,)):
            yield _stored(row)


def newest_of_team(connection: apsw.Connection, team_id: str) -> StoredFix | None:
    """Return the newest fix of one team."""
    rows = connection.execute(_NEWEST, (team_id,)).fetchall()
    return _stored(rows[0]) if rows else None


def track_of(connection: apsw.Connection, team_id: str, *, since_ms: int, limit: int) -> tuple[StoredFix, ...]:
    """Return the fixes of a team from an instant on, oldest first, at most `limit`."""
    return tuple(_stored(row) for row in connection.execute(_TRACK, (team_id, since_ms, limit)))


def prune_before(connection: apsw.Connection, received_before_ms: int, *, limit: int) -> frozenset[int]:
    """Delete the oldest fixes that came before an instant, at most `limit`; return their numbers."""
    rows = connection.execute(_PRUNE, (received_before_ms, limit)).fetchall()
    return frozenset(whole_number(number) for (number,) in rows)


def advance_seq(connection: apsw.Connection) -> None:
    """Count a change of the newest fixes that is no new fix."""
    connection.execute(_ADVANCE)


def insert_key(connection: apsw.Connection, key: DeviceKey, *, key_sha256: str) -> None:
    """Store a device key by its hash."""
    connection.execute(
        "INSERT INTO ems_device_key (id, key_sha256, team_id, name, created_at) VALUES (?, ?, ?, ?, ?)",
        (key.key_id, key_sha256, key.team_id, key.name, key.created_at),
    )


def revoke_key(connection: apsw.Connection, key_id: str, *, at: str) -> None:
    """Say of a key that it no longer opens anything; it stays listed."""
    connection.execute("UPDATE ems_device_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, key_id))


def read_keys(connection: apsw.Connection) -> tuple[tuple[str, DeviceKey], ...]:
    """Return all keys with their hashes, in the order they were made."""
    rows = connection.execute(f"SELECT key_sha256, {_KEY_COLUMNS} FROM ems_device_key ORDER BY created_at, rowid")  # noqa: S608 - constants
    return tuple((str(digest), _key(rest)) for digest, *rest in rows)


def _key(row: Sequence[SqlValue]) -> DeviceKey:
    key_id, team_id, name, created_at, revoked_at = row
    return DeviceKey(
        str(key_id), str(team_id), str(name), str(created_at), None if revoked_at is None else str(revoked_at)
    )


def _stored(row: SqlRow) -> StoredFix:
    number, team, fix_time, device, received, lon, lat, accuracy, speed, bearing, altitude, source, jump = row
    fix = PositionFix(
        team_id=str(team),
        device_id=str(device),
        fix_time_ms=whole_number(fix_time),
        lon_deg=_real(lon),
        lat_deg=_real(lat),
        source=FixSource(str(source)),
        accuracy_m=_real_or_none(accuracy),
        speed_kmh=_real_or_none(speed),
        bearing_deg=_real_or_none(bearing),
        altitude_m=_real_or_none(altitude),
    )
    return StoredFix(whole_number(number), fix, whole_number(received), bool(jump))


def _real(value: SqlValue) -> float:
    if not isinstance(value, int | float):
        raise TypeError(repr(value))
    return float(value)


def _real_or_none(value: SqlValue) -> float | None:
    return None if value is None else _real(value)
