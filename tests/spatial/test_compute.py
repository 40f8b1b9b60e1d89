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


@pytest.mark.parametrize("name", ["dissimilarity", "mutual_information"])
def test_leaving_out_every_area_is_refused_as_what_it_is(name):
    with pytest.raises(CountsError, match=r"missing counts in 4 area\(s\).*leaves no area"):
        compute(name, a_table() * np.nan, missing="leave_out")
    with pytest.raises(ParameterError, match="counts is 'a table without rows'"):
        compute(name, a_table().iloc[:0])


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
def test_an_area_without_an_id_is_refused(nothing):
    table = a_table().set_axis(["00", "01", nothing, "03"])
    group, total = table["young"], table.sum(axis=1).set_axis(table.index)
    for measured in (
        lambda: compute("mutual_information", table),
        lambda: dissimilarity(group, total),
        lambda: dissimilarity(table["young"], table["young"] + table["old"]),
    ):
        with pytest.raises(AlignmentError, match=r"area without an id: 1 area\(s\)"):
            measured()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dissimilarity", 0),
        ("isolation", 0.1),
        ("spatial_proximity", 1),
        ("relative_clustering", 0),
        ("local_relative_centralisation", 0),
        ("white_p", np.nan),
        ("adjacency_dissimilarity", np.nan),
    ],
)
def test_one_area_has_the_value_that_the_methods_page_tells(name, value):
    one = pd.DataFrame({"young": [10], "old": [90]}, index=AREAS[:1])
    found = compute(name, one, geometry=a_map(1))
    assert np.asarray(found).item() == pytest.approx(value, abs=1e-12, nan_ok=True)


def test_a_table_in_place_of_a_map_is_named_and_not_printed():
    with pytest.raises(
        ParameterError, match="geometry is 'a table without a geometry', expected a GeoSeries"
    ):
        compute("delta", a_table(), geometry=pd.DataFrame({"wkt": ["POINT (0 0)"] * 4}, index=AREAS))


def test_a_total_in_another_order_is_aligned_by_area():
    table, total = a_table()[["old"]], a_table().sum(axis=1)
    assert compute("dissimilarity", table, total=total[::-1]) == compute("dissimilarity", table, total=total)


def test_a_total_of_other_areas_is_refused():
    with pytest.raises(AlignmentError, match="no row for some areas"):
        compute("dissimilarity", a_table()[["old"]], total=a_table().sum(axis=1).iloc[:3])


def test_an_array_of_residents_has_the_order_of_the_counts():
    table, total = a_table()[["old"]], a_table().sum(axis=1)
    assert compute("dissimilarity", table, total=total.to_numpy()) == compute(
        "dissimilarity", table, total=total
    )
    with pytest.raises(ParameterError, match=r"total is \(3,\), expected one number for each of 4 areas"):
        compute("dissimilarity", table, total=np.ones(3))


def test_the_group_of_a_pair_is_the_other_column():
    pair = a_table()[["young", "old"]]
    assert compute("isolation", pair, against="young") == compute("isolation", pair, group="old")
    for missing in ("error", "leave_out"):
        with pytest.raises(ParameterError, match="another column than group"):
            compute("isolation", pair[["young"]], against="young", missing=missing)


def test_measures_of_many_groups_take_all_columns():
    for label in ("group", "against"):
        with pytest.raises(ParameterError, match=f"{label} is 'old', expected nothing"):
            compute("mutual_information", a_table(), **{label: "old"})


def test_groups_that_do_not_add_up_to_the_residents_are_refused():
    table, total = a_table(), a_table().sum(axis=1)
    assert compute("mutual_information", table, total=total) == compute("mutual_information", table)
    with pytest.raises(CountsError, match=r"do not add up to the total in 4 area\(s\)"):
        compute("mutual_information", table, total=total + 1)


