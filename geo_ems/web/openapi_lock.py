"""Write `api/openapi.json` from the layers that come with the program: `python -m geo_ems.web.openapi_lock`."""

import sys
from pathlib import Path

import orjson

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.settings import bundled_folder
from geo_ems.web.openapi import openapi_document
from geo_ems.web.publishing import load_publishing

ADDRESS = "http://127.0.0.1:8000"
LOCK_FILE = "openapi.json"


def locked_document() -> bytes:
    """Return the document of the bundled project, as it is locked."""
    folder = bundled_folder()
    publishing = load_publishing(folder / "api")
    layers = publishing.published(load_definitions(folder / "layers"))
    document = openapi_document(layers, publishing.limits, address=ADDRESS)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main() -> int:
    """Write the file and say where."""
    path = Path(bundled_folder() / "api" / LOCK_FILE)
    path.write_bytes(locked_document())
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
