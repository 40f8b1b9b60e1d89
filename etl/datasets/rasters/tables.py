"""Tables with a row per cell, as the census publishes its grids, to rasters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from etl.datasets.findings import Findings
from etl.datasets.numbers import NumberFormat, read_numbers
from etl.datasets.rasters.files import Bounds
from etl.datasets.rasters.parts import RasterPart
from etl.datasets.tables import Reading, read_sheet
from etl.errors import FetchError
from etl.raw import RawFile
from indicators.status import ValueStatus
from spatial.rasters import MOST_CELLS, Raster, raster_of

__all__ = ["TableCells", "read_cells"]

_OFF = 0.01  # by how much a middle may lie beside the grid [cells]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableCells:
    """The cells of a table; `withheld`, of the same shape, are those whose number exists and is kept back."""

    raster: Raster
    withheld: npt.NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"TableCells({self.raster!r}, {int(self.withheld.sum())} withheld)"


def read_cells(file: RawFile, part: RasterPart, bounds: Bounds, findings: Findings) -> TableCells | None:
    """Return the cells of a table over a box in its CRS; None, and findings, when it cannot be read.

    Numbers and signs are read as in every table; a cell without a row, or with a sign for a missing or withheld number,
    is not known. Cells are made as far as the box reaches: what lies beyond the rows is not known either.
    """
    told = part.cells
    if told is None:
        raise FetchError("the manifest does not say how the cells are written", part.file, "give cells")
    frame = read_sheet(file, Reading(delimiter=told.delimiter, decimal=told.decimal), findings)
    if frame is None:
        return None
    lacking = [name for name in (told.x, told.y, told.column) if name not in frame.columns]
    for name in lacking:
        has = ", ".join(map(str, frame.columns[:12]))
        findings.error(file.name, f"there is no such column; it has {has}", "correct cells", column=name)
    if lacking:
        return None
    form = NumberFormat(decimal=told.decimal)
    numbers = {name: read_numbers(frame[name].str.strip(), form) for name in (told.x, told.y, told.column)}
    before = len(findings.errors)
    for name, one in numbers.items():
        lost = ~one["readable"] | (one["value"].isna() & (name != told.column))
        findings.each(
            file.name,
            ((f"row {row}", f"{text!r} is no number") for row, text in frame.loc[lost, name].items()),
            "correct the cell",
            column=name,
        )
    if len(findings.errors) > before:
        return None
    x, y, value = (numbers[name]["value"].astype(float) for name in (told.x, told.y, told.column))
    west, south, east, north = bounds
    near = (x > west - told.size) & (x < east + told.size)
    near &= (y > south - told.size) & (y < north + told.size)
    x, y, value = x[near], y[near], value[near]
    withheld = numbers[told.column].loc[near, "status"] == ValueStatus.SUPPRESSED.value
    if x.empty:
        raise FetchError("no cell lies where the areas are", file.name, "check file and crs")
    return _gridded(x, y, value, withheld, part, bounds, file, findings)


def _gridded(
    x: pd.Series,
    y: pd.Series,
    value: pd.Series,
    withheld: pd.Series,
    part: RasterPart,
    bounds: Bounds,
    file: RawFile,
    findings: Findings,
) -> TableCells | None:
    size = part.cells.size if part.cells is not None else 1.0
    west, south, east, north = bounds
    left, top = x.min() - size / 2, y.max() + size / 2
    left -= max(0, np.ceil((left - west) / size)) * size
    top += max(0, np.ceil((north - top) / size)) * size
    column, row = (x - left) / size - 0.5, (top - y) / size - 0.5
    off = (np.abs(column - column.round()) > _OFF) | (np.abs(row - row.round()) > _OFF)
    findings.each(
        file.name,
        (
            (f"row {number}", f"{x[number]:.10g}, {y[number]:.10g} is not the middle of a cell of {size:g}")
            for number in off.index[off]
        ),
        "correct size, or the columns of x and y",
    )
    place = pd.DataFrame({"row": row.round().astype(int), "column": column.round().astype(int)})
    twice = place.duplicated()
    findings.each(
        file.name,
        ((f"row {number}", "a second row for the same cell") for number in twice.index[twice]),
        "deliver one row per cell",
    )
    if off.any() or twice.any():
        return None
    shape = (
        max(int(place["row"].max()) + 1, int(np.ceil((top - south) / size))),
        max(int(place["column"].max()) + 1, int(np.ceil((east - left) / size))),
    )
    if shape[0] * shape[1] > MOST_CELLS:
        what = f"{shape[0]:,} × {shape[1]:,} cells, {MOST_CELLS:,} can be read"
        raise FetchError(what, file.name, "correct size, or cut the table to the city")
    cells = np.full(shape, np.nan)
    cells[place["row"], place["column"]] = value
    kept_back = np.zeros(shape, dtype=np.bool_)
    kept_back[place["row"], place["column"]] = withheld
    raster = raster_of(
        cells, left=left, top=top, cell_width=size, crs=CRS.from_user_input(part.crs), nodata=part.nodata
    )
    return TableCells(raster=raster, withheld=kept_back)
