"""Surfaces: cells by hand, what smoothing keeps, and a file that other programs read."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile
from shapely import box

from maps.errors import RasterError
from maps.raster import NODATA, membership_raster, to_geotiff
from spatial import AlignmentError, CrsError

WORDS = {
    "title": "Zugehörigkeit",
    "period": "2022",
    "source": "Stadt Leipzig",
    "parameters": {"upper_threshold": 1.5, "lower_threshold": 1.0},
}


def city(*shapes):
    index = pd.Index([f"{i:02d}" for i in range(len(shapes))], name="area_id")
    return gpd.GeoSeries(list(shapes), index=index, crs=25833)


def voronoi(rng, n=12):
    points = shapely.multipoints(rng.uniform(0, 1000, (n, 2)))
    cells = shapely.voronoi_polygons(points, extend_to=box(0, 0, 1000, 1000))
    return city(*[shapely.intersection(one, box(0, 0, 1000, 1000)) for one in shapely.get_parts(cells)])


def test_a_cell_has_the_mean_of_the_values_in_it_by_surface():
    # The border runs through the middle of the second cell: half of it has 1, half 0. The last cell is half outside
    # the city: its value is that of the half inside.
    areas = city(box(0, 0, 150, 100), box(150, 0, 350, 100))
    surface = membership_raster(areas, pd.Series([1.0, 0.0], areas.index), cell_size=100, smoothing=0)
    assert surface.values.tolist() == [[1.0, 0.5, 0.0, 0.0]]
    assert surface.covered.tolist() == [[1.0, 1.0, 1.0, 0.5]]
    # 150 of 350 m have 1.
    assert surface.areas_mean == pytest.approx(150 / 350)
    assert surface.raster_mean == pytest.approx(150 / 350)


def test_cells_begin_at_multiples_of_their_size_and_rows_run_south():
    areas = city(box(30, 30, 130, 130), box(30, 130, 130, 230))
    surface = membership_raster(areas, pd.Series([0.0, 1.0], areas.index), cell_size=50, smoothing=0)
    assert tuple(surface.transform)[:6] == (50, 0, 0, 0, -50, 250)
    assert surface.values.shape == (5, 3)
    assert surface.values[:, 1].tolist() == pytest.approx([1, 1, 0.5, 0, 0], abs=0.1)


def test_smoothing_falls_from_the_high_side_to_the_low_one_and_is_a_half_between():
    areas = city(box(0, 0, 500, 20), box(500, 0, 1000, 20))
    surface = membership_raster(areas, pd.Series([1.0, 0.0], areas.index), cell_size=20, smoothing=60)
    line = surface.values[0]
    assert (np.diff(line) <= 0).all()
    assert line[24] + line[25] == pytest.approx(1.0, abs=1e-3)
    # Ten metres from the border of a step the normal distribution of 60 m has Φ(10 / 60) = 0.5662.
    assert line[24] == pytest.approx(0.5662, abs=2e-3)
    assert line[0] == pytest.approx(1.0, abs=1e-3)


def test_an_area_without_a_value_is_a_hole_that_neither_gives_nor_takes():
    areas = city(*[box(x, 0, x + 100, 100) for x in (0, 100, 200, 300)])
    values = pd.Series([1.0, np.nan, 0.0, 0.0], areas.index)
    surface = membership_raster(areas, values, cell_size=50, smoothing=20)
    assert np.isnan(surface.values[:, 2:4]).all()
    without = membership_raster(areas.drop("01"), values.drop("01"), cell_size=50, smoothing=20)
    np.testing.assert_array_equal(surface.values, without.values)
    assert surface.areas_mean == pytest.approx(1 / 3)


def test_no_known_value_gives_an_empty_surface():
    areas = city(box(0, 0, 100, 100))
    surface = membership_raster(areas, pd.Series([np.nan], areas.index), cell_size=50)
    assert np.isnan(surface.values).all()
    assert "0 with a value" in repr(surface)
    with MemoryFile(to_geotiff(surface, **WORDS)) as memory, memory.open() as file:
        assert (file.read(1) == NODATA).all()


def test_the_file_is_cloud_optimised_and_says_where_it_comes_from():
    areas = voronoi(np.random.default_rng(1))
    values = pd.Series(np.linspace(0, 1, len(areas)), areas.index).where(areas.index != "03")
    surface = membership_raster(areas, values, cell_size=2, smoothing=30)
    with MemoryFile(to_geotiff(surface, **WORDS)) as memory, memory.open() as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.block_shapes == [(256, 256)]
        assert file.overviews(1) == [2]
        assert (file.crs.to_epsg(), file.nodata, file.dtypes) == (25833, NODATA, ("float32",))
        assert file.transform == surface.transform
        found = file.read(1, masked=True)
        assert file.descriptions == ("Zugehörigkeit",)
        tags = file.tags()
    np.testing.assert_array_equal(found.filled(np.nan), surface.values)
    assert tags["PERIOD"] == "2022"
    assert tags["SOURCE"] == "Stadt Leipzig"
    assert tags["PARAMETERS"] == '{"lower_threshold": 1.0, "upper_threshold": 1.5}'
    assert (tags["CELL_SIZE"], tags["SMOOTHING"]) == ("2 m", "30 m")
    assert float(tags["SURFACE_MEAN"]) == pytest.approx(surface.raster_mean, abs=1e-6)


def test_the_same_input_gives_the_same_bytes_in_any_order_of_the_rows():
    areas = voronoi(np.random.default_rng(2))
    values = pd.Series(np.linspace(0, 1, len(areas)), areas.index)

    def written(rows):
        surface = membership_raster(areas.iloc[rows], values, cell_size=10, smoothing=50)
        return to_geotiff(surface, **WORDS)

    forwards = list(range(len(areas)))
    assert written(forwards) == written(forwards)
    assert written(forwards) == written(forwards[::-1])
    other = WORDS | {"period": "2023"}
    assert written(forwards) != to_geotiff(
        membership_raster(areas, values, cell_size=10, smoothing=50), **other
    )


def test_a_grid_in_strips_is_the_same_as_in_one_piece(monkeypatch):
    areas = voronoi(np.random.default_rng(3))
    values = pd.Series(np.linspace(0, 1, len(areas)), areas.index)
    whole = membership_raster(areas, values, cell_size=20, smoothing=0)
    monkeypatch.setattr("maps.raster._POINTS_AT_A_TIME", 3000)
    np.testing.assert_array_equal(
        membership_raster(areas, values, cell_size=20, smoothing=0).values, whole.values
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([20.0, 33.0]), st.floats(0, 400))
def test_smoothing_keeps_the_mean_and_the_range_and_leaves_a_constant_alone(seed, cell_size, smoothing):
    rng = np.random.default_rng(seed)
    areas = voronoi(rng)
    values = pd.Series(rng.uniform(0, 1, len(areas)), areas.index)
    plain = membership_raster(areas, values, cell_size=cell_size, smoothing=0)
    smooth = membership_raster(areas, values, cell_size=cell_size, smoothing=smoothing)
    # The scaling of the kernel stops when no cell gives or takes a millionth too much.
    assert smooth.raster_mean == pytest.approx(plain.raster_mean, abs=2e-6)
    assert np.array_equal(np.isnan(smooth.values), np.isnan(plain.values))
    assert np.nanmin(smooth.values) >= np.float32(np.nanmin(plain.values)) - 1e-4
    assert np.nanmax(smooth.values) <= np.float32(np.nanmax(plain.values)) + 1e-4
    constant = membership_raster(areas, values * 0 + 0.25, cell_size=cell_size, smoothing=smoothing)
    assert np.unique(constant.values[np.isfinite(constant.values)]).tolist() == [0.25]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cell_size": 0}, "cells of 0 m; choose"),
        ({"cell_size": np.nan}, "cells of nan m"),
        ({"smoothing": -1}, "smoothing over -1 m"),
        ({"cell_size": 0.01}, "are more than 20,000,000; choose cells of 1 m or more"),
    ],
)
def test_grids_that_cannot_be_are_refused(wrong, message):
    areas = city(box(0, 0, 100, 100))
    with pytest.raises(RasterError, match=message):
        membership_raster(areas, pd.Series([0.5], areas.index), **wrong)


def test_values_that_do_not_fit_the_areas_are_refused():
    areas = city(box(0, 0, 100, 100), box(100, 0, 200, 100))
    with pytest.raises(RasterError, match=r"infinite in 1 area\(s\): 01"):
        membership_raster(areas, pd.Series([0.5, np.inf], areas.index))
    with pytest.raises(AlignmentError, match="values has no row"):
        membership_raster(areas, pd.Series([0.5], ["00"]))
    with pytest.raises(CrsError, match="needs a projected CRS"):
        membership_raster(areas.set_crs(4326, allow_override=True), pd.Series([0.5, 0.5], areas.index))
