"""Answers as the page reads them: the JSON that the service itself gives, without what is private."""

from collections.abc import Iterable
from dataclasses import replace

from shapely.geometry import Point

from geo_ems.cartography.json_text import JsonValue, to_json_value
from geo_ems.formats.answers import coverage_mapping, nearest_mapping
from geo_ems.model.answers import CoverageAnswer, ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChildRows, Properties


def nearest_document(answer: NearestAnswer, definition: LayerDefinition, *, include_private: bool) -> JsonValue:
    """Return a nearest answer; private fields and live positions are left out unless `include_private`."""
    return to_json_value(nearest_mapping(answer if include_private else _public_answer(answer, definition)))


def coverage_document(answer: CoverageAnswer) -> JsonValue:
    """Return a coverage answer."""
    return to_json_value(coverage_mapping(answer))


def _public_answer(answer: NearestAnswer, definition: LayerDefinition) -> NearestAnswer:
    hidden = _private_names(definition.fields.values())

    def excluded(rows: tuple[ExcludedFeature, ...]) -> tuple[ExcludedFeature, ...]:
        return tuple(replace(row, properties=_without(row.properties, hidden)) for row in rows)

    return replace(
        answer,
        results=tuple(_public_row(row, definition, hidden) for row in answer.results),
        passed_over=excluded(answer.passed_over),
        to_confirm=excluded(answer.to_confirm),
        to_open=excluded(answer.to_open),
        excluded=None if answer.excluded is None else excluded(answer.excluded),
    )


def _public_row(row: RankedFeature, definition: LayerDefinition, hidden: frozenset[str]) -> RankedFeature:
    children: ChildRows = {
        name: tuple(_without(line, _private_names(definition.children[name].fields.values())) for line in lines)
        for name, lines in row.children.items()
        if name in definition.children
    }
    geometry = Point() if row.position_source == "live" else row.geometry
    return replace(row, properties=_without(row.properties, hidden), children=children, geometry=geometry)


def _private_names(fields: Iterable[FieldDefinition]) -> frozenset[str]:
    return frozenset(field.name for field in fields if field.private)


def _without(properties: Properties, hidden: frozenset[str]) -> Properties:
    return {name: value for name, value in properties.items() if name not in hidden}
