"""A rate or a density without borders: smoothed with a kernel from counts on cells, and shown only where that is safe."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from spatial.errors import CrsError
from spatial.parameters import LONGEST, require_choice, require_number
from spatial.rasters.dasymetric import Distribution
from spatial.rasters.errors import CellsError
from spatial.rasters.grid import Floats, Grid

__all__ = ["MASK", "Kernel", "SmoothedSurface", "kernel_weights", "smoothed_density", "smoothed_rate"]

Kernel: TypeAlias = Literal["quartic", "gaussian"]
Bytes: TypeAlias = npt.NDArray[np.uint8]

MASK: Final = ("shown", "outside", "few_persons", "unknown_near")
"""Why a cell has no value, by its number in `SmoothedSurface.mask`."""

_REACH: Final = {"quartic": 1.0, "gaussian": 3.0}  # bandwidths until the weight is 0 [unitless]
_HALF: Final = 0.5  # a cell belongs to the city when half of it does [share]
_SQUARE: Final = 1e-6  # by how much the sides of a cell may differ [share]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SmoothedSurface:
    """A smoothed number per cell, NaN where it is not shown.

    `mask` says why, by number in `MASK`, shape (n_rows, n_columns). `persons` are those under the kernel, weighted by
    it: 1 in the middle, 0 at its edge [persons]. The rest are the parameters; `reach` is where the kernel ends [m].
    """

    values: Floats
    persons: Floats
    mask: Bytes
    grid: Grid
    kernel: Kernel
    bandwidth: float
    reach: float
    least_persons: float

    def __repr__(self) -> str:
        told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in self.counts.items())
        return f"SmoothedSurface({self.kernel} of {self.bandwidth:g} m, {self.grid!r}: {told} cells)"

    @property
    def counts(self) -> dict[str, int]:
        """Number of cells by what became of them."""
        found = np.bincount(self.mask.ravel(), minlength=len(MASK))
        return {name: int(number) for name, number in zip(MASK, found, strict=True)}


def kernel_weights(kernel: Kernel, bandwidth: float, cell_size: float) -> Floats:
    r"""Return the weights of a kernel on square cells, 1 in the middle.

    .. math:: K(u) = (1 - u^2)^2 \;\text{for}\; u < 1 \quad\text{(quartic)}
       \qquad K(u) = e^{-u^2/2} \;\text{for}\; u < 3 \quad\text{(Gaussian)}

    with the distance over the bandwidth :math:`u`.

    Parameters
    ----------
    kernel : {"quartic", "gaussian"}
        *quartic* ends at the bandwidth; *gaussian* has it as standard deviation and ends at three of them.
    bandwidth : float
        Of the kernel, at least the side of a cell. [m]
    cell_size : float
        Side of a cell. [m]

    Returns
    -------
    array of float, shape (2 n + 1, 2 n + 1)
        Weights by the distance between centres of cells. [unitless]

    Raises
    ------
    ParameterError
        If the kernel is unknown or a length out of its range.

    References
    ----------
    .. [1] B. W. Silverman (1986), Density estimation for statistics and data analysis.

    Examples
    --------
    >>> kernel_weights("quartic", 200, 100)[2].round(4).tolist()
    [0.0, 0.5625, 1.0, 0.5625, 0.0]
    """
    require_choice("kernel", kernel, Kernel)
    size = require_number("cell_size", cell_size, "a length above 0", lambda one: 0 < one < LONGEST)
    width = require_number(
        "bandwidth",
        bandwidth,
        f"a length of at least {size:g} m, the side of a cell",
        lambda one: size <= one < LONGEST,
    )
    steps = math.ceil(_REACH[kernel] * width / size)
    offset = np.arange(-steps, steps + 1) * size
    apart = np.hypot(offset[:, None], offset[None, :]) / width
    weight = (1 - apart**2) ** 2 if kernel == "quartic" else np.exp(-(apart**2) / 2)
    return np.where(apart < _REACH[kernel], weight, 0.0)


def smoothed_rate(
    numerator: Distribution,
    denominator: Distribution,
    *,
    bandwidth: float,
    kernel: Kernel = "quartic",
    least_persons: float = 100.0,
    factor: float = 100.0,
) -> SmoothedSurface:
    r"""Smooth numerator and denominator apart, and divide them.

    .. math:: r(x) = \text{factor} \cdot \frac{\sum_c K(d_{xc}) n_c}{\sum_c K(d_{xc}) m_c}

    Parameters
    ----------
    numerator, denominator : Distribution
        Counts on the cells of one grid of squares in metres, such as `distribute` makes. Only what may be
        published; what is withheld is NaN.
    bandwidth : float
        Of the kernel. [m]
    kernel : {"quartic", "gaussian"}
        See `kernel_weights`.
    least_persons : float, default 100
        Fewest persons of the denominator under the kernel, weighted by it, for which a cell is shown. [persons]
    factor : float, default 100
        100 for percent, 1,000 for per thousand.

    Returns
    -------
    SmoothedSurface
        A cell is not shown outside the city, with fewer persons under the kernel, and wherever the kernel reaches
        ground of which a count is not known. Values lie between the least and the greatest rate of the cells.

    Raises
    ------
    CellsError
        If the grids differ, or their cells are no squares.
    CrsError
        If the grid is not in metres.
    ParameterError
        If an option is out of its range.

    Notes
    -----
    People are spread evenly over their area, or as the weights say: the surface is an estimate, and within a large
    area it shows where the borders are. It is made of published counts alone, so that whatever is computed from it
    could be computed from them; the mask keeps it from claiming to know what lies beside a withheld count.

    References
    ----------
    .. [1] J. F. Bithell (1990), An application of density estimation to geographical epidemiology,
       doi:10.1002/sim.4780090616.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from spatial.rasters.dasymetric import distribute
    >>> from spatial.rasters.grid import grid_over
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 400, 400)], index=["00"], crs=25833)
    >>> grid = grid_over(areas, 100)
    >>> poor, people = (distribute(pd.Series([n], ["00"]), areas, grid) for n in (160, 1600))
    >>> surface = smoothed_rate(poor, people, bandwidth=200)
    >>> surface.values[1].round(6).tolist(), int(surface.persons[1, 1])
    ([10.0, 10.0, 10.0, 10.0], 425)
    """
    grid = _common_grid(numerator, denominator)
    weights = kernel_weights(kernel, bandwidth, grid.cell_width)
    least = _least(least_persons)
    unknown = np.isnan(numerator.cells.values) | np.isnan(denominator.cells.values)
    part = np.where(unknown, 0.0, numerator.cells.values)
    whole = np.where(unknown, 0.0, denominator.cells.values)
    persons = _spread(whole, weights)
    mask = _mask(denominator.covered, unknown, persons, least, _REACH[kernel] * bandwidth, grid)
    rate = np.divide(_spread(part, weights), persons, out=np.full(grid.shape, np.nan), where=mask == 0)
    inhabited = whole > 0
    if inhabited.any():  # rounding must not leave the range of what is averaged
        every = part[inhabited] / whole[inhabited]
        rate = np.clip(rate, every.min(), every.max()) if not (part[~inhabited] > 0).any() else rate
    return _surface(factor * rate, persons, mask, grid, kernel, bandwidth, least)


def smoothed_density(
    counts: Distribution,
    persons: Distribution | None = None,
    *,
    bandwidth: float,
    kernel: Kernel = "quartic",
    least_persons: float = 100.0,
) -> SmoothedSurface:
    r"""Smooth a count into a density per square kilometre.

    .. math:: \rho(x) = \frac{\sum_c K(d_{xc}) n_c}{\sum_c K(d_{xc}) a_c}

    with the surface :math:`a_c` of the city in each cell: nobody is looked for outside.

    Parameters
    ----------
    counts : Distribution
        Counts on the cells of a grid of squares in metres. Only what may be published; what is withheld is NaN.
    persons : Distribution, optional
        Residents on the same cells, who are counted for `least_persons`; the counts themselves when left out.
    bandwidth, kernel, least_persons
        As `smoothed_rate`.

    Returns
    -------
    SmoothedSurface
        Counted per square kilometre.

    Raises
    ------
    CellsError, CrsError, ParameterError
        As `smoothed_rate`.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from spatial.rasters.dasymetric import distribute
    >>> from spatial.rasters.grid import grid_over
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 1000, 1000)], index=["00"], crs=25833)
    >>> people = distribute(pd.Series([2500], ["00"]), areas, grid_over(areas, 100))
    >>> smoothed_density(people, bandwidth=300).values[0, :3].round(6).tolist()
    [2500.0, 2500.0, 2500.0]
    """
    residents = counts if persons is None else persons
    grid = _common_grid(counts, residents)
    weights = kernel_weights(kernel, bandwidth, grid.cell_width)
    least = _least(least_persons)
    unknown = np.isnan(counts.cells.values) | np.isnan(residents.cells.values)
    people = _spread(np.where(unknown, 0.0, residents.cells.values), weights)
    mask = _mask(counts.covered, unknown, people, least, _REACH[kernel] * bandwidth, grid)
    ground = _spread(counts.covered * grid.cell_area / 1e6, weights)
    amount = _spread(np.where(unknown, 0.0, counts.cells.values), weights)
    density = np.divide(amount, ground, out=np.full(grid.shape, np.nan), where=mask == 0)
    return _surface(np.maximum(density, 0.0), people, mask, grid, kernel, bandwidth, least)


def _least(persons: float) -> float:
    return require_number(
        "least_persons", persons, "a number of persons of at least 1", lambda one: 1 <= one < LONGEST
    )


def _common_grid(one: Distribution, other: Distribution) -> Grid:
    grid = one.cells.grid
    if grid != other.cells.grid:
        raise CellsError(f"{grid!r} and {other.cells.grid!r} differ", "lay both counts on the same grid")
    axes = {axis.unit_name for axis in grid.crs.axis_info}
    if not grid.crs.is_projected or axes - {"metre", "meter"}:
        raise CrsError("a kernel of metres", grid.crs.to_string()[:60])
    if abs(grid.cell_width / grid.cell_height - 1) > _SQUARE:
        raise CellsError(
            f"cells of {grid.cell_width:g} × {grid.cell_height:g} m are no squares", "take a grid of squares"
        )
    return grid


def _spread(cells: Floats, weights: Floats) -> Floats:
    """Return the weighted sum around each cell; what is left of computing with waves is nothing."""
    from scipy.signal import oaconvolve  # noqa: PLC0415  # takes a second to import, and few commands smooth

    found = np.asarray(oaconvolve(cells, weights, mode="full"), dtype=np.float64)
    steps = weights.shape[0] // 2
    rows, columns = cells.shape
    return np.maximum(found[steps : steps + rows, steps : steps + columns], 0.0)


def _mask(
    covered: Floats, unknown: npt.NDArray[np.bool_], persons: Floats, least: float, reach: float, grid: Grid
) -> Bytes:
    """Say of each cell whether it is shown; the strictest reason is told."""
    mask = np.zeros(grid.shape, dtype=np.uint8)
    mask[persons < least] = MASK.index("few_persons")
    if unknown.any():
        # From the centre of a cell to the nearest corner of one that is not known.
        apart = np.asarray(distance_transform_edt(~unknown)) * grid.cell_width - grid.cell_width * math.sqrt(
            2
        )
        mask[apart < reach] = MASK.index("unknown_near")
    mask[covered < _HALF] = MASK.index("outside")
    return mask


def _surface(
    values: Floats, persons: Floats, mask: Bytes, grid: Grid, kernel: Kernel, bandwidth: float, least: float
) -> SmoothedSurface:
    return SmoothedSurface(
        values=np.where(mask == 0, values, np.nan),
        persons=persons,
        mask=mask,
        grid=grid,
        kernel=kernel,
        bandwidth=float(bandwidth),
        reach=_REACH[kernel] * float(bandwidth),
        least_persons=least,
    )
