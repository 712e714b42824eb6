"""The catalogue: which layers there are, how many features, how old."""

from dataclasses import dataclass

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.labels import Label
from geo_ems.services.provenance import data_as_of


@dataclass(frozen=True, slots=True)
class ListedLayer:
    """One layer of the catalogue."""

    name: str
    label: Label
    count: int
    observed_min: str | None
    observed_max: str | None
    changed_at: str | None

    @property
    def observed_text(self) -> str:
        """Return the span of observation dates."""
        if self.observed_min is None or self.observed_max is None:
            return "-"
        return (
            self.observed_min if self.observed_min == self.observed_max else f"{self.observed_min}..{self.observed_max}"
        )

    def mapping(self) -> dict[str, object]:
        """Return the layer as JSON."""
        return {
            "name": self.name,
            "label": {"zh": self.label.zh, "en": self.label.en},
            "count": self.count,
            "data_as_of": {
                "observed_min": self.observed_min,
                "observed_max": self.observed_max,
                "changed_at": self.changed_at,
            },
        }


def layer_list(source: SnapshotSource) -> tuple[ListedLayer, ...]:
    """Return all layers that have a definition, in the order of their names."""
    pinned = source.pin(sorted(source.definitions))
    listed = []
    for name, snapshot in pinned.layers.items():
        age = data_as_of(snapshot)
        listed.append(
            ListedLayer(
                name=name,
                label=snapshot.definition.label,
                count=len(snapshot.columns),
                observed_min=age.observed_min,
                observed_max=age.observed_max,
                changed_at=age.changed_at,
            )
        )
    return tuple(listed)
