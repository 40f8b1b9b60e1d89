"""A map in force on other areas: who is taken for in, and how sure that is."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import CountsError, CrsError, ParameterError
from spatial.regions.changes.conversion import on_these_areas


def strip(n, width=100):
    ids = [f"{i:02d}" for i in range(n)]
    return gpd.GeoSeries(
        [shapely.box(width * i, 0, width * (i + 1), 100) for i in range(n)], index=ids, crs=25833
    )


def drawn(**extents):
    shapes = [shapely.box(left, 0, right, 100) for left, right in extents.values()]
    return gpd.GeoSeries(shapes, index=list(extents), crs=25833)


def test_an_area_goes_to_the_region_that_has_most_of_it():
    # W covers 00 and 0.6 of 01, E 0.3 of 01 and 0.4 of 02: 01 has 0.9 in regions, 02 less than half.
    found = on_these_areas(
        drawn(W=(0, 160), E=(160, 240)), strip(3), pd.Series([10, 20, 30], ["00", "01", "02"])
    )
    assert found.region.fillna("-").tolist() == ["W", "W", "-"]
    assert found.share.tolist() == pytest.approx([1, 1, 0.4])
    # E got nothing: the 0.4 · 30 residents of 02 that it covers are on the wrong side.
    assert found.lost == ["E"]
    assert found.quality["ambiguous_residents"].to_dict() == pytest.approx({"W": 0, "E": 12, "all": 12})
    assert found.quality.loc["all", "ambiguous_share"] == pytest.approx(12 / 30)
    assert found.to_frame()["is_ambiguous"].tolist() == [False, False, True]


def test_what_lies_outside_the_city_is_named_with_its_hectares():
    found = on_these_areas(drawn(W=(-50, 100), Far=(900, 950)), strip(2), pd.Series(10, ["00", "01"]))
    assert found.outside == ["W", "Far"]
    assert found.quality["outside_hectares"].to_dict() == pytest.approx({"W": 0.5, "Far": 0.5, "all": 1.0})
    assert repr(found).endswith("1.0 ha outside, 1 lost)")


def test_a_map_in_degrees_another_crs_a_reserved_name_and_missing_residents_are_refused():
    people = pd.Series(10, ["00", "01"])
    with pytest.raises(CrsError):
        on_these_areas(drawn(W=(0, 100)).to_crs(4326), strip(2), people)
    with pytest.raises(CrsError):
        on_these_areas(drawn(W=(0, 100)).to_crs(25832), strip(2), people)
    with pytest.raises(ParameterError, match="another name"):
        on_these_areas(drawn(all=(0, 100)), strip(2), people)
    with pytest.raises(ParameterError, match="at least one lies in the city"):
        on_these_areas(drawn(Far=(900, 950)), strip(2), people)
    with pytest.raises(CountsError):
        on_these_areas(drawn(W=(0, 100)), strip(2), pd.Series([10, np.nan], ["00", "01"]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([None, "W", "E"]), min_size=6, max_size=6).filter(any))
def test_a_map_on_the_same_areas_comes_back_as_it_was(region):
    areas = strip(6)
    label = pd.Series(region, areas.index)
    regions = gpd.GeoSeries(
        {one: shapely.union_all(areas[label == one].to_numpy()) for one in label.dropna().unique()}, crs=25833
    )
    found = on_these_areas(regions, areas, pd.Series(10, areas.index))
    assert found.region.fillna("-").tolist() == label.fillna("-").tolist()
    assert found.quality.loc["all", "ambiguous_residents"] == pytest.approx(0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500), st.integers(1, 300), st.permutations(range(6)))
def test_the_quality_adds_up_and_the_order_of_rows_is_irrelevant(left, width, order):
    areas, people = strip(6), pd.Series([5, 0, 20, 7, 9, 1], [f"{i:02d}" for i in range(6)])
    regions = drawn(W=(left, left + width), E=(left + width, left + 2 * width))
    found = on_these_areas(regions, areas, people)
    mixed = on_these_areas(regions.iloc[::-1], areas.iloc[order], people)
    assert mixed.region[areas.index].equals(found.region)
    parts = found.quality.drop(index="all").sum()
    names = ["hectares", "converted_hectares", "outside_hectares", "residents", "ambiguous_residents"]
    assert parts[names].tolist() == pytest.approx(found.quality.loc["all", names].tolist())
    inside = float((found.share * areas.area).sum()) / 1e4
    assert inside + parts["outside_hectares"] == pytest.approx(parts["hectares"])
