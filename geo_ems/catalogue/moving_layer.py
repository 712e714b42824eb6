"""Which layer the positions of devices belong to."""

from collections.abc import Mapping

from geo_ems.model.definitions import LayerDefinition

TEAM_LAYER = "response_teams"


def moving_layer(definitions: Mapping[str, LayerDefinition]) -> str | None:
    """Return the layer whose ids devices send: the teams, else the first by name with live positions; None without."""
    moving = sorted(name for name, definition in definitions.items() if definition.position is not None)
    return TEAM_LAYER if TEAM_LAYER in moving else next(iter(moving), None)
