"""A layer taken apart into named arrays, and put together again from arrays that may be mapped."""

from collections.abc import Mapping
from typing import Final, Protocol, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.cells import (
    AnyArray,
    ArrayCells,
    Cells,
    DayCells,
    InstantCells,
    PointCells,
    TextCells,
    WkbCells,
    packed_texts,
)
from geo_ems.model.columns import ChildTable, Column, LayerColumns, packed_column
from geo_ems.model.definitions import FieldDefinition, FieldType, LayerDefinition
from geo_ems.queries.point_tree import PointTree
from geo_ems.queries.shapes import PreparedGeometries, prepare_points

Kind = TypeVar("Kind", bound=np.generic)

_TREE: Final = ("order", "xyz_m", "split_axis", "split_m", "leaf_start")
_AXES: Final = 3


class Plan(TypedDict):
    """What the arrays are: rows, the kind of the geometries and of each column, rows of each child table."""

    rows: int
    geometries: str
    has_tree: bool
    kinds: dict[str, str]
    lines: dict[str, int]


class Arrays(Protocol):
    """Arrays by name."""

    def get(self, name: str) -> AnyArray:
        """Return one array; KeyError where it is not there."""
        ...


class _Written:
    """Collects arrays; one in which every value is the same is kept as that value."""

    def __init__(self) -> None:
        self.arrays: dict[str, AnyArray] = {}
        self.kinds: dict[str, str] = {}

    def put(self, name: str, array: AnyArray) -> None:
        if array.ndim == 1 and array.size > 1 and _is_constant(array):
            self.arrays[f"{name} everywhere"] = array[:1]
        else:
            self.arrays[name] = array

    def put_cells(self, name: str, cells: Cells) -> None:
        match cells:
            case TextCells():
                self.kinds[name] = "texts"
                self.put(f"{name}.begin", cells.begin)
                self.put(f"{name}.end", cells.end)
                self.arrays[f"{name}.utf8"] = cells.utf8
            case DayCells():
                self.kinds[name] = "days"
                self.put(name, cells.days)
            case InstantCells():
                self.kinds[name] = "instants"
                self.put(name, cells.seconds)
            case _:
                self.kinds[name] = "values"
                self.put(name, cells.whole())

    def put_columns(self, prefix: str, columns: Mapping[str, Column]) -> None:
        for name, column in columns.items():
            self.put_cells(f"{prefix}{name}", packed_column(column))
            self.put(f"{prefix}{name} known", column.known)


def layer_arrays(columns: LayerColumns, prepared: PreparedGeometries | None) -> tuple[Plan, Mapping[str, AnyArray]]:
    """Return a layer as arrays, with the search tree of its points where it has one.

    Raises
    ------
    OverflowError
        Where the texts of a column are longer than 4 GiB together.
    """
    out = _Written()
    ids = columns.packed_ids
    out.put_cells("ids", ids if isinstance(ids, TextCells) else packed_texts([str(item) for item in ids.whole()]))
    out.put("revs", columns.revs)
    geometries = columns.packed_geometries
    tree = None if prepared is None else prepared.blocks
    if isinstance(geometries, PointCells):
        kind = "points"
        out.put("lonlat_deg", geometries.lonlat_deg)
        if prepared is not None and tree is not None:
            out.put("xyz_m", prepared.centre_xyz_m)
            for name in _TREE:
                out.arrays[f"tree.{name}"] = getattr(tree, name)
    else:
        kind, tree = "wkb", None
        held = geometries if isinstance(geometries, WkbCells) else WkbCells.packed(columns.geometries)
        out.put_cells("wkb", held.wkb)
    out.put_columns("column ", columns.columns)
    for child, table in columns.children.items():
        out.put(f"child {child} parent", table.parent_index)
        out.put_columns(f"child {child} column ", table.columns)
    plan = Plan(
        rows=len(columns),
        geometries=kind,
        has_tree=tree is not None,
        kinds=out.kinds,
        lines={child: int(table.parent_index.size) for child, table in columns.children.items()},
    )
    return plan, out.arrays


