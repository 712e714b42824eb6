import json
from dataclasses import replace

import pytest
from map_layers import columns_of, definitions
from map_samples import AGES, content, coverage_answer, rows
from shapely.geometry import Point

from geo_ems.cartography.content import MapLayer, bounds_around
from geo_ems.cartography.json_text import to_json_text, to_json_value
from geo_ems.cartography.page_document import page_document
from geo_ems.errors import UsageError
from geo_ems.model.answers import ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.definitions import FieldDefinition, FieldType, PositionRule, Reason
from geo_ems.model.labels import Label


def document(page_content=None, *, language="zh", served=True, include_private=False):
    made = page_document(page_content or content(), language=language, served=served, include_private=include_private)
    return json.loads(to_json_text(made))


def layer_of(made, name):
    return next(layer for layer in made["layers"] if layer["name"] == name)


def test_layers_stand_in_the_order_of_the_board():
    names = [layer["name"] for layer in document()["layers"]]
    assert names == [
        "incidents",
        "response_teams",
        "shelters",
        "supply_depots",
        "hazard_areas",
        "population",
        "roads",
        "districts",
    ]


def test_private_fields_are_in_the_page_only_for_those_who_may_read_them():
    public, private = to_json_text(document()), to_json_text(document(include_private=True))
    for secret in ("0737-111 2222", "13900001111", "王五", "13712345678"):
        assert secret not in public
        assert secret in private


def test_a_layer_that_is_not_public_is_left_out():
    whole = content()
    layers = tuple(replace(layer, public=layer.definition.name != "shelters") for layer in whole.layers)
    hidden = document(replace(whole, layers=layers))
    assert "shelters" not in [layer["name"] for layer in hidden["layers"]]
    assert "shelters" not in [layer["name"] for layer in hidden["query"]["layers"]]
    assert hidden["coverage"]["layer"] is None


def test_values_stand_in_columns_with_codes_by_number_and_unknown_as_null():
    shelters = layer_of(document(), "shelters")
    assert shelters["ids"] == ["S1", "S2", "S3", "S4", "S5"]
    assert shelters["values"]["status"] == [0, 1, 2, None, 3]
    assert shelters["values"]["capacity_persons"] == [1200, None, None, None, None]
    assert shelters["values"]["suitable_for"] == [[0, 1], [], None, None, None]
    assert shelters["names"] == ["第一中学", "文化广场", "河边小学", None, "体育馆"]
    assert layer_of(document(), "districts")["values"]["remarks"] is None


def test_the_legend_counts_each_state_and_names_it_by_its_codes():
    legend = layer_of(document(), "shelters")["legend"]
    assert [(entry["label"]["zh"], entry["count"]) for entry in legend] == [
        ("开放", 1),
        ("备用", 1),
        ("已满", 1),
        ("关闭", 1),
        ("状态未知", 1),
    ]


def test_a_symbol_is_drawn_once_however_many_features_wear_it():
    made = document()
    pictures = [(svg, made["symbolsZh"].get(str(number), svg)) for number, svg in enumerate(made["symbols"])]
    assert len(pictures) == len(set(pictures))
    teams = layer_of(made, "response_teams")
    assert teams["symbols"][2] != teams["symbols"][0]
    assert teams["letters"] == [
        {"letter": {"zh": "消", "en": "F"}, "label": {"zh": "消防", "en": "fire"}},
        {"letter": {"zh": "警", "en": "P"}, "label": {"zh": "公安", "en": "police"}},
    ]


def test_every_state_a_team_may_come_to_have_is_drawn_with_its_own_letter():
    made = document()
    teams = layer_of(made, "response_teams")
    for index, status in enumerate(["available", "on_scene", "", "available"]):
        assert teams["stateSymbols"][teams["letterOf"][index]][status] == teams["symbols"][index]
    struck = teams["stateSymbols"][teams["letterOf"][0]]["out_of_service"]
    assert ">消</text>" in made["symbolsZh"][str(struck)]


def test_an_area_keeps_its_outline_and_its_symbol_stands_inside():
    shelters = layer_of(document(), "shelters")
    assert list(shelters["shapes"]) == ["4"]
    lon, lat = shelters["places"][4]
    assert 112.05 < lon < 112.055
    assert 28.07 < lat < 28.074


def test_child_rows_stand_under_the_number_of_their_feature():
    (stock,) = layer_of(document(), "supply_depots")["children"]
    assert stock["rows"] == {"0": [[0, 300.0]]}


def test_a_feature_without_a_place_stays_in_the_list():
    definition = definitions()["incidents"]
    columns = columns_of(definition, [("I9", None, {"name": "地点不明"})])
    made = document(replace(content(), layers=(MapLayer(definition, columns),)))
    assert layer_of(made, "incidents")["places"] == [None]
    assert made["bounds"] is None
    assert layer_of(made, "incidents")["asOf"] is None


