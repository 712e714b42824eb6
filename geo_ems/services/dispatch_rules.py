"""The rules of recommendations of a project, read from `rules/`, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geo_ems.catalogue.force_rules import load_cargo, load_minimum_cover
from geo_ems.catalogue.run_cards import RunCards, load_run_cards
from geo_ems.errors import FaultsError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.run_cards import CargoTable, CoverRule


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """What a project lays down: run cards, what each area keeps, what goods weigh."""

    cards: RunCards
    cover: tuple[CoverRule, ...]
    cargo: CargoTable


def load_dispatch_rules(rules_folder: Path, definitions: Mapping[str, LayerDefinition]) -> DispatchRules:
    """Return the rules as they stand in the folder now.

    Raises
    ------
    FaultsError
        Of all faults of the first file group that has some, each with line and remedy.
    """
    return DispatchRules(
        load_run_cards(rules_folder, definitions),
        load_minimum_cover(rules_folder, definitions),
        load_cargo(rules_folder, definitions),
    )


def dispatch_rule_faults(rules_folder: Path, definitions: Mapping[str, LayerDefinition]) -> tuple[str, ...]:
    """Return everything that is wrong with the rules, one line each; empty where they can be used."""
    faults: list[str] = []
    for load in (load_run_cards, load_minimum_cover, load_cargo):
        try:
            load(rules_folder, definitions)
        except FaultsError as error:
            faults.extend(str(fault) for fault in error.faults)
    return tuple(faults)
