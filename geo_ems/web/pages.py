"""Map pages: whole documents that carry their scripts and styles inside and load nothing from elsewhere."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import known_names
from geo_ems.model.caller import Caller, Permission
from geo_ems.model.labels import Language
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.page_parameters import LANG
from geo_ems.web.parameters import Asked
from geo_ems.web.problems import NoSuchResourceError
from geo_ems.web.responses import HTML
from geo_ems.web.state import Served, served

# Nothing from elsewhere, no frame around it; which scripts may run, the page itself says by their hashes.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

router = APIRouter()


@router.api_route("/v1/maps/{name}", methods=["GET", "HEAD"])
async def get_map(
    request: Request,
    parts: Annotated[Served, Depends(served)],
    caller: Annotated[Caller, Depends(calling(Permission.READ))],
    asked: Annotated[Asked, Depends(asking(LANG))],
) -> Response:
    """Return one map page."""
    name = str(request.path_params["name"])
    if name not in parts.application.maps:
        missing = known_names("map", name[:100], parts.application.maps)
        raise NoSuchResourceError(missing.problem, remedy=missing.remedy, field="name", value=name)
    language = language_of(asked.one(LANG), parts.application.project.language)
    return await parts.reads.run(partial(map_response, parts, name, language, caller))


def map_response(parts: Served, name: str, language: Language, caller: Caller) -> Response:
    """Return a map page that may run its own scripts and ask this server, and nothing else."""
    include_private = caller.may(Permission.READ_PRIVATE)
    content = parts.application.page(name, language=language, include_private=include_private)
    return Response(content, media_type=HTML, headers={"Content-Security-Policy": _POLICY})


def language_of(asked: str | None, default: Language) -> Language:
    """Return the language asked for, else the project's."""
    if asked is None:
        return default
    return "zh" if asked == "zh" else "en"
