from pathlib import Path

import pytest
from map_samples import OVERVIEW

from geo_ems.cartography.boards import BoardLayer, Drawing, load_board
from geo_ems.errors import DefinitionError, FaultsError

BOARD = """
name = "small"
title = { zh = "小图", en = "Small" }
[[layers]]
name = "shelters"
draw = "symbols"
fields = ["status"]
"""


@pytest.fixture
def board_file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "small.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_overview_shows_all_eleven_layers_with_districts_at_the_bottom():
    board = load_board(OVERVIEW)
    assert len(board.layers) == 11
    assert board.layers[-1] == BoardLayer("districts", Drawing.DISTRICTS, base=True)
    assert board.query_layers == ("response_teams", "shelters", "supply_depots")
    assert (board.coverage_layer, board.coverage_cutoff_m) == ("shelters", 2000.0)


def test_a_board_without_questions_asks_none(board_file):
    board = load_board(board_file(BOARD))
    assert board.layers == (BoardLayer("shelters", Drawing.SYMBOLS, fields=("status",)),)
    assert board.query_layers == ()
    assert board.coverage_layer is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            BOARD.replace("draw =", "drow ="),
            "small.toml: Field 'layers[1].drow': extra inputs are not permitted. Remove it, or correct its spelling.",
            id="misspelt key",
        ),
        pytest.param(
            BOARD.replace('"symbols"', '"3d"'),
            "small.toml: Field 'layers[1].draw': "
            "input should be 'symbols', 'villages', 'districts', 'areas' or 'roads'."
            " Write one of: areas, districts, roads, symbols, villages.",
            id="unknown drawing",
        ),
        pytest.param(
            BOARD + '[query]\nlayers = ["teams"]\n',
            "small.toml: Field 'query.layers': the board has no layer teams. Its layers: shelters.",
            id="question about a layer that is not shown",
        ),
        pytest.param(
            BOARD + '[[layers]]\nname = "shelters"\ndraw = "symbols"\n',
            "small.toml: Field 'layers': shelters stands twice. Keep one of the two.",
            id="a layer twice",
        ),
        pytest.param(
            BOARD.replace('name = "small"\n', ""),
            "small.toml: Field 'name': field required. Add it.",
            id="missing name",
        ),
    ],
)
def test_a_wrong_board_is_refused_with_file_field_and_remedy(board_file, text, fault):
    with pytest.raises(FaultsError) as refused:
        load_board(board_file(text))
    assert fault in [str(one) for one in refused.value.faults]


def test_all_faults_of_a_board_are_told_at_once(board_file):
    text = BOARD.replace("draw =", "drow =").replace('name = "small"\n', "")
    with pytest.raises(FaultsError) as refused:
        load_board(board_file(text))
    assert len(refused.value.faults) == 3  # no name, no draw, drow


def test_what_is_not_toml_or_not_there_is_said(board_file, tmp_path):
    with pytest.raises(DefinitionError, match="not TOML"):
        load_board(board_file("name = "))
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_board(tmp_path / "none.toml")
