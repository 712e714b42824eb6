"""OGC API - Features, Part 1: what clients read."""

from itertools import pairwise

import pytest
from asgi_client import HOST, AsgiClient

ITEMS = "/collections/shelters/items"


def ids(client: AsgiClient, query: str) -> list[str]:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status == 200, answer.body
    assert answer.json["numberMatched"] >= answer.json["numberReturned"] == len(answer.json["features"])
    return [feature["id"] for feature in answer.json["features"]]


def link(document: dict[str, object], rel: str) -> str | None:
    return next((entry["href"] for entry in document["links"] if entry["rel"] == rel), None)


def test_a_program_gets_the_landing_page_and_a_browser_the_map(client: AsgiClient) -> None:
    landing = client.get("/", headers={"Accept": "*/*"})
    page = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert landing.headers["content-type"] == "application/json"
    assert {entry["rel"] for entry in landing.json["links"]} >= {
        "self",
        "service-desc",
        "service-doc",
        "conformance",
        "data",
    }
    assert page.headers["content-type"].startswith("text/html")
    assert b"leaflet" in page.body.lower()
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        pytest.param("", "zh", id="nothing said: the project's"),
        pytest.param("en-GB,en;q=0.9,zh;q=0.8", "en", id="English first"),
        pytest.param("fr,zh-CN;q=0.8,en;q=0.3", "zh", id="Chinese before English"),
        pytest.param("fr, de;q=0.5", "zh", id="neither"),
        pytest.param("en;q=0, zh;q=nan, EN-us;q=0.1", "en", id="refused, wrong, and little liked"),
    ],
)
def test_the_start_page_speaks_the_language_of_the_browser(client: AsgiClient, accepted: str, language: str) -> None:
    page = client.get("/", headers={"Accept": "text/html", "Accept-Language": accepted})

    assert f'<html lang="{language}'.encode() in page.body
    assert page.headers["vary"] == "Accept, Accept-Language"


def test_every_link_of_landing_and_collections_leads_somewhere_on_this_server(client: AsgiClient) -> None:
    documents = [client.get("/").json, client.get("/collections").json, *client.get("/collections").json["collections"]]
    for document in documents:
        for entry in document["links"]:
            assert entry["href"].startswith(f"http://{HOST}")
            answer = client.get(entry["href"].removeprefix(f"http://{HOST}"))
            assert answer.status == 200, entry
            assert answer.headers["content-type"].split(";")[0] == entry["type"].split(";")[0]


def test_conformance_names_core_and_geojson(client: AsgiClient) -> None:
    named = client.get("/conformance").json["conformsTo"]

    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in named
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30" in named


def test_a_collection_says_where_and_when_its_features_lie(client: AsgiClient) -> None:
    collection = client.get("/collections/shelters").json

    assert collection["extent"]["spatial"]["bbox"] == [[-179.9, 10.0, 179.9, 31.25]]
    assert collection["extent"]["temporal"]["interval"] == [["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"]]
    assert collection["itemCount"] == 5


def test_an_empty_layer_has_the_extent_of_the_earth(client: AsgiClient) -> None:
    assert client.get("/collections/barriers").json["extent"]["spatial"]["bbox"] == [[-180.0, -90.0, 180.0, 90.0]]


def test_pages_hold_all_features_once_in_one_order(client: AsgiClient) -> None:
    target: str | None = f"{ITEMS}?limit=2"
    seen: list[str] = []
    while target is not None:
        page = client.get(target).json
        assert page["numberMatched"] == 5
        seen += [feature["id"] for feature in page["features"]]
        following = link(page, "next")
        target = None if following is None else following.removeprefix(f"http://{HOST}")

    assert seen == ["S1", "S2", "S3", "S4", "S5"]


def test_the_last_page_links_back_and_not_on(client: AsgiClient) -> None:
    page = client.get(f"{ITEMS}?limit=2&offset=4").json

    assert link(page, "next") is None
    assert link(page, "prev") == f"http://{HOST}{ITEMS}?limit=2&offset=2"
    assert link(page, "collection") == f"http://{HOST}/collections/shelters"
    assert ids(client, "limit=2&offset=50") == []


