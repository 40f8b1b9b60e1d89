"""Isolation, interaction and exposure of all groups: worked values and what must hold for any counts."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial.exposure import (
    exposure,
    interaction,
    isolation,
    prepare_interaction,
    prepare_isolation,
)

rows = st.lists(st.tuples(*[st.integers(0, 300)] * 3), min_size=1, max_size=10)
quick = settings(max_examples=50, deadline=None)


def as_table(triples):
    index = pd.Index([f"{i:02d}" for i in range(len(triples))], name="area_id")
    return pd.DataFrame(triples, columns=["a", "b", "c"], index=index, dtype=float)


def test_isolation_of_two_areas():
    # 10/40 · 10/100 + 30/40 · 30/100 = 0.25
    assert isolation(pd.Series([10, 30]), pd.Series([100, 100])) == pytest.approx(0.25, abs=1e-15)


def test_isolation_among_other_people_leaves_oneself_out():
    # 10/40 · 9/99 + 30/40 · 29/99
    value = isolation(pd.Series([10, 30]), pd.Series([100, 100]), meeting="another")
    assert value == pytest.approx(0.25 * 9 / 99 + 0.75 * 29 / 99, abs=1e-15)


def test_who_lives_alone_meets_nobody_and_is_left_out():
    # The third area has one resident. Of the three others two meet each other: 2/3 · 1/1 + 1/3 · 0/4.
    value = isolation(pd.Series([2, 1, 1]), pd.Series([2, 5, 1]), meeting="another")
    assert value == pytest.approx(2 / 3, abs=1e-15)
    assert math.isnan(isolation(pd.Series([1, 0]), pd.Series([1, 8]), meeting="another"))


def test_interaction_with_everybody_else():
    # 10/40 · 90/100 + 30/40 · 70/100 = 0.75
    assert interaction(pd.Series([10, 30]), pd.Series([100, 100])) == pytest.approx(0.75, abs=1e-15)


def test_interaction_with_one_of_several_groups_counts_all_residents():
    # 10/40 · 40/100 + 30/40 · 20/100 = 0.25, not 10/40 · 40/50 + 30/40 · 20/50 as if the two were alone.
    value = interaction(pd.Series([10, 30]), pd.Series([100, 100]), other=pd.Series([40, 20]))
    assert value == pytest.approx(0.25, abs=1e-15)


def test_the_other_group_is_brought_into_the_order_of_the_total():
    group, total = pd.Series({"x": 10, "y": 30}), pd.Series({"x": 100, "y": 100})
    assert interaction(group, total, other=pd.Series({"y": 20, "x": 40})) == pytest.approx(0.25, abs=1e-15)
    with pytest.raises(AlignmentError, match="other"):
        interaction(group, total, other=pd.Series({"y": 20, "z": 40}))


def test_group_and_other_above_the_total_are_refused():
    with pytest.raises(CountsError, match=r"group and other above total in 1 area\(s\): 1"):
        interaction(pd.Series([10, 30]), pd.Series([100, 100]), other=pd.Series([40, 71]))


def test_the_matrix_of_three_groups():
    # First row: 10/40 · (10, 40, 50)/100 + 30/40 · (30, 20, 50)/100 = (0.25, 0.25, 0.5)
    # Second row: 40/60 · (10, 40, 50)/100 + 20/60 · (30, 20, 50)/100 = (1/6, 1/3, 1/2)
    table = pd.DataFrame({"young": [10, 30], "old": [40, 20], "other": [50, 50]})
    matrix = exposure(table)
    assert matrix.index.tolist() == matrix.columns.tolist() == ["young", "old", "other"]
    np.testing.assert_allclose(matrix.loc["young"], [0.25, 0.25, 0.5], rtol=1e-14)
    np.testing.assert_allclose(matrix.loc["old"], [1 / 6, 1 / 3, 1 / 2], rtol=1e-14)


def test_an_absent_group_meets_nobody_that_can_be_said_and_is_met_by_nobody():
    matrix = exposure(pd.DataFrame({"a": [1, 2], "b": [3, 1], "nobody": [0, 0]}))
    assert matrix.loc["nobody"].isna().all()
    assert matrix.loc["a", "nobody"] == 0
    assert math.isnan(isolation(pd.Series([0, 0]), pd.Series([4, 3])))
    assert math.isnan(interaction(pd.Series([0, 0]), pd.Series([4, 3])))


def test_a_group_alone_in_the_city_is_isolated_completely():
    assert isolation(pd.Series([4, 3]), pd.Series([4, 3])) == 1
    assert interaction(pd.Series([4, 3]), pd.Series([4, 3])) == 0


def test_one_missing_cell_is_refused_and_never_gives_zero():
    """PySAL's isolation and interaction of counts with one NaN are 0: they take the NaN for an empty sum."""
    group, total = pd.Series([1.0, np.nan, 3.0]), pd.Series([5.0, 5.0, 5.0])
    for index in (isolation, interaction):
        with pytest.raises(CountsError, match="missing"):
            index(group, total)
    with pytest.raises(CountsError, match="missing"):
        exposure(pd.DataFrame({"a": group, "b": total}))