def test_a_live_team_stands_at_its_position_only_for_those_who_may_know_it():
    teams = definitions()["response_teams"]
    mode = FieldDefinition(
        "position_mode", FieldType.CODE, Label("位置", "position"), codes=dict.fromkeys(("base", "live"))
    )
    mode = replace(
        mode, codes={name: replace(teams.fields["status"].codes["available"], code=name) for name in ("base", "live")}
    )
    lonlat = [
        FieldDefinition(name, FieldType.REAL, Label(name, name), private=True)
        for name in ("position_lon_deg", "position_lat_deg")
    ]
    rule = PositionRule("position_mode", "position_lon_deg", "position_lat_deg", "position_time")
    moving = replace(teams, position=rule, fields={**teams.fields, **{f.name: f for f in (mode, *lonlat)}})
    values = {"name": "队", "position_mode": "live", "position_lon_deg": 112.5, "position_lat_deg": 28.5}
    at_home = values | {"position_mode": "base"}
    home = Point(112.05, 28.04)
    columns = columns_of(moving, [("T-1", home, values), ("T-2", home, at_home)])
    page_content = replace(content(), layers=(MapLayer(moving, columns, AGES),))
    assert layer_of(document(page_content), "response_teams")["places"] == [[112.05, 28.04]] * 2
    private = layer_of(document(page_content, include_private=True), "response_teams")["places"]
    assert private == [[112.5, 28.5], [112.05, 28.04]]


def saved_answer(layer="response_teams"):
    place = Point(112.05, 28.04)
    return NearestAnswer(
        query={"layer": layer, "lon": 112.02, "lat": 28.02, "k": 1},
        definition={"rank": "straight line"},
        snapshot_id="store-1:42",
        as_of="2026-07-20T19:10:00Z",
        data_as_of={layer: AGES},
        results=(
            RankedFeature(
                1,
                "T-1",
                "消防大队",
                None,
                3690.1,
                3690.1,
                53.0,
                "available",
                None,
                False,
                None,
                None,
                (),
                "live",
                None,
                60.0,
                {"phone": "119", "kind": "fire_rescue"},
                {},
                place,
            ),
        ),
        passed_over=(
            ExcludedFeature("T-2", "公安分队", Reason.UNAVAILABLE, "已到场", 1211.0, {"phone": "110"}, 24.0, place),
        ),
        to_confirm=(),
        to_open=(),
        excluded_counts={Reason.UNAVAILABLE: 1},
        excluded=None,
        excluded_truncated=False,
        warnings=(),
    )


def test_a_saved_answer_hides_what_is_private():
    page_content = content(nearest=saved_answer(), coverage=coverage_answer())
    made = document(page_content)
    assert made["nearest"]["results"][0]["kind"] == "fire_rescue"
    assert "phone" not in made["nearest"]["results"][0]
    assert made["nearest"]["results"][0]["geometry"]["coordinates"] == []  # a live position is private
    assert "phone" not in made["nearest"]["passed_over"][0]
    assert made["nearest"]["excluded_counts"] == {"unavailable": 1}
    assert made["coverage"]["answer"]["total"] == {"people": 1700, "reachable": 800, "unreachable": 900}
    seen = document(page_content, include_private=True)["nearest"]["results"][0]
    assert seen["phone"] == "119"
    assert seen["geometry"] == {"type": "Point", "coordinates": [112.05, 28.04]}


def test_an_answer_about_a_layer_that_is_not_shown_is_refused():
    with pytest.raises(UsageError, match="about 'boats'"):
        document(content(nearest=saved_answer("boats")))


def test_a_language_the_page_does_not_speak_is_refused():
    with pytest.raises(UsageError, match="no language 'fr'"):
        document(language="fr")


def test_the_first_view_holds_every_feature_with_a_margin():
    west, south, east, north = document()["bounds"]
    assert (west < 112.015, south < 28.01, east > 112.09, north > 28.09) == (True,) * 4
    assert west > 112.0  # the county outline is base map and does not widen the view
    assert bounds_around([None, rows()["districts"][0][1]]) == (112.0, 28.0, 112.1, 28.1)
    assert bounds_around([None]) is None


def test_the_name_of_the_project_may_be_bilingual():
    assert document(content(project="县局"))["project"] == {"zh": "县局", "en": "县局"}
    assert document(content(project=Label("县局", "Bureau")))["project"] == {"zh": "县局", "en": "Bureau"}


def test_numbers_that_json_cannot_hold_become_null():
    assert to_json_value({"a": float("nan"), "b": (1, 2.5), "c": {"y", "x"}}) == {
        "a": None,
        "b": [1, 2.5],
        "c": ["x", "y"],
    }
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json_text(float("inf"))
