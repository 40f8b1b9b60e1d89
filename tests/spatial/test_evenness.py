"""Indices of evenness: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError, SpatialError
from spatial.segregation.aspatial.evenness import (
    dissimilarity,
    gini,
    gorard,
    min_max,
    prepare_dissimilarity,
    prepare_gini,
    prepare_gorard,
    prepare_min_max,
)
from spatial.segregation.aspatial.mixing import (
    atkinson,
    information_theory,
    prepare_atkinson,
    prepare_information_theory,
)

areas = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400)),  # group, rest
    min_size=1,
    max_size=12,
)
quick = settings(max_examples=50, deadline=None)


def atkinson_for_rare(group, total):
    return atkinson(group, total, shape=0.2)


INDICES = [dissimilarity, gini, gorard, min_max, information_theory, atkinson, atkinson_for_rare]
every_index = pytest.mark.parametrize("index", INDICES)
EVALUATORS = {
    dissimilarity: prepare_dissimilarity(),
    gini: prepare_gini(),
    gorard: prepare_gorard(),
    min_max: prepare_min_max(),
    information_theory: prepare_information_theory(),
    atkinson: prepare_atkinson(),
    atkinson_for_rare: prepare_atkinson(shape=0.2),
}


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


def test_gini_of_three_areas():
    # Shares 0, 0.2, 0.5 of 50, 100, 50 residents; P = 45/200 = 0.225.
    # Pairs n_i n_j |p_i - p_j|: 5000·0.2 + 2500·0.5 + 5000·0.3 = 3750, twice for both orders.
    # G = 7500 / (2 · 200² · 0.225 · 0.775)
    value = gini(pd.Series([0, 20, 25]), pd.Series([50, 100, 50]))
    assert value == pytest.approx(7500 / (2 * 40000 * 0.225 * 0.775), abs=1e-15)


def test_gini_of_tied_shares_does_not_depend_on_their_order():
    # Two areas with a share of 1/2 between one with 0 and one with 1: the pairs give
    # 10·20·0.5 + 10·40·0.5 + 10·10·1 + 20·10·0.5 + 40·10·0.5 = 700; P = 1/2, N = 80.
    orders = ([0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2])
    group, total = np.array([0, 10, 20, 10]), np.array([10, 20, 40, 10])
    for order in orders:
        value = gini(group[order], total[order])
        assert value == pytest.approx(2 * 700 / (2 * 80**2 * 0.25), abs=1e-15)


def test_gini_is_the_mean_difference_of_all_pairs_for_many_areas():
    rng = np.random.default_rng(5)
    total = rng.integers(0, 90, 300).astype(float)
    group = rng.binomial(total.astype(int), rng.beta(0.5, 2, 300)).astype(float)
    share = np.divide(group, total, out=np.zeros(300), where=total > 0)
    city = group.sum() / total.sum()
    pairs = (total[:, None] * total * np.abs(share[:, None] - share)).sum()
    expected = pairs / (2 * total.sum() ** 2 * city * (1 - city))
    assert gini(group, total) == pytest.approx(expected, abs=1e-13)


def test_gorard_is_the_gap_to_all_residents():
    # 1/2 (|10/40 - 100/200| + |30/40 - 100/200|) = 0.25
    assert gorard(pd.Series([10, 30]), pd.Series([100, 100])) == pytest.approx(0.25, abs=1e-15)


def test_gorard_of_separated_groups_is_the_share_of_the_others():
    # 1/2 (|1 - 0.4| + |0 - 0.6|) = 0.6
    assert gorard(pd.Series([40, 0]), pd.Series([40, 60])) == pytest.approx(0.6, abs=1e-15)


def test_min_max_of_two_areas():
    # a/A = 0.25, 0.75 and b/B = 0.5625, 0.4375: 1 - (0.25 + 0.4375) / (0.5625 + 0.75)
    value = min_max(pd.Series([10, 30]), pd.Series([100, 100]))
    assert value == pytest.approx(1 - 0.6875 / 1.3125, abs=1e-15)


@every_index
def test_evenness_is_exactly_zero_or_next_to_it(index):
    assert index(pd.Series([10, 20, 5]), pd.Series([100, 200, 50])) == pytest.approx(0, abs=1e-15)
    assert index(pd.Series([7]), pd.Series([10])) == pytest.approx(0, abs=1e-15)


@every_index
def test_complete_separation_is_one(index):
    expected = 0.6 if index is gorard else 1.0
    value = index(pd.Series([40, 0, 0]), pd.Series([40, 50, 10]))
    assert value == pytest.approx(expected, abs=1e-15)
    assert value <= 1


@every_index
@pytest.mark.parametrize("group", [[0, 0], [100, 50], [0, 50]], ids=["nobody", "everybody", "one area"])
def test_a_group_without_a_contrast_has_no_value(index, group):
    total = [0, 50] if group == [0, 50] else [100, 50]
    assert math.isnan(index(pd.Series(group), pd.Series(total)))


@every_index
def test_one_missing_cell_is_refused_and_never_gives_zero(index):
    """PySAL's entropy index of counts with one NaN is 0: it takes the NaN for an empty sum."""
    with pytest.raises(CountsError, match="missing"):
        index(pd.Series([1.0, np.nan, 3.0]), pd.Series([5.0, 5.0, 5.0]))


