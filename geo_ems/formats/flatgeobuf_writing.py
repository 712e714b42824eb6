"""A layer as FlatGeobuf, written by GDAL: fields typed, codes as they are, lists of codes with `;`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyogrio.errors
import pyogrio.raw
import shapely

from geo_ems.errors import DataError
from geo_ems.formats.exported import ExportedLayer, ExportFacts
from geo_ems.formats.feature_json import column_values
from geo_ems.model.columns import BoolArray, IntArray
from geo_ems.model.definitions import FieldType
from geo_ems.model.labels import Language

_UTC = 100  # how GDAL says that an instant is in UTC
_NO_NUMBER = {FieldType.INTEGER: np.int64(0), FieldType.REAL: np.float64(0), FieldType.BOOLEAN: np.bool_(False)}


def write_flatgeobuf(path: Path, layer: ExportedLayer, facts: ExportFacts) -> None:
    """Write the features that have a place: with its spatial index the format holds no others.

    Raises
    ------
    DataError
        Where GDAL cannot write it.
    """
    rows = layer.rows[layer.is_located]
    names, values, masks = ["id"], [layer.columns.ids[rows].astype(object)], [_none_masked(rows)]
    offsets = {}
    for column in layer.table:
        field = column.field
        found = column_values(layer.columns.columns[field.name], rows)
        array, mask = _field_values(found, field.type)
        names.append(field.name)
        values.append(array)
        masks.append(mask)
        if field.type is FieldType.DATETIME:
            offsets[field.name] = np.full(rows.size, _UTC, dtype=np.int64)
    geometries = layer.columns.geometries[rows]
    types = set(np.unique(shapely.get_type_id(geometries)).tolist())
    # GDAL makes a folder of a name that does not end in .fgb.
    with TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder:
        inside = Path(folder) / "layer.fgb"
        try:
            pyogrio.raw.write(
                inside,
                np.array(shapely.to_wkb(geometries), dtype=object),
                values,
                names,
                field_mask=masks,
                driver="FlatGeobuf",
                layer=layer.definition.name,
                geometry_type=geometries[0].geom_type if len(types) == 1 else "Unknown",
                crs="OGC:CRS84",
                gdal_tz_offsets=offsets,
                layer_options=_told(layer, facts, facts.language),
            )
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
            raise DataError(
                f"The file cannot be written: {error}", where=path.name, remedy="Write .gpkg, or another place."
            ) from error
        inside.replace(path)


def _told(layer: ExportedLayer, facts: ExportFacts, language: Language) -> dict[str, str]:
    return {"TITLE": layer.definition.label.text(language), "DESCRIPTION": facts.text()}


def _none_masked(rows: IntArray) -> BoolArray:
    return np.zeros(rows.size, dtype=np.bool_)


def _field_values(
    found: list[object], kind: FieldType
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], BoolArray]:
    """Return the values of a field and where they are unknown."""
    unknown: BoolArray = np.array([value is None for value in found], dtype=np.bool_)
    if kind in _NO_NUMBER:
        filler = _NO_NUMBER[kind]
        return np.array([filler if value is None else value for value in found], dtype=filler.dtype), unknown
    if kind is FieldType.DATETIME:
        # numpy knows no zones: the offset is told to GDAL beside the values.
        texts = ["NaT" if value is None else str(value).removesuffix("Z") for value in found]
        return np.array(texts, dtype="datetime64[ms]"), unknown
    array = np.empty(len(found), dtype=object)
    array[:] = [";".join(map(str, value)) if isinstance(value, list) else value for value in found]
    return array, unknown
