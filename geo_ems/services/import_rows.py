"""Rows of a file meet the rows of the store: which are new, which change what, which are the same."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo_ems.catalogue.record_values import Conversion, build_converter, clean_text
from geo_ems.catalogue.records import ConvertedFile, ConvertedRecord
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import CountedBy, RawFile
from geo_ems.model.columns import LayerColumns, value_at
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.features import ChangeKind, Feature, FeatureChange, Properties, Value
from geo_ems.services import import_findings as found
from geo_ems.services.import_corrections import is_equal, updated_feature
from geo_ems.services.import_memory import ImportMemory
from geo_ems.services.import_options import ImportOptions
from geo_ems.services.import_sameness import as_stored, means_the_same
from geo_ems.services.names_alike import folded_code
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
    A stored feature that only gets other child rows has a record without a line. A row that is
    `is_merged` stands for a feature that was merged into another one, whose id it has.
    """

    record: ConvertedRecord
    findings: list[Finding]
    id: str | None = None
    feature: Feature | None = None
    stored: Feature | None = None
    is_new: bool = False
    is_merged: bool = False


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


@dataclass
class RowPlanner:
    """Decides row by row; ids of new rows come from the key or from `new_id`."""

    definition: LayerDefinition
    stored: StoredRows
    options: ImportOptions
    key: str | None
    new_id: Callable[[], str]
    zone: ZoneInfo
    memory: ImportMemory
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
        for row in rows:
            if row.feature is not None and row.is_new:
                row.feature = replace(row.feature, properties=with_defaults(row.feature.properties, self.defaults))
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
        given = row.record.given_id
        if given in self.stored.ids and given != identity:
            row.findings.append(found.ID_OF_ANOTHER.found(field=self.key or "", value=key, other=given))
        if identity is None and not self._is_merged(row, key):
            self._tell_alike(row, key)
            self._create(row, key)
        return identity

    def _tell_alike(self, row: PlannedRow, key: str) -> None:
        """Warn of a new key that is another writing of a known one, or of an earlier one of the file."""
        folded = folded_code(key)
        if folded and self.key == self.definition.key:
            other = self._keys_by_writing.setdefault(folded, key)
            if other != key:
                row.findings.append(found.CODE_ALIKE.found(field=self.key or "", value=key, other=other))

    @cached_property
    def _keys_by_writing(self) -> dict[tuple[str, ...], str]:
        return {folded_code(key): key for key in self.stored.ids_by_key}

    def _is_merged(self, row: PlannedRow, key: str) -> bool:
        """Let a row alone whose feature was merged into another one that is still there."""
        kept = self.memory.merged_into.get(key)
        if kept not in self.stored.ids or self.options.overwrite_corrections:
            return False
        row.id, row.is_merged = kept, True
        row.findings.append(found.MERGED_BEFORE.found(value=key, other=kept))
        return True

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
        if self.memory.was_named(identity):
            self._create_again(row, row.feature)

    def _create_again(self, row: PlannedRow, feature: Feature) -> None:
        """Bring back what an import had deleted, with what was known of it; warn of what a person deleted."""
        before = self.memory.before_retiring(feature.id)
        if before is None:
            row.findings.append(found.DELETED_SINCE.found())
            return
        row.findings.append(found.RETURNED.found())
        geometry = feature.geometry if feature.geometry is not None else before.geometry
        row.feature = Feature(feature.id, geometry, {**before.properties, **feature.properties}, before.children)

    def _update(self, row: PlannedRow, stored: Feature) -> None:
        record = as_stored(row.record, stored, self.definition)
        if self.defaults:
            filled = {name: self.defaults[name] for name in self.defaults if name in record.properties}
            record = replace(record, properties=with_defaults(record.properties, filled))
        row.record = record
        recognised = [finding for finding in row.findings if finding.kind is found.ID_OF_ANOTHER]
        feature, findings = updated_feature(record, stored, self.definition, self.options, self.memory)
        row.findings = recognised + findings
        row.id = stored.id
        if self.definition.children or not is_same(feature, stored, self.definition):
            row.feature, row.stored = feature, stored

    @cached_property
    def defaults(self) -> Properties:
        """Return the values of fields that a file leaves empty, for layers that have such."""
        conversion = Conversion(self.zone)
        return {
            name: build_converter(definition, conversion)(definition.default, [])
            for name, definition in self.definition.fields.items()
            if definition.default is not None
        }


def with_defaults(properties: Properties, defaults: Properties) -> Properties:
    """Return the properties with a default in every one of its fields that has no value."""
    empty = {name: value for name, value in defaults.items() if properties.get(name) is None}
    return {**properties, **empty} if empty else properties


def is_same(feature: Feature, stored: Feature, definition: LayerDefinition) -> bool:
    """Return whether nothing would change; an empty list of codes is the same as none."""
    if (feature.geometry is None) != (stored.geometry is None):
        return False
    if feature.geometry is not None and stored.geometry is not None and feature.geometry != stored.geometry:
        return False
    for name, field_definition in definition.fields.items():
        if not field_definition.derived and not is_equal(feature.properties.get(name), stored.properties.get(name)):
            return False
    return all(
        _same_rows(feature.children.get(name, ()), stored.children.get(name, ()), child.fields)
        for name, child in definition.children.items()
    )


def _same_rows(
    rows: tuple[Properties, ...], others: tuple[Properties, ...], fields: Mapping[str, FieldDefinition]
) -> bool:
    return len(rows) == len(others) and all(
        is_equal(row.get(name), other.get(name)) or means_the_same(row.get(name), other.get(name), fields[name])
        for row, other in zip(rows, others, strict=True)
        for name in fields
    )


def change_for(row: PlannedRow, definition: LayerDefinition) -> FeatureChange | None:
    """Return the change that a planned row asks for, None where it asks for none."""
    if row.feature is None:
        return None
    if row.stored is None:  # new
        return FeatureChange(ChangeKind.CREATE, row.feature.id, row.feature)
    if is_same(row.feature, row.stored, definition):
        return None
    return FeatureChange(ChangeKind.UPSERT, row.feature.id, row.feature, expected_rev=row.stored.rev)
