"""What barriers do to edges: shares of edges that are closed, slower or cost a delay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import FloatArray, ObjectArray
from geo_ems.routing.network import Int32Array


@dataclass(frozen=True, slots=True)
class BarrierEffects:
    """What b barriers do in one mode, as p portions of edges.

    Portion i acts on edge `edge[i]` from the share `from_share[i]` to `to_share[i]` of its length (0 at
    the start of its line, 1 at the end; equal for a barrier at one point), for travel in both
    directions (`sense[i]` 0), along the line (1) or against it (-1). `factor[i]` is how many times as long
    the portion takes: infinite where it is closed, 1 where only `delay_s[i]` is added.
    `barrier[i]` is the place of its barrier in `barrier_ids`. `area` (b,) holds the polygon of each
    barrier that closes an area, None for the others.
    """

    edge: Int32Array
    from_share: FloatArray
    to_share: FloatArray
    sense: NDArray[np.int8]
    factor: FloatArray
    delay_s: FloatArray
    barrier: Int32Array
    barrier_ids: tuple[str, ...]
    area: ObjectArray
