"""Are these places, facilities and streets that distances can be measured between? Checked once, at the door."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.coverage import geometry_of, require_metres
from spatial.errors import CrsError, GeometryError, ParameterError

__all__ = ["Shapes", "facility_shapes", "place_shapes", "same_crs"]

Shapes = NDArray[np.object_]


def place_shapes(places: gpd.GeoSeries | gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the points people start from, after checking them.

    Parameters
    ----------
    places : GeoSeries or GeoDataFrame of Point, indexed by area_id
        An area may have several places.

    Returns
    -------
    GeoSeries
        The points on the same index, unchanged.

    Raises
    ------
    CrsError
        If the coordinates are not metres.
    GeometryError
        If a place is missing, empty, no point or nowhere.

    Examples
    --------
    >>> place_shapes(gpd.GeoSeries([shapely.Point(0, 0)], index=["00"], crs=25833)).index.tolist()
    ['00']
    """
    geometry = geometry_of(places, "places")
    require_metres(geometry.crs, "distance to the next facility")
    shapes = geometry.to_numpy()
    wrong = shapely.get_type_id(shapes) != shapely.GeometryType.POINT
    wrong |= shapely.is_empty(shapes)
    _refuse(wrong, geometry, "place missing, empty or no point", "make points with place_points")
    lost = ~np.isfinite(shapely.get_coordinates(shapes)).all(axis=1)
    _refuse(lost, geometry, "place with a missing or infinite coordinate", "give every place its coordinates")
    return geometry


def facility_shapes(facilities: gpd.GeoSeries | gpd.GeoDataFrame) -> Shapes:
    """Return the geometry of facilities in single parts, after checking them.

    Parameters
    ----------
    facilities : GeoSeries or GeoDataFrame
        Points (entrances), lines or polygons (parks); each part of a multipart geometry is one way in.

    Returns
    -------
    array of geometry, shape (n_parts,)

    Raises
    ------
    CrsError
        If the coordinates are not metres.
    GeometryError
        If a facility is missing, empty or invalid.
    ParameterError
        If there is none.

    Examples
    --------
    >>> two = gpd.GeoSeries([shapely.MultiPoint([(0, 0), (9, 9)])], crs=25833)
    >>> len(facility_shapes(two))
    2
    """
    geometry = geometry_of(facilities, "facilities")
    require_metres(geometry.crs, "distance to the next facility")
    shapes = geometry.to_numpy()
    if not len(shapes):
        raise ParameterError("facilities", "no facility", "at least one")
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _refuse(empty, geometry, "facility missing or empty", "leave it out, or give it its place")
    _refuse(
        ~shapely.is_valid(shapes), geometry, "facility with an invalid geometry", "repair it: make_valid()"
    )
    parts: Shapes = shapely.get_parts(shapes)
    return parts


def same_crs(first: object, second: object, what: str) -> None:
    """Refuse two layers whose coordinates do not mean the same.

    Parameters
    ----------
    first, second : CRS, or anything that stands for one
        Those of the two layers.
    what : str
        Who asks, for the message.

    Raises
    ------
    CrsError
        If they differ.

    Examples
    --------
    >>> same_crs(25833, "EPSG:25833", "distance")
    """
    if not CRS.from_user_input(first).equals(CRS.from_user_input(second), ignore_axis_order=True):
        raise CrsError(what, f"one layer in {first} and another in {second}")


def _refuse(bad: NDArray[np.bool_], layer: gpd.GeoSeries, reason: str, hint: str) -> None:
    if bad.any():
        raise GeometryError(reason, layer.index[bad], hint)
