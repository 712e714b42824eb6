"""What goes out comes back in: importing an export changes nothing, whatever the layer holds."""

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyogrio
import pyogrio.errors
import pytest
import shapely
from export_layers import EVERYTHING, ODD_TEXTS, feature_lists, put
from fake_store import FakeStore
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from import_layers import Office
from needed_components import skip_or_fail
from pyogrio import read_dataframe

from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.errors import DataError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.model.features import Feature
from geo_ems.services.exports import ExportQuestion, export_layers

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)
VALIDATOR = Path("/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py")
SYSTEM_PYTHON = Path("/usr/bin/python3")
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


def differences(before, after):
    """Return what differs between two states of a feature, to read in a failing test."""
    if before is None:
        return [("new", after)]
    names = [name for name in after.properties if after.properties[name] != before.properties[name]]
    found = [(name, before.properties[name], after.properties[name]) for name in names]
    if after.geometry != before.geometry:
        found.append((shapely.to_wkt(before.geometry, -1), shapely.to_wkt(after.geometry, -1)))
    if after.children != before.children:
        found.append((before.children, after.children))
    return found


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

        after = exporter.store.features(EVERYTHING.name)
        assert [difference for f in after.values() for difference in differences(before.get(f.id), f)] == []
        told = [(row.line, f.problem("en"), f.value) for row in report.rows for f in row.findings]
        counts = report.counts
        assert (counts.created, counts.updated, counts.refused) == (0, 0, 0), told
        assert counts.unchanged == len(features), told
        assert after == before
        if form == "xlsx":
            assert counts.child_rows == sum(len(f.children["stock"]) for f in before.values())
        if form == "csv":
            stock = exporter.import_again(path.with_name("layer.stock.csv"), "everything.stock")
            assert (stock.counts.refused, stock.counts.updated) == (0, 0)
            assert exporter.store.features(EVERYTHING.name) == before


@settings(max_examples=25, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow])
@given(features=feature_lists())
def test_gdal_reads_the_same_from_a_geopackage_and_a_flatgeobuf(features):
    with tempfile.TemporaryDirectory() as folder:
        exporter = Exporter(folder, features)
        stored = exporter.store.features(EVERYTHING.name)
        for name in ("layer.gpkg", "layer.fgb"):
            frame = read_dataframe(exporter.export(name), layer="everything").set_index("id")
            held = {i: f for i, f in stored.items() if name == "layer.gpkg" or f.geometry is not None}
            assert sorted(frame.index) == sorted(held)
            for identity, feature in held.items():
                row = frame.loc[identity]
                assert (row.geometry is None) == (feature.geometry is None)
                assert feature.geometry is None or row.geometry.equals(feature.geometry)
                for column in ("code", "name", "status", "kind", "remarks", "phone", "capacity_persons", "is_indoor"):
                    value = None if pd.isna(row[column]) else row[column]
                    assert value == feature.properties[column], (column, value)
                instant = feature.properties["updated_at"]
                assert pd.isna(row["updated_at"]) == (instant is None)
                assert instant is None or row["updated_at"].strftime("%m-%dT%H:%M:%SZ") == instant[5:]


def test_child_tables_in_a_geopackage_are_named_as_in_the_store(tmp_path):
    stock = ({"item": "tent", "quantity": 3.0}, {"item": "quilt", "quantity": 4.0, "label_text": "=1"})
    exporter = Exporter(tmp_path, [Feature("a", None, {"name": "甲"}, {"stock": stock})])

    frame = read_dataframe(exporter.export("layer.gpkg"), layer="everything__stock")

    assert frame[["parent_id", "line", "item", "quantity"]].values.tolist() == [
        ["a", 0, "tent", 3.0],
        ["a", 1, "quilt", 4.0],
    ]


