"""What an answer tells where roads were used: the parts of an arrival, barriers, routes, whose consent."""

from collections.abc import Mapping

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from geo_ems.model.answers import (
    ActingBarrier,
    Arrival,
    BarrierMet,
    Consent,
    NearestAnswer,
    RankedFeature,
    RoadsUsed,
    TravelledRoute,
)

COORDINATE_DECIMALS = 7  # about 1 cm; RFC 7946 section 11.2 asks for no more than is meant


def geometry_mapping(geometry: BaseGeometry | None) -> object:
    """Return a GeoJSON geometry with coordinates rounded to 7 decimals, or None."""
    return None if geometry is None else _rounded(orjson.loads(shapely.to_geojson(geometry)))


def arrival_mapping(row: RankedFeature) -> dict[str, object]:
    """Return what is told of one result beside the straight line; empty where no roads were used."""
    arrival = row.arrival
    if arrival is None:
        return {}
    return {
        "total_s": arrival.total_s,
        "turnout_s": arrival.turnout_s,
        "turnout_assumed": arrival.turnout_assumed,
        "delay_s": arrival.delay_s,
        "access_s": arrival.access_s,
        "network_s": arrival.network_s,
        "egress_s": arrival.egress_s,
        "travel_s": arrival.travel_s,
        "access_m": arrival.access_m,
        "egress_m": arrival.egress_m,
        "snap_m": arrival.snap_m,
        "detour_ratio": arrival.detour_ratio,
        "edge_arrival_s": arrival.edge_arrival_s,
        "beyond_edge_m": arrival.beyond_edge_m,
        "within_cutoff": arrival.within_cutoff,
        "way": arrival.way,
        "has_ferry": arrival.has_ferry,
        "barriers_met": [_met(barrier) for barrier in arrival.barriers_met],
        "goes_round": [_met(barrier) for barrier in arrival.goes_round],
        "consent": _consent(row.consent),
        **_route(arrival),
    }


def arrival_cells(row: RankedFeature) -> dict[str, object]:
    """Return the same for a table: barriers and consent as text, the route as WKT."""
    told = arrival_mapping(row)
    arrival = row.arrival
    if arrival is None:
        return told
    told["barriers_met"] = [_named(barrier) for barrier in arrival.barriers_met]
    told["goes_round"] = [_named(barrier) for barrier in arrival.goes_round]
    told["consent"] = _consent_text(row.consent)
    if arrival.route is not None:
        told["route"] = shapely.to_wkt(arrival.route.line, rounding_precision=COORDINATE_DECIMALS)
    return told


def roads_mapping(roads: RoadsUsed | None) -> dict[str, object]:
    """Return what the arrivals of an answer rest on; empty where no roads were used."""
    if roads is None:
        return {}
    return {
        "network_version": roads.network_version,
        "attribution": roads.attribution,
        "barriers": [_acting(barrier) for barrier in roads.barriers],
    }


def route_features(answer: NearestAnswer) -> list[dict[str, object]]:
    """Return the routes that were asked for as GeoJSON features, in the order of the ranks."""
    return [
        {
            "type": "Feature",
            "id": f"route-{row.id}",
            "geometry": geometry_mapping(row.arrival.route.line),
            "properties": {
                "rank": row.rank,
                "route_of": row.id,
                "name": row.name,
                "total_s": row.arrival.total_s,
                "distance_m": row.distance_m,
                "turns": _turns(row.arrival.route),
            },
        }
        for row in answer.results
        if row.arrival is not None and row.arrival.route is not None
    ]


def _route(arrival: Arrival) -> dict[str, object]:
    if arrival.route is None:
        return {}
    return {"route": {"geometry": geometry_mapping(arrival.route.line), "turns": _turns(arrival.route)}}


def _turns(route: TravelledRoute) -> list[dict[str, object]]:
    return [
        {
            "turn": turn.turn,
            "road_id": turn.road_id,
            "road": turn.road,
            "distance_m": turn.distance_m,
            "lon": round(turn.at_lonlat_deg[0], COORDINATE_DECIMALS),
            "lat": round(turn.at_lonlat_deg[1], COORDINATE_DECIMALS),
            "is_ferry": turn.is_ferry,
        }
        for turn in route.turns
    ]


def _met(barrier: BarrierMet) -> dict[str, object]:
    return {"id": barrier.id, "name": barrier.name, "policy": barrier.policy, "road": barrier.road}


def _named(barrier: BarrierMet) -> str:
    return f"{barrier.id} {barrier.road or barrier.name or ''}".strip()


def _acting(barrier: ActingBarrier) -> dict[str, object]:
    return {
        "id": barrier.id,
        "layer": barrier.layer,
        "name": barrier.name,
        "policy": barrier.policy,
        "valid_to": barrier.valid_to,
        "confirmed_at": barrier.confirmed_at,
        "roads_hit": barrier.roads_hit,
    }


def _consent(consent: Consent | None) -> Mapping[str, object] | None:
    if consent is None:
        return None
    return {
        "relation": consent.relation,
        "district_id": consent.district_id,
        "name": consent.name,
        "level": consent.level,
        "common_superior_id": consent.common_superior_id,
    }


def _consent_text(consent: Consent | None) -> str | None:
    if consent is None:
        return None
    return f"{consent.relation} {consent.district_id or ''} {consent.name or ''}".strip()


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, COORDINATE_DECIMALS)
        case list():
            return [_rounded(item) for item in value]
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case _:
            return value
