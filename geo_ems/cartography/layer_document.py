"""One layer as the page carries it: a column per field, a symbol per feature, a legend."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.boards import BoardLayer, Drawing
from geo_ems.cartography.content import MapLayer
from geo_ems.cartography.geometry_json import geometry_json, point_json
from geo_ems.cartography.json_text import JsonValue
from geo_ems.cartography.line_styles import AREA_STYLES, area_style
from geo_ems.cartography.symbol_letters import SymbolLetter, letter_of
from geo_ems.cartography.symbols import SymbolKey, symbol_svg, symbol_svg_zh
from geo_ems.model.answers import DataAsOf
from geo_ems.model.columns import Column, LayerColumns
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.labels import Label
from geo_ems.model.symbol_states import SymbolState, state_of

_BASE_DECIMALS = 5  # about 1 m: the base map is a backdrop
_NAME_FIELDS = ("name", "name_en")
_STATUS_UNKNOWN = Label("状态未知", "status unknown")


@dataclass(slots=True)
class SymbolSheet:
    """The symbols of a page, each drawn once; features refer to them by number.

    A picture is a pair: as pages in English and as pages in Chinese draw it.
    """

    pictures: list[tuple[str, str]]
    numbers: dict[str, int]

    def number_of(self, key: SymbolKey) -> int:
        """Return the number of a symbol, drawing it when it is the first of its kind."""
        number = self.numbers.get(key.text)
        if number is None:
            picture = (symbol_svg(key), symbol_svg_zh(key))
            if picture not in self.pictures:
                self.pictures.append(picture)
            number = self.numbers[key.text] = self.pictures.index(picture)
        return number


def label_json(label: Label | None) -> JsonValue:
    """Return a label as {"zh", "en"}; None where there is none."""
    return None if label is None else {"zh": label.zh, "en": label.en}


def field_json(field: FieldDefinition) -> JsonValue:
    """Return what the page needs to name and show a field's values."""
    return {
        "name": field.name,
        "type": field.type.value,
        "label": label_json(field.label),
        "unit": label_json(field.unit.symbol) if field.unit else None,
        "codes": [
            {"code": code.code, "label": label_json(code.label), "unit": label_json(code.unit)}
            for code in field.codes.values()
        ],
    }


def data_as_of_json(data_as_of: DataAsOf | None) -> JsonValue:
    """Return how old the data are; None where nothing is known."""
    if data_as_of is None:
        return None
    return {
        "observed_min": data_as_of.observed_min,
        "observed_max": data_as_of.observed_max,
        "changed_at": data_as_of.changed_at,
    }


def layer_document(
    layer: MapLayer, placement: BoardLayer, symbols: SymbolSheet, *, include_private: bool
) -> dict[str, JsonValue]:
    """Return one layer of the page.

    Values stand in columns, in the layer's own feature order; a column without any known value is
    null. Codes are the number of the code in the field's list. A private field is left out unless
    `include_private`. A team whose position is live stands there only with `include_private`;
    otherwise its symbol stands at its home base.
    """
    definition, columns = layer.definition, layer.columns
    shown = shown_fields(definition, placement, include_private=include_private)
    places = _places(definition, columns, include_private=include_private)
    name_column = columns.columns.get(definition.name_field)
    name_en_column = columns.columns.get("name_en")
    decimals = _BASE_DECIMALS if placement.base else 6
    document: dict[str, JsonValue] = {
        "name": definition.name,
        "label": label_json(definition.title or definition.label),
        "role": definition.role,
        "draw": placement.draw.value,
        "visible": placement.visible,
        "base": placement.base,
        "count": len(columns),
        "asOf": data_as_of_json(layer.data_as_of),
        "statusField": definition.status_field,
        "kindField": _kind_field(definition),
        "summary": [name for name in definition.summary_fields if name in shown],
        "contact": [name for name in definition.contact_fields if name in shown],
        "fields": [field_json(field) for field in shown.values() if field.name not in _NAME_FIELDS],
        "ids": [str(identifier) for identifier in columns.ids],
        "names": _column_values(name_column) if name_column else None,
        "names_en": _column_values(name_en_column) if name_en_column else None,
        "values": {
            name: _column_values(columns.columns[name])
            for name in shown
            if name not in _NAME_FIELDS and name in columns.columns
        },
        "children": _children_json(definition, columns, include_private=include_private),
        "places": [] if placement.draw is Drawing.ROADS else [point_json(place) for place in places],
        "shapes": {
            str(index): geometry_json(geometry, decimals=decimals)
            for index, geometry in enumerate(columns.geometries)
            if geometry is not None and geometry.geom_type != "Point"
        },
    }
    document.update(_appearance(definition, columns, placement, symbols))
    return document


