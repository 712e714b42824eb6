"""The closed list of units: inside geo_ems every number is in the unit its field name wears."""

from dataclasses import dataclass

from geo_ems.model.labels import Label


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: its code, the suffix a field name wears, and how it is written."""

    code: str
    suffix: str
    quantity: str
    per_base: float
    symbol: Label
    spellings: tuple[str, ...] = ()


def _unit(code: str, suffix: str, quantity: str, per_base: float, zh: str, *spellings: str) -> Unit:
    return Unit(code, suffix, quantity, per_base, Label(zh, code), spellings)


# code, suffix, quantity, base units in one of it, Chinese symbol, other spellings in column heads.
# The base unit of a quantity is the one with factor 1.
UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        _unit("m", "_m", "length", 1.0, "米", "metre", "meter", "メートル"),
        _unit("km", "_km", "length", 1000.0, "公里", "千米", "kilometre"),
        _unit("mm", "_mm", "length", 0.001, "毫米"),
        _unit("m2", "_m2", "area", 1.0, "平方米", "㎡", "m²", "平米"),
        _unit("ha", "_ha", "area", 10_000.0, "公顷", "hm2", "hm²"),
        _unit("mu", "_mu", "area", 2000.0 / 3.0, "亩"),
        _unit("km2", "_km2", "area", 1_000_000.0, "平方公里", "平方千米", "km²"),
        _unit("m3", "_m3", "volume", 1.0, "立方米", "方", "m³", "立方"),
        _unit("wan_m3", "_wan_m3", "volume", 10_000.0, "万立方米", "万方"),
        _unit("t", "_t", "mass", 1.0, "吨", "ton"),
        _unit("kg", "_kg", "mass", 0.001, "公斤", "千克"),
        _unit("s", "_s", "time", 1.0, "秒", "second"),
        _unit("min", "_min", "time", 60.0, "分钟", "分", "minute"),
        _unit("h", "_h", "time", 3600.0, "小时", "时", "hour"),
        _unit("day", "_days", "calendar", 1.0, "天", "日", "days"),
        _unit("month", "_months", "calendar_months", 1.0, "个月", "月", "months"),
        _unit("person", "_persons", "persons", 1.0, "人", "persons", "people", "名"),
        _unit("wan_person", "_wan_persons", "persons", 10_000.0, "万人"),
        _unit("count", "_count", "count", 1.0, "个", "处", "辆", "套", "件", "艘", "台"),
        _unit("kmh", "_kmh", "speed", 1.0, "公里/小时", "km/h"),
        _unit("deg", "_deg", "angle", 1.0, "度", "°"),
        _unit("percent", "_percent", "share", 1.0, "%", "％", "百分比"),
        _unit("mps", "_mps", "wind_speed", 1.0, "米/秒", "m/s"),
    )
}


def conversion_factor(source: Unit, target: Unit) -> float | None:
    """Return what a number in `source` is multiplied by to stand in `target`; None across quantities."""
    if source.quantity != target.quantity:
        return None
    return source.per_base / target.per_base
