"""What is found in a file: a kind with a grade and a text in both languages, and one occurrence of it."""

from dataclasses import dataclass
from enum import StrEnum

from geo_ems.model.labels import Label, Language

SHOWN_VALUE_CHARACTERS = 80
SHOWN_DETAIL_CHARACTERS = 400


class Grade(StrEnum):
    """How a row fared, from best to worst."""

    TAKEN = "taken"
    REPAIRED = "repaired"
    WARNED = "warned"
    REFUSED = "refused"


_ORDER = {grade: position for position, grade in enumerate(Grade)}


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One thing that can be said of a row or a file.

    `problem` and `remedy` are templates: `{value}` is the offending value, other names are the
    details given to `found`. `TAKEN` is the grade of what is merely told.
    """

    code: str
    grade: Grade
    problem: Label
    remedy: Label

    def found(self, *, column: str = "", field: str = "", value: object = "", **details: object) -> "Finding":
        """Return one occurrence; `column` is the heading in the file, `field` the name in the layer."""
        pairs = tuple((name, shown_value(detail, limit=SHOWN_DETAIL_CHARACTERS)) for name, detail in details.items())
        return Finding(self, column, field, shown_value(value), pairs)


@dataclass(frozen=True, slots=True)
class Finding:
    """One occurrence of a kind: where in the row, and the value it is about."""

    kind: FindingKind
    column: str = ""
    field: str = ""
    value: str = ""
    details: tuple[tuple[str, str], ...] = ()

    @property
    def grade(self) -> Grade:
        """Return the grade of the kind."""
        return self.kind.grade

    def problem(self, language: Language) -> str:
        """Return what is the matter, in one language."""
        return self.kind.problem.text(language).format(value=self.value, column=self.column, **dict(self.details))

    def remedy(self, language: Language) -> str:
        """Return what to do about it, in one language; may be empty."""
        return self.kind.remedy.text(language).format(value=self.value, column=self.column, **dict(self.details))


def kind(code: str, grade: Grade, problem: tuple[str, str], remedy: tuple[str, str] = ("", "")) -> FindingKind:
    """Return a kind from (zh, en) texts."""
    return FindingKind(code, grade, Label(*problem), Label(*remedy))


def shown_value(value: object, *, limit: int = SHOWN_VALUE_CHARACTERS) -> str:
    """Return a value as text for a message: printable, and at most `limit` characters of it."""
    text = str(value)[: limit + 1]
    if not text.isprintable():
        text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def worst_grade(findings: tuple[Finding, ...] | list[Finding]) -> Grade:
    """Return the worst grade among the findings; TAKEN where there are none."""
    return max((finding.kind.grade for finding in findings), key=_ORDER.__getitem__, default=Grade.TAKEN)
