"""Distances to facilities and who is near enough: by hand, and what must hold for any streets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError
from spatial.access import (
    joined_at_crossings,
    place_points,
    reached_share,
    straight_distance,
    street_distance,
)

CRS = 25833


def at(*points, ids=None, crs=CRS):
    return gpd.GeoSeries([shapely.Point(point) for point in points], index=ids, crs=crs)


def lines(*coordinates, crs=CRS):
    return gpd.GeoSeries([shapely.LineString(line) for line in coordinates], crs=crs)


def town(blocks=3, step=100.0):
    """Streets every 100 m both ways, with a vertex at every crossing."""
    ticks = np.arange(blocks + 1) * step
    across = [np.column_stack([ticks, np.full(len(ticks), tick)]) for tick in ticks]
    return lines(*across, *(street[:, ::-1] for street in across))


def ways(places, facilities, streets):
    return street_distance(places, facilities, streets).metres.tolist()


def test_a_straight_line_ends_at_the_edge_of_a_park_and_is_nothing_inside():
    park = gpd.GeoSeries([shapely.box(0, 0, 10, 10)], crs=CRS)
    assert straight_distance(at((5, 5), (13, 14)), park).tolist() == [0.0, 5.0]  # 3, 4, 5


def test_in_a_town_of_squares_the_way_is_the_sum_of_both_directions():
    # School at the corner (0, 0). Home in the middle of a street, at (200, 150), 10 m beside it:
    # 10 m to the street, 150 m down, 200 m along.
    assert ways(at((210, 150)), at((0, 0)), town()) == [360.0]


def test_a_home_and_a_school_on_the_same_piece_of_street_need_no_crossing():
    # 30 and 70 m along a piece of 100 m, 5 and 2 m beside it.
    assert ways(at((30, 5)), at((70, -2)), lines([(0, 0), (100, 0)])) == [47.0]


def test_the_nearest_school_on_foot_need_not_be_the_nearest_in_a_straight_line():
    # A river without a bridge between y = 0 and y = 50: the school beyond it is 50 m away, and 650 on foot.
    banks = lines([(0, 0), (300, 0), (300, 50), (0, 50)], [(0, 0), (-200, 0)])
    beyond, here = (0, 50), (-200, 0)
    assert ways(at((0, 0)), at(beyond), banks) == [650.0]
    assert ways(at((0, 0)), at(beyond, here), banks) == [200.0]


def test_a_place_on_a_street_that_leads_nowhere_is_told_as_unreachable():
    found = street_distance(
        at((0, 5), (0, 505), ids=["00", "01"]),
        at((100, 0)),
        lines([(0, 0), (100, 0)], [(0, 500), (100, 500)]),
    )
    assert found.metres.to_dict() == {"00": 105.0, "01": np.inf}
    assert found.walk_in.tolist() == [5.0, 5.0]
    assert (found.unreachable, repr(found)[:46]) == (1, "StreetDistance(2 places, 1 without a way, 1 fa")


def test_a_park_is_entered_wherever_a_street_meets_it():
    # The street runs from 0 to 400, the park covers 100 to 200 of it; the home at 250 is 50 m from its edge, the one at 150
    # is in it, the one at 0 has 100 m to the other edge.
    park = gpd.GeoSeries([shapely.box(100, -50, 200, 50)], crs=CRS)
    street = lines([(0, 0), (400, 0)])
    assert ways(at((0, 0), (150, 0), (250, 0)), park, street) == [100.0, 0.0, 50.0]


def test_a_facility_with_two_entrances_is_reached_by_the_nearer_one():
    gates = gpd.GeoSeries([shapely.MultiPoint([(0, 0), (300, 0)])], crs=CRS)
    assert ways(at((250, 0)), gates, lines([(0, 0), (300, 0)])) == [50.0]


def test_streets_that_cross_without_a_vertex_meet_only_when_asked():
    cross = lines([(0, 50), (100, 50)], [(50, 0), (50, 100)])
    home, school = at((0, 50)), at((50, 100))
    assert ways(home, school, cross) == [np.inf]
    assert ways(home, school, joined_at_crossings(cross)) == [100.0]


def test_exactly_the_limit_is_within_it_and_a_millimetre_more_is_not():
    distance = pd.Series([300.0, 300.0 + 1e-9, 300.001], index=["00", "01", "02"])
    assert reached_share(distance, 300).tolist() == [1.0, 1.0, 0.0]


def test_points_all_over_an_area_say_how_much_of_it_is_near():
    # 100 m by 40 m with points every 20 m: columns 20, 40, 60, 80 and the row 20. Two are within 50 m of (0, 20).
    areas = gpd.GeoSeries([shapely.box(0, 0, 100, 40)], index=["00"], crs=CRS)
    places = place_points(areas, spacing=20)
    assert len(places) == 4
    assert reached_share(straight_distance(places, at((0, 20))), 50).to_dict() == {"00": 0.5}


def test_an_area_smaller_than_the_grid_has_one_point_and_it_lies_inside():
    hook = shapely.Polygon([(1, 1), (9, 1), (9, 2), (2, 2), (2, 9), (1, 9)])  # its centroid lies outside
    areas = gpd.GeoSeries([hook], index=["00"], crs=CRS)
    for spacing in (None, 100):
        [point] = place_points(areas, spacing=spacing)
        assert hook.contains(point)


def test_inputs_that_cannot_be_measured_are_refused_with_what_to_do():
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    home, school, street = at((0, 0), ids=["00"]), at((9, 0)), lines([(0, 0), (9, 0)])
    with pytest.raises(CrsError, match="metres"):
        straight_distance(at((7, 51), crs=4326), school)
    with pytest.raises(CrsError, match="another"):
        straight_distance(home, at((0, 0), crs=25832))
    with pytest.raises(CrsError, match="another"):
        street_distance(home, school, lines([(0, 0), (9, 0)], crs=25832))
    with pytest.raises(ParameterError, match="at least one"):
        straight_distance(home, at())
    with pytest.raises(GeometryError, match="place_points"):
        straight_distance(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CRS), school)
    with pytest.raises(GeometryError, match="make_valid"):
        straight_distance(home, gpd.GeoSeries([bow], crs=CRS))
    with pytest.raises(GeometryError, match="missing or empty"):
        street_distance(home, gpd.GeoSeries([shapely.Point()], crs=CRS), street)
    with pytest.raises(ParameterError, match="with a length"):
        street_distance(home, school, lines([(0, 0), (0, 0)]))
    with pytest.raises(ParameterError, match="5,000,000"):
        place_points(gpd.GeoSeries([shapely.box(0, 0, 1e6, 1e6)], crs=CRS), spacing=1)
    with pytest.raises(ParameterError, match="metres"):
        reached_share(pd.Series([1.0]), -1)
    with pytest.raises(CountsError, match="missing or negative"):
        reached_share(pd.Series([np.nan], index=["00"]), 300)
    with pytest.raises(AlignmentError, match="area id"):
        reached_share(pd.Series([1.0], index=pd.Index([None], dtype=object)), 300)
    with pytest.raises(GeometryError, match="no line"):
        joined_at_crossings(school)


few = settings(max_examples=25, deadline=None)  # each example builds a network
spots = st.tuples(st.integers(-50, 350), st.integers(-50, 350))


@few
@given(st.lists(spots, min_size=1, max_size=8), st.lists(spots, min_size=1, max_size=4))
def test_the_way_along_streets_is_never_shorter_than_the_straight_line(homes, schools):
    on_foot = street_distance(at(*homes), at(*schools), town()).metres
    straight = straight_distance(at(*homes), at(*schools))
    assert (on_foot >= straight - 1e-9).all()


@few
@given(st.lists(spots, min_size=1, max_size=6), st.lists(spots, min_size=2, max_size=4))
def test_one_search_from_all_facilities_finds_what_a_search_from_each_finds(homes, schools):
    together = street_distance(at(*homes), at(*schools), town()).metres
    each = [street_distance(at(*homes), at(school), town()).metres for school in schools]
    assert together.tolist() == pytest.approx(pd.concat(each, axis=1).min(axis=1).tolist())


@few
@given(st.lists(spots, min_size=1, max_size=6), spots, st.permutations(range(8)))
def test_the_order_of_streets_is_irrelevant(homes, school, order):
    streets = town()
    turned = street_distance(at(*homes), at(school), streets.iloc[list(order)]).metres
    assert turned.tolist() == pytest.approx(ways(at(*homes), at(school), streets))
