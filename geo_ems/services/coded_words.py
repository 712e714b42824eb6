"""Codes as people say them: the code, its label in either language, or another name; else the nearest known."""

import difflib
import unicodedata

from geo_ems.errors import UsageError
from geo_ems.model.definitions import FieldDefinition

_SUGGESTED = 5
_ALIKE = 0.34  # of two characters of Chinese one in common is enough to be offered


def code_of(text: str, field: FieldDefinition) -> str:
    """Return the code that a word stands for.

    Raises
    ------
    UsageError
        Where it stands for none or for several; the nearest known are named.
    """
    words = _words(field)
    typed = _folded(text)
    meant = sorted({code for word, code in words if word == typed})
    if typed in field.codes:
        return typed
    if len(meant) == 1:
        return meant[0]
    near = meant or _nearest(typed, words)
    offered = [f"{code} ({field.codes[code].label.zh}, {field.codes[code].label.en})" for code in near]
    remedy = f"Nearest known: {'; '.join(offered)}." if offered else f"Known: {', '.join(field.codes)}."
    problem = f"'{text[:60]}' stands for several kinds" if meant else f"'{text[:60]}' is no {field.label.en.lower()}"
    raise UsageError(problem, remedy=remedy, field=field.name, value=text)


def _words(field: FieldDefinition) -> list[tuple[str, str]]:
    return [
        (_folded(word), code.code)
        for code in field.codes.values()
        for word in (code.code, code.label.zh, code.label.en, *code.synonyms)
    ]


def _nearest(typed: str, words: list[tuple[str, str]]) -> list[str]:
    """Return the codes whose names hold the text or are held by it, then those that are written alike."""
    within = [code for word, code in words if typed and (typed in word or word in typed)]
    scored = sorted(
        ((difflib.SequenceMatcher(None, typed, word).ratio(), code) for word, code in words), key=lambda item: -item[0]
    )
    alike = [code for score, code in scored if score >= _ALIKE]
    return list(dict.fromkeys([*within, *alike]))[:_SUGGESTED]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
