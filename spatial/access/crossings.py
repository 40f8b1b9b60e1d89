"""Streets whose crossings are no vertices: cut wherever they meet, bridges and tunnels included."""

from __future__ import annotations

import math

import geopandas as gpd
import shapely

from spatial.coverage import geometry_of, require_metres
from spatial.errors import GeometryError, ParameterError
from spatial.parameters import require_number

__all__ = ["joined_at_crossings"]


def joined_at_crossings(streets: gpd.GeoSeries | gpd.GeoDataFrame, *, grid: float = 0.001) -> gpd.GeoSeries:
    """Cut lines wherever they cross or touch, so that a network made of them has a node there.

    Parameters
    ----------
    streets : GeoSeries or GeoDataFrame of (Multi)LineString
        In a projected CRS.
    grid : float, default 0.001
        Coordinates are rounded to multiples of it; an end that misses the other street by less meets it. [m]

    Returns
    -------
    GeoSeries of LineString
        With a new index: pieces are no longer the streets that were given. Heights are dropped.

    Raises
    ------
    CrsError
        If the coordinates are not metres.
    GeometryError
        If a street is missing or empty, or is no line.
    ParameterError
        If there are no streets, or `grid` is no length above 0.

    Notes
    -----
    For layers of whole streets that cross without a common vertex. A street on a bridge is joined to the one below:
    leave bridges out, or take a layer whose crossings are vertices.

    Examples
    --------
    >>> cross = gpd.GeoSeries.from_wkt(["LINESTRING (0 5, 10 5)", "LINESTRING (5 0, 5 10)"], crs=25833)
    >>> len(joined_at_crossings(cross))
    4
    """
    geometry = geometry_of(streets, "streets")
    require_metres(geometry.crs, "crossings of streets")
    step = require_number("grid", grid, "a finite length above 0 m", lambda m: 0 < m < math.inf)
    if not len(geometry):
        raise ParameterError("streets", "no streets", "at least one line")
    shapes = shapely.force_2d(geometry.to_numpy())
    lines = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    wrong = [shape is None or shape.is_empty or shapely.get_type_id(shape) not in lines for shape in shapes]
    if any(wrong):
        raise GeometryError("street is missing, empty or no line", geometry.index[wrong], "keep only lines")
    pieces = shapely.get_parts(shapely.union_all(shapes, grid_size=step))
    return gpd.GeoSeries(pieces, crs=geometry.crs)
