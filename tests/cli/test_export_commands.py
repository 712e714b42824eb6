"""`geo-ems export` and `geo-ems template` as a person meets them."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import openpyxl
import pyogrio
import pytest

from geo_ems.cli.main import run

SHELTERS = (
    "code,name,status,capacity_persons,lon,lat,phone\n"
    "S1,中心小学,open,50,111.5,31.2,+86 751 8886666\nS2,=1+1,closed,,,,\n"
)
DEPOTS = "code,name,status,lon,lat\nD1,县库,open,111.5,31.2\n"
STOCK = "parent,item,quantity\nD1,tent,20\nD1,quilt,5\n"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with a few features, to be copied: making it takes longer than most tests."""
    folder = tmp_path_factory.mktemp("export") / "county"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEO_EMS_PROJECT_DIR", str(folder))
        assert run(["init", str(folder)]) == 0
        for layer, text in (("shelters", SHELTERS), ("supply_depots", DEPOTS), ("supply_depots.stock", STOCK)):
            (folder / "in.csv").write_text(text, encoding="utf-8")
            assert run(["import", layer, str(folder / "in.csv")]) == 0
    return folder


@pytest.fixture
def project(
    tmp_path: Path, imported: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    shutil.copytree(imported, tmp_path / "county")
    monkeypatch.setenv("GEO_EMS_PROJECT_DIR", str(tmp_path / "county"))
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return tmp_path


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_a_csv_is_told_of_and_holds_labels_and_defused_cells(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "shelters", "s.csv", "--lang", "en"]) == 0
    said = capsys.readouterr()
    rows = rows_of(project / "s.csv")
    heads = rows[0]

    county_time = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \+08:00$"
    told = re.sub(rf"{county_time}|(?<=wrote )\S+$|(?<=snapshot )\S+$", "X", said.out, flags=re.MULTILINE)
    assert told.splitlines() == [
        "wrote X",
        "  Shelters shelters: 2 features (1 without a place); data as of unknown, changed at X",
        "snapshot X",
    ]
    assert said.err == (
        "! The file holds private fields (phones, names): key_holder, key_holder_phone, phone. "
        "For internal use; write --public for others\n"
    )
    assert (project / "s.csv").read_bytes().startswith(b"\xef\xbb\xbfPermanent id,Code,Name,")
    values = [dict(zip(heads, row, strict=True)) for row in rows[1:]]
    assert [(v["Name"], v["Status"], v["Phone"], v["Longitude"]) for v in values] == [
        ("中心小学", "open", "'+86 751 8886666", "111.5"),
        ("'=1+1", "closed", "", ""),
    ]
    assert [path.name for path in sorted(project.iterdir())] == ["county", "s.csv"]


def test_what_was_exported_is_unchanged_when_it_is_imported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("s.csv", "s.xlsx", "s.geojson"):
        assert run(["export", "shelters", name]) == 0
        capsys.readouterr()
        assert run(["import", "shelters", name, "--lang", "en"]) == 0
        assert "(0 new, 0 updated, 2 unchanged), 0 refused" in capsys.readouterr().out


def test_a_depot_goes_out_with_its_stock_beside_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "supply_depots", "d.csv"]) == 0
    assert run(["export", "supply_depots", "d.xlsx", "--lang", "en"]) == 0
    assert run(["export", "supply_depots", "d.geojson"]) == 0
    capsys.readouterr()
    assert run(["export", "supply_depots", "d.fgb", "--lang", "en"]) == 0

    assert rows_of(project / "d.stock.csv")[1][:3] == ["D1", "帐篷", "20.0"]
    assert openpyxl.load_workbook("d.xlsx").sheetnames == ["Supply depots", "Stock"]
    feature = json.loads(Path("d.geojson").read_text("utf-8"))["features"][0]
    assert [row["item"] for row in feature["properties"]["stock"]] == ["tent", "quilt"]
    assert "2 child rows are not in the file; write .xlsx or .gpkg" in capsys.readouterr().out


