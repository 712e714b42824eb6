"""What each area keeps for itself while several incidents are served, and who could move up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.errors import DefinitionError
from geo_ems.model.dispatch import CoverState, MoveUp
from geo_ems.model.labels import Language
from geo_ems.model.run_cards import CoverRule
from geo_ems.queries.areas import representative_points
from geo_ems.queries.ellipsoid import geodesic_m
from geo_ems.queries.forces import Forces, Group, Need, send_forces
from geo_ems.services.dispatch_ranking import Candidate, RankedLayer
from geo_ems.services.dispatch_teams import Kept, can_serve
from geo_ems.services.dispatch_words import arrival_text
from geo_ems.services.districts import DISTRICT_FIELD, DISTRICT_LAYER
from geo_ems.services.words import say, text_or_none

FACILITY_LAYER = "facilities"
_LONGEST_CHAIN = 12


@dataclass(frozen=True, slots=True)
class CoverArea:
    """One area under one rule: the available teams that count for it (`ids`), and its place."""

    rule: CoverRule
    id: str
    name: str | None
    lonlat_deg: tuple[float, float] | None
    ids: frozenset[str]

    @property
    def spare(self) -> int:
        """Return how many may leave without the area falling below what it has to keep, or has."""
        return max(0, len(self.ids) - self.rule.teams)


def cover_areas(rules: Sequence[CoverRule], pinned: SnapshotSet, teams: RankedLayer) -> tuple[CoverArea, ...]:
    """Return every area of every rule with the available teams that count for it now.

    A team counts for the district its home lies in and for those above; for a station where its home lies
    within the radius.

    Raises
    ------
    DefinitionError
        Where a rule names a district or station that does not exist.
    """
    found: list[CoverArea] = []
    for rule in rules:
        able = [team for team in teams.candidates if team.reason is None and can_serve(team, rule)]
        if rule.stations:
            found.extend(_stations(rule, pinned, able))
        else:
            found.extend(_districts(rule, pinned, able))
    return tuple(found)


def kept_teams(areas: Sequence[CoverArea]) -> list[Kept]:
    """Return how many of the teams of each area may leave."""
    return [Kept(area.ids, area.spare) for area in areas]


def cover_states(areas: Sequence[CoverArea], sent: frozenset[str], language: Language) -> tuple[CoverState, ...]:
    """Return what each area keeps at least, has now, and has when the recommendation is followed."""
    return tuple(
        CoverState(
            rule=area.rule.name,
            label=area.rule.label.text(language),
            area=area.id,
            area_name=area.name,
            minimum=area.rule.teams,
            now=len(area.ids),
            after=len(area.ids - sent),
        )
        for area in areas
    )


def move_ups(
    areas: Sequence[CoverArea],
    sent: frozenset[str],
    ranked_at: Callable[[tuple[float, float]], RankedLayer],
    *,
    language: Language,
) -> tuple[MoveUp, ...]:
    """Return teams that would fill up areas below their minimum, the choice exact and each team at most once.

    Whoever moves leaves its own areas at or above their minimum, what moves in not counted: nobody is stripped
    for another. Areas already below give nothing.
    """
    lacking = [area for area in areas if len(area.ids - sent) < area.rule.teams and area.lonlat_deg is not None]
    if not lacking:
        return ()
    ranked = [ranked_at(area.lonlat_deg) for area in lacking if area.lonlat_deg is not None]
    donors = sorted(
        {team.id for layer in ranked for team in layer.candidates if team.reason is None and team.id not in sent}
    )
    by_id = [{team.id: team for team in layer.candidates} for layer in ranked]
    fits = np.zeros((len(donors), len(lacking)), dtype=np.bool_)
    cost = np.zeros((len(donors), len(lacking)), dtype=np.int64)
    for row, donor in enumerate(donors):
        for column, area in enumerate(lacking):
            team = by_id[column].get(donor)
            if team is not None and donor not in area.ids:
                fits[row, column] = can_serve(team, area.rule)
                cost[row, column] = team.tenths(by_time=ranked[column].by_time)
    groups = [
        Group(
            np.array([donor in area.ids for donor in donors], dtype=np.bool_),
            max(0, len(area.ids - sent) - area.rule.teams),
        )
        for area in areas
    ]
    nobody = np.zeros(len(donors), dtype=np.int64)
    needs = [Need(teams=area.rule.teams - len(area.ids - sent)) for area in lacking]
    moved = send_forces(Forces(fits, cost, nobody, nobody), needs, groups=groups, minimise_latest=False)
    return tuple(
        _move_up(by_id[column][donor], lacking[column], ranked[column], language)
        for donor, column in zip(donors, moved.need_of.tolist(), strict=True)
        if column >= 0
    )


def _move_up(team: Candidate, area: CoverArea, ranked: RankedLayer, language: Language) -> MoveUp:
    arrives = arrival_text(team, language, by_time=ranked.by_time)
    label = area.rule.label
    why = say(
        language,
        f"补位: {label.zh};{arrives};原驻地仍满足最低保障",
        f"moves up: {label.en}; {arrives}; its own area keeps its minimum",
    )
    return MoveUp(team.id, team.name, area.id, area.name, area.rule.name, team.total_s, team.straight_m, why)


def _districts(rule: CoverRule, pinned: SnapshotSet, able: Sequence[Candidate]) -> list[CoverArea]:
    snapshot = pinned.layers.get(DISTRICT_LAYER)
    if snapshot is None:
        return []
    columns = snapshot.columns
    values = {columns.id_at(row): columns.row_values(row, include_private=False) for row in range(len(columns))}
    parents = {name: text_or_none(found.get("parent_id")) for name, found in values.items()}
    wanted = rule.districts or tuple(name for name, found in values.items() if found.get("level") == rule.level)
    chains = [(team.id, _chain(text_or_none(team.values.get(DISTRICT_FIELD)), parents)) for team in able]
    areas = []
    for district in wanted:
        if district not in values:
            raise _unknown(rule, "district", district)
        place = representative_points(columns.geometries[snapshot.row_of[district] : snapshot.row_of[district] + 1])[0]
        areas.append(
            CoverArea(
                rule,
                district,
                text_or_none(values[district].get("name")),
                (float(place[0]), float(place[1])) if np.isfinite(place).all() else None,
                frozenset(team_id for team_id, chain in chains if district in chain),
            )
        )
    return areas


def _stations(rule: CoverRule, pinned: SnapshotSet, able: Sequence[Candidate]) -> list[CoverArea]:
    snapshot, teams = pinned.layers.get(FACILITY_LAYER), pinned.layers.get("response_teams")
    areas = []
    for station in rule.stations:
        if snapshot is None or station not in snapshot.row_of:
            raise _unknown(rule, "station", station)
        row = snapshot.row_of[station]
        place = representative_points(snapshot.columns.geometries[row : row + 1])[0]
        near: set[str] = set()
        if teams is not None and np.isfinite(place).all():
            rows = np.array([teams.row_of[team.id] for team in able], dtype=np.int64)
            homes = representative_points(teams.columns.packed_geometries.taken(rows).astype(np.object_))
            known = np.flatnonzero(np.isfinite(homes).all(axis=1))
            apart = geodesic_m(np.broadcast_to(place, (known.size, 2)), homes[known])
            near = {able[row].id for row in known[apart <= (rule.radius_m or 0.0)]}
        name = text_or_none(snapshot.columns.row_values(row, include_private=False).get("name"))
        at = (float(place[0]), float(place[1])) if np.isfinite(place).all() else None
        areas.append(CoverArea(rule, station, name, at, frozenset(near)))
    return areas


def _chain(district: str | None, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    found: list[str] = []
    while district is not None and district not in found and len(found) < _LONGEST_CHAIN:
        found.append(district)
        district = parents.get(district)
    return tuple(found)


def _unknown(rule: CoverRule, what: str, name: str) -> DefinitionError:
    return DefinitionError(
        f"There is no {what} '{name}'",
        where=f"rules/minimum_cover.toml, rule '{rule.name}'",
        remedy="Correct the id, or import it first.",
    )
