"""Chances of numbers of members: against sums done by hand and in whole numbers."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from spatial.segregation.aspatial.chance import binomial, hypergeometric, mean_gap, support


def test_three_tosses():
    # 1/8, 3/8, 3/8, 1/8
    chances = binomial(np.arange(4.0), 3.0, 0.5)
    np.testing.assert_allclose(chances, [0.125, 0.375, 0.375, 0.125], rtol=1e-14)


@pytest.mark.parametrize("residents", [1, 15, 16, 17, 400])
def test_binomial_chances_are_those_of_whole_numbers(residents):
    share = Fraction(3, 16)
    exact = [
        float(comb(residents, k) * share**k * (1 - share) ** (residents - k)) for k in range(residents + 1)
    ]
    chances = binomial(np.arange(residents + 1.0), float(residents), float(share))
    np.testing.assert_allclose(chances, exact, rtol=1e-11)


def test_hypergeometric_chances_are_those_of_whole_numbers():
    exact = [comb(50, k) * comb(350, 30 - k) / comb(400, 30) for k in range(31)]
    chances = hypergeometric(np.arange(31.0), np.full(31, 30.0), 50, 400)
    np.testing.assert_allclose(chances, exact, rtol=1e-11)


def test_chances_of_millions_keep_their_digits():
    # Around the mean of 2 of 10,000,000, all but nothing of the chance is in 0 … 40.
    assert binomial(np.arange(41.0), 1e7, 2e-7).sum() == pytest.approx(1, abs=1e-12)
    assert hypergeometric(np.arange(200.0), np.full(200, 1e3), 8e5, 1e7).sum() == pytest.approx(1, abs=1e-12)


def test_what_cannot_be_has_no_chance():
    # Two places, one member in a city of three: never two members; with two others never two of them only.
    np.testing.assert_allclose(
        hypergeometric(np.array([0.0, 1.0, 2.0]), np.full(3, 2.0), 1, 3), [1 / 3, 2 / 3, 0]
    )
    # Everybody lives here: all members do.
    assert hypergeometric(np.array([1.0, 2.0]), np.full(2, 5.0), 2, 5).tolist() == [0, 1]


@pytest.mark.parametrize("null", ["binomial", "hypergeometric"])
@pytest.mark.parametrize(("group", "everybody"), [(20, 60), (3, 50), (49, 50), (25, 50)])
def test_the_closed_form_is_the_sum_over_all_numbers(null, group, everybody):
    residents = np.array([1.0, 2.0, 3.0, 10.0, 17.0, 40.0])
    gaps = mean_gap(residents, group, everybody, null)
    for size, gap in zip(residents, gaps, strict=True):
        members = np.arange(size + 1)
        if null == "binomial":
            chances = binomial(members, size, group / everybody)
        else:
            chances = hypergeometric(members, np.full(len(members), size), group, everybody)
        assert gap == pytest.approx(chances @ np.abs(members - size * group / everybody), abs=1e-12)


def test_one_resident_of_an_even_city():
    # 0 or 1 member, each 1/2 away from the mean
    assert mean_gap(np.array([1.0]), 5, 10, "binomial").tolist() == [0.5]


def test_who_owns_all_places_has_no_gap_when_members_are_dealt_out():
    assert mean_gap(np.array([10.0]), 5, 10, "hypergeometric").tolist() == [0]


def test_numbers_that_can_be_expected_hold_all_but_nothing_of_the_chance():
    residents = np.array([3.0, 5000.0, 90000.0])
    members, area = support(residents, 0.04)
    chances = binomial(members, residents[area], 0.04)
    np.testing.assert_allclose(np.bincount(area, chances), 1, rtol=1e-12)
    assert members[area == 0].tolist() == [0, 1, 2, 3]
