"""Headings under which columns are known without an explicit choice: refused rows go back under them."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from geo_ems.catalogue.record_matching import ColumnMatch, ColumnPlan, plan_columns
from geo_ems.catalogue.record_place_columns import Place
from geo_ems.formats.column_names import fold_name, split_unit
from geo_ems.formats.raw import RawFile
from geo_ems.model.definitions import FieldDefinition, LayerDefinition

PLACE_HEADINGS: Mapping[Place, str] = {
    Place.LON: "经度",
    Place.LAT: "纬度",
    Place.LONLAT: "经度,纬度",
    Place.LATLON: "纬度,经度",
    Place.EASTING: "东坐标",
    Place.NORTHING: "北坐标",
}
_SET_ASIDE = "原列 {heading}"

_Use = tuple[str, float, str | None]


def recognised_headings(
    raw: RawFile,
    plan: ColumnPlan,
    *,
    fields: Mapping[str, FieldDefinition],
    known: Collection[str],
    definition: LayerDefinition | None = None,
    fixed: Mapping[int, str] | None = None,
) -> tuple[str, ...]:
    """Return one heading per column under which it means the same with no choice, no row of units and no name cut.

    Headings stay as they are where that holds already. A column that was chosen, or took its unit
    from a row under the header, gets the label of its field; one that was left aside although its
    heading is among the folded names of `known` gets a heading that is not. `fixed` are the headings
    of columns that the plan says nothing of, by index.
    """
    fixed = fixed or {}
    alone = replace(raw, units={}, names_cut_at_bytes=None)
    natural = _uses(plan_columns(alone, fields=fields, definition=definition, has_datum=True))
    uses = _uses(plan)
    is_natural = natural == uses and not fixed
    headings = list(raw.columns)
    matches = {match.index: match for match in plan.matches}
    places = {index: place for place, index in plan.places.items()}
    for index, heading in enumerate(raw.columns):
        if index in fixed:
            headings[index] = fixed[index]
        elif index in uses and uses[index] != natural.get(index):
            headings[index] = PLACE_HEADINGS[places[index]] if index in places else _label_of(matches[index])
        elif index not in uses and not is_natural and _means_something(heading, known):
            headings[index] = _SET_ASIDE.format(heading=heading)
    return tuple(headings)


def _uses(plan: ColumnPlan) -> dict[int, _Use]:
    uses: dict[int, _Use] = {match.index: (match.field.name, match.factor, match.flag) for match in plan.matches}
    uses.update({index: (place.value, 1.0, None) for place, index in plan.places.items()})
    return uses


def _label_of(match: ColumnMatch) -> str:
    if match.factor == 1.0 or match.unit is None:
        return match.field.label.zh
    return f"{match.field.label.zh}({match.unit.symbol.zh})"


def _means_something(heading: str, known: Collection[str]) -> bool:
    parts = split_unit(heading)
    return fold_name(heading) in known or (parts is not None and parts[0] in known)
