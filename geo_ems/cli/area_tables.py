"""Service areas as text tables for the terminal."""

from zoneinfo import ZoneInfo

from rich.text import Text

from geo_ems.cli.tables import print_foot, simple_table, terminal
from geo_ems.model.area_answers import ServiceAreasAnswer
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Label, Language
from geo_ems.services.area_question import break_text
from geo_ems.services.words import local_instant, reason_text, say

METRIC_LABELS = {
    "travel_time": Label("行程时间", "travel time"),
    "road_distance": Label("道路里程", "road distance"),
    "straight_line": Label("直线", "straight line"),
}
MODE_LABELS = {"drive": Label("驾车", "driving"), "walk": Label("步行", "on foot")}
_ALL = Label("合并", "all together")


def print_areas(answer: ServiceAreasAnswer, definition: LayerDefinition, language: Language, zone: ZoneInfo) -> None:
    """Print one line per area, the facilities that reach nothing, and the warnings."""
    console = terminal()
    metric = METRIC_LABELS[str(answer.definition["metric"])].text(language)
    mode = MODE_LABELS.get(str(answer.query["mode"]))
    said = metric if mode is None else f"{metric} · {mode.text(language)}"
    head = say(language, "服务范围", "service areas")
    console.print(Text(f"{definition.label.text(language)} {head}: {said}", style="bold"))
    pairs = (
        ("设施", "facility"),
        ("范围", "within"),
        ("人口", "people"),
        ("居民点", "demand points"),
        ("面积 km²", "area km²"),
        ("道路 km", "roads km"),
        ("容量", "capacity"),
        ("封闭/危险区", "barriers"),
    )
    rows = [
        (
            _ALL.text(language) if area.facility_id is None else area.name or area.facility_id,
            _within(area.from_break, area.to_break, area.unit),
            str(area.population),
            str(area.demand_points),
            "-" if area.area_m2 is None else f"{area.area_m2 / 1e6:.2f}",
            "-" if area.reached_road_m is None else f"{area.reached_road_m / 1000:.2f}",
            "-" if area.capacity is None else str(area.capacity),
            ", ".join(area.barriers) or "-",
        )
        for area in answer.areas
    ]
    console.print(simple_table([say(language, *pair) for pair in pairs], rows))
    lost = [row for row in answer.facilities if row.reason is not None]
    if lost:
        heads = [say(language, *pair) for pair in (("设施", "facility"), ("原因", "reason"))]
        cells = [(row.name or row.id, reason_text(row.reason, row.detail, language)) for row in lost if row.reason]
        console.print(simple_table(heads, cells))
    print_foot(console, answer.warnings, local_instant(answer.as_of, zone), answer.snapshot_id, language)


def _within(from_break: float, to_break: float, unit: str) -> str:
    to_text = break_text(to_break, unit)
    return f"{break_text(from_break, unit)} – {to_text}" if from_break else f"≤ {to_text}"
