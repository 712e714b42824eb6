"""The command that takes alerts of other offices in: import-cap."""

import hashlib
from pathlib import Path

import typer

from geo_ems.cli.arguments import check_own_files, choice_argument, input_file, language_argument

_IMPORT_CAP_HELP = """Take alerts (CAP 1.1, 1.2, or an ATOM list that holds them) into the hazard areas.

\b
An alert warns and closes no road by itself: its area may be a whole province.
Say --policy closed or slow:2 where it does. Updates and cancellations end what they refer to.
Example: geo-ems import-cap flood-warning.xml
"""


def add_alert_commands(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("import-cap", help=_IMPORT_CAP_HELP)(import_cap_command)


def import_cap_command(
    files: list[Path] = typer.Argument(help="The alert as .xml or .cap, or a list of alerts (.atom)."),
    policy: str = typer.Option("ignore", "--policy", help="On the roads: ignore, closed, slow:2, delay:300."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Read and report, store nothing."),
    output_format: str = typer.Option("table", "--format", help="table or json."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en."),
) -> int:
    """Store the areas of alerts, each file in one change."""
    choice_argument(output_format, ("table", "json"), option="--format")
    for file in files:
        input_file(file)
    check_own_files(files, None)
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.formats.answers import json_bytes
    from geo_ems.formats.cap import read_cap
    from geo_ems.model.caller import LOCAL
    from geo_ems.services.alert_import import AlertImport, import_alerts
    from geo_ems.services.barrier_question import policy_said
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    said = policy_said(policy, field_name="--policy")
    with opened(project) as application:
        for file in files:
            data = file.read_bytes()
            report = import_alerts(
                read_cap(data, where=file.name),
                file_name=file.name,
                sha256=hashlib.sha256(data).hexdigest(),
                work=AlertImport(application.store, LOCAL, application.clock(), project.zone, language, said, dry_run),
            )
            if output_format == "json":
                typer.echo(
                    json_bytes(
                        {
                            "file": file.name,
                            "stored": [
                                {
                                    "id": each.id,
                                    **{name: each.properties[name] for name in ("name", "kind", "grade", "state")},
                                    "valid_to": each.properties["valid_to"],
                                    "placed": each.geometry is not None,
                                }
                                for each in report.stored
                            ],
                            "ended": list(report.ended_ids),
                            "notes": [note.text(language) for note in report.notes],
                            "dry_run": dry_run,
                        }
                    ),
                    nl=False,
                )
                continue
            counts = (len(report.stored), len(report.ended_ids))
            would = ("将存入", "would store") if dry_run else ("存入", "stored")
            typer.echo(
                say(
                    language,
                    f"{file.name}: {would[0]} {counts[0]} 处危险区域,{counts[1]} 处改为失效",
                    f"{file.name}: {would[1]} {counts[0]} hazard areas, ended {counts[1]}",
                )
            )
            for each in report.stored:
                values = each.properties
                told = (each.id, values["name"], values["kind"], values["grade"] or "-", values["state"])
                typer.echo(f"  {'  '.join(str(part) for part in told)}")
            for note in report.notes:
                typer.echo(f"? {note.text(language)}")
    return 0
