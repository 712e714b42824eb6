"""Run cards are read strictly: every fault with its line and what to do; those shipped are sound."""

from pathlib import Path

import pytest

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.catalogue.force_rules import load_cargo, load_minimum_cover
from geo_ems.catalogue.run_cards import RunCards, load_run_cards
from geo_ems.errors import FaultsError, NotFoundError
from geo_ems.model.run_cards import ForceAim, PlacesNeeded, SuppliesNeeded
from geo_ems.services.dispatch_rules import dispatch_rule_faults
from geo_ems.settings import bundled_folder

CARD = """kind = "flood"
note = { zh = "例", en = "example" }

[[levels]]
level = 1
teams = [
  { name = "boats", label = { zh = "舟艇", en = "boats" }, capabilities = ["boat"], teams = 2, within_min = 30 },
]
supplies = [{ item = "tent", quantity = 40 }]
places = { places_persons = 100, follows_affected = true, suitable_for = ["flood"] }
force = { people_persons = 20, within_min = 45 }
"""
DEFAULT = 'kind = "default"\nnote = { zh = "例", en = "example" }\n[[levels]]\nlevel = 1\n'


@pytest.fixture(scope="module")
def definitions():
    return load_definitions(bundled_folder() / "layers")


def cards(tmp_path: Path, definitions, flood: str = CARD, **others: str) -> RunCards:
    folder = tmp_path / "rules" / "run_cards"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"flood": flood, "default": DEFAULT, **others}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_run_cards(tmp_path / "rules", definitions)


def faults(tmp_path: Path, definitions, flood: str) -> list[str]:
    with pytest.raises(FaultsError) as refused:
        cards(tmp_path, definitions, flood)
    return [str(fault) for fault in refused.value.faults]


def test_a_card_is_read_as_it_is_written(tmp_path, definitions) -> None:
    card = cards(tmp_path, definitions).card("flood", 1)

    (boats,) = card.teams
    assert (boats.name, boats.teams, boats.capabilities, boats.within_s) == ("boats", 2, ("boat",), 1800.0)
    assert card.supplies == (SuppliesNeeded("tent", 40.0, None),)
    assert card.places == PlacesNeeded(100, follows_affected=True, suitable_for=("flood",))
    assert card.force == ForceAim(0, 20, 2700.0)
    assert card.source == "rules/run_cards/flood.toml"


def test_a_kind_without_cards_has_the_default_card_and_an_unknown_one_is_refused_with_the_nearest(
    tmp_path, definitions
) -> None:
    found = cards(tmp_path, definitions)

    assert found.card("drought", 1).kind == "default"
    with pytest.raises(NotFoundError, match="There is no incident kind 'floood'") as refused:
        found.card("floood", 1)
    assert refused.value.remedy == "Did you mean: flood?"
    with pytest.raises(NotFoundError, match="no alarm level 3") as refused:
        found.card("flood", 3)
    assert refused.value.remedy == "Ask for another: the nearest is 1; there are [1]."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(
            CARD.replace('["boat"]', '["boats"]'),
            "rules/run_cards/flood.toml, line 7, field 'levels[0].teams[0].capabilities[0]': "
            "There is no capability 'boats'. Did you mean 'boat'?",
            id="unknown capability",
        ),
        pytest.param(
            CARD.replace('item = "tent"', 'item = "tents"'),
            "rules/run_cards/flood.toml, line 9, field 'levels[0].supplies[0].item': "
            "There is no item 'tents'. Did you mean 'tent'?",
            id="unknown item",
        ),
        pytest.param(
            CARD.replace("level = 1", "level = 1\nlavel = 2"),
            "rules/run_cards/flood.toml, line 6, field 'levels[0].lavel': "
            "There is no key 'lavel' here. Did you mean 'level'?",
            id="unknown key",
        ),
        pytest.param(
            CARD.replace("teams = 2, ", ""),
            "rules/run_cards/flood.toml, line 7, field 'levels[0].teams[0]': The need 'boats' asks for nothing. "
            "Write teams, people_persons or vehicles_count, 1 or more.",
            id="nothing asked",
        ),
        pytest.param(
            CARD.replace('kind = "flood"', 'kind = "fire"'),
            "rules/run_cards/flood.toml, line 1, field 'kind': The file is named flood.toml, the kind 'fire'. "
            "Name both alike.",
            id="another kind than the file",
        ),
        pytest.param(
            CARD.replace("teams = 2", 'teams = "two"'),
            "rules/run_cards/flood.toml, line 7, field 'levels[0].teams[0].teams': 'two' is not a whole number. "
            "Write a whole number, without quotes.",
            id="no number",
        ),
        pytest.param(
            CARD.replace('kind = "flood"', "kind = flood"),
            "rules/run_cards/flood.toml, line 1, column 8: This is not TOML: Invalid value. "
            "Text stands in quotes, a table head in brackets, one key per line.",
            id="no TOML",
        ),
    ],
)
def test_every_fault_is_told_with_its_line_and_the_remedy(tmp_path, definitions, wrong: str, said: str) -> None:
    assert said in faults(tmp_path, definitions, wrong)


