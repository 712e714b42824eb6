"""The style of a layer for QGIS (QML): its symbol by state, its labels, its lists of codes.

Written from the definition alone. QGIS applies a style only to layers of the geometry it names, and
opens a layer of mixed geometries once per kind: for those no geometry is named, and the rules ask for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from geo_ems.model.definitions import FieldDefinition, FieldType, GeometryKind, LayerDefinition
from geo_ems.model.symbol_states import SymbolState, state_of

# The oldest QGIS in use that reads all of this.
_QGIS_VERSION = "3.22.0"
_CATEGORIES = "Symbology|Fields|Forms"
_INK, _PAPER = "#1B1B1B", "#FFFFFF"
_SIZE_MM, _DOT_MM, _STRIKE_MM = "4.2", "2", "5.2"
_OUTLINE_MM, _LINE_MM, _STRIKE_WIDTH_MM = "0.5", "0.8", "0.6"
_AREA_OPACITY = 60  # of 255: what lies below stays readable


class _Drawn(Enum):
    """The three kinds of symbols of QGIS: value of layerGeometryType, what its expressions call it, type of symbol."""

    POINT = (0, "Point", "marker")
    LINE = (1, "Line", "line")
    AREA = (2, "Polygon", "fill")


_DRAWN = {
    GeometryKind.POINT: _Drawn.POINT,
    GeometryKind.LINE: _Drawn.LINE,
    GeometryKind.MULTI_LINE: _Drawn.LINE,
    GeometryKind.POLYGON: _Drawn.AREA,
    GeometryKind.MULTI_POLYGON: _Drawn.AREA,
}
# The nearest of the shapes that QGIS draws itself.
_SHAPES = {
    "square": "square",
    "circle": "circle",
    "house": "pentagon",
    "triangle": "triangle",
    "burst": "star",
    "hexagon": "hexagon",
    "diamond": "diamond",
    "octagon": "octagon",
    "dot": "circle",
    "line": "octagon",
    "area": "diamond",
}
_HALF = {"circle": "semi_circle", "square": "half_square"}


@dataclass(frozen=True, slots=True)
class _Category:
    """One line of the legend: the code it stands for (None: every other value), its label, how it is drawn."""

    code: str | None
    label: str
    state: SymbolState


def layer_qml(definition: LayerDefinition) -> str:
    """Return the style of a layer as QML; the same definition gives the same text."""
    root = ET.Element("qgis", version=_QGIS_VERSION, styleCategories=_CATEGORIES)
    kinds = list(dict.fromkeys(_DRAWN[kind] for kind in definition.geometry or tuple(GeometryKind)))
    field, categories = _categories(definition)
    if len(kinds) > 1:
        _add_rules(root, definition, kinds, field, categories)
    else:
        _add_categories(root, definition, kinds[0], field, categories)
    _add_fields(root, definition.fields.values())
    if len(kinds) == 1:
        ET.SubElement(root, "layerGeometryType").text = str(kinds[0].value[0])
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def _categories(definition: LayerDefinition) -> tuple[str, tuple[_Category, ...]]:
    """Return the field by which the symbol changes ("" where by none) and what each of its codes shows."""
    is_graded = definition.symbol.shape == "triangle" and "grade" in definition.fields
    name = "grade" if is_graded else definition.status_field or ""
    field = definition.fields.get(name)
    unknown = state_of(definition, status=None, grade=None)
    if field is None or not field.codes:
        return "", (_Category(None, definition.label.zh, unknown),)
    known = tuple(
        _Category(
            code.code,
            code.label.zh,
            state_of(definition, status=None if is_graded else code, grade=code.code if is_graded else None),
        )
        for code in field.codes.values()
    )
    if len({category.state for category in known} | {unknown}) == 1:
        return "", (_Category(None, definition.label.zh, unknown),)
    return name, (*known, _Category(None, "未知 unknown", unknown))


def _add_categories(
    root: ET.Element,
    definition: LayerDefinition,
    drawn: _Drawn,
    field: str,
    categories: tuple[_Category, ...],
) -> None:
    kind = "categorizedSymbol" if field else "singleSymbol"
    renderer = _renderer(root, kind)
    if field:
        renderer.set("attr", field)
        listed = ET.SubElement(renderer, "categories")
        for number, category in enumerate(categories):
            # An empty value is the category of all values that have none of their own.
            ET.SubElement(
                listed,
                "category",
                type="string",
                value=category.code or "",
                label=category.label,
                symbol=str(number),
                render="true",
            )
    symbols = ET.SubElement(renderer, "symbols")
    for number, category in enumerate(categories):
        _add_symbol(symbols, str(number), definition, drawn, category.state)


def _add_rules(
    root: ET.Element,
    definition: LayerDefinition,
    kinds: list[_Drawn],
    field: str,
    categories: tuple[_Category, ...],
) -> None:
    renderer = _renderer(root, "RuleRenderer")
    rules = ET.SubElement(renderer, "rules", key=_key(definition, "rules"))
    symbols = ET.SubElement(renderer, "symbols")
    number = 0
    for drawn in kinds:
        kind = drawn.value[1]
        of_kind = f"geometry_type($geometry) = '{kind}'"
        group = ET.SubElement(
            rules, "rule", key=_key(definition, kind), filter=of_kind, label=f"{definition.label.zh} {kind}"
        )
        for category in categories:
            if field:
                condition = "ELSE" if category.code is None else f"\"{field}\" = '{category.code}'"
                key = _key(definition, kind, category.code or "")
                ET.SubElement(group, "rule", key=key, filter=condition, label=category.label, symbol=str(number))
            else:
                group.set("symbol", str(number))
            _add_symbol(symbols, str(number), definition, drawn, category.state)
            number += 1


def _renderer(root: ET.Element, kind: str) -> ET.Element:
    return ET.SubElement(
        root, "renderer-v2", type=kind, symbollevels="0", forceraster="0", enableorderby="0", referencescale="-1"
    )


def _key(definition: LayerDefinition, *parts: str) -> str:
    """Return a key as QGIS has them, the same each time."""
    return "{" + str(uuid5(NAMESPACE_URL, "/".join(("geo_ems", definition.name, *parts)))) + "}"


def _add_symbol(symbols: ET.Element, name: str, definition: LayerDefinition, drawn: _Drawn, state: SymbolState) -> None:
    symbol = ET.SubElement(
        symbols, "symbol", name=name, type=drawn.value[2], alpha="1", clip_to_extent="1", force_rhr="0"
    )
    colour = definition.symbol.colour
    full = definition.symbol.fill or colour
    is_unknown = state is SymbolState.UNKNOWN
    is_filled = state in (SymbolState.SOLID, SymbolState.SLASH)
    stroke = "dash" if is_unknown else "solid"
    match drawn:
        case _Drawn.POINT:
            shape = _SHAPES.get(definition.symbol.shape, "circle")
            size = _DOT_MM if definition.symbol.shape == "dot" else _SIZE_MM
            fill = full if is_filled else _PAPER
            _add_layer(symbol, "SimpleMarker", _marker(shape, fill, colour, size, outline_style=stroke))
            if state is SymbolState.HALF:
                half = _HALF.get(shape, "circle")
                inner = size if shape in _HALF else _DOT_MM
                _add_layer(symbol, "SimpleMarker", _marker(half, full, colour, inner, outline_style="no"))
            for angle in {SymbolState.SLASH: ("45",), SymbolState.CROSS: ("45", "135")}.get(state, ()):
                struck = _marker("line", _INK, _INK, _STRIKE_MM, outline_width=_STRIKE_WIDTH_MM, angle=angle)
                _add_layer(symbol, "SimpleMarker", struck)
        case _Drawn.LINE:
            pen = {SymbolState.SOLID: "solid", SymbolState.UNKNOWN: "dot"}.get(state, "dash")
            line = {"line_color": _rgba(colour), "line_style": pen, "line_width": _LINE_MM, "line_width_unit": "MM"}
            _add_layer(symbol, "SimpleLine", {**line, "capstyle": "round", "joinstyle": "round"})
        case _Drawn.AREA:
            is_open = definition.role == "district" or not is_filled
            area = {
                "color": _rgba(full, _AREA_OPACITY),
                "style": "no" if is_open else "solid",
                "outline_color": _rgba(colour),
                "outline_style": stroke if state is not SymbolState.CROSS else "dash dot",
                "outline_width": _OUTLINE_MM,
                "outline_width_unit": "MM",
                "joinstyle": "bevel",
            }
            _add_layer(symbol, "SimpleFill", area)


def _marker(
    shape: str, fill: str, colour: str, size: str, *, outline_style: str = "solid", outline_width: str = _OUTLINE_MM,
    angle: str = "0",
) -> dict[str, str]:  # fmt: skip
    return {
        "name": shape,
        "color": _rgba(fill),
        "outline_color": _rgba(colour),
        "outline_style": outline_style,
        "outline_width": outline_width,
        "outline_width_unit": "MM",
        "size": size,
        "size_unit": "MM",
        "angle": angle,
        "joinstyle": "bevel",
    }


def _add_layer(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> None:
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    listed = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(listed, "Option", name=name, type="QString", value=value)
        # What QGIS before 3.26 reads.
        ET.SubElement(layer, "prop", k=name, v=value)


def _rgba(colour: str, opacity: int = 255) -> str:
    """Return #RRGGBB as QGIS writes colours: red, green, blue, opacity."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{opacity}"


def _add_fields(root: ET.Element, fields: Iterable[FieldDefinition]) -> None:
    """Add lists of codes to choose from, and the labels as aliases."""
    listed = tuple(fields)
    configured = ET.SubElement(root, "fieldConfiguration")
    for field in listed:
        if field.type is not FieldType.CODE or not field.codes:
            continue
        widget = ET.SubElement(ET.SubElement(configured, "field", name=field.name), "editWidget", type="ValueMap")
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        values = ET.SubElement(options, "Option", name="map", type="List")
        for code in field.codes.values():
            entry = ET.SubElement(values, "Option", type="Map")
            ET.SubElement(entry, "Option", name=code.label.zh, type="QString", value=code.code)
    aliases = ET.SubElement(root, "aliases")
    for field in listed:
        title = f"{field.label.zh} ({field.unit.symbol.zh})" if field.unit else field.label.zh
        ET.SubElement(aliases, "alias", field=field.name, index="-1", name=title)
