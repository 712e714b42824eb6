"""What an answer by arrival says of itself: the question as understood, what the numbers mean, what to beware of."""

from typing import Final

import numpy as np

from geo_ems.model.roads import Metric
from geo_ems.queries.ellipsoid import LonLat
from geo_ems.routing.network import RoadNetwork
from geo_ems.services.nearest_question import WIND_SIDE_IN_WORDS, echo
from geo_ems.services.nearest_rows import Posed
from geo_ems.services.words import say

FAR_FROM_ROAD_M: Final = 500.0
OUTSIDE_M: Final = 5_000.0
_ORDERS: Final = {
    Metric.TRAVEL_TIME: "total_s rounded to 0.1 s, straight_m, id",
    Metric.ROAD_DISTANCE: "distance_m rounded to 0.1 m, straight_m, id",
}


def arrival_echo(posed: Posed) -> dict[str, object]:
    """Return the question as it was understood, defaults filled in."""
    question, measure = posed.ranking.question, posed.measure
    told = echo(question, posed.ranking.at_lonlat_deg, k=posed.k, as_of=posed.as_of, max_age_s=posed.max_age_s)
    return {
        **told,
        "metric": str(measure.metric),
        "mode": str(measure.mode),
        "direction": str(measure.direction),
        "cutoff_s": question.cutoff_s,
        "barriers": [*question.barrier_ids, *(drawn.id for drawn in question.drawn_barriers)],
        "policy": dict(question.policy),
        "include_route": question.include_route,
        "own_area_only": question.own_area_only,
    }


def arrival_definition(posed: Posed, *, incident_is_area: bool) -> dict[str, object]:
    """Return what the numbers of an answer by arrival mean."""
    measure, defaults = posed.measure, posed.defaults
    positions = posed.ranking.snapshot.positions
    return {
        "metric": str(measure.metric),
        "units": measure.units,
        "mode": str(measure.mode),
        "direction": str(measure.direction),
        "order": _ORDERS[measure.metric],
        "cutoff": "of the metric that ranks",
        "cutoff_inclusive": True,
        "total_s": "turnout_s + delay_s + access_s + network_s + egress_s",
        "travel_s": "access_s + network_s + egress_s",
        "turnout_s": "the team's own time until it leaves, else assumed by its kind (turnout_assumed); 0 for what is "
        "no team",
        "turnout_defaults_s": {
            "fire": defaults.turnout_fire_s,
            "militia": defaults.turnout_militia_s,
            "village": defaults.turnout_village_s,
            "other": defaults.turnout_other_s,
        },
        "delay_s": "what delaying barriers on the way cost",
        "access_s": "straight from the start to the road, on foot",
        "egress_s": "straight from the road to the end, on foot",
        "access_speed_kmh": defaults.access_speed_kmh,
        "network_s": "on the road, slow barriers included",
        "distance_m": "along the way, access and egress included",
        "straight_m": "WGS84 geodesic from the place to the feature; to a line or area: to its nearest point, 0 inside",
        "detour_ratio": "distance_m / straight_m",
        "snap_m": "how far the feature lies from the road",
        "beyond_edge_m": "the incident lies in a closed area: straight metres from where the road enters it; "
        "edge_arrival_s is when that place is reached",
        "goes_round": "closures on the way that would be taken without any barrier",
        "unreachable": "no open way under the barriers",
        "isolated": "on a piece of road that is not joined to the rest, and the rest is more than 300 m farther",
        "consent": "own_area: of the incident's township or below; upper_level: of an area above it; neighbour: of "
        "another area; a label, never part of the order; own_area_only counts the others under wrong_type",
        "bearing": "degrees clockwise from true north, from the place to the feature",
        "wind_side": WIND_SIDE_IN_WORDS,
        "incident_place": "a point inside the incident's area" if incident_is_area else "as given",
        "position": "live position or home base"
        if positions is not None
        else "the feature's own geometry; of a line or area a point on it meets the road",
        "crs": "OGC:CRS84",
    }


def place_warnings(posed: Posed, network: RoadNetwork, *, snap_m: float, joined_main: bool) -> list[str]:
    """Return what is said of a place far from any road, outside the network, or at the wrong end of the Earth."""
    language, at = posed.ranking.question.language, posed.ranking.at_lonlat_deg
    said = []
    kilometres = f"{snap_m / 1000:.1f}"
    if snap_m > OUTSIDE_M:
        said.append(
            say(
                language,
                f"所问地点距最近的道路 {kilometres} 公里,在路网之外(海上、境外?),到达时间只供参考",
                f"the place asked lies {kilometres} km from the nearest road, outside the network (at sea, abroad?): "
                "arrivals are rough",
            )
        )
        if _fits_swapped(network, at):
            said.append(
                say(
                    language,
                    f"经纬度可能写反了: {at[1]:g},{at[0]:g} 在路网之内",
                    f"longitude and latitude may be swapped: {at[1]:g},{at[0]:g} lies inside the network",
                )
            )
    elif snap_m > FAR_FROM_ROAD_M:
        said.append(
            say(
                language,
                f"所问地点距最近的道路 {snap_m:.0f} 米,这一段按步行计",
                f"the place asked lies {snap_m:.0f} m from the nearest road; that bit is counted on foot",
            )
        )
    if joined_main:
        said.append(
            say(
                language,
                "所问地点旁的道路不与主路网相连,改接主路网最近的道路",
                "the road at the place asked is not joined to the rest: the nearest road of the main network is taken",
            )
        )
    return said


def _fits_swapped(network: RoadNetwork, at: LonLat) -> bool:
    places = network.place_lonlat_deg
    west_south, east_north = places.min(axis=0), places.max(axis=0)
    swapped = np.array([at[1], at[0]])
    return bool(((west_south <= swapped) & (swapped <= east_north)).all())
