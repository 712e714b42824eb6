"""Rows without coordinates are put on the village or district that their cells name, and say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shapely.geometry import Point

from geo_ems.catalogue.record_findings import HALF_LOCATED, UNLOCATED
from geo_ems.catalogue.records import ConvertedFile, ConvertedRecord
from geo_ems.errors import UsageError
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.findings import Finding, FindingKind
from geo_ems.formats.raw import RawFile, RawRecord
from geo_ems.model.definitions import GeometryKind, LayerDefinition
from geo_ems.model.features import Feature
from geo_ems.model.labels import Label
from geo_ems.services import import_place_findings as found
from geo_ems.services.import_rows import PlannedRow
from geo_ems.services.place_names import Gazetteer, NamedPlace, Resolved
from geo_ems.storage.protocol import LayerStore

PRECISION_FIELD = "location_precision"
_PRECISION_OF_LEVEL = {
    "grid": "village",
    "village": "village",
    "township": "township",
    "development_zone": "township",
    "zone": "county",
    "county": "county",
    "city": "city",
}
_LEVEL_WORDS = {
    "village": Label("村(社区)", "village"),
    "township": Label("乡镇(街道)", "township"),
    "county": Label("县(区)", "county"),
    "city": Label("市", "city"),
}
_COARSE = tuple(_LEVEL_WORDS)
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class PlacedByName:
    """The rows after placing, notes of the file, and the numbers of the rows that were placed by name."""

    converted: ConvertedFile
    notes: tuple[Finding, ...] = ()
    rows: frozenset[int] = frozenset()


def place_by_names(
    converted: ConvertedFile,
    raw: RawFile,
    place_by: Sequence[str],
    definition: LayerDefinition,
    store: LayerStore,
) -> PlacedByName:
    """Return the rows with those placed that have no coordinates and whose names lead to one place.

    `place_by` are columns of the file, or fields that have one, coarse to fine, such as township and
    village. A name that several places have is not placed; all of them are told.

    Raises
    ------
    UsageError
        Where a column does not exist, or the layer takes no points.
    """
    if not place_by:
        return PlacedByName(converted)
    if GeometryKind.POINT not in definition.geometry:
        raise UsageError(
            f"The layer {definition.name} takes no points", where="--place-by", remedy="Leave the option out.",
            field="place_by", value=",".join(place_by),
        )  # fmt: skip
    columns = [_column_of(name, raw, converted) for name in place_by]
    gazetteer = Gazetteer.of(store)
    records = list(converted.records)
    placed: dict[int, str] = {}
    for row, (record, source) in enumerate(zip(records, raw.records, strict=True)):
        if record.geometry is not None or record.is_refused:
            continue
        names = _names_of(source, columns)
        if names:
            records[row] = _placed(record, gazetteer.resolve(names), definition, placed, row)
    notes: list[Finding] = []
    if not len(gazetteer):
        notes.append(found.NO_NAMED_PLACES.found())
    elif placed:
        counts = {level: list(placed.values()).count(level) for level in _COARSE if level in placed.values()}
        levels = ", ".join(f"{_LEVEL_WORDS[level].zh} {count}" for level, count in counts.items())
        levels_en = ", ".join(f"{_LEVEL_WORDS[level].en} {count}" for level, count in counts.items())
        notes.append(found.PLACED_BY_NAME_COUNT.found(count=len(placed), levels=levels, levels_en=levels_en))
    used = {raw.columns[index] for index in columns}
    unused = tuple(column for column in converted.plan.unused if column.column not in used)
    converted = replace(converted, records=tuple(records), plan=replace(converted.plan, unused=unused))
    return PlacedByName(converted, tuple(notes), frozenset(placed))


def settle_precision(planned: Sequence[PlannedRow], by_name: PlacedByName, definition: LayerDefinition) -> None:
    """Let a stored place that is better than a name stay, and a coordinate take the mark of a name away.

    Call it when the rows have met the store. A feature that lay somewhere already keeps its place when
    its row was placed by name, unless that place was made of a name too. A feature placed by name
    earlier is no longer marked so when its row brings coordinates.
    """
    if PRECISION_FIELD not in definition.fields:
        return
    is_in_file = PRECISION_FIELD in by_name.converted.plan.fields()
    for row, plan in enumerate(planned):
        feature, stored = plan.feature, plan.stored
        if feature is None or stored is None or stored.geometry is None:
            continue
        was_coarse = stored.properties.get(PRECISION_FIELD) in _COARSE
        if row in by_name.rows and not was_coarse:
            plan.feature = _at(feature, stored, stored.properties.get(PRECISION_FIELD))
            plan.record = _without_place(plan.record)
            plan.findings.append(found.STORED_PLACE_KEPT.found())
        elif (
            row not in by_name.rows
            and was_coarse
            and not is_in_file
            and plan.record.geometry is not None
            and plan.record.geometry != stored.geometry
        ):
            plan.feature = replace(feature, properties={**feature.properties, PRECISION_FIELD: None})
            plan.record = replace(plan.record, properties={**plan.record.properties, PRECISION_FIELD: None})


def _without_place(record: ConvertedRecord) -> ConvertedRecord:
    """Let a row say nothing of where it lies: what a name gave is not what the file wrote, and is not kept as that."""
    properties = {name: value for name, value in record.properties.items() if name != PRECISION_FIELD}
    return replace(record, geometry=None, properties=properties)


def _at(feature: Feature, stored: Feature, precision: object) -> Feature:
    known = precision if isinstance(precision, str) else None
    return replace(feature, geometry=stored.geometry, properties={**feature.properties, PRECISION_FIELD: known})


def _column_of(name: str, raw: RawFile, converted: ConvertedFile) -> int:
    wanted = fold_name(name)
    folded = [fold_name(column) for column in raw.columns]
    if wanted in folded:
        return folded.index(wanted)
    for match in converted.plan.matches:
        if wanted in (match.field.name, fold_name(match.field.label.zh), fold_name(match.field.label.en)):
            return match.index
    raise UsageError(
        f"The file has no column '{name}'",
        where="--place-by",
        remedy=f"Its columns: {', '.join(raw.columns)}.",
        field="place_by",
        value=name,
    )


def _names_of(record: RawRecord, columns: Sequence[int]) -> list[str]:
    return [str(record.values[index]) for index in columns if record.values[index] is not None]


def _placed(
    record: ConvertedRecord, resolved: Resolved, definition: LayerDefinition, placed: dict[int, str], row: int
) -> ConvertedRecord:
    if len(resolved.places) == 1:
        place = resolved.places[0]
        precision = _PRECISION_OF_LEVEL.get(place.level)
        if precision is not None:
            placed[row] = precision
            return _on(record, place, precision, resolved.text, definition)
        return _told(record, found.PLACE_TOO_COARSE, {"value": resolved.text, "candidates": _described(place)})
    if resolved.places:
        candidates = "; ".join(_described(place) for place in resolved.places)
        return _told(record, found.PLACE_AMBIGUOUS, {
            "value": resolved.text, "count": str(len(resolved.places)), "candidates": candidates,
        })  # fmt: skip
    if not resolved.text:
        return record
    near = "、".join(resolved.near)
    kind = found.PLACE_UNKNOWN if near else found.PLACE_UNKNOWN_WITHOUT_LIKES
    return _told(record, kind, {"value": resolved.text, "near": near})


def _on(
    record: ConvertedRecord, place: NamedPlace, precision: str, text: str, definition: LayerDefinition
) -> ConvertedRecord:
    properties = dict(record.properties)
    if PRECISION_FIELD in definition.fields:
        properties[PRECISION_FIELD] = precision
    said = [finding for finding in record.findings if finding.kind not in (UNLOCATED, HALF_LOCATED)]
    said.append(found.PLACED_BY_NAME.found(value=text, place=_described(place)))
    point = Point(round(place.lon_deg, _DECIMALS), round(place.lat_deg, _DECIMALS))
    return replace(record, geometry=point, properties=properties, findings=tuple(said))


def _told(record: ConvertedRecord, kind: FindingKind, words: dict[str, str]) -> ConvertedRecord:
    """Put what was found first, before the remark that the row has no coordinates; every candidate is told."""
    value = words.pop("value")
    finding = Finding(kind, value=value, details=tuple(words.items()))
    return replace(record, findings=(finding, *record.findings))


def _described(place: NamedPlace) -> str:
    return f"{place.id} {place.name}" + (f"({place.district})" if place.district else "")
