"""The application for an ASGI server that is not started by `geo-ems serve`."""

from contextlib import ExitStack

from fastapi import FastAPI

from geo_ems.bootstrap import current_project, opened
from geo_ems.web.app import create_app
from geo_ems.web.application import web_application
from geo_ems.web.server import check_bind


def app_from_environment() -> FastAPI:
    """Open the project that the environment names and return its application; it closes with the server."""
    project = current_project()
    check_bind(project.host, project.auth)
    with ExitStack() as stack:
        application = stack.enter_context(opened(project))
        closing = ExitStack()
        app = create_app(web_application(application), on_close=closing.close)
        closing.push(stack.pop_all().__exit__)
        return app
