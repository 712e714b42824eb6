"""The application: routes behind the door, every error a problem, `Allow` told wherever a method does not fit."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route

from geo_ems.errors import GeoEmsError, StoreFullError
from geo_ems.queries.compiled import load_kernels
from geo_ems.routing.compiled import load_routing
from geo_ems.services.roads import ROADS
from geo_ems.web import (
    area_questions,
    assignments,
    barriers,
    collections,
    device_keys,
    dispatch,
    events,
    imports,
    incidents,
    items,
    landing,
    operations,
    pages,
    positions,
    questions,
    team_status,
)
from geo_ems.web.application import WebApplication
from geo_ems.web.dependencies import layer_named
from geo_ems.web.door import Door
from geo_ems.web.metrics import CountRequests
from geo_ems.web.problems import PROBLEM_TYPE, NoSuchResourceError, Problem, RefusedError, problem_of
from geo_ems.web.shortcuts import Shortcuts
from geo_ems.web.state import Served, make_served

LOOK_EVERY_S = 0.25  # an edit made outside is to be seen within a second
TEND_EVERY_S = 5.0
PRUNE_EVERY_S = 3600.0
_LOADING = "the compiled search is being loaded; at the first start it takes some seconds"
_ROADS = "the road network is being prepared; questions by road wait for it"
_NOT_KEPT = (
    "No folder could be written to keep the compiled search, so every start compiles it anew; "
    "set NUMBA_CACHE_DIR to a folder of this user."
)
# Routes are looked through in this order: what comes a thousand times a second stands first.
_MODULES = (
    positions,
    questions,
    landing,
    collections,
    items,
    events,
    area_questions,
    barriers,
    dispatch,
    assignments,
    incidents,
    team_status,
    device_keys,
    imports,
    pages,
    operations,
)
_logger = logging.getLogger(__name__)


def create_app(application: WebApplication, *, on_close: Callable[[], None] | None = None) -> FastAPI:
    """Return the ASGI application of one project; `on_close` runs when the server has ended."""
    parts = make_served(application)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts.starting.extend((_LOADING, _ROADS))
        loops = (_notice_changes, _load_search, _prepare_roads, _tend_snapshots, _prune_positions, _follow_log)
        tasks = [asyncio.create_task(loop(parts)) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            if on_close is not None:
                on_close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.served = parts
    for module in _MODULES:
        app.include_router(module.router)
    _add_options(app, parts)
    app.add_exception_handler(GeoEmsError, _tell_error)
    app.add_exception_handler(OSError, _tell_full_disk)
    app.add_exception_handler(HTTPException, _tell_http_error)
    app.add_exception_handler(RequestValidationError, _tell_wrong_request)
    # Added first = innermost: every request is counted, then checked at the door.
    app.add_middleware(Shortcuts)
    if application.publishing.cors.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(application.publishing.cors.origins), allow_methods=["GET", "HEAD"]
        )
    app.add_middleware(Door)
    app.add_middleware(CountRequests, counts=parts.counts)
    return app


def all_routes() -> tuple[Route, ...]:
    """Return every route of the API, but for OPTIONS."""
    return tuple(route for module in _MODULES for route in module.router.routes if isinstance(route, Route))


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the path of a request takes, as `Allow` lists them."""
    found = {"OPTIONS"}
    for route in all_routes():
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return [method for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") if method in found]


def _add_options(app: FastAPI, parts: Served) -> None:
    async def options(request: Request) -> Response:
        """Say which methods a path takes: QGIS offers editing where it may POST and PATCH."""
        layer = request.path_params.get("layer")
        if layer is not None:
            layer_named(parts, str(layer).partition(".")[0])
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(allowed_methods(request))})

    for path in dict.fromkeys(route.path for route in all_routes()):
        app.router.add_route(path, options, methods=["OPTIONS"], include_in_schema=False)


