"""What tracking clients send: OsmAnd and Traccar Client, a Traccar server's forwarding.

References
----------
OsmAnd's online tracking and Traccar's OsmAnd protocol: `id|deviceid`, `lat` and `lon` or `location`,
`timestamp` (s, ms or ISO 8601), `speed` (knots), `bearing|heading`, `altitude`, `accuracy`, `valid`; further
names (`hdop`, `batt`, `driverUniqueId`, `alarm`, ...) are taken and not kept.
Traccar Client from version 9: a JSON body with `device_id` and `location`, speeds in m/s.
Traccar's position forwarding of type json: `{"position": {...}, "device": {...}}`, speeds in knots.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from geo_ems.errors import UsageError
from geo_ems.formats.device_values import (
    KMH_PER_KNOT,
    KMH_PER_M_S,
    SentFix,
    bearing_of,
    device_of,
    is_nowhere,
    lon_lat,
    mapping_in,
    measured,
    number_of,
    time_of,
)
from geo_ems.model.positions import FixSource

MAX_FIXES: Final = 1000
"""Fixes in one message, at most; a buffer that is longer comes in several."""

_FASTEST: Final = 10_000.0
_WIDEST_M: Final = 1_000_000.0
_HIGHEST_M: Final = 100_000.0


def osmand_fix(values: Mapping[str, str]) -> SentFix:
    """Return the fix in the parameters of an OsmAnd request.

    Raises
    ------
    UsageError
        Where place or time are missing or wrong.
    """
    if "location" in values:
        parts = values["location"].split(",")
        if len(parts) != 2:  # noqa: PLR2004 latitude and longitude
            raise UsageError("'location' is not lat,lon", remedy="Send location=31.2,111.5.", field="location")
        lat, lon = parts
    else:
        for name in ("lat", "lon"):
            if name not in values:
                raise UsageError(f"'{name}' is missing", remedy="Send lat and lon, or location=lat,lon.", field=name)
        lat, lon = values["lat"], values["lon"]
    lon_deg, lat_deg = lon_lat(lon, lat)
    timestamp = values.get("timestamp")
    return SentFix(
        source=FixSource.OSMAND,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        device=device_of(values.get("id") or values.get("deviceid"), field="id"),
        fix_time_ms=time_of(timestamp, field="timestamp") if timestamp else None,
        accuracy_m=measured(values.get("accuracy"), field="accuracy", most=_WIDEST_M),
        speed_kmh=measured(values.get("speed"), field="speed", most=_FASTEST, factor=KMH_PER_KNOT),
        bearing_deg=bearing_of(values.get("bearing") or values.get("heading"), field="bearing"),
        altitude_m=_altitude(values.get("altitude"), "altitude"),
        has_fix=values.get("valid", "true").lower() in {"true", "1"} and not is_nowhere(lon_deg, lat_deg),
    )


def traccar_client_fixes(document: Mapping[str, object]) -> tuple[SentFix, ...]:
    """Return the fixes in the JSON body of Traccar Client 9 and later; `location` is one, or a list of them.

    Raises
    ------
    UsageError
        Where one of them is wrong: then none is taken.
    """
    device = device_of(document.get("device_id"), field="device_id")
    locations = document.get("location")
    return tuple(
        _client_fix(location, device) for location in (locations if isinstance(locations, list) else [locations])
    )


def traccar_fixes(document: object) -> tuple[SentFix, ...]:
    """Return the fixes that a Traccar server forwards: `{position, device}`, or a list of such.

    Raises
    ------
    UsageError
        Where one of them is wrong, then none is taken; or where there are too many.
    """
    items: Sequence[object] = document if isinstance(document, list) else [document]
    if not 0 < len(items) <= MAX_FIXES:
        raise UsageError(f"There are {len(items)} positions", remedy=f"Send 1 to {MAX_FIXES} at once.", field="body")
    return tuple(_forwarded_fix(item) for item in items)


def _client_fix(location: object, device: str | None) -> SentFix:
    if not isinstance(location, dict):
        raise UsageError("There is no object 'location'", remedy="Send location.coords.", field="location")
    coords = mapping_in(location, "coords")
    names = ("location.coords.longitude", "location.coords.latitude")
    lon_deg, lat_deg = lon_lat(coords.get("longitude"), coords.get("latitude"), names=names)
    timestamp = location.get("timestamp")
    return SentFix(
        source=FixSource.TRACCAR_CLIENT,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        device=device,
        fix_time_ms=None if timestamp is None else time_of(timestamp, field="location.timestamp"),
        accuracy_m=measured(coords.get("accuracy"), field="location.coords.accuracy", most=_WIDEST_M),
        speed_kmh=measured(coords.get("speed"), field="location.coords.speed", most=_FASTEST, factor=KMH_PER_M_S),
        bearing_deg=bearing_of(coords.get("heading"), field="location.coords.heading"),
        altitude_m=_altitude(coords.get("altitude"), "location.coords.altitude"),
        has_fix=not is_nowhere(lon_deg, lat_deg),
    )


def _forwarded_fix(item: object) -> SentFix:
    position, device = mapping_in(item, "position"), mapping_in(item, "device")
    names = ("position.longitude", "position.latitude")
    lon_deg, lat_deg = lon_lat(position.get("longitude"), position.get("latitude"), names=names)
    timestamp = position.get("fixTime") or position.get("deviceTime")
    return SentFix(
        source=FixSource.TRACCAR,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        device=device_of(device.get("uniqueId"), field="device.uniqueId"),
        fix_time_ms=None if timestamp is None else time_of(timestamp, field="position.fixTime"),
        # Traccar writes 0 where a device says nothing of its accuracy.
        accuracy_m=measured(position.get("accuracy") or None, field="position.accuracy", most=_WIDEST_M),
        speed_kmh=measured(position.get("speed"), field="position.speed", most=_FASTEST, factor=KMH_PER_KNOT),
        bearing_deg=bearing_of(position.get("course"), field="position.course"),
        altitude_m=_altitude(position.get("altitude"), "position.altitude"),
        has_fix=position.get("valid") is not False and not is_nowhere(lon_deg, lat_deg),
    )


def _altitude(value: object, field: str) -> float | None:
    return None if value is None or value == "" else number_of(value, field=field, least=-_HIGHEST_M, most=_HIGHEST_M)
