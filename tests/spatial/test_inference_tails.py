"""P-values, ranges and intervals from simulated values, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.segregation.inference.tails import bootstrap_interval, central_range, p_value

NAN = float("nan")


def test_a_p_value_counts_the_observed_value_itself():
    # 4 simulated values, 1 at least 0.5: (1 + 1) / (4 + 1); all but one at most 0.5: (3 + 1) / 5.
    values = np.array([0.1, 0.2, 0.3, 0.9])
    assert p_value(0.5, values, "greater") == pytest.approx(2 / 5)
    assert p_value(0.5, values, "less") == pytest.approx(4 / 5)
    assert p_value(0.5, values, "two-sided") == pytest.approx(4 / 5)


def test_a_p_value_is_never_zero():
    # The trap in PySAL: the share of larger values alone, which is 0 beyond the largest.
    values = np.linspace(0, 0.1, 99)
    assert p_value(0.9, values, "greater") == pytest.approx(1 / 100)
    assert p_value(0.9, values, "two-sided") == pytest.approx(2 / 100)


def test_a_p_value_is_never_above_one():
    assert p_value(0.5, np.full(9, 0.5), "two-sided") == 1.0


def test_ties_are_as_extreme_as_the_observed_value_whatever_the_order_of_summation():
    values = np.array([0.1 + 0.2, 0.3, 0.2, 0.1])
    assert p_value(0.3, values, "greater") == pytest.approx(3 / 5)
    assert p_value(0.1 + 0.2, values, "greater") == pytest.approx(3 / 5)


def test_undefined_values_are_left_out_and_an_undefined_measure_has_no_p_value():
    assert p_value(0.5, np.array([0.1, NAN, 0.9]), "greater") == pytest.approx(2 / 3)
    assert np.isnan(p_value(NAN, np.array([0.1, 0.9]), "greater"))
    assert np.isnan(p_value(0.5, np.array([NAN, NAN]), "greater"))


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=30),
    st.floats(-1, 1),
    st.sampled_from(["two-sided", "greater", "less"]),
    st.sampled_from([1e-6, 3.0, 1e6]),
)
def test_a_p_value_lies_within_its_bounds_and_does_not_depend_on_the_scale(
    values, observed, alternative, scale
):
    simulated = np.round(values, 3)
    found = p_value(round(observed, 3), simulated, alternative)
    assert 1 / (len(values) + 1) <= found <= 1
    assert p_value(round(observed, 3) * scale, simulated * scale, alternative) == pytest.approx(found)


def test_the_central_range_has_the_ranks_that_fit_the_p_value():
    # 39 values, 95 %: ranks 0.025 * 40 = 1 and 39.
    assert central_range(np.arange(39.0), 0.95) == pytest.approx((0, 38))
    assert np.isnan(central_range(np.array([NAN]), 0.95)).all()


def test_the_basic_interval_mirrors_the_replicates_at_the_observed_value():
    # Replicates 10 … 48 around an observed 20: quantiles 10 and 48, mirrored 40 - 48 and 40 - 10.
    values = np.arange(10.0, 49.0)
    assert bootstrap_interval(20.0, values, "basic", 0.95) == pytest.approx((-8, 30))
    assert bootstrap_interval(20.0, values, "percentile", 0.95) == pytest.approx((10, 48))


def test_the_bias_corrected_interval_of_an_unbiased_estimate_is_the_percentile_interval():
    # 39 values 1 … 39, observed 20: 19 below and one tie are the half.
    values = np.arange(1.0, 40.0)
    assert bootstrap_interval(20.0, values, "bias_corrected", 0.95) == pytest.approx((1, 39))


def test_the_bias_corrected_interval_moves_against_the_bias():
    # Of 99 values, 16 lie below 16.5: z0 = -0.988, and the levels are Phi(-1.976 ± 1.645): 0.0001 and 0.370,
    # ranks 0.01 and 37.0 of 100.
    values = np.arange(1.0, 100.0)
    low, high = bootstrap_interval(16.5, values, "bias_corrected", 0.9)
    assert (low, high) == pytest.approx((1, 37.0), abs=0.1)


def test_replicates_on_one_side_leave_the_bias_corrected_interval_undefined():
    assert np.isnan(bootstrap_interval(0.0, np.arange(1.0, 9.0), "bias_corrected", 0.9)).all()
    assert np.isnan(bootstrap_interval(0.0, np.array([NAN]), "bias_corrected", 0.9)).all()
    assert np.isnan(bootstrap_interval(NAN, np.arange(1.0, 9.0), "basic", 0.9)).all()


def test_unknown_rules_are_refused():
    with pytest.raises(ParameterError, match="alternative"):
        p_value(0.5, np.array([0.1]), "both")
    with pytest.raises(ParameterError, match="interval"):
        bootstrap_interval(0.5, np.array([0.1]), "exact", 0.9)
