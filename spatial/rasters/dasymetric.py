"""Where in an area are the people it has? Counts of areas, laid on the cells of a grid where a raster says they live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import CountsError
from spatial.parameters import require_choice
from spatial.rasters.cover import PixelCover, checked_areas, pixel_cover
from spatial.rasters.errors import CellsError
from spatial.rasters.grid import Floats, Grid, Raster

__all__ = ["Distribution", "WithoutWeight", "distribute", "require_weights"]

WithoutWeight: TypeAlias = Literal["surface", "kept_out"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Distribution:
    """Counts of areas on the cells of a grid.

    `cells` holds the part of the counts in each cell; NaN where an area in it has no count. `covered` is the share of
    each cell that areas cover, shape (n_rows, n_columns) [share, 0–1]. By area: `weight`, the sum of the weights in
    it, `basis`, what its count was divided by ("weight", "surface"; "none" where it was kept out or lies outside the
    grid, "unknown" where there is no count) and `kept_out`, what of the count is in no cell.
    """

    cells: Raster
    covered: Floats
    weight: pd.Series
    basis: pd.Series
    kept_out: pd.Series
    without_weight: WithoutWeight

    def __repr__(self) -> str:
        kinds = self.basis.value_counts()
        told = ", ".join(f"{kinds[name]} by {name}" for name in ("weight", "surface") if kinds.get(name, 0))
        return (
            f"Distribution({len(self.basis)} areas: {told or 'none placed'}, {kinds.get('none', 0)} kept out, "
            f"{kinds.get('unknown', 0)} unknown)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `weight`, `basis`, `kept_out`."""
        return pd.DataFrame({"weight": self.weight, "basis": self.basis, "kept_out": self.kept_out})


def distribute(
    counts: pd.Series,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    weights: Raster | Grid,
    *,
    without_weight: WithoutWeight = "surface",
    cover: PixelCover | None = None,
) -> Distribution:
    r"""Lay counts of areas on cells, within each area in proportion to the weights.

    .. math:: y_c = \sum_i n_i \frac{f_{ic} w_c}{\sum_k f_{ik} w_k}

    with the counts :math:`n_i`, the share :math:`f_{ic}` of cell :math:`c` that area :math:`i` covers and the weights
    :math:`w_c` [1]_.

    Parameters
    ----------
    counts : Series of int or float, indexed by area_id
        Counts, 0 or more; NaN where none is known or published. [persons, or whatever adds up]
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by area_id
        Areas that do not overlap, in the CRS of the weights.
    weights : Raster or Grid
        What the count goes with: residents, floor space, 1 for settled land and 0 for water; a cell without a number
        has no weight. A grid alone divides by surface.
    without_weight : {"surface", "kept_out"}
        What becomes of the count of an area without any weight: divided by surface, or kept out and told.
    cover : PixelCover, optional
        What `pixel_cover` found for these areas and this grid, when several counts are laid on it.

    Returns
    -------
    Distribution
        Cells and `kept_out` together have the sum of the known counts to 1e-9 of it. A count of 0 is 0 everywhere,
        without weights as well.

    Raises
    ------
    CountsError
        If a count is negative or infinite.
    CellsError
        If a weight is negative.
    AlignmentError, CrsError, GeometryError, ParameterError
        As `pixel_cover`.

    Notes
    -----
    What lies in a cell is an estimate. From published counts it says nothing of a withheld one: where a count is not
    known its cells are not known, those on the border to a neighbour included.

    References
    ----------
    .. [1] C. L. Eicher and C. A. Brewer (2001), Dasymetric mapping and areal interpolation,
       doi:10.1559/152304001782173727.

    Examples
    --------
    >>> import shapely
    >>> from spatial.rasters.grid import raster_of
    >>> settled = raster_of([[0, 1, 1, 0]], left=0, top=100, cell_width=100, crs=25833)
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 250, 100), shapely.box(250, 0, 400, 100)], ["a", "b"], crs=25833)
    >>> distribute(pd.Series([30, 6], ["a", "b"]), areas, settled).cells.values.tolist()
    [[0.0, 20.0, 16.0, 0.0]]
    """
    require_choice("without_weight", without_weight, WithoutWeight)
    grid = weights if isinstance(weights, Grid) else weights.grid
    geometry = checked_areas(areas, grid)
    numbers = align(counts, geometry.index, "counts").to_numpy(dtype=float, na_value=np.nan)
    _refuse_counts(numbers, geometry.index)
    flat = np.ones(grid.n_rows * grid.n_columns) if isinstance(weights, Grid) else require_weights(weights)
    pairs = pixel_cover(geometry, grid) if cover is None else cover
    n, n_cells = len(geometry), grid.n_rows * grid.n_columns
    amount = pairs.share * flat[pairs.cell]
    weight = np.bincount(pairs.area, amount, minlength=n)
    surface = np.bincount(pairs.area, pairs.share, minlength=n)
    unknown = np.isnan(numbers)
    by_weight = weight > 0
    by_surface = ~by_weight & (surface > 0) & (without_weight == "surface")
    part = np.where(by_weight[pairs.area], amount, pairs.share)
    whole = np.where(by_weight, weight, surface)
    placed = (by_weight | by_surface) & ~unknown
    scale = np.divide(numbers, whole, out=np.zeros(n), where=placed)
    placed_in = np.bincount(pairs.cell, part * scale[pairs.area], minlength=n_cells)
    cells = np.asarray(placed_in, dtype=np.float64)
    cells[pairs.cell[unknown[pairs.area]]] = np.nan
    basis = np.select([unknown, by_weight, by_surface], ["unknown", "weight", "surface"], "none")
    kept_out = np.where(placed | unknown, 0.0, numbers)
    index = geometry.index
    return Distribution(
        cells=Raster(values=cells.reshape(grid.shape), grid=grid),
        covered=np.minimum(np.bincount(pairs.cell, pairs.share, minlength=n_cells), 1.0).reshape(grid.shape),
        weight=pd.Series(weight, index=index, name="weight"),
        basis=pd.Series(basis.astype(object), index=index, name="basis"),
        kept_out=pd.Series(kept_out, index=index, name="kept_out"),
        without_weight=without_weight,
    )


def require_weights(weights: Raster) -> Floats:
    """Return the weights of all cells, 0 where none is known.

    Parameters
    ----------
    weights : Raster
        Weights.

    Returns
    -------
    array of float, shape (n_cells,)

    Raises
    ------
    CellsError
        If one is negative.

    Examples
    --------
    >>> from spatial.rasters.grid import raster_of
    >>> require_weights(raster_of([[2, np.nan]], left=0, top=1, cell_width=1, crs=25833)).tolist()
    [2.0, 0.0]
    """
    flat = np.nan_to_num(weights.values.ravel(), nan=0.0)
    negative = int((flat < 0).sum())
    if negative:
        raise CellsError(
            f"{negative:,} cell(s) have a weight below 0",
            "name that number as nodata, or give 0 where nobody lives",
        )
    return flat


def _refuse_counts(numbers: Floats, index: pd.Index) -> None:
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        raise CountsError("count negative or infinite", index[wrong], "leave it NaN where it is not known")