def restored_layer(
    definition: LayerDefinition, plan: Plan, arrays: Arrays
) -> tuple[LayerColumns, PreparedGeometries | None]:
    """Return the layer that `layer_arrays` took apart.

    Raises
    ------
    ValueError, KeyError
        Where the arrays are not such a layer's.
    """
    rows = plan["rows"]
    source = _Read(arrays, plan["kinds"])
    prepared = None
    geometries: Cells
    if plan["geometries"] == "points":
        lonlat_deg = source.array("lonlat_deg", (rows, 2), np.float64)
        geometries = PointCells(lonlat_deg)
        if plan["has_tree"]:
            xyz_m = source.array("xyz_m", (_AXES, rows), np.float64)
            prepared = prepare_points(lonlat_deg, xyz_m=xyz_m, tree=_tree(source, rows))
    else:
        wkb = source.cells("wkb", rows, np.float64)
        if not isinstance(wkb, TextCells):
            raise ValueError("wkb")
        geometries = WkbCells(wkb)
    children = {
        child: ChildTable(
            source.array(f"child {child} parent", (plan["lines"][child],), np.int64),
            source.columns(f"child {child} column ", item.fields, plan["lines"][child]),
        )
        for child, item in definition.children.items()
    }
    columns = LayerColumns(
        definition,
        source.cells("ids", rows, np.float64),
        source.array("revs", (rows,), np.int64),
        geometries,
        source.columns("column ", definition.fields, rows),
        children,
    )
    return columns, prepared


class _Read:
    """Gives arrays of the shape and type expected, or refuses."""

    def __init__(self, arrays: Arrays, kinds: Mapping[str, str]) -> None:
        self._arrays = arrays
        self._kinds = kinds

    def array(self, name: str, shape: tuple[int, ...], dtype: type[Kind]) -> NDArray[Kind]:
        try:
            found = self._arrays.get(name)
        except KeyError:
            found = np.broadcast_to(self._arrays.get(f"{name} everywhere"), shape)
        if found.shape != shape or found.dtype != np.dtype(dtype):
            raise ValueError(name)
        return found.astype(dtype, copy=False)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._arrays.get(name).shape

    def cells(self, name: str, rows: int, dtype: type[np.generic]) -> Cells:
        match self._kinds[name]:
            case "texts":
                begin, end = (self.array(f"{name}.{part}", (rows,), np.uint32) for part in ("begin", "end"))
                utf8 = self._arrays.get(f"{name}.utf8")
                return TextCells(begin, end, self.array(f"{name}.utf8", (utf8.size,), np.uint8))
            case "days":
                return DayCells(self.array(name, (rows,), np.int32))
            case "instants":
                return InstantCells(self.array(name, (rows,), np.int64))
            case _:
                return ArrayCells(self.array(name, (rows,), dtype))

    def columns(self, prefix: str, fields: Mapping[str, FieldDefinition], rows: int) -> dict[str, Column]:
        return {name: self._column(f"{prefix}{name}", field, rows) for name, field in fields.items()}

    def _column(self, name: str, field: FieldDefinition, rows: int) -> Column:
        cells = self.cells(name, rows, _DTYPES.get(field.type, np.float64))
        known = self.array(f"{name} known", (rows,), np.bool_)
        if isinstance(cells, ArrayCells):
            values = cells.array
            if field.type is FieldType.CODE and rows and not -1 <= values.min() <= values.max() < len(field.codes):
                raise ValueError(name)
            return Column(field, values, known)
        return Column(field, cells, known)


_DTYPES: Final[Mapping[FieldType, type[np.generic]]] = {
    FieldType.BOOLEAN: np.bool_,
    FieldType.CODE: np.int16,
    FieldType.CODES: np.uint64,
}


def _tree(source: _Read, rows: int) -> PointTree:
    """Return the stored tree; compiled code follows its indices unchecked, so these are checked here."""
    shapes = {name: source.shape(f"tree.{name}") for name in _TREE}
    places, leaves = shapes["order"][0], shapes["leaf_start"][0] - 1
    tree = PointTree(
        source.array("tree.order", (places,), np.int32),
        source.array("tree.xyz_m", (places, _AXES), np.float64),
        source.array("tree.split_axis", (leaves - 1,), np.int8),
        source.array("tree.split_m", (leaves - 1,), np.float64),
        source.array("tree.leaf_start", (leaves + 1,), np.int32),
    )
    starts, order, axis = tree.leaf_start, tree.order, tree.split_axis
    whole = (
        leaves & (leaves - 1) == 0
        and starts[0] == 0
        and starts[-1] == places
        and bool((np.diff(starts) >= 0).all())
        and 0 <= int(order.min(initial=0)) <= int(order.max(initial=0)) < rows
        and 0 <= int(axis.min(initial=0)) <= int(axis.max(initial=0)) < _AXES
    )
    if not whole:
        raise ValueError("tree")
    return tree


def _is_constant(array: AnyArray) -> bool:
    if array.dtype.kind == "f" and np.isnan(array[0]):
        return bool(np.isnan(array).all())
    return bool((array == array[0]).all())
