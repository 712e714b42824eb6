"""Layers as GeoDataFrames, for analysts who work in Python."""

import geopandas
import pandas as pd

from geo_ems.model.columns import LayerColumns, value_at

CRS = "OGC:CRS84"


def layer_geodataframe(columns: LayerColumns, *, include_private: bool = False) -> geopandas.GeoDataFrame:
    """Return a layer as a GeoDataFrame indexed by id, lon/lat (OGC:CRS84); unknown values are None.

    Numbers are plain columns with NaN where unknown, lists of codes are tuples. Private fields are
    left out unless asked for; child rows are not part of it.
    """
    data: dict[str, object] = {"rev": columns.revs}
    for name, column in columns.columns.items():
        if column.field.private and not include_private:
            continue
        if column.values.dtype.kind == "f":
            data[name] = column.values
        else:
            data[name] = pd.Series([value_at(column, row) for row in range(len(columns))], dtype=object).to_numpy()
    index = pd.Index([str(item) for item in columns.ids], name="id")
    return geopandas.GeoDataFrame(data, geometry=columns.geometries, crs=CRS, index=index)
