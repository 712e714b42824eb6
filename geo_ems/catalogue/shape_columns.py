"""Which columns of a file hold geometries as WKT.

A long one goes on in columns with a number behind the heading ("几何WKT", "几何WKT 2"), because a cell
of a spreadsheet ends at 32,767 characters.
"""

from collections.abc import Collection, Sequence
from itertools import count, takewhile

from geo_ems.formats.column_names import fold_name

SHAPE_HEADINGS = ("wkt", "几何wkt", "几何", "geometry", "geometrywkt", "wkt_geom", "geom", "the_geom")


def find_shape_columns(columns: Sequence[str], used: Collection[int]) -> tuple[int, ...]:
    """Return the indices of the columns that together hold a WKT, in order; empty where there are none."""
    folded = {fold_name(name): index for index, name in reversed(list(enumerate(columns))) if index not in used}
    base = next((name for name in SHAPE_HEADINGS if name in folded), None)
    if base is None:
        return ()
    following = takewhile(lambda name: name in folded, (f"{base}{number}" for number in count(2)))
    return (folded[base], *(folded[name] for name in following))
