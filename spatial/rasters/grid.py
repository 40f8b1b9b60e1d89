"""What is a raster here? Numbers on a grid of equal cells, north up, with its place on Earth; no file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from spatial.coverage import area_geometry
from spatial.parameters import LONGEST, require_number
from spatial.rasters.errors import CellsError

__all__ = ["MOST_CELLS", "Floats", "Grid", "Positions", "Raster", "grid_over", "is_nodata", "raster_of"]

Floats: TypeAlias = npt.NDArray[np.float64]
Positions: TypeAlias = npt.NDArray[np.intp]

MOST_CELLS: Final = 50_000_000
"""Cells of one raster: 400 MB as numbers. What is larger is read in windows, or coarser."""

_DIMENSIONS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Equal cells in rows from north to south and columns from west to east.

    `left` and `top` are the north-western corner, `cell_width` and `cell_height` the sides of a cell, above 0, all in
    the unit of `crs` (a `pyproj.CRS`). Cells are numbered row by row from 0, in the north-west.
    """

    left: float
    top: float
    cell_width: float
    cell_height: float
    n_rows: int
    n_columns: int
    crs: CRS

    def __repr__(self) -> str:
        return (
            f"Grid({self.n_rows} × {self.n_columns} cells of {self.cell_width:g} × {self.cell_height:g}, "
            f"{self.crs.to_string()[:40]})"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n_rows, self.n_columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south = self.top - self.n_rows * self.cell_height
        return self.left, south, self.left + self.n_columns * self.cell_width, self.top

    @property
    def cell_area(self) -> float:
        """Surface of a cell in the square of the unit of the CRS."""
        return self.cell_width * self.cell_height

    def centres(self, cells: Positions) -> tuple[Floats, Floats]:
        """Return x and y of the centres of cells."""
        row, column = np.divmod(np.asarray(cells, dtype=np.intp), self.n_columns)
        return self.left + (column + 0.5) * self.cell_width, self.top - (row + 0.5) * self.cell_height

    def squares(self, cells: Positions) -> npt.NDArray[np.object_]:
        """Return the outlines of cells."""
        x, y = self.centres(cells)
        half_width, half_height = self.cell_width / 2, self.cell_height / 2
        boxes: npt.NDArray[np.object_] = shapely.box(
            x - half_width, y - half_height, x + half_width, y + half_height
        )
        return boxes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Raster:
    """A number per cell of a grid; NaN where none is known. `values` has the shape (n_rows, n_columns)."""

    values: Floats
    grid: Grid

    def __repr__(self) -> str:
        known = int(np.isfinite(self.values).sum())
        return f"Raster({self.grid!r}, {known} known)"


def raster_of(
    values: npt.ArrayLike,
    *,
    left: float,
    top: float,
    cell_width: float,
    cell_height: float | None = None,
    crs: object,
    nodata: tuple[float, ...] = (),
) -> Raster:
    """Bring numbers on a grid into a raster, with what stands for "not known" taken out.

    Parameters
    ----------
    values : array of numbers, shape (n_rows, n_columns)
        The cells, the northern row first; masked arrays and NaN are not known.
    left, top : float
        North-western corner. [unit of the CRS]
    cell_width, cell_height : float
        Sides of a cell; squares when the height is left out. [unit of the CRS]
    crs : object
        What `pyproj` takes for a CRS: an EPSG number, WKT, a CRS.
    nodata : tuple of float, default ()
        Numbers that stand for "not known", compared as `is_nodata` does.

    Returns
    -------
    Raster
        As float64; the input is not changed.

    Raises
    ------
    CellsError
        If there is no cell, there are too many, or one is infinite.
    ParameterError
        If a length is no finite number, or a side is not above 0.

    Examples
    --------
    >>> raster_of([[1, 2], [-1, 4]], left=0, top=200, cell_width=100, crs=25833, nodata=(-1,))
    Raster(Grid(2 × 2 cells of 100 × 100, EPSG:25833), 3 known)
    """
    shape = np.shape(values)
    if len(shape) != _DIMENSIONS or not math.prod(shape):
        raise CellsError(f"values of shape {shape} are no grid", "give rows and columns with cells")
    if math.prod(shape) > MOST_CELLS:
        raise CellsError(
            f"{shape[0]} × {shape[1]} cells are more than {MOST_CELLS:,}",
            "cut the raster to the city, or take larger cells",
        )
    numbers: np.ma.MaskedArray[Any, Any] = np.ma.asarray(values)
    cells = np.ma.filled(numbers.astype(np.float64), np.nan)
    cells[is_nodata(np.ma.getdata(numbers), nodata)] = np.nan
    infinite = int(np.isinf(cells).sum())
    if infinite:
        raise CellsError(f"{infinite:,} cell(s) are infinite", "name that number as nodata")
    height = cell_width if cell_height is None else cell_height
    width, height = _side("cell_width", cell_width), _side("cell_height", height)
    grid = Grid(
        left=_place("left", left),
        top=_place("top", top),
        cell_width=width,
        cell_height=height,
        n_rows=cells.shape[0],
        n_columns=cells.shape[1],
        crs=CRS.from_user_input(crs),
    )
    return Raster(values=cells, grid=grid)


def is_nodata(values: npt.ArrayLike, nodata: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Tell which cells hold a number that stands for "not known", compared in the type of the cells.

    Parameters
    ----------
    values : array of numbers
        Cells as they were written, before any scale.
    nodata : tuple of float
        Numbers that stand for "not known". One that the type of the cells cannot hold stands for none of them; NaN is
        not looked for, as it is never a number.

    Returns
    -------
    array of bool, shape of the values

    Examples
    --------
    A cell of 32 bits that was written as -99.9 holds -99.90000153.

    >>> is_nodata(np.array([-99.9, 4], dtype="float32"), (-99.9,)).tolist()
    [True, False]
    >>> is_nodata(np.array([255, 0], dtype="uint8"), (-1, 255)).tolist()
    [True, False]
    """
    cells = np.asarray(values)
    if cells.dtype.kind not in "iuf":
        cells = cells.astype(np.float64)
    found = np.zeros(cells.shape, dtype=np.bool_)
    for number in nodata:
        own = _in_type(float(number), cells.dtype)
        if own is not None:
            found |= cells == own
    return found


def _in_type(number: float, kind: np.dtype[Any]) -> Any:
    """Return a number as the cells would hold it, None where they cannot."""
    if kind.kind == "f":
        with np.errstate(over="ignore", under="ignore"):
            own = kind.type(number)
        is_lost = (math.isfinite(number) and not np.isfinite(own)) or (number != 0 and own == 0)
        return None if is_lost else own
    limits = np.iinfo(kind)
    is_held = number.is_integer() and limits.min <= int(number) <= limits.max
    return kind.type(int(number)) if is_held else None


def grid_over(areas: gpd.GeoSeries | gpd.GeoDataFrame, cell_size: float, *, most: int = MOST_CELLS) -> Grid:
    """Lay a grid of squares over areas; cells begin at multiples of their size, so that grids of several runs fit.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by area_id
        Areas in a projected CRS with metres.
    cell_size : float
        Side of a cell. [m]
    most : int
        Most cells.

    Returns
    -------
    Grid

    Raises
    ------
    CellsError
        If there would be more cells than `most`.
    CrsError, GeometryError, AlignmentError, ParameterError
        As `spatial.coverage.area_geometry`, or if the side is not above 0.

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(30, 30, 130, 130)], index=["00"], crs=25833)
    >>> grid_over(areas, 50).bounds
    (0.0, 0.0, 150.0, 150.0)
    """
    size = _side("cell_size", cell_size)
    geometry = area_geometry(areas, "a grid")
    left, bottom, right, top = (float(one) for one in shapely.total_bounds(geometry.to_numpy()))
    west, north = math.floor(left / size) * size, math.ceil(top / size) * size
    columns, rows = max(1, math.ceil((right - west) / size)), max(1, math.ceil((north - bottom) / size))
    if rows * columns > most:
        least = math.ceil(math.sqrt((right - left) * (top - bottom) / most))
        raise CellsError(
            f"{rows} × {columns} cells of {size:g} m are more than {most:,}",
            f"choose cells of {least} m or more",
        )
    return Grid(
        left=west,
        top=north,
        cell_width=size,
        cell_height=size,
        n_rows=rows,
        n_columns=columns,
        crs=CRS.from_user_input(geometry.crs),
    )


def _side(name: str, value: object) -> float:
    return require_number(name, value, "a length above 0", lambda length: 0 < length < LONGEST)


def _place(name: str, value: object) -> float:
    return require_number(name, value, "a finite coordinate", lambda at: abs(at) < LONGEST)
