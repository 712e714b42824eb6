"""Where an incident is, from what was said: coordinates, a geometry, a district, or the name of a place.

A name that means one place is taken; one that may mean several is not guessed: the incident is stored without
a place, and the places it may mean are told.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import shapely

from geo_ems.errors import UsageError
from geo_ems.model.labels import Language
from geo_ems.queries.ellipsoid import checked_position
from geo_ems.services.incident_desk import DISTRICT_LAYER, INCIDENT_LAYER, IncidentDesk, checked_district
from geo_ems.services.places import COORDINATES, MAX_PLACES, ROAD_LAYER, Place

Basis = Literal["point", "geometry", "district", "place_name", "ambiguous", "not_found", "none"]
_LISTED = 10
_NO_PLACE_OF_ITS_OWN = frozenset({INCIDENT_LAYER, ROAD_LAYER})  # an incident moves, a road is long
_PRECISION = {COORDINATES: None, "population": "village"}


@dataclass(frozen=True, slots=True)
class SaidPlace:
    """What was said of the place; at most one of it. `lonlat_deg` is (lon, lat), `geometry` GeoJSON."""

    lonlat_deg: tuple[float, float] | None = None
    geometry: object = None
    district_id: str | None = None
    name: str | None = None

    def check(self) -> None:
        """Refuse several places at once, and one that is not on the Earth."""
        given = [self.lonlat_deg, self.geometry, self.district_id, self.name]
        if sum(item is not None for item in given) > 1:
            raise UsageError(
                "The place is given in several ways",
                remedy="Give one of: lon and lat, geometry, district_id, place.",
                field="place",
            )
        if self.lonlat_deg is not None:
            checked_position(self.lonlat_deg)


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """What to store: members of a GeoJSON feature, and how they were found; `candidates` where it is not clear."""

    basis: Basis
    geometry: object = None
    properties: Mapping[str, object] | None = None
    candidates: tuple[Place, ...] = ()
    taken: Place | None = None


def find_place(desk: IncidentDesk, said: SaidPlace, language: Language) -> FoundPlace:
    """Return where an incident is.

    Raises
    ------
    UsageError
        Where the place is given in several ways.
    NotFoundError
        Where there is no such district.
    """
    said.check()
    if said.lonlat_deg is not None:
        return FoundPlace("point", _point(*said.lonlat_deg))
    if said.geometry is not None:
        return FoundPlace("geometry", said.geometry)
    if said.district_id is not None:
        return FoundPlace("district", None, {"district_id": checked_district(desk, said.district_id)})
    if said.name is not None:
        return _named(desk, said.name, language)
    return FoundPlace("none")


def _named(desk: IncidentDesk, name: str, language: Language) -> FoundPlace:
    if desk.places is None:
        raise UsageError("Names are not looked up here", remedy="Give coordinates or a district.", field="place")
    answer = desk.places.find(name, limit=MAX_PLACES, language=language, caller=desk.caller)
    usable = [place for place in answer.places if place.layer not in _NO_PLACE_OF_ITS_OWN]
    candidates = tuple(sorted(answer.places, key=lambda place: place.layer in _NO_PLACE_OF_ITS_OWN)[:_LISTED])
    typed = _folded(name)
    exact = [place for place in usable if typed in {_folded(word) for word in (place.name, place.name_en) if word}]
    # A full list may hide more that fit; what is written exactly so comes before the rest.
    is_full = len(answer.places) == MAX_PLACES
    typed_spots = [place for place in usable if place.layer == COORDINATES]
    taken = _only_one(typed_spots or exact) if typed_spots or exact else None
    if taken is None and not exact and not is_full and len(usable) == 1:
        taken = usable[0]
    if taken is None:
        return FoundPlace("ambiguous" if candidates else "not_found", candidates=candidates)
    if taken.layer == DISTRICT_LAYER:  # a point in its middle would look more exact than it is
        return FoundPlace("place_name", None, {"district_id": taken.id}, taken=taken)
    if taken.lon_deg is None or taken.lat_deg is None:
        return FoundPlace("ambiguous", candidates=candidates)
    precision = _PRECISION.get(taken.layer, "address")
    properties = {"address": taken.name, **({"location_precision": precision} if precision else {})}
    return FoundPlace("place_name", _point(taken.lon_deg, taken.lat_deg), properties, taken=taken)


def _only_one(places: Sequence[Place]) -> Place | None:
    """Return the one place of a name; a village and the district of the same village are one."""
    spots = [place for place in places if place.layer != DISTRICT_LAYER]
    if len(places) == 1:
        return places[0]
    if len(spots) != 1 or spots[0].district is None:
        return None
    own = spots[0].district["id"]
    return spots[0] if all(place.id == own for place in places if place.layer == DISTRICT_LAYER) else None


def _point(lon_deg: float, lat_deg: float) -> object:
    return json.loads(shapely.to_geojson(shapely.Point(lon_deg, lat_deg)))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
