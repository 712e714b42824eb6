"""The road network of the layer `roads`, built once per state of the data and of the speed table."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.labels import Language
from geo_ems.model.speeds import SpeedTable
from geo_ems.services.words import say

if TYPE_CHECKING:  # a command that asks nothing of roads does not load what they need
    from geo_ems.routing.network import RoadNetwork

ROADS: Final = "roads"
NETWORK_VERSION: Final = 1
"""Counts up where the same data are to give another network."""
_KEY_CHARACTERS = 16
_NETWORKS_HELD = 2  # the newest, and one that a long job may still work with
_ATTRIBUTION = "attribution"


@dataclass(frozen=True, slots=True)
class RoadSourceNote:
    """Where the roads come from: whom to name, and the days between which they were surveyed or extracted."""

    attributions: tuple[str, ...]
    oldest: str | None
    newest: str | None

    def mapping(self) -> dict[str, object]:
        """Return the note as it stands in answers."""
        return {"attribution": list(self.attributions), "observed_min": self.oldest, "observed_max": self.newest}

    def text(self, language: Language) -> str:
        """Return one line for maps and answers; "" where nothing is known."""
        parts = list(self.attributions)
        if self.newest is not None:
            days = self.newest if self.oldest in (None, self.newest) else f"{self.oldest} – {self.newest}"
            parts.append(say(language, f"道路数据 {days}", f"roads of {days}"))
        return say(language, ";", "; ").join(parts)


@dataclass(frozen=True, slots=True)
class _Held:
    """A network with the snapshot it was last asked for: the same snapshot needs no key."""

    snapshot: LayerSnapshot
    speeds_sha256: str
    network: "RoadNetwork"


class RoadSource:
    """Gives the network of the roads in a pinned set of layers; any thread may ask, and one builds."""

    def __init__(
        self,
        *,
        speeds: Callable[[], SpeedTable],
        file: Path | None = None,
        seal_of: Callable[[str, int], str | None] = lambda _layer, _seq: None,
    ) -> None:
        """Take how to get the speed table, the file a network is kept in, and how the log seals a layer's state."""
        self._read_speeds = speeds
        self._file = file
        self._seal_of = seal_of
        self._building = threading.Lock()
        self._held: tuple[_Held, ...] = ()

    @property
    def speeds(self) -> SpeedTable:
        """Return the speed table as it is now.

        Raises
        ------
        DefinitionError, FaultsError
            Where it is wrong, with the line.
        """
        return self._read_speeds()

    def network(self, pinned: SnapshotSet) -> "RoadNetwork | None":
        """Return the network of the layer `roads` in the set; None where there are no roads.

        It is never that of another state: an edit of a road or of the speed table gives another key.

        Raises
        ------
        NotFoundError
            Where the set was pinned without the layer.
        DefinitionError, FaultsError
            Where the speed table is wrong.
        """
        snapshot = pinned.layer(ROADS)
        if not len(snapshot.columns):
            return None
        table = self._read_speeds()
        held = self._held_for(snapshot, table)
        if held is None:
            with self._building:
                held = self._held_for(snapshot, table) or self._made(pinned, snapshot, table)
        return held.network if held.network.edge_count else None

    def _held_for(self, snapshot: LayerSnapshot, table: SpeedTable) -> "_Held | None":
        return next((h for h in self._held if h.snapshot is snapshot and h.speeds_sha256 == table.sha256), None)

    def _made(self, pinned: SnapshotSet, snapshot: LayerSnapshot, table: SpeedTable) -> "_Held":
        """Return the network from memory or disk under its key, else build it."""
        from geo_ems.routing.building import build_network  # noqa: PLC0415 - as above
        from geo_ems.services.road_fields import RoadFields  # noqa: PLC0415 - as above
        from geo_ems.services.road_lines import road_lines  # noqa: PLC0415 - as above
        from geo_ems.storage.road_files import read_network, write_network  # noqa: PLC0415 - as above

        is_sealed = ROADS not in pinned.unsealed_layers
        key = self._key(pinned, snapshot, table, is_sealed=is_sealed)
        file = self._file if is_sealed else None
        network = next((h.network for h in self._held if h.network.key == key), None)
        if network is None and file is not None:
            network = read_network(file, key=key)
        if network is None:
            lines, _ = road_lines(RoadFields.of_columns(snapshot.columns), table)
            network, _ = build_network(lines, key=key)
            if file is not None:
                write_network(file, network)
        made = _Held(snapshot, table.sha256, network)
        self._held = (made, *(h for h in self._held if h.network.key != key))[:_NETWORKS_HELD]
        return made

    def _key(self, pinned: SnapshotSet, snapshot: LayerSnapshot, table: SpeedTable, *, is_sealed: bool) -> str:
        facts = [
            f"format {NETWORK_VERSION}",
            pinned.store_id,
            str(snapshot.last_seq),
            str(self._seal_of(ROADS, snapshot.last_seq)),
            snapshot.definition.sha256,
            table.sha256,
        ]
        if not is_sealed or snapshot.outdated_ids:  # what stands in the rows is not what the log says of them
            facts.append(_content_digest(snapshot))
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:_KEY_CHARACTERS]


def road_source_note(pinned: SnapshotSet) -> RoadSourceNote | None:
    """Return where the roads of a pinned set come from; None where there are none."""
    snapshot = pinned.layer(ROADS)
    if not len(snapshot.columns):
        return None
    column = snapshot.columns.columns.get(_ATTRIBUTION)
    names: tuple[str, ...] = ()
    if column is not None:
        names = tuple(sorted({str(text) for text in column.values[column.known]}))
    return RoadSourceNote(names, *snapshot.observed)


def _content_digest(snapshot: LayerSnapshot) -> str:
    import shapely  # noqa: PLC0415 - as above

    columns = snapshot.columns
    digest = hashlib.sha256()
    for wkb in shapely.to_wkb(columns.geometries):
        digest.update(wkb or b"-")
    for column in columns.columns.values():
        values = column.values
        digest.update(repr(values.tolist()).encode() if values.dtype == np.object_ else values.tobytes())
        digest.update(column.known.tobytes())
    return digest.hexdigest()
