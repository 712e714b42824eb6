import re
import struct

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.storage.geometry_blobs import (
    _bounds_of_blob,
    coordinate_faults,
    decode_blobs,
    encode_geometries,
    geometry_array,
)

SQUARE = shapely.box(1, 2, 3, 4)


def blob_of(geometry):
    return encode_geometries(geometry_array([geometry]))[0][0]


def test_a_point_is_twenty_nine_bytes_without_envelope():
    assert blob_of(shapely.Point(1, 2)) == b"GP\x00\x01" + struct.pack("<iBIdd", 4326, 1, 1, 1.0, 2.0)


def test_an_area_carries_its_envelope_as_west_east_south_north():
    assert blob_of(SQUARE)[:40] == b"GP\x00\x03" + struct.pack("<i4d", 4326, 1, 3, 2, 4)


def test_points_lines_areas_and_nulls_decode_at_their_places():
    given_ = [shapely.Point(1, 2), None, SQUARE, shapely.Point(3, 4), shapely.MultiLineString([[(0, 0), (1, 1)]])]
    blobs, bounds = encode_geometries(geometry_array(given_))

    decoded, faults = decode_blobs(blobs)

    assert decoded.tolist() == given_
    assert faults == []
    assert bounds[2].tolist() == [1, 2, 3, 4]
    assert np.isnan(bounds[1]).all()


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"GP\x00\x00" + struct.pack(">i", 4326) + shapely.to_wkb(SQUARE, byte_order=0), id="big endian"),
        pytest.param(b"GP\x00\x05" + struct.pack("<i6d", 4326, 1, 3, 2, 4, 0, 0) + SQUARE.wkb, id="envelope with z"),
        pytest.param(b"GP\x00\x01" + struct.pack("<i", 0) + SQUARE.wkb, id="undefined coordinate system"),
    ],
)
def test_blobs_as_other_programs_write_them_are_read(blob):
    decoded, faults = decode_blobs([blob])

    assert faults == []
    assert decoded[0].equals(SQUARE)
    assert _bounds_of_blob(blob) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        pytest.param(b"", "no GeoPackage geometry", id="nothing"),
        pytest.param(b"GP\x01\x01" + struct.pack("<i", 4326) + SQUARE.wkb, "unknown version", id="version 2"),
        pytest.param(b"GP\x00\x0f" + struct.pack("<i", 4326) + SQUARE.wkb, "envelope is of an unknown", id="envelope"),
        pytest.param(b"GP\x00\x01" + struct.pack("<i", 4490) + SQUARE.wkb, "coordinate system is 4490", id="CGCS2000"),
        pytest.param(b"GP\x00\x01" + struct.pack("<i", 4326) + SQUARE.wkb[:-1], "ends too early", id="cut"),
        pytest.param(b"GP\x00\x01" + struct.pack("<iBI", 4326, 1, 3), "ends too early", id="head alone"),
        pytest.param(b"GP\x00\x01" + struct.pack("<iBII", 4326, 1, 2, 2**32 - 1), "ends too early", id="huge count"),
        pytest.param(
            b"GP\x00\x01" + struct.pack("<iBII", 4326, 1, 6, 1) + shapely.MultiPolygon([SQUARE]).wkb,
            "WKB type 6",
            id="multipolygon inside a multipolygon",
        ),
        pytest.param(
            b"GP\x00\x01" + struct.pack("<iBIIIdddd", 4326, 1, 3, 1, 2, 0, 0, 1, 1),
            "do not hold together",
            id="open",
        ),
        pytest.param(blob_of(shapely.Point()), "is empty|no longitude", id="empty point"),
    ],
)
def test_damaged_blobs_are_faults_and_have_no_bounds(blob, words):
    decoded, faults = decode_blobs([blob_of(SQUARE), blob])

    assert decoded.tolist() == [SQUARE, None]
    assert [index for index, _ in faults] == [1]
    assert re.search(words, faults[0][1])


def test_the_first_wrong_coordinate_of_each_geometry_is_named():
    geometries = geometry_array([shapely.LineString([(0, 0), (181, 1), (182, 1)]), SQUARE, shapely.Point(0, -90.5)])

    assert coordinate_faults(geometries) == [
        (0, "the coordinates (181, 1) are no longitude and latitude"),
        (2, "the coordinates (0, -90.5) are no longitude and latitude"),
    ]


@given(st.binary(max_size=80))
def test_no_bytes_make_decoding_fail(tail):
    for head in (b"", b"GP\x00\x01\xe6\x10\x00\x00", b"GP\x00\x01\xe6\x10\x00\x00\x01\x06\x00\x00\x00\x01\x00\x00\x00"):
        decoded, faults = decode_blobs([head + tail])
        assert (decoded[0] is None) == bool(faults)
        _bounds_of_blob(head + tail)
