"""One moment of the layers handed on as a source, so that questions that belong together see the same."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from geo_ems.catalogue.snapshots import SnapshotSet, SnapshotSource
from geo_ems.model.definitions import LayerDefinition


class PinnedSource(SnapshotSource):
    """A source that always gives the layers of one set."""

    def __init__(self, source: SnapshotSource, pinned: SnapshotSet) -> None:
        """Hand on a set that was pinned of `source`."""
        self._pinned = pinned
        self._source = source

    @property
    def definitions(self) -> Mapping[str, LayerDefinition]:
        """Return the definitions of all layers."""
        return self._source.definitions

    def definition(self, name: str) -> LayerDefinition:
        """Return one definition, or raise NotFoundError listing those of the set."""
        return self._pinned.layer(name).definition

    def count(self, name: str) -> int:
        """Return how many features a layer of the set has; 0 where it is none of it."""
        return len(self._pinned.layers[name].columns) if name in self._pinned.layers else 0

    def pin(self, names: Iterable[str]) -> SnapshotSet:
        """Return the named layers of the set."""
        return replace(self._pinned, layers={name: self._pinned.layer(name) for name in names})
