"""How the state of a feature shows in its symbol: on pages, on paper, in QGIS (PRINT 5)."""

from enum import StrEnum

from geo_ems.model.definitions import Availability, Code, LayerDefinition, Reason


class SymbolState(StrEnum):
    """How a symbol is filled and struck, in the order of the legend."""

    SOLID = "solid"
    HALF = "half"
    HOLLOW = "hollow"
    SLASH = "slash"
    CROSS = "cross"
    UNKNOWN = "unknown"


_SHAPES_OF_EVENTS = ("burst", "line")
_MAJOR_GRADES = ("major", "extra_major")
_BY_AVAILABILITY = {
    Availability.AVAILABLE: SymbolState.SOLID,
    Availability.DELAYED: SymbolState.HALF,
    Availability.COMMITTED: SymbolState.HOLLOW,
    Availability.UNAVAILABLE: SymbolState.CROSS,
    Availability.UNKNOWN: SymbolState.UNKNOWN,
}


def state_of(definition: LayerDefinition, *, status: Code | None, grade: str | None) -> SymbolState:
    """Return how a feature of the layer is filled and struck.

    A layer whose states carry a class of availability follows it: available solid, full struck
    once, closed struck twice, standby and committed hollow, a team on its way half filled. What is
    over (an incident, a closure) is hollow: struck it would read as "blocked". Hazards are solid
    from grade major up. A state or grade that is missing is unknown, never solid.
    """
    if definition.symbol.shape == "triangle":
        return _state_of_grade(grade, graded="grade" in definition.fields)
    status_field = definition.fields.get(definition.status_field or "")
    if status_field is None or not any(code.availability for code in status_field.codes.values()):
        return SymbolState.SOLID
    if status is None or status.availability is None:
        return SymbolState.UNKNOWN
    return _state_of_status(status, status.availability, definition.symbol.shape)


def _state_of_status(status: Code, availability: Availability, shape: str) -> SymbolState:
    if status.reason is Reason.FULL:
        return SymbolState.SLASH
    is_over = availability is Availability.UNAVAILABLE and shape in _SHAPES_OF_EVENTS
    is_standby = availability is Availability.DELAYED and shape != "circle"
    return SymbolState.HOLLOW if is_over or is_standby else _BY_AVAILABILITY[availability]


def _state_of_grade(grade: str | None, *, graded: bool) -> SymbolState:
    if grade is None:
        return SymbolState.UNKNOWN if graded else SymbolState.SOLID
    return SymbolState.SOLID if grade in _MAJOR_GRADES else SymbolState.HOLLOW
