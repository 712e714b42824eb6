"""The project's own gazetteer: districts and villages by name, for rows that give a name and no coordinates."""

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.columns import FloatArray, LayerColumns, value_at
from geo_ems.queries.areas import representative_points, smallest_areas_containing
from geo_ems.queries.shared_shapes import is_holding
from geo_ems.storage.protocol import LayerStore

DISTRICTS, POPULATION = "districts", "population"
# The longest first: 村委会 is no 村 with 委会 in front of it.
_SUFFIXES = (
    *("社区居民委员会", "街道办事处", "村民委员会", "居民委员会", "社区居委会", "村委会", "居委会"),
    *(
        "管委会",
        "办事处",
        "行政村",
        "自然村",
        "街道",
        "社区",
        "village",
        "community",
        "township",
        "subdistrict",
        "town",
    ),
    *("county", "村", "乡", "镇", "鎮", "鄉", "县", "縣", "区", "區", "市", "省"),
)
_OF_VILLAGES = frozenset({"村民委员会", "村委会", "行政村", "自然村", "村"})
_KINDS_OF_VILLAGE = ("village", "community", "grid")
_LEVEL_OF_KIND = {"village": "village", "community": "village", "grid": "grid"}
_SUGGESTIONS = 3
_LIKENESS = 0.5


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A district or village: its id, names, level, and a place that stands for it."""

    id: str
    layer: str
    name: str
    level: str
    district: str
    lon_deg: float
    lat_deg: float
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a row's names led to: one place, several, or none.

    `text` is the name that decided it, `near` the nearest spellings where it is not known.
    """

    places: tuple[NamedPlace, ...] = ()
    text: str = ""
    near: tuple[str, ...] = ()


def fold_place_name(text: str) -> str:
    """Return a name without width, case, spaces and punctuation."""
    kept = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in kept if character.isalnum())


def stem_of(folded: str) -> str:
    """Return a folded name without its kind (村, 镇, 街道 ...); the name itself where nothing would be left."""
    folded = folded.removesuffix("人民政府")
    for suffix in _SUFFIXES:
        stem = folded.removesuffix(suffix)
        if stem != folded and len(stem) > 1:
            return stem
        if stem != folded and suffix in _OF_VILLAGES:  # 张村委会 is 张村
            return f"{stem}村"
    return folded


