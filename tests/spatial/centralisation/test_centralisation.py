"""Is a group nearer to the centre than the land, or than the others?"""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPoint, Point, box

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError
from spatial.segregation import bootstrap
from spatial.segregation.territory.centralisation import absolute_centralisation, relative_centralisation
from spatial.segregation.territory.local_centralisation import local_relative_centralisation

RULES = ("population_mean", "mean", "median", "most_populous", "densest")


def squares(*corners, crs=25833):
    return gpd.GeoSeries(
        [box(x, y, x + 1, y + 1) for x, y in corners],
        index=[f"{i:02d}" for i in range(len(corners))],
        crs=crs,
    )


def test_ace_of_three_areas_in_a_row(in_a_row, counts):
    # From the centre: group 6/9, 9/9, 9/9; land 1/3, 2/3, 3/3.
    # (6/9 · 2/3 + 9/9 · 3/3) - (9/9 · 1/3 + 9/9 · 2/3) = 4/9.
    value = absolute_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=in_a_row, centre=(0, 0))
    assert value == pytest.approx(4 / 9)


def test_rce_of_three_areas_in_a_row(in_a_row, counts):
    # Group 6/9, 9/9, 9/9; rest 4/21, 11/21, 21/21.
    # (6/9 · 11/21 + 9/9 · 21/21) - (9/9 · 4/21 + 9/9 · 11/21) = 40/63.
    value = relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=in_a_row, centre=(0, 0))
    assert value == pytest.approx(40 / 63)


def test_land_of_other_sizes(counts, places):
    # Land 1/6, 3/6, 6/6: (2/3 · 1/2 + 1) - (1/6 + 1/2).
    land = places([0, 1, 2], size=[1, 2, 3])
    value = absolute_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=land, centre=(0, 0))
    assert value == pytest.approx(4 / 3 - 2 / 3)


def test_uninhabited_land_counts_only_when_it_is_wanted(in_a_row, counts):
    group, total = counts(6, 0, 3), counts(10, 0, 10)
    without = absolute_centralisation(group, total, geometry=in_a_row, centre=(0, 0))
    # Group 2/3, 1; land 1/2, 1: 2/3 - 1/2.
    assert without == pytest.approx(1 / 6)
    # Group 2/3, 2/3, 1; land 1/3, 2/3, 1: (2/3 · 2/3 + 2/3) - (2/3 · 1/3 + 2/3).
    kept = absolute_centralisation(group, total, geometry=in_a_row, centre=(0, 0), uninhabited="keep")
    assert kept == pytest.approx(2 / 9)


@pytest.mark.parametrize(
    "centre",
    [
        (0, 0),
        [0.0, 0.0],
        np.array([0.0, 0.0]),
        Point(0, 0),
        [Point(0, 0)],
        gpd.GeoSeries([Point(0, 0)], crs=25833),
    ],
    ids=["tuple", "list", "array", "point", "points", "series"],
)
def test_a_centre_is_given_in_many_ways(in_a_row, counts, centre):
    value = relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=in_a_row, centre=centre)
    assert value == pytest.approx(40 / 63)


@pytest.mark.parametrize(
    "centres",
    [
        [(0, 0), (3, 0)],
        np.array([[0.0, 0.0], [3.0, 0.0]]),
        MultiPoint([(0, 0), (3, 0)]),
        [Point(0, 0), Point(3, 0)],
        gpd.GeoSeries([Point(0, 0), Point(3, 0)], crs=25833),
    ],
    ids=["pairs", "array", "multipoint", "points", "series"],
)
def test_of_several_centres_the_nearest_counts(counts, places, centres):
    # At 0 and 3 there are 8 of the group and 12 others, at 1 and 2 one and 19: 8/9 · 31/31 - 9/9 · 12/31.
    row = places([0, 1, 2, 3])
    group, total = counts(5, 1, 0, 3), counts(10, 10, 10, 10)
    value = relative_centralisation(group, total, geometry=row, centre=centres)
    assert value == pytest.approx(8 / 9 - 12 / 31)
    # Land: half of it at each distance.
    value = absolute_centralisation(group, total, geometry=row, centre=centres)
    assert value == pytest.approx(8 / 9 - 1 / 2)


@pytest.mark.parametrize(
    ("rule", "centre"),
    [
        # Residents 10, 20, 10 and 40 at x = 0, 1, 2 and 8, on 1, 1, 1 and 8 m².
        ("population_mean", (0 + 20 + 20 + 320) / 80),
        ("mean", 11 / 4),
        ("median", 3 / 2),
        ("most_populous", 8),
        ("densest", 1),
    ],
)
def test_a_centre_is_found_by_rule(counts, places, rule, centre):
    land = places([0, 1, 2, 8], [3, 3, 3, 3], [1, 1, 1, 8])
    group, total = counts(6, 3, 1, 5), counts(10, 20, 10, 40)
    for function in (relative_centralisation, absolute_centralisation):
        found = function(group, total, geometry=land, centre=rule)
        assert found == pytest.approx(function(group, total, geometry=land, centre=(centre, 3)))


