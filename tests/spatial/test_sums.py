"""Sums over areas in blocks: the same as without, for any shape."""

import numpy as np
import pytest

from spatial.segregation.aspatial.sums import (
    TINY,
    absolute_sum,
    blocks,
    blocks_of_tables,
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


@pytest.mark.parametrize("shape", [(2, 70_000), (3, 2, 3000), (3, 2, 40)])
def test_each_table_gets_its_own_constant(shape):
    counts = np.ones(shape)
    factors = np.arange(1.0, 4.0) if len(shape) == 3 else np.asarray(5.0)
    found = sum_over_areas(lambda pair, factor: (pair[0] * factor).sum(axis=-1), counts, factors)
    np.testing.assert_array_equal(found, factors * shape[-1])


@pytest.mark.parametrize("shape", [*SHAPES, (5, 12, 100_001), (3, 300_000, 2)])
@pytest.mark.parametrize("longest", [1 << 13, 1 << 16])
def test_blocks_are_everything_once_and_in_order(shape, longest):
    n_tables, n_groups, n_areas = (1, *shape)[-3:]
    found = [
        (table, area)
        for tables, areas in blocks(n_tables, n_groups, n_areas, longest=longest)
        for table in range(n_tables)[tables]
        for area in (areas.start, areas.stop)
    ]
    ends = [(table, area) for table, area in found if area in (0, n_areas)]
    assert ends == [(table, area) for table in range(n_tables) for area in (0, n_areas)]
    between = [area for table, area in found if table == 0][1:-1]
    assert between[::2] == between[1::2] == sorted(between[::2])


def test_blocks_of_areas_do_not_depend_on_the_number_of_tables():
    one = [areas for _, areas in blocks(1, 3, 30_000, longest=1 << 13)]
    several = [areas for tables, areas in blocks(4, 3, 30_000, longest=1 << 13) if tables.start == 2]
    assert one == several


def test_blocks_of_tables_are_all_tables_once_and_in_order():
    for n_tables, numbers in ((70_000, 3), (5, 300_000), (0, 5), (3, 0)):
        found = [table for part in blocks_of_tables(n_tables, numbers) for table in range(n_tables)[part]]
        assert found == list(range(n_tables))


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
