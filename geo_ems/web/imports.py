"""Imports over HTTP: the bytes of a file, imported as the command line would; the list of them; one taken back."""

import shutil
import tempfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.queries.china_datums import Datum
from geo_ems.services.import_list import listed_imports
from geo_ems.services.import_options import RETIRE_AT_MOST as RETIRE_AT_MOST_DEFAULT
from geo_ems.services.import_options import ImportOptions, accuracy_asked
from geo_ems.services.import_report import report_mapping
from geo_ems.services.import_revert import revert_import
from geo_ems.services.import_revert_report import revert_mapping
from geo_ems.services.imports import import_into
from geo_ems.web import kinds
from geo_ems.web.bodies import FILE_TYPES, check_type, receive_file
from geo_ems.web.dependencies import asking, calling, layer_named
from geo_ems.web.parameters import Asked, Parameter
from geo_ems.web.responses import json_response
from geo_ems.web.state import Served, served

DRY_RUN = Parameter("dry_run", kinds.boolean(), "true: say what would happen, store nothing")
FILENAME = Parameter(
    "filename", kinds.text(200), "the name of the file, for its format and the report", example="shelters.csv"
)
KEY = Parameter("key", kinds.text(60), "the field that recognises rows again")
APPEND = Parameter("append", kinds.boolean(), "take rows without a key once more")
ENCODING = Parameter("encoding", kinds.text(40), "the encoding of a text file, where it cannot be told")
SHEET = Parameter("sheet", kinds.text(100), "the sheet of a workbook or the layer of a file")
MAP = Parameter("map", kinds.text(200), "field=column, where a column is not recognised", repeatable=True)
ON_ERROR = Parameter("on_error", kinds.choice(("reject-row", "reject-file")), "what a wrong row does")
CRS = Parameter(
    "crs", kinds.text(10_000), "the coordinate system: EPSG code, WKT, PROJ or a name", example="CGCS2000 3-degree 111E"
)
DATUM = Parameter("datum", kinds.choice(tuple(Datum)), "the datum of longitudes and latitudes; gcj02 is that of Amap")
ACCEPT_ACCURACY = Parameter(
    "accept_accuracy_m", kinds.text(20), "metres of error put up with from an old datum, or unknown", example="5"
)
PLACE_BY = Parameter(
    "place_by", kinds.text(400), "columns by whose names rows without coordinates are placed", example="乡镇,村"
)
GIVEN = Parameter("set", kinds.text(200), "field=value, for cells the file leaves empty", repeatable=True)
UPDATE_LIVE = Parameter("update_live", kinds.boolean(), "overwrite states and positions that are known")
OVERWRITE_CORRECTIONS = Parameter(
    "overwrite_corrections", kinds.boolean(), "overwrite what was corrected by hand since the last import"
)
RETIRE_MISSING = Parameter(
    "retire_missing", kinds.boolean(), "the file is the full register: retire what it names no more"
)
RETIRE_AT_MOST = Parameter(
    "retire_at_most", kinds.text(20), "refuse the file where it would retire more", example="50%"
)
IMPORT_QUERY: tuple[Parameter[object], ...] = (
    *(DRY_RUN, FILENAME, KEY, APPEND, ENCODING, SHEET, MAP, GIVEN, ON_ERROR),
    *(UPDATE_LIVE, OVERWRITE_CORRECTIONS, RETIRE_MISSING, RETIRE_AT_MOST),
    *(CRS, DATUM, ACCEPT_ACCURACY, PLACE_BY),
)
OF_LAYER = Parameter("layer", kinds.text(60), "only the imports into this layer")
LIST_QUERY: tuple[Parameter[object], ...] = (OF_LAYER,)
SEQ = Parameter("seq", kinds.integer(1, 2**53), "the number of the import, as GET /v1/imports lists it", required=True)
REVERT_QUERY: tuple[Parameter[object], ...] = (SEQ, DRY_RUN, OVERWRITE_CORRECTIONS)
_FALLBACK_NAME = "upload.csv"

router = APIRouter()


@router.api_route("/v1/imports", methods=["GET", "HEAD"])
async def get_imports(
    parts: Annotated[Served, Depends(served)],
    _: Annotated[Caller, Depends(calling(Permission.IMPORT))],
    asked: Annotated[Asked, Depends(asking(*LIST_QUERY))],
) -> Response:
    """List the imports, oldest first."""
    layer = asked.one(OF_LAYER)
    if layer is not None:
        layer_named(parts, layer)
    listed = await parts.reads.run(partial(listed_imports, parts.application.store.history, layer))
    return json_response({"imports": [item.mapping() for item in listed if item.layer in parts.layers]})


