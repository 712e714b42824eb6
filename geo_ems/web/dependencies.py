"""What routes depend on: the caller with its permissions, a published layer, a strictly read query."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi import Request

from geo_ems.errors import known_names
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.model.definitions import LayerDefinition
from geo_ems.web.parameters import Asked, Parameter, read_query
from geo_ems.web.problems import NoSuchResourceError, RefusedError
from geo_ems.web.state import Served, served


def calling(permission: Permission) -> Callable[[Request], Awaitable[Caller]]:
    """Return the dependency that gives the caller of a request, who must have the permission.

    In local mode every caller without a key is the person at this machine: the door has checked
    that. Who sends a device key (`Authorization: Bearer`) is that device, and may post its position only.
    """

    async def caller_with_permission(request: Request) -> Caller:
        key = bearer_key(request)
        if permission is Permission.POST_POSITION:
            return _posting(request, key)
        return _permitted(_caller_of(request, key), permission)

    caller_with_permission.permission = permission  # type: ignore[attr-defined]  # read by the test that every route has one
    return caller_with_permission


async def key_caller(request: Request) -> Caller:
    """Return who posts a position; the key may stand in the query too, for clients that send no headers."""
    keys = request.query_params.getlist("key")
    if len(keys) > 1:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "'key' is given twice", remedy="Give it once.", field="key")
    return _posting(request, bearer_key(request) or (keys[0] if keys else None))


key_caller.permission = Permission.POST_POSITION  # type: ignore[attr-defined]  # as above


def bearer_key(request: Request) -> str | None:
    """Return the key of `Authorization: Bearer`; None where there is none, or credentials of another kind."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _posting(request: Request, key: str | None) -> Caller:
    """Return who posts a position: the holder of a key, or the person at this machine where no key is required."""
    if key is None and served(request).application.positions.settings.keys_required:
        raise _no_key("Positions are taken with a device key only")
    return _permitted(_caller_of(request, key), Permission.POST_POSITION)


def _no_key(problem: str) -> RefusedError:
    # The key is not told back: problems are shown and kept.
    return RefusedError(
        HTTPStatus.UNAUTHORIZED,
        problem,
        remedy="Make one: geo-ems keys add-device TEAM --name DEVICE; send it as Authorization: Bearer KEY.",
        field="Authorization",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _caller_of(request: Request, key: str | None) -> Caller:
    if key is None:
        return LOCAL
    found = served(request).application.positions.device_caller(key)
    if found is None:
        raise _no_key("The key is not known, or was revoked")
    return found


def _permitted(caller: Caller, permission: Permission) -> Caller:
    if not caller.may(permission):
        raise RefusedError(
            HTTPStatus.FORBIDDEN, f"You may not {permission} here", remedy="Ask for the permission.", field="caller"
        )
    return caller


def asking(
    *parameters: Parameter[object], not_built: Mapping[str, str] | None = None
) -> Callable[[Request], Awaitable[Asked]]:
    """Return the dependency that reads the query of a request; what is not declared is refused."""
    refused = not_built or {}

    async def asked(request: Request) -> Asked:
        return read_query(request.scope["query_string"], parameters, not_built=refused)

    return asked


def published_layer(request: Request, layer: str) -> LayerDefinition:
    """Return the layer named in the path, or raise 404 listing those there are."""
    return layer_named(served(request), layer)


def layer_named(parts: Served, name: str) -> LayerDefinition:
    """Return a published layer, or raise 404 listing those there are."""
    found = parts.layers.get(name)
    if found is None:
        missing = known_names("collection", name[:100], tuple(parts.layers))
        raise NoSuchResourceError(missing.problem, remedy=missing.remedy, field="layer", value=name)
    return found


def base_address(request: Request) -> str:
    """Return where the caller reached this server, for links: without a slash at the end."""
    return f"{request.url.scheme}://{request.headers['host']}{request.scope.get('root_path', '')}".rstrip("/")
