"""A damaged file is refused in words or found by the check; it never crashes us and never answers wrongly unseen."""

import json
import sys

import pytest
from store_samples import run_python

DAMAGE = """
import json, random, shutil
from pathlib import Path
from store_samples import DEPOTS, FULL_SHELTER, SHELTERS, TEAMS, batch_of, open_store, team
from geo_ems.errors import GeoEmsError, StoreError
from geo_ems.model.features import Feature
folder, kind, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
chance = random.Random(20260701)
whole = folder / "whole.gpkg"
def content(store):
    found = {}
    for layer in ("response_teams", "shelters", "supply_depots"):
        ids = store.read_columns(layer).ids.tolist()
        rows = store.read_rows(layer, ids)
        found[layer] = [(row.id, row.rev, repr(row.properties), repr(row.children), str(row.geometry)) for row in rows]
    return found
acknowledged = []
store = open_store(whole, SHELTERS, TEAMS, DEPOTS)
store.commit(batch_of("shelters", FULL_SHELTER))
store.commit(batch_of("response_teams", *(team(f"b{n}", 113 + n / 999) for n in range(200)), bulk=True))
stock = ({"item": "tent", "quantity": 4.0}, {"item": "boat", "quantity": 1.0})
store.commit(batch_of("supply_depots", Feature("D-1", None, {"name": "depot"}, {"stock": stock})))
if kind == "wal":
    store.close()
    store = open_store(whole)
beginning = content(store)
for number in range(30):
    store.commit(batch_of("response_teams", team(f"s{number}", 114, 25 + number / 99)))
    acknowledged.append(content(store))
if kind == "wal":
    shutil.copyfile(whole, folder / "copy.gpkg")
    shutil.copyfile(str(whole) + "-wal", folder / "copy.gpkg-wal")
store.close()
if kind != "wal":
    shutil.copyfile(whole, folder / "copy.gpkg")
truth = acknowledged[-1]
copy, log = (folder / "copy.gpkg").read_bytes(), b""
if kind == "wal":
    log = (folder / "copy.gpkg-wal").read_bytes()
counted = ("refused", "harmless", "found by the check", "tail dropped", "hints")
found = {"silent": [], "crashed": [], **dict.fromkeys(counted, 0)}
for number in range(rounds):
    target = bytearray(log if kind == "wal" else copy)
    at = chance.randrange(100 if number % 10 == 0 else len(target))
    if number % 4 == 3:
        del target[at:]
    else:
        target[at] ^= 1 << chance.randrange(8)
    path = folder / "s.gpkg"
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(copy if kind == "wal" else target)
    if kind == "wal":
        path.with_name("s.gpkg-wal").write_bytes(target)
    try:
        with open_store(path, read_only=number % 2 == 0) as store:
            now = content(store)
            if now == truth:
                found["harmless"] += 1
            elif kind == "wal" and now in [beginning, *acknowledged]:
                found["tail dropped"] += 1
            elif store.integrity_faults() or store.poison_rows():
                found["found by the check"] += 1
            else:
                found["silent"].append([number, at])
    except StoreError as error:
        found["refused"] += 1
        assert error.problem and error.remedy
        found["hints"] += "restore" in str(error) or "geo-ems check" in str(error)
    except BaseException as error:
        found["crashed"].append([number, at, repr(error)[:300]])
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
@pytest.mark.parametrize("kind", ["store", "wal"])
def test_two_hundred_damages_are_refused_found_or_harmless(tmp_path, kind):
    found = json.loads(run_python(DAMAGE, tmp_path, kind, 200))

    assert (found["crashed"], found["silent"]) == ([], [])
    if kind == "store":
        assert found["refused"] > 20
        assert found["hints"] > 0.9 * found["refused"]  # but for a format or a kind of file that reads as another
        assert found["found by the check"] > 0
    else:
        assert found["tail dropped"] > 50