@pytest.mark.parametrize("rule", ["most_populous", "densest"])
def test_of_several_densest_areas_the_first_by_id_is_the_centre(in_a_row, counts, rule):
    # PySAL takes the mean of their places, where perhaps nobody lives.
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    for order in (["00", "01", "02"], ["02", "01", "00"]):
        value = relative_centralisation(group[order], total[order], geometry=in_a_row, centre=rule)
        assert value == pytest.approx(40 / 63)


def test_nobody_lives_at_the_centre_of_empty_areas(in_a_row, counts, places):
    # The empty area far off is no part of the mean.
    row = places([0, 1, 2, 99])
    group, total = counts(6, 3, 0, 0), counts(10, 10, 10, 0)
    for rule in RULES:
        value = relative_centralisation(group, total, geometry=row, centre=rule)
        expected = relative_centralisation(group[:3], total[:3], geometry=in_a_row, centre=rule)
        assert value == pytest.approx(expected)


def test_areas_at_one_distance_are_one_ring_unless_ids_decide(in_a_row, counts):
    # From the middle: group 3 of 9, then 6 and 0 of 9 at the same distance; rest 7, 4 and 10 of 21.
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    together = relative_centralisation(group, total, geometry=in_a_row, centre=(1, 0))
    assert together == pytest.approx(3 / 9 * 21 / 21 - 9 / 9 * 7 / 21)
    one_by_one = relative_centralisation(group, total, geometry=in_a_row, centre=(1, 0), ties="area_id")
    # (3/9 · 11/21 + 9/9 · 21/21) - (9/9 · 7/21 + 9/9 · 11/21)
    assert one_by_one == pytest.approx(3 / 9 * 11 / 21 + 1 - 7 / 21 - 11 / 21)


def test_pysal_trap_ties_hang_on_the_order_of_the_rows():
    rng = np.random.default_rng(1)
    corners = [(x, y) for x in range(3) for y in range(3)]
    block = squares(*corners)
    group = pd.Series(rng.integers(0, 9, 9), index=block.index)
    total = group + rng.integers(0, 9, 9)
    for ties in ("together", "area_id"):
        for order in (block.index[::-1], block.index[rng.permutation(9)]):
            for function in (absolute_centralisation, relative_centralisation):
                value = function(group, total, geometry=block, centre=(1.5, 1.5), ties=ties)
                again = function(group[order], total[order], geometry=block, centre=(1.5, 1.5), ties=ties)
                assert again == pytest.approx(value, abs=1e-15)


def test_float_noise_makes_no_rings(counts, places):
    # Far from the origin two areas east and west of the centre are not exactly at the same distance.
    row = places([500_000.1, 500_100.3, 500_200.5], [5_700_000.7] * 3)
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    value = relative_centralisation(group, total, geometry=row, centre=(500_100.3, 5_700_000.7))
    assert value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        # Of the first two areas: group 6/9, rest 4/11.
        ({"radius": 1.0}, 6 / 9 - 4 / 11),
        ({"rings": 1}, 6 / 9 - 4 / 11),
        # One ring alone is equally central for all.
        ({"rings": 0}, 0.0),
        ({"radius": 0.0}, 0.0),
        ({"rings": 7}, 40 / 63),
        ({"radius": 1e6}, 40 / 63),
    ],
)
def test_only_the_surroundings_of_the_centre(in_a_row, counts, options, value):
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    found = relative_centralisation(group, total, geometry=in_a_row, centre=(0, 0), **options)
    assert found == pytest.approx(value)


def test_rings_are_counted_where_people_live(counts, places):
    group, total = counts(6, 0, 3, 0), counts(10, 0, 10, 10)
    found = relative_centralisation(group, total, geometry=places([0, 1, 2, 3]), centre=(0, 0), rings=1)
    assert found == pytest.approx(6 / 9 - 4 / 11)


@pytest.mark.parametrize("group", [(0, 0, 0), (10, 10, 10)], ids=["nobody", "everybody"])
def test_pysal_trap_an_absent_group_is_not_evenly_central(in_a_row, counts, group):
    for rule in (*RULES, (0, 0)):
        value = relative_centralisation(counts(*group), counts(10, 10, 10), geometry=in_a_row, centre=rule)
        assert math.isnan(value)
    absolute = absolute_centralisation(counts(*group), counts(10, 10, 10), geometry=in_a_row, centre=(0, 0))
    assert math.isnan(absolute) if not group[0] else absolute == pytest.approx(0)
    # Nobody of the rest lives within the radius.
    value = relative_centralisation(
        counts(10, 0, 0), counts(10, 10, 10), geometry=in_a_row, centre=(0, 0), radius=0.5
    )
    assert math.isnan(value)


