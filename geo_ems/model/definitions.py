"""What a layer is: its fields, codes, units, states and symbol, as read from one TOML file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from geo_ems.model.labels import Label
from geo_ems.model.units import Unit


class FieldType(StrEnum):
    """The closed list of field types; a list of codes is `CODES`."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CODE = "code"
    CODES = "codes"
    PHONE = "phone"


class GeometryKind(StrEnum):
    """The closed list of geometry kinds (RFC 7946 names)."""

    POINT = "Point"
    LINE = "LineString"
    MULTI_LINE = "MultiLineString"
    POLYGON = "Polygon"
    MULTI_POLYGON = "MultiPolygon"


class Availability(StrEnum):
    """The canonical class of a status (SEMANTICS 1.5); labels are local, the class is not."""

    AVAILABLE = "available"
    DELAYED = "delayed"
    COMMITTED = "committed"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a feature is not among the results; the order here is the order of the tests (ruling 1)."""

    WRONG_KIND = "wrong_kind"
    WRONG_TYPE = "wrong_type"
    LACKS_CAPABILITY = "lacks_capability"
    LACKS_ITEM = "lacks_item"
    UNAVAILABLE = "unavailable"
    STATUS_UNKNOWN = "status_unknown"
    CLOSED = "closed"
    FULL = "full"
    ALREADY_ASSIGNED = "already_assigned"
    POSITION_MISSING = "position_missing"
    POSITION_STALE = "position_stale"
    INSIDE_HAZARD = "inside_hazard"
    ISOLATED = "isolated"
    UNREACHABLE = "unreachable"
    BEYOND_CUTOFF = "beyond_cutoff"
    BELOW_RANK_K = "below_rank_k"


REASONS: tuple[Reason, ...] = tuple(Reason)


@dataclass(frozen=True, slots=True)
class Code:
    """One allowed value of a coded field.

    `availability` and `reason` are set only for the codes of a layer's status field: the class
    the status belongs to and the reason told when it excludes a feature.
    `planned` says that planning counts it (ruling 9: open and standby shelters).
    """

    code: str
    label: Label
    synonyms: tuple[str, ...] = ()
    availability: Availability | None = None
    reason: Reason | None = None
    planned: bool = False
    order: int = 0
    unit: Label | None = None


@dataclass(frozen=True, slots=True)
class Synonym:
    """Another name a column may have in a file, with the unit its numbers are in there."""

    name: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One attribute of a layer.

    `flags` maps the name of a yes/no column in a file to the code it stands for, for fields of
    type `CODES` (a column "flood" with ○ adds the code `flood`); `flags_limited` names the field
    that takes the codes marked △ (yes, with limits). `reason` is what a failing condition on the
    field is counted under. `private` fields hold personal or sensitive data.
    """

    name: str
    type: FieldType
    label: Label
    required: bool = False
    private: bool = False
    unit: Unit | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 1000
    codes: Mapping[str, Code] = field(default_factory=dict)
    synonyms: tuple[Synonym, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    flags_limited: str | None = None
    default: str | None = None
    reason: Reason = Reason.WRONG_TYPE
    derived: bool = False
    description: Label | None = None


@dataclass(frozen=True, slots=True)
class ChildDefinition:
    """Rows that belong to a feature, such as the stock lines of a depot (ARCHITECTURE 4)."""

    name: str
    label: Label
    fields: Mapping[str, FieldDefinition]


@dataclass(frozen=True, slots=True)
class StockRule:
    """Which child table and fields answer "holds N of item X" (stock conditions)."""

    child: str
    item_field: str
    quantity_field: str
    expiry_field: str | None


@dataclass(frozen=True, slots=True)
class PositionRule:
    """Which fields hold a live position beside the home base (ruling 3)."""

    mode_field: str
    lon_field: str
    lat_field: str
    time_field: str


@dataclass(frozen=True, slots=True)
class CapacityRule:
    """How many people a facility takes: the smaller of the known figures (ruling 9)."""

    persons_field: str
    area_m2_field: str | None
    area_per_person_m2: float | None
    occupied_field: str | None
    reserved_field: str | None = None
    """Places kept for people who are on their way; they are as good as occupied."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """How a layer is drawn on screen and paper (PRINT 5): shape, colour, and a glyph or letter."""

    shape: str
    colour: str
    glyph: str = ""
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class LayerDefinition:
    """One layer, as its TOML says it.

    `text` is the TOML itself and `sha256` its hash: the store keeps both, with the sequence
    number from which they hold.
    """

    name: str
    label: Label
    geometry: tuple[GeometryKind, ...]
    fields: Mapping[str, FieldDefinition]
    symbol: Symbol
    title: Label | None = None
    description: Label | None = None
    key: str | None = None
    id_prefix: str = ""
    name_field: str = "name"
    role: str = "other"
    status_field: str | None = None
    retired_code: str | None = None
    """The status of what is gone for good: what a full register does not name any more gets it."""
    observed_field: str | None = None
    summary_fields: tuple[str, ...] = ()
    contact_fields: tuple[str, ...] = ()
    weight_field: str | None = None
    children: Mapping[str, ChildDefinition] = field(default_factory=dict)
    stock: StockRule | None = None
    position: PositionRule | None = None
    capacity: CapacityRule | None = None
    synonyms_lon: tuple[str, ...] = ()
    synonyms_lat: tuple[str, ...] = ()
    synonyms_lonlat: tuple[str, ...] = ()
    synonyms_latlon: tuple[str, ...] = ()
    published: bool = True
    text: str = ""
    sha256: str = ""
    source: str = ""

    def field_named(self, name: str) -> FieldDefinition | None:
        """Return the field, or None where the layer has no such field."""
        return self.fields.get(name)

    @property
    def kind_field(self) -> str | None:
        """Return the name of the field whose failing condition counts as wrong_kind."""
        return next((f.name for f in self.fields.values() if f.reason is Reason.WRONG_KIND), None)
