"""Layer definitions of the sample county, and rows turned into the columns a store gives."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from shapely.geometry.base import BaseGeometry

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

Text = Callable[[str], str]
Row = Mapping[str, object]


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
            _field(
                "kind",
                FieldType.CODE,
                "类型",
                "Kind",
                codes=_codes(fire_rescue=("消防", "fire"), police=("公安", "police")),
            ),
            _field(
                "capabilities",
                FieldType.CODES,
                "能力",
                "Capabilities",
                codes=_codes(flood_rescue=("水域救援", "flood rescue"), boat=("舟艇", "boat")),
            ),
            _field("phone", FieldType.PHONE, "电话", "Phone", private=True),
            _field(
                "location_precision",
                FieldType.CODE,
                "位置精度",
                "Location precision",
                codes=_codes(surveyed=("实测", "surveyed"), village=("村(社区)", "village")),
            ),
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
                "item",
                FieldType.CODE,
                "物资",
                "Item",
                codes={"life_jacket": Code("life_jacket", Label("救生衣", "life jackets"), unit=Label("件", "pieces"))},
            ),
            "quantity": _field("quantity", FieldType.REAL, "数量", "Quantity"),
        },
    )
    depots = layer(
        "supply_depots",
        "物资库",
        "Supply depots",
        Symbol("house", "#333333", "bars", "#FFD23F"),
        (
            _field("status", FieldType.CODE, "状态", "Status", codes=SHELTER_STATUS),
            _field("phone", FieldType.PHONE, "电话", "Phone", private=True),
        ),
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
        "population": layer(
            "population",
            "人口",
            "Population",
            Symbol("circle", "#555555"),
            (people,),
            role="population",
            summary_fields=("people_persons",),
        ),
        "districts": layer(
            "districts",
            "行政区划",
            "Districts",
            Symbol("area", "#666666"),
            (_field("level", FieldType.CODE, "级别", "Level", codes=levels),),
            role="district",
        ),
        "roads": layer(
            "roads",
            "道路",
            "Roads",
            Symbol("line", "#8C6D31"),
            (
                _field(
                    "road_class",
                    FieldType.CODE,
                    "等级",
                    "Class",
                    codes=_codes(primary=("一级", "primary"), village=("村道", "village")),
                ),
                _field("bridge", FieldType.BOOLEAN, "桥梁", "Bridge"),
            ),
            role="road",
        ),
        "hazard_areas": layer(
            "hazard_areas",
            "危险区",
            "Hazard areas",
            Symbol("area", "#2B6CB0"),
            (
                _field("kind", FieldType.CODE, "类型", "Kind", codes=_codes(flood=("洪水", "flood"))),
                _field("zone", FieldType.CODE, "分区", "Zone", codes=_codes(inner=("内圈", "inner"))),
            ),
            role="hazard_area",
        ),
        "incidents": layer(
            "incidents",
            "事件",
            "Incidents",
            Symbol("burst", "#000000", fill="#FFE600"),
            (
                _field(
                    "kind",
                    FieldType.CODE,
                    "类别",
                    "Kind",
                    codes={
                        "flood": Code("flood", Label(text("洪水"), text("river flood"))),
                        "geological": Code("geological", Label("地质灾害", "geological disaster"), synonyms=("滑坡",)),
                    },
                ),
                _field("trapped_persons", FieldType.INTEGER, text("被困人数"), text("Trapped"), unit=UNITS["person"]),
                _field("ongoing", FieldType.BOOLEAN, "是否持续", "Ongoing"),
            ),
            role="incident",
        ),
    }
