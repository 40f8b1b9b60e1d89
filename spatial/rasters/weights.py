"""A raster of people as the blocks of a crosswalk by population."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.rasters.cover import checked_areas
from spatial.rasters.dasymetric import require_weights
from spatial.rasters.errors import CellsError
from spatial.rasters.grid import Raster

__all__ = ["RasterWeights", "raster_weights"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RasterWeights:
    """Cells in which somebody lives: `cells` are their outlines, `population` their weights, on the same index."""

    cells: gpd.GeoSeries
    population: pd.Series

    def __repr__(self) -> str:
        return f"RasterWeights({len(self.cells)} cells with {self.population.sum():,.0f} in all)"


def raster_weights(raster: Raster, within: gpd.GeoSeries | gpd.GeoDataFrame | None = None) -> RasterWeights:
    """Return the cells with weight, as `spatial.crosswalk.by_population` takes its blocks.

    Parameters
    ----------
    raster : Raster
        Residents, floor space or another weight per cell, 0 or more; a cell without a number has none.
    within : GeoSeries or GeoDataFrame of (Multi)Polygon, optional
        Areas in the CRS of the raster: only cells that touch the box around them.

    Returns
    -------
    RasterWeights
        Named by row and column from the north-west ("12_7"), in the CRS of the raster. Where the areas have another
        CRS, bring the cells into it with `cells.to_crs(areas.crs)`; their weights stay.

    Raises
    ------
    CellsError
        If a weight is negative, or no cell has any.
    CrsError, AlignmentError, GeometryError, ParameterError
        As `spatial.rasters.pixel_cover`, for `within`.

    Notes
    -----
    A cell cut by a border is divided by surface. Rasters of published counts give weights that may be published;
    see `spatial.crosswalk.by_population`.

    Examples
    --------
    >>> from spatial.crosswalk import by_population
    >>> from spatial.rasters.grid import raster_of
    >>> people = raster_of([[90, 0, 10]], left=0, top=100, cell_width=100, crs=25833)
    >>> weights = raster_weights(people)
    >>> weights.population.to_dict()
    {'0_0': 90.0, '0_2': 10.0}
    >>> old = gpd.GeoSeries([shapely.box(0, 0, 300, 100)], ["1"], crs=25833)
    >>> new = gpd.GeoSeries([shapely.box(0, 0, 150, 100), shapely.box(150, 0, 300, 100)], ["1a", "1b"], crs=25833)
    >>> by_population(old, new, weights.cells, weights.population).share.tolist()
    [0.9, 0.1]
    """
    flat = require_weights(raster)
    grid = raster.grid
    chosen = np.flatnonzero(flat > 0)
    if within is not None:
        geometry = checked_areas(within, grid)
        west, south, east, north = shapely.total_bounds(geometry.to_numpy())
        x, y = grid.centres(chosen)
        near = (x > west - grid.cell_width / 2) & (x < east + grid.cell_width / 2)
        near &= (y > south - grid.cell_height / 2) & (y < north + grid.cell_height / 2)
        chosen = chosen[near]
    if not len(chosen):
        raise CellsError("no cell has a weight", "check the raster, and that it lies where the areas are")
    row, column = np.divmod(chosen, grid.n_columns)
    names = pd.Index([f"{i}_{j}" for i, j in zip(row, column, strict=True)], dtype=object, name="cell")
    return RasterWeights(
        cells=gpd.GeoSeries(grid.squares(chosen), index=names, crs=grid.crs),
        population=pd.Series(flat[chosen], index=names, name="population"),
    )
