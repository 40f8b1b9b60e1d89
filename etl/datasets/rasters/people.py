"""A raster of people as weights of a crosswalk: the cells somebody lives in, in the CRS of the city."""

from __future__ import annotations

from pathlib import Path

from etl.datasets.rasters.files import raw_raster, read_window
from etl.errors import FetchError
from spatial.rasters import CellsError, RasterWeights, raster_weights

__all__ = ["people_of_raster"]

_MOST_INHABITED = 1_000_000  # cells; each becomes a square


def people_of_raster(path: Path, band: int, *, crs: object) -> RasterWeights:
    """Return the cells with a weight above 0 as squares in a CRS, or raise `FetchError`."""
    files = raw_raster(path)
    if path.name not in files:
        raise FetchError("file not found", str(path), "correct its name")
    try:
        found = raster_weights(read_window(files, path.name, None, band=band))
    except CellsError as error:
        raise FetchError(error.reason, path.name, error.hint) from error
    if len(found.cells) > _MOST_INHABITED:
        raise FetchError(
            f"somebody lives in {len(found.cells):,} cells, {_MOST_INHABITED:,} can be used",
            path.name,
            "cut the raster to the city, or export it with larger cells",
        )
    return RasterWeights(cells=found.cells.to_crs(crs), population=found.population)
