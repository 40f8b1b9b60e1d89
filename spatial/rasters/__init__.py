"""Rasters: numbers of cells brought to areas, counts of areas brought to cells, and surfaces without borders."""

from spatial.rasters.cover import PixelCover, pixel_cover
from spatial.rasters.dasymetric import Distribution, distribute
from spatial.rasters.errors import CellsError
from spatial.rasters.grid import MOST_CELLS, Grid, Raster, grid_over, is_nodata, raster_of
from spatial.rasters.surface import MASK, SmoothedSurface, kernel_weights, smoothed_density, smoothed_rate
from spatial.rasters.weights import RasterWeights, raster_weights
from spatial.rasters.zonal import ZonalStatistics, zonal_statistics

__all__ = [
    "MASK",
    "MOST_CELLS",
    "CellsError",
    "Distribution",
    "Grid",
    "PixelCover",
    "Raster",
    "RasterWeights",
    "SmoothedSurface",
    "ZonalStatistics",
    "distribute",
    "grid_over",
    "is_nodata",
    "kernel_weights",
    "pixel_cover",
    "raster_of",
    "raster_weights",
    "smoothed_density",
    "smoothed_rate",
    "zonal_statistics",
]
