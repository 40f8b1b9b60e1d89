"""Splitting regions: connected parts of allowed size, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.regions.limited.splitting import split_region
from spatial.regions.limits import RegionLimits


def grid(rows, columns):
    place = np.arange(rows * columns).reshape(rows, columns)
    first = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    second = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    return first, second


def is_connected(label, first, second):
    kept = label[first] == label[second]
    links = coo_array((np.ones(kept.sum()), (first[kept], second[kept])), shape=(len(label), len(label)))
    return connected_components(links, directed=False)[0] == len(np.unique(label))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(0, 2**32 - 1), st.sampled_from([300, 500, 900]))
def test_parts_are_connected_and_of_allowed_size(rows, columns, seed, most):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 100, rows * columns).astype(float)
    people[0] += 1
    first, second = grid(rows, columns)
    limits = RegionLimits(least_residents=100, most_residents=most)
    label = split_region(
        people, first, second, rng.uniform(1, 9, len(first)), limits, np.random.default_rng(1)
    )
    if label is None:
        assert people.sum() < 100 or people.sum() > most  # what fits as it is needs no splitting
        return
    size = np.bincount(label, people)
    assert (size >= 100).all()
    assert (size <= most).all()
    assert is_connected(label, first, second)


def test_a_city_of_a_thousand_blocks_is_split_at_once():
    first, second = grid(30, 34)
    people = np.full(30 * 34, 100.0)
    limits = RegionLimits(least_residents=2000, most_residents=6000)
    label = split_region(people, first, second, np.ones(len(first)), limits, np.random.default_rng(0))
    size = np.bincount(label, people)
    assert size.sum() == people.sum()
    assert (size >= 2000).all()
    assert (size <= 6000).all()
    assert is_connected(label, first, second)


def test_the_same_seed_gives_the_same_parts():
    first, second = grid(8, 8)
    people, limits = np.full(64, 10.0), RegionLimits(most_residents=200)
    one, other = (
        split_region(people, first, second, np.ones(len(first)), limits, np.random.default_rng(7))
        for _ in "ab"
    )
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize("people", [[500.0, 10.0, 10.0], [10.0, 500.0, 10.0]])
def test_an_area_that_has_too_many_by_itself_cannot_be_split(people):
    row = np.arange(2)
    limits = RegionLimits(most_residents=300)
    assert split_region(np.array(people), row, row + 1, np.ones(2), limits, np.random.default_rng(0)) is None


def test_a_star_whose_arms_are_too_small_cannot_be_split():
    centre, arms = np.zeros(6, dtype=np.int64), np.arange(1, 7)
    limits = RegionLimits(least_residents=100, most_residents=150)
    people = np.array([10.0, *[40.0] * 6])
    assert split_region(people, centre, arms, np.ones(6), limits, np.random.default_rng(0)) is None
