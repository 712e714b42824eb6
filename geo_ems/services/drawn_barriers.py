"""Barriers drawn for one question alone, read from GeoJSON features: every fault told with its remedy."""

from collections.abc import Mapping, Sequence
from typing import Final

from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.record_geometry import checked_geometry
from geo_ems.errors import UsageError
from geo_ems.formats.findings import Finding, Grade
from geo_ems.formats.geojson_geometry import GeometryFaultError, geometry_from_json
from geo_ems.model.definitions import GeometryKind
from geo_ems.routing.barrier_values import Sense
from geo_ems.services.barrier_question import DrawnBarrier, PolicySaid, policy_said

MAX_VERTICES: Final = 20_000
_KINDS: Final = tuple(GeometryKind)
_MEMBERS: Final = frozenset({"type", "id", "geometry", "properties", "bbox"})
_PROPERTIES: Final = frozenset(
    {"id", "name", "policy", "slow_factor", "delay_s", "direction", "towards_deg", "road_id"}
)
_TURN_DEG: Final = 360.0
_TEXT_LENGTH: Final = 200


def drawn_barriers(document: object, *, first_number: int = 1) -> tuple[DrawnBarrier, ...]:
    """Return the barriers of a GeoJSON feature or feature collection; those without an id are numbered.

    Raises
    ------
    UsageError
        Where it is neither, or a barrier in it is not written as one.
    """
    features: Sequence[object] = (document,)
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        listed = document.get("features")
        if not isinstance(listed, list):
            raise _fault("features", "is not a list", "Write [{...}].")
        features = listed
    return tuple(drawn_barrier(feature, number) for number, feature in enumerate(features, start=first_number))


def drawn_barrier(document: object, number: int) -> DrawnBarrier:
    """Return a barrier from a GeoJSON feature; without an id it is named by its `number`.

    Its properties may hold `policy` ("closed" where it says nothing, "slow:3", "delay:120", or "slow" with
    `slow_factor`, "delay" with `delay_s`), `direction`, `towards_deg`, `road_id` and `name`.

    Raises
    ------
    UsageError
        Where a member is unknown or wrong.
    """
    if not isinstance(document, Mapping) or document.get("type") != "Feature":
        raise _fault("type", "is not Feature", 'Write {"type": "Feature", "geometry": {...}, "properties": {...}}.')
    _refuse_unknown(document, _MEMBERS)
    properties = document.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise _fault("properties", "is not an object", "Write {...}.")
    _refuse_unknown(properties, _PROPERTIES)
    given_id = document.get("id")
    barrier_id = _text("id", properties.get("id") if given_id is None else given_id) or f"drawn-{number}"
    geometry, road_id = _geometry(document.get("geometry")), _text("road_id", properties.get("road_id"))
    if geometry is None and road_id is None:
        raise _fault("geometry", "is missing", "Draw a point, a line or an area, or name a road with road_id.")
    return DrawnBarrier(
        barrier_id,
        geometry,
        _said(properties),
        sense=_sense(properties.get("direction")),
        towards_deg=_towards(properties.get("towards_deg")),
        road_id=road_id,
        name=_text("name", properties.get("name")),
    )


def _said(properties: Mapping[str, object]) -> PolicySaid:
    policy = _text("policy", properties.get("policy")) or "closed"
    amount_field = {"slow": "slow_factor", "delay": "delay_s"}.get(policy)
    if amount_field is None:
        return policy_said(policy, field_name="barriers")
    amount = properties.get(amount_field)
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise _fault(amount_field, "is missing or no number", f'Write it, or "policy": "{policy}:3".')
    return policy_said(f"{policy}:{float(amount):.6f}".rstrip("0").rstrip("."), field_name="barriers")


def _sense(value: object) -> Sense:
    if value is None:
        return Sense.BOTH
    if value not in tuple(Sense):
        raise _fault("direction", "is not known", f"Known: {', '.join(Sense)}.")
    return Sense(str(value))


def _towards(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _TURN_DEG:
        raise _fault("towards_deg", "is no bearing", "Write degrees clockwise from north, 0 to 360.")
    return float(value)


def _geometry(raw: object) -> BaseGeometry | None:
    if raw is None:
        return None
    try:
        # The reader checks every member itself, whatever it is handed.
        geometry, _ = geometry_from_json(raw, max_vertices=MAX_VERTICES)  # type: ignore[arg-type]
    except GeometryFaultError as error:
        raise _geometry_fault(error.finding) from None
    if geometry is None or geometry.is_empty:
        raise _fault("geometry", "has no coordinates", "Draw a point, a line or an area.")
    findings: list[Finding] = []
    checked = checked_geometry(geometry, _KINDS, findings)
    refused = next((finding for finding in findings if finding.grade is Grade.REFUSED), None)
    if refused is not None:
        raise _geometry_fault(refused)
    return checked


def _geometry_fault(finding: Finding) -> UsageError:
    remedy = finding.remedy("en")
    return UsageError(finding.problem("en").rstrip("."), remedy=remedy, field="barriers", value=finding.value or None)


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT_LENGTH or not value.isprintable():
        raise _fault(name, "is not text", f"Write 1 to {_TEXT_LENGTH} characters in quotes.")
    return value


def _refuse_unknown(members: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = sorted(str(name) for name in members.keys() - known)
    if unknown:
        raise UsageError(
            f"A barrier has no member '{unknown[0][:60]}'",
            remedy=f"Known: {', '.join(sorted(known))}.",
            field="barriers",
            value=unknown[0][:60],
        )


def _fault(name: str, problem: str, remedy: str) -> UsageError:
    return UsageError(f"'{name}' of a barrier {problem}", remedy=remedy, field="barriers", value=name)
