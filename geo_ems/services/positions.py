"""Positions of teams: who may send which, what is refused, and where they have been."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_ems.catalogue.moving_layer import moving_layer
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import NotFoundError, UsageError
from geo_ems.formats.device_values import EARLIEST_MS, SentFix
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.positions import DeviceKey, FixReceipt, PositionFix, StoredFix, text_of_ms
from geo_ems.settings.position_settings import PositionSettings
from geo_ems.storage.device_keys import DeviceKeyStore
from geo_ems.storage.positions import PositionStore, Promise

KEY_PREFIX: Final = "gek_"
_KEY_BYTES: Final = 24
_TEAMS_KNOWN_S: Final = 1.0
_LOCAL_DEVICE: Final = "local"


class NotYourTeamError(UsageError):
    """A device sends the position of another team than its own."""


class NoSuchTeamError(NotFoundError):
    """There is no team of this id."""


@dataclass(slots=True)
class PositionDesk:
    """Takes in the positions of the teams of one project; every method may be called from any thread."""

    store: PositionStore
    keys: DeviceKeyStore
    snapshots: SnapshotSource
    settings: PositionSettings
    clock: Callable[[], datetime]
    _teams: frozenset[str] = frozenset()
    _rows: Mapping[str, int] | None = None
    _teams_from_s: float = float("-inf")

    def device_caller(self, secret: str) -> Caller | None:
        """Return who holds a device key: a caller that may post the position of its team, and nothing else."""
        key = self.keys.key_of(secret)
        if key is None:
            return None
        return Caller(f"device:{key.name}", frozenset({Permission.POST_POSITION}), team_id=key.team_id)

    def submit(self, sent: Sequence[SentFix], *, caller: Caller, team_id: str | None = None) -> Promise:
        """Check fixes and store them, all or none; the promise is kept when they are durable and published.

        The team is the one named, else that of the device key, else the one whose id the device
        sends as its own, else the one that a device of this name was registered for.

        Raises
        ------
        NotYourTeamError
            Where a device key is used for another team.
        NoSuchTeamError
            Where no team can be found for a fix.
        UsageError
            Where a fix is dated ahead of our clock by more than the settings allow.
        """
        now_ms = round(self.clock().timestamp() * 1000)
        fixes = [self._checked(item, caller, team_id, now_ms) for item in sent if item.has_fix]
        if not fixes:
            empty: Promise = Promise()
            empty.set_result(())
            return empty
        return self.store.submit(fixes, received_at_ms=now_ms, jump_kmh=self.settings.jump_kmh)

    def track(self, team_id: str, *, since: datetime | None, limit: int) -> tuple[StoredFix, ...]:
        """Return where a team has been, oldest first, at most `limit` fixes.

        Raises
        ------
        NoSuchTeamError
            Where there is no such team, and it left no track either.
        """
        since_ms = EARLIEST_MS if since is None else round(since.timestamp() * 1000)
        found = self.store.track(team_id, since_ms=since_ms, limit=limit)
        if not found:
            self._require_team(team_id)
        return found

    def prune(self) -> int:
        """Delete what was kept for longer than the settings say; return how many fixes."""
        kept_since = self.clock() - timedelta(days=self.settings.days_kept)
        return self.store.prune(round(kept_since.timestamp() * 1000))

    def add_device(self, team_id: str, *, name: str) -> tuple[DeviceKey, str]:
        """Make a key for a device of a team; return it, and the secret that is shown once.

        Raises
        ------
        NoSuchTeamError
            Where there is no such team.
        ConflictError
            Where a device of that name has a key in use.
        """
        self._require_team(team_id)
        secret = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        key = DeviceKey(secrets.token_hex(4), team_id, name, self.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.keys.add(key, secret=secret)
        return key, secret

    def _checked(self, sent: SentFix, caller: Caller, team_id: str | None, now_ms: int) -> PositionFix:
        fix_time_ms = now_ms if sent.fix_time_ms is None else sent.fix_time_ms
        if fix_time_ms > now_ms + self.settings.ahead_s * 1000:
            raise UsageError(
                f"The fix is of {text_of_ms(fix_time_ms)}, ahead of our clock ({text_of_ms(now_ms)})",
                remedy="Set the clock of the device.",
                field="time",
                value=sent.fix_time_ms,
            )
        return PositionFix(
            team_id=self._team_of(sent.device, caller, team_id),
            device_id=sent.device or (_LOCAL_DEVICE if caller.team_id is None else caller.principal),
            fix_time_ms=fix_time_ms,
            lon_deg=sent.lon_deg,
            lat_deg=sent.lat_deg,
            source=sent.source,
            accuracy_m=sent.accuracy_m,
            speed_kmh=sent.speed_kmh,
            bearing_deg=sent.bearing_deg,
            altitude_m=sent.altitude_m,
        )

    def _team_of(self, device: str | None, caller: Caller, named: str | None) -> str:
        registered = None if device is None or named is not None else self.keys.device_named(device)
        if named is None and device is not None:
            named = device if self._is_team(device) else registered.team_id if registered is not None else None
        own = caller.team_id
        if own is not None:
            if named is not None and named != own:
                raise NotYourTeamError(
                    "This device key is for another team", remedy=f"It posts the position of {own}.", field="team"
                )
            named = own
        if named is None:
            raise NoSuchTeamError(
                "The device belongs to no team that is known",
                remedy="Send the id of a team as device id, or register the device: geo-ems keys add-device TEAM "
                "--name DEVICE",
                field="id",
                value=device,
            )
        self._require_team(named)
        return named

    def _require_team(self, team_id: str) -> None:
        if not self._is_team(team_id):
            raise NoSuchTeamError(
                f"There is no team '{team_id[:100]}'",
                remedy="Send the id that the team has in its layer.",
                field="id",
                value=team_id,
            )

    def _is_team(self, team_id: str) -> bool:
        """Return whether there is such a team: known for a second, as a thousand fixes a second may ask."""
        now_s = time.monotonic()
        if now_s - self._teams_from_s > _TEAMS_KNOWN_S or team_id not in self._teams:
            layer = moving_layer(self.snapshots.definitions)
            snapshot = None if layer is None else self.snapshots.pin([layer]).layer(layer)
            if snapshot is not None and snapshot.row_of is not self._rows:
                self._teams, self._rows = frozenset(snapshot.columns.ids.tolist()), snapshot.row_of
            self._teams_from_s = now_s
        return team_id in self._teams


def receipt_mapping(fix_count: int, receipts: Sequence[FixReceipt]) -> dict[str, object]:
    """Return what the sender is told: what became of its fixes."""
    outcomes = [receipt.outcome.value for receipt in receipts]
    return {
        "outcome": "no_fix" if not outcomes else outcomes[-1],
        "stored": sum(outcome != "repeat" for outcome in outcomes),
        "repeated": outcomes.count("repeat"),
        "without_fix": fix_count - len(receipts),
        "flags": ["impossible_jump"] if any(receipt.is_jump for receipt in receipts) else [],
        "position_seq": max((receipt.position_seq for receipt in receipts), default=None),
    }


def fix_mapping(stored: StoredFix) -> dict[str, object]:
    """Return one fix of a track."""
    fix = stored.fix
    return {
        "lon": fix.lon_deg,
        "lat": fix.lat_deg,
        "time": text_of_ms(fix.fix_time_ms),
        "received_at": text_of_ms(stored.received_at_ms),
        "device": fix.device_id,
        "source": fix.source.value,
        "accuracy_m": fix.accuracy_m,
        "speed_kmh": fix.speed_kmh,
        "bearing_deg": fix.bearing_deg,
        "altitude_m": fix.altitude_m,
        "flags": ["impossible_jump"] if stored.is_jump else [],
    }
