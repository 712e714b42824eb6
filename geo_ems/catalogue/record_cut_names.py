"""Names of columns that a format has cut: a Shapefile keeps ten bytes of a name, or five Chinese characters."""

from collections.abc import Mapping

from geo_ems.formats.column_names import fold_name
from geo_ems.formats.raw import RawFile
from geo_ems.model.definitions import FieldDefinition
from geo_ems.model.units import Unit


def fields_by_cut_name(
    raw: RawFile, fields: Mapping[str, FieldDefinition]
) -> dict[int, tuple[FieldDefinition, Unit | None]]:
    """Return the field, and the unit its name implies, of each column whose name is the beginning of one field's alone.

    Empty for formats that keep names whole.
    """
    if raw.names_cut_at_bytes is None:
        return {}
    meant: dict[str, set[tuple[str, Unit | None]]] = {}
    for field in fields.values():
        if field.derived:
            continue
        names = [(field.name, None), (field.label.zh, None), (field.label.en, None)]
        for name, unit in (*names, *((synonym.name, synonym.unit) for synonym in field.synonyms)):
            cut = _cut(name, raw.encoding or "utf-8", raw.names_cut_at_bytes)
            if cut is not None:
                meant.setdefault(fold_name(cut), set()).add((field.name, unit))
    found: dict[int, tuple[FieldDefinition, Unit | None]] = {}
    for index, column in enumerate(raw.columns):
        fitting = meant.get(fold_name(column), set())
        if len(fitting) == 1:
            name, unit = next(iter(fitting))
            found[index] = (fields[name], unit)
    return found


def _cut(name: str, encoding: str, limit_bytes: int) -> str | None:
    """Return what is left of a name, None where it fits whole."""
    written = name.encode(encoding, "replace")
    return written[:limit_bytes].decode(encoding, "ignore") if len(written) > limit_bytes else None
