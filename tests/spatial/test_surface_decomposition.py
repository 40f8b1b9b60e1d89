"""Location, composition and quality on a smoothed map: by hand, against the formula, and what must hold."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import CrsError, GeometryError, ParameterError
from spatial.segregation import Places, kernel_weight, relative_diversity, surface_decomposition
from spatial.segregation.decomposition.surface import PART_TITLES

quick = settings(max_examples=40, deadline=None)
TWO = Places(area_id=pd.Index(["a", "b"]), x=np.array([0.0, 100.0]), y=np.zeros(2))
APART = pd.DataFrame({"young": [10, 0], "old": [0, 10]}, index=["a", "b"])
tables = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=n, max_size=n)
)


def city(rows):
    index = pd.Index([f"{number:02d}" for number in range(len(rows))])
    x, y = 100.0 * (np.arange(len(rows)) % 3), 100.0 * (np.arange(len(rows)) // 3)
    return pd.DataFrame(rows, index=index, columns=list("xyz")), Places(area_id=index, x=x, y=y)


def parts(*args, **options):
    return surface_decomposition(*args, **options).parts.tolist()


def test_groups_apart_without_smoothing():
    # Everybody meets the own group only: S = 1. Spread alike it would be 1/2, all of it the number of groups.
    assert parts(APART, geometry=TWO, bandwidth=0) == pytest.approx([1 / 2, 0, 1 / 2])


def test_groups_of_unlike_size_that_live_alike():
    # 3/4 and 1/4 in both areas: S = 9/16 + 1/16 = 5/8, of which 1/8 because one group is larger.
    alike = pd.DataFrame({"young": [30, 30], "old": [10, 10]}, index=["a", "b"])
    assert parts(alike, geometry=TWO, bandwidth=0) == pytest.approx([0, 1 / 8, 1 / 2])
    assert parts(alike, geometry=TWO, bandwidth=150) == pytest.approx([0, 1 / 8, 1 / 2])


def test_smoothing_mixes_neighbours():
    # Cells around 25 m and 75 m. The first gets 3/4 of a's people and 1/4 of b's: 9/16 + 1/16 = 5/8 there and, by
    # symmetry, in the second.
    found = surface_decomposition(APART, geometry=TWO, bandwidth=100, kernel="triangle", cells=2)
    assert found.parts.tolist() == pytest.approx([1 / 8, 0, 1 / 2])
    assert found.surface.index.tolist() == [(25.0, 0.0), (75.0, 0.0)]
    # Land of 50 m × 50 m in both cells, at a distance of 0 and 50 m: 7.5 people on (1 + 1/2) · 2,500 m².
    assert found.surface["young"].tolist() == pytest.approx([7.5 / 3750 * 1e6, 2.5 / 3750 * 1e6])
    assert found.side == 50


def test_an_open_edge_does_not_ask_for_the_land():
    found = surface_decomposition(APART, geometry=TWO, bandwidth=100, kernel="triangle", cells=2, edge="open")
    # The triangle on cells of 50 m: 1 + 4 · 1/2 + 4 · (1 − √2 / 2) cells.
    land = 2500 * (3 + 4 * (1 - np.sqrt(0.5)))
    assert found.surface["young"].iloc[0] == pytest.approx(7.5 / land * 1e6)
    assert found.parts.tolist() == pytest.approx([1 / 8, 0, 1 / 2])


@pytest.mark.parametrize("edge", ["corrected", "open"])
@quick
@given(rows=tables, kernel=st.sampled_from(["box", "biweight", "gaussian"]))
def test_it_is_the_formula_of_r_seg_on_the_raster(edge, rows, kernel):
    counts, places = city(rows)
    found = surface_decomposition(counts, geometry=places, bandwidth=120, kernel=kernel, cells=4, edge=edge)
    if found.surface is None:
        assert found.parts.isna().all()
        return
    x, y = (found.surface.index.get_level_values(name).to_numpy() for name in ("x", "y"))
    people = counts.to_numpy()[:, counts.any().to_numpy()]

    def weights(left, bottom):
        metres = np.hypot(x[:, None] - left, y[:, None] - bottom)
        return kernel_weight(metres, kernel=kernel, bandwidth=120.0)

    density = weights(places.x, places.y) @ people
    if edge == "corrected":
        density = density / weights(x, y).sum(axis=1, keepdims=True)
    share, here = density.sum(axis=0) / density.sum(), density.sum(axis=1)
    within = np.divide(density**2, here[:, None], out=np.zeros_like(density), where=here[:, None] > 0)
    value, overall, least = within.sum() / here.sum(), (share**2).sum(), 1 / people.shape[1]
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.parts.tolist() == pytest.approx([value - overall, overall - least, least], abs=1e-12)
    assert found.shares.tolist() == pytest.approx(share.tolist())


@quick
@given(rows=tables)
def test_without_smoothing_location_is_the_relative_diversity(rows):
    counts, places = city(rows)
    found = surface_decomposition(counts, geometry=places, bandwidth=0)
    most = 1 - (found.shares**2).sum()
    if counts.any().sum() > 1:
        assert found.parts["location"] / most == pytest.approx(relative_diversity(counts), abs=1e-9)


@quick
@given(rows=tables, bandwidth=st.sampled_from([0, 60, 400]))
def test_parts_are_never_negative_and_add_up(rows, bandwidth):
    counts, places = city(rows)
    found = surface_decomposition(counts, geometry=places, bandwidth=bandwidth, cells=5)
    if counts.any(axis=None):
        assert (found.parts >= 0).all()
        assert found.parts.sum() == pytest.approx(found.value)
        assert found.value <= 1 + 1e-12
        times = surface_decomposition(7 * counts, geometry=places, bandwidth=bandwidth, cells=5)
        assert times.parts.tolist() == pytest.approx(found.parts.tolist())
    else:
        assert found.parts.isna().all()


def test_wider_smoothing_leaves_less_to_the_place():
    rows = [[30, 0, 0], [0, 30, 0], [0, 0, 30]] * 2
    location = [
        surface_decomposition(*[city(rows)[0]], geometry=city(rows)[1], bandwidth=metres, cells=20).parts[
            "location"
        ]
        for metres in (60, 120, 240, 960)
    ]
    assert location == sorted(location, reverse=True)
    assert location[-1] < 0.02


def test_one_group_is_all_quality():
    alone = pd.DataFrame({"young": [10, 5], "old": [0, 0]}, index=["a", "b"])
    assert parts(alone, geometry=TWO, bandwidth=100) == pytest.approx([0, 0, 1])


def test_a_window_leaves_out_people_and_cells_outside():
    window = shapely.box(-50, -50, 50, 50)
    found = surface_decomposition(APART, geometry=TWO, bandwidth=200, window=window, cells=10)
    assert found.areas_outside.tolist() == ["b"]
    assert len(found.surface) == 100
    assert found.parts.tolist() == pytest.approx([0, 0, 1])


def test_polygons_stand_for_their_centroids():
    boxes = gpd.GeoSeries(
        [shapely.box(-50, -50, 50, 50), shapely.box(50, -50, 150, 50)], index=["a", "b"], crs=25833
    )
    assert parts(APART, geometry=boxes, bandwidth=90) == pytest.approx(
        parts(APART, geometry=TWO, bandwidth=90)
    )


def test_all_people_at_one_point_are_one_cell():
    point = Places(area_id=pd.Index(["a", "b"]), x=np.full(2, 7.0), y=np.full(2, 9.0))
    assert parts(APART, geometry=point, bandwidth=100) == pytest.approx([0, 0, 1 / 2])


@pytest.mark.parametrize(
    "option",
    [
        {"bandwidth": -1},
        {"bandwidth": None},
        {"bandwidth": np.nan},
        {"bandwidth": 100, "kernel": "round"},
        {"bandwidth": 100, "cells": 0},
        {"bandwidth": 100, "cells": 2.5},
        {"bandwidth": 100, "edge": "soft"},
        {"bandwidth": 100, "window": "city"},
        {"bandwidth": 100, "window": shapely.box(-9, -9, 9, 9) - shapely.box(-5, -5, 5, 5), "cells": 1},
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(option):
    near = Places(area_id=TWO.area_id, x=np.array([-9.0, 9.0]), y=np.zeros(2))
    with pytest.raises(ParameterError):
        surface_decomposition(APART, geometry=near, **option)


def test_degrees_and_broken_windows_are_refused():
    points = gpd.GeoSeries(shapely.points([[12, 51], [13, 52]]), index=["a", "b"], crs=4326)
    with pytest.raises(CrsError):
        surface_decomposition(APART, geometry=points, bandwidth=100)
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match="window"):
        surface_decomposition(APART, geometry=TWO, bandwidth=100, window=bow)


def test_the_result_says_what_it_is():
    found = surface_decomposition(APART, geometry=TWO, bandwidth=0)
    assert repr(found) == (
        "SurfaceDecomposition(1.0000 = location 0.5000 + composition 0.0000 + quality 0.5000; 2 groups, not smoothed)"
    )
    assert found.to_frame().index.tolist() == list(PART_TITLES)
    assert found.to_frame()["title_de"].str.len().min() > 3
