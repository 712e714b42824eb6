"""Whether two names probably mean the same: what is written differently without a difference is taken out first.

Width, case, spaces and punctuation do not count, nor words that only say what kind of thing it is
(避难场所, 有限公司); Chinese numerals are digits. Numbers, words of direction and single letters
must be the same: 东校区 and 西校区, 1号库 and 2号库, A座 and B座 are two places. The rest is compared
by its pairs of neighbouring characters: twice the shared pairs over all pairs (Dice's coefficient)
must reach 0.8, or the shorter name must begin or end the longer one. In brackets stands what tells
places of one name apart: where both names have some, they must be equal.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

ALIKE_FROM = 0.8
_CONTAINED_CHARACTERS = 4
_BRACKETED = re.compile(r"[(\[{<【〔〈《「『]([^()\[\]{}<>【】〔〕〈〉《》「」『』]*)[)\]}>】〕〉》」』]")
_LONE_LETTER = re.compile(r"(?<![a-z])[a-z](?![a-z])")
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_DIRECTIONS = frozenset("东西南北東上下左右前后後甲乙丙丁")
_KIND_WORDS = (
    *("应急避难场所", "紧急避难场所", "避难场所", "避难点", "避难所", "安置点", "指定避難所", "避難場所", "避難所"),
    *("股份有限公司", "有限责任公司", "有限公司", "株式会社"),
)


@dataclass(frozen=True, slots=True)
class ComparableName:
    """A name made ready: the rest of it, what stood in brackets, its numbers and directions, its pairs."""

    rest: str
    bracketed: str
    markers: str
    pairs: Counter[str]


def comparable_name(name: str) -> ComparableName | None:
    """Return a name made ready for comparison; None where nothing is left to compare."""
    text = unicodedata.normalize("NFKC", name).casefold()
    bracketed = "".join(_letters(part) for part in _BRACKETED.findall(text))
    rest = _letters(_BRACKETED.sub("", text)) or bracketed
    for word in _KIND_WORDS:
        if rest.endswith(word) and len(rest) > len(word) + 1:
            rest = rest.removesuffix(word)
            break
    if not rest:
        return None
    marks = [character for character in rest if character.isdigit() or character in _DIRECTIONS]
    markers = "".join(sorted([*marks, *_LONE_LETTER.findall(rest)]))
    return ComparableName(rest, bracketed, markers, Counter(map("".join, pairwise(rest))))


def likeness(name: ComparableName, other: ComparableName) -> float:
    """Return 1 for names that mean the same, from 0.8 for similar ones, 0 for different ones."""
    if name.bracketed and other.bracketed and name.bracketed != other.bracketed:
        return 0.0
    if name.rest == other.rest:
        return 1.0
    if name.markers != other.markers:
        return 0.0
    shorter, longer = sorted((name.rest, other.rest), key=len)
    if len(shorter) >= _CONTAINED_CHARACTERS and (longer.startswith(shorter) or longer.endswith(shorter)):
        return ALIKE_FROM
    total = name.pairs.total() + other.pairs.total()
    shared = 2 * (name.pairs & other.pairs).total() / total if total else 0.0
    return shared if shared >= ALIKE_FROM else 0.0


def folded_code(code: str) -> tuple[str, ...]:
    """Return a code without what is only another writing: S-01, ｓ１ and S001 are one; 1-11 and 11-1 are two."""
    text = unicodedata.normalize("NFKC", code).casefold()
    parts = re.findall(r"\d+|[^\W\d_]+", text)
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def phone_numbers(text: str) -> frozenset[str]:
    """Return the numbers in a field of phones as digits, without the country's own code."""
    found = set()
    for part in re.split(r"[;,/、,;]|\s{2,}", unicodedata.normalize("NFKC", text)):
        digits = "".join(character for character in part if character.isdigit())
        digits = digits.removeprefix("0086") if part.strip().startswith("0086") else digits
        digits = digits.removeprefix("86") if part.strip().startswith("+86") else digits
        if len(digits) >= 7:  # noqa: PLR2004 shorter ones are extensions and emergency numbers
            found.add(digits)
    return frozenset(found)


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).translate(_DIGITS)
