"""The part of a manifest about rasters: which file, which cells, and what of them becomes a value of an area."""

# `says` makes fields, and nothing is shared by them.
# ruff: noqa: RUF009

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from etl.datasets.schema import says

__all__ = ["CellsPart", "RasterPart"]


@dataclass(frozen=True, kw_only=True)
class CellsPart:
    """A table with a row per cell of a grid of squares, such as those of the census."""

    x: str = says("column with the x (east) of the middle of the cell, in `crs`")
    y: str = says("column with the y (north) of the middle of the cell, in `crs`")
    column: str = says("column with the numbers")
    size: float = says("width of a cell in the unit of `crs`")
    decimal: Literal[".", ","] = says("decimal sign", default=".")
    delimiter: str = says("delimiter of a text file; found out when left out", default="")


@dataclass(frozen=True, kw_only=True)
class RasterPart:
    """One indicator of areas, made of the cells of a raster; cells on a border count in part."""

    file: str = says("GeoTIFF or ASCII grid, also in a zip, or table of cells")
    band: int = says("band of the file, from 1", default=1)
    cells: CellsPart | None = says("how the table of cells is read, where the file is one", default=None)
    crs: str = says("CRS of the raster, when the file does not say it, such as EPSG:3035", default="")
    geography: str = says("level of the areas that get the values")
    indicator: str = says("id of the indicator")
    statistic: Literal["sum", "mean", "percent", "surface"] = says(
        "sum: cells hold amounts; mean: cells hold levels; percent, surface: part of the area in `classes`, in % of what "
        "is known or in m²"
    )
    holds: Literal["", "persons", "ground"] = says(
        "mean, percent, surface: whether cells hold anything of persons (how many, how old, how poor) or of the ground "
        "alone (land use, heights, noise); must be said unless everything is as published, and then only ground is read",
        default="",
    )
    classes: tuple[float, ...] = says("percent, surface: numbers of the classes", default=())
    nodata: tuple[float, ...] = says(
        'numbers that stand for "not known", as they stand in the file before its scale, beside what it says itself',
        default=(),
    )
    empty: Literal["unknown", "zero"] = says(
        "what a cell without a number holds: nobody knows, or nothing; a withheld one is never known",
        default="unknown",
    )
    known_at_least: float = says(
        "share of an area that must be known; with less its value is missing", default=0.99
    )
    factor: float = says("what a figure is multiplied with to come into the unit", default=1.0)
    status: Literal["measured", "uncertain"] = says("state of the values that come out", default="measured")
    period: str = says('the period, such as "2022"')
    reference_date: date | None = says(
        "date of the raster; the last day of the period when left out", default=None
    )
