"""An assignment as JSON: what was ordered, how far it is, every step with its time."""

from geo_ems.model.features import Feature, Properties

_PRIVATE = frozenset({"ordered_by", "recorded_by"})
_INTERNAL = frozenset({"request_sha256", "name_en", "occupancy_known"})


def assignment_mapping(assignment: Feature, *, include_private: bool) -> dict[str, object]:
    """Return one assignment; who ordered and recorded is told to those who may see private fields."""
    hidden = _INTERNAL if include_private else _INTERNAL | _PRIVATE
    return {
        "id": assignment.id,
        "rev": assignment.rev,
        **_without(assignment.properties, hidden),
        "lines": [_known(line, hidden) for line in assignment.children.get("lines", ())],
        "history": [_known(step, hidden) for step in assignment.children.get("history", ())],
    }


def _without(values: Properties, hidden: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in hidden}


def _known(values: Properties, hidden: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None and name not in hidden}
