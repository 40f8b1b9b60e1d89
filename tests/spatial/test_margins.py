"""Fitting a table to margins: worked tables, what is kept, and what is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.decomposition.margins import fit_margins, scale_to_margins

quick = settings(max_examples=50, deadline=None)
tables = st.integers(2, 6).flatmap(
    lambda n_areas: st.integers(2, 4).flatmap(
        lambda n_groups: st.lists(
            st.lists(st.integers(1, 300), min_size=n_groups, max_size=n_groups),
            min_size=n_areas,
            max_size=n_areas,
        )
    )
)


def frame(rows):
    return pd.DataFrame(rows, index=[f"{k:02d}" for k in range(len(rows))], dtype=float)


def odds_ratios(table):
    return table[1:, 1:] * table[0, 0] / (table[1:, :1] * table[:1, 1:])


def test_a_table_of_two_by_two_by_hand():
    # [[4, 1], [2, 2]] has the margins 5, 4 and 6, 3 and the odds ratio 4·2/(1·2) = 4 of [[2, 1], [1, 2]].
    fitted = fit_margins(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([5, 4]), np.array([6, 3]))
    assert fitted.counts.to_numpy() == pytest.approx(np.array([[4, 1], [2, 2]]), rel=1e-12)
    assert fitted.gap <= 1e-13
    assert fitted.iterations > 1


def test_the_example_of_karmel_and_maclachlan_1988():
    source = np.array([[100, 50], [50, 50], [100, 50]])
    target = np.array([[125, 100], [100, 100], [100, 75]])
    fitted = fit_margins(source, target.sum(axis=1), target.sum(axis=0))
    published = [[134.7, 90.3], [85.5, 114.5], [104.8, 70.2]]
    assert fitted.counts.round(1).to_numpy().tolist() == published


def test_own_margins_change_nothing():
    table = frame([[3, 1], [2, 5]])
    fitted = fit_margins(table, table.sum(axis=1), table.sum(axis=0))
    assert fitted.counts.to_numpy() == pytest.approx(table.to_numpy(), rel=1e-14)
    assert fitted.iterations == 1


def test_margins_are_matched_by_name():
    table = pd.DataFrame({"men": [2.0, 1.0], "women": [1.0, 2.0]}, index=["a", "b"])
    fitted = fit_margins(table, pd.Series({"b": 4, "a": 5}), pd.Series({"women": 3, "men": 6}))
    assert fitted.counts.loc["a"].round(9).to_dict() == {"men": 4, "women": 1}


def test_shares_are_margins_too():
    fitted = fit_margins(frame([[2, 1], [1, 2]]), np.array([5, 4]) / 9, np.array([6, 3]) / 9)
    assert fitted.counts.to_numpy().sum() == pytest.approx(1)


def test_areas_and_groups_that_nobody_is_wanted_in_become_empty():
    table = frame([[2, 1, 7], [1, 2, 7], [7, 7, 7]])
    fitted = fit_margins(table, np.array([5, 4, 0]), np.array([6, 3, 0]))
    assert fitted.counts.to_numpy() == pytest.approx(np.array([[4, 1, 0], [2, 2, 0], [0, 0, 0]]))


@quick
@given(tables, st.randoms(use_true_random=False))
def test_margins_are_met_and_odds_ratios_are_kept(rows, random):
    source = np.array(rows, dtype=float)
    target = np.array([[random.randint(1, 300) for _ in row] for row in rows], dtype=float)
    fitted = fit_margins(source, target.sum(axis=1), target.sum(axis=0)).counts.to_numpy()
    assert fitted.sum(axis=1) == pytest.approx(target.sum(axis=1), rel=1e-12)
    assert fitted.sum(axis=0) == pytest.approx(target.sum(axis=0), rel=1e-12)
    assert odds_ratios(fitted) == pytest.approx(odds_ratios(source), rel=1e-9)


@quick
@given(tables, st.randoms(use_true_random=False))
def test_areas_and_groups_may_change_places(rows, random):
    source = np.array(rows, dtype=float)
    target = np.array([[random.randint(1, 300) for _ in row] for row in rows], dtype=float)
    one = fit_margins(source, target.sum(axis=1), target.sum(axis=0)).counts.to_numpy()
    other = fit_margins(source.T, target.sum(axis=0), target.sum(axis=1)).counts.to_numpy()
    assert one == pytest.approx(other.T, rel=1e-10)


def test_nearly_separate_blocks_are_fitted_within_few_sweeps():
    # Plain sweeps gain a factor of about 1 - 1e-6 each here: they would need tens of millions.
    table = np.array([[500, 300, 1e-4], [300, 500, 1e-4], [1e-4, 1e-4, 800]])
    fitted = fit_margins(table, np.array([700, 600, 300]), np.array([600, 650, 350]))
    assert fitted.gap <= 1e-13
    assert fitted.iterations < 100
    assert odds_ratios(fitted.counts.to_numpy()) == pytest.approx(odds_ratios(table), rel=1e-6)


def test_margins_that_a_table_can_only_approach_are_reached():
    # Area a holds the first group only and takes all of it: the first cell of b must vanish.
    fitted = fit_margins(np.array([[10.0, 0.0], [5.0, 5.0]]), np.array([10, 10]), np.array([10, 10]))
    assert fitted.counts.to_numpy() == pytest.approx(np.array([[10, 0], [0, 10]]), abs=1e-10)


def test_pysal_and_r_trap_empty_cells_that_cannot_be_fitted_are_refused_by_name():
    table = pd.DataFrame({"old": [10, 5], "new": [0, 5]}, index=["castle", "harbour"])
    with pytest.raises(CountsError, match=r"impossible: the wanted members of old .* 1 area.s.: castle"):
        fit_margins(table, np.array([11, 9]), np.array([10, 10]))


def test_with_few_areas_and_many_groups_empty_cells_are_refused_too():
    table = np.array([[10.0, 10, 10, 10], [0.0, 0, 5, 5]])
    with pytest.raises(CountsError, match="impossible"):
        fit_margins(table, np.array([10, 30]), np.array([15, 15, 5, 5]))


def test_a_small_count_in_empty_cells_makes_the_margins_possible():
    table = np.array([[10.0, 0.0], [5.0, 5.0]])
    fitted = fit_margins(table, np.array([11, 9]), np.array([10, 10]), empty_cells=1e-10)
    assert fitted.counts.to_numpy() == pytest.approx(np.array([[10, 1], [0, 9]]), abs=1e-6)


def test_an_area_without_anybody_to_scale_is_refused():
    with pytest.raises(CountsError, match=r"nobody where residents are wanted in 1 area.s.: 1"):
        fit_margins(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([1, 1]), np.array([1, 1]))


def test_a_group_without_anybody_to_scale_is_refused():
    with pytest.raises(ParameterError, match=r"\['1'\], expected no members"):
        fit_margins(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1, 1]), np.array([1, 1]))


def test_too_few_iterations_are_an_error_and_say_how_far_it_is():
    with pytest.raises(ParameterError, match=r"after 3 sweeps a margin is still .* off"):
        fit_margins(
            np.array([[9.0, 1, 1], [1, 9, 1], [1, 1, 9]]),
            np.array([1, 2, 3]),
            np.array([3, 2, 1]),
            max_iterations=3,
        )


def test_hopeless_empty_cells_among_many_groups_fail_without_a_warning():
    # Thirteen separate blocks, too many to look at every choice of groups.
    table = np.eye(13)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ParameterError, match="empty cells of the table stand against"):
            fit_margins(table, np.arange(1.0, 14.0), np.arange(13.0, 0.0, -1.0))


@pytest.mark.parametrize(
    ("areas", "groups", "options", "error", "reason"),
    [
        ([5, 4], [6, 4], {}, ParameterError, "the sum of area_total, 9"),
        ([5, -4], [6, 3], {}, CountsError, "area_total missing, infinite or negative"),
        ([5, np.nan], [6, 3], {}, CountsError, "area_total missing"),
        ([5], [6, 3], {}, ParameterError, "one number for each of 2"),
        ([0, 0], [0, 0], {}, ParameterError, "a sum above 0"),
        ([5, 4], [6, 3], {"precision": 0}, ParameterError, "precision"),
        ([5, 4], [6, 3], {"max_iterations": 0}, ParameterError, "max_iterations"),
        ([5, 4], [6, 3], {"empty_cells": -1}, ParameterError, "empty_cells"),
    ],
)
def test_margins_and_options_that_cannot_be_are_refused(areas, groups, options, error, reason):
    with pytest.raises(error, match=reason):
        fit_margins(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array(areas), np.array(groups), **options)


def test_other_areas_are_refused():
    with pytest.raises(AlignmentError, match="area_total has no row"):
        fit_margins(frame([[1, 2], [3, 4]]), pd.Series({"00": 5, "x": 5}), np.array([5, 5]))


def test_inputs_are_not_changed():
    table = frame([[2, 0], [1, 2]])
    before = table.copy()
    fit_margins(table, np.array([3, 3]), np.array([4, 2]), empty_cells=0.5)
    pd.testing.assert_frame_equal(table, before)


def test_scaling_gives_the_factors_themselves():
    table = np.array([[2.0, 1.0], [1.0, 2.0]])
    scaling = scale_to_margins(
        table, np.array([5.0, 4.0]), np.array([6.0, 3.0]), area_id=pd.Index(["a", "b"]), group=("x", "y")
    )
    assert scaling.group[:, None] * table * scaling.area == pytest.approx(scaling.of(table))


def test_a_result_tells_its_size_in_one_line():
    fitted = fit_margins(frame([[2, 1], [1, 2]]), np.array([5, 4]), np.array([6, 3]))
    assert repr(fitted).startswith("FittedTable(2 groups, 2 areas, ")
    assert "\n" not in repr(fitted)
