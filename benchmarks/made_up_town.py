"""A made-up town for the benchmarks of loading: jagged blocks without any real place, 20 counts in 10 years."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from benchmarks.crosswalk import tessellation
from db.queries.deliveries import (
    merge_areas,
    put_city,
    put_geography,
    put_indicators,
    put_source,
    record_load,
)
from indicators.definition import Indicator

__all__ = ["BLOCKS", "SERIES", "blocks", "prepare", "values", "write_dataset"]

_NAMES = [f"indicator_{number:02d}" for number in range(20)]
_YEARS = [str(2010 + year) for year in range(10)]
SERIES = len(_NAMES) * len(_YEARS)
"""How many values a block has."""
BLOCKS = 2
"""Number of the blocks' edition in a prepared database."""
_SRID = 25833
_CORNER = (350_000.0, 5_700_000.0)  # of the town, where metres of this CRS are metres

_MANIFEST = """
id = "town"
[city]
id = "town"
title_de = "Stadt"
title_en = "Town"
srid = 25833
[source]
title_de = "Atlas"
title_en = "Atlas"
publisher = "Stadt"
licence = "CC0-1.0"
attribution = "Stadt"
[edition]
id = "2010"
valid_from = 2010-01-01
[[geography]]
id = "city"
title_de = "Gesamtstadt"
title_en = "City"
key_length = 1
area_id = "T"
area_name = "Town"
[[geography]]
id = "block"
title_de = "Blöcke"
title_en = "Blocks"
key_length = 6
file = "areas.parquet"
key = "area_id"
name = "name"
[confidentiality]
profile = "as-published"
[[table]]
file = "values.parquet"
geography = "block"
layout = "long"
key = "area_id"
period_column = "period"
indicator_column = "indicator_id"
value_column = "value"
"""


def blocks(count: int) -> gpd.GeoDataFrame:
    """Return blocks of 25 corners each that cover a rectangle, as rows of `area`."""
    rows = max(round(count**0.5 / 10) * 10, 1)
    columns = -(-count // rows)
    shapes = tessellation(columns, rows, columns * 100.0, rows * 100.0, seed=1)[:count]
    shapes = shapely.transform(shapes, lambda corners: corners + _CORNER)
    told = {"vintage_id": BLOCKS, "parent_vintage_id": 1, "parent_area_id": "T", "srid": _SRID}
    keys = _keys(count)
    geometry = shapely.set_srid(shapely.multipolygons(shapes[:, None]), _SRID)
    return gpd.GeoDataFrame({"area_id": keys, "name": keys, **told}, geometry=geometry, crs=_SRID)


def values(count: int) -> pd.DataFrame:
    """Return so many values, for one block after the other in each series; texts that repeat are categoricals."""
    areas = count // SERIES
    series = np.repeat(np.arange(SERIES, dtype=np.int16), areas)
    indicator, year = (series // len(_YEARS)).astype(np.int8), (series % len(_YEARS)).astype(np.int8)
    number = np.random.default_rng(1).integers(0, 500, len(series)).astype(float)
    days = [date(int(period), 12, 31) for period in _YEARS]
    return pd.DataFrame(
        {
            "vintage_id": _categorical(np.zeros(len(series), dtype=np.int8), [BLOCKS]),
            "indicator_id": _categorical(indicator, _NAMES),
            "period": _categorical(year, _YEARS),
            "area_id": _categorical(np.tile(np.arange(areas, dtype=np.int32), SERIES), _keys(areas)),
            "reference_date": _categorical(year, days),
            "value": number,
            "status": _categorical((number == 0).astype(np.int8), ["measured", "zero"]),
        }
    )


def prepare(connection: Connection, areas: int) -> None:
    """Put the town into an empty database: definitions, two loads, the city's outline, and so many blocks."""
    titles = {"title_de": "Town", "title_en": "Town"}
    put_city(connection, id="town", srid=_SRID, is_synthetic=True, **titles)
    put_source(connection, id="town", publisher="p", licence="CC0-1.0", attribution="a", url="", **titles)
    put_indicators(connection, "town", [_count(name) for name in _NAMES])
    for rank, (level, parent, length) in enumerate((("city", None, 1), ("block", "city", 6))):
        put_geography(
            connection,
            city_id="town",
            id=level,
            parent_id=parent,
            rank=rank,
            key_length=length,
            vintage={"edition": "2010", "valid_from": date(2010, 1, 1), "valid_to": None, "srid": _SRID},
            **titles,
        )
    for number in range(2):
        record_load(
            connection,
            city_id="town",
            source_id="town",
            checksum=f"{number}" * 64,
            code_version="bench",
            loaded_by="bench",
            counts={},
            repairs={},
            raw_files=[],
            rejected=pd.DataFrame(),
        )
    outline = shapely.set_srid(shapely.multipolygons([shapely.box(0, 0, 9, 9)]), _SRID)
    city = {"vintage_id": 1, "area_id": "T", "parent_vintage_id": None, "parent_area_id": None, "name": "T"}
    merge_areas(connection, pd.DataFrame([{**city, "srid": _SRID, "geometry": outline}]), load_id=1)
    if areas:
        merge_areas(connection, pd.DataFrame(blocks(areas)), load_id=1)


def write_dataset(folder: Path, count: int) -> None:
    """Write a data set with so many values: a manifest, a Parquet table and the blocks."""
    entries = ",\n".join(f'{{ indicator = "{name}", match = "{name}" }}' for name in _NAMES)
    indicators = "".join(
        f'[[indicator]]\nid = "{name}"\ntitle_de = "I"\ntitle_en = "I"\nunit = "1"\nkind = "extensive"\n'
        for name in _NAMES
    )
    (folder / "dataset.toml").write_text(f"{_MANIFEST}value = [{entries}]\n{indicators}", encoding="utf-8")
    table = values(count)[["area_id", "period", "indicator_id", "value"]]
    table.to_parquet(folder / "values.parquet", index=False)
    blocks(count // SERIES)[["area_id", "name", "geometry"]].to_parquet(folder / "areas.parquet")


def _keys(count: int) -> list[str]:
    return [f"{number:06d}" for number in range(count)]


def _count(name: str) -> Indicator:
    return Indicator(id=name, title_de="I", title_en="I", unit="1", kind="extensive")


def _categorical(codes: Any, categories: list[Any]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=categories)
