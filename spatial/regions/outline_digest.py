"""One number for all outlines of a map: what was agreed can be recognised years later."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import shapely

__all__ = ["multipolygon", "outlines_digest"]


def outlines_digest(outlines: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    """Return a checksum of outlines: equal ones mean equal geometry, to the last digit.

    Parameters
    ----------
    outlines : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_regions,), indexed by region_id
        In any order; ids are compared as text. The CRS is no part of the checksum.

    Returns
    -------
    str
        SHA-256 of ids and shapes, 64 hexadecimal digits. Where a ring starts, in which order parts come, and whether
        a single part is a Polygon or a MultiPolygon makes no difference.

    Examples
    --------
    >>> drawn = gpd.GeoSeries([shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)], index=["b", "a"])
    >>> stored = gpd.GeoSeries([shapely.multipolygons([one]) for one in drawn], index=drawn.index)
    >>> outlines_digest(drawn) == outlines_digest(stored.sort_index())
    True
    >>> outlines_digest(drawn) == outlines_digest(drawn.translate(1e-9))
    False
    """
    found = hashlib.sha256()
    named = zip(outlines.index.astype(str), outlines.geometry, strict=True)
    for region, shape in sorted(named, key=lambda one: one[0]):
        found.update(region.encode())
        found.update(shapely.to_wkb(shapely.normalize(multipolygon(shape))))
    return found.hexdigest()


def multipolygon(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return a shape as the MultiPolygon of its parts in the plane, without empty ones.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        With or without heights, which are left out.

    Returns
    -------
    MultiPolygon

    Examples
    --------
    >>> multipolygon(shapely.box(0, 0, 1, 1)).wkt
    'MULTIPOLYGON (((1 0, 1 1, 0 1, 0 0, 1 0)))'
    """
    flat = shapely.force_2d(shape)
    return shapely.MultiPolygon([part for part in shapely.get_parts(flat) if not part.is_empty])
