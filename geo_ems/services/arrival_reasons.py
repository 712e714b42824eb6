"""The reason a person asks for: why is the nearer one not sent, in words."""

from collections.abc import Sequence

from geo_ems.model.answers import BarrierMet, ExcludedFeature
from geo_ems.model.definitions import Reason
from geo_ems.model.labels import Language
from geo_ems.model.roads import Metric
from geo_ems.services.arrival_rows import Arriving, Detour
from geo_ems.services.arrival_travel import Found
from geo_ems.services.nearest_metric import Measure
from geo_ems.services.words import say

_ROUND_ABOUT = 2.0  # a way more than twice as long as the straight line goes round something
_LONG_TURNOUT_S = 300.0
_MINUTE_S, _HUNDRED_M, _KILOMETRE_M = 60.0, 100.0, 1000.0


class Reasons:
    """Says why features are passed over, unreachable or beyond the cutoff."""

    def __init__(self, arriving: Arriving, measure: Measure, language: Language) -> None:
        """Take the ways there are, the measure that ranks, and the language."""
        self._arriving = arriving
        self._is_time = measure.metric is Metric.TRAVEL_TIME
        self._language = language

    def detail(
        self,
        row: ExcludedFeature,
        *,
        found: Found | None,
        last: Found | None,
        detour: Detour | None,
        straight_m: float,
    ) -> str:
        """Return the detail of an excluded row; "" where the road has nothing to do with its reason."""
        match row.reason:
            case Reason.UNREACHABLE:
                return self._no_way(() if detour is None else detour.closures)
            case Reason.ISOLATED:
                return self._say("所在道路不与主路网相连", "on a road that is not joined to the rest")
            case Reason.BEYOND_CUTOFF if found is not None:
                return self._joined(self._amount(found.total), self._why(found, row, detour, straight_m))
            case Reason.BELOW_RANK_K if found is not None and last is not None:
                later = found.total - last.total
                if later < (_MINUTE_S if self._is_time else 1.0):
                    return self._why(found, row, detour, straight_m)
                amount = self._amount(later)
                said = (
                    (f"晚到 {amount}", f"arrives {amount} later")
                    if self._is_time
                    else (f"多 {amount}", f"{amount} more")
                )
                return self._joined(self._say(*said), self._why(found, row, detour, straight_m))
            case _:
                return ""

    def _no_way(self, closures: Sequence[BarrierMet]) -> str:
        if not closures:
            return self._say("道路不通", "no way on the roads")
        return self._say(f"{self._named(closures)} 封闭", f"{self._named(closures)} closed")

    def _why(self, found: Found, row: ExcludedFeature, detour: Detour | None, straight_m: float) -> str:
        matters = _MINUTE_S if self._is_time else _HUNDRED_M
        if detour is not None and found.way is not None and found.total - detour.free_total >= matters:
            named = self._named(detour.closures)
            return self._say(f"{named} 封闭,须绕行", f"{named} closed, the way goes round")
        turnout_s = float(self._arriving.turnouts.turnout_s[found.row])
        if self._is_time and turnout_s >= max(_LONG_TURNOUT_S, found.total - turnout_s):
            amount = self._amount(turnout_s)
            return self._say(f"出动需 {amount}", f"needs {amount} to leave")
        if row.distance_m is not None and row.distance_m > _ROUND_ABOUT * straight_m:
            return self._say("道路绕行", "the road goes round")
        return ""

    def _amount(self, total: float) -> str:
        if self._is_time:
            minutes = round(total / _MINUTE_S)
            return self._say(f"{minutes} 分钟", f"{minutes} min")
        return self._say(f"{total / _KILOMETRE_M:.1f} 公里", f"{total / _KILOMETRE_M:.1f} km")

    def _named(self, closures: Sequence[BarrierMet]) -> str:
        return ", ".join(f"{item.road or item.name or item.id} ({item.id})" for item in closures)

    def _joined(self, *parts: str) -> str:
        return self._say(":", ": ").join(part for part in parts if part)

    def _say(self, zh: str, en: str) -> str:
        return say(self._language, zh, en)
