"""Geodesics alone are loaded of pyproj, give the same numbers, and leave the rest of it to be had."""

import subprocess
import sys

CODE = """
import sys
from geo_ems.queries.light_pyproj import use_light_pyproj
use_light_pyproj()
from geo_ems.queries.ellipsoid import write_geodesics
import numpy as np
metres, azimuth = np.empty(1), np.empty(1)
write_geodesics((113.0, 23.0), [(114.5, 24.25)], metres, azimuth)
assert "pyproj.crs" not in sys.modules
import pyproj
assert (azimuth[0], metres[0]) == pyproj.Geod(ellps="WGS84").inv(113.0, 23.0, 114.5, 24.25)[::2]
assert pyproj.Geod is sys.modules["pyproj.geod"].Geod
assert pyproj.CRS("EPSG:4326").is_geographic and pyproj.enums and pyproj.__version__
use_light_pyproj()
assert sys.modules["pyproj"] is pyproj
try:
    pyproj.no_such_name
except AttributeError as error:
    print(error)
"""


def test_the_package_is_run_when_somebody_looks_for_more_than_geodesics() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no_such_name" in done.stdout