def shown_fields(
    definition: LayerDefinition, placement: BoardLayer, *, include_private: bool
) -> dict[str, FieldDefinition]:
    """Return the fields that go into the page, in the layer's order."""
    return {
        name: field
        for name, field in definition.fields.items()
        if (include_private or not field.private) and (placement.fields is None or name in placement.fields)
    }


def _kind_field(definition: LayerDefinition) -> str | None:
    named = definition.kind_field
    return named or ("kind" if "kind" in definition.fields else None)


def _column_values(column: Column) -> JsonValue:
    if not column.known.any():
        return None
    return [
        _cell(column.field, value) if known else None
        for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)
    ]


def _cell(field: FieldDefinition, value: object) -> JsonValue:
    """Return one known value of a column; codes as their number in the field's list."""
    if isinstance(value, int | float):
        match field.type:
            case FieldType.REAL:
                return round(float(value), 6)
            case FieldType.BOOLEAN:
                return bool(value)
            case FieldType.CODES:
                return [bit for bit in range(len(field.codes)) if int(value) >> bit & 1]
            case FieldType.CODE:
                return int(value) if value >= 0 else None
            case _:
                return int(value)
    return str(value)


def code_at(columns: LayerColumns, field_name: str | None, index: int) -> str | None:
    """Return the code that a feature has in a coded field; None where it is unknown."""
    column = columns.columns.get(field_name or "")
    if column is None or column.field.type is not FieldType.CODE or not column.known[index]:
        return None
    number = int(column.values[index])
    codes = tuple(column.field.codes)
    return codes[number] if 0 <= number < len(codes) else None


def _places(
    definition: LayerDefinition, columns: LayerColumns, *, include_private: bool
) -> Sequence[BaseGeometry | None]:
    places: list[BaseGeometry | None] = list(columns.geometries)
    rule = definition.position
    if rule is None or not include_private:
        return places
    lon, lat = columns.columns.get(rule.lon_field), columns.columns.get(rule.lat_field)
    if lon is None or lat is None:
        return places
    for index in range(len(places)):
        if code_at(columns, rule.mode_field, index) == "live" and lon.known[index] and lat.known[index]:
            places[index] = Point(float(lon.values[index]), float(lat.values[index]))
    return places


def _children_json(definition: LayerDefinition, columns: LayerColumns, *, include_private: bool) -> JsonValue:
    documents: list[JsonValue] = []
    for name, child in definition.children.items():
        table = columns.children.get(name)
        fields = [field for field in child.fields.values() if include_private or not field.private]
        rows: dict[str, list[JsonValue]] = {}
        cells = [
            _column_values(table.columns[field.name]) if table and field.name in table.columns else None
            for field in fields
        ]
        for row, parent in enumerate(table.parent_index if table else ()):
            values: list[JsonValue] = [cell[row] if isinstance(cell, list) else None for cell in cells]
            rows.setdefault(str(int(parent)), []).append(values)
        documents.append(
            {
                "name": name,
                "label": label_json(child.label),
                "fields": [field_json(field) for field in fields],
                "rows": rows,
            }
        )
    return documents


def _appearance(
    definition: LayerDefinition, columns: LayerColumns, placement: BoardLayer, symbols: SymbolSheet
) -> dict[str, JsonValue]:
    kind_field = _kind_field(definition)
    if placement.draw is Drawing.AREAS:
        styles = [area_style(code_at(columns, kind_field, index)).name for index in range(len(columns))]
        present = Counter(styles)
        legend: list[JsonValue] = [
            {"area": style.name, "label": label_json(style.label), "count": present[style.name]}
            for style in AREA_STYLES
            if present[style.name]
        ]
        return {"areaStyles": styles, "legend": legend}
    if placement.draw is not Drawing.SYMBOLS:
        return {"legend": []}
    keys = [_symbol_key(definition, columns, index, kind_field) for index in range(len(columns))]
    return {
        "symbols": [symbols.number_of(key) for key in keys],
        "hollow": [index for index, key in enumerate(keys) if key.state is SymbolState.HOLLOW],
        "legend": _legend(definition, columns, keys, symbols),
        "letters": _letters(definition, columns, keys, kind_field),
        **_state_symbols(definition, keys, symbols),
    }


