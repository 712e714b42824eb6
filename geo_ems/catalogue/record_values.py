"""One converter per column: from a raw cell to a value of the field, with what is to be said of it."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from geo_ems.catalogue import record_findings as found
from geo_ems.catalogue.record_numbers import NumberFaultError, parse_number, parse_worded_number
from geo_ems.catalogue.record_times import TimeFaultError, parse_date, parse_instant, stored_instant
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import Cell
from geo_ems.model.definitions import Code, FieldDefinition, FieldType
from geo_ems.model.features import Value
from geo_ems.model.units import Unit

Converter = Callable[[Cell, list[Finding]], Value]
"""Returns the value, None where there is none; appends what is to be said to the list."""

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SHORTENED = re.compile(r"^\d(?:\.\d+)?[Ee]\+\d{1,2}$")
_PHONE = re.compile(r"^(?:[0-9+\-() ,/;、.#*~]|转|轉|内线|ext)+$", re.IGNORECASE)
_PHONE_DASHES = str.maketrans("－−–—‐‑ー；，／（）＋　", "-------;,/()+ ")
_PHONE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
CODE_SEPARATORS = re.compile(r"[;；,，、/|\n]+")
_LOOSE_SEPARATORS = re.compile(r"[+＋\s]+")  # only where every part is known: names may hold them
_SPREADSHEET_ERRORS = frozenset(
    (
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!"),
        *("#GETTING_DATA", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#PYTHON!"),
    )
)
_YES = frozenset({"○", "〇", "◯", "1", "是", "有", "yes", "y", "true", "√", "✓", "✔"})
_NO = frozenset({"×", "✕", "✗", "x", "0", "否", "无", "no", "n", "false"})
_LIMITED = frozenset({"△"})
_LONGEST_LIST = 24
_LARGEST_WHOLE = 2**53
_WHOLE_TOLERANCE = 1e-6
_FEWEST_PHONE_DIGITS = 3


_DASHES = frozenset("-－−—–―‐‑ー")


class Flag(StrEnum):
    """What a cell of a yes/no column says."""

    YES = "yes"
    LIMITED = "limited"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a converter needs to know beside the field: units, commas, the zone, single lines.

    `unit` is what the numbers of the column are in; None where it is that of the field.
    """

    zone: ZoneInfo
    factor: float = 1.0
    comma_is_decimal: bool = False
    commas_unclear: bool = False
    one_line: bool = False
    unit: Unit | None = None


def build_converter(field: FieldDefinition, conversion: Conversion) -> Converter:
    """Return the converter for the cells of one column."""
    inner = _MAKERS[field.type](field, conversion)

    def convert(cell: Cell, findings: list[Finding]) -> Value:
        if cell is None:
            return None
        if is_dash(cell):
            findings.append(found.DASH_AS_EMPTY.found(value=cell))
            return None
        if isinstance(cell, str) and cell.startswith("#") and cell.strip() in _SPREADSHEET_ERRORS:
            findings.append(found.SPREADSHEET_ERROR.found(value=cell))
            return None
        return inner(cell, findings)

    return convert


def is_dash(cell: Cell) -> bool:
    """Return whether a cell holds only a dash, as tables write "nothing here"."""
    return isinstance(cell, str) and len(cell) < 9 and cell.strip() in _DASHES  # noqa: PLR2004 - a dash and blanks


def read_flag(cell: Cell) -> Flag | None:
    """Return what a yes/no cell says, or None where it says neither; blank is no."""
    if cell is None:
        return Flag.NO
    text = fold_name(str(cell))
    if text in _YES:
        return Flag.YES
    if text in _LIMITED:
        return Flag.LIMITED
    return Flag.NO if text in _NO or not text else None


def clean_text(cell: Cell) -> tuple[str, bool]:
    """Return (text in NFC, trimmed, without control characters; whether such were removed)."""
    text = str(cell)
    if isinstance(cell, bool):
        text = "true" if cell else "false"
    if text.isascii() and text.isprintable():
        return text.strip(), False
    text = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    has_control = _CONTROL.search(text) is not None
    if has_control:
        text = _CONTROL.sub("", text)
    return unicodedata.normalize("NFC", text).strip(), has_control


