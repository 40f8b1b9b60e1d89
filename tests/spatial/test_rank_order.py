"""Segregation by rank: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import CountsError, ParameterError
from spatial.segregation.aspatial import rank_order
from spatial.segregation.aspatial.rank_order import (
    rank_order_curve,
    rank_order_information_theory,
    rank_order_profile,
    rank_order_square_root,
    rank_order_variance_ratio,
)

MEASURES = {entry.id: entry for entry in rank_order.MEASURES}
COLUMNS = {
    "information_theory": rank_order_information_theory,
    "variance_ratio": rank_order_variance_ratio,
    "square_root": rank_order_square_root,
}

# At or below the limits are 1/4, 1/2, 3/4 of all; 4/10, 7/10, 9/10 of the first area, 1/10, 3/10, 6/10 of the
# second.
TWO_AREAS = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])

quick = settings(max_examples=40, deadline=None)
tables = st.lists(st.lists(st.integers(0, 300), min_size=7, max_size=7), min_size=1, max_size=6).map(
    lambda rows: pd.DataFrame(np.array(rows, dtype=float))
)


def all_three(table, **options):
    return np.array([entry.function(table, **options) for entry in MEASURES.values()])


def bits(share):
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def test_variance_ratio_of_two_areas():
    # 1 - mean of c (1 - c) / that of all: 1 - 0.165 / 0.1875 = 0.12 at 1/4 and 3/4, 1 - 0.21 / 0.25 = 0.16 at 1/2,
    # on the parabola 0.16 - 0.64 (p - 1/2)². With the weight 6 p (1 - p) the mean of (p - 1/2)² is 1/20.
    assert rank_order_profile(TWO_AREAS)["variance_ratio"].tolist() == pytest.approx([0.12, 0.16, 0.12])
    assert rank_order_variance_ratio(TWO_AREAS, order=2) == pytest.approx(0.16 - 0.64 / 20, abs=1e-14)


def test_information_theory_of_two_areas():
    # The parabola through the values at 1/4, 1/2, 3/4; weighted by entropy, the mean of p² is 11/36, of p 1/2,
    # so that of (p - 1/2)² is 11/36 - 1/4 = 1/18.
    outer = 1 - (bits(0.4) + bits(0.1)) / 2 / bits(0.25)
    middle = 1 - bits(0.3)
    expected = middle + 16 * (outer - middle) / 18
    assert rank_order_information_theory(TWO_AREAS, order=2) == pytest.approx(expected, abs=1e-14)


def test_square_root_of_two_areas():
    # Weighted by √(p (1 - p)), the mean of (p - 1/2)² is 1/16: the index is the value at 1/4.
    outer = 1 - (math.sqrt(0.24) + 0.3) / 2 / math.sqrt(0.1875)
    assert rank_order_square_root(TWO_AREAS, order=2) == pytest.approx(outer, abs=1e-14)


def test_a_straight_line_is_fitted_where_the_weight_is():
    # A line through symmetric points is flat, at the weighted mean: squares of 3/4, 1, 3/4 as weights.
    weighted = (0.12 * 9 / 16 * 2 + 0.16) / (9 / 16 * 2 + 1)
    assert rank_order_variance_ratio(TWO_AREAS, order=1) == pytest.approx(weighted, abs=1e-14)
    assert rank_order_variance_ratio(TWO_AREAS, order=1, fit="unweighted") == pytest.approx(
        0.4 / 3, abs=1e-14
    )


def test_the_profile_is_indexed_by_the_class_below_the_limit():
    profile = rank_order_profile(TWO_AREAS)
    assert profile.index.tolist() == ["low", "lower", "higher"]
    assert profile["share"].tolist() == [0.25, 0.5, 0.75]
    assert profile.columns.tolist() == ["share", *COLUMNS]
    assert profile.loc["lower", "information_theory"] == pytest.approx(1 - bits(0.3), abs=1e-15)
    assert rank_order_profile(TWO_AREAS.to_numpy()).index.tolist() == [0, 1, 2]


def test_the_profile_has_no_value_where_nobody_is_below():
    profile = rank_order_profile(TWO_AREAS.assign(low=0))
    assert profile.loc["low", list(COLUMNS)].isna().all()
    assert profile.loc["lower":].notna().all().all()


def test_the_curve_goes_through_the_points_when_it_can():
    curve = rank_order_curve(TWO_AREAS, [0.25, 0.5, 0.75], order=2)
    expected = rank_order_profile(TWO_AREAS)[list(COLUMNS)]
    np.testing.assert_allclose(curve, expected, atol=1e-14)
    assert curve.index.tolist() == [0.25, 0.5, 0.75]


@quick
@given(tables, st.sampled_from(["weighted", "unweighted"]), st.integers(1, 4))
def test_the_index_is_the_weighted_mean_of_the_curve(table, fit, order):
    ranks = (np.arange(20_000) + 0.5) / 20_000
    weights = {
        "information_theory": -ranks * np.log(ranks) - (1 - ranks) * np.log(1 - ranks),
        "variance_ratio": ranks * (1 - ranks),
        "square_root": np.sqrt(ranks * (1 - ranks)),
    }
    curve = rank_order_curve(table, ranks, order=order, fit=fit)
    for name, measure in COLUMNS.items():
        expected = np.average(curve[name], weights=weights[name])
        size = 1 + np.abs(curve[name]).max()
        found = measure(table, order=order, fit=fit)
        assert found == pytest.approx(expected, abs=1e-6 * size, nan_ok=True)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("fit", ["weighted", "unweighted"])
def test_replicates_have_the_values_they_have_alone(name, fit):
    entry = MEASURES[name]
    evaluate = entry.prepare(order=3, fit=fit)
    counts = np.random.default_rng(1).poisson(3, (3, 4, 7, 37)).astype(float)
    counts[0, 0, 2] = 0
    counts[0, 1] = 0
    before = counts.copy()
    values = evaluate(counts)
    assert values.shape == (3, 4)
    alone = np.array([[evaluate(counts[i, j]) for j in range(4)] for i in range(3)])
    np.testing.assert_array_equal(values, alone)
    np.testing.assert_array_equal(counts, before)
    assert np.isnan(values[0, 1])
    assert float(evaluate(counts[2, 2])) == entry.function(counts[2, 2].T, order=3, fit=fit)
    assert entry.groups == "ordered"


@pytest.mark.parametrize("order", [0, -1, 11, 2.5])
def test_an_order_out_of_range_is_refused(order):
    with pytest.raises(ParameterError, match="order"):
        rank_order_information_theory(TWO_AREAS, order=order)
    with pytest.raises(ParameterError, match="order"):
        rank_order_curve(TWO_AREAS, [0.5], order=order)


def test_the_order_must_leave_a_limit_for_each_coefficient():
    with pytest.raises(ParameterError, match="order is 3, expected at most 2 for 4 classes"):
        rank_order_information_theory(TWO_AREAS, order=3)


def test_unknown_options_and_ranks_are_refused():
    with pytest.raises(ParameterError, match="fit"):
        rank_order_information_theory(TWO_AREAS, order=2, fit="robust")
    for rank in (-0.1, 1.1, math.nan):
        with pytest.raises(ParameterError, match="ranks from 0 to 1"):
            rank_order_curve(TWO_AREAS, [rank], order=2)
    with pytest.raises(CountsError, match="negative"):
        rank_order_profile(-TWO_AREAS)


def test_too_few_limits_with_people_on_both_sides_have_no_value():
    few = pd.DataFrame([[4, 0, 3, 0, 2], [1, 0, 3, 0, 4]])
    assert np.isnan(all_three(few, order=2)).all()
    assert not np.isnan(all_three(few, order=1)).any()


@quick
@given(tables, st.integers(0, 7))
def test_an_empty_class_changes_nothing(table, where):
    wider = table.copy()
    wider.insert(where, "nobody", 0.0)
    np.testing.assert_allclose(all_three(wider), all_three(table), rtol=1e-8, atol=1e-8)


@quick
@given(tables, st.sampled_from([3.0, 1e-9, 1e9]), st.randoms(use_true_random=False))
def test_scale_and_order_of_areas_are_irrelevant_and_classes_may_be_reversed(table, factor, random):
    # Values at shares that hardly differ say little of the curve in between: rounding grows there.
    assume((table.sum() > 0.02 * table.to_numpy().sum()).all())
    rows = list(table.index)
    random.shuffle(rows)
    np.testing.assert_allclose(
        all_three(table.loc[rows, ::-1] * factor), all_three(table), rtol=1e-8, atol=1e-8
    )


@quick
@given(tables, st.data())
def test_splitting_an_area_into_equal_mixes_and_adding_empty_ones_changes_nothing(table, data):
    assume((table.sum() > 0.02 * table.to_numpy().sum()).all())
    split = data.draw(st.sampled_from(list(table.index)))
    share = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
    parts = table.copy()
    parts.loc[len(table)] = table.loc[split] * share
    parts.loc[split] *= 1 - share
    np.testing.assert_allclose(all_three(parts), all_three(table), rtol=1e-8, atol=1e-8)


@quick
@given(st.lists(st.integers(5, 100), min_size=6, max_size=9), st.sampled_from(["weighted", "unweighted"]))
def test_even_areas_are_zero_and_separate_classes_one(sizes, fit):
    np.testing.assert_allclose(all_three(np.outer([1, 2, 5], sizes), fit=fit), 0, atol=1e-9)
    np.testing.assert_allclose(all_three(np.diag(sizes), fit=fit), 1, atol=1e-9)
