"""Spatial exposure and isolation: worked values and what must hold for any city."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.segregation.environments.spatial_exposure import spatial_exposure, spatial_isolation
from spatial.segregation.places import Places

quick = settings(max_examples=40, deadline=None)

ROW = Places(area_id=pd.Index(list("abc")), x=np.array([0.0, 60, 200]), y=np.zeros(3))
PEOPLE = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]}, index=list("abc"))


@st.composite
def cities(draw):
    n_areas = draw(st.integers(1, 10))
    people = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
    counts = np.array(draw(st.lists(people, min_size=n_areas, max_size=n_areas)), dtype=float)
    x, y = np.array(
        draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=n_areas, max_size=n_areas))
    ).T
    return pd.DataFrame(counts), Places(area_id=pd.RangeIndex(n_areas), x=x * 100.0, y=y * 100.0)


def test_two_mixed_neighbours_and_one_area_far_off():
    # Young: 10 in a see 1/2 young, 20 in c see young only: (5 + 20) / 30. The old in b see 1/2 young.
    found = spatial_exposure(PEOPLE, geometry=ROW, bandwidth=100, kernel="box")
    assert found.loc["young"].tolist() == pytest.approx([25 / 30, 5 / 30])
    assert found.loc["old"].tolist() == pytest.approx([1 / 2, 1 / 2])
    assert found.index.tolist() == found.columns.tolist() == ["young", "old"]


def test_isolation_is_the_diagonal():
    exposure = spatial_exposure(PEOPLE, geometry=ROW, bandwidth=100)
    isolation = spatial_isolation(PEOPLE, geometry=ROW, bandwidth=100)
    assert isolation.tolist() == np.diag(exposure).tolist()
    assert isolation.index.tolist() == ["young", "old"]


def test_arrays_have_numbered_groups():
    found = spatial_exposure(
        PEOPLE.to_numpy(), geometry=Places(area_id=pd.RangeIndex(3), x=ROW.x, y=ROW.y), bandwidth=0
    )
    assert found.loc[0, 0] == 1
    assert (
        spatial_isolation(
            PEOPLE.to_numpy(), geometry=Places(area_id=pd.RangeIndex(3), x=ROW.x, y=ROW.y), neighbours=0
        )[1]
        == 1
    )


def test_a_group_that_is_absent_sees_nobody_and_is_not_seen():
    found = spatial_exposure(PEOPLE.assign(nobody=0), geometry=ROW, bandwidth=100)
    assert found.loc["nobody"].isna().all()
    assert found.loc[["young", "old"], "nobody"].tolist() == [0, 0]


@quick
@given(cities(), st.sampled_from([0.0, 150.0, 1000.0]))
def test_what_a_group_sees_adds_up_to_everybody(city, bandwidth):
    counts, places = city
    found = spatial_exposure(counts, geometry=places, bandwidth=bandwidth)
    present = counts.sum() > 0
    np.testing.assert_allclose(found[present].sum(axis=1), 1)
    assert ((found[present] >= 0) & (found[present] <= 1 + 1e-12)).all(axis=None)
    assert found[~present].isna().all(axis=None)


@quick
@given(cities())
def test_without_reach_it_is_the_aspatial_exposure(city):
    counts, places = city
    total = counts.sum(axis=1)
    shares = counts.div(total.where(total > 0), axis=0).fillna(0)
    members = counts / counts.sum().where(counts.sum() > 0)
    expected = members.T.to_numpy() @ shares.to_numpy()
    np.testing.assert_allclose(spatial_exposure(counts, geometry=places, bandwidth=0), expected, atol=1e-12)


@quick
@given(cities())
def test_a_box_larger_than_the_city_shows_everybody_the_city(city):
    counts, places = city
    found = spatial_exposure(counts, geometry=places, bandwidth=1e5, kernel="box")
    present = counts.sum() > 0
    if present.any():
        expected = np.tile(counts.sum() / counts.sum().sum(), (int(present.sum()), 1))
        np.testing.assert_allclose(found[present], expected, atol=1e-12)


@quick
@given(cities(), st.integers(2, 9))
def test_it_does_not_depend_on_scale(city, factor):
    counts, places = city
    expected = spatial_isolation(counts, geometry=places, bandwidth=150)
    pd.testing.assert_series_equal(
        spatial_isolation(counts * factor, geometry=places, bandwidth=150), expected
    )


def test_a_size_is_needed():
    for function in (spatial_exposure, spatial_isolation):
        with pytest.raises(ParameterError, match="no default size"):
            function(PEOPLE, geometry=ROW)
