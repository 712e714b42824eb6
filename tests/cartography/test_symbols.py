from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from map_layers import SHELTER_STATUS, TEAM_STATUS, definitions

from geo_ems.cartography.line_styles import AREA_STYLES, OTHER, area_style
from geo_ems.cartography.symbol_letters import SymbolLetter, letter_of
from geo_ems.cartography.symbols import POINT_SHAPES, SymbolKey, symbol_svg, symbol_svg_zh
from geo_ems.errors import DefinitionError
from geo_ems.model.definitions import Symbol
from geo_ems.model.symbol_states import SymbolState, state_of

SHELTER = Symbol("square", "#008A5E", "house")


def shape_without_colour(svg: str) -> str:
    return svg.replace("#008A5E", "#000000")


def test_every_state_of_a_shelter_looks_different_even_without_colour():
    pictures = {state: shape_without_colour(symbol_svg(SymbolKey(SHELTER, state))) for state in SymbolState}
    for one, other in combinations(SymbolState, 2):
        assert pictures[one] != pictures[other], (one, other)


@pytest.mark.parametrize("shape", POINT_SHAPES)
@pytest.mark.parametrize("state", SymbolState)
def test_every_symbol_is_well_formed_and_loads_nothing(shape, state):
    svg = symbol_svg(SymbolKey(Symbol(shape, "#123456", "house"), state, "F"))
    root = ET.fromstring(svg)  # noqa: S314  our own picture
    assert root.attrib["viewBox"] == "-14 -14 28 28"
    assert "href" not in svg
    assert svg.count("http") == 1  # the namespace


def test_unknown_is_dashed_and_wears_a_question_mark():
    svg = symbol_svg(SymbolKey(Symbol("circle", "#0057B8"), SymbolState.UNKNOWN, "F"))
    assert "stroke-dasharray" in svg
    assert ">?</text>" in svg
    assert ">F</text>" not in svg


def test_a_letter_is_escaped():
    assert ">&lt;</text>" in symbol_svg(SymbolKey(Symbol("circle", "#0057B8"), SymbolState.SOLID, "<"))


@pytest.mark.parametrize("symbol", [Symbol("star", "#008A5E"), Symbol("square", "red"), Symbol("square", '"><b>')])
def test_an_unknown_shape_or_colour_is_refused(symbol):
    with pytest.raises(DefinitionError):
        symbol_svg(SymbolKey(symbol, SymbolState.SOLID))


def test_keys_with_the_same_text_have_the_same_picture():
    keys = [
        SymbolKey(Symbol("circle", colour, glyph), state, letter)
        for colour in ("#0057B8", "#D7301F")
        for glyph in ("", "F", "house")
        for state in SymbolState
        for letter in ("", "F", "P")
    ]
    by_text: dict[str, str] = {}
    for key in keys:
        assert by_text.setdefault(key.text, symbol_svg(key)) == symbol_svg(key)


@pytest.mark.parametrize(
    ("layer", "status", "state"),
    [
        ("shelters", SHELTER_STATUS["open"], SymbolState.SOLID),
        ("shelters", SHELTER_STATUS["standby"], SymbolState.HOLLOW),
        ("shelters", SHELTER_STATUS["full"], SymbolState.SLASH),
        ("shelters", SHELTER_STATUS["closed"], SymbolState.CROSS),
        ("shelters", None, SymbolState.UNKNOWN),
        ("response_teams", TEAM_STATUS["available"], SymbolState.SOLID),
        ("response_teams", TEAM_STATUS["delayed"], SymbolState.HALF),
        ("response_teams", TEAM_STATUS["on_scene"], SymbolState.HOLLOW),
        ("response_teams", TEAM_STATUS["out_of_service"], SymbolState.CROSS),
        ("response_teams", None, SymbolState.UNKNOWN),
        ("incidents", None, SymbolState.SOLID),
        ("events", SHELTER_STATUS["closed"], SymbolState.HOLLOW),
    ],
)
def test_the_status_decides_how_a_symbol_is_filled(layer, status, state):
    layers = definitions()
    layers["events"] = replace(layers["shelters"], symbol=Symbol("burst", "#000000", fill="#FFE600"))
    assert state_of(layers[layer], status=status, grade=None) is state


@pytest.mark.parametrize(
    ("grade", "state"),
    [("general", SymbolState.HOLLOW), ("major", SymbolState.SOLID), (None, SymbolState.UNKNOWN)],
)
def test_hazards_are_solid_from_grade_major_up(grade, state):
    shelters = definitions()["shelters"]
    fields = {**shelters.fields, "grade": shelters.fields["status"]}
    hazards = replace(shelters, symbol=Symbol("triangle", "#D7301F"), fields=fields)
    assert state_of(hazards, status=None, grade=grade) is state


def test_only_lettered_shapes_wear_the_letter_of_a_kind():
    layers = definitions()
    assert letter_of(layers["response_teams"], "fire_rescue") == SymbolLetter("F", "消")
    assert letter_of(layers["response_teams"], "unheard_of", "police") == SymbolLetter("P", "警")
    assert letter_of(layers["shelters"], "fire_rescue") == SymbolLetter()


def test_a_team_of_no_known_kind_wears_the_character_of_teams_on_chinese_pages_only():
    layers = definitions()
    assert letter_of(layers["response_teams"], None) == SymbolLetter("", "队")
    assert letter_of(layers["population"], None) == SymbolLetter()


def test_chinese_pages_draw_the_character_where_english_ones_draw_the_letter():
    key = SymbolKey(Symbol("circle", "#0057B8"), SymbolState.SOLID, "F", "消")
    assert ">F</text>" in symbol_svg(key)
    assert ">消</text>" in symbol_svg_zh(key)
    shelter = SymbolKey(SHELTER, SymbolState.SOLID)
    assert symbol_svg_zh(shelter) == symbol_svg(shelter)


def test_hatches_differ_by_angle_and_unknown_kinds_have_one_of_their_own():
    assert len({style.angle_deg for style in AREA_STYLES}) == len(AREA_STYLES)
    assert area_style("flood").angle_deg == 0.0
    assert area_style(None) is OTHER
    assert area_style("locusts") is OTHER