def test_a_missing_count_is_told_as_missing_also_beside_a_total():
    table, total = a_table().astype(float), a_table().sum(axis=1).astype(float)
    table.loc["02", "old"] = np.nan
    with pytest.raises(CountsError, match=r"missing or infinite in 1 area\(s\): 02"):
        compute("mutual_information", table, total=total)
    total["01"] = np.nan
    with pytest.raises(CountsError, match=r"total missing or infinite in 1 area\(s\): 01"):
        compute("mutual_information", a_table(), total=total)
    assert compute("mutual_information", table, total=total, missing="leave_out") == compute(
        "mutual_information", a_table().drop(index=["01", "02"])
    )


def test_counts_given_as_options_are_left_out_with_their_areas():
    table = a_table().astype(float)
    table.loc["02", "old"] = np.nan
    other, known = a_table()["middle"].astype(float), table.drop(index="02")
    found = compute("interaction", table, group="young", other=other, missing="leave_out")
    assert found == compute("interaction", known, group="young", other=other.drop(index="02"))
    other["01"] = np.nan
    found = compute("interaction", table, group="young", other=other[::-1], missing="leave_out")
    known, other = known.drop(index="01"), other.drop(index=["01", "02"])
    assert found == compute("interaction", known, group="young", other=other)


def test_tables_that_are_none_are_refused():
    for table, reason in (
        (np.ones((2, 2, 2)), "an array of shape"),
        (np.float64(1), "an array of shape"),
        (a_table()[[]], "one column per group"),
        (a_table()[["old", "young", "old"]], "each group in one column"),
    ):
        with pytest.raises(ParameterError, match=reason):
            compute("dissimilarity", table, group="old")


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


def test_an_option_without_a_default_has_to_be_given():
    with pytest.raises(ParameterError, match="rng is None, expected a value"):
        compute("bias_corrected_dissimilarity", a_table(), group="old")


def test_every_measure_is_described_in_full():
    table = available()
    assert table.index.is_unique
    assert (table[["title_de", "title_en", "citation"]].map(len) > 3).all(axis=None)
    assert (table["citation"].str.contains(r"\d{4}")).all()


def test_choosing_a_pair_gives_its_sum_as_total():
    members, total = group_and_total(a_table(), "young", "old")
    assert members.tolist() == [10, 30, 5, 0]
    assert total.tolist() == [40, 60, 80, 10]


@pytest.mark.parametrize("name", ["dissimilarity", "multigroup_dissimilarity"])
@pytest.mark.parametrize(
    "column", [["1", "9"], pd.to_datetime(["2020-01-01", "2021-01-01"]), [1 + 2j, 3 + 0j], ["-", 3]]
)
def test_what_is_no_number_is_refused_by_column_and_area(name, column):
    table = pd.DataFrame({"a": column, "b": [20, 5], "c": [3, 4]}, index=["00", "01"])
    with pytest.raises(CountsError, match=r"column 'a' is not a number in [12] area\(s\): 00"):
        compute(name, table)


def test_truth_values_and_small_integers_are_added_as_numbers():
    # Shares of the first group 1/2, 1, 0 of pairs with 2, 1, 1 persons: isolation 1/2 * 1/2 + 1/2 * 1 = 3/4.
    table = pd.DataFrame({"a": [True, True, False], "b": [True, False, True], "c": [False, False, True]})
    assert compute("isolation", table, group="a", against="b") == pytest.approx(0.75)
    small = pd.DataFrame({"a": [100, 27], "b": [100, 100]}, dtype="int8")
    assert compute("isolation", small) == pytest.approx(compute("isolation", small.astype(float)))


def test_a_masked_count_is_missing():
    masked = np.ma.array([[1, 9], [9, 1], [99999, 5]], mask=[[0, 0], [0, 0], [1, 0]])
    with pytest.raises(CountsError, match="missing"):
        compute("dissimilarity", masked)


def test_a_gap_in_a_column_that_is_not_looked_at_leaves_nothing_out():
    table = pd.DataFrame({"a": [1, 9, 5], "b": [9, 1, 5], "c": [1, np.nan, 1]})
    # |1/15 - 9/15| + |9/15 - 1/15| + 0, halved
    assert compute("dissimilarity", table, group="a", against="b", missing="leave_out") == pytest.approx(
        8 / 15
    )