def test_what_the_format_cannot_hold_is_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "shelters", "s.fgb", "--lang", "en"]) == 0

    assert "1 without a place are not in the file, the format cannot hold them: S2" in capsys.readouterr().out
    assert pyogrio.read_info("s.fgb")["features"] == 1


def test_a_geojson_for_the_public_has_no_phones_and_says_where_it_comes_from(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "shelters", "s.geojson", "--public", "--where", "status=open"]) == 0
    assert capsys.readouterr().err == ""
    document = json.loads(Path("s.geojson").read_text("utf-8"))

    assert [feature["id"] for feature in document["features"]] == ["S1"]
    assert "phone" not in document["features"][0]["properties"]
    assert document["features"][0]["properties"]["status"] == "open"
    assert set(document) == {"type", "name", "snapshot_id", "as_of", "data_as_of", "features"}


def test_all_layers_go_into_one_geopackage_or_workbook(project: Path) -> None:
    assert run(["export", "--all", "all.gpkg"]) == 0
    assert run(["export", "--all", "all.xlsx", "--public"]) == 0

    listed = dict(pyogrio.list_layers("all.gpkg").tolist())
    assert {"shelters", "roads", "supply_depots", "supply_depots__stock", "layer_styles"} <= set(listed)
    assert openpyxl.load_workbook("all.xlsx").sheetnames[:2] == ["道路阻断", "行政区划"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shelters", "s.doc"], "There is no format '.doc'. Known: .csv, .fgb, .geojson, .gpkg, .kml, .xlsx."),
        (["shelters"], "The command takes a layer and a file. Write geo-ems export shelters shelters.xlsx"),
        (["nowhere", "s.csv"], "There is no layer 'nowhere'"),
        (["shelters", "no/s.csv"], "'no/s.csv' cannot be written: No such file or directory."),
        (["--all", "s.csv"], "A .csv file holds one layer. Several layers go into .gpkg or .xlsx."),
        (["--all", "s.gpkg", "--where", "status=open"], "A condition belongs to one layer"),
        (["shelters", "s.csv", "--where", "phone=1", "--public"], "There is no field 'phone'"),
        (["shelters", "s.csv", "--lang", "fr"], "There is no language 'fr'"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["export", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in project.iterdir()] == ["county"]


def test_a_layer_that_is_not_published_is_not_exported_for_the_public(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "county" / "api" / "publish.toml").write_text('collections = ["shelters"]\n', encoding="utf-8")

    assert run(["export", "supply_depots", "d.csv", "--public"]) == 2
    assert "'supply_depots' is not published" in capsys.readouterr().err


def test_a_file_that_exists_is_replaced_only_when_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text("mine", encoding="utf-8")
    Path("d.stock.csv").write_text("mine", encoding="utf-8")

    assert run(["export", "shelters", "s.csv"]) == 2
    assert "'s.csv' exists already. Choose another name, or --overwrite." in capsys.readouterr().err
    assert run(["export", "supply_depots", "d.csv"]) == 2
    assert not Path("d.csv").exists()
    assert Path("s.csv").read_text("utf-8") == "mine"
    assert run(["export", "shelters", "s.csv", "--overwrite"]) == 0
    assert len(rows_of(project / "s.csv")) == 3


def test_a_form_is_written_and_an_unfilled_one_imports_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["template", "shelters", "--out", "form.xlsx"]) == 0
    assert capsys.readouterr().out == "已写出 form.xlsx\n填好后:geo-ems import shelters form.xlsx(示例行会跳过)\n"
    assert run(["import", "shelters", "form.xlsx", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("form.xlsx → Shelters: 0 rows taken (0 new, 0 updated, 0 unchanged), 0 refused;")
    assert lines[1].startswith("  no row of data is filled in: 0 rows were imported. Fill in one row per record")
    assert lines[2:] == ["  避难场所 row 2: is the example of the form, left out"]
    assert run(["template", "shelters", "--out", "form.xlsx"]) == 2
    assert run(["template", "nowhere", "--out", "other.xlsx"]) == 2
