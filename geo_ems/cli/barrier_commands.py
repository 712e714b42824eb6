"""Commands for closures: which act, and closing, slowing, delaying, confirming and opening roads."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geo_ems.cli.arguments import (
    choice_argument,
    input_file,
    instant_argument,
    language_argument,
    lonlat_argument,
)
from geo_ems.errors import UsageError

if TYPE_CHECKING:  # typer's commands import what they need when they run
    from geo_ems.bootstrap import Application
    from geo_ems.model.labels import Language
    from geo_ems.services.barrier_desk import BarrierDesk, Changed
    from geo_ems.services.barrier_roads import BarrierPlace
    from geo_ems.services.barrier_view import BarrierView
    from geo_ems.settings import Project

_HELP = """Closures, slow passages and delays on the roads: list them, set them, open the road again.

\b
What acts now:     geo-ems barriers
Close a bridge:    geo-ems barriers close --bridge 云渡大桥 --reason 桥面过水
Close at a point:  geo-ems barriers close --at 111.5327,31.187
Half as fast:      geo-ems barriers slow --road R03924 --factor 2
A flooded area:    geo-ems barriers close --area flood.geojson
Open again:        geo-ems barriers lift B7kq
Still so:          geo-ems barriers confirm B7kq
"""
_AT = typer.Option(None, "--at", metavar="LON,LAT", help="A point on the road (within 30 m of it).")
_ROAD = typer.Option(None, "--road", metavar="ID", help="This road alone.")
_BRIDGE = typer.Option(None, "--bridge", metavar="NAME", help="A bridge by its name or id, not the road beneath it.")
_AREA = typer.Option(None, "--area", metavar="FILE.geojson", help="A drawn point, line or polygon.")
_DIRECTION = typer.Option("both", "--direction", help="both, forward or backward along the road as it is stored.")
_TOWARDS = typer.Option(None, "--towards", metavar="DEGREES", help="Only for travel towards this bearing (0 north).")
_MODE = typer.Option("both", "--mode", help="both, drive or walk.")
_FROM = typer.Option(None, "--from", metavar="TIME", help="From when; else at once.")
_TO = typer.Option(None, "--to", metavar="TIME", help="Until when it is planned.")
_REASON = typer.Option(None, "--reason", help="Why.")
_NAME = typer.Option(None, "--name", help="Its name; else that of the road.")
_CONFIRMED = typer.Option(None, "--confirmed-at", metavar="TIME", help="When somebody saw it; else now.")
_LANG = typer.Option(None, "--lang", help="zh or en.")


def add_barrier_commands(cli: typer.Typer) -> None:
    """Add the command with its parts."""
    barriers = typer.Typer(
        help=_HELP,
        invoke_without_command=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    barriers.callback()(list_command)
    for policy in ("close", "slow", "delay"):
        barriers.command(policy, help=_SETTING[policy][1])(_SETTING[policy][0])
    barriers.command("lift", help="Open the road again. Example: geo-ems barriers lift B7kq")(lift_command)
    barriers.command("confirm", help="Say that it still holds. Example: geo-ems barriers confirm B7kq")(confirm_command)
    cli.add_typer(barriers, name="barriers")


def list_command(
    context: typer.Context,
    as_of: str | None = typer.Option(None, "--as-of", help="Instant at which validity is judged; else now."),
    mode: str = typer.Option("drive", "--mode", help="drive or walk."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    lang: str | None = _LANG,
) -> None:
    """List what acts."""
    if context.invoked_subcommand is not None:
        return
    choice_argument(output_format, ("table", "json"), option="--format")
    choice_argument(mode, ("drive", "walk"), option="--mode")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.model.roads import Mode
    from geo_ems.services.barrier_question import BarrierQuestion
    from geo_ems.services.barrier_view import barriers_acting

    project = current_project()
    language = language_argument(lang, project.language)
    instant = instant_argument(as_of, project.zone, option="--as-of")
    with opened(project, read_only=True) as application:
        question = BarrierQuestion(
            as_of=instant or application.clock(),
            mode=Mode(mode),
            language=language,
            stale_after_s=project.defaults.closure_stale_after_s,
        )
        pinned = application.snapshots.pin(_layers(application))
        found = barriers_acting(pinned, application.roads.network(pinned), question)
    if output_format == "json":
        typer.echo(json_bytes(found.mapping(language)), nl=False)
        return
    from geo_ems.cli.tables import simple_table, terminal

    heads = (
        ("编号", "名称", "通行", "碰到路段", "确认于", "到")
        if language == "zh"
        else ("id", "name", "policy", "pieces hit", "confirmed", "until")
    )
    terminal().print(simple_table(heads, [_row(view, project, language) for view in found.barriers]))
    for warning in found.warnings:
        typer.echo(f"? {warning}")


def close_command(
    at: str | None = _AT,
    road: str | None = _ROAD,
    bridge: str | None = _BRIDGE,
    area: Path | None = _AREA,
    direction: str = _DIRECTION,
    towards: float | None = _TOWARDS,
    mode: str = _MODE,
    valid_from: str | None = _FROM,
    valid_to: str | None = _TO,
    confirmed_at: str | None = _CONFIRMED,
    reason: str | None = _REASON,
    name: str | None = _NAME,
    lang: str | None = _LANG,
) -> int:
    """Close a road."""
    said = {"direction": direction, "towards_deg": towards, "mode": mode, "reason": reason, "name": name}
    times = {"valid_from": valid_from, "valid_to": valid_to, "confirmed_at": confirmed_at}
    return _set("closed", (at, road, bridge, area), said, times, lang)


def slow_command(
    at: str | None = _AT,
    road: str | None = _ROAD,
    bridge: str | None = _BRIDGE,
    area: Path | None = _AREA,
    factor: float = typer.Option(..., "--factor", help="How many times as long it takes: 2 is half as fast."),
    direction: str = _DIRECTION,
    towards: float | None = _TOWARDS,
    mode: str = _MODE,
    valid_from: str | None = _FROM,
    valid_to: str | None = _TO,
    confirmed_at: str | None = _CONFIRMED,
    reason: str | None = _REASON,
    name: str | None = _NAME,
    lang: str | None = _LANG,
) -> int:
    """Slow a road."""
    said = {"slow_factor": factor, "direction": direction, "towards_deg": towards, "mode": mode, "reason": reason,
            "name": name}  # fmt: skip
    times = {"valid_from": valid_from, "valid_to": valid_to, "confirmed_at": confirmed_at}
    return _set("slow", (at, road, bridge, area), said, times, lang)


def delay_command(
    at: str | None = _AT,
    road: str | None = _ROAD,
    bridge: str | None = _BRIDGE,
    area: Path | None = _AREA,
    seconds: float = typer.Option(..., "--seconds", help="How many seconds it costs."),
    direction: str = _DIRECTION,
    towards: float | None = _TOWARDS,
    mode: str = _MODE,
    valid_from: str | None = _FROM,
    valid_to: str | None = _TO,
    confirmed_at: str | None = _CONFIRMED,
    reason: str | None = _REASON,
    name: str | None = _NAME,
    lang: str | None = _LANG,
) -> int:
    """Put a delay on a road."""
    said = {"delay_s": seconds, "direction": direction, "towards_deg": towards, "mode": mode, "reason": reason,
            "name": name}  # fmt: skip
    times = {"valid_from": valid_from, "valid_to": valid_to, "confirmed_at": confirmed_at}
    return _set("delay", (at, road, bridge, area), said, times, lang)


_SETTING: Mapping[str, tuple[Callable[..., int], str]] = {
    "close": (close_command, "Close a road. Example: geo-ems barriers close --bridge 云渡大桥"),
    "slow": (slow_command, "Slow a road. Example: geo-ems barriers slow --road R03924 --factor 2"),
    "delay": (delay_command, "Put a delay on a road. Example: geo-ems barriers delay --at 111.5,31.2 --seconds 300"),
}


def lift_command(
    barrier_id: str = typer.Argument(metavar="ID", help="The barrier."),
    reason: str | None = _REASON,
    lang: str | None = _LANG,
) -> int:
    """Lift a barrier."""
    from geo_ems.services.barrier_desk import lift_barrier

    return _change(lambda desk, _: lift_barrier(desk, barrier_id, reason=reason), lang)


def confirm_command(
    barrier_id: str = typer.Argument(metavar="ID", help="The barrier."),
    confirmed_at: str | None = _CONFIRMED,
    valid_to: str | None = typer.Option(None, "--to", metavar="TIME|none", help="Its new end; none: an open end."),
    lang: str | None = _LANG,
) -> int:
    """Confirm a barrier."""
    from geo_ems.services.barrier_desk import confirm_barrier

    def confirm(desk: "BarrierDesk", project: "Project") -> "Changed":
        values = _instants({"confirmed_at": confirmed_at}, project)
        if valid_to is not None:
            values["valid_to"] = None if valid_to == "none" else _instants({"valid_to": valid_to}, project)["valid_to"]
        return confirm_barrier(desk, barrier_id, values)

    return _change(confirm, lang)


def _set(
    policy: str,
    place: tuple[str | None, str | None, str | None, Path | None],
    said: Mapping[str, object],
    times: Mapping[str, str | None],
    lang: str | None,
) -> int:
    from geo_ems.services.barrier_desk import set_barrier

    choice_argument(str(said["direction"]), ("both", "forward", "backward"), option="--direction")
    choice_argument(str(said["mode"]), ("both", "drive", "walk"), option="--mode")

    def store(desk: "BarrierDesk", project: "Project") -> "Changed":
        values = {name: value for name, value in said.items() if value is not None}
        return set_barrier(desk, _place(desk, *place), {"policy": policy, **values, **_instants(times, project)})

    return _change(store, lang)


def _change(work: "Callable[[BarrierDesk, Project], Changed]", lang: str | None) -> int:
    """Do one change and say what it meets."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.barrier_desk import BarrierDesk
    from geo_ems.services.barrier_question import BarrierQuestion
    from geo_ems.services.barrier_view import barrier_view
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project) as application:
        desk = BarrierDesk(
            application.store, application.snapshots, LOCAL, project.zone, application.clock, application.new_id
        )
        changed = work(desk, project)
        pinned = application.snapshots.pin(_layers(application))
        question = BarrierQuestion(as_of=application.clock(), language=language)
        view, warnings = barrier_view(changed.feature, pinned, application.roads.network(pinned), question)
    acts = say(language, "生效", "acts") if view.acts else say(language, "未生效", "does not act")
    hit = "-" if view.edges_hit is None else str(view.edges_hit)
    roads = ", ".join(name or road for road, name in view.roads[:5])
    typer.echo(
        say(
            language,
            f"{view.row.id} {view.row.name(language)}: {view.said.policy}, {acts}, 碰到路段 {hit} {roads}".rstrip(),
            f"{view.row.id} {view.row.name(language)}: {view.said.policy}, {acts}, pieces hit {hit} {roads}".rstrip(),
        )
    )
    for warning in warnings:
        typer.echo(f"? {warning}")
    return 0


