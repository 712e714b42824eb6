"""Who may come in: the machine's own names, its own pages, no proxy, sound addresses."""

import asyncio
import json

import pytest
from asgi_client import HOST, AsgiClient
from fastapi import FastAPI

from geo_ems.web.app import create_app
from geo_ems.web.application import WebApplication
from geo_ems.web.door import Door

FEATURE = {"type": "Feature", "geometry": None, "properties": {"name": "x"}}
SHELTERS = "/collections/shelters/items"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:80", "LOCALHOST:1"]
)
def test_this_machines_names_are_answered(client: AsgiClient, host: str) -> None:
    assert client.get("/livez", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "10.0.0.1", "", "localhost@evil.example", "[::2]",
     "127.0.0.1:8000:9", "localhost/", "0x7f000001", "127.1", "localhost."],
)  # fmt: skip
def test_another_name_is_misdirected_so_that_dns_rebinding_fails(client: AsgiClient, host: str) -> None:
    answer = client.get("/livez", host=host)

    assert answer.status == 421
    assert answer.json["errors"][0]["field"] == "Host"


def test_a_request_without_host_or_with_two_is_misdirected(client: AsgiClient) -> None:
    assert client.get("/livez", host=None).status == 421
    assert client.get("/livez", headers={"Host": "evil.example"}).status == 421


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"])
def test_a_request_through_a_proxy_is_refused_because_behind_one_every_caller_looks_local(
    client: AsgiClient, name: str
) -> None:
    answer = client.get("/livez", headers={name: "1.2.3.4"})

    assert answer.status == 403
    assert "proxy" in answer.json["detail"]


@pytest.mark.parametrize("peer", [("10.1.2.3", 1), ("::ffff:10.0.0.1", 1), ("fe80::1", 1), ("somewhere", 1)])
def test_a_caller_on_another_machine_is_refused_whatever_host_it_names(
    client: AsgiClient, peer: tuple[str, int]
) -> None:
    assert client.get("/livez", peer=peer).status == 403


@pytest.mark.parametrize("peer", [("127.0.0.1", 1), ("127.3.2.1", 1), ("::1", 1), None])
def test_callers_on_this_machine_are_answered(client: AsgiClient, peer: tuple[str, int] | None) -> None:
    assert client.get("/livez", peer=peer).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="foreign site"),
        pytest.param({"Origin": "null"}, id="a page without origin"),
        pytest.param({"Origin": "http://127.0.0.1:9999"}, id="another port of this machine"),
        pytest.param({"Origin": f"http://{HOST}.evil.example"}, id="a name that begins alike"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="the browser says so"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another port, says the browser"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", SHELTERS), ("PUT", f"{SHELTERS}/S1"), ("PATCH", f"{SHELTERS}/S1"), ("DELETE", f"{SHELTERS}/S1"),
     ("POST", "/v1/imports/shelters"), ("POST", "/v1/coverage")],
)  # fmt: skip
def test_a_page_of_another_site_cannot_write(
    client: AsgiClient, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = client.call(method, path, document=FEATURE, headers=headers)

    assert answer.status == 403
    assert client.get(f"{SHELTERS}/S1").status == 200


def test_our_own_page_may_write_and_so_may_a_program(client: AsgiClient) -> None:
    own = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}

    assert client.post(SHELTERS, document=FEATURE, headers=own).status == 201
    assert client.post(SHELTERS, document=FEATURE).status == 201


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
     "application/json; charset=gb18030", "application/jsonp", "application/json, text/plain"],
)  # fmt: skip
@pytest.mark.parametrize("path", [SHELTERS, "/v1/nearest", "/v1/coverage"])
def test_a_body_must_say_that_it_is_json(client: AsgiClient, path: str, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}

    answer = client.post(path, content=json.dumps(FEATURE).encode(), headers=headers)

    assert answer.status == 415
    assert "Content-Type: application/" in answer.json["errors"][0]["remedy"]


def test_a_compressed_body_is_not_taken(client: AsgiClient) -> None:
    assert client.post(SHELTERS, document=FEATURE, headers={"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param("/collections/shelters/items?limit=%zz", 400, id="no hexadecimal digits"),
        pytest.param("/collections/shelters/items?limit=1%", 400, id="escape cut off"),
        pytest.param("/collections/shelters/items?name=%ff%fe", 400, id="not UTF-8"),
        pytest.param("/collections/shelters/items?name=%00", 400, id="NUL"),
        pytest.param("/collections/shelters/items?name=a%0d%0ab", 400, id="line break"),
        pytest.param("/collections/%c3%28/items", 400, id="path not UTF-8"),
        pytest.param("/collections/shelters/items/%ed%a0%80", 400, id="surrogate in the path"),
        pytest.param("/collections/shelters/items?name=" + "a" * 9000, 414, id="too long"),
        pytest.param("/collections/shelters/items?limit", 400, id="no value"),
        pytest.param("/collections/shelters/items?&", 400, id="nothing at all"),
        pytest.param("/collections/shelters/items?=5", 400, id="no name"),
        pytest.param("/collections/shelters/items?" + "&".join(["name=a"] * 200), 400, id="two hundred parameters"),
    ],
)
def test_an_unsound_address_is_refused(client: AsgiClient, target: str, status: int) -> None:
    answer = client.get(target)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_large_body_is_refused_before_it_is_read(client: AsgiClient) -> None:
    answer = client.post(
        SHELTERS, content=b"{}", headers={"content-type": "application/json", "content-length": "9999999999"}
    )

    assert answer.status == 413


def test_a_body_larger_than_it_says_is_refused_while_it_arrives(client: AsgiClient) -> None:
    headers = {"content-type": "application/json", "content-length": "2"}

    assert client.post(SHELTERS, content=b" " * 1_000_001, headers=headers).status == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "two", "１", "9" * 30])
def test_a_content_length_that_is_no_number_is_refused(client: AsgiClient, length: str) -> None:
    headers = {"content-type": "application/json", "content-length": length.encode().decode("latin-1")}

    assert client.post(SHELTERS, content=b"{}", headers=headers).status in {400, 413}


def test_every_answer_wears_the_safe_headers(client: AsgiClient) -> None:
    for answer in (
        client.get("/livez"),
        client.get("/nothing"),
        client.get("/docs"),
        client.get("/livez", host="evil"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_a_method_that_does_not_fit_is_told_those_that_do(client: AsgiClient) -> None:
    answer = client.call("DELETE", SHELTERS)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.call("BREW", "/v1/nearest").status == 405


def test_a_failure_of_ours_is_logged_and_tells_the_caller_nothing(
    application: WebApplication, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    app: FastAPI = create_app(application)
    app.state.served.places.find = broken
    answer = AsgiClient(app).get("/v1/places?q=x")

    assert answer.status == 500
    assert answer.json["detail"] == "The server failed; its log says where."
    assert b"secret" not in answer.body
    assert "the secret inside" in caplog.text


def test_a_failure_after_the_answer_began_ends_it() -> None:
    async def half(_: object, __: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        raise RuntimeError

    answer = asyncio.run(AsgiClient(Door(half)).send("GET", "/"))  # type: ignore[arg-type]

    assert (answer.status, answer.body) == (200, b"")
