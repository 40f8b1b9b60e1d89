"""Indices of ordered categories: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial import ordinal
from spatial.segregation.aspatial.information import multigroup_information_theory
from spatial.segregation.aspatial.multigroup import relative_diversity
from spatial.segregation.aspatial.ordinal import (
    ordinal_absolute_difference,
    ordinal_information_theory,
    ordinal_square_root,
    ordinal_variation_ratio,
)

MEASURES = {entry.id: entry for entry in ordinal.MEASURES}

# At or below the two thresholds: 3/4 and 1 of the first area, 1/4 and 1/2 of the second, 1/2 and 3/4 of all.
TWO_AREAS = pd.DataFrame(
    {"low": [30, 10], "middle": [10, 10], "high": [0, 20]}, index=pd.Index(["00", "01"], name="area_id")
)

quick = settings(max_examples=50, deadline=None)
tables = (
    st.integers(2, 5)
    .flatmap(
        lambda n_classes: st.lists(
            st.lists(st.integers(0, 300), min_size=n_classes, max_size=n_classes), min_size=1, max_size=8
        )
    )
    .map(lambda rows: pd.DataFrame(np.array(rows, dtype=float)))
)


def all_four(table):
    return np.array([entry.function(table) for entry in MEASURES.values()])


def close(first, second, tolerance=1e-10):
    np.testing.assert_allclose(first, second, rtol=tolerance, atol=tolerance)


def test_variation_ratio_of_two_areas():
    # 4 c (1 - c): 3/4 + 0 and 3/4 + 1 in the areas, 1 + 3/4 in the city. 1 - (5/4) / (7/4)
    assert ordinal_variation_ratio(TWO_AREAS) == pytest.approx(2 / 7, abs=1e-15)


def test_absolute_difference_of_two_areas():
    # 1 - |2 c - 1|: 1/2 + 0 and 1/2 + 1 in the areas, 1 + 1/2 in the city. 1 - 1 / (3/2)
    assert ordinal_absolute_difference(TWO_AREAS) == pytest.approx(1 / 3, abs=1e-15)


def test_square_root_of_two_areas():
    # 2 √(c (1 - c)): √3/2 + 0 and √3/2 + 1 in the areas, 1 + √3/2 in the city.
    root = math.sqrt(3) / 2
    assert ordinal_square_root(TWO_AREAS) == pytest.approx(1 - (root + 0.5) / (root + 1), abs=1e-15)


def test_information_theory_of_two_areas():
    # Entropy of 1/4 is 2 - 3/4 log₂ 3 =: e. e + 0 and e + 1 in the areas, 1 + e in the city.
    entropy = 2 - 0.75 * math.log2(3)
    assert ordinal_information_theory(TWO_AREAS) == pytest.approx(
        1 - (entropy + 0.5) / (entropy + 1), abs=1e-15
    )


def test_all_four_agree_where_thresholds_are_crossed_alike():
    # The city has 1/3 and 2/3 below the thresholds, areas 0 or 1, but for one threshold of 1/3 or 2/3 in two of
    # four: 1 - (1/2 f(1/3)) / (2 f(1/3)) whatever f.
    close(all_four([[0, 0, 30], [0, 20, 10], [10, 20, 0], [30, 0, 0]]), 0.75)


def test_the_order_of_categories_matters():
    table = np.array([[0, 0, 30], [0, 20, 10], [10, 20, 0], [30, 0, 0]])
    assert (all_four(table[:, [0, 2, 1]]) < all_four(table)).all()


def test_areas_with_the_same_median_have_no_absolute_difference():
    # At most half of each area is in the low and at most half in the high category.
    assert ordinal_absolute_difference([[10, 20, 10], [0, 20, 10]]) == pytest.approx(0, abs=1e-15)


def test_an_empty_category_between_two_others_sets_them_further_apart():
    # With the thresholds c = 1/2, 1/2, 3/4 instead of 1/2, 3/4 the first difference counts twice:
    # 4 c (1 - c) is 3/4 + 3/4 + 0 and 3/4 + 3/4 + 1 in the areas, 1 + 1 + 3/4 in the city.
    wider = TWO_AREAS.copy()
    wider.insert(1, "nobody", 0)
    assert ordinal_variation_ratio(wider) == pytest.approx(1 - 2 / 2.75, abs=1e-15)


def test_an_empty_category_at_either_end_changes_nothing():
    longer = TWO_AREAS.copy()
    longer.insert(0, "lowest", 0)
    longer["highest"] = 0
    close(all_four(longer), all_four(TWO_AREAS), 1e-15)


@pytest.mark.parametrize("name", MEASURES)
def test_bad_counts_are_refused(name):
    measure = MEASURES[name].function
    with pytest.raises(CountsError, match=r"missing or infinite.* 1 area.*: 01"):
        measure(TWO_AREAS.astype(float).replace(20, np.nan))
    with pytest.raises(CountsError, match="negative"):
        measure(TWO_AREAS - 1)
    with pytest.raises(AlignmentError, match="more than once"):
        measure(TWO_AREAS.set_axis(["00", "00"]))
    with pytest.raises(ParameterError, match="at least one area"):
        measure(TWO_AREAS.iloc[:0])
    with pytest.raises(ParameterError, match="at least 2 columns"):
        measure(TWO_AREAS[["low"]])


@pytest.mark.parametrize("name", MEASURES)
def test_replicates_have_the_values_they_have_alone(name):
    entry = MEASURES[name]
    evaluate = entry.prepare()
    counts = np.random.default_rng(1).poisson(3, (3, 4, 5, 37)).astype(float)
    counts[0, 0, 2] = 0
    counts[0, 1] = 0
    before = counts.copy()
    values = evaluate(counts)
    assert values.shape == (3, 4)
    np.testing.assert_array_equal(values, [[evaluate(counts[i, j]) for j in range(4)] for i in range(3)])
    np.testing.assert_array_equal(counts, before)
    assert np.isnan(values[0, 1])
    assert float(evaluate(counts[2, 2])) == entry.function(counts[2, 2].T)
    assert entry.groups == "ordered"


def test_many_areas_have_the_value_of_the_formula():
    table = np.random.default_rng(2).poisson(4, (20_001, 4)).astype(float)
    table[7] = 0
    below = table.cumsum(axis=1)
    kept = below[:, -1] > 0
    local = below[kept, :-1] / below[kept, -1:]
    whole = below.sum(axis=0)[:-1] / below.sum(axis=0)[-1]
    mean = (below[kept, -1] / below[:, -1].sum()) @ (4 * local * (1 - local)).sum(axis=1)
    expected = 1 - mean / (4 * whole * (1 - whole)).sum()
    assert ordinal_variation_ratio(table) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("table", [[[5, 0, 0], [3, 0, 0]], [[0, 0], [0, 0]]], ids=["one category", "nobody"])
def test_without_two_categories_there_is_no_value(table):
    assert np.isnan(all_four(table)).all()


@quick
@given(tables)
def test_variation_ratio_compares_the_differences_between_two_people(table):
    assume((table.sum() > 0).sum() > 1)
    categories = np.arange(table.shape[1])
    apart = np.abs(categories[:, None] - categories)

    def difference(counts):
        return counts @ apart @ counts / counts.sum() ** 2

    residents = table.sum(axis=1)
    within = sum(
        residents[area] / residents.sum() * difference(table.loc[area].to_numpy())
        for area in table.index
        if residents[area] > 0
    )
    assert ordinal_variation_ratio(table) == pytest.approx(1 - within / difference(table.sum().to_numpy()))


@quick
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8))
def test_with_two_categories_they_are_indices_of_two_groups(pairs):
    table = np.array(pairs, dtype=float)
    lower, higher = table.T
    with np.errstate(invalid="ignore"):
        hutchens = 1 - np.sqrt(lower / lower.sum() * higher / higher.sum()).sum()
    close(ordinal_information_theory(table), multigroup_information_theory(table))
    close(ordinal_variation_ratio(table), relative_diversity(table))
    close(ordinal_square_root(table), hutchens)


@quick
@given(tables)
def test_they_lie_between_zero_and_one(table):
    values = all_four(table)
    assert (np.isnan(values) | ((values >= -1e-12) & (values <= 1 + 1e-12))).all()


@quick
@given(tables, st.sampled_from([3.0, 1e-9, 1e9]), st.randoms(use_true_random=False))
def test_scale_and_order_of_areas_are_irrelevant_and_categories_may_be_reversed(table, factor, random):
    rows = list(table.index)
    random.shuffle(rows)
    close(all_four(table.loc[rows, ::-1] * factor), all_four(table))


@quick
@given(tables, st.data())
def test_splitting_an_area_into_equal_mixes_and_adding_empty_ones_changes_nothing(table, data):
    split = data.draw(st.sampled_from(list(table.index)))
    share = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
    parts = table.copy()
    parts.loc[len(table)] = table.loc[split] * share
    parts.loc[split] *= 1 - share
    close(all_four(parts), all_four(table))


@quick
@given(tables)
def test_even_areas_are_zero(table):
    assume((table.sum() > 0).sum() > 1)
    assert np.abs(all_four(np.outer([1, 2, 5], table.sum()))).max() < 1e-12


@quick
@given(st.lists(st.integers(1, 500), min_size=2, max_size=6))
def test_areas_with_one_category_each_are_one(sizes):
    close(all_four(np.diag(sizes)), 1)


@quick
@given(tables)
def test_merging_areas_never_raises_them(table):
    assume(len(table) > 1)
    before = all_four(table)
    assume(not np.isnan(before).any())
    merged = table.iloc[1:].copy()
    merged.iloc[0] += table.iloc[0]
    assert (all_four(merged) <= before + 1e-12).all()


@quick
@given(tables, st.data())
def test_exchanging_people_towards_evenness_never_raises_them(table, data):
    lived = list(table.index[table.sum(axis=1) > 0])
    assume(len(lived) > 1)
    here, there = data.draw(st.permutations(lived))[:2]
    residents = table.sum(axis=1)
    gap = (table.loc[here].cumsum() / residents[here] - table.loc[there].cumsum() / residents[there])[:-1]
    low, high = sorted(data.draw(st.permutations(list(table.columns)))[:2])
    # People of the lower category move from here to there, as many of the higher one back, as long as here
    # has the larger share below all thresholds in between.
    gap = gap.loc[low : high - 1].min()
    assume(gap > 0)
    most = min(
        gap / (1 / residents[here] + 1 / residents[there]), table.loc[here, low], table.loc[there, high]
    )
    moved = data.draw(st.floats(0, 1)) * most
    changed = table.copy()
    changed.loc[here, low] -= moved
    changed.loc[here, high] += moved
    changed.loc[there, low] += moved
    changed.loc[there, high] -= moved
    assert (all_four(changed) <= all_four(table) + 1e-9).all()
