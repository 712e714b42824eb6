"""The tables of a layer's TOML as pydantic models: which keys there are and what kind of value each takes.

Only shapes are checked here; what the values mean together is checked when they are converted.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_BLANK_LABEL = {"zh": "?", "en": "?"}


class Table(BaseModel):
    """A table that takes no key it does not know and converts no value silently.

    `placeholders` stand in for required keys that are missing or wrong, so that the remaining
    keys of a faulty table are checked in the same pass.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    placeholders: ClassVar[Mapping[str, object]] = {}


class LabelTable(Table):
    """`{ zh = "...", en = "..." }`."""

    zh: str
    en: str


class SymbolTable(Table):
    """How the layer is drawn."""

    placeholders: ClassVar[Mapping[str, object]] = {"shape": None, "colour": None}
    shape: str | None
    colour: str | None
    glyph: str = ""
    fill: str | None = None


class ColumnsTable(Table):
    """Other names of the coordinate columns; `lonlat` and `latlon` hold both numbers in one cell."""

    lon: list[str] = Field(default_factory=list)
    lat: list[str] = Field(default_factory=list)
    lonlat: list[str] = Field(default_factory=list)
    latlon: list[str] = Field(default_factory=list)


class CapacityTable(Table):
    """Which fields say how many people a facility takes."""

    placeholders: ClassVar[Mapping[str, object]] = {"persons_field": ""}
    persons_field: str
    area_m2_field: str | None = None
    area_per_person_m2: float | None = None
    occupied_field: str | None = None
    reserved_field: str | None = None


class StockTable(Table):
    """Which child table holds the stock, and in which fields."""

    placeholders: ClassVar[Mapping[str, object]] = {"child": "", "item_field": "", "quantity_field": ""}
    child: str
    item_field: str
    quantity_field: str
    expiry_field: str | None = None


class PositionTable(Table):
    """Which fields hold a live position."""

    placeholders: ClassVar[Mapping[str, object]] = {
        "mode_field": "",
        "lon_field": "",
        "lat_field": "",
        "time_field": "",
    }
    mode_field: str
    lon_field: str
    lat_field: str
    time_field: str


class CodeTable(Table):
    """One allowed value: its words, and for a status the class it belongs to."""

    placeholders: ClassVar[Mapping[str, object]] = _BLANK_LABEL
    zh: str
    en: str
    synonyms: list[str] = Field(default_factory=list)
    availability: str | None = None
    reason: str | None = None
    planned: bool = False
    unit: LabelTable | None = None


class SynonymTable(Table):
    """Another column name, with the unit its numbers are in there."""

    name: str
    unit: str | None = None


def _table_of_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class FieldTable(Table):
    """One field; `codes` are checked one by one, `codes_of` takes those of another field.

    With `ordered` the codes rise in the order of the file, so that `grade>=larger` has a meaning.
    """

    placeholders: ClassVar[Mapping[str, object]] = {"type": None, "label": _BLANK_LABEL}
    type: str | None
    label: LabelTable
    required: bool = False
    private: bool | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 1000
    codes: dict[str, object] = Field(default_factory=dict)
    codes_of: str | None = None
    ordered: bool = False
    synonyms: list[Annotated[SynonymTable, BeforeValidator(_table_of_name)]] = Field(default_factory=list)
    flags: dict[str, str] = Field(default_factory=dict)
    flags_limited: str | None = None
    default: str | None = None
    reason: str | None = None
    derived: bool = False
    description: LabelTable | None = None


class ChildTable(Table):
    """Rows that belong to a feature."""

    placeholders: ClassVar[Mapping[str, object]] = {"label": _BLANK_LABEL, "fields": None}
    label: LabelTable
    fields: dict[str, object] | None


class LayerTable(Table):
    """The whole file; fields, children, the symbol and the three rules are checked one by one."""

    placeholders: ClassVar[Mapping[str, object]] = {
        "name": None,
        "label": _BLANK_LABEL,
        "geometry": None,
        "symbol": None,
        "fields": None,
    }
    name: str | None
    label: LabelTable
    geometry: list[str] | None
    symbol: dict[str, object] | None
    fields: dict[str, object] | None
    title: LabelTable | None = None
    description: LabelTable | None = None
    key: str | None = None
    id_prefix: str = ""
    name_field: str = "name"
    role: str = "other"
    status_field: str | None = None
    retired_code: str | None = None
    observed_field: str | None = None
    summary_fields: list[str] = Field(default_factory=list)
    contact_fields: list[str] = Field(default_factory=list)
    weight_field: str | None = None
    published: bool = True
    columns: ColumnsTable = ColumnsTable()
    children: dict[str, object] = Field(default_factory=dict)
    stock: dict[str, object] | None = None
    position: dict[str, object] | None = None
    capacity: dict[str, object] | None = None
