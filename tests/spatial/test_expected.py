"""Indices to be expected by chance: against all possible cities, and against random draws."""

import itertools
import math
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import CountsError, ParameterError
from spatial.segregation import expected_under_independence
from spatial.segregation.aspatial.evenness import prepare_dissimilarity, prepare_gini, prepare_gorard
from spatial.segregation.aspatial.expected import (
    expected_dissimilarity,
    prepare_expected,
    prepare_expected_dissimilarity,
)
from spatial.segregation.aspatial.exposure import prepare_interaction, prepare_isolation
from spatial.segregation.aspatial.mixing import prepare_atkinson, prepare_information_theory
from spatial.segregation.aspatial.relative_exposure import prepare_correlation_ratio

EVALUATORS = {
    "dissimilarity": prepare_dissimilarity(),
    "gini": prepare_gini(),
    "gorard": prepare_gorard(),
    "information_theory": prepare_information_theory(),
    "isolation": prepare_isolation(),
    "interaction": prepare_interaction(),
    "correlation_ratio": prepare_correlation_ratio(),
    "atkinson": prepare_atkinson(),
}
quick = settings(max_examples=40, deadline=None)


def all_cities(total, group):
    """Return every way to deal out the members, and its chance."""
    cities, chances = [], []
    for members in itertools.product(*(range(size + 1) for size in total)):
        if sum(members) == group:
            cities.append(members)
            chances.append(math.prod(comb(size, k) for size, k in zip(total, members, strict=True)))
    chances = np.array(chances) / comb(sum(total), group)
    members = np.array(cities, dtype=float)
    return np.stack([members, np.array(total) - members], axis=1), chances


def test_two_houses_of_two_by_coin():
    # Each house has 0, 1 or 2 members with chances 1/4, 1/2, 1/4, on average 1/2 away from 1:
    # D* = (1/2 + 1/2) / (2 · 4 · 1/2 · 1/2) = 1/2
    value = expected_dissimilarity(pd.Series([1, 1]), pd.Series([2, 2]), null="binomial")
    assert value == pytest.approx(0.5, abs=1e-15)


def test_two_houses_of_two_by_dealing_out():
    # Of the 6 ways to place 2 members, 2 put both in one house (D = 1) and 4 one in each (D = 0).
    value = expected_dissimilarity(pd.Series([1, 1]), pd.Series([2, 2]))
    assert value == pytest.approx(1 / 3, abs=1e-15)


@pytest.mark.parametrize(
    "name",
    ["dissimilarity", "gorard", "information_theory", "isolation", "interaction", "correlation_ratio"],
)
@pytest.mark.parametrize(("total", "group"), [((3, 4, 2), 4), ((1, 6, 2, 2), 3), ((5, 5), 1)])
def test_dealing_out_gives_the_mean_over_all_cities(name, total, group):
    tables, chances = all_cities(total, group)
    start = np.zeros(len(total))
    left = group
    for area, size in enumerate(total):
        start[area] = min(left, size)
        left -= start[area]
    found = expected_under_independence(name, pd.Series(start), pd.Series(total))
    assert found.is_exact
    assert found.standard_error == 0
    assert found.value == pytest.approx(chances @ EVALUATORS[name](tables), abs=1e-12)


