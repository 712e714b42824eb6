"""What must neither be stored nor break anything: one row per input, the store compared before and after."""

import json
from collections.abc import Iterator

import pytest
from asgi_client import AsgiClient

from geo_ems.web.application import WebApplication

ITEMS = "/collections/shelters/items"
NEAREST = "/v1/nearest?layer=shelters"
POINT = {"type": "Point", "coordinates": [111.5, 31.2]}
RING = [[111, 31], [112, 31], [112, 32], [111, 31]]


def feature(**members: object) -> bytes:
    whole = {"type": "Feature", "geometry": POINT, "properties": {"name": "x"}, **members}
    return json.dumps(whole).encode()


def geometry(kind: str, coordinates: object) -> bytes:
    return feature(geometry={"type": kind, "coordinates": coordinates})


def properties(**members: object) -> bytes:
    return feature(properties={"name": "x", **members})


def nested(levels: int) -> bytes:
    return b'{"type":"Feature","geometry":null,"properties":{"name":' + b"[" * levels + b"]" * levels + b"}}"


GETS = [
    (f"{ITEMS}?bbox=nan,0,1,1", "bbox with NaN"),
    (f"{ITEMS}?bbox=a,b,c,d", "bbox of text"),
    (f"{ITEMS}?bbox=1,2,3", "bbox of three"),
    (f"{ITEMS}?bbox=1,2,3,4,5", "bbox of five"),
    (f"{ITEMS}?bbox=0,10,1,5", "bbox upside down"),
    (f"{ITEMS}?bbox=0,0,1,1e400", "bbox to infinity"),
    (f"{ITEMS}?bbox=0,0,1,1&bbox=0,0,1,1", "bbox twice"),
    (f"{ITEMS}?limit=0", "limit 0"),
    (f"{ITEMS}?limit=10001", "limit above the maximum"),
    (f"{ITEMS}?limit=1_0", "limit with an underscore"),
    (f"{ITEMS}?limit=%205", "limit with a space"),
    (f"{ITEMS}?limit=%EF%BC%95", "limit in full-width digits"),
    (f"{ITEMS}?limit=1e2", "limit with an exponent"),
    (f"{ITEMS}?limit=", "limit empty"),
    (f"{ITEMS}?limit=1&limit=2", "limit twice"),
    (f"{ITEMS}?offset=-1", "offset negative"),
    (f"{ITEMS}?offset=1180591620717411303424", "offset 2^70"),
    (f"{ITEMS}?datetime=yesterday", "datetime of words"),
    (f"{ITEMS}?datetime=99999-01-01T00:00:00Z", "year 99999"),
    (f"{ITEMS}?datetime=../..", "datetime open on both sides"),
    (f"{ITEMS}?crs=EPSG:3857", "another coordinate system"),
    (f"{ITEMS}?f=xml", "unknown format"),
    (f"{ITEMS}?statu=open", "misspelt field"),
    (f"{ITEMS}?status=opened", "unknown code"),
    (f"{ITEMS}?status=open'%20OR%201=1--", "SQL in a code"),
    (f"{ITEMS}?capacity_persons=many", "text for a number"),
    (f"{ITEMS}?key_holder_phone=13800000000", "a private field"),
    (f"{ITEMS}?geometry=x", "the geometry as a field"),
    (f"{ITEMS}?filter=1=1", "a filter language that is not built"),
    (f"{ITEMS}?sortby=name", "sorting that is not built"),
    (f"{NEAREST}&lon=nan&lat=1", "NaN longitude"),
    (f"{NEAREST}&lon=inf&lat=1", "infinite longitude"),
    (f"{NEAREST}&lon=true&lat=1", "true as longitude"),
    (f"{NEAREST}&lon=31.2&lat=111.5", "latitude and longitude swapped"),
    (f"{NEAREST}&lon=111.5", "no latitude"),
    (NEAREST, "no place at all"),
    (f"{NEAREST}&lon=1&lat=1&incident=I1", "a place and an incident"),
    (f"{NEAREST}&incident=nobody", "an incident that does not exist"),
    (f"{NEAREST}&lon=1&lat=1&k=0", "k 0"),
    (f"{NEAREST}&lon=1&lat=1&k=1001", "k above 1000"),
    (f"{NEAREST}&lon=1&lat=1&k=5.0", "k with a point"),
    (f"{NEAREST}&lon=1&lat=1&cutoff_m=-1", "negative cutoff"),
    (f"{NEAREST}&lon=1&lat=1&cutoff_s=600&cutoff_m=5", "two cutoffs"),
    (f"{NEAREST}&lon=1&lat=1&metric=fastest", "a metric that there is not"),
    (f"{NEAREST}&lon=1&lat=1&metric=straight_line&cutoff_s=600", "seconds of a straight line"),
    (f"{NEAREST}&lon=1&lat=1&policy=closed", "a policy of nothing"),
    (f"{NEAREST}&lon=1&lat=1&policy=barriers=slow:0", "slow by nothing"),
    (f"{NEAREST}&lon=1&lat=1&barriers=,", "barriers without a name"),
    (f"{NEAREST}&lon=1&lat=1&mode=fly", "a mode that there is not"),
    (f"{NEAREST}&lon=1&lat=1&where=", "an empty condition"),
    (f"{NEAREST}&lon=1&lat=1&where=name", "a condition without operator"),
    (f"{NEAREST}&lon=1&lat=1&where=rowid=1", "a condition on a column of the store"),
    (f"{NEAREST}&lon=1&lat=1&where=capacity_persons%3E=nan", "a condition with NaN"),
    (f"{NEAREST}&lon=1&lat=1&" + "&".join(["where=name=a"] * 21), "twenty-one conditions"),
    (f"{NEAREST}&lon=1&lat=1&availability=free", "unknown class"),
    (f"{NEAREST}&lon=1&lat=1&availability=available,available", "a class twice"),
    (f"{NEAREST}&lon=1&lat=1&capability=boat", "a capability of shelters"),
    (f"{NEAREST}&lon=1&lat=1&item=tent", "an item without quantity"),
    (f"{NEAREST}&lon=1&lat=1&item=tent&quantity=1", "stock of shelters"),
    (f"{NEAREST}&lon=1&lat=1&as_of=2026-02-30T00:00:00Z", "30 February"),
    (f"{NEAREST}&lon=1&lat=1&as_of=2026-07-01T03:10:00+08:00", "a + that was not escaped"),
    (f"{NEAREST}&lon=1&lat=1&lang=fr", "unknown language"),
    ("/v1/nearest?layer=shelters'--&lon=1&lat=1", "SQL as a layer"),
    ("/v1/places", "no text"),
    ("/v1/places?q=%20", "a blank text"),
    ("/v1/places?q=x&limit=51", "too many places"),
    ("/collections/shelters?f=pdf", "unknown format of a layer"),
    ("/collections/shelters/schema?of=all", "unknown schema"),
    ("/?f=xml", "unknown format of the start page"),
    ("/readyz?verbose", "a parameter without value"),
]
MISSING = [
    ("/collections/nothing/items", "unknown layer"),
    ("/collections/shelters%27--/items", "SQL as a collection"),
    (f"{ITEMS}/nobody", "unknown id"),
    (f"{ITEMS}/..%2f..%2fetc%2fpasswd", "path traversal"),
    (f"{ITEMS}/%3Cscript%3E", "a script as an id"),
    (f"{ITEMS}/" + "a" * 500, "a long id"),
    (f"{ITEMS}/", "an empty id"),
    ("/collections/shelters/items/S1/more", "a path too long"),
    ("//collections", "two slashes"),
    ("/v1/maps/..%2fsecret", "a map elsewhere"),
    ("/v1/imports/nothing", "import into nothing, by GET"),
]
POSTS = [
    (b"{{{{", "braces"),
    (b"{}", "an empty object"),
    (b"[]", "a list"),
    (b"null", "null"),
    (feature(type="FeatureCollection"), "a collection"),
    (feature(type=None), "no type"),
    (feature(foo=1), "an unknown member"),
    (feature(geometry="POINT(1 1)"), "geometry as text"),
    (feature(geometry=[]), "geometry as a list"),
    (feature(geometry={}), "geometry without type"),
    (geometry("Point", None), "no coordinates"),
    (geometry("Point", []), "empty coordinates"),
    (geometry("Point", [111.5]), "one coordinate"),
    (geometry("Point", ["111.5", "31.2"]), "coordinates as text"),
    (geometry("Point", [True, False]), "coordinates as true and false"),
    (geometry("Point", [None, None]), "coordinates null"),
    (geometry("Point", [[111.5, 31.2]]), "coordinates nested"),
    (geometry("Point", [31.2, 111.5]), "latitude first"),
    (geometry("Point", [181, 0]), "longitude 181"),
    (geometry("Point", [0, 91]), "latitude 91"),
    (geometry("Point", [1e308, 1e308]), "coordinates 1e308"),
    (geometry("Point", [0, 0]), "null island"),
    (geometry("Circle", [111.5, 31.2]), "a circle"),
    (geometry("LineString", [[111, 31], [112, 32]]), "a line in a layer of places"),
    (geometry("MultiPoint", [[111, 31]]), "a kind the layer does not have"),
    (geometry("GeometryCollection", []), "a collection of geometries"),
    (geometry("Polygon", [RING[:-1]]), "an open ring"),
    (geometry("Polygon", [RING[:2]]), "a ring of two"),
    (geometry("Polygon", []), "a polygon without rings"),
    (geometry("Polygon", [[[0, 1], [2, 3], [2, 1], [0, 3], [0, 1]]]), "a bow tie"),
    (geometry("Polygon", [[[111, 31]] * 5]), "a ring on the spot"),
    (feature(properties="x"), "properties as text"),
    (feature(properties=[]), "properties as a list"),
    (feature(properties={}), "the required name missing"),
    (feature(properties=None), "properties null"),
    (properties(name=None), "name null"),
    (properties(name=5), "name a number"),
    (properties(name=["x"]), "name a list"),
    (properties(name="a" * 5000), "name too long"),
    (properties(name="a\x07b"), "name with a control character"),
    (properties(statu="open"), "a misspelt field"),
    (properties(status="opened"), "an unknown code"),
    (properties(status="开放"), "a label in place of a code"),
    (properties(status=["open"]), "a list in place of a code"),
    (properties(suitable_for="flood"), "a code in place of a list"),
    (properties(suitable_for=["flood", "meteor"]), "an unknown code in a list"),
    (properties(suitable_for=[["flood"]]), "a nested list"),
    (properties(capacity_persons="300"), "a number as text"),
    (properties(capacity_persons=True), "true as a number"),
    (properties(capacity_persons=1.5), "half a person"),
    (properties(capacity_persons=-1), "fewer than no persons"),
    (properties(capacity_persons=2**60), "more persons than can be counted"),
    (properties(usable_area_m2={}), "an object as a number"),
    (properties(surveyed_on="1.7.2026"), "a date of another style"),
    (properties(surveyed_on="2026-02-30"), "30 February"),
    (properties(surveyed_on=20260701), "a date as a number"),
    (properties(stock=[{"item": "tent", "quantity": 1}]), "stock of a shelter"),
    (feature(id=7), "an id that is a number"),
    (feature(id="a/b"), "an id with a slash"),
    (feature(id=".."), "an id of two dots"),
    (feature(id=""), "an empty id"),
    (feature(id="x" * 101), "an id too long"),
    (feature(id="A", properties={"name": "x", "code": "B"}), "an id that is not the code"),
    (feature(id="A", properties={"name": "x", "id": "B"}), "two ids"),
    (feature().replace(b"111.5", b"NaN"), "NaN"),
    (feature().replace(b"111.5", b"Infinity"), "Infinity"),
    (feature().replace(b"111.5", b"1e999"), "1e999"),
    (feature().replace(b"111.5", b"9" * 5000), "five thousand digits"),
    (feature().replace(b'"x"', b'"\\ud800"'), "a lone surrogate"),
    (feature().replace(b'"x"', b'"\\u0000"'), "NUL"),
    (feature().replace(b'"x"', b'"\xff"'), "not UTF-8"),
    (feature().replace(b'"name": "x"', b'"name": "x", "name": "y"'), "a name twice"),
    (b"\xef\xbb\xbf" + feature(), "a byte order mark"),
    (feature().decode().encode("utf-16"), "UTF-16"),
    (nested(31), "nested 31 lists deep in a property"),
    (nested(900), "nested 900 deep"),
    (nested(200_000), "nested 200,000 deep"),
    (geometry("Polygon", [[[111, 31]] * 60_000]), "sixty thousand vertices on the spot"),
    (b" " * 2_000_000, "two megabytes of nothing"),
]
# A patch may leave everything out; it then changes what it names, or nothing.
SOUND_PATCHES = {b"{}", feature(properties=None), feature(properties={})}


