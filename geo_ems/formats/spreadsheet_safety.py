"""Cells a spreadsheet would compute: defused on the way out, restored on the way in, to the same text.

In CSV an apostrophe stands before the text. A text that itself begins with apostrophes and such a
sign gets one more, so that taking one off always gives back what was there. Telephone numbers such as
+86 751 8886666 are treated alike: a spreadsheet would make a sum or a shortened number of them.
"""

import re

# Also in full width: spreadsheets in East Asian languages read them as the plain signs.
_COMPUTED = re.compile("[=+\\-@\t\r＝＋－＠]")
_NEEDS_MARK = re.compile("'*[=+\\-@\t\r＝＋－＠]")
_MARKED = re.compile("'+[=+\\-@\t\r＝＋－＠]")
MARK = "'"


def is_computed(text: str) -> bool:
    """Return whether a spreadsheet may take the text for a formula or a number."""
    return _COMPUTED.match(text) is not None


def defused_text(text: str) -> str:
    """Return the text for a CSV cell, with the mark where it needs one."""
    return MARK + text if _NEEDS_MARK.match(text) else text


def marked_text(text: str) -> str:
    """Return the text for a cell that is declared as text: only what looks like a mark gets another."""
    return MARK + text if _MARKED.match(text) else text


def restored_text(text: str) -> str:
    """Return the text without the mark that an export put before it."""
    return text[len(MARK) :] if _MARKED.match(text) else text
