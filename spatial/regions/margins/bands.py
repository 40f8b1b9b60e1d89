"""How far is it to a priority area, and what do two of them share? Bands around the cores, and links between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import triu
from scipy.sparse.csgraph import dijkstra

from spatial.coverage import area_geometry
from spatial.errors import ParameterError
from spatial.lines import line_geometry
from spatial.parameters import require_number, require_numbers
from spatial.regions.margins.zones import OpenGround, around, outlines, polygons_of
from spatial.segregation.environments.street_network import StreetNetwork

__all__ = ["distance_band", "link_zones"]

_HECTARE = 10_000.0

# Ends of streets that were cut at the outline of a core lie on it, but for rounding. [m]
_ON_THE_OUTLINE = 0.002

# What two zones share is a place from this size on; less comes from rounding. [m²]
_LEAST_SHARED = 1.0


def distance_band(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    region: pd.Series,
    *,
    distances: Sequence[float],
    streets: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    access: float = 50.0,
) -> gpd.GeoDataFrame:
    """Draw graded bands around each region: its link to the neighbourhood.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        All areas of the city, in a projected CRS.
    region : Series, indexed by area_id
        Region id of each area, missing where it is in none: that of a proposal, or `core` of `SoftAreas`.
    distances : sequence of float
        Where a band ends, each above 0. [m]
    streets : GeoSeries or GeoDataFrame of (Multi)LineString, optional
        Where people walk, also beyond the edge of the city. Lines meet where they share a vertex. Default:
        distance is measured in a straight line.
    access : float, default 50
        With streets: how far from a street a place may be to be reached from it. [m]

    Returns
    -------
    GeoDataFrame of MultiPolygon
        One row per region and band, by region and from near to far: `region_id`, `near` and `far` [m], `hectares`.
        A band ends at the edge of the city and leaves out the core of every region. Bands of one region do
        not overlap; those of several may, see `link_zones`. A band of which nothing is left is empty.

    Raises
    ------
    ParameterError
        If a distance or `access` is no finite length above 0, or there are no distances.
    CrsError, AlignmentError, GeometryError
        As in `outlines`; also when the streets have another CRS, or one of them is no line.

    Notes
    -----
    A straight band is drawn with 8 chords to a quarter of a circle, so that around a corner it ends up to half a
    per cent early. Along streets the way begins where a street leaves the region; what is reached is every place
    within `access` of a point of a street that is at most `far` along the streets from there.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 400, 100)], index=ids, crs=25833)
    >>> bands = distance_band(areas, pd.Series(["1", None], index=ids), distances=[100, 250])
    >>> bands[["region_id", "near", "far", "hectares"]].round(2).to_numpy().tolist()
    [['1', 0.0, 100.0, 1.0], ['1', 100.0, 250.0, 1.5]]
    """
    steps = _steps(distances)
    geometry = area_geometry(areas, "a band of distance")
    cores = outlines(geometry, region)
    rows, shapes = [], []
    for name, reached in zip(
        cores.index, _reached(geometry, region, cores, steps, streets, access), strict=True
    ):
        before = shapely.Polygon()
        for near, far, whole in zip([0.0, *steps[:-1]], steps, reached, strict=True):
            rows.append((name, near, far))
            shapes.append(polygons_of(shapely.difference(whole, before)))
            before = whole
    frame = pd.DataFrame(rows, columns=["region_id", "near", "far"])
    return gpd.GeoDataFrame(
        frame.assign(hectares=shapely.area(np.array(shapes, dtype=object)) / _HECTARE),
        geometry=gpd.GeoSeries(shapes, crs=geometry.crs),
    )


def link_zones(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    region: pd.Series,
    *,
    distance: float,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    access: float = 50.0,
) -> gpd.GeoDataFrame:
    """Find what regions that face each other share: the ground that is near to both.

    Parameters
    ----------
    areas, region, streets, access
        As in `distance_band`.
    distance : float
        How near to both regions a place has to be. [m]

    Returns
    -------
    GeoDataFrame of MultiPolygon
        One row per pair of regions whose zones share a square metre or more, or that have a border with each
        other, in reading order: `region_id`, `neighbour_id`, `distance_between`, the straight way from outline to
        outline [m], `shared_border`, where they touch [m], and `hectares`. The shape is the common part of both
        zones: within the city, in no region; empty where a border is all that they share.

    Raises
    ------
    ParameterError, CrsError, AlignmentError, GeometryError
        As in `distance_band`.

    Notes
    -----
    Regions that are more than twice the distance apart share nothing. Where three are near each other, a place may
    lie in several links.

    Examples
    --------
    >>> ids = ["00", "01", "02"]
    >>> areas = gpd.GeoSeries([shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200)], index=ids, crs=25833)
    >>> links = link_zones(areas, pd.Series(["1", None, "2"], index=ids), distance=80.0)
    >>> links[["region_id", "neighbour_id", "distance_between", "hectares"]].round(2).to_numpy().tolist()
    [['1', '2', 100.0, 0.6]]
    """
    steps = _steps([distance])
    geometry = area_geometry(areas, "a link between regions")
    cores = outlines(geometry, region)
    zones = [polygons_of(one[0]) for one in _reached(geometry, region, cores, steps, streets, access)]
    reach = 2 * (steps[0] + (access if streets is not None else 0.0))
    core = cores.geometry.to_numpy()
    near = shapely.STRtree(core).query(core, predicate="dwithin", distance=reach).T
    rows, shapes = [], []
    for one, other in sorted((int(a), int(b)) for a, b in near if a < b):
        shared = polygons_of(shapely.intersection(zones[one], zones[other]))
        border = shapely.intersection(*shapely.boundary(core[[one, other]])).length
        if shared.area < _LEAST_SHARED and not border:
            continue
        between = core[one].distance(core[other])
        rows.append((cores.index[one], cores.index[other], between, border, shared.area / _HECTARE))
        shapes.append(shared)
    columns = ["region_id", "neighbour_id", "distance_between", "shared_border", "hectares"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=geometry.crs))


def _steps(distances: Sequence[float]) -> list[float]:
    expected = "one or several finite lengths above 0 m"
    found = require_numbers(
        "distances", distances, expected, lambda metres: np.isfinite(metres) & (metres > 0)
    )
    if not found.size:
        raise ParameterError("distances", distances, expected)
    return [float(one) for one in np.unique(found)]


def _reached(
    geometry: gpd.GeoSeries,
    region: pd.Series,
    cores: gpd.GeoDataFrame,
    steps: list[float],
    streets: gpd.GeoSeries | gpd.GeoDataFrame | None,
    access: float,
) -> list[list[shapely.Geometry]]:
    """Return, per core, what of the open ground lies within each distance."""
    ground = OpenGround.of(geometry, region)
    if streets is None:
        width, lines = 0.0, None
    else:
        width = require_number(
            "access", access, "a finite length above 0 m", lambda metres: 0 < metres < math.inf
        )
        lines = line_geometry(streets, geometry, "distance along streets").to_numpy()
    found = []
    for core in cores.geometry:
        open_near = ground.near(core, steps[-1] + width)
        if lines is None:
            wide = [around(core, far) for far in steps]
        else:
            wide = [shapely.buffer(way, width) for way in _ways(core, lines, steps, cores.crs)]
        found.append([shapely.intersection(one, open_near) for one in wide])
    return found


def _ways(
    core: shapely.Geometry, lines: NDArray[np.object_], steps: list[float], crs: object
) -> list[shapely.Geometry]:
    """Return the streets outside a core up to each distance along them, as lines."""
    shapely.prepare(core)
    outside = lines[shapely.dwithin(lines, core, steps[-1])].copy()
    through = shapely.intersects(outside, core)
    outside[through] = shapely.difference(outside[through], core)
    parts = shapely.get_parts(outside)
    parts = parts[shapely.length(parts) > 0]
    if not len(parts):
        return [shapely.MultiLineString() for _ in steps]
    network = StreetNetwork.of(gpd.GeoSeries(parts, crs=crs))
    nodes = np.column_stack([network.x, network.y])
    start = np.flatnonzero(shapely.dwithin(shapely.points(nodes), core, _ON_THE_OUTLINE))
    if not len(start):
        return [shapely.MultiLineString() for _ in steps]
    metres = np.asarray(dijkstra(network.length, indices=start, min_only=True, limit=steps[-1]))
    pieces = triu(network.length, format="coo")
    both = [(pieces.row, pieces.col), (pieces.col, pieces.row)]
    return [
        shapely.multilinestrings(
            list(
                itertools.chain.from_iterable(
                    _walked(nodes, a, b, pieces.data, far - metres[a]) for a, b in both
                )
            )
        )
        for far in steps
    ]


def _walked(
    nodes: NDArray[np.float64],
    start: NDArray[np.int32],
    end: NDArray[np.int32],
    length: NDArray[np.float64],
    left: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Return the pieces of street as far as the metres that are left at their start will carry."""
    some = left > 0
    share = np.minimum(left[some] / length[some], 1.0)[:, None]
    begin = nodes[start[some]]
    ends = begin + share * (nodes[end[some]] - begin)
    return np.asarray(shapely.linestrings(np.stack([begin, ends], axis=1)))
