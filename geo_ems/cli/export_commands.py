"""Commands that give data out: export, and the blank form of a layer."""

from pathlib import Path

import typer

from geo_ems.cli.arguments import check_own_files, language_argument
from geo_ems.errors import UsageError

_EXPORT_HELP = """Write a layer as a file: .csv, .xlsx, .geojson, .gpkg, .kml or .fgb, by its extension.

Example: geo-ems export shelters shelters.xlsx --where status=open
"""
_TEMPLATE_HELP = """Write the blank form of a layer: headings, lists to choose from, an example row.

Example: geo-ems template shelters --out shelters-form.xlsx
"""
_LAYER_AND_FILE = 2


def add_export_commands(cli: typer.Typer) -> None:
    """Add the commands that give data out."""
    cli.command("export", help=_EXPORT_HELP)(export_command)
    cli.command("template", help=_TEMPLATE_HELP)(template_command)


def export_command(
    target: list[str] = typer.Argument(metavar="LAYER FILE", help="Layer name and file; with --all the file alone."),
    every: bool = typer.Option(False, "--all", help="All layers into one .gpkg or .xlsx."),
    where: list[str] = typer.Option([], "--where", metavar="COND", help="field op value; , = any of, + = all of."),
    public: bool = typer.Option(False, "--public", help="Only what api/publish.toml publishes: no phones, no names."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a file that exists."),
    lang: str | None = typer.Option(None, "--lang", help="Headings and codes of tables: zh or en."),
) -> None:
    """Write layers as a file."""
    if len(target) != (1 if every else _LAYER_AND_FILE):
        raise UsageError(
            "The command takes a layer and a file" if not every else "With --all the command takes a file alone",
            remedy="Write geo-ems export shelters shelters.xlsx, or geo-ems export --all county.gpkg.",
            field="target",
            value=" ".join(target),
        )
    if every and where:
        raise UsageError("A condition belongs to one layer", where="--where", remedy="Leave out --all.", field="where")
    check_own_files((), Path(target[-1]))
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.catalogue.conditions import parse_condition_text
    from geo_ems.model.caller import LOCAL, Caller, Permission
    from geo_ems.model.conditions import AllOf
    from geo_ems.services.export_report import export_lines, private_line
    from geo_ems.services.exports import ExportQuestion, export_layers

    project = current_project()
    language = language_argument(lang, project.language)
    with opened(project, read_only=True) as application:
        known = application.snapshots.definitions
        if public:
            from geo_ems.web.publishing import load_publishing

            known = load_publishing(project.api_folder).published(known)
        layers = tuple(known) if every else (application.snapshots.definition(target[0]).name,)
        if layers[0] not in known:
            raise UsageError(
                f"The layer '{layers[0]}' is not published",
                where="--public",
                remedy=f"Published: {', '.join(known)} (api/publish.toml).",
                field="layer",
                value=layers[0],
            )
        conditions = tuple(parse_condition_text(text, known[layers[0]], include_private=not public) for text in where)
        report = export_layers(
            application.snapshots,
            ExportQuestion(layers, Path(target[-1]), AllOf(conditions), language, overwrite),
            caller=Caller("public", frozenset({Permission.READ})) if public else LOCAL,
            zone=project.zone,
            clock=application.clock,
        )
    for line in export_lines(report, language, zone=project.zone):
        typer.echo(line)
    warning = private_line(report, language)
    if warning is not None:
        typer.echo(warning, err=True)


def template_command(
    layer: str = typer.Argument(help="Layer name, such as shelters."),
    out: Path = typer.Option(..., "--out", help="The .xlsx file to write."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a file that exists."),
    lang: str | None = typer.Option(None, "--lang", help="Lists and notes: zh or en."),
) -> None:
    """Write the blank form of a layer."""
    check_own_files((), out)
    from geo_ems.bootstrap import current_project
    from geo_ems.catalogue.definitions import load_definitions
    from geo_ems.errors import known_names
    from geo_ems.services.templates import write_template
    from geo_ems.services.words import say

    project = current_project()
    language = language_argument(lang, project.language)
    definitions = load_definitions(project.layers_folder)
    if layer not in definitions:
        raise known_names("layer", layer, tuple(definitions))
    write_template(definitions[layer], out, language=language, overwrite=overwrite)
    typer.echo(say(language, f"已写出 {out}", f"wrote {out}"))
    typer.echo(
        say(
            language,
            f"填好后:geo-ems import {layer} {out}(示例行会跳过)",
            f"Filled in: geo-ems import {layer} {out} (the example row is skipped)",
        )
    )