@pytest.mark.parametrize(
    "name", ["dissimilarity", "gini", "information_theory", "isolation", "correlation_ratio"]
)
def test_coins_give_the_mean_over_all_cities_with_the_share_held_fixed(name):
    total, share = np.array([3, 4, 1, 3]), 0.25  # 11 residents; the group's 2.75 is no matter to the formula
    everybody = total.sum()
    value, sizes = 0.0, [range(size + 1) for size in total]
    for members in itertools.product(*sizes):
        chance = math.prod(
            comb(size, k) * share**k * (1 - share) ** (size - k)
            for size, k in zip(total, members, strict=True)
        )
        shares = np.array(members) / total
        spread = everybody * share * (1 - share)
        if name == "dissimilarity":
            drawn = total @ np.abs(shares - share) / (2 * spread)
        elif name == "gini":
            drawn = total @ np.abs(shares[:, None] - shares) @ total / (2 * everybody * spread)
        elif name == "information_theory":
            entropy = [-sum(p * math.log(p) for p in (s, 1 - s) if p > 0) for s in (*shares, share)]
            drawn = 1 - total @ entropy[:-1] / (everybody * entropy[-1])
        elif name == "isolation":
            drawn = total @ shares**2 / (everybody * share)
        else:
            drawn = total @ (shares - share) ** 2 / spread
        value += chance * drawn
    # Eleven areas like these, four times over, have a whole number of members: 11 of 44.
    group, many = np.tile([1, 1, 0, 1], 4), np.tile(total, 4)
    group[:1] -= 1
    found = expected_under_independence(name, pd.Series(group), pd.Series(many), null="binomial")
    if name == "gini":
        # More pairs of different areas, fewer of an area with itself: compare with the mean over pairs.
        pair = {}
        for first, second in itertools.product(sorted(set(total.tolist())), repeat=2):
            pair[first, second] = sum(
                comb(first, j)
                * comb(second, k)
                * share ** (j + k)
                * (1 - share) ** (first + second - j - k)
                * abs(j / first - k / second)
                for j in range(first + 1)
                for k in range(second + 1)
            )
        value = sum(
            many[i] * many[j] * pair[int(many[i]), int(many[j])]
            for i in range(len(many))
            for j in range(len(many))
            if i != j
        ) / (2 * many.sum() ** 2 * share * (1 - share))
    assert group.sum() / many.sum() == share
    assert found.value == pytest.approx(value, abs=1e-12)


def test_the_expected_gini_of_members_dealt_out_is_the_mean_over_all_cities():
    # Two houses of two, two members: 2 of 6 ways put both into one house, G = 1; else 0.
    assert prepare_expected("gini", "hypergeometric")(np.ones((2, 2))) == pytest.approx(1 / 3, abs=1e-14)
    total, members = np.array([3, 5, 4, 5, 0]), 6
    value = ways = 0
    for dealt in itertools.product(*(range(size + 1) for size in total)):
        if sum(dealt) == members:
            weight = math.prod(comb(int(size), count) for size, count in zip(total, dealt, strict=True))
            value += weight * EVALUATORS["gini"](np.array([dealt, total - dealt], dtype=float))
            ways += weight
    group = np.array([2, 2, 1, 1, 0])
    found = prepare_expected("gini", "hypergeometric")(np.array([group, total - group], dtype=float))
    assert found == pytest.approx(value / ways, abs=1e-13)


