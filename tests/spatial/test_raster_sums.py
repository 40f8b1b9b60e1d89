"""Sums on a raster: near to the exact ones, with an error that is measured."""

import numpy as np
import pandas as pd
import pytest

from spatial.segregation.environments.kernels import make_kernel
from spatial.segregation.environments.neighbour_search import within_distance
from spatial.segregation.environments.raster_sums import raster_sums, share_error
from spatial.segregation.environments.weighted_sums import neighbour_sums
from spatial.segregation.places import Places


def some_places(n_areas=4000, width=6000.0, height=4000.0):
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, width, n_areas), rng.uniform(0, height, n_areas)
    return Places(area_id=pd.RangeIndex(n_areas), x=x + 690_000, y=y + 5_700_000)


def some_counts(n_areas=4000):
    return np.random.default_rng(4).integers(0, 200, (2, n_areas)).astype(float)


@pytest.mark.parametrize(
    ("kernel", "accuracy"),
    [
        ("biweight", 1e-5),
        ("triangle", 3e-5),
        ("epanechnikov", 2e-4),
        ("gaussian", 1e-5),
        ("exponential", 1e-4),
    ],
)
def test_kernels_without_a_step_are_near_to_exact(kernel, accuracy):
    places, chosen = some_places(), make_kernel(kernel, bandwidth=600.0, cutoff=None)
    exact = neighbour_sums(within_distance(places, chosen)).sums(some_counts())
    found = raster_sums(places, chosen).sums(some_counts())
    np.testing.assert_allclose(found[0] / found.sum(axis=0), exact[0] / exact.sum(axis=0), atol=20 * accuracy)
    assert share_error(raster_sums(places, chosen), within_distance(places, chosen), some_counts()) < accuracy


@pytest.mark.parametrize(
    ("kernel", "cutoff"), [("box", None), ("exponential", 700.0)], ids=["box", "cut off"]
)
def test_a_step_is_followed_to_within_a_cell(kernel, cutoff):
    places, chosen = some_places(), make_kernel(kernel, bandwidth=800.0, cutoff=cutoff)
    assert share_error(raster_sums(places, chosen), within_distance(places, chosen), some_counts()) < 3e-3


def test_the_area_itself_counts_fully_however_many_live_there():
    # One crowd in an area whose neighbours are nearly empty: only its own weight matters.
    places, counts = some_places(), np.ones((2, 4000))
    counts[0, 17] = 1e7
    for kernel in ("triangle", "exponential", "box"):
        around = raster_sums(places, make_kernel(kernel, bandwidth=600.0)).sums(counts)
        assert around[0, 17] == pytest.approx(1e7, rel=1e-4)


def test_a_bandwidth_wider_than_the_city_does_not_wrap_around():
    places, wide = some_places(), make_kernel("biweight", bandwidth=20_000.0)
    exact = neighbour_sums(within_distance(places, wide)).sums(some_counts())
    np.testing.assert_allclose(raster_sums(places, wide).sums(some_counts()), exact, rtol=3e-4)


def test_opposite_edges_of_the_city_are_no_neighbours():
    far = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 10_000]), y=np.array([0.0, 10_000]))
    around = raster_sums(far, make_kernel("biweight", bandwidth=900.0)).sums(np.array([[5.0, 0]]))
    assert around.tolist() == [[pytest.approx(5), pytest.approx(0, abs=1e-9)]]


def test_environments_are_never_negative():
    places = some_places(50, width=50_000.0, height=50_000.0)
    for kernel in ("box", "biweight", "exponential"):
        around = raster_sums(places, make_kernel(kernel, bandwidth=3000.0)).sums(some_counts(50))
        assert (around >= 0).all()


def test_a_city_on_one_line_has_a_raster_too():
    row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60, 150]), y=np.zeros(3))
    around = raster_sums(row, make_kernel("biweight", bandwidth=100.0))
    np.testing.assert_allclose(around.sums(np.array([[1.0, 10, 100]])), [[5.096, 14.02, 100.361]], rtol=1e-3)


def test_a_city_far_too_large_for_the_bandwidth_has_none():
    far = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 1e7]), y=np.array([0.0, 1e7]))
    assert raster_sums(far, make_kernel("biweight", bandwidth=10.0)) is None


def test_totals_are_those_of_the_sums_and_workers_change_nothing():
    places, chosen = some_places(), make_kernel("biweight", bandwidth=600.0)
    counts = np.stack([some_counts(), 2 * some_counts()[::-1]])
    one, two = raster_sums(places, chosen, workers=1), raster_sums(places, chosen, workers=2)

    def product(around, own, _):
        return (around * own).sum(axis=-1)

    np.testing.assert_array_equal(one.total(counts, product), two.total(counts, product))
    np.testing.assert_allclose(one.total(counts, product), (one.sums(counts) * counts).sum(axis=-1))


def test_an_empty_city_has_no_error():
    places, chosen = some_places(), make_kernel("box", bandwidth=600.0)
    assert share_error(raster_sums(places, chosen), within_distance(places, chosen), np.zeros((2, 4000))) == 0
