"""The definitions of a project folder, each parsed when it is first asked for.

A command that asks one question of one layer need not parse eleven others. A file whose text the
store has accepted before holds no fault; every other file is parsed at once, and its faults are told.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from geo_ems.catalogue.definitions import load_definitions, parse_definition, plain_text
from geo_ems.model.definitions import LayerDefinition


class LayerFiles(Mapping[str, LayerDefinition]):
    """Definitions by layer name; the names and hashes are known without parsing."""

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Take the text and the name of the file of each layer."""
        self._texts = texts
        self._parsed: dict[str, LayerDefinition] = {}
        self.hashes: Mapping[str, str] = {
            name: hashlib.sha256(text.encode()).hexdigest() for name, (text, _) in texts.items()
        }

    def __getitem__(self, name: str) -> LayerDefinition:
        """Return one definition, parsing it the first time."""
        if name not in self._parsed:
            self._parsed[name] = parse_definition(*self._texts[name])
        return self._parsed[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a layer."""
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, sorted by file name."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self._texts)


def definition_hashes(definitions: Mapping[str, LayerDefinition]) -> Mapping[str, str]:
    """Return the hash of each definition by layer name, without parsing where that is not needed."""
    if isinstance(definitions, LayerFiles):
        return definitions.hashes
    return {name: definition.sha256 for name, definition in definitions.items()}


def declared_layers(folder: Path, *, accepted: Mapping[str, str]) -> Mapping[str, LayerDefinition]:
    """Return the layers of a folder; `accepted` are the hashes of the definitions the store keeps, by name.

    Raises
    ------
    FaultsError
        Of all faults in all files, where a file is new or was changed.
    DefinitionError
        Where there is no such folder.
    """
    texts: dict[str, tuple[str, str]] = {}
    try:
        for file in sorted(folder.glob("*.toml"), key=lambda path: path.name):
            texts[file.stem] = (plain_text(file.read_bytes().decode()), f"{folder.name}/{file.name}")
    except (OSError, UnicodeDecodeError):
        return load_definitions(folder)  # says what is wrong, and where
    files = LayerFiles(texts)
    if not texts or any(accepted.get(name) != sha256 for name, sha256 in files.hashes.items()):
        return load_definitions(folder)
    return files
