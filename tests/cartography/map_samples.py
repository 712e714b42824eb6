"""A county of four villages for map tests: made by hand, every string replaceable by a hostile one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from pyproj import Geod
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.boards import load_board
from geo_ems.cartography.content import BaseLine, MapContent, MapLayer
from geo_ems.model.answers import CoverageAnswer, CoverageTotal, DataAsOf, DemandCoverage, DistrictCoverage
from geo_ems.model.columns import ChildTable, Column, LayerColumns
from geo_ems.model.definitions import (
    Availability,
    ChildDefinition,
    Code,
    FieldDefinition,
    FieldType,
    GeometryKind,
    LayerDefinition,
    Reason,
    StockRule,
    Symbol,
)
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS

OVERVIEW = Path(__file__).resolve().parents[2] / "maps" / "overview.toml"
Text = Callable[[str], str]
Row = Mapping[str, object]
PLACE = (112.02, 28.02)
AGES = DataAsOf("2026-07-01", "2026-07-20", "2026-07-21T01:00:00Z")


def column_of(field: FieldDefinition, raw: Sequence[object]) -> Column:
    """Return the values as the store gives them: NaN, -1, empty text and 0 bits where unknown."""
    known = np.array([value is not None for value in raw])
    order = list(field.codes)
    match field.type:
        case FieldType.INTEGER | FieldType.REAL:
            values = np.array([np.nan if value is None else value for value in raw], dtype=float)
        case FieldType.BOOLEAN:
            values = np.array([bool(value) for value in raw])
        case FieldType.CODE:
            values = np.array([-1 if value is None else order.index(value) for value in raw], dtype=np.int16)
        case FieldType.CODES:
            values = np.array([sum(1 << order.index(c) for c in value or ()) for value in raw], dtype=np.uint64)
        case _:
            values = np.array(["" if value is None else value for value in raw], dtype=object)
    return Column(field, values, known)


def columns_of(definition: LayerDefinition, rows: Sequence[tuple[str, BaseGeometry | None, Row]]) -> LayerColumns:
    """Return the rows (id, geometry, values) as a whole layer; child rows stand under their name."""
    children = {}
    for name, child in definition.children.items():
        pairs = [(number, line) for number, (_, _, values) in enumerate(rows) for line in values.get(name, ())]
        children[name] = ChildTable(
            np.array([number for number, _ in pairs], dtype=np.int64),
            {f.name: column_of(f, [line.get(f.name) for _, line in pairs]) for f in child.fields.values()},
        )
    geometries = np.empty(len(rows), dtype=object)
    geometries[:] = [geometry for _, geometry, _ in rows]
    return LayerColumns(
        definition,
        np.array([identifier for identifier, _, _ in rows], dtype=object),
        np.ones(len(rows), dtype=np.int64),
        geometries,
        {f.name: column_of(f, [values.get(f.name) for _, _, values in rows]) for f in definition.fields.values()},
        children,
    )


def _field(name, kind, zh, en, **more):
    return FieldDefinition(name, kind, Label(zh, en), **more)


def _codes(**labels):
    return {code: Code(code, Label(zh, en), order=n) for n, (code, (zh, en)) in enumerate(labels.items())}


def _status(**rows):
    return {
        code: Code(code, Label(zh, en), availability=availability, reason=reason, order=n)
        for n, (code, (zh, en, availability, reason)) in enumerate(rows.items())
    }


SHELTER_STATUS = _status(
    open=("开放", "open", Availability.AVAILABLE, None),
    standby=("备用", "standby", Availability.DELAYED, Reason.UNAVAILABLE),
    full=("已满", "full", Availability.UNAVAILABLE, Reason.FULL),
    closed=("关闭", "closed", Availability.UNAVAILABLE, Reason.CLOSED),
)
TEAM_STATUS = _status(
    available=("待命", "available", Availability.AVAILABLE, None),
    delayed=("延迟可用", "delayed", Availability.DELAYED, Reason.UNAVAILABLE),
    on_scene=("已到场", "on scene", Availability.COMMITTED, Reason.UNAVAILABLE),
    out_of_service=("停用", "out of service", Availability.UNAVAILABLE, Reason.UNAVAILABLE),
)
GENERAL = (
    _field("code", FieldType.TEXT, "编号", "Code"),
    _field("name", FieldType.TEXT, "名称", "Name", required=True),
    _field("name_en", FieldType.TEXT, "英文名称", "English name"),
    _field("district_id", FieldType.TEXT, "所属区划", "District", derived=True),
    _field("remarks", FieldType.TEXT, "备注", "Remarks"),
)


def layer(name, zh, en, symbol, fields, **more) -> LayerDefinition:
    """Return a definition with the fields that every layer has, and these."""
    geometry = tuple(GeometryKind)
    return LayerDefinition(name, Label(zh, en), geometry, {f.name: f for f in (*GENERAL, *fields)}, symbol, **more)


def definitions(text: Text = str) -> dict[str, LayerDefinition]:
    """Return the layers; `text` may replace labels by hostile ones."""
    shelters = layer(
        "shelters",
        text("避难场所"),
        text("Shelters"),
        Symbol("square", "#008A5E", "house"),
        (
            _field("status", FieldType.CODE, text("状态"), text("Status"), codes=SHELTER_STATUS),
            _field("capacity_persons", FieldType.INTEGER, "容量", "Capacity", unit=UNITS["person"]),
            _field(
                "suitable_for",
                FieldType.CODES,
                "适用灾种",
                "Suitable for",
                codes=_codes(flood=(text("防汛"), text("flood")), earthquake=("抗震", "earthquake")),
            ),
            _field("key_holder", FieldType.TEXT, "钥匙保管人", "Key holder", private=True),
            _field("phone", FieldType.PHONE, "电话", "Phone", private=True),
        ),
        role="shelter",
        status_field="status",
        summary_fields=("status", "capacity_persons", "suitable_for"),
        contact_fields=("key_holder", "phone"),
    )
    teams = layer(
        "response_teams",
        "应急队伍",
        "Response teams",
        Symbol("circle", "#0057B8", "F"),
        (
            _field("status", FieldType.CODE, "状态", "Status", codes=TEAM_STATUS),
            _field("kind", FieldType.CODE, "类型", "Kind", codes=_codes(fire_rescue=("消防", "fire"), police=("公安", "police"))),
            _field("capabilities", FieldType.CODES, "能力", "Capabilities", codes=_codes(flood_rescue=("水域救援", "flood rescue"), boat=("舟艇", "boat"))),
            _field("phone", FieldType.PHONE, "电话", "Phone", private=True),
        ),
        role="team",
        status_field="status",
        summary_fields=("kind", "capabilities"),
        contact_fields=("phone",),
    )
    stock = ChildDefinition(
        "stock",
        Label("库存", "Stock"),
        {
            "item": _field(
                "item", FieldType.CODE, "物资", "Item",
                codes={"life_jacket": Code("life_jacket", Label("救生衣", "life jackets"), unit=Label("件", "pieces"))},
            ),
            "quantity": _field("quantity", FieldType.REAL, "数量", "Quantity"),
        },
    )  # fmt: skip
    depots = layer(
        "supply_depots",
        "物资库",
        "Supply depots",
        Symbol("house", "#333333", "bars", "#FFD23F"),
        (_field("status", FieldType.CODE, "状态", "Status", codes=SHELTER_STATUS), _field("phone", FieldType.PHONE, "电话", "Phone", private=True)),
        role="depot",
        status_field="status",
        contact_fields=("phone",),
        children={"stock": stock},
        stock=StockRule("stock", "item", "quantity", None),
    )
    people = _field("people_persons", FieldType.INTEGER, "人口", "People", unit=UNITS["person"])
    levels = _codes(county=("县", "county"), township=("乡镇", "township"))
    return {
        "shelters": shelters,
        "response_teams": teams,
        "supply_depots": depots,
        "population": layer("population", "人口", "Population", Symbol("circle", "#555555"), (people,), role="population", summary_fields=("people_persons",)),
        "districts": layer("districts", "行政区划", "Districts", Symbol("area", "#666666"), (_field("level", FieldType.CODE, "级别", "Level", codes=levels),), role="district"),
        "roads": layer("roads", "道路", "Roads", Symbol("line", "#8C6D31"), (_field("road_class", FieldType.CODE, "等级", "Class", codes=_codes(primary=("一级", "primary"), village=("村道", "village"))),), role="road"),
        "hazard_areas": layer("hazard_areas", "危险区", "Hazard areas", Symbol("area", "#2B6CB0"), (_field("kind", FieldType.CODE, "类型", "Kind", codes=_codes(flood=("洪水", "flood"))), _field("zone", FieldType.CODE, "分区", "Zone", codes=_codes(inner=("内圈", "inner")))), role="hazard_area"),
        "incidents": layer("incidents", "事件", "Incidents", Symbol("burst", "#000000", fill="#FFE600"), (), role="incident"),
    }  # fmt: skip


def rows(text: Text = str) -> dict[str, list[tuple[str, BaseGeometry | None, Row]]]:
    """Return the features; `text` may replace names and free text by hostile ones."""
    return {
        "shelters": [
            ("S1", Point(112.03, 28.02), {"name": text("第一中学"), "name_en": text("No. 1 School"), "district_id": "T1", "status": "open", "capacity_persons": 1200, "suitable_for": ("flood", "earthquake"), "key_holder": "王五", "phone": "0737-111 2222", "remarks": text("备注")}),
            ("S2", Point(112.06, 28.05), {"name": text("文化广场"), "status": "standby", "suitable_for": (), "key_holder": "李四", "phone": "13900001111"}),
            ("S3", Point(112.021, 28.021), {"name": text("河边小学"), "status": "full", "phone": None}),
            ("S4", Point(112.08, 28.01), {"name": None}),
            ("S5", box(112.05, 28.07, 112.055, 28.074), {"name": "体育馆", "status": "closed"}),
        ],
        "response_teams": [
            ("T-1", Point(112.05, 28.04), {"name": text("消防大队"), "name_en": text("Fire brigade"), "status": "available", "kind": "fire_rescue", "capabilities": ("flood_rescue", "boat"), "phone": "119"}),
            ("T-2", Point(112.025, 28.03), {"name": "公安分队", "status": "on_scene", "kind": "police", "phone": "110"}),
            ("T-3", Point(112.03, 28.06), {"name": "民兵分队", "kind": "police", "phone": text("13800138000")}),
            ("T-4", Point(112.09, 28.09), {"name": "后备分队", "status": "available", "kind": "police", "phone": "13712345678"}),
        ],
        "supply_depots": [("D1", Point(112.07, 28.03), {"name": "县物资库", "status": "open", "phone": "07371234567", "stock": ({"item": "life_jacket", "quantity": 300.0},)})],
        "population": [
            ("V1", Point(112.02, 28.02), {"name": text("河湾村"), "name_en": "Hewan", "people_persons": 800, "district_id": "T1"}),
            ("V2", Point(112.04, 28.03), {"name": "石桥村", "people_persons": 600, "district_id": "T1"}),
            ("V3", Point(112.08, 28.08), {"name": "山背村", "people_persons": 300, "district_id": "T2"}),
            ("V4", Point(112.09, 28.02), {"name": "东塘村", "people_persons": None, "district_id": "T2"}),
        ],
        "districts": [
            ("C", box(112.0, 28.0, 112.1, 28.1), {"name": text("样例县"), "name_en": "Sample county", "level": "county"}),
            ("T1", box(112.0, 28.0, 112.05, 28.1), {"name": text("西乡镇"), "name_en": "Xixiang", "level": "township"}),
            ("T2", box(112.05, 28.0, 112.1, 28.1), {"name": "东乡镇", "name_en": "Dongxiang", "level": "township"}),
        ],
        "roads": [("R1", LineString([(112.0, 28.05), (112.1, 28.05)]), {"name": "主路", "road_class": "primary"})],
        "hazard_areas": [("H1", box(112.015, 28.015, 112.022, 28.025), {"name": text("洪水淹没区"), "kind": "flood", "zone": "inner"})],
        "incidents": [("I1", Point(112.021, 28.018), {"name": text("河湾村洪水")})],
    }  # fmt: skip


def content(text: Text = str, **more: object) -> MapContent:
    """Return the county as page content."""
    features = rows(text)
    layers = tuple(
        MapLayer(definition, columns_of(definition, features[name]), AGES)
        for name, definition in definitions(text).items()
    )
    values = {
        "board": load_board(OVERVIEW),
        "project": text("样例县应急局"),
        "layers": layers,
        "as_of": "2026-07-20T19:10:00Z",
        "snapshot_id": "store-1:42",
        "base_lines": (BaseLine("river", text("清河"), LineString([(112.0, 28.012), (112.1, 28.016)])),),
    }
    return MapContent(**(values | more))


def coverage_answer(text: Text = str) -> CoverageAnswer:
    """Return a coverage answer worked out by hand: 800 of 1,700 people reach S1 within 2 km."""
    return CoverageAnswer(
        query={"layer": "shelters", "cutoff_m": 2000.0},
        definition={},
        snapshot_id="store-1:42",
        as_of="2026-07-20T19:10:00Z",
        data_as_of={"shelters": AGES},
        total=CoverageTotal(1700, 800, 900),
        districts=(
            DistrictCoverage("T1", text("西乡镇"), "Xixiang", "township", 1400, 800, 600, 800 / 1400, 2),
            DistrictCoverage("T2", text("东乡镇"), "Dongxiang", "township", 300, 0, 300, 0.0, 1),
        ),
        facilities=(),
        demand=(
            DemandCoverage("V1", "河湾村", "T1", 800, True, None, "S1", 984.0, 1, Point(112.02, 28.02)),
            DemandCoverage("V2", text("石桥村"), "T1", 600, False, None, "S1", 2100.0, 0, Point(112.04, 28.03)),
            DemandCoverage("X9", text("山背村"), "T2", 300, False, "beyond_cutoff", "S1", 7000.0, 0, Point(112.08, 28.08)),
        ),
        excluded_counts={},
        warnings=(text("有 1 个村人口未知"),),
    )


def nearest_json(
    layer_name: str, lon: float, lat: float, k: int, *, text: Text = str, required: str | None = None
) -> dict[str, object]:
    """Return what the service would answer for this county, worked out over its few features."""
    definition = definitions(text)[layer_name]
    geod = Geod(ellps="WGS84")
    results, passed, confirm, opened = [], [], [], []
    ranked = []
    for identifier, geometry, values in rows(text)[layer_name]:
        at = geometry.representative_point()
        azimuth, _, metres = geod.inv(lon, lat, at.x, at.y)
        ranked.append((metres, identifier, at, azimuth % 360, values))
    for metres, identifier, at, azimuth, values in sorted(ranked, key=lambda row: row[:2]):
        status = values.get("status")
        code = definition.fields["status"].codes.get(status or "")
        row = {
            "id": identifier,
            "name": values.get("name"),
            "name_en": values.get("name_en"),
            "straight_m": round(metres, 1),
            "bearing_deg": round(azimuth, 1),
            "properties": dict(values),
            "geometry": {"type": "Point", "coordinates": [at.x, at.y]},
        }
        lacking = required is not None and required not in values.get("suitable_for", values.get("capabilities", ()))
        if lacking:
            passed.append({**row, "reason": "lacks_capability", "detail": text("不适用")})
        elif code is None:
            confirm.append({**row, "reason": "status_unknown", "detail": text("状态未登记")})
        elif code.availability is not Availability.AVAILABLE:
            reason = str(code.reason)
            passed.append({**row, "reason": reason, "detail": text(code.label.zh)})
            if status == "standby":
                opened.append({**row, "reason": reason, "detail": text("备用")})
        else:
            results.append({
                **row, "rank": len(results) + 1, "distance_m": round(metres, 1), "status": status, "availability": "available",
                "tied": False, "district_id": values.get("district_id"), "position_source": None, "position_age_s": None,
            })  # fmt: skip
    counts: dict[str, int] = {}
    for row in passed + confirm:
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    if len(results) > k:
        counts["below_rank_k"] = len(results) - k
    last = results[:k][-1]["straight_m"] if results else 0
    return {
        "query": {"layer": layer_name, "lon": lon, "lat": lat, "k": k},
        "definition": {},
        "snapshot_id": "store-1:42",
        "as_of": "2026-07-20T19:10:00Z",
        "data_as_of": {layer_name: {"observed_min": None, "observed_max": "2026-07-20", "changed_at": None}},
        "results": results[:k],
        "passed_over": [row for row in passed if row["straight_m"] < last],
        "to_confirm": confirm if len(results) < k else [],
        "to_open": opened,
        "excluded_counts": counts,
        "warnings": [text("没有道路数据")],
    }
