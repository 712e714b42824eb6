"""Names of columns as people write them: folding, units in brackets."""

import re
import unicodedata
from collections.abc import Sequence

from geo_ems.model.units import UNITS, Unit

_IN_BRACKETS = re.compile(r"^(.+?)\s*[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]$")
# What our own lists of refused rows add to the columns of a file; the last two only where they are needed.
PROBLEM_COLUMN, REMEDY_COLUMN, LINE_COLUMN, KEY_COLUMN = "问题", "建议", "原行号", "识别字段"
OPTIONS_COLUMN = "导入选项"
_FILLERS = frozenset({"", "必填", "选填", "required", "optional", "*"})


def fold_name(name: str) -> str:
    """Return the name without case, width and spaces: `Ｌat itude` and `latitude` are one name."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split()).rstrip("*")


def report_columns(columns: Sequence[str]) -> dict[str, int]:
    """Return the index of each column that a list of refused rows added; empty for other files."""
    added = {name: columns.index(name) for name in (PROBLEM_COLUMN, REMEDY_COLUMN, LINE_COLUMN) if name in columns}
    if len(added) < 3:  # noqa: PLR2004 - only all together are ours
        return {}
    return {**added, **{name: columns.index(name) for name in (KEY_COLUMN, OPTIONS_COLUMN) if name in columns}}


def _units_by_spelling() -> dict[str, Unit]:
    spellings: dict[str, Unit] = {}
    for unit in UNITS.values():
        for spelling in (unit.code, unit.symbol.zh, unit.symbol.en, *unit.spellings):
            spellings.setdefault(fold_name(spelling), unit)
    return spellings


_UNITS_BY_SPELLING = _units_by_spelling()


def unit_spelled(text: str) -> Unit | None:
    """Return the unit that is written so, or None."""
    return _UNITS_BY_SPELLING.get(fold_name(text))


def split_unit(name: str) -> tuple[str, Unit | None] | None:
    """Return (folded name, unit) of a heading with a trailing bracket, such as `容量（人）`.

    None where there is no bracket, or it holds neither a unit nor a filler such as 必填.
    """
    found = _IN_BRACKETS.match(fold_name(name))
    if found is None:
        return None
    base, inside = found.groups()
    if inside in _FILLERS:
        return base, None
    unit = unit_spelled(inside)
    return None if unit is None else (base, unit)