@pytest.mark.parametrize("function", [isolation, interaction])
def test_an_unknown_meeting_is_refused(function):
    with pytest.raises(ParameterError, match="'anyone' or 'another'"):
        function(pd.Series([1, 2]), pd.Series([3, 4]), meeting="nobody")
    with pytest.raises(ParameterError, match="'anyone' or 'another'"):
        exposure(pd.DataFrame({"a": [1], "b": [2]}), meeting="nobody")


def test_the_evaluator_takes_the_other_group_as_a_row():
    with pytest.raises(ParameterError, match="third row"):
        prepare_interaction(other=pd.Series([1, 2]))
    tables = np.array([[[10.0, 30.0], [40.0, 20.0], [50.0, 50.0]]])
    assert prepare_interaction()(tables).tolist() == pytest.approx([0.25])


@pytest.mark.parametrize("meeting", ["anyone", "another"])
@pytest.mark.parametrize("prepare", [prepare_isolation, prepare_interaction])
@pytest.mark.parametrize("n_areas", [3, 2500, 70_000])
def test_many_tables_at_once_give_what_each_gives_alone(prepare, meeting, n_areas):
    tables = np.random.default_rng(n_areas).integers(0, 50, (2, 3, 2, n_areas)).astype(float)
    before, evaluate = tables.copy(), prepare(meeting=meeting)
    together = evaluate(tables)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert together[place] == pytest.approx(float(evaluate(tables[place])), rel=1e-12)
    np.testing.assert_array_equal(tables, before)


@quick
@given(rows, st.sampled_from(["anyone", "another"]))
def test_a_member_meets_somebody(triples, meeting):
    """PySAL's distance-decay pair does not add up; the aspatial one does, in every convention."""
    table = as_table(triples)
    group, total = table["a"], table.sum(axis=1)
    mine = isolation(group, total, meeting=meeting)
    assume(not math.isnan(mine))
    assert mine + interaction(group, total, meeting=meeting) == pytest.approx(1, abs=1e-12)
    matrix = exposure(table, meeting=meeting)
    assert matrix.loc["a"].sum() == pytest.approx(1, abs=1e-12)


@quick
@given(rows, st.sampled_from(["anyone", "another"]))
def test_the_matrix_holds_what_the_indices_of_two_groups_give(triples, meeting):
    table = as_table(triples)
    matrix, total = exposure(table, meeting=meeting), table.sum(axis=1)
    for who in table:
        alone = isolation(table[who], total, meeting=meeting)
        assert matrix.loc[who, who] == pytest.approx(alone, abs=1e-12, nan_ok=True)
        for met in table.columns.drop(who):
            pair = interaction(table[who], total, other=table[met], meeting=meeting)
            assert matrix.loc[who, met] == pytest.approx(pair, abs=1e-12, nan_ok=True)


@quick
@given(rows)
def test_contacts_are_mutual(triples):
    # As many members of a meet b as members of b meet a.
    table = as_table(triples)
    assume((table.sum() > 0).all())
    contacts = exposure(table).mul(table.sum(), axis=0).to_numpy()
    np.testing.assert_allclose(contacts, contacts.T, rtol=1e-10, atol=1e-10)


@quick
@given(rows, st.integers(2, 9))
def test_the_matrix_does_not_depend_on_scale_or_on_empty_areas(triples, factor):
    table = as_table(triples)
    again = exposure(as_table([*triples, (0, 0, 0)]) * factor)
    pd.testing.assert_frame_equal(again, exposure(table), check_exact=False, rtol=1e-12, atol=1e-14)


@quick
@given(rows)
def test_isolation_is_at_least_the_share_in_the_city(triples):
    table = as_table(triples)
    group, total = table["a"], table.sum(axis=1)
    assume(group.sum() > 0)
    assert group.sum() / total.sum() - 1e-12 <= isolation(group, total) <= 1


def test_one_person_cannot_be_taken_from_fractions():
    group, total = pd.Series([0.2, 0.1]), pd.Series([1.1, 1.1])
    with pytest.raises(ParameterError, match="'anyone' for weights and fractions"):
        isolation(group, total, meeting="another")
    with pytest.raises(ParameterError, match="'anyone' for weights and fractions"):
        exposure(pd.DataFrame({"g": group, "r": total - group}), meeting="another")
