import json

import pytest

from geo_ems.errors import DataError
from geo_ems.formats.raw import CountedBy, FileFormat, Limits
from geo_ems.formats.reading import read_records


@pytest.fixture
def read(tmp_path):
    def read_text(text, **options):
        path = tmp_path / "data.geojson"
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return read_records(path, **options)

    return read_text


def feature(geometry=None, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features, **more):
    return {"type": "FeatureCollection", "features": list(features), **more}


def point(*coordinates):
    return {"type": "Point", "coordinates": list(coordinates)}


def finding_codes(raw):
    return [[finding.kind.code for finding in record.findings] for record in raw.records]


def test_features_become_records_under_the_union_of_their_names(read):
    raw = read(collection(feature(point(104.1, 30.5), name="A"), feature(None, name="B", n=3)))

    assert raw.format is FileFormat.GEOJSON
    assert raw.counted_by is CountedBy.FEATURE
    assert raw.columns == ("name", "n")
    assert [(record.line, record.values) for record in raw.records] == [(1, ("A", None)), (2, ("B", 3))]
    assert raw.records[0].geometry.wkt == "POINT (104.1 30.5)"
    assert raw.records[1].geometry is None


def test_a_single_feature_is_a_file_of_one(read):
    raw = read(feature(point(1, 2), name="A"))

    assert [record.line for record in raw.records] == [1]


def test_one_feature_per_line_counts_lines(read):
    rows = [json.dumps(feature(point(1, 2), name=name)) for name in "AB"]

    raw = read("\n".join([rows[0], "", rows[1], ""]))

    assert raw.format is FileFormat.GEOJSON_SEQUENCE
    assert [record.line for record in raw.records] == [1, 3]


def test_record_separators_of_a_sequence_are_understood(read):
    raw = read("\x1e" + json.dumps(feature(point(1, 2), name="A")) + "\n\x1e" + json.dumps(feature(None, name="B")))

    assert [record.values for record in raw.records] == [("A",), ("B",)]


def test_the_id_of_a_feature_is_a_column(read):
    raw = read(collection({**feature(point(1, 2), name="A"), "id": "S1"}))

    assert raw.cells(raw.records[0]) == {"@id": "S1", "name": "A"}


def test_lists_become_text_and_other_nesting_stays_json(read):
    raw = read(collection(feature(None, tags=["a", "b"], inner={"x": 1})))

    assert raw.records[0].values == ("a;b", '{"x": 1}')


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_wgs84_may_be_said(read, name):
    raw = read(collection(feature(point(1, 2)), crs={"type": "name", "properties": {"name": name}}))

    assert len(raw.records) == 1


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:EPSG:6.9:4490", "EPSG:4490"),
        ("urn:x-ogc:def:crs:EPSG:4490", "EPSG:4490"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "EPSG:4490"),
        ("epsg:4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("CRS84", "OGC:CRS84"),
    ],
)
def test_an_old_file_may_name_its_coordinate_system(read, name, system):
    assert read(collection(feature(point(1, 2)), crs={"type": "name", "properties": {"name": name}})).crs == system


def test_without_a_word_geojson_is_wgs84(read):
    assert read(collection(feature(point(1, 2)))).crs == "OGC:CRS84"


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://192.0.2.1/crs"}},
        {"type": "name", "properties": {"name": "Gauss-Krüger"}},
        {"type": "name"},
        "EPSG:4490",
        7,
    ],
)
def test_a_coordinate_system_that_cannot_be_told_is_refused(read, crs):
    with pytest.raises(DataError, match=r"which is no coordinate system known here. Export the file in WGS84"):
        read(collection(feature(point(1, 2)), crs=crs))


def test_features_in_two_systems_are_refused(read):
    named = {"type": "name", "properties": {"name": "EPSG:4490"}}

    with pytest.raises(DataError, match=r"its features are in OGC:CRS84 and in EPSG:4490"):
        read(json.dumps(feature(point(1, 2))) + "\n" + json.dumps({**feature(point(1, 2)), "crs": named}))


