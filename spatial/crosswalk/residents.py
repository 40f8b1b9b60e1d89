"""Where does what was counted on one map go on another? Spread as the residents are."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.coverage import geometry_of, require_metres
from spatial.crosswalk.overlaps import NOISE, map_of, require_same_crs
from spatial.crosswalk.result import Crosswalk, Floats, Positions
from spatial.crosswalk.shares import (
    Outside,
    SurfaceShares,
    require_tolerance,
    row_shares,
    surface_shares,
)
from spatial.errors import CountsError, GeometryError
from spatial.parameters import require_choice

__all__ = ["by_population"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _People:
    """Residents in each source and target at once; −1 stands for outside."""

    source: Positions
    target: Positions
    persons: Floats
    divided: int


def by_population(
    source: gpd.GeoSeries | gpd.GeoDataFrame,
    target: gpd.GeoSeries | gpd.GeoDataFrame,
    blocks: gpd.GeoSeries | gpd.GeoDataFrame,
    population: pd.Series,
    *,
    tolerance: float = 0.005,
    outside: Outside = "kept_out",
) -> Crosswalk:
    """Divide source areas by where the residents of small blocks, or of points, live.

    Parameters
    ----------
    source, target : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by area_id
        Two editions, or two levels, of areas that do not overlap each other; same projected CRS in metres.
    blocks : GeoSeries or GeoDataFrame of (Multi)Polygon, or of Point
        Blocks that do not overlap, addresses, or centres of the cells of a raster; same CRS.
    population : Series of int or float, indexed as the blocks
        Residents of each block or point. [persons]
    tolerance : float
        As in `by_area`, for the pieces of blocks as well. [share, 0–0.5)
    outside : {"kept_out", "shared_out"}
        Whether residents of a source who live outside all targets stay out, or are given to its targets.

    Returns
    -------
    Crosswalk
        `size` are the residents of the source [persons]. Blocks that are cut by a border are divided by surface; a
        point on a border belongs to the area with the first id. A source where nobody lives is divided by surface,
        and its `basis` is "area". `parameters` counts the blocks that were cut, the sources without residents and
        the residents outside all sources.

    Raises
    ------
    CrsError, AlignmentError, GeometryError, CrosswalkError, ParameterError
        As `by_area`; also if blocks are a mixture of polygons and points.
    CountsError
        If the population is missing, negative or infinite.

    Notes
    -----
    With pᵢⱼ the residents who live in source i and target j, sᵢⱼ = pᵢⱼ / Σₖ pᵢₖ, the sum running over outside as well.
    The residents of a source, converted with these shares, are the residents of the blocks again: shares from counts
    that must not be published must not be published either, nor what was converted with them.

    References
    ----------
    .. [1] C. L. Eicher and C. A. Brewer (2001), Dasymetric mapping and areal interpolation,
       doi:10.1559/152304001782173727.

    Examples
    --------
    >>> old = gpd.GeoSeries([shapely.box(0, 0, 100, 100)], index=["1"], crs=25833)
    >>> new = gpd.GeoSeries([shapely.box(0, 0, 25, 100), shapely.box(25, 0, 100, 100)], index=["1a", "1b"], crs=25833)
    >>> homes = gpd.GeoSeries(gpd.points_from_xy([10, 60], [50, 50]), index=["p", "q"], crs=25833)
    >>> crosswalk = by_population(old, new, homes, pd.Series([60, 40], index=["p", "q"]))
    >>> crosswalk.to_frame()[["to_area", "share", "amount"]].to_numpy().tolist()
    [['1a', 0.6, 60.0], ['1b', 0.4, 40.0]]
    """
    tolerance = require_tolerance(tolerance)
    require_choice("outside", outside, Outside)
    areas, goals = map_of(source, "source"), map_of(target, "target")
    places = _places(blocks)
    require_same_crs(source=areas, target=goals, blocks=places)
    persons = _persons(population, places.index)
    surface = surface_shares(areas, goals, tolerance=tolerance)
    are_points = bool((shapely.get_type_id(places.to_numpy()) == shapely.GeometryType.POINT).all())
    people = (
        _of_points(areas, goals, places, persons)
        if are_points
        else _of_blocks(areas, goals, places, persons, tolerance)
    )
    return _crosswalk(areas, goals, people, surface, float(persons.sum()), tolerance, outside)


def _places(blocks: gpd.GeoSeries | gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the blocks after checking that they are polygons or points."""
    geometry = geometry_of(blocks, "blocks")
    kinds = shapely.get_type_id(geometry.to_numpy())
    points = kinds == shapely.GeometryType.POINT
    if not points.any():
        return map_of(blocks, "blocks")
    require_metres(geometry.crs, "a crosswalk (blocks)")
    require_unique(geometry.index, "blocks")
    if not points.all():
        raise GeometryError(
            "blocks: points and something else together",
            geometry.index[~points],
            "pass points or polygons only",
        )
    empty = ~np.isfinite(shapely.bounds(geometry.to_numpy())).all(axis=1)
    if empty.any():
        raise GeometryError("blocks: point empty", geometry.index[empty], "leave these out, or place them")
    return geometry


