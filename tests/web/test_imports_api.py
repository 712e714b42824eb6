"""Files sent to be imported."""

import io
import zipfile
from pathlib import Path

import pytest
from asgi_client import AsgiClient
from foreign_files import every_format

CSV = "编号,名称,经度,纬度,状态,可容纳人数\nI1,一号,111.3,31.3,开放,100\nI2,二号,111.4,31.4,备用,many\n".encode()
TYPE = {"content-type": "text/csv"}


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return every_format(tmp_path_factory.mktemp("foreign"))


def count(client: AsgiClient) -> int:
    return client.get("/collections/shelters/items?limit=1").json["numberMatched"]


def test_a_dry_run_says_what_would_happen_and_stores_nothing(client: AsgiClient) -> None:
    before = count(client)

    answer = client.post("/v1/imports/shelters?dry_run=true&filename=a.csv", content=CSV, headers=TYPE)

    assert answer.status == 200, answer.body
    assert answer.json["dry_run"] is True
    assert answer.json["counts"]["rows"] == 2
    assert count(client) == before


def test_rows_are_stored_or_listed(client: AsgiClient) -> None:
    before = count(client)

    answer = client.post("/v1/imports/shelters?filename=a.csv", content=CSV, headers=TYPE)

    counts = answer.json["counts"]
    assert counts["taken"] + counts["refused"] == counts["rows"] == 2
    assert count(client) == before + counts["created"]
    assert client.get("/collections/shelters/items/I1").json["properties"]["status"] == "open"