def test_a_height_is_dropped_and_said(read):
    raw = read(collection(feature(point(104.1, 30.5, 500.0))))

    assert not raw.records[0].geometry.has_z
    assert finding_codes(raw) == [["height_dropped"]]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        pytest.param({"type": "Circle", "coordinates": [1, 2]}, "geometry_unknown", id="unknown type"),
        pytest.param({"type": "GeometryCollection", "geometries": []}, "geometry_unknown", id="collection"),
        pytest.param("here", "geometry_malformed", id="text"),
        pytest.param(point(1), "geometry_malformed", id="one number"),
        pytest.param(point("1", "2"), "geometry_malformed", id="text for numbers"),
        pytest.param(point(True, False), "geometry_malformed", id="booleans"),
        pytest.param({"type": "Point"}, "geometry_malformed", id="no coordinates"),
        pytest.param({"type": "LineString", "coordinates": [[1, 2]]}, "geometry_malformed", id="one vertex"),
        pytest.param({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "geometry_malformed", id="open"),
        pytest.param({"type": "Polygon", "coordinates": [1]}, "geometry_malformed", id="no rings"),
    ],
)
def test_a_wrong_geometry_refuses_its_own_feature_only(read, geometry, code):
    raw = read(collection(feature(geometry, name="A"), feature(point(1, 2), name="B")))

    assert finding_codes(raw) == [[code], []]


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("MultiPoint", [[1, 2], [3, 4]]),
        ("LineString", [[1, 2], [3, 4]]),
        ("MultiLineString", [[[1, 2], [3, 4]]]),
        ("Polygon", [[[1, 1], [2, 1], [2, 2], [1, 1]]]),
        ("MultiPolygon", [[[[1, 1], [2, 1], [2, 2], [1, 1]]]]),
    ],
)
def test_every_known_type_is_read(read, kind, coordinates):
    raw = read(collection(feature({"type": kind, "coordinates": coordinates})))

    assert raw.records[0].geometry.geom_type == kind


def test_empty_coordinates_mean_no_place(read):
    raw = read(collection(feature({"type": "Point", "coordinates": []})))

    assert raw.records[0].geometry is None
    assert raw.records[0].findings == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param('{"a": 1, "a": 2}', "duplicate_json_key", id="name twice"),
        pytest.param('{"a": NaN}', "json_not_a_number", id="NaN"),
        pytest.param('{"a": -Infinity}', "json_not_a_number", id="infinity"),
        pytest.param('{"a": 1e999}', "json_not_a_number", id="overflow"),
        pytest.param('{"a": ' + "[" * 40 + "]" * 40 + "}", "json_too_deep", id="depth 40"),
    ],
)
def test_what_json_libraries_swallow_refuses_the_feature(read, text, code):
    whole = '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": %s}, %s]}'

    raw = read(whole % (text, json.dumps(feature(point(1, 2), a=1))))

    assert finding_codes(raw) == [[code], []]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "9" * 400, "null"])
def test_coordinates_that_are_no_numbers_are_refused(read, number):
    text = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, NUMBER]}}'

    raw = read(text.replace("NUMBER", number))

    assert raw.records[0].geometry is None
    assert "geometry_malformed" in finding_codes(raw)[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param('{"type": "FeatureCollection", "features": [{', "Line 1, column 45 is not valid JSON", id="cut"),
        pytest.param('{"type": "Topology", "objects": {}}', 'its type is "Topology"', id="TopoJSON"),
        pytest.param("[1, 2]", "does not begin with an object", id="array"),
        pytest.param('{"a": 1, "a": 2}', "the name 'a' appears twice", id="top level name twice"),
        pytest.param('{"x": ' + "[" * 100_000, "nested too deep", id="depth 100000"),
        pytest.param('{"x": ' + "9" * 5000 + "}", "not valid JSON", id="5000 digits"),
        pytest.param('{"type": "FeatureCollection", "features": []} x', "more on line 1", id="more after the end"),
        pytest.param('{"type": "FeatureCollection"}', 'its type is "FeatureCollection"', id="no features"),
        pytest.param("{", "is not valid JSON", id="brace"),
    ],
)
def test_a_file_that_is_no_geojson_is_refused_as_a_whole(read, text, problem):
    with pytest.raises(DataError, match=problem):
        read(text)


def test_what_is_no_feature_inside_a_collection_is_refused_alone(read):
    raw = read(collection(5, {"type": "Feature", "properties": [1], "geometry": None}, feature(point(1, 2), a=1)))

    assert finding_codes(raw) == [["feature_malformed"], ["feature_malformed"], []]


def test_too_many_vertices_refuse_the_feature(read):
    line = {"type": "LineString", "coordinates": [[x / 100, 1] for x in range(11)]}

    raw = read(collection(feature(line)), limits=Limits(vertices=10))

    assert finding_codes(raw) == [["too_many_vertices"]]


def test_gb18030_is_understood_here_too(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(
        json.dumps(collection(feature(point(1, 2), 名称="城关镇人民路第一中学")), ensure_ascii=False).encode("gb18030")
    )

    assert read_records(path).cells(read_records(path).records[0]) == {"名称": "城关镇人民路第一中学"}
