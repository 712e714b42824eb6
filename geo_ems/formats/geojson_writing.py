"""A layer as a GeoJSON file (RFC 7946): codes, not labels; where it comes from stands beside the features."""

import numpy as np
import orjson
import shapely

from geo_ems.formats.answers import COORDINATE_DECIMALS
from geo_ems.formats.exported import ExportedLayer, ExportFacts
from geo_ems.formats.feature_json import features_json
from geo_ems.formats.rounded_geometry import rounded_geometries


def geojson_bytes(layer: ExportedLayer, facts: ExportFacts) -> bytes:
    """Return the features with 7 decimals, one on a line; a geometry that would break is left unrounded."""
    features = features_json(layer.columns, layer.rows, include_private=True)
    shown = {column.field.name for column in layer.table}
    shown_in = {name: {column.field.name for column in child.columns} for name, child in layer.children.items()}
    for feature in features:
        properties = feature["properties"]
        if not isinstance(properties, dict):
            continue
        feature["properties"] = {
            **{name: value for name, value in properties.items() if name in shown},
            **{
                name: [{key: value for key, value in row.items() if key in shown_in[name]} for row in rows]
                for name, rows in properties.items()
                if name in shown_in
            },
        }
    geometries = rounded_geometries(layer.geometries)
    for place in _left_fine(geometries):
        features[place]["geometry"] = orjson.Fragment(shapely.to_geojson(geometries[place]))
    head = orjson.dumps({"type": "FeatureCollection", "name": layer.definition.name, **facts.mapping()})
    lines = b",\n".join(orjson.dumps(feature) for feature in features)
    return head[:-1] + b',"features":[\n' + lines + b"\n]}\n"


def _left_fine(geometries: np.ndarray[tuple[int, ...], np.dtype[np.object_]]) -> list[int]:
    """Return the places of geometries that still have more than 7 decimals."""
    lonlat_deg, owners = shapely.get_coordinates(geometries, return_index=True)
    is_fine = (np.round(lonlat_deg, COORDINATE_DECIMALS) != lonlat_deg).any(axis=1)
    return sorted({int(owner) for owner in owners[is_fine]})
