"""The server process: loopback only while there is no login, HTTP/1.1 by h11, one process."""

import ipaddress

import uvicorn
from fastapi import FastAPI

from geo_ems.errors import UsageError

LOOPBACK_NAME = "localhost"
SHUTDOWN_S = 8
KEEP_ALIVE_S = 15
MAX_CONNECTIONS = 1000
MAX_HEADER_BYTES = 32_768


def check_bind(host: str, auth: str) -> None:
    """Raise where the server would be reachable from other machines without a login.

    Raises
    ------
    UsageError
        With the remedy; the command line ends with exit code 2.
    """
    if auth == "local" and not _is_loopback(host):
        raise UsageError(
            f"'{host}' can be reached from other machines, and there is no login yet",
            where="--host",
            remedy="Serve on 127.0.0.1 (or ::1), and let others see exported maps and prints.",
            field="host",
            value=host,
        )


def run_server(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until interrupted; requests that are being answered are finished first."""
    uvicorn.Server(server_config(app, host=host, port=port)).run()


def server_config(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """Return how the application is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="h11",  # keeps the spelling of header names: QGIS up to 3.40 looks for `Location`
        ws="none",
        loop="asyncio",
        lifespan="on",
        workers=1,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )


def _is_loopback(host: str) -> bool:
    if host.lower() == LOOPBACK_NAME:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
