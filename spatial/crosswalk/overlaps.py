"""Which areas of two maps have ground in common, and how much? The one geometric step behind every crosswalk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.alignment import require_unique
from spatial.coverage import area_geometry, geometry_of, require_metres
from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.result import Floats, Positions
from spatial.errors import CrsError, GeometryError

__all__ = ["NOISE", "map_of", "overlaps", "refuse_overlaps", "require_same_crs"]

Shapes = NDArray[np.object_]

NOISE: Final = 1e-10
"""Shares of an area below this are what is left of computing with coordinates of some million metres. [share]"""

# Pairs that are cut at once: few enough that the pieces of all threads together stay below some megabytes.
_CHUNK = 4_000
_THREADS = 2


def map_of(areas: gpd.GeoSeries | gpd.GeoDataFrame, name: str) -> gpd.GeoSeries:
    """Return the geometry of a map of areas after checking it, with its name in every complaint.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        At least one area, in a projected CRS with metres.
    name : str
        Name of the input: "source", "target" or "blocks".

    Returns
    -------
    GeoSeries
        The geometry on the same index, unchanged.

    Raises
    ------
    CrsError, AlignmentError, GeometryError, ParameterError
        As `spatial.coverage.area_geometry`.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], index=["00"], crs=25833)
    >>> map_of(square, "source").index.tolist()
    ['00']
    """
    geometry = geometry_of(areas, name)
    require_metres(geometry.crs, f"a crosswalk ({name})")
    require_unique(geometry.index, name)
    try:
        return area_geometry(geometry, "a crosswalk")
    except GeometryError as error:
        raise GeometryError(f"{name}: {error.reason}", error.areas, error.hint) from error


def require_same_crs(**maps: gpd.GeoSeries) -> None:
    """Refuse maps in different CRS.

    Parameters
    ----------
    **maps : GeoSeries
        Maps by their names.

    Raises
    ------
    CrsError
        With the CRS of each.

    Examples
    --------
    >>> one = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=25833)
    >>> require_same_crs(source=one, target=one)
    """
    crs = {name: one.crs for name, one in maps.items()}
    first = next(iter(crs.values()))
    if any(one != first for one in crs.values()):
        named = " and ".join(
            f"{name} in {one.to_string() if one is not None else 'no CRS'}" for name, one in crs.items()
        )
        raise CrsError("a crosswalk", f"{named}, which differ")


def overlaps(one: Shapes, other: Shapes) -> tuple[Positions, Positions, Floats]:
    """Return every pair of areas that have ground in common.

    Parameters
    ----------
    one, other : arrays of (Multi)Polygon
        Valid geometry in the same CRS in metres.

    Returns
    -------
    first, second : arrays of int, shape (n_pairs,)
        Places in `one` and in `other`, sorted by the first, then by the second.
    common : array of float, shape (n_pairs,)
        Common surface, above 0. [m²]

    Notes
    -----
    Areas that lie wholly in another are not cut. Where the map of the larger areas is a clean coverage, they are not
    held against its neighbours either, and of the others that lie wholly in the map one piece is what the other
    pieces leave. The rest is cut in chunks on two threads (GEOS needs no lock), so that memory does not grow with
    the number of pieces.

    Examples
    --------
    >>> strips = np.array([shapely.box(0, 0, 4, 1), shapely.box(4, 0, 9, 1)])
    >>> first, second, common = overlaps(strips, np.array([shapely.box(3, 0, 9, 1)]))
    >>> first.tolist(), common.tolist()
    ([0, 1], [1.0, 5.0])
    """
    if len(one) < len(other):
        second, first, common = overlaps(other, one)
        order = np.lexsort((second, first))
        return first[order], second[order], common[order]
    tree = shapely.STRtree(one)
    large, small = tree.query(other, predicate="intersects")
    found = tree.query(other, predicate="covers")
    inside = np.isin(large * len(one) + small, found[0] * len(one) + found[1])
    size = shapely.area(one)
    common = np.where(inside, size[small], 0.0)
    to_cut = ~inside
    remainder = np.zeros(0, dtype=np.intp)
    if to_cut.sum() > len(other) and shapely.coverage_is_valid(other):
        # What lies wholly in one area has nothing in common with the others: these do not overlap each other.
        to_cut &= ~np.isin(small, found[1])
        remainder = _remainders(one, other, small, large, np.flatnonzero(to_cut))
        to_cut[remainder] = False
    cut = np.flatnonzero(to_cut)
    common[cut] = _common_surface(one, other, small[cut], large[cut])
    rest = (size - np.bincount(small[cut], common[cut], minlength=len(one)))[small[remainder]]
    common[remainder] = np.where(rest > NOISE * size[small[remainder]], rest, 0.0)
    order = np.lexsort((large, small))
    order = order[common[order] > 0]
    return small[order], large[order], common[order]


def _remainders(
    one: Shapes, other: Shapes, small: Positions, large: Positions, pairs: Positions
) -> Positions:
    """Return one pair of each area that lies wholly in the other map: it has what the others leave, and is not cut.

    It is the one whose boxes have most in common, so that the remainder is none of a small difference.
    """
    outline = shapely.coverage_union_all(other)
    shapely.prepare(outline)
    candidates = np.unique(small[pairs])
    within = candidates[shapely.covers(outline, one[candidates])]
    pairs = pairs[np.isin(small[pairs], within)]
    box, frame = shapely.bounds(one[small[pairs]]), shapely.bounds(other[large[pairs]])
    sides = np.minimum(box[:, 2:], frame[:, 2:]) - np.maximum(box[:, :2], frame[:, :2])
    order = np.lexsort((sides.prod(axis=1), small[pairs]))
    last = np.diff(small[pairs][order], append=-1) != 0
    return np.asarray(pairs[order][last], dtype=np.intp)


def _common_surface(one: Shapes, other: Shapes, small: Positions, large: Positions) -> Floats:
    """Cut pairs of areas, in chunks, and return the surfaces of the pieces."""
    chunks = np.array_split(np.arange(len(small)), max(1, -(-len(small) // _CHUNK)))

    def surface(chunk: Positions) -> Floats:
        pieces = shapely.intersection(one[small[chunk]], other[large[chunk]])
        return np.asarray(shapely.area(pieces), dtype=np.float64)

    if len(chunks) == 1:
        return surface(chunks[0])
    with ThreadPoolExecutor(_THREADS) as threads:
        return np.concatenate(list(threads.map(surface, chunks)))


def refuse_overlaps(
    geometry: gpd.GeoSeries, name: str, suspects: Positions, tolerance: float, surplus: float
) -> None:
    """Name the areas of a map that overlap each other.

    Parameters
    ----------
    geometry : GeoSeries
        The map.
    name : str
        Its name.
    suspects : array of int
        Places of the areas among which there is an overlap.
    tolerance : float
        Share of the smaller of two areas up to which an overlap is a matter of drawing. [share]
    surplus : float
        Largest part of an area of the other map that is counted more than once. [share]

    Raises
    ------
    CrosswalkError
        Always.

    Examples
    --------
    >>> twice = gpd.GeoSeries([shapely.box(0, 0, 1, 1)] * 2, index=["00", "01"], crs=25833)
    >>> refuse_overlaps(twice, "source", np.array([0, 1]), 0.005, 1.0)
    Traceback (most recent call last):
    spatial.crosswalk.errors.CrosswalkError: source: areas overlap each other (00 and 01 by 1 m², …)...
    """
    shapes = geometry.to_numpy()[suspects]
    first, second, common = overlaps(shapes, shapes)
    size = shapely.area(shapes)
    pair = (first < second) & (common > tolerance * np.minimum(size[first], size[second]))
    ids = geometry.index[suspects]
    if pair.any():
        worst = np.flatnonzero(pair)[common[pair].argmax()]
        named = f"{ids[first[worst]]} and {ids[second[worst]]} by {common[worst]:,.4g} m², …"
        ids = ids[np.unique(np.concatenate([first[pair], second[pair]]))]
    else:
        named = "many slightly"
    raise CrosswalkError(
        f"{name}: areas overlap each other ({named}), so that up to {100 * surplus:.3g} % of an area counts more than once",
        ids,
        "pass one level and one edition only, without doubles; or clean the coverage in a named step; or raise "
        "tolerance where this is a matter of drawing",
    )
