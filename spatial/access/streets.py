"""How far is it to the next facility along the streets? One search from all facilities at once."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, triu
from scipy.sparse.csgraph import dijkstra

from spatial.access.inputs import Shapes, facility_shapes, place_shapes, same_crs
from spatial.errors import ParameterError
from spatial.segregation.environments.street_network import StreetNetwork

__all__ = ["StreetDistance", "street_distance"]

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreetDistance:
    """Distances along a network of streets.

    `metres`: from every place to the nearest facility, infinite where no street leads to one; `walk_in`: the part of it
    from the place to its street, straight; both on the index of the places [m]. `facilities`: how many ways in there are.
    """

    metres: pd.Series
    walk_in: pd.Series
    facilities: int
    network: StreetNetwork

    def __repr__(self) -> str:
        return (
            f"StreetDistance({len(self.metres)} places, {self.unreachable} without a way, "
            f"{self.facilities} facilities, {self.network})"
        )

    @property
    def unreachable(self) -> int:
        """Number of places from which no street leads to a facility."""
        return int(np.isinf(self.metres).sum())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per place: `metres`, `walk_in`."""
        return pd.DataFrame({"metres": self.metres, "walk_in": self.walk_in})


def street_distance(
    places: gpd.GeoSeries | gpd.GeoDataFrame,
    facilities: gpd.GeoSeries | gpd.GeoDataFrame,
    streets: StreetNetwork | gpd.GeoSeries | gpd.GeoDataFrame,
) -> StreetDistance:
    """Measure the shortest way from every place to a facility along the streets.

    Parameters
    ----------
    places : GeoSeries or GeoDataFrame of Point, shape (n_places,), indexed by area_id
        Where people start; an area may have several places.
    facilities : GeoSeries or GeoDataFrame
        Points, lines or polygons in the CRS of the places.
    streets : StreetNetwork, GeoSeries or GeoDataFrame
        Lines meet where they share a vertex (see `StreetNetwork.of`); all can be walked both ways.

    Returns
    -------
    StreetDistance
        Never shorter than the straight line.

    Raises
    ------
    CrsError
        If the coordinates are not metres, or the layers do not have the same CRS.
    GeometryError
        If a place is no point, a facility is empty or invalid, a street is no line.
    ParameterError
        If there is no facility or no street.

    Notes
    -----
    A place joins the nearest point of the nearest street, in the middle of it as well as at its ends, and the straight
    way to there counts; so does that from the street to the facility. A facility that streets run through or touch,
    such as a park, is entered wherever they do; another one from the nearest point of its nearest street. Where several
    streets are equally near, each of them is tried. One run of Dijkstra's algorithm starts from all facilities at once.

    Examples
    --------
    Round the corner, 100 m and 50 m, from a home that lies 10 m from the street:

    >>> corner = gpd.GeoSeries([shapely.LineString([(0, 0), (100, 0), (100, 50)])], crs=25833)
    >>> home = gpd.GeoSeries([shapely.Point(0, -10)], index=["00"], crs=25833)
    >>> school = gpd.GeoSeries([shapely.Point(100, 50)], crs=25833)
    >>> street_distance(home, school, corner).metres.tolist()
    [160.0]
    """
    points = place_shapes(places)
    shapes = facility_shapes(facilities)
    network = StreetNetwork.of(streets)
    same_crs(points.crs, facilities.crs, "distance along streets")
    same_crs(points.crs, network.crs, "distance along streets")
    if not network.length.nnz:
        raise ParameterError("streets", "lines without length", "at least one line with a length")
    pieces = _Pieces(network)
    entries = pieces.entries(shapes)
    metres, walk_in = pieces.ways(points.to_numpy(), entries, _from_entries(network, pieces, entries))
    return StreetDistance(
        metres=pd.Series(metres, index=points.index, name="metres"),
        walk_in=pd.Series(walk_in, index=points.index, name="walk_in"),
        facilities=len(shapes),
        network=network,
    )


