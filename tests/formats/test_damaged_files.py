"""Files that were damaged at random: refused in words, or read with nothing but finite places; never a crash."""

import io
import os
import zipfile

import pytest
import shapely
from foreign_files import every_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_ems.errors import GeoEmsError
from geo_ems.formats.raw import Limits, RawFile
from geo_ems.formats.reading import read_records

CASES = 1000 if os.environ.get("REQUIRE_ALL_TESTS") == "1" else 60
FORMATS = (
    *("csv", "xlsx", "geojson", "geojsonl", "gpkg", "shp.zip", "gdb.zip", "kml", "kmz", "fgb", "gpx"),
    "csv.gz",
)
LIMITS = Limits(foreign_wait_s=30.0, foreign_processor_s=20)
INTERESTING = (0, 1, 0x0A, 0x20, 0x22, 0x2A, 0x2C, 0x3C, 0x5B, 0x7B, 0x7F, 0x80, 0xF0, 0xFF)

positions = st.floats(0, 1, exclude_max=True)
mutations = st.lists(
    st.tuples(
        st.sampled_from(("flip", "set", "cut", "drop", "insert", "double")),
        positions,
        positions,
        st.sampled_from(INTERESTING) | st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, steps) -> bytes:
    """Return the bytes after flips, cuts, gaps, insertions and repetitions at shares of their length."""
    changed = bytearray(data)
    for how, start, length, byte in steps:
        at = int(start * len(changed))
        size = 1 + int(length**3 * 64)
        if not changed:
            break
        if how == "flip":
            changed[at] ^= byte or 1
        elif how == "set":
            changed[at : at + min(size, 8)] = bytes([byte]) * len(changed[at : at + min(size, 8)])
        elif how == "cut":
            del changed[at:]
        elif how == "drop":
            del changed[at : at + size]
        elif how == "insert":
            changed[at:at] = bytes([byte]) * size
        else:
            changed[at:at] = changed[at : at + size]
    return bytes(changed)


def damaged_inside(data: bytes, member: float, steps) -> bytes:
    """Return a zip archive, one member of which was damaged before packing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(packed, "w") as after:
        names = before.namelist()
        for index, name in enumerate(names):
            content = before.read(name)
            after.writestr(name, damaged(content, steps) if index == int(member * len(names)) else content)
    return packed.getvalue()


class SoundFiles(dict):
    """Files by name; a failing example does not print them."""

    def __repr__(self) -> str:
        return "sound files"


@pytest.fixture(scope="session")
def sound_files(tmp_path_factory):
    return SoundFiles(every_format(tmp_path_factory.mktemp("sound")))


def read(path, content) -> RawFile:
    path.write_bytes(content)
    return read_records(path, known_headers=("编号", "名称", "容量"), limits=LIMITS)


def assert_in_words_or_finite(path, content):
    raw, fault = None, None
    try:
        raw = read(path, content)
    except GeoEmsError as error:
        fault = error
    if raw is None:
        assert len(fault.problem) > 8
        assert "Traceback" not in str(fault)
        return
    geometries = [record.geometry for record in raw.records if record.geometry is not None]
    positions_read = shapely.get_coordinates(geometries)
    assert (abs(positions_read) < 1e12).all()
    for record in raw.records:
        assert len(record.values) == len(raw.columns)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_sound_file_gives_its_three_places(sound_files, tmp_path, ending):
    raw = read(tmp_path / f"places.{ending}", sound_files[f"places.{ending}"])

    assert len(raw.records) == 3
    assert {"东关小学", "西门广场", "社区中心"} <= {value for record in raw.records for value in record.values}


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=CASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=mutations)
def test_a_damaged_file_is_refused_in_words_or_read(sound_files, tmp_path, ending, steps):
    assert_in_words_or_finite(tmp_path / f"places.{ending}", damaged(sound_files[f"places.{ending}"], steps))


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending in {"xlsx", "shp.zip", "gdb.zip", "kmz"}])
@settings(max_examples=CASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(member=positions, steps=mutations)
def test_an_archive_with_a_damaged_member_is_refused_in_words_or_read(sound_files, tmp_path, ending, member, steps):
    content = damaged_inside(sound_files[f"places.{ending}"], member, steps)

    assert_in_words_or_finite(tmp_path / f"places.{ending}", content)
