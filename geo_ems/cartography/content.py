"""What a map page shows: layers, answers and when they were taken; frozen values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.boards import Board
from geo_ems.model.answers import CoverageAnswer, DataAsOf, NearestAnswer
from geo_ems.model.columns import LayerColumns
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Label

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer with all its features; `public` is False where only insiders may see it."""

    definition: LayerDefinition
    columns: LayerColumns
    data_as_of: DataAsOf | None = None
    public: bool = True


@dataclass(frozen=True, slots=True)
class BaseLine:
    """A line or water area of the base map, in WGS84 lon/lat degrees; a river's width is drawn, not to scale."""

    kind: Literal["river", "road"]
    name: str
    geometry: BaseGeometry
    name_en: str = ""
    width_m: float | None = None


@dataclass(frozen=True, slots=True)
class MapContent:
    """Everything a page is made of.

    `as_of` is an instant in UTC ("YYYY-MM-DDTHH:MM:SSZ"), shown in `time_zone`. `bounds` are
    west, south, east, north in degrees; None fits the page to the features that
    are not base map. Layers that the board does not name are not drawn, and the order is the board's.
    `roads_note` says whose roads these are and of when.
    """

    board: Board
    project: str | Label
    layers: tuple[MapLayer, ...]
    as_of: str
    snapshot_id: str
    time_zone: str = "Asia/Shanghai"
    coverage: CoverageAnswer | None = None
    nearest: NearestAnswer | None = None
    bounds: Bounds | None = None
    base_lines: tuple[BaseLine, ...] = ()
    roads_note: Label | None = None

    @property
    def title(self) -> Label:
        """Return the title of the board."""
        return self.board.title


def bounds_around(geometries: Sequence[BaseGeometry | None]) -> Bounds | None:
    """Return west, south, east, north around the geometries; None where there is none.

    Missing and empty geometries are passed over. All coordinates are WGS84 lon/lat degrees.
    """
    boxes = [geometry.bounds for geometry in geometries if geometry is not None and not geometry.is_empty]
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
