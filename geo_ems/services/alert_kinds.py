"""What kind of hazard an alert warns of, by its words, and how grave it is."""

import re
from collections.abc import Mapping
from typing import Final

from geo_ems.formats.cap import AlertInfo

GRADES: Final[Mapping[str, str]] = {
    "Extreme": "extra_major",
    "Severe": "major",
    "Moderate": "larger",
    "Minor": "general",
}
"""The four grades of the layer by the severity of the standard; "Unknown" has none."""

# The first line whose words the event holds decides, so the narrower stand above the wider.
# English words count whole, with endings (flood, floods, flooding); Chinese ones anywhere.
_WORDS: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("storm_surge", ("storm surge",), ("风暴潮",)),
    ("tsunami", ("tsunami",), ("海啸", "津波")),
    ("volcano", ("volcan", "ash fall", "ashfall"), ("火山",)),
    ("earthquake", ("earthquake", "seism"), ("地震",)),
    ("geological", ("landslide", "mudslide", "debris flow", "rockfall"), ("滑坡", "泥石流", "崩塌", "地质")),
    ("waterlogging", ("urban flood", "waterlogging"), ("内涝", "渍涝", "积水")),
    ("flood", ("flood", "flash flood", "dam break", "inundation"), ("洪", "汛", "溃坝", "决口")),
    ("typhoon", ("typhoon", "hurricane", "tropical storm", "cyclone"), ("台风", "颱風", "热带风暴")),
    ("strong_convection", ("thunderstorm", "tornado", "hail", "squall"), ("强对流", "雷", "冰雹", "龙卷", "飑")),
    ("rain_snow_freeze", ("freez", "frost", "ice storm", "icing"), ("冰冻", "霜冻", "结冰", "寒潮", "低温")),
    ("snow", ("snow", "blizzard", "winter storm", "avalanche"), ("雪",)),
    ("forest_fire", ("forest fire", "wildfire", "bushfire", "bush fire", "red flag"), ("森林火", "林火")),
    ("grassland_fire", ("grass fire", "grassfire"), ("草原火",)),
    ("drought", ("drought",), ("干旱", "旱灾")),
    ("hazchem", ("chemical", "hazardous material", "toxic"), ("危化", "危险化学", "化学品", "毒气")),
    ("radiation", ("radiation", "radiological", "nuclear"), ("辐射", "核事故")),
    ("pollution", ("air quality", "pollution", "oil spill"), ("污染",)),
    ("explosion", ("explosion",), ("爆炸",)),
    ("infectious_disease", ("epidemic", "outbreak", "pandemic"), ("疫情", "传染病")),
    ("power_outage", ("power outage", "blackout"), ("断电", "停电")),
    ("fire", ("fire",), ("火灾", "火情")),
    ("meteorological", ("rain", "storm", "wind", "gale", "heat", "cold", "fog", "dust", "weather"),
     ("雨", "风", "高温", "雾", "霾", "沙尘", "气象")),
)  # fmt: skip
_BY_CATEGORY: Final[Mapping[str, str]] = {
    "Met": "meteorological",
    "Geo": "geological",
    "Fire": "fire",
    "Health": "infectious_disease",
    "Env": "pollution",
    "Transport": "road_traffic",
    "Infra": "municipal_facility",
    "CBRNE": "hazchem",
}
OTHER: Final = "danger_zone"


def alert_kind(info: AlertInfo) -> tuple[str, bool]:
    """Return the kind of hazard, and whether the words of the event say it: else it follows from the category."""
    text = info.event.casefold()
    for kind, english, chinese in _WORDS:
        if any(word in text for word in chinese) or any(re.search(rf"\b{word}", text) for word in english):
            return kind, True
    return next((_BY_CATEGORY[name] for name in info.categories if name in _BY_CATEGORY), OTHER), False
