"""Answers as JSON, GeoJSON and CSV: the same facts for the command line and the API (INTERFACES)."""

import csv
import io
from collections.abc import Mapping

import orjson
import shapely

from geo_ems.formats.arrival_answers import (
    COORDINATE_DECIMALS,
    arrival_cells,
    arrival_mapping,
    geometry_mapping,
    roads_mapping,
    route_features,
)
from geo_ems.formats.spreadsheet_safety import defused_text
from geo_ems.model.answers import (
    CoverageAnswer,
    DataAsOf,
    ExcludedFeature,
    NearestAnswer,
    RankedFeature,
)
from geo_ems.model.features import Value

__all__ = [
    "COORDINATE_DECIMALS",
    "coverage_csv",
    "coverage_mapping",
    "excluded_mapping",
    "geometry_mapping",
    "json_bytes",
    "nearest_csv",
    "nearest_geojson",
    "nearest_mapping",
    "ranked_mapping",
    "spreadsheet_cell",
]


def json_bytes(content: object) -> bytes:
    """Return JSON text: keys in the given order, no NaN, a newline at the end."""
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def nearest_mapping(answer: NearestAnswer) -> dict[str, object]:
    """Return a nearest answer as the JSON object of INTERFACES."""
    with_roads = answer.roads is not None
    return {
        "query": dict(answer.query),
        "definition": dict(answer.definition),
        "snapshot_id": answer.snapshot_id,
        "as_of": answer.as_of,
        "data_as_of": _data_as_of(answer.data_as_of),
        **roads_mapping(answer.roads),
        "results": [ranked_mapping(row) for row in answer.results],
        "passed_over": [excluded_mapping(row, with_roads=with_roads) for row in answer.passed_over],
        "to_confirm": [excluded_mapping(row, with_roads=with_roads) for row in answer.to_confirm],
        "to_open": [excluded_mapping(row, with_roads=with_roads) for row in answer.to_open],
        "excluded_counts": {str(reason): count for reason, count in answer.excluded_counts.items()},
        **(
            {}
            if answer.excluded is None
            else {
                "excluded": [excluded_mapping(row, with_roads=with_roads) for row in answer.excluded],
                "excluded_truncated": answer.excluded_truncated,
            }
        ),
        "warnings": list(answer.warnings),
    }


def ranked_mapping(row: RankedFeature) -> dict[str, object]:
    """Return one result: what was computed first, then the feature's own fields."""
    computed: dict[str, object] = {
        "rank": row.rank,
        "id": row.id,
        "name": row.name,
        "name_en": row.name_en,
        "straight_m": row.straight_m,
        "bearing_deg": row.bearing_deg,
        "distance_m": row.distance_m,
        "status": row.status,
        "availability": row.availability,
        "tied": row.tied,
        "district_id": row.district_id,
        "capacity_free": row.capacity_free,
        "hazard_flags": list(row.hazard_flags),
        "position_source": row.position_source,
        "position_time": row.position_time,
        "position_age_s": row.position_age_s,
        **({} if row.wind_side is None else {"wind_side": row.wind_side}),
        **arrival_mapping(row),
    }
    return {**computed, **_fields(row.properties, row.children, computed), "geometry": geometry_mapping(row.geometry)}


def excluded_mapping(row: ExcludedFeature, *, with_roads: bool = False) -> dict[str, object]:
    """Return one excluded feature with the first test it failed; `with_roads` also when it would arrive."""
    computed: dict[str, object] = {
        "id": row.id,
        "name": row.name,
        "reason": row.reason,
        "detail": row.detail,
        "straight_m": row.straight_m,
        "bearing_deg": row.bearing_deg,
        **({"total_s": row.total_s, "distance_m": row.distance_m} if with_roads else {}),
    }
    return {**computed, **_fields(row.properties, {}, computed), "geometry": geometry_mapping(row.geometry)}


