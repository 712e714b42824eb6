"""What may be said of an incident, a team's status or an undo: one declaration for JSON bodies and OpenAPI."""

from geo_ems.services.incident_reports import REPORT_KINDS
from geo_ems.services.incident_view import MAX_LISTED, STATES
from geo_ems.services.team_chain import STATUSES
from geo_ems.services.team_status import CHANNELS
from geo_ems.web import body_kinds, kinds
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Parameter
from geo_ems.web.question_parameters import LAT, LON

_ID, _WORDS, _LONG = 100, 500, 4000
MAX_CHANGES = 500

KIND = Parameter("kind", kinds.text(_ID), "the kind: its code or its name, such as flood or 洪水", required=True)
TEXT = Parameter("text", body_kinds.long_text(_LONG), "what was said, in a few words")
PLACE = Parameter("place", kinds.text(_ID), "the name of a place; taken where it means one place only")
DISTRICT = Parameter("district_id", kinds.text(_ID), "a district, where no place is known yet")
GEOMETRY = Parameter("geometry", body_kinds.geometry(), "a GeoJSON Point, Polygon or MultiPolygon")
OCCURRED_AT = Parameter("occurred_at", kinds.instant(), "when it happened; not later than now")
RECEIVED_AT = Parameter("received_at", kinds.instant(), "when it was reported here; else now")
BY = Parameter("by", kinds.text(_ID), "who said it, or who enters it")
NOTE = Parameter("note", kinds.text(_WORDS), "why; stands in the history")
AS_OF = Parameter("as_of", kinds.instant(), "since when it is so, where that is not now")

_PLACES: tuple[Parameter[object], ...] = (LON, LAT, GEOMETRY, DISTRICT, PLACE)
OPENING: tuple[Parameter[object], ...] = (KIND, TEXT, *_PLACES, OCCURRED_AT, RECEIVED_AT, BY)
REFINING: tuple[Parameter[object], ...] = (TEXT, *_PLACES, BY, NOTE, AS_OF)

INTO = Parameter("into", kinds.text(_ID), "the incident that it is the same as", required=True)
ACTING: tuple[Parameter[object], ...] = (BY, NOTE, AS_OF)
MERGING: tuple[Parameter[object], ...] = (INTO, *ACTING)

REPORT_KIND = Parameter("kind", kinds.choice(REPORT_KINDS), "first, follow_up or final")
SENT_AT = Parameter("sent_at", kinds.instant(), "when it was sent; else now")
PROGRESS = Parameter("progress", body_kinds.long_text(_LONG), "how it stands")
CAUSE = Parameter("cause", body_kinds.long_text(_LONG), "the cause")
MEASURES = Parameter("measures", body_kinds.long_text(_LONG), "what was done")
RESULT = Parameter("result", body_kinds.long_text(_LONG), "what came of it")
RECIPIENTS = Parameter("recipients", body_kinds.names(50), "to whom; else those of rules/reporting.toml")
COPIES = Parameter("copies", body_kinds.names(50), "copies; else those of rules/reporting.toml")
NUMBER = Parameter("number", kinds.integer(1, 100_000), "the report whose receipt is recorded")
RECEIVED = Parameter("received", body_kinds.instants(50), "when each recipient got the report of that number")
REPORTING: tuple[Parameter[object], ...] = (
    *(REPORT_KIND, SENT_AT, PROGRESS, CAUSE, MEASURES, RESULT, RECIPIENTS, COPIES, BY, NUMBER, RECEIVED),
)

STATE = Parameter("state", kinds.choice(STATES), "open (else), terminated or all")
KIND_FILTER = Parameter("kind", kinds.text(_ID), "only this kind: its code or its name")
GRADE_FILTER = Parameter("grade", kinds.text(_ID), "only this grade")
DISTRICT_FILTER = Parameter("district_id", kinds.text(_ID), "only in this district, the lowest of its place")
LIST_LIMIT = Parameter("limit", kinds.integer(1, MAX_LISTED), "how many at most; else 100")
LIST_OFFSET = Parameter("offset", kinds.integer(0, 10_000_000), "how many to pass over")
INCIDENTS_QUERY: tuple[Parameter[object], ...] = (
    *(STATE, KIND_FILTER, GRADE_FILTER, DISTRICT_FILTER, LIST_LIMIT, LIST_OFFSET, LANG),
)

STATUS = Parameter("status", kinds.choice(STATUSES), "the status entered", required=True)
CHANNEL = Parameter("channel", kinds.choice(CHANNELS), "how it was told: by the team itself, or on its behalf")
STATUS_INCIDENT = Parameter("incident", kinds.text(_ID), "the incident; an order needs one")
STATUS_AT = Parameter("occurred_at", kinds.instant(), "since when it is so; else now")
EXPECTED = Parameter("expected_status", kinds.choice(STATUSES), "the status you saw; another one by now is a conflict")
STATUS_BODY: tuple[Parameter[object], ...] = (STATUS, STATUS_AT, CHANNEL, BY, STATUS_INCIDENT, NOTE, EXPECTED)

SEQ = Parameter("seq", kinds.integer(1, 2**53), "the sequence number of the change to take back", required=True)
UNDO_BODY: tuple[Parameter[object], ...] = (SEQ, BY)
CHANGES_LAYER = Parameter("layer", kinds.text(60), "only changes of this layer")
CHANGES_LIMIT = Parameter("limit", kinds.integer(1, MAX_CHANGES), "how many at most; else 50")
CHANGES_QUERY: tuple[Parameter[object], ...] = (CHANGES_LAYER, CHANGES_LIMIT, LANG)
