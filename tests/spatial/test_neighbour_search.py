"""Searching neighbours: always the same as looking at every pair."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.segregation.environments.kernels import kernel_weight, make_kernel
from spatial.segregation.environments.neighbour_search import nearest, within_distance
from spatial.segregation.places import Places

quick = settings(max_examples=50, deadline=None)
points = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=25)  # many ties


def at(pairs, scale=50.0, east=0.0, north=0.0, names=None):
    x, y = np.array(pairs, dtype=float).T * scale
    index = pd.RangeIndex(len(pairs)) if names is None else pd.Index(names)
    return Places(area_id=index, x=x + east, y=y + north)


def matrix(search):
    """All rows and columns in the order of the places."""
    found = np.vstack([search.block(*rows).toarray() for rows in search.bounds])
    back = np.argsort(search.order)
    return found[back][:, back]


def distances(places):
    return np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)


def chosen(search, places, area):
    row = matrix(search)[places.area_id.get_loc(area)]
    return set(places.area_id[row > 0]) - {area}


@quick
@given(
    points,
    st.sampled_from([1e-3, 49.0, 50.0, 100.0, 250.0, 1e5]),
    st.sampled_from(["box", "triangle", "gaussian"]),
)
def test_within_a_distance_is_what_every_pair_says(pairs, bandwidth, kernel):
    places = at(pairs, east=690_000, north=5_700_000)
    search = within_distance(places, make_kernel(kernel, bandwidth=bandwidth))
    expected = kernel_weight(distances(places), kernel=kernel, bandwidth=bandwidth)
    np.testing.assert_allclose(matrix(search), expected, atol=1e-14)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.8, 3.0])
def test_any_fineness_of_the_cells_finds_the_same(share):
    rng = np.random.default_rng(7)
    places = at(rng.uniform(0, 1, (700, 2)) * (3, 1), scale=1000.0)
    search = within_distance(places, make_kernel("biweight", bandwidth=1000 * share))
    expected = kernel_weight(distances(places), bandwidth=1000 * share)
    np.testing.assert_allclose(matrix(search), expected, atol=1e-12)


def test_one_far_area_does_not_need_a_cell_for_every_metre_between():
    places = at([(0, 0), (0, 1), (1e11, 1e11)])
    assert matrix(within_distance(places, make_kernel("box", bandwidth=60.0))).sum() == 5


def test_no_cutoff_reaches_everybody():
    places = at([(0, 0), (0, 1), (30, 5)])
    search = within_distance(places, make_kernel("exponential", bandwidth=500.0, cutoff=np.inf))
    np.testing.assert_allclose(matrix(search), np.exp(-distances(places) / 500))


@quick
@given(points, st.integers(1, 24), st.randoms(use_true_random=False))
def test_nearest_are_the_first_by_distance_and_then_by_id(pairs, neighbours, random):
    names = [f"{number:02d}" for number in range(len(pairs))]
    random.shuffle(names)
    places = at(pairs, names=names)
    neighbours = min(neighbours, len(pairs) - 1)
    if neighbours == 0:
        return
    found = matrix(nearest(places, neighbours, make_kernel("box", bandwidth=None)))
    for row, gaps in enumerate(distances(places)):
        order = sorted(range(len(pairs)), key=lambda other: (other != row, gaps[other], names[other]))
        assert set(np.flatnonzero(found[row])) == set(order[: neighbours + 1])


def test_ties_within_float_noise_go_to_the_smaller_id():
    # "c" is nearer by a billionth of a metre, which is no distance.
    places = Places(area_id=pd.Index(["a", "b", "c"]), x=np.array([0, 100, -100 + 1e-9]), y=np.zeros(3))
    assert chosen(nearest(places, 1, make_kernel("box", bandwidth=None)), places, "a") == {"b"}


def test_ids_that_are_numbers_are_compared_as_numbers():
    places = Places(area_id=pd.Index([0, 10, 9]), x=np.array([0.0, 100, -100]), y=np.zeros(3))
    assert chosen(nearest(places, 1, make_kernel("box", bandwidth=None)), places, 0) == {9}


def test_the_area_itself_stays_in_a_crowd_at_one_place():
    places = at([(0, 0)] * 6)
    assert (np.diag(matrix(nearest(places, 2, make_kernel("box", bandwidth=None)))) == 1).all()


def test_an_adaptive_kernel_ends_at_the_last_neighbour():
    # From 0 m: neighbours at 10 and 40 m, bandwidth 40 m: weights 1, 3/4, 0.
    places = Places(area_id=pd.RangeIndex(4), x=np.array([0.0, 10, 40, 1000]), y=np.zeros(4))
    found = matrix(nearest(places, 2, make_kernel("triangle", bandwidth=None)))
    assert found[0].tolist() == [1, 0.75, 0, 0]


def test_a_bandwidth_of_its_own_weighs_the_nearest():
    places = Places(area_id=pd.RangeIndex(4), x=np.array([0.0, 10, 40, 60]), y=np.zeros(4))
    found = matrix(nearest(places, 2, make_kernel("triangle", bandwidth=20.0)))
    assert found[0].tolist() == [1, 0.5, 0, 0]


def test_a_cutoff_drops_neighbours_that_are_too_far():
    places = Places(area_id=pd.RangeIndex(4), x=np.array([0.0, 10, 40, 1000]), y=np.zeros(4))
    found = matrix(nearest(places, 2, make_kernel("box", bandwidth=None, cutoff=100.0)))
    assert found[3].tolist() == [0, 0, 0, 1]
