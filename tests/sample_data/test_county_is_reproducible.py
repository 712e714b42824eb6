import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

import geo_ems


@pytest.fixture(scope="module")
def written_anew(county_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("county")
    script = county_folder / "make_county.py"
    # The package that is tested here, not one that happens to be installed.
    found = {**os.environ, "PYTHONPATH": str(Path(geo_ems.__file__).parents[1])}
    subprocess.run([sys.executable, "-B", str(script), "--out", str(out)], check=True, capture_output=True, env=found)
    return out


def test_the_script_writes_every_committed_file_again_byte_for_byte(county_folder, written_anew):
    written = sorted(path.name for path in written_anew.iterdir())
    committed = sorted(p.name for p in county_folder.iterdir() if p.is_file() and p.suffix not in {".py", ".md"})

    assert written == committed
    for name in written:
        left, right = (written_anew / name).read_bytes(), (county_folder / name).read_bytes()
        if name.endswith(".gz"):  # zlib builds pack differently; what is packed may not differ
            left, right = gzip.decompress(left), gzip.decompress(right)
        assert left == right, name


def test_the_county_takes_less_than_three_megabytes(county_folder):
    sizes = [
        path.stat().st_size for path in county_folder.rglob("*") if "__pycache__" not in path.parts and path.is_file()
    ]

    assert sum(sizes) < 3_000_000


def test_packed_files_carry_no_time_and_no_name(county_folder):
    head = (county_folder / "roads.geojson.gz").read_bytes()[:10]

    assert head[3] == 0  # no name
    assert head[4:8] == bytes(4)  # no time
