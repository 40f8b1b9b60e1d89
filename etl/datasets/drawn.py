"""Areas that are drawn instead of read: cells of a grid, and tiles where no boundaries are delivered."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.datasets.keys import joined
from etl.datasets.layouts import rows_where
from etl.datasets.manifest_parts import GeographyPart, GridPart, TilesPart
from etl.errors import FetchError

__all__ = ["drawn_areas"]


def drawn_areas(
    table: pd.DataFrame, level: GeographyPart, srid: int, repairs: dict[str, int]
) -> gpd.GeoDataFrame:
    """Return a square for every area of a table: where the grid has it, or tile by tile in the order of the keys.

    Tiles stand for areas and say nothing of where they lie; that they were drawn is counted.
    """
    if level.grid is not None:
        _require(table, (level.grid.row, level.grid.column), level.grid.file, "grid")
        return _cells(table, level.grid, srid)
    if level.tiles is not None:
        _require(table, (*level.key, *level.where), level.tiles.file, "key and where")
        kept = rows_where(table, level.where)
        keys = joined(table, level.key)
        table = table[kept & ~keys[kept].duplicated().reindex(table.index, fill_value=True)]
        repairs[f"{level.id}: areas without boundaries, drawn as tiles"] = len(table)
        return _tiles(table, joined(table, level.key), level.tiles, srid)
    raise FetchError("the level has neither grid nor tiles", level.id, "give its file")


def _require(table: pd.DataFrame, columns: tuple[str, ...], file: str, told_by: str) -> None:
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise FetchError(f"the table lacks the column(s) {', '.join(lacking)}", file, f"correct {told_by}")


def _cells(table: pd.DataFrame, grid: GridPart, srid: int) -> gpd.GeoDataFrame:
    row = pd.to_numeric(table[grid.row], errors="coerce").to_numpy(dtype=float)
    column = pd.to_numeric(table[grid.column], errors="coerce").to_numpy(dtype=float)
    lost = np.isnan(row) | np.isnan(column)
    if lost.any():
        where = f"{grid.file}, row {table.index[lost][0]}"
        raise FetchError("a cell has no place in the grid", where, "give the numbers of its row and column")
    x = grid.origin[0] + column * grid.size
    y = grid.origin[1] + (grid.rows - 1 - row) * grid.size
    return _squares(table, x, y, grid.size, srid)


def _tiles(table: pd.DataFrame, keys: pd.Series, tiles: TilesPart, srid: int) -> gpd.GeoDataFrame:
    rank = np.argsort(np.argsort(keys.to_numpy(dtype=str), kind="stable"))
    width = int(np.ceil(np.sqrt(max(len(table), 1))))
    x = tiles.origin[0] + (rank % width) * tiles.size
    y = tiles.origin[1] - (rank // width + 1) * tiles.size
    return _squares(table, x, y, tiles.size, srid)


def _squares(table: pd.DataFrame, x: np.ndarray, y: np.ndarray, size: float, srid: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=shapely.box(x, y, x + size, y + size), crs=f"EPSG:{srid}")
