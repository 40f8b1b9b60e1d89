"""Outlines, buffer zones and membership: worked shapes with areas derived by hand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import (
    AlignmentError,
    CrsError,
    ParameterError,
    buffer_zones,
    memberships,
    outlines,
    shared_borders,
    zone_membership,
)
from spatial.regions.margins.membership import soft_membership
from spatial.regions.margins.zones import class_polygons


def chessboard(labels, side=100.0):
    """Return square areas and their regions; rows run north, None is no region."""
    shapes, regions = [], []
    for y, row in enumerate(labels):
        for x, label in enumerate(row):
            shapes.append(box(x * side, y * side, (x + 1) * side, (y + 1) * side))
            regions.append(label)
    index = pd.Index([f"{i:02d}" for i in range(len(shapes))], name="area_id")
    return gpd.GeoSeries(shapes, index=index, crs=25833), pd.Series(regions, index=index, dtype="string")


def test_a_region_is_dissolved_into_one_outline_with_its_hole():
    areas, region = chessboard([["1", "1", "1"], ["1", None, "1"], ["1", "1", "1"]])
    shape = outlines(areas, region).geometry.loc["1"]
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == 80_000
    assert len(shape.geoms[0].interiors) == 1


def test_regions_are_listed_in_reading_order():
    areas, region = chessboard([["10", None, "2", None, "1"]])
    assert outlines(areas, region).index.tolist() == ["1", "2", "10"]


def test_areas_that_do_not_fit_vertex_by_vertex_leave_no_crack():
    # The middle of the common side was digitised 20 cm off: a sliver of 40 m × 10 cm on average.
    west = shapely.Polygon([(0, 0), (100, 0), (100, 30), (99.8, 50), (100, 70), (100, 100), (0, 100)])
    areas = gpd.GeoSeries([west, box(100 + 1e-9, 0, 200, 100)], index=["00", "01"], crs=25833)
    shape = outlines(areas, pd.Series("1", index=areas.index)).geometry.loc["1"]
    assert (len(shape.geoms), len(shape.geoms[0].interiors)) == (1, 0)
    assert shape.area == pytest.approx(20_000)


def test_a_narrow_lane_that_is_a_place_stays_a_hole():
    ring = box(0, 0, 100, 100).difference(box(40, 20, 42, 80))
    halves = [ring.intersection(box(0, 0, 41, 100)), ring.intersection(box(41, 0, 100, 100))]
    areas = gpd.GeoSeries(halves, index=["00", "01"], crs=25833)
    shape = outlines(areas, pd.Series("1", index=areas.index)).geometry.loc["1"]
    assert shape.area == pytest.approx(10_000 - 120)


def test_a_zone_is_cut_to_the_city_and_leaves_out_the_core():
    areas, region = chessboard([["1", None], [None, None]])
    zones = buffer_zones(areas, region, distance=50)
    # Two strips of 100 m × 50 m and a quarter of a circle; nothing beyond the edge of the city.
    assert zones.geometry.loc["1"].area == pytest.approx(2 * 5000 + math.pi * 50**2 / 4, rel=0.002)
    assert zones.loc["1", "distance"] == 50
    assert zones.geometry.loc["1"].intersection(areas.iloc[0]).area == pytest.approx(0, abs=1e-6)


def test_zones_of_neighbours_overlap_and_leave_out_both_cores():
    areas, region = chessboard([["1", None, "2"]])
    zones = buffer_zones(areas, region, distance=80).geometry
    # Between cores 100 m apart, zones of 80 m have 60 m in common.
    assert zones.loc["1"].intersection(zones.loc["2"]).area == pytest.approx(6000)
    assert zones.loc["1"].area == pytest.approx(8000)
    wide = buffer_zones(areas, region, distance=150).geometry
    assert wide.loc["1"].area == pytest.approx(10_000)  # not into the core of 2


def test_a_zone_skips_a_gap_in_the_city():
    areas, region = chessboard([["1", None, None]])
    areas = areas.drop("01")
    zone = buffer_zones(areas, region.drop("01"), distance=150).geometry.loc["1"]
    assert zone.area == pytest.approx(50 * 100)


@pytest.mark.parametrize(("labels", "distance"), [([["1", "1"]], 50.0), ([["1", None]], 0.0)])
def test_a_zone_may_be_empty(labels, distance):
    areas, region = chessboard(labels)
    zones = buffer_zones(areas, region, distance=distance)
    assert zones.geometry.loc["1"].is_empty
    assert zones.geometry.loc["1"].geom_type == "MultiPolygon"
    assert zone_membership(areas, region, zones).tolist() == [float(label == "1") for label in labels[0]]


def test_no_region_gives_no_outline_and_no_zone():
    areas, region = chessboard([[None, None]])
    assert outlines(areas, region).empty
    zones = buffer_zones(areas, region, distance=50)
    assert zones.empty
    assert zones.crs == areas.crs
    assert zone_membership(areas, region, zones).tolist() == [0, 0]


def test_membership_is_one_in_a_region_its_share_in_a_zone_and_zero_beyond():
    areas, region = chessboard([["1", None, None]])
    zones = buffer_zones(areas, region, distance=25)
    assert zone_membership(areas, region, zones).tolist() == pytest.approx([1, 0.25, 0])
    wide = buffer_zones(areas, region, distance=150)
    assert zone_membership(areas, region, wide).tolist() == pytest.approx([1, 1, 0.5])


def test_membership_takes_the_nearest_region_not_the_sum():
    areas, region = chessboard([["1", None, "2"]])
    zones = buffer_zones(areas, region, distance=80)
    assert zone_membership(areas, region, zones).tolist() == pytest.approx([1, 0.8, 1])


def test_results_follow_the_order_of_the_areas():
    areas, region = chessboard([["1", None, None]])
    turned = areas.iloc[::-1]
    zones = buffer_zones(turned, region, distance=25)
    membership = zone_membership(turned, region, zones)
    assert membership.index.tolist() == ["02", "01", "00"]
    assert membership.tolist() == pytest.approx([0, 0.25, 1])


@pytest.mark.parametrize("distance", [-1, np.nan, np.inf])
def test_a_distance_that_is_none_is_refused(distance):
    areas, region = chessboard([["1", None]])
    with pytest.raises(ParameterError, match="distance is"):
        buffer_zones(areas, region, distance=distance)


@pytest.mark.parametrize("function", ["outlines", "buffer_zones", "zone_membership"])
def test_degrees_and_foreign_areas_are_refused(function):
    areas, region = chessboard([["1", None]])
    zones = buffer_zones(areas, region, distance=5)
    call = {
        "outlines": outlines,
        "buffer_zones": lambda a, r: buffer_zones(a, r, distance=5),
        "zone_membership": lambda a, r: zone_membership(a, r, zones),
    }[function]
    with pytest.raises(CrsError, match="needs a projected CRS"):
        call(areas.set_crs(4326, allow_override=True), region)
    with pytest.raises(AlignmentError, match="region has no row for some areas"):
        call(areas, region.iloc[:1])


def test_zones_in_another_crs_or_twice_are_refused():
    areas, region = chessboard([["1", None]])
    zones = buffer_zones(areas, region, distance=5)
    with pytest.raises(CrsError, match="EPSG:25833 and zones in EPSG:25832"):
        zone_membership(areas, region, zones.to_crs(25832))
    with pytest.raises(AlignmentError, match="zones has an area id more than once"):
        zone_membership(areas, region, pd.concat([zones, zones]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1, 200))
def test_zones_stay_in_the_city_beside_all_cores_and_membership_grows_with_distance(seed, distance):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (25, 2))), extend_to=frame)
    areas = gpd.GeoSeries(list(shapely.get_parts(cells)), crs=25833)
    areas.index = [f"{i:02d}" for i in range(len(areas))]
    region = pd.Series(rng.choice(["1", "2", None], len(areas), p=[0.2, 0.2, 0.6]), index=areas.index)
    cores = outlines(areas, region)
    zones = buffer_zones(areas, region, distance=distance)
    city = shapely.union_all(areas.to_numpy())
    # Rounding in the 16th digit, and up to a millimetre beside vertices that were joined.
    slack = 1e-3 * city.length * 10
    assert shapely.area(shapely.difference(zones.geometry.to_numpy(), city)).sum() < slack
    assert shapely.area(shapely.intersection(zones.geometry.union_all(), cores.geometry.union_all())) < slack
    near = zone_membership(areas, region, zones)
    far = zone_membership(areas, region, buffer_zones(areas, region, distance=distance * 1.5))
    assert near.between(0, 1).all()
    assert (near[region.notna()] == 1).all()
    assert (far >= near - 1e-6).all()


def test_an_area_between_two_regions_belongs_to_both_zones() -> None:
    ids = ["a", "b", "c"]
    squares = [shapely.box(10 * i, 0, 10 * i + 10, 10) for i in range(3)]
    areas = gpd.GeoSeries(squares, index=ids, crs=25833)
    region = pd.Series(["1", None, "2"], index=ids)
    table = memberships(areas, region, buffer_zones(areas, region, distance=3.0))
    # Three of the ten metres of b lie in each zone.
    assert table.to_numpy().tolist() == [
        ["1", "a", True, 1.0],
        ["1", "b", False, 0.3],
        ["2", "c", True, 1.0],
        ["2", "b", False, 0.3],
    ]


def graded(areas, need, **options):
    """Membership that is the need itself: without a price on borders, between thresholds 0 and 1."""
    return soft_membership(
        pd.Series(need, areas.index, dtype=float),
        pd.Series(10, areas.index),
        shared_borders(areas),
        lower_threshold=0.0,
        upper_threshold=1.0,
        border_price=0.0,
        **options,
    )


def test_classes_are_dissolved_from_the_core_to_the_rest_with_bands_of_the_margin_between() -> None:
    areas, _ = chessboard([[None] * 8])
    classes = class_polygons(areas, graded(areas, [1.0, 0.9, 0.75, 0.6, 0.5, 0.3, 0.1, 0.0]))
    # Squares of a hectare: 1 and 0.9 are core, 0.1 and 0 rest, 0.75 begins the highest band, 0.5 the next.
    assert classes["zone_class"].tolist() == ["core", "margin", "margin", "margin", "margin", "rest"]
    assert classes["from_membership"].tolist() == [0.9, 0.75, 0.5, 0.25, 0.1, 0.0]
    assert classes["to_membership"].tolist() == [1.0, 0.9, 0.75, 0.5, 0.25, 0.1]
    assert classes["areas"].tolist() == [2, 1, 2, 1, 0, 2]
    assert classes["hectares"].tolist() == [2.0, 1.0, 2.0, 1.0, 0.0, 2.0]
    assert classes.geometry.is_empty.tolist() == [False, False, False, False, True, False]
    assert classes.geometry.iloc[2].bounds == (300, 0, 500, 100)


def test_a_margin_without_bands_is_one_class() -> None:
    areas, _ = chessboard([[None] * 4])
    soft = graded(areas, [1.0, 0.99, 0.01, 0.0], core_from=1.0, rest_up_to=0.0)
    classes = class_polygons(areas, soft, bands=[])
    assert classes[["zone_class", "areas"]].to_numpy().tolist() == [["core", 1], ["margin", 2], ["rest", 1]]
    with pytest.raises(ParameterError, match="bands is"):
        class_polygons(areas, soft, bands=[75])
    with pytest.raises(AlignmentError, match="membership has rows for unknown areas"):
        class_polygons(areas.iloc[1:], soft)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_classes_cover_the_city_without_gaps_and_overlaps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = shapely.multipoints(rng.uniform(0, 1000, (40, 2)))
    cells = shapely.voronoi_polygons(points, extend_to=box(0, 0, 1000, 1000))
    areas = gpd.GeoSeries(list(shapely.get_parts(cells)), crs=25833)
    areas.index = [f"{i:02d}" for i in range(len(areas))]
    need = rng.uniform(-0.2, 1.2, len(areas))
    classes = class_polygons(areas, graded(areas, need))
    shapes = classes.geometry.to_numpy()
    # The sum of all classes is the city, their union is the city: so no two overlap. A square centimetre of rounding.
    assert classes["areas"].sum() == len(areas)
    assert classes["hectares"].sum() == pytest.approx(areas.area.sum() / 10_000, abs=1e-8)
    assert shapely.union_all(shapes).area == pytest.approx(areas.area.sum(), abs=1e-4)
    assert shapely.symmetric_difference(shapely.union_all(shapes), areas.union_all()).area < 1e-4
    order = rng.permutation(len(areas))
    turned = class_polygons(areas.iloc[order], graded(areas, need))
    assert turned["hectares"].tolist() == pytest.approx(classes["hectares"].tolist())