@router.api_route("/v1/imports/{layer}/revert", methods=["POST"])
async def post_revert(
    request: Request,
    parts: Annotated[Served, Depends(served)],
    caller: Annotated[Caller, Depends(calling(Permission.IMPORT))],
    asked: Annotated[Asked, Depends(asking(*REVERT_QUERY))],
) -> Response:
    """Take an import into a layer back."""
    layer = layer_named(parts, str(request.path_params["layer"])).name
    async with parts.imports.slot():
        return await parts.writes.run(partial(_revert, layer, parts, caller, asked))


def _revert(layer: str, parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    report = revert_import(
        asked.need(SEQ),
        definitions=parts.layers,
        store=application.store,
        caller=caller,
        dry_run=asked.one(DRY_RUN) or False,
        overwrite_corrections=asked.one(OVERWRITE_CORRECTIONS) or False,
        layer=layer,
    )
    return json_response(revert_mapping(report))


@router.api_route("/v1/imports/{layer}", methods=["POST"])
async def post_import(
    request: Request,
    parts: Annotated[Served, Depends(served)],
    caller: Annotated[Caller, Depends(calling(Permission.IMPORT))],
    asked: Annotated[Asked, Depends(asking(*IMPORT_QUERY))],
) -> Response:
    """Import a file into a layer, or into a child table named `layer.child`."""
    layer = str(request.path_params["layer"])
    layer_named(parts, layer.partition(".")[0])
    check_type(request, FILE_TYPES)
    limit_bytes = parts.application.publishing.limits.import_body_bytes
    async with parts.imports.slot():
        folder = Path(tempfile.mkdtemp(prefix="geo-ems-import-"))  # readable by this user alone
        try:
            path = folder / _safe_name(asked.one(FILENAME))
            with path.open("xb") as file:
                await receive_file(request, file, limit_bytes=limit_bytes)
            return await parts.writes.run(partial(_import, path, layer, parts, caller, asked))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _import(path: Path, layer: str, parts: Served, caller: Caller, asked: Asked) -> Response:
    application = parts.application
    datum, accepted = asked.one(DATUM), asked.one(ACCEPT_ACCURACY)
    options = ImportOptions(
        column_map=_pairs(asked, MAP, "column"),
        given=_pairs(asked, GIVEN, "value"),
        key=asked.one(KEY),
        encoding=asked.one(ENCODING),
        sheet=asked.one(SHEET),
        append=asked.one(APPEND) or False,
        update_live=asked.one(UPDATE_LIVE) or False,
        overwrite_corrections=asked.one(OVERWRITE_CORRECTIONS) or False,
        retire_missing=asked.one(RETIRE_MISSING) or False,
        retire_at_most=asked.one(RETIRE_AT_MOST) or RETIRE_AT_MOST_DEFAULT,
        dry_run=asked.one(DRY_RUN) or False,
        crs=asked.one(CRS),
        datum=None if datum is None else Datum(datum),
        accept_accuracy_m=None if accepted is None else accuracy_asked(accepted),
        place_by=tuple(name.strip() for name in (asked.one(PLACE_BY) or "").split(",") if name.strip()),
        on_error="reject-file" if asked.one(ON_ERROR) == "reject-file" else "reject-row",
    )
    report = import_into(
        path,
        layer,
        definitions=parts.layers,
        store=application.store,
        caller=caller,
        options=options,
        zone=application.project.zone,
        new_id=application.new_id,
    )
    return json_response(report_mapping(report))


def _pairs(asked: Asked, parameter: Parameter[str], what: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in asked.many(parameter)]
    for field, sign, value in pairs:
        if not field.strip() or not sign or not value.strip():
            raise UsageError(
                f"It is no pair of field and {what}",
                remedy=f"Write {parameter.name}=field={what}.",
                field=parameter.name,
                value=field,
            )
    return {field.strip(): value.strip() for field, _, value in pairs}


def _safe_name(name: str | None) -> str:
    """Return the last part of a name that a caller gave, for a file in a folder of its own."""
    last = PurePosixPath((name or _FALLBACK_NAME).replace("\\", "/")).name
    kept = "".join(character if character.isalnum() or character in "-_. ()" else "_" for character in last).strip(". ")
    return kept[-100:] or _FALLBACK_NAME
