"""The definitions of a project folder, each understood when it is first asked for.

A command that asks one question of one layer need not understand eleven others. A file whose text
the store has accepted before holds no fault, and the store keeps what it says; every other file is
parsed at once, and its faults are told.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from geo_ems.model.definitions import LayerDefinition

Understood = Callable[[str, str], LayerDefinition | None]
"""Gives the definition that is kept of a layer's text with a hash; None where there is none."""


class LayerFiles(Mapping[str, LayerDefinition]):
    """Definitions by layer name; the names and hashes are known without parsing."""

    def __init__(self, texts: Mapping[str, tuple[str, str]], *, understood: Understood) -> None:
        """Take the text and the name of the file of each layer, and what is kept of them."""
        self._texts = texts
        self._understood = understood
        self._parsed: dict[str, LayerDefinition] = {}
        self.hashes: Mapping[str, str] = {
            name: hashlib.sha256(text.encode()).hexdigest() for name, (text, _) in texts.items()
        }

    def __getitem__(self, name: str) -> LayerDefinition:
        """Return one definition; the first time it is taken from what is kept, or parsed."""
        if name not in self._parsed:
            text, source = self._texts[name]
            kept = self._understood(name, self.hashes[name])
            self._parsed[name] = _parsed(text, source) if kept is None else replace(kept, source=source)
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


def declared_layers(
    folder: Path, *, accepted: Mapping[str, str], understood: Understood
) -> Mapping[str, LayerDefinition]:
    """Return the layers of a folder.

    `accepted` are the hashes of the definitions the store keeps, by name; `understood` gives one of them.

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
        return _loaded(folder)  # says what is wrong, and where
    files = LayerFiles(texts, understood=understood)
    if not texts or any(accepted.get(name) != sha256 for name, sha256 in files.hashes.items()):
        return _loaded(folder)
    return files


def plain_text(text: str) -> str:
    r"""Return a TOML text with line ends `\n` and without a byte order mark: the text that is hashed."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _parsed(text: str, source: str) -> LayerDefinition:
    from geo_ems.catalogue.definitions import parse_definition  # noqa: PLC0415 - parsing is seldom needed, and heavy

    return parse_definition(text, source)


def _loaded(folder: Path) -> Mapping[str, LayerDefinition]:
    from geo_ems.catalogue.definitions import load_definitions  # noqa: PLC0415 - as above

    return load_definitions(folder)
