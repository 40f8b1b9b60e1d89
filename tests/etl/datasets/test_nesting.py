"""Upper levels: unions of their children, and sums that exist only when every child has a value."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from etl.datasets.nesting import add_up, dissolve

PARENTS = pd.Series({"00": "0", "01": "0", "10": "1"})


def values(rows: dict[str, tuple[float, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("sub_district", area, "residents", "2022", date(2022, 12, 31), value, status)
            for area, (value, status) in rows.items()
        ],
        columns=["geography", "area_id", "indicator_id", "period", "reference_date", "value", "status"],
    )


def sums(rows: dict[str, tuple[float, str]]) -> dict[str, tuple[float, str]]:
    result = add_up(values(rows), PARENTS, geography="district").set_index("area_id")
    return {area: (row["value"], row["status"]) for area, row in result.iterrows()}


def test_sum_of_measured_children():
    # 3 + 4 = 7 in district 0; district 1 has one child.
    assert sums({"00": (3.0, "measured"), "01": (4.0, "measured"), "10": (5.0, "measured")}) == {
        "0": (7.0, "measured"),
        "1": (5.0, "measured"),
    }


@pytest.mark.parametrize("status", ["missing", "suppressed"])
def test_sum_without_one_child_is_no_sum(status):
    result = sums({"00": (3.0, "measured"), "01": (np.nan, status), "10": (5.0, "measured")})
    assert np.isnan(result["0"][0])
    assert result["0"][1] == status
    assert result["1"] == (5.0, "measured")


def test_child_without_a_row_counts_as_missing():
    result = sums({"00": (3.0, "measured"), "10": (5.0, "measured")})
    assert np.isnan(result["0"][0])
    assert result["0"][1] == "missing"


def test_doubt_is_passed_on_and_zero_needs_all_zero():
    result = sums({"00": (0.0, "zero"), "01": (0.0, "zero"), "10": (0.0, "uncertain")})
    assert result == {"0": (0.0, "zero"), "1": (0.0, "uncertain")}
    assert sums({"00": (0.0, "zero"), "01": (2.0, "measured"), "10": (1.0, "measured")})["0"] == (
        2.0,
        "measured",
    )


def test_nothing_to_add_up_gives_nothing():
    assert add_up(values({}), PARENTS, geography="district").empty


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=3))
@settings(max_examples=25, deadline=None)
def test_totals_are_preserved(counts):
    rows = {area: (float(count), "measured") for area, count in zip(PARENTS.index, counts, strict=True)}
    assert sum(value for value, _status in sums(rows).values()) == sum(counts)


def test_dissolved_areas_are_multipolygons_that_nest_exactly():
    areas = gpd.GeoDataFrame(
        {
            "geography": "sub_district",
            "area_id": ["00", "01", "10"],
            "parent_id": ["0", "0", "1"],
            "name": list("abc"),
        },
        geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10), box(20, 0, 30, 10)],
        crs=25833,
    )
    result = dissolve(
        areas,
        areas["parent_id"],
        geography="district",
        names=pd.Series({"0": "West", "1": "East"}),
        parent_of=pd.Series({"0": "T", "1": "T"}),
    )
    assert result["area_id"].to_list() == ["0", "1"]
    assert result["name"].to_list() == ["West", "East"]
    assert set(result.geom_type) == {"MultiPolygon"}
    assert result.area.to_list() == [200.0, 100.0]
