"""Whose incident it is: the chain of districts of its place, and who leads where several are touched.

References
----------
DOMAIN R006, R007: inside one district that district leads; across several, the level above them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.model.columns import value_at
from geo_ems.model.labels import Label, Language
from geo_ems.services.districts import DISTRICT_LAYER
from geo_ems.services.words import say

LEVELS: Final = ("grid", "village", "zone", "township", "development_zone", "county", "city", "province")
"""Levels from the lowest to the highest. A development zone has a committee of its own and leads like a county."""
_NEVER_LEADS: Final = frozenset({"zone"})  # a zone of townships is an area of duty, not a government
_LARGEST_CHAIN: Final = 20


@dataclass(frozen=True, slots=True)
class District:
    """One district as people need it: who it is and the duty phone (None where unknown or hidden)."""

    id: str
    name: str | None
    name_en: str | None
    level: str | None
    parent_id: str | None
    duty_phone: str | None


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The districts of a place.

    `chain` runs from the lowest to the highest and names, of each level, one district or all that are touched.
    `leads` is None where no district of the register can be named; `consent` are the others that are touched on the
    level that made it rise. `outside` says that no district holds any of it, `partly_outside` that some of it
    lies beyond.
    """

    basis: str
    chain: tuple[District, ...]
    leads: District | None
    shared_level: str | None
    consent: tuple[District, ...]
    outside: bool
    partly_outside: bool
    why: Label

    def words(self, language: Language) -> str:
        """Return who leads, in one sentence."""
        return self.why.text(language)


def jurisdiction_of(
    pinned: SnapshotSet,
    geometry: BaseGeometry | None,
    district_id: str | None,
    *,
    leads_from: str,
    include_private: bool,
) -> Jurisdiction:
    """Return the districts of a place, or of a named district where there is no place.

    `leads_from` is the lowest level that leads alone. The boundary belongs to a district: a place on a border
    touches both.
    """
    snapshot = pinned.layers.get(DISTRICT_LAYER)
    if snapshot is None or (geometry is None and district_id is None):
        why = Label("没有地点,也没有区划:先问在哪个乡镇", "no place and no district: ask for the township first")
        return Jurisdiction("none", (), None, None, (), outside=False, partly_outside=False, why=why)
    known = _Known(snapshot, include_private=include_private)
    if geometry is not None:
        touched, covering = known.touching(geometry)
        basis = "geometry"
    else:
        touched = [known.district(str(district_id))] if str(district_id) in snapshot.row_of else []
        covering = {item.id for item in touched}
        basis = "district_id"
    if not touched:
        why = Label("不在任何已登记的区划内:请报上级确定", "outside every registered district: ask the upper level")
        return Jurisdiction(basis, (), None, None, (), outside=True, partly_outside=False, why=why)
    chain = known.with_ancestors(touched)
    partly_outside = geometry is not None and not covering and not _is_covered(known, touched, geometry)
    leads, shared = _leader(known, touched, covering, _levels_from(leads_from))
    if partly_outside and shared is None:
        leads = _above(known, touched)
    consent = tuple(item for item in touched if shared is not None and item.level == shared)
    why = _words(leads, shared, consent, partly_outside=partly_outside)
    return Jurisdiction(basis, chain, leads, shared, consent, outside=False, partly_outside=partly_outside, why=why)


class _Known:
    """The registered districts, looked up by id and by place."""

    def __init__(self, snapshot: LayerSnapshot, *, include_private: bool) -> None:
        self._snapshot = snapshot
        self._include_private = include_private

    def district(self, district_id: str) -> District:
        row = self._snapshot.row_of[district_id]
        return District(
            id=district_id,
            name=self._text(row, "name"),
            name_en=self._text(row, "name_en"),
            level=self._text(row, "level"),
            parent_id=self._text(row, "parent_id"),
            duty_phone=self._text(row, "duty_phone") if self._include_private else None,
        )

    def touching(self, geometry: BaseGeometry) -> tuple[list[District], set[str]]:
        """Return the districts that a geometry touches, by id, and the ids of those that hold all of it."""
        rows = self._snapshot.layered.rows_near_box(geometry.bounds)
        areas = self._snapshot.geometries_at(rows)
        meets = shapely.intersects(areas, geometry)
        rows, holds = rows[meets], shapely.covers(areas[meets], geometry)
        ids = [self._snapshot.columns.id_at(int(row)) for row in rows]
        return [self.district(name) for name in ids], {name for name, is_in in zip(ids, holds, strict=True) if is_in}

    def area_of(self, district_id: str) -> BaseGeometry | None:
        return self._snapshot.geometry_at(self._snapshot.row_of[district_id])

    def ancestors(self, district: District) -> list[District]:
        """Return the parents of a district, the nearest first; a circle of parents ends where it closes."""
        found: list[District] = []
        seen = {district.id}
        parent = district.parent_id
        while parent is not None and parent not in seen and parent in self._snapshot.row_of:
            if len(found) >= _LARGEST_CHAIN:
                break
            seen.add(parent)
            found.append(self.district(parent))
            parent = found[-1].parent_id
        return found

    def with_ancestors(self, touched: Sequence[District]) -> tuple[District, ...]:
        chain = {item.id: item for item in touched}
        for item in touched:
            chain.update({parent.id: parent for parent in self.ancestors(item)})
        return tuple(sorted(chain.values(), key=lambda item: (_rank(item.level), item.id)))

    def common_parent(self, districts: Sequence[District]) -> District | None:
        """Return the lowest district that is a parent of all, None where the register names none."""
        lines = [self.ancestors(item) for item in districts]
        shared = set.intersection(*({parent.id for parent in line} for line in lines))
        return next((parent for parent in lines[0] if parent.id in shared), None)

    def _text(self, row: int, field: str) -> str | None:
        column = self._snapshot.columns.columns.get(field)
        value = None if column is None else value_at(column, row)
        return None if value is None else str(value)