def contents(application: WebApplication) -> tuple[int, list[object]]:
    """Return all that is stored, and the number of the last change."""
    described = application.store.describe()
    kept = [
        (
            name,
            feature.id,
            feature.rev,
            None if feature.geometry is None else feature.geometry.wkt,
            dict(feature.properties),
        )
        for name in described.layers
        for feature in application.store.read_rows(name, [str(i) for i in application.store.read_columns(name).ids])
    ]
    return described.seq, kept


@pytest.fixture
def untouched(application: WebApplication) -> Iterator[None]:
    """Fail the test where it changed anything in the store."""
    before = contents(application)
    yield
    assert contents(application) == before


def rows(table: list[tuple[object, str]]) -> list[object]:
    assert len({name for _, name in table}) == len(table)
    return [pytest.param(value, id=name) for value, name in table]


def check_problem(answer: object, expected: set[int]) -> None:
    assert answer.status in expected, answer.body[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "detail", "instance", "errors"}
    assert problem["status"] == answer.status
    assert problem["errors"]
    for fault in problem["errors"]:
        assert set(fault) == {"field", "value", "problem", "remedy"}
    assert b"Traceback" not in answer.body
    assert b'File \\"' not in answer.body


def test_there_are_at_least_eighty_of_them() -> None:
    assert len(GETS) + len(MISSING) + len(POSTS) >= 80


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("target", rows(GETS))
def test_a_wrong_question_is_refused_by_name(client: AsgiClient, target: str) -> None:
    check_problem(client.get(target), {400})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("target", rows(MISSING))
