"""Map pages: a board of maps/*.toml filled with the layers as they are now."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.boards import Board, BoardLayer, Drawing, load_board
from geo_ems.cartography.content import BaseLine, Bounds, MapContent, MapLayer, bounds_around
from geo_ems.cartography.page import overview_page
from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.errors import known_names
from geo_ems.model.answers import CoverageAnswer
from geo_ems.model.caller import LOCAL
from geo_ems.model.labels import Label, Language
from geo_ems.queries.areas import representative_points
from geo_ems.services.coverage import DISTRICT_LAYER, LEVEL_FIELD, coverage
from geo_ems.services.provenance import data_as_of, instant_text
from geo_ems.services.questions import CoverageQuestion
from geo_ems.services.roads import ROADS, road_source_note
from geo_ems.settings import Project

WATER_LAYER = "waterways"
_ABOVE_COUNTY = ("province", "city", "")
_FAR_TIMES = 20


def board_names(project: Project) -> tuple[str, ...]:
    """Return the names of the boards of a project."""
    return tuple(sorted(path.stem for path in project.maps_folder.glob("*.toml")))


def map_page(
    source: SnapshotSource,
    project: Project,
    name: str,
    *,
    language: Language,
    served: bool,
    include_private: bool,
    clock: Callable[[], datetime],
) -> bytes:
    """Return one page as UTF-8 HTML that loads nothing from elsewhere; `served` pages may ask this service.

    Raises
    ------
    NotFoundError
        Where the project has no such board; the message lists those there are.
    FaultsError
        Where the board is wrong.
    """
    names = board_names(project)
    if name not in names:
        raise known_names("map", name, names)
    board = _with_other_layers(load_board(project.maps_folder / f"{name}.toml"), source)
    pinned = source.pin(sorted(_layers_needed(board, source)))
    layers = tuple(
        MapLayer(
            pinned.layer(item.name).definition, pinned.layer(item.name).columns, data_as_of(pinned.layer(item.name))
        )
        for item in board.layers
    )
    now = clock()
    waters = pinned.layers.get(WATER_LAYER)
    content = MapContent(
        board=board,
        project=project.name,
        layers=layers,
        as_of=instant_text(now),
        snapshot_id=pinned.features_id,
        time_zone=project.zone.key,
        coverage=None if served else _coverage(source, project, board, language=language, now=now),
        bounds=_bounds(board, pinned),
        base_lines=() if waters is None else _rivers(waters),
        roads_note=_roads_note(pinned),
    )
    return overview_page(content, language=language, served=served, include_private=include_private)


def _roads_note(pinned: SnapshotSet) -> Label | None:
    """Return whose roads the map shows, and of when; None where it shows none."""
    note = road_source_note(pinned) if ROADS in pinned.layers else None
    return Label(note.text("zh"), note.text("en")) if note is not None and note.text("en") else None


def _with_other_layers(board: Board, source: SnapshotSource) -> Board:
    """Return the board with the layers it does not name at its end: a new layer TOML needs no change of maps/."""
    named = {item.name for item in board.layers} | {WATER_LAYER}
    others = tuple(
        BoardLayer(definition.name, Drawing.SYMBOLS)
        for definition in source.definitions.values()
        if definition.name not in named and definition.published
    )
    return replace(board, layers=(*board.layers, *others))


def _layers_needed(board: Board, source: SnapshotSource) -> set[str]:
    """Return the layers to pin: those of the board, and the waters where the project has them."""
    for item in board.layers:
        source.definition(item.name)
    return {item.name for item in board.layers} | ({WATER_LAYER, DISTRICT_LAYER} & set(source.definitions))


def _coverage(
    source: SnapshotSource, project: Project, board: Board, *, language: Language, now: datetime
) -> CoverageAnswer | None:
    """Return the board's coverage question answered, for a file that can ask nobody later."""
    if board.coverage_layer is None:
        return None
    question = CoverageQuestion(board.coverage_layer, cutoff_m=board.coverage_cutoff_m, as_of=now, language=language)
    answer = coverage(source, question, caller=LOCAL, defaults=project.defaults, zone=project.zone, clock=lambda: now)
    return answer if answer.total.people else None


def _bounds(board: Board, pinned: SnapshotSet) -> Bounds | None:
    """Return the box around the county and its districts, else around what is shown above the base map."""
    local = _local_districts(pinned)
    if local:
        return bounds_around(local)
    shown = [item.name for item in board.layers if not item.base] or [item.name for item in board.layers]
    return bounds_around(_together([shape for name in shown for shape in pinned.layer(name).columns.geometries]))


def _local_districts(pinned: SnapshotSet) -> list[BaseGeometry]:
    """Return the districts from the county down; those above are the surroundings."""
    districts = pinned.layers.get(DISTRICT_LAYER)
    if districts is None or LEVEL_FIELD not in districts.columns.columns:
        return []
    level = districts.columns.columns[LEVEL_FIELD]
    names = np.array([*level.field.codes, ""])[level.values.astype(np.int64)]
    rows = np.flatnonzero(~np.isin(names, _ABOVE_COUNTY) & ~shapely.is_missing(districts.columns.geometries))
    return [districts.columns.geometries[row] for row in rows]


def _together(shapes: Sequence[BaseGeometry | None]) -> list[BaseGeometry]:
    """Return the shapes that lie together: one mistyped coordinate must not shrink the county to a dot.

    Left out is what lies more than 20 times as far from the middle as the median, and more than 1 degree.
    """
    located = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if not located:
        return []
    places = representative_points(np.array(located, dtype=object))
    away = np.abs(places - np.median(places, axis=0)).max(axis=1)
    near = away <= max(_FAR_TIMES * float(np.median(away)), 1.0)
    return [shape for shape, is_near in zip(located, near, strict=True) if is_near]


def _rivers(waters: LayerSnapshot) -> tuple[BaseLine, ...]:
    lines = []
    for row in np.flatnonzero(~shapely.is_missing(waters.columns.geometries)):
        values = waters.columns.row_values(int(row), include_private=False)
        width_m = values.get("width_m")
        lines.append(
            BaseLine(
                "river",
                str(values.get(waters.definition.name_field) or ""),
                waters.columns.geometries[row],
                name_en=str(values.get("name_en") or ""),
                width_m=width_m if isinstance(width_m, float) else None,
            )
        )
    return tuple(lines)
