"""Attributes of an overlay are in every file of an export what they were: whole numbers, claims, fractions, text."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from etl.export_layers import _attributes
from maps.exports.content import Layer
from maps.exports.map_files import write_layer_parquet

LAYER = Layer(
    id="parks",
    kind="other",
    title_de="Parks",
    title_en="Parks",
    as_of=date(2021, 5, 1),
    publisher="",
    licence="",
    attribution="",
    url="",
    features=gpd.GeoDataFrame(),
)
BIG = 2**60  # 1152921504606846976; the next float is 256 away
CASES = {
    "whole numbers": ([7, 8], [7, 8]),
    "large whole numbers with a gap": ([BIG + 1, None], [BIG + 1, None]),
    "the largest of 64 bits": ([2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
    "more than 64 bits": ([2**70, 1], ["1180591620717411303424", "1"]),
    "fractions and whole numbers": ([1, 2.5], [1.0, 2.5]),
    "a fraction beside a number that no float is": ([BIG + 1, 2.5], ["1152921504606846977", "2.5"]),
    "claims": ([True, False], [True, False]),
    "a claim with a gap": ([True, None], [True, None]),
    "claims and numbers": ([True, 1], ["true", "1"]),
    "text with a gap": (["Süd", None], ["Süd", None]),
    "lists": ([[1, "ä"], None], ['[1, "ä"]', None]),
    "nothing": ([None, None], [None, None]),
}


def features(cells: list[Any]) -> gpd.GeoDataFrame:
    """Two places with one attribute; where it is None the second place does not have it at all."""
    properties = pd.Series([{"a": cells[0]}, {} if cells[1] is None else {"a": cells[1]}])
    return gpd.GeoDataFrame(
        _attributes(properties), geometry=[shapely.Point(0, 0), shapely.Point(1, 1)], crs="EPSG:25833"
    )


def is_same(found: list[Any], expected: list[Any]) -> bool:
    return found == expected and list(map(type, found)) == list(map(type, expected))


@pytest.mark.parametrize("case", CASES)
def test_geoparquet_has_the_attributes_as_they_were(case: str, tmp_path: Path) -> None:
    given, expected = CASES[case]
    write_layer_parquet(replace(LAYER, features=features(given)), tmp_path / "a.parquet")
    assert is_same(pq.read_table(tmp_path / "a.parquet")["a"].to_pylist(), expected)


@pytest.mark.parametrize("case", CASES)
def test_a_geopackage_has_the_attributes_as_they_were(case: str, tmp_path: Path) -> None:
    given, expected = CASES[case]
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(features(given), path, layer="parks", driver="GPKG")
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT a FROM parks ORDER BY fid")]
    ((kind,),) = connection.execute("SELECT type FROM pragma_table_info('parks') WHERE name = 'a'").fetchall()
    connection.close()
    if kind == "BOOLEAN":  # SQLite keeps it as 0 and 1
        found = [None if one is None else bool(one) for one in found]
    assert is_same(found, expected)
