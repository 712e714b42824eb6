"""`POST /v1/imports/{layer}`: the bytes of a file, imported as the command line would, answered with its report."""

import shutil
import tempfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from geo_ems.errors import UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.queries.china_datums import Datum
from geo_ems.services.import_options import ImportOptions, accuracy_asked
from geo_ems.services.import_report import report_mapping
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
IMPORT_QUERY: tuple[Parameter[object], ...] = (
    *(DRY_RUN, FILENAME, KEY, APPEND, ENCODING, SHEET, MAP, ON_ERROR),
    *(CRS, DATUM, ACCEPT_ACCURACY, PLACE_BY),
)
_FALLBACK_NAME = "upload.csv"

router = APIRouter()


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
        column_map=_column_map(asked),
        key=asked.one(KEY),
        encoding=asked.one(ENCODING),
        sheet=asked.one(SHEET),
        append=asked.one(APPEND) or False,
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


def _column_map(asked: Asked) -> dict[str, str]:
    pairs = [text.partition("=") for text in asked.many(MAP)]
    for field, sign, column in pairs:
        if not field.strip() or not sign or not column.strip():
            raise UsageError(
                "It is no pair of field and column", remedy="Write map=field=column.", field="map", value=field
            )
    return {field.strip(): column.strip() for field, _, column in pairs}


def _safe_name(name: str | None) -> str:
    """Return the last part of a name that a caller gave, for a file in a folder of its own."""
    last = PurePosixPath((name or _FALLBACK_NAME).replace("\\", "/")).name
    kept = "".join(character if character.isalnum() or character in "-_. ()" else "_" for character in last).strip(". ")
    return kept[-100:] or _FALLBACK_NAME
