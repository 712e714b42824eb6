"""Rows of a file meet the rows of the store: which are new, which change what, which are the same."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo_ems.catalogue.record_findings import UNLOCATED
from geo_ems.catalogue.record_values import Conversion, build_converter, clean_text
from geo_ems.catalogue.records import ConvertedFile, ConvertedRecord
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import CountedBy, RawFile
from geo_ems.model.columns import LayerColumns, value_at
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChangeKind, Feature, FeatureChange, Properties, Value
from geo_ems.services import import_findings as found
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_sameness import kept_geometry, kept_values, means_the_same
from geo_ems.storage.protocol import LayerStore

MAX_ID_CHARACTERS = 100
ROWS_READ_AT_ONCE = 2000
SAME_PLACE_M = 10.0
METRES_PER_DEGREE = 111_320.0
PLACE_WORDS = {CountedBy.LINE: "line", CountedBy.ROW: "row", CountedBy.FEATURE: "feature"}


@dataclass(slots=True)
class PlannedRow:
    """One row on its way into the store; `id` is None where it is refused.

    `feature` is what will stand there; None where it stands there already and was let go again.
    A stored feature that only gets other child rows has a record without a line.
    """

    record: ConvertedRecord
    findings: list[Finding]
    id: str | None = None
    feature: Feature | None = None
    stored: Feature | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What of a layer is needed to recognise rows: ids by key and by name, and where names lie."""

    ids: frozenset[str]
    ids_by_key: Mapping[str, str]
    places_by_name: Mapping[str, tuple[tuple[str, float, float], ...]]
    ids_without_key: frozenset[str] = frozenset()

    @classmethod
    def of(cls, columns: LayerColumns, key: str | None) -> "StoredRows":
        """Return the index of a layer; lines and areas lie at a point on them."""
        ids = [str(identity) for identity in columns.ids]
        keys: dict[str, str] = {}
        without = frozenset(ids)
        if key is not None and key in columns.columns:
            column = columns.columns[key]
            without = frozenset(ids[row] for row in np.flatnonzero(~column.known))
            for row in np.flatnonzero(column.known):
                keys.setdefault(key_text(value_at(column, int(row))), ids[row])
            for row in np.flatnonzero(column.known):  # a file has them without invisible characters
                keys.setdefault(clean_text(str(value_at(column, int(row))))[0], ids[row])
        names: dict[str, list[tuple[str, float, float]]] = {}
        name_column = columns.columns.get(columns.definition.name_field)
        if name_column is not None and ids:
            on_shape = shapely.point_on_surface(columns.geometries)
            lon_deg, lat_deg = shapely.get_x(on_shape), shapely.get_y(on_shape)
            for row in np.flatnonzero(name_column.known):
                place = (ids[row], float(lon_deg[row]), float(lat_deg[row]))
                names.setdefault(str(name_column.values[row]), []).append(place)
        return cls(frozenset(ids), keys, {name: tuple(places) for name, places in names.items()}, without)

    def twin(self, name: Value, lon_deg: float, lat_deg: float) -> str | None:
        """Return the id of a feature of the same name within 10 m, or None."""
        for identity, other_lon, other_lat in self.places_by_name.get(str(name), ()):
            if distance_m((other_lon, other_lat), (lon_deg, lat_deg)) <= SAME_PLACE_M:
                return identity
        return None


def distance_m(lonlat_deg: tuple[float, float], other_deg: tuple[float, float]) -> float:
    """Return the metres between two places that lie close together, on a sphere."""
    (lon_deg, lat_deg), (other_lon_deg, other_lat_deg) = lonlat_deg, other_deg
    east_m = (lon_deg - other_lon_deg) * METRES_PER_DEGREE * math.cos(math.radians(other_lat_deg))
    return math.hypot(east_m, (lat_deg - other_lat_deg) * METRES_PER_DEGREE)


def key_text(value: Value) -> str:
    """Return a key as text, in the form in which keys are compared."""
    return unicodedata.normalize("NFC", str(value)).strip()


