"""The first letters of Chinese characters in pinyin, from the order of the GB2312 table alone.

GB2312 orders its 3,755 level-1 characters by pinyin, so the place in the table gives the letter.
Limits: a character with several readings has the one of the table (重 is z), and the rarer level-2
characters (ordered by radical) have none: they are written `*` and fit any letter.

References
----------
GB/T 2312-1980, level-1 characters, rows 16 to 55.
"""

from bisect import bisect_right

ANY_LETTER = "*"
_LETTERS = "abcdefghjklmnopqrstwxyz"
# The first code of each letter in GB2312; no Mandarin syllable begins with i, u or v.
_FIRST_CODES = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
)  # fmt: skip
_LAST_LEVEL_1_CODE = 0xD7F9
_CJK_FIRST, _CJK_LAST = "\u4e00", "\u9fff"


def pinyin_initials(text: str) -> str:
    """Return one letter per Chinese character, `*` for a rare one; letters and digits stay, the rest is left out."""
    return "".join(_initial(character) for character in text)


def fits_initials(initials: str, typed: str) -> bool:
    """Return whether typed letters begin somewhere in the initials; `*` fits any letter, but not alone."""
    size = len(typed)
    return any(_fits_at(initials[start : start + size], typed) for start in range(len(initials) - size + 1))


def starts_with_initials(initials: str, typed: str) -> bool:
    """Return whether the initials begin with the typed letters."""
    return len(initials) >= len(typed) and _fits_at(initials[: len(typed)], typed)


def _fits_at(part: str, typed: str) -> bool:
    fits = all(own in (letter, ANY_LETTER) for own, letter in zip(part, typed, strict=True))
    return fits and any(own != ANY_LETTER for own in part)


def _initial(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    if not _CJK_FIRST <= character <= _CJK_LAST:
        return ""
    try:
        encoded = character.encode("gb2312")
    except UnicodeEncodeError:
        return ANY_LETTER
    code = int.from_bytes(encoded, "big")
    if not _FIRST_CODES[0] <= code <= _LAST_LEVEL_1_CODE:
        return ANY_LETTER
    return _LETTERS[bisect_right(_FIRST_CODES, code) - 1]
