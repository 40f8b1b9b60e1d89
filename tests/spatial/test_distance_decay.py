"""Distance-decay exposure: worked values, what must hold, and the traps of other packages."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.segregation.places import Places
from spatial.segregation.proximity import distance_decay
from spatial.segregation.proximity.distance_decay import (
    distance_decay_exposure,
    distance_decay_interaction,
    distance_decay_isolation,
)

quick = settings(max_examples=50, deadline=None)
OWN, NEXT = math.exp(-0.6), math.exp(-1)  # a square kilometre with itself, and with the next one

areas = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=9,
)  # x, y [100 m], group, rest


def squares(n_columns, n_rows=1):
    boxes = [
        shapely.box(1e3 * column, 1e3 * row, 1e3 * (column + 1), 1e3 * (row + 1))
        for row in range(n_rows)
        for column in range(n_columns)
    ]
    return gpd.GeoSeries(boxes, crs=25833)


def city(found):
    index = pd.Index([f"{i:02d}" for i in range(len(found))], name="area_id")
    x, y, group, rest = (np.array(values, dtype=float) for values in zip(*found, strict=True))
    where = Places(area_id=index, x=100 * x, y=100 * y, size=np.full(len(found), 1e4))
    return pd.Series(group, index), pd.Series(group + rest, index), where


def test_two_separated_squares_of_the_same_size():
    # From the first square: own people with own / (own + next), all of the group.
    value = distance_decay_isolation(pd.Series([50, 0]), pd.Series([50, 50]), geometry=squares(2))
    assert value == pytest.approx(OWN / (OWN + NEXT))


def test_two_mixed_squares():
    # Group 30, 10 of 60, 40. From the first square the group meets 30 own + 10 next of 60 own + 40 next,
    # from the second 10 own + 30 next of 40 own + 60 next; 3/4 and 1/4 of the group start there.
    group, total = pd.Series([30, 10]), pd.Series([60, 40])
    first = (30 * OWN + 10 * NEXT) / (60 * OWN + 40 * NEXT)
    second = (10 * OWN + 30 * NEXT) / (40 * OWN + 60 * NEXT)
    assert distance_decay_isolation(group, total, geometry=squares(2)) == pytest.approx(
        0.75 * first + 0.25 * second
    )
    assert distance_decay_interaction(group, total, geometry=squares(2)) == pytest.approx(
        1 - 0.75 * first - 0.25 * second
    )


def test_three_groups_meet():
    people = pd.DataFrame({"a": [50, 0], "b": [0, 30], "c": [0, 20]})
    chances = distance_decay_exposure(people, geometry=squares(2))
    # From the first square half the residents are next door, 30 of 50 of them b.
    away = NEXT / (OWN + NEXT)
    assert chances.loc["a"].tolist() == pytest.approx([1 - away, 0.6 * away, 0.4 * away])
    assert chances.loc["b"].tolist() == pytest.approx([away, 0.6 * (1 - away), 0.4 * (1 - away)])
    assert chances.index.tolist() == chances.columns.tolist() == ["a", "b", "c"]


def test_inverse_distance():
    # 0.6 km within, 2 km to the other end: 1/0.6 against 1/2
    value = distance_decay_isolation(
        pd.Series([50, 0], index=[0, 2]),
        pd.Series([50, 50], index=[0, 2]),
        geometry=squares(3).iloc[[0, 2]],
        decay="inverse",
    )
    assert value == pytest.approx((1 / 0.6) / (1 / 0.6 + 1 / 2))


def test_without_contact_within_areas_members_meet_the_others_only():
    group, total = pd.Series([50, 0]), pd.Series([50, 50])
    assert distance_decay_isolation(group, total, geometry=squares(2), diagonal="excluded") == 0
    assert distance_decay_interaction(group, total, geometry=squares(2), diagonal="excluded") == 1


def test_who_can_meet_nobody_has_no_chances():
    one = pd.Series([3]), pd.Series([10])
    assert math.isnan(distance_decay_isolation(*one, geometry=squares(1), diagonal="excluded"))
    assert distance_decay_isolation(*one, geometry=squares(1)) == pytest.approx(0.3)


def test_a_group_of_nobody_has_no_value_and_everybody_meets_only_itself():
    total = pd.Series([100, 50])
    nobody, geometry = total * 0, squares(2)
    assert math.isnan(distance_decay_isolation(nobody, total, geometry=geometry))
    assert math.isnan(distance_decay_interaction(nobody, total, geometry=geometry))
    assert distance_decay_isolation(total, total, geometry=geometry) == pytest.approx(1)
    assert distance_decay_interaction(total, total, geometry=geometry) == 0
    chances = distance_decay_exposure(pd.DataFrame({"a": total, "b": nobody}), geometry=geometry)
    assert chances.loc["a"].tolist() == pytest.approx([1, 0])
    assert chances.loc["b"].isna().all()


@quick
@given(areas)
def test_pysal_trap_isolation_and_interaction_do_not_add_to_one(found):
    # PySAL divides by sums over columns of a matrix that has its rows to divide.
    group, total, where = city(found)
    assume(group.sum() > 0)
    isolation = distance_decay_isolation(group, total, geometry=where)
    interaction = distance_decay_interaction(group, total, geometry=where)
    assert isolation + interaction == pytest.approx(1, abs=1e-12)


def test_pysal_trap_contact_rises_with_distance():
    # PySAL: 0.700 for two halves of a 10 × 10 grid, 0.756 for a chequerboard.
    place, total = np.arange(100), pd.Series(np.full(100, 100.0))
    half = pd.Series(100.0 * (place % 10 < 5))
    board = pd.Series(100.0 * ((place % 10 + place // 10) % 2))
    assert distance_decay_isolation(half, total, geometry=squares(10, 10)) == pytest.approx(0.87481, abs=1e-5)
    assert distance_decay_isolation(board, total, geometry=squares(10, 10)) == pytest.approx(0.4963, abs=1e-4)


@quick
@given(areas)
def test_oasisr_trap_a_chance_above_one(found):
    # OasisR takes t of the row instead of the column: 1.263 for small households in Grenoble.
    group, total, where = city(found)
    assume(group.sum() > 0)
    assert 0 <= distance_decay_isolation(group, total, geometry=where) <= 1 + 1e-12


def test_oasisr_trap_by_hand():
    # A big square next to a small one, all of the group in the big one. With t of the row, the chance from the
    # big square would be 100 (own + 0) / (100 own + 1 next), but from the small one 1 · next / …; here:
    group, total = pd.Series([100, 1]), pd.Series([100, 1])
    assert distance_decay_isolation(group, total, geometry=squares(2)) == pytest.approx(1, abs=1e-15)


@quick
@given(areas, st.integers(1, 9))
def test_under_evenness_it_is_the_share_of_the_group(found, times):
    group, _, where = city(found)
    assume(group.sum() > 0)
    value = distance_decay_isolation(group, group * (1 + times), geometry=where)
    assert value == pytest.approx(1 / (1 + times))


@quick
@given(areas, st.integers(2, 9), st.randoms(use_true_random=False))
def test_scale_of_counts_order_and_empty_areas_are_irrelevant(found, factor, random):
    group, total, where = city(found)
    value = distance_decay_isolation(group, total, geometry=where)
    order = list(range(len(found)))
    random.shuffle(order)
    again = distance_decay_isolation(factor * group.iloc[order], factor * total.iloc[order], geometry=where)
    assert again == pytest.approx(value, nan_ok=True)
    group, total, where = city([*found, (3, 7, 0, 0)])
    assert distance_decay_isolation(group, total, geometry=where) == pytest.approx(value, nan_ok=True)


@quick
@given(areas)
def test_splitting_an_area_on_the_spot_changes_nothing_when_distance_within_is_zero(found):
    x, y, group, rest = found[0]
    one = city([(x, y, 2 * group, 2 * rest), *found[1:]])
    two = city([(x, y, group, rest), (x, y, group, rest), *found[1:]])
    values = [distance_decay_isolation(*part[:2], geometry=part[2], diagonal="zero") for part in (one, two)]
    assert values[1] == pytest.approx(values[0], nan_ok=True)


@quick
@given(areas)
def test_as_the_unit_shrinks_it_becomes_isolation_within_areas(found):
    group, total, where = city([(45 * i, 0, *area[2:]) for i, area in enumerate(found)])
    assume(group.sum() > 0)
    within = float((group * group / total.where(total > 0, 1)).sum() / group.sum())
    value = distance_decay_isolation(group, total, geometry=where, diagonal="zero", distance_unit=1.0)
    assert value == pytest.approx(within)


@quick
@given(areas)
def test_rows_of_the_table_add_to_one(found):
    group, total, where = city(found)
    people = pd.DataFrame({"a": group, "b": total - group, "c": group[::-1].to_numpy()}, index=total.index)
    rows = distance_decay_exposure(people, geometry=where).sum(axis=1, skipna=False)
    present = (people.sum() > 0).to_numpy()
    assert rows[present].to_numpy() == pytest.approx(1)
    assert rows[~present].isna().all()


def test_a_tolerance_keeps_its_promise():
    rng = np.random.default_rng(4)
    where = Places(area_id=pd.RangeIndex(4000), x=rng.uniform(0, 2e4, 4000), y=rng.uniform(0, 2e4, 4000))
    total = pd.Series(rng.integers(1, 99, 4000), dtype=float)
    group = (total * rng.uniform(0, 1, 4000)).round()
    options = {"geometry": where, "diagonal": "zero"}
    exact = distance_decay_isolation(group, total, **options)
    assert distance_decay_isolation(group, total, tolerance=1e-6, **options) == pytest.approx(exact, abs=1e-4)


def test_proximity_that_rises_is_refused():
    with pytest.raises(ParameterError, match="which fall with distance"):
        distance_decay_isolation(pd.Series([1, 2]), pd.Series([3, 3]), geometry=squares(2), decay="distance")


def test_evaluators_take_replicates_and_leave_them_alone():
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 50, (2, 50, 2, 40)).astype(float)
    counts[:, :, :, 7] = 0.0
    where = Places(
        area_id=pd.RangeIndex(40), x=rng.uniform(0, 9e3, 40), y=rng.uniform(0, 9e3, 40), size=np.full(40, 1e4)
    )
    before = counts.copy()
    for prepare in (
        distance_decay.prepare_distance_decay_isolation,
        distance_decay.prepare_distance_decay_interaction,
    ):
        evaluate = prepare(places=where)
        values = evaluate(counts)
        assert values.shape == (2, 50)
        assert values[1, 33] == pytest.approx(float(evaluate(counts[1, 33])), rel=1e-12)
    assert np.array_equal(counts, before)


def test_each_measure_is_registered_with_its_function():
    for entry in distance_decay.MEASURES:
        assert entry.function.__name__ == entry.id
        assert (entry.prepare is None) == (entry.gives != "number")
