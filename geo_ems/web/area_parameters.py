"""What may be asked of `/v1/service-areas`, and of roads in `/v1/coverage`: one declaration for JSON and OpenAPI."""

from geo_ems.model.area_answers import Nest, Overlap
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.area_question import (
    LEAST_BUFFER_M,
    MAX_AREAS,
    MAX_BREAK_M,
    MAX_BREAK_S,
    MAX_BREAKS,
    MOST_BUFFER_M,
)
from geo_ems.web import kinds
from geo_ems.web import question_parameters as ask
from geo_ems.web.number_lists import numbers
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter

MAX_BARRIERS = 100
_BARRIER_SCHEMA = {
    "type": "object",
    "required": ["type", "geometry"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": "object"},
        "properties": {"type": "object", "description": "policy: closed (else), slow:3 or delay:120; name; direction"},
    },
}

ROAD_METRIC = Parameter(
    "metric", kinds.choice(tuple(Metric)), "what is measured; where it is not said it follows from the unit"
)
ROAD_MODE = Parameter("mode", kinds.choice(tuple(Mode)), "how one moves; else on foot to shelters, driving otherwise")
ROAD_DIRECTION = Parameter(
    "direction",
    kinds.choice(tuple(Direction)),
    "to_incident: facilities come; from_incident: people go to them; else by the layer",
)
DRAWN_BARRIERS = Parameter(
    "barriers",
    kinds.words_or_objects(MAX_BARRIERS, 100, _BARRIER_SCHEMA),
    "ids of barriers that also act, and barriers drawn for this question alone as GeoJSON features",
)
POLICIES = Parameter(
    "policy",
    kinds.text_values(MAX_BARRIERS, 100),
    "what a barrier, or all of a layer, does: {id or layer: closed | slow:3 | delay:120 | ignore}",
)
ROAD_MEMBERS: tuple[Parameter[object], ...] = (ROAD_METRIC, ROAD_MODE, ROAD_DIRECTION, DRAWN_BARRIERS, POLICIES)

BREAKS_S = Parameter("breaks_s", numbers(MAX_BREAKS, 0, MAX_BREAK_S), "ascending times in seconds, inclusive")
BREAKS_M = Parameter("breaks_m", numbers(MAX_BREAKS, 0, MAX_BREAK_M), "ascending metres, inclusive")
IDS = Parameter("ids", kinds.words(MAX_AREAS, 100), "the facilities; else all that qualify, as in coverage")
OVERLAP = Parameter(
    "overlap", kinds.choice(tuple(Overlap)), "each, closest (no two overlap) or merged (one area per break)"
)
NEST = Parameter("nest", kinds.choice(tuple(Nest)), "disk (from 0) or ring (from the break before)")
WITH_TURNOUT = Parameter("with_turnout", kinds.boolean(), "count the time until a team leaves")
BUFFER_M = Parameter(
    "buffer_m", kinds.number(LEAST_BUFFER_M, MOST_BUFFER_M), "metres beside a reached road that an area takes in"
)
GEOMETRY = Parameter("geometry", kinds.boolean(), "false: figures only, for very large areas")
F_AREAS = Parameter("f", kinds.choice(("json", "geojson")), "the format; else geojson")
SERVICE_AREAS_BODY: tuple[Parameter[object], ...] = (
    ask.LAYER,
    BREAKS_S,
    BREAKS_M,
    IDS,
    OVERLAP,
    NEST,
    *ROAD_MEMBERS,
    WITH_TURNOUT,
    BUFFER_M,
    GEOMETRY,
    ask.WHERE_JSON,
    ask.DEMAND,
    ask.AS_OF_NOW,
    ask.AVAILABILITY,
    ask.AS_OF,
    ask.IGNORE_HAZARDS,
    LANG,
    F_AREAS,
)
COVERAGE_BODY: tuple[Parameter[object], ...] = (
    ask.LAYER,
    ask.CUTOFF_M,
    ask.CUTOFF_S,
    ask.WHERE_JSON,
    *ROAD_MEMBERS,
    ask.DEMAND,
    ask.BY,
    ask.AS_OF_NOW,
    ask.AVAILABILITY,
    ask.AS_OF,
    ask.IGNORE_HAZARDS,
    LANG,
)