def test_a_link_keeps_the_conditions_of_the_question(client: AsgiClient) -> None:
    page = client.get(f"{ITEMS}?limit=1&suitable_for=flood&bbox=111,31,112,32").json

    following = link(page, "next")
    assert following is not None
    assert [f["id"] for f in client.get(following.removeprefix(f"http://{HOST}")).json["features"]] == ["S2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("bbox=111,31,112,32", ["S1", "S2"], id="around the county"),
        pytest.param("bbox=111.51,31.20,111.51,31.20", ["S1"], id="a box that is a point"),
        pytest.param("bbox=111,31,0,112,32,900", ["S1", "S2"], id="with heights"),
        pytest.param("bbox=179,9,-179,11", ["S3", "S4"], id="across the 180th meridian"),
        pytest.param("bbox=-180,-90,180,90", ["S1", "S2", "S3", "S4"], id="the Earth; one has no place"),
        pytest.param("status=open", ["S1", "S3", "S5"], id="a code"),
        pytest.param("status=standby,closed", ["S2", "S4"], id="any of two codes"),
        pytest.param("suitable_for=earthquake", ["S1"], id="a code of a list"),
        pytest.param("capacity_persons=300", ["S1"], id="a number"),
        pytest.param("name=%E4%BD%93%E8%82%B2%E9%A6%86", ["S2"], id="a name"),
        pytest.param("surveyed_on=2026-06-01", ["S2"], id="a date"),
        pytest.param("datetime=2026-05-01", ["S1"], id="a day"),
        pytest.param("datetime=2026-05-02/..", ["S2"], id="from a day on"),
        pytest.param("datetime=../2026-05-31T23:59:59Z", ["S1", "S2"], id="until an instant, which is 1 June here"),
        pytest.param("datetime=../2026-05-31T10:00:00Z", ["S1"], id="until an instant on 31 May here"),
        pytest.param("datetime=2026-05-01/2026-06-01", ["S1", "S2"], id="between two days"),
        pytest.param("district_id=D1&status=open", ["S1"], id="the district it lies in, and a code"),
        pytest.param("crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84&limit=1", ["S1"], id="the system named"),
    ],
)
def test_features_are_found_by_place_time_and_value(client: AsgiClient, query: str, found: list[str]) -> None:
    assert ids(client, query) == found


def test_areas_are_found_by_what_they_cover_and_not_by_their_box(client: AsgiClient) -> None:
    area = "/collections/hazard_areas/items?bbox="  # a triangle: its box has an empty corner at the upper left

    assert client.get(f"{area}111.70,31.79,111.71,31.80").json["numberMatched"] == 0
    assert client.get(f"{area}111.78,31.71,111.79,31.72").json["numberMatched"] == 1
    assert client.get(f"{area}111.75,31.60,111.75,31.90").json["numberMatched"] == 1


def test_a_validity_without_end_is_open(client: AsgiClient) -> None:
    areas = "/collections/hazard_areas/items?datetime="

    assert client.get(f"{areas}2030-01-01T00:00:00Z").json["numberMatched"] == 1
    assert client.get(f"{areas}../2026-06-29T23:59:59Z").json["numberMatched"] == 0


def test_a_feature_comes_with_all_its_fields_and_its_revision(client: AsgiClient) -> None:
    answer = client.get(f"{ITEMS}/S1")

    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert answer.json["geometry"] == {"type": "Point", "coordinates": [111.51, 31.2]}
    assert answer.json["properties"]["suitable_for"] == ["earthquake", "flood"]
    assert answer.json["properties"]["capacity_persons"] == 300
    assert answer.json["properties"]["district_id"] == "D1"
    assert answer.headers["etag"].strip('"').isdigit()


