"""Sums over all pairs of areas: against sums written out, and the promises about error, memory and threads."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import GeometryError, ParameterError
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import proximity_of
from spatial.segregation.proximity.far_field import far_field, interpolation_error
from spatial.segregation.proximity.pair_sums import pair_sums

quick = settings(max_examples=50, deadline=None)
DECAYS = {"exponential": lambda d: np.exp(-d), "inverse": lambda d: 1 / d, "distance": lambda d: d}


def places(x, y=None, size=None):
    x = np.asarray(x, dtype=float)
    y = np.zeros(len(x)) if y is None else np.asarray(y, dtype=float)
    size = None if size is None else np.asarray(size, dtype=float)
    return Places(area_id=pd.RangeIndex(len(x)), x=x, y=y, size=size)


def towns(rng, n_areas, extent=(20_000.0, 20_000.0)):
    """Areas that crowd in a few places of a large plane."""
    centre = rng.uniform(0.0, 1.0, (12, 2)) * extent
    xy = centre[rng.integers(0, 12, n_areas)] + rng.normal(0.0, 800.0, (n_areas, 2))
    return places(xy[:, 0], xy[:, 1], rng.uniform(1e4, 1e5, n_areas))


def written_out(where, decay, unit=1000.0, own=None):
    """Make the matrix of proximities that the engine must never make."""
    distance = np.hypot(where.x[:, None] - where.x, where.y[:, None] - where.y) / unit
    np.fill_diagonal(distance, 1.0)
    proximity = DECAYS[decay](distance)
    own_distance = 0.6 * np.sqrt(where.size) / unit if own is None else own
    np.fill_diagonal(proximity, DECAYS[decay](own_distance))
    return proximity


def test_two_areas_one_kilometre_apart():
    # 10² c + 20² c + 2 · 10 · 20 / e, with c = exp(-0) for areas without size
    pairs = pair_sums(places([0, 1000]), "the test", diagonal="zero")
    assert pairs.forms(np.array([[10.0, 20.0]]))[0, 0] == pytest.approx(500 + 400 / np.e, rel=1e-14)
    assert pairs.sums(np.array([[10.0, 20.0]]))[0] == pytest.approx(
        [10 + 20 / np.e, 20 + 10 / np.e], rel=1e-14
    )


@pytest.mark.parametrize(
    ("diagonal", "own"),
    [
        ("0.6 sqrt(area)", np.exp(-0.6 * 2)),  # 4 km²: 0.6 · 2 km
        ("sqrt(0.6 area)", np.exp(-np.sqrt(2.4))),  # the root of 0.6 · 4 km²
        ("zero", 1.0),
        ("excluded", 0.0),
    ],
)
def test_each_diagonal_has_its_own_proximity(diagonal, own):
    one = pair_sums(places([0], size=[4e6]), "the test", diagonal=diagonal)
    assert one.forms(np.array([[3.0]]))[0, 0] == pytest.approx(9 * own, rel=1e-14)


def test_inverse_and_plain_distance():
    # 3 km apart: 1/3 and 3; own distance 0.6 km: 1/0.6 and 0.6
    where = places([0, 3000], size=[1e6, 1e6])
    counts = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert pair_sums(where, "the test", decay="inverse").forms(counts) == pytest.approx(
        np.array([[1 / 0.6, 1 / 3], [1 / 3, 1 / 0.6]])
    )
    assert pair_sums(where, "the test", decay="distance").forms(counts) == pytest.approx(
        np.array([[0.6, 3.0], [3.0, 0.6]])
    )


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("n_areas", [1, 2, 63, 64, 65, 1100, 1200])
def test_sums_agree_with_the_matrix_written_out(decay, n_areas):
    rng = np.random.default_rng(n_areas)
    where = towns(rng, n_areas)
    counts = rng.integers(0, 90, (3, n_areas)).astype(float)
    proximity = written_out(where, decay)
    pairs = pair_sums(where, "the test", decay=decay)
    assert pairs.forms(counts) == pytest.approx(counts @ proximity @ counts.T, rel=1e-12)
    assert pairs.sums(counts) == pytest.approx(counts @ proximity, rel=1e-12)


def test_many_replicates_are_summed_like_each_alone():
    rng = np.random.default_rng(5)
    where = towns(rng, 150)
    counts = rng.integers(0, 90, (5, 31, 2, 150)).astype(float)
    before = counts.copy()
    pairs = pair_sums(where, "the test")
    forms, sums = pairs.forms(counts), pairs.sums(counts)
    assert forms.shape == (5, 31, 2, 2)
    assert sums.shape == counts.shape
    assert forms[3, 17] == pytest.approx(pairs.forms(counts[3, 17]), rel=1e-13)
    assert sums[3, 17] == pytest.approx(pairs.sums(counts[3, 17]), rel=1e-13)
    assert np.array_equal(counts, before)


def test_counts_that_are_not_contiguous_are_summed_all_the_same():
    rng = np.random.default_rng(6)
    where = towns(rng, 200)
    counts = rng.integers(0, 90, (200, 2)).astype(float)
    pairs = pair_sums(where, "the test")
    assert np.array_equal(pairs.forms(counts.T), pairs.forms(np.ascontiguousarray(counts.T)))


@pytest.mark.parametrize("tolerance", [0.0, 1e-6])
def test_numbers_do_not_depend_on_the_workers(tolerance):
    rng = np.random.default_rng(7)
    where = towns(rng, 3000)
    counts = rng.integers(0, 90, (2, 3000)).astype(float)
    alone, *others = (
        pair_sums(where, "the test", tolerance=tolerance, workers=workers) for workers in (1, 2, 3, 40)
    )
    assert (alone.far is None) == (tolerance == 0)
    for pairs in others:
        assert np.array_equal(pairs.forms(counts), alone.forms(counts))
        assert np.array_equal(pairs.sums(counts), alone.sums(counts))


def test_no_matrix_of_all_pairs_is_made():
    where = towns(np.random.default_rng(8), 6000)
    counts = np.ones((2, 6000))
    pairs = pair_sums(where, "the test", workers=2)
    tracemalloc.start()
    pairs.forms(counts)
    pairs.sums(counts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6  # [bytes]; the matrix would take 288 MB


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("extent", [(20_000, 20_000), (60_000, 500), (300, 9_000)], ids=str)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-9])
def test_no_proximity_errs_by_more_than_the_tolerance(decay, extent, tolerance):
    rng = np.random.default_rng(9)
    where = towns(rng, 2500, extent)
    counts = rng.integers(0, 90, (2, 2500)).astype(float)
    near = pair_sums(where, "the test", decay=decay, tolerance=tolerance)
    exact = pair_sums(where, "the test", decay=decay)
    people = counts.sum(axis=1)
    rounding = 1e-13 * exact.forms(counts).max()
    # A form is a sum of proximities times pairs of persons, so its error is at most tolerance × pairs.
    apart = np.abs(near.forms(counts) - exact.forms(counts))
    assert (apart <= tolerance * np.outer(people, people) + rounding).all()
    apart = np.abs(near.sums(counts) - exact.sums(counts))
    assert (apart <= tolerance * people[:, None] + rounding).all()


def test_far_areas_are_told_from_few_points_in_a_large_city():
    rng = np.random.default_rng(10)
    where = towns(rng, 5000)
    pairs = pair_sums(where, "the test", tolerance=1e-4)
    assert pairs.far is not None
    assert 0 < pairs.far.error <= 1e-4
    assert "within" in repr(pairs)
    counts = rng.integers(0, 90, (1, 5000)).astype(float)
    single = pairs.sums(counts)[0, 123] - pair_sums(where, "the test").sums(counts)[0, 123]
    assert single != 0.0  # it is an approximation, and not the exact sum under another name


def test_each_pair_is_either_near_or_far():
    # With one person in one area and one in another, the form is the proximity of the pair, whatever the pair.
    rng = np.random.default_rng(11)
    xy = rng.uniform(0, 20_000, (2, 3000))
    where = places(*xy)
    pairs = pair_sums(where, "the test", diagonal="zero", tolerance=1e-6)
    chosen = rng.integers(0, 3000, (60, 2))
    counts = np.zeros((60, 2, 3000))
    counts[np.arange(60), 0, chosen[:, 0]] = 1.0
    counts[np.arange(60), 1, chosen[:, 1]] = 1.0
    distance = np.hypot(*(xy[:, chosen[:, 0]] - xy[:, chosen[:, 1]])) / 1000
    assert pairs.far is not None
    assert pairs.forms(counts)[:, 0, 1] == pytest.approx(np.exp(-distance), abs=1e-6)


def test_the_bound_on_interpolation_holds_for_one_variable():
    # exp(-d) from a point straight ahead, a side away from the cell: interpolated between 6 points.
    nodes = np.cos((np.arange(6) + 0.5) * np.pi / 6)
    at = np.linspace(-1, 1, 201)
    for side in (0.1, 1.0, 5.0):
        values = np.exp(-(3 - nodes) * side / 2)
        found = np.polynomial.chebyshev.chebval(at, np.polynomial.chebyshev.chebfit(nodes, values, 5))
        error = np.abs(found - np.exp(-(3 - at) * side / 2)).max()
        assert error <= interpolation_error("exponential", 6, side, 30.0)


def test_all_areas_at_one_place_are_summed_exactly():
    where = places(np.full(2000, 7.0), np.full(2000, 9.0))
    pairs = pair_sums(where, "the test", diagonal="zero", tolerance=1e-6)
    assert pairs.forms(np.ones((1, 2000)))[0, 0] == 2000**2
    assert far_field(np.zeros(9), np.zeros(9), "exponential", 0.1) is None


@quick
@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(-50, 50), st.integers(0, 9)), min_size=1, max_size=9
    ),
    st.floats(0.1, 1000),
    st.randoms(use_true_random=False),
)
def test_order_place_and_units_are_irrelevant(areas, factor, random):
    x, y, people = (np.array(values, dtype=float) for values in zip(*areas, strict=True))
    value = pair_sums(places(x, y), "the test", diagonal="zero", distance_unit=10).forms(people[None])
    order = list(range(len(areas)))
    random.shuffle(order)
    moved = places(5e6 + factor * x[order], 4e5 - factor * y[order])
    again = pair_sums(moved, "the test", diagonal="zero", distance_unit=10 * factor).forms(
        people[None, order]
    )
    assert again == pytest.approx(value, rel=1e-6)  # a coordinate of 5,000 km keeps nanometres


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distance_unit": 0}, "distance_unit"),
        ({"distance_unit": np.inf}, "distance_unit"),
        ({"decay": "gaussian"}, "decay is 'gaussian'"),
        ({"diagonal": "none"}, "diagonal is 'none'"),
        ({"tolerance": -1e-3}, "tolerance"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"workers": 0}, "workers"),
        ({"decay": "inverse", "diagonal": "zero"}, "1/0 is no proximity"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        pair_sums(places([0, 1], size=[1, 1]), "the test", **options)


def test_points_need_a_diagonal_by_name():
    with pytest.raises(ParameterError, match="'zero' or 'excluded' when SP is given points"):
        proximity_of(places([0, 1]), "SP")


def test_two_areas_at_one_place_have_no_inverse_distance():
    with pytest.raises(GeometryError, match=r"same place in 1 area.*: 2"):
        pair_sums(places([5, 0, 5], size=[1, 1, 1]), "the test", decay="inverse")
