"""GeoPackage geometry blobs: an eight-byte head, an optional envelope, then WKB (OGC 12-128r17, 2.1.3).

Everything here is WGS84 lon/lat in degrees, two dimensions. Points are written without envelope,
so that a whole layer of them decodes as one array; other kinds carry theirs.
"""

import struct
from collections.abc import Callable, Sequence
from functools import partial

import apsw
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray, FloatArray, ObjectArray

SRS_ID = 4326
LON_LIMIT_DEG = 180.0
LAT_LIMIT_DEG = 90.0

Bounds = tuple[float, float, float, float]  # min lon, min lat, max lon, max lat, in degrees

_HEAD = struct.Struct("<2sBBi")
_POINT_HEAD = _HEAD.pack(b"GP", 0, 0b0000_0001, SRS_ID)
_ENVELOPE_HEAD = _HEAD.pack(b"GP", 0, 0b0000_0011, SRS_ID)
POINT_START = _POINT_HEAD + struct.pack("<BI", 1, 1)
POINT_BYTES = len(POINT_START) + 16
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_EMPTY_FLAG, _EXTENDED_FLAG = 0x10, 0x20
# WKB type -> the type its parts must have; collections of collections never reach native code.
_WKB_PARTS: dict[int, int | None] = {1: None, 2: None, 3: None, 4: 1, 5: 2, 6: 3}
_WKB_POLYGON = 3


class BlobFaultError(ValueError):
    """A blob that is no usable geometry; the text says why."""


def encode_geometries(geometries: ObjectArray) -> tuple[list[bytes | None], FloatArray]:
    """Return the blobs of valid 2D geometries (None stays None) and their bounds, shape (n, 4), NaN for None."""
    bounds: FloatArray = np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)
    is_point = shapely.get_type_id(geometries) == 0
    wkbs = shapely.to_wkb(geometries, byte_order=1, output_dimension=2)
    envelopes = np.ascontiguousarray(bounds[:, [0, 2, 1, 3]], dtype="<f8")
    blobs: list[bytes | None] = [
        None if wkb is None else (_POINT_HEAD + wkb if point else _ENVELOPE_HEAD + envelope.tobytes() + wkb)
        for wkb, point, envelope in zip(wkbs, is_point, envelopes, strict=True)
    ]
    return blobs, bounds


def decode_blobs(blobs: Sequence[object]) -> tuple[ObjectArray, list[tuple[int, str]]]:
    """Return the geometries of the blobs, None where null, and the faults as (index, reason).

    Plain points are decoded all at once; the rest one by one up to the WKB, then by shapely.
    A faulty blob decodes to None and never raises.
    """
    geometries: ObjectArray = np.full(len(blobs), None, dtype=object)
    plain = [
        index
        for index, blob in enumerate(blobs)
        if blob is not None and isinstance(blob, bytes) and len(blob) == POINT_BYTES and blob.startswith(POINT_START)
    ]
    if plain:
        joined = b"".join(blobs[index] for index in plain)  # type: ignore[misc]  # `plain` holds indices of bytes only
        table = np.frombuffer(joined, dtype=np.uint8).reshape(-1, POINT_BYTES)
        lonlat_deg = np.ascontiguousarray(table[:, len(POINT_START) :]).view("<f8").astype(np.float64)
        geometries[plain] = shapely.points(lonlat_deg)
    taken = set(plain)
    others: list[int] = []
    wkbs: list[bytes] = []
    faults: list[tuple[int, str]] = []
    for index, blob in enumerate(blobs):
        if blob is None or index in taken:
            continue
        try:
            wkbs.append(_checked_wkb(blob))
            others.append(index)
        except BlobFaultError as error:
            faults.append((index, f"the geometry cannot be read: {error}"))
    if others:
        decoded: ObjectArray = shapely.from_wkb(geometry_array(wkbs), on_invalid="ignore")
        geometries[others] = decoded
        faults.extend(
            (index, "the geometry cannot be read: its lines or rings do not hold together")
            for index, geometry in zip(others, decoded, strict=True)
            if geometry is None
        )
    faults.extend(coordinate_faults(geometries))
    for index, _ in faults:
        geometries[index] = None
    return geometries, sorted(faults)


def coordinate_faults(geometries: ObjectArray) -> list[tuple[int, str]]:
    """Return (index, reason) for each geometry that is empty, or leaves the WGS84 lon/lat range, or is not finite."""
    faults = [(int(index), "the geometry is empty") for index in np.flatnonzero(shapely.is_empty(geometries))]
    lonlat_deg, owners = shapely.get_coordinates(geometries, return_index=True)
    is_inside = lonlat_fits(lonlat_deg)
    wrong, first = np.unique(owners[~is_inside], return_index=True)
    for owner, (lon_deg, lat_deg) in zip(wrong, lonlat_deg[~is_inside][first], strict=True):
        faults.append((int(owner), f"the coordinates ({lon_deg:g}, {lat_deg:g}) are no longitude and latitude"))
    return sorted(faults)


