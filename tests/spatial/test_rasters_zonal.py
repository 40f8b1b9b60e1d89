"""Zonal statistics: cells by hand, and every cell cut with shapely as an independent witness."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import AlignmentError, CrsError, GeometryError, ParameterError
from spatial.crosswalk import by_population
from spatial.rasters import CellsError, grid_over, pixel_cover, raster_of, raster_weights, zonal_statistics

NAN = float("nan")


def city(*shapes, crs=25833):
    index = pd.Index([f"{i:02d}" for i in range(len(shapes))], name="area_id")
    return gpd.GeoSeries(list(shapes), index=index, crs=crs)


def cells(values, *, size=100.0, crs=25833, nodata=()):
    values = np.asarray(values)
    return raster_of(values, left=0, top=values.shape[0] * size, cell_width=size, crs=crs, nodata=nodata)


def voronoi(rng, n, size):
    points = shapely.multipoints(rng.uniform(0, size, (n, 2)))
    frame = box(0, 0, size, size)
    parts = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    return city(*[shapely.intersection(one, frame) for one in parts])


def brute_force(areas, raster):
    """Cut every cell with every area, and return the surfaces in cells, shape (n_areas, n_cells)."""
    grid = raster.grid
    squares = grid.squares(np.arange(grid.n_rows * grid.n_columns))
    return np.array([shapely.area(shapely.intersection(one, squares)) for one in areas]) / grid.cell_area


def test_a_cell_on_a_border_counts_in_part():
    # The first area has all of the cell with 8 and half of the one with 4: 8 + 2 = 10, over 1.5 cells.
    areas = city(box(0, 0, 150, 100), box(150, 0, 200, 100))
    people = cells([[8, 4]])
    assert zonal_statistics(areas, people, statistic="sum").values.tolist() == pytest.approx([10, 2])
    assert zonal_statistics(areas, people, statistic="mean").values.tolist() == pytest.approx([10 / 1.5, 4])
    assert zonal_statistics(areas, people, statistic="count").values.tolist() == pytest.approx([1.5, 0.5])


def test_the_share_of_classes_is_that_of_the_known_surface():
    # Of the cells 1, 2, 2 and one without a number, three are known; two of three are of class 2.
    areas = city(box(0, 0, 400, 100))
    land = cells([[1, 2, 2, -9]], nodata=(-9,))
    found = zonal_statistics(areas, land, statistic="share", classes=(2,), known_at_least=0.5)
    assert found.values.tolist() == pytest.approx([2 / 3])
    assert found.known.tolist() == pytest.approx([0.75])
    assert zonal_statistics(
        areas, land, statistic="count", classes=(2, 1), known_at_least=0
    ).values.tolist() == [3]


def test_an_area_of_which_too_little_is_known_has_no_value():
    areas = city(box(0, 0, 100, 100), box(100, 0, 300, 100), box(300, 0, 500, 100), box(900, 0, 950, 50))
    found = zonal_statistics(areas, cells([[7, 1, NAN, 2]]), statistic="sum", known_at_least=0.5)
    # Half of the second is known, half of the third lies in the raster, the last lies nowhere in it.
    np.testing.assert_array_equal(found.values, [7, 1, 2, NAN])
    np.testing.assert_array_equal(found.known, [1, 0.5, 0.5, 0])
    strict = zonal_statistics(areas, cells([[7, 1, NAN, 2]]), statistic="sum")
    np.testing.assert_array_equal(strict.values, [7, NAN, NAN, NAN])
    nothing = zonal_statistics(areas[:1], cells([[NAN]]), statistic="sum", known_at_least=0)
    assert nothing.values.isna().all()
    assert repr(strict) == "ZonalStatistics(sum of 4 areas, 3 not known)"
    assert list(strict.to_frame()) == ["value", "known", "cells"]


def test_a_hole_and_parts_are_counted_as_they_are():
    ring = box(0, 0, 300, 300).difference(box(100, 100, 200, 200))
    parts = shapely.union_all([box(0, 0, 50, 50), box(250, 250, 300, 300)])
    found = zonal_statistics(city(ring, parts), cells(np.arange(9.0).reshape(3, 3)), statistic="sum")
    # All but the middle cell with 4: 36 − 4. A quarter of the south-western cell with 6, a quarter of the 2.
    assert found.values.tolist() == pytest.approx([32, 2])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sums_and_means_are_those_of_cells_cut_one_by_one(seed):
    rng = np.random.default_rng(seed)
    areas = voronoi(rng, 7, 1000.0)
    values = rng.uniform(0, 100, (9, 11))
    raster = raster_of(values, left=-20, top=1015, cell_width=95, cell_height=117, crs=25833)
    cut = brute_force(areas, raster)
    found = zonal_statistics(areas, raster, statistic="sum")
    # Shares of cells are exact to some eight digits.
    assert found.values.to_numpy() == pytest.approx(cut @ values.ravel(), rel=1e-7, abs=1e-6)
    mean = zonal_statistics(areas, raster, statistic="mean").values.to_numpy()
    assert mean == pytest.approx(cut @ values.ravel() / cut.sum(axis=1), rel=1e-6)
    assert found.known.to_numpy() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_areas_without_gaps_have_together_what_the_raster_has(seed):
    rng = np.random.default_rng(seed)
    areas = voronoi(rng, 6, 1000.0)
    raster = cells(rng.integers(0, 50, (10, 10)))
    total = zonal_statistics(areas, raster, statistic="sum").values
    assert total.sum() == pytest.approx(raster.values.sum(), rel=1e-7)
    backwards = zonal_statistics(areas[::-1], raster, statistic="sum").values
    pd.testing.assert_series_equal(backwards[::-1], total)


def test_areas_in_portions_have_the_same_values(monkeypatch):
    rng = np.random.default_rng(4)
    areas, raster = voronoi(rng, 30, 1000.0), cells(rng.uniform(0, 9, (20, 20)), size=50.0)
    whole = zonal_statistics(areas, raster, statistic="mean").values
    cover = pixel_cover(areas, raster.grid)
    monkeypatch.setattr("spatial.rasters.cover._AT_ONCE", 40)
    pd.testing.assert_series_equal(zonal_statistics(areas, raster, statistic="mean").values, whole)
    again = pixel_cover(areas, raster.grid)
    np.testing.assert_array_equal(again.cell, cover.cell)
    np.testing.assert_array_equal(again.area, cover.area)


def test_a_raster_in_degrees_takes_areas_in_degrees():
    areas = city(box(12.0, 51.0, 12.015, 51.01), crs=4326)
    raster = raster_of([[8, 4]], left=12.0, top=51.01, cell_width=0.01, crs=4326)
    assert zonal_statistics(areas, raster, statistic="sum").values.tolist() == pytest.approx([10])


def test_what_cannot_be_a_raster_is_refused():
    place = {"left": 0, "top": 0, "cell_width": 1, "crs": 25833}
    with pytest.raises(CellsError, match="no grid"):
        raster_of([1, 2], **place)
    with pytest.raises(CellsError, match="no grid"):
        raster_of(np.zeros((0, 3)), **place)
    with pytest.raises(CellsError, match="1 cell"):
        raster_of([[np.inf]], **place)
    with pytest.raises(ParameterError, match="cell_width"):
        raster_of([[1]], **(place | {"cell_width": 0}))
    with pytest.raises(ParameterError, match="left"):
        raster_of([[1]], **(place | {"left": NAN}))
    with pytest.raises(CellsError, match="more than"):
        raster_of(np.broadcast_to(0.0, (8000, 8000)), **place)
    with pytest.raises(CellsError, match="choose cells of"):
        grid_over(city(box(0, 0, 1e5, 1e5)), 1)


def test_areas_and_options_that_do_not_fit_are_refused():
    raster = cells([[1]])
    with pytest.raises(CrsError, match="EPSG:25832"):
        zonal_statistics(city(box(0, 0, 9, 9), crs=25832), raster, statistic="sum")
    with pytest.raises(CrsError, match="no CRS"):
        zonal_statistics(city(box(0, 0, 9, 9), crs=None), raster, statistic="sum")
    with pytest.raises(GeometryError, match="invalid"):
        zonal_statistics(city(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])), raster, statistic="sum")
    with pytest.raises(AlignmentError, match="more than once"):
        zonal_statistics(city(box(0, 0, 9, 9)).rename({"00": "x"}).iloc[[0, 0]], raster, statistic="sum")
    for wrong, error in (
        ({"statistic": "median"}, ParameterError),
        ({"statistic": "share"}, CellsError),
        ({"statistic": "sum", "classes": (1,)}, CellsError),
        ({"statistic": "sum", "known_at_least": 2}, ParameterError),
    ):
        with pytest.raises(error):
            zonal_statistics(city(box(0, 0, 9, 9)), raster, **wrong)


def test_a_raster_of_people_divides_areas_as_the_people_live():
    # 300 m of ground with 90, 0, 10 people: the border at 150 m leaves 90 west of it and 10 east.
    people = cells([[90, 0, 10]])
    old, new = city(box(0, 0, 300, 100)), city(box(0, 0, 150, 100), box(150, 0, 300, 100))
    weights = raster_weights(people, old)
    assert by_population(old, new, weights.cells, weights.population).share.tolist() == pytest.approx(
        [0.9, 0.1]
    )
    near = raster_weights(people, city(box(0, 0, 90, 90)))
    assert near.population.to_dict() == {"0_0": 90}
    assert repr(weights) == "RasterWeights(2 cells with 100 in all)"
    with pytest.raises(CellsError, match="no cell has a weight"):
        raster_weights(cells([[0, NAN]]))
    with pytest.raises(CellsError, match="below 0"):
        raster_weights(cells([[-1]]))
