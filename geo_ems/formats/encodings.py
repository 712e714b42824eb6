"""Which encoding a text is in: strict decoding first, then what reads like language."""

import codecs
from collections import Counter
from itertools import islice

from geo_ems.errors import DataError, UsageError

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# GB18030 contains GBK and GB2312; cp932 contains Shift-JIS.
LEGACY_ENCODINGS = ("gb18030", "cp932", "euc_jp")
KNOWN_ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"),
    *("gb18030", "gbk", "gb2312", "big5", "cp932", "shift_jis", "euc_jp", "euc_kr", "cp949"),
    *("iso8859-1", "iso8859-15", "cp1250", "cp1251", "cp1252"),
)
# What stands in almost every table of places, per language: decides where both decodings read well.
_FREQUENT_ZH = frozenset("县区镇乡村街道市省学校中小大广场公园东西南北路号社会办处局队院避难所库站人民体育馆名称经纬度")
_FREQUENT_JA = frozenset("市町村丁目番地区県道府小中学校高園公民館第一東西南北大山川田名称住所経緯度電話")
_SAMPLE_BYTES = 262_144
PLAUSIBLE_SHARE = 0.7
_FIRST_LEVEL_1_LEAD = 0xB0


def decode_text(data: bytes, *, encoding: str | None = None, where: str = "") -> tuple[str, str]:
    """Return (text, encoding); a byte order mark is taken off.

    Raises
    ------
    UsageError
        Where `encoding` is not among the known ones.
    DataError
        Where the bytes are not text in the encoding asked for, or in none that reads like text.
    """
    if encoding is not None:
        return _decode_as(data, known_encoding(encoding), where=where)
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _decode_as(data, name, where=where)
    without_mark = _utf16_without_mark(data)
    if without_mark is not None:
        return _decode_as(data, without_mark, where=where)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data, error):
            raise _not_text(data, "utf-8", error, where=where) from error
    return _decode_legacy(data, where=where)


def known_encoding(encoding: str) -> str:
    """Return the name under which an encoding is known to Python.

    Raises
    ------
    UsageError
        Where it is not among `KNOWN_ENCODINGS`.
    """
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise _unknown(encoding) from error
    if name not in {codecs.lookup(known).name for known in KNOWN_ENCODINGS}:
        raise _unknown(encoding)
    return name


def _unknown(encoding: str) -> UsageError:
    return UsageError(
        f"There is no encoding '{encoding}' here",
        remedy=f"Known: {', '.join(KNOWN_ENCODINGS)}.",
        field="encoding",
        value=encoding,
    )


def _decode_as(data: bytes, name: str, *, where: str) -> tuple[str, str]:
    try:
        return data.decode(name).removeprefix("\ufeff"), name
    except UnicodeDecodeError as error:
        raise _not_text(data, name, error, where=where) from error


def _not_text(data: bytes, name: str, error: UnicodeDecodeError, *, where: str) -> DataError:
    line = data.count(b"\n", 0, error.start) + 1
    wrong = data[error.start : error.start + 1].hex().upper()
    return DataError(
        f"Line {line} is not {name}: byte {wrong} at offset {error.start}",
        where=where,
        remedy="Save the file as UTF-8, or name its encoding (--encoding).",
    )


def _utf16_without_mark(data: bytes) -> str | None:
    sample = data[:2000]
    pairs = len(sample) // 2
    if pairs == 0 or b"\x00" not in sample:
        return None
    if sample[1::2].count(0) > pairs * 0.3 and sample[0::2].count(0) == 0:
        return "utf-16-le"
    if sample[0::2].count(0) > pairs * 0.3 and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _is_damaged_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    """Tell UTF-8 with a wrong byte from another encoding: enough real UTF-8 stands before it."""
    before = data[max(0, error.start - _SAMPLE_BYTES) : error.start]
    return sum(byte >= 0xC0 for byte in before) >= 20  # noqa: PLR2004 - twenty multi-byte characters are no accident


def _decode_legacy(data: bytes, *, where: str) -> tuple[str, str]:
    best: tuple[float, str, str] | None = None
    for name in LEGACY_ENCODINGS:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        score = plausibility(text, name)
        if best is None or score > best[0]:
            best = (score, text, name)
    if best is None or best[0] < PLAUSIBLE_SHARE:
        raise DataError(
            "The encoding cannot be told: neither UTF-8 nor GB18030, Shift-JIS or EUC-JP gives readable text",
            where=where,
            remedy=f"Save the file as UTF-8, or name its encoding (--encoding): {', '.join(KNOWN_ENCODINGS)}.",
        )
    return best[1], best[2]


def plausibility(text: str, encoding: str) -> float:
    """Return the share of the other-than-ASCII characters that are everyday ones, plus a bonus; 1 without any.

    Everyday are the level 1 characters of GB 2312 or JIS X 0208, full-width punctuation and, in
    Japanese, kana. Both encodings map the kana rows alike, so kana count against Chinese.
    """
    japanese = encoding != "gb18030"
    counts = Counter(islice((character for character in text if character > "\x7f"), _SAMPLE_BYTES))
    total = counts.total()
    if total == 0:
        return 1.0
    everyday = sum(number for character, number in counts.items() if _is_everyday(character, japanese=japanese))
    frequent = _FREQUENT_JA if japanese else _FREQUENT_ZH
    bonus = sum(number for character, number in counts.items() if character in frequent)
    return (everyday + 0.2 * bonus) / total


def _is_everyday(character: str, *, japanese: bool) -> bool:
    if "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e":
        return True
    if "\u3040" <= character <= "\u30ff":
        return japanese
    codec, last_lead = ("euc_jp", 0xCF) if japanese else ("gb2312", 0xD7)
    try:
        lead = character.encode(codec)[0]
    except UnicodeEncodeError:
        return False
    if character in "○×△◎●■□★☆※℃°′″±①②③④⑤⑥⑦⑧⑨⑩":
        return True
    return _FIRST_LEVEL_1_LEAD <= lead <= last_lead
