"""Whatever the bytes: a report or an error with a remedy, and never a place that is none."""

import contextlib
import gzip
import json
import math
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from import_layers import Office

from geo_ems.errors import GeoEmsError
from geo_ems.services.import_report import report_mapping, summary_lines
from geo_ems.services.import_workbook import write_refused_xlsx

ODD_CELLS = st.one_of(
    st.text(max_size=12),
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["", "-", "△", "0", "1e999", "NaN", "inf", "34,5", "=1+1", '"', "\x00", "合计", "180.0000001"]),
)
CELLS_OF = {
    "编号": st.integers(1, 30).map("S{}".format),
    "名称": st.text("甲乙丙丁学校 \x00\u202e", min_size=1, max_size=6),
    "经度": st.floats(-200, 200).map("{:.6f}".format),
    "纬度": st.floats(-100, 100).map("{:.6f}".format),
    "location": st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda pair: f"{pair[0]:.4f} {pair[1]:.4f}"),
    "容量(万人)": st.floats(-1, 9).map("{:.4f}".format),
    "flood_L1": st.sampled_from(["○", "△", "×", "", "1", "?"]),
    "状态": st.sampled_from(["开放", "full", "坏"]),
    "更新时间": st.sampled_from(["2026-02-01 08:00", "2026年2月1日", "9999-12-31 23:59", "0001-01-01T00:00:00+09:00"]),
}
COLUMNS = st.sampled_from([("编号", "名称", "经度", "纬度"), ("名称", "location"), ("名称", "纬度", "经度")])
SEPARATORS = st.sampled_from([";", "\t"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030"])


@st.composite
def csv_bytes(draw):
    more = draw(st.lists(st.sampled_from(["容量(万人)", "flood_L1", "状态", "更新时间"]), unique=True))
    columns = [*draw(COLUMNS), *more]
    rows = [columns]
    for _ in range(draw(st.integers(1, 6))):
        row = [draw(CELLS_OF[column]) for column in columns]
        if draw(st.integers(0, 3)) == 0:
            row[draw(st.integers(0, len(row) - 1))] = draw(ODD_CELLS)
        rows.append(row)
    separator = draw(SEPARATORS)
    return "\n".join(separator.join(row) for row in rows).encode(draw(ENCODINGS), "ignore")


ODD_NUMBERS = st.one_of(st.floats(), st.integers(), st.text(max_size=3), st.none(), st.booleans())
POSITIONS = st.lists(st.one_of(st.floats(-200, 200), st.floats(-80, 80), ODD_NUMBERS), max_size=4)
GOOD_POSITIONS = st.lists(st.integers(-80, 80), min_size=2, max_size=3)
COORDINATES = st.recursive(POSITIONS, lambda inner: st.lists(inner, max_size=5), max_leaves=12)
RINGS = st.lists(GOOD_POSITIONS, min_size=3, max_size=6).map(lambda positions: [*positions, positions[0]])
KINDS = st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "x"])
GEOMETRIES = st.one_of(
    st.none(),
    st.fixed_dictionaries({"type": st.just("Point"), "coordinates": st.one_of(GOOD_POSITIONS, POSITIONS)}),
    st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": st.lists(RINGS, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"type": KINDS, "coordinates": COORDINATES}),
)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.fixed_dictionaries(
    {"name": st.one_of(st.text(min_size=1, max_size=6), JSON_VALUES)},
    optional={"code": JSON_VALUES, "容量": JSON_VALUES, "状态": st.sampled_from(["开放", "?"]), "@id": JSON_VALUES},
)
FEATURES = st.one_of(
    st.fixed_dictionaries({"type": st.just("Feature"), "geometry": GEOMETRIES, "properties": PROPERTIES}),
    JSON_VALUES,
)


def damaged(draw, data: bytes) -> bytes:
    """Return the bytes whole, cut, or with some of them replaced."""
    how = draw(st.sampled_from(["whole"] * 4 + ["cut", "noise"]))
    if how == "cut" or not data:
        return data[: draw(st.integers(0, len(data)))]
    if how == "noise":
        at = draw(st.integers(0, len(data) - 1))
        return data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
    return data


@st.composite
def files(draw):
    kind = draw(st.sampled_from(["csv", "csv", "geojson", "geojson", "sequence", "bytes"]))
    if kind == "bytes":
        data = draw(st.binary(max_size=200))
    elif kind == "csv":
        data = draw(csv_bytes())
    else:
        features = draw(st.lists(FEATURES, max_size=4))
        whole = json.dumps({"type": "FeatureCollection", "features": features})
        data = (whole if kind == "geojson" else "\n".join(map(json.dumps, features))).encode()
    data = damaged(draw, data)
    return gzip.compress(data, mtime=0) if draw(st.booleans()) else data


def import_bytes(data: bytes) -> Office:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        path = office.folder / "data"
        path.write_bytes(data)
        with contextlib.suppress(GeoEmsError):
            report = office.import_path(path)
            counts = report.counts
            assert counts.rows == counts.taken + counts.refused == len(report.rows)
            assert all(row.findings for row in report.rows if row.id is None)
            assert len(office.features()) == counts.taken
            assert summary_lines(report, "zh")
            json.dumps(report_mapping(report), allow_nan=False).encode()
            write_refused_xlsx(report, office.folder / "refused.xlsx")
    return office


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
@example(b'{"type":"Feature","properties":{"name":"A"},"geometry":{"type":"Point","coordinates":[1e400,NaN]}}')
@example(b"name,lon,lat\nA,1e308,-1e308\n")
@example(b"name,lon,lat\nA,179.99999999999999999999999,90.0000000000000000001\n")
@example(b"\xff\xfe")
@example(b"\x1f\x8b")
@example(b"PK\x03\x04")
@example(b"{")
def test_malformed_files_never_store_a_place_that_is_none(data):
    office = import_bytes(data)

    for feature in office.features().values():
        assert feature.id
        if feature.geometry is not None:
            west, south, east, north = feature.geometry.bounds
            assert all(map(math.isfinite, (west, south, east, north)))
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90
        for value in feature.properties.values():
            assert not isinstance(value, float) or math.isfinite(value)
            assert not isinstance(value, str) or ("\x00" not in value and value.encode())


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 500)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing_and_a_second_import_nothing_either(rows, random):
    unique = list({code: (code, people) for code, people in rows}.values())
    shuffled = random.sample(unique, len(unique))
    stored = []
    for order in (unique, shuffled):
        with tempfile.TemporaryDirectory() as folder:
            office = Office(Path(folder))
            text = "编号,名称,容量,经度,纬度\n" + "".join(
                f"S{code},名{code},{people},{100 + code / 10},30\n" for code, people in order
            )
            for _ in range(2):
                office.import_text(text)
            stored.append({i: (f.geometry.wkt, dict(f.properties)) for i, f in office.features().items()})
            assert len(office.store.batches) == 1
    assert stored[0] == stored[1]
