"""Commands about the devices of teams: their keys, and where they have been."""

import csv
import sys
from typing import TYPE_CHECKING

import typer

from geo_ems.cli.arguments import choice_argument, instant_argument, language_argument
from geo_ems.errors import UsageError

if TYPE_CHECKING:  # typer's commands import what they need when they run
    from geo_ems.model.positions import DeviceKey

_ADD_HELP = """Make a key with which one device posts the position of one team. It is shown once.

Example: geo-ems keys add-device T-01 --name phone-of-chen
"""
_LIST_HELP = """List the devices that have a key, revoked ones too; the keys themselves are not kept.

Example: geo-ems keys list
"""
_REVOKE_HELP = """Make a key open nothing any more.

Example: geo-ems keys revoke 3f9a01bc
"""
_POSITIONS_HELP = """List where a team has been, oldest first, as long as tracks are kept.

Example: geo-ems positions T-01 --since 2026-07-21T00:00 --format csv
"""
_FORMATS = ("table", "json", "csv")
_NAME_CHARACTERS = 100
_MAX_LIMIT = 1_000_000


def add_device_commands(cli: typer.Typer) -> None:
    """Add the commands about devices."""
    keys = typer.Typer(help="Keys of the devices that post positions.", no_args_is_help=True, rich_markup_mode=None)
    keys.command("add-device", help=_ADD_HELP)(add_device_command)
    keys.command("list", help=_LIST_HELP)(list_keys_command)
    keys.command("revoke", help=_REVOKE_HELP)(revoke_key_command)
    cli.add_typer(keys, name="keys")
    cli.command("positions", help=_POSITIONS_HELP)(positions_command)


def add_device_command(
    team: str = typer.Argument(help="The id of the team."),
    name: str = typer.Option(..., "--name", help="What the device is called, or the id it sends of itself."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Make a device key and show it once."""
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.services.words import say

    name = name.strip()
    if not name or len(name) > _NAME_CHARACTERS or not name.isprintable():
        raise UsageError(
            "It is no name of a device",
            where="--name",
            remedy=f"Write 1 to {_NAME_CHARACTERS} characters.",
            field="name",
            value=name,
        )
    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project) as application:
        key, secret = application.positions.add_device(team, name=name)
    typer.echo(secret)
    said = (
        f"设备 {key.name} 只能上报 {key.team_id} 的位置。密钥只显示这一次;撤销: geo-ems keys revoke {key.key_id}",
        f"{key.name} posts the position of {key.team_id} only; shown once. Revoke: geo-ems keys revoke {key.key_id}",
    )
    typer.echo(say(language, *said), err=True)


def list_keys_command(lang: str | None = typer.Option(None, "--lang", help="zh or en.")) -> None:
    """List all device keys."""
    from geo_ems.bootstrap import current_project, opened_store
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened_store(project, read_only=True) as store:
        keys = store.device_keys.all_keys()
    if not keys:
        typer.echo(say(language, "没有设备密钥。", "There are no device keys."))
    for key in keys:
        state = (
            say(language, "有效", "in use")
            if key.revoked_at is None
            else _revoked(key, say(language, "撤销于", "revoked"))
        )
        typer.echo(f"{key.key_id}  {key.team_id}  {key.name}  {key.created_at}  {state}")


def revoke_key_command(
    key_id: str = typer.Argument(help="The id of the key, from `geo-ems keys list`."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Revoke a device key."""
    from geo_ems.bootstrap import current_project, opened_store, utc_clock
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    with opened_store(project) as store:
        key = store.device_keys.revoke(key_id, at=utc_clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
    typer.echo(say(language, f"已撤销 {key.name} ({key.team_id})", f"revoked {key.name} ({key.team_id})"))


def positions_command(
    team: str = typer.Argument(help="The id of the team."),
    since: str | None = typer.Option(None, "--since", help="From this instant on (ISO 8601)."),
    limit: int = typer.Option(1000, "--limit", min=1, max=_MAX_LIMIT, help="How many fixes at most."),
    output_format: str = typer.Option("table", "--format", help="table, json or csv."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """List where a team has been."""
    choice_argument(output_format, _FORMATS, option="--format")
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.services.positions import fix_mapping
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    instant = None if since is None else instant_argument(since, project.zone, option="--since")
    with opened(project, read_only=True) as application:
        found = application.positions.track(team, since=instant, limit=limit)
    rows = [fix_mapping(stored) for stored in found]
    if output_format == "json":
        typer.echo(json_bytes({"team": team, "positions": rows}).decode(), nl=False)
    elif output_format == "csv" and rows:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    elif not rows:
        typer.echo(say(language, "没有位置记录。", "There are no positions."))
    else:
        for row in rows:
            typer.echo(
                f"{row['time']}  {row['lon']:.6f},{row['lat']:.6f}  {row['device']}  {_cell(row['flags'])}".rstrip()
            )


def _revoked(key: "DeviceKey", words: str) -> str:
    return f"{words} {key.revoked_at}"


def _cell(value: object) -> object:
    return ";".join(str(item) for item in value) if isinstance(value, list) else value