def test_stock_of_depots_is_imported_as_a_child_table(client: AsgiClient) -> None:
    content = "仓库编号,物资,数量\nP1,帐篷,12\n".encode()

    options = "dry_run=true&filename=s.csv&map=parent=%E4%BB%93%E5%BA%93%E7%BC%96%E5%8F%B7"
    answer = client.post(f"/v1/imports/supply_depots.stock?{options}", content=content, headers=TYPE)

    assert answer.status == 200, answer.body
    assert answer.json["layer"] == "supply_depots.stock"


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        pytest.param(b"", "a.csv", id="nothing"),
        pytest.param(b"\x00\x01\x02" * 100, "a.csv", id="noise"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 200, "a.xlsx", id="a broken workbook"),
        pytest.param(b'{"type": "FeatureCollection", "features": [', "a.geojson", id="half a GeoJSON"),
        pytest.param(b"[" * 100_000, "a.geojson", id="deep brackets"),
        pytest.param(b"a,b\n1,2\n", "a.csv", id="columns nobody knows"),
        pytest.param(b"a,b\n1,2\n", "../../etc/passwd", id="a name elsewhere"),
        pytest.param(b"a,b\n1,2\n", "..", id="a name of dots"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(client: AsgiClient, content: bytes, filename: str) -> None:
    before = count(client)
    headers = {"content-type": "application/octet-stream"}

    answer = client.post(f"/v1/imports/shelters?filename={filename}", content=content, headers=headers)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"Traceback" not in answer.body
    assert count(client) == before


def test_a_form_of_a_page_is_not_a_file(client: AsgiClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}

    assert client.post("/v1/imports/shelters", content=CSV, headers=headers).status == 415


def test_unknown_layers_children_and_options_are_refused(client: AsgiClient) -> None:
    assert client.post("/v1/imports/nothing", content=CSV, headers=TYPE).status == 404
    assert client.post("/v1/imports/shelters.stock", content=CSV, headers=TYPE).status == 400
    assert client.post("/v1/imports/shelters?dryrun=true", content=CSV, headers=TYPE).status == 400
    assert client.post("/v1/imports/shelters?map=name", content=CSV, headers=TYPE).status == 400
    assert client.post("/v1/imports/shelters?dry_run=1", content=CSV, headers=TYPE).status == 400


def test_nothing_of_a_file_stays_behind(client: AsgiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    client.post("/v1/imports/shelters?dry_run=true&filename=a.csv", content=CSV, headers=TYPE)
    client.post("/v1/imports/shelters?filename=a.xlsx", content=b"PK", headers=TYPE)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [
        ("gpkg", "application/geopackage+sqlite3"),
        ("fgb", "application/flatgeobuf"),
        ("shp.zip", "application/zip"),
        ("gdb.zip", "application/zip"),
        ("kml", "application/vnd.google-earth.kml+xml"),
        ("kmz", "application/vnd.google-earth.kmz"),
        ("gpx", "application/gpx+xml"),
        ("csv.gz", "application/gzip"),
        ("gpkg", "application/octet-stream"),
    ],
)
def test_files_of_every_format_are_taken_by_their_content(
    client: AsgiClient, foreign: dict[str, bytes], ending: str, media_type: str
) -> None:
    answer = client.post(
        "/v1/imports/shelters?filename=upload&dry_run=true",
        content=foreign[f"places.{ending}"],
        headers={"content-type": media_type},
    )

    assert answer.status == 200, answer.body
    assert answer.json["counts"]["taken"] == 3
    assert answer.json["format"] == {"shp.zip": "shp", "gdb.zip": "gdb", "csv.gz": "csv"}.get(ending, ending)


def test_a_shp_that_is_sent_alone_is_not_enough(client: AsgiClient, foreign: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(foreign["places.shp.zip"])) as archive:
        shapes = archive.read("places.shp")

    answer = client.post(
        "/v1/imports/shelters?filename=a.shp", content=shapes, headers={"content-type": "application/octet-stream"}
    )

    assert answer.status == 400
    assert ".shx and .dbf is missing" in answer.body.decode()


GCJ02 = "编号,名称,经度,纬度\nG1,一号,111.539949,31.215248\n".encode()
METRES = "编号,名称,X,Y\nM1,一号,3453256.272,37547652.461\n".encode()


def place_of(client: AsgiClient, feature_id: str) -> list[float]:
    return client.get(f"/collections/shelters/items/{feature_id}").json["geometry"]["coordinates"]


def test_a_list_in_gcj02_and_one_in_metres_are_stored_in_wgs84(client: AsgiClient) -> None:
    first = client.post("/v1/imports/shelters?filename=a.csv&datum=gcj02", content=GCJ02, headers=TYPE)
    second = client.post("/v1/imports/shelters?filename=b.csv&crs=CGCS2000", content=METRES, headers=TYPE)

    assert (first.status, second.status) == (200, 200), (first.body, second.body)
    assert place_of(client, "G1") == pytest.approx([111.533832, 31.217377], abs=2e-3)
    assert place_of(client, "G1") != [111.539949, 31.215248]
    assert place_of(client, "M1") == pytest.approx([111.5, 31.2], abs=1e-6)
    assert any("CGCS2000 = WGS84" in note["problem"]["zh"] for note in second.json["notes"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("crs=banana", "crs"),
        ("datum=gcj-02", "datum"),
        ("accept_accuracy_m=-1", "accept_accuracy_m"),
        ("accept_accuracy_m=much", "accept_accuracy_m"),
        ("place_by=nowhere", "place_by"),
        ("crs=EPSG:4214&datum=gcj02", "datum"),
    ],
)
def test_wrong_options_for_places_are_400_with_the_parameter(client: AsgiClient, query: str, field: str) -> None:
    answer = client.post(f"/v1/imports/shelters?filename=a.csv&dry_run=true&{query}", content=GCJ02, headers=TYPE)

    assert answer.status == 400, answer.body
    assert field in str(answer.json["errors"])


def test_an_old_datum_is_refused_until_it_is_accepted(client: AsgiClient) -> None:
    path = "/v1/imports/shelters?filename=a.csv&dry_run=true&crs=EPSG:4610"

    refused = client.post(path, content=GCJ02, headers=TYPE)
    taken = client.post(f"{path}&accept_accuracy_m=unknown", content=GCJ02, headers=TYPE)

    assert refused.status in {400, 422}
    assert "accept_accuracy_m=unknown" in str(refused.json)
    assert taken.status == 200
    assert "coordinate_accuracy_accepted" in [note["code"] for note in taken.json["notes"]]


def test_rows_without_coordinates_are_placed_by_name(client: AsgiClient) -> None:
    district = client.get("/collections/districts/items?limit=1").json["features"][0]
    content = f"编号,名称,乡镇\nN1,一号,{district['properties']['name']}\n".encode()

    answer = client.post(
        "/v1/imports/shelters?filename=a.csv&place_by=%E4%B9%A1%E9%95%87", content=content, headers=TYPE
    )

    assert answer.status == 200, answer.body
    stored = client.get("/collections/shelters/items/N1").json
    assert stored["geometry"]["type"] == "Point"
    assert stored["properties"]["location_precision"] == district["properties"]["level"]
