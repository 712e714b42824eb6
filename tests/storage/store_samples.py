"""Layers, features and an opened store, as the tests of the store need them."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import shapely

from geo_ems.model.definitions import (
    ChildDefinition,
    Code,
    FieldDefinition,
    FieldType,
    GeometryKind,
    LayerDefinition,
    Symbol,
)
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS
from geo_ems.storage.geopackage_store import GeoPackageStore, open_geopackage

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
STATUS = {code: Code(code, Label(zh, code)) for code, zh in (("open", "开放"), ("standby", "备用"), ("closed", "关闭"))}
HAZARDS = {
    code: Code(code, Label(zh, code)) for code, zh in (("flood", "防汛"), ("earthquake", "抗震"), ("fire", "火灾"))
}


def field(name: str, kind: FieldType = FieldType.TEXT, **more) -> FieldDefinition:
    return FieldDefinition(name, kind, Label(f"{name}_字段", name), **more)


def layer(name: str, *fields: FieldDefinition, geometry=(GeometryKind.POINT,), **more) -> LayerDefinition:
    return LayerDefinition(
        name=name,
        label=Label(f"{name}_图层", name),
        geometry=geometry,
        fields={item.name: item for item in fields},
        symbol=Symbol("circle", "#123456"),
        **more,
    )


TEAMS = layer("response_teams", field("name"), field("status", FieldType.CODE, codes=STATUS), id_prefix="T")
SHELTERS = layer(
    "shelters",
    field("name", required=True, max_length=100),
    field("capacity_persons", FieldType.INTEGER, unit=UNITS["person"], minimum=0),
    field("usable_area_m2", FieldType.REAL, unit=UNITS["m2"]),
    field("heated", FieldType.BOOLEAN),
    field("surveyed_on", FieldType.DATE),
    field("opened_at", FieldType.DATETIME),
    field("status", FieldType.CODE, codes=STATUS),
    field("suitable_for", FieldType.CODES, codes=HAZARDS),
    field("phone", FieldType.PHONE, private=True),
    geometry=(GeometryKind.POINT, GeometryKind.POLYGON, GeometryKind.MULTI_POLYGON),
    key="code",
    id_prefix="S",
    text='name = "shelters"',
    sha256="5e1f",
)
STOCK = ChildDefinition(
    "stock",
    Label("库存", "stock"),
    {item.name: item for item in (field("item", required=True), field("quantity", FieldType.REAL))},
)
DEPOTS = layer("supply_depots", field("name"), children={"stock": STOCK}, id_prefix="D")
ROADS = layer("roads", field("name"), geometry=(GeometryKind.LINE,))

FULL_SHELTER = Feature(
    id="S-1",
    geometry=shapely.Point(113.5, 24.75),
    properties={
        "name": "新丰一中",
        "capacity_persons": 1200,
        "usable_area_m2": 1800.5,
        "heated": False,
        "surveyed_on": "2026-02-28",
        "opened_at": "2026-06-30T23:59:59Z",
        "status": "open",
        "suitable_for": ("earthquake", "flood"),
        "phone": "+86 751 2250000",
    },
)


def counting_ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):04d}"


def open_store(
    path: Path, *definitions: LayerDefinition, read_only: bool = False, clock=lambda: NOON
) -> GeoPackageStore:
    store = open_geopackage(path, clock=clock, new_id=counting_ids(), read_only=read_only)
    for definition in definitions:
        store.apply_definition(definition)
    return store


def team(identifier: str, lon_deg: float = 113.5, lat_deg: float = 24.75, **properties) -> Feature:
    return Feature(identifier, shapely.Point(lon_deg, lat_deg), {"name": f"team {identifier}", **properties})


def batch_of(layer_name: str, *features: Feature, kind: ChangeKind = ChangeKind.UPSERT, **more) -> ChangeBatch:
    changes = tuple(FeatureChange(kind, feature.id, feature) for feature in features)
    return ChangeBatch(layer_name, changes, principal="tester", origin="api", **more)


def deletion(layer_name: str, identifier: str, expected_rev: int | None = None) -> ChangeBatch:
    change = FeatureChange(ChangeKind.DELETE, identifier, expected_rev=expected_rev)
    return ChangeBatch(layer_name, (change,), principal="tester", origin="api")


def expecting(batch: ChangeBatch, rev: int) -> ChangeBatch:
    return replace(batch, changes=tuple(replace(change, expected_rev=rev) for change in batch.changes))


def start_python(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a child process that can import this module and the checkout it stands in."""
    here = Path(__file__).parent
    start = f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parents[1])!r}]\n"
    command = [sys.executable, "-c", start + script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_python(script: str, *arguments: object) -> str:
    """Run a script in a child process and return what it printed."""
    with start_python(script, *arguments) as process:
        output, errors = process.communicate()
    if process.returncode:
        raise AssertionError(errors)
    return output