@dataclass(slots=True)
class Gazetteer:
    """Names of a project; ids of districts and villages by folded name and by stem."""

    places: list[NamedPlace] = field(default_factory=list)
    _by_name: dict[str, list[NamedPlace]] = field(default_factory=dict)
    _by_stem: dict[str, list[NamedPlace]] = field(default_factory=dict)
    _near: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, store: LayerStore) -> "Gazetteer":
        """Return the districts and villages that a store holds."""
        layers = store.describe().layers
        gazetteer = cls()
        districts = store.read_columns(DISTRICTS) if DISTRICTS in layers else None
        if districts is not None:
            gazetteer._add(districts, "level", districts, DISTRICTS)
        if POPULATION in layers:
            gazetteer._add(store.read_columns(POPULATION), "kind", districts, POPULATION)
        return gazetteer

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.places)

    def _add(self, columns: LayerColumns, kind_field: str, districts: LayerColumns | None, layer: str) -> None:
        definition = columns.definition
        spots_deg = representative_points(columns.geometries)
        homes = _district_names(columns, spots_deg, districts, layer)
        for row, identity in enumerate(columns.ids):
            names = [_text(columns, name, row) for name in (definition.name_field, "name_en")]
            level = _text(columns, kind_field, row) or ("village" if layer == POPULATION else "")
            if layer == POPULATION:
                if level not in _KINDS_OF_VILLAGE:
                    continue
                level = _LEVEL_OF_KIND[level]
            if not names[0] or not np.isfinite(spots_deg[row]).all():
                continue
            lon_deg, lat_deg = (float(degrees) for degrees in spots_deg[row])
            area = columns.geometries[row] if shapely.get_dimensions(columns.geometries[row]) > 1 else None
            place = NamedPlace(str(identity), layer, names[0], level, homes[row], lon_deg, lat_deg, area)
            self.places.append(place)
            for name in filter(None, names):
                folded = fold_place_name(name)
                self._by_name.setdefault(folded, []).append(place)
                self._by_stem.setdefault(stem_of(folded), []).append(place)

    def resolve(self, names: Sequence[str]) -> Resolved:
        """Return where names lead to, coarse to fine: each is looked for inside what the one before it found."""
        scope: tuple[NamedPlace, ...] | None = None
        text = ""
        for name in names:
            folded = fold_place_name(name)
            if not folded:
                continue
            text = name.strip()
            # The township's name may stand in the village's column again.
            same = tuple(place for place in scope or () if fold_place_name(place.name) == folded)
            found = same or self._look_up(folded, scope)
            if not found and scope is not None:
                found = tuple(place for place in scope if stem_of(fold_place_name(place.name)) == stem_of(folded))
            if not found:
                return Resolved((), text, self._nearest_spellings(folded, scope))
            scope = found
        return Resolved(scope or (), text)

    def _look_up(self, folded: str, scope: tuple[NamedPlace, ...] | None) -> tuple[NamedPlace, ...]:
        """Return the places of a name: as written, else without its kind, else behind the names of its districts."""
        for index, key in ((self._by_name, folded), (self._by_stem, stem_of(folded))):
            found = _one_each(_inside(index.get(key, []), scope))
            if found:
                return found
        # 城关镇东门社区: the longest name in front that is known, and the rest inside it.
        for length in range(len(folded) - 1, 1, -1):
            front = [place for place in self._by_name.get(folded[:length], []) if place.area is not None]
            outer = _one_each(_inside(front, scope))
            found = self._look_up(folded[length:], outer) if outer else ()
            if found:
                return found
        return ()

    def _nearest_spellings(self, folded: str, scope: tuple[NamedPlace, ...] | None) -> tuple[str, ...]:
        key = (folded, tuple(place.id for place in scope or ()))
        if key not in self._near:
            names = {fold_place_name(place.name): place.name for place in _inside(self.places, scope)}
            near = difflib.get_close_matches(folded, sorted(names), n=_SUGGESTIONS, cutoff=_LIKENESS)
            self._near[key] = tuple(names[name] for name in near)
        return self._near[key]


def _inside(places: Sequence[NamedPlace], scope: tuple[NamedPlace, ...] | None) -> list[NamedPlace]:
    """Return the places that lie in one of the areas of a scope; all of them without a scope."""
    if scope is None:
        return list(places)
    own = {(place.layer, place.id) for place in scope}
    areas = [place.area for place in scope if place.area is not None]
    return [
        place for place in places if (place.layer, place.id) not in own and any(_holds(area, place) for area in areas)
    ]


def _holds(area: BaseGeometry, place: NamedPlace) -> bool:
    return bool(is_holding(area, np.array([place.lon_deg]), np.array([place.lat_deg]))[0])


def _one_each(places: Sequence[NamedPlace]) -> tuple[NamedPlace, ...]:
    """Return the places without areas that have a point of the same name in them: both are the same village."""
    points = [place for place in places if place.area is None]
    kept: dict[tuple[str, str], NamedPlace] = {}
    for place in places:
        is_told_by_point = place.area is not None and any(
            fold_place_name(point.name) == fold_place_name(place.name)
            and point.level == place.level
            and _holds(place.area, point)
            for point in points
        )
        if not is_told_by_point:
            kept.setdefault((place.layer, place.id), place)
    return tuple(kept.values())


def _district_names(
    columns: LayerColumns, spots_deg: FloatArray, districts: LayerColumns | None, layer: str
) -> list[str]:
    """Return the name of the district each feature belongs to, empty where there is none."""
    if districts is None:
        return [""] * len(columns)
    name_field = districts.definition.name_field
    names = {str(identity): _text(districts, name_field, row) or "" for row, identity in enumerate(districts.ids)}
    if layer == DISTRICTS:
        return [names.get(_text(columns, "parent_id", row) or "", "") for row in range(len(columns))]
    holder = smallest_areas_containing(districts.geometries, spots_deg)
    return [names[str(districts.ids[row])] if row >= 0 else "" for row in holder]


def _text(columns: LayerColumns, name: str, row: int) -> str | None:
    column = columns.columns.get(name)
    value = None if column is None else value_at(column, row)
    return None if value is None else str(value)
