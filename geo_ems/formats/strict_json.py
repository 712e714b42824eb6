"""JSON that is read strictly: duplicate names, NaN and deep nesting are noticed, not swallowed."""

import json
from collections.abc import Iterator

from geo_ems.errors import DataError
from geo_ems.formats import reading_findings as found
from geo_ems.formats.findings import Finding

_BLANK = " \t\r\n\x1e"

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class StrictReader:
    """Reads JSON values one after the other from a text; faults inside a value are collected.

    The standard decoder stops with an error, not a crash, where nesting is too deep for it.
    """

    def __init__(self, text: str, *, where: str) -> None:
        self.position = 0
        self._counted = (0, 1)
        self._text = text
        self._where = where
        self._faults: list[Finding] = []
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_constant=self._constant)

    def peek(self) -> str:
        """Return the next character that is not blank, or "" at the end."""
        text, position = self._text, self.position
        while position < len(text) and text[position] in _BLANK:
            position += 1
        self.position = position
        return text[position] if position < len(text) else ""

    def expect(self, character: str) -> None:
        """Step over one character."""
        if self.peek() != character:
            raise self._syntax_error(f"'{character}' is missing")
        self.position += 1

    def value(self) -> tuple[Json, tuple[Finding, ...]]:
        """Return the next value and the faults inside it."""
        self.peek()
        self._faults.clear()
        try:
            value, self.position = self._decoder.raw_decode(self._text, self.position)
        except json.JSONDecodeError as error:
            self.position = error.pos
            raise self._syntax_error(error.msg) from error
        except RecursionError as error:
            raise self._syntax_error("it is nested too deep") from error
        except ValueError as error:
            raise self._syntax_error(str(error)) from error
        return value, tuple(self._faults)

    def elements(self) -> Iterator[None]:
        """Step through an array: the caller reads one value at each step."""
        self.expect("[")
        if self.peek() == "]":
            self.position += 1
            return
        while True:
            yield
            if self.peek() == ",":
                self.position += 1
                continue
            self.expect("]")
            return

    def members(self) -> Iterator[str]:
        """Step through an object, giving each name: the caller reads its value."""
        self.expect("{")
        names: set[str] = set()
        if self.peek() == "}":
            self.position += 1
            return
        while True:
            if self.peek() != '"':
                raise self._syntax_error("a name in quotation marks is missing")
            name, _ = self.value()
            if name in names:
                raise self._syntax_error(f"the name '{name}' appears twice")
            names.add(str(name))
            self.expect(":")
            yield str(name)
            if self.peek() == ",":
                self.position += 1
                continue
            self.expect("}")
            return

    def line(self) -> int:
        """Return the line on which the reader stands; cheap when asked again further on."""
        counted_to, line = self._counted
        if self.position < counted_to:
            counted_to, line = 0, 1
        line += self._text.count("\n", counted_to, self.position)
        self._counted = (self.position, line)
        return line

    def _syntax_error(self, reason: str) -> DataError:
        column = self.position - self._text.rfind("\n", 0, self.position)
        return DataError(
            f"Line {self.line()}, column {column} is not valid JSON: {reason}",
            where=self._where,
            remedy="Export the file again; if it was edited by hand, check it there.",
        )

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self._faults.append(found.DUPLICATE_JSON_KEY.found(value=twice))
        return members

    def _constant(self, name: str) -> None:
        self._faults.append(found.JSON_NOT_A_NUMBER.found(value=name))


def is_deeper_than(value: Json, limit: int) -> bool:
    """Return whether arrays and objects are nested more than `limit` deep; itself without recursion."""
    level: list[Json] = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