def _persons(population: pd.Series, index: pd.Index) -> Floats:
    persons = align(population, index, "population").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(persons) & (persons >= 0))
    if wrong.any():
        raise CountsError(
            "population missing, negative or infinite", index[wrong], "give 0 where nobody lives"
        )
    return persons


def _of_points(
    source: gpd.GeoSeries, target: gpd.GeoSeries, points: gpd.GeoSeries, persons: Floats
) -> _People:
    return _People(
        source=_area_of(points, source), target=_area_of(points, target), persons=persons, divided=0
    )


def _area_of(points: gpd.GeoSeries, areas: gpd.GeoSeries) -> Positions:
    """Return the area of each point, the one with the first id on a border, −1 outside."""
    area, point = shapely.STRtree(points.to_numpy()).query(areas.to_numpy(), predicate="intersects")
    rank = np.argsort(np.argsort(areas.index.astype(str), kind="stable"), kind="stable")
    order = np.lexsort((rank[area], point))
    point, first = np.unique(point[order], return_index=True)
    found = np.full(len(points), -1, dtype=np.intp)
    found[point] = area[order][first]
    return found


def _of_blocks(
    source: gpd.GeoSeries, target: gpd.GeoSeries, blocks: gpd.GeoSeries, persons: Floats, tolerance: float
) -> _People:
    lived = persons > 0
    blocks, persons = blocks[lived], persons[lived]
    if not len(blocks):
        nowhere = np.zeros(0, dtype=np.intp)
        return _People(source=nowhere, target=nowhere, persons=np.zeros(0), divided=0)
    parts = surface_shares(blocks, source, tolerance=tolerance, names=("blocks", "source"))
    shapes, piece_source = blocks.to_numpy()[parts.first], parts.second
    # Less than one share: the block is cut by a border of sources, or lies partly outside of them.
    cut = parts.share < 1
    shapes[cut] = _polygons(shapely.intersection(shapes[cut], source.to_numpy()[parts.second[cut]]))
    piece_persons = persons[parts.first] * parts.share
    over = np.flatnonzero(parts.outside > 0)
    beyond = _beyond(blocks.to_numpy(), source.to_numpy(), over, parts.first, parts.second)
    pieces = gpd.GeoSeries(np.concatenate([shapes, beyond]), crs=blocks.crs)
    of_source = np.concatenate([piece_source, np.full(len(over), -1, dtype=np.intp)])
    weight = np.concatenate([piece_persons, persons[over] * parts.outside[over]])
    real = shapely.area(pieces.to_numpy()) > 0
    pieces, of_source, weight = pieces[real], of_source[real], weight[real]
    goals = surface_shares(pieces, target, tolerance=tolerance, names=("blocks", "target"))
    left = np.flatnonzero(goals.outside > 0)
    straddling = np.bincount(parts.first, minlength=len(blocks)) > 1
    block_of_piece = np.concatenate([parts.first, over])[real]
    straddling[block_of_piece[np.bincount(goals.first, minlength=len(pieces)) > 1]] = True
    return _People(
        source=np.concatenate([of_source[goals.first], of_source[left]]),
        target=np.concatenate([goals.second, np.full(len(left), -1, dtype=np.intp)]),
        persons=np.concatenate([weight[goals.first] * goals.share, weight[left] * goals.outside[left]]),
        divided=int(straddling.sum()),
    )


