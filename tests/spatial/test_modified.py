"""Indices above chance: worked values, and that chance gives 0."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import CountsError, ParameterError
from spatial.segregation import expected_under_independence
from spatial.segregation.aspatial.exposure import isolation
from spatial.segregation.aspatial.modified import (
    modified_dissimilarity,
    modified_gini,
    modified_isolation,
    prepare_modified_dissimilarity,
    prepare_modified_gini,
)

INDICES = [modified_dissimilarity, modified_gini, modified_isolation]
areas = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=8)
quick = settings(max_examples=40, deadline=None)


def as_series(pairs):
    group = pd.Series([float(group) for group, _ in pairs])
    return group, group + pd.Series([float(rest) for _, rest in pairs])


def test_dissimilarity_above_chance():
    # Members by coin in two houses of four: 0 … 4 with 1, 4, 6, 4, 1 sixteenths, on average 3/4 away from 2.
    # D* = 2 · 0.75 / (2 · 8 · 1/4) = 3/8; observed (1, 3): D = 1/2. (1/2 - 3/8) / (1 - 3/8) = 1/5
    value = modified_dissimilarity(pd.Series([1, 3]), pd.Series([4, 4]), null="binomial")
    assert value == pytest.approx(0.2, abs=1e-14)
    # Dealt out, there are 1, 16, 36, 16, 1 of 70 ways: on average (2 · 2 + 32) / 70 = 18/35 away from 2.
    # D* = 2 · (18/35) / (2 · 8 · 1/4) = 9/35; (1/2 - 9/35) / (26/35) = 17/52
    value = modified_dissimilarity(pd.Series([1, 3]), pd.Series([4, 4]))
    assert value == pytest.approx(17 / 52, abs=1e-14)


def test_dissimilarity_below_chance():
    # Observed (2, 2): D = 0, which is all of D* below it.
    assert modified_dissimilarity(pd.Series([2, 2]), pd.Series([4, 4])) == pytest.approx(-1, abs=1e-14)


def test_gini_above_chance():
    # Two houses of four by coin: the mean difference of the members is that of 8 coins from their mean,
    # 2 · (1·4 + 8·3 + 28·2 + 56·1) / 256 = 35/32. G* = 2 · 4·4·(35/32)/4 / (2 · 64 · 1/4) = 35/128.
    # Observed (1, 3): G = 1/2.
    value = modified_gini(pd.Series([1, 3]), pd.Series([4, 4]))
    assert value == pytest.approx((1 / 2 - 35 / 128) / (1 - 35 / 128), abs=1e-14)


def test_isolation_above_chance():
    # eta² = 0.25 / 4 of the two shares 1/4 and 3/4: (1/16) / (1/4) = 1/4, by chance 2 areas / 8 residents = 1/4.
    by_coin = modified_isolation(pd.Series([1, 3]), pd.Series([4, 4]), null="binomial")
    assert by_coin == pytest.approx(0, abs=1e-14)
    # Dealt out: (2 - 1) / (8 - 1) = 1/7, and (1/4 - 1/7) / (6/7) = 1/8
    value = modified_isolation(pd.Series([1, 3]), pd.Series([4, 4]))
    assert value == pytest.approx(1 / 8, abs=1e-14)


def test_gini_may_be_compared_with_members_dealt_out():
    # Two houses of four with one and three members: two pairs 4 · 4 · |1/4 - 3/4| over 2 · 64 · 1/4, G = 1/2. Dealt out:
    # (0, 4) 1 way, (1, 3) 16, (2, 2) 36, (3, 1) 16, (4, 0) 1 of 70 with G = 1, 1/2, 0: 18/70. (1/2 - 18/70) / (52/70).
    value = modified_gini(pd.Series([1, 3]), pd.Series([4, 4]), null="hypergeometric")
    assert value == pytest.approx((0.5 - 18 / 70) / (52 / 70), abs=1e-13)


@pytest.mark.parametrize("null", ["binomial", "hypergeometric"])
def test_isolation_and_correlation_ratio_give_the_same_above_chance(null):
    group, total = pd.Series([10, 30, 7]), pd.Series([50, 60, 8])
    chance = expected_under_independence("isolation", group, total, null=null).value
    expected = (isolation(group, total) - chance) / (1 - chance)
    assert modified_isolation(group, total, null=null) == pytest.approx(expected, abs=1e-12)


def test_the_value_does_not_depend_on_a_seed():
    """PySAL draws all 500 cities from the same seed: its value jumps by 0.1 from one call to the next."""
    group, total = pd.Series([10, 30, 2]), pd.Series([100, 60, 40])
    assert modified_dissimilarity(group, total) == modified_dissimilarity(group, total)
    rng = np.random.default_rng(5)
    drawn = rng.binomial(total.to_numpy(), 0.21, (4000, 3))
    chance = [np.abs(x / x.sum() - (total - x) / (200 - x.sum())).sum() / 2 for x in drawn]
    observed = np.abs(group / 42 - (total - group) / 158).sum() / 2
    expected = (observed - np.mean(chance)) / (1 - np.mean(chance))
    # Four standard errors, and one part in 200 for the share of each draw.
    tolerance = 4 * np.std(chance) / math.sqrt(4000) + 1 / 200
    assert modified_dissimilarity(group, total) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("index", INDICES)
def test_chance_is_about_zero_and_separation_one(index):
    rng = np.random.default_rng(6)
    total = rng.integers(10, 60, 3000)
    assert index(pd.Series(rng.binomial(total, 0.3)), pd.Series(total)) == pytest.approx(0, abs=0.02)
    assert index(pd.Series([40, 0]), pd.Series([40, 60])) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("group", [[0, 0], [5, 4]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(index, group):
    assert math.isnan(index(pd.Series(group), pd.Series([5, 4])))


@pytest.mark.parametrize("index", INDICES)
def test_parts_of_persons_are_refused(index):
    with pytest.raises(CountsError, match="not whole persons"):
        index(pd.Series([0.5, 1]), pd.Series([2, 2]))


def test_an_unknown_null_is_refused():
    with pytest.raises(ParameterError, match="'hypergeometric' or 'binomial'"):
        modified_isolation(pd.Series([1, 1]), pd.Series([2, 2]), null="poisson")


@pytest.mark.parametrize("prepare", [prepare_modified_dissimilarity, prepare_modified_gini])
def test_many_tables_at_once_give_what_each_gives_alone(prepare):
    tables = np.random.default_rng(2).integers(0, 9, (2, 3, 2, 7)).astype(float)
    tables[0, 0, 0] = 0
    evaluate = prepare()
    together = evaluate(tables)
    assert math.isnan(together[0, 0])
    for place in np.ndindex(2, 3):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("index", INDICES)
@quick
@given(areas)
def test_it_lies_between_minus_one_and_one(index, pairs):
    value = index(*as_series(pairs))
    assume(not math.isnan(value))
    assert -1 - 1e-12 <= value <= 1 + 1e-12


@pytest.mark.parametrize("index", INDICES)
@quick
@given(areas)
def test_it_is_the_same_for_everybody_else(index, pairs):
    group, total = as_series(pairs)
    same = pytest.approx(index(group, total), nan_ok=True, abs=1e-10)
    assert index(total - group, total) == same
