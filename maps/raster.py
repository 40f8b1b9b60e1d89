"""A surface in place of areas: values of areas on a fine grid, smoothed, as a GeoTIFF that any map program opens."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import gaussian_filter

from maps.cloud_optimised import NODATA, cloud_optimised
from maps.errors import RasterError
from spatial.alignment import align
from spatial.coverage import area_geometry

__all__ = ["NODATA", "MembershipRaster", "membership_raster", "to_geotiff"]

# A cell is looked at in 4 by 4 points: an even number, so that a border through its middle halves it.
_POINTS: Final = 4
_MOST_CELLS: Final = 20_000_000
_POINTS_AT_A_TIME: Final = 1 << 24

# Further than this many standard deviations nobody contributes. The scaling of the weights stops at this error.
_TRUNCATED: Final = 4.0
_CLOSE: Final = 1e-6
_MOST_ROUNDS: Final = 200

_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MembershipRaster:
    """A surface on a square grid, north up.

    `values` holds a number per cell, NaN outside the city and where no value is known, shape (n_rows, n_columns).
    `transform` leads from column and row to coordinates of `crs`. `cell_size` and `smoothing` are the parameters [m].
    `covered` is the share of each cell that lies in areas of known value [share, 0–1]. `areas_mean` is the mean of the
    areas' values, weighted by their surface, `raster_mean` that of the cells, weighted by `covered`: smoothing
    keeps it, so they differ only by how well cells of this size picture the areas.
    """

    values: NDArray[np.float32]
    covered: NDArray[np.float32]
    transform: Affine
    crs: object
    cell_size: float
    smoothing: float
    areas_mean: float
    raster_mean: float

    def __repr__(self) -> str:
        rows, columns = self.values.shape
        return (
            f"MembershipRaster({rows} × {columns} cells of {self.cell_size:g} m, "
            f"{int(np.isfinite(self.values).sum())} with a value, smoothed over {self.smoothing:g} m, "
            f"mean {self.raster_mean:.4f}, of the areas {self.areas_mean:.4f})"
        )


def membership_raster(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    values: pd.Series,
    *,
    cell_size: float = 25.0,
    smoothing: float = 100.0,
) -> MembershipRaster:
    """Lay values of areas on a grid and smooth them across their borders.

    `cell_size` is the side of a cell [m]; cells begin at multiples of it, so that surfaces of several runs fit. Each
    cell has the mean of the values in it by surface (4 × 4 points). `smoothing` is the standard deviation of the
    Gaussian kernel [m], 0 for none. The kernel is scaled so that a constant stays a constant up to the edge of the
    city, the mean over the surface of the city is kept, and no cell leaves the range of the values. What lies
    outside the city, and areas without a value, neither give nor take: the surface has a hole there.
    """
    geometry = area_geometry(areas, "a surface")
    given = align(values, geometry.index, "values").to_numpy(dtype=float, na_value=np.nan)
    _require_usable(given, geometry.index, cell_size, smoothing)
    shapes = geometry.to_numpy()
    known = np.isfinite(given)
    left, bottom, right, top = shapely.total_bounds(shapes)
    west, north = math.floor(left / cell_size) * cell_size, math.ceil(top / cell_size) * cell_size
    columns, rows = math.ceil((right - west) / cell_size), math.ceil((north - bottom) / cell_size)
    if rows * columns > _MOST_CELLS:
        least = math.sqrt((right - left) * (top - bottom) / _MOST_CELLS)
        raise RasterError(
            f"{rows} × {columns} cells of {cell_size:g} m are more than {_MOST_CELLS:,}",
            f"choose cells of {math.ceil(least)} m or more",
        )
    transform = Affine(cell_size, 0.0, west, 0.0, -cell_size, north)
    # Where areas overlap by a sliver the last one counts: by id, not by row.
    order = np.argsort(geometry.index.astype(str).to_numpy(dtype=object), kind="stable")
    order = order[known[order]]
    total, covered = _on_the_grid(shapes[order], given[order], transform, (rows, columns))
    inside = covered > 0
    surface = np.divide(total, covered, out=np.zeros_like(total), where=inside)
    if smoothing > 0 and inside.any():
        surface = _smoothed(surface, covered, smoothing / cell_size)
    size = shapely.area(shapes[known])
    rounded = np.where(inside, np.round(surface, _DECIMALS), np.nan).astype(np.float32)
    return MembershipRaster(
        values=rounded,
        covered=covered.astype(np.float32),
        transform=transform,
        crs=geometry.crs,
        cell_size=float(cell_size),
        smoothing=float(smoothing),
        areas_mean=float(np.average(given[known], weights=size)) if known.any() else math.nan,
        raster_mean=float(np.average(surface[inside], weights=covered[inside])) if inside.any() else math.nan,
    )


def to_geotiff(
    surface: MembershipRaster, *, title: str, period: str, source: str, parameters: Mapping[str, object]
) -> bytes:
    """Write a surface as a cloud-optimised GeoTIFF: the same bytes from the same surface and the same words.

    Tiles and overviews lie in one file, so that a map program reads only what it shows. Cells without a value have
    `NODATA`. Title, period, source and parameters (as JSON) are tags of the file, beside cell size, smoothing and mean.
    """
    tags = {
        "TITLE": title,
        "PERIOD": period,
        "SOURCE": source,
        "PARAMETERS": json.dumps(dict(parameters), sort_keys=True, ensure_ascii=False, default=str),
        "CELL_SIZE": f"{surface.cell_size:g} m",
        "SMOOTHING": f"{surface.smoothing:g} m",
        "SURFACE_MEAN": f"{surface.raster_mean:.6f}",
    }
    return cloud_optimised(
        surface.values,
        transform=surface.transform,
        crs_wkt=surface.crs.to_wkt(),  # type: ignore[attr-defined]
        description=title,
        tags=tags,
    )


def _require_usable(values: NDArray[np.float64], index: pd.Index, cell_size: float, smoothing: float) -> None:
    if not (math.isfinite(cell_size) and cell_size > 0):
        raise RasterError(f"cells of {cell_size} m", "choose a finite length above 0, such as 25")
    if not (math.isfinite(smoothing) and smoothing >= 0):
        raise RasterError(f"smoothing over {smoothing} m", "choose a finite length, or 0 for none")
    infinite = index[np.isinf(values)].astype(str).tolist()
    if infinite:
        shown = ", ".join(infinite[:5]) + (" …" if len(infinite) > 5 else "")
        raise RasterError(
            f"value infinite in {len(infinite)} area(s): {shown}", "leave it missing if it is not known"
        )


def _on_the_grid(
    shapes: NDArray[np.object_], values: NDArray[np.float64], transform: Affine, size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, per cell, the values of the areas times the share of the cell that they cover, and that share."""
    rows, columns = size
    total, covered = np.zeros(size), np.zeros(size)
    if not len(shapes):
        return total, covered
    value, is_area = np.concatenate([[0.0], values]), np.concatenate([[0.0], np.ones(len(values))])
    strip = max(1, _POINTS_AT_A_TIME // (columns * _POINTS**2))
    lowest, highest = shapely.bounds(shapes)[:, [1, 3]].T
    for start in range(0, rows, strip):
        stop = min(start + strip, rows)
        north, south = transform.f + transform.e * start, transform.f + transform.e * stop
        here = np.flatnonzero((lowest <= north) & (highest >= south))
        if not len(here):
            continue
        number = rasterize(
            zip(shapes[here], (here + 1).tolist(), strict=True),
            out_shape=((stop - start) * _POINTS, columns * _POINTS),
            transform=Affine(transform.a / _POINTS, 0.0, transform.c, 0.0, transform.e / _POINTS, north),
            fill=0,
            dtype="int32",
        ).reshape(stop - start, _POINTS, columns, _POINTS)
        total[start:stop] = value[number].mean(axis=(1, 3))
        covered[start:stop] = is_area[number].mean(axis=(1, 3))
    return total, covered


def _smoothed(
    surface: NDArray[np.float64], covered: NDArray[np.float64], deviation: float
) -> NDArray[np.float64]:
    """Average with a Gaussian kernel K that is scaled to D K D, so that the rows and columns of D K D W sum to one.

    Rows: a constant stays a constant. Columns: what a cell gives away arrives somewhere. W is the covered share.
    """

    def spread(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = gaussian_filter(cells, deviation, mode="constant", truncate=_TRUNCATED)
        return found

    inside = covered > 0
    scale = inside.astype(float)
    for _ in range(_MOST_ROUNDS):
        reached = np.where(inside, scale * spread(scale * covered), 1.0)
        if float(np.abs(reached - 1.0).max()) < _CLOSE:
            break
        scale = scale / np.sqrt(reached)
    given = spread(scale * covered * surface)
    weight = spread(scale * covered)
    smooth = np.divide(given, weight, out=np.zeros_like(given), where=inside)
    # Only the last digit of a weighted mean may leave the range of what it is a mean of.
    return np.clip(smooth, surface[inside].min(), surface[inside].max())
