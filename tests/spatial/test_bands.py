"""Bands around regions and what two of them share: worked shapes, streets, and Grünau beside Leipzig's west."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import CrsError, GeometryError, ParameterError, buffer_zones
from spatial.regions.margins.bands import distance_band, link_zones

LEIPZIG = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leipzig-ortsteile"


def strip(*labels, side=100.0):
    """Square areas in a row and their regions."""
    index = pd.Index([f"{i:02d}" for i in range(len(labels))], name="area_id")
    shapes = [box(x * side, 0, (x + 1) * side, side) for x in range(len(labels))]
    return gpd.GeoSeries(shapes, index=index, crs=25833), pd.Series(labels, index=index, dtype="string")


def lines(*coordinates, crs=25833):
    return gpd.GeoSeries([shapely.LineString(line) for line in coordinates], crs=crs)


def test_bands_follow_each_other_outwards_and_end_at_the_edge_of_the_city():
    areas, region = strip("1", None, None)
    bands = distance_band(areas, region, distances=[300, 50, 120])
    assert bands[["region_id", "near", "far"]].to_numpy().tolist() == [
        ["1", 0.0, 50.0],
        ["1", 50.0, 120.0],
        ["1", 120.0, 300.0],
    ]
    # A strip 100 m wide: 50 m, then 70 m, then the 80 m that are left of the city.
    assert bands["hectares"].tolist() == pytest.approx([0.5, 0.7, 0.8])
    assert bands.geometry.iloc[1].bounds == (150, 0, 220, 100)


def test_around_a_corner_a_band_is_a_part_of_a_ring():
    areas = gpd.GeoSeries(
        [box(0, 0, 100, 100), box(0, 0, 400, 400).difference(box(0, 0, 100, 100))], ["a", "b"], crs=25833
    )
    bands = distance_band(areas, pd.Series(["1", None], ["a", "b"]), distances=[100, 200])
    # Two strips of 100 m × 100 m, and a quarter of the ring between 0 and 100, or 100 and 200 m: 8 chords to a
    # quarter are 0.64 % less.
    expected = [2 + math.pi / 4, 2 + 3 * math.pi / 4]
    assert bands["hectares"].tolist() == pytest.approx(expected, rel=0.005)


def test_a_single_band_is_the_buffer_zone():
    areas, region = strip("1", None, "2")
    band = distance_band(areas, region, distances=[80])
    zone = buffer_zones(areas, region, distance=80)
    assert band.geometry.geom_equals(gpd.GeoSeries(zone.geometry.to_numpy(), crs=areas.crs)).all()


def test_along_streets_a_band_is_what_is_near_a_street_that_is_reached():
    areas, region = strip("1", None, None, None)
    middle = lines([(50, 50), (400, 50)])
    bands = distance_band(areas, region, distances=[100, 200], streets=middle, access=10)
    # The street is reached up to x = 200 and x = 300: 100 m × 20 m and half a circle of 10 m at the end; of the
    # second, the half circle of the first is missing and its own is there.
    assert bands["hectares"].tolist() == pytest.approx([0.2 + math.pi * 0.005, 0.2], abs=2e-4)


def test_around_a_block_the_way_is_longer_than_across_it():
    areas, region = strip("1", None, None, None)
    # From the core at (100, 50) 20 m east, 40 m north, and 40 m east again: after 100 m x = 160 is reached.
    corner = lines([(50, 50), (120, 50)], [(120, 50), (120, 90), (400, 90)])
    bands = distance_band(areas, region, distances=[100], streets=corner, access=5)
    assert bands.geometry.iloc[0].bounds[2] == pytest.approx(165)


def test_a_bridge_without_a_common_vertex_is_no_way_down():
    areas, region = strip("1", None, None, None)
    crossing = lines([(50, 50), (300, 50)], [(200, 0), (200, 100)])
    meeting = lines([(50, 50), (200, 50), (300, 50)], [(200, 0), (200, 50), (200, 100)])
    over, junction = (
        distance_band(areas, region, distances=[140], streets=one, access=5)["hectares"].iloc[0]
        for one in (crossing, meeting)
    )
    # Both end after 140 m; the junction at 100 m opens 40 m to either side, the first 5 m of which are there already.
    half_circle = math.pi * 5**2 / 2
    assert over == pytest.approx((140 * 10 + half_circle) / 1e4, rel=1e-3)
    assert junction - over == pytest.approx(2 * (35 * 10 + half_circle) / 1e4, rel=1e-3)


def test_without_a_street_that_leaves_the_region_nothing_is_reached():
    areas, region = strip("1", None, None)
    far = lines([(250, 50), (300, 50)])
    bands = distance_band(areas, region, distances=[120, 500], streets=far)
    assert bands.geometry.is_empty.all()
    assert (bands.geometry.geom_type == "MultiPolygon").all()
    inside = distance_band(areas, region, distances=[120], streets=lines([(10, 10), (20, 20)]))
    assert inside["hectares"].tolist() == [0.0]


def test_regions_that_face_each_other_share_what_is_near_to_both():
    areas, region = strip("1", None, "2", None, "3")
    links = link_zones(areas, region, distance=80)
    # Between cores 100 m apart, zones of 80 m have 60 m in common; 1 and 3 are 300 m apart.
    assert links[["region_id", "neighbour_id"]].to_numpy().tolist() == [["1", "2"], ["2", "3"]]
    assert links["distance_between"].tolist() == [100, 100]
    assert links["shared_border"].tolist() == [0, 0]
    assert links["hectares"].tolist() == pytest.approx([0.6, 0.6])
    assert links.geometry.iloc[0].bounds == pytest.approx((120, 0, 180, 100))


def test_regions_that_are_too_far_apart_have_no_link():
    areas, region = strip("1", None, None, "2")
    links = link_zones(areas, region, distance=90)
    assert links.empty
    assert links.crs == areas.crs
    assert link_zones(areas, pd.Series(None, areas.index, dtype="string"), distance=90).empty


def test_regions_that_touch_are_linked_by_their_border():
    areas, region = strip("1", "2")
    links = link_zones(areas, region, distance=50)
    assert links[["distance_between", "shared_border", "hectares"]].to_numpy().tolist() == [[0.0, 100.0, 0.0]]
    assert links.geometry.iloc[0].is_empty


def test_a_link_along_streets_needs_a_street_between_the_regions():
    areas, region = strip("1", None, "2")
    joined = link_zones(areas, region, distance=60, streets=lines([(50, 50), (250, 50)]), access=10)
    # Reached from the west up to x = 160, from the east down to x = 140, each with half a circle of 10 m: 20 m × 20 m
    # and the two half circles.
    assert joined["hectares"].tolist() == pytest.approx([(400 + math.pi * 100) / 1e4], rel=5e-3)
    apart = lines([(50, 50), (140, 50)], [(160, 50), (250, 50)])
    assert link_zones(areas, region, distance=60, streets=apart, access=5).empty


@pytest.mark.parametrize("distances", [[], [0.0], [-1.0, 5.0], [np.inf], 100, ["far"]])
def test_distances_that_are_none_are_refused(distances):
    areas, region = strip("1", None)
    with pytest.raises(ParameterError, match="distances is"):
        distance_band(areas, region, distances=distances)


def test_streets_that_do_not_fit_are_refused():
    areas, region = strip("1", None)
    street = lines([(50, 50), (150, 50)])
    with pytest.raises(CrsError, match="areas in EPSG:25833 and lines in EPSG:25832"):
        distance_band(areas, region, distances=[10], streets=street.set_crs(25832, allow_override=True))
    with pytest.raises(GeometryError, match="not a line"):
        distance_band(areas, region, distances=[10], streets=areas)
    with pytest.raises(ParameterError, match="access is 0"):
        distance_band(areas, region, distances=[10], streets=street, access=0)
    with pytest.raises(CrsError, match="needs a projected CRS"):
        link_zones(areas.to_crs(4326), region, distance=10)


@settings(max_examples=15, deadline=None)
@example(2716)  # an outline drawn from another corner: its buffer was 3 m² larger
@given(st.integers(0, 2**32 - 1))
def test_bands_are_disjoint_lie_in_the_city_and_do_not_depend_on_the_order_of_the_rows(seed):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (30, 2))), extend_to=frame)
    areas = gpd.GeoSeries(list(shapely.get_parts(cells)), crs=25833).clip(frame).sort_index()
    areas.index = [f"{i:02d}" for i in range(len(areas))]
    region = pd.Series(rng.choice(["1", "2", None], len(areas), p=[0.2, 0.2, 0.6]), areas.index)
    bands = distance_band(areas, region, distances=[60, 200])
    open_ground = shapely.union_all(areas[region.isna()].to_numpy())
    for _, rings in bands.groupby("region_id"):
        whole = shapely.union_all(rings.geometry.to_numpy())
        assert whole.area == pytest.approx(rings.area.sum(), abs=1)
        assert shapely.difference(whole, open_ground).area < 1
    order = rng.permutation(len(areas))
    turned = distance_band(areas.iloc[order], region, distances=[60, 200])
    pd.testing.assert_series_equal(turned["hectares"], bands["hectares"], atol=1e-6)


@pytest.mark.skipif(
    not LEIPZIG.is_dir(), reason="the real data ../shared/data/leipzig-ortsteile are not here"
)
def test_gruenau_and_leipzigs_west_share_a_zone_between_them():
    areas = gpd.read_file(LEIPZIG / "ortsteile.gpkg", layer="ortsteile")
    areas = areas[areas["level"] == "ortsteil"].set_index("ortsteil_nr").geometry.to_crs(25833)
    region = pd.Series(None, index=areas.index, dtype="string")
    region[["60", "61", "62", "63", "64", "65"]] = "Grünau"
    region[["50", "51", "52", "70", "71", "72"]] = "Leipziger Westen"
    links = link_zones(areas, region, distance=500)
    assert links[["region_id", "neighbour_id"]].to_numpy().tolist() == [["Grünau", "Leipziger Westen"]]
    # They have 4.4 km of border with each other; what is near to both lies at the two ends of it.
    assert links["distance_between"].tolist() == [0.0]
    assert links["shared_border"].tolist() == pytest.approx([4367], abs=1)
    assert links["hectares"].tolist() == pytest.approx([72.4], abs=0.1)
    apart = region.where(~areas.index.isin(["60", "61", "72", "52"]))
    link = link_zones(areas, apart, distance=1500)
    assert link["distance_between"].iloc[0] > 100
    assert link["hectares"].iloc[0] > 100


def test_no_region_has_no_band():
    areas, _ = strip("1", None)
    bands = distance_band(areas, pd.Series(None, areas.index, dtype="string"), distances=[10])
    assert bands.columns.tolist() == ["region_id", "near", "far", "hectares", "geometry"]
    assert (len(bands), bands.crs) == (0, areas.crs)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_walked_is_no_further_than_straight_and_the_order_of_the_streets_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    areas, region = strip("1", None, None, None, None)
    ways = lines(*(rng.integers(0, 25, (4, 2)) * [20, 4] for _ in range(8)))
    walked = distance_band(areas, region, distances=[80, 160], streets=ways, access=15)
    core = areas.iloc[0]
    for _, one in walked.iterrows():
        # Chords lie up to half a per cent inside the circle, so nothing reaches beyond.
        assert (
            shapely.difference(one.geometry, shapely.buffer(core, one["far"] + 15, quad_segs=64)).area < 0.1
        )
    turned = distance_band(areas, region, distances=[80, 160], streets=ways.iloc[::-1].reverse(), access=15)
    assert turned["hectares"].tolist() == pytest.approx(walked["hectares"].tolist(), abs=1e-6)
