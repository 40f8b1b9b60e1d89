"""The sketch of the report: places in pixels, numbers that do not hide each other, a scale that is true."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.validation.sketch import Place, detail, sketch

AREAS = gpd.GeoDataFrame(
    {"area_id": ["01", "02"]},
    geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
    crs=25833,
)


def place(number: int, geometry: shapely.Geometry) -> Place:
    return Place(number=number, severity="error", geometry=geometry)


def test_north_is_up_and_the_scale_is_true() -> None:
    """2000 m and a rim of 5 % on both sides, 2200 m, on 1100 pixels: half a pixel per metre."""
    drawn = sketch(AREAS, [place(1, shapely.Point(500, 900)), place(2, shapely.Point(500, 100))], width=1100)
    first, second = drawn.markers
    assert (first.x, second.x) == (300, 300)  # 50 pixels of rim and 500 m
    assert second.y - first.y == 400
    assert drawn.scale_pixels == drawn.scale_metres / 2
    assert (
        drawn.scale_metres == 200
    )  # the largest of 1, 2, 5, … that is not above 22 % of the width, 242 pixels: 484 m


def test_areas_are_named_where_there_is_room() -> None:
    assert [name for _x, _y, name in sketch(AREAS, []).names] == ["01", "02"]


def test_lines_and_points_have_markers_without_area() -> None:
    drawn = sketch(
        AREAS, [place(1, shapely.LineString([(0, 0), (500, 500)])), place(2, shapely.Point(10, 10))]
    )
    line, point = drawn.markers
    assert line.is_line
    assert line.path.startswith("M")
    assert not line.path.endswith("Z")
    assert point.path == ""


def test_without_areas_and_places_there_is_no_map() -> None:
    assert sketch(None, []) is None
    assert sketch(None, [place(1, shapely.box(0, 0, 10, 10))]) is not None


def test_a_close_view_shows_the_place_in_its_middle() -> None:
    drawn = detail(AREAS, place(3, shapely.box(990, 490, 1010, 510)), width=240, height=160)
    (marker,) = drawn.markers
    assert (marker.x, marker.y) == (120, 80)
    assert drawn.areas


def test_broken_areas_are_drawn_as_far_as_they_can_be() -> None:
    bowtie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    assert sketch(gpd.GeoSeries([bowtie, None, shapely.Polygon()], crs=25833), []).areas


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 1000)), min_size=1, max_size=40))
def test_numbers_stay_on_the_sheet_and_apart_while_there_is_room(points: list[tuple[int, int]]) -> None:
    places = [place(number, shapely.Point(point)) for number, point in enumerate(points, start=1)]
    drawn = sketch(AREAS, places)
    spots = [(one.label_x, one.label_y) for one in drawn.markers]
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in spots)
    if len(points) <= 8:
        close = [math.dist(a, b) for n, a in enumerate(spots) for b in spots[:n]]
        assert all(distance > 26 for distance in close)


@pytest.mark.parametrize("extent", [1.0, 1e-3])
def test_the_smallest_places_can_be_drawn(extent: float) -> None:
    assert detail(AREAS, place(1, shapely.box(500, 500, 500 + extent, 500 + extent))).markers[0].path
