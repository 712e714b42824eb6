"""Stored features as GeoJSON (RFC 7946), written column by column: pages of ten thousand stay fast."""

from collections.abc import Sequence

import numpy as np
import orjson
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.model.columns import Column, IntArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import FieldType, LayerDefinition
from geo_ems.model.features import Feature, Value

JsonMapping = dict[str, object]


def features_json(columns: LayerColumns, rows: IntArray, *, include_private: bool) -> list[JsonMapping]:
    """Return the features of `rows`, shape (m,), in that order, for orjson: geometries are written text already."""
    names = [name for name, column in columns.columns.items() if include_private or not column.field.private]
    values = [column_values(columns.columns[name], rows) for name in names]
    children = {name: _children(columns, name, rows, include_private=include_private) for name in columns.children}
    geometries = geometry_texts(columns.geometries[rows])
    ids = columns.ids[rows].tolist()
    return [
        {
            "type": "Feature",
            "id": ids[place],
            "geometry": geometries[place],
            "properties": {
                **{name: column[place] for name, column in zip(names, values, strict=True)},
                **{name: lines[place] for name, lines in children.items()},
            },
        }
        for place in range(len(ids))
    ]


def feature_json(feature: Feature, definition: LayerDefinition, *, include_private: bool) -> JsonMapping:
    """Return one feature for orjson."""
    shown = [name for name, field in definition.fields.items() if include_private or not field.private]
    geometry = np.array([feature.geometry], dtype=object)
    return {
        "type": "Feature",
        "id": feature.id,
        "geometry": geometry_texts(geometry)[0],
        "properties": {
            **{name: _plain(feature.properties.get(name)) for name in shown},
            **{
                name: [
                    {
                        key: _plain(row.get(key))
                        for key, field in child.fields.items()
                        if include_private or not field.private
                    }
                    for row in feature.children.get(name, ())
                ]
                for name, child in definition.children.items()
            },
        },
    }


def geometry_texts(geometries: ObjectArray) -> list[orjson.Fragment | None]:
    """Return GeoJSON geometries: at most 7 decimals, outer rings counter-clockwise; None stays None."""
    rounded = shapely.transform(geometries, lambda lonlat_deg: np.round(lonlat_deg, COORDINATE_DECIMALS))
    texts = shapely.to_geojson(_right_handed(rounded))
    return [None if text is None else orjson.Fragment(text) for text in texts]


def column_values(column: Column, rows: IntArray) -> list[object]:
    """Return the values of `rows` as JSON has them: None where unknown, a list for a list of codes."""
    known: list[bool] = column.known[rows].tolist()
    raws: list[object] = column.values[rows].tolist()
    codes = tuple(column.field.codes)
    match column.field.type:
        case FieldType.INTEGER:
            return [int(raw) if is_known else None for raw, is_known in zip(raws, known, strict=True)]  # type: ignore[call-overload]  # floats
        case FieldType.CODE:
            return [codes[int(raw)] if is_known else None for raw, is_known in zip(raws, known, strict=True)]  # type: ignore[call-overload]  # indices
        case FieldType.CODES:
            lists = {raw: _codes_of(int(raw), codes) for raw in set(raws)}  # type: ignore[call-overload]  # bit masks
            return [lists[raw] if is_known else None for raw, is_known in zip(raws, known, strict=True)]
        case _:
            return [raw if is_known else None for raw, is_known in zip(raws, known, strict=True)]


def _codes_of(mask: int, codes: Sequence[str]) -> list[str]:
    return sorted(code for bit, code in enumerate(codes) if mask >> bit & 1)


def _children(columns: LayerColumns, name: str, rows: IntArray, *, include_private: bool) -> list[list[JsonMapping]]:
    table = columns.children[name]
    lines = np.flatnonzero(np.isin(table.parent_index, rows))
    names = [key for key, column in table.columns.items() if include_private or not column.field.private]
    values = [column_values(table.columns[key], lines) for key in names]
    found: dict[int, list[JsonMapping]] = {int(row): [] for row in rows}
    for place, parent in enumerate(table.parent_index[lines].tolist()):
        found[parent].append({key: column[place] for key, column in zip(names, values, strict=True)})
    return [found[int(row)] for row in rows]


def _right_handed(geometries: ObjectArray) -> ObjectArray:
    """Return the geometries with outer rings counter-clockwise and holes clockwise (RFC 7946, 3.1.6)."""
    kinds = shapely.get_type_id(geometries)
    areas = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    simple = (kinds == shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(geometries) == 0)
    turned = areas & ~(simple & shapely.is_ccw(shapely.get_exterior_ring(geometries)))
    if not turned.any():
        return geometries
    whole = geometries.copy()
    whole[turned] = [_oriented(geometry) for geometry in geometries[turned]]
    return whole


def _oriented(geometry: BaseGeometry) -> BaseGeometry:
    if isinstance(geometry, Polygon):
        return orient(geometry)
    return MultiPolygon([orient(part) for part in shapely.get_parts(geometry)])


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value