def test_an_address_of_nothing_is_not_found(client: AsgiClient, target: str) -> None:
    check_problem(client.get(target), {404, 405})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("body", rows(POSTS))
def test_a_wrong_feature_is_refused_and_not_stored(client: AsgiClient, body: bytes) -> None:
    answer = client.post(ITEMS, content=body, headers={"content-type": "application/geo+json"})

    check_problem(answer, {400, 413})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("body", rows(POSTS))
def test_a_wrong_replacement_is_refused_and_not_stored(client: AsgiClient, body: bytes) -> None:
    answer = client.call("PUT", f"{ITEMS}/S1", content=body, headers={"content-type": "application/geo+json"})

    check_problem(answer, {400, 413})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("body", rows([row for row in POSTS if row[0] not in SOUND_PATCHES]))
def test_a_wrong_patch_is_refused_and_not_stored(client: AsgiClient, body: bytes) -> None:
    answer = client.call("PATCH", f"{ITEMS}/S1", content=body, headers={"content-type": "application/merge-patch+json"})

    check_problem(answer, {400, 413})


HERE: dict[str, object] = {"layer": "shelters", "lon": 111.5, "lat": 31.2}


def where(**condition: object) -> dict[str, object]:
    return {**HERE, "where": [condition]}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no layer"),
        pytest.param({"layer": "shelters"}, id="no place"),
        pytest.param({**HERE, "layer": 5}, id="layer a number"),
        pytest.param({**HERE, "lon": "1"}, id="longitude as text"),
        pytest.param({**HERE, "lon": True}, id="longitude true"),
        pytest.param({**HERE, "lat": 91}, id="latitude 91"),
        pytest.param({**HERE, "K": 5}, id="a member misspelt"),
        pytest.param({**HERE, "k": 1.5}, id="k not whole"),
        pytest.param({**HERE, "where": "status=open"}, id="where as text"),
        pytest.param(where(), id="an empty condition"),
        pytest.param(where(field="x", op="=", value=1), id="unknown field"),
        pytest.param(where(field="name", op="like", value="%"), id="unknown operator"),
        pytest.param(where(field="name", op="=", value={}), id="an object as a value"),
        pytest.param(where(field="name", op="=", value="a", x=1), id="a member too many"),
        pytest.param(where(field=["name"], op="=", value="a"), id="a list as a field"),
        pytest.param({**HERE, "availability": "available"}, id="availability as text"),
        pytest.param({**HERE, "barriers": ["B1"]}, id="barriers, not built"),
    ],
)
def test_a_wrong_question_in_json_is_refused(client: AsgiClient, document: object) -> None:
    check_problem(client.post("/v1/nearest", document=document), {400})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"layer": "shelters", "demand": "shelters"}, id="demand without people"),
        pytest.param({"layer": "incidents"}, id="a layer without a default cutoff"),
        pytest.param({"layer": "shelters", "cutoff_s": 900, "cutoff_m": 900}, id="a cutoff in time and one in metres"),
        pytest.param({"layer": "shelters", "cutoff_s": -1}, id="a negative cutoff in time"),
        pytest.param({"layer": "shelters", "cutoff_m": -1}, id="a negative cutoff"),
        pytest.param({"layer": "shelters", "by": "counties"}, id="figures by nothing"),
        pytest.param({"layer": "shelters", "as_of_now": "yes"}, id="yes in place of true"),
        pytest.param({"layer": "shelters", "lon": 1}, id="a member of another question"),
    ],
)
def test_a_wrong_coverage_question_is_refused(client: AsgiClient, document: object) -> None:
    check_problem(client.post("/v1/coverage", document=document), {400})
