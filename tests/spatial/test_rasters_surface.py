"""Smoothed surfaces: kernels by hand, what they keep, and the cells that are not shown."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import CrsError, ParameterError
from spatial.rasters import (
    MASK,
    CellsError,
    distribute,
    grid_over,
    kernel_weights,
    raster_of,
    smoothed_density,
    smoothed_rate,
)

NAN = float("nan")


def city(*shapes):
    index = pd.Index([f"{i:02d}" for i in range(len(shapes))], name="area_id")
    return gpd.GeoSeries(list(shapes), index=index, crs=25833)


def voronoi(rng, n):
    points = shapely.multipoints(rng.uniform(0, 1000, (n, 2)))
    frame = box(0, 0, 1000, 1000)
    parts = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    return city(*[shapely.intersection(one, frame) for one in parts])


def surface_of(areas, part, whole, *, size=100.0, **options):
    grid = grid_over(areas, size)
    spread = [distribute(pd.Series(one, areas.index, dtype=float), areas, grid) for one in (part, whole)]
    return smoothed_rate(*spread, **options)


def by_hand(part, whole, weights):
    """Sum up around every cell, one by one."""
    n = weights.shape[0] // 2
    rate, persons = np.full(part.shape, NAN), np.zeros(part.shape)
    padded = [np.pad(one, n) for one in (part, whole)]
    for i, j in np.ndindex(part.shape):
        above, below = ((one[i : i + 2 * n + 1, j : j + 2 * n + 1] * weights).sum() for one in padded)
        persons[i, j] = below
        rate[i, j] = 100 * above / below
    return rate, persons


def test_the_weights_of_kernels_are_those_of_their_formulas():
    # Half a bandwidth away (1 − 0.25)² = 0.5625 and e^(−1/8) = 0.8825; a Gaussian ends at three bandwidths.
    quartic, gaussian = kernel_weights("quartic", 200, 100), kernel_weights("gaussian", 200, 100)
    assert (quartic[2, 3], quartic[2, 4], quartic.shape) == (0.5625, 0, (5, 5))
    assert quartic[1, 1] == pytest.approx((1 - 0.5) ** 2)
    assert gaussian[6, 7] == pytest.approx(0.8825, abs=1e-4)
    assert (gaussian.shape, gaussian[0, 6], gaussian[6, 11] > 0) == ((13, 13), 0, True)


def test_a_rate_is_the_smoothed_numerator_over_the_smoothed_denominator():
    # Two areas of 4 cells each, with 100 of 400 and none of 100. In the first cell the kernel of 200 m sees itself
    # (weight 1), one neighbour beside, one below (9/16 each) and one across the corner (1/4): all of the first area.
    areas = city(box(0, 0, 200, 200), box(200, 0, 400, 200))
    found = surface_of(areas, [100, 0], [400, 100], bandwidth=200, least_persons=1)
    assert found.values[0, 0] == pytest.approx(25)
    assert found.persons[0, 0] == pytest.approx(100 * (1 + 2 * 9 / 16 + 1 / 4))
    # In the second cell also 25 persons of the other area at 9/16 and at 1/4, of whom none counts.
    seen, beside = 100 * (1 + 2 * 9 / 16 + 1 / 4), 25 * (9 / 16 + 1 / 4)
    assert found.values[0, 1] == pytest.approx(100 * 0.25 * seen / (seen + beside))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["quartic", "gaussian"]))
def test_every_cell_is_what_a_sum_around_it_gives(seed, kernel):
    rng = np.random.default_rng(seed)
    areas = voronoi(rng, 8)
    whole = rng.integers(1, 500, len(areas))
    part = rng.integers(0, whole + 1)
    grid = grid_over(areas, 100)
    cells = [distribute(pd.Series(one, areas.index), areas, grid) for one in (part, whole)]
    found = smoothed_rate(*cells, bandwidth=180, kernel=kernel, least_persons=1)
    rate, persons = by_hand(*[one.cells.values for one in cells], kernel_weights(kernel, 180, 100))
    shown = found.mask == 0
    assert shown.any()
    # Convolution with waves leaves the fifteenth digit of the largest number.
    assert found.persons == pytest.approx(persons, abs=1e-9)
    assert found.values[shown] == pytest.approx(rate[shown], abs=1e-8)
    assert np.isnan(found.values[~shown]).all()
    assert 0 <= np.nanmin(found.values) <= np.nanmax(found.values) <= 100


def test_the_same_rate_everywhere_stays_as_it_is():
    areas = voronoi(np.random.default_rng(5), 10)
    whole = np.linspace(50, 900, len(areas))
    found = surface_of(areas, whole / 8, whole, size=50, bandwidth=300, least_persons=1)
    assert np.unique(found.values[found.mask == 0]) == pytest.approx(12.5, abs=1e-9)


def test_with_few_persons_under_the_kernel_nothing_is_shown():
    # 10 persons per cell in the west, 1 in the east: far in the east fewer than 20 lie under the kernel.
    areas = city(box(0, 0, 1000, 300), box(1000, 0, 2000, 300))
    found = surface_of(areas, [100, 10], [300, 30], bandwidth=250, least_persons=20)
    line = found.mask[1]
    assert MASK[line[0]] == "shown"
    assert MASK[line[-1]] == "few_persons"
    shown = found.mask == 0
    assert (found.persons[shown] >= 20).all()
    assert (found.persons[~shown] < 20).all()
    assert found.counts == {
        "shown": int(shown.sum()),
        "outside": 0,
        "few_persons": int((~shown).sum()),
        "unknown_near": 0,
    }


@pytest.mark.parametrize(("kernel", "reach"), [("quartic", 200), ("gaussian", 600)])
def test_where_the_kernel_reaches_an_unknown_count_nothing_is_shown(kernel, reach):
    areas = city(box(0, 0, 1000, 100), box(1000, 0, 1100, 100), box(1100, 0, 3000, 100))
    found = surface_of(
        areas, [200, NAN, 80], [2000, 500, 2000], bandwidth=200, kernel=kernel, least_persons=1
    )
    x, _y = found.grid.centres(np.arange(found.grid.n_columns))
    # From the middle of a cell to the ground that is not known; a cell more is left out at most.
    apart = np.maximum(np.maximum(1000 - x, x - 1100), 0)
    hidden = found.mask[0] == MASK.index("unknown_near")
    assert hidden[apart < reach].all()
    assert not hidden[apart >= reach + 100].any()
    assert found.reach == reach
    # The denominator of an area whose rate is not shown is worth nothing either.
    other = surface_of(areas, [200, NAN, 80], [2000, 9, 2000], bandwidth=200, kernel=kernel, least_persons=1)
    np.testing.assert_array_equal(other.values, found.values)


def test_a_cell_half_outside_belongs_to_the_city_and_one_further_out_does_not():
    areas = city(box(0, 0, 350, 100), box(0, 100, 220, 200))
    found = surface_of(areas, [10, 10], [1000, 1000], bandwidth=100)
    assert [MASK[one] for one in found.mask[1]] == ["shown"] * 4
    assert [MASK[one] for one in found.mask[0]] == ["shown", "shown", "outside", "outside"]


def test_a_density_stays_constant_up_to_the_edge_and_needs_persons():
    areas = city(box(0, 0, 1000, 950))
    grid = grid_over(areas, 100)
    dwellings, people = (distribute(pd.Series([n], ["00"]), areas, grid) for n in (1900, 950))
    found = smoothed_density(dwellings, people, bandwidth=300, least_persons=10)
    # 1,900 on 0.95 km² are 2,000 per km².
    assert found.values[found.mask == 0] == pytest.approx(2000)
    nobody = distribute(pd.Series([0], ["00"]), areas, grid)
    assert (smoothed_density(dwellings, nobody, bandwidth=300).mask == MASK.index("few_persons")).all()


def test_grids_and_options_that_do_not_fit_are_refused():
    areas = city(box(0, 0, 400, 400))
    people = pd.Series([100.0], ["00"])
    one, other = (distribute(people, areas, grid_over(areas, size)) for size in (100, 50))
    with pytest.raises(CellsError, match="differ"):
        smoothed_rate(one, other, bandwidth=100)
    with pytest.raises(ParameterError, match="bandwidth is 50, expected a length of at least 100 m"):
        smoothed_rate(one, one, bandwidth=50)
    with pytest.raises(ParameterError, match="least_persons"):
        smoothed_rate(one, one, bandwidth=100, least_persons=0)
    with pytest.raises(ParameterError, match="kernel"):
        smoothed_rate(one, one, bandwidth=100, kernel="uniform")
    oblong = raster_of([[1.0]], left=0, top=400, cell_width=400, cell_height=200, crs=25833)
    flat = distribute(people, areas, oblong)
    with pytest.raises(CellsError, match="no squares"):
        smoothed_rate(flat, flat, bandwidth=800)
    degrees = raster_of([[1.0]], left=0, top=1, cell_width=1, crs=4326)
    round_ = distribute(people, gpd.GeoSeries([box(0, 0, 1, 1)], ["00"], crs=4326), degrees)
    with pytest.raises(CrsError, match="a kernel of metres"):
        smoothed_rate(round_, round_, bandwidth=2)
