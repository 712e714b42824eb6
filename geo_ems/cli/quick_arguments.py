"""The arguments of `nearest` read at once where they are plainly written.

The library of the command line, with what it loads, takes longer than a question of a million
places. Whatever is not plain (help, an abbreviation, an unknown option, a value that begins with a dash, a
number in doubt, the same option twice) is left to that library, which says what is wrong.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from geo_ems.cli.nearest_question import NearestArguments

_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)

TEXTS: Final[Mapping[str, str]] = {
    "--at": "at",
    "--incident": "incident",
    "--item": "item",
    "--metric": "metric",
    "--cutoff": "cutoff",
    "--availability": "availability",
    "--as-of": "as_of",
    "--lang": "lang",
    "--format": "output_format",
    "--direction": "direction",
    "--mode": "mode",
}
WHOLE_NUMBERS: Final[Mapping[str, str]] = {"--k": "k"}
NUMBERS: Final[Mapping[str, str]] = {"--quantity": "quantity", "--max-position-age": "max_position_age"}
LISTS: Final[Mapping[str, str]] = {"--where": "where", "--barriers": "barriers", "--policy": "policy"}
FLAGS: Final[Mapping[str, str]] = {
    "--include-excluded": "include_excluded",
    "--ignore-hazards": "ignore_hazards",
    "--route": "include_route",
    "--own-area-only": "own_area_only",
}

_WITH_VALUE: Final = {**TEXTS, **WHOLE_NUMBERS, **NUMBERS, **LISTS}


def plain_nearest(arguments: Sequence[str]) -> NearestArguments | None:
    """Return the arguments of a plainly written `nearest LAYER --option value ...`; None for all else."""
    if not arguments or arguments[0] != "nearest":
        return None
    layers: list[str] = []
    lists: dict[str, list[str]] = {}
    values: dict[str, str | int | float | bool] = {}
    rest = iter(arguments[1:])
    for word in rest:
        option, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-") and word:
            layers.append(word)
        elif option in FLAGS and not equals:
            values[FLAGS[option]] = True
        elif option in _WITH_VALUE:
            value = _plain_value(option, text if equals else next(rest, ""))
            if value is None or _WITH_VALUE[option] in values:
                return None
            if option in LISTS:
                lists.setdefault(LISTS[option], []).append(str(value))
            else:
                values[_WITH_VALUE[option]] = value
        else:
            return None
    if len(layers) != 1:
        return None
    listed = {name: tuple(texts) for name, texts in lists.items()}
    return NearestArguments(layer=layers[0], **listed, **values)  # type: ignore[arg-type]  # by the tables


def _plain_value(option: str, text: str) -> str | int | float | None:
    if not text or text.startswith("-"):
        return None
    if option in WHOLE_NUMBERS:
        return int(text) if _WHOLE.fullmatch(text) else None
    if option in NUMBERS:
        return float(text) if _NUMBER.fullmatch(text) else None
    return text
