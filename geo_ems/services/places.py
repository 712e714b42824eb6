"""Places by what a caller says on the phone: part of a name, pinyin initials, a code, or coordinates."""

import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet, SnapshotSource
from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller
from geo_ems.model.columns import LayerColumns
from geo_ems.model.labels import Label, Language
from geo_ems.queries.areas import representative_points
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.pinyin import fits_initials, pinyin_initials, starts_with_initials
from geo_ems.services.provenance import instant_text
from geo_ems.services.typed_coordinates import read_typed_coordinates

SEARCHED_LAYERS = (
    *("incidents", "districts", "population", "facilities", "shelters", "supply_depots", "response_teams", "roads"),
    *("hazard_points", "hazard_areas"),
)
DISTRICT_LAYER, ROAD_LAYER = "districts", "roads"
COORDINATES = "coordinates"
MAX_PLACES = 50
_COORDINATES_LABEL = Label("坐标", "coordinates")
_LATITUDE_FIRST_LABEL = Label("坐标(读作纬度在前)", "coordinates (read as latitude first)")
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class Place:
    """One place found; `lon_deg`, `lat_deg` are None while the feature has no place."""

    id: str
    layer: str
    name: str | None
    name_en: str | None
    kind: str | None
    kind_label: str | None
    district: Mapping[str, str | None] | None
    lon_deg: float | None
    lat_deg: float | None


@dataclass(frozen=True, slots=True)
class PlacesAnswer:
    """The places found, best first, and the state of the data they come from."""

    places: tuple[Place, ...]
    snapshot_id: str
    as_of: str


@dataclass(frozen=True, slots=True)
class _Entry:
    row: int
    words: tuple[str, ...]
    initials: str
    code: str
    lon_deg: float | None
    lat_deg: float | None


class PlaceFinder:
    """Finds places; keeps one list of names per layer and state of the layer."""

    def __init__(self, snapshots: SnapshotSource, clock: Callable[[], datetime]) -> None:
        """Search the layers that there are of `SEARCHED_LAYERS`."""
        self._snapshots = snapshots
        self._clock = clock
        self._layers = tuple(name for name in SEARCHED_LAYERS if name in snapshots.definitions)
        self._lists: dict[str, tuple[int, tuple[_Entry, ...]]] = {}
        self._lock = threading.Lock()

    def find(self, text: str, *, limit: int, language: Language, caller: Caller) -> PlacesAnswer:
        """Return the places that fit: exact before beginning before part of a name, then pinyin initials.

        Raises
        ------
        UsageError
            Where nothing is left of the text, or the limit is out of range.
        """
        typed = _folded(text)
        if not typed or not 1 <= limit <= MAX_PLACES:
            raise UsageError(
                "There is nothing to look for", remedy=f"Write a name; 1 to {MAX_PLACES} places.", field="q", value=text
            )
        pinned = self._snapshots.pin(self._layers)
        coordinates = read_typed_coordinates(text)
        found: list[tuple[tuple[int, int, int, str, int], LayerSnapshot, _Entry]] = []
        for order, name in enumerate(self._layers):
            snapshot = pinned.layer(name)
            visible = visible_rows(snapshot, caller)
            for entry in self._list_of(snapshot):
                rank = _rank(entry, typed)
                if rank is not None and visible[entry.row]:
                    key = (rank, order, len(entry.words[0]), entry.words[0], entry.row)
                    found.append((key, snapshot, entry))
        found.sort(key=lambda item: item[0])
        places = [_place(pinned, snapshot, entry, language) for _, snapshot, entry in found[:limit]]
        if coordinates is not None:
            spot = (coordinates.lon_deg, coordinates.lat_deg)
            label = _LATITUDE_FIRST_LABEL if coordinates.latitude_first else _COORDINATES_LABEL
            places = [_typed_place(*spot, text.strip(), label.text(language)), *places][:limit]
        return PlacesAnswer(tuple(places), pinned.snapshot_id, instant_text(self._clock()))

    def _list_of(self, snapshot: LayerSnapshot) -> tuple[_Entry, ...]:
        name = snapshot.definition.name
        with self._lock:
            held = self._lists.get(name)
            if held is None or held[0] != snapshot.last_seq:
                held = (snapshot.last_seq, tuple(_entries(snapshot)))
                self._lists[name] = held
        return held[1]


