"""Centralisation: worked cities, centres given and found, what must hold for any counts, traps elsewhere."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point, box

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError
from spatial.segregation import bootstrap
from spatial.segregation.places import Places
from spatial.segregation.territory.centralisation import (
    absolute_centralisation,
    prepare_absolute_centralisation,
    prepare_relative_centralisation,
    relative_centralisation,
)
from spatial.segregation.territory.local_centralisation import (
    local_relative_centralisation,
    prepare_local_relative_centralisation,
)

quick = settings(max_examples=50, deadline=None)
RULES = ("population_mean", "mean", "median", "most_populous", "densest")

# x, y, size, group, rest
areas = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(0, 30), st.integers(0, 30)
    ),
    min_size=1,
    max_size=10,
)


def places(x, y=None, size=None, index=None):
    names = pd.Index(index or [f"{i:02d}" for i in range(len(x))])
    return Places(
        area_id=names,
        x=np.array(x, dtype=float),
        y=np.zeros(len(x)) if y is None else np.array(y, dtype=float),
        size=np.ones(len(x)) if size is None else np.array(size, dtype=float),
    )


def counts(*values):
    return pd.Series(values, index=[f"{i:02d}" for i in range(len(values))], dtype=float)


def city(rows):
    x, y, size, group, rest = zip(*rows, strict=True)
    return counts(*group), counts(*group) + counts(*rest), places(x, y, size)


def squares(*corners, crs=25833):
    return gpd.GeoSeries(
        [box(x, y, x + 1, y + 1) for x, y in corners],
        index=[f"{i:02d}" for i in range(len(corners))],
        crs=crs,
    )


ROW = places([0, 1, 2])


def test_ace_of_three_areas_in_a_row():
    # From the centre: group 6/9, 9/9, 9/9; land 1/3, 2/3, 3/3.
    # (6/9 · 2/3 + 9/9 · 3/3) - (9/9 · 1/3 + 9/9 · 2/3) = 4/9.
    value = absolute_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=ROW, centre=(0, 0))
    assert value == pytest.approx(4 / 9)


def test_rce_of_three_areas_in_a_row():
    # Group 6/9, 9/9, 9/9; rest 4/21, 11/21, 21/21.
    # (6/9 · 11/21 + 9/9 · 21/21) - (9/9 · 4/21 + 9/9 · 11/21) = 40/63.
    value = relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=ROW, centre=(0, 0))
    assert value == pytest.approx(40 / 63)


def test_land_of_other_sizes():
    # Land 1/6, 3/6, 6/6: (2/3 · 1/2 + 1) - (1/6 + 1/2).
    land = places([0, 1, 2], size=[1, 2, 3])
    value = absolute_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=land, centre=(0, 0))
    assert value == pytest.approx(4 / 3 - 2 / 3)


def test_uninhabited_land_counts_only_when_it_is_wanted():
    group, total = counts(6, 0, 3), counts(10, 0, 10)
    without = absolute_centralisation(group, total, geometry=ROW, centre=(0, 0))
    # Group 2/3, 1; land 1/2, 1: 2/3 - 1/2.
    assert without == pytest.approx(1 / 6)
    # Group 2/3, 2/3, 1; land 1/3, 2/3, 1: (2/3 · 2/3 + 2/3) - (2/3 · 1/3 + 2/3).
    kept = absolute_centralisation(group, total, geometry=ROW, centre=(0, 0), uninhabited="keep")
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
def test_a_centre_is_given_in_many_ways(centre):
    value = relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=ROW, centre=centre)
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
def test_of_several_centres_the_nearest_counts(centres):
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
def test_a_centre_is_found_by_rule(rule, centre):
    land = places([0, 1, 2, 8], [3, 3, 3, 3], [1, 1, 1, 8])
    group, total = counts(6, 3, 1, 5), counts(10, 20, 10, 40)
    for function in (relative_centralisation, absolute_centralisation):
        found = function(group, total, geometry=land, centre=rule)
        assert found == pytest.approx(function(group, total, geometry=land, centre=(centre, 3)))


@pytest.mark.parametrize("rule", ["most_populous", "densest"])
def test_of_several_densest_areas_the_first_by_id_is_the_centre(rule):
    # PySAL takes the mean of their places, where perhaps nobody lives.
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    for order in (["00", "01", "02"], ["02", "01", "00"]):
        value = relative_centralisation(group[order], total[order], geometry=ROW, centre=rule)
        assert value == pytest.approx(40 / 63)


def test_nobody_lives_at_the_centre_of_empty_areas():
    # The empty area far off is no part of the mean.
    row = places([0, 1, 2, 99])
    group, total = counts(6, 3, 0, 0), counts(10, 10, 10, 0)
    for rule in RULES:
        value = relative_centralisation(group, total, geometry=row, centre=rule)
        expected = relative_centralisation(group[:3], total[:3], geometry=ROW, centre=rule)
        assert value == pytest.approx(expected)


def test_areas_at_one_distance_are_one_ring_unless_ids_decide():
    # From the middle: group 3 of 9, then 6 and 0 of 9 at the same distance; rest 7, 4 and 10 of 21.
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    together = relative_centralisation(group, total, geometry=ROW, centre=(1, 0))
    assert together == pytest.approx(3 / 9 * 21 / 21 - 9 / 9 * 7 / 21)
    one_by_one = relative_centralisation(group, total, geometry=ROW, centre=(1, 0), ties="area_id")
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


def test_float_noise_makes_no_rings():
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
def test_only_the_surroundings_of_the_centre(options, value):
    group, total = counts(6, 3, 0), counts(10, 10, 10)
    found = relative_centralisation(group, total, geometry=ROW, centre=(0, 0), **options)
    assert found == pytest.approx(value)


def test_rings_are_counted_where_people_live():
    group, total = counts(6, 0, 3, 0), counts(10, 0, 10, 10)
    found = relative_centralisation(group, total, geometry=places([0, 1, 2, 3]), centre=(0, 0), rings=1)
    assert found == pytest.approx(6 / 9 - 4 / 11)


@pytest.mark.parametrize("group", [(0, 0, 0), (10, 10, 10)], ids=["nobody", "everybody"])
def test_pysal_trap_an_absent_group_is_not_evenly_central(group):
    for rule in (*RULES, (0, 0)):
        value = relative_centralisation(counts(*group), counts(10, 10, 10), geometry=ROW, centre=rule)
        assert math.isnan(value)
    absolute = absolute_centralisation(counts(*group), counts(10, 10, 10), geometry=ROW, centre=(0, 0))
    assert math.isnan(absolute) if not group[0] else absolute == pytest.approx(0)
    # Nobody of the rest lives within the radius.
    value = relative_centralisation(
        counts(10, 0, 0), counts(10, 10, 10), geometry=ROW, centre=(0, 0), radius=0.5
    )
    assert math.isnan(value)


def test_a_city_without_anybody_has_no_value():
    for rule in RULES:
        nobody = counts(0, 0, 0)
        assert math.isnan(relative_centralisation(nobody, nobody, geometry=ROW, centre=rule))
        assert math.isnan(absolute_centralisation(nobody, nobody, geometry=ROW, centre=rule))


def test_one_area_is_its_own_centre():
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
def test_a_centre_that_is_none_is_refused(centre, reason):
    with pytest.raises(ParameterError, match=reason):
        relative_centralisation(counts(1, 2, 3), counts(5, 5, 5), geometry=ROW, centre=centre)


def test_a_centre_on_another_map_is_refused():
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
def test_wrong_options_are_refused(function, options, reason):
    with pytest.raises(ParameterError, match=reason):
        function(counts(1, 2, 3), counts(5, 5, 5), geometry=ROW, **options)


def test_other_wrong_input_is_refused():
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
            function(group, total, geometry=ROW)
        with pytest.raises(CountsError, match="above total"):
            function(total, group, geometry=squares((0, 0), (1, 0)))


def test_the_surroundings_of_every_area_in_a_row():
    # With two neighbours each: around the first 40/63 as above, around the last the same the other way round;
    # around the second 3, then 6 and 0 of the group, 7, then 4 and 10 of the rest, at distances 1 and 2.
    row = places([0, 1, 3])
    value = local_relative_centralisation(counts(6, 3, 0), counts(10, 10, 10), geometry=row, neighbours=2)
    middle = (3 * 11 - 9 * 7 + 9 * 21 - 9 * 11) / (9 * 21)
    assert value.tolist() == pytest.approx([40 / 63, middle, -40 / 63])
    assert value.index.tolist() == ["00", "01", "02"]


def test_pysal_trap_the_number_of_neighbours_counts():
    # PySAL always takes five.
    rng = np.random.default_rng(4)
    land = places(rng.uniform(0, 99, 30), rng.uniform(0, 99, 30))
    total = counts(*rng.integers(1, 20, 30))
    group = pd.Series(rng.binomial(total.astype(int), 0.4), index=total.index)
    near, far = (local_relative_centralisation(group, total, geometry=land, neighbours=k) for k in (5, 12))
    assert not near.equals(far)


def test_pysal_trap_surroundings_without_the_group_have_no_value():
    # PySAL says 0 there: as if both groups were equally near.
    row = places(range(8))
    total = counts(*[10] * 8)
    value = local_relative_centralisation(counts(*[0] * 7, 5), total, geometry=row, neighbours=2)
    assert value.isna().tolist() == [True] * 6 + [False] * 2
    everybody = local_relative_centralisation(total, total, geometry=row, neighbours=2)
    assert everybody.isna().all()


def test_equally_near_neighbours_are_taken_by_id():
    # Around "b" in the middle one of two neighbours at the same distance: "a", wherever its row is.
    row = places([1, 2, 0], index=["b", "c", "a"])
    total = pd.Series([10, 10, 10], index=list("bca"))
    group = pd.Series([2, 9, 5], index=list("bca"))
    for order in ("abc", "cba", "bca"):
        value = local_relative_centralisation(
            group[list(order)], total[list(order)], geometry=row, neighbours=1
        )
        assert value["b"] == pytest.approx(2 / 7 - 8 / 13)
        assert value.index.tolist() == list(order)


def test_many_areas_at_one_point_are_neighbours_by_id():
    # Thirty areas in one house: each is its own centre, and all are equally near.
    house = places([0] * 30)
    rng = np.random.default_rng(7)
    total = counts(*rng.integers(2, 9, 30))
    group = total - 1
    assert local_relative_centralisation(group, total, geometry=house, neighbours=3).tolist() == [0] * 30
    by_id = local_relative_centralisation(group, total, geometry=house, neighbours=3, ties="area_id")
    # Around the last: itself and the first three.
    order = [29, 0, 1, 2]
    own = places([0, 1, 2, 3])
    expected = relative_centralisation(
        counts(*group.iloc[order]), counts(*total.iloc[order]), geometry=own, centre=(0, 0)
    )
    assert by_id.iloc[29] == pytest.approx(expected)


@quick
@given(areas, st.integers(1, 12))
def test_each_area_is_the_centre_of_its_own_surroundings(rows, neighbours):
    group, total, land = city(rows)
    value = local_relative_centralisation(group, total, geometry=land, neighbours=neighbours)
    inhabited = np.flatnonzero(total > 0)
    for position in range(len(rows)):
        x, y = land.x[position], land.y[position]
        distance = np.hypot(land.x - x, land.y - y)
        around = sorted(inhabited, key=lambda i: (distance[i], i != position, land.area_id[i]))
        chosen = list(around[: neighbours + 1])
        if not chosen:
            assert math.isnan(value.iloc[position])
            continue
        names = land.area_id[chosen]
        part = land.part(pd.Series(land.area_id.isin(names), index=land.area_id))
        expected = relative_centralisation(
            group[part.area_id], total[part.area_id], geometry=part, centre=(x, y)
        )
        assert value.iloc[position] == pytest.approx(expected, nan_ok=True)


def test_many_tables_at_once_give_the_value_of_each():
    rng = np.random.default_rng(2)
    tables = rng.integers(0, 5, (3, 4, 2, 9)).astype(float)
    before = tables.copy()
    land = places(rng.uniform(0, 9, 9), rng.uniform(0, 9, 9), rng.uniform(1, 9, 9))
    evaluators = [
        prepare_absolute_centralisation(places=land),
        prepare_absolute_centralisation(places=land, centre=(4.0, 4.0)),
        prepare_relative_centralisation(places=land, centre="densest", rings=4),
    ]
    for evaluate in evaluators:
        together = evaluate(tables)
        assert together.shape == (3, 4)
        each = [[float(evaluate(table)) for table in line] for line in tables]
        assert together == pytest.approx(np.array(each), nan_ok=True)
        assert evaluate(tables[0, 0]).shape == ()
    local = prepare_local_relative_centralisation(places=land, neighbours=3)
    together = local(tables)
    assert together.shape == (3, 4, 9)
    assert together[1, 2] == pytest.approx(local(tables[1, 2]), nan_ok=True)
    assert (tables == before).all()


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.sampled_from(["together", "area_id"]))
def test_values_lie_between_minus_one_and_one(rows, centre, ties):
    group, total, land = city(rows)
    values = [
        absolute_centralisation(group, total, geometry=land, centre=centre, ties=ties),
        relative_centralisation(group, total, geometry=land, centre=centre, ties=ties),
    ]
    assert all(math.isnan(value) or abs(value) <= 1 + 1e-12 for value in values)


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]))
def test_the_rest_is_as_far_out_as_the_group_is_central(rows, centre):
    group, total, land = city(rows)
    value = relative_centralisation(group, total, geometry=land, centre=centre)
    other = relative_centralisation(total - group, total, geometry=land, centre=centre)
    assert other == pytest.approx(-value, abs=1e-12, nan_ok=True)


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.integers(2, 9))
def test_they_do_not_depend_on_scale(rows, centre, factor):
    group, total, land = city(rows)
    larger = places(land.x * factor, land.y * factor, land.size * factor**2)
    scaled = tuple(factor * c for c in centre) if isinstance(centre, tuple) else centre
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        assert function(group * factor, total * factor, geometry=land, centre=centre) == pytest.approx(
            value, abs=1e-12, nan_ok=True
        )
        assert function(group, total, geometry=larger, centre=scaled) == pytest.approx(
            value, abs=1e-12, nan_ok=True
        )


@quick
@given(areas, st.sampled_from([*RULES, (0.0, 0.0)]), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, centre, random):
    group, total, land = city(rows)
    order = list(group.index)
    random.shuffle(order)
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        again = function(group[order], total[order], geometry=land, centre=centre)
        assert again == pytest.approx(value, abs=1e-12, nan_ok=True)
    local = local_relative_centralisation(group, total, geometry=land, neighbours=3)
    again = local_relative_centralisation(group[order], total[order], geometry=land, neighbours=3)
    pd.testing.assert_series_equal(again[local.index], local)


@quick
@given(areas, st.integers(0, 9), st.integers(0, 9), st.sampled_from([*RULES, (0.0, 0.0)]))
def test_an_empty_area_counts_for_nothing(rows, x, y, centre):
    group, total, land = city(rows)
    more_group, more_total, more_land = city([*rows, (x, y, 5, 0, 0)])
    for function in (absolute_centralisation, relative_centralisation):
        value = function(group, total, geometry=land, centre=centre)
        again = function(more_group, more_total, geometry=more_land, centre=centre)
        if total.any():
            assert again == pytest.approx(value, abs=1e-12, nan_ok=True)
    local = local_relative_centralisation(group, total, geometry=land, neighbours=3)
    again = local_relative_centralisation(more_group, more_total, geometry=more_land, neighbours=3)
    pd.testing.assert_series_equal(again[local.index], local)


@quick
@given(areas)
def test_living_as_the_land_lies_is_not_central(rows):
    _, _, land = city(rows)
    sizes = counts(*land.size)
    for centre in (*RULES, (0.0, 0.0)):
        value = absolute_centralisation(sizes, sizes * 2, geometry=land, centre=centre)
        assert value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", [absolute_centralisation, relative_centralisation])
def test_a_centre_in_degrees_is_refused_beside_areas_in_metres(measure):
    ids = ["00", "01"]
    row = gpd.GeoSeries(
        [box(x, 5.69e6, x + 100, 5.69e6 + 100) for x in (3.1e5, 3.101e5)], index=ids, crs=25833
    )
    group, total = pd.Series([3, 5], ids), pd.Series([10, 10], ids)
    with pytest.raises(ParameterError, match="km from the middle of the city"):
        measure(group, total, geometry=row, centre=(12.37, 51.34))
    assert np.isfinite(measure(group, total, geometry=row, centre=(3.1e5, 5.69e6)))
