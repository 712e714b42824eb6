"""Formula errors in workbooks, such as #N/A: kept as the text that they show, since a blank would be another value."""

import io
import re
import zipfile

SHEETS_FOLDER = "xl/worksheets/"
# A cell of the type "e" (error) becomes one of the type "str" (text that a formula gave); the shown text stays.
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\s(?:[^>]*?\s)?t=)(["'])e\2""")


def with_errors_as_text(data: bytes) -> bytes:
    """Return a workbook in which cells with a formula error hold its text; the same bytes where there are none.

    The reader of workbooks gives such cells as blank, and a blank clears what was stored before.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = {
            member.filename: _ERROR_TYPE.sub(rb"\1\2str\2", content)
            for member in archive.infolist()
            if member.filename.startswith(SHEETS_FOLDER) and _ERROR_TYPE.search(content := archive.read(member))
        }
        if not sheets:
            return data
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as copy:
            for member in archive.infolist():
                copy.writestr(member.filename, sheets.get(member.filename) or archive.read(member))
    return written.getvalue()
