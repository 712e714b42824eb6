"""What a nearest question says: its place, its numbers, and how they are echoed and defined."""

from datetime import datetime

import numpy as np

from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.errors import UsageError, known_names
from geo_ems.model.caller import Caller
from geo_ems.queries.areas import representative_points
from geo_ems.services.eligibility import visible_rows
from geo_ems.services.provenance import instant_text
from geo_ems.services.questions import MAX_K, NearestQuestion
from geo_ems.services.words import say
from geo_ems.settings import Defaults

INCIDENT_LAYER = "incidents"
WIND_SIDE_IN_WORDS = (
    "where the feature lies seen from the incident: upwind within 45 degrees of where the wind comes from, downwind "
    "within 45 degrees of where it blows to, else crosswind; only with the incident's wind_from_deg and wind_time"
)


def check_numbers(k: int, cutoff_m: float | None, max_age_s: float) -> None:
    """Raise UsageError where k, the cutoff (metres) or the age (seconds) is out of range."""
    if not 1 <= k <= MAX_K:
        raise UsageError(f"k is {k}", remedy=f"Ask for 1 to {MAX_K}.", field="k", value=k)
    if cutoff_m is not None and not 0 <= cutoff_m < np.inf:
        raise UsageError(
            f"the cutoff is {cutoff_m} m", remedy="Write metres, 0 or more.", field="cutoff_m", value=cutoff_m
        )
    if not 0 <= max_age_s < np.inf:
        raise UsageError(
            f"the age is {max_age_s} s",
            remedy="Write seconds, 0 or more.",
            field="max_position_age_s",
            value=max_age_s,
        )


def place_asked(
    pinned: SnapshotSet, question: NearestQuestion, caller: Caller
) -> tuple[tuple[float, float], list[str]]:
    """Return the place asked from, and the warnings about it."""
    if (question.at_lonlat_deg is None) == (question.incident_id is None):
        raise UsageError(
            "Give a place or an incident, one of them", remedy="Write --at LON,LAT or --incident ID.", field="lon"
        )
    if question.at_lonlat_deg is not None:
        lon, lat = question.at_lonlat_deg
        if not -180 <= lon <= 180:  # noqa: PLR2004 degrees
            raise UsageError(f"longitude {lon} is outside -180 to 180", remedy="", field="lon", value=lon)
        if not -90 <= lat <= 90:  # noqa: PLR2004 degrees
            remedy = "Longitude comes first." if abs(lon) <= 90 else ""  # noqa: PLR2004 degrees
            raise UsageError(f"latitude {lat} is outside -90 to 90", remedy=remedy, field="lat", value=lat)
        return (lon, lat), []
    incidents = pinned.layer(INCIDENT_LAYER)
    ids = [str(incidents.columns.ids[row]) for row in np.flatnonzero(visible_rows(incidents, caller))]
    if question.incident_id not in ids:
        raise known_names("incident", str(question.incident_id), ids[:20])
    row = incidents.row_of[question.incident_id]
    geometry = incidents.columns.geometries[row]
    if geometry is None:
        raise UsageError(
            f"incident '{question.incident_id}' has no place yet",
            remedy="Give --at LON,LAT, or add the place to the incident.",
            field="incident",
            value=question.incident_id,
        )
    lon, lat = representative_points(incidents.columns.geometries[row : row + 1])[0]
    said = []
    if geometry.geom_type != "Point":
        said.append(
            say(
                question.language,
                "事件是一个区域,从区域内一点量起",
                "the incident is an area: measured from a point inside it",
            )
        )
    return (float(lon), float(lat)), said


def echo(
    question: NearestQuestion, at: tuple[float, float], *, k: int, as_of: datetime, max_age_s: float
) -> dict[str, object]:
    """Return the question as it was understood, defaults filled in."""
    return {
        "layer": question.layer,
        "lon": at[0],
        "lat": at[1],
        "incident": question.incident_id,
        "k": k,
        "metric": "straight_line",
        "where": list(question.where_text),
        "availability": sorted(question.availability),
        "cutoff_m": question.cutoff_m,
        "max_position_age_s": max_age_s,
        "ignore_hazards": question.ignore_hazards,
        "include_excluded": question.include_excluded,
        "as_of": instant_text(as_of),
        "lang": question.language,
    }


def definition_in_words(snapshot: LayerSnapshot, defaults: Defaults) -> dict[str, object]:
    """Return what the numbers of the answer mean."""
    return {
        "metric": "straight_line",
        "units": "m",
        "distance": "WGS84 geodesic from the place to the feature; to a line or area: to its nearest point, 0 inside",
        "bearing": "degrees clockwise from true north, from the place to the feature",
        "wind_side": WIND_SIDE_IN_WORDS,
        "order": "distance rounded to 0.1 m, distance, id",
        "cutoff_inclusive": True,
        "detour_factor": defaults.detour_factor,
        "detour_factor_applied": False,
        "travel_time": "not computed: no roads are used in a straight-line answer",
        "position": "live position or home base" if snapshot.positions is not None else "the feature's own geometry",
        "crs": "OGC:CRS84",
    }
