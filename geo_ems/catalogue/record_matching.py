"""Which column of a file is which field of a layer: names, labels, synonyms, units, explicit choice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geo_ems.catalogue.record_cut_names import fields_by_cut_name
from geo_ems.catalogue.record_place_columns import Place, find_places, place_headings
from geo_ems.errors import UsageError, known_names
from geo_ems.formats.column_names import fold_name, report_columns, split_unit, unit_spelled
from geo_ems.formats.raw import RawFile
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.labels import Label
from geo_ems.model.units import Unit, conversion_factor
from geo_ems.queries.china_datums import Datum


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """A column that is a field: `factor` converts its numbers; with `flag` it is a yes/no column."""

    column: str
    index: int
    field: FieldDefinition
    factor: float = 1.0
    unit: Unit | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class UnusedColumn:
    """A column that nothing is made of, and why."""

    column: str
    reason: Label


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What every column of a file is used for; `places` maps the parts of a place to column indices.

    `datum` is what the headings of the places say of their datum, None where they say nothing.
    """

    matches: tuple[ColumnMatch, ...]
    places: Mapping[Place, int]
    unused: tuple[UnusedColumn, ...]
    datum: Datum | None = None

    def fields(self) -> dict[str, FieldDefinition]:
        """Return the fields that have a column, by name; with them the field that takes △."""
        return {match.field.name: match.field for match in self.matches}


NOT_KNOWN = Label("未识别", "not known to this layer")
DERIVED = Label("由系统计算", "computed by the system")
TAKEN_TWICE = Label("另一列已用于同一字段", "another column is already used for this field")
UNIT_UNFIT = Label("单位与字段不符", "its unit does not fit the field")
GEOMETRY_GIVEN = Label("文件自带几何", "the file has geometries of its own")

# How well a name fits, best first: the field's own name, a label, a synonym, the beginning of one of these.
_BY_NAME, _BY_LABEL, _BY_SYNONYM, _BY_CUT_NAME = range(4)


@dataclass(frozen=True, slots=True)
class _Candidate:
    rank: tuple[int, int, int]
    match: ColumnMatch


def headings_of(fields: Iterable[FieldDefinition], definition: LayerDefinition | None = None) -> frozenset[str]:
    """Return all headings that mean something here, folded; tells a header row from title rows."""
    names: list[str] = []
    for field in fields:
        names += [field.name, field.label.zh, field.label.en, *field.flags, *(s.name for s in field.synonyms)]
    if definition is not None:
        names += place_headings(definition)
    return frozenset(map(fold_name, names))


def plan_columns(
    raw: RawFile,
    *,
    fields: Mapping[str, FieldDefinition],
    definition: LayerDefinition | None = None,
    field_map: Mapping[str, str] | None = None,
    has_datum: bool = False,
) -> ColumnPlan:
    """Return what each column of a file is used for.

    `field_map` is the explicit choice {field or place: column} and wins over every name.
    `definition` gives the names of coordinate columns; without it (child tables) no places are
    looked for. With `has_datum` it is known in which datum the places are, whatever the headings say.

    Raises
    ------
    DataError
        Where the headings of longitude and latitude name two datums.
    UsageError
        Where the explicit choice names a field or a column that does not exist.
    """
    columns, units = raw.columns, raw.units
    chosen = _resolve_choice(field_map or {}, columns, fields, with_places=definition is not None)
    used: dict[int, str] = {index: name for name, index in report_columns(columns).items()}
    used.update({index: name for name, index in chosen.items()})
    reasons: dict[int, Label] = {}
    matches = [_chosen_match(fields[name], columns, index, units) for name, index in chosen.items() if name in fields]
    places = {Place(name): index for name, index in chosen.items() if name not in fields}
    candidates = [
        candidate
        for index, column in enumerate(columns)
        if index not in used
        for candidate in _candidates(column, index, fields, units.get(column), reasons)
    ]
    for index, (field, unit) in fields_by_cut_name(raw, fields).items():
        if index not in used and (factor := _factor(unit, field)) is not None:
            match = ColumnMatch(columns[index], index, field, factor, unit)
            candidates.append(_Candidate((_BY_CUT_NAME, 0, index), match))
    taken_fields = {match.field.name for match in matches}
    for candidate in sorted(candidates, key=lambda item: item.rank):
        match = candidate.match
        if match.index in used:
            continue
        if match.flag is None and match.field.name in taken_fields:
            reasons[match.index] = TAKEN_TWICE
            continue
        matches.append(match)
        used[match.index] = match.field.name
        if match.flag is None:
            taken_fields.add(match.field.name)
    datum: Datum | None = None
    if definition is not None:
        found, datum = find_places(raw, definition, taken=used, chosen=places, has_datum=has_datum)
        if raw.has_geometry:
            reasons.update(dict.fromkeys(found.values(), GEOMETRY_GIVEN))
        else:
            places.update(found)
            used.update({index: place.value for place, index in places.items()})
    unused = tuple(
        UnusedColumn(column, reasons.get(index, NOT_KNOWN)) for index, column in enumerate(columns) if index not in used
    )
    return ColumnPlan(tuple(sorted(matches, key=lambda match: match.index)), places, unused, datum)


