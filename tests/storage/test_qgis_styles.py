"""What QGIS finds in the file: a style per layer, valid XML in the structure it reads, and nobody's own style lost."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import apsw
import pytest
from store_samples import HAZARDS, SHELTERS, STATUS, field, layer, open_store, run_python

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.model.definitions import Availability, FieldType, GeometryKind
from geo_ems.settings import bundled_folder
from geo_ems.storage.qgis_styles import layer_qml

LAYERS = load_definitions(bundled_folder() / "layers")
CLASSES = {"open": Availability.AVAILABLE, "standby": Availability.DELAYED, "closed": Availability.UNAVAILABLE}
TEAMS = layer(
    "response_teams",
    field("name"),
    field("status", FieldType.CODE, codes={c: replace(code, availability=CLASSES[c]) for c, code in STATUS.items()}),
    status_field="status",
)


def parsed(definition):
    text = layer_qml(definition)
    head, _, body = text.partition("\n")
    assert head == "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
    return ET.fromstring(body)  # noqa: S314 - our own text


def styles(path):
    return (
        apsw.Connection(str(path))
        .execute("SELECT f_table_name, styleName, useAsDefault, f_geometry_column FROM layer_styles ORDER BY id")
        .fetchall()
    )


def test_a_layer_with_states_is_categorised_by_them_and_by_what_is_unknown():
    root = parsed(TEAMS)
    renderer = root.find("renderer-v2")
    categories = [(c.get("value"), c.get("label")) for c in renderer.findall("categories/category")]
    shapes = {
        symbol.get("name"): [
            {o.get("name"): o.get("value") for o in drawn.findall("Option/Option")}["name"]
            for drawn in symbol.findall("layer")
        ]
        for symbol in renderer.findall("symbols/symbol")
    }

    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "status")
    assert categories == [("open", "开放"), ("standby", "备用"), ("closed", "关闭"), ("", "未知 unknown")]
    assert shapes == {
        "0": ["circle"],
        "1": ["circle", "semi_circle"],  # on its way: half filled
        "2": ["circle", "line", "line"],  # closed: struck twice, also on a photocopy
        "3": ["circle"],
    }
    assert root.findtext("layerGeometryType") == "0"
    assert [a.get("name") for a in root.findall("aliases/alias")] == ["name_字段", "status_字段"]
    values = root.findall("fieldConfiguration/field[@name='status']/editWidget/config/Option/Option/Option/Option")
    assert [(v.get("name"), v.get("value")) for v in values] == [
        ("开放", "open"),
        ("备用", "standby"),
        ("关闭", "closed"),
    ]


def test_a_layer_of_several_geometries_has_rules_that_ask_for_them():
    root = parsed(replace(TEAMS, geometry=tuple(GeometryKind)))
    rules = root.findall("renderer-v2/rules/rule")
    kinds = {s.get("name"): s.get("type") for s in root.findall("renderer-v2/symbols/symbol")}

    assert root.find("renderer-v2").get("type") == "RuleRenderer"
    assert root.find("layerGeometryType") is None  # QGIS opens it once per kind and refuses another one
    assert [rule.get("filter") for rule in rules] == [
        "geometry_type($geometry) = 'Point'",
        "geometry_type($geometry) = 'Line'",
        "geometry_type($geometry) = 'Polygon'",
    ]
    assert [inner.get("filter") for inner in rules[0]] == [
        "\"status\" = 'open'",
        "\"status\" = 'standby'",
        "\"status\" = 'closed'",
        "ELSE",
    ]
    assert [kinds[inner.get("symbol")] for rule in rules for inner in rule] == ["marker"] * 4 + ["line"] * 4 + [
        "fill"
    ] * 4


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_style_whose_symbols_all_exist(name):
    root = parsed(LAYERS[name])
    renderer = root.find("renderer-v2")
    drawn = {symbol.get("name") for symbol in renderer.findall("symbols/symbol")}
    asked = {item.get("symbol") for item in renderer.iter() if item.get("symbol")} or {"0"}

    assert drawn == asked
    assert all(symbol.findall("layer") for symbol in renderer.findall("symbols/symbol"))
    assert layer_qml(LAYERS[name]) == layer_qml(LAYERS[name])
    if "status" in LAYERS[name].fields:
        assert len(drawn) > 1


def test_labels_with_signs_of_xml_and_quotes_stay_text():
    odd = replace(HAZARDS["flood"], label=replace(HAZARDS["flood"].label, zh="<b>\"&'"))
    root = parsed(layer("odd", field("state", FieldType.CODE, codes={"flood": odd})))

    assert root.find("fieldConfiguration//Option[@value='flood']").get("name") == "<b>\"&'"


def test_the_store_holds_one_default_style_per_layer_and_writes_it_anew_with_the_definition(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS, SHELTERS):
        pass
    recoloured = replace(TEAMS, symbol=replace(TEAMS.symbol, colour="#ABCDEF"), sha256="other")
    with open_store(path, recoloured):
        pass

    assert styles(path) == [("shelters", "geo_ems", 1, "geom"), ("response_teams", "geo_ems", 1, "geom")]
    text = apsw.Connection(str(path)).execute("SELECT styleQML FROM layer_styles WHERE id = 3").fetchall()[0][0]
    assert "171,205,239,255" in text


def test_a_store_made_before_there_were_styles_gets_them_when_it_is_opened_and_nothing_else_changes(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS) as store:
        seq = store.describe().seq
    earlier = apsw.Connection(str(path))
    earlier.execute("DROP TABLE layer_styles; DELETE FROM gpkg_contents WHERE table_name = 'layer_styles'")
    earlier.close()

    with open_store(path, TEAMS) as store:
        assert store.describe().seq == seq
        assert store.integrity_faults() == ()
    assert styles(path) == [("response_teams", "geo_ems", 1, "geom")]


def test_a_style_that_somebody_saved_as_default_stays_the_default(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS):
        pass
    qgis = apsw.Connection(str(path))
    qgis.execute(
        "UPDATE layer_styles SET useAsDefault = 0; "
        "INSERT INTO layer_styles (f_table_name, f_geometry_column, styleName, useAsDefault) "
        "VALUES ('response_teams', 'geom', 'mine', 1)"
    )
    qgis.close()
    with open_store(path, replace(TEAMS, symbol=replace(TEAMS.symbol, colour="#ABCDEF"), sha256="other")):
        pass

    assert styles(path) == [("response_teams", "mine", 1, "geom"), ("response_teams", "geo_ems", 0, "geom")]


def test_the_table_of_styles_has_no_places(tmp_path):
    path = tmp_path / "s.gpkg"
    with open_store(path, TEAMS):
        pass

    listed = run_python("import pyogrio; print(pyogrio.list_layers(sys.argv[1]).tolist())", path)

    assert "['layer_styles', None]" in listed
