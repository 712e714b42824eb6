"""A plain reference over the arrays of a road network: other lengths, nearest edges by looking at all, Dijkstra."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

SPHERE_M = 6_371_000.0


def haversine_m(from_deg, to_deg):
    """Return great-circle metres between places (n, 2) on the sphere of the published figures."""
    lon, lat = np.radians(np.atleast_2d(from_deg)).T
    other_lon, other_lat = np.radians(np.atleast_2d(to_deg)).T
    h = np.sin((other_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(other_lat) * np.sin((other_lon - lon) / 2) ** 2
    return 2 * SPHERE_M * np.arcsin(np.sqrt(h))


class ReferenceRoads:
    """One mode of a network with haversine lengths."""

    def __init__(self, network, mode):
        self.network, self.arcs = network, network.modes[mode]
        vertex = network.vertex_lonlat_deg
        step_m = haversine_m(vertex[:-1], vertex[1:])
        owner = np.repeat(np.arange(network.edge_count), np.diff(network.first_vertex))
        inner = owner[1:] == owner[:-1]
        self.segments = np.flatnonzero(inner)
        self.segment_edge = owner[:-1][inner]
        self.segment_m = step_m[inner]
        self.length_m = np.bincount(self.segment_edge, self.segment_m, minlength=network.edge_count)
        before = np.concatenate([[0.0], np.cumsum(np.where(inner, step_m, 0.0))])
        self.along_m = before[:-1][inner] - before[network.first_vertex[:-1]][self.segment_edge]
        used = np.diff(self.arcs.first_of_edge) > 0
        self.is_used = used[self.segment_edge]

    def nearest(self, lonlat_deg):
        """Return (edge, metres from its start, metres aside) of the nearest place on an edge of the mode."""
        scale = np.cos(np.radians(lonlat_deg[1]))
        vertex = (self.network.vertex_lonlat_deg - np.asarray(lonlat_deg)) * [scale, 1.0]
        a, b = vertex[self.segments], vertex[self.segments + 1]
        d = b - a
        length_2 = (d * d).sum(axis=1)
        share = np.clip(-(a * d).sum(axis=1) / np.where(length_2 > 0, length_2, 1.0), 0.0, 1.0)
        at = a + share[:, None] * d
        far = np.where(self.is_used, (at * at).sum(axis=1), np.inf)
        best = int(far.argmin())
        place = self.network.vertex_lonlat_deg[self.segments[best]] * (1 - share[best])
        place = place + self.network.vertex_lonlat_deg[self.segments[best] + 1] * share[best]
        return (
            int(self.segment_edge[best]),
            float(self.along_m[best] + share[best] * self.segment_m[best]),
            float(haversine_m(lonlat_deg, place)[0]),
        )

    def matrix(self, further=()):
        """Return the arcs as a matrix of lengths; the shortest of parallel ones."""
        n = self.arcs.node_count
        weight = self.length_m[self.arcs.edge]
        rows = np.concatenate([self.arcs.tail, [f[0] for f in further]]).astype(np.int64)
        columns = np.concatenate([self.arcs.head, [f[1] for f in further]]).astype(np.int64)
        weights = np.concatenate([weight, [f[2] for f in further]])
        order = np.lexsort((weights, columns, rows))
        rows, columns, weights = rows[order], columns[order], weights[order]
        first = np.ones(rows.size, bool)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        size = int(max(n, rows.max(initial=0) + 1, columns.max(initial=0) + 1))
        # A length of 0 would be no arc in a sparse matrix.
        return coo_matrix((np.maximum(weights[first], 1e-9), (rows[first], columns[first])), shape=(size, size)).tocsr()

    def distances_m(self, origins, targets):
        """Return the metres along the network from each origin to each target, given as (edge, along)."""
        n = self.arcs.node_count
        further = []
        places = [*origins, *targets]
        for number, (edge, along_m, *_) in enumerate(places):
            node = n + number
            for arc in self.arcs.edge_arc[self.arcs.first_of_edge[edge] : self.arcs.first_of_edge[edge + 1]]:
                gone_m = along_m if self.arcs.is_forward[arc] else self.length_m[edge] - along_m
                if number < len(origins):
                    further.append((node, self.arcs.head[arc], self.length_m[edge] - gone_m))
                else:
                    further.append((self.arcs.tail[arc], node, gone_m))
        for i, (edge, along_m) in enumerate(place[:2] for place in origins):
            for j, (other, other_m) in enumerate(place[:2] for place in targets):
                if edge == other:
                    for arc in self.arcs.edge_arc[self.arcs.first_of_edge[edge] : self.arcs.first_of_edge[edge + 1]]:
                        ahead_m = (other_m - along_m) * (1 if self.arcs.is_forward[arc] else -1)
                        if ahead_m >= 0:
                            further.append((n + i, n + len(origins) + j, ahead_m))
        found = dijkstra(self.matrix(further), indices=np.arange(n, n + len(origins)))
        return found[:, n + len(origins) : n + len(places)]
