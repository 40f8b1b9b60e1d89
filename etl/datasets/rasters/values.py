"""Rasters to values of areas, by what the manifest says; every doubt is a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from etl.datasets.findings import Findings
from etl.datasets.indicator_parts import indicators_of
from etl.datasets.layouts import Read, end_of_period
from etl.datasets.manifest import Manifest
from etl.datasets.rasters.files import Bounds, crs_of_raster, is_same_crs, read_window
from etl.datasets.rasters.parts import RasterPart
from etl.datasets.rasters.tables import TableCells, read_cells
from etl.delivery import VALUE_COLUMNS
from etl.errors import FetchError
from etl.raw import RawFile
from indicators.status import ValueStatus
from spatial.rasters import CellsError, zonal_statistics

__all__ = ["raster_values"]


def raster_values(
    manifest: Manifest,
    files: Mapping[str, RawFile],
    areas: Mapping[str, gpd.GeoDataFrame],
    findings: Findings,
    read: Read,
) -> list[pd.DataFrame]:
    """Return the values of every `[[raster]]` with `VALUE_COLUMNS`.

    Without areas the file is looked at all the same, to tell what is wrong with it.
    """
    made = []
    for part in (one for one in manifest.raster if one.file in files):
        try:
            values = _values(manifest, part, files, areas.get(part.geography), findings, read)
        except FetchError as error:
            findings.failed(error, file=part.file)
        except CellsError as error:
            findings.error(part.file, error.reason, error.hint, column=part.indicator)
        else:
            if values is not None:
                made.append(values)
    return made


def _values(
    manifest: Manifest,
    part: RasterPart,
    files: Mapping[str, RawFile],
    level: gpd.GeoDataFrame | None,
    findings: Findings,
    read: Read,
) -> pd.DataFrame | None:
    crs = CRS.from_user_input(part.crs) if part.cells is not None else _looked_at(part, files)
    if level is None:
        return None
    areas = gpd.GeoSeries(level.geometry.to_numpy(), index=level["area_id"].to_numpy(), crs=level.crs)
    if not is_same_crs(crs, CRS.from_user_input(areas.crs)):
        # The cells stay as they are: to draw them anew would change their sums.
        read.count(
            f"{part.file}: areas of {part.geography} brought into {crs.name}, the CRS of its cells",
            len(areas),
        )
    there = areas.to_crs(crs)
    cells = _read(part, files, there, findings)
    if cells is None:
        return None
    raster = cells.raster
    read.count(f"{part.file}: cells whose number is withheld, not known", int(cells.withheld.sum()))
    if part.empty == "zero":
        empty = np.isnan(raster.values) & ~cells.withheld
        read.count(f"{part.file}: cells without a number, taken as 0", int(empty.sum()))
        raster = replace(raster, values=np.where(empty, 0.0, raster.values))
    found = zonal_statistics(
        there.set_crs(raster.grid.crs, allow_override=True),
        raster,
        statistic="share" if part.statistic in ("percent", "surface") else part.statistic,  # type: ignore[arg-type]
        classes=part.classes,
        known_at_least=part.known_at_least,
    )
    number = found.values * _unit(part, areas) * part.factor
    definition = next(one for one in indicators_of(manifest) if one.id == part.indicator)
    if definition.kind == "extensive":
        number = number.round(definition.decimals)  # there are no parts of persons
    lacking = int(number.isna().sum())
    read.count(f"{part.indicator}: {part.geography} without enough known cells, called missing", lacking)
    _check_range(number, part, manifest, definition.kind == "extensive", findings)
    status = np.select(
        [number.isna(), number == 0], [ValueStatus.MISSING.value, ValueStatus.ZERO.value], part.status
    )
    table = pd.DataFrame(
        {"area_id": number.index, "value": number.to_numpy(), "status": status.astype(object)}
    )
    day = part.reference_date or end_of_period(part.period)
    return table.assign(
        geography=part.geography, indicator_id=part.indicator, period=part.period, reference_date=day
    )[list(VALUE_COLUMNS)]


def _looked_at(part: RasterPart, files: Mapping[str, RawFile]) -> CRS:
    return crs_of_raster(files, part.file, band=part.band, crs=part.crs)


def _read(
    part: RasterPart, files: Mapping[str, RawFile], areas: gpd.GeoSeries, findings: Findings
) -> TableCells | None:
    west, south, east, north = (float(one) for one in areas.total_bounds)
    bounds: Bounds = (west, south, east, north)
    if part.cells is not None:
        return read_cells(files[part.file], part, bounds, findings)
    raster = read_window(files, part.file, bounds, band=part.band, crs=part.crs, nodata=part.nodata)
    return TableCells(raster=raster, withheld=np.zeros(raster.values.shape, dtype=np.bool_))


def _unit(part: RasterPart, areas: gpd.GeoSeries) -> pd.Series | float:
    """Return what a share or a number is multiplied with: percent, or the surface of the areas in true metres."""
    if part.statistic == "percent":
        return 100.0
    if part.statistic == "surface":
        return pd.Series(shapely.area(areas.to_numpy()), index=areas.index)
    return 1.0


def _check_range(
    number: pd.Series, part: RasterPart, manifest: Manifest, is_count: bool, findings: Findings
) -> None:
    told = next(one for one in manifest.indicator if one.id == part.indicator)
    where = f"band {part.band}" if part.cells is None else f"column {part.cells.column!r}"
    origin = "band" if part.cells is None else "cells"
    todo = f"check {origin}, nodata and factor, or the range of the indicator"
    broken = []
    if is_count and (told.least is None or told.least < 0):
        of_count = (
            f"check {origin} and factor, and name in nodata what stands for no number; what can be negative is no count:"
            ' take statistic = "mean" and kind = "intensive"'
        )
        broken.append((number < 0, "is below 0", of_count))
    elif told.least is not None:
        broken.append((number < told.least, f"is below {told.least:g}", todo))
    if told.most is not None:
        broken.append((number > told.most, f"is above {told.most:g}", todo))
    for wrong, what, todo_here in broken:
        findings.each(
            part.file,
            ((f"{where}, area {area}", f"{value:g} {what}") for area, value in number[wrong].items()),
            todo_here,
            column=part.indicator,
        )
