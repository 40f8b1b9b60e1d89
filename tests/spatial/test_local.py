"""Local indices: worked values, and that they add up to the indices of the city."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial import local, local_information
from spatial.segregation.aspatial.diversity import simpson_interaction
from spatial.segregation.aspatial.information import (
    divergence,
    multigroup_information_theory,
    mutual_information,
)
from spatial.segregation.aspatial.local import (
    local_dissimilarity,
    local_entropy,
    local_exposure,
    local_simpson_concentration,
    local_simpson_interaction,
    location_quotient,
)
from spatial.segregation.aspatial.local_information import (
    local_divergence,
    local_information_theory,
    local_mutual_information,
)
from spatial.segregation.aspatial.multigroup import multigroup_dissimilarity, relative_diversity

MEASURES = {entry.id: entry for module in (local, local_information) for entry in module.MEASURES}

# 40 and 60 residents and an empty area; the groups have the shares 0.4, 0.4 and 0.2 of all.
AREAS = pd.DataFrame(
    {"young": [30, 0, 10], "middle": [10, 0, 30], "old": [0, 0, 20]},
    index=pd.Index(["02", "00", "01"], name="area_id"),
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


def equal(values, expected):
    np.testing.assert_allclose(values, expected, rtol=1e-14, atol=1e-15)


def mean(values, weights):
    """Weighted mean of what has a weight; NaN when nothing has."""
    kept = weights > 0
    return (values[kept] * weights[kept]).sum(skipna=False) / weights.sum() if kept.any() else math.nan


def same(value):
    return pytest.approx(value, abs=1e-12, nan_ok=True)


def test_location_quotient():
    # 3/4, 1/4, 0 and 1/6, 1/2, 1/3 over 2/5, 2/5, 1/5
    found = location_quotient(AREAS)
    equal(found.loc["02"], [15 / 8, 5 / 8, 0])
    equal(found.loc["01"], [5 / 12, 5 / 4, 5 / 3])
    assert found.loc["00"].isna().all()
    assert found.columns.tolist() == ["young", "middle", "old"]


def test_location_quotient_of_an_absent_group():
    assert location_quotient(AREAS.assign(nobody=0))["nobody"].isna().all()


def test_local_exposure():
    # 3/4 of the young live where 3/4, 1/4 and none are young, middle, old; 1/4 where 1/6, 1/2, 1/3 are.
    found = local_exposure(AREAS)
    equal(found.loc["02"], [9 / 16, 3 / 16, 0])
    equal(found.loc["01"], [1 / 24, 1 / 8, 1 / 12])
    equal(found.loc["00"], 0)
    # All the old live where 1/2 are middle.
    assert local_exposure(AREAS, of="old")["middle"].sum() == pytest.approx(0.5)


def test_local_exposure_of_nobody_and_of_an_unknown_group():
    assert local_exposure(AREAS.assign(nobody=0), of="nobody").isna().all(axis=None)
    with pytest.raises(ParameterError, match="of is 'rich', expected a column of counts: young, middle, old"):
        local_exposure(AREAS, of="rich")


def test_local_dissimilarity():
    # 28 from what is expected, in both areas; 2 100 0.64 in the city
    equal(local_dissimilarity(AREAS), [0.21875, 0, 0.21875])


def test_local_simpson():
    # 9/16 + 1/16 and 1/36 + 1/4 + 1/9
    equal(local_simpson_concentration(AREAS), [5 / 8, math.nan, 7 / 18])
    equal(local_simpson_interaction(AREAS), [3 / 8, math.nan, 11 / 18])


def test_local_entropy_and_its_norms():
    # 3/4 and 1/4; 1/6, 1/2 and 1/3
    first = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    second = math.log(6) / 6 + math.log(2) / 2 + math.log(3) / 3
    equal(local_entropy(AREAS), [first, math.nan, second])
    equal(local_entropy(AREAS, log_base=2), np.array([first, math.nan, second]) / math.log(2))
    equal(local_entropy(AREAS, norm="groups"), np.array([first, math.nan, second]) / math.log(3))
    equal(local_entropy(AREAS, norm="present"), [first / math.log(2), math.nan, second / math.log(3)])


def test_an_area_with_one_group_has_no_diversity_and_no_evenness_of_groups():
    # OasisR's HLoc is 0 / ln 1 = 0 here.
    assert local_entropy([[5, 0], [1, 1]]).tolist() == [0, pytest.approx(math.log(2))]
    assert local_entropy([[5, 0], [1, 1]], norm="groups").tolist() == [0, pytest.approx(1)]
    equal(local_entropy([[5, 0], [1, 1]], norm="present"), [math.nan, 1])


def test_local_mutual_information_of_areas_and_of_groups():
    first = 0.75 * math.log(15 / 8) + 0.25 * math.log(5 / 8)
    second = math.log(5 / 12) / 6 + math.log(5 / 4) / 2 + math.log(5 / 3) / 3
    equal(local_mutual_information(AREAS), [first, math.nan, second])
    equal(local_divergence(AREAS), [first, math.nan, second])
    groups = local_mutual_information(AREAS, by="group")
    assert groups.index.tolist() == ["young", "middle", "old"]
    equal(
        groups,
        [
            0.75 * math.log(15 / 8) + 0.25 * math.log(5 / 12),
            0.25 * math.log(5 / 8) + 0.75 * math.log(5 / 4),
            math.log(5 / 3),
        ],
    )
    equal(local_mutual_information(AREAS, by="group", log_base=2), groups / math.log(2))


def test_groups_and_areas_change_places_when_the_table_is_turned():
    turned = local_mutual_information(AREAS.drop(index="00").T)
    equal(turned, local_mutual_information(AREAS, by="group"))


def test_local_information_theory_is_negative_where_an_area_is_more_diverse_than_the_city():
    # 1/2 and 1/2 in an area of a city with 2/3 and 1/3
    city = 2 / 3 * math.log(1.5) + math.log(3) / 3
    equal(local_information_theory([[10, 10], [10, 0]]), [(city - math.log(2)) / city, 1])


def test_local_divergence_from_a_standard():
    # 3/4 and 1/4 against 1/2 and 1/2; only the second group: ln 2
    table = pd.DataFrame({"a": [3, 0], "b": [1, 4]})
    first = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    equal(local_divergence(table, standard=[1, 1]), [first, math.log(2)])
    equal(local_divergence(table, standard=[1, 1], normalised=True), [first / math.log(2), 1])
    equal(local_divergence(table, standard=pd.Series({"b": 3, "a": 1}))[1], math.log(4 / 3))
    with pytest.raises(ParameterError, match="standard"):
        local_divergence(table, standard=[1, 1, 1])


@pytest.mark.parametrize("name", MEASURES)
def test_they_keep_the_areas_and_have_no_value_in_empty_ones(name):
    # PySAL's local entropy, diversity and Simpson indices are 0 in an empty area.
    found = MEASURES[name].function(AREAS)
    pd.testing.assert_index_equal(found.index, AREAS.index)
    contributions = ("local_exposure", "local_dissimilarity")
    assert np.all(found.loc["00"] == 0 if name in contributions else np.isnan(found.loc["00"]))
    if isinstance(found, pd.Series):
        assert found.name == name
        assert MEASURES[name].gives == "per area"
    else:
        assert MEASURES[name].gives == "per area and group"


@pytest.mark.parametrize("name", MEASURES)
def test_bad_counts_are_refused(name):
    # One missing count gives PySAL's local indices the value 0 in that area.
    measure = MEASURES[name].function
    with pytest.raises(CountsError, match=r"missing or infinite.* 1 area.*: 01"):
        measure(AREAS.astype(float).replace(20, np.nan))
    with pytest.raises(CountsError, match="negative"):
        measure(AREAS - 1)
    with pytest.raises(AlignmentError, match="more than once"):
        measure(AREAS.set_axis(["00", "00", "01"]))
    with pytest.raises(ParameterError, match="at least one area"):
        measure(AREAS.iloc[:0])


def test_unknown_options_are_refused():
    with pytest.raises(ParameterError, match="norm"):
        local_entropy(AREAS, norm="max")
    with pytest.raises(ParameterError, match="by is 'district'"):
        local_mutual_information(AREAS, by="district")
    for measure in (local_entropy, local_mutual_information, local_divergence):
        with pytest.raises(ParameterError, match="log_base"):
            measure(AREAS, log_base=1)


@pytest.mark.parametrize("name", MEASURES)
def test_a_city_without_people_has_no_values(name):
    assert np.isnan(MEASURES[name].function(np.zeros((3, 2)))).all(axis=None)


def test_a_city_with_one_group_has_nothing_to_compare():
    table = [[5, 0], [3, 0]]
    assert local_information_theory(table).isna().all()
    assert local_dissimilarity(table).isna().all()
    assert local_divergence(table, normalised=True).isna().all()
    assert local_mutual_information(table).tolist() == [0, 0]
    equal(local_mutual_information(table, by="group"), [0, math.nan])


@pytest.mark.parametrize("name", MEASURES)
def test_many_areas_have_the_values_they_have_among_few(name):
    # Split in two, every area keeps its value where the city stays the same.
    few = np.random.default_rng(3).poisson(2, (25, 5)).astype(float)
    many = np.tile(few, (800, 1))
    found = np.asarray(MEASURES[name].function(many))
    expected = np.asarray(MEASURES[name].function(few))
    if name in ("local_exposure", "local_dissimilarity"):
        expected = expected / 800
    np.testing.assert_allclose(found, np.tile(expected.T, 800).T, rtol=1e-9, atol=1e-12)


@quick
@given(tables)
def test_weighted_by_people_they_are_the_indices_of_the_city(table):
    residents, members = table.sum(axis=1), table.sum()
    assert mean(local_mutual_information(table), residents) == same(mutual_information(table))
    assert mean(local_mutual_information(table, by="group"), members) == same(mutual_information(table))
    assert mean(local_divergence(table), residents) == same(divergence(table))
    assert mean(local_divergence(table, normalised=True), residents) == same(
        divergence(table, normalised=True)
    )
    assert mean(local_information_theory(table), residents) == same(multigroup_information_theory(table))
    assert mean(local_simpson_concentration(table), residents) == same(
        1 - mean(local_simpson_interaction(table), residents)
    )
    if (members > 0).sum() > 1:
        assert mean(local_simpson_interaction(table), residents) == same(
            (1 - relative_diversity(table)) * simpson_interaction(table)
        )
    for group, quotient in location_quotient(table).items():
        assert mean(quotient, residents) == same(1 if members[group] > 0 else math.nan)


@quick
@given(tables)
def test_contributions_add_up_to_the_indices_of_the_city(table):
    assert local_dissimilarity(table).sum(skipna=False) == same(multigroup_dissimilarity(table))
    residents = table.sum(axis=1)
    exposure = local_exposure(table)
    kept = residents > 0
    expected = (table[0] / table[0].sum()).to_numpy()[kept] @ table[kept].div(
        residents[kept], axis=0
    ).to_numpy()
    if table[0].sum() > 0:
        np.testing.assert_allclose(exposure.sum(), expected, atol=1e-12)
        assert exposure.sum().sum() == pytest.approx(1)


@quick
@given(tables, st.randoms(use_true_random=False), st.sampled_from([3.0, 1e-9, 1e9]))
def test_scale_and_the_order_of_areas_and_groups_are_irrelevant(table, random, factor):
    rows, columns = list(table.index), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    other = table.loc[rows, columns] * factor
    for name, entry in MEASURES.items():
        options = {"of": 0} if name == "local_exposure" else {}
        found, expected = entry.function(other, **options), entry.function(table, **options)
        if isinstance(expected, pd.DataFrame):
            expected = expected[columns]
        np.testing.assert_allclose(found, expected.loc[rows], rtol=1e-9, atol=1e-12)


@quick
@given(tables)
def test_even_areas_are_like_the_city(table):
    even = pd.DataFrame(np.outer([1, 2, 5], table.sum()))
    for measure in (
        local_mutual_information,
        local_divergence,
        local_information_theory,
        local_dissimilarity,
    ):
        found = measure(even)
        assert found.isna().all() or found.abs().max() < 1e-12


@quick
@given(tables)
def test_they_keep_their_bounds(table):
    for entry in MEASURES.values():
        values = np.asarray(entry.function(table), dtype=float)
        values = values[~np.isnan(values)]
        assert entry.low is None or (values >= entry.low - 1e-12).all()
        assert entry.high is None or (values <= entry.high + 1e-12).all()
