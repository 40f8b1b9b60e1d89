"""Dissimilarity: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError, SpatialError
from spatial.segregation import dissimilarity

areas = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400)),  # group, rest
    min_size=1,
    max_size=12,
)
quick = settings(max_examples=60, deadline=None)


def as_series(pairs):
    index = pd.Index([f"{i:02d}" for i in range(len(pairs))], name="area_id")
    group = pd.Series([group for group, _ in pairs], index=index, dtype=float)
    return group, group + pd.Series([rest for _, rest in pairs], index=index, dtype=float)


def test_two_areas_of_a_hundred_with_ten_and_thirty():
    # 1/2 (|10/40 - 90/160| + |30/40 - 70/160|) = 1/2 (0.3125 + 0.3125)
    assert dissimilarity(pd.Series([10, 30]), pd.Series([100, 100])) == pytest.approx(0.3125, abs=1e-15)


def test_equal_shares_are_even():
    assert dissimilarity(pd.Series([10, 20, 5]), pd.Series([100, 200, 50])) == pytest.approx(0, abs=1e-15)


def test_full_separation_is_one():
    assert dissimilarity(pd.Series([40, 0, 0]), pd.Series([40, 60, 5])) == 1


def test_fractions_of_persons_are_allowed():
    # 1/2 (|0.5/1 - 0.5/2| + |0.5/1 - 1.5/2|) = 0.25
    assert dissimilarity(pd.Series([0.5, 0.5]), pd.Series([1.0, 2.0])) == pytest.approx(0.25)


@pytest.mark.parametrize("group", [[0, 0], [100, 50]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(group):
    assert math.isnan(dissimilarity(pd.Series(group), pd.Series([100, 50])))


def test_no_areas_at_all_are_refused():
    with pytest.raises(ParameterError, match="at least one area"):
        dissimilarity(pd.Series([], dtype=float), pd.Series([], dtype=float))


def test_one_area_is_even():
    assert dissimilarity(pd.Series([3]), pd.Series([10])) == 0


def test_everybody_up_to_rounding_is_still_everybody():
    # 0.1 + 0.2 is a little more than 0.3, 0.6 a little less than three times 0.2: no rest of 1e-17 persons.
    assert math.isnan(dissimilarity(pd.Series([0.1 + 0.2, 0.2 * 3]), pd.Series([0.3, 0.6])))


def test_areas_in_another_order_are_brought_together():
    group = pd.Series({"b": 30, "a": 10})
    assert dissimilarity(group, pd.Series({"a": 100, "b": 100})) == pytest.approx(0.3125)


@pytest.mark.parametrize(
    ("group", "total", "reason"),
    [
        ([1, None], [5, 5], "missing"),
        ([1, 1], [5, np.inf], "missing or infinite"),
        ([1, -1], [5, 5], "negative"),
        ([1, 6], [5, 5], "group above total"),
    ],
)
def test_impossible_counts_are_refused_with_the_area(group, total, reason):
    index = ["00", "01"]
    with pytest.raises(CountsError, match=f"{reason}.* 1 area.*: 01") as caught:
        dissimilarity(pd.Series(group, index=index), pd.Series(total, index=index))
    assert caught.value.areas == ["01"]
    assert isinstance(caught.value, SpatialError)
    assert isinstance(caught.value, ValueError)


def test_nullable_counts_with_a_missing_value_are_refused():
    with pytest.raises(CountsError, match="missing"):
        dissimilarity(pd.Series([1, None], dtype="Int64"), pd.Series([5, 5], dtype="Int64"))


@pytest.mark.parametrize(
    ("group", "total", "reason"),
    [
        (pd.Series({"a": 1}), pd.Series({"a": 2, "b": 2}), "group has no row for some areas: 1 area.s.: b"),
        (pd.Series({"a": 1, "b": 1}), pd.Series({"a": 2}), "group has rows for unknown areas: 1 area.s.: b"),
        (pd.Series([1, 1], index=["a", "a"]), pd.Series([2, 2], index=["a", "a"]), "more than once"),
    ],
)
def test_unlike_areas_are_refused(group, total, reason):
    with pytest.raises(AlignmentError, match=reason):
        dissimilarity(group, total)


def test_inputs_are_not_changed():
    group, total = pd.Series({"a": 1, "b": 2}), pd.Series({"b": 4, "a": 4})
    before = group.copy(), total.copy()
    dissimilarity(group, total)
    pd.testing.assert_series_equal(group, before[0])
    pd.testing.assert_series_equal(total, before[1])


@quick
@given(areas)
def test_it_lies_between_zero_and_one(pairs):
    value = dissimilarity(*as_series(pairs))
    assert math.isnan(value) or -1e-12 <= value <= 1 + 1e-12


@quick
@given(areas, st.integers(2, 9))
def test_it_does_not_depend_on_scale(pairs, factor):
    group, total = as_series(pairs)
    assert dissimilarity(group * factor, total * factor) == pytest.approx(
        dissimilarity(group, total), nan_ok=True
    )


@quick
@given(areas, st.randoms(use_true_random=False))
def test_it_does_not_depend_on_order(pairs, random):
    group, total = as_series(pairs)
    order = list(range(len(pairs)))
    random.shuffle(order)
    shuffled = dissimilarity(group.iloc[order], total.iloc[order])
    assert shuffled == pytest.approx(dissimilarity(group, total), nan_ok=True)


@quick
@given(areas)
def test_it_is_the_same_for_the_group_and_for_everybody_else(pairs):
    group, total = as_series(pairs)
    assert dissimilarity(total - group, total) == pytest.approx(dissimilarity(group, total), nan_ok=True)


@quick
@given(areas, st.data())
def test_splitting_an_area_into_equal_mixes_changes_nothing(pairs, data):
    group, total = as_series(pairs)
    split = data.draw(st.integers(0, len(pairs) - 1))
    share = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
    group_parts, total_parts = group.copy(), total.copy()
    group_parts["new"], total_parts["new"] = group.iloc[split] * share, total.iloc[split] * share
    group_parts.iloc[split] *= 1 - share
    total_parts.iloc[split] *= 1 - share
    assert dissimilarity(group_parts, total_parts) == pytest.approx(dissimilarity(group, total), nan_ok=True)


@quick
@given(areas)
def test_an_empty_area_counts_for_nothing(pairs):
    value = dissimilarity(*as_series(pairs))
    assert dissimilarity(*as_series([*pairs, (0, 0)])) == pytest.approx(value, nan_ok=True)


@quick
@given(areas, st.data())
def test_merging_areas_never_raises_it(pairs, data):
    assume(len(pairs) > 1)
    value = dissimilarity(*as_series(pairs))
    assume(not math.isnan(value))
    first, second = sorted(
        data.draw(st.lists(st.integers(0, len(pairs) - 1), min_size=2, max_size=2, unique=True))
    )
    merged = [pair for i, pair in enumerate(pairs) if i not in (first, second)]
    merged.append((pairs[first][0] + pairs[second][0], pairs[first][1] + pairs[second][1]))
    assert dissimilarity(*as_series(merged)) <= value + 1e-12


@quick
@given(areas, st.data())
def test_moving_people_towards_evenness_never_raises_it(pairs, data):
    group, total = as_series(pairs)
    value = dissimilarity(group, total)
    assume(len(pairs) > 1 and not math.isnan(value))
    share = group / total
    assume(share.notna().sum() > 1)
    full, empty = share.idxmax(), share.idxmin()
    assume(share[full] > share[empty])
    # Swap members of the group against others until at most both areas have the same share.
    most = (share[full] - share[empty]) / (1 / total[full] + 1 / total[empty])
    moved = data.draw(st.floats(0, 1)) * most
    group[full] -= moved
    group[empty] += moved
    assert dissimilarity(group.clip(0, total), total) <= value + 1e-9
