"""The process in which GDAL reads files of others: requests come in as lines, answers go out as frames.

Nothing that this process sends is code: a frame is its kind and length, then JSON or bytes. The asking
process names the file, the driver and the layer; drivers other than the four are taken out before GDAL is
loaded, and GDAL gets neither a name that reaches the network nor one inside an archive.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from geo_ems.formats.process_limits import allow_processor_time, limit_this_process
from geo_ems.formats.reader_process import send_frames

DRIVERS = frozenset({"ESRI Shapefile", "OpenFileGDB", "GPKG", "FlatGeobuf"})
# Settings of GDAL and of what it is built on, wherever they come from, are not those of this program.
_FOREIGN_SETTINGS = ("GDAL_", "OGR_", "CPL_", "PROJ_", "VSI_", "SHAPE_", "AWS_", "GS_", "AZURE_", "OSS_", "SWIFT_")
_OWN_SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GDAL_NUM_THREADS": "1",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none",
    "CPL_VSIL_USE_TEMP_FILE_FOR_RANDOM_WRITE": "NO",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "SHAPE_RESTORE_SHX": "NO",
    "PROJ_NETWORK": "OFF",
}


def main() -> None:
    """Serve requests from the standard input until it closes; `sys.argv[1]` is a JSON object of settings."""
    settings = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # a library that prints must not break a frame
    _settle_environment(settings["skipped_drivers"])
    limit_this_process(memory_bytes=settings["memory_bytes"])
    serve(sys.stdin.buffer, answers)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one request after the other; the first frame names drivers that should not be there."""
    import pyogrio  # noqa: PLC0415 - only after the environment is settled

    send_frames(answers, [{"other_drivers": sorted(set(pyogrio.list_drivers()) - DRIVERS)}])
    for line in requests:
        send_frames(answers, _answer(line))


def _settle_environment(skipped_drivers: list[str]) -> None:
    for name in [name for name in os.environ if name.upper().startswith(_FOREIGN_SETTINGS)]:
        del os.environ[name]
    os.environ.update(_OWN_SETTINGS)
    os.environ["GDAL_SKIP"] = ",".join(skipped_drivers)


def _answer(line: bytes) -> Iterator[object]:
    from geo_ems.formats.gdal_reading import UnreadableError, list_layers, read_layer  # noqa: PLC0415 - as above

    try:
        request = json.loads(line)
        allow_processor_time(int(request["processor_s"]))
        task = list_layers if request["task"] == "list" else read_layer
        yield from task(request)
    except UnreadableError as error:
        yield {"error": "unreadable", "reason": str(error)}
    except MemoryError:
        yield {"error": "memory", "reason": "it needs more memory than is allowed"}
    except Exception as error:  # noqa: BLE001 - whatever a library raises over foreign data is an answer, not an end
        yield {"error": "unreadable", "reason": f"{error}" or type(error).__name__}
