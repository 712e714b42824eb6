"""The server process: loopback only while there is no login, HTTP/1.1 by h11, one process."""

import ipaddress
import socket
import sys

import uvicorn
from fastapi import FastAPI

from geo_ems.errors import UsageError
from geo_ems.web.joined_writes import JoinedH11Protocol

LOOPBACK_NAME = "localhost"
LAST_PORT = 65_535
SHUTDOWN_S = 8
KEEP_ALIVE_S = 15
MAX_CONNECTIONS = 1000
MAX_HEADER_BYTES = 32_768
SWITCH_INTERVAL_S = 0.001


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


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that holds the address, so that nothing is said to be served that is not.

    Raises
    ------
    UsageError
        Where the address is in use or cannot be had.
    """
    name = "127.0.0.1" if host.lower() == LOOPBACK_NAME else host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, else asyncio leaves Nagle's delay on
    if sys.platform != "win32":  # there it would let two servers share one port
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((name, port))
    except OSError as error:
        taken.close()
        other = port + 1 if port < LAST_PORT else 8000
        raise UsageError(
            f"port {port} on {name} cannot be served on: {error.strerror}",
            where="--port",
            remedy=f"Another program may use it: choose another, such as --port {other}.",
            field="port",
            value=port,
        ) from error
    return taken


def run_server(app: FastAPI, taken: socket.socket) -> None:
    """Serve on a bound socket until interrupted; requests that are being answered are finished first."""
    host, port = taken.getsockname()[:2]
    # A thread that computes keeps the others out for so long; each step of an answer may wait once.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvicorn.Server(server_config(app, host=host, port=port)).run(sockets=[taken])


def server_config(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """Return how the application is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=JoinedH11Protocol,  # h11 keeps the spelling of header names: QGIS up to 3.40 looks for `Location`
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
