"""Starting the server from the command line."""

import typer

from geo_ems.bootstrap import opened
from geo_ems.settings import Project
from geo_ems.web.app import create_app
from geo_ems.web.application import web_application
from geo_ems.web.server import check_bind, run_server


def serve_project(project: Project, *, host: str, port: int) -> None:
    """Serve a project until interrupted; refuse an address other than loopback, with the remedy."""
    check_bind(host, project.auth)
    with opened(project) as application:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/"
        application.embedded.announce(address)
        typer.echo(f"{project.name.zh} {project.name.en}")
        typer.echo(f"地图与接口 map and API: {address}   (Ctrl+C 停止 stops)")
        run_server(create_app(web_application(application)), host=host, port=port)
