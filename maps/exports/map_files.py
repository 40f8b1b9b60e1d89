"""A data set as map files: one GeoPackage with everything, one GeoParquet file per level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from maps.exports.content import VALUE_COLUMNS, DataSet, Level, require_published
from maps.exports.fields import TABLES
from maps.exports.notes import notes_table
from maps.exports.tables import indicator_table, main_period, wide_table

__all__ = ["write_geopackage", "write_geoparquet"]

_FEW = 4  # repeated outlines are kept once in a file of so many megabytes


def write_geopackage(dataset: DataSet, path: Path) -> None:
    """Write a layer per level, and as tables all values, the indicators and the notes; the same content, the same file.

    A layer has the values of one period, that of `main_period`, which stands in each row: a map shows one time.
    """
    require_published(dataset.values)
    about = {
        "TITLE": dataset.title_de,
        "ATTRIBUTION": dataset.attribution,
        "LICENCE": dataset.licence,
        "AS_OF": f"{dataset.changed_at.date():%Y-%m-%d}",
    }
    with _dated(dataset.changed_at):
        for level in reversed(dataset.levels):  # the finest first: that is what is looked at
            period = main_period(dataset, level)
            told = f"{level.title_de}, Gebietsstand {level.edition}" + (f", Werte {period}" if period else "")
            pyogrio.write_dataframe(
                _map_layer(dataset, level, period),
                path,
                layer=level.id,
                driver="GPKG",
                geometry_type="MultiPolygon",
                append=path.exists(),
                layer_options={"DESCRIPTION": f"{told}. {dataset.attribution}, {dataset.licence}"},
                dataset_metadata=None if path.exists() else about,
            )
        tables = {"all_values": _plain_values(dataset)}  # a table called values would need quotes in SQL
        for language in ("de", "en"):
            tables[TABLES["indicators"].named(language)] = indicator_table(dataset, language)
            tables[TABLES["notes"].named(language)] = notes_table(dataset, language)
        for name, table in tables.items():
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=True)


def write_geoparquet(dataset: DataSet, level: Level, path: Path) -> None:
    """Write a row per area and period of one level, with its outline, and the notes as metadata of the file."""
    require_published(dataset.values)
    wide = wide_table(dataset, level)
    if wide.empty:
        wide = wide_table(dataset, level, period="")
    shapes = gpd.GeoSeries(level.areas.geometry)
    table = pa.Table.from_pandas(wide, preserve_index=False)
    outlines = pa.array(shapes.to_wkb().to_list(), type=pa.binary())
    repeated = outlines.take(pa.array(np.tile(np.arange(len(shapes)), len(wide) // max(len(shapes), 1))))
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": sorted(set(shapes.geom_type)),
                "crs": None if shapes.crs is None else shapes.crs.to_json_dict(),
                "bbox": [float(one) for one in shapes.total_bounds],
            }
        },
    }
    told = {
        "geo": geo,
        "title": {"de": dataset.title_de, "en": dataset.title_en},
        "attribution": dataset.attribution,
        "licence": dataset.licence,
        "notes": {one: notes_table(dataset, one).to_dict("records") for one in ("de", "en")},
    }
    table = table.append_column("geometry", repeated).replace_schema_metadata(
        {
            name: said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            for name, said in told.items()
        }
    )
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=_FEW << 20)


def _map_layer(dataset: DataSet, level: Level, period: str) -> gpd.GeoDataFrame:
    wide = wide_table(dataset, level, period=period)
    for name in wide.select_dtypes("category"):
        wide[name] = wide[name].astype(object)
    return gpd.GeoDataFrame(wide, geometry=level.areas.geometry.to_numpy(), crs=level.areas.crs)


def _plain_values(dataset: DataSet) -> pd.DataFrame:
    """Return the values with codes instead of words, for queries beside the layers."""
    values = dataset.values.loc[:, list(VALUE_COLUMNS)].reset_index(drop=True)
    for name in values.select_dtypes("category"):
        values[name] = values[name].astype(object)
    return values.assign(reference_date=pd.to_datetime(values["reference_date"]).dt.strftime("%Y-%m-%d"))


@contextmanager
def _dated(moment: datetime) -> Iterator[None]:
    """Let the file say when its content changed, not when it was written."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