def _text_converter(field: FieldDefinition, conversion: Conversion) -> Converter:
    def convert(cell: Cell, findings: list[Finding]) -> Value:
        text, cleaned = clean_text(cell)
        if cleaned:
            findings.append(found.TEXT_CLEANED.found(now=text))
        if conversion.one_line and "\n" in text:
            text = " ".join(text.split())
            findings.append(found.LINE_BREAK_REPLACED.found(now=text))
        return _fitting(text, cell, field, findings)

    return convert


def _fitting(text: str, cell: Cell, field: FieldDefinition, findings: list[Finding]) -> str | None:
    if len(text) > field.max_length:
        findings.append(found.TEXT_TOO_LONG.found(value=text, length=len(text), limit=field.max_length))
        return None
    if isinstance(cell, str | float) and _SHORTENED.match(text):  # a sheet keeps 15 digits of a number
        findings.append(found.DIGITS_LOST.found(value=text))
    return text or None


def _phone_converter(field: FieldDefinition, _: Conversion) -> Converter:
    def convert(cell: Cell, findings: list[Finding]) -> Value:
        text, cleaned = clean_text(cell)
        plain = " ".join(text.translate(_PHONE_DASHES).translate(_PHONE_DIGITS).split())
        if cleaned or plain != text:
            findings.append(found.NUMBER_REPAIRED.found(value=cell, now=plain))
        kept = _fitting(plain, cell, field, findings)
        if kept is None or _SHORTENED.match(kept):
            return kept
        digits = sum(character.isdecimal() for character in kept)
        if not _PHONE.match(kept) or digits < _FEWEST_PHONE_DIGITS:
            findings.append(found.PHONE_DOUBTFUL.found(value=kept))
        elif isinstance(cell, int | float) and digits in (9, 10):  # an area code without its 0
            findings.append(found.PHONE_ZERO_LOST.found(value=kept))
        return kept

    return convert


def _number_parser(field: FieldDefinition, conversion: Conversion) -> Callable[[Cell], tuple[int | float, bool]]:
    """Return what reads (the number, whether its writing was repaired), also from 1,200人 and 0.12万."""
    unit = conversion.unit if conversion.unit is not None else field.unit
    comma_is_decimal, in_ones = conversion.comma_is_decimal, conversion.factor == 1.0

    def parse(cell: Cell) -> tuple[int | float, bool]:
        try:
            return parse_number(cell, comma_is_decimal=comma_is_decimal)
        except NumberFaultError:
            number = None
            if isinstance(cell, str):
                number = parse_worded_number(
                    cell, unit=unit, comma_is_decimal=comma_is_decimal, may_be_ten_thousands=in_ones
                )
            if number is None:
                raise
            return number, True

    return parse


def _number_converter(field: FieldDefinition, conversion: Conversion) -> Converter:
    is_integer = field.type is FieldType.INTEGER
    factor = conversion.factor
    parse = _number_parser(field, conversion)

    def convert(cell: Cell, findings: list[Finding]) -> Value:
        if conversion.commas_unclear and isinstance(cell, str) and "," in cell:
            findings.append(found.COMMA_UNCLEAR.found(value=cell))
            return None
        try:
            number, repaired = parse(cell)
        except NumberFaultError as fault:
            findings.append(fault.finding)
            return None
        if factor != 1.0:
            number = float(f"{number * factor:.12g}")
        if is_integer:
            if abs(number) > _LARGEST_WHOLE or abs(number - round(number)) > _WHOLE_TOLERANCE:
                findings.append(found.NOT_WHOLE.found(value=cell))
                return None
            number = round(number)
        elif abs(number) > 1e300:  # noqa: PLR2004 - beyond any measure; sums of it would not be finite
            findings.append(found.NOT_A_NUMBER.found(value=cell))
            return None
        if not _is_within(number, cell, field, findings):
            return None
        if repaired:
            findings.append(found.NUMBER_REPAIRED.found(value=cell, now=number))
        return number if is_integer else float(number)

    return convert


def _is_within(number: float, cell: Cell, field: FieldDefinition, findings: list[Finding]) -> bool:
    if field.minimum is not None and number < field.minimum:
        findings.append(found.BELOW_MINIMUM.found(value=cell, limit=f"{field.minimum:g}"))
        return False
    if field.maximum is not None and number > field.maximum:
        findings.append(found.ABOVE_MAXIMUM.found(value=cell, limit=f"{field.maximum:g}"))
        return False
    return True