class _Pieces:
    """The straight pieces of a network between two nodes, findable by place."""

    def __init__(self, network: StreetNetwork) -> None:
        half = triu(network.length, k=1).tocoo()
        self.low, self.high = half.row.astype(np.int64), half.col.astype(np.int64)
        self.length: Floats = half.data
        ends = np.stack(
            [np.column_stack([network.x[at], network.y[at]]) for at in (self.low, self.high)], axis=1
        )
        self.lines: Shapes = shapely.linestrings(ends)
        self.tree = shapely.STRtree(self.lines)

    def entries(self, facilities: Shapes) -> pd.DataFrame:
        """Return where facilities can be entered: `piece`, from `first` to `last` along it, `walk` to there [m]."""
        (number, piece), walk = self.tree.query_nearest(facilities, return_distance=True, all_matches=True)
        lines, shapes = self.lines[piece], facilities[number]
        nearest = shapely.line_locate_point(lines, shapely.get_point(shapely.shortest_line(lines, shapes), 0))
        frame = pd.DataFrame({"piece": piece, "first": nearest, "last": nearest, "walk": walk})
        touched = np.flatnonzero(walk == 0)
        parts, of = shapely.get_parts(
            shapely.intersection(lines[touched], shapes[touched]), return_index=True
        )
        vertices, part = shapely.get_coordinates(parts, return_index=True)
        if not len(vertices):
            return frame
        at = shapely.line_locate_point(lines[touched][of][part], shapely.points(vertices))
        along = pd.Series(at).groupby(part).agg(["min", "max"])
        crossed = touched[of[along.index]]
        inside = pd.DataFrame(
            {"piece": piece[crossed], "first": along["min"], "last": along["max"], "walk": 0.0}
        )
        return pd.concat([frame[~frame.index.isin(crossed)], inside], ignore_index=True)

    def ways(self, points: Shapes, entries: pd.DataFrame, at_node: Floats) -> tuple[Floats, Floats]:
        """Return the shortest way from each point, and the part of it to its street."""
        metres, walk_in = np.full(len(points), np.inf), np.zeros(len(points))
        if not len(points):
            return metres, walk_in
        (number, piece), walk = self.tree.query_nearest(points, return_distance=True, all_matches=True)
        walk_in[number] = walk
        along = shapely.line_locate_point(self.lines[piece], points[number])
        rest = np.maximum(self.length[piece] - along, 0.0)
        by_ends = np.minimum(along + at_node[self.low[piece]], rest + at_node[self.high[piece]])
        np.minimum.at(metres, number, walk + by_ends)
        starts = pd.DataFrame({"number": number, "piece": piece, "along": along, "way": walk})
        same = starts.merge(entries, on="piece")
        gap = np.maximum(np.maximum(same["first"] - same["along"], same["along"] - same["last"]), 0.0)
        direct = (same["way"] + gap + same["walk"]).to_numpy()
        np.minimum.at(metres, same["number"].to_numpy(), direct)
        return metres, walk_in


def _from_entries(network: StreetNetwork, pieces: _Pieces, entries: pd.DataFrame) -> Floats:
    """Return the way from the nearest facility to every node, infinite where there is none."""
    nodes = len(network.x)
    piece = entries["piece"].to_numpy()
    walk = entries["walk"].to_numpy()
    first = np.full(nodes, np.inf)
    np.minimum.at(first, pieces.low[piece], walk + entries["first"].to_numpy())
    rest = np.maximum(pieces.length[piece] - entries["last"].to_numpy(), 0.0)
    np.minimum.at(first, pieces.high[piece], walk + rest)
    ends = np.flatnonzero(np.isfinite(first))
    # One more node stands for all facilities; its arcs lead out only, so that no way runs through it.
    streets = network.length.tocoo()
    row = np.concatenate([streets.row, np.full(len(ends), nodes)])
    column = np.concatenate([streets.col, ends])
    length = np.concatenate([streets.data, first[ends]])
    graph = csr_array(coo_array((length, (row, column)), shape=(nodes + 1, nodes + 1)))
    found = dijkstra(graph, directed=True, indices=[nodes])
    return found[0, :nodes]
