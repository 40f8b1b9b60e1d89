"""A street as a chain of segments with their need: worked streets, crossings, rings, and a street through Leipzig."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, box

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError, propose
from spatial.regions.corridor import segment_need, street_segments


def city(*shapes):
    shapes = shapes or (box(0, 0, 2000, 2000),)
    return gpd.GeoSeries(list(shapes), index=[f"{i:02d}" for i in range(len(shapes))], crs=25833)


def lines(**points):
    shapes = [LineString(one) if isinstance(one, list) else one for one in points.values()]
    return gpd.GeoSeries(shapes, index=list(points), crs=25833)


def pairs(found):
    return found.graph.edges()[["area_id", "neighbour_id"]].to_numpy().tolist()


def test_a_straight_street_is_cut_into_equal_rectangles():
    # 1000 m by about 300: three of 333.3 m, each 2 x 50 m wide.
    found = street_segments(lines(street=[(200, 500), (1200, 500)]), length=300, width=50, areas=city())
    assert found.segments.index.tolist() == ["1", "2", "3"]
    assert found.segments["length"].tolist() == pytest.approx([1000 / 3] * 3)
    assert found.segments.area.tolist() == pytest.approx([100_000 / 3] * 3)
    assert found.graph.edges().to_numpy().tolist() == [["1", "2", 100.0], ["2", "3", 100.0]]
    assert found.segments["line_id"].tolist() == ["street"] * 3
    assert found.outside == 0
    assert found.segments.crs == 25833


def test_a_street_shorter_than_half_a_segment_is_one():
    found = street_segments(lines(street=[(200, 500), (240, 500)]), length=300, width=50, areas=city())
    assert found.segments.area.tolist() == pytest.approx([4000])
    assert len(found.graph.border) == 0


def test_segments_follow_a_bend_without_overlap():
    bent = lines(street=[(200, 500), (700, 500), (700, 1000)])
    found = street_segments(bent, length=250, width=40, areas=city())
    ground = found.segments.geometry
    # Two arms of 500 m x 80 m, which overlap inside the bend in 40 x 40 m and leave a quarter of a circle outside.
    assert ground.area.sum() == pytest.approx(2 * 40_000 - 1600 + np.pi * 1600 / 4, rel=2e-3)
    assert ground.union_all().area == pytest.approx(ground.area.sum())
    assert pairs(found) == [["1", "2"], ["2", "3"], ["3", "4"]]


def test_streets_that_meet_branch_there():
    # The side street leaves the middle of the main street: three arms of 500 m, each in two.
    found = street_segments(
        lines(main=[(0, 500), (1000, 500)], side=[(500, 500), (500, 1000)]),
        length=250,
        width=40,
        areas=city(),
    )
    assert len(found.segments) == 6
    assert found.segments["line_id"].value_counts().to_dict() == {"main": 4, "side": 2}
    # Three chains of two, and all three arms meet at the junction.
    assert len(pairs(found)) == 3 + 3
    assert found.graph.components().max() == 0
    assert found.segments.union_all().area == pytest.approx(found.segments.area.sum())


def test_a_ring_closes():
    ring = lines(ring=shapely.Point(1000, 1000).buffer(400, quad_segs=32).exterior)
    found = street_segments(ring, length=500, width=30, areas=city())
    # 2 pi 400 = 2513 m: five segments in a circle.
    assert len(found.segments) == 5
    assert len(pairs(found)) == 5
    assert np.bincount(np.r_[found.graph.first, found.graph.second]).tolist() == [2] * 5
    whole = found.segments.union_all()
    assert len(shapely.get_rings(whole)) == 2  # a doughnut stays a doughnut


def test_a_loop_stays_connected_where_it_leaves_the_street():
    # 600 m of street that ends in a loop of 4 x 200 m, which lies to the west of the junction.
    loop = [(1400, 500), (800, 500), (800, 700), (600, 700), (600, 500), (800, 500)]
    found = street_segments(lines(street=loop), length=300, width=30, areas=city())
    assert len(found.segments) == 5
    assert found.graph.components().max() == 0
    # The street has two segments, the loop three in a circle; both ends of the loop meet the street.
    assert len(pairs(found)) == 1 + 3 + 2


def test_parts_of_a_street_that_do_not_meet_stay_apart_and_are_counted():
    two = lines(street=MultiLineString([[(0, 500), (400, 500)], [(500, 500), (900, 500)]]))
    found = street_segments(two, length=200, width=40, areas=city())
    assert pairs(found) == [["1", "2"], ["3", "4"]]
    assert "2 connected pieces" in repr(found)


def test_segments_end_where_the_city_ends():
    # The city begins at x = 1000; of 4 x 250 m two lie outside, and half of the width lies below y = 0.
    found = street_segments(
        lines(street=[(500, 0), (1500, 0)]), length=250, width=50, areas=city(box(1000, 0, 2000, 2000))
    )
    assert found.segments.area.tolist() == pytest.approx([12_500, 12_500])
    assert found.outside == pytest.approx(500)
    assert "500 m outside" in repr(found)


def test_a_street_that_is_a_gap_between_blocks_has_ground_on_both_sides():
    blocks = city(box(0, 0, 1000, 490), box(0, 510, 1000, 1000))
    found = street_segments(lines(street=[(0, 500), (1000, 500)]), length=500, width=50, areas=blocks)
    assert found.segments.area.tolist() == pytest.approx([500 * 80] * 2)


def test_need_is_the_mean_over_the_residents_in_the_segment():
    areas = city(box(0, 0, 100, 100), box(100, 0, 200, 100))
    segments = gpd.GeoSeries([box(50, 0, 200, 100), box(0, 0, 50, 100)], index=["1", "2"], crs=25833)
    need, people = pd.Series([3.0, 1.0], areas.index), pd.Series([200, 300], areas.index)
    table = segment_need(segments, areas, need, people)
    # Half of the first area's 200 with need 3 and all 300 of the second with need 1: (300 + 300) / 400.
    assert table["need"].tolist() == pytest.approx([1.5, 3.0])
    assert table["population"].tolist() == pytest.approx([400, 100])
    assert table["unknown"].tolist() == [0, 0]


def test_missing_need_is_left_out_of_the_mean_and_counted():
    areas = city(box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100))
    segments = gpd.GeoSeries([box(0, 0, 200, 100), box(200, 0, 300, 100)], index=["1", "2"], crs=25833)
    need, people = pd.Series([3.0, None, None], areas.index), pd.Series([200, 300, 0], areas.index)
    table = segment_need(segments, areas, need, people)
    assert table.loc["1"].tolist() == [3.0, 500.0, 300.0]
    assert np.isnan(table.loc["2", "need"])  # nobody lives there: no mean, not 0
    assert table.loc["2", "population"] == 0


def test_the_needy_middle_of_a_street_becomes_a_linear_priority_area():
    areas = city(box(0, 0, 600, 400), box(600, 0, 1200, 400), box(1200, 0, 1800, 400))
    need, people = pd.Series([0.2, 1.8, 0.4], areas.index), pd.Series([2400, 2400, 2400], areas.index)
    street = street_segments(lines(street=[(0, 200), (1800, 200)]), length=200, width=50, areas=areas)
    table = segment_need(street.segments, areas, need, people)
    # A segment has 200 x 100 of the 600 x 400 square metres of an area, and so 200 of its residents.
    assert table["population"].tolist() == pytest.approx([200] * 9)
    found = propose(table["need"], table["population"], street.graph, threshold=1.0, border_price=0.2)
    assert found.region.isna().tolist() == [True] * 3 + [False] * 3 + [True] * 3


def test_the_need_of_segments_with_other_areas_or_counts_is_refused():
    areas = city(box(0, 0, 100, 100), box(100, 0, 200, 100))
    segments = gpd.GeoSeries([box(50, 0, 200, 100)], index=["1"], crs=25833)
    need, people = pd.Series([3.0, 1.0], areas.index), pd.Series([200, 300], areas.index)
    with pytest.raises(CrsError, match="areas in EPSG:25833 and segments in EPSG:25832"):
        segment_need(segments.to_crs(25832), areas, need, people)
    with pytest.raises(AlignmentError, match="need has no row"):
        segment_need(segments, areas, need.iloc[:1], people)
    with pytest.raises(CountsError, match="population missing, infinite or negative in 1"):
        segment_need(segments, areas, need, people.where(people > 200))
    with pytest.raises(CountsError, match="population missing, infinite or negative in 2"):
        segment_need(segments, areas, need, -people)
    with pytest.raises(CountsError, match="need infinite"):
        segment_need(segments, areas, need * np.inf, people)


@pytest.mark.parametrize(
    ("length", "width"), [(0, 50), (-1, 50), (np.nan, 50), (200, 0), (200, np.inf), ("long", 5)]
)
def test_wrong_sizes_are_refused(length, width):
    with pytest.raises(ParameterError, match=r"(length|width) is"):
        street_segments(lines(street=[(0, 0), (9, 9)]), length=length, width=width, areas=city())


def test_wrong_streets_are_refused():
    street = lines(street=[(200, 500), (1200, 500)])
    options = {"length": 200, "width": 50, "areas": city()}
    with pytest.raises(GeometryError, match="street outside the city"):
        street_segments(lines(street=[(5000, 0), (6000, 0)]), **options)
    with pytest.raises(CrsError, match="areas in EPSG:25833 and lines in EPSG:25832"):
        street_segments(street.to_crs(25832), **options)
    with pytest.raises(CrsError, match="EPSG:4326"):
        street_segments(street.to_crs(4326), **options)
    with pytest.raises(GeometryError, match="no line at all"):
        street_segments(street.iloc[:0], **options)
    with pytest.raises(AlignmentError, match="more than once"):
        street_segments(pd.concat([street, street]), **options)


@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 5), st.floats(80, 600), st.floats(20, 120)
)
def test_segments_never_overlap_and_cover_the_corridor_whatever_the_order(
    seed, n_lines, n_points, length, width
):
    rng = np.random.default_rng(seed)
    ends = rng.uniform(200, 1800, (n_lines, n_points, 2)).round(1)
    streets = gpd.GeoSeries(shapely.linestrings(ends), index=[f"s{i}" for i in range(n_lines)], crs=25833)
    areas = city(box(0, 0, 1000, 2000), box(1000, 0, 2000, 2000))
    found = street_segments(streets, length=length, width=width, areas=areas)
    ground = found.segments.geometry
    assert ground.is_valid.all()
    assert ground.union_all().area == pytest.approx(ground.area.sum(), rel=1e-6)
    assert found.segments["length"].sum() == pytest.approx(streets.union_all().length, abs=0.1)
    assert (found.segments["length"] < 1.5 * length + 0.01).all()
    connected = shapely.get_parts(shapely.union_all(shapely.buffer(streets.to_numpy(), 1e-3)))
    assert found.graph.components().max() + 1 == len(connected)
    people = pd.Series([5000.0, 3000.0], areas.index)
    table = segment_need(ground, areas, people / 1000, people)
    on_the_corridor = [5000 * areas.iloc[0].intersection(ground.union_all()).area / areas.iloc[0].area]
    on_the_corridor += [3000 * areas.iloc[1].intersection(ground.union_all()).area / areas.iloc[1].area]
    assert table["population"].sum() == pytest.approx(sum(on_the_corridor), rel=1e-6)
    assert table["need"].dropna().between(3 - 1e-9, 5 + 1e-9).all()
    turned = gpd.GeoSeries(shapely.reverse(streets.to_numpy()[::-1]), index=streets.index[::-1], crs=25833)
    again = street_segments(turned, length=length, width=width, areas=areas.iloc[::-1])
    assert again.segments.area.tolist() == pytest.approx(ground.area.tolist(), rel=1e-6)
    assert pairs(again) == pairs(found)


def test_a_street_through_four_districts_of_leipzig(leipzig_folder):
    frame = gpd.read_file(leipzig_folder / "ortsteile.gpkg", layer="ortsteile")
    areas = frame[frame["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)
    # No street is in the data: a straight line through the districts that Georg-Schumann-Straße runs through.
    middle = [areas.geometry[name].representative_point() for name in ("91", "90", "80", "81")]
    street = lines(through=[(point.x, point.y) for point in middle])
    found = street_segments(street, length=300, width=100, areas=areas)
    assert found.segments["length"].between(250, 350).all()
    assert found.outside == 0
    assert len(found.graph.border) == len(found.segments) - 1
    people = pd.Series(10_000, areas.index)
    table = segment_need(found.segments, areas, pd.Series(1.0, areas.index), people)
    assert table["need"].tolist() == pytest.approx([1.0] * len(table))
    assert 0 < table["population"].sum() < 40_000
