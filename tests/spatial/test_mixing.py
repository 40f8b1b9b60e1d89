"""Entropy and Atkinson index: worked values; what holds for every index of evenness is tested with those."""

import math

import numpy as np
import pandas as pd
import pytest

from spatial import ParameterError
from spatial.segregation.aspatial.mixing import atkinson, information_theory, prepare_information_theory


def test_entropy_of_an_even_and_an_empty_half():
    # Shares 0 and 1/2 of 50 and 100 residents; P = 1/3. Only the second area is mixed, with entropy ln 2:
    # H = 1 - 100 ln 2 / (150 (1/3 ln 3 + 2/3 ln 1.5))
    city = math.log(3) / 3 + 2 * math.log(1.5) / 3
    value = information_theory(pd.Series([0, 50]), pd.Series([50, 100]))
    assert value == pytest.approx(1 - 100 * math.log(2) / (150 * city), abs=1e-15)


def test_entropy_index_of_two_areas_in_bits_is_the_same():
    # Shares 0.1 and 0.3 of a hundred each, P = 0.2, all logarithms to the base 2.
    def bits(share):
        return -share * math.log2(share) - (1 - share) * math.log2(1 - share)

    expected = 1 - (bits(0.1) + bits(0.3)) / (2 * bits(0.2))
    assert information_theory(pd.Series([10, 30]), pd.Series([100, 100])) == pytest.approx(
        expected, abs=1e-15
    )


def test_atkinson_with_the_usual_shape():
    # Shares 0.2 and 0.8 of 50 each, P = 1/2: the sum is 2 · 50 · sqrt(0.16) / 50 = 0.8, and 1 - 0.8² = 0.36
    assert atkinson(pd.Series([10, 40]), pd.Series([50, 50])) == pytest.approx(0.36, abs=1e-15)


def test_atkinson_with_another_shape():
    # b = 0.1: sum over (1-p)^0.9 p^0.1 n / (P N) with p = 0.2 and 0.8, then to the power 1/0.9
    mixed = (0.8**0.9 * 0.2**0.1 + 0.2**0.9 * 0.8**0.1) * 50 / 50
    value = atkinson(pd.Series([10, 40]), pd.Series([50, 50]), shape=0.1)
    assert value == pytest.approx(1 - mixed ** (1 / 0.9), abs=1e-15)


@pytest.mark.parametrize("shape", [0, 1, -0.5, 2, float("nan")])
def test_a_shape_that_is_not_between_zero_and_one_is_refused(shape):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        atkinson(pd.Series([10, 40]), pd.Series([50, 50]), shape=shape)


def test_areas_where_nobody_of_the_group_lives_add_no_entropy():
    # 0 ln 0 is 0: without the two pure areas, the mixed one has all entropy there is.
    value = information_theory(pd.Series([0, 7, 20]), pd.Series([9, 7, 40]))
    city = 27 / 56
    largest = -city * math.log(city) - (1 - city) * math.log(1 - city)
    assert value == pytest.approx(1 - 40 * math.log(2) / (56 * largest), abs=1e-15)


def test_a_million_areas_are_summed_without_losing_digits():
    # A thousand times the same thousand areas has the index of the thousand.
    rng = np.random.default_rng(3)
    few = rng.integers(1, 40, (2, 1000)).astype(float)
    many = np.tile(few, 1000)
    evaluate = prepare_information_theory()
    assert float(evaluate(many)) == pytest.approx(float(evaluate(few)), rel=1e-11)