def test_a_city_without_anybody_has_no_value(in_a_row, counts):
    for rule in RULES:
        nobody = counts(0, 0, 0)
        assert math.isnan(relative_centralisation(nobody, nobody, geometry=in_a_row, centre=rule))
        assert math.isnan(absolute_centralisation(nobody, nobody, geometry=in_a_row, centre=rule))


def test_one_area_is_its_own_centre(counts, places):
    one = places([5])
    assert relative_centralisation(counts(3), counts(10), geometry=one) == 0
    assert absolute_centralisation(counts(3), counts(10), geometry=one) == 0


@pytest.mark.parametrize(
    ("centre", "reason"),
    [
        ("cathedral", "one of population_mean"),
        ((1.0, 2.0, 3.0), "one pair of finite coordinates"),
        ((math.nan, 0.0), "one pair of finite coordinates"),
        ([], "centre is"),
        (Point(), "one pair of finite coordinates"),
        (LineString([(0, 0), (1, 1)]), "points"),
        (("a", "b"), "a point, or coordinates"),
        (None, "a point, or coordinates|one pair"),
    ],
)
def test_a_centre_that_is_none_is_refused(in_a_row, counts, centre, reason):
    with pytest.raises(ParameterError, match=reason):
        relative_centralisation(counts(1, 2, 3), counts(5, 5, 5), geometry=in_a_row, centre=centre)


def test_a_centre_on_another_map_is_refused(counts, places):
    block = squares((0, 0), (1, 0))
    group, total = counts(1, 2), counts(3, 3)
    elsewhere = gpd.GeoSeries([Point(0, 0)], crs=25832)
    reason = "'in ETRS89 / UTM zone 32N', expected coordinates in the CRS of the areas, ETRS89 / UTM zone 33N"
    with pytest.raises(ParameterError, match=reason):
        absolute_centralisation(group, total, geometry=block, centre=elsewhere)
    with pytest.raises(ParameterError, match=reason):
        bootstrap(
            "relative_centralisation",
            group,
            total=total,
            geometry=block,
            centre=elsewhere,
            rng=1,
            replicates=2,
        )
    with pytest.raises(CrsError):
        relative_centralisation(group, total, geometry=places([0, 1]), centre=elsewhere.to_crs(4326))


@pytest.mark.parametrize(
    ("function", "options", "reason"),
    [
        (absolute_centralisation, {"ties": "never"}, "ties is 'never'"),
        (absolute_centralisation, {"uninhabited": "drop"}, "uninhabited is 'drop'"),
        (relative_centralisation, {"ties": "never"}, "ties is 'never'"),
        (relative_centralisation, {"radius": -1.0}, "radius is -1"),
        (relative_centralisation, {"radius": math.nan}, "radius is nan"),
        (relative_centralisation, {"rings": -1}, "rings is -1"),
        (relative_centralisation, {"rings": 1.5}, "rings is 1.5"),
        (local_relative_centralisation, {"ties": "never"}, "ties is 'never'"),
        (local_relative_centralisation, {"neighbours": 0}, "neighbours is 0"),
        (local_relative_centralisation, {"neighbours": 1.5}, "neighbours is 1.5"),
    ],
)
def test_wrong_options_are_refused(in_a_row, counts, function, options, reason):
    with pytest.raises(ParameterError, match=reason):
        function(counts(1, 2, 3), counts(5, 5, 5), geometry=in_a_row, **options)


def test_other_wrong_input_is_refused(in_a_row, counts):
    group, total = counts(1, 2), counts(3, 3)
    points = gpd.GeoSeries([Point(0, 0), Point(1, 1)], index=group.index, crs=25833)
    with pytest.raises(GeometryError, match="needs the size"):
        absolute_centralisation(group, total, geometry=points)
    with pytest.raises(GeometryError, match="needs the size"):
        relative_centralisation(group, total, geometry=points, centre="densest")
    assert relative_centralisation(group, total, geometry=points, centre=(0, 0)) == pytest.approx(
        1 / 3 - 2 / 3
    )
    for function in (absolute_centralisation, relative_centralisation, local_relative_centralisation):
        with pytest.raises(CrsError, match="EPSG:4326"):
            function(group, total, geometry=squares((0, 0), (1, 0), crs=4326))
        with pytest.raises(AlignmentError):
            function(group, total, geometry=in_a_row)
        with pytest.raises(CountsError, match="above total"):
            function(total, group, geometry=squares((0, 0), (1, 0)))
