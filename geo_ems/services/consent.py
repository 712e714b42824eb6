"""Whose consent is needed to send what belongs to another area (SEMANTICS ruling 11): labels, never the order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from geo_ems.catalogue.layer_snapshot import LayerSnapshot
from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.answers import Consent
from geo_ems.model.columns import BoolArray, value_at
from geo_ems.queries.areas import smallest_areas_containing
from geo_ems.services.districts import DISTRICT_FIELD, DISTRICT_LAYER
from geo_ems.services.words import text_or_none

OWN_AREA, UPPER_LEVEL, NEIGHBOUR, UNKNOWN = "own_area", "upper_level", "neighbour", "unknown"
_LEVELS: Final = ("province", "city", "county", "development_zone", "zone", "township", "village", "grid")
_TOWNSHIP, _COUNTY = "township", "county"
_VILLAGE_TIERS: Final = frozenset({"grassroots", "social"})
_VILLAGE_KINDS: Final = frozenset({"village_assault", "militia_township", "dyke_patrol", "grassroots"})
_LEVEL_OF_DEPOT: Final[Mapping[str, str]] = {
    "city": "city",
    "county": _COUNTY,
    "township": _TOWNSHIP,
    "onsite_stockpile": _TOWNSHIP,
}
_LONGEST_CHAIN: Final = 12


@dataclass(frozen=True, slots=True)
class District:
    """One district, as far as consent asks."""

    id: str
    name: str | None
    level: str | None
    parent_id: str | None


class OwnAreas:
    """Says of the features of a layer to whose area they belong, seen from one place."""

    def __init__(self, pinned: SnapshotSet, snapshot: LayerSnapshot, at_lonlat_deg: tuple[float, float]) -> None:
        """Look from a place; without districts every relation is unknown."""
        self._snapshot = snapshot
        self._districts = pinned.layers.get(DISTRICT_LAYER)
        self._at = at_lonlat_deg
        self._known: dict[str, District | None] = {}

    @property
    def is_asked(self) -> bool:
        """Return whether the features of this layer belong to somebody: teams and depots do."""
        return self._snapshot.definition.role in {"team", "depot"}

    @cached_property
    def chain(self) -> tuple[District, ...]:
        """Return the district that holds the place, the smallest, and those above it; empty outside every district."""
        if self._districts is None:
            return ()
        columns = self._districts.columns
        lowest = int(smallest_areas_containing(columns.geometries, np.array([self._at]))[0])
        return self._chain_of(columns.id_at(lowest)) if lowest >= 0 else ()

    def consent(self, row: int) -> Consent | None:
        """Return whose consent is needed for one feature; None where the layer knows no owners."""
        if not self.is_asked:
            return None
        owner = self._owner(row)
        if owner is None or not self.chain:
            return Consent(UNKNOWN, None, None, None, None)
        own_ids = [district.id for district in self.chain]
        if owner.id in own_ids:
            own_level = next((item for item in self.chain if _depth(item.level) <= _depth(_TOWNSHIP)), self.chain[0])
            relation = OWN_AREA if own_ids.index(owner.id) <= own_ids.index(own_level.id) else UPPER_LEVEL
            return Consent(relation, owner.id, owner.name, owner.level, None)
        above = next((item.id for item in self._chain_of(owner.id) if item.id in own_ids), None)
        return Consent(NEIGHBOUR, owner.id, owner.name, owner.level, above)

    def foreign(self, rows: BoolArray) -> BoolArray:
        """Return which of the features marked in `rows` (n,) do not belong to the own area, shape (n,)."""
        found = np.zeros(rows.size, dtype=np.bool_)
        for row in np.flatnonzero(rows):
            consent = self.consent(int(row))
            found[row] = consent is not None and consent.relation != OWN_AREA
        return found

    def _owner(self, row: int) -> District | None:
        """Return the district that commands a feature: its township where it is a village's, else its county."""
        district_id = self._value(row, DISTRICT_FIELD)
        chain = self._chain_of(district_id) if district_id is not None else ()
        if not chain:
            return None
        level = self._level_of_owner(row)
        return next((item for item in chain if _depth(item.level) <= _depth(level)), chain[-1])

    def _level_of_owner(self, row: int) -> str:
        if self._snapshot.definition.role == "team":
            is_village = self._value(row, "tier") in _VILLAGE_TIERS or self._value(row, "kind") in _VILLAGE_KINDS
            return _TOWNSHIP if is_village else _COUNTY
        return _LEVEL_OF_DEPOT.get(self._value(row, "level") or "", _COUNTY)

    def _value(self, row: int, field: str) -> str | None:
        column = self._snapshot.columns.columns.get(field)
        if column is None or not column.knows(row):
            return None
        return text_or_none(value_at(column, row))

    def _district(self, district_id: str) -> District | None:
        if district_id not in self._known:
            self._known[district_id] = self._looked_up(district_id)
        return self._known[district_id]

    def _looked_up(self, district_id: str) -> District | None:
        if self._districts is None or district_id not in self._districts.row_of:
            return None
        values = self._districts.columns.row_values(self._districts.row_of[district_id], include_private=False)
        name, level, parent = (text_or_none(values.get(key)) for key in ("name", "level", "parent_id"))
        return District(district_id, name, level, parent)

    def _chain_of(self, district_id: str) -> tuple[District, ...]:
        chain: list[District] = []
        next_id: str | None = district_id
        while next_id is not None and len(chain) < _LONGEST_CHAIN:  # a parent that is its own child ends here
            district = self._district(next_id)
            if district is None or district in chain:
                break
            chain.append(district)
            next_id = district.parent_id
        return tuple(chain)


def _depth(level: str | None) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