def _resolve_choice(
    field_map: Mapping[str, str], columns: tuple[str, ...], fields: Mapping[str, FieldDefinition], *, with_places: bool
) -> dict[str, int]:
    folded = {fold_name(column): index for index, column in reversed(list(enumerate(columns)))}
    targets = [*(name for name, field in fields.items() if not field.derived), *(Place if with_places else ())]
    chosen: dict[str, int] = {}
    for name, column in field_map.items():
        if name not in targets:
            raise known_names("field", name, targets)
        if fold_name(column) not in folded:
            raise UsageError(
                f"The file has no column '{column}'",
                remedy=f"Its columns: {', '.join(columns)}.",
                field=name,
                value=column,
            )
        chosen[name] = folded[fold_name(column)]
    return chosen


def _chosen_match(
    field: FieldDefinition, columns: tuple[str, ...], index: int, units: Mapping[str, str]
) -> ColumnMatch:
    column = columns[index]
    parts = split_unit(column)
    unit = unit_spelled(units[column]) if column in units else parts[1] if parts else None
    factor = _factor(unit, field)
    return ColumnMatch(column, index, field, 1.0 if factor is None else factor, None if factor is None else unit)


def _candidates(
    column: str, index: int, fields: Mapping[str, FieldDefinition], unit_below: str | None, reasons: dict[int, Label]
) -> Iterable[_Candidate]:
    whole = fold_name(column)
    parts = split_unit(column)
    below = unit_spelled(unit_below) if unit_below else None
    for position, field in enumerate(fields.values()):
        for rank, name, own_unit in _names_of(field):
            if whole == name:
                unit = own_unit or below
            elif parts is not None and parts[0] == name:
                unit = parts[1] or own_unit or below
            else:
                continue
            if field.derived:
                reasons[index] = DERIVED
                continue
            factor = _factor(unit, field)
            if factor is None:
                reasons[index] = UNIT_UNFIT
                continue
            order = (rank, 0 if whole == name else 1, position)
            yield _Candidate(order, ColumnMatch(column, index, field, factor, unit))
        for name, code in field.flags.items():
            if whole == fold_name(name):
                yield _Candidate((_BY_SYNONYM, 2, position), ColumnMatch(column, index, field, flag=code))


def _names_of(field: FieldDefinition) -> Iterable[tuple[int, str, Unit | None]]:
    yield _BY_NAME, fold_name(field.name), None
    yield _BY_LABEL, fold_name(field.label.zh), None
    yield _BY_LABEL, fold_name(field.label.en), None
    for synonym in field.synonyms:
        yield _BY_SYNONYM, fold_name(synonym.name), synonym.unit


def _factor(unit: Unit | None, field: FieldDefinition) -> float | None:
    """Return what the column's numbers are multiplied by; None where the unit is of another quantity."""
    if unit is None:
        return 1.0
    if field.unit is None:  # pieces of something are the number itself: 数量(件)
        return 1.0 if unit.quantity == "count" else None
    return conversion_factor(unit, field.unit)
