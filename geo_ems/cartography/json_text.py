"""JSON that can stand inside a page: strict numbers, and no character that could end a script."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def to_json_text(value: JsonValue) -> str:
    """Return compact JSON that is safe as the text of a script element.

    `<`, `>`, `&`, U+2028 and U+2029 are escaped, so that no string can close the element or start
    a comment in it. Lone surrogates, which UTF-8 cannot hold, become U+FFFD.

    Raises
    ------
    ValueError
        A number is NaN or infinite.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escaped in _ESCAPES.items():
        text = text.replace(character, escaped)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def to_json_value(value: object) -> JsonValue:
    """Return the value as JSON values: mappings, sequences, text, numbers; unknown numbers are null."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): to_json_value(item) for name, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [to_json_value(item) for item in items]
    return str(value)
