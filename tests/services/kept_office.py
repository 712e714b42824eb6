"""An office with a real store: imports, edits by hand, and a look at all that the store holds."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import shapely
from import_layers import DEPOTS, SHELTERS, TEAMS, Office

from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import Availability, CapacityRule
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.services.import_revert import RevertReport, revert_import
from geo_ems.storage.geopackage_store import open_geopackage

_STATUS = SHELTERS.fields["status"]
_CLOSED = replace(_STATUS.codes["closed"], availability=Availability.UNAVAILABLE)
RETIRING_SHELTERS = replace(
    SHELTERS,
    retired_code="closed",
    fields={**SHELTERS.fields, "status": replace(_STATUS, codes={**_STATUS.codes, "closed": _CLOSED})},
    capacity=CapacityRule("capacity_persons", None, None, "capacity_persons"),
)
LAYERS = {layer.name: layer for layer in (replace(RETIRING_SHELTERS, capacity=None), DEPOTS, TEAMS)}


class KeptOffice(Office):
    """An office whose store is a file: what is asked of the past is asked of the log."""

    def __init__(self, folder: Path, definitions=LAYERS) -> None:
        seconds = itertools.count()
        self.path = folder / "kept.gpkg"
        self._clock = lambda: datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))
        store = open_geopackage(self.path, clock=self._clock, new_id=lambda: "n")
        super().__init__(folder, definitions, store=store)
        for definition in definitions.values():
            store.apply_definition(definition)

    def features(self, layer_name="shelters"):
        ids = [str(identity) for identity in self.store.read_columns(layer_name).ids]
        return {feature.id: feature for feature in self.store.read_rows(layer_name, ids)}

    def edit(self, identity, layer_name="shelters", *, place=None, children=None, principal="desk", **properties):
        """Change a feature as a person would through the API."""
        feature = self.features(layer_name)[identity]
        changed = Feature(
            identity,
            feature.geometry if place is None else shapely.Point(place),
            {**feature.properties, **properties},
            feature.children if children is None else children,
        )
        change = FeatureChange(ChangeKind.REPLACE, identity, changed)
        return self.store.commit(ChangeBatch(layer_name, (change,), principal, "api")).seq

    def add(self, identity, layer_name="shelters", *, place=None, **properties):
        feature = Feature(identity, None if place is None else shapely.Point(place), {"code": identity, **properties})
        change = FeatureChange(ChangeKind.CREATE, identity, feature)
        return self.store.commit(ChangeBatch(layer_name, (change,), "desk", "api")).seq

    def delete(self, identity, layer_name="shelters"):
        change = FeatureChange(ChangeKind.DELETE, identity)
        return self.store.commit(ChangeBatch(layer_name, (change,), "desk", "api")).seq

    def revert(self, seq, **options) -> RevertReport:
        return revert_import(seq, definitions=self.definitions, store=self.store, caller=LOCAL, **options)

    def reopen(self) -> None:
        self.store.close()
        self.store = open_geopackage(self.path, clock=self._clock, new_id=lambda: "n")

    def state(self):
        """Return all that the layers hold but revisions, with what files said of it."""
        found = {}
        for name in self.definitions:
            for feature in self.features(name).values():
                shape = None if feature.geometry is None else feature.geometry.wkb_hex
                found[name, feature.id] = (shape, dict(feature.properties), dict(feature.children))
            for identity, image in self.store.history.import_images(name).items():
                found["said", name, identity] = image
        return found