@every_index
def test_counts_scaled_down_to_fractions_give_the_same(index):
    group, total = pd.Series([10.0, 30.0, 2.0]), pd.Series([100.0, 60.0, 40.0])
    assert index(group / 1e6, total / 1e6) == pytest.approx(index(group, total), rel=1e-12)


@every_index
@pytest.mark.parametrize("n_areas", [3, 60, 2500, 70_000])
def test_many_tables_at_once_give_what_each_gives_alone(index, n_areas):
    rng = np.random.default_rng(n_areas)
    tables = rng.integers(0, 50, (2, 2, 2, n_areas)).astype(float)
    before = tables.copy()
    together = EVALUATORS[index](tables)
    assert together.shape == (2, 2)
    for place in np.ndindex(2, 2):
        assert together[place] == pytest.approx(float(EVALUATORS[index](tables[place])), rel=1e-12)
    np.testing.assert_array_equal(tables, before)


@every_index
def test_tables_that_are_slices_of_larger_arrays_are_taken_as_they_are(index):
    rng = np.random.default_rng(9)
    large = rng.integers(0, 50, (4, 3, 2, 12)).astype(float)
    some = large[::2, 1:, :, ::3]
    np.testing.assert_allclose(EVALUATORS[index](some), EVALUATORS[index](some.copy()), rtol=1e-12)


@every_index
def test_a_table_without_a_group_is_nan_among_others(index):
    tables = np.array([[[1.0, 2.0], [3.0, 1.0]], [[0.0, 0.0], [3.0, 1.0]]])
    values = EVALUATORS[index](tables)
    assert values[0] > 0
    assert math.isnan(values[1])


@every_index
@quick
@given(areas)
def test_it_lies_between_zero_and_one(index, pairs):
    value = index(*as_series(pairs))
    assert math.isnan(value) or 0 <= value <= 1


@every_index
@quick
@given(areas, st.integers(2, 9))
def test_it_does_not_depend_on_scale(index, pairs, factor):
    group, total = as_series(pairs)
    same = pytest.approx(index(group, total), nan_ok=True, abs=1e-14)
    assert index(group * factor, total * factor) == same


@every_index
@quick
@given(areas, st.randoms(use_true_random=False))
def test_it_does_not_depend_on_order(index, pairs, random):
    group, total = as_series(pairs)
    order = list(range(len(pairs)))
    random.shuffle(order)
    shuffled = index(group.iloc[order], total.iloc[order])
    assert shuffled == pytest.approx(index(group, total), nan_ok=True, abs=1e-14)


