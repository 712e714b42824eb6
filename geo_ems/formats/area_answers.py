"""Service areas as JSON and GeoJSON: the same facts for the command line and the API."""

from collections.abc import Mapping

from geo_ems.formats.arrival_answers import geometry_mapping, roads_mapping
from geo_ems.model.answers import DataAsOf
from geo_ems.model.area_answers import ServiceArea, ServiceAreasAnswer, StartFacility


def areas_mapping(answer: ServiceAreasAnswer) -> dict[str, object]:
    """Return an answer about service areas as a JSON object."""
    return {**_head(answer), "areas": [area_mapping(area) for area in answer.areas], **_foot(answer)}


def areas_geojson(answer: ServiceAreasAnswer) -> dict[str, object]:
    """Return the areas as a GeoJSON FeatureCollection; the rest of the answer stands beside `features`."""
    features = []
    for area in answer.areas:
        properties = area_mapping(area)
        geometry = properties.pop("geometry")
        number = f"{area.facility_id or 'all'}:{area.from_break:g}-{area.to_break:g}"
        features.append({"type": "Feature", "id": number, "geometry": geometry, "properties": properties})
    return {"type": "FeatureCollection", "features": features, **_head(answer), **_foot(answer)}


def area_mapping(area: ServiceArea) -> dict[str, object]:
    """Return one area."""
    return {
        "facility_id": area.facility_id,
        "name": area.name,
        "from_break": area.from_break,
        "to_break": area.to_break,
        "unit": area.unit,
        "mode": area.mode,
        "direction": area.direction,
        "turnout_s": area.turnout_s,
        "reached_road_m": area.reached_road_m,
        "area_m2": area.area_m2,
        "population": area.population,
        "demand_points": area.demand_points,
        "capacity": area.capacity,
        "barriers": list(area.barriers),
        "geometry": geometry_mapping(area.geometry),
    }


def _head(answer: ServiceAreasAnswer) -> dict[str, object]:
    return {
        "query": dict(answer.query),
        "definition": dict(answer.definition),
        "snapshot_id": answer.snapshot_id,
        "as_of": answer.as_of,
        "data_as_of": {layer: _age(age) for layer, age in answer.data_as_of.items()},
        **roads_mapping(answer.roads),
    }


def _foot(answer: ServiceAreasAnswer) -> dict[str, object]:
    return {
        "facilities": [_facility(row) for row in answer.facilities],
        "excluded_counts": {str(reason): count for reason, count in answer.excluded_counts.items()},
        "warnings": list(answer.warnings),
    }


def _facility(row: StartFacility) -> Mapping[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status,
        "access_m": row.access_m,
        "turnout_s": row.turnout_s,
        "turnout_assumed": row.turnout_assumed,
        "capacity": row.capacity,
        "reason": row.reason,
        "detail": row.detail,
        "geometry": geometry_mapping(row.geometry),
    }


def _age(age: DataAsOf) -> Mapping[str, object]:
    return {"observed_min": age.observed_min, "observed_max": age.observed_max, "changed_at": age.changed_at}
