"""Is this a usable layer of lines (rivers, railways, streets) for a map of areas? Checked once, at the door."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.alignment import require_unique
from spatial.coverage import geometry_of, require_metres
from spatial.errors import CrsError, GeometryError

__all__ = ["line_geometry"]

_LINES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)


def line_geometry(lines: gpd.GeoSeries | gpd.GeoDataFrame, areas: gpd.GeoSeries, what: str) -> gpd.GeoSeries:
    """Return the geometry of a layer of lines after checking that it fits the areas.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of (Multi)LineString, shape (n_lines,), indexed by line id
        At least one line.
    areas : GeoSeries
        The areas; the lines must have their CRS.
    what : str
        Who asks, for the message.

    Returns
    -------
    GeoSeries
        The geometry on the same index, unchanged.

    Raises
    ------
    CrsError
        If the CRS is absent, not in metres, or another than that of the areas.
    AlignmentError
        If a line id is missing or occurs twice.
    GeometryError
        If there is no line, or one is missing, empty, no line or without length.
    ParameterError
        If it is neither a GeoSeries nor a GeoDataFrame.

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], index=["00"], crs=25833)
    >>> river = gpd.GeoSeries([shapely.LineString([(0, 0), (9, 9)])], index=["river"], crs=25833)
    >>> line_geometry(river, areas, "cheap and dear borders").index.tolist()
    ['river']
    """
    geometry = geometry_of(lines, "lines")
    require_metres(geometry.crs, what)
    if geometry.crs != areas.crs:
        raise CrsError(what, f"areas in {areas.crs} and lines in {geometry.crs}")
    require_unique(geometry.index, "lines")
    if not len(geometry):
        raise GeometryError("no line at all", [], "pass at least one line, or leave the layer out")
    shapes = geometry.to_numpy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _refuse(empty, geometry, "line missing or empty", "join the geometry of these lines")
    foreign = ~np.isin(shapely.get_type_id(shapes), _LINES)
    _refuse(foreign, geometry, "geometry is not a line", "for polygons take their middle line or boundary")
    bad = ~shapely.is_valid(shapes) | ~(shapely.length(shapes) > 0)
    _refuse(bad, geometry, "line invalid or without length", "repair it or leave it out")
    return geometry


def _refuse(bad: NDArray[np.bool_], lines: gpd.GeoSeries, reason: str, hint: str) -> None:
    if bad.any():
        raise GeometryError(reason, lines.index[bad], hint)
