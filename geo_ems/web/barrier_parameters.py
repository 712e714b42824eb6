"""What may be said of barriers: one declaration for queries, bodies and OpenAPI."""

from collections.abc import Mapping

from geo_ems.model.roads import Mode, Policy
from geo_ems.routing.barrier_values import Sense
from geo_ems.services.barrier_question import MAX_DELAY_S, MAX_FACTOR
from geo_ems.web import kinds
from geo_ems.web.kinds import Kind, WrongValueError
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter


def geometry_kind() -> Kind[Mapping[str, object]]:
    """Return a JSON object that claims to be a GeoJSON geometry; the layer decides whether it is one."""
    remedy = 'Write {"type": "Point", "coordinates": [111.5, 31.2]}; a line or a polygon likewise.'

    def of_json(value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise WrongValueError("is not a geometry", remedy)
        return value

    def of_text(_: str) -> Mapping[str, object]:
        raise WrongValueError("is not a geometry", "Send it as JSON.")

    return Kind({"type": "object", "required": ["type", "coordinates"]}, of_text, of_json)


def lonlat_kind() -> Kind[tuple[float, float]]:
    """Return a point as a list of longitude and latitude in degrees."""
    lon, lat = kinds.number(-180, 180), kinds.number(-90, 90)

    def of_json(value: object) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 longitude and latitude
            raise WrongValueError("is not a point", "Write [111.5, 31.2]: longitude, latitude.")
        return lon.of_json(value[0]), lat.of_json(value[1])

    def of_text(_: str) -> tuple[float, float]:
        raise WrongValueError("is not a point", "Send it as JSON.")

    return Kind({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}, of_text, of_json)


_POLICIES = tuple(str(policy) for policy in Policy if policy is not Policy.IGNORE)
GEOMETRY = Parameter("geometry", geometry_kind(), "a point, line or polygon, GeoJSON in WGS84")
AT = Parameter("at", lonlat_kind(), "a point on the road, [longitude, latitude]")
ROAD_ID = Parameter("road_id", kinds.text(100), "this road alone: all of it, or where the geometry lies on it")
BRIDGE = Parameter("bridge", kinds.text(200), "a bridge by its name or id; not the road beneath it")
POLICY = Parameter("policy", kinds.choice(_POLICIES), "what it does", required=True, example="closed")
POLICY_CHANGED = Parameter("policy", kinds.choice(_POLICIES), "what it does")
SLOW_FACTOR = Parameter("slow_factor", kinds.number(1, MAX_FACTOR), "how many times as long it takes, with slow")
DELAY_S = Parameter("delay_s", kinds.number(0, MAX_DELAY_S), "seconds it costs, with delay")
DIRECTION = Parameter(
    "direction",
    kinds.choice([str(sense) for sense in Sense]),
    "both, or travel along (forward) or against (backward) the line of the road as it is stored",
)
TOWARDS_DEG = Parameter(
    "towards_deg", kinds.number(0, 360), "only for travel towards this bearing, degrees clockwise from north"
)
MODE_FIELD = Parameter("mode", kinds.choice(("both", "drive", "walk")), "for whom")
VALID_FROM = Parameter("valid_from", kinds.instant(), "from when it acts; else at once")
VALID_TO = Parameter("valid_to", kinds.instant(), "until when it acts; then it is told as lapsed")
CONFIRMED_AT = Parameter("confirmed_at", kinds.instant(), "when somebody saw it; else now")
NAME = Parameter("name", kinds.text(200), "its name; else that of the road")
REASON = Parameter("reason", kinds.text(300), "why", example="桥面过水")
INCIDENT_ID = Parameter("incident_id", kinds.text(100), "the incident it belongs to")
CODE = Parameter("code", kinds.text(100), "its own code, which becomes its id")

AS_OF = Parameter("as_of", kinds.instant(), "instant at which validity and ages are judged; else now")
MODE = Parameter("mode", kinds.choice([str(mode) for mode in Mode]), "drive or walk; else drive")

_SAID: tuple[Parameter[object], ...] = (
    SLOW_FACTOR,
    DELAY_S,
    DIRECTION,
    TOWARDS_DEG,
    MODE_FIELD,
    VALID_FROM,
    VALID_TO,
    CONFIRMED_AT,
    NAME,
    REASON,
    INCIDENT_ID,
)
PLACE: tuple[Parameter[object], ...] = (GEOMETRY, AT, ROAD_ID, BRIDGE)
SETTING: tuple[Parameter[object], ...] = (*PLACE, POLICY, *_SAID, CODE)
REFINING: tuple[Parameter[object], ...] = (*PLACE, POLICY_CHANGED, *_SAID)
CONFIRMING: tuple[Parameter[object], ...] = (CONFIRMED_AT, VALID_TO)
LIFTING: tuple[Parameter[object], ...] = (REASON,)
LIST_QUERY: tuple[Parameter[object], ...] = (AS_OF, MODE, LANG)
VALUES: frozenset[str] = frozenset(parameter.name for parameter in (*_SAID, POLICY, CODE))
INSTANTS: frozenset[str] = frozenset({"valid_from", "valid_to", "confirmed_at"})
