"""Dissimilarity without its bias: worked values, and that the bias is gone."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from spatial import CountsError, ParameterError
from spatial.segregation.aspatial.corrected import (
    bias_corrected_dissimilarity,
    density_corrected_dissimilarity,
    prepare_bias_corrected_dissimilarity,
    prepare_density_corrected_dissimilarity,
)
from spatial.segregation.aspatial.evenness import dissimilarity

areas = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=10)
quick = settings(max_examples=50, deadline=None)


def as_series(pairs):
    group = pd.Series([float(group) for group, _ in pairs])
    return group, group + pd.Series([float(rest) for _, rest in pairs])


def test_resampling_two_persons_of_each_group():
    # Group and rest are (1, 1) each: D = 0. Drawn again, each is (2, 0), (1, 1), (0, 2) with 1/4, 1/2, 1/4, and
    # D = |difference of first areas| / 2: 0 with 3/8, 1/2 with 1/2, 1 with 1/8. Mean 3/8; corrected -3/8.
    value = bias_corrected_dissimilarity(
        pd.Series([1, 1]), pd.Series([2, 2]), rng=np.random.default_rng(1), replicates=40_000
    )
    # The standard deviation of one draw is 0.33: five standard errors.
    assert value == pytest.approx(-3 / 8, abs=5 * 0.33 / 200)


def test_complete_separation_stays_complete():
    group, total = pd.Series([40, 0]), pd.Series([40, 60])
    assert bias_corrected_dissimilarity(group, total, rng=np.random.default_rng(1), replicates=9) == 1
    assert density_corrected_dissimilarity(group, total) == 1


def test_the_same_generator_gives_the_same_value():
    inputs = pd.Series([10, 30, 7]), pd.Series([100, 100, 20])
    first = bias_corrected_dissimilarity(*inputs, rng=np.random.default_rng(3), replicates=30)
    assert bias_corrected_dissimilarity(*inputs, rng=np.random.default_rng(3), replicates=30) == first
    assert bias_corrected_dissimilarity(*inputs, rng=np.random.default_rng(4), replicates=30) != first


def test_a_table_gets_the_same_value_in_whatever_company():
    tables = np.random.default_rng(2).integers(0, 9, (3, 2, 2, 7)).astype(float)
    before = tables.copy()
    evaluate = prepare_bias_corrected_dissimilarity(rng=np.random.default_rng(1), replicates=20)
    together = evaluate(tables)
    assert together.shape == (3, 2)
    for place in np.ndindex(3, 2):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12)
    np.testing.assert_array_equal(tables, before)


def test_most_of_the_bias_is_taken_away():
    # 200 areas with true chances of D = 0.1 and 80 persons each: without correction D is 0.03 too high.
    rng = np.random.default_rng(8)
    chances = np.tile([0.55, 0.45], 100) / 100
    found, resampled, shrunk = [], [], []
    for _ in range(8):
        group = rng.multinomial(4000, chances)
        total = group + rng.multinomial(12_000, chances[::-1])
        found.append(dissimilarity(group, total))
        resampled.append(bias_corrected_dissimilarity(group, total, rng=rng, replicates=60))
        shrunk.append(density_corrected_dissimilarity(group, total))
    assert np.mean(found) > 0.12
    assert abs(np.mean(resampled) - 0.1) < 0.5 * (np.mean(found) - 0.1)
    assert abs(np.mean(shrunk) - 0.1) < 0.6 * (np.mean(found) - 0.1)


def test_gaps_within_one_standard_deviation_are_taken_for_chance():
    # 2 of 5 and 18 of 35 in the first area: the gap of 0.114 has a standard deviation of
    # sqrt(0.4 · 0.6 / 5 + 18/35 · 17/35 / 35) = 0.235
    assert density_corrected_dissimilarity(pd.Series([2, 3]), pd.Series([20, 20])) == 0


def test_a_wider_gap_is_shrunk_to_the_likeliest_mean():
    # Two areas have the same gap: |10/40 - 90/160| = 0.3125, variance 0.25·0.75/40 + 0.5625·0.4375/160.
    group, total = pd.Series([14, 26]), pd.Series([100, 100])
    gap = abs(14 / 40 - 86 / 160)
    deviation = math.sqrt(14 / 40 * 26 / 40 / 40 + 86 / 160 * 74 / 160 / 160)
    observed = gap / deviation

    def less_likely(mean):
        return -math.exp(-((observed - mean) ** 2) / 2) - math.exp(-((observed + mean) ** 2) / 2)

    likeliest = minimize_scalar(
        less_likely, bounds=(0, observed), method="bounded", options={"xatol": 1e-9}
    ).x
    assert 1 < observed < 3
    value = density_corrected_dissimilarity(group, total)
    assert value == pytest.approx(deviation * likeliest, abs=1e-7)
    assert 0 < value < gap


@pytest.mark.parametrize("persons", [1, 10, 100, 10_000])
def test_the_widest_gaps_are_not_lost(persons):
    """PySAL looks for the likeliest mean from 0 on, where the likelihood of a wide gap is rounded to 0.

    Gaps of more than 38 standard deviations then count for nothing: its value for 4,000 of 5,000 against 1,000
    of 5,000 is 0.00000006, for a tenth of these persons 0.59999989.
    """
    group, total = pd.Series([40, 10]) * persons, pd.Series([50, 50]) * persons
    assert density_corrected_dissimilarity(group, total) == pytest.approx(0.6, abs=1e-6)


@pytest.mark.parametrize("group", [[0, 0], [100, 50]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(group):
    inputs = pd.Series(group), pd.Series([100, 50])
    assert math.isnan(density_corrected_dissimilarity(*inputs))
    assert math.isnan(bias_corrected_dissimilarity(*inputs, rng=np.random.default_rng(1), replicates=2))


def test_what_cannot_be_resampled_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(CountsError, match="not whole persons"):
        bias_corrected_dissimilarity(pd.Series([0.5, 1]), pd.Series([2, 2]), rng=rng)
    with pytest.raises(ParameterError, match="at least 1"):
        bias_corrected_dissimilarity(pd.Series([1, 1]), pd.Series([2, 2]), rng=rng, replicates=0)


@pytest.mark.parametrize("n_areas", [3, 2500, 70_000])
def test_many_tables_at_once_give_what_each_gives_alone(n_areas):
    tables = np.random.default_rng(n_areas).integers(0, 50, (2, 3, 2, n_areas)).astype(float)
    evaluate = prepare_density_corrected_dissimilarity()
    together = evaluate(tables)
    for place in np.ndindex(2, 3):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12)


@quick
@given(areas)
def test_the_density_correction_lies_between_zero_and_the_dissimilarity(pairs):
    group, total = as_series(pairs)
    highest = dissimilarity(group, total)
    value = density_corrected_dissimilarity(group, total)
    assert math.isnan(value) == math.isnan(highest)
    assume(not math.isnan(value))
    assert 0 <= value <= highest + 1e-12


@quick
@given(areas)
def test_the_density_correction_vanishes_among_very_many_persons(pairs):
    group, total = as_series(pairs)
    assume(0 < group.sum() < total.sum())
    value = density_corrected_dissimilarity(group * 1e9, total * 1e9)
    assert value == pytest.approx(dissimilarity(group, total), abs=1e-4)


@quick
@given(areas, st.randoms(use_true_random=False))
def test_order_and_empty_areas_make_no_difference(pairs, random):
    value = density_corrected_dissimilarity(*as_series(pairs))
    shuffled = [*pairs, (0, 0)]
    random.shuffle(shuffled)
    again = density_corrected_dissimilarity(*as_series(shuffled))
    assert again == pytest.approx(value, nan_ok=True, abs=1e-13)
