"""A GeoJSON feature as clients send it (RFC 7946), checked whole against the layer's definition."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.feature_values import properties_from_json
from geo_ems.catalogue.record_geometry import checked_geometry
from geo_ems.errors import FaultsError, GeoEmsError, UsageError
from geo_ems.formats.findings import Finding, Grade
from geo_ems.formats.geojson_geometry import GeometryFaultError, geometry_from_json
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import Properties, Value

MAX_VERTICES = 100_000
_MEMBERS = frozenset({"type", "id", "geometry", "properties"})
_IGNORED = frozenset({"bbox", "links"})  # RFC 7946 and OGC members that say nothing about the feature itself


@dataclass(frozen=True, slots=True)
class FeatureDocument:
    """What a document says: `given` names its members, so that a patch can tell null from absent."""

    id: str | None
    geometry: BaseGeometry | None
    values: Mapping[str, Value]
    children: Mapping[str, tuple[Properties, ...]]
    given: frozenset[str]


def read_feature_document(
    document: Mapping[str, object], definition: LayerDefinition, *, zone: ZoneInfo, include_private: bool, partial: bool
) -> FeatureDocument:
    """Return a checked document; with `partial` (a merge patch) members may be missing.

    Raises
    ------
    FaultsError
        Every fault of it.
    """
    faults: list[GeoEmsError] = []
    unknown = sorted(document.keys() - _MEMBERS - _IGNORED)
    faults.extend(
        UsageError(f"There is no member '{name}'", remedy=f"Known: {', '.join(sorted(_MEMBERS))}.", field=name)
        for name in unknown
    )
    if document.get("type", "Feature" if partial else None) != "Feature":
        faults.append(_fault("type", document.get("type"), "is not Feature", 'Write "type": "Feature".'))
    if not partial:
        faults.extend(
            UsageError(
                f"The member '{name}' is missing", remedy=f'Write "{name}": null where there is none.', field=name
            )
            for name in ("geometry", "properties")
            if name not in document
        )
    members = document.get("properties")
    if members is not None and not isinstance(members, dict):
        faults.append(_fault("properties", members, "is not an object", "Write {...}."))
    properties = members if isinstance(members, dict) else {}
    values, children, wrong = properties_from_json(properties, definition, zone=zone, include_private=include_private)
    faults.extend(wrong)
    geometry = _geometry(document.get("geometry"), definition, faults)
    named = _named_ids(document, properties, faults)
    if faults:
        raise FaultsError("The feature cannot be taken; nothing was stored", faults)
    return FeatureDocument(named, geometry, values, children, frozenset(document))


def _named_ids(
    document: Mapping[str, object], properties: Mapping[str, object], faults: list[GeoEmsError]
) -> str | None:
    """Return the id that is named at the top or among the properties (as QGIS does); null names none."""
    found = [
        (place, raw)
        for place, raw in (("id", document.get("id")), ("properties.id", properties.get("id")))
        if raw is not None
    ]
    faults.extend(
        _fault(place, raw, "is not text", "Write it in quotes.") for place, raw in found if not isinstance(raw, str)
    )
    ids = {raw for _, raw in found if isinstance(raw, str)}
    if len(ids) > 1:
        faults.append(_fault("properties.id", found[1][1], "is another id than the feature's", "Leave it out."))
    return next(iter(ids), None)


def _geometry(raw: object, definition: LayerDefinition, faults: list[GeoEmsError]) -> BaseGeometry | None:
    if raw is None:
        return None
    try:
        # The reader checks every member itself, whatever it is handed.
        geometry, _ = geometry_from_json(raw, max_vertices=MAX_VERTICES)  # type: ignore[arg-type]
    except GeometryFaultError as error:
        faults.append(_finding_fault(error.finding))
        return None
    if geometry is None or geometry.is_empty:
        faults.append(
            UsageError(
                "The geometry has no coordinates", remedy="Write null where there is no place.", field="geometry"
            )
        )
        return None
    findings: list[Finding] = []
    checked = checked_geometry(geometry, definition.geometry, findings)
    faults.extend(_finding_fault(finding) for finding in findings if finding.grade is Grade.REFUSED)
    return checked


def _finding_fault(finding: Finding) -> UsageError:
    return UsageError(
        finding.problem("en").rstrip("."), remedy=finding.remedy("en"), field="geometry", value=finding.value or None
    )


def _fault(place: str, raw: object, problem: str, remedy: str) -> UsageError:
    return UsageError(f"'{place}' {problem}", remedy=remedy, field=place, value=raw)
