"""A process that is killed in the middle of an import with stock and retirements leaves all or nothing of it."""

import random
import sys
import time

import pytest
from store_samples import start_python

IMPORT = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from geo_ems.catalogue.definitions import load_definitions
from geo_ems.model.caller import LOCAL
from geo_ems.services.imports import ImportOptions, import_into
from geo_ems.settings import bundled_folder
from geo_ems.storage.geopackage_store import open_geopackage
definitions = {"supply_depots": load_definitions(bundled_folder() / "layers")["supply_depots"]}
store = open_geopackage(Path(sys.argv[1]), clock=lambda: datetime.now(UTC), new_id=lambda: "n")
store.apply_definition(definitions["supply_depots"])
os.write(1, b"open\\n")
report = import_into(Path(sys.argv[2]), "supply_depots", definitions=definitions, store=store, caller=LOCAL,
    options=ImportOptions(retire_missing=len(sys.argv) > 3), zone=ZoneInfo("UTC"), new_id=lambda: "n")
os.write(1, f"stored {report.seq}\\n".encode())
"""
DEPOTS = 400


def workbook(path, numbers, quantity):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["编号", "名称", "状态"])
    stock = book.create_sheet("stock")
    stock.append(["编号", "物资名称", "数量"])
    for number in numbers:
        book.active.append([f"D{number}", f"库{number}", "在用"])
        stock.append([f"D{number}", "帐篷", quantity])
    book.save(path)
    return path


def picture(path):
    from datetime import UTC, datetime

    from geo_ems.storage.geopackage_store import open_geopackage

    with open_geopackage(path, clock=lambda: datetime.now(UTC), new_id=lambda: "n") as store:
        ids = [str(identity) for identity in store.read_columns("supply_depots").ids]
        rows = store.read_rows("supply_depots", ids)
        assert store.integrity_faults() == ()
        images = store.history.import_images("supply_depots")
        return [
            (r.id, r.properties["status"], [line["quantity"] for line in r.children["stock"]]) for r in rows
        ], images


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_import_with_stock_and_retirements_leaves_all_or_nothing(tmp_path):
    store = tmp_path / "s.gpkg"
    with start_python(IMPORT, store, workbook(tmp_path / "a.xlsx", range(DEPOTS), 5)) as process:
        assert process.stdout.readlines()[-1].startswith("stored")
    before = picture(store)
    second = workbook(tmp_path / "b.xlsx", range(DEPOTS // 2, DEPOTS + 50), 7)
    whole = tmp_path / "whole.gpkg"
    whole.write_bytes(store.read_bytes())
    started = time.monotonic()
    with start_python(IMPORT, whole, second, "retire") as process:
        process.stdout.readline()
        opened = time.monotonic()
        assert process.stdout.readlines()[-1].startswith("stored")
    lasts_s = time.monotonic() - opened
    assert lasts_s < time.monotonic() - started
    after = picture(whole)[0]
    assert sum(status == "closed" for _, status, _ in after) == DEPOTS // 2
    chance = random.Random(20260702)  # noqa: S311 - moments to kill at

    for _ in range(6):
        with start_python(IMPORT, store, second, "retire") as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0, lasts_s))
            process.kill()
            stored = any(line.startswith("stored") for line in process.stdout.readlines())
        rows, images = picture(store)
        if rows == after:
            break
        assert not stored
        assert (rows, images) == before
