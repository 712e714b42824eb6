"""How a file is imported: what the person who imports it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OnError = Literal["reject-row", "reject-file"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices of one import.

    `column_map` is {field: column}; `lon`, `lat`, `latlon` and `lonlat` may stand for a field.
    `key` names the field that recognises rows again. `append` takes rows without a key once more.
    `given` is {field: text} for cells the file leaves empty, vouched for by the person who imports.
    `update_live` lets a file overwrite states and positions that are already known.
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
