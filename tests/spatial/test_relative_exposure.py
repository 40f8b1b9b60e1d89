"""Correlation ratio and normalised exposure: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import CountsError, ParameterError
from spatial.segregation.aspatial.exposure import isolation
from spatial.segregation.aspatial.relative_exposure import (
    correlation_ratio,
    normalised_exposure,
    prepare_correlation_ratio,
    prepare_normalised_exposure,
)

areas = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=10)
quick = settings(max_examples=50, deadline=None)


def as_series(pairs):
    group = pd.Series([float(group) for group, _ in pairs])
    return group, group + pd.Series([float(rest) for _, rest in pairs])


def test_correlation_ratio_of_two_areas():
    # Isolation 0.25, share 0.2: (0.25 - 0.2) / 0.8 = 0.0625
    value = correlation_ratio(pd.Series([10, 30]), pd.Series([100, 100]))
    assert value == pytest.approx(0.0625, abs=1e-15)


def test_correlation_ratio_is_the_part_of_the_variance_between_the_areas():
    # Shares 0, 0.2, 0.5 of 50, 100, 50 around 0.225: variance between is
    # (50·0.225² + 100·0.025² + 50·0.275²) / 200, the whole variance 0.225 · 0.775.
    between = (50 * 0.225**2 + 100 * 0.025**2 + 50 * 0.275**2) / 200
    value = correlation_ratio(pd.Series([0, 20, 25]), pd.Series([50, 100, 50]))
    assert value == pytest.approx(between / (0.225 * 0.775), abs=1e-15)


def test_normalised_exposure_to_one_of_several_groups():
    # xPy = 0.25 (see interaction), the other group's share is 60/200: 1 - 0.25 / 0.3 = 1/6
    value = normalised_exposure(pd.Series([10, 30]), pd.Series([100, 100]), other=pd.Series([40, 20]))
    assert value == pytest.approx(1 / 6, abs=1e-15)


def test_groups_that_seek_each_other_lack_less_than_nothing():
    # Both live in the first half only: xPy = 1/2, the other's share 1/4: 1 - 2 = -1
    value = normalised_exposure(pd.Series([50, 0]), pd.Series([100, 100]), other=pd.Series([50, 0]))
    assert value == pytest.approx(-1, abs=1e-15)


def test_evenness_and_separation():
    even, apart = (pd.Series([10, 20]), pd.Series([50, 100])), (pd.Series([10, 0]), pd.Series([10, 20]))
    for index in (correlation_ratio, normalised_exposure):
        assert index(*even) == pytest.approx(0, abs=1e-15)
        assert index(*apart) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("index", [correlation_ratio, normalised_exposure])
@pytest.mark.parametrize("group", [[0, 0], [100, 50]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(index, group):
    assert math.isnan(index(pd.Series(group), pd.Series([100, 50])))


def test_an_absent_other_group_has_no_value():
    value = normalised_exposure(pd.Series([1, 2]), pd.Series([4, 4]), other=pd.Series([0, 0]))
    assert math.isnan(value)


@pytest.mark.parametrize("index", [correlation_ratio, normalised_exposure])
def test_one_missing_cell_is_refused(index):
    with pytest.raises(CountsError, match="missing"):
        index(pd.Series([1.0, np.nan]), pd.Series([5.0, 5.0]))


def test_the_evaluator_takes_the_other_group_as_a_row():
    with pytest.raises(ParameterError, match="third row"):
        prepare_normalised_exposure(other=pd.Series([1, 2]))
    tables = np.array([[[10.0, 30.0], [40.0, 20.0], [50.0, 50.0]]])
    assert prepare_normalised_exposure()(tables).tolist() == pytest.approx([1 / 6])


@pytest.mark.parametrize("n_areas", [3, 2500, 70_000])
def test_many_tables_at_once_give_what_each_gives_alone(n_areas):
    tables = np.random.default_rng(n_areas).integers(0, 50, (2, 3, 2, n_areas)).astype(float)
    evaluate = prepare_correlation_ratio()
    together = evaluate(tables)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12)


@quick
@given(areas)
def test_it_is_the_isolation_freed_from_the_share_in_the_city(pairs):
    group, total = as_series(pairs)
    value = correlation_ratio(group, total)
    assume(not math.isnan(value))
    share = group.sum() / total.sum()
    assert 0 <= value <= 1
    assert value == pytest.approx((isolation(group, total) - share) / (1 - share), abs=1e-12)
    assert value == pytest.approx(normalised_exposure(group, total), abs=1e-12)


@quick
@given(areas)
def test_it_is_the_same_for_everybody_else(pairs):
    group, total = as_series(pairs)
    same = pytest.approx(correlation_ratio(group, total), nan_ok=True, abs=1e-13)
    assert correlation_ratio(total - group, total) == same


@quick
@given(areas, st.data())
def test_moving_people_towards_evenness_never_raises_it(pairs, data):
    group, total = as_series(pairs)
    value = correlation_ratio(group, total)
    share = group / total
    assume(not math.isnan(value) and share.notna().sum() > 1)
    full, empty = share.idxmax(), share.idxmin()
    assume(share[full] > share[empty])
    most = (share[full] - share[empty]) / (1 / total[full] + 1 / total[empty])
    moved = data.draw(st.floats(0, 1)) * most
    group[full] -= moved
    group[empty] += moved
    assert correlation_ratio(group.clip(0, total), total) <= value + 1e-9
