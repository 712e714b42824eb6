"""The newest fix of each team as arrays: what questions see of the positions at one moment."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray
from geo_ems.model.positions import PositionFix, StoredFix
from geo_ems.queries.ellipsoid import place_xyz

JUMP_SLACK_M: Final = 1000.0
"""A jump is at least so far: the first fixes after a start in a valley may lie hundreds of metres off."""

_MS_PER_HOUR: Final = 3_600_000.0
_METRES_PER_KM: Final = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class LatestFixes:
    """The newest fix of m teams after the position sequence number `seq`; arrays (m,), (m, 2) and (3, m), read-only.

    `number` is that of the fix in the store (0: this team has none any more), `time_ms` Unix
    milliseconds, `accuracy_m`, `speed_kmh` and `bearing_deg` are NaN where unknown.
    """

    seq: int
    teams: tuple[str, ...]
    number: IntArray
    lonlat_deg: FloatArray
    xyz_m: FloatArray
    time_ms: IntArray
    accuracy_m: FloatArray
    speed_kmh: FloatArray
    bearing_deg: FloatArray
    is_jump: BoolArray

    def slots_of(self, ids: Iterable[str]) -> IntArray:
        """Return the place of each team in the arrays; -1 for one that never sent a fix."""
        place = {team: slot for slot, team in enumerate(self.teams)}
        return np.fromiter((place.get(team, -1) for team in ids), dtype=np.int64)

    def since(self, seq: int) -> IntArray:
        """Return the places of the teams whose newest fix came after a sequence number, in order of arrival."""
        places = np.flatnonzero(self.number > seq)
        return places[np.argsort(self.number[places], kind="stable")]


@dataclass(slots=True, eq=False)
class FixBoard:
    """Keeps the newest fix of each team; `latest` gives a picture of it that does not change. Any thread may call."""

    _lock: Lock = field(default_factory=Lock)
    _slot_of: dict[str, int] = field(default_factory=dict)
    _newest: dict[str, StoredFix] = field(default_factory=dict)
    _numbers: FloatArray = field(default_factory=lambda: np.full((11, 16), np.nan))
    _picture: LatestFixes | None = None
    _teams: tuple[str, ...] = ()
    _seq: int = 0

    def newest(self, team_id: str) -> StoredFix | None:
        """Return the newest fix of a team."""
        return self._newest.get(team_id)

    @property
    def seq(self) -> int:
        """Return the sequence number after the last change."""
        return self._seq

    def publish(self, fixes: Iterable[StoredFix], *, seq: int, gone: Iterable[str] = ()) -> None:
        """Take in fixes that are durable, and the teams whose newest fix is gone; an older fix never wins."""
        with self._lock:
            for stored in fixes:
                held = self._newest.get(stored.fix.team_id)
                if is_newer(stored, held):
                    self._put(stored)
            for team in gone:
                if self._newest.pop(team, None) is not None:
                    self._numbers[0, self._slot_of[team]] = np.nan
            self._seq = max(self._seq, seq)
            self._picture = None

    def latest(self) -> LatestFixes:
        """Return the newest fix of every team as it is now."""
        with self._lock:
            if self._picture is None:
                self._picture = self._pictured()
            return self._picture

    def _put(self, stored: StoredFix) -> None:
        fix = stored.fix
        slot = self._slot_of.setdefault(fix.team_id, len(self._slot_of))
        if slot >= self._numbers.shape[1]:
            self._numbers = np.concatenate([self._numbers, np.full_like(self._numbers, np.nan)], axis=1)
        self._newest[fix.team_id] = stored
        self._numbers[:, slot] = (
            stored.number,
            fix.lon_deg,
            fix.lat_deg,
            fix.fix_time_ms,
            *(np.nan if value is None else value for value in (fix.accuracy_m, fix.speed_kmh, fix.bearing_deg)),
            stored.is_jump,
            *place_xyz((fix.lon_deg, fix.lat_deg)),
        )

    def _pictured(self) -> LatestFixes:
        size = len(self._slot_of)
        held = self._numbers[:, :size]
        if size > len(self._teams):  # else the same tuple again: who keeps something by it finds it at once
            self._teams = tuple(self._slot_of)
        there = np.nan_to_num(held[[0, 3, 7]])
        picture = LatestFixes(
            seq=self._seq,
            teams=self._teams,
            number=there[0].astype(np.int64),
            lonlat_deg=np.ascontiguousarray(held[1:3].T),
            xyz_m=held[8:11].copy(),
            time_ms=there[1].astype(np.int64),
            accuracy_m=held[4].copy(),
            speed_kmh=held[5].copy(),
            bearing_deg=held[6].copy(),
            is_jump=there[2] > 0,
        )
        for part in (picture.number, picture.lonlat_deg, picture.xyz_m, picture.time_ms, picture.is_jump):
            part.setflags(write=False)
        return picture


def is_newer(stored: StoredFix, held: StoredFix | None) -> bool:
    """Return whether a fix takes the place of another: a later fix time, and of equal ones what came first."""
    if held is None:
        return True
    mine, theirs = stored.fix.fix_time_ms, held.fix.fix_time_ms
    return mine > theirs or (mine == theirs and stored.number < held.number)


def is_impossible_jump(fix: PositionFix, before: PositionFix, *, jump_kmh: float) -> bool:
    """Return whether nobody can have come from one fix to a later one: faster than a speed, along the chord."""
    chord_m = math.dist(place_xyz((fix.lon_deg, fix.lat_deg)), place_xyz((before.lon_deg, before.lat_deg)))
    metres = chord_m - (JUMP_SLACK_M + (fix.accuracy_m or 0.0) + (before.accuracy_m or 0.0))
    hours = (fix.fix_time_ms - before.fix_time_ms) / _MS_PER_HOUR
    return metres > jump_kmh * _METRES_PER_KM * hours
