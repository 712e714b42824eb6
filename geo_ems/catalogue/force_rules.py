"""Reads what each area keeps for itself (`rules/minimum_cover.toml`) and what goods weigh (`rules/cargo.toml`)."""

from collections.abc import Mapping
from pathlib import Path

from geo_ems.catalogue.definition_faults import DefinitionFaults, suggestion
from geo_ems.catalogue.rule_files import KnownNames, checked_codes, known_names_of, read_rule_file, rule_label
from geo_ems.catalogue.rule_tables import CargoFileTable, CoversTable, CoverTable, TrucksTable, WeightTable
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.run_cards import Cargo, CargoTable, CoverRule, Trucks

COVER_FILE, CARGO_FILE = "minimum_cover.toml", "cargo.toml"


def load_minimum_cover(rules_folder: Path, definitions: Mapping[str, LayerDefinition]) -> tuple[CoverRule, ...]:
    """Return what each area keeps for itself; nothing where the project has no such file.

    Raises
    ------
    FaultsError
        Of all its faults, each with line and remedy.
    """
    path, names = rules_folder / COVER_FILE, known_names_of(definitions)
    if not path.exists():
        return ()
    return read_rule_file(path, f"{rules_folder.name}/{COVER_FILE}", lambda raw, faults: _covers(raw, faults, names))


def load_cargo(rules_folder: Path, definitions: Mapping[str, LayerDefinition]) -> CargoTable:
    """Return what goods weigh and what a truck carries.

    Raises
    ------
    FaultsError
        Of all its faults, each with line and remedy.
    """
    path, names = rules_folder / CARGO_FILE, known_names_of(definitions)
    return read_rule_file(path, f"{rules_folder.name}/{CARGO_FILE}", lambda raw, faults: _cargo(raw, faults, names))


def _covers(raw: Mapping[str, object], faults: DefinitionFaults, names: KnownNames) -> tuple[CoverRule, ...]:
    found: list[CoverRule] = []
    for place, item in enumerate(faults.checked(CoversTable, raw, ()).keep):
        here = ("keep", place)
        table = faults.checked(CoverTable, item, here)
        if any(rule.name == table.name for rule in found):
            faults.add((*here, "name"), f"The rule '{table.name}' is given twice.", "Give each rule another name.")
        if sum((table.level is not None, bool(table.districts), bool(table.stations))) != 1:
            remedy = 'Write one of: level = "township", districts = ["..."], stations = ["..."] with radius_m.'
            faults.add(here, "It is not clear which areas keep it.", remedy)
        if bool(table.stations) is (table.radius_m is None):
            faults.add(here, "stations and radius_m go together.", "Write both, or neither.")
        if table.level is not None and names.levels is not None and table.level not in names.levels:
            problem = f"There is no district level '{table.level}'."
            faults.add((*here, "level"), problem, suggestion(table.level, names.levels))
        found.append(
            CoverRule(
                name=table.name,
                label=rule_label(table.label),
                teams=table.teams,
                capabilities=checked_codes(
                    table.capabilities, names.capabilities, (*here, "capabilities"), "capability", faults
                ),
                any_capability=checked_codes(
                    table.any_capability, names.capabilities, (*here, "any_capability"), "capability", faults
                ),
                kinds=checked_codes(table.kinds, names.team_kinds, (*here, "kinds"), "team kind", faults),
                level=table.level,
                districts=tuple(table.districts),
                stations=tuple(table.stations),
                radius_m=table.radius_m,
            )
        )
    return tuple(found)


def _cargo(raw: Mapping[str, object], faults: DefinitionFaults, names: KnownNames) -> CargoTable:
    table = faults.checked(CargoFileTable, raw, ())
    trucks = faults.checked(TrucksTable, table.trucks, ("trucks",))
    checked_codes(trucks.items, names.items, ("trucks", "items"), "item", faults)
    if names.capabilities is not None and trucks.capability not in (*names.capabilities, "?"):
        problem = f"There is no capability '{trucks.capability}'."
        faults.add(("trucks", "capability"), problem, suggestion(trucks.capability, names.capabilities))
    weights: dict[str, Cargo] = {}
    for item, value in table.weights.items():
        if names.items is not None and item not in names.items:
            faults.add(("weights", item), f"There is no item '{item}'.", suggestion(item, names.items))
        weight = faults.checked(WeightTable, value, ("weights", item))
        weights[item] = Cargo(weight.kg, weight.m3)
    for item in names.items or ():
        if item not in weights and item not in trucks.items:
            remedy = f"Write {item} = {{ kg = ..., m3 = ... }} for one unit of it."
            faults.add(("weights",), f"What '{item}' weighs is missing.", remedy)
    return CargoTable(Trucks(trucks.payload_kg, trucks.volume_m3, tuple(trucks.items), trucks.capability), weights)
