"""Collects every fault of one definition, each with its line, its key and what to do about it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from geo_ems.catalogue.toml_positions import KeyPath, find_key_lines, line_of
from geo_ems.catalogue.toml_tables import Table
from geo_ems.errors import DefinitionError, FaultsError

TableT = TypeVar("TableT", bound=Table)

_PLAIN_KEY = re.compile(r"[\w-]+")
_EXPECTED = {
    "string_type": ("text", "Write it in quotes."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
    "float_type": ("a number", "Write a number, without quotes."),
    "int_type": ("a whole number", "Write a whole number, without quotes."),
    "list_type": ("a list", 'Write a list: ["...", "..."].'),
    "dict_type": ("a table", "Write a table: { ... }."),
    "model_type": ("a table", "Write a table: { ... }."),
}
_LABEL_EXAMPLE = 'Write both languages: { zh = "...", en = "..." }.'


class DefinitionFaults:
    """The faults found so far in one TOML text."""

    def __init__(self, text: str, source: str) -> None:
        """Take the text the lines are counted in, and the name it is told under."""
        self.text = text
        self.source = source
        self._found: list[tuple[KeyPath, str, str]] = []

    def add(self, path: KeyPath, problem: str, remedy: str) -> None:
        """Note one fault at a key; one key may have several."""
        self._found.append((path, problem, remedy))

    def errors(self) -> tuple[DefinitionError, ...]:
        """Return the faults in the order of the lines."""
        if not self._found:
            return ()
        lines = find_key_lines(self.text)
        found = sorted(
            ((line_of(path, lines), path, problem, remedy) for path, problem, remedy in self._found),
            key=lambda fault: fault[0],
        )
        return tuple(
            DefinitionError(problem, where=_place(self.source, line, path), remedy=remedy)
            for line, path, problem, remedy in found
        )

    def raise_any(self) -> None:
        """Raise the faults together, if there are any.

        Raises
        ------
        FaultsError
            Of one DefinitionError per fault.
        """
        errors = self.errors()
        if errors:
            raise faults_of_file(errors, source=self.source)

    def checked(self, table: type[TableT], raw: object, path: KeyPath) -> TableT:
        """Return `raw` as a table of that kind; wrong keys are noted and replaced by placeholders."""
        if not isinstance(raw, dict):
            self.add(path, f"{raw!r} is not a table.", "Write a table: { ... }.")
            return table.model_validate(table.placeholders)
        try:
            return table.model_validate(raw)
        except ValidationError as error:
            wrong: set[int | str] = set()
            for detail in error.errors(include_url=False, include_context=False):
                self._add_detail(table, detail, path)
                wrong.add(detail["loc"][0])
            sound = {key: value for key, value in raw.items() if key not in wrong}
            return table.model_validate({**table.placeholders, **sound})

    def _add_detail(self, table: type[Table], detail: ErrorDetails, path: KeyPath) -> None:
        place = (*path, *detail["loc"])
        key = str(detail["loc"][-1])
        if detail["type"] == "extra_forbidden":
            known = list(_table_at(table, detail["loc"][:-1]).model_fields)
            self.add(place, f"There is no key '{key}' here.", suggestion(key, known))
        elif detail["type"] == "missing":
            wants_label = key in {"zh", "en", "label"}
            remedy = _LABEL_EXAMPLE if wants_label else f"Add the key '{key}'."
            self.add(place, f"The key '{key}' is missing.", remedy)
        else:
            expected, remedy = _EXPECTED.get(detail["type"], ("a value of the right kind", detail["msg"]))
            self.add(place, f"{_shortened(detail['input'])} is not {expected}.", remedy)


def faults_of_file(errors: Sequence[DefinitionError], *, source: str) -> FaultsError:
    """Return one error for all faults of one file."""
    count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    return FaultsError(
        f"The layer definition has {count}", errors, where=source, remedy="Correct it there; nothing was changed."
    )


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a remedy for a name that is not among `known`: the nearest one, or all of them."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(names) or 'none'}."


def syntax_error(message: str, text: str, *, source: str) -> DefinitionError:
    """Return the error for a text that is no TOML, on the line `tomllib` names in its message."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if found is None:
        return DefinitionError(message, where=source, remedy="Correct the TOML.")
    line = int(found.group(2)) if found.group(2) else text.count("\n") + 1
    column = f", column {found.group(3)}" if found.group(3) else ""
    if "overwrite" in found.group(1) or "twice" in found.group(1) or "inline table" in found.group(1):
        return DefinitionError(
            f"A key or table is given twice ({found.group(1)})",
            where=f"{source}, line {line}{column}",
            remedy="Give each key and each table once.",
        )
    return DefinitionError(
        f"This is not TOML: {found.group(1)}",
        where=f"{source}, line {line}{column}",
        remedy="Text stands in quotes, a table head in brackets, one key per line.",
    )


def _place(source: str, line: int, path: KeyPath) -> str:
    return f"{source}, line {line}" + (f", field '{_written(path)}'" if path else "")


def _written(path: KeyPath) -> str:
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            name = part if _PLAIN_KEY.fullmatch(part) else f'"{part}"'
            written += f".{name}" if written else name
    return written


def _table_at(table: type[Table], loc: tuple[int | str, ...]) -> type[Table]:
    for part in loc:
        if isinstance(part, str) and part in table.model_fields:
            table = next(iter(_tables_in(table.model_fields[part].annotation)), table)
    return table


def _tables_in(annotation: object) -> Iterable[type[Table]]:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for argument in get_args(annotation):
        yield from _tables_in(argument)


def _shortened(value: object) -> str:
    limit = 60
    text = repr(value) if not isinstance(value, Mapping) else "A table"
    return text if len(text) <= limit else f"{text[:limit]}..."
