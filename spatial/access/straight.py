"""How far is it to the next facility as the crow flies? For distances that rules ask for, such as 300 m."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.access.inputs import facility_shapes, place_shapes, same_crs

__all__ = ["straight_distance"]


def straight_distance(
    places: gpd.GeoSeries | gpd.GeoDataFrame, facilities: gpd.GeoSeries | gpd.GeoDataFrame
) -> pd.Series:
    """Measure the distance from every place to the nearest facility in a straight line.

    Parameters
    ----------
    places : GeoSeries or GeoDataFrame of Point, shape (n_places,), indexed by area_id
        Where people start; an area may have several places.
    facilities : GeoSeries or GeoDataFrame
        Points, lines or polygons in the CRS of the places; those beyond the border of the city count as well.

    Returns
    -------
    Series of float, on the index of the places
        [m] 0 inside a polygon.

    Raises
    ------
    CrsError
        If the coordinates are not metres, or the two layers do not have the same CRS.
    GeometryError
        If a place is no point, or a facility is empty or invalid.
    ParameterError
        If there is no facility.

    Examples
    --------
    >>> homes = gpd.GeoSeries([shapely.Point(0, 0), shapely.Point(30, 40)], index=["00", "01"], crs=25833)
    >>> school = gpd.GeoSeries([shapely.Point(0, 0)], crs=25833)
    >>> straight_distance(homes, school).tolist()
    [0.0, 50.0]
    """
    points = place_shapes(places)
    shapes = facility_shapes(facilities)
    same_crs(points.crs, facilities.crs, "distance to the next facility")
    metres = np.zeros(len(points))
    if len(points):
        _, metres = shapely.STRtree(shapes).query_nearest(
            points.to_numpy(), return_distance=True, all_matches=False
        )
    return pd.Series(metres, index=points.index, name="metres", dtype=float)
