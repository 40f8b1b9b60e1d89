"""What holds for the centralisation of any city."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import ParameterError
from spatial.segregation.territory.centralisation import absolute_centralisation, relative_centralisation
from spatial.segregation.territory.local_centralisation import local_relative_centralisation

quick = settings(max_examples=50, deadline=None)
RULES = ("population_mean", "mean", "median", "most_populous", "densest")
# x, y, size, group, rest
areas = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(0, 30), st.integers(0, 30)
    ),
    min_size=1,
    max_size=10,
)


@quick
@given(areas, st.integers(1, 12))
def test_each_area_is_the_centre_of_its_own_surroundings(city, rows, neighbours):
    group, total, land = city(rows)
    value = local_relative_centralisation(group, total, geometry=land, neighbours=neighbours)
    inhabited = np.flatnonzero(total > 0)
    for position in range(len(rows)):
        x, y = land.x[position], land.y[position]
        distance = np.hypot(land.x - x, land.y - y)
        around = sorted(inhabited, key=lambda i: (distance[i], i != position, land.area_id[i]))
        chosen = list(around[: neighbours + 1])
        if not chosen:
            assert math.isnan(value.iloc[position])
            continue
        names = land.area_id[chosen]
        part = land.part(pd.Series(land.area_id.isin(names), index=land.area_id))
        expected = relative_centralisation(
            group[part.area_id], total[part.area_id], geometry=part, centre=(x, y)
        )
        assert value.iloc[position] == pytest.approx(expected, nan_ok=True)


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.sampled_from(["together", "area_id"]))
def test_values_lie_between_minus_one_and_one(city, rows, centre, ties):
    group, total, land = city(rows)
    values = [
        absolute_centralisation(group, total, geometry=land, centre=centre, ties=ties),
        relative_centralisation(group, total, geometry=land, centre=centre, ties=ties),
    ]
    assert all(math.isnan(value) or abs(value) <= 1 + 1e-12 for value in values)


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]))
def test_the_rest_is_as_far_out_as_the_group_is_central(city, rows, centre):
    group, total, land = city(rows)
    value = relative_centralisation(group, total, geometry=land, centre=centre)
    other = relative_centralisation(total - group, total, geometry=land, centre=centre)
    assert other == pytest.approx(-value, abs=1e-12, nan_ok=True)


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.integers(2, 9))
def test_they_do_not_depend_on_scale(city, places, rows, centre, factor):
    group, total, land = city(rows)
    larger = places(land.x * factor, land.y * factor, land.size * factor**2)
    scaled = tuple(factor * c for c in centre) if isinstance(centre, tuple) else centre
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        assert function(group * factor, total * factor, geometry=land, centre=centre) == pytest.approx(
            value, abs=1e-12, nan_ok=True
        )
        assert function(group, total, geometry=larger, centre=scaled) == pytest.approx(
            value, abs=1e-12, nan_ok=True
        )


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(city, rows, centre, random):
    group, total, land = city(rows)
    order = list(group.index)
    random.shuffle(order)
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        again = function(group[order], total[order], geometry=land, centre=centre)
        assert again == pytest.approx(value, abs=1e-12, nan_ok=True)
    local = local_relative_centralisation(group, total, geometry=land, neighbours=3)
    again = local_relative_centralisation(group[order], total[order], geometry=land, neighbours=3)
    pd.testing.assert_series_equal(again[local.index], local)


@quick
@given(areas, st.integers(0, 9), st.integers(0, 9), st.sampled_from([*RULES, (0.0, 0.0)]))
def test_an_empty_area_counts_for_nothing(city, rows, x, y, centre):
    group, total, land = city(rows)
    more_group, more_total, more_land = city([*rows, (x, y, 5, 0, 0)])
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        again = function(more_group, more_total, geometry=more_land, centre=centre)
        if total.any():
            assert again == pytest.approx(value, abs=1e-12, nan_ok=True)
    local = local_relative_centralisation(group, total, geometry=land, neighbours=3)
    again = local_relative_centralisation(more_group, more_total, geometry=more_land, neighbours=3)
    pd.testing.assert_series_equal(again[local.index], local)


@quick
@given(areas)
def test_living_as_the_land_lies_is_not_central(city, counts, rows):
    _, _, land = city(rows)
    sizes = counts(*land.size)
    for centre in (*RULES, (0.0, 0.0)):
        value = absolute_centralisation(sizes, sizes * 2, geometry=land, centre=centre)
        assert value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", [absolute_centralisation, relative_centralisation])
def test_a_centre_in_degrees_is_refused_beside_areas_in_metres(measure):
    ids = ["00", "01"]
    row = gpd.GeoSeries(
        [box(x, 5.69e6, x + 100, 5.69e6 + 100) for x in (3.1e5, 3.101e5)], index=ids, crs=25833
    )
    group, total = pd.Series([3, 5], ids), pd.Series([10, 10], ids)
    with pytest.raises(ParameterError, match="km from the middle of the city"):
        measure(group, total, geometry=row, centre=(12.37, 51.34))
    assert np.isfinite(measure(group, total, geometry=row, centre=(3.1e5, 5.69e6)))
