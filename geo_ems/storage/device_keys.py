"""Device keys in the store: only their hashes, revocable, never deleted; found again in memory."""

import hashlib
from threading import Lock

from geo_ems.errors import ConflictError, StoreError, known_names
from geo_ems.model.positions import DeviceKey
from geo_ems.storage.connections import ReaderPool
from geo_ems.storage.group_writer import GroupWriter
from geo_ems.storage.positions_table import has_tables, insert_key, read_keys, revoke_key


class DeviceKeyStore:
    """The device keys of one store; every method may be called from any thread."""

    def __init__(self, readers: ReaderPool, writer: GroupWriter | None) -> None:
        """Read with the connections of a store, and write through its writer; None reads only."""
        self._readers = readers
        self._writer = writer
        self._lock = Lock()
        self._held: dict[str, DeviceKey] | None = None

    def all_keys(self) -> tuple[DeviceKey, ...]:
        """Return all keys, revoked ones too, in the order they were made."""
        return tuple(self._by_hash().values())

    def key_of(self, secret: str) -> DeviceKey | None:
        """Return the key that a secret opens; None where it is unknown or revoked."""
        # By its hash: how long the look takes tells nothing of the secret.
        found = self._by_hash().get(hash_of(secret))
        return found if found is not None and found.revoked_at is None else None

    def device_named(self, name: str) -> DeviceKey | None:
        """Return the key in use that was made under a name."""
        return next((key for key in self._by_hash().values() if key.name == name and key.revoked_at is None), None)

    def add(self, key: DeviceKey, *, secret: str) -> None:
        """Keep a new key by the hash of its secret.

        Raises
        ------
        ConflictError
            Where a key of that name is in use: the name says which team a device belongs to.
        """
        if self.device_named(key.name) is not None:
            raise ConflictError(
                f"There is a device '{key.name}' already",
                where="device keys",
                remedy="Choose another name, or revoke the other key first.",
            )
        self._require_writer().call(lambda context: insert_key(context.connection, key, key_sha256=hash_of(secret)))
        self._forget()

    def revoke(self, key_id: str, *, at: str) -> DeviceKey:
        """Say of a key that it no longer opens anything, and return it.

        Raises
        ------
        NotFoundError
            Where there is no such key; the message lists those there are.
        """
        known = {key.key_id: key for key in self.all_keys()}
        if key_id not in known:
            raise known_names("device key", key_id, tuple(known))
        self._require_writer().call(lambda context: revoke_key(context.connection, key_id, at=at))
        self._forget()
        return known[key_id]

    def _by_hash(self) -> dict[str, DeviceKey]:
        with self._lock:
            if self._held is None:
                with self._readers.reading() as connection:
                    self._held = dict(read_keys(connection)) if has_tables(connection) else {}
            return self._held

    def _forget(self) -> None:
        with self._lock:
            self._held = None

    def _require_writer(self) -> GroupWriter:
        if self._writer is None:
            raise StoreError("The store is open for reading only", remedy="Open it for writing.")
        return self._writer


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: it is random and long, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()
