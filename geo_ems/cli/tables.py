"""Answers as text tables for the terminal, Chinese and English."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from geo_ems.cli.arrival_tables import acting_lines, arrival_heads, arrival_notes, duration_text, metric_text
from geo_ems.model.answers import CoverageAnswer, ExcludedFeature, NearestAnswer, RankedFeature
from geo_ems.model.definitions import Code, LayerDefinition
from geo_ems.model.features import Value
from geo_ems.model.labels import Label, Language
from geo_ems.services.words import CONFIRM_HEADING, OPEN_HEADING, REASON_LABELS, local_instant, reason_text, say

_WIDE = 200  # where no terminal limits the width, nothing may be cut: a phone number must stay whole
_PASSED_OVER_SHOWN = 5
WIND_SIDES = {
    "upwind": Label("在上风侧", "upwind"),
    "crosswind": Label("在侧风侧", "crosswind"),
    "downwind": Label("在下风侧", "downwind"),
}
_COMPASS = (
    Label("北", "N"),
    Label("东北", "NE"),
    Label("东", "E"),
    Label("东南", "SE"),
    Label("南", "S"),
    Label("西南", "SW"),
    Label("西", "W"),
    Label("西北", "NW"),
)


def terminal() -> Console:
    """Return where tables go: as wide as the terminal, or wide where the output is a file or a pipe."""
    width = shutil.get_terminal_size((_WIDE, 24)).columns if sys.stdout.isatty() else _WIDE
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def distance_text(metres: float | None) -> str:
    """Return metres below 1 km, else kilometres with two decimals."""
    if metres is None:
        return "-"
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.2f} km"  # noqa: PLR2004 1 km


def bearing_text(bearing_deg: float | None, language: Language) -> str:
    """Return a compass word and the degrees."""
    if bearing_deg is None:
        return "-"
    word = _COMPASS[round(bearing_deg / 45.0) % 8].text(language)
    return f"{word} {bearing_deg:.0f}°"


def value_text(definition: LayerDefinition, field: str, value: Value, language: Language) -> str:
    """Return a value for people: codes by their label, unknown said as unknown."""
    if value is None:
        return say(language, "未知", "unknown")
    item = definition.field_named(field)
    codes = item.codes if item is not None else {}
    names = value if isinstance(value, tuple) else (str(value),)
    return ", ".join(codes[name].label.text(language) if name in codes else name for name in names)


def simple_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> Table:
    """Return a plain table; text is never interpreted and never cut."""
    table = Table(box=SIMPLE, title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for head in heads:
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def print_nearest(answer: NearestAnswer, definition: LayerDefinition, language: Language, zone: ZoneInfo) -> None:
    """Print the ranked table, those to confirm, those passed over, and the counts."""
    console = terminal()
    layer = definition.label.text(language)
    place = f"{answer.query['lon']}, {answer.query['lat']}"
    console.print(Text(f"{layer}: {place} · {metric_text(answer, language)}", style="bold"))
    for line in acting_lines(answer, language):
        console.print(Text(line, style="bold"))
    heads = [
        *(say(language, *pair) for pair in (("名次", "rank"), ("名称", "name"))),
        *(arrival_heads(language) if answer.roads is not None else [say(language, "距离", "distance")]),
        say(language, "方位", "bearing"),
    ]
    by_road = answer.roads is not None
    extra = _columns_shown(definition, facts=1 if by_road else 3)
    names = [definition.fields[field].label.text(language) for field in extra]
    cells = [_result_cells(row, definition, extra, language) for row in answer.results]
    notes = [_notes(row, definition, language) for row in answer.results]
    if by_road:
        console.print(simple_table([*heads, *names], cells))
        _print_notes(console, answer.results, notes, language)
    else:
        noted = [[*row, "; ".join(note)] for row, note in zip(cells, notes, strict=True)]
        console.print(simple_table([*heads, *names, say(language, "备注", "note")], noted))
    if not answer.results:
        console.print(Text(say(language, "没有符合条件的", "nothing qualifies"), style="bold"))
    _print_excluded(console, CONFIRM_HEADING.text(language), answer.to_confirm, definition, language)
    _print_excluded(console, OPEN_HEADING.text(language), answer.to_open, definition, language)
    shown = {row.id for row in (*answer.to_confirm, *answer.to_open)}
    others = [row for row in answer.passed_over if row.id not in shown]
    passed = say(language, "更近但未列入", "passed over, though nearer")
    if len(others) > _PASSED_OVER_SHOWN:
        passed += say(
            language, f"(列出 {_PASSED_OVER_SHOWN},共 {len(others)})", f" ({_PASSED_OVER_SHOWN} shown of {len(others)})"
        )
    _print_excluded(console, passed, others[:_PASSED_OVER_SHOWN], definition, language)
    counts = ", ".join(f"{REASON_LABELS[reason].text(language)} {n}" for reason, n in answer.excluded_counts.items())
    console.print(Text(f"{say(language, '未列入', 'not listed')}: {counts or 0}"))
    print_foot(console, answer.warnings, local_instant(answer.as_of, zone), answer.snapshot_id, language)


def print_coverage(
    answer: CoverageAnswer, definition: LayerDefinition, levels: Mapping[str, Code], language: Language, zone: ZoneInfo
) -> None:
    """Print the totals, the districts from the highest level down, worst first, and the warnings."""
    console = terminal()
    total = answer.total
    share = f"{100 * total.reachable / total.people:.1f} %" if total.people else "-"
    layer = definition.label.text(language)
    zh, en = _coverage_limit(answer)
    console.print(Text(say(language, f"{layer} {zh}", f"{layer} {en}"), style="bold"))
    console.print(
        Text(
            say(
                language,
                f"总人口 {total.people}, 可达 {total.reachable} ({share}), 未覆盖 {total.unreachable}",
                f"people {total.people}, reachable {total.reachable} ({share}), not covered {total.unreachable}",
            )
        )
    )
    heads = [
        say(language, *pair)
        for pair in (
            ("级别", "level"),
            ("区划", "district"),
            ("人口", "people"),
            ("可达", "reachable"),
            ("比例", "share"),
        )
    ]
    order = {level: place for place, level in enumerate(levels)}
    worst = sorted(
        answer.districts, key=lambda row: (order.get(row.level or "", len(order)), row.share_reachable or 0.0, row.id)
    )
    rows = [
        (
            levels[row.level].label.text(language) if row.level and row.level in levels else "-",
            _named(row.name, row.name_en, language),
            str(row.people),
            str(row.reachable),
            "-" if row.share_reachable is None else f"{100 * row.share_reachable:.1f} %",
        )
        for row in worst
    ]
    console.print(simple_table(heads, rows))
    print_foot(console, answer.warnings, local_instant(answer.as_of, zone), answer.snapshot_id, language)


def _coverage_limit(answer: CoverageAnswer) -> tuple[str, str]:
    """Return within what people are covered, in both languages."""
    query = answer.query
    on_foot = query.get("mode") == "walk"
    if "cutoff_s" in query:
        minutes = f"{float(str(query['cutoff_s'])) / 60:g} min"
        return (
            f"{minutes} 内({'步行' if on_foot else '驾车'})",
            f"within {minutes} ({'on foot' if on_foot else 'driving'})",
        )
    metres = distance_text(float(str(query["cutoff_m"])))
    if query["metric"] == "straight_line":
        return f"{metres} 内(直线)", f"within {metres} (straight line)"
    return f"{metres} 内(道路里程)", f"within {metres} (road distance)"


def _columns_shown(definition: LayerDefinition, *, facts: int) -> list[str]:
    """Return the fields shown: the state, so many of the facts that sum a feature up, whom to call."""
    wanted = [*([definition.status_field] if definition.status_field else []), *definition.summary_fields[:facts]]
    return list(dict.fromkeys([*wanted, *definition.contact_fields]))


def _print_notes(
    console: Console, rows: Sequence[RankedFeature], notes: Sequence[Sequence[str]], language: Language
) -> None:
    """Print what must be known of each arrival, a line each: in a column they would make the table unreadable."""
    for row, note in zip(rows, notes, strict=True):
        if note:
            console.print(Text(f"  {row.rank} {_named(row.name, row.name_en, language)}: {'; '.join(note)}"))


def _notes(row: RankedFeature, definition: LayerDefinition, language: Language) -> list[str]:
    notes = []
    if row.tied:
        notes.append(say(language, "并列", "tied"))
    if "origin_in" in row.hazard_flags:
        notes.append(say(language, "位于危险区内", "inside a hazard area"))
    precision = definition.fields.get("location_precision")
    placed_by = row.properties.get("location_precision")
    if precision is not None and placed_by in {"village", "township", "county", "city"}:
        label = precision.codes[str(placed_by)].label.text(language)
        notes.append(say(language, f"位置只准到{label}", f"placed by {label} only"))
    if row.position_age_s is not None:
        minutes = int(row.position_age_s // 60)
        notes.append(say(language, f"位置 {minutes} 分钟前", f"position {minutes} min old"))
    if row.wind_side is not None:
        notes.append(WIND_SIDES[row.wind_side].text(language))
    return [*notes, *arrival_notes(row, language)]


def _result_cells(
    row: RankedFeature, definition: LayerDefinition, extra: Sequence[str], language: Language
) -> list[str]:
    arrival = row.arrival
    measures = [distance_text(row.straight_m)]
    if arrival is not None:
        times = [duration_text(arrival.total_s, language), duration_text(arrival.turnout_s, language)]
        measures = [*times, distance_text(arrival.distance_m), *measures]
    return [
        str(row.rank),
        _named(row.name, row.name_en, language),
        *measures,
        bearing_text(row.bearing_deg, language),
        *_cells(row.properties, definition, extra, language),
    ]


def _cells(
    properties: Mapping[str, Value], definition: LayerDefinition, extra: Sequence[str], language: Language
) -> list[str]:
    return [value_text(definition, field, properties.get(field), language) for field in extra]


def _print_excluded(
    console: Console,
    heading: str,
    rows: Sequence[ExcludedFeature],
    definition: LayerDefinition,
    language: Language,
) -> None:
    if not rows:
        return
    console.print(Text(f"{heading}: {len(rows)}", style="bold"))
    with_arrival = any(row.total_s is not None for row in rows)
    heads = [
        say(language, "名称", "name"),
        *([say(language, "到达", "arrival")] if with_arrival else []),
        say(language, "距离", "distance"),
        say(language, "原因", "reason"),
    ]
    contacts = list(definition.contact_fields)
    names = [definition.fields[field].label.text(language) for field in contacts]
    cells = [
        [
            row.name or row.id,
            *([duration_text(row.total_s, language)] if with_arrival else []),
            distance_text(row.straight_m),
            reason_text(row.reason, row.detail, language),
            *_cells(row.properties, definition, contacts, language),
        ]
        for row in rows
    ]
    console.print(simple_table([*heads, *names], cells))


def print_foot(console: Console, warnings: Sequence[str], as_of: str, snapshot_id: str, language: Language) -> None:
    """Print the warnings, and which state of the data answered."""
    for warning in warnings:
        console.print(Text(f"! {warning}", style="bold"))
    console.print(Text(f"{say(language, '截至', 'as of')} {as_of} · {snapshot_id}"))


def _named(name: str | None, name_en: str | None, language: Language) -> str:
    if language == "en" and name_en:
        return f"{name_en} {name or ''}".strip()
    return name or name_en or "-"
