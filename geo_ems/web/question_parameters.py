"""What may be asked of `/v1/nearest`, `/v1/coverage` and `/v1/places`: one declaration for query, JSON and OpenAPI."""

from geo_ems.model.conditions import Operator
from geo_ems.model.definitions import Availability
from geo_ems.model.roads import Direction, Metric, Mode
from geo_ems.services.places import MAX_PLACES
from geo_ems.services.questions import MAX_K
from geo_ems.web import kinds
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter

MAX_CONDITIONS, MAX_CONDITION_LENGTH = 20, 1000
MAX_BARRIERS = 100
MAX_CUTOFF_M, MAX_AGE_S = 21_000_000.0, 31_536_000.0
_CONDITION_SCHEMA = {
    "type": "object",
    "required": ["field", "op", "value"],
    "additionalProperties": False,
    "properties": {
        "field": {"type": "string"},
        "op": {"type": "string", "enum": [str(operator) for operator in Operator]},
        "value": {"description": "one value, or a list of which any will do"},
    },
}

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

LAYER = Parameter("layer", kinds.text(60), "the layer, such as shelters", required=True, example="shelters")
LON = Parameter("lon", kinds.number(-180, 180), "longitude of the place in degrees", example=111.5)
LAT = Parameter("lat", kinds.number(-90, 90), "latitude of the place in degrees", example=31.2)
INCIDENT = Parameter("incident", kinds.text(100), "id of an incident whose place is taken")
K = Parameter("k", kinds.integer(1, MAX_K), "how many results", example=5)
WHERE = Parameter(
    "where",
    kinds.text(MAX_CONDITION_LENGTH),
    "field op value; op one of = != >= <= > <; a comma means any of, + all of; may be given several times",
    repeatable=True,
    example="suitable_for=flood",
)
WHERE_JSON = Parameter(
    "where", kinds.objects(MAX_CONDITIONS, _CONDITION_SCHEMA), "conditions {field, op, value} that must all hold"
)
NEAREST_METRIC = Parameter(
    "metric", kinds.choice(tuple(Metric)), "what ranks; else travel_time where there are roads, else straight_line"
)
DIRECTION = Parameter("direction", kinds.choice(tuple(Direction)), "which way is travelled; else by the layer")
MODE = Parameter("mode", kinds.choice(tuple(Mode)), "how one moves; else drive")
BARRIERS = Parameter("barriers", kinds.words(MAX_BARRIERS, 100), "ids of barriers that also act, such as a lifted one")
BARRIERS_JSON = Parameter(
    "barriers",
    kinds.words_or_objects(MAX_BARRIERS, 100, _BARRIER_SCHEMA),
    "ids of barriers that also act, and barriers drawn for this question alone as GeoJSON features",
)
POLICY = Parameter(
    "policy",
    kinds.text(200),
    "what a barrier, or all of a layer, does: ID=closed, ID=slow:3, ID=delay:120, hazard_areas=ignore; repeatable",
    repeatable=True,
)
POLICY_JSON = Parameter(
    "policy", kinds.text_values(MAX_BARRIERS, 100), "the same as an object: {id or layer: closed | slow:3 | ignore}"
)
INCLUDE_ROUTE = Parameter("include_route", kinds.boolean(), "with the way of each result and its turns")
OWN_AREA_ONLY = Parameter("own_area_only", kinds.boolean(), "only what belongs to the incident's own area")
CUTOFF_M = Parameter("cutoff_m", kinds.number(0, MAX_CUTOFF_M), "largest distance in metres, inclusive", example=2000)
CUTOFF_S = Parameter(
    "cutoff_s", kinds.number(0, MAX_AGE_S), "largest time in seconds, inclusive; refused without roads"
)
AVAILABILITY = Parameter(
    "availability", kinds.choices([str(item) for item in Availability]), "classes of status that count", example=None
)
CAPABILITY = Parameter("capability", kinds.text(200), "capabilities asked for: a comma means any of, + all of")
SUITABLE_FOR = Parameter("suitable_for", kinds.text(200), "hazard a shelter must suit", example="flood")
ITEM = Parameter("item", kinds.text(60), "an item of the stock; with quantity")
QUANTITY = Parameter("quantity", kinds.number(0, 1e12, above=True), "at least so much of the item, in its unit")
AS_OF = Parameter("as_of", kinds.instant(), "instant at which ages and validity are judged; else now")
MAX_POSITION_AGE_S = Parameter("max_position_age_s", kinds.number(0, MAX_AGE_S), "seconds until a position is stale")
INCLUDE_EXCLUDED = Parameter("include_excluded", kinds.boolean(), "also list the excluded ones (nearest 1,000)")
IGNORE_HAZARDS = Parameter("ignore_hazards", kinds.boolean(), "also count shelters inside hazard areas")
F_NEAREST = Parameter("f", kinds.choice(("json", "geojson", "csv")), "the format")

_NEAREST_EITHER_WAY: tuple[Parameter[object], ...] = (
    LAYER,
    LON,
    LAT,
    INCIDENT,
    K,
    NEAREST_METRIC,
    DIRECTION,
    MODE,
    INCLUDE_ROUTE,
    OWN_AREA_ONLY,
    CUTOFF_M,
    CUTOFF_S,
    AVAILABILITY,
    CAPABILITY,
    ITEM,
    QUANTITY,
    SUITABLE_FOR,
    AS_OF,
    MAX_POSITION_AGE_S,
    INCLUDE_EXCLUDED,
    IGNORE_HAZARDS,
    LANG,
)
NEAREST_QUERY: tuple[Parameter[object], ...] = (*_NEAREST_EITHER_WAY, WHERE, BARRIERS, POLICY, F_NEAREST)
NEAREST_BODY: tuple[Parameter[object], ...] = (*_NEAREST_EITHER_WAY, WHERE_JSON, BARRIERS_JSON, POLICY_JSON)

DEMAND = Parameter("demand", kinds.text(60), "the layer that carries people; else population")
BY = Parameter("by", kinds.text(60), "figures by this layer; else districts")
AS_OF_NOW = Parameter("as_of_now", kinds.boolean(), "count only what is open now; planning counts standby too")
Q = Parameter(
    "q", kinds.text(100), "part of a name, pinyin initials, a code, or coordinates", required=True, example="青溪"
)
PLACES_LIMIT = Parameter("limit", kinds.integer(1, MAX_PLACES), "how many places at most")
PLACES_QUERY: tuple[Parameter[object], ...] = (Q, PLACES_LIMIT, LANG)
