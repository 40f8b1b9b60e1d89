"""What areas and groups contribute: worked values, and that they add up to the index."""

import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import CountsError, ParameterError
from spatial.segregation.decomposition.contributions import (
    Additive,
    Contributions,
    contributions_of_areas,
    contributions_of_groups,
)

quick = settings(max_examples=50, deadline=None)
TWO = ("information_theory", "dissimilarity", "gini", "correlation_ratio")
MANY = [name for name in get_args(Additive) if name not in TWO]
tables = st.integers(2, 4).flatmap(
    lambda n_groups: st.lists(
        st.lists(st.integers(0, 300), min_size=n_groups, max_size=n_groups), min_size=1, max_size=8
    )
)


def frame(rows):
    return pd.DataFrame(
        rows,
        index=pd.Index([f"{k:02d}" for k in range(len(rows))], name="area_id"),
        columns=list("xyzu")[: len(rows[0])],
        dtype=float,
    )


def defined(rows):
    """Return whether at least two groups have somebody."""
    return (np.array(rows).sum(axis=0) > 0).sum() > 1


def by_formula(index, rows):
    """Return the index as Reardon and Firebaugh (2002) write it, with loops."""
    x = np.array(rows, dtype=float)
    x = x[x.sum(axis=1) > 0]
    t, share = x.sum(axis=1), x.sum(axis=0) / x.sum()
    p = x / t[:, None]
    mixing = sum(s * (1 - s) for s in share)
    entropy = -sum(s * math.log(s) for s in share if s > 0)
    areas, groups = range(len(x)), range(x.shape[1])
    logs = sum(x[i, g] * math.log(p[i, g] / share[g]) for i in areas for g in groups if x[i, g] > 0)
    return {
        "mutual_information": logs / t.sum(),
        "divergence": logs / t.sum(),
        "multigroup_information_theory": logs / (t.sum() * entropy),
        "relative_diversity": sum(t[i] * (p[i, g] - share[g]) ** 2 for i in areas for g in groups)
        / (t.sum() * mixing),
        "multigroup_dissimilarity": sum(t[i] * abs(p[i, g] - share[g]) for i in areas for g in groups)
        / (2 * t.sum() * mixing),
        "multigroup_gini": sum(
            t[i] * t[k] * abs(p[i, g] - p[k, g]) for i in areas for k in areas for g in groups
        )
        / (2 * t.sum() ** 2 * mixing),
    }[index]


def test_local_segregation_of_two_areas_by_hand():
    # L = 3/4 ln(3/4 : 1/2) + 1/4 ln(1/4 : 1/2) = 3/4 ln 3/2 - 1/4 ln 2, in both areas, and each has half of all.
    found = contributions_of_areas(frame([[30, 10], [10, 30]]))
    local = 0.75 * math.log(1.5) - 0.25 * math.log(2)
    assert found.value.tolist() == pytest.approx([local, local])
    assert found.weight.tolist() == [0.5, 0.5]
    assert found.total == pytest.approx(local)


def test_local_segregation_of_a_group_by_hand():
    # The areas hold 3/4 and 1/4 of all. The first group is in the first one alone: ln(1 : 3/4). The second is
    # spread 2 : 1 over them: 2/3 ln(2/3 : 3/4) + 1/3 ln(1/3 : 1/4).
    found = contributions_of_groups(frame([[10, 20], [0, 10]]))
    second = 2 / 3 * math.log(8 / 9) + 1 / 3 * math.log(4 / 3)
    assert found.value.tolist() == pytest.approx([math.log(4 / 3), second])
    assert found.contribution.tolist() == pytest.approx([0.25 * math.log(4 / 3), 0.75 * second])


def test_dissimilarity_is_the_mean_of_the_groups_against_the_rest():
    # Each against the rest: x ½(|20/20 - 20/60| + |0 - 40/60|) = 2/3; y ½(|20/40 - 20/40| + …) = 0;
    # z ½(|0 - 40/60| + |1 - 20/60|) = 2/3. Weights ∝ ¼·¾, ½·½, ¼·¾ = 3 : 4 : 3.
    found = contributions_of_groups(frame([[20, 20, 0], [0, 20, 20]]), name="multigroup_dissimilarity")
    assert found.value.tolist() == pytest.approx([2 / 3, 0, 2 / 3])
    assert found.weight.tolist() == pytest.approx([0.3, 0.4, 0.3])
    assert found.total == pytest.approx(0.4)


