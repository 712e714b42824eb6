"""What goes out comes back in: importing an export changes nothing, whatever the layer holds."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import shapely
from export_layers import EVERYTHING, ODD_TEXTS, feature_lists, put
from fake_store import FakeStore
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from import_layers import Office

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.model.caller import LOCAL
from geo_ems.model.features import Feature
from geo_ems.services.exports import ExportQuestion, export_layers

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)
DEFINITIONS = {EVERYTHING.name: EVERYTHING}
ODD_FEATURES = [
    Feature(f"X{number:09d}", None, {"name": f"甲{text}", "remarks": text, "phone": text}, {})
    for number, text in enumerate(ODD_TEXTS)
]


class Exporter:
    """A store with features, exported and imported again."""

    def __init__(self, folder, features, *, zone="Asia/Shanghai", definition=EVERYTHING):
        self.folder = Path(folder)
        self.definition = definition
        self.zone = ZoneInfo(zone)
        self.store = FakeStore(definition)
        put(self.store, definition, features)
        self.office = Office(self.folder, {definition.name: definition}, zone=self.zone, store=self.store)

    def export(self, name, *, language="zh", caller=LOCAL, **more):
        path = self.folder / name
        question = ExportQuestion((self.definition.name,), path, language=language, **more)
        snapshots = SnapshotSource(self.store, {self.definition.name: self.definition})
        self.report = export_layers(snapshots, question, caller=caller, zone=self.zone, clock=lambda: NOON)
        return path

    def import_again(self, path, layer=None):
        return self.office.import_path(path, layer or self.definition.name)


@settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    features=feature_lists(),
    language=st.sampled_from(["zh", "en"]),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Africa/Monrovia"]),
    form=st.sampled_from(["csv", "xlsx", "geojson"]),
)
@example(features=ODD_FEATURES, language="zh", zone="Asia/Shanghai", form="csv")
@example(features=ODD_FEATURES, language="en", zone="Asia/Shanghai", form="xlsx")
@example(features=ODD_FEATURES, language="zh", zone="Asia/Shanghai", form="geojson")
def test_importing_an_export_changes_nothing(features, language, zone, form):
    with tempfile.TemporaryDirectory() as folder:
        exporter = Exporter(folder, features, zone=zone)
        before = exporter.store.features(EVERYTHING.name)
        path = exporter.export(f"layer.{form}", language=language)

        report = exporter.import_again(path)

        told = [(row.line, f.problem("en"), f.value) for row in report.rows for f in row.findings]
        counts = report.counts
        assert (counts.created, counts.updated, counts.refused) == (0, 0, 0), told
        assert counts.unchanged == len(features), told
        assert exporter.store.features(EVERYTHING.name) == before
        if form == "xlsx":
            assert counts.child_rows == sum(len(f.children["stock"]) for f in before.values())
        if form == "csv":
            stock = exporter.import_again(path.with_name("layer.stock.csv"), "everything.stock")
            assert (stock.counts.refused, stock.seq) == (0, None)
