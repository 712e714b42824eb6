"""Reading a rules file: TOML whose every fault is told with its line, and names that must exist in the layers."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from geo_ems.catalogue.definition_faults import DefinitionFaults, suggestion, syntax_error
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.catalogue.toml_tables import LabelTable
from geo_ems.errors import DefinitionError, FaultsError, GeoEmsError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Label

Rule = TypeVar("Rule")
MAX_RULE_BYTES = 1_000_000
INCIDENTS, TEAMS, DEPOTS, SHELTERS, DISTRICTS = (
    "incidents",
    "response_teams",
    "supply_depots",
    "shelters",
    "districts",
)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The codes of this project's layers that rules may name; None where a layer or field is not there."""

    kinds: tuple[str, ...] | None
    capabilities: tuple[str, ...] | None
    team_kinds: tuple[str, ...] | None
    items: tuple[str, ...] | None
    suitable_for: tuple[str, ...] | None
    levels: tuple[str, ...] | None


def known_names_of(definitions: Mapping[str, LayerDefinition]) -> KnownNames:
    """Return what rules may name."""

    def codes(layer: str, field: str) -> tuple[str, ...] | None:
        definition = definitions.get(layer)
        found = None if definition is None else definition.fields.get(field)
        return None if found is None or not found.codes else tuple(found.codes)

    depots = definitions.get(DEPOTS)
    items: tuple[str, ...] | None = None
    if depots is not None and depots.stock is not None:
        items = tuple(depots.children[depots.stock.child].fields[depots.stock.item_field].codes) or None
    return KnownNames(
        kinds=codes(INCIDENTS, "kind"),
        capabilities=codes(TEAMS, "capabilities"),
        team_kinds=codes(TEAMS, "kind"),
        items=items,
        suitable_for=codes(SHELTERS, "suitable_for"),
        levels=codes(DISTRICTS, "level"),
    )


def read_rule_file(path: Path, source: str, read: Callable[[Mapping[str, object], DefinitionFaults], Rule]) -> Rule:
    """Return what `read` makes of a TOML file; all its faults are raised together.

    Raises
    ------
    FaultsError
        Of one DefinitionError per fault, each with file, line, key and remedy.
    """
    try:
        if path.stat().st_size > MAX_RULE_BYTES:
            raise _only(DefinitionError("The file is too large for rules", where=source, remedy="Is it the right one?"))
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text)
    except OSError as error:
        reason = error.strerror or "the system refuses"
        raise _only(
            DefinitionError(f"It cannot be read: {reason}", where=source, remedy="`geo-ems init` makes one.")
        ) from error
    except UnicodeDecodeError as error:
        raise _only(DefinitionError("It is not UTF-8 text", where=source, remedy="Save it as UTF-8.")) from error
    except tomllib.TOMLDecodeError as error:
        raise _only(syntax_error(str(error), text, source=source)) from error
    faults = DefinitionFaults(text, source)
    found = read(raw, faults)
    if faults.errors():
        raise faults_of_rules(faults.errors(), source)
    return found


def faults_of_rules(errors: Iterable[GeoEmsError], where: str) -> FaultsError:
    """Return one error for all faults of the rules."""
    found = tuple(errors)
    count = "1 fault" if len(found) == 1 else f"{len(found)} faults"
    return FaultsError(f"The rules have {count}", found, where=where, remedy="Correct them there.")


def checked_codes(
    names: Iterable[str], known: tuple[str, ...] | None, path: KeyPath, what: str, faults: DefinitionFaults
) -> tuple[str, ...]:
    """Return names that must be among `known`; the others are noted with the nearest one."""
    given = tuple(names)
    for place, name in enumerate(given):
        if known is not None and name not in known:
            faults.add((*path, place), f"There is no {what} '{name}'.", suggestion(name, known))
    if len(set(given)) < len(given):
        faults.add(path, f"A {what} stands twice.", "Name each once.")
    return given


def rule_label(table: LabelTable) -> Label:
    """Return a label."""
    return Label(table.zh, table.en)


def _only(error: DefinitionError) -> FaultsError:
    return faults_of_rules((error,), error.where)
