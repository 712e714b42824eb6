"""A definition the store has understood before is not parsed again, unless it was understood by an earlier program."""

import orjson
import pytest

from geo_ems.catalogue import layer_files
from geo_ems.catalogue.definitions import load_definitions
from geo_ems.catalogue.layer_files import declared_layers, definition_hashes
from geo_ems.settings import bundled_folder
from geo_ems.storage.definition_codec import encode_definition
from geo_ems.storage.definitions_table import HeldDefinition

FOLDER = bundled_folder() / "layers"


def test_what_the_store_keeps_is_what_parsing_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = load_definitions(FOLDER)
    held = {
        name: HeldDefinition(name, 1, item.sha256, item.text, encode_definition(item)) for name, item in parsed.items()
    }
    monkeypatch.setattr(layer_files, "_parsed", lambda *_: pytest.fail("parsed"))
    files = declared_layers(
        FOLDER,
        accepted={name: item.sha256 for name, item in held.items()},
        understood=lambda name, sha256: held[name].definition if held[name].sha256 == sha256 else None,
    )
    assert dict(files) == parsed
    assert definition_hashes(files) == {name: item.sha256 for name, item in parsed.items()}
    assert all(item.is_whole for item in held.values())
    for name, item in held.items():
        assert (item.names.name, list(item.names.fields)) == (name, list(parsed[name].fields))
        assert {child: list(part.fields) for child, part in item.names.children.items()} == {
            child: list(part.fields) for child, part in parsed[name].children.items()
        }


def test_a_definition_of_an_earlier_program_that_said_less_is_parsed_again() -> None:
    parsed = load_definitions(FOLDER)["shelters"]
    content = orjson.loads(encode_definition(parsed))
    del content["published"]
    held = HeldDefinition("shelters", 1, parsed.sha256, parsed.text, orjson.dumps(content).decode())
    assert held.definition.published is not None
    assert not held.is_whole