def test_stock_comes_as_rows_inside_the_depot(client: AsgiClient) -> None:
    one = client.get("/collections/supply_depots/items/P1").json["properties"]["stock"]
    page = client.get("/collections/supply_depots/items").json["features"][0]["properties"]["stock"]

    assert one == page
    assert (one[0]["item"], one[0]["quantity"], one[0]["expires_on"]) == ("tent", 60.0, "2030-01-01")


def test_the_page_and_the_single_feature_say_the_same(client: AsgiClient) -> None:
    for layer in ("shelters", "supply_depots", "hazard_areas", "incidents", "roads", "districts"):
        for feature in client.get(f"/collections/{layer}/items").json["features"]:
            one = client.get(f"/collections/{layer}/items/{feature['id']}").json
            assert {key: one[key] for key in ("id", "geometry", "properties")} == {
                key: feature[key] for key in ("id", "geometry", "properties")
            }


def test_outer_rings_run_counter_clockwise(client: AsgiClient) -> None:
    ring = client.get("/collections/districts/items/D1").json["geometry"]["coordinates"][0]
    doubled_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))

    assert doubled_area > 0


@pytest.mark.parametrize(
    "target", [ITEMS, f"{ITEMS}?status=open&limit=1", f"{ITEMS}/S1", "/collections", "/collections/shelters"]
)
def test_what_has_not_changed_is_not_sent_again(client: AsgiClient, target: str) -> None:
    tag = client.get(target).headers["etag"]

    same = client.get(target, headers={"If-None-Match": f'"other", {tag}'})
    changed = client.get(target, headers={"If-None-Match": '"other"'})

    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert changed.status == 200


def test_different_questions_have_different_tags(client: AsgiClient) -> None:
    tags = {
        client.get(f"{ITEMS}?{query}").headers["etag"]
        for query in ("limit=1", "limit=2", "limit=1&offset=1", "status=open")
    }

    assert len(tags) == 4


def test_a_condition_that_is_no_list_of_tags_is_refused(client: AsgiClient) -> None:
    assert client.get(ITEMS, headers={"If-None-Match": "17"}).status == 400


def test_head_gives_the_same_headers_without_a_body(client: AsgiClient) -> None:
    for target in ("/", "/collections", ITEMS, f"{ITEMS}/S1", "/v1/nearest?layer=shelters&lon=111.5&lat=31.2", "/docs"):
        head, got = client.call("HEAD", target), client.get(target)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]


def test_options_say_what_may_be_changed_so_that_qgis_offers_editing(client: AsgiClient) -> None:
    assert client.call("OPTIONS", ITEMS).headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.call("OPTIONS", f"{ITEMS}/S1").headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert client.call("OPTIONS", "/v1/imports/shelters").headers["allow"] == "POST, OPTIONS"
    assert client.call("OPTIONS", "/collections/nothing/items").status == 404


def test_the_schema_tells_types_codes_and_units(client: AsgiClient) -> None:
    fields = client.get("/collections/shelters/schema").json["properties"]
    whole = client.get("/collections/shelters/schema?of=feature").json["properties"]["properties"]["properties"]

    assert fields["usable_area_m2"]["type"] == "number"
    assert fields["usable_area_m2"]["x-unit"] == "m2"
    assert "standby" in fields["status"]["enum"]
    assert fields["status"]["x-labels"]["standby"]["zh"] == "备用"
    assert fields["geometry"]["x-ogc-role"] == "primary-geometry"
    assert whole == {name: schema for name, schema in fields.items() if name != "geometry"}


def test_private_fields_cannot_be_asked_for(client: AsgiClient) -> None:
    queryables = client.get("/collections/shelters/queryables").json["properties"]

    assert "status" in queryables
    assert "key_holder" not in queryables
    assert "key_holder_phone" not in queryables


def test_pages_for_people_escape_what_they_show(client: AsgiClient) -> None:
    for target in ("/docs", "/collections?f=html", "/collections/shelters?f=html"):
        answer = client.get(target)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert b"<script" not in answer.body
        assert b"http://" not in answer.body
