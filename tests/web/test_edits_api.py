"""Changes through the API: what QGIS sends, revisions, repeats."""

import asyncio

import pytest
from asgi_client import HOST, Answer, AsgiClient

ITEMS = "/collections/shelters/items"
GEOJSON = {"content-type": "application/geo+json"}
PATCH = {"content-type": "application/merge-patch+json"}


def feature(name: str, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [111.2, 31.4]},
        "properties": {"name": name, **properties},
    }


def created(client: AsgiClient, name: str = "新建", **properties: object) -> Answer:
    answer = client.post(ITEMS, document=feature(name, **properties), headers=GEOJSON)
    assert answer.status == 201, answer.body
    return answer


def path_of(answer: Answer) -> str:
    return answer.headers["location"].removeprefix(f"http://{HOST}")


def test_qgis_creates_a_feature_with_a_null_id_and_all_fields_null(client: AsgiClient) -> None:
    fields = client.get("/collections/shelters/schema").json["properties"]
    empty = {name: None for name in fields if name != "geometry"}

    answer = created(client, **{**empty, "id": None, "name": "QGIS 新建"})

    assert answer.json["properties"]["name"] == "QGIS 新建"
    assert answer.json["properties"]["status"] is None
    assert answer.json["properties"]["district_id"] == "D1"
    assert answer.json["id"].startswith("S")
    assert client.get(path_of(answer)).json["geometry"]["coordinates"] == [111.2, 31.4]


def test_the_header_of_the_new_place_is_spelled_as_qgis_looks_for_it(client: AsgiClient) -> None:
    names = [name for name, _ in created(client).raw_headers]

    assert b"Location" in names


def test_the_id_follows_the_code(client: AsgiClient) -> None:
    answer = created(client, code="C-7 漳")

    assert answer.json["id"] == "C-7 漳"
    assert path_of(answer) == f"{ITEMS}/C-7%20%E6%BC%B3"
    assert client.get(path_of(answer)).status == 200


def test_an_id_that_is_taken_is_a_conflict(client: AsgiClient) -> None:
    created(client, code="TWICE")

    answer = client.post(ITEMS, document=feature("again", code="TWICE"), headers=GEOJSON)

    assert answer.status == 409
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_patch_changes_what_it_names_and_null_clears(client: AsgiClient) -> None:
    target = path_of(created(client, status="open", capacity_persons=50, remarks="alt"))

    answer = client.call("PATCH", target, document={"properties": {"status": "full", "remarks": None}}, headers=PATCH)

    assert answer.status == 200
    assert answer.json["properties"]["status"] == "full"
    assert answer.json["properties"]["remarks"] is None
    assert answer.json["properties"]["capacity_persons"] == 50
    assert answer.json["geometry"]["coordinates"] == [111.2, 31.4]


def test_a_patch_moves_a_feature_and_its_district_follows(client: AsgiClient) -> None:
    target = path_of(created(client))
    moved = {"geometry": {"type": "Point", "coordinates": [120.5, 30.5]}}

    answer = client.call("PATCH", target, document=moved, headers=PATCH)

    assert answer.json["geometry"]["coordinates"] == [120.5, 30.5]
    assert answer.json["properties"]["district_id"] is None


def test_a_replacement_forgets_what_it_does_not_say(client: AsgiClient) -> None:
    target = path_of(created(client, status="open", capacity_persons=50))

    answer = client.call("PUT", target, document=feature("ersetzt", status="closed"), headers=GEOJSON)

    assert answer.status == 200
    assert answer.json["properties"]["status"] == "closed"
    assert answer.json["properties"]["capacity_persons"] is None


def test_a_required_field_cannot_be_cleared(client: AsgiClient) -> None:
    target = path_of(created(client))

    assert client.call("PATCH", target, document={"properties": {"name": None}}, headers=PATCH).status == 400


def test_the_id_of_a_feature_never_changes(client: AsgiClient) -> None:
    target = path_of(created(client))

    assert client.call("PATCH", target, document={"id": "other"}, headers=PATCH).status == 400
    assert client.call("PUT", target, document={**feature("x"), "id": "other"}, headers=GEOJSON).status == 400


def test_a_deleted_feature_is_gone(client: AsgiClient) -> None:
    target = path_of(created(client))

    assert client.call("DELETE", target).status == 204
    assert client.get(target).status == 404
    assert client.call("DELETE", target).status == 404
    assert client.call("PUT", target, document=feature("x"), headers=GEOJSON).status == 404
    assert client.call("PATCH", target, document={}, headers=PATCH).status == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_based_on_an_old_revision_is_refused(client: AsgiClient, method: str) -> None:
    first = created(client)
    target = path_of(first)
    second = client.call("PATCH", target, document={"properties": {"name": "zwei"}}, headers=PATCH)
    document = {"properties": {"name": "drei"}} if method == "PATCH" else feature("drei")
    types = PATCH if method == "PATCH" else GEOJSON

    late = client.call(method, target, document=document, headers={**types, "If-Match": first.headers["etag"]})
    assert late.status == 412
    assert client.get(target).json["properties"]["name"] == "zwei"

    weak = client.call(method, target, document=document, headers={**types, "If-Match": f"W/{second.headers['etag']}"})
    assert weak.status == 412

    either = f'"999999", {second.headers["etag"]}'
    assert client.call(method, target, document=document, headers={**types, "If-Match": either}).status in {200, 204}


