"""A layer with every type of field, and features of it as odd as a store may hold them."""

import unicodedata
from dataclasses import replace

import shapely
from hypothesis import strategies as st
from import_layers import HAZARDS, codes, counted, field, layer

from geo_ems.catalogue.record_values import clean_text, is_dash
from geo_ems.model.definitions import ChildDefinition, GeometryKind
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS

KINDS = codes(school="学校", park="公园、广场", other="其他", hall="学校")
STOCK = ChildDefinition(
    "stock",
    Label("库存", "Stock"),
    {
        f.name: f
        for f in (
            field("item", "code", "物资名称", required=True, codes=counted("帐篷", Label("顶", "pieces"))),
            field("quantity", "real", "数量", required=True, minimum=0),
            field("expires_on", "date", "有效期至"),
            field("label_text", "text", "标签"),
        )
    },
)
EVERYTHING = layer(
    "everything",
    [
        field("code", "text", "编号", max_length=100),
        field("name", "text", "名称", required=True),
        field("status", "code", "状态", codes=codes(open="开放", full="已满")),
        field("kind", "code", "类型", codes=KINDS),
        field("suits", "codes", "适用灾种", codes={**HAZARDS, **codes(wet="水、涝")}),
        field("capacity_persons", "integer", "容量", unit=UNITS["person"]),
        field("area_m2", "real", "面积", unit=UNITS["m2"]),
        field("phone", "phone", "电话", private=True),
        field("is_indoor", "boolean", "室内"),
        field("surveyed_on", "date", "调查日期"),
        field("updated_at", "datetime", "更新时间"),
        field("remarks", "text", "备注"),
        field("remarks_of_village", "text", "备注"),
        field("district_id", "text", "区划", derived=True),
    ],
    zh="样样都有",
    geometry=tuple(GeometryKind),
    status_field="status",
    observed_field="surveyed_on",
    children={"stock": STOCK},
)

ODD_TEXTS = (
    *("=1+1", "+86 751 8886666", "-5", "-", "—", "@x", "＝1", "＋86", "－", "'=1", "''+1", "'tis", "#1"),
    *("合计", "注:", "示例 example", "备注:甲", "m", "人", "_x0041_", "a_x000D_b", '"', "a,b;c|d", "甲\n乙", "a\tb"),
    *("007", "1E5", "2026-07-02", "true", "\u200b", "a\u2028b", "\u202eabc", "e\u0301", "𠀀😀", "永久编号", "<b>&amp;"),
)


def _storable(text):
    return unicodedata.normalize("NFC", text.strip())


def _is_control(text):
    return any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text)


# Without what an import refuses as a fault of a spreadsheet (#N/A), and the two characters that XML lacks.
TEXTS = (
    st.one_of(st.sampled_from(ODD_TEXTS), st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20))
    .map(_storable)
    .filter(lambda text: text and not text.startswith("#") and "\ufffe" not in text and "\uffff" not in text)
)
# A name or a code that an import reads as "nothing here" is refused there, because one is required.
NAMES = TEXTS.filter(lambda text: not is_dash(text) and clean_text(text)[0])
CODES = NAMES.filter(lambda text: len(text) < 100 and "/" not in text and text.strip(".") and not _is_control(text))
LON = st.floats(-179, -1) | st.floats(1, 178)  # no place has a vertex at (0, 0)
LAT = st.floats(-89, 88)


def _area(lon, lat, *, hole):
    area = shapely.box(lon, lat, lon + 0.1, lat + 0.1)
    return area.difference(shapely.box(lon + 0.02, lat + 0.02, lon + 0.05, lat + 0.05)) if hole else area


PLACES = st.one_of(
    st.none(),
    st.builds(shapely.Point, LON, LAT),
    st.builds(lambda lon, lat: shapely.LineString([(lon, lat), (lon + 1e-5, lat), (lon + 0.1, lat + 0.2)]), LON, LAT),
    st.builds(_area, LON, LAT, hole=st.booleans()),
    st.builds(
        lambda lon, lat: shapely.MultiPolygon([_area(lon, lat, hole=True), _area(lon + 0.3, lat, hole=False)]), LON, LAT
    ),
    st.builds(
        lambda lon, lat: shapely.MultiLineString(
            [[(lon, lat), (lon + 0.1, lat)], [(lon, lat + 0.1), (lon, lat + 0.2)]]
        ),
        LON,
        LAT,
    ),
)  # fmt: skip
REALS = st.floats(-1e300, 1e300)
DATES = st.dates().map(lambda day: day.isoformat())
INSTANTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z")
STOCK_ROWS = st.fixed_dictionaries(
    {
        "item": st.sampled_from(list(STOCK.fields["item"].codes)),
        "quantity": st.floats(0, 1e9),
        "expires_on": st.none() | DATES,
        "label_text": st.none() | TEXTS,
    }
)
PROPERTIES = st.fixed_dictionaries(
    {
        "code": st.none() | CODES,
        "name": NAMES,
        **{
            name: st.none() | st.sampled_from(list(EVERYTHING.fields[name].codes))
            for name in ("status", "kind")
        },
        "suits": st.none() | st.sets(st.sampled_from(list(EVERYTHING.fields["suits"].codes)), min_size=1).map(
            lambda found: tuple(sorted(found))
        ),
        "capacity_persons": st.none() | st.integers(-(2**53), 2**53),
        "area_m2": st.none() | REALS,
        "phone": st.none() | TEXTS,
        "is_indoor": st.none() | st.booleans(),
        "surveyed_on": st.none() | DATES,
        "updated_at": st.none() | INSTANTS,
        "remarks": st.none() | TEXTS,
        "remarks_of_village": st.none() | TEXTS,
    }
)  # fmt: skip


@st.composite
def feature_lists(draw):
    """Return features whose ids are their codes, generated ones where they have none."""
    features = {}
    for number in range(draw(st.integers(1, 6))):
        properties = draw(PROPERTIES)
        identity = properties["code"] or f"X{number:09d}"
        stock = tuple(draw(st.lists(STOCK_ROWS, max_size=3)))
        features[identity] = Feature(identity, draw(PLACES), properties, {"stock": stock})
    return list(features.values())


def put(store, definition, features):
    """Store features as somebody did through the API."""
    changes = tuple(FeatureChange(ChangeKind.CREATE, f.id, replace(f, rev=0)) for f in features)
    store.commit(ChangeBatch(definition.name, changes, "tester", "test"))
