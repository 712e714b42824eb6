"""What a row of a file changes in a stored feature: never a live value, never a correction by hand unlisted.

The rule of a registrar: where the file says what it said before, the correction stays and is
listed; where the file says something new too, the correction stays and the row is warned with both
values. `--overwrite-corrections` takes the file, and says what it overwrote.
"""

from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.record_findings import UNLOCATED
from geo_ems.catalogue.records import ConvertedRecord
from geo_ems.formats.findings import Finding
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.features import Feature, Value
from geo_ems.services import import_findings as found
from geo_ems.services.import_memory import GEOMETRY, ImportMemory, geometry_digest
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_sameness import means_the_same

_EMPTY = ("空", "nothing")


def updated_feature(
    record: ConvertedRecord,
    stored: Feature,
    definition: LayerDefinition,
    options: ImportOptions,
    memory: ImportMemory,
) -> tuple[Feature, list[Finding]]:
    """Return the feature as the row leaves it, and the findings of the row.

    A field without a column keeps its value, a row without a place the place that is known.
    """
    findings = list(record.findings)
    changed = {
        name: value
        for name, value in record.properties.items()
        if not definition.fields[name].derived and not is_equal(value, stored.properties.get(name))
    }
    before = memory.before_retiring(stored.id)
    is_back = before is not None and _comes_back(changed, before, record, stored, definition)
    if is_back:
        findings.append(found.RETURNED.found())
    if not options.update_live:
        spared = {definition.status_field} if is_back else set()
        _keep_live_values(changed, live_fields(definition) - spared, stored, findings, definition)
    place = record.geometry
    if place is not None and place == stored.geometry:
        place = None
    may_be_corrected = memory.was_named(stored.id) or memory.is_made_by_hand(stored.id)
    if may_be_corrected and (changed or place is not None):
        judge = _Judge(stored, memory, definition, options, findings)
        for name in [name for name in changed if not (is_back and name == definition.status_field)]:
            if judge.keeps(name, changed[name]):
                del changed[name]
        if place is not None and judge.keeps_place(place):
            place = None
    geometry = place if place is not None else stored.geometry
    if geometry is not None:  # it stays where it is
        findings = [finding for finding in findings if finding.kind is not UNLOCATED]
    return Feature(stored.id, geometry, {**stored.properties, **changed}, stored.children, stored.rev), findings


class _Judge:
    """Decides for one feature which of its values are corrections that stay."""

    def __init__(
        self,
        stored: Feature,
        memory: ImportMemory,
        definition: LayerDefinition,
        options: ImportOptions,
        findings: list[Finding],
    ) -> None:
        self._stored = stored
        self._said = memory.said(stored.id) or {}
        self._trusts_unsaid = memory.has_older_imports
        self._definition = definition
        self._overwrites_all = options.overwrite_corrections
        self._overwritten = live_fields(definition) if options.update_live else set()
        self._findings = findings

    def keeps(self, name: str, value: Value) -> bool:
        """Return whether a value stays as it is stored, and note what was kept or overwritten."""
        kept = self._stored.properties.get(name)
        field = self._definition.fields[name]
        if name in self._said:
            if is_equal(self._said[name], kept):  # it is what the last file brought
                return False
            says_the_same = is_equal(self._said[name], value) or means_the_same(value, self._said[name], field)
        elif kept is None or self._trusts_unsaid or name in live_fields(self._definition):
            return False
        else:
            says_the_same = value is None
        label = (field.label.zh, field.label.en)
        return self._note(
            name, label, says_the_same=says_the_same, kept=_shown(kept, field), value=_shown(value, field)
        )

    def keeps_place(self, place: BaseGeometry) -> bool:
        """Return whether the place stays as it is stored, and note what was kept or overwritten."""
        kept = self._stored.geometry
        digest = None if kept is None else geometry_digest(kept)
        if self._said.get(GEOMETRY) == digest or (GEOMETRY not in self._said and self._trusts_unsaid):
            return False  # it is what the last file brought, or was nowhere
        says_the_same = self._said.get(GEOMETRY) == geometry_digest(place)
        return self._note(
            "", ("位置", "place"), says_the_same=says_the_same, kept=_shown_place(kept), value=_shown_place(place)
        )

    def _note(self, name: str, label: tuple[str, str], *, says_the_same: bool, kept: str, value: str) -> bool:
        overwrites = self._overwrites_all or name in self._overwritten
        kind = found.CORRECTION_KEPT if says_the_same else found.CORRECTION_CONFLICT
        if overwrites:
            kind = found.CORRECTION_OVERWRITTEN
        zh, en = label
        self._findings.append(kind.found(field=name, value=value, kept=kept, label=zh, label_en=en))
        return not overwrites


def _comes_back(
    changed: dict[str, Value], before: Feature, record: ConvertedRecord, stored: Feature, definition: LayerDefinition
) -> bool:
    """Give a feature that an import retired its status back, unless the file says itself that it is gone."""
    status, retired = definition.status_field, definition.retired_code
    if status is None or stored.properties.get(status) != retired or record.properties.get(status) == retired:
        return False
    if changed.get(status) is None:
        changed[status] = before.properties.get(status)
    return True


def _keep_live_values(
    changed: dict[str, Value],
    names: set[str],
    stored: Feature,
    findings: list[Finding],
    definition: LayerDefinition,
) -> None:
    for name in sorted(names & changed.keys()):
        kept, value = stored.properties.get(name), changed[name]
        if kept is None:
            continue
        del changed[name]
        if value is not None:
            field = definition.fields[name]
            words = {"kept": _shown(kept, field), "label": field.label.zh, "label_en": field.label.en}
            findings.append(found.LIVE_VALUE_KEPT.found(field=name, value=_shown(value, field), **words))


def _shown(value: Value, field: FieldDefinition) -> str:
    if value is None or value == ():
        return "/".join(_EMPTY)
    codes = value if isinstance(value, tuple) else (str(value),)
    if field.type in {FieldType.CODE, FieldType.CODES}:
        return ", ".join(f"{field.codes[code].label.zh} {code}" if code in field.codes else code for code in codes)
    return str(value)


def _shown_place(geometry: BaseGeometry | None) -> str:
    if geometry is None:
        return "/".join(_EMPTY)
    place = geometry.representative_point()
    kind = "" if geometry.geom_type == "Point" else f"{geometry.geom_type} "
    return f"{kind}{place.x:.7g}, {place.y:.7g}"


def live_fields(definition: LayerDefinition) -> set[str]:
    """Return the fields that change while it happens: the state and the position."""
    names = {definition.status_field} if definition.status_field is not None else set()
    if definition.position is not None:
        rule = definition.position
        names |= {rule.mode_field, rule.lon_field, rule.lat_field, rule.time_field}
    return names


def is_equal(value: object, other: object) -> bool:
    """Return whether two values are the same; an empty list of codes is the same as none."""
    return (None if value == () else value) == (None if other == () else other)
