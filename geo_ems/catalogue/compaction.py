"""A base and its overlay made into one new base, packed as both were; texts are moved, never decoded."""

import numpy as np

from geo_ems.catalogue.column_merging import spliced_columns
from geo_ems.model.cells import (
    ArrayCells,
    Cells,
    DayCells,
    InstantCells,
    PointCells,
    TextCells,
    WkbCells,
    packed_texts,
    point_places,
)
from geo_ems.model.columns import Column, LayerColumns, packed_column
from geo_ems.queries.splicing import Splice


def compacted(
    base: LayerColumns, changed: LayerColumns, splice: Splice, *, outdated_ids: frozenset[str]
) -> LayerColumns:
    """Return `base` with `changed` put in, in arrays of its own."""
    joined = spliced_columns(base, changed, splice, outdated_ids=outdated_ids)
    ids = packed_texts([str(feature_id) for feature_id in changed.ids])
    return LayerColumns(
        base.definition,
        _joined(base.packed_ids, ids, splice),
        joined.revs,
        _joined_geometries(base.packed_geometries, changed, splice),
        {
            name: Column(
                column.field,
                _joined(packed_column(column), packed_column(changed.columns[name]), splice),
                joined.columns[name].known,
            )
            for name, column in base.columns.items()
        },
        joined.children,
        outdated_ids=outdated_ids,
    )


def _joined(base: Cells, changed: Cells, splice: Splice) -> Cells:
    match base, changed:
        case TextCells(), TextCells():
            return _joined_texts(base, changed, splice)
        case DayCells(), DayCells():
            return DayCells(splice.whole(base.days, changed.days))
        case InstantCells(), InstantCells():
            return InstantCells(splice.whole(base.seconds, changed.seconds))
        case _:
            return ArrayCells(splice.whole(base.whole(), changed.whole()))


def _joined_texts(base: TextCells, changed: TextCells, splice: Splice) -> TextCells:
    """Return both runs of bytes one after the other; what was replaced stays in it, unused, until the next reading."""
    size = base.utf8.size
    if size + changed.utf8.size > np.iinfo(np.uint32).max:
        return packed_texts([*splice.whole(base.whole(), changed.whole())])
    begin, end = (changed.begin + np.uint32(size)), (changed.end + np.uint32(size))
    utf8 = np.concatenate([base.utf8, changed.utf8])
    return TextCells(splice.whole(base.begin, begin), splice.whole(base.end, end), utf8)


def _joined_geometries(base: Cells, changed: LayerColumns, splice: Splice) -> Cells:
    geometries = changed.geometries
    if isinstance(base, PointCells):
        lonlat_deg = point_places(geometries)
        if lonlat_deg is not None:
            return PointCells(splice.whole(base.lonlat_deg, lonlat_deg))
    if isinstance(base, WkbCells):
        return WkbCells(_joined_texts(base.wkb, WkbCells.packed(geometries).wkb, splice))
    return ArrayCells(splice.whole(base.whole().astype(np.object_, copy=False), geometries))