@pytest.mark.gdal_validator
def test_an_exported_geopackage_is_valid_and_says_where_it_comes_from(tmp_path):
    if not VALIDATOR.exists() or not SYSTEM_PYTHON.exists():
        skip_or_fail("GDAL's validate_gpkg.py is not installed (Debian: python3-gdal)")
    area = shapely.box(113, 24, 113.1, 24.1)
    path = Exporter(tmp_path, [Feature("a", area, {"name": "甲"}), Feature("b", None, {"name": "乙"})]).export("l.gpkg")
    run = subprocess.run(
        [SYSTEM_PYTHON, VALIDATOR, "--extra", "--warning-as-error", path], capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    told = pyogrio.read_info(path, layer="everything")["dataset_metadata"]
    assert told["snapshot_id"].startswith("fake-1-")
    assert told["as_of"] == "2026-07-01T04:00:00Z"


def test_a_kml_shows_labels_as_plain_text_and_keeps_codes_to_read_back(tmp_path):
    place = shapely.box(113, 24, 113.1, 24.1).difference(shapely.box(113.02, 24.02, 113.03, 24.03))
    odd = {"name": "<b>甲</b> & 乙", "status": "full", "suits": ("fire", "flood"), "remarks": "a\n<script>"}
    path = Exporter(tmp_path, [Feature("a/1", place, odd), Feature("b", None, {"name": "乙"})]).export("l.kml")

    frame = read_dataframe(path)

    assert frame["Name"].tolist() == ["<b>甲</b> & 乙", "乙"]
    assert frame["permanent_id"].tolist() == ["a/1", "b"]
    assert '<Data name="permanent_id"><displayName>永久编号</displayName>' in path.read_text(encoding="utf-8")
    assert (frame["status"][0], frame["suits"][0], frame["remarks"][0]) == ("full", "fire;flood", "a\n<script>")
    assert "状态: 已满<br>" in frame["description"][0]
    assert "&lt;script&gt;" in frame["description"][0]  # what a viewer takes for HTML shows as it was written
    assert "<script>" not in frame["description"][0]
    assert shapely.normalize(frame.geometry[0]) == shapely.normalize(place)
    assert frame.geometry[1] is None


def test_a_file_that_cannot_be_finished_does_not_appear(tmp_path, monkeypatch):
    exporter = Exporter(tmp_path, [Feature("a", None, {"name": "甲"})])
    monkeypatch.setattr("geo_ems.formats.xlsx_writing.MOST_ROWS", 0)
    monkeypatch.setattr("pyogrio.raw.write", _failing)

    for name in ("layer.xlsx", "layer.fgb"):
        with pytest.raises(DataError):
            exporter.export(name)
    assert list(tmp_path.iterdir()) == []


def _failing(*_arguments, **_more):
    raise pyogrio.errors.DataSourceError("no space left")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
@pytest.mark.parametrize("name", ["l.csv", "l.xlsx", "l.geojson", "l.gpkg", "l.kml", "l.fgb"])
def test_a_file_with_phones_is_its_owners_alone_and_a_public_one_has_none(tmp_path, name):
    exporter = Exporter(tmp_path, [Feature("a", shapely.Point(113, 24), {"name": "甲", "phone": "0751-8886666"})])

    private = exporter.export(name)
    assert private.stat().st_mode & 0o777 == 0o600
    public = exporter.export(name, caller=Caller("anybody", frozenset({Permission.READ})), overwrite=True)

    assert public.stat().st_mode & 0o777 == 0o644
    assert exporter.report.layers[0].private_fields == ()
    assert b"8886666" not in unpacked(public)
    assert "甲".encode() in unpacked(public)


def unpacked(path):
    """Return the bytes of a file, those of its parts where it is a workbook."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as parts:
        return b"".join(parts.read(name) for name in parts.namelist()).replace(b"&#30002;", "甲".encode())


@pytest.mark.parametrize("text", ["堤脚渗水,水深 0.3 m", None])
def test_a_field_called_description_is_not_what_a_kml_shows_as_one(tmp_path, text):
    remarks = EVERYTHING.fields["remarks"]
    described = replace(EVERYTHING, fields={**EVERYTHING.fields, "description": replace(remarks, name="description")})
    values = {"name": "甲", "remarks": "备注", "description": text}
    exporter = Exporter(tmp_path, [Feature("a", shapely.Point(111.5, 31.2), values)], definition=described)

    again = exporter.import_again(exporter.export("l.kml"))

    assert (again.counts.updated, again.counts.unchanged) == (0, 1)
