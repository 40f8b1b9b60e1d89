"""The centralisation of the surroundings of every area."""

import numpy as np
import pandas as pd
import pytest

from spatial.segregation.territory.centralisation import (
    prepare_absolute_centralisation,
    prepare_relative_centralisation,
    relative_centralisation,
)
from spatial.segregation.territory.local_centralisation import (
    local_relative_centralisation,
    prepare_local_relative_centralisation,
)


def test_the_surroundings_of_every_area_in_a_row(counts, places):
    # With two neighbours each: around the first 40/63 as above, around the last the same the other way round;
    # around the second 3, then 6 and 0 of the group, 7, then 4 and 10 of the rest, at distances 1 and 2.
    row = places([0, 1, 3])
    value = local_relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=row, neighbours=2)
    middle = (3 * 11 - 9 * 7 + 9 * 21 - 9 * 11) / (9 * 21)
    assert value.tolist() == pytest.approx([40 / 63, middle, -40 / 63])
    assert value.index.tolist() == ["00", "01", "02"]


def test_pysal_trap_the_number_of_neighbours_counts(counts, places):
    # PySAL always takes five.
    rng = np.random.default_rng(4)
    land = places(rng.uniform(0, 99, 30), rng.uniform(0, 99, 30))
    total = counts(*rng.integers(1, 20, 30))
    group = pd.Series(rng.binomial(total.astype(int), 0.4), index=total.index)
    near, far = (local_relative_centralisation(group, total, geometry=land, neighbours=k) for k in (5, 12))
    assert not near.equals(far)


def test_pysal_trap_surroundings_without_the_group_have_no_value(counts, places):
    # PySAL says 0 there: as if both groups were equally near.
    row = places(range(8))
    total = counts(*[10] * 8)
    value = local_relative_centralisation(counts(*[0] * 7, 5), total, geometry=row, neighbours=2)
    assert value.isna().tolist() == [True] * 6 + [False] * 2
    everybody = local_relative_centralisation(total, total, geometry=row, neighbours=2)
    assert everybody.isna().all()


def test_equally_near_neighbours_are_taken_by_id(places):
    # Around "b" in the middle one of two neighbours at the same distance: "a", wherever its row is.
    row = places([1, 2, 0], index=["b", "c", "a"])
    total = pd.Series([10, 10, 10], index=list("bca"))
    group = pd.Series([2, 9, 5], index=list("bca"))
    for order in ("abc", "cba", "bca"):
        value = local_relative_centralisation(
            group[list(order)], total[list(order)], geometry=row, neighbours=1
        )
        assert value["b"] == pytest.approx(2 / 7 - 8 / 13)
        assert value.index.tolist() == list(order)


def test_many_areas_at_one_point_are_neighbours_by_id(counts, places):
    # Thirty areas in one house: each is its own centre, and all are equally near.
    house = places([0] * 30)
    rng = np.random.default_rng(7)
    total = counts(*rng.integers(2, 9, 30))
    group = total - 1
    assert local_relative_centralisation(group, total, geometry=house, neighbours=3).tolist() == [0] * 30
    by_id = local_relative_centralisation(group, total, geometry=house, neighbours=3, ties="area_id")
    # Around the last: itself and the first three.
    order = [29, 0, 1, 2]
    own = places([0, 1, 2, 3])
    expected = relative_centralisation(
        counts(*group.iloc[order]), counts(*total.iloc[order]), geometry=own, centre=(0, 0)
    )
    assert by_id.iloc[29] == pytest.approx(expected)


def test_many_tables_at_once_give_the_value_of_each(places):
    rng = np.random.default_rng(2)
    tables = rng.integers(0, 5, (3, 4, 2, 9)).astype(float)
    before = tables.copy()
    land = places(rng.uniform(0, 9, 9), rng.uniform(0, 9, 9), rng.uniform(1, 9, 9))
    evaluators = [
        prepare_absolute_centralisation(places=land),
        prepare_absolute_centralisation(places=land, centre=(4.0, 4.0)),
        prepare_relative_centralisation(places=land, centre="densest", rings=4),
    ]
    for evaluate in evaluators:
        together = evaluate(tables)
        assert together.shape == (3, 4)
        each = [[float(evaluate(table)) for table in line] for line in tables]
        assert together == pytest.approx(np.array(each), nan_ok=True)
        assert evaluate(tables[0, 0]).shape == ()
    local = prepare_local_relative_centralisation(places=land, neighbours=3)
    together = local(tables)
    assert together.shape == (3, 4, 9)
    assert together[1, 2] == pytest.approx(local(tables[1, 2]), nan_ok=True)
    assert (tables == before).all()