@pytest.mark.parametrize("index", [dissimilarity, gini, min_max, information_theory, atkinson])
@quick
@given(areas)
def test_it_is_the_same_for_the_group_and_for_everybody_else(index, pairs):
    group, total = as_series(pairs)
    same = pytest.approx(index(group, total), nan_ok=True, abs=1e-14)
    assert index(total - group, total) == same


@quick
@given(areas)
def test_atkinson_of_everybody_else_is_that_of_the_group_with_the_other_shape(pairs):
    # Swapping group and rest swaps b and 1 - b; only the exponent 1 / (1 - b) is another.
    group, total = as_series(pairs)
    first = (1 - atkinson(group, total, shape=0.2)) ** 0.8
    second = (1 - atkinson(total - group, total, shape=0.8)) ** 0.2
    # The fifth root of a rounding error of 1e-16 is near 1e-3.
    assert second == pytest.approx(first, nan_ok=True, abs=1e-3)


@pytest.mark.parametrize("index", [dissimilarity, gini, min_max, atkinson, atkinson_for_rare])
@quick
@given(areas, st.integers(2, 9))
def test_a_group_that_grows_alike_everywhere_changes_nothing(index, pairs, factor):
    """Composition invariance (James and Taeuber 1985): the entropy index does not have it."""
    group, total = as_series(pairs)
    same = pytest.approx(index(group, total), nan_ok=True, abs=1e-14)
    assert index(group * factor, total + group * (factor - 1)) == same


@quick
@given(areas, st.integers(2, 9))
def test_gorard_stays_when_the_group_shrinks_alike_among_as_many_residents(pairs, factor):
    """Strong composition invariance (Gorard and Taylor 2002): the dissimilarity does not have it."""
    group, total = as_series(pairs)
    value = gorard(group, total)
    assume(not math.isnan(value))
    assert gorard(group / factor, total) == pytest.approx(value, abs=1e-14)


@quick
@given(areas)
def test_the_gini_index_is_never_below_the_dissimilarity_nor_above_its_bound(pairs):
    group, total = as_series(pairs)
    lowest = dissimilarity(group, total)
    assume(not math.isnan(lowest))
    assert lowest - 1e-12 <= gini(group, total) <= 2 * lowest - lowest**2 + 1e-12


@every_index
@quick
@given(areas, st.data())
def test_splitting_an_area_into_equal_mixes_changes_nothing(index, pairs, data):
    group, total = as_series(pairs)
    split = data.draw(st.integers(0, len(pairs) - 1))
    share = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
    group_parts, total_parts = group.copy(), total.copy()
    group_parts["new"], total_parts["new"] = group.iloc[split] * share, total.iloc[split] * share
    group_parts.iloc[split] *= 1 - share
    total_parts.iloc[split] *= 1 - share
    assert index(group_parts, total_parts) == pytest.approx(index(group, total), nan_ok=True, abs=1e-13)


@every_index
@quick
@given(areas)
def test_an_empty_area_counts_for_nothing(index, pairs):
    value = index(*as_series(pairs))
    assert index(*as_series([*pairs, (0, 0)])) == pytest.approx(value, nan_ok=True, abs=1e-14)


@every_index
@quick
@given(areas, st.data())
def test_merging_areas_never_raises_it(index, pairs, data):
    assume(len(pairs) > 1)
    value = index(*as_series(pairs))
    assume(not math.isnan(value))
    first, second = sorted(
        data.draw(st.lists(st.integers(0, len(pairs) - 1), min_size=2, max_size=2, unique=True))
    )
    merged = [pair for i, pair in enumerate(pairs) if i not in (first, second)]
    merged.append((pairs[first][0] + pairs[second][0], pairs[first][1] + pairs[second][1]))
    assert index(*as_series(merged)) <= value + 1e-12


@every_index
@quick
@given(areas, st.data())
def test_moving_people_towards_evenness_never_raises_it(index, pairs, data):
    """The principle of exchanges, and with it that of transfers (James and Taeuber 1985)."""
    group, total = as_series(pairs)
    value = index(group, total)
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
    assert index(group.clip(0, total), total) <= value + 1e-9
