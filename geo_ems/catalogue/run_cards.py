"""Reads run cards: `rules/run_cards/`, one TOML file per kind of incident, and finds the one that holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from geo_ems.catalogue.definition_faults import DefinitionFaults, suggestion
from geo_ems.catalogue.rule_files import (
    KnownNames,
    checked_codes,
    faults_of_rules,
    known_names_of,
    read_rule_file,
    rule_label,
)
from geo_ems.catalogue.rule_tables import (
    CardTable,
    ForceTable,
    HospitalsTable,
    LevelTable,
    PlacesTable,
    SuppliesTable,
    TeamsTable,
)
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.errors import DefinitionError, FaultsError, GeoEmsError, NotFoundError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.run_cards import (
    ForceAim,
    HospitalsNeeded,
    PlacesNeeded,
    RunCard,
    SuppliesNeeded,
    TeamsNeeded,
)

CARDS_FOLDER = "run_cards"
DEFAULT_KIND = "default"
_NEAREST_NAMES = 5


@dataclass(frozen=True, slots=True)
class RunCards:
    """All cards of a project by kind and level; `kinds` are those an incident may have."""

    cards: Mapping[tuple[str, int], RunCard]
    kinds: tuple[str, ...]

    def card(self, kind: str, level: int) -> RunCard:
        """Return the card of a kind at a level; a kind without cards has those of `default`.

        Raises
        ------
        NotFoundError
            Where there is no such kind, or no such level; the message names the nearest.
        """
        if kind not in self.kinds:
            near = get_close_matches(kind, self.kinds, n=_NEAREST_NAMES, cutoff=0.5) or list(self.kinds)
            remedy = (
                f"Did you mean: {', '.join(near)}?" if len(near) < len(self.kinds) else f"Known: {', '.join(near)}."
            )
            raise NotFoundError(f"There is no incident kind '{kind}'", remedy=remedy, field="kind", value=kind)
        levels = self.levels(kind)
        name = self._name_of(kind)
        if level not in levels:
            nearest = min(levels, key=lambda known: (abs(known - level), known), default=None)
            said = "there are no cards" if nearest is None else f"the nearest is {nearest}; there are {levels}"
            raise NotFoundError(
                f"The run card of '{kind}' has no alarm level {level}",
                where=f"rules/{CARDS_FOLDER}/{name}.toml",
                remedy=f"Ask for another: {said}.",
                field="alarm_level",
                value=level,
            )
        return self.cards[name, level]

    def levels(self, kind: str) -> list[int]:
        """Return the alarm levels that there are cards of for a kind, rising."""
        name = self._name_of(kind)
        return sorted(level for found, level in self.cards if found == name)

    def _name_of(self, kind: str) -> str:
        return kind if any(known == kind for known, _ in self.cards) else DEFAULT_KIND


def load_run_cards(rules_folder: Path, definitions: Mapping[str, LayerDefinition]) -> RunCards:
    """Return the run cards of a project, checked against its layers.

    Raises
    ------
    FaultsError
        Of all faults in all files, one DefinitionError each with line and remedy.
    """
    names, folder = known_names_of(definitions), rules_folder / CARDS_FOLDER
    faults: list[GeoEmsError] = []
    cards: dict[tuple[str, int], RunCard] = {}
    files = sorted(folder.glob("*.toml"), key=lambda path: path.name)
    for file in files:
        source = f"{rules_folder.name}/{CARDS_FOLDER}/{file.name}"
        try:
            found = read_rule_file(file, source, lambda raw, found: _cards(raw, found, names, source))  # noqa: B023 used at once
        except FaultsError as error:
            faults.extend(error.faults)
        else:
            cards |= {(card.kind, card.level): card for card in found}
    if not faults and not any(kind == DEFAULT_KIND for kind, _ in cards):
        where = f"{rules_folder.name}/{CARDS_FOLDER}/{DEFAULT_KIND}.toml"
        remedy = "Make it: it is the card of every kind that has none of its own. `geo-ems init` writes one."
        faults.append(DefinitionError("There is no default run card", where=where, remedy=remedy))
    if faults:
        raise faults_of_rules(faults, str(rules_folder))
    kinds = names.kinds or tuple(sorted({kind for kind, _ in cards} - {DEFAULT_KIND}))
    return RunCards(cards, kinds)


def _cards(raw: Mapping[str, object], faults: DefinitionFaults, names: KnownNames, source: str) -> tuple[RunCard, ...]:
    table = faults.checked(CardTable, raw, ())
    kind, stem = table.kind or "", source.rsplit("/", 1)[-1].removesuffix(".toml")
    if table.kind is not None:
        if kind != stem:
            faults.add(("kind",), f"The file is named {stem}.toml, the kind '{kind}'.", "Name both alike.")
        elif kind != DEFAULT_KIND and names.kinds is not None and kind not in names.kinds:
            faults.add(("kind",), f"There is no incident kind '{kind}'.", suggestion(kind, names.kinds))
    cards: list[RunCard] = []
    if not table.levels:
        faults.add(("levels",), "The card has no alarm level.", "Write at least one [[levels]] with level = 1.")
    for place, level_raw in enumerate(table.levels):
        path: KeyPath = ("levels", place)
        level = faults.checked(LevelTable, level_raw, path)
        if any(card.level == level.level for card in cards):
            faults.add((*path, "level"), f"The alarm level {level.level} is given twice.", "Give each level once.")
        cards.append(
            RunCard(
                kind=kind,
                level=level.level,
                note=rule_label(table.note),
                source=source,
                teams=_teams(level, path, names, faults),
                supplies=_supplies(level, path, names, faults),
                places=_places(level, path, names, faults),
                hospitals=_hospitals(level, path, faults),
                force=_force(level, path, faults),
            )
        )
    return tuple(cards)


def _teams(level: LevelTable, path: KeyPath, names: KnownNames, faults: DefinitionFaults) -> tuple[TeamsNeeded, ...]:
    found: list[TeamsNeeded] = []
    for place, raw in enumerate(level.teams):
        here = (*path, "teams", place)
        table = faults.checked(TeamsTable, raw, here)
        if any(need.name == table.name for need in found):
            faults.add((*here, "name"), f"The need '{table.name}' is given twice.", "Give each need another name.")
        if not (table.teams or table.people_persons or table.vehicles_count):
            remedy = "Write teams, people_persons or vehicles_count, 1 or more."
            faults.add(here, f"The need '{table.name}' asks for nothing.", remedy)
        found.append(
            TeamsNeeded(
                name=table.name,
                label=rule_label(table.label),
                teams=table.teams,
                people_persons=table.people_persons,
                vehicles_count=table.vehicles_count,
                capabilities=checked_codes(
                    table.capabilities, names.capabilities, (*here, "capabilities"), "capability", faults
                ),
                any_capability=checked_codes(
                    table.any_capability, names.capabilities, (*here, "any_capability"), "capability", faults
                ),
                kinds=checked_codes(table.kinds, names.team_kinds, (*here, "kinds"), "team kind", faults),
                within_s=_seconds(table.within_min),
            )
        )
    return tuple(found)


def _supplies(
    level: LevelTable, path: KeyPath, names: KnownNames, faults: DefinitionFaults
) -> tuple[SuppliesNeeded, ...]:
    found: list[SuppliesNeeded] = []
    for place, raw in enumerate(level.supplies):
        here = (*path, "supplies", place)
        table = faults.checked(SuppliesTable, raw, here)
        if names.items is not None and table.item not in names.items:
            faults.add((*here, "item"), f"There is no item '{table.item}'.", suggestion(table.item, names.items))
        if any(need.item == table.item for need in found):
            faults.add((*here, "item"), f"The item '{table.item}' is given twice.", "Give each item once.")
        found.append(SuppliesNeeded(table.item, table.quantity, _seconds(table.within_min)))
    return tuple(found)


def _places(level: LevelTable, path: KeyPath, names: KnownNames, faults: DefinitionFaults) -> PlacesNeeded | None:
    if level.places is None:
        return None
    here = (*path, "places")
    table = faults.checked(PlacesTable, level.places, here)
    suits = checked_codes(table.suitable_for, names.suitable_for, (*here, "suitable_for"), "hazard", faults)
    return PlacesNeeded(table.places_persons, table.follows_affected, suits, _seconds(table.within_min))


def _hospitals(level: LevelTable, path: KeyPath, faults: DefinitionFaults) -> HospitalsNeeded | None:
    if level.hospitals is None:
        return None
    here = (*path, "hospitals")
    table = faults.checked(HospitalsTable, level.hospitals, here)
    if not (table.hospitals or table.beds_count):
        faults.add(here, "The need of hospitals asks for nothing.", "Write hospitals or beds_count, 1 or more.")
    return HospitalsNeeded(table.hospitals, table.beds_count, _seconds(table.within_min))


def _force(level: LevelTable, path: KeyPath, faults: DefinitionFaults) -> ForceAim | None:
    if level.force is None:
        return None
    here = (*path, "force")
    table = faults.checked(ForceTable, level.force, here)
    if not (table.teams or table.people_persons):
        faults.add(here, "The effective force asks for nothing.", "Write teams or people_persons, 1 or more.")
    return ForceAim(table.teams, table.people_persons, _seconds(table.within_min))


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else minutes * 60.0
