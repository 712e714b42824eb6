"""What routes depend on: the caller with its permissions, a published layer, a strictly read query."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import Request

from geo_ems.errors import known_names
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.model.definitions import LayerDefinition
from geo_ems.web.parameters import Asked, Parameter, read_query
from geo_ems.web.problems import NoSuchResourceError, RefusedError
from geo_ems.web.state import Served, served


def calling(permission: Permission) -> Callable[[Request], Caller]:
    """Return the dependency that gives the caller of a request, who must have the permission.

    In local mode every caller is the person at this machine: the door has checked that.
    """

    def caller_with_permission(_: Request) -> Caller:
        caller = LOCAL
        if not caller.may(permission):
            raise RefusedError(
                HTTPStatus.FORBIDDEN, f"You may not {permission} here", remedy="Ask for the permission.", field="caller"
            )
        return caller

    caller_with_permission.permission = permission  # type: ignore[attr-defined]  # read by the test that every route has one
    return caller_with_permission


def asking(*parameters: Parameter[object], not_built: Mapping[str, str] | None = None) -> Callable[[Request], Asked]:
    """Return the dependency that reads the query of a request; what is not declared is refused."""
    refused = not_built or {}

    def asked(request: Request) -> Asked:
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
