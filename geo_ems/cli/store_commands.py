"""Commands that look after the store: backup, restore, and layers migrated to changed definitions."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geo_ems.cli.arguments import check_own_files, input_file, language_argument
from geo_ems.errors import UsageError

if TYPE_CHECKING:  # typer's commands import what they need when they run
    from geo_ems.model.definitions import LayerDefinition
    from geo_ems.model.labels import Language
    from geo_ems.storage.backups import Keeping
    from geo_ems.storage.definition_migrating import MigrationReport

_BACKUP_HELP = """Copy the store while it goes on working, and check the copy.

Example: geo-ems backup --keep 7d,4w,6m
"""
_RESTORE_HELP = """Put a backup in the place of the store; the replaced store is kept beside it.

Example: geo-ems restore backups/geo_ems.backup.20260701T120000Z.gpkg
"""
_KEEP = re.compile(r"(\d{1,4})([dwm]?)", re.ASCII)


def add_store_commands(cli: typer.Typer) -> None:
    """Add the commands that look after the store."""
    cli.command("backup", help=_BACKUP_HELP)(backup_command)
    cli.command("restore", help=_RESTORE_HELP)(restore_command)


def backup_command(
    out: Path | None = typer.Option(None, "--out", help="The file to write; else one in backups/ beside the store."),
    keep: str | None = typer.Option(
        None, "--keep", metavar="N|7d,4w,6m", help="Remove older backups: keep N, or one per day, week, month."
    ),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Write a checked copy of the store with its manifest."""
    keeping = None if keep is None else keep_argument(keep)
    if keeping is not None and out is not None:
        raise UsageError(
            "--keep looks after backups/ beside the store", where="--keep", remedy="Leave --out away.", field="keep"
        )
    check_own_files((), out)
    from geo_ems.bootstrap import current_project, opened_store, store_path, utc_clock
    from geo_ems.services.words import say
    from geo_ems.storage.backups import default_backup_path, remove_old_backups

    project = current_project()
    language = language_argument(lang, project.language)
    path = store_path(project).resolve()
    with opened_store(project, read_only=True) as store:
        target = out if out is not None else default_backup_path(path, utc_clock())
        if out is None:
            target.parent.mkdir(mode=0o700, exist_ok=True)
        manifest = store.backup_to(target)
    content = manifest.content
    rows = sum(content.layers.values())
    said = (
        f"{target}: {len(content.layers)} 个图层, {rows} 条, 序号 {content.seq}, 已检查",
        f"{target}: {len(content.layers)} layers, {rows} rows, sequence number {content.seq}, checked",
    )
    typer.echo(say(language, *said))
    typer.echo(f"sha256 {manifest.sha256}")
    for removed in remove_old_backups(path, target.parent, keeping) if keeping is not None else ():
        typer.echo(say(language, f"已删除 {removed.name}", f"removed {removed.name}"))


