"""Distortion: by hand, the most segregated city, and what must hold for any city."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from spatial import ParameterError
from spatial.segregation.environments.distortion import (
    global_distortion,
    local_distortion,
    prepare_global_distortion,
)
from spatial.segregation.places import Places

quick = settings(max_examples=40, deadline=None)
ROW = Places(area_id=pd.Index(list("abc")), x=np.array([0.0, 60, 200]), y=np.zeros(3))
PEOPLE = pd.DataFrame({"young": [10, 0, 30], "old": [0, 20, 0]}, index=list("abc"))

# Divergences of PEOPLE with a city of 2/3 and 1/3: of a, of a and b, of b, of b and c.
A, AB, B = math.log(1.5), math.log(2) / 3, math.log(3)
BC = 0.6 * math.log(0.9) + 0.4 * math.log(1.2)


@st.composite
def cities(draw):
    n_areas = draw(st.integers(1, 8))
    people = st.lists(st.integers(0, 30), min_size=3, max_size=3)
    counts = np.array(draw(st.lists(people, min_size=n_areas, max_size=n_areas)), dtype=float)
    assume((counts.sum(axis=0) > 0).sum() > 1)
    at = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=n_areas, max_size=n_areas))
    x, y = np.array(at, dtype=float).T * 100
    index = pd.Index([f"{number:02d}" for number in range(n_areas)])
    return pd.DataFrame(counts, index=index), Places(area_id=index, x=x, y=y)


def test_three_areas_in_a_row_until_the_last_passage():
    # a: 10 at A, 20 at AB, 30 at 0. b: 20 at B, 10 at AB. c: 30 at A, 20 at BC. Each profile falls.
    expected = [(10 * A + 20 * AB) / 60, (20 * B + 10 * AB) / 60, (30 * A + 20 * BC) / 60]
    found = local_distortion(PEOPLE, geometry=ROW, norm="none")
    assert found.tolist() == pytest.approx(expected, abs=1e-15)
    assert found.index.tolist() == ["a", "b", "c"]
    whole = (10 * expected[0] + 20 * expected[1] + 30 * expected[2]) / 60
    assert global_distortion(PEOPLE, geometry=ROW, norm="none") == pytest.approx(whole, abs=1e-15)


def test_a_divergence_counts_until_it_is_passed_for_the_last_time():
    # From a (even by itself) over b (young only) to c (old only): 0, then 2/3 young, then 0.
    counts = pd.DataFrame({"young": [10, 10, 0], "old": [10, 0, 10]}, index=list("abc"))
    far = 2 / 3 * math.log(4 / 3) + 1 / 3 * math.log(2 / 3)
    last = local_distortion(counts, geometry=ROW, norm="none")["a"]
    every = local_distortion(counts, geometry=ROW, norm="none", passage="every")["a"]
    assert (last, every) == pytest.approx((30 * far / 40, 10 * far / 40), abs=1e-15)


def test_means_and_sums_over_areas():
    mean = local_distortion(PEOPLE, geometry=ROW, norm="none", weight="areas")
    assert mean["a"] == pytest.approx((A + AB) / 3)
    assert local_distortion(PEOPLE, geometry=ROW, norm="none", weight="sum")["a"] == pytest.approx(A + AB)


def test_the_most_segregated_city_of_two_equal_groups():
    # The first half of the way at ln 2, then (1/2)/s ln 1/s + (1 - (1/2)/s) ln(2 - 1/s).
    def ring(s):
        return -0.5 / s * math.log(s) + ((1 - 0.5 / s) * math.log(2 - 1 / s) if s > 0.5 else 0)

    most = 0.5 * math.log(2) + quad(ring, 0.5, 1)[0]
    two = pd.DataFrame({"young": [30, 0], "old": [0, 30]}, index=list("ab"))
    places = Places(area_id=two.index, x=np.array([0.0, 60]), y=np.zeros(2))
    assert local_distortion(two, geometry=places)["a"] == pytest.approx(0.5 * math.log(2) / most)
    # Sums over areas are divided by as many.
    assert local_distortion(two, geometry=places, weight="sum")["a"] == pytest.approx(
        math.log(2) / (2 * most)
    )


def test_many_small_rings_around_the_smallest_group_come_near_to_one():
    people = np.zeros((400, 3))
    people[:40, 0] = people[40:160, 1] = people[160:, 2] = 1
    rings = Places(area_id=pd.RangeIndex(400), x=np.arange(400.0), y=np.zeros(400))
    assert local_distortion(people, geometry=rings)[0] == pytest.approx(1, abs=0.02)


def test_a_group_of_nearly_nobody_does_not_break_the_most_segregated_city():
    counts = pd.DataFrame({"young": [2e-12, 0.0], "old": [0.0, 1.0]}, index=list("ab"))
    places = Places(area_id=counts.index, x=np.array([0.0, 60]), y=np.zeros(2))
    assert 0 <= global_distortion(counts, geometry=places) <= 1


@pytest.mark.parametrize("norm", ["maximum", "none"])
def test_a_city_of_one_group_or_of_nobody_has_no_value(norm):
    for counts in (PEOPLE.assign(old=0), PEOPLE * 0):
        assert local_distortion(counts, geometry=ROW, norm=norm).isna().all()
        assert math.isnan(global_distortion(counts, geometry=ROW, norm=norm))


@quick
@given(cities())
def test_it_lies_between_zero_and_one(city):
    counts, places = city
    found = local_distortion(counts, geometry=places)
    assert ((found >= 0) & (found <= 1 + 1e-9)).all()
    assert found.min() - 1e-12 <= global_distortion(counts, geometry=places) <= found.max() + 1e-12


@quick
@given(cities(), st.integers(2, 9))
def test_it_does_not_depend_on_scale_or_base(city, factor):
    counts, places = city
    expected = local_distortion(counts, geometry=places)
    found = local_distortion(counts * factor, geometry=places, log_base=2)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@quick
@given(cities(), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_of_areas_and_groups(city, random):
    counts, places = city
    rows, columns = list(counts.index), list(counts.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    found = local_distortion(counts.loc[rows, columns], geometry=places)
    np.testing.assert_allclose(found[counts.index], local_distortion(counts, geometry=places), atol=1e-12)


@quick
@given(cities())
def test_an_empty_area_or_an_absent_group_counts_for_nothing(city):
    counts, places = city
    more = pd.concat([counts, pd.DataFrame(0.0, index=["new"], columns=counts.columns)]).assign(nobody=0.0)
    also = Places(area_id=more.index, x=np.append(places.x, 123), y=np.append(places.y, 45))
    expected = global_distortion(counts, geometry=places)
    assert global_distortion(more, geometry=also) == pytest.approx(expected, abs=1e-12)


@quick
@given(cities())
def test_the_same_mix_everywhere_has_none(city):
    counts, places = city
    even = pd.DataFrame(np.outer(counts.sum(axis=1), [0.2, 0.8]), index=counts.index)
    assert global_distortion(even, geometry=places) == pytest.approx(0, abs=1e-12)


def test_replicates_have_the_values_that_each_has_alone():
    rng = np.random.default_rng(2)
    places = Places(area_id=pd.RangeIndex(40), x=rng.uniform(0, 900, 40), y=rng.uniform(0, 900, 40))
    counts = rng.integers(0, 40, (3, 2, 3, 40)).astype(float)
    evaluator = prepare_global_distortion(places=places, workers=2)
    together = evaluator(counts)
    assert together.shape == (3, 2)
    assert (
        together[2, 1]
        == evaluator(counts[2, 1])
        == global_distortion(counts[2, 1].T, geometry=places, workers=1)
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [("passage", "first"), ("weight", "people"), ("norm", "yes"), ("log_base", 1), ("access", "free")],
)
def test_unknown_options_are_refused(option, value):
    with pytest.raises(ParameterError) as caught:
        local_distortion(PEOPLE, geometry=ROW, **{option: value})
    assert caught.value.name == option