def lonlat_fits(lonlat_deg: FloatArray) -> BoolArray:
    """Return which places, shape (n, 2), are a longitude and a latitude."""
    # Written so that NaN fails: every comparison with it is False.
    return np.asarray((np.abs(lonlat_deg[:, 0]) <= LON_LIMIT_DEG) & (np.abs(lonlat_deg[:, 1]) <= LAT_LIMIT_DEG))


def wkb_hex(blob: object) -> str | None:
    """Return the WKB of a blob as hexadecimal text for the log; a blob that is none, whole."""
    if not isinstance(blob, bytes):
        return None if blob is None else str(blob)
    try:
        return blob[_wkb_offset(blob) :].hex()
    except BlobFaultError:
        return blob.hex()


def register_spatial_functions(connection: apsw.Connection) -> None:
    """Give the connection the ST_ functions that the rtree triggers of GeoPackage call."""
    functions: dict[str, Callable[..., float | None]] = {
        name: partial(_side_of_blob, position)
        for position, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"))
    }
    functions["ST_IsEmpty"] = _is_empty_blob
    for name, function in functions.items():
        # Innocuous: without this, triggers may not call it while the schema is distrusted.
        connection.create_scalar_function(name, function, 1, deterministic=True, flags=apsw.SQLITE_INNOCUOUS)


def _side_of_blob(position: int, blob: object) -> float | None:
    bounds = _bounds_of_blob(blob)
    return None if bounds is None else bounds[position]


def _is_empty_blob(blob: object) -> int | None:
    """Return 1 where no bounds can be told: a damaged blob must not enter the rtree either."""
    return None if blob is None else int(_bounds_of_blob(blob) is None)


def _bounds_of_blob(blob: object) -> Bounds | None:
    if not isinstance(blob, bytes) or _is_declared_empty(blob):
        return None
    if blob.startswith(POINT_START) and len(blob) == POINT_BYTES:
        lon_deg, lat_deg = struct.unpack_from("<2d", blob, len(POINT_START))
        return (lon_deg, lat_deg, lon_deg, lat_deg)
    try:
        geometry = shapely.from_wkb(_checked_wkb(blob))
    except (BlobFaultError, shapely.errors.GEOSException):
        return None
    min_lon_deg, min_lat_deg, max_lon_deg, max_lat_deg = shapely.bounds(geometry).tolist()
    return None if np.isnan(min_lon_deg) else (min_lon_deg, min_lat_deg, max_lon_deg, max_lat_deg)


def _is_declared_empty(blob: bytes) -> bool:
    return len(blob) >= _HEAD.size and bool(blob[3] & _EMPTY_FLAG)


def _wkb_offset(blob: bytes) -> int:
    if len(blob) < _HEAD.size or blob[:2] != b"GP":
        raise BlobFaultError("it is no GeoPackage geometry")
    flags = blob[3]
    if blob[2] != 0 or flags & _EXTENDED_FLAG:
        raise BlobFaultError("it is of an unknown version or type")
    envelope_bytes = _ENVELOPE_BYTES.get((flags >> 1) & 7)
    if envelope_bytes is None:
        raise BlobFaultError("its envelope is of an unknown kind")
    return _HEAD.size + envelope_bytes


def _checked_wkb(blob: object) -> bytes:
    if not isinstance(blob, bytes):
        raise BlobFaultError("it is not a blob")
    offset = _wkb_offset(blob)
    (srs_id,) = struct.unpack_from("<i" if blob[3] & 1 else ">i", blob, 4)
    if srs_id not in {SRS_ID, 0, -1}:
        raise BlobFaultError(f"its coordinate system is {srs_id}, not {SRS_ID}")
    wkb = blob[offset:]
    try:
        _skip_wkb(wkb, 0, expected=None)
    except struct.error as error:
        raise BlobFaultError("it ends too early") from error
    return wkb


def _skip_wkb(wkb: bytes, offset: int, *, expected: int | None) -> int:
    """Walk over one WKB geometry and return where it ends; depth is two at most."""
    order = "<" if wkb[offset : offset + 1] == b"\x01" else ">"
    (kind,) = struct.unpack_from(order + "I", wkb, offset + 1)
    if kind not in _WKB_PARTS or (expected is not None and kind != expected):
        raise BlobFaultError(f"its WKB type {kind} is not one of point, line, polygon in two dimensions")
    if kind == 1:
        return _checked_end(wkb, offset + 5 + 16)
    (count,) = struct.unpack_from(order + "I", wkb, offset + 5)
    offset += 9
    if kind == _WKB_POLYGON:
        for _ in range(count):
            (points,) = struct.unpack_from(order + "I", wkb, offset)
            offset = _checked_end(wkb, offset + 4 + 16 * points)
        return offset
    part = _WKB_PARTS[kind]
    if part is None:
        return _checked_end(wkb, offset + 16 * count)
    for _ in range(count):
        offset = _skip_wkb(wkb, offset, expected=part)
    return offset


def _checked_end(wkb: bytes, end: int) -> int:
    if end > len(wkb):
        raise BlobFaultError("it ends too early")
    return end


def geometry_array(geometries: Sequence[object]) -> ObjectArray:
    """Return the geometries as an object array, shape (n,)."""
    array: NDArray[np.object_] = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array