async def _notice_changes(parts: Served) -> None:
    """Take in, four times a second, what another program (QGIS) edited in the file."""
    told = ""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await anyio.to_thread.run_sync(parts.application.probe.notice_changes)
            told = ""
        except GeoEmsError as error:
            if str(error) != told:  # once per trouble, not at every look
                told = str(error)
                _logger.warning("%s", told)


async def _tend_snapshots(parts: Served) -> None:
    """Keep the snapshots of large layers small and cached, in a thread beside the questions."""
    while True:
        await asyncio.sleep(TEND_EVERY_S)
        with suppress(GeoEmsError):  # the next question tells the same trouble to somebody
            await anyio.to_thread.run_sync(parts.application.snapshots.tend)


async def _prune_positions(parts: Served) -> None:
    """Delete, once an hour, the positions that were kept for long enough; `/metrics` counts them."""
    while True:
        with suppress(GeoEmsError):  # the disk is full or failing: those who write are told
            await anyio.to_thread.run_sync(parts.application.positions.prune)
        await asyncio.sleep(PRUNE_EVERY_S)


async def _follow_log(parts: Served) -> None:
    await parts.events.follow()


async def _load_search(parts: Served) -> None:
    """Load the compiled search beside the first questions, which are scanned until it is there, and answered alike."""
    try:
        kernels = await anyio.to_thread.run_sync(load_kernels, abandon_on_cancel=True)
        if kernels.kept_in is None:
            _logger.warning("%s", _NOT_KEPT)
        await anyio.to_thread.run_sync(load_routing, abandon_on_cancel=True)
    except Exception as error:  # noqa: BLE001 - a compiler fails in ways of its own, and the plain search answers alike
        _logger.warning("The compiled search cannot be used, large layers answer more slowly: %s", error)
    finally:
        parts.starting.remove(_LOADING)


async def _prepare_roads(parts: Served) -> None:
    """Build the road network, or take it from the disk, beside the first questions."""
    try:
        await anyio.to_thread.run_sync(_road_network, parts, abandon_on_cancel=True)
    except GeoEmsError as error:
        _logger.warning("The road network cannot be prepared: %s", error)
    finally:
        parts.starting.remove(_ROADS)


def _road_network(parts: Served) -> None:
    application = parts.application
    if ROADS in application.snapshots.definitions:
        application.roads.network(application.snapshots.pin([ROADS]))


def _tell(request: Request, problem: Problem) -> Response:
    path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")[:500]
    instance = path if path.isascii() and path.isprintable() else "/"
    return Response(
        problem.body(instance), status_code=problem.status, media_type=PROBLEM_TYPE, headers=dict(problem.headers)
    )


async def _tell_error(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, GeoEmsError) else GeoEmsError("It cannot be served as asked")
    return _tell(request, problem_of(known))


async def _tell_full_disk(request: Request, error: Exception) -> Response:
    """Tell that a file that was sent finds no room; what else the system refuses is told in the log only."""
    if not isinstance(error, OSError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        raise error
    full = StoreFullError("The disk is full", remedy="Free some space on it and repeat; no restart is needed.")
    return _tell(request, problem_of(full))


async def _tell_wrong_request(request: Request, _: Exception) -> Response:
    refused = RefusedError(HTTPStatus.BAD_REQUEST, "The request is not understood", remedy="See /docs.")
    return _tell(request, problem_of(refused))


async def _tell_http_error(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    if status is HTTPStatus.NOT_FOUND:
        missing = NoSuchResourceError(
            "There is nothing at this address",
            remedy="The list of all is at /docs.",
            field="path",
            value=request.url.path,
        )
        return _tell(request, problem_of(missing))
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(allowed_methods(request))
        refused = RefusedError(
            status,
            f"The method {request.method[:20]} does not fit here",
            remedy=f"Allowed: {allowed}.",
            field="method",
            value=request.method,
            headers={"Allow": allowed},
        )
        return _tell(request, problem_of(refused))
    return _tell(request, Problem(status, status.phrase))