def test_any_revision_will_do_with_a_star_and_a_condition_must_be_well_written(client: AsgiClient) -> None:
    target = path_of(created(client))

    assert client.call("DELETE", target, headers={"If-Match": "17"}).status == 400
    assert client.call("DELETE", target, headers={"If-Match": "*"}).status == 204


def test_the_tag_of_a_change_is_the_tag_of_the_next_reading(client: AsgiClient) -> None:
    answer = created(client)
    changed = client.call("PATCH", path_of(answer), document={"properties": {"remarks": "x"}}, headers=PATCH)

    assert changed.headers["etag"] != answer.headers["etag"]
    assert client.get(path_of(answer)).headers["etag"] == changed.headers["etag"]


def test_a_creation_sent_twice_with_one_key_is_stored_once(client: AsgiClient) -> None:
    before = client.get(f"{ITEMS}?limit=1").json["numberMatched"]
    headers = {**GEOJSON, "Idempotency-Key": "9a7c"}

    first, second = (client.post(ITEMS, document=feature("einmal"), headers=headers) for _ in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
    assert client.get(f"{ITEMS}?limit=1").json["numberMatched"] == before + 1


def test_a_key_used_for_something_else_is_a_conflict(client: AsgiClient) -> None:
    headers = {**GEOJSON, "Idempotency-Key": "b2"}
    client.post(ITEMS, document=feature("eins"), headers=headers)

    assert client.post(ITEMS, document=feature("zwei"), headers=headers).status == 409


@pytest.mark.parametrize("key", ["", "k" * 101, "schl\u00fcssel"])
def test_a_key_must_be_short_ascii(client: AsgiClient, key: str) -> None:
    assert client.post(ITEMS, document=feature("x"), headers={**GEOJSON, "Idempotency-Key": key}).status == 400


def test_patches_at_the_same_time_are_all_applied(client: AsgiClient) -> None:
    target = path_of(created(client))
    fields = ["remarks", "address", "source_department", "name_en", "key_holder"]

    async def all_at_once() -> list[Answer]:
        patches = ({"properties": {field: field}} for field in fields)
        return await asyncio.gather(*(client.send("PATCH", target, document=patch, headers=PATCH) for patch in patches))

    assert {answer.status for answer in asyncio.run(all_at_once())} == {200}
    stored = client.get(target).json["properties"]
    assert [stored[field] for field in fields] == fields


def test_stock_is_replaced_as_a_whole_and_checked_row_by_row(client: AsgiClient) -> None:
    target = "/collections/supply_depots/items/P1"
    rows = [{"item": "tent", "quantity": 5}, {"item": "quilt", "quantity": 7.5}]

    answer = client.call("PATCH", target, document={"properties": {"stock": rows}}, headers=PATCH)
    wrong = client.call("PATCH", target, document={"properties": {"stock": [{"item": "tent"}]}}, headers=PATCH)

    assert [(row["item"], row["quantity"]) for row in answer.json["properties"]["stock"]] == [
        ("tent", 5.0),
        ("quilt", 7.5),
    ]
    assert wrong.status == 400
    assert wrong.json["errors"][0]["field"] == "stock[0].quantity"


def test_an_instant_without_offset_is_read_in_the_projects_zone(client: AsgiClient) -> None:
    target = "/collections/incidents/items/I1"
    patch = {"properties": {"occurred_at": "2026-07-01T03:10:00"}}

    answer = client.call("PATCH", target, document=patch, headers=PATCH)

    assert answer.json["properties"]["occurred_at"] == "2026-06-30T19:10:00Z"


def test_every_fault_of_a_feature_is_told_at_once(client: AsgiClient) -> None:
    document = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [31, 111]},
        "properties": {"statu": 1, "capacity_persons": "many"},
    }

    errors = client.post(ITEMS, document=document, headers=GEOJSON).json["errors"]

    assert [error["field"] for error in errors] == ["statu", "capacity_persons", "geometry"]
    assert "status" in errors[0]["remedy"]


def test_a_change_is_seen_by_the_next_question(client: AsgiClient) -> None:
    target = path_of(created(client, name="新场所", status="open"))
    asked = "/v1/nearest?layer=shelters&lon=111.2&lat=31.4&k=1&metric=straight_line"
    assert client.get(asked).json["results"][0]["straight_m"] == 0

    client.call("DELETE", target)

    assert target.rsplit("/", 1)[1] not in [row["id"] for row in client.get(asked).json["results"]]
