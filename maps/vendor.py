"""Fetch Leaflet for the map page and keep it in the repository: run only to change its version.

    python maps/vendor.py

The package comes through `npm pack`; its sha512 must be the one written below. The files are
kept byte for byte as published, beside the licence text and a list of their hashes.
"""  # noqa: INP001  (a script beside the boards it serves, not a package)

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "leaflet"
VERSION = "1.9.4"
INTEGRITY = "sha512-nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb+FA74PA=="
LICENCE = "BSD-2-Clause"
MEMBERS = {
    "package/dist/leaflet.js": "leaflet.js",
    "package/dist/leaflet.css": "leaflet.css",
    "package/dist/images/layers.png": "images/layers.png",
    "package/dist/images/layers-2x.png": "images/layers-2x.png",
    "package/dist/images/marker-icon.png": "images/marker-icon.png",
    "package/LICENSE": "LICENSE",
}
TARGET = Path(__file__).resolve().parents[1] / "geo_ems" / "cartography" / "assets" / "leaflet"


def main() -> None:
    """Fetch, check and write; stop before anything is written when the hash differs."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm was not found: install Node.js, then run this again.")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603  (fixed arguments, no shell)
            [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent"], cwd=folder, check=True
        )
        archive = Path(folder) / f"{PACKAGE}-{VERSION}.tgz"
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            sys.exit(f"{PACKAGE}@{VERSION} has {found}, expected {INTEGRITY}. Nothing was written.")
        with tarfile.open(archive) as package:
            for member, name in MEMBERS.items():
                stream = package.extractfile(member)
                if stream is None:
                    sys.exit(f"{PACKAGE}@{VERSION} has no {member}.")
                path = TARGET / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(stream.read())
    TARGET.with_name("VENDORED.md").write_text(describe_vendored(), encoding="utf-8")


def describe_vendored() -> str:
    """Return the page that says what is kept here, from which package, under which licence."""
    rows = [
        f"| `leaflet/{name}` | `{hashlib.sha256((TARGET / name).read_bytes()).hexdigest()}` |"
        for name in sorted(MEMBERS.values())
    ]
    head = [
        "# Vendored files",
        "",
        "Kept in the repository so that a map page opens without any network. `maps/vendor.py` wrote this.",
        "",
        f"- name: {PACKAGE} (npm)",
        f"- version: {VERSION}",
        f"- integrity of the package: {INTEGRITY}",
        f"- licence: {LICENCE}, text in `leaflet/LICENSE`",
        "",
        "| file, as published | sha256 |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    main()
