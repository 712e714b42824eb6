"""Numbers as people write them in tables: strict, with the few repairs that lose nothing."""

import math
import re
from collections.abc import Iterable

from geo_ems.catalogue import record_findings as found
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import Cell
from geo_ems.model.units import Unit

_PLAIN = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$", re.ASCII)
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$", re.ASCII)
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+,\d+$", re.ASCII)
_WITH_WORDS = re.compile(r"^([+-]?[\d.,]+)\s*(\D.*)$", re.ASCII)
_TEN_THOUSAND = ("万", "萬")
# Words people put behind a number beside the spellings of its unit; in a column of one field they say no more.
_COUNTERS = {
    "persons": ("口", "位"),
    "count": ("床", "张", "張", "户", "戶", "间", "座", "只", "条", "名", "次", "支", "部", "架"),
}
# Only these: a general compatibility folding would turn 5² into 52.
FULL_WIDTH = str.maketrans("０１２３４５６７８９．，＋－−　", "0123456789.,+-- ")


class NumberFaultError(Exception):
    """A cell that is no number; carries the finding for the row."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.problem("en"))
        self.finding = finding


def parse_number(cell: Cell, *, comma_is_decimal: bool) -> tuple[int | float, bool]:
    """Return (the number, whether the writing was repaired); always finite.

    Thousands separators (1,530) and full-width digits are repaired. Everything else that is no
    plain number is refused.

    Raises
    ------
    NumberFaultError
        Where the cell is no number.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise NumberFaultError(found.NOT_A_NUMBER.found(value=cell))
        return cell, False
    if not isinstance(cell, str):
        raise NumberFaultError(found.NOT_A_NUMBER.found(value=cell))
    written = cell.strip()
    text = written.translate(FULL_WIDTH).strip()
    repaired = text != written
    if comma_is_decimal and _DECIMAL_COMMA.match(text):
        text = text.replace(",", ".")
    elif _THOUSANDS.match(text):
        text = text.replace(",", "")
        repaired = True
    elif _DECIMAL_COMMA.match(text):
        raise NumberFaultError(found.COMMA_UNCLEAR.found(value=cell))
    if not _PLAIN.match(text):
        raise NumberFaultError(found.NOT_A_NUMBER.found(value=cell))
    is_whole = text.lstrip("+-").isdecimal() and len(text) < 19  # noqa: PLR2004 - the digits of 64 bits
    number = int(text) if is_whole else float(text)
    if not math.isfinite(number):
        raise NumberFaultError(found.NOT_A_NUMBER.found(value=cell))
    return number, repaired


def parse_worded_number(
    text: str, *, unit: Unit | None, comma_is_decimal: bool, may_be_ten_thousands: bool
) -> int | float | None:
    """Return the number in 1,200人 or 0.12万, None where something else than a unit or 万 stands behind it.

    `unit` is what the numbers of the column are in; words of another unit are not understood.

    Raises
    ------
    NumberFaultError
        Where the part before the words is no number.
    """
    matched = _WITH_WORDS.match(text.translate(FULL_WIDTH).strip())
    if matched is None:
        return None
    words = _words_of(unit) if unit is not None else frozenset[str]()
    written, behind = matched[1], fold_name(matched[2])
    if behind in words:
        return parse_number(written, comma_is_decimal=comma_is_decimal)[0]
    if may_be_ten_thousands and behind[:1] in _TEN_THOUSAND and behind[1:] in {"", *words}:
        number, _ = parse_number(written, comma_is_decimal=comma_is_decimal)
        return float(f"{number * 10_000:.12g}")
    return None


def _words_of(unit: Unit) -> frozenset[str]:
    spellings = (unit.code, unit.symbol.zh, unit.symbol.en, *unit.spellings, *_COUNTERS.get(unit.quantity, ()))
    return frozenset(map(fold_name, spellings))


def has_decimal_commas(cells: Iterable[Cell]) -> bool:
    """Return whether a column of measures is written with decimal commas.

    It is so where values with a comma exist and none of them could be a thousands separator. In a
    column with both kinds nothing is decided: those values are refused one by one.
    """
    with_comma = [text for text in _texts(cells) if "," in text]
    return bool(with_comma) and all(_DECIMAL_COMMA.match(text) and not _THOUSANDS.match(text) for text in with_comma)


def has_mixed_commas(cells: Iterable[Cell]) -> bool:
    """Return whether a column holds both thousands separators and decimal commas."""
    with_comma = [text for text in _texts(cells) if "," in text]
    thousands = sum(bool(_THOUSANDS.match(text)) for text in with_comma)
    decimal = sum(bool(_DECIMAL_COMMA.match(text)) and not _THOUSANDS.match(text) for text in with_comma)
    return thousands > 0 and decimal > 0


def all_decimal_commas(cells: Iterable[Cell]) -> bool:
    """Return whether every value of a coordinate column has a decimal comma (34,2815)."""
    texts = [str(cell).translate(FULL_WIDTH).strip() for cell in cells if cell is not None]
    return bool(texts) and all(map(_DECIMAL_COMMA.match, texts))


def _texts(cells: Iterable[Cell]) -> Iterable[str]:
    return (cell.translate(FULL_WIDTH).strip() for cell in cells if isinstance(cell, str))
