"""Indices of several groups: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial import diversity, information, multigroup
from spatial.segregation.aspatial.diversity import (
    diversity_entropy,
    simpson_concentration,
    simpson_interaction,
)
from spatial.segregation.aspatial.evenness import dissimilarity
from spatial.segregation.aspatial.information import (
    divergence,
    multigroup_information_theory,
    mutual_information,
)
from spatial.segregation.aspatial.multigroup import (
    multigroup_dissimilarity,
    multigroup_gini,
    multigroup_normalised_exposure,
    relative_diversity,
    several,
    squared_coefficient_of_variation,
)

MEASURES = {entry.id: entry for module in (multigroup, information, diversity) for entry in module.MEASURES}
ZERO_TO_ONE = [
    "multigroup_dissimilarity",
    "multigroup_gini",
    "relative_diversity",
    "squared_coefficient_of_variation",
    "multigroup_normalised_exposure",
    "multigroup_information_theory",
]
SEGREGATION = [*ZERO_TO_ONE, "mutual_information", "divergence"]

# 40 and 60 residents; the groups have the shares 0.4, 0.4 and 0.2 of all.
TWO_AREAS = pd.DataFrame(
    {"young": [30, 10], "middle": [10, 30], "old": [0, 20]}, index=pd.Index(["00", "01"], name="area_id")
)

quick = settings(max_examples=50, deadline=None)
tables = (
    st.integers(2, 5)
    .flatmap(
        lambda n_groups: st.lists(
            st.lists(st.integers(0, 300), min_size=n_groups, max_size=n_groups), min_size=1, max_size=8
        )
    )
    .map(lambda rows: pd.DataFrame(np.array(rows, dtype=float)))
)


def close(first, second, tolerance=1e-10):
    pd.testing.assert_series_equal(first, second, rtol=tolerance, atol=tolerance)


def has_two_groups(table):
    return (table.sum() > 0).sum() > 1


def test_dissimilarity_of_two_areas_and_three_groups():
    # Expected in 00: 16, 16, 8, found 30, 10, 0: 14 + 6 + 8 = 28 away; the same in 01. I = 2 (0.4 0.6) + 0.2 0.8
    # = 0.64. D = 56 / (2 100 0.64)
    assert multigroup_dissimilarity(TWO_AREAS) == pytest.approx(0.4375, abs=1e-15)


def test_gini_of_three_areas():
    # Shares of the first group 1, 1/2, 0, of the second 0, 1/2, 1, 20 residents each: the pairs differ by 1/2,
    # 1/2 and 1, counted twice, for two groups: 400 (2 2 2) = 3200. 2 T² I = 2 3600 0.5 = 3600.
    assert multigroup_gini([[20, 0], [10, 10], [0, 20]]) == pytest.approx(3200 / 3600, abs=1e-15)


def test_gini_of_two_areas_is_their_dissimilarity():
    # 2 (40 60) (7/12 + 3/12 + 4/12) / (2 100² 0.64) = 5600 / 12800
    assert multigroup_gini(TWO_AREAS) == pytest.approx(0.4375, abs=1e-15)


def test_relative_diversity_variation_and_exposure_of_two_areas_and_three_groups():
    # Squares of the distances from what is expected by residents: 14² (1/40 + 1/60) = 49/6, 6² (…) = 3/2,
    # 8² (…) = 8/3, together 37/3.
    assert relative_diversity(TWO_AREAS) == pytest.approx(37 / 3 / 64, abs=1e-15)
    assert squared_coefficient_of_variation(TWO_AREAS) == pytest.approx(
        (49 / 6 / 0.4 + 3 / 2 / 0.4 + 8 / 3 / 0.2) / (100 * 2), abs=1e-15
    )
    assert multigroup_normalised_exposure(TWO_AREAS) == pytest.approx(
        (49 / 6 / 0.6 + 3 / 2 / 0.6 + 8 / 3 / 0.8) / 100, abs=1e-15
    )


def test_information_of_two_areas_and_three_groups():
    # Shares 3/4, 1/4, 0 and 1/6, 1/2, 1/3 against 2/5, 2/5, 1/5.
    ratios = [(0.3, 15 / 8), (0.1, 5 / 8), (0.1, 5 / 12), (0.3, 5 / 4), (0.2, 5 / 3)]
    expected = sum(share * math.log(ratio) for share, ratio in ratios)
    entropy = 0.8 * math.log(2.5) + 0.2 * math.log(5)
    assert mutual_information(TWO_AREAS) == pytest.approx(expected, abs=1e-15)
    assert mutual_information(TWO_AREAS, log_base=10) == pytest.approx(expected / math.log(10), abs=1e-15)
    assert divergence(TWO_AREAS) == pytest.approx(expected, abs=1e-15)
    assert multigroup_information_theory(TWO_AREAS) == pytest.approx(expected / entropy, abs=1e-15)
    assert divergence(TWO_AREAS, normalised=True) == pytest.approx(expected / entropy, abs=1e-15)
    assert diversity_entropy(TWO_AREAS) == pytest.approx(entropy, abs=1e-15)
    assert diversity_entropy(TWO_AREAS, normalised=True) == pytest.approx(entropy / math.log(3), abs=1e-15)


def test_simpson_of_three_groups():
    # 0.16 + 0.16 + 0.04
    assert simpson_concentration(TWO_AREAS) == pytest.approx(0.36, abs=1e-15)
    assert simpson_interaction(TWO_AREAS) == pytest.approx(0.64, abs=1e-15)


def test_divergence_from_a_given_standard():
    # One area like (3/4, 1/4) against (1/2, 1/2): 3/4 ln 3/2 + 1/4 ln 1/2; at most ln 2.
    table = pd.DataFrame({"a": [75], "b": [25]})
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert divergence(table, standard=[1, 1]) == pytest.approx(expected, abs=1e-15)
    assert divergence(table, standard=[1, 1], normalised=True) == pytest.approx(expected / math.log(2))
    assert divergence(table, standard=[1, 1], log_base=2) == pytest.approx(expected / math.log(2))


def test_a_standard_is_matched_by_name():
    forward = divergence(TWO_AREAS, standard=pd.Series({"young": 1, "middle": 2, "old": 3}))
    assert divergence(TWO_AREAS, standard=pd.Series({"old": 3, "young": 1, "middle": 2})) == forward
    assert divergence(TWO_AREAS, standard=[1, 2, 3]) == forward


def test_the_city_as_standard_changes_nothing():
    assert divergence(TWO_AREAS, standard=[40, 40, 20]) == pytest.approx(divergence(TWO_AREAS), abs=1e-15)


@pytest.mark.parametrize(
    "standard", [[1, 1], [1, 1, 0], [1, 1, math.inf], [1, 1, -1], [[1, 1, 1]], pd.Series({"a": 1})], ids=str
)
def test_a_standard_that_does_not_fit_is_refused(standard):
    with pytest.raises(ParameterError, match="standard"):
        divergence(TWO_AREAS, standard=standard)


@pytest.mark.parametrize("base", [1, 0, -2, math.nan, math.inf])
def test_a_base_that_gives_no_logarithm_is_refused(base):
    for measure in (mutual_information, divergence, diversity_entropy):
        with pytest.raises(ParameterError, match="log_base"):
            measure(TWO_AREAS, log_base=base)


@pytest.mark.parametrize("name", MEASURES)
def test_bad_counts_are_refused(name):
    measure = MEASURES[name].function
    with pytest.raises(CountsError, match=r"missing or infinite.* 1 area.*: 01"):
        measure(TWO_AREAS.astype(float).replace(20, np.nan))
    with pytest.raises(CountsError, match="missing or infinite"):
        measure(TWO_AREAS.astype(float).replace(20, np.inf))
    with pytest.raises(CountsError, match="negative"):
        measure(TWO_AREAS - 1)
    with pytest.raises(AlignmentError, match="more than once"):
        measure(TWO_AREAS.set_axis(["00", "00"]))
    with pytest.raises(ParameterError, match="at least one area"):
        measure(TWO_AREAS.iloc[:0])
    with pytest.raises(ParameterError, match="at least 2 columns"):
        measure(TWO_AREAS[["young"]])


@pytest.mark.parametrize("name", MEASURES)
def test_the_register_entry_fits_the_function(name):
    entry = MEASURES[name]
    counts = TWO_AREAS.to_numpy(dtype=float).T
    value = entry.function(TWO_AREAS)
    assert type(value) is float
    assert float(entry.prepare()(counts)) == value
    assert several(TWO_AREAS)[name] == value
    assert entry.groups == "many"
    assert entry.low <= value
    assert entry.high is None or value <= entry.high


def test_several_takes_the_names_it_is_given_and_no_others():
    assert several(TWO_AREAS, ["simpson_interaction", "multigroup_gini"]).index.tolist() == [
        "simpson_interaction",
        "multigroup_gini",
    ]
    with pytest.raises(ParameterError, match="dissimilarity"):
        several(TWO_AREAS, ["dissimilarity"])


@pytest.mark.parametrize("name", MEASURES)
def test_replicates_have_the_values_they_have_alone(name):
    evaluate = MEASURES[name].prepare()
    counts = np.random.default_rng(1).poisson(3, (3, 4, 5, 37)).astype(float)
    counts[0, 0, 2] = 0
    counts[0, 1] = 0
    before = counts.copy()
    values = evaluate(counts)
    assert values.shape == (3, 4)
    alone = np.array([[evaluate(counts[i, j]) for j in range(4)] for i in range(3)])
    np.testing.assert_array_equal(values, alone)
    np.testing.assert_array_equal(counts, before)
    assert np.isnan(values[0, 1])


@pytest.mark.parametrize(("n_groups", "n_areas"), [(2, 8192), (2, 20_001), (5, 6554), (40, 1000)])
def test_many_areas_have_the_values_of_the_formulas(n_groups, n_areas):
    table = np.random.default_rng(2).poisson(4, (n_areas, n_groups)).astype(float)
    table[7] = 0
    residents, shares = table.sum(axis=1), table.sum(axis=0) / table.sum()
    kept = residents > 0
    local, weight = table[kept] / residents[kept, None], residents[kept, None] / residents.sum()
    mixing = (shares * (1 - shares)).sum()
    entropy = -(shares * np.log(shares)).sum()
    terms = np.where(local > 0, local * np.log(np.where(local > 0, local, 1) / shares), 0)
    expected = {
        "multigroup_dissimilarity": (weight * np.abs(local - shares)).sum() / (2 * mixing),
        "relative_diversity": (weight * (local - shares) ** 2).sum() / mixing,
        "squared_coefficient_of_variation": (weight * (local - shares) ** 2 / shares).sum() / (n_groups - 1),
        "multigroup_normalised_exposure": (weight * (local - shares) ** 2 / (1 - shares)).sum(),
        "multigroup_information_theory": (weight * terms).sum() / entropy,
        "mutual_information": (weight * terms).sum(),
    }
    for name, value in expected.items():
        assert MEASURES[name].function(table) == pytest.approx(value, rel=1e-11)


@quick
@given(tables)
def test_gini_is_the_sum_over_all_pairs_of_areas(table):
    assume(has_two_groups(table))
    kept = table[table.sum(axis=1) > 0]
    residents = kept.sum(axis=1).to_numpy()
    shares = (kept.sum() / kept.sum().sum()).to_numpy()
    local = kept.to_numpy() / residents[:, None]
    pairs = np.abs(local[:, None] - local[None]).sum(axis=2)
    expected = (residents @ pairs @ residents) / (2 * residents.sum() ** 2 * (shares * (1 - shares)).sum())
    assert multigroup_gini(table) == pytest.approx(expected, abs=1e-12)


def test_gini_needs_no_matrix_of_areas():
    # PySAL's MultiGini asks for 75 GB here. Shares of 3/4 and 1/4 in two areas of the same size, however often:
    # for each group, half of the pairs differ by 1/2. 2 (1/2 1/2) / (2 1/2) = 1/2
    table = np.tile([[3.0, 1.0], [1.0, 3.0]], (50_000, 1))
    assert multigroup_gini(table) == pytest.approx(0.5, abs=1e-12)


@quick
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8))
def test_with_two_groups_they_are_the_indices_of_two_groups(pairs):
    table = pd.DataFrame(np.array(pairs, dtype=float), columns=["group", "rest"])
    values = several(table)
    assert values["multigroup_dissimilarity"] == pytest.approx(
        dissimilarity(table["group"], table.sum(axis=1)), nan_ok=True, abs=1e-12
    )
    ratio = pytest.approx(values["relative_diversity"], nan_ok=True, abs=1e-12)
    assert values["squared_coefficient_of_variation"] == ratio
    assert values["multigroup_normalised_exposure"] == ratio


@quick
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8), st.integers(2, 9)
)
def test_with_two_groups_dissimilarity_and_gini_do_not_depend_on_composition(pairs, factor):
    table = np.array(pairs, dtype=float)
    names = ["multigroup_dissimilarity", "multigroup_gini"]
    close(several(table * [factor, 1], names), several(table, names))


@quick
@given(tables)
def test_they_keep_their_bounds(table):
    for name, value in several(table).dropna().items():
        assert value >= MEASURES[name].low - 1e-12
        assert MEASURES[name].high is None or value <= MEASURES[name].high + 1e-12


@quick
@given(tables)
def test_they_are_related_as_published(table):
    values = several(table)
    assume(values.notna().all())
    assert values["multigroup_gini"] >= values["multigroup_dissimilarity"] - 1e-12
    assert values["mutual_information"] <= values["diversity_entropy"] + 1e-12
    assert values["divergence"] == values["mutual_information"]
    assert values["simpson_concentration"] + values["simpson_interaction"] == pytest.approx(1)
    assert values["mutual_information"] == pytest.approx(
        values["multigroup_information_theory"] * values["diversity_entropy"], abs=1e-12
    )


@quick
@given(tables, st.sampled_from([2.0, 7.0, 1e-9, 1e9]))
def test_they_do_not_depend_on_scale(table, factor):
    close(several(table * factor), several(table))


@quick
@given(tables, st.randoms(use_true_random=False))
def test_they_do_not_depend_on_the_order_of_areas_or_groups(table, random):
    rows, columns = list(table.index), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    close(several(table.loc[rows, columns]), several(table))


@quick
@given(tables, st.data())
def test_splitting_an_area_into_equal_mixes_changes_nothing(table, data):
    split = data.draw(st.sampled_from(list(table.index)))
    share = data.draw(st.sampled_from([0.25, 0.5]))
    parts = table.copy()
    parts.loc[len(table)] = table.loc[split] * share
    parts.loc[split] *= 1 - share
    close(several(parts), several(table))


@quick
@given(tables)
def test_empty_areas_and_absent_groups_count_for_nothing(table):
    # PySAL's MultiInfoTheory, MultiDiversity and MultiSquaredCoefVar are NaN when a group is absent.
    more = table.copy()
    more.loc[len(table)] = 0.0
    more["absent"] = 0.0
    close(several(more), several(table))


@quick
@given(tables)
def test_even_areas_are_zero(table):
    assume(has_two_groups(table))
    even = pd.DataFrame(np.outer([1, 2, 5], table.sum()))
    values = several(even)
    assert values[SEGREGATION].abs().max() < 1e-12


@quick
@given(st.lists(st.integers(1, 500), min_size=2, max_size=6), st.integers(1, 3))
def test_areas_with_one_group_each_are_one(sizes, areas_per_group):
    apart = np.repeat(np.diag(np.array(sizes, dtype=float)), areas_per_group, axis=0)
    values = several(apart)
    np.testing.assert_allclose(values[ZERO_TO_ONE], 1, rtol=1e-12)
    assert values["mutual_information"] == pytest.approx(values["diversity_entropy"])
    assert divergence(apart, normalised=True) == pytest.approx(1)
    assert divergence(apart, standard=np.ones(len(sizes)), normalised=True) == pytest.approx(1)


def test_one_group_for_all_leaves_nothing_to_segregate():
    values = several(pd.DataFrame({"all": [10, 20], "nobody": [0, 0]}))
    assert values[ZERO_TO_ONE].isna().all()
    assert (
        values[["mutual_information", "divergence", "diversity_entropy", "simpson_interaction"]].eq(0).all()
    )
    assert values["simpson_concentration"] == 1
    assert math.isnan(divergence([[1, 0]], normalised=True))


def test_a_city_without_people_has_no_value():
    assert several(np.zeros((3, 4))).isna().all()


def test_one_area_is_even():
    assert several([[3, 4, 5]])[SEGREGATION].abs().max() < 1e-15


@quick
@given(tables)
def test_merging_areas_never_raises_them(table):
    assume(len(table) > 1)
    names = SEGREGATION
    before = several(table, names)
    assume(before.notna().all())
    merged = table.iloc[1:].copy()
    merged.iloc[0] += table.iloc[0]
    assert (several(merged, names) <= before + 1e-12).all()


@quick
@given(tables, st.floats(0, 1))
def test_a_transfer_to_an_area_with_a_smaller_share_never_raises_information(table, part):
    residents = table.sum(axis=1)
    assume((residents > 0).sum() > 1)
    share = (table[0] / residents).dropna()
    full, low = share.idxmax(), share.idxmin()
    assume(share[full] > share[low])

    # At most until both have the same share; the residents move along.
    members = table[0]
    most = (members[full] * residents[low] - members[low] * residents[full]) / (
        residents[full] + residents[low] - members[full] - members[low]
    )
    changed = table.copy()
    changed.loc[full, 0] = max(members[full] - most * part, 0)
    changed.loc[low, 0] += most * part
    for measure in (multigroup_information_theory, mutual_information):
        before = measure(table)
        assert math.isnan(before) or measure(changed) <= before + 1e-10


@quick
@given(tables, st.data())
def test_exchanging_members_of_two_groups_towards_evenness_never_raises_them(table, data):
    residents = table.sum(axis=1)
    lived = list(residents[residents > 0].index)
    assume(len(lived) > 1)
    here, there = data.draw(st.permutations(lived))[:2]
    gap = table.loc[here] / residents[here] - table.loc[there] / residents[there]
    over, under = gap.idxmax(), gap.idxmin()
    assume(gap[over] > 0 > gap[under])
    most = min(gap[over], -gap[under]) / (1 / residents[here] + 1 / residents[there])
    moved = data.draw(st.floats(0, 1)) * most
    changed = table.copy()
    changed.loc[here, over] -= moved
    changed.loc[here, under] += moved
    changed.loc[there, over] += moved
    changed.loc[there, under] -= moved
    before = several(table, SEGREGATION)
    assert (several(changed.clip(lower=0), SEGREGATION) <= before + 1e-9).all()


@quick
@given(tables, st.data())
def test_mutual_information_is_the_sum_of_between_and_within_districts(table, data):
    district = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(table), max_size=len(table))))
    assume(table.to_numpy().sum() > 0)
    between = table.groupby(district).sum()
    residents = between.sum(axis=1)
    within = sum(
        residents[name] / residents.sum() * mutual_information(members)
        for name, members in table.groupby(district)
        if residents[name] > 0
    )
    assert mutual_information(between) + within == pytest.approx(mutual_information(table), abs=1e-12)
