"""What gpkg_contents says of a layer: when it changed last, and the box that holds it."""

from collections.abc import Sequence

import apsw
import numpy as np
import shapely

from geo_ems.model.columns import FloatArray
from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.geometry_blobs import decode_blobs
from geo_ems.storage.layer_tables import child_table, rtree_table
from geo_ems.storage.statements import SqlValue, render


def geopackage_datetime(at: str) -> str:
    """Return an instant (YYYY-MM-DDTHH:MM:SSZ) as GeoPackage writes it, with milliseconds."""
    return at[:-1] + ".000Z"


def note_change(
    connection: apsw.Connection, definition: LayerDefinition, *, at: str, grown: FloatArray, left: Sequence[SqlValue]
) -> None:
    """Keep the row of a layer true after a change.

    `grown` holds the bounds of what was written, shape (n, 4), NaN without geometry; `left` the
    blobs of what went. Only where something that went touched the side of the box is the box
    taken anew, from the index, whose single-precision boxes are a metre wider at most.
    """
    layer = definition.name
    tables = (layer, *(child_table(layer, child) for child in definition.children))
    for table in tables:
        connection.execute(
            "UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?", (geopackage_datetime(at), table)
        )
    box = _read_box(connection, layer)
    gone, _ = decode_blobs(left)
    gone_bounds: FloatArray = np.asarray(shapely.bounds(gone), dtype=np.float64).reshape(-1, 4)
    touches = box is not None and bool(np.any((gone_bounds[:, :2] <= box[:2]) | (gone_bounds[:, 2:] >= box[2:])))
    boxes = [grown[~np.isnan(grown[:, 0])]]
    if touches:
        boxes.append(_index_box(connection, layer))
    elif box is not None:
        boxes.append(box[np.newaxis, :])
    stacked = np.vstack(boxes)
    sides: list[float | None] = [None] * 4
    if len(stacked):
        sides = [*stacked[:, :2].min(axis=0).tolist(), *stacked[:, 2:].max(axis=0).tolist()]
    connection.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*sides, layer)
    )


def _read_box(connection: apsw.Connection, layer: str) -> FloatArray | None:
    rows = connection.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?", (layer,)
    ).fetchall()
    if not rows or not all(isinstance(side, int | float) for side in rows[0]):
        return None
    return np.array(rows[0], dtype=np.float64)


def _index_box(connection: apsw.Connection, layer: str) -> FloatArray:
    """Return the box of the index, shape (1, 4), or (0, 4) where it is empty."""
    rows = connection.execute(
        render("SELECT min(minx), min(miny), max(maxx), max(maxy) FROM {rtree}", rtree=rtree_table(layer))
    ).fetchall()
    found = [row for row in rows if row[0] is not None]
    return np.array(found, dtype=np.float64).reshape(-1, 4)