def test_a_level_or_a_need_given_twice_is_refused(tmp_path, definitions) -> None:
    found = faults(tmp_path, definitions, CARD + "\n[[levels]]\nlevel = 1\n")

    assert any("The alarm level 1 is given twice" in fault for fault in found)


def test_without_a_default_card_it_is_said_how_to_make_one(tmp_path, definitions) -> None:
    (tmp_path / "rules" / "run_cards").mkdir(parents=True)

    with pytest.raises(FaultsError, match="There is no default run card"):
        load_run_cards(tmp_path / "rules", definitions)


def test_the_rules_that_come_with_the_program_are_sound_and_say_that_they_are_examples(definitions) -> None:
    folder = bundled_folder() / "rules"

    found = load_run_cards(folder, definitions)

    kinds = {kind for kind, _ in found.cards}
    assert {"default", "flood", "fire", "forest_fire", "hazchem", "geological", "road_traffic", "snow"} <= kinds
    assert {"building_collapse", "coal_mine", "earthquake", "infectious_disease"} <= kinds
    assert all(card.note.en == "example values, from no document" for card in found.cards.values())
    assert load_minimum_cover(folder, definitions)
    assert load_cargo(folder, definitions).weights["tent"].weight_kg == 45
    assert dispatch_rule_faults(folder, definitions) == ()


def test_what_an_area_keeps_and_what_goods_weigh_are_read_as_strictly(tmp_path, definitions) -> None:
    (tmp_path / "minimum_cover.toml").write_text(
        'note = { zh = "例", en = "e" }\n[[keep]]\nname = "a"\nlabel = { zh = "甲", en = "a" }\nteams = 1\n',
        encoding="utf-8",
    )
    (tmp_path / "cargo.toml").write_text(
        'note = { zh = "例", en = "e" }\n[trucks]\npayload_kg = 0\nvolume_m3 = 20\nitems = ["truck"]\n'
        'capability = "transport"\n[weights]\ntent = { kg = 45 }\n',
        encoding="utf-8",
    )

    found = dispatch_rule_faults(tmp_path, definitions)

    assert any("line 2, field 'keep[0]': It is not clear which areas keep it" in fault for fault in found)
    assert any("line 3, field 'trucks.payload_kg'" in fault for fault in found)
    assert any("line 8, field 'weights.tent.m3': The key 'm3' is missing" in fault for fault in found)
    assert any("What 'quilt' weighs is missing" in fault for fault in found)
    assert any("There is no default run card" in fault for fault in found)


def test_no_minimum_cover_file_means_nothing_is_kept(tmp_path, definitions) -> None:
    assert load_minimum_cover(tmp_path, definitions) == ()
