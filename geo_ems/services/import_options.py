"""How a file is imported: what the person who imports it decides."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from geo_ems.errors import UsageError, known_names
from geo_ems.queries.china_datums import Datum

OnError = Literal["reject-row", "reject-file"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices of one import.

    `column_map` is {field: column}; `lon`, `lat`, `latlon` and `lonlat` may stand for a field.
    `key` names the field that recognises rows again. `append` takes rows without a key once more.
    `given` is {field: text} for cells the file leaves empty, vouched for by the person who imports.
    `update_live` lets a file overwrite states and positions that are already known.
    `crs` and `datum` say in which system the coordinates are where the file does not say it, or says
    it wrong. `accept_accuracy_m` is the error of the way to WGS84 that is put up with, infinity for one
    that nobody knows. `place_by` names the columns by whose names rows without coordinates are placed.
    """

    column_map: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    append: bool = False
    update_live: bool = False
    dry_run: bool = False
    on_error: OnError = "reject-row"
    crs: str | None = None
    datum: Datum | None = None
    accept_accuracy_m: float | None = None
    place_by: tuple[str, ...] = ()


def accuracy_asked(text: str) -> float:
    """Return the metres that somebody accepts; the word `unknown` accepts every accuracy.

    Raises
    ------
    UsageError
        Where the text is neither a number of metres nor that word.
    """
    if text.strip().casefold() in ("unknown", "未知"):
        return math.inf
    try:
        metres = float(text)
    except ValueError:
        metres = math.nan
    if not 0 <= metres < math.inf:
        raise UsageError(
            f"'{text}' is no accuracy",
            where="--accept-accuracy",
            remedy="Write metres, such as 5, or the word unknown.",
            field="accept_accuracy_m",
            value=text,
        )
    return metres


def datum_asked(text: str) -> Datum:
    """Return the datum of a name.

    Raises
    ------
    NotFoundError
        Where there is none of that name; those that exist are listed.
    """
    if text not in set(Datum):
        raise known_names("datum", text, list(Datum))
    return Datum(text)
