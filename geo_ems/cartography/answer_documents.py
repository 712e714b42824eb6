"""Answers as the page reads them: the JSON that the service itself gives (INTERFACES)."""

from collections.abc import Mapping

from geo_ems.cartography.geometry_json import geometry_json
from geo_ems.cartography.json_text import JsonValue, to_json_value
from geo_ems.cartography.layer_document import data_as_of_json
from geo_ems.model.answers import CoverageAnswer, DataAsOf, ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChildRows, Properties


def nearest_document(
    answer: NearestAnswer, definition: LayerDefinition, *, include_private: bool
) -> dict[str, JsonValue]:
    """Return a nearest answer, rows with their own fields beside what was computed.

    Private fields are left out unless `include_private`.
    """
    hidden = _private_names(definition, include_private=include_private)
    return {
        **_head(answer.query, answer.definition, answer.snapshot_id, answer.as_of, answer.data_as_of),
        "results": [_ranked(row, definition, hidden, include_private=include_private) for row in answer.results],
        "passed_over": [_excluded(row, hidden) for row in answer.passed_over],
        "to_confirm": [_excluded(row, hidden) for row in answer.to_confirm],
        "to_open": [_excluded(row, hidden) for row in answer.to_open],
        "excluded_counts": {reason.value: count for reason, count in answer.excluded_counts.items()},
        "excluded_truncated": answer.excluded_truncated,
        "warnings": list(answer.warnings),
    }


def coverage_document(answer: CoverageAnswer) -> dict[str, JsonValue]:
    """Return a coverage answer."""
    return {
        **_head(answer.query, answer.definition, answer.snapshot_id, answer.as_of, answer.data_as_of),
        "total": {
            "people": answer.total.people,
            "reachable": answer.total.reachable,
            "unreachable": answer.total.unreachable,
        },
        "districts": [
            {
                "id": row.id,
                "name": row.name,
                "name_en": row.name_en,
                "level": row.level,
                "people": row.people,
                "reachable": row.reachable,
                "unreachable": row.unreachable,
                "share_reachable": to_json_value(row.share_reachable),
                "demand_points": row.demand_points,
            }
            for row in answer.districts
        ],
        "demand": [
            {
                "id": row.id,
                "name": row.name,
                "district_id": row.district_id,
                "people": row.people,
                "reachable": row.reachable,
                "reason": row.reason,
                "nearest_id": row.nearest_id,
                "nearest_cost": to_json_value(row.nearest_cost),
                "backup_count": row.backup_count,
                "geometry": geometry_json(row.geometry),
            }
            for row in answer.demand
        ],
        "excluded_counts": {reason.value: count for reason, count in answer.excluded_counts.items()},
        "warnings": list(answer.warnings),
    }


def _head(
    query: Mapping[str, object],
    definition: Mapping[str, object],
    snapshot_id: str,
    as_of: str,
    data_as_of: Mapping[str, DataAsOf],
) -> dict[str, JsonValue]:
    return {
        "query": to_json_value(query),
        "definition": to_json_value(definition),
        "snapshot_id": snapshot_id,
        "as_of": as_of,
        "data_as_of": {layer: data_as_of_json(ages) for layer, ages in data_as_of.items()},
    }


def _private_names(definition: LayerDefinition, *, include_private: bool) -> frozenset[str]:
    if include_private:
        return frozenset()
    return frozenset(name for name, field in definition.fields.items() if field.private)


def _properties(properties: Properties, hidden: frozenset[str]) -> dict[str, JsonValue]:
    return {name: to_json_value(value) for name, value in properties.items() if name not in hidden}


def _children(children: ChildRows, definition: LayerDefinition, *, include_private: bool) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {}
    for name, rows in children.items():
        child = definition.children.get(name)
        hidden = frozenset(
            field.name for field in (child.fields.values() if child else ()) if field.private and not include_private
        )
        shown[name] = [_properties(row, hidden) for row in rows]
    return shown


def _ranked(
    row: RankedFeature, definition: LayerDefinition, hidden: frozenset[str], *, include_private: bool
) -> JsonValue:
    return {
        **_properties(row.properties, hidden),
        **_children(row.children, definition, include_private=include_private),
        "rank": row.rank,
        "id": row.id,
        "name": row.name,
        "name_en": row.name_en,
        "straight_m": row.straight_m,
        "distance_m": row.distance_m,
        "bearing_deg": row.bearing_deg,
        "status": row.status,
        "availability": row.availability.value if row.availability else None,
        "tied": row.tied,
        "district_id": row.district_id,
        "capacity_free": row.capacity_free,
        "hazard_flags": list(row.hazard_flags),
        "position_source": row.position_source,
        "position_time": row.position_time,
        "position_age_s": row.position_age_s,
        "geometry": None if row.position_source == "live" and not include_private else geometry_json(row.geometry),
    }


def _excluded(row: ExcludedFeature, hidden: frozenset[str]) -> JsonValue:
    return {
        **_properties(row.properties, hidden),
        "id": row.id,
        "name": row.name,
        "reason": row.reason.value,
        "detail": row.detail,
        "straight_m": row.straight_m,
        "bearing_deg": row.bearing_deg,
        "geometry": geometry_json(row.geometry),
    }