def test_a_city_of_very_many_sizes_is_not_gone_through_pair_by_pair():
    total = np.arange(1, 200)
    with pytest.raises(ParameterError, match="'binomial' for areas of 199 sizes"):
        prepare_expected("gini", "hypergeometric")(np.array([total // 2, total - total // 2], dtype=float))


@pytest.mark.parametrize("name", ["dissimilarity", "information_theory"])
def test_float_noise_is_no_part_of_a_person(name):
    """One rule for all that deals out persons: 2.9999999 are 3, 2.99 are not."""
    total = pd.Series([20, 30])
    noisy = expected_under_independence(name, pd.Series([2.9999999, 9]), total).value
    assert noisy == expected_under_independence(name, pd.Series([3, 9]), total).value
    with pytest.raises(CountsError, match="not whole persons in 1 area"):
        expected_under_independence(name, pd.Series([2.99, 9]), total)


def test_a_whole_number_is_a_seed_and_the_result_tells_it():
    inputs = ("atkinson", pd.Series([3, 9]), pd.Series([20, 30]))
    first = expected_under_independence(*inputs, rng=4, replicates=20)
    again = expected_under_independence(*inputs, rng=first.seed, replicates=20)
    assert (first.seed, first.value) == (4, again.value)


def test_more_persons_than_floats_can_count_are_refused():
    with pytest.raises(CountsError, match="fewer than 2⁵³"):
        expected_dissimilarity(pd.Series([1e16, 1]), pd.Series([2e16, 4]))
    with pytest.raises(ParameterError, match="smaller or fewer areas"):
        expected_under_independence("information_theory", pd.Series([10**14, 1]), pd.Series([10**15, 4]))


@pytest.mark.parametrize("null", ["binomial", "hypergeometric"])
@pytest.mark.parametrize("name", [*EVALUATORS, "min_max"])
def test_exact_values_are_those_of_random_draws(name, null):
    rng = np.random.default_rng(11)
    total = rng.integers(20, 90, 60)
    group = rng.binomial(total, 0.2)
    found = expected_under_independence(
        name, pd.Series(group), pd.Series(total), null=null, rng=rng, replicates=400
    )
    if name == "min_max":
        assert not found.is_exact
        return
    if null == "binomial":
        drawn = rng.binomial(total, group.sum() / total.sum(), (400, 60))
    else:
        drawn = rng.multivariate_hypergeometric(total, group.sum(), 400, method="marginals")
    values = EVALUATORS[name](np.stack([drawn, total - drawn], axis=1).astype(float))
    error = math.hypot(values.std() / 20, found.standard_error)
    # Five standard errors; a share held fixed differs from that of the draw by one part in twice the areas.
    fixed = values.mean() / (2 * len(total)) if null == "binomial" else 0
    assert found.value == pytest.approx(values.mean(), abs=5 * error + fixed + 1 / total.sum())


def test_the_expected_gini_of_pysal_is_that_of_one_draw_ours_of_all():
    """PySAL's modified indices start every draw from the same seed: 500 draws are one."""
    total = pd.Series([30, 30, 40])
    first = expected_under_independence("gini", pd.Series([10, 5, 3]), total, null="binomial")
    assert (first.is_exact, first.replicates) == (True, 0)
    drawn = expected_under_independence(
        "gini",
        pd.Series([10, 5, 3]),
        total,
        rng=np.random.default_rng(1),
        replicates=50,
    )
    assert drawn.standard_error > 0.005
    assert drawn.value == pytest.approx(first.value, abs=5 * drawn.standard_error)


def test_the_same_generator_gives_the_same_value():
    inputs = ("atkinson", pd.Series([3, 9]), pd.Series([20, 30]))
    first = expected_under_independence(*inputs, rng=np.random.default_rng(4), replicates=20)
    second = expected_under_independence(*inputs, rng=np.random.default_rng(4), replicates=20)
    assert first.value == second.value
    assert repr(first).startswith("ExpectedByChance(atkinson: 0.0")
    assert "20 draws, hypergeometric, 2 areas" in repr(first)


@pytest.mark.parametrize("name", ["dissimilarity", "gini", "information_theory", "isolation", "atkinson"])
def test_a_group_of_nobody_or_everybody_has_no_expected_value(name):
    for group in ([0, 0], [5, 4]):
        found = expected_under_independence(
            name, pd.Series(group), pd.Series([5, 4]), rng=np.random.default_rng(1), replicates=3
        )
        assert math.isnan(found.value)


def test_what_cannot_be_computed_is_refused():
    group, total = pd.Series([1, 2]), pd.Series([4, 4])
    with pytest.raises(ParameterError, match="dissimilarity, gini"):
        expected_under_independence("delta", group, total)
    with pytest.raises(ParameterError, match="numpy Generator"):
        expected_under_independence("atkinson", group, total)
    with pytest.raises(ParameterError, match="at least 2"):
        expected_under_independence("min_max", group, total, rng=np.random.default_rng(1), replicates=1)
    with pytest.raises(ParameterError, match="'hypergeometric' or 'binomial'"):
        expected_dissimilarity(group, total, null="poisson")
    with pytest.raises(CountsError, match=r"not whole persons in 1 area.*round them"):
        expected_dissimilarity(pd.Series([1.5, 2]), total)


@quick
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8))
def test_empty_areas_and_order_make_no_difference(pairs):
    group = pd.Series([float(first) for first, _ in pairs])
    total = group + pd.Series([float(second) for _, second in pairs])
    value = pytest.approx(expected_dissimilarity(group, total), nan_ok=True, abs=1e-12)
    assert expected_dissimilarity(group[::-1], total[::-1]) == value
    padded = (pd.concat([values, pd.Series([0.0])], ignore_index=True) for values in (group, total))
    assert expected_dissimilarity(*padded) == value


@pytest.mark.parametrize("null", ["hypergeometric", "binomial"])
@quick
@given(size=st.integers(1, 30), areas=st.integers(2, 40))
def test_areas_cut_in_two_are_expected_to_look_more_segregated(null, size, areas):
    whole = expected_dissimilarity(np.full(areas, 2 * size), np.full(areas, 8 * size), null=null)
    halves = expected_dissimilarity(np.full(2 * areas, size), np.full(2 * areas, 4 * size), null=null)
    assert whole < halves


def test_many_tables_at_once_give_what_each_gives_alone():
    tables = np.random.default_rng(2).integers(0, 9, (2, 3, 2, 7)).astype(float)
    evaluate = prepare_expected_dissimilarity()
    together = evaluate(tables)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12)
