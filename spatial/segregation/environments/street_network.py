"""Who lies within a distance along the streets? A graph of streets, and shortest paths for a few areas at a time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from spatial.coverage import geometry_of, require_metres
from spatial.errors import GeometryError, ParameterError
from spatial.parameters import require_choice, require_number
from spatial.segregation.counts import Floats
from spatial.segregation.environments.kernels import Kernel
from spatial.segregation.environments.neighbour_search import Positions
from spatial.segregation.places import Places

__all__ = ["AlongStreets", "StreetNetwork", "along_streets"]

# Areas of one neighbourhood whose shortest paths are found together, the paths in memory at a time (16 MB), and
# the number of nodes up to which a part of the graph is not worth its making.
_TOGETHER: Final = 128
_PATHS: Final = 1 << 21
_WHOLE: Final = 2000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreetNetwork:
    """Streets as a graph: nodes at `x`, `y` [m], and the `length` of the pieces between them [m].

    `length` is a symmetric matrix of shape (n_nodes, n_nodes) with one entry per piece and direction.
    """

    x: Floats
    y: Floats
    length: csr_array
    crs: object = None

    def __repr__(self) -> str:
        metres = float(self.length.sum()) / 2
        return f"StreetNetwork({len(self.x)} nodes, {self.length.nnz // 2} pieces of {metres / 1000:.1f} km)"

    @classmethod
    def of(
        cls, streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork, *, join: float = 0.001
    ) -> StreetNetwork:
        """Make a graph of the lines: every vertex is a node, and lines meet where they share a vertex.

        Parameters
        ----------
        streets : GeoSeries, GeoDataFrame or StreetNetwork
            (Multi)LineStrings in a projected CRS with metres. They can be walked both ways.
        join : float, default 0.001
            Vertices that are no further apart are the same, and so are chains of them. [m]

        Returns
        -------
        StreetNetwork

        Raises
        ------
        CrsError
            If the coordinates are not metres.
        GeometryError
            If a line is missing or empty, or is no line.
        ParameterError
            If there are no streets, or `join` is not a length above 0.

        Notes
        -----
        Lines that cross without a common vertex are bridges and tunnels: there is no way from one to the other.

        Examples
        --------
        >>> lines = gpd.GeoSeries([shapely.LineString([(0, 0), (100, 0), (100, 50)])], crs=25833)
        >>> StreetNetwork.of(lines)
        StreetNetwork(3 nodes, 2 pieces of 0.1 km)
        """
        if isinstance(streets, StreetNetwork):
            return streets
        join = require_number("join", join, "a finite length above 0 m", lambda metres: 0 < metres < math.inf)
        geometry = geometry_of(streets, "streets")
        require_metres(geometry.crs, "distance along streets")
        shapes = geometry.to_numpy()
        if not len(shapes):
            raise ParameterError("streets", "no streets", "at least one line")
        lines = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
        wrong = (
            shapely.is_missing(shapes)
            | shapely.is_empty(shapes)
            | ~np.isin(shapely.get_type_id(shapes), lines)
        )
        if wrong.any():
            raise GeometryError(
                "street is missing, empty or no line", geometry.index[wrong], "keep only lines"
            )
        parts, street = shapely.get_parts(shapes, return_index=True)
        coordinates, line = shapely.get_coordinates(parts, return_index=True)
        lost = ~np.isfinite(coordinates).all(axis=1)
        if lost.any():
            raise GeometryError(
                "street with a missing or infinite coordinate",
                geometry.index[np.unique(street[line[lost]])],
                "give every vertex its place",
            )
        first, node = _joined(coordinates, join)
        along = line[1:] == line[:-1]
        start, stop = node[:-1][along], node[1:][along]
        metres = np.hypot(*(coordinates[1:] - coordinates[:-1])[along].T)
        between = start != stop
        return cls(
            x=coordinates[first, 0],
            y=coordinates[first, 1],
            length=_shortest(start[between], stop[between], metres[between], len(first)),
            crs=geometry.crs,
        )

    def join_points(self, places: Places, access: Literal["added", "ignored"]) -> tuple[Positions, Floats]:
        """Return the node nearest to each place, and the way to it that counts [m].

        Raises
        ------
        ParameterError
            If `access` is neither "added" nor "ignored".
        """
        require_choice("access", access, ("added", "ignored"))
        nodes = KDTree(np.column_stack([self.x, self.y]))
        way, node = nodes.query(np.column_stack([places.x, places.y]))
        metres = np.asarray(way, dtype=np.float64)
        return np.asarray(node, dtype=np.int64), metres if access == "added" else np.zeros_like(metres)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AlongStreets:
    """All areas within the reach of a kernel, by distance along the streets.

    `node` is the node nearest to each area and `access` the way to it [m], both in `order`.
    """

    order: Positions
    bounds: tuple[tuple[int, int], ...]
    network: StreetNetwork
    node: Positions
    access: Floats
    kernel: Kernel

    def __repr__(self) -> str:
        return f"AlongStreets({len(self.order)} areas, {self.network}, {self.kernel})"

    def block(self, start: int, stop: int) -> csr_array:
        """Return the weights of rows start to stop, shape (stop - start, n_areas)."""
        nodes = self._around(start, stop)
        local = np.full(len(self.network.x), -1)
        local[nodes] = np.arange(len(nodes))
        graph = self.network.length
        if len(nodes) < len(self.network.x):
            graph = graph[nodes][:, nodes]
        columns = np.flatnonzero(local[self.node] >= 0)
        targets = local[self.node[columns]]
        size = max(_PATHS // len(nodes), 1)
        pieces = []
        for first in range(start, stop, size):
            rows = np.arange(first, min(first + size, stop))
            sources, row_source = np.unique(local[self.node[rows]], return_inverse=True)
            distance = dijkstra(graph, indices=sources, limit=self.kernel.reach)[row_source][:, targets]
            distance += self.access[rows, None]
            distance += self.access[columns]
            # An area is no way from itself, however far the next street is.
            distance[np.arange(len(rows)), np.searchsorted(columns, rows)] = 0.0
            row, column = np.nonzero(distance <= self.kernel.reach)
            pieces.append((row + (first - start), columns[column], distance[row, column]))
        row, column, metres = (np.concatenate(found) for found in zip(*pieces, strict=True))
        pointer = np.zeros(stop - start + 1, dtype=np.int32)
        pointer[1:] = np.cumsum(np.bincount(row, minlength=stop - start))
        weight = self.kernel.weigh((metres / (self.kernel.bandwidth or 1.0)) ** 2)
        shape = (stop - start, len(self.order))
        return csr_array((weight, column.astype(np.int32), pointer), shape=shape)

    def _around(self, start: int, stop: int) -> Positions:
        """Return the nodes that a path within the reach can touch: none is further than that as the crow flies."""
        network, reach = self.network, self.kernel.reach
        if len(network.x) <= _WHOLE or not math.isfinite(reach):
            return np.arange(len(network.x))
        own = self.node[start:stop]
        inside = np.ones(len(network.x), dtype=bool)
        for values in (network.x, network.y):
            inside &= values >= values[own].min() - reach
            inside &= values <= values[own].max() + reach
        return np.flatnonzero(inside)


def along_streets(
    places: Places, network: StreetNetwork, kernel: Kernel, *, access: Literal["added", "ignored"] = "added"
) -> AlongStreets:
    """Prepare the search for all areas within the reach of a kernel along the streets.

    Parameters
    ----------
    places : Places, shape (n_areas,)
        A point per area; it is joined to the nearest node. [m]
    network : StreetNetwork
        The streets.
    kernel : Kernel
        With a bandwidth.
    access : {"added", "ignored"}
        Whether the way from an area to its node counts, at both ends of a path.

    Returns
    -------
    AlongStreets

    Raises
    ------
    ParameterError
        If `access` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.segregation.environments.kernels import make_kernel
    >>> lines = gpd.GeoSeries([shapely.LineString([(0, 0), (100, 0), (100, 50)])], crs=25833)
    >>> corners = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 100.0]), y=np.array([0.0, 50.0]))
    >>> search = along_streets(corners, StreetNetwork.of(lines), make_kernel("triangle", bandwidth=200.0))
    >>> search.block(0, 2).toarray().tolist()  # 150 m around the corner
    [[1.0, 0.25], [0.25, 1.0]]
    """
    node, way = network.join_points(places, access)
    width, height = float(np.ptp(places.x)), float(np.ptp(places.y))
    # Neighbourhoods as wide as the reach, but of some areas at least.
    side = max(min(kernel.reach, max(width, height)), 8 * math.sqrt(width * height / len(node)), 1e-3)
    column = np.floor((places.x - places.x.min()) / side)
    row = np.floor((places.y - places.y.min()) / side)
    order = np.lexsort((column, row))
    cell = np.flatnonzero((np.diff(row[order]) != 0) | (np.diff(column[order]) != 0)) + 1
    edges = [0, *cell.tolist(), len(order)]
    bounds = [
        (start, min(start + _TOGETHER, stop))
        for low, stop in itertools.pairwise(edges)
        for start in range(low, stop, _TOGETHER)
    ]
    return AlongStreets(
        order=order,
        bounds=tuple(bounds),
        network=network,
        node=node[order],
        access=way[order],
        kernel=kernel,
    )


def _joined(coordinates: Floats, join: float) -> tuple[Positions, Positions]:
    """Return the position of each node's first vertex, and the node of each vertex."""
    points, first, vertex = np.unique(coordinates, axis=0, return_index=True, return_inverse=True)
    pairs = KDTree(points).query_pairs(join, output_type="ndarray")
    links = coo_array(
        (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2
    )
    _, node = connected_components(links.tocsr(), directed=False)
    _, leader = np.unique(node, return_index=True)
    return first[leader].astype(np.int64), node[vertex.ravel()].astype(np.int64)


def _shortest(start: Positions, stop: Positions, metres: Floats, n_nodes: int) -> csr_array:
    """Return the symmetric matrix of lengths, with the shortest of several pieces between the same nodes."""
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], metres[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    low, high, metres = low[first], high[first], metres[first]
    both = (np.concatenate([low, high]), np.concatenate([high, low]))
    return coo_array((np.concatenate([metres, metres]), both), shape=(n_nodes, n_nodes)).tocsr()
