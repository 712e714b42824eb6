"""Everything one page carries, as one JSON value: layers, symbols, words, answers."""

from geo_ems.cartography.answer_documents import coverage_document, nearest_document
from geo_ems.cartography.content import Bounds, MapContent, MapLayer, bounds_around
from geo_ems.cartography.desk_texts import DESK_TEXTS
from geo_ems.cartography.geometry_json import geometry_json
from geo_ems.cartography.json_text import JsonValue
from geo_ems.cartography.layer_document import SymbolSheet, field_json, label_json, layer_document
from geo_ems.cartography.line_styles import AREA_STYLES, ROAD_STYLES
from geo_ems.cartography.symbols import SymbolKey
from geo_ems.cartography.texts import COVERAGE_REASON_TEXTS, REASON_TEXTS, TEXTS
from geo_ems.errors import UsageError
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.model.labels import LANGUAGES, Label, Language
from geo_ems.model.symbol_states import SymbolState

_MARGIN = 0.02  # of the extent, so that nothing lies on the edge of the first view


def page_document(
    content: MapContent, *, language: Language, served: bool, include_private: bool
) -> dict[str, JsonValue]:
    """Return the page's data; the same content gives the same document.

    Raises
    ------
    UsageError
        The language is not one of those the page speaks.
    """
    if language not in LANGUAGES:
        raise UsageError(
            f"There is no language '{language}'",
            remedy=f"Known: {', '.join(LANGUAGES)}.",
            field="language",
            value=language,
        )
    symbols = SymbolSheet([], {})
    layers = _layers_on_board(content, include_private=include_private)
    board = content.board
    documents: list[JsonValue] = []
    for layer, number in layers:
        placement = board.layers[number]
        documents.append(
            {
                **layer_document(layer, placement, symbols, include_private=include_private),
                "colour": layer.definition.symbol.colour,
            }
        )
    definitions = {layer.definition.name: layer.definition for layer, _ in layers}
    return {
        "language": language,
        "served": served,
        "title": label_json(content.title),
        "project": label_json(Label(content.project, content.project))
        if isinstance(content.project, str)
        else label_json(content.project),
        "asOf": content.as_of,
        "timeZone": content.time_zone,
        "snapshot": content.snapshot_id,
        "roadsNote": None if content.roads_note is None else label_json(content.roads_note),
        "bounds": _bounds_json(content, [layer for layer, _ in layers]),
        "texts": {name: label_json(text) for name, text in (TEXTS | DESK_TEXTS).items()},
        "reasons": {
            **{reason.value: label_json(text) for reason, text in REASON_TEXTS.items()},
            **{reason: label_json(text) for reason, text in COVERAGE_REASON_TEXTS.items()},
        },
        "layers": documents,
        "baseLines": [
            {
                "kind": line.kind,
                "name": line.name,
                "nameEn": line.name_en,
                "width": line.width_m,
                "geometry": geometry_json(line.geometry, decimals=5),
            }
            for line in content.base_lines
        ],
        "areaStyles": {
            style.name: {
                "colour": style.colour,
                "angle": style.angle_deg,
                "step": style.step_px,
                "tint": style.tint,
            }
            for style in AREA_STYLES
        },
        "roadStyles": [
            {
                "name": style.road_class,
                "colour": style.colour,
                "casing": style.casing,
                "widths": list(style.widths_px),
                "minZoom": style.min_zoom,
            }
            for style in ROAD_STYLES
        ],
        "query": {
            "k": board.results_count,
            "layers": [_query_json(definitions[name], symbols) for name in board.query_layers if name in definitions],
        },
        "coverage": {
            "layer": board.coverage_layer if board.coverage_layer in definitions else None,
            "cutoff": board.coverage_cutoff_m,
            "answer": coverage_document(content.coverage) if content.coverage else None,
        },
        "incidents": _incidents_json(definitions, include_private=include_private),
        "nearest": _nearest_json(content, definitions, include_private=include_private),
        "symbols": [english for english, _ in symbols.pictures],
        "symbolsZh": {
            str(number): chinese for number, (english, chinese) in enumerate(symbols.pictures) if chinese != english
        },
    }


