"""Kinds of values that stand in JSON bodies only: long text, lists of names, instants by name, geometries."""

from collections.abc import Mapping
from datetime import datetime

from geo_ems.web.kinds import Kind, Schema, WrongValueError, instant, text


def long_text(max_length: int) -> Kind[str]:
    """Return text of several lines, 1 to `max_length` characters; of control characters only newline and tab."""
    line = text(max_length)

    def of_text(value: str) -> str:
        if value.strip():
            line.of_text(value.replace("\r\n", "\n").replace("\n", " ").replace("\t", " "))
            return value.replace("\r\n", "\n")
        return line.of_text(value)

    def of_json(value: object) -> str:
        return of_text(value) if isinstance(value, str) else line.of_json(value)

    return Kind(line.schema, of_text, of_json)


def names(max_items: int) -> Kind[tuple[str, ...]]:
    """Return a JSON list of short texts, each once."""
    one = text(100)

    def of_json(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > max_items:
            raise WrongValueError("is not a list of names", f"Write a list of at most {max_items}.")
        found = tuple(one.of_json(item) for item in value)
        if len(set(found)) < len(found):
            raise WrongValueError("names something twice", "Name each once.")
        return found

    def of_text(_: str) -> tuple[str, ...]:
        raise WrongValueError("is not a list of names", "Send it as JSON.")

    schema: Schema = {"type": "array", "items": one.schema, "maxItems": max_items, "uniqueItems": True}
    return Kind(schema, of_text, of_json)


def instants(max_items: int) -> Kind[Mapping[str, datetime]]:
    """Return a JSON object of instants by name."""
    one, name = instant(), text(100)

    def of_json(value: object) -> Mapping[str, datetime]:
        if not isinstance(value, dict) or not 1 <= len(value) <= max_items:
            raise WrongValueError("is not an object of instants", 'Write {"police": "2026-07-21T03:10:00+08:00"}.')
        return {name.of_json(key): one.of_json(item) for key, item in value.items()}

    def of_text(_: str) -> Mapping[str, datetime]:
        raise WrongValueError("is not an object of instants", "Send it as JSON.")

    schema: Schema = {"type": "object", "additionalProperties": one.schema, "minProperties": 1}
    return Kind(schema, of_text, of_json)


def geometry() -> Kind[Mapping[str, object]]:
    """Return a JSON object that claims to be a GeoJSON geometry; the layer decides whether it is one."""

    def of_json(value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise WrongValueError("is not a geometry", 'Write {"type": "Point", "coordinates": [111.5, 31.2]}.')
        return value

    def of_text(_: str) -> Mapping[str, object]:
        raise WrongValueError("is not a geometry", "Send it as JSON.")

    return Kind({"type": "object"}, of_text, of_json)
