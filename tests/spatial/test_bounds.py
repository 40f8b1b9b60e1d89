"""Bounds over missing counts: against every city that there can be."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial.bounds import bounds
from spatial.segregation.aspatial.evenness import (
    prepare_dissimilarity,
    prepare_gini,
    prepare_gorard,
    prepare_min_max,
)
from spatial.segregation.aspatial.exposure import prepare_interaction, prepare_isolation
from spatial.segregation.aspatial.mixing import prepare_atkinson, prepare_information_theory
from spatial.segregation.aspatial.relative_exposure import prepare_correlation_ratio

EVALUATORS = {
    "dissimilarity": prepare_dissimilarity(),
    "gini": prepare_gini(),
    "gorard": prepare_gorard(),
    "min_max": prepare_min_max(),
    "information_theory": prepare_information_theory(),
    "atkinson": prepare_atkinson(shape=0.3),
    "isolation": prepare_isolation(),
    "interaction": prepare_interaction(),
    "correlation_ratio": prepare_correlation_ratio(),
}
every_index = pytest.mark.parametrize("name", EVALUATORS)
quick = settings(max_examples=25, deadline=None)


@st.composite
def gaps(draw):
    """Draw limits of the group in up to five areas, equal where it is known, and the residents."""
    areas = draw(st.integers(1, 5))
    total = draw(st.lists(st.integers(0, 9), min_size=areas, max_size=areas))
    low, high = [], []
    for residents in total:
        first, second = sorted(draw(st.tuples(*[st.integers(0, residents)] * 2)))
        is_known = draw(st.booleans())
        low.append(first)
        high.append(first if is_known else second)
    assume(math.prod(most - least + 1 for least, most in zip(low, high, strict=True)) <= 2000)
    return np.array(total), np.array(low), np.array(high)


def all_values(name, total, low, high, group_sum=None):
    cities = np.array(
        list(itertools.product(*[range(least, most + 1) for least, most in zip(low, high, strict=True)]))
    )
    if group_sum is not None:
        cities = cities[cities.sum(axis=1) == group_sum]
    return EVALUATORS[name](np.stack([cities, total - cities], axis=1).astype(float))


def find(name, total, low, high, **options):
    group = pd.Series(np.where(low == high, low, np.nan))
    limits = {"low": pd.Series(low), "high": pd.Series(high)}
    return bounds(name, group, pd.Series(total), shape=0.3, **limits, **options)


def value_at(name, members, total):
    return float(EVALUATORS[name](np.stack([members.to_numpy(), total - members.to_numpy()])))


def test_a_suppressed_count_of_one_to_four():
    # 1: 1/2 (|10/41 - 90/259| + |1/41 - 99/259| + |30/41 - 70/259|) = 30/41 - 70/259
    # 4: 1/2 (|10/44 - 90/256| + |4/44 - 96/256| + |30/44 - 70/256|) = 30/44 - 70/256
    found = bounds("dissimilarity", pd.Series([10, None, 30]), pd.Series([100] * 3), low=1, high=4)
    assert found.high == pytest.approx(30 / 41 - 70 / 259, abs=1e-11)
    assert found.low == pytest.approx(30 / 44 - 70 / 256, abs=1e-11)
    assert found.at_low.tolist() == pytest.approx([10, 4, 30])
    assert found.at_high.tolist() == [10, 1, 30]
    assert found.is_exact
    assert repr(found) == "Bounds(dissimilarity: 0.4084 to 0.4614, exact, 1 of 3 areas missing)"


def test_a_count_of_which_nothing_is_known():
    # Isolation of 10 of 100 and x of 100: (100 + x²) / (100 (10 + x)). It is least where
    # 2x (10 + x) = 100 + x², at x = 10 (√2 - 1), with 2x / 100; most at x = 100, with 10100 / 11000.
    found = bounds("isolation", pd.Series([10, None]), pd.Series([100, 100]))
    assert found.low == pytest.approx(0.2 * (math.sqrt(2) - 1), abs=1e-11)
    assert found.high == pytest.approx(10100 / 11000, abs=1e-14)
    assert found.missing == ("1",)


def test_the_sum_of_the_city_settles_a_single_missing_count():
    # 40 in all: 30 live in the second area; D = 0.3125 (see dissimilarity).
    found = bounds("dissimilarity", pd.Series([10, None]), pd.Series([100, 100]), group_sum=40)
    assert (found.low, found.high) == pytest.approx((0.3125, 0.3125), abs=1e-11)


def test_the_evenest_city_has_one_share_in_the_missing_areas():
    # 10 of 100 known, 30 left for 50 and 100 residents: 10 and 20, a fifth each.
    group, total = pd.Series([10, None, None]), pd.Series([100, 50, 100])
    for name in ("dissimilarity", "gini", "information_theory", "atkinson", "correlation_ratio"):
        found = bounds(name, group, total, group_sum=40)
        assert found.at_low.tolist() == pytest.approx([10, 10, 20])


def test_without_gaps_there_is_one_value():
    found = bounds("gini", pd.Series([10, 30]), pd.Series([100, 100]))
    assert found.low == found.high == pytest.approx(0.3125)
    assert found.missing == ()


def test_nothing_known_at_all_leaves_everything_possible():
    found = bounds("dissimilarity", pd.Series([None, None, None], dtype=float), pd.Series([10, 20, 30]))
    assert (found.low, found.high) == pytest.approx((0, 1), abs=1e-9)


def test_an_absent_group_has_no_bounds():
    for name in EVALUATORS:
        found = bounds(name, pd.Series([0, None]), pd.Series([10, 20]), high=0)
        assert math.isnan(found.low)
        assert math.isnan(found.high)


@every_index
@quick
@given(gap=gaps())
def test_every_city_that_there_can_be_lies_within(name, gap):
    total, low, high = gap
    values = all_values(name, *gap)
    assume(not np.isnan(values).all())
    found = find(name, *gap)
    assert found.low <= np.nanmin(values) + 1e-11
    assert found.high >= np.nanmax(values) - 1e-11
    assert found.is_exact
    if name != "interaction":
        assert found.high == pytest.approx(np.nanmax(values), abs=1e-9)
    for end, members in ((found.low, found.at_low), (found.high, found.at_high)):
        assert members.between(low - 1e-9, high + 1e-9).all()
        assert value_at(name, members, total) == pytest.approx(end, abs=1e-9)


@every_index
@quick
@given(gap=gaps(), data=st.data())
def test_every_city_with_the_known_sum_lies_within(name, gap, data):
    total, low, high = gap
    group_sum = data.draw(st.integers(int(low.sum()), int(high.sum())))
    values = all_values(name, *gap, group_sum)
    assume(not np.isnan(values).all())
    found = find(name, *gap, group_sum=group_sum)
    assert found.low <= np.nanmin(values) + 1e-11
    assert found.high >= np.nanmax(values) - 1e-11
    assert found.group_sum == group_sum
    for end, members in ((found.lowest_found, found.at_low), (found.highest_found, found.at_high)):
        assert members.sum() == pytest.approx(group_sum)
        assert members.between(low - 1e-9, high + 1e-9).all()
        assert value_at(name, members, total) == pytest.approx(end, abs=1e-9)


@every_index
@pytest.mark.parametrize("is_sum_known", [False, True], ids=["sum unknown", "sum known"])
@pytest.mark.parametrize("most", [4, None], ids=["one to four", "anything"])
def test_many_gaps_have_outer_bounds_that_are_close(name, is_sum_known, most):
    rng = np.random.default_rng(12)
    total = rng.integers(60, 400, 250)
    group = rng.binomial(total, rng.beta(0.8, 8, 250))
    is_missing = (group >= 1) & (group <= 4) if most else np.arange(250) % 12 == 0
    counts = pd.Series(np.where(is_missing, np.nan, group))
    found = bounds(
        name,
        counts,
        pd.Series(total),
        low=1 if most else 0,
        high=most,
        group_sum=float(group.sum()) if is_sum_known else None,
        shape=0.3,
    )
    assert is_missing.sum() > 12
    assert found.low <= value_at(name, pd.Series(group), total) <= found.high
    # Anything else that is admissible lies within as well, at the corners above all.
    tried = np.where(rng.random((300, 250)) < 0.5, found.at_low.to_numpy(), found.at_high.to_numpy())
    if not is_sum_known:
        values = EVALUATORS[name](np.stack([tried, total - tried], axis=1))
        assert found.low <= values.min()
        assert values.max() <= found.high
    # An area that may be split weighs a few of 250; counts up to four weigh next to nothing, but for the Gini
    # index, where there is room between the tangents.
    assert found.high - found.highest_found <= (0.003 if most else 0.03)
    assert found.lowest_found - found.low <= (0.003 if most else 0.03)


def test_the_sum_of_the_city_narrows_the_bounds():
    group, total = pd.Series([10, None, None, 30]), pd.Series([100, 80, 90, 100])
    wide = bounds("information_theory", group, total, high=20)
    narrow = bounds("information_theory", group, total, high=20, group_sum=55)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_a_limit_above_the_residents_means_all_of_them():
    group, total = pd.Series([5, None]), pd.Series([20, 3])
    assert bounds("isolation", group, total, low=1, high=4).at_high.tolist() == [5, 3]


def test_areas_are_brought_together_and_inputs_left_alone():
    group = pd.Series({"b": None, "a": 10.0}, name="young")
    total = pd.Series({"a": 100, "b": 100})
    before = group.copy()
    found = bounds("isolation", group, total, low=pd.Series({"b": 30, "a": 0}), high=30)
    assert found.at_low.to_dict() == {"a": 10, "b": 30}
    assert found.at_low.name == "young"
    assert found.missing == ("b",)
    pd.testing.assert_series_equal(group, before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"low": 5, "high": 4}, CountsError, "lower limit.* above the upper one in 1 area.*: 1"),
        ({"low": -1}, CountsError, "negative"),
        ({"low": pd.Series([0, None])}, CountsError, "lower limit missing"),
        ({"high": pd.Series([0, None])}, CountsError, "lower limit missing, negative or above"),
        ({"low": pd.Series([0])}, AlignmentError, "low"),
        ({"group_sum": 111}, ParameterError, "between 10 and 110"),
        ({"group_sum": 9}, ParameterError, "between 10 and 110"),
    ],
)
def test_limits_that_cannot_be_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        bounds("dissimilarity", pd.Series([10, None]), pd.Series([100, 100]), **options)


def test_known_counts_are_checked_as_always():
    with pytest.raises(CountsError, match="group above total"):
        bounds("dissimilarity", pd.Series([101, None]), pd.Series([100, 100]))
    with pytest.raises(CountsError, match="total missing"):
        bounds("dissimilarity", pd.Series([10, None]), pd.Series([100, None]))
    with pytest.raises(ParameterError, match="dissimilarity"):
        bounds("delta", pd.Series([10, None]), pd.Series([100, 100]))
