"""A data set as map files: one GeoPackage with everything, one GeoParquet file per level."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from maps.exports.content import CONVERTED_COLUMNS, VALUE_COLUMNS, DataSet, Layer, Level, require_published
from maps.exports.fields import TABLES
from maps.exports.notes import notes_table
from maps.exports.tables import indicator_table, main_period, wide_table

__all__ = [
    "layer_name",
    "write_converted_parquet",
    "write_geopackage",
    "write_geoparquet",
    "write_layer_parquet",
]

_FEW = 4  # repeated outlines are kept once in a file of so many megabytes


def write_geopackage(dataset: DataSet, path: Path) -> None:
    """Write a layer per level, the layers beside the areas, and as tables all values, converted ones, indicators and notes.

    A layer has the values of one period, that of `main_period`, which stands in each row: a map shows one time. The same
    content makes the same file.
    """
    require_published(dataset.values)
    require_published(dataset.converted)
    about = {
        "TITLE": dataset.title_de,
        "ATTRIBUTION": dataset.attribution_of_all,
        "LICENCE": dataset.licence_of_all,
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
        for layer in dataset.layers:
            pyogrio.write_dataframe(
                layer.features,
                path,
                layer=layer_name(layer),
                driver="GPKG",
                append=True,
                layer_options={"IDENTIFIER": layer.title_de, "DESCRIPTION": _told(layer)},
            )
        # A table called values would need quotes in SQL.
        tables = {"all_values": _plain(dataset.values, VALUE_COLUMNS)}
        if len(dataset.converted):
            tables[TABLES["converted_values"].name] = _plain(dataset.converted, CONVERTED_COLUMNS)
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
    told = {
        "geo": _geo(shapes),
        "title": {"de": dataset.title_de, "en": dataset.title_en},
        "attribution": dataset.attribution,
        "licence": dataset.licence,
        "notes": {one: notes_table(dataset, one).to_dict("records") for one in ("de", "en")},
    }
    _write_parquet(table.append_column("geometry", repeated), told, path)


def write_layer_parquet(layer: Layer, path: Path) -> None:
    """Write the features of a layer, with what is said of it as metadata of the file."""
    shapes = gpd.GeoSeries(layer.features.geometry)
    table = pa.Table.from_pandas(pd.DataFrame(layer.features.drop(columns="geometry")), preserve_index=False)
    told = {
        "geo": _geo(shapes),
        "title": {"de": layer.title_de, "en": layer.title_en},
        "as_of": layer.as_of.isoformat(),
        "publisher": layer.publisher,
        "attribution": layer.attribution,
        "licence": layer.licence,
        "url": layer.url,
    }
    outlines = pa.array(shapes.to_wkb().to_list(), type=pa.binary())
    _write_parquet(table.append_column("geometry", outlines), told, path)


def write_converted_parquet(dataset: DataSet, path: Path) -> None:
    """Write the converted values as rows, without outlines, with the notes as metadata of the file."""
    require_published(dataset.converted)
    told = {
        "attribution": dataset.attribution,
        "licence": dataset.licence,
        "notes": {one: notes_table(dataset, one).to_dict("records") for one in ("de", "en")},
    }
    table = pa.Table.from_pandas(_plain(dataset.converted, CONVERTED_COLUMNS), preserve_index=False)
    _write_parquet(table, told, path)


def layer_name(layer: Layer) -> str:
    """Return what a layer beside the areas is called in files, apart from all levels and tables."""
    return f"overlay_{layer.id}"


def _told(layer: Layer) -> str:
    return f"{layer.title_de}, Stand {layer.as_of:%d.%m.%Y}. {layer.attribution}, {layer.licence}"


def _geo(shapes: gpd.GeoSeries) -> dict[str, object]:
    """Return what GeoParquet says of the column with the geometry."""
    return {
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


def _write_parquet(table: pa.Table, told: Mapping[str, object], path: Path) -> None:
    metadata = {
        name: said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        for name, said in told.items()
    }
    pq.write_table(
        table.replace_schema_metadata(metadata),
        path,
        compression="zstd",
        dictionary_pagesize_limit=_FEW << 20,
    )


def _map_layer(dataset: DataSet, level: Level, period: str) -> gpd.GeoDataFrame:
    wide = wide_table(dataset, level, period=period)
    for name in wide.select_dtypes("category"):
        wide[name] = wide[name].astype(object)
    return gpd.GeoDataFrame(wide, geometry=level.areas.geometry.to_numpy(), crs=level.areas.crs)


def _plain(found: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return values with codes instead of words, for queries beside the layers."""
    values = found.loc[:, list(columns)].reset_index(drop=True)
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
