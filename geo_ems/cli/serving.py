"""Starting the server from the command line."""

import socket

import typer

from geo_ems.bootstrap import opened
from geo_ems.settings import Project
from geo_ems.web.app import create_app
from geo_ems.web.application import web_application
from geo_ems.web.server import bound_socket, check_bind, run_server


def take_address(project: Project, *, host: str, port: int) -> socket.socket:
    """Return a socket bound to a loopback address; another address, or one in use, is refused with the remedy."""
    check_bind(host, project.auth)
    return bound_socket(host, port)


def serve_project(project: Project, taken: socket.socket) -> None:
    """Serve a project on a bound socket until interrupted."""
    with taken, opened(project) as application:
        host, port = taken.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/"
        application.embedded.announce(address)
        typer.echo(f"{project.name.zh} {project.name.en}")
        typer.echo(f"地图与接口 map and API: {address}   (Ctrl+C 停止 stops)")
        run_server(create_app(web_application(application)), taken)
