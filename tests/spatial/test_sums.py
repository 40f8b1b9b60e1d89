"""Sums over areas in blocks: the same as without, for any shape."""

import numpy as np
import pytest

from spatial.segregation.aspatial.sums import (
    TINY,
    absolute_sum,
    blocks_of_areas,
    blocks_of_tables,
    group_sums,
    residents,
    sum_over_areas,
    unrounded,
)

SHAPES = [
    (2, 1),
    (2, 5),
    (2, 2048),
    (2, 2049),
    (2, 140_000),
    (3, 4, 2, 7),
    (2, 3, 2, 2049),
    (900, 2, 150),
    (0, 2, 5),
]


def product(pair):
    return (pair[0] * pair[1]).sum(axis=-1)


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_do_not_depend_on_the_blocks(shape):
    counts = np.random.default_rng(1).integers(0, 100, shape).astype(float)
    expected = (counts[..., 0, :] * counts[..., 1, :]).sum(axis=-1)
    np.testing.assert_array_equal(sum_over_areas(product, counts), expected)
    np.testing.assert_array_equal(group_sums(counts), counts.sum(axis=-1))


@pytest.mark.parametrize("shape", [(2, 70_000), (3, 2, 3000), (3, 2, 40)])
def test_each_table_gets_its_own_constant(shape):
    counts = np.ones(shape)
    factors = np.arange(1.0, 4.0) if len(shape) == 3 else np.asarray(5.0)
    found = sum_over_areas(lambda pair, factor: (pair[0] * factor).sum(axis=-1), counts, factors)
    np.testing.assert_array_equal(found, factors * shape[-1])


def test_blocks_are_everything_once_and_in_order():
    areas = [place for block in blocks_of_areas(150_001) for place in range(150_001)[block]]
    assert areas == list(range(150_001))
    for n_areas in (3, 3000):
        tables = np.zeros((70_000, 2, 0)) if n_areas == 3 else np.zeros((5, 2, n_areas))
        found = [place for block in blocks_of_tables(tables) for place in range(len(tables))[block]]
        assert found == list(range(len(tables)))


def test_absolute_values_are_summed_for_one_row_and_for_many():
    values = np.array([[1.0, -2.0], [-3.0, 4.0]])
    assert absolute_sum(values[0].copy()) == 3
    assert absolute_sum(values.copy()).tolist() == [3, 7]


def test_nobody_is_divided_by_as_next_to_nobody():
    counts = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    assert residents(counts).tolist() == [TINY, 6]
    assert residents(np.zeros((2, 0))).tolist() == []


def test_only_rounding_is_taken_back():
    assert unrounded(np.array([-1e-17, 0.25, 1 + 1e-15])).tolist() == [0, 0.25, 1]
    assert np.isnan(unrounded(np.array(np.nan)))
