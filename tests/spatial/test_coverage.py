"""The door of everything that measures metres: which maps of areas are refused, and in which words."""

import geopandas as gpd
import pytest
import shapely
from shapely import box

from spatial.coverage import area_geometry
from spatial.errors import AlignmentError, CrsError, GeometryError, SpatialError

BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def areas(*shapes, crs=25833, index=None):
    return gpd.GeoSeries(list(shapes), index=index or [f"{i:02d}" for i in range(len(shapes))], crs=crs)


def test_a_usable_map_is_passed_on_unchanged():
    two = areas(box(0, 0, 1, 1), shapely.multipolygons([box(2, 2, 3, 3), box(4, 4, 5, 5)]))
    assert area_geometry(two, "the test").equals(two)
    assert area_geometry(two.to_frame("geometry"), "the test").index.tolist() == ["00", "01"]


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        (None, "got no CRS"),
        (4326, r"got EPSG:4326 \(WGS 84\), which is not projected"),
        (2263, "US survey foot"),
        (3857, "EPSG:3857 .* stretched"),
    ],
)
def test_coordinates_that_are_not_metres_are_refused(crs, reason):
    with pytest.raises(CrsError, match=reason) as caught:
        area_geometry(areas(box(0, 0, 1, 1), crs=crs), "the test")
    assert "reproject" in str(caught.value)
    assert isinstance(caught.value, SpatialError)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "geometry missing"),
        (shapely.Polygon(), "geometry empty"),
        (shapely.LineString([(0, 0), (1, 1)]), "not a polygon"),
        (BOW_TIE, "invalid geometry"),
    ],
)
def test_shapes_without_a_surface_are_named(shape, reason):
    with pytest.raises(GeometryError, match=f"{reason} in 1 area.s.: 01; ") as caught:
        area_geometry(areas(box(0, 0, 1, 1), shape), "the test")
    assert caught.value.areas == ["01"]


def test_no_area_at_all_is_refused():
    with pytest.raises(GeometryError, match="at least one area"):
        area_geometry(areas(), "the test")


def test_an_area_given_twice_is_refused():
    with pytest.raises(AlignmentError, match=r"more than once: 1 area\(s\): 00"):
        area_geometry(areas(box(0, 0, 1, 1), box(1, 0, 2, 1), index=["00", "00"]), "the test")


def test_a_long_list_of_areas_is_shortened_in_the_message_and_kept_in_the_error():
    with pytest.raises(GeometryError, match=r"in 7 area\(s\): 00, 01, 02, 03, 04 …;") as caught:
        area_geometry(areas(*[None] * 7), "the test")
    assert len(caught.value.areas) == 7
