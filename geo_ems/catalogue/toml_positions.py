"""Where each key of a TOML text stands: `tomllib` gives values without lines, people need the line."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL_STRING = re.compile(r"'[^'\n]*'")
_LONG_BASIC_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL)
_LONG_LITERAL_STRING = re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")


def find_key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, from 1, on which each key of a valid TOML text stands.

    A path holds table names, keys and, inside arrays, positions from 0. A table named by several
    heads stands where it is first named. The text must be one that `tomllib` has accepted.
    """
    return _Scanner(text).scanned()


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """Return the line of a key, or of the nearest table around a key that is not written."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scanner:
    """Walks over the text once, noting every key; values are skipped, not interpreted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.array_lengths: dict[KeyPath, int] = {}

    def scanned(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._table_head()
            else:
                self._key_and_value(table)
            self._skip(_BLANK)
        return self.lines

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"the text is no TOML at offset {self.at}")
        self.at = match.end()
        return match.group()

    def _note(self, path: KeyPath, start: int) -> None:
        self.lines.setdefault(path, bisect_left(self.newlines, start) + 1)

    def _table_head(self) -> KeyPath:
        start = self.at
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        names = self._dotted_key()
        self.at += 2 if is_array else 1
        path: KeyPath = ()
        for position, name in enumerate(names, start=1):
            path = (*path, name)
            self._note(path, start)
            if is_array and position == len(names):
                self.array_lengths[path] = self.array_lengths.get(path, 0) + 1
            if path in self.array_lengths:
                path = (*path, self.array_lengths[path] - 1)
                self._note(path, start)
        return path

    def _key_and_value(self, table: KeyPath) -> None:
        start = self.at
        names = self._dotted_key()
        for length in range(1, len(names) + 1):
            self._note((*table, *names[:length]), start)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value((*table, *names))

    def _dotted_key(self) -> Sequence[str]:
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            quote = self.text[self.at]
            if quote == '"':
                names.append(_unescaped(self._skip(_BASIC_STRING)[1:-1]))
            elif quote == "'":
                names.append(self._skip(_LITERAL_STRING)[1:-1])
            else:
                names.append(self._skip(_BARE_KEY))
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        start = self.text[self.at]
        if start == "{":
            self._inline_table(path)
        elif start == "[":
            self._array(path)
        elif start == '"':
            self._skip(_LONG_BASIC_STRING if self.text.startswith('"""', self.at) else _BASIC_STRING)
        elif start == "'":
            self._skip(_LONG_LITERAL_STRING if self.text.startswith("'''", self.at) else _LITERAL_STRING)
        else:
            self._skip(_BARE_VALUE)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(_BLANK)
        position = 0
        while self.text[self.at] != "]":
            self._note((*path, position), self.at)
            self._value((*path, position))
            position += 1
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(_BLANK)
        while self.text[self.at] != "}":
            self._key_and_value(path)
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1


_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")


def _unescaped(content: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        digits = match.group(1) or match.group(2)
        return chr(int(digits, 16)) if digits else _ESCAPES[match.group(3)]

    return _ESCAPE.sub(replaced, content)
