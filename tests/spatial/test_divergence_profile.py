"""Divergence profiles: by hand, outwards in the right order, and what is refused."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import ParameterError
from spatial.segregation.environments import divergence_profile
from spatial.segregation.environments.divergence_profile import divergence_profiles
from spatial.segregation.places import Places

ROW = Places(area_id=pd.Index(list("abc")), x=np.array([0.0, 60, 200]), y=np.zeros(3))
PEOPLE = pd.DataFrame({"young": [10, 0, 30], "old": [0, 20, 0]}, index=list("abc"))


def test_from_a_over_b_to_the_city():
    # City 2/3, 1/3. a: ln 3/2. With b: 1/3 ln 1/2 + 2/3 ln 2 = 1/3 ln 2. Everybody: 0.
    found = divergence_profiles(PEOPLE, geometry=ROW, areas=["a"])
    assert found["neighbour_id"].tolist() == ["a", "b", "c"]
    assert found["distance"].tolist() == [0, 60, 200]
    assert found["residents"].tolist() == [10, 30, 60]
    assert found["divergence"].tolist() == pytest.approx([math.log(1.5), math.log(2) / 3, 0], abs=1e-15)


def test_from_everywhere():
    found = divergence_profiles(PEOPLE, geometry=ROW)
    assert found["area_id"].tolist() == list("aaabbbccc")
    assert "".join(found["neighbour_id"]) == "abc" + "bac" + "cba"


def test_in_bits():
    nats, bits = (
        divergence_profiles(PEOPLE, geometry=ROW, log_base=base)["divergence"].to_numpy()
        for base in (math.e, 2)
    )
    np.testing.assert_allclose(bits * math.log(2), nats)


def test_ties_go_to_the_smaller_id_whatever_the_order_of_rows():
    lattice = Places(
        area_id=pd.Index(list("dbca")), x=np.array([0.0, 100, -100 + 1e-9, 0]), y=np.array([0.0, 0, 0, 100])
    )
    people = pd.DataFrame({"young": [1, 2, 3, 4], "old": [4, 3, 2, 1]}, index=lattice.area_id)
    found = divergence_profiles(people, geometry=lattice, areas=["d"])
    assert "".join(found["neighbour_id"]) == "dabc"
    turned = people.sort_index()
    again = divergence_profiles(turned, geometry=lattice, areas=["d"])
    np.testing.assert_allclose(again["divergence"], found["divergence"])


def test_an_area_comes_before_others_at_its_place():
    same = Places(area_id=pd.Index(list("ab")), x=np.zeros(2), y=np.zeros(2))
    found = divergence_profiles(PEOPLE[:2], geometry=same, areas=["b"])
    assert found["neighbour_id"].tolist() == ["b", "a"]
    assert found["distance"].tolist() == [0, 0]


def test_while_nobody_is_reached_there_is_no_divergence():
    empty = PEOPLE.assign(young=[0, 0, 30])
    found = divergence_profiles(empty, geometry=ROW, areas=["a"])["divergence"]
    assert math.isnan(found.iloc[0])
    assert found.notna().tolist() == [False, True, True]


def test_a_group_that_is_absent_from_the_city_adds_nothing():
    found = divergence_profiles(PEOPLE.assign(nobody=0), geometry=ROW)["divergence"]
    np.testing.assert_allclose(found, divergence_profiles(PEOPLE, geometry=ROW)["divergence"], atol=1e-15)


def test_along_streets_the_unreachable_come_last():
    # From a along the street to c, 200 m; b, 5 m off another street, cannot be reached.
    streets = gpd.GeoSeries(
        [
            shapely.LineString([(0, 0), (0, -10), (200, -10), (200, 0)]),
            shapely.LineString([(60, 5), (60, 50)]),
        ],
        crs=25833,
    )
    found = divergence_profiles(PEOPLE, geometry=ROW, areas=["a"], streets=streets)
    assert found["neighbour_id"].tolist() == ["a", "c", "b"]
    assert found["distance"].tolist() == [0, 220, math.inf]
    assert found["divergence"].iloc[-1] == pytest.approx(0, abs=1e-15)


def test_unknown_areas_too_many_rows_and_odd_options_are_refused(monkeypatch):
    with pytest.raises(ParameterError, match="areas of the counts"):
        divergence_profiles(PEOPLE, geometry=ROW, areas=["a", "z"])
    with pytest.raises(ParameterError, match="access"):
        divergence_profiles(PEOPLE, geometry=ROW, access="free")
    for base in (1, 0, -2, math.inf, math.nan):
        with pytest.raises(ParameterError, match="log_base"):
            divergence_profiles(PEOPLE, geometry=ROW, log_base=base)
    monkeypatch.setattr(divergence_profile, "_MOST_ROWS", 6)
    with pytest.raises(ParameterError, match="at most 2 of the areas"):
        divergence_profiles(PEOPLE, geometry=ROW)
