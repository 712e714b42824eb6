def test_try(client):
    for path in ["/", "/?f=html", "/conformance","/api","/docs","/collections","/collections/shelters","/collections/shelters/schema","/collections/shelters/queryables","/collections/shelters/items","/collections/shelters/items/S1","/collections/supply_depots/items/P1","/v1/nearest?layer=shelters&lon=111.5&lat=31.2","/v1/places?q=qx","/v1/places?q=111.5,31.2","/livez","/readyz","/metrics","/nothing","/collections/xx","/v1/nearest?layer=x", "/v1/nearest?layer=shelters&lon=1&lat=2&metric=travel_time&foo=1&mode=drive", "/collections/shelters/items?limit=1_0&statu=open"]:
        r = client.get(path)
        print(path, r.status, r.headers.get("content-type"), len(r.body)); print("   ", r.body.decode()[:300])
    r = client.post("/v1/coverage", document={"layer":"shelters","cutoff_m":3000}); print(r.status, r.body.decode()[:300])
    r = client.call('OPTIONS',"/collections/shelters/items"); print(r.status, r.headers)
    r = client.call('OPTIONS',"/collections/shelters/items/S1"); print(r.status, r.headers)
    r = client.post("/collections/shelters/items", document={"type":"Feature","id":None,"geometry":{"type":"Point","coordinates":[111.5,31.5]},"properties":{"id":None,"name":"x","capacity_persons":None}}, headers={"content-type":"application/geo+json"}); print(r.status, r.raw_headers, r.body.decode()[:300])
