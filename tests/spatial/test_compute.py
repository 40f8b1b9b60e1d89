"""The one entry to all measures: choice of groups, alignment with the map, missing counts, unknown names."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation import available, compute, dissimilarity
from spatial.segregation.compute import group_and_total

AREAS = pd.Index(["00", "01", "02", "03"], name="area_id")


def a_table():
    return pd.DataFrame(
        {"young": [10, 30, 5, 0], "middle": [60, 40, 20, 10], "old": [30, 30, 75, 10]}, index=AREAS
    )


def a_map(count=4, crs=25833):
    squares = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(count)]
    return gpd.GeoSeries(squares, index=AREAS[:count], crs=crs)


def test_two_columns_are_the_group_and_the_rest():
    # 1/2 (|10/40 - 90/160| + |30/40 - 70/160|) = 0.3125
    table = pd.DataFrame({"group": [10, 30], "rest": [90, 70]})
    assert compute("dissimilarity", table) == pytest.approx(0.3125)


def test_one_column_needs_everybody():
    members = pd.Series([10, 30])
    assert compute("dissimilarity", members, total=pd.Series([100, 100])) == pytest.approx(0.3125)
    with pytest.raises(ParameterError, match="all residents, when counts has one column only"):
        compute("dissimilarity", members)


def test_an_array_is_a_table_too():
    assert compute("dissimilarity", np.array([[10, 90], [30, 70]])) == pytest.approx(0.3125)


def test_a_named_group_stands_against_everybody_else():
    table = a_table()
    expected = dissimilarity(table["old"], table.sum(axis=1))
    assert compute("dissimilarity", table, group="old") == expected


def test_a_named_pair_leaves_third_groups_out():
    table = a_table()
    expected = dissimilarity(table["old"], table["old"] + table["young"])
    assert compute("dissimilarity", table, group="old", against="young") == expected


def test_without_a_name_every_group_is_taken_in_turn():
    values = compute("dissimilarity", a_table())
    assert values.index.tolist() == ["young", "middle", "old"]
    assert values["old"] == compute("dissimilarity", a_table(), group="old")


def test_a_pair_of_one_group_with_itself_is_refused():
    with pytest.raises(ParameterError, match="another column than group"):
        compute("dissimilarity", a_table(), group="old", against="old")


def test_an_unknown_group_is_named_with_those_there_are():
    with pytest.raises(ParameterError, match="'older', expected a column of counts: young, middle, old"):
        compute("dissimilarity", a_table(), group="older")


def test_a_missing_count_is_refused_unless_it_may_be_left_out():
    table = a_table().astype(float)
    table.loc["02", "old"] = np.nan
    with pytest.raises(CountsError, match=r"in 1 area\(s\): 02"):
        compute("dissimilarity", table, group="old")
    known = table.drop(index="02")
    assert compute("dissimilarity", table, group="old", missing="leave_out") == compute(
        "dissimilarity", known, group="old"
    )


def test_a_total_in_another_order_is_aligned_by_area():
    table, total = a_table()[["old"]], a_table().sum(axis=1)
    assert compute("dissimilarity", table, total=total[::-1]) == compute("dissimilarity", table, total=total)


def test_a_total_of_other_areas_is_refused():
    with pytest.raises(AlignmentError, match="no row for some areas"):
        compute("dissimilarity", a_table()[["old"]], total=a_table().sum(axis=1).iloc[:3])


def test_an_unknown_measure_is_answered_with_the_nearest():
    with pytest.raises(ParameterError, match="one of dissimilarity"):
        compute("dissimilarty", a_table())


def test_the_name_of_another_package_is_answered_with_ours():
    with pytest.raises(
        ParameterError, match=r"'dissimilarity' \(which is what PySAL segregation calls Dissim\)"
    ):
        compute("Dissim", a_table())


def test_an_unknown_option_is_answered_with_the_known_ones():
    with pytest.raises(ParameterError, match="an option of dissimilarity: it has none"):
        compute("dissimilarity", a_table(), group="old", shape=0.5)


def test_every_measure_is_described_in_full():
    table = available()
    assert table.index.is_unique
    assert (table[["title_de", "title_en", "citation"]].map(len) > 3).all(axis=None)
    assert (table["citation"].str.contains(r"\d{4}")).all()


def test_choosing_a_pair_gives_its_sum_as_total():
    members, total = group_and_total(a_table(), "young", "old")
    assert members.tolist() == [10, 30, 5, 0]
    assert total.tolist() == [40, 60, 80, 10]
