"""Is the city segregated because groups live apart, or because one is large? A smoothed map of people in three parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from spatial.errors import GeometryError, ParameterError
from spatial.parameters import require_choice, require_whole_number
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.decomposition.contributions import Title, require_sum
from spatial.segregation.environments.kernels import KernelName, kernel_weight, make_kernel, require_bandwidth
from spatial.segregation.environments.surroundings import Surroundings
from spatial.segregation.places import Places

__all__ = ["PART_TITLES", "SurfaceDecomposition", "surface_decomposition"]

PART_TITLES: Final = {
    "location": Title("Wo die Gruppen wohnen", "Where the groups live"),
    "composition": Title("Wie groß die Gruppen sind", "How large the groups are"),
    "quality": Title("Wie viele Gruppen es gibt", "How many groups there are"),
}
"""Titles of the parts, in the order in which they are listed."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SurfaceDecomposition:
    """The chance that two people at one place belong to the same group, as a sum of three parts.

    `parts` (location, composition, quality) add up to `value`. `shares` are those of the groups on the surface;
    absent groups are left out. `surface` has one row per cell within the window: its centre `x`, `y` [m] as the
    index, and the density of each group [persons per km²]; None without smoothing. `side` is that of a cell [m].
    `areas_outside` are inhabited areas whose point lies outside the window: they take no part.
    """

    value: float
    parts: pd.Series
    shares: pd.Series
    surface: pd.DataFrame | None
    side: float
    areas_outside: pd.Index
    kernel: KernelName
    bandwidth: float
    edge: Literal["corrected", "open"]

    def __post_init__(self) -> None:
        """Refuse parts that do not add up."""
        require_sum(self.parts.to_numpy(), self.value, "parts")

    def __repr__(self) -> str:
        location, composition, quality = self.parts
        smooth = "not smoothed" if self.surface is None else f"{self.kernel}, {self.bandwidth:g} m"
        return (
            f"SurfaceDecomposition({self.value:.4f} = location {location:.4f} + composition {composition:.4f} "
            f"+ quality {quality:.4f}; {len(self.shares)} groups, {smooth})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per part: `value`, `title_de` and `title_en`."""
        frame = self.parts.rename("value").to_frame()
        frame["title_de"] = [PART_TITLES[part].de for part in frame.index]
        frame["title_en"] = [PART_TITLES[part].en for part in frame.index]
        return frame


def surface_decomposition(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float,
    kernel: KernelName = "biweight",
    cells: int = 100,
    window: Polygon | MultiPolygon | None = None,
    edge: Literal["corrected", "open"] = "corrected",
    workers: int | None = None,
) -> SurfaceDecomposition:
    r"""Split the concentration of groups on a smoothed map into location, composition and quality.

    .. math:: S = \frac{\sum_x d_x \sum_m \pi_{xm}^2}{\sum_x d_x}
              = \underbrace{S - \sum_m \pi_m^2}_{location}
              + \underbrace{\sum_m \pi_m^2 - \tfrac1K}_{composition} + \underbrace{\tfrac1K}_{quality}

    with the density :math:`d_x` of people in cell :math:`x` of a raster, the share :math:`\pi_{xm}` of group
    :math:`m` in it and :math:`\pi_m` on the whole surface, and :math:`K` groups [1]_ [2]_. Location is what
    would vanish if all groups were spread alike, composition what would vanish if they were of one size, too,
    and quality what remains.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; people live at the centroids until they are smoothed.
    bandwidth : float
        Reach of the kernel (scale, for the Gaussian and the exponential). 0: no smoothing, the areas
        themselves. The parts depend on it, so it has no default. [m]
    kernel : str, default "biweight"
        "box", "triangle", "epanechnikov", "biweight" (quartic, as published), "cosine", "gaussian" or
        "exponential".
    cells : int, default 100
        Square cells along the longer side of the window, at most 2,000.
    window : Polygon or MultiPolygon, optional
        Where the surface is looked at, in the CRS of the areas. Default: the rectangle around the points of the
        inhabited areas, as in R seg.
    edge : {"corrected", "open"}, default "corrected"
        Whether the density near the rim of the window is divided by the part of the kernel that lies inside.
    workers : int, optional
        Threads; the result does not depend on them. Default: as many as the machine offers.

    Returns
    -------
    SurfaceDecomposition
        `value` from 1 / K to 1; location and composition are at least 0 [unitless]. All NaN when nobody lives
        in the window. With one group all of it is quality. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If an option is unknown or out of its range.

    Notes
    -----
    Location divided by :math:`1 - \sum_m \pi_m^2` is the relative diversity of the cells (for two groups: the
    correlation ratio); without smoothing it is `relative_diversity`. A kernel should reach over several cells.

    References
    ----------
    .. [1] Y. Sadahiro and S.-Y. Hong (2013), Decomposition Approach to the Measurement of Spatial Segregation,
       CSIS Discussion Paper 119, The University of Tokyo.
    .. [2] S.-Y. Hong, D. O'Sullivan and Y. Sadahiro (2014), Implementing Spatial Segregation Measures in R,
       PLoS ONE 9(11), doi:10.1371/journal.pone.0113767.

    Examples
    --------
    >>> row = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 100.0]), y=np.zeros(2))
    >>> people = pd.DataFrame({"young": [10, 0], "old": [0, 10]})
    >>> surface_decomposition(people, geometry=row, bandwidth=100, kernel="triangle", cells=2)
    SurfaceDecomposition(0.6250 = location 0.1250 + composition 0.0000 + quality 0.5000; 2 groups, triangle, 100 m)
    """
    require_choice("kernel", kernel, KernelName)
    require_choice("edge", edge, Literal["corrected", "open"])
    cells = require_whole_number("cells", cells, "a whole number from 1 to 2,000", least=1, most=2000)
    bandwidth = require_bandwidth(bandwidth)
    table = many_groups(counts)
    places = Places.of(geometry, table.area_id, "the surface decomposition")
    inhabited = np.asarray(table.counts.any(axis=0))
    inside = inhabited.copy()
    if window is not None:
        _require_polygon(window)
        inside &= shapely.intersects_xy(window, places.x, places.y)
    present = np.asarray(table.counts[:, inside].any(axis=1))
    names = [name for name, kept in zip(table.group, present, strict=True) if kept]
    density, frame, side = table.counts[np.ix_(present, inside)], None, math.nan
    if bandwidth > 0 and inside.any():
        x, y, side = _cells(places.x[inside], places.y[inside], window, cells)
        homes = places.x[inside], places.y[inside]
        density = _smoothed(density, homes, (x, y, side), kernel, bandwidth, edge, workers)
        index = pd.MultiIndex.from_arrays([x, y], names=["x", "y"])
        frame = pd.DataFrame(density.T * 1e6, index=index, columns=names)
    value, parts, shares = _parts(density)
    return SurfaceDecomposition(
        value=value,
        parts=pd.Series(parts, name="part"),
        shares=pd.Series(shares, index=pd.Index(names, name="group"), name="share"),
        surface=frame,
        side=side,
        areas_outside=table.area_id[inhabited & ~inside],
        kernel=kernel,
        bandwidth=bandwidth,
        edge=edge,
    )


def _parts(density: Floats) -> tuple[float, dict[str, float], Floats]:
    """Return the concentration, its parts, and the shares of the groups, of densities (n_groups, n_cells)."""
    here, everybody = density.sum(axis=0), density.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = density.sum(axis=1) / everybody
        settled = here > 0
        value = float((density[:, settled] ** 2 / here[settled]).sum() / everybody)
    overall, least = (float((shares**2).sum()), 1 / len(density)) if everybody > 0 else (math.nan, math.nan)
    # Rounding may leave a part that is 0 just below it.
    location, composition = (
        part if math.isnan(part) else max(part, 0.0) for part in (value - overall, overall - least)
    )
    parts = {"location": location, "composition": composition, "quality": least}
    return sum(parts.values()), parts, np.asarray(shares)


def _require_polygon(window: BaseGeometry) -> None:
    if not isinstance(window, Polygon | MultiPolygon):
        raise ParameterError("window", window, "a Polygon or MultiPolygon in the CRS of the areas")
    if window.is_empty or not window.is_valid:
        raise GeometryError("window is empty or invalid", ["window"], "repair the polygon")


def _cells(
    x: Floats, y: Floats, window: Polygon | MultiPolygon | None, cells: int
) -> tuple[Floats, Floats, float]:
    """Return the centres of the cells in the window, or in the rectangle around points, and their side."""
    left, bottom, right, top = (
        (x.min(), y.min(), x.max(), y.max()) if window is None else shapely.bounds(window)
    )
    side = float(max(right - left, top - bottom)) / cells or 1.0
    numbers = [max(math.ceil((high - low) / side - 1e-9), 1) for low, high in ((left, right), (bottom, top))]
    # The raster lies around the middle of the window, so that both of its rims are cut alike.
    across, up = (
        (low + high - side * (number - 1)) / 2 + side * np.arange(number)
        for number, low, high in zip(numbers, (left, bottom), (right, top), strict=True)
    )
    centres = np.tile(across, numbers[1]), np.repeat(up, numbers[0])
    if window is not None:
        within = shapely.intersects_xy(window, *centres)
        if not within.any():
            raise ParameterError("cells", cells, "more cells: none has its centre in the window")
        centres = centres[0][within], centres[1][within]
    return *centres, side


def _smoothed(
    people: Floats,
    homes: tuple[Floats, Floats],
    raster: tuple[Floats, Floats, float],
    kernel: KernelName,
    bandwidth: float,
    edge: Literal["corrected", "open"],
    workers: int | None,
) -> Floats:
    """Return the density of each group in each cell [persons per m²], shape (n_groups, n_cells).

    The cells are areas where nobody lives, which ask for their environments; land is one more group, which
    lives in the cells, so that it tells how much of the kernel lies within the window.
    """
    x, y, side = raster
    places = Places(
        area_id=pd.RangeIndex(len(homes[0]) + len(x)),
        x=np.concatenate([homes[0], x]),
        y=np.concatenate([homes[1], y]),
    )
    table = np.zeros((len(people) + 1, len(places.x)))
    table[:-1, : people.shape[1]] = people
    table[-1, people.shape[1] :] = side**2
    surroundings = Surroundings(bandwidth=bandwidth, kernel=kernel, workers=workers)
    *around, land = surroundings.environments(places).around.sums(table)[:, people.shape[1] :]
    if edge == "open":
        land = np.full_like(land, _volume(kernel, bandwidth, side))
    return np.asarray(np.stack(around) / land)


def _volume(kernel: KernelName, bandwidth: float, side: float) -> float:
    """Return the sum of the kernel over all cells of an endless raster, times their size [m²]."""
    reach = make_kernel(kernel, bandwidth=bandwidth).cutoff
    away = side * np.arange(math.ceil(reach / side) + 1)
    quarter = kernel_weight(np.hypot(away[:, None], away), kernel=kernel, bandwidth=bandwidth)
    times = np.where(away > 0, 2.0, 1.0)
    return float(times @ quarter @ times) * side**2
