"""Numbers on a grid as a cloud-optimised GeoTIFF: one file that any map program opens, and reads only what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio import Env
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import Affine

__all__ = ["NODATA", "cloud_optimised"]

NODATA: Final = -9999.0


def cloud_optimised(
    values: npt.NDArray[np.floating],
    *,
    transform: Affine,
    crs_wkt: str,
    description: str,
    tags: Mapping[str, str],
) -> bytes:
    """Return one band of numbers as a file: tiles and overviews in one, the same bytes from the same numbers and words.

    NaN is written as `NODATA`; overviews are means of the cells that have a number.
    """
    rows, columns = values.shape
    cells = np.where(np.isfinite(values), values, NODATA).astype(np.float32)
    with Env(GDAL_NUM_THREADS="1"), MemoryFile() as memory:
        with memory.open(
            driver="COG",
            height=rows,
            width=columns,
            count=1,
            dtype="float32",
            nodata=NODATA,
            crs=CRS.from_wkt(crs_wkt),
            transform=transform,
            compress="DEFLATE",
            predictor="FLOATING_POINT",
            blocksize=256,
            overview_resampling="AVERAGE",
        ) as file:
            file.write(cells, 1)
            file.set_band_description(1, description)
            file.update_tags(**tags)
        return bytes(memory.read())