def _polygons(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Keep the surfaces of pieces, without the lines and points where areas only touch."""
    mixed = shapely.get_type_id(pieces) == shapely.GeometryType.GEOMETRYCOLLECTION
    pieces[mixed] = shapely.buffer(pieces[mixed], 0)
    return pieces


def _beyond(
    blocks: NDArray[np.object_],
    sources: NDArray[np.object_],
    over: Positions,
    first: Positions,
    second: Positions,
) -> NDArray[np.object_]:
    """Return what of some blocks lies in none of the sources they touch."""
    found = blocks[over]
    starts, stops = np.searchsorted(first, over), np.searchsorted(first, over, side="right")
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        if stop > start:
            found[place] = shapely.difference(found[place], shapely.union_all(sources[second[start:stop]]))
    return _polygons(found)


def _crosswalk(
    areas: gpd.GeoSeries,
    goals: gpd.GeoSeries,
    people: _People,
    surface: SurfaceShares,
    total: float,
    tolerance: float,
    outside: Outside,
) -> Crosswalk:
    """Bring residents in source and target at once into shares; where nobody lives, the surface decides."""
    n_source, n_target = len(areas), len(goals)
    inside = people.source >= 0
    size = np.bincount(people.source[inside], people.persons[inside], minlength=n_source)
    lives_in = np.bincount(
        people.target[people.target >= 0], people.persons[people.target >= 0], minlength=n_target
    )
    both = inside & (people.target >= 0) & (people.persons > 0)
    cell, place = np.unique(people.source[both] * n_target + people.target[both], return_inverse=True)
    amount = np.asarray(np.bincount(place, people.persons[both], minlength=len(cell)), dtype=np.float64)
    origin, goal = cell // n_target, cell % n_target
    placed = np.bincount(origin, amount, minlength=n_source)
    left = np.where(size > 0, 1.0 - placed / np.where(size > 0, size, 1.0), 0.0)
    left = np.where(left <= NOISE, 0.0, left)
    fed = np.bincount(goal, amount, minlength=n_target)
    without = np.where(lives_in > 0, 1.0 - fed / np.where(lives_in > 0, lives_in, 1.0), 0.0)
    without = np.where(without <= NOISE, 0.0, without)
    nobody = size == 0
    alone = nobody[surface.first]
    origin = np.concatenate([origin, surface.first[alone]])
    goal = np.concatenate([goal, surface.second[alone]])
    amount = np.concatenate([amount, surface.share[alone]])
    order = np.lexsort((goal, origin))
    origin, goal, amount = origin[order], goal[order], amount[order]
    left = np.where(nobody, surface.outside, left)
    without = np.where(lives_in > 0, without, surface.uncovered)
    if outside == "shared_out":
        left = np.where(left < 1, 0.0, left)
    basis = pd.Series("population", index=areas.index, dtype=object, name="basis")
    basis[nobody] = "area"
    return Crosswalk(
        source=areas.index,
        target=goals.index,
        origin=origin,
        goal=goal,
        share=row_shares(origin, amount, 1.0 - left),
        size=pd.Series(size, index=areas.index, name="size"),
        outside=pd.Series(left, index=areas.index, name="outside"),
        slivers=pd.Series(0.0, index=areas.index, name="slivers"),
        basis=basis,
        without_source=pd.Series(without, index=goals.index, name="without_source"),
        method="population",
        parameters={
            "tolerance": tolerance,
            "outside": outside,
            "blocks_divided": people.divided,
            "sources_without_residents": int(nobody.sum()),
            "residents_outside_sources": total - float(size.sum()),
        },
    )
