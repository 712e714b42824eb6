"""Texts of fixed width without a sure encoding, as in the table of a Shapefile: all of them are decoded alike."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from geo_ems.errors import DataError
from geo_ems.formats.encodings import (
    KNOWN_ENCODINGS,
    LEGACY_ENCODINGS,
    PLAUSIBLE_SHARE,
    known_encoding,
    plausibility,
)

# What the byte of a dBASE header says; other values say nothing that Windows programs kept to.
_BY_LANGUAGE_DRIVER = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "big5",
    0x78: "big5",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
_WESTERN = frozenset({"cp437", "cp850", "cp1252", "iso8859-1", "iso8859-15"})
_BEYOND_DOUBT = 0.95
# Not everything that Python knows by a name is an encoding of text, and the name comes from the file.
_TEXT_ENCODINGS = re.compile(
    r"utf-?8|cp\d{3,4}|iso[-_]?8859[-_]?\d{1,2}|gbk|gb2312|gb18030|big5|big5hkscs|shift_?jis|euc[-_](?:jp|kr)|koi8[-_]r|ascii"
)
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "shift_jis": "cp932", "ascii": "utf-8"}
_BY_CODE_PAGE = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030", "950": "big5", "88591": "iso8859-1"}


@dataclass(frozen=True, slots=True)
class DecodedCells:
    """The texts, in the order of the bytes; `cut` are the indices whose last character was incomplete."""

    texts: tuple[str, ...]
    cut: frozenset[int]
    encoding: str


def decode_cells(cells: Sequence[bytes], *, encoding: str | None, said: str | None, where: str) -> DecodedCells:
    """Return the texts: in `encoding` where given, else as `said` where that fits, else as it reads best.

    Western encodings fit all bytes, and programs name one where they know none: where the texts are
    Chinese or Japanese beyond doubt, that is what they are.

    Raises
    ------
    UsageError
        Where `encoding` is not among the known ones.
    DataError
        Where the bytes are not text in `encoding`, or in none that reads like text.
    """
    if encoding is not None:
        first = _decode_all(cells, known_encoding(encoding))
    else:
        first = _decode_all(cells, said) if said is not None else None
        if first is None or (said in _WESTERN and not all(cell.isascii() for cell in cells)):
            readings = (_decode_all(cells, name) for name in ("utf-8", *LEGACY_ENCODINGS))
            least = PLAUSIBLE_SHARE if first is None else _BEYOND_DOUBT
            first = _most_plausible([decoded for decoded in readings if decoded is not None], least) or first
    if first is None:
        raise DataError(
            f"The texts are not {encoding}" if encoding else "The encoding of the texts cannot be told",
            where=where,
            remedy=f"Name another encoding (--encoding): {', '.join(KNOWN_ENCODINGS)}.",
        )
    return first


def encoding_said(cpg: bytes | None, language_driver: int) -> str | None:
    """Return the encoding that a .cpg file, or else the header of the table, names; None where neither does."""
    words = (cpg or b"").decode("ascii", "replace").strip().strip("\ufeff").casefold()
    for prefix in ("ansi ", "oem ", "cp", "ms", "windows-", "iso "):
        words = words.removeprefix(prefix)
    for name in (_BY_CODE_PAGE.get(words.replace("-", "").replace("_", "")), f"cp{words}", words, f"iso{words}"):
        try:
            found = codecs.lookup(name).name if name and _TEXT_ENCODINGS.fullmatch(name) else ""
        except (LookupError, ValueError):
            continue
        if _TEXT_ENCODINGS.fullmatch(found):
            return _WIDER.get(found, found)
    return _BY_LANGUAGE_DRIVER.get(language_driver)


def _decode_all(cells: Sequence[bytes], encoding: str) -> DecodedCells | None:
    texts: list[str] = []
    cut: set[int] = set()
    for index, cell in enumerate(cells):
        try:
            texts.append(cell.decode(encoding))
        except UnicodeDecodeError:
            text = _without_broken_end(cell, encoding)
            if text is None:
                return None
            texts.append(text)
            cut.add(index)
    return DecodedCells(tuple(texts), frozenset(cut), encoding)


def _without_broken_end(cell: bytes, encoding: str) -> str | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(cell, final=False)
    except UnicodeDecodeError:
        return None


def _most_plausible(readings: list[DecodedCells], least: float) -> DecodedCells | None:
    """Return UTF-8 where it fits, which is no accident, else what reads most like language."""
    if readings and readings[0].encoding == "utf-8":
        return readings[0]
    scored = [(plausibility("\n".join(decoded.texts), decoded.encoding), decoded) for decoded in readings]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= least else None
