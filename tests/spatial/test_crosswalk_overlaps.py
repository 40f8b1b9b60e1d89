"""Common ground of two maps: the short ways give what cutting every pair gives."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.crosswalk.overlaps import overlaps

UTM = np.array([389_000.0, 5_819_000.0])  # Berlin, so that coordinates have as many digits as real ones


def cut_every_pair(one, other):
    """Return the common surface of all pairs, as a table."""
    return shapely.area(shapely.intersection(one[:, None], other[None, :]))


def as_table(one, other):
    first, second, common = overlaps(one, other)
    assert np.array_equal(np.lexsort((second, first)), np.arange(len(first)))
    assert (common > 0).all()
    table = np.zeros((len(one), len(other)))
    table[first, second] = common
    return table


@st.composite
def grids(draw):
    """A shaken grid of quadrilaterals over 100 m × 100 m: a clean coverage with slanted borders."""
    columns, rows = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corner = np.stack(np.meshgrid(np.linspace(0, 100, columns + 1), np.linspace(0, 100, rows + 1)), axis=-1)
    inner = corner[1:-1, 1:-1]
    inner += rng.uniform(-0.3, 0.3, inner.shape) * [100 / columns, 100 / rows]
    corner += UTM
    return np.array(
        [
            shapely.Polygon(
                [corner[up, left], corner[up, left + 1], corner[up + 1, left + 1], corner[up + 1, left]]
            )
            for up, left in itertools.product(range(rows), range(columns))
        ]
    )


# A vertex is a float of 64 bits near 5,800,000 m: off by up to 5e-10 m, along borders of some 100 m in all.
TOLERANCE = 1e-6


@settings(max_examples=60, deadline=None)
@given(grids(), grids())
def test_two_coverages_have_in_common_what_cutting_every_pair_gives(one, other):
    np.testing.assert_allclose(as_table(one, other), cut_every_pair(one, other), atol=TOLERANCE, rtol=0)


@settings(max_examples=40, deadline=None)
@given(grids(), grids(), st.floats(-60, 60), st.floats(0.3, 2))
def test_maps_that_reach_beyond_each_other_do_as_well(one, other, shift, scale):
    moved = shapely.transform(other, lambda points: (points - UTM) * scale + UTM + shift)
    np.testing.assert_allclose(as_table(one, moved), cut_every_pair(one, moved), atol=TOLERANCE, rtol=0)


@settings(max_examples=30, deadline=None)
@given(grids(), grids(), st.data())
def test_nor_do_overlaps_and_gaps_mislead_it(one, other, data):
    chosen = data.draw(st.lists(st.integers(0, len(other) - 1), min_size=1, max_size=12))
    spoiled = shapely.buffer(other[chosen], 0.7, quad_segs=1)
    np.testing.assert_allclose(as_table(one, spoiled), cut_every_pair(one, spoiled), atol=TOLERANCE, rtol=0)


def test_a_map_on_itself_has_only_its_own_areas():
    side = np.arange(0, 500, 100)
    squares = np.array([shapely.box(x, y, x + 100, y + 100) for x in side for y in side])
    first, second, common = overlaps(squares, squares)
    assert first.tolist() == second.tolist() == list(range(25))
    assert common.tolist() == [10_000] * 25


def test_many_pairs_are_cut_in_several_chunks():
    # 4,900 squares against 10 strips that cut each of them once: more pairs than one chunk has.
    side = np.arange(70)
    squares = np.array([shapely.box(x, y, x + 1, y + 1) for x in side for y in side])
    strips = np.array([shapely.box(x - 0.5, 0, x + 0.5, 70) for x in range(71)])
    table = as_table(squares, strips)
    assert (table > 0).sum() == 2 * 4_900
    assert table[table > 0] == pytest.approx(0.5)


def test_maps_without_common_ground_have_no_pair():
    one, other = (
        np.array([shapely.box(0, 0, 1, 1)]),
        np.array([shapely.box(1, 0, 2, 1), shapely.box(5, 5, 6, 6)]),
    )
    assert [len(part) for part in overlaps(one, other)] == [0, 0, 0]
