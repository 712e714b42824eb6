"""Small layers made by hand, and an import with everything but the file decided."""

import itertools
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from fake_store import FakeStore

from geo_ems.model.caller import LOCAL
from geo_ems.model.definitions import (
    Availability,
    ChildDefinition,
    Code,
    FieldDefinition,
    FieldType,
    GeometryKind,
    LayerDefinition,
    PositionRule,
    Symbol,
    Synonym,
)
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_report import ImportReport
from geo_ems.services.imports import import_into

ZONE = ZoneInfo("Asia/Shanghai")


def field(name, kind, zh, **more):
    """Return a field; synonyms may be plain names."""
    synonyms = tuple(s if isinstance(s, Synonym) else Synonym(s) for s in more.pop("synonyms", ()))
    return FieldDefinition(name, FieldType(kind), Label(zh, name.replace("_", " ")), synonyms=synonyms, **more)


def codes(**labels):
    """Return codes from code = zh label."""
    return {
        code: Code(code, Label(zh, code.replace("_", " ")), availability=Availability.AVAILABLE)
        for code, zh in labels.items()
    }


def layer(name, fields, **more):
    """Return a layer with a key `code` and the given fields."""
    return LayerDefinition(
        name=name,
        label=Label(more.pop("zh", name), name),
        geometry=more.pop("geometry", (GeometryKind.POINT,)),
        fields={f.name: f for f in fields},
        symbol=Symbol("square", "#000000"),
        key=more.pop("key", "code"),
        id_prefix="X",
        **more,
    )


def counted(label, unit):
    """Return the codes `tent` and `quilt` as items, the tent with a unit."""
    items = codes(tent=label, quilt="棉被")
    return {**items, "tent": replace(items["tent"], unit=unit)}


HAZARDS = codes(flood="防汛", earthquake="抗震", fire="火灾")

SHELTERS = layer(
    "shelters",
    [
        field("code", "text", "编号", max_length=100),
        field("name", "text", "名称", required=True, synonyms=["场所名称"]),
        field("status", "code", "状态", codes=codes(open="开放", full="已满", closed="关闭")),
        field("capacity_persons", "integer", "容量", unit=UNITS["person"], minimum=0, synonyms=["capacity"]),
        field("usable_area_m2", "real", "有效面积", unit=UNITS["m2"], minimum=0),
        field(
            "suitable_for",
            "codes",
            "适用灾种",
            codes=HAZARDS,
            flags={"flood_L1": "flood", "洪水": "flood", "地震": "earthquake"},
            flags_limited="suitable_with_limits",
        ),
        field("suitable_with_limits", "codes", "有条件适用", codes=HAZARDS),
        field("kind", "code", "类型", codes=codes(school="学校", park_square="公园、广场"), default="school"),
        field("phone", "phone", "电话"),
        field("is_indoor", "boolean", "室内"),
        field("surveyed_on", "date", "调查日期"),
        field("updated_at", "datetime", "更新时间"),
        field("remarks", "text", "备注"),
        field("district_id", "text", "区划", derived=True),
    ],
    zh="避难场所",
    geometry=(GeometryKind.POINT, GeometryKind.POLYGON),
    status_field="status",
)

DEPOTS = layer(
    "supply_depots",
    [field("code", "text", "编号"), field("name", "text", "名称", required=True)],
    zh="物资储备库",
    children={
        "stock": ChildDefinition(
            "stock",
            Label("库存", "Stock"),
            {
                f.name: f
                for f in (
                    field("item", "code", "物资名称", required=True, codes=counted("帐篷", Label("顶", "pieces"))),
                    field("quantity", "real", "数量", required=True, minimum=0),
                )
            },
        )
    },
)

TEAMS = layer(
    "response_teams",
    [
        field("code", "text", "编号"),
        field("name", "text", "名称", required=True),
        field("status", "code", "状态", codes=codes(available="待命", ordered="已派")),
        field("position_mode", "code", "定位方式", codes=codes(base="驻地", live="实时")),
        field("position_lon_deg", "real", "实时经度", unit=UNITS["deg"]),
        field("position_lat_deg", "real", "实时纬度", unit=UNITS["deg"]),
        field("position_time", "datetime", "定位时间"),
    ],
    status_field="status",
    position=PositionRule("position_mode", "position_lon_deg", "position_lat_deg", "position_time"),
)

DEFINITIONS = {definition.name: definition for definition in (SHELTERS, DEPOTS, TEAMS)}


class Office:
    """A store and a counter of ids: imports texts and files one after the other."""

    def __init__(self, folder: Path, definitions=DEFINITIONS, zone: ZoneInfo = ZONE, store=None) -> None:
        self.folder = folder
        self.definitions = definitions
        self.zone = zone
        self.store = FakeStore(*definitions.values()) if store is None else store
        self._numbers = itertools.count(1)

    def import_path(self, path: Path, layer_name: str = "shelters", **options) -> ImportReport:
        return import_into(
            path,
            layer_name,
            definitions=self.definitions,
            store=self.store,
            caller=options.pop("caller", LOCAL),
            options=ImportOptions(**options),
            zone=self.zone,
            new_id=lambda: f"{next(self._numbers):03d}",
        )

    def import_text(
        self, text: str, layer_name: str = "shelters", *, name: str = "data.csv", **options
    ) -> ImportReport:
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        return self.import_path(path, layer_name, **options)

    def features(self, layer_name: str = "shelters"):
        return self.store.features(layer_name)


def found_codes(report: ImportReport) -> dict[int, list[str]]:
    """Return the codes of the findings by line, for lines that have any."""
    return {row.line: [finding.kind.code for finding in row.findings] for row in report.rows if row.findings}
