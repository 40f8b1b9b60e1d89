"""What may be wrong with the geometry of areas and with the CRS it is in."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from etl.errors import Problem
from etl.problems import named

__all__ = ["SLIVER", "crs_problems", "geometry_problems", "overlap_problems"]

_MARGIN = 3.0  # [degrees] how far beyond its area of use a CRS is still sane; cities lie near zone borders
SLIVER = 0.5  # [m] mean width up to which the neighbour graph forgives an overlap (`spatial.shared_borders`)


def geometry_problems(areas: gpd.GeoDataFrame, *, multi: bool = False) -> list[Problem]:
    """Return what is wrong with the geometry of areas: missing, empty, not (multi)polygons, invalid.

    With `multi` even a single Polygon is wrong: clean areas are MultiPolygons.
    """
    geometry = areas.geometry.to_numpy()
    keys = areas["area_id"].astype(str).to_numpy()
    missing = shapely.is_missing(geometry)
    empty = ~missing & shapely.is_empty(geometry)
    kinds = shapely.get_type_id(geometry)
    polygonal = np.isin(kinds, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    allowed = kinds == shapely.GeometryType.MULTIPOLYGON if multi else polygonal
    wanted = "MultiPolygons" if multi else "polygons"
    invalid = ~missing & ~empty & polygonal & ~shapely.is_valid(geometry)
    reasons = shapely.is_valid_reason(geometry[invalid])
    places = [f"{key} ({reason})" for key, reason in zip(keys[invalid], reasons, strict=True)]
    return [
        *named("area(s) without geometry", keys[missing], "deliver a polygon for each"),
        *named("area(s) with an empty geometry", keys[empty], "deliver a polygon for each"),
        *named(f"area(s) that are not {wanted}", keys[~missing & ~empty & ~allowed], f"deliver {wanted}"),
        *named("area(s) with invalid geometry", places, "repair them at the source"),
    ]


def overlap_problems(areas: gpd.GeoDataFrame, level: str) -> list[Problem]:
    """Return the pairs of areas of one level that overlap by more than a sliver; invalid geometry is left out.

    Few areas of a sound coverage do not fit their neighbours vertex by vertex; only those are intersected.
    """
    geometry = areas.geometry.to_numpy()
    polygonal = np.isin(
        shapely.get_type_id(geometry), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON]
    )
    usable = polygonal & ~shapely.is_empty(geometry) & shapely.is_valid(geometry)
    shapes, keys = geometry[usable], areas["area_id"].astype(str).to_numpy()[usable]
    # Of a doubled area only one copy may be marked, of an area inside another only the inner one.
    marked = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    found, other = shapely.STRtree(shapes).query(shapes[marked], predicate="intersects")
    one = marked[found]
    pairs = np.unique(np.stack([np.minimum(one, other), np.maximum(one, other)])[:, one != other], axis=1)
    common = shapely.intersection(shapes[pairs[0]], shapes[pairs[1]])
    parts, pair = shapely.get_parts(common, return_index=True)
    area, length = shapely.area(parts), shapely.length(parts)
    wide = np.unique(pair[(area > 0) & (2 * area > SLIVER * length)])
    places = [
        f"{keys[first]} and {keys[second]} ({square_metres:,.1f} m²)"
        for first, second, square_metres in zip(*pairs[:, wide], shapely.area(common[wide]), strict=True)
    ]
    return named(
        f"pair(s) of areas of {level} that overlap",
        places,
        "correct the borders at the source, so that every place belongs to one area",
    )


def crs_problems(areas: gpd.GeoDataFrame, srid: int) -> Iterator[Problem]:
    """Yield what is wrong with the CRS of areas whose city uses EPSG:`srid`, or with coordinates in it."""
    wanted = f"EPSG:{srid}"
    crs = areas.crs
    if crs is None:
        yield Problem(f"the areas have no CRS; set it to {wanted}, the city's")
        return
    crs = CRS.from_user_input(crs)
    if not crs.is_projected:
        yield Problem(f"the areas are in {crs.name}, which is not projected; reproject them to {wanted}")
        return
    if crs.to_epsg() != srid:
        yield Problem(f"the areas are in {crs.name}, the city's CRS is {wanted}; reproject them")
        return
    yield from _outside_area_of_use(areas, crs)


def _outside_area_of_use(areas: gpd.GeoDataFrame, crs: CRS) -> list[Problem]:
    use = crs.area_of_use
    if use is None:
        return []
    bounds = areas.bounds.to_numpy()
    known = np.isfinite(bounds).all(axis=1)
    to_degrees = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    sane = np.ones(len(areas), dtype=bool)
    for corner in ((0, 1), (2, 3)):
        longitude, latitude = to_degrees.transform(bounds[:, corner[0]], bounds[:, corner[1]])
        sane &= (longitude >= use.west - _MARGIN) & (longitude <= use.east + _MARGIN)
        sane &= (latitude >= use.south - _MARGIN) & (latitude <= use.north + _MARGIN)
    return named(
        f"area(s) whose coordinates lie outside the range of {crs.name}",
        areas["area_id"].astype(str).to_numpy()[known & ~sane],
        "check the CRS and the order of the axes",
    )