def _layers_on_board(content: MapContent, *, include_private: bool) -> list[tuple[MapLayer, int]]:
    by_name = {layer.definition.name: layer for layer in content.layers if layer.public or include_private}
    return [
        (by_name[placement.name], number)
        for number, placement in enumerate(content.board.layers)
        if placement.name in by_name
    ]


def _bounds_json(content: MapContent, layers: list[MapLayer]) -> JsonValue:
    bounds: Bounds | None = content.bounds
    if bounds is None:
        bounds = _features_bounds(content, layers)
    if bounds is None:
        return None
    west, south, east, north = bounds
    margin = max((east - west) * _MARGIN, (north - south) * _MARGIN, 0.005)
    return [round(west - margin, 6), round(south - margin, 6), round(east + margin, 6), round(north + margin, 6)]


def _features_bounds(content: MapContent, layers: list[MapLayer]) -> Bounds | None:
    """Return the extent of what is not base map; a province in the base map must not decide the view."""
    base = {placement.name for placement in content.board.layers if placement.base}
    for wanted in ([layer for layer in layers if layer.definition.name not in base], layers):
        bounds = bounds_around([geometry for layer in wanted for geometry in layer.columns.geometries])
        if bounds is not None:
            return bounds
    return None


def _codes_json(field: FieldDefinition) -> JsonValue:
    return [{"code": code.code, "label": label_json(code.label)} for code in field.codes.values()]


def _query_json(definition: LayerDefinition, symbols: SymbolSheet) -> JsonValue:
    filters: list[JsonValue] = []
    for parameter, field_name in (("capability", "capabilities"), ("suitable_for", "suitable_for")):
        field = definition.fields.get(field_name)
        if field is not None and field.type is FieldType.CODES:
            filters.append({"name": parameter, "label": label_json(TEXTS[parameter]), "codes": _codes_json(field)})
    if definition.stock is not None:
        item = definition.children[definition.stock.child].fields[definition.stock.item_field]
        filters.append({"name": "item", "label": label_json(TEXTS["item"]), "codes": _codes_json(item)})
        filters.append({"name": "quantity", "label": label_json(TEXTS["quantity"]), "codes": None})
    return {
        "name": definition.name,
        "label": label_json(definition.label),
        "symbol": symbols.number_of(SymbolKey(definition.symbol, SymbolState.SOLID)),
        "filters": filters,
    }


def _incidents_json(definitions: dict[str, LayerDefinition], *, include_private: bool) -> JsonValue:
    """Return what is needed to open and refine an incident, whatever fields the board shows.

    The kinds with the other names they are known by, and the fields with the words of their codes.
    """
    definition = next((item for item in definitions.values() if item.role == "incident"), None)
    if definition is None:
        return {"kinds": [], "fields": []}
    kind = definition.fields.get("kind")
    return {
        "kinds": [
            {"code": code.code, "label": label_json(code.label), "also": list(code.synonyms)}
            for code in (kind.codes.values() if kind else ())
        ],
        "fields": [
            field_json(field)
            for field in definition.fields.values()
            if field.name != "kind" and (include_private or not field.private)
        ],
    }


def _nearest_json(content: MapContent, definitions: dict[str, LayerDefinition], *, include_private: bool) -> JsonValue:
    if content.nearest is None:
        return None
    name = str(content.nearest.query.get("layer", ""))
    definition = definitions.get(name)
    if definition is None:
        raise UsageError(
            f"The answer is about '{name}', which the board does not show",
            remedy=f"Name it in the board's layers; they are: {', '.join(definitions)}.",
            field="layer",
            value=name,
        )
    return nearest_document(content.nearest, definition, include_private=include_private)
