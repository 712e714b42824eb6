"""The description of the API says what the API does, all of it and nothing else."""

import re
from collections.abc import Iterator

import pytest
from asgi_client import AsgiClient
from fastapi.routing import APIRoute

from geo_ems.model.caller import Permission
from geo_ems.settings import bundled_folder
from geo_ems.web.app import all_routes
from geo_ems.web.openapi_lock import LOCK_FILE, locked_document

METHODS = ("get", "post", "put", "patch", "delete")


def test_the_locked_description_is_what_the_code_says() -> None:
    locked = (bundled_folder() / "api" / LOCK_FILE).read_bytes()

    assert locked == locked_document(), "write it again: python -m geo_ems.web.openapi_lock"


def test_the_description_is_openapi_3_0_under_its_own_media_type(client: AsgiClient) -> None:
    answer = client.get("/api")

    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert answer.json["openapi"] == "3.0.3"
    assert answer.json["servers"] == [{"url": "http://127.0.0.1:8000"}]


def routes_of(document: dict[str, object]) -> set[tuple[str, str]]:
    found = set()
    for path, item in document["paths"].items():
        template = re.sub(r"^/collections/[a-z_]+", "/collections/{layer}", path)
        found |= {(template, method.upper()) for method in item}
    return found


def test_every_route_is_described_and_every_description_is_a_route(client: AsgiClient) -> None:
    built = {(route.path, method) for route in all_routes() for method in route.methods or () if method != "HEAD"}

    assert routes_of(client.get("/api").json) == built


def test_operation_ids_are_unique_and_references_lead_somewhere(client: AsgiClient) -> None:
    document = client.get("/api").json
    ids = [item[method]["operationId"] for item in document["paths"].values() for method in METHODS if method in item]
    references = set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', client.get("/api").body.decode()))

    assert len(ids) == len(set(ids))
    assert references <= set(document["components"]["schemas"])


def test_no_operation_answers_422(client: AsgiClient) -> None:
    for item in client.get("/api").json["paths"].values():
        for operation in item.values():
            assert "422" not in operation["responses"]
            assert "400" in operation["responses"]


def test_every_route_asks_for_a_permission() -> None:
    """A route that forgot to ask would be open to everybody once there are callers with fewer rights."""
    wanted = {}
    for route in all_routes():
        assert isinstance(route, APIRoute)
        asked = [getattr(inner.call, "permission", None) for inner in route.dependant.dependencies]
        found = [permission for permission in asked if permission is not None]
        assert len(found) == 1, route.path
        wanted[route.path, next(iter(sorted(route.methods)))] = found[0]

    assert wanted["/collections/{layer}/items", "POST"] is Permission.WRITE
    assert wanted["/collections/{layer}/items/{id}", "DELETE"] is Permission.WRITE
    assert wanted["/v1/imports/{layer}", "POST"] is Permission.IMPORT
    assert wanted["/v1/imports/{layer}/revert", "POST"] is Permission.IMPORT
    assert wanted["/v1/imports", "GET"] is Permission.IMPORT
    assert wanted["/v1/nearest", "POST"] is Permission.READ


def get_targets(document: dict[str, object]) -> Iterator[str]:
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        required = [p for p in item["get"].get("parameters", ()) if p["in"] == "query" and p.get("required")]
        values = {"layer": "shelters", "q": "x"}
        query = "&".join(f"{p['name']}={values[p['name']]}" for p in required)
        if path == "/v1/nearest":
            query += "&lon=111.5&lat=31.2"
        yield f"{path.replace('{id}', 'S1').replace('{name}', 'overview')}?{query}".rstrip("?")


def test_an_unknown_parameter_is_refused_on_every_route(client: AsgiClient) -> None:
    targets = list(get_targets(client.get("/api").json))
    assert len(targets) > 60
    for target in targets:
        if target == "/v1/positions/osmand":  # devices send names of their own, which are taken and not kept
            continue
        answer = client.get(f"{target}{'&' if '?' in target else '?'}statu=open")
        assert answer.status == 400, target
        assert answer.json["errors"][0]["field"] == "statu", target


def test_every_described_parameter_is_known_and_refused_when_given_twice(client: AsgiClient) -> None:
    document = client.get("/api").json
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        target = path.replace("{id}", "S1").replace("{name}", "overview")
        for parameter in item["get"].get("parameters", ()):
            if parameter["in"] != "query" or parameter["explode"]:
                continue
            errors = client.get(f"{target}?{parameter['name']}=x&{parameter['name']}=x").json["errors"]
            assert (parameter["name"], "twice") in {(e["field"], e["problem"][-5:]) for e in errors}, (path, parameter)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/collections/shelters/items"),
        ("PUT", "/collections/shelters/items/S1"),
        ("PATCH", "/collections/shelters/items/S1"),
        ("DELETE", "/collections/shelters/items/S1"),
        ("POST", "/v1/nearest"),
        ("POST", "/v1/coverage"),
        ("POST", "/v1/imports/shelters"),
        ("POST", "/v1/imports/shelters/revert"),
    ],
)
def test_an_unknown_parameter_is_refused_where_something_is_sent_too(
    client: AsgiClient, method: str, path: str
) -> None:
    assert client.call(method, f"{path}?dryrun=true", document={}).status == 400
    assert client.get("/collections/shelters/items/S1").status == 200


def test_a_field_of_the_layer_is_a_parameter_of_its_own_path(client: AsgiClient) -> None:
    """GDAL passes a condition on only where it finds the field there."""
    listed = client.get("/api").json["paths"]["/collections/shelters/items"]["get"]["parameters"]
    named = {parameter["name"]: parameter for parameter in listed}

    assert named["status"]["schema"]["items"]["enum"] == ["open", "standby", "full", "closed", "damaged"]
    assert "key_holder_phone" not in named
    assert named["limit"]["schema"]["maximum"] == 10_000
