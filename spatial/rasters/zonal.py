"""What does a raster say of each area? Sums, means and shares of classes, with cells on a border counted in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.parameters import require_choice, require_number, require_several
from spatial.rasters.cover import checked_areas, covers
from spatial.rasters.errors import CellsError
from spatial.rasters.grid import Floats, Raster

__all__ = ["Statistic", "ZonalStatistics", "zonal_statistics"]

Statistic: TypeAlias = Literal["sum", "mean", "share", "count"]

_ROUNDING: Final = 1e-6  # shares of cells are exact to some eight digits [share]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ZonalStatistics:
    """One number per area from the cells of a raster.

    `values` is NaN where too little is known, `known` the share of the area's surface in cells with a number
    [share, 0–1], `cells` how many cells with a number lie in the area, in parts. The rest are the parameters.
    """

    values: pd.Series
    known: pd.Series
    cells: pd.Series
    statistic: Statistic
    classes: tuple[float, ...]
    known_at_least: float

    def __repr__(self) -> str:
        unknown = int(self.values.isna().sum())
        return f"ZonalStatistics({self.statistic} of {len(self.values)} areas, {unknown} not known)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `value`, `known`, `cells`."""
        return pd.DataFrame({"value": self.values, "known": self.known, "cells": self.cells})


def zonal_statistics(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    raster: Raster,
    *,
    statistic: Statistic,
    classes: tuple[float, ...] = (),
    known_at_least: float = 0.99,
) -> ZonalStatistics:
    r"""Summarise the cells of a raster in each area.

    .. math:: \text{sum}_i = \sum_c f_{ic} v_c \qquad \text{mean}_i = \sum_c f_{ic} v_c / \sum_c f_{ic}

    with the share :math:`f_{ic}` of cell :math:`c` that area :math:`i` covers, over the cells whose value
    :math:`v_c` is known.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas in the CRS of the raster. To bring the areas into the CRS of the raster keeps its numbers as they are;
        to bring the raster into theirs does not.
    raster : Raster
        Amounts per cell (for *sum*), levels (for *mean*) or numbers of classes (for *share* and *count*).
    statistic : {"sum", "mean", "share", "count"}
        *share* is the part of the known surface in `classes` [share, 0–1]; *count* the number of cells in
        `classes`, or of all known cells when there are none. [cells]
    classes : tuple of float, default ()
        Numbers of classes.
    known_at_least : float, default 0.99
        With less of its surface known an area has no value: what the other cells hold nobody knows, and a sum would
        be too small. [share, 0–1]

    Returns
    -------
    ZonalStatistics
        An area outside the raster, or without a known cell, has no value, whatever `known_at_least`.

    Raises
    ------
    CrsError
        If areas and raster have different CRS.
    AlignmentError, GeometryError
        If an area cannot be used.
    CellsError
        If classes are given where there are none, or the other way round.
    ParameterError
        If an option is unknown or out of its range.

    Notes
    -----
    Areas that do not overlap each other and lie in known cells have together exactly what the raster has under them, but
    for the last digits of the shares. Surfaces in a geographic CRS are compared within one area only, where the cells
    are alike.

    References
    ----------
    .. [1] D. Baston, exactextract, https://github.com/isciences/exactextract.

    Examples
    --------
    >>> from spatial.rasters.grid import raster_of
    >>> people = raster_of([[8, 4]], left=0, top=100, cell_width=100, crs=25833)
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 150, 100), shapely.box(150, 0, 200, 100)], ["a", "b"], crs=25833)
    >>> zonal_statistics(areas, people, statistic="sum").values.tolist()
    [10.0, 2.0]
    """
    require_choice("statistic", statistic, Statistic)
    least = require_number(
        "known_at_least", known_at_least, "a share between 0 and 1", lambda share: 0 <= share <= 1
    )
    kinds = tuple(float(one) for one in require_several("classes", classes, "numbers of classes"))
    if kinds and statistic in ("sum", "mean"):
        raise CellsError(f"{statistic} knows no classes", "leave classes out, or ask for share or count")
    if not kinds and statistic == "share":
        raise CellsError("a share needs classes", "say the numbers of the classes")
    geometry = checked_areas(areas, raster.grid)
    flat = raster.values.ravel()
    n = len(geometry)
    known, total = np.zeros(n), np.zeros(n)
    for part in covers(geometry, raster.grid):
        value = flat[part.cell]
        is_known = ~np.isnan(value)
        area, share, value = part.area[is_known], part.share[is_known], value[is_known]
        known += np.bincount(area, share, minlength=n)
        total += np.bincount(area, share * _counted(value, statistic, kinds), minlength=n)
    surface = shapely.area(geometry.to_numpy()) / raster.grid.cell_area
    share_known = np.clip(known / surface, 0.0, 1.0)
    has_value = (known > 0) & (share_known >= least - _ROUNDING)
    divided = statistic in ("mean", "share")
    result = np.divide(total, known if divided else 1.0, out=np.full(n, np.nan), where=has_value)
    return ZonalStatistics(
        values=pd.Series(result, index=geometry.index, name=statistic),
        known=pd.Series(share_known, index=geometry.index, name="known"),
        cells=pd.Series(known, index=geometry.index, name="cells"),
        statistic=statistic,
        classes=kinds,
        known_at_least=least,
    )


def _counted(value: Floats, statistic: Statistic, classes: tuple[float, ...]) -> Floats:
    """Return what each cell adds."""
    if statistic in ("sum", "mean"):
        return value
    if not classes:
        return np.ones_like(value)
    return np.isin(value, classes).astype(np.float64)