def _entries(snapshot: LayerSnapshot) -> Iterator[_Entry]:
    columns, definition = snapshot.columns, snapshot.definition
    lonlat_deg = representative_points(columns.geometries)
    rows = _longest_of_each_name(snapshot) if definition.name == ROAD_LAYER else range(len(columns))
    for row in rows:
        names = [_text(columns, field, row) for field in (definition.name_field, "name_en")]
        words = tuple(_folded(name) for name in names if name)
        if not words:
            continue
        lon, lat = (round(float(degrees), _DECIMALS) for degrees in lonlat_deg[row])
        is_placed = np.isfinite(lon) and np.isfinite(lat)
        yield _Entry(
            row=int(row),
            words=words,
            initials=pinyin_initials(names[0] or ""),
            code=_folded(str(columns.ids[row])),
            lon_deg=lon if is_placed else None,
            lat_deg=lat if is_placed else None,
        )


def _longest_of_each_name(snapshot: LayerSnapshot) -> list[int]:
    """Return one row per road name: a road is many stretches, and a caller means all of them."""
    column = snapshot.columns.columns[snapshot.definition.name_field]
    length_deg = np.nan_to_num(shapely.length(snapshot.columns.geometries), nan=0.0)
    longest: dict[str, int] = {}
    for row in np.flatnonzero(column.known):
        name = str(column.values[row])
        if name not in longest or length_deg[row] > length_deg[longest[name]]:
            longest[name] = int(row)
    return sorted(longest.values())


def _rank(entry: _Entry, typed: str) -> int | None:
    """Return how well an entry fits, 0 best; None where it does not."""
    tests = (
        typed in entry.words or typed == entry.code,
        any(word.startswith(typed) for word in entry.words) or entry.code.startswith(typed),
        any(typed in word for word in entry.words),
    )
    for rank, fits in enumerate(tests):
        if fits:
            return rank
    if not typed.isascii() or not typed.isalnum():
        return None
    if starts_with_initials(entry.initials, typed):
        return 3 if len(entry.initials) == len(typed) else 4
    return 5 if fits_initials(entry.initials, typed) else None


def _place(pinned: SnapshotSet, snapshot: LayerSnapshot, entry: _Entry, language: Language) -> Place:
    columns, definition = snapshot.columns, snapshot.definition
    kind_field = definition.kind_field or ("level" if "level" in columns.columns else None)
    kind = None if kind_field is None else _text(columns, kind_field, entry.row)
    label = definition.label.text(language)
    if kind is not None and kind_field is not None:
        label = definition.fields[kind_field].codes[kind].label.text(language)
    return Place(
        id=str(columns.ids[entry.row]),
        layer=definition.name,
        name=_text(columns, definition.name_field, entry.row),
        name_en=_text(columns, "name_en", entry.row),
        kind=kind,
        kind_label=label,
        district=_district(pinned, _text(columns, "district_id", entry.row)),
        lon_deg=entry.lon_deg,
        lat_deg=entry.lat_deg,
    )


def _typed_place(lon_deg: float, lat_deg: float, text: str, label: str) -> Place:
    spot = f"{lon_deg:.7g},{lat_deg:.7g}"
    return Place(spot, COORDINATES, text[:100], None, COORDINATES, label, None, lon_deg, lat_deg)


def _district(pinned: SnapshotSet, district_id: str | None) -> Mapping[str, str | None] | None:
    if district_id is None:
        return None
    districts = pinned.layers.get(DISTRICT_LAYER)
    row = None if districts is None else districts.row_of.get(district_id)
    if districts is None or row is None:
        return {"id": district_id, "name": None, "name_en": None}
    columns = districts.columns
    name = _text(columns, districts.definition.name_field, row)
    return {"id": district_id, "name": name, "name_en": _text(columns, "name_en", row)}


def _text(columns: LayerColumns, field: str, row: int) -> str | None:
    column = columns.columns.get(field)
    if column is None or not column.known[row]:
        return None
    if column.field.codes:
        return tuple(column.field.codes)[int(column.values[row])]
    return str(column.values[row])


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
