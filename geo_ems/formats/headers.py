"""Which rows of a sheet are its header: one below the titles, or two with groups such as 坐标 over 经度 and 纬度."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geo_ems.formats.column_names import fold_name, split_unit
from geo_ems.formats.raw import Cell

_NUMERIC = re.compile(r"^[+-]?[\d.,]+$")

HeadRow = tuple[int, list[Cell]]


@dataclass(frozen=True, slots=True)
class Header:
    """The header: its first and last row among the rows of the sheet, one heading per column, known ones among them."""

    first: int
    last: int
    cells: list[Cell]
    hits: int


def find_header(head: list[HeadRow], known_headers: frozenset[str]) -> Header:
    """Return the header among the first rows, given as (position, cells) without blank ones.

    The row with most known headings is it; where none is known, the first row of distinct words. The
    row above or below joins it where both together know more headings than it alone.
    """
    best = _best_row(head, known_headers)
    place = next(index for index, (position, _) in enumerate(head) if position == best.first)
    for upper in (place - 1, place):
        if 0 <= upper < len(head) - 1 and head[upper + 1][0] == head[upper][0] + 1:
            joined = _joined(head[upper], head[upper + 1], known_headers)
            if joined is not None and joined.hits > best.hits:
                best = joined
    return best


def _best_row(head: list[HeadRow], known_headers: frozenset[str]) -> Header:
    hits = [(sum(_is_known(cell, known_headers) for cell in cells), position) for position, cells in head]
    most = max(number for number, _ in hits)
    likely = _first_row_of_words(head)
    if most > 1 or (most == 1 and likely is None):
        chosen = next(position for number, position in hits if number == most)
    else:
        chosen = head[0][0] if likely is None else likely
    cells = next(cells for position, cells in head if position == chosen)
    return Header(chosen, chosen, cells, next(number for number, position in hits if position == chosen))


def _joined(upper: HeadRow, lower: HeadRow, known_headers: frozenset[str]) -> Header | None:
    """Return two rows as one header, None where the lower one does not stand under groups of the upper one.

    A title above spans the columns of the row below; a row of data has a cell under every heading.
    Under a group the lower words are the headings, with the group in front where that is better
    known: 负责人 over 电话 is 负责人电话.
    """
    (first, groups), (last, words) = upper, lower
    width = max(len(groups), len(words))
    groups, words = [*groups, *[None] * (width - len(groups))], [*words, *[None] * (width - len(words))]
    if not all(_is_word(cell) for cell in (*groups, *words) if cell is not None):
        return None
    stands_alone = [g is not None and (w is None or w == g) for g, w in zip(groups, words, strict=True)]
    if not any(stands_alone):
        return None
    headings: list[Cell] = []
    group: Cell = None
    for over, word, alone in zip(groups, words, stands_alone, strict=True):
        group = None if alone else over if over is not None else group
        headings.append(over if alone else _heading(group, word, known_headers))
    return Header(first, last, headings, sum(_is_known(cell, known_headers) for cell in headings))


def _heading(group: Cell, word: Cell, known_headers: frozenset[str]) -> Cell:
    if group is None or word is None:
        return word
    together = f"{group}{word}"
    if _is_known(together, known_headers):
        return together
    return word if _is_known(word, known_headers) and not _says_whose(word) else f"{group} {word}"


def _says_whose(word: Cell) -> bool:
    """Return whether a word needs its group: the 名称 and 编号 of something else are not those of the row."""
    return isinstance(word, str) and fold_name(word) in ("名称", "姓名", "编号", "name", "code")


def _is_word(cell: Cell) -> bool:
    return isinstance(cell, str) and not _NUMERIC.match(cell.strip())


def _is_known(cell: Cell, known_headers: frozenset[str]) -> bool:
    if not isinstance(cell, str):
        return False
    if fold_name(cell) in known_headers:
        return True
    parts = split_unit(cell)
    return parts is not None and parts[0] in known_headers


def _first_row_of_words(head: Sequence[HeadRow]) -> int | None:
    widest = max(sum(cell is not None for cell in cells) for _, cells in head)
    for position, cells in head:
        words = [cell for cell in cells if cell is not None]
        if 2 * len(words) < widest or len(set(words)) < len(words):
            continue
        if all(_is_word(word) for word in words):
            return position
    return None
