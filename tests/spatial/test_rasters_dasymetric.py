"""Counts on cells: by hand, sums that are kept, and counts nobody knows."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import AlignmentError, CountsError, ParameterError
from spatial.crosswalk import by_population, extensive
from spatial.rasters import (
    CellsError,
    distribute,
    grid_over,
    pixel_cover,
    raster_of,
    raster_weights,
    zonal_statistics,
)

NAN = float("nan")


def city(*shapes):
    index = pd.Index([f"{i:02d}" for i in range(len(shapes))], name="area_id")
    return gpd.GeoSeries(list(shapes), index=index, crs=25833)


def cells(values):
    values = np.asarray(values, dtype=float)
    return raster_of(values, left=0, top=values.shape[0] * 100, cell_width=100, crs=25833)


def voronoi(rng, n):
    points = shapely.multipoints(rng.uniform(0, 1000, (n, 2)))
    frame = box(0, 0, 1000, 1000)
    parts = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    return city(*[shapely.intersection(one, frame) for one in parts])


TWO = city(box(0, 0, 250, 100), box(250, 0, 400, 100))


def counts(*numbers):
    return pd.Series(numbers, [f"{i:02d}" for i in range(len(numbers))])


def test_people_go_where_the_weights_are():
    # The first area has the weights 1 and 1/2 (half of the third cell): 30 go 20 to 10. The second has the other
    # half alone and gives its 6 there.
    found = distribute(counts(30, 6), TWO, cells([[0, 1, 1, 0]]))
    assert found.cells.values.tolist() == [pytest.approx([0, 20, 16, 0])]
    assert found.weight.tolist() == pytest.approx([1.5, 0.5])
    assert found.basis.tolist() == ["weight", "weight"]
    assert found.covered.tolist() == [pytest.approx([1, 1, 1, 1])]


def test_without_weights_the_surface_decides_or_the_count_is_kept_out_and_told():
    water = cells([[0, 0, NAN, 5]])
    by_surface = distribute(counts(25, 6), TWO, water)
    assert by_surface.cells.values.tolist() == [pytest.approx([10, 10, 5, 6])]
    assert by_surface.basis.tolist() == ["surface", "weight"]
    kept = distribute(counts(25, 6), TWO, water, without_weight="kept_out")
    assert kept.cells.values.tolist() == [pytest.approx([0, 0, 0, 6])]
    assert kept.kept_out.tolist() == [25, 0]
    assert repr(kept) == "Distribution(2 areas: 1 by weight, 1 kept out, 0 unknown)"
    assert kept.to_frame()["basis"].tolist() == ["none", "weight"]


def test_an_area_outside_the_grid_keeps_its_count():
    areas = city(box(0, 0, 100, 100), box(5000, 0, 5100, 100))
    found = distribute(counts(3, 4), areas, cells([[1, 1]]))
    assert found.cells.values.sum() == 3
    assert found.kept_out.tolist() == [0, 4]
    assert found.covered.tolist() == [[1, 0]]


def test_the_cells_of_a_count_nobody_knows_are_not_known_those_on_the_border_included():
    found = distribute(counts(30, NAN), TWO, cells([[1, 1, 1, 1]]))
    np.testing.assert_array_equal(np.isnan(found.cells.values), [[False, False, True, True]])
    assert found.basis.tolist() == ["weight", "unknown"]
    # What is shown of the neighbour does not depend on the number that is not known.
    assert found.cells.values[0, :2].tolist() == pytest.approx([12, 12])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_sum_is_kept_to_a_billionth(seed, kept_out):
    rng = np.random.default_rng(seed)
    areas = voronoi(rng, 9)
    people = pd.Series(rng.integers(0, 5000, len(areas)), areas.index)
    weights = cells(rng.integers(0, 3, (12, 9)) * rng.uniform(0, 1, (12, 9)))
    rule = "kept_out" if kept_out else "surface"
    found = distribute(people, areas, weights, without_weight=rule)
    assert found.cells.values.sum() + found.kept_out.sum() == pytest.approx(people.sum(), rel=1e-9)
    assert (found.cells.values >= 0).all()
    again = distribute(people, areas, weights, without_weight=rule, cover=pixel_cover(areas, weights.grid))
    np.testing.assert_array_equal(again.cells.values, found.cells.values)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_counts_go_to_blocks_as_the_people_of_a_raster_live_and_their_sum_is_kept(seed):
    rng = np.random.default_rng(seed)
    areas, blocks = voronoi(rng, 4), voronoi(rng, 25)
    people = cells(rng.integers(0, 4, (10, 10)))
    weights = raster_weights(people, areas)
    walk = by_population(areas, blocks, weights.cells, weights.population)
    counts_of = pd.Series(rng.integers(0, 900, len(areas)).astype(float), areas.index)
    found = extensive(counts_of, walk)
    assert found.value.sum() == pytest.approx(counts_of.sum(), rel=1e-9)
    # An area in which nobody lives is divided by surface, and that is told.
    lived_in = zonal_statistics(areas, people, statistic="sum").values
    assert (walk.basis == "area").tolist() == (lived_in < 1e-6).tolist()


def test_a_grid_alone_divides_by_surface():
    areas = city(box(0, 0, 150, 100))
    found = distribute(counts(15), areas, grid_over(areas, 100))
    assert found.cells.values.tolist() == [pytest.approx([10, 5])]


def test_counts_and_weights_that_cannot_be_are_refused():
    with pytest.raises(CountsError, match=r"negative or infinite in 1 area\(s\): 01"):
        distribute(counts(1, -1), TWO, cells([[1]]))
    with pytest.raises(CountsError, match="infinite"):
        distribute(counts(1, np.inf), TWO, cells([[1]]))
    with pytest.raises(CellsError, match="below 0"):
        distribute(counts(1, 1), TWO, cells([[-1]]))
    with pytest.raises(AlignmentError, match="no row"):
        distribute(counts(1), TWO, cells([[1]]))
    with pytest.raises(ParameterError, match="without_weight"):
        distribute(counts(1, 1), TWO, cells([[1]]), without_weight="guess")
