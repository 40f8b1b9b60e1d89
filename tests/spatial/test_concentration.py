"""Concentration on the land and in few areas: worked values, what must hold for any counts, traps elsewhere."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError
from spatial.segregation.places import Places
from spatial.segregation.territory.concentration import (
    absolute_concentration,
    delta,
    prepare_absolute_concentration,
    prepare_delta,
    prepare_relative_concentration,
    relative_concentration,
)
from spatial.segregation.territory.concentration_profile import (
    concentration_curve,
    concentration_profile,
    prepare_concentration_profile,
)

quick = settings(max_examples=50, deadline=None)

# size [m²], group, rest
areas = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=10
)


def land(*sizes, index=None):
    names = pd.Index(index or [f"{i:02d}" for i in range(len(sizes))])
    zeros = np.zeros(len(sizes))
    return Places(area_id=names, x=zeros, y=zeros, size=np.array(sizes, dtype=float))


def counts(*values):
    return pd.Series(values, index=[f"{i:02d}" for i in range(len(values))], dtype=float)


def city(rows):
    sizes, group, rest = zip(*rows, strict=True)
    return counts(*group), counts(*group) + counts(*rest), land(*sizes)


def every_measure(group, total, places):
    return {
        "delta": delta(group, total, geometry=places),
        "ACO": absolute_concentration(group, total, geometry=places),
        "ACO part": absolute_concentration(group, total, geometry=places, last_area="part"),
        "RCO": relative_concentration(group, total, geometry=places),
        "RCO rest": relative_concentration(group, total, geometry=places, n2="rest", last_area="part"),
        "profile": concentration_profile(group, total),
        "profile 100": concentration_profile(group, total, thresholds=100),
    }


def test_delta_of_three_areas():
    # Group 0.6, 0.3, 0.1; land 0.1, 0.3, 0.6: half of 0.5 + 0 + 0.5.
    value = delta(counts(6, 3, 1), counts(10, 10, 10), geometry=land(1, 3, 6))
    assert value == pytest.approx(0.5)


def test_delta_measures_polygons_in_metres():
    squares = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 4, 1)], index=["00", "01"], crs=25833)
    assert delta(counts(3, 1), counts(5, 5), geometry=squares) == pytest.approx(0.5)


def test_delta_counts_the_lake_only_when_it_is_wanted():
    group, total, places = counts(1, 1, 0), counts(9, 9, 0), land(1, 1, 2)
    assert delta(group, total, geometry=places) == 0
    # With the lake: half of |1/2 - 1/4| + |1/2 - 1/4| + |0 - 2/4|.
    assert delta(group, total, geometry=places, uninhabited="keep") == pytest.approx(0.5)


def test_aco_of_four_areas():
    # Sizes 1, 2, 4, 8 with ten residents each, fifteen members. Two areas hold at least fifteen residents:
    # the smallest have 1.5 m² on average, the largest 6 m². The group has (5·1 + 5·2 + 5·4) / 15 = 7/3 m².
    group, total, places = counts(5, 5, 5, 0), counts(10, 10, 10, 10), land(1, 2, 4, 8)
    value = absolute_concentration(group, total, geometry=places)
    assert value == pytest.approx(1 - (7 / 3 - 1.5) / (6 - 1.5))
    # Filled up to fifteen: (10·1 + 5·2) / 15 = 4/3 and (10·8 + 5·4) / 15 = 20/3.
    value = absolute_concentration(group, total, geometry=places, last_area="part")
    assert value == pytest.approx(1 - (7 / 3 - 4 / 3) / (20 / 3 - 4 / 3))


def test_aco_counts_a_number_that_is_just_reached_as_reached():
    # Ten tenths of a person are one person, though they add up to a little less in floats.
    group = counts(*[0.1] * 10, 0.0)
    total = counts(*[0.1] * 10, 1.0)
    value = absolute_concentration(group, total, geometry=land(*range(1, 11), 100))
    assert value == pytest.approx(1)


def test_aco_among_areas_of_one_size_takes_the_first_id():
    # Five members in areas of 1, 1 and 9 m²; the smallest that hold five are 00 alone.
    group, total = counts(5, 0, 0), counts(10, 40, 10)
    value = absolute_concentration(group, total, geometry=land(1, 1, 9))
    again = absolute_concentration(group.iloc[::-1], total.iloc[::-1], geometry=land(1, 1, 9))
    assert value == again == 1


def test_rco_of_four_areas():
    # Mean sizes as above; the rest has (5·1 + 5·2 + 5·4 + 10·8) / 25 = 4.6 m².
    group, total, places = counts(5, 5, 5, 0), counts(10, 10, 10, 10), land(1, 2, 4, 8)
    value = relative_concentration(group, total, geometry=places)
    assert value == pytest.approx((7 / 3 / 4.6 - 1) / (1.5 / 6 - 1))
    # The largest areas that hold the 25 others are three: (2 + 4 + 8) / 3.
    value = relative_concentration(group, total, geometry=places, n2="rest")
    assert value == pytest.approx((7 / 3 / 4.6 - 1) / (1.5 / (14 / 3) - 1))


def test_rco_is_one_when_both_live_as_far_apart_as_they_can():
    group, total, places = counts(10, 5, 0, 0), counts(10, 10, 10, 10), land(1, 2, 4, 8)
    value = relative_concentration(group, total, geometry=places, n2="rest", last_area="part")
    assert value == pytest.approx(1)


def test_rco_of_a_pair_can_be_ranked_by_all_residents():
    # Of everybody the smallest area alone holds the pair's five members.
    group, pair, everybody = counts(4, 1, 0), counts(5, 2, 3), counts(5, 20, 20)
    value = relative_concentration(group, pair, geometry=land(1, 2, 4), population=everybody)
    group_size, other_size = (4 * 1 + 1 * 2) / 5, (1 * 1 + 1 * 2 + 3 * 4) / 5
    assert value == pytest.approx((group_size / other_size - 1) / (1 / 4 - 1))
    with pytest.raises(CountsError, match="group above total"):
        relative_concentration(group, everybody, geometry=land(1, 2, 4), population=pair)
    with pytest.raises(AlignmentError, match="population"):
        relative_concentration(group, pair, geometry=land(1, 2, 4), population=everybody[:2])


@pytest.mark.parametrize("noise", [0.0, 1e-12])
def test_areas_of_one_size_leave_nothing_to_compare(noise):
    group, total, places = counts(5, 1, 0), counts(10, 10, 10), land(7, 7 + noise, 7 - noise)
    assert math.isnan(absolute_concentration(group, total, geometry=places))
    assert math.isnan(relative_concentration(group, total, geometry=places))
    # The size of an empty area does not help.
    group, total, places = counts(5, 1, 0), counts(10, 10, 0), land(7, 7, 9)
    assert math.isnan(absolute_concentration(group, total, geometry=places))


@pytest.mark.parametrize("group", [(0, 0, 0), (10, 20, 30)], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(group):
    values = every_measure(counts(*group), counts(10, 20, 30), land(1, 2, 4))
    if group[0]:
        # Everybody can be compared with the land, but with nobody else: land 1/7, 2/7, 4/7.
        expected = (abs(1 / 6 - 1 / 7) + abs(2 / 6 - 2 / 7) + abs(3 / 6 - 4 / 7)) / 2
        assert values.pop("delta") == pytest.approx(expected)
    assert all(map(math.isnan, values.values()))


def test_one_area_is_neither_concentrated_nor_not():
    values = every_measure(counts(3), counts(10), land(5))
    assert values.pop("delta") == 0
    assert values.pop("profile") == 0
    values.pop("profile 100")
    assert all(map(math.isnan, values.values()))


def test_profile_of_three_areas():
    # Shares 0.8, 0.5, 0.2 of ten each, 0.5 in the city: (8·0.3 + 5·0 + 2·0.3) / 15 / 0.5 = 0.4.
    group, total = counts(8, 5, 2), counts(10, 10, 10)
    assert concentration_profile(group, total) == pytest.approx(0.4)
    curve = concentration_curve(group, total)
    assert curve.index.tolist() == [0.2, 0.5, 0.8]
    assert curve.tolist() == pytest.approx([1, 13 / 15, 8 / 15])


def test_profile_read_at_five_thresholds():
    # At 0, 1/4, 1/2, 3/4, 1 the curve of shares 0.8, 0.5, 0.2 is 1, 13/15, 13/15, 8/15, 0; the first two are
    # below the city's 0.5: (0.5 - (1 + 13/15)/5 + (13/15 + 8/15)/5) / 0.5.
    value = concentration_profile(counts(8, 5, 2), counts(10, 10, 10), thresholds=5)
    assert value == pytest.approx((0.5 - 28 / 15 / 5 + 21 / 15 / 5) / 0.5)


def test_the_profile_of_a_majority_may_exceed_one():
    # Shares 1/2 (of two residents) and 1 (of three), 4/5 in the city: (1·0.3 + 3·0.2) / 4 / 0.2.
    assert concentration_profile(counts(1, 3), counts(2, 3)) == pytest.approx(1.125)


def test_the_curve_of_an_absent_group_is_empty():
    assert concentration_curve(counts(0, 0), counts(5, 5)).empty
    assert concentration_curve(counts(1, 0), counts(5, 0)).to_dict() == {0.2: 1.0}


@pytest.mark.parametrize(
    ("function", "options", "reason"),
    [
        (delta, {"uninhabited": "drop"}, "uninhabited is 'drop'"),
        (absolute_concentration, {"last_area": "half"}, "last_area is 'half'"),
        (relative_concentration, {"last_area": "half"}, "last_area is 'half'"),
        (relative_concentration, {"n2": "both"}, "n2 is 'both'"),
    ],
)
def test_wrong_options_are_refused(function, options, reason):
    with pytest.raises(ParameterError, match=reason):
        function(counts(1, 2), counts(3, 3), geometry=land(1, 2), **options)


@pytest.mark.parametrize("thresholds", [1, 0, 2.5])
def test_thresholds_that_are_none_are_refused(thresholds):
    with pytest.raises(ParameterError, match="thresholds is"):
        concentration_profile(counts(1, 2), counts(3, 3), thresholds=thresholds)


@pytest.mark.parametrize("function", [delta, absolute_concentration, relative_concentration])
def test_areas_that_cannot_be_measured_are_refused(function):
    group, total = counts(1, 2), counts(3, 3)
    points = gpd.GeoSeries([Point(0, 0), Point(1, 1)], index=group.index, crs=25833)
    with pytest.raises(GeometryError, match="needs the size"):
        function(group, total, geometry=points)
    degrees = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=group.index, crs=4326)
    with pytest.raises(CrsError, match="EPSG:4326"):
        function(group, total, geometry=degrees)
    with pytest.raises(AlignmentError):
        function(group, total, geometry=land(1, 2, 3))
    with pytest.raises(CountsError, match="negative"):
        function(-group, total, geometry=land(1, 2))


def test_many_tables_at_once_give_the_value_of_each():
    rng = np.random.default_rng(2)
    tables = rng.integers(0, 5, (3, 4, 2, 9)).astype(float)
    before = tables.copy()
    places = land(*rng.integers(1, 9, 9))
    evaluators = [
        prepare_delta(places=places),
        prepare_absolute_concentration(places=places),
        prepare_relative_concentration(places=places, n2="rest", last_area="part"),
        prepare_concentration_profile(),
        prepare_concentration_profile(thresholds=10),
    ]
    for evaluate in evaluators:
        together = evaluate(tables)
        assert together.shape == (3, 4)
        each = [[float(evaluate(table)) for table in line] for line in tables]
        assert together == pytest.approx(np.array(each), abs=1e-14, nan_ok=True)
    assert (tables == before).all()


@quick
@given(areas)
def test_values_stay_within_their_bounds(rows):
    group, total, sizes = city(rows)
    values = every_measure(group, total, sizes)
    bounded = ["delta", "ACO part", *(["profile"] if 2 * group.sum() <= total.sum() else [])]
    for name in bounded:
        assert math.isnan(values[name]) or -1e-12 <= values[name] <= 1 + 1e-12, name


@quick
@given(areas, st.integers(2, 9))
def test_they_do_not_depend_on_scale(rows, factor):
    group, total, places = city(rows)
    expected = every_measure(group, total, places)
    assert every_measure(group * factor, total * factor, places) == pytest.approx(expected, nan_ok=True)
    larger = land(*(size * factor**2 for size in places.size))
    assert every_measure(group, total, larger) == pytest.approx(expected, nan_ok=True)


@quick
@given(areas, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, random):
    group, total, places = city(rows)
    order = list(group.index)
    random.shuffle(order)
    assert every_measure(group[order], total[order], places) == pytest.approx(
        every_measure(group, total, places), nan_ok=True
    )


@quick
@given(areas, st.integers(1, 50))
def test_an_empty_area_counts_for_nothing(rows, size):
    assert every_measure(*city([*rows, (size, 0, 0)])) == pytest.approx(
        every_measure(*city(rows)), nan_ok=True
    )


@quick
@given(areas, st.integers(0, 9), st.sampled_from([0.25, 0.5]))
def test_splitting_an_area_with_its_land_leaves_delta_and_the_profile(rows, position, part):
    size, group, rest = rows[position % len(rows)]
    split = [row for i, row in enumerate(rows) if i != position % len(rows)]
    split += [(size * share, group * share, rest * share) for share in (part, 1 - part)]
    before, after = every_measure(*city(rows)), every_measure(*city(split))
    for name in ("delta", "profile"):
        assert after[name] == pytest.approx(before[name], nan_ok=True)


@quick
@given(areas)
def test_living_as_the_land_lies_is_no_concentration(rows):
    sizes = [size for size, _, _ in rows]
    assert delta(counts(*sizes), counts(*sizes) * 2, geometry=land(*sizes)) == pytest.approx(0, abs=1e-12)


@quick
@given(areas)
def test_the_profile_is_the_area_between_curve_and_city(rows):
    group, total, _ = city(rows)
    value = concentration_profile(group, total)
    assume(not math.isnan(value))
    curve = concentration_curve(group, total)
    share = group.sum() / total.sum()
    # The step curve, integrated from threshold to threshold below and above the city's share.
    ends = np.array(curve.index)
    widths = np.diff(ends, prepend=0.0)
    below = np.clip(share - (ends - widths), 0, widths)
    integral = float((curve * (widths - 2 * below)).sum())
    assert value == pytest.approx((share + integral) / (1 - share))
    assert concentration_profile(group, total, thresholds=200_001) == pytest.approx(value, abs=1e-3)


@quick
@given(areas)
def test_separation_has_a_profile_of_one(rows):
    assume(any(group for _, group, _ in rows))
    assume(any(rest for _, _, rest in rows))
    parted = [(1, group, 0) for _, group, _ in rows] + [(1, 0, rest) for _, _, rest in rows]
    group, total, _ = city(parted)
    assert concentration_profile(group, total) == pytest.approx(1)


@quick
@given(areas, st.integers(1, 9))
def test_an_even_city_has_no_profile(rows, tenths):
    total = counts(*(group + rest for _, group, rest in rows))
    assume(total.any())
    assert concentration_profile(total * tenths / 10, total) == pytest.approx(0, abs=1e-12)
