"""A road network as one file beside the store, mapped instead of built again.

The roads in the store are the truth and the file is disposable: where it is missing, damaged, of
another version or made from something else, the network is built again and written anew. Compiled
code follows the indices unchecked, so they are checked when the file is opened.
"""

import struct
from pathlib import Path
from typing import Final, TypedDict, cast

import numpy as np

from geo_ems.model.cells import AnyArray
from geo_ems.model.roads import Mode
from geo_ems.routing.network import EdgeGrid, Int32Array, ModeNetwork, RoadNetwork
from geo_ems.storage.mapped_arrays import MappedArrays, mapped_arrays, write_arrays

FORMAT: Final = 1
"""Of the file, and of how a network is made of lines: raised whenever either changes."""

_KIND: Final = b"geo_ems network\n"
_NETWORK: Final = (
    "place_lonlat_deg",
    "edge_from",
    "edge_to",
    "length_m",
    "first_vertex",
    "vertex_lonlat_deg",
    "edge_road",
    "road_ids",
    "is_ferry",
)
_GRID: Final = ("origin_deg", "cell_deg", "first", "segment")
_MODE: Final = tuple(ModeNetwork.__dataclass_fields__)


class _Content(TypedDict):
    key: str
    modes: list[str]
    grid_shape: tuple[int, int]


def write_network(path: Path, network: RoadNetwork) -> bool:
    """Write a network to a file, making its folder; return whether it stands there now (a disk may be full)."""
    arrays: dict[str, AnyArray] = {name: getattr(network, name) for name in _NETWORK}
    arrays |= {f"grid.{name}": getattr(network.grid, name) for name in _GRID}
    for mode, arcs in network.modes.items():
        arrays |= {f"{mode.value}.{name}": getattr(arcs, name) for name in _MODE}
    rows, columns = network.grid.shape
    content: _Content = {
        "key": network.key,
        "modes": [mode.value for mode in network.modes],
        "grid_shape": (rows, columns),
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_arrays(path, content, arrays, kind=_KIND, version=FORMAT)
    except OSError:
        return False
    return True


def read_network(path: Path, *, key: str) -> RoadNetwork | None:
    """Return the network of a file, mapped; None where the file is missing, damaged, or made from something else."""
    try:
        read, arrays = mapped_arrays(path, kind=_KIND, version=FORMAT)
        content = cast("_Content", read)
        if content["key"] != key:
            return None
        network = _network(content, arrays)
        _check(network)
    except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error):
        return None  # a foreign, torn or older file: the roads in the store have it all
    return network


def _network(content: _Content, arrays: MappedArrays) -> RoadNetwork:
    rows, columns = content["grid_shape"]
    cells = {name: arrays.get(f"grid.{name}") for name in _GRID}
    grid = EdgeGrid(**cells, shape=(int(rows), int(columns)))  # type: ignore[arg-type]  # types are checked below
    modes = {
        Mode(mode): ModeNetwork(**{name: arrays.get(f"{mode}.{name}") for name in _MODE})  # type: ignore[arg-type]  # same
        for mode in content["modes"]
    }
    own = {name: arrays.get(name) for name in _NETWORK}
    return RoadNetwork(**own, modes=modes, grid=grid, key=content["key"])  # type: ignore[arg-type]  # same


def _check(network: RoadNetwork) -> None:
    """Raise ValueError where an index leads out of an array."""
    edges, places = network.edge_count, len(network.place_lonlat_deg)
    vertices = len(network.vertex_lonlat_deg)
    _check_starts(network.first_vertex, edges, vertices)
    for index in (network.edge_from, network.edge_to):
        _check_index(index, edges, places)
    _check_index(network.edge_road, edges, network.road_ids.size)
    grid = network.grid
    _check_starts(grid.first, grid.shape[0] * grid.shape[1], grid.segment.size)
    _check_index(grid.segment, grid.segment.size, vertices - 1)
    ferries = network.is_ferry
    if (
        ferries.dtype != np.bool_
        or ferries.size not in {0, network.road_ids.size}
        or network.road_ids.dtype.kind != "U"
    ):
        raise ValueError(network.key)
    for numbers, shape in (
        (network.place_lonlat_deg, (places, 2)),
        (network.vertex_lonlat_deg, (vertices, 2)),
        (network.length_m, (edges,)),
        (grid.origin_deg, (2,)),
        (grid.cell_deg, (2,)),
        *((arcs.time_s, (arcs.tail.size,)) for arcs in network.modes.values()),
    ):
        if numbers.dtype != np.float64 or numbers.shape != shape:
            raise ValueError(shape)
    for arcs in network.modes.values():
        nodes, count = arcs.node_count, arcs.tail.size
        _check_index(arcs.place, nodes, places)
        _check_index(arcs.component, nodes, nodes)
        for starts in (arcs.first_out, arcs.first_in):
            _check_starts(starts, nodes, count)
        _check_starts(arcs.first_of_edge, edges, count)
        for index, below in (
            (arcs.tail, nodes),
            (arcs.head, nodes),
            (arcs.edge, edges),
            (arcs.in_arc, count),
            (arcs.edge_arc, count),
        ):
            _check_index(index, count, below)
        if arcs.is_forward.dtype != np.bool_ or arcs.is_forward.size != count:
            raise ValueError(network.key)


def _check_index(index: Int32Array, size: int, below: int) -> None:
    if index.dtype != np.int32 or index.size != size:
        raise ValueError(index.dtype)
    if size and not 0 <= int(index.min()) <= int(index.max()) < below:
        raise ValueError(below)


def _check_starts(starts: Int32Array, rows: int, end: int) -> None:
    """Check that starts ascend from 0 to `end`."""
    _check_index(starts, rows + 1, end + 1)
    if int(starts[0]) != 0 or int(starts[-1]) != end or bool((np.diff(starts) < 0).any()):
        raise ValueError(rows)