def restore_command(
    backup: Path = typer.Argument(help="The backup, a .gpkg file that `geo-ems backup` wrote."),
    to: Path | None = typer.Option(None, "--to", help="The store to write; else that of the project."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> None:
    """Check a backup and put it in the place of a store that nobody writes."""
    input_file(backup)
    from geo_ems.bootstrap import current_project, new_id, store_path, utc_clock
    from geo_ems.services.words import say
    from geo_ems.storage.restoring import restore_backup

    project = current_project()
    language = language_argument(lang, project.language)
    target = store_path(project) if to is None else to
    done = restore_backup(backup, target, clock=utc_clock, new_id=new_id)
    rows = sum(done.content.layers.values())
    said = (
        f"{target}: 已恢复, {len(done.content.layers)} 个图层, {rows} 条, 序号 {done.content.seq}",
        f"{target}: restored, {len(done.content.layers)} layers, {rows} rows, sequence number {done.content.seq}",
    )
    typer.echo(say(language, *said))
    if done.replaced is not None:
        typer.echo(say(language, f"原来的库保留在 {done.replaced}", f"the replaced store is kept at {done.replaced}"))


def migrate_layers(names: list[str], *, accept_loss: bool, dry_run: bool, lang: str | None) -> int:
    """Make the definitions of the folder hold in the store, also where they retype, remove or narrow.

    Returns the exit code: 1 where values would be lost that nobody agreed to lose.
    """
    from geo_ems.bootstrap import current_project, opened_store, store_path, utc_clock
    from geo_ems.catalogue.definitions import load_definitions
    from geo_ems.errors import known_names
    from geo_ems.services.words import say
    from geo_ems.storage.backups import stamp_of
    from geo_ems.storage.definition_migrating import MigrationNotDoneError

    project = current_project()
    language = language_argument(lang, project.language)
    definitions = load_definitions(project.layers_folder)
    for name in names:
        if name not in definitions:
            raise known_names("layer", name, tuple(definitions))
    path = store_path(project).resolve()
    with opened_store(project) as store:
        asked = [definitions[name] for name in names or definitions]
        due = [
            definition for definition in asked if _needs_migration(store.held_definition(definition.name), definition)
        ]
        if not due:
            typer.echo(say(language, "没有要迁移的图层。", "No layer needs a migration."))
            return 0
        refused = False
        for definition in due:
            try:
                store.migrate_definition(definition, dry_run=True)
            except MigrationNotDoneError as planned:
                _tell_report(planned.report, language)
                refused = refused or bool(planned.report.lost and not accept_loss)
        if dry_run:
            typer.echo(say(language, "只是计划,没有改动。", "This is the plan; nothing was changed."))
            return 1 if refused else 0
        if refused:
            said = (
                "没有改动:上面的值会丢失。先改正,或写 --accept-loss 同意丢失。",
                "Nothing was changed: the values above would be lost. Correct them, or agree: --accept-loss.",
            )
            typer.echo(say(language, *said), err=True)
            return 1
        backup = path.with_name(f"{path.stem}.before-migration.{stamp_of(utc_clock())}{path.suffix}")
        store.backup_to(backup)
        typer.echo(say(language, f"备份 {backup}", f"backup {backup}"))
        for definition in due:
            report = store.migrate_definition(definition, accept_loss=accept_loss)
            done = (f"{report.layer}: 已迁移, 序号 {report.seq}", f"{report.layer}: migrated under {report.seq}")
            typer.echo(say(language, *done))
    return 0


def keep_argument(text: str) -> "Keeping":
    """Return which backups to keep from "30" or "7d,4w,6m"."""
    from geo_ems.storage.backups import Keeping

    counts = {"": 1, "d": 0, "w": 0, "m": 0}
    for part in text.split(","):
        found = _KEEP.fullmatch(part.strip())
        if found is None or not int(found[1]):
            raise UsageError(
                f"'{text}' does not say which backups to keep",
                where="--keep",
                remedy="Write a number, or --keep 7d,4w,6m for so many days, weeks and months.",
                field="keep",
                value=text,
            )
        counts[found[2]] = int(found[1])
    return Keeping(newest=counts[""], days=counts["d"], weeks=counts["w"], months=counts["m"])


def _needs_migration(held: "LayerDefinition | None", definition: "LayerDefinition") -> bool:
    from geo_ems.model.definition_changes import refused_changes

    return held is not None and bool(refused_changes(held, definition))


def _tell_report(report: "MigrationReport", language: "Language") -> None:
    from geo_ems.services.words import say

    for change in report.changes:
        typer.echo(change)
    converted = (
        f"{report.layer}: 转换 {report.converted} 个值",
        f"{report.layer}: {report.converted} values converted",
    )
    typer.echo(say(language, *converted))
    lists = (
        (report.lost, "会丢失", "would be lost"),
        (report.unfit, "保留但不合新规定", "stays, but does not fit any more"),
    )
    for findings, zh, en in lists:
        for item in findings:
            typer.echo(f"! {item.feature_id}, {item.field} = {item.value}: {say(language, zh, en)} ({item.reason})")