def _state_symbols(
    definition: LayerDefinition, keys: Sequence[SymbolKey], symbols: SymbolSheet
) -> dict[str, JsonValue]:
    """Return the symbol of every state a feature may come to have after the page was made.

    `letterOf` is the letter of each feature by number; letter 0 is that of a feature the page does
    not know. Layers whose state does not decide the picture have neither.
    """
    field = definition.fields.get(definition.status_field or "")
    if field is None or definition.symbol.shape == "triangle":
        return {}
    unknown = letter_of(definition)
    worn = [SymbolLetter(key.letter, key.letter_zh) for key in keys]
    letters = [unknown, *sorted(set(worn) - {unknown})]

    def numbers(letter: SymbolLetter) -> dict[str, JsonValue]:
        states = {"": state_of(definition, status=None, grade=None)}
        states |= {code: state_of(definition, status=status, grade=None) for code, status in field.codes.items()}
        return {
            code: symbols.number_of(SymbolKey(definition.symbol, state, letter.en, letter.zh))
            for code, state in states.items()
        }

    return {
        "stateSymbols": [numbers(letter) for letter in letters],
        "letterOf": [letters.index(letter) for letter in worn],
    }


def _symbol_key(definition: LayerDefinition, columns: LayerColumns, index: int, kind_field: str | None) -> SymbolKey:
    status_field = definition.fields.get(definition.status_field or "")
    status = code_at(columns, definition.status_field, index)
    state = state_of(
        definition,
        status=status_field.codes[status] if status_field and status else None,
        grade=code_at(columns, "grade", index),
    )
    letter = letter_of(definition, code_at(columns, kind_field, index), code_at(columns, "tier", index))
    return SymbolKey(definition.symbol, state, letter.en, letter.zh)


def _legend(
    definition: LayerDefinition, columns: LayerColumns, keys: Iterable[SymbolKey], symbols: SymbolSheet
) -> list[JsonValue]:
    told_by = "grade" if definition.symbol.shape == "triangle" else definition.status_field
    counts: Counter[SymbolState] = Counter()
    told: dict[SymbolState, dict[str, Label]] = {}
    field = definition.fields.get(told_by or "")
    for index, key in enumerate(keys):
        counts[key.state] += 1
        code = code_at(columns, told_by, index)
        if field is not None and code is not None:
            told.setdefault(key.state, {})[code] = field.codes[code].label
    entries: list[JsonValue] = []
    for state in SymbolState:
        if not counts[state]:
            continue
        order = list(field.codes) if field else []
        labels = [told[state][code] for code in order if code in told.get(state, {})]
        if state is SymbolState.UNKNOWN or (not labels and field is not None):
            labels = [_STATUS_UNKNOWN]
        entries.append(
            {
                "symbol": symbols.number_of(SymbolKey(definition.symbol, state)),
                "label": _joined(labels) if labels else label_json(definition.label),
                "count": counts[state],
            }
        )
    return entries


def _letters(
    definition: LayerDefinition, columns: LayerColumns, keys: Iterable[SymbolKey], kind_field: str | None
) -> list[JsonValue]:
    told: dict[SymbolLetter, dict[str, Label]] = {}
    for index, key in enumerate(keys):
        worn = SymbolLetter(key.letter, key.letter_zh)
        for name in (kind_field, "tier"):
            code = code_at(columns, name, index)
            if (worn.en or worn.zh) and code is not None and letter_of(definition, code) == worn:
                told.setdefault(worn, {})[code] = definition.fields[str(name)].codes[code].label
                break
    return [
        {"letter": {"zh": letter.zh, "en": letter.en}, "label": _joined([labels[code] for code in sorted(labels)])}
        for letter, labels in sorted(told.items())
    ]


def _joined(labels: Sequence[Label]) -> JsonValue:
    return {"zh": "、".join(label.zh for label in labels), "en": ", ".join(label.en for label in labels)}
