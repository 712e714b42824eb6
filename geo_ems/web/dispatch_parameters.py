"""What may be asked of `/v1/dispatch` and `/v1/assignments`: one declaration for JSON and OpenAPI."""

from geo_ems.model.roads import Metric
from geo_ems.services.assignments import MAX_PICKS
from geo_ems.services.dispatch_question import MAX_INCIDENTS
from geo_ems.web import kinds
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter
from geo_ems.web.question_parameters import AS_OF, INCIDENT, LAT, LON, MAX_POSITION_AGE_S

MAX_LEVEL, MAX_AMOUNT, MAX_PERSONS = 9, 1e9, 10_000_000
_TEXT_100 = kinds.text(100)

KIND = Parameter("kind", kinds.text(60), "kind of the incident, such as flood; else that of the incident")
ALARM_LEVEL = Parameter("alarm_level", kinds.integer(1, MAX_LEVEL), "1 is the smallest; else it follows the grade")
SCENE: tuple[Parameter[object], ...] = (INCIDENT, LON, LAT, KIND, ALARM_LEVEL)


def body_schema(members: tuple[Parameter[object], ...]) -> dict[str, object]:
    """Return the JSON schema of an object with these members."""
    return {
        "type": "object",
        "required": [member.name for member in members if member.required],
        "additionalProperties": False,
        "properties": {member.name: {**member.kind.schema, "description": member.description} for member in members},
    }


INCIDENTS = Parameter(
    "incidents", kinds.objects(MAX_INCIDENTS, body_schema(SCENE)), "several incidents that share one pool"
)
OWN_AREA_ONLY = Parameter("own_area_only", kinds.boolean(), "leave out what belongs to other areas")
KEEP_COVER = Parameter("keep_cover", kinds.boolean(), "each area keeps its minimum; default only for several incidents")
METRIC = Parameter(
    "metric",
    kinds.choice([str(Metric.TRAVEL_TIME), str(Metric.STRAIGHT_LINE)]),
    "what is ranked by; travel_time with roads",
)
DISPATCH_BODY: tuple[Parameter[object], ...] = (
    *SCENE,
    INCIDENTS,
    OWN_AREA_ONLY,
    KEEP_COVER,
    METRIC,
    AS_OF,
    MAX_POSITION_AGE_S,
    LANG,
)

PICK_LAYER = Parameter(
    "layer", kinds.text(60), "response_teams, supply_depots or shelters", required=True, example="response_teams"
)
PICK_ID = Parameter("id", _TEXT_100, "id of the team, depot or shelter", required=True)
PICK_ITEM = Parameter("item", kinds.text(60), "of a depot: the item")
PICK_QUANTITY = Parameter("quantity", kinds.number(0, MAX_AMOUNT, above=True), "of a depot: how much, in its unit")
PICK_PLACES = Parameter("places", kinds.integer(1, MAX_PERSONS), "of a shelter: for how many people")
REQUIREMENT = Parameter("requirement", _TEXT_100, "which need of the run card it serves")
ETA = Parameter("eta", kinds.instant(), "when it is expected")
CONFIRMED = Parameter(
    "confirmed", kinds.boolean(), "a person called and was told it can be had, although its status does not say so"
)
NOTE = Parameter("note", kinds.text(2000), "a remark")
PICK: tuple[Parameter[object], ...] = (
    PICK_LAYER,
    PICK_ID,
    PICK_ITEM,
    PICK_QUANTITY,
    PICK_PLACES,
    REQUIREMENT,
    ETA,
    CONFIRMED,
    NOTE,
)

FOR_INCIDENT = Parameter("incident", _TEXT_100, "id of the incident", required=True)
PICKS = Parameter("picks", kinds.objects(MAX_PICKS, body_schema(PICK)), "what is ordered", required=True)
ORDERED_BY = Parameter("ordered_by", _TEXT_100, "the person who orders; else the caller")
OCCURRED_AT = Parameter("occurred_at", kinds.instant(), "when it happened; else now")
PREVIEW = Parameter("preview", kinds.boolean(), "only say what would be booked and what stands against it")
ORDER_BODY: tuple[Parameter[object], ...] = (FOR_INCIDENT, PICKS, ORDERED_BY, OCCURRED_AT, NOTE, PREVIEW)

STATUS = Parameter("status", kinds.text(40), "the next step, such as departed", required=True, example="departed")
REASON = Parameter("reason", kinds.text(1000), "why")
TOLD_BY = Parameter("told_by", _TEXT_100, "who told it: the team, a phone call, the radio; else the caller")
STEP_BODY: tuple[Parameter[object], ...] = (OCCURRED_AT, REASON, NOTE, ETA, TOLD_BY)
STATUS_BODY: tuple[Parameter[object], ...] = (STATUS, *STEP_BODY)

STATE = Parameter("state", kinds.choice(("open", "all")), "only those under way (default), or all")
RESOURCE = Parameter("resource", _TEXT_100, "id of a team, depot or shelter")
ASSIGNMENTS_QUERY: tuple[Parameter[object], ...] = (INCIDENT, RESOURCE, STATE)
