import logging


def test_try(client, caplog):
    r = client.get("/collections")
    print(caplog.text[-3000:], r.body[:300])
    for p in ["/collections/shelters/items", "/collections/shelters/items/S1", "/v1/nearest"]:
        print(
            client.call("OPTIONS", p).headers.get("allow"),
            client.call("PURGE", p).headers,
            client.call("DELETE", p).body,
        )