def _convert_boolean(cell: Cell, findings: list[Finding]) -> Value:
    flag = read_flag(cell)
    if flag is None or flag is Flag.LIMITED:
        findings.append(found.NOT_YES_NO.found(value=cell))
        return None
    return flag is Flag.YES


def _convert_date(cell: Cell, findings: list[Finding]) -> Value:
    try:
        day, time_dropped = parse_date(cell)
    except TimeFaultError as fault:
        findings.append(fault.finding)
        return None
    if time_dropped:
        findings.append(found.TIME_DROPPED.found(value=cell, now=day.isoformat()))
    return day.isoformat()


def _instant_converter(_: FieldDefinition, conversion: Conversion) -> Converter:
    zone = conversion.zone

    def convert(cell: Cell, findings: list[Finding]) -> Value:
        try:
            instant, zone_assumed, midnight = parse_instant(cell, zone=zone)
        except TimeFaultError as fault:
            findings.append(fault.finding)
            return None
        if zone_assumed:
            findings.append(found.ZONE_ASSUMED.found(zone=zone.key))
        if midnight:
            findings.append(found.MIDNIGHT_TAKEN.found(value=cell))
        return stored_instant(instant)

    return convert


def codes_by_name(codes: Mapping[str, Code]) -> dict[str, str]:
    """Return the code that each folded name stands for: the code itself first, then labels and synonyms."""
    names: dict[str, str] = {}
    for code in codes.values():
        names[fold_name(code.code)] = code.code
    for code in codes.values():
        for name in (code.label.zh, code.label.en, *code.synonyms):
            names.setdefault(fold_name(name), code.code)
    return names


def _listed(codes: Mapping[str, Code]) -> str:
    shown = [f"{code.label.zh} ({code.code})" for code in list(codes.values())[:_LONGEST_LIST]]
    return "、".join(shown) + ("…" if len(codes) > _LONGEST_LIST else "")


def _labels(codes: list[str], field: FieldDefinition) -> str:
    return "、".join(field.codes[code].label.zh for code in dict.fromkeys(codes))


def _unlisted(text: str) -> str:
    """Return a JSON list of texts, as a GeoPackage holds lists of codes, with `;` between them; other text as it is."""
    if not text.startswith("["):
        return text
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return ";".join(items) if all(isinstance(item, str) for item in items) else text


def _code_converter(field: FieldDefinition, _: Conversion) -> Converter:
    names = codes_by_name(field.codes)
    known = _listed(field.codes)

    def convert(cell: Cell, findings: list[Finding]) -> Value:
        text, _ = clean_text(cell)
        if not text:
            return None
        code = names.get(fold_name(text))
        if code is None:
            findings.append(found.UNKNOWN_CODE.found(value=text, known=known))
        return code

    return convert


def _codes_converter(field: FieldDefinition, _: Conversion) -> Converter:
    names = codes_by_name(field.codes)
    known = _listed(field.codes)

    def convert(cell: Cell, findings: list[Finding]) -> Value:
        text = _unlisted(clean_text(cell)[0])
        if not text:
            return None
        whole = names.get(fold_name(text))
        if whole is not None:
            return (whole,)
        codes: set[str] = set()
        for part in filter(None, (part.strip() for part in CODE_SEPARATORS.split(text))):
            code = names.get(fold_name(part))
            if code is not None:
                codes.add(code)
                continue
            loose = [names.get(fold_name(piece)) for piece in _LOOSE_SEPARATORS.split(part) if piece]
            known_pieces = [piece for piece in loose if piece is not None]
            if not known_pieces or len(known_pieces) < len(loose):
                findings.append(found.UNKNOWN_CODE.found(value=part, known=known))
                return None
            codes.update(known_pieces)
            findings.append(found.CODES_SEPARATED.found(value=part, now=_labels(known_pieces, field)))
        return tuple(sorted(codes))

    return convert


_MAKERS: Mapping[FieldType, Callable[[FieldDefinition, Conversion], Converter]] = {
    FieldType.TEXT: _text_converter,
    FieldType.INTEGER: _number_converter,
    FieldType.REAL: _number_converter,
    FieldType.BOOLEAN: lambda _field, _conversion: _convert_boolean,
    FieldType.DATE: lambda _field, _conversion: _convert_date,
    FieldType.DATETIME: _instant_converter,
    FieldType.CODE: _code_converter,
    FieldType.CODES: _codes_converter,
    FieldType.PHONE: _phone_converter,
}
