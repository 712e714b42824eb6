"""What a road network is made of: lines with their times, and turns that are forbidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo_ems.model.columns import BoolArray, FloatArray, ObjectArray
from geo_ems.model.roads import Mode
from geo_ems.queries.ellipsoid import LonLat


@dataclass(frozen=True, slots=True)
class LineTimes:
    """Seconds it takes to travel r whole lines in one mode, in the direction of the line and against it.

    Both have shape (r,); infinite where one may not travel.
    """

    forward_s: FloatArray
    backward_s: FloatArray


@dataclass(frozen=True, slots=True)
class TurnRestriction:
    """A turn that is forbidden, or the only one allowed; it holds for driving.

    `kind` is as in OpenStreetMap: `no_left_turn`, `only_straight_on`, `no_u_turn` and so on. It leads from
    `from_road` to `to_road` at a place (`via_node` where the lines name their ends, else `via_lonlat_deg`),
    or by way of the roads `via_roads` in that order. `only_*` by way of roads binds those who have
    come the whole way.
    """

    kind: str
    from_road: str
    to_road: str
    via_node: str = ""
    via_lonlat_deg: LonLat | None = None
    via_roads: tuple[str, ...] = ()

    @property
    def is_only(self) -> bool:
        """Return whether all other turns are forbidden instead."""
        return self.kind.startswith("only_")


@dataclass(frozen=True, slots=True)
class RoadLines:
    """r roads as lines, WGS84 lon/lat degrees.

    `lines` (r,) holds LineStrings or MultiLineStrings, `ids` their road ids. Where `from_node` and
    `to_node` (r,) name the ends (None or "" where they do not), a named end meets only ends of the same
    name; all other lines meet where they share a vertex (to 1e-7 degrees). `is_ferry` (r,) may be None.
    """

    ids: Sequence[str]
    lines: ObjectArray
    times: Mapping[Mode, LineTimes]
    from_node: Sequence[str | None] | None = None
    to_node: Sequence[str | None] | None = None
    restrictions: Sequence[TurnRestriction] = ()
    is_ferry: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class ModeReport:
    """What one mode has: edges, kilometres, arcs, and its strongly connected parts (the largest in kilometres)."""

    edges: int
    length_km: float
    arcs: int
    components: int
    largest_component_km: float


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of the lines: `dropped` counts those left out by reason, `restrictions` the turns by outcome.

    Reasons: `no_line` (missing, empty, or no line), `no_position` (a coordinate is not a place on Earth),
    `not_travelled` (closed in every mode). Outcomes: `applied`, `unknown_road`, `unknown_place`,
    `no_such_turn` (nobody could turn so anyway), `ambiguous` (a road passes through instead of ending there).
    """

    lines: int
    places: int
    edges: int
    length_km: float
    modes: Mapping[Mode, ModeReport]
    dropped: Mapping[str, int]
    restrictions: Mapping[str, int]
