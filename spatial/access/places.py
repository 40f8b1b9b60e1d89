"""Where do the people of an area start from? From one point in it, or from points all over it."""

from __future__ import annotations

import math
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.coverage import area_geometry
from spatial.errors import ParameterError
from spatial.parameters import require_number

__all__ = ["place_points"]

Floats = NDArray[np.float64]

_MOST: Final = 5_000_000


def place_points(areas: gpd.GeoSeries | gpd.GeoDataFrame, *, spacing: float | None = None) -> gpd.GeoSeries:
    """Return the points that the people of each area start from.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        In a projected CRS.
    spacing : float, optional
        Points all over the area, so far from each other, in rows and columns at whole multiples of the spacing. Without
        it each area has one point that lies in it for certain (not its centroid, which may lie outside). [m]

    Returns
    -------
    GeoSeries of Point, indexed by area_id
        In the order of the areas; with a spacing an area id occurs once for each of its points. An area that no
        point of the grid falls into has the one point inside.

    Raises
    ------
    CrsError
        If the coordinates are not metres.
    GeometryError, AlignmentError
        If an area has no usable geometry or its id occurs twice.
    ParameterError
        If the spacing is no length above 0, or so small that there were more than five million points.

    Notes
    -----
    One point is right for blocks, which are smaller than the distances that are asked for. Points all over a large area
    say how much of its *surface* is near; that its people live all over it is an assumption, to be marked as one.

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 200, 100)], index=["00"], crs=25833)
    >>> len(place_points(areas)), len(place_points(areas, spacing=50.0))
    (1, 3)
    """
    geometry = area_geometry(areas, "places of areas")
    if spacing is None:
        return gpd.GeoSeries(geometry.representative_point(), index=geometry.index, crs=geometry.crs)
    step = require_number("spacing", spacing, "a finite length above 0 m", lambda m: 0 < m < math.inf)
    shapes = geometry.to_numpy()
    bounds = shapely.bounds(shapes)
    expected = float((np.ceil((bounds[:, 2:] - bounds[:, :2]) / step) + 1).prod(axis=1).sum())
    if expected > _MOST:
        raise ParameterError("spacing", spacing, f"a length that makes at most {_MOST:,} points")
    inside = [_grid_in(shape, box, step) for shape, box in zip(shapes, bounds, strict=True)]
    numbers = [len(points) for points in inside]
    return gpd.GeoSeries(
        shapely.points(np.concatenate(inside)) if numbers else [],
        index=geometry.index.repeat(numbers),
        crs=geometry.crs,
    )


def _grid_in(shape: shapely.Geometry, box: Floats, step: float) -> Floats:
    """Return the points of the grid inside one area; each area has a grid of its own to look at, hence the loop."""
    west, south, east, north = box.tolist()
    columns = np.arange(math.ceil(west / step), math.floor(east / step) + 1) * step
    rows = np.arange(math.ceil(south / step), math.floor(north / step) + 1) * step
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    shapely.prepare(shape)
    held = np.asarray(shapely.contains_xy(shape, x, y))
    if held.any():
        return np.column_stack([x[held], y[held]])
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shape)))
