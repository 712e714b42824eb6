"""A recommendation as text for the terminal: who goes, when, why; what is missing, why, and what would help."""

from rich.console import Console
from rich.text import Text

from geo_ems.cli.arrival_tables import duration_text
from geo_ems.cli.tables import distance_text, simple_table, terminal
from geo_ems.model.dispatch import DispatchAnswer, NeedFilled, Picked, SceneFilled
from geo_ems.model.labels import Language
from geo_ems.services.dispatch_words import amounts_text
from geo_ems.services.words import say

_STATES = {"ready": ("✓", "✓"), "to_open": ("待启用", "to open"), "to_confirm": ("待核实", "call")}


def print_dispatch(answer: DispatchAnswer, language: Language) -> None:
    """Print a recommendation for one incident or several."""
    console = terminal()
    for scene in answer.scenes:
        _print_scene(console, scene, language)
    for move in answer.move_ups:
        area, team = move.area_name or move.area, move.team_name or move.team_id
        said = (f"补位: {team} → {area}({move.why})", f"move up: {team} → {area} ({move.why})")
        console.print(Text(say(language, *said)))
    for warning in answer.warnings:
        console.print(Text(f"! {warning}"))
    nothing = ("以上是建议,没有改动任何数据。", "This is a recommendation; nothing was changed.")
    console.print(Text(say(language, *nothing)))


def _print_scene(console: Console, scene: SceneFilled, language: Language) -> None:
    name = scene.incident or f"{scene.lon}, {scene.lat}"
    level = say(language, f"{scene.alarm_level} 级出动", f"alarm level {scene.alarm_level}")
    head = f"{name} · {scene.kind} · {level} · {scene.card['source']} ({scene.card['note']})"
    console.print(Text(head, style="bold"))
    heads = [
        say(language, *pair)
        for pair in (
            ("需求", "need"),
            ("资源", "resource"),
            ("数量", "amount"),
            ("到达", "arrival"),
            ("电话", "phone"),
            ("理由", "why"),
        )
    ]
    rows = [
        [need.label, *_cells(pick, need, language)] for need in scene.needs for pick in (*need.picks, *need.to_open)
    ]
    if rows:
        console.print(simple_table(heads, rows))
    totals = amounts_text(scene.totals, language)
    console.print(Text(say(language, f"合计: {totals}", f"in all: {totals}")))
    _print_force(console, scene, language)
    for need in scene.needs:
        _print_shortfall(console, need, language)
    _print_support(console, scene, language)


def _cells(pick: Picked, need: NeedFilled, language: Language) -> list[str]:
    amounts = {name: value for name, value in pick.amounts.items() if value}
    state = "" if pick.state == "ready" else f" [{say(language, *_STATES[pick.state])}]"
    phones = [str(pick.contact[name]) for name in ("phone", "key_holder", "key_holder_phone") if name in pick.contact]
    why = pick.why if pick.consent is None else f"{pick.why} · {pick.consent}"
    return [
        f"{pick.name or pick.id}{state}",
        amounts_text(amounts, language, unit=need.unit),
        _arrival(pick, language),
        " ".join(phones),
        why,
    ]


def _arrival(pick: Picked, language: Language) -> str:
    return distance_text(pick.straight_m) if pick.total_s is None else duration_text(pick.total_s, language)


def _print_force(console: Console, scene: SceneFilled, language: Language) -> None:
    force = scene.force
    if force is None:
        return
    wanted = amounts_text({name: value for name, value in force.aim.items() if name != "within_s"}, language)
    if not force.reached:
        text = say(language, f"有效力量({wanted})不能达到", f"the effective force ({wanted}) is not reached")
    elif force.reached_at_s is None:
        text = say(
            language, f"有效力量({wanted})可以达到,时间未知", f"the effective force ({wanted}) is reached, time unknown"
        )
    else:
        at = duration_text(force.reached_at_s, language)
        text = say(language, f"有效力量({wanted})在 {at} 后到齐", f"the effective force ({wanted}) is there after {at}")
    console.print(Text(text))


def _print_shortfall(console: Console, need: NeedFilled, language: Language) -> None:
    short = need.shortfall
    if short is None:
        return
    missing = amounts_text(short.missing, language, unit=need.unit)
    console.print(
        Text(say(language, f"缺口 {need.label}: {missing}", f"short of {need.label}: {missing}"), style="bold")
    )
    for reason in short.reasons:
        console.print(Text(f"  - {reason.text}"))
    for cure in short.cures:
        console.print(Text(f"  → {cure.text}"))
    for pick in need.to_confirm:
        phone = pick.contact.get("phone") or ""
        console.print(Text(f"  ? {pick.name or pick.id} {phone} ({pick.why})"))


def _print_support(console: Console, scene: SceneFilled, language: Language) -> None:
    support = scene.support_request
    if not support.needed:
        return
    asked = " ".join(str(support.ask[name]) for name in ("name", "duty_phone") if name in support.ask)
    missing = "; ".join(support.missing)
    said = (f"请求支援 {asked}: {missing}", f"ask for support {asked}: {missing}")
    console.print(Text(say(language, *said), style="bold"))
    for pick in support.resources:
        phone = pick.contact.get("phone") or ""
        consent = f" · {pick.consent}" if pick.consent else ""
        console.print(Text(f"  + {pick.name or pick.id} {_arrival(pick, language)} {phone} ({pick.why}{consent})"))
