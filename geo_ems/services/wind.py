"""On which side of an incident something lies in its wind; told only where somebody typed it in (ruling 14)."""

from dataclasses import dataclass
from datetime import datetime

from geo_ems.catalogue.snapshots import SnapshotSet
from geo_ems.model.labels import Language
from geo_ems.queries.positions import unix_seconds
from geo_ems.services.nearest_question import INCIDENT_LAYER
from geo_ems.services.words import say

UPWIND_WITHIN_DEG = 45.0
OLD_AFTER_S = 3600.0
_HALF_TURN_DEG, _TURN_DEG = 180.0, 360.0


@dataclass(frozen=True, slots=True)
class Wind:
    """Where the wind comes from, degrees clockwise from true north, and how old that is; a later time has age 0."""

    from_deg: float
    age_s: float

    def side(self, bearing_deg: float) -> str:
        """Return the side of what lies at a bearing from the incident: "upwind", "downwind" or "crosswind"."""
        apart = abs((bearing_deg - self.from_deg + _HALF_TURN_DEG) % _TURN_DEG - _HALF_TURN_DEG)
        if apart <= UPWIND_WITHIN_DEG:
            return "upwind"
        return "downwind" if apart >= _HALF_TURN_DEG - UPWIND_WITHIN_DEG else "crosswind"

    def warnings(self, language: Language) -> list[str]:
        """Return that the wind was noted long ago."""
        if self.age_s <= OLD_AFTER_S:
            return []
        minutes = int(self.age_s // 60)
        said = (f"风向是 {minutes} 分钟前记的,请核实", f"the wind was noted {minutes} min ago: confirm it")
        return [say(language, *said)]


def wind_at(pinned: SnapshotSet, incident_id: str | None, *, as_of: datetime) -> Wind | None:
    """Return the wind of an incident; None where its direction or its time is not known."""
    if incident_id is None:
        return None
    incidents = pinned.layer(INCIDENT_LAYER)
    row = incidents.row_of[incident_id]
    direction, time = incidents.columns.columns["wind_from_deg"], incidents.columns.columns["wind_time"]
    if not (direction.known[row] and time.known[row]):
        return None
    noted_s = float(unix_seconds(time.values[row : row + 1])[0])
    return Wind(float(direction.values[row]), max(0.0, as_of.timestamp() - noted_s))