def _leader(
    known: _Known, touched: Sequence[District], covering: set[str], levels: Sequence[str]
) -> tuple[District | None, str | None]:
    """Return who leads, and the level on which several districts are touched.

    Levels are looked at from the lowest: the only district touched there leads where it holds all of the
    place; where several are touched, their common parent does, or the next level that has only one.
    """
    by_level: Mapping[str, list[District]] = {
        level: [item for item in touched if item.level == level] for level in levels
    }
    shared: str | None = None
    lowest: District | None = None
    for level in levels:
        found = by_level[level]
        if len(found) == 1:
            lowest = lowest or found[0]
            if found[0].id in covering:
                return found[0], shared
        elif found:
            shared = level
            parent = known.common_parent(found)
            if parent is not None:
                return parent, shared
    if shared is not None:
        return None, shared
    # Only below the lowest level that leads: the next parent, else itself.
    if lowest is not None:
        return lowest, None
    parents = [parent for item in touched for parent in known.ancestors(item) if parent.level in levels]
    return (min(parents, key=lambda item: (_rank(item.level), item.id)) if parents else touched[-1]), None


def _above(known: _Known, touched: Sequence[District]) -> District | None:
    """Return the lowest parent that is not touched itself: what reaches beyond a district is for the level above."""
    ids = {item.id for item in touched}
    highest = max(touched, key=lambda item: (_rank(item.level), item.id))
    return next((parent for parent in known.ancestors(highest) if parent.id not in ids), None)


def _levels_from(leads_from: str) -> tuple[str, ...]:
    levels = LEVELS[LEVELS.index(leads_from) :] if leads_from in LEVELS else LEVELS
    # A development zone leads before the township that it lies in.
    ordered = (*(level for level in levels if level == "development_zone"), *levels)
    return tuple(level for level in dict.fromkeys(ordered) if level not in _NEVER_LEADS)


def _rank(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _is_covered(known: _Known, touched: Sequence[District], geometry: BaseGeometry) -> bool:
    areas = np.array([known.area_of(item.id) for item in touched], dtype=np.object_)
    return bool(shapely.covers(shapely.union_all(areas), geometry))


def _words(leads: District | None, shared: str | None, consent: Sequence[District], *, partly_outside: bool) -> Label:
    zh_names = "、".join(item.name or item.id for item in consent)
    en_names = ", ".join(item.name_en or item.name or item.id for item in consent)
    if leads is None and not consent:
        zh, en = "请报上级确定牵头单位", "ask the upper level who leads"
    elif leads is None:
        zh = f"涉及 {zh_names},登记中没有共同上级:请报上级确定"
        en = f"touches {en_names}, and no common upper level is registered: ask the upper level"
    elif shared is not None:
        zh = f"涉及 {zh_names},由上一级 {leads.name or leads.id} 牵头"
        en = f"touches {en_names}: the level above leads, {leads.name_en or leads.name or leads.id}"
    else:
        zh = f"由 {leads.name or leads.id} 牵头(属地)"
        en = f"led by {leads.name_en or leads.name or leads.id} (territorial)"
    if partly_outside:
        zh, en = f"{zh};部分在已登记区划之外", f"{en}; part of it lies outside every registered district"
    return Label(zh, en)


def jurisdiction_words(say_in: Language, found: Jurisdiction) -> str:
    """Return who leads and whom to call."""
    phones = [f"{item.name or item.id} {item.duty_phone}" for item in found.chain if item.duty_phone]
    told = found.words(say_in)
    return told if not phones else f"{told}{say(say_in, ';值班电话 ', '; duty phones ')}{', '.join(phones)}"
