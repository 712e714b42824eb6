"""A layer definition as JSON text and back, so that the store can compare what it has with what is asked.

The codec follows the type hints of the model, so a field added there with a default needs nothing here.
"""

import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Union, get_args, get_origin, get_type_hints

import orjson

from geo_ems.errors import StoreError
from geo_ems.model.definitions import LayerDefinition


def encode_definition(definition: LayerDefinition) -> str:
    """Return the definition as JSON; mappings keep their order, since masks and indices count on it.

    The TOML text is left out: the store keeps it in a column of its own.
    """
    return orjson.dumps(dataclasses.replace(definition, text="", source="")).decode()


def decode_definition(content: str, *, text: str = "") -> LayerDefinition:
    """Return the definition that `encode_definition` wrote, with its TOML text put back.

    Raises
    ------
    StoreError
        Where the JSON does not fit the definitions this program knows.
    """
    try:
        decoded = _decode(LayerDefinition, orjson.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"A stored layer definition cannot be read ({error})",
            remedy="The store was written by a newer geo_ems, or is damaged: update, or restore a backup.",
        ) from error
    if not isinstance(decoded, LayerDefinition):
        raise TypeError(content)
    return dataclasses.replace(decoded, text=text)


@cache
def _hints_of(kind: type) -> Mapping[str, object]:
    """Return the type of each part of a dataclass; finding it out takes longer than decoding."""
    return get_type_hints(kind)


def _decode(hint: object, data: object) -> object:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        present = [argument for argument in arguments if argument is not types.NoneType]
        return None if data is None else _decode(present[0], data)
    if origin is tuple and isinstance(data, list):
        return tuple(_decode(arguments[0], item) for item in data)
    if origin is Mapping and isinstance(data, dict):
        return {name: _decode(arguments[1], item) for name, item in data.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(data, dict):
        hints = _hints_of(hint)
        return hint(**{name: _decode(hints[name], item) for name, item in data.items()})
    if isinstance(hint, type) and (isinstance(data, hint) or (hint is float and isinstance(data, int))):
        return data
    raise TypeError(f"{data!r} is not {hint}")
