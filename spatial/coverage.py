"""Is this a usable map of areas? Checked once, at the door of everything that measures metres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.alignment import require_unique
from spatial.errors import CrsError, GeometryError, ParameterError
from spatial.parameters import LONGEST

__all__ = ["area_geometry", "geometry_of", "require_metres"]

_WEB_MERCATOR = 3857
_MANY, _PARTS = 5_000, 8


def geometry_of(areas: gpd.GeoSeries | gpd.GeoDataFrame, name: str) -> gpd.GeoSeries:
    """Return the geometry of what should be a GeoSeries or a GeoDataFrame.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame
        What was given.
    name : str
        Name of the input, for the message.

    Returns
    -------
    GeoSeries

    Raises
    ------
    ParameterError
        If it is anything else, or a GeoDataFrame without an active geometry.

    Examples
    --------
    >>> geometry_of(gpd.GeoSeries([shapely.Point(0, 0)], index=["00"]), "geometry").index.tolist()
    ['00']
    """
    if isinstance(areas, gpd.GeoSeries):
        return areas
    if isinstance(areas, gpd.GeoDataFrame) and areas.active_geometry_name is not None:
        return areas.geometry
    given = "a table without a geometry" if isinstance(areas, pd.DataFrame) else areas
    raise ParameterError(name, given, "a GeoSeries, or a GeoDataFrame with a geometry")


def area_geometry(areas: gpd.GeoSeries | gpd.GeoDataFrame, what: str) -> gpd.GeoSeries:
    """Return the geometry of the areas after checking that it can be measured.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        At least one area, in a projected CRS with metres.
    what : str
        Who asks, for the message.

    Returns
    -------
    GeoSeries
        The geometry on the same index, unchanged.

    Raises
    ------
    CrsError
        If the CRS is absent, in degrees, in feet, or Web Mercator (whose metres are not metres).
    AlignmentError
        If an area id occurs twice.
    GeometryError
        If there is no area, or one is missing, empty, not a polygon or invalid.
    ParameterError
        If it is neither a GeoSeries nor a GeoDataFrame.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], index=["00"], crs=25833)
    >>> area_geometry(square, "neighbours").index.tolist()
    ['00']
    """
    geometry = geometry_of(areas, "areas")
    require_metres(geometry.crs, what)
    require_unique(geometry.index, "areas")
    if not len(geometry):
        raise GeometryError("no geometry at all", [], "pass at least one area")
    shapes = geometry.to_numpy()
    _refuse(
        shapely.is_missing(shapes), geometry.index, "geometry missing", "join the geometry of these areas"
    )
    _refuse(shapely.is_empty(shapes), geometry.index, "geometry empty", "join the geometry of these areas")
    kinds = shapely.get_type_id(shapes)
    polygonal = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    _refuse(~polygonal, geometry.index, "geometry is not a polygon", "keep only the polygons of these areas")
    _refuse(
        ~_are_valid(shapes),
        geometry.index,
        "invalid geometry",
        "look at it with is_valid_reason() and repair it in a named step, for example with make_valid()",
    )
    if not np.abs(shapely.total_bounds(shapes)).max() < LONGEST:
        _refuse(
            ~(np.abs(shapely.bounds(shapes)).max(axis=1) < LONGEST),
            geometry.index,
            f"geometry further than {LONGEST:g} m from the origin",
            "give coordinates in metres: no place on Earth lies there",
        )
    return geometry


def _are_valid(shapes: np.ndarray) -> np.ndarray:
    """Ask each shape whether it is valid; this is most of the work, and GEOS needs no lock for it."""
    if len(shapes) < _MANY:
        return np.asarray(shapely.is_valid(shapes))
    with ThreadPoolExecutor() as threads:
        return np.concatenate(list(threads.map(shapely.is_valid, np.array_split(shapes, _PARTS))))


def _refuse(bad: np.ndarray, index: pd.Index, reason: str, hint: str) -> None:
    if bad.any():
        raise GeometryError(reason, index[bad], hint)


def require_metres(crs: object, what: str) -> None:
    """Accept only a projected CRS in metres that keeps its scale over a city.

    Parameters
    ----------
    crs : pyproj.CRS or None
        The CRS of the geometry.
    what : str
        Who asks, for the message.

    Raises
    ------
    CrsError
        If the CRS is absent, in degrees, in feet, or Web Mercator (whose metres are not metres).

    Examples
    --------
    >>> require_metres(gpd.GeoSeries(crs=25833).crs, "delta")
    """
    if crs is None:
        raise CrsError(what, "no CRS")
    name = getattr(crs, "name", "an unknown CRS")
    epsg = crs.to_epsg()  # type: ignore[attr-defined]
    label = f"EPSG:{epsg} ({name})" if epsg else str(name)
    if not crs.is_projected:  # type: ignore[attr-defined]
        raise CrsError(what, f"{label}, which is not projected")
    units = {axis.unit_name for axis in crs.axis_info}  # type: ignore[attr-defined]
    if units - {"metre", "meter"}:
        raise CrsError(what, f"{label}, whose unit is {', '.join(sorted(units))}")
    if epsg == _WEB_MERCATOR:
        raise CrsError(what, f"{label}, whose lengths are stretched by 1/cos(latitude)")