def test_full_separation_is_shared_out_by_residents():
    found = contributions_of_areas(frame([[30, 0], [0, 10]]), name="information_theory")
    # H = 1; area 00 has 3/4 ln(1 : 3/4) / E of it, with E = 3/4 ln 4/3 + 1/4 ln 4.
    entropy = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert found.contribution.tolist() == pytest.approx(
        [0.75 * math.log(4 / 3) / entropy, 0.25 * math.log(4) / entropy]
    )
    assert found.to_frame()["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("index", TWO)
def test_the_index_of_two_groups_is_that_of_many_with_two(index):
    rows = frame([[30, 10], [10, 30], [3, 5]])
    general = "relative_diversity" if index == "correlation_ratio" else f"multigroup_{index}"
    two, many = (contributions_of_areas(rows, name=name).total for name in (index, general))
    assert two == many
    with pytest.raises(ParameterError, match=f"'{general}', or a `group` or two columns"):
        contributions_of_areas(frame([[1, 2, 3], [3, 2, 1]]), name=index)


def test_the_base_of_the_logarithm_is_a_unit_of_m():
    rows = frame([[30, 10], [10, 30]])
    bits, nats = contributions_of_areas(rows, log_base=2), contributions_of_areas(rows)
    assert (bits.contribution * math.log(2)).tolist() == pytest.approx(nats.contribution.tolist())
    for base in (1, 0, math.inf, math.nan):
        with pytest.raises(ParameterError, match="log_base"):
            contributions_of_areas(rows, log_base=base)


@pytest.mark.parametrize("index", MANY)
@quick
@given(rows=tables)
def test_contributions_add_up_to_the_published_formula(index, rows):
    counts = frame(rows)
    areas, groups = (f(counts, name=index) for f in (contributions_of_areas, contributions_of_groups))
    if not defined(rows):
        expected = 0.0 if np.sum(rows) and index in ("mutual_information", "divergence") else math.nan
        assert areas.total == pytest.approx(expected, nan_ok=True, abs=1e-15)
        assert groups.total == pytest.approx(expected, nan_ok=True, abs=1e-15)
        return
    expected = by_formula(index, rows)
    assert areas.total == pytest.approx(expected, abs=1e-12)
    assert groups.contribution.sum() == pytest.approx(expected, abs=1e-12)
    assert (areas.value * areas.weight).sum() == pytest.approx(expected, abs=1e-12)
    assert (groups.value * groups.weight).sum() == pytest.approx(expected, abs=1e-12)
    assert (areas.contribution >= -1e-12).all()
    assert areas.weight.sum() == pytest.approx(1)
    assert groups.weight.sum() == pytest.approx(1)


@quick
@given(tables, st.sampled_from(MANY), st.data())
def test_splitting_an_area_splits_its_contribution(rows, index, data):
    area = data.draw(st.integers(0, len(rows) - 1))
    counts = frame(rows)
    parts = counts.copy()
    parts.loc["new"] = counts.iloc[area] * 0.25
    parts.iloc[area] *= 0.75
    before = contributions_of_areas(counts, name=index).contribution
    after = contributions_of_areas(parts, name=index).contribution
    assert after.iloc[area] + after["new"] == pytest.approx(before.iloc[area], nan_ok=True, abs=1e-12)


@quick
@given(tables, st.sampled_from(MANY), st.randoms(use_true_random=False), st.integers(2, 9))
def test_order_and_scale_do_not_matter(rows, index, random, factor):
    counts = frame(rows)
    order = list(counts.index)
    random.shuffle(order)
    before = contributions_of_areas(counts, name=index).contribution
    after = contributions_of_areas(counts.loc[order] * factor, name=index).contribution
    pd.testing.assert_series_equal(after[counts.index], before, rtol=1e-9, atol=1e-12)


def test_an_empty_area_contributes_nothing_and_has_no_value():
    found = contributions_of_areas(frame([[30, 10], [0, 0], [10, 30]]), name="gini")
    assert found.contribution["01"] == 0
    assert math.isnan(found.value["01"])
    assert not math.isnan(found.total)


def test_an_absent_group_contributes_nothing_and_has_no_value():
    found = contributions_of_groups(frame([[30, 10, 0], [10, 30, 0]]))
    assert found.contribution["z"] == 0
    assert math.isnan(found.value["z"])


def test_contributions_that_do_not_add_up_cannot_be_made():
    series = pd.Series([0.5, 0.5])
    with pytest.raises(ParameterError, match="add up"):
        Contributions(
            measure="gini", by="area", total=0.9, value=series, weight=series, contribution=series, log_base=2
        )


def test_bad_input_is_refused():
    with pytest.raises(ParameterError, match="name is 'atkinson', expected one of"):
        contributions_of_areas(frame([[1, 2], [2, 1]]), name="atkinson")
    with pytest.raises(CountsError, match="missing"):
        contributions_of_groups(frame([[1, np.nan], [2, 1]]))


def test_a_result_tells_its_size_in_one_line_and_inputs_are_not_changed():
    counts = frame([[30, 10], [10, 30]])
    before = counts.copy()
    assert repr(contributions_of_areas(counts)) == "Contributions(mutual_information 0.1308 of 2 areas)"
    pd.testing.assert_frame_equal(counts, before)
