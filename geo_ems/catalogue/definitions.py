"""Reads layer definitions: one TOML file is one layer, and every fault in it is told at once."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from geo_ems.catalogue.definition_faults import DefinitionFaults, faults_of_file, suggestion, syntax_error
from geo_ems.catalogue.field_definitions import fields_from_tables, label_from_table
from geo_ems.catalogue.layer_files import plain_text
from geo_ems.catalogue.layer_rules import LayerParts, check_layer_rules
from geo_ems.catalogue.names import check_name
from geo_ems.catalogue.toml_tables import (
    CapacityTable,
    ChildTable,
    LayerTable,
    PositionTable,
    StockTable,
    SymbolTable,
)
from geo_ems.errors import DefinitionError, FaultsError, GeoEmsError
from geo_ems.model.definitions import (
    CapacityRule,
    ChildDefinition,
    GeometryKind,
    LayerDefinition,
    PositionRule,
    StockRule,
    Symbol,
)

SHAPES = ("square", "circle", "triangle", "house", "burst", "diamond", "line", "area")
ROLES = (
    "hazard_point",
    "hazard_area",
    "shelter",
    "depot",
    "team",
    "facility",
    "district",
    "population",
    "road",
    "barrier",
    "incident",
    "other",
)
MAX_DEFINITION_CHARACTERS = 1_000_000
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_GLYPH = re.compile(r"\w{0,20}")
_ID_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,10}")


def load_definitions(folder: Path) -> dict[str, LayerDefinition]:
    """Return the layers that the TOML files of a folder declare, sorted by file name.

    Raises
    ------
    FaultsError
        Of all faults in all files, one DefinitionError each.
    DefinitionError
        Where there is no such folder.
    """
    if not folder.is_dir():
        raise DefinitionError(
            "There is no folder of layer definitions", where=str(folder), remedy="`geo-ems init` makes one."
        )
    faults: list[GeoEmsError] = []
    definitions: dict[str, LayerDefinition] = {}
    texts: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml"), key=lambda path: path.name):
        source = f"{folder.name}/{file.name}"
        try:
            text = _utf8_text(file.read_bytes(), source=source)
            texts[source] = text
            definition = parse_definition(text, source)
        except FaultsError as error:
            faults.extend(error.faults)
        except OSError as error:
            faults.append(
                DefinitionError(f"It cannot be read: {error.strerror}", where=source, remedy="Check the file.")
            )
        else:
            definitions[definition.name] = definition
    if faults:  # a name declared twice differs from a file name, so there is a fault already
        faults.extend(_names_declared_twice(texts))
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise FaultsError(
            f"The layer definitions have {count}", faults, where=str(folder), remedy="Correct the files named below."
        )
    return definitions


def parse_definition(text: str, source: str) -> LayerDefinition:
    r"""Return the layer that one TOML text declares.

    `source` is the name faults are told under. Where it ends in `.toml`, the layer must be named
    like the file. Line ends are taken as `\n` and a byte order mark is dropped, so that the same
    file has the same hash on every system.

    Raises
    ------
    FaultsError
        Of one DefinitionError per fault, each with file, line, key and remedy.
    """
    text = plain_text(text)
    raw = _parsed_toml(text, source=source)
    faults = DefinitionFaults(text, source)
    table = faults.checked(LayerTable, raw, ())
    fields = fields_from_tables(table.fields, ("fields",), faults)
    children = {name: _child(name, child, faults) for name, child in table.children.items()}
    _check_head(table, source, faults)
    check_layer_rules(LayerParts(table, fields, children), faults)
    definition = LayerDefinition(
        name=table.name or "",
        label=label_from_table(table.label, ("label",), faults),
        geometry=_geometry(table, faults),
        fields=fields,
        symbol=_symbol(table.symbol, faults),
        title=label_from_table(table.title, ("title",), faults) if table.title else None,
        description=label_from_table(table.description, ("description",), faults) if table.description else None,
        key=table.key,
        id_prefix=table.id_prefix,
        name_field=table.name_field,
        role=table.role,
        status_field=table.status_field,
        retired_code=table.retired_code,
        observed_field=table.observed_field,
        summary_fields=tuple(table.summary_fields),
        contact_fields=tuple(table.contact_fields),
        weight_field=table.weight_field,
        children=children,
        stock=_stock(table.stock, faults),
        position=_position(table.position, faults),
        capacity=_capacity(table.capacity, faults),
        synonyms_lon=tuple(table.columns.lon),
        synonyms_lat=tuple(table.columns.lat),
        synonyms_lonlat=tuple(table.columns.lonlat),
        synonyms_latlon=tuple(table.columns.latlon),
        published=table.published,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        source=source,
    )
    faults.raise_any()
    return definition


def _utf8_text(data: bytes, *, source: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fault = DefinitionError(
            f"The byte 0x{data[error.start]:02X} is not UTF-8",
            where=f"{source}, line {line}",
            remedy="Save the file as UTF-8.",
        )
        raise faults_of_file([fault], source=source) from error


def _parsed_toml(text: str, *, source: str) -> dict[str, object]:
    try:
        if len(text) > MAX_DEFINITION_CHARACTERS:
            fault = DefinitionError(
                f"The file has {len(text)} characters",
                where=source,
                remedy=f"A layer has at most {MAX_DEFINITION_CHARACTERS}.",
            )
            raise faults_of_file([fault], source=source)
        text.encode()
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise faults_of_file([syntax_error(str(error), text, source=source)], source=source) from error
    except (RecursionError, ValueError) as error:
        fault = DefinitionError(
            "The TOML is nested too deeply or holds no valid text or number",
            where=source,
            remedy="Compare it with another file of the folder.",
        )
        raise faults_of_file([fault], source=source) from error


def _declared_name(text: str) -> str | None:
    try:
        name = tomllib.loads(text.removeprefix("\ufeff")).get("name")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None
    return name if isinstance(name, str) else None


def _names_declared_twice(texts: Mapping[str, str]) -> Iterator[DefinitionError]:
    first_source: dict[str, str] = {}
    for source, text in texts.items():
        name = _declared_name(text)
        if name is None:
            continue
        first = first_source.setdefault(name, source)
        if first != source:
            faults = DefinitionFaults(text.removeprefix("\ufeff"), source)
            faults.add(("name",), f"The layer '{name}' is declared in {first} too.", "Remove or rename one of the two.")
            yield from faults.errors()


def _check_head(table: LayerTable, source: str, faults: DefinitionFaults) -> None:
    if table.name is not None:
        check_name("layer", table.name, ("name",), faults)
        file_name = source.replace("\\", "/").rsplit("/", 1)[-1]
        if file_name.endswith(".toml") and file_name != f"{table.name}.toml":
            problem = f"The layer is named '{table.name}', but the file {file_name}."
            faults.add(("name",), problem, f'Write name = "{file_name.removesuffix(".toml")}", or rename the file.')
    if table.role not in ROLES:
        faults.add(("role",), f"There is no role '{table.role}'.", suggestion(table.role, ROLES))
    if not _ID_PREFIX.fullmatch(table.id_prefix):
        problem = f"'{table.id_prefix}' cannot start an id."
        faults.add(("id_prefix",), problem, "Use at most 10 letters, digits, '-' or '_'.")
    for name in ("lon", "lat", "lonlat", "latlon"):
        for index, word in enumerate(getattr(table.columns, name)):
            if not word.strip():
                faults.add(("columns", name, index), "A column name is empty.", "Write it, or remove the entry.")


def _geometry(table: LayerTable, faults: DefinitionFaults) -> tuple[GeometryKind, ...]:
    kinds = [kind.value for kind in GeometryKind]
    if table.geometry is None:
        return ()
    if not table.geometry:
        faults.add(("geometry",), "There is no geometry kind.", f"Known: {', '.join(kinds)}.")
    for index, kind in enumerate(table.geometry):
        if kind not in kinds:
            faults.add(("geometry", index), f"There is no geometry kind '{kind}'.", suggestion(kind, kinds))
        elif table.geometry.index(kind) != index:
            faults.add(("geometry", index), f"'{kind}' is listed twice.", "List it once.")
    return tuple(GeometryKind(kind) for kind in table.geometry if kind in kinds)


def _symbol(raw: Mapping[str, object] | None, faults: DefinitionFaults) -> Symbol:
    if raw is None:
        return Symbol("circle", "#000000")
    table = faults.checked(SymbolTable, dict(raw), ("symbol",))
    if table.shape is not None and table.shape not in SHAPES:
        faults.add(("symbol", "shape"), f"There is no shape '{table.shape}'.", suggestion(table.shape, SHAPES))
    for key, colour in (("colour", table.colour), ("fill", table.fill)):
        if colour is not None and not _COLOUR.fullmatch(colour):
            faults.add(("symbol", key), f"'{colour}' is not a colour.", 'Write six digits: "#008A5E".')
    if not _GLYPH.fullmatch(table.glyph):
        problem = f"'{table.glyph}' is not a glyph."
        faults.add(("symbol", "glyph"), problem, "Write a letter, or the name of a glyph.")
    return Symbol(table.shape or "circle", table.colour or "#000000", table.glyph, table.fill)


def _child(name: str, raw: object, faults: DefinitionFaults) -> ChildDefinition:
    path = ("children", name)
    check_name("table", name, path, faults)
    table = faults.checked(ChildTable, raw, path)
    return ChildDefinition(
        name=name,
        label=label_from_table(table.label, (*path, "label"), faults),
        fields=fields_from_tables(table.fields, (*path, "fields"), faults, in_child=True),
    )


def _stock(raw: Mapping[str, object] | None, faults: DefinitionFaults) -> StockRule | None:
    if raw is None:
        return None
    table = faults.checked(StockTable, dict(raw), ("stock",))
    return StockRule(table.child, table.item_field, table.quantity_field, table.expiry_field)


def _position(raw: Mapping[str, object] | None, faults: DefinitionFaults) -> PositionRule | None:
    if raw is None:
        return None
    table = faults.checked(PositionTable, dict(raw), ("position",))
    return PositionRule(table.mode_field, table.lon_field, table.lat_field, table.time_field)


def _capacity(raw: Mapping[str, object] | None, faults: DefinitionFaults) -> CapacityRule | None:
    if raw is None:
        return None
    table = faults.checked(CapacityTable, dict(raw), ("capacity",))
    return CapacityRule(
        table.persons_field,
        table.area_m2_field,
        table.area_per_person_m2,
        table.occupied_field,
        table.reserved_field,
    )