@dataclass(slots=True)
class RowPlanner:
    """Decides row by row; ids of new rows come from the key or from `new_id`."""

    definition: LayerDefinition
    stored: StoredRows
    options: ImportOptions
    key: str | None
    new_id: Callable[[], str]
    zone: ZoneInfo
    _lines_by_key: dict[str, int] = field(default_factory=dict)
    _given_ids: set[str] = field(default_factory=set)

    def plan(self, raw: RawFile, converted: ConvertedFile, store: LayerStore) -> list[PlannedRow]:
        """Return all rows planned, in the order of the file."""
        rows = [PlannedRow(record, list(record.findings)) for record in converted.records]
        known: dict[str, PlannedRow] = {}
        for row in rows:
            if row.record.is_refused:
                continue
            identity = self._recognise(row, PLACE_WORDS[raw.counted_by])
            if identity is not None:
                known[identity] = row
        identities = list(known)
        for start in range(0, len(identities), ROWS_READ_AT_ONCE):
            for stored in store.read_rows(self.definition.name, identities[start : start + ROWS_READ_AT_ONCE]):
                self._update(known[stored.id], stored)
        defaults = self._defaults()
        for row in rows if defaults else []:
            if row.feature is not None and row.is_new:
                properties = dict(row.feature.properties)
                for name, value in defaults.items():
                    if properties.get(name) is None:
                        properties[name] = value
                row.feature = replace(row.feature, properties=properties)
        return rows

    def _recognise(self, row: PlannedRow, place: str) -> str | None:
        """Return the stored id of a row that is known; give a new row its id, or refuse it."""
        value = row.record.properties.get(self.key) if self.key is not None else None
        if value is None:
            # A feature without a code is known by nothing but its id; ids that are codes are never taken for it.
            given = row.record.given_id
            if given is not None and given in self.stored.ids_without_key and given not in self._given_ids:
                self._given_ids.add(given)
                return given
            if self.key is not None:
                row.findings.append(found.KEY_MISSING.found(field=self.key))
            self._create(row, None)
            return None
        key = key_text(value)
        first = self._lines_by_key.setdefault(key, row.record.line)
        if first != row.record.line:
            row.findings.append(found.DUPLICATE_KEY.found(field=self.key or "", value=key, first=first, place=place))
            return None
        if len(key) > MAX_ID_CHARACTERS or "/" in key or not key.strip("."):
            row.findings.append(found.KEY_UNUSABLE.found(field=self.key or "", value=key))
            return None
        identity = self.stored.ids_by_key.get(key)
        if identity is None:
            self._create(row, key)
        return identity

    def _create(self, row: PlannedRow, key: str | None) -> None:
        record = row.record
        identity = key
        while identity is None or identity in self.stored.ids or identity in self._given_ids:
            identity = f"{self.definition.id_prefix}{self.new_id()}"
        self._given_ids.add(identity)
        name = record.properties.get(self.definition.name_field)
        if record.geometry is not None and str(name) in self.stored.places_by_name:
            place = record.geometry.representative_point()
            twin = self.stored.twin(name, place.x, place.y)
            if twin is not None:
                row.findings.append(found.SAME_NAME_NEAR.found(value=name, other=twin))
        row.id, row.is_new = identity, True
        row.feature = Feature(identity, record.geometry, record.properties)

    def _update(self, row: PlannedRow, stored: Feature) -> None:
        properties = {**stored.properties, **row.record.properties}
        if not self.options.update_live:
            for name in live_fields(self.definition) & row.record.properties.keys():
                kept, value = stored.properties.get(name), row.record.properties[name]
                if kept is None or means_the_same(value, kept, self.definition.fields[name]):
                    continue
                properties[name] = kept
                if value is not None:
                    row.findings.append(found.LIVE_VALUE_KEPT.found(field=name, value=value, kept=kept))
        properties |= kept_values(row.record.properties, stored.properties, dict(self.definition.fields))
        geometry = kept_geometry(row.record.geometry, stored.geometry)
        if geometry is not None:  # it stays where it is
            row.findings = [finding for finding in row.findings if finding.kind is not UNLOCATED]
        row.id = stored.id
        feature = Feature(stored.id, geometry, properties, stored.children, stored.rev)
        if self.definition.children or not is_same(feature, stored, self.definition):
            row.feature, row.stored = feature, stored

    def _defaults(self) -> dict[str, Value]:
        conversion = Conversion(self.zone)
        return {
            name: build_converter(definition, conversion)(definition.default, [])
            for name, definition in self.definition.fields.items()
            if definition.default is not None
        }


def live_fields(definition: LayerDefinition) -> set[str]:
    """Return the fields that change while it happens: the state and the position."""
    names = {definition.status_field} if definition.status_field is not None else set()
    if definition.position is not None:
        rule = definition.position
        names |= {rule.mode_field, rule.lon_field, rule.lat_field, rule.time_field}
    return names


def is_same(feature: Feature, stored: Feature, definition: LayerDefinition) -> bool:
    """Return whether nothing would change; an empty list of codes is the same as none."""
    if (feature.geometry is None) != (stored.geometry is None):
        return False
    if feature.geometry is not None and stored.geometry is not None and feature.geometry != stored.geometry:
        return False
    for name, field_definition in definition.fields.items():
        if not field_definition.derived and not _equal(feature.properties.get(name), stored.properties.get(name)):
            return False
    return all(
        _same_rows(feature.children.get(name, ()), stored.children.get(name, ()), child.fields)
        for name, child in definition.children.items()
    )


def _same_rows(
    rows: tuple[Properties, ...], others: tuple[Properties, ...], fields: Mapping[str, FieldDefinition]
) -> bool:
    return len(rows) == len(others) and all(
        _equal(row.get(name), other.get(name)) or means_the_same(row.get(name), other.get(name), fields[name])
        for row, other in zip(rows, others, strict=True)
        for name in fields
    )


def _equal(value: Value, other: Value) -> bool:
    return (None if value == () else value) == (None if other == () else other)


def change_for(row: PlannedRow, definition: LayerDefinition) -> FeatureChange | None:
    """Return the change that a planned row asks for, None where it asks for none."""
    if row.feature is None:
        return None
    if row.stored is None:  # new
        return FeatureChange(ChangeKind.CREATE, row.feature.id, row.feature)
    if is_same(row.feature, row.stored, definition):
        return None
    return FeatureChange(ChangeKind.UPSERT, row.feature.id, row.feature, expected_rev=row.stored.rev)
