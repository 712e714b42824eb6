"""Which names a layer, a field, a table or a code may have."""

import re
from collections.abc import Mapping

from geo_ems.catalogue.definition_faults import DefinitionFaults
from geo_ems.catalogue.toml_positions import KeyPath
from geo_ems.model.units import UNITS, Unit

MAX_NAME_LENGTH = 60
_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN_PREFIXES = ("gpkg_", "rtree_", "ems_", "sqlite_")
_ROW_NAMES = frozenset({"id", "fid", "ogc_fid", "oid", "rowid", "rev", "seq"})
_PLACE_NAMES = frozenset({"geometry", "geom", "the_geom", "wkb_geometry", "lon", "lat", "bbox", "crs"})
_QUESTION_NAMES = frozenset({"datetime", "limit", "offset", "filter"})
RESERVED_FIELD_NAMES = _ROW_NAMES | _PLACE_NAMES | _QUESTION_NAMES
_RESERVED_CHILD_FIELD_NAMES = RESERVED_FIELD_NAMES | {"parent", "parent_id", "parent_fid", "feature_id", "position"}
_SUFFIXES: Mapping[str, Unit] = {unit.suffix: unit for unit in UNITS.values()}


def check_name(kind: str, name: str, path: KeyPath, faults: DefinitionFaults) -> None:
    """Note a fault where `name` cannot be a table or a column in every store."""
    if not _SNAKE_CASE.fullmatch(name) or "__" in name:
        faults.add(path, f"'{name}' is not a {kind} name.", _snake_case_remedy(name))
    elif len(name) > MAX_NAME_LENGTH:
        faults.add(path, f"The {kind} name has {len(name)} characters.", f"Use at most {MAX_NAME_LENGTH}.")
    elif name.startswith(_TAKEN_PREFIXES):
        prefix = next(p for p in _TAKEN_PREFIXES if name.startswith(p))
        faults.add(path, f"Names that start with '{prefix}' belong to the store.", f"Choose another {kind} name.")


def check_field_name(name: str, path: KeyPath, faults: DefinitionFaults, *, in_child: bool) -> None:
    """Note a fault where a field cannot have that name."""
    check_name("field", name, path, faults)
    if name in (_RESERVED_CHILD_FIELD_NAMES if in_child else RESERVED_FIELD_NAMES):
        faults.add(path, f"The field name '{name}' is reserved.", f"Choose another, such as '{name}_of_source'.")


def check_code_name(code: str, path: KeyPath, faults: DefinitionFaults) -> None:
    """Note a fault where a code is not English snake_case."""
    if not _SNAKE_CASE.fullmatch(code):
        faults.add(path, f"The code '{code}' is not snake_case.", _snake_case_remedy(code))
    elif len(code) > MAX_NAME_LENGTH:
        faults.add(path, f"The code has {len(code)} characters.", f"Use at most {MAX_NAME_LENGTH}.")


def worn_unit(name: str) -> Unit | None:
    """Return the unit whose suffix a field name wears, the longest one that fits; None without one."""
    fitting = [suffix for suffix in _SUFFIXES if name.endswith(suffix)]
    return _SUFFIXES[max(fitting, key=len)] if fitting else None


def _snake_case_remedy(name: str) -> str:
    proposal = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    example = f", such as '{proposal}'" if _SNAKE_CASE.fullmatch(proposal) else ""
    return f"Use lower-case English letters, digits and single underscores{example}."