def nearest_geojson(answer: NearestAnswer) -> dict[str, object]:
    """Return the results as a GeoJSON FeatureCollection; the rest of the answer stands beside `features`.

    Routes that were asked for follow the results, as lines.
    """
    whole = nearest_mapping(answer)
    rows = [dict(ranked_mapping(row)) for row in answer.results]
    for row in rows:
        row.pop("route", None)
    features = [
        {"type": "Feature", "id": row["id"], "geometry": row.pop("geometry"), "properties": row} for row in rows
    ]
    features += route_features(answer)
    rest = {key: value for key, value in whole.items() if key != "results"}
    return {"type": "FeatureCollection", "features": features, **rest}


def nearest_csv(answer: NearestAnswer) -> str:
    """Return the results as CSV with a header; cells that a spreadsheet would compute are defused."""
    rows = [{**ranked_mapping(row), **arrival_cells(row), "geometry": row.geometry.wkt} for row in answer.results]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["rank", "id", "name", "straight_m"]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: spreadsheet_cell(row.get(name)) for name in names})
    return text.getvalue()


def coverage_mapping(answer: CoverageAnswer) -> dict[str, object]:
    """Return a coverage answer as the JSON object of INTERFACES; keys of parts not computed are absent."""
    return {
        "query": dict(answer.query),
        "definition": dict(answer.definition),
        "snapshot_id": answer.snapshot_id,
        "as_of": answer.as_of,
        "data_as_of": _data_as_of(answer.data_as_of),
        **roads_mapping(answer.roads),
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
                "share_reachable": row.share_reachable,
                "demand_points": row.demand_points,
            }
            for row in answer.districts
        ],
        "facilities": [
            {
                "id": row.id,
                "name": row.name,
                "status": row.status,
                "people_in_reach": row.people_in_reach,
                "people_nearest": row.people_nearest,
                "capacity": row.capacity,
                "geometry": geometry_mapping(row.geometry),
            }
            for row in answer.facilities
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
                "nearest_cost": row.nearest_cost,
                "backup_count": row.backup_count,
                "geometry": geometry_mapping(row.geometry),
            }
            for row in answer.demand
        ],
        "excluded_counts": {str(reason): count for reason, count in answer.excluded_counts.items()},
        "warnings": list(answer.warnings),
    }


def coverage_csv(answer: CoverageAnswer, *, only_uncovered: bool = False) -> str:
    """Return the demand points as CSV, the uncovered ones only where asked."""
    names = ("id", "name", "district_id", "people", "reachable", "reason", "nearest_id", "nearest_cost", "backup_count")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*names, "lon", "lat"))
    for row in answer.demand:
        if only_uncovered and row.reachable:
            continue
        place = None if row.geometry is None else shapely.point_on_surface(row.geometry)
        lonlat = (
            ("", "") if place is None else (round(place.x, COORDINATE_DECIMALS), round(place.y, COORDINATE_DECIMALS))
        )
        writer.writerow([*(spreadsheet_cell(getattr(row, name)) for name in names), *lonlat])
    return text.getvalue()


def spreadsheet_cell(value: object) -> object:
    """Return a value as a spreadsheet should show it: lists joined with `;`, formulas defused with an apostrophe."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return defused_text(";".join(str(item) for item in value))
        case str():
            return defused_text(value)
        case _:
            return value


def _data_as_of(ages: Mapping[str, DataAsOf]) -> dict[str, object]:
    return {
        layer: {"observed_min": age.observed_min, "observed_max": age.observed_max, "changed_at": age.changed_at}
        for layer, age in ages.items()
    }


def _fields(
    properties: Mapping[str, Value],
    children: Mapping[str, tuple[Mapping[str, Value], ...]],
    taken: Mapping[str, object],
) -> dict[str, object]:
    own: dict[str, object] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in properties.items()
        if name not in taken
    }
    nested: dict[str, object] = {
        name: [{key: list(value) if isinstance(value, tuple) else value for key, value in row.items()} for row in rows]
        for name, rows in children.items()
    }
    return {**own, **nested}
