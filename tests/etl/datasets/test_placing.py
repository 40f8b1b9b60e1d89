"""Geometry goes where it belongs, by where its coordinates lie; each correction is named and counted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from etl.datasets.placing import CityBox, as_multipolygons, place_in_city, share_borders
from etl.errors import DeliveryError, FetchError

BOX = CityBox(west=12.2, south=51.2, east=12.6, north=51.5)
DEGREES = box(12.3, 51.3, 12.31, 51.31)


def frame(geometry, crs) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": ["00"]}, geometry=[geometry], crs=crs)


def placed(given: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    repairs: dict[str, int] = {}
    return place_in_city(given, box=BOX, srid=25833, place="here", repairs=repairs), repairs


METRIC = frame(DEGREES, 4326).to_crs(25833)


def same(result: gpd.GeoDataFrame) -> bool:
    return result.crs.to_epsg() == 25833 and bool(
        result.geometry.iloc[0].equals_exact(METRIC.geometry.iloc[0], tolerance=0.001)  # [m]
    )


def test_metric_areas_stay_untouched():
    result, repairs = placed(METRIC)
    assert result is METRIC
    assert repairs == {}


@pytest.mark.parametrize("crs", ["EPSG:4326", "OGC:CRS84"])
def test_degrees_are_reprojected_as_a_named_step(crs):
    result, repairs = placed(frame(DEGREES, crs))
    assert same(result)
    assert repairs == {f"reprojected from {crs} to EPSG:25833": 1}


def test_another_metric_crs_is_reprojected():
    result, repairs = placed(METRIC.to_crs(25832))
    assert same(result)
    assert repairs == {"reprojected from EPSG:25832 to EPSG:25833": 1}


def test_swapped_axes_are_turned_and_said():
    swapped = shapely.transform(DEGREES, lambda coordinates: coordinates[:, ::-1])
    result, repairs = placed(frame(swapped, "OGC:CRS84"))
    assert same(result)
    assert repairs["axes swapped (latitude came before longitude)"] == 1


@pytest.mark.parametrize(("claimed", "is_"), [(25833, 25833), (25832, 25832), (25832, 25833), (4326, 25833)])
def test_northing_before_easting_is_turned_and_said_with_what_was_seen(claimed: int, is_: int):
    """`claimed` is what the file says, `is_` the CRS of its coordinates."""
    there = METRIC.to_crs(is_)
    swapped = shapely.transform(there.geometry.to_numpy(), lambda coordinates: coordinates[:, ::-1])
    result, repairs = placed(frame(swapped[0], claimed))
    assert same(result)
    (step,) = repairs
    assert step.startswith(f"axes swapped (northing came before easting in EPSG:{is_}, from 568")  # 51° north


@pytest.mark.parametrize("claimed", ["OGC:CRS84", None])
def test_metric_coordinates_under_another_label_are_recognised(claimed):
    result, repairs = placed(METRIC.set_crs(claimed, allow_override=True))
    assert same(result)
    label = claimed or "no CRS"
    assert repairs == {f"coordinates are EPSG:25833, not {label} as the file claims": 1}


@pytest.mark.parametrize(
    "elsewhere",
    [frame(box(7.0, 50.0, 7.1, 50.1), 4326), frame(box(300, 500, 310, 510), 25833), frame(DEGREES, 3857)],
)
def test_coordinates_elsewhere_are_refused(elsewhere):
    if (
        elsewhere.crs.to_epsg() == 3857
    ):  # degrees under a metric label that is not the city's: nobody can know
        with pytest.raises(DeliveryError, match="wrong CRS: the file claims EPSG:3857"):
            placed(elsewhere)
        return
    with pytest.raises(DeliveryError, match="do not lie in the city"):
        placed(elsewhere)


def test_nothing_to_judge_by_is_refused():
    with pytest.raises(FetchError, match="no feature has coordinates"):
        placed(frame(Polygon(), 4326))


def test_polygons_become_multipolygons_and_other_types_stay():
    mixed = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), Point(0, 0), None], crs=25833)
    result = as_multipolygons(mixed)
    assert result.geom_type.to_list()[:2] == ["MultiPolygon", "Point"]
    assert result.geometry.isna().to_list() == [False, False, True]
    assert mixed.geom_type.iloc[0] == "Polygon"


@pytest.mark.parametrize("east", [10.0001, 9.9999])
def test_neighbours_share_their_border_after_rounding(east):
    # A vertex that both should share lies a tenth of a millimetre further east (a gap) or west (an overlap).
    left = Polygon([(0, 0), (10, 0), (10, 5), (10, 10), (0, 10)])
    right = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (east, 5)])
    areas = gpd.GeoDataFrame(geometry=[left, right], crs=25833)
    repairs: dict[str, int] = {}
    result = share_borders(areas, repairs=repairs)
    assert shapely.coverage_is_valid(result.geometry.to_numpy())
    assert repairs == {"coordinates rounded to 1 mm, so that neighbours share their borders": 2}
    assert np.allclose(result.area, [100, 100])


def test_fitting_borders_are_left_alone():
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs=25833)
    repairs: dict[str, int] = {}
    assert share_borders(areas, repairs=repairs) is areas
    assert repairs == {}
