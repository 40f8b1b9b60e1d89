"""Which cells does an area cover, and how much of each? The one geometric step behind everything with rasters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import NumPyRasterSource
from pyproj import CRS

from spatial.coverage import area_geometry, geometry_of
from spatial.errors import CrsError
from spatial.rasters.grid import Floats, Grid, Positions

__all__ = ["PixelCover", "checked_areas", "covers", "pixel_cover"]

# Cells of the boxes of areas that are looked at together: some hundred megabytes.
_AT_ONCE: Final = 4_000_000

# Any CRS in metres, to ask of areas what is asked everywhere; a share of a cell needs no metres itself.
_IN_METRES: Final = 25833


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PixelCover:
    """Pairs of an area and a cell that have ground in common, sorted by area, then by cell.

    `area`: place of the area in the index, `cell`: number of the cell, `share`: share of the cell that the area covers,
    above 0 [share, 0–1].
    """

    area: Positions
    cell: Positions
    share: Floats

    def __repr__(self) -> str:
        return f"PixelCover({len(np.unique(self.area))} areas, {len(self.cell)} pairs)"


def pixel_cover(areas: gpd.GeoSeries | gpd.GeoDataFrame, grid: Grid) -> PixelCover:
    """Return how much of which cell each area covers.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas in the CRS of the grid.
    grid : Grid
        The cells.

    Returns
    -------
    PixelCover
        Areas outside the grid have no pair.

    Raises
    ------
    CrsError
        If areas and grid have different CRS.
    AlignmentError, GeometryError, ParameterError
        As `spatial.coverage.area_geometry`.

    Notes
    -----
    Shares are computed by exactextract along the outline, cell by cell; they are exact but for the last digits
    [1]_.

    References
    ----------
    .. [1] D. Baston, exactextract, https://github.com/isciences/exactextract.

    Examples
    --------
    >>> from spatial.rasters.grid import raster_of
    >>> grid = raster_of([[0, 0]], left=0, top=100, cell_width=100, crs=25833).grid
    >>> areas = gpd.GeoSeries([shapely.box(50, 0, 125, 100)], index=["00"], crs=25833)
    >>> cover = pixel_cover(areas, grid)
    >>> cover.cell.tolist(), cover.share.tolist()
    ([0, 1], [0.5, 0.25])
    """
    parts = list(covers(checked_areas(areas, grid), grid))
    return PixelCover(
        area=np.concatenate([one.area for one in parts]),
        cell=np.concatenate([one.cell for one in parts]),
        share=np.concatenate([one.share for one in parts]),
    )


def checked_areas(areas: gpd.GeoSeries | gpd.GeoDataFrame, grid: Grid) -> gpd.GeoSeries:
    """Return the geometry of areas after checking that it can be laid on a grid.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by area_id
        Areas.
    grid : Grid
        The cells.

    Returns
    -------
    GeoSeries
        The geometry, unchanged.

    Raises
    ------
    CrsError, AlignmentError, GeometryError, ParameterError
        As `pixel_cover`.

    Examples
    --------
    >>> from spatial.rasters.grid import raster_of
    >>> grid = raster_of([[0]], left=0, top=100, cell_width=100, crs=25832).grid
    >>> checked_areas(gpd.GeoSeries([shapely.box(0, 0, 9, 9)], index=["00"], crs=25833), grid)
    Traceback (most recent call last):
    spatial.errors.CrsError: areas on a grid needs a projected CRS in metres, got areas in EPSG:25833, cells in ...
    """
    geometry = geometry_of(areas, "areas")
    ours = geometry.crs
    if ours is None or not CRS.from_user_input(ours).equals(grid.crs, ignore_axis_order=True):
        named = "no CRS" if ours is None else CRS.from_user_input(ours).to_string()[:60]
        raise CrsError("areas on a grid", f"areas in {named}, cells in {grid.crs.to_string()[:60]}")
    area_geometry(geometry.set_crs(_IN_METRES, allow_override=True), "areas on a grid")
    return geometry


def covers(geometry: gpd.GeoSeries, grid: Grid) -> Iterator[PixelCover]:
    """Yield the cover of areas in portions, so that memory does not grow with their number.

    Parameters
    ----------
    geometry : GeoSeries
        Areas as `checked_areas` returns them.
    grid : Grid
        The cells.

    Yields
    ------
    PixelCover
        At least one.

    Examples
    --------
    >>> from spatial.rasters.grid import raster_of
    >>> grid = raster_of([[0, 0]], left=0, top=100, cell_width=100, crs=25833).grid
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 25, 100)], index=["00"], crs=25833)
    >>> [one.share.tolist() for one in covers(areas, grid)]
    [[0.25]]
    """
    shapes = geometry.to_numpy()
    west, south, east, north = shapely.bounds(shapes).T
    wide = np.minimum((east - west) / grid.cell_width + 2, grid.n_columns)
    high = np.minimum((north - south) / grid.cell_height + 2, grid.n_rows)
    portion = np.floor(np.cumsum(wide * high) / _AT_ONCE)
    starts = np.flatnonzero(np.diff(portion, prepend=-1.0))
    # Only the place of the cells is asked for: no numbers are read.
    cells = NumPyRasterSource(
        np.broadcast_to(np.float64(0), grid.shape), *grid.bounds, srs_wkt=grid.crs.to_wkt()
    )
    for start, stop in zip(starts, [*starts[1:], len(shapes)], strict=True):
        found = exact_extract(
            cells, _Shapes(shapes[start:stop], grid.crs), ["cell_id", "coverage"], output="pandas"
        )
        counts = [len(one) for one in found["cell_id"]]
        share = np.concatenate([np.asarray(one, dtype=np.float64) for one in found["coverage"]])
        touched = share > 0
        yield PixelCover(
            area=np.repeat(np.arange(start, stop, dtype=np.intp), counts)[touched],
            cell=np.concatenate([np.asarray(one, dtype=np.intp) for one in found["cell_id"]])[touched],
            share=share[touched],
        )


class _Shape(Feature):  # type: ignore[misc]
    """One area as exactextract asks for it: geometry as WKB, no attributes."""

    def __init__(self, wkb: bytes) -> None:
        super().__init__()
        self.wkb = wkb

    def geometry(self) -> bytes:
        return self.wkb

    def fields(self) -> list[str]:
        return []


class _Shapes(FeatureSource):  # type: ignore[misc]
    """Areas as exactextract asks for them; its own source writes each as JSON first, which takes as long as the cutting."""

    def __init__(self, shapes: npt.NDArray[np.object_], crs: CRS) -> None:
        super().__init__()
        self.wkb = shapely.to_wkb(shapes, output_dimension=2)
        self.crs = crs

    def count(self) -> int:
        return len(self.wkb)

    def __iter__(self) -> Iterator[_Shape]:
        return map(_Shape, self.wkb)

    def srs_wkt(self) -> str:
        return self.crs.to_wkt()
