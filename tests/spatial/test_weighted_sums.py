"""Sums over neighbours: the same for many counts at once, kept or streamed, with any number of workers."""

import numpy as np
import pandas as pd
import pytest

from spatial.segregation.environments.kernels import kernel_weight, make_kernel
from spatial.segregation.environments.neighbour_search import within_distance
from spatial.segregation.environments.weighted_sums import (
    KnownSums,
    OwnSums,
    add_up,
    mean_neighbours,
    neighbour_sums,
)
from spatial.segregation.places import Places


def some_places(n_areas, side=1000.0):
    x, y = np.random.default_rng(3).uniform(0, side, (2, n_areas))
    return Places(area_id=pd.RangeIndex(n_areas), x=x, y=y)


def dense(places, bandwidth):
    gaps = np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)
    return kernel_weight(gaps, bandwidth=bandwidth)


def operator(places, bandwidth, workers=None):
    return neighbour_sums(
        within_distance(places, make_kernel("biweight", bandwidth=bandwidth)), workers=workers
    )


def product(around, own, _):
    """Return the sum over areas of environment times own counts, per group."""
    return (around * own).sum(axis=-1)


def test_three_areas_in_a_row():
    # Weights (1 - 0.6²)² = 0.4096 between the first two, (1 - 0.9²)² = 0.0361 between the last two.
    row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60, 150]), y=np.zeros(3))
    found = operator(row, 100.0).sums(np.array([[1.0, 10, 100]]))
    np.testing.assert_allclose(found, [[1 + 4.096, 0.4096 + 10 + 3.61, 0.361 + 100]])


@pytest.mark.parametrize("bandwidth", [150.0, 700.0], ids=["kept", "streamed"])
def test_sums_are_those_of_the_whole_matrix(bandwidth):
    places = some_places(500)
    around = operator(places, bandwidth)
    assert bool(around.kept) == (bandwidth < 200)
    counts = np.random.default_rng(4).uniform(0, 9, (3, 4, 500))
    before = counts.copy()
    np.testing.assert_allclose(around.sums(counts), counts @ dense(places, bandwidth))
    np.testing.assert_array_equal(counts, before)


@pytest.mark.parametrize("bandwidth", [150.0, 700.0], ids=["kept", "streamed"])
@pytest.mark.parametrize("replicates", [1, 40])
def test_totals_are_those_of_the_sums(bandwidth, replicates):
    places = some_places(500)
    around = operator(places, bandwidth)
    counts = np.random.default_rng(5).uniform(0, 9, (replicates, 2, 500))
    expected = (around.sums(counts) * counts).sum(axis=-1)
    np.testing.assert_allclose(around.total(counts, product), expected)


@pytest.mark.parametrize("bandwidth", [150.0, 700.0], ids=["kept", "streamed"])
def test_the_number_of_workers_changes_nothing_at_all(bandwidth):
    places = some_places(6000, side=8000.0)
    counts = np.random.default_rng(6).uniform(0, 9, (40, 2, 6000))
    one, three = operator(places, bandwidth, workers=1), operator(places, bandwidth, workers=3)
    np.testing.assert_array_equal(one.total(counts, product), three.total(counts, product))
    np.testing.assert_array_equal(one.sums(counts[:2]), three.sums(counts[:2]))


def test_a_replicate_has_the_same_value_alone_and_among_others():
    around = operator(some_places(3000, side=4000.0), 300.0)
    counts = np.random.default_rng(6).uniform(0, 9, (70, 2, 3000))
    together = around.total(counts, product)
    np.testing.assert_array_equal(together[[50]], around.total(counts[[50]], product))


def test_the_term_is_told_which_replicates_it_sees():
    around = operator(some_places(300), 100.0)
    counts = np.ones((50, 2, 300))
    numbers = np.arange(50.0)

    def told(environment, own, some):
        return numbers[some, None] * own.shape[-1] * np.ones((1, 2))

    np.testing.assert_array_equal(around.total(counts, told)[:, 0], numbers * 300)
    np.testing.assert_array_equal(OwnSums().total(counts, told)[:, 0], numbers * 300)


def test_alone_every_area_is_its_environment():
    counts = np.arange(6.0).reshape(1, 2, 3)
    np.testing.assert_array_equal(OwnSums().sums(counts), counts)
    assert OwnSums().sums(counts) is not counts
    np.testing.assert_array_equal(OwnSums().total(counts, product), (counts**2).sum(axis=-1))


def test_known_environments_are_used_as_they_are():
    known = KnownSums(environment=np.array([[5.0, 7.0]]))
    counts = np.array([[[1.0, 2.0]]])
    assert known.sums(counts).tolist() == [[[5, 7]]]
    assert known.total(counts, product).tolist() == [[19]]  # 5 + 14


def test_adding_up_in_parts_is_adding_up():
    counts = np.random.default_rng(8).uniform(0, 9, (19, 2, 9000))
    np.testing.assert_allclose(add_up(counts, counts, product), (counts**2).sum(axis=-1))


def test_the_mean_number_of_neighbours_of_a_small_city_is_exact():
    places = some_places(200)
    search = within_distance(places, make_kernel("box", bandwidth=120.0))
    gaps = np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)
    assert mean_neighbours(search) == pytest.approx((gaps <= 120).sum() / 200, rel=0.05)