def _place(
    desk: "BarrierDesk", at: str | None, road: str | None, bridge: str | None, area: Path | None
) -> "BarrierPlace":
    from geo_ems.services.barrier_roads import BarrierPlace, place_of_bridge, place_on_road

    if sum(each is not None for each in (at, bridge, area)) > 1 or (road is not None and bridge is not None):
        raise UsageError(
            "The place is given twice", remedy="Give one of --at, --bridge, --area; --road may go with two."
        )
    if bridge is not None:
        return place_of_bridge(desk.snapshots, bridge)
    geometry: Mapping[str, object] | None = None
    if at is not None:
        geometry = {"type": "Point", "coordinates": list(lonlat_argument(at))}
    elif area is not None:
        geometry = _drawn(area)
    return BarrierPlace(geometry) if road is None else place_on_road(desk.snapshots, road, geometry)


def _drawn(path: Path) -> Mapping[str, object]:
    """Return the one geometry of a GeoJSON file: a geometry, a feature, or a collection of one feature."""
    from geo_ems.formats.strict_json import StrictReader

    text = input_file(path).read_text(encoding="utf-8")
    value, faults = StrictReader(text, where=path.name).value()
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        value = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or faults:
        raise UsageError(
            f"'{path}' is not one GeoJSON geometry",
            where="--area",
            remedy="Give a file with one point, line or polygon; several areas are one MultiPolygon.",
            field="area",
        )
    return dict(value)


def _instants(texts: Mapping[str, str | None], project: "Project") -> dict[str, object]:
    from geo_ems.services.provenance import instant_text

    found: dict[str, object] = {}
    for name, text in texts.items():
        instant: datetime | None = instant_argument(text, project.zone, option=f"--{name.replace('_', '-')}")
        if instant is not None:
            found[name] = instant_text(instant.astimezone(UTC))
    return found


def _layers(application: "Application") -> list[str]:
    wanted = ("roads", "barriers", "hazard_areas")
    return [name for name in wanted if name in application.snapshots.definitions]


def _row(view: "BarrierView", project: "Project", language: "Language") -> tuple[str, ...]:
    from geo_ems.services.words import local_instant

    policy = {"slow": f"slow:{view.said.factor:g}", "delay": f"delay:{view.said.delay_s:g}"}
    confirmed, until = view.row.text("confirmed_at"), view.row.text("valid_to")
    return (
        view.row.id,
        view.row.name(language) or "-",
        policy.get(str(view.said.policy), str(view.said.policy)),
        "-" if view.edges_hit is None else str(view.edges_hit),
        "-" if confirmed is None else local_instant(confirmed, project.zone),
        "-" if until is None else local_instant(until, project.zone),
    )
