"""The door of every measure: what counts are refused, what counts are taken as they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation import dissimilarity, isolation
from spatial.segregation.counts import many_groups, plain_pair, two_groups

AREAS = pd.Index(["00", "01", "02"], name="area_id")


def test_the_group_is_brought_into_the_order_of_the_total():
    table = two_groups(pd.Series([3, 1, 2], index=AREAS[[2, 0, 1]]), pd.Series([10, 20, 30], index=AREAS))
    assert table.area_id is AREAS
    assert table.counts.tolist() == [[1, 2, 3], [9, 18, 27]]


def test_the_inputs_are_not_changed():
    group, total = pd.Series([0.1 + 0.2, 0.0]), pd.Series([0.3, 1.0])
    before = group.copy(), total.copy()
    two_groups(group, total)
    pd.testing.assert_series_equal(group, before[0])
    pd.testing.assert_series_equal(total, before[1])


@pytest.mark.parametrize(
    ("group", "total", "message"),
    [
        ([1, np.nan, 2], [5, 5, 5], "missing or infinite in 1 area.s.: 01"),
        ([1, 1, 2], [5, np.inf, 5], "missing or infinite in 1 area.s.: 01"),
        ([1, -1, 2], [5, 5, 5], "negative in 1 area.s.: 01"),
        ([1, 1, 2], [5, -5, 5], "negative in 1 area.s.: 01"),
        ([1, 6, 2], [5, 5, 5], "group above total in 1 area.s.: 01"),
    ],
)
def test_counts_that_cannot_be_are_named_with_their_areas(group, total, message):
    with pytest.raises(CountsError, match=message):
        two_groups(pd.Series(group, index=AREAS, dtype=float), pd.Series(total, index=AREAS, dtype=float))


def test_a_nullable_integer_column_with_a_gap_is_a_missing_count():
    with pytest.raises(CountsError, match="missing"):
        two_groups(pd.Series([1, None, 2], index=AREAS, dtype="Int64"), pd.Series([5, 5, 5], index=AREAS))


def test_a_rest_that_is_only_rounding_is_nobody():
    table = two_groups(pd.Series([0.1 + 0.2, 1.0]), pd.Series([0.3, 2.0]))
    assert table.counts[1].tolist() == [0.0, 1.0]


def test_an_area_named_twice_is_refused():
    twice = pd.Series([1, 2, 3], index=["00", "01", "01"])
    with pytest.raises(AlignmentError, match="01"):
        two_groups(twice, twice)
    with pytest.raises(AlignmentError, match="01"):
        many_groups(pd.DataFrame({"a": twice, "b": twice}))


def test_a_table_of_many_groups_keeps_names_and_order():
    table = many_groups(pd.DataFrame({"old": [1, 2, 3], "young": [4, 5, 6]}, index=AREAS))
    assert table.group == ("old", "young")
    assert table.counts.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert "2 groups, 3 areas, 21 persons" in repr(table)


@pytest.mark.parametrize("columns", [["a"], ["a", "a"]], ids=["one group", "one name twice"])
def test_a_table_needs_two_groups_with_names_of_their_own(columns):
    with pytest.raises(ParameterError, match="at least 2 columns"):
        many_groups(pd.DataFrame(np.ones((3, len(columns))), columns=columns))


def test_a_table_without_areas_is_refused():
    with pytest.raises(ParameterError, match="at least one area"):
        many_groups(pd.DataFrame({"a": [], "b": []}))


# A group of less than 10⁻¹² of everybody is refused.
NUMBERS = st.just(0.0) | st.floats(0.1, 1e9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_group_and_rest_make_the_total(pairs):
    group = pd.Series([a for a, _ in pairs])
    total = group + pd.Series([b for _, b in pairs])
    counts = two_groups(group, total).counts
    assert (counts >= 0).all()
    np.testing.assert_allclose(counts.sum(axis=0), total, rtol=2e-9)


USUAL = st.integers(0, 400).map(float) | st.floats(0.5, 400)
ODD = st.sampled_from([0.0, 1e-12, 1e-9, 3e5, -1.0, np.nan, np.inf])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(USUAL | ODD, USUAL | ODD), min_size=1, max_size=8))
def test_a_short_look_sees_what_a_long_one_sees_or_nothing(pairs):
    group = pd.Series([a for a, _ in pairs])
    total = group + pd.Series([b for _, b in pairs])
    pair = plain_pair(group, total)
    if pair is None:
        return
    counts = two_groups(group, total).counts  # and so it does not raise
    np.testing.assert_array_equal(pair[0], counts[0])
    np.testing.assert_array_equal(pair[1], counts[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(USUAL, USUAL), min_size=2, max_size=12))
def test_a_measure_has_the_same_value_after_a_short_look_and_a_long_one(pairs):
    group = pd.Series([a for a, _ in pairs])
    total = group + pd.Series([b for _, b in pairs])
    other_index = total.set_axis(pd.Index(range(len(total)), dtype="int32"))  # goes the long way
    for measure in (dissimilarity, isolation):
        quick, slow = measure(group, total), measure(group, other_index)
        assert quick == pytest.approx(slow, rel=1e-13, abs=1e-15, nan_ok=True)


def test_a_short_look_is_enough_for_whole_persons_and_weights():
    for kind in ("int64", "float64"):
        group, total = (
            column for _, column in pd.DataFrame({"a": [3, 1], "n": [10, 20]}, dtype=kind).items()
        )
        assert [side.tolist() for side in plain_pair(group, total)] == [[3, 1], [7, 19]]
        assert total.tolist() == [10, 20]
