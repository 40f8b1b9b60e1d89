"""Reardon and O'Sullivan's evenness: worked values, the published axioms, and the traps of other packages."""

import math
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.environments.kernels import kernel_weight
from spatial.segregation.environments.spatial_formulas import (
    dissimilarity_of,
    gini_of,
    information_theory_of,
    prepare_index,
    relative_diversity_of,
)
from spatial.segregation.environments.spatial_measures import (
    MEASURES,
    spatial_dissimilarity,
    spatial_gini,
    spatial_information_theory,
    spatial_relative_diversity,
)
from spatial.segregation.places import Places

quick = settings(max_examples=40, deadline=None)
MEASURED = {
    "D": (spatial_dissimilarity, dissimilarity_of),
    "H": (spatial_information_theory, information_theory_of),
    "R": (spatial_relative_diversity, relative_diversity_of),
    "G": (spatial_gini, gini_of),
}
every_measure = pytest.mark.parametrize("name", MEASURED)
kernels = st.sampled_from(["box", "triangle", "biweight", "gaussian", "exponential"])

# Two areas 60 m apart and one far off.
ROW = Places(area_id=pd.Index(list("abc")), x=np.array([0.0, 60, 200]), y=np.zeros(3))
PEOPLE = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]}, index=list("abc"))


@st.composite
def cities(draw, groups=(2, 4)):
    """Up to ten areas at places of a lattice, several at one place now and then, some of them empty."""
    n_areas, n_groups = draw(st.integers(1, 10)), draw(st.integers(*groups))
    at = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=n_areas, max_size=n_areas))
    people = st.lists(st.integers(0, 30), min_size=n_groups, max_size=n_groups)
    counts = np.array(draw(st.lists(people, min_size=n_areas, max_size=n_areas)), dtype=float)
    assume((counts.sum(axis=0) > 0).sum() > 1)
    x, y = np.array(at, dtype=float).T * 100
    index = pd.Index([f"{number:02d}" for number in range(n_areas)], name="area_id")
    return pd.DataFrame(counts, index=index), Places(area_id=index, x=x, y=y)


def by_every_pair(counts, places, **kernel):
    """Return D, H, R, G straight from the formulas, with whole matrices."""
    gaps = np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)
    people = counts.to_numpy()[counts.sum(axis=1) > 0]
    around = (kernel_weight(gaps, **kernel) @ counts.to_numpy())[counts.sum(axis=1) > 0]
    shares, weight = around / around.sum(axis=1, keepdims=True), people.sum(axis=1) / people.sum()
    city = people.sum(axis=0) / people.sum()
    interaction, entropy = (city * (1 - city)).sum(), -sum(p * math.log(p) for p in city if p > 0)
    entropies = -np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1)), 0).sum(axis=1)
    differences = np.abs(shares[:, None] - shares).sum(axis=2)
    return {
        "D": (weight @ np.abs(shares - city)).sum() / (2 * interaction),
        "H": 1 - weight @ entropies / entropy,
        "R": 1 - weight @ (shares * (1 - shares)).sum(axis=1) / interaction,
        "G": weight @ differences @ weight / (2 * interaction),
    }


def values(counts, places, **options):
    return {name: function(counts, geometry=places, **options) for name, (function, _) in MEASURED.items()}


def test_two_mixed_neighbours_and_one_area_far_off():
    # Young 30 of 40: π = 3/4, I = 3/8. Environments of a and b: 1/2, of c: 1. Residents 10, 10, 20.
    # D = (10 · 2/4 + 10 · 2/4 + 20 · 2/4) / (2 · 40 · 3/8) = 20/30
    # R = 1 - 20 · 1/2 / (40 · 3/8) = 1/3
    # G: between the 20 in a, b and the 20 in c, both ways, two groups: 2 · 2 · 400 · 1/2 / (2 · 1600 · 3/8) = 2/3
    # H = 1 - 20 ln 2 / (40 · (3/4 ln 4/3 + 1/4 ln 4))
    entropy = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    expected = {"D": 2 / 3, "H": 1 - math.log(2) / (2 * entropy), "R": 1 / 3, "G": 2 / 3}
    assert values(PEOPLE, ROW, bandwidth=100, kernel="box") == pytest.approx(expected, abs=1e-14)


def test_three_groups_by_hand():
    # Both environments hold everybody, weighed: of a (with 6, 0, 2): 6, 0 + 4/2, 2 + 2/2 of weight 11.
    # Triangle of 100 m at 50 m: 1/2. City 6, 4, 4 of 14.
    two = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 50]), y=np.zeros(2))
    counts = np.array([[6, 0, 2], [0, 4, 2]])
    city = np.array([6, 4, 4]) / 14
    first, second = np.array([6, 2, 3]) / 11, np.array([3, 4, 3]) / 10
    interaction = 1 - (city**2).sum()
    gaps = 8 * np.abs(first - city).sum() + 6 * np.abs(second - city).sum()
    found = spatial_dissimilarity(counts, geometry=two, bandwidth=100, kernel="triangle")
    assert found == pytest.approx(gaps / (2 * 14 * interaction), abs=1e-14)
    gini = spatial_gini(counts, geometry=two, bandwidth=100, kernel="triangle")
    assert gini == pytest.approx(
        2 * 8 * 6 * np.abs(first - second).sum() / (2 * 196 * interaction), abs=1e-14
    )


@quick
@given(cities(), kernels, st.sampled_from([1.0, 100.0, 150.0, 1000.0]))
def test_they_are_the_formulas_over_every_pair(city, kernel, bandwidth):
    found = values(*city, bandwidth=bandwidth, kernel=kernel)
    expected = by_every_pair(*city, bandwidth=bandwidth, kernel=kernel)
    assert found == pytest.approx(expected, abs=1e-12)


@quick
@given(cities())
def test_without_reach_they_are_the_aspatial_measures(city):
    counts, places = city
    apart = Places(area_id=places.area_id, x=np.arange(len(counts)) * 1000.0, y=np.zeros(len(counts)))
    expected = by_every_pair(counts, apart, bandwidth=1.0)
    assert values(counts, places, bandwidth=0) == pytest.approx(expected, abs=1e-12)
    assert values(counts, places, neighbours=0) == pytest.approx(expected, abs=1e-12)


@quick
@given(cities(), kernels)
def test_they_come_near_the_aspatial_ones_as_the_bandwidth_goes_to_zero(city, kernel):
    counts, places = city
    assume(len(set(zip(places.x, places.y, strict=True))) == len(counts))
    near, none = values(counts, places, bandwidth=1e-3, kernel=kernel), values(counts, places, bandwidth=0)
    assert near == pytest.approx(none, abs=1e-12)


@quick
@given(cities(), st.integers(2, 9))
def test_they_do_not_depend_on_scale(city, factor):
    counts, places = city
    expected = values(counts, places, bandwidth=150)
    assert values(counts * factor, places, bandwidth=150) == pytest.approx(expected, abs=1e-12)


@quick
@given(cities(), st.randoms(use_true_random=False))
def test_they_do_not_depend_on_the_order_of_areas_and_groups(city, random):
    counts, places = city
    rows, columns = list(counts.index), list(counts.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    for options in ({"bandwidth": 150}, {"neighbours": 2}):
        expected = values(counts, places, **options)
        assert values(counts.loc[rows, columns], places, **options) == pytest.approx(expected, abs=1e-12)


@quick
@given(cities(), st.data())
def test_splitting_an_area_into_equal_mixes_at_its_place_changes_nothing(city, data):
    counts, places = city
    area, share = data.draw(st.integers(0, len(counts) - 1)), data.draw(st.sampled_from([0.0, 0.25, 0.5]))
    parts = pd.concat([counts, (counts.iloc[[area]] * share).set_axis(["new"])])
    parts.iloc[area] *= 1 - share
    both = Places(
        area_id=parts.index, x=np.append(places.x, places.x[area]), y=np.append(places.y, places.y[area])
    )
    assert values(parts, both, bandwidth=150) == pytest.approx(
        values(counts, places, bandwidth=150), abs=1e-12
    )


@quick
@given(cities())
def test_an_empty_area_or_an_absent_group_counts_for_nothing(city):
    counts, places = city
    more = pd.concat([counts, pd.DataFrame(0.0, index=["new"], columns=counts.columns)]).assign(nobody=0.0)
    also = Places(area_id=more.index, x=np.append(places.x, 123), y=np.append(places.y, 45))
    assert values(more, also, bandwidth=150) == pytest.approx(
        values(counts, places, bandwidth=150), abs=1e-12
    )


@quick
@given(cities(), kernels)
def test_the_same_mix_everywhere_is_even(city, kernel):
    counts, places = city
    even = pd.DataFrame(np.outer(counts.sum(axis=1), [0.2, 0.3, 0.5]), index=counts.index)
    found = values(even, places, bandwidth=150, kernel=kernel)
    assert found == pytest.approx(dict.fromkeys(MEASURED, 0), abs=1e-12)


@quick
@given(cities(), kernels, st.floats(1, 1000))
def test_groups_that_live_out_of_reach_of_each_other_are_separated(city, kernel, bandwidth):
    counts, places = city
    alone = counts.where(
        np.eye(len(counts.columns), dtype=bool)[np.arange(len(counts)) % len(counts.columns)], 0
    )
    assume((alone.sum() > 0).sum() > 1)
    group = np.arange(len(counts)) % len(counts.columns)
    far = Places(area_id=places.area_id, x=places.x + 1e6 * group, y=places.y)
    found = values(alone, far, bandwidth=bandwidth, kernel=kernel)
    assert found == pytest.approx(dict.fromkeys(MEASURED, 1), abs=1e-12)


@quick
@given(cities(), kernels, st.sampled_from([50.0, 150.0, 1000.0]))
def test_bounds(city, kernel, bandwidth):
    found = values(*city, bandwidth=bandwidth, kernel=kernel)
    assert found["D"] >= 0
    assert found["G"] >= 0
    assert max(found["H"], found["R"]) <= 1 + 1e-12


@quick
@given(cities())
def test_a_box_larger_than_the_city_sees_no_segregation(city):
    found = values(*city, bandwidth=10_000, kernel="box")
    assert found == pytest.approx(dict.fromkeys(MEASURED, 0), abs=1e-12)


@quick
@given(cities(groups=(2, 2)), st.data())
def test_exchanging_people_towards_evenness_never_raises_them(city, data):
    # Each place is an environment of its own here, so that the exchange reaches nobody else.
    counts, places = city
    assume(len(counts) > 1)
    shares = (counts[0] / counts.sum(axis=1)).dropna()
    assume(len(shares) > 1 and shares.max() > shares.min())
    rich, poor = shares.idxmax(), shares.idxmin()
    totals = counts.sum(axis=1)
    # At most until both have the same share.
    most = (shares[rich] - shares[poor]) / (1 / totals[rich] + 1 / totals[poor])
    moved = data.draw(st.floats(0, 1)) * most
    after = counts.copy()
    after.loc[rich] += [-moved, moved]
    after.loc[poor] += [moved, -moved]
    before, now = values(counts, places, bandwidth=0), values(after.clip(lower=0), places, bandwidth=0)
    assert all(now[name] <= before[name] + 1e-9 for name in MEASURED)


def test_environments_more_diverse_than_the_city_make_them_negative():
    # The young see 50 young and 60 old, the old see everybody: nobody's environment is as young as the city.
    three = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 90, 180]), y=np.zeros(3))
    counts = np.array([[50, 0], [0, 60], [50, 0]])
    found = values(counts, three, bandwidth=100, kernel="box")
    assert found["H"] < 0
    assert found["R"] < 0


@every_measure
def test_a_group_of_nobody_or_of_everybody_has_no_value(name):
    function, _ = MEASURED[name]
    for counts in ([[10, 0], [20, 0]], [[0, 0], [0, 0]]):
        for options in ({"bandwidth": 100}, {"bandwidth": 0}, {"bandwidth": 100, "method": "grid"}):
            two = Places(area_id=pd.RangeIndex(2), x=np.array([0.0, 60]), y=np.zeros(2))
            assert math.isnan(function(np.array(counts), geometry=two, **options))


def test_pysal_trap_areas_weigh_by_their_own_residents():
    # Above, D = 2/3. Weighed by their environments, of 20 each, the areas would have π = 2/3, I = 4/9 and
    # D = (20 · 1/3 + 20 · 1/3 + 20 · 2/3) / (2 · 60 · 4/9) = 1/2.
    found = spatial_dissimilarity(PEOPLE, geometry=ROW, bandwidth=100, kernel="box")
    assert found == pytest.approx(2 / 3, abs=1e-14)


@pytest.mark.parametrize("factor", [1e-3, 1e-9])
def test_pysal_trap_data_scaled_down_give_the_same(factor):
    expected = values(PEOPLE, ROW, bandwidth=100)
    assert values(PEOPLE * factor, ROW, bandwidth=100) == pytest.approx(expected, abs=1e-12)


@every_measure
def test_pysal_trap_a_missing_count_is_refused_instead_of_giving_zero(name):
    with pytest.raises(CountsError, match=r"missing.*: b"):
        MEASURED[name][0](PEOPLE.astype(float).replace({"old": {10: np.nan}}), geometry=ROW, bandwidth=100)


@every_measure
def test_pysal_trap_without_a_size_they_do_not_fall_back_to_the_aspatial_measure(name):
    with pytest.raises(ParameterError, match="no default size"):
        MEASURED[name][0](PEOPLE, geometry=ROW)


@every_measure
@pytest.mark.parametrize(
    "options", [{"bandwidth": 250}, {"neighbours": 6}, {"bandwidth": 250, "method": "grid"}]
)
def test_replicates_have_the_values_that_each_has_alone(name, options):
    function, index = MEASURED[name]
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 1000, (2, 80))
    places = Places(area_id=pd.RangeIndex(80), x=x, y=y)
    counts = rng.integers(0, 40, (5, 4, 3, 80)).astype(float)
    before = counts.copy()
    evaluator = prepare_index(index, places=places, **options)
    together = evaluator(counts)
    assert together.shape == (5, 4)
    np.testing.assert_array_equal(counts, before)
    for replicate in ((0, 0), (3, 2)):
        assert together[replicate] == evaluator(counts[replicate])
        assert together[replicate] == function(counts[replicate].T, geometry=places, **options)
    assert evaluator(counts[0, 0]).shape == ()


@every_measure
def test_the_number_of_workers_changes_nothing(name):
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 3000, (2, 3000))
    places = Places(area_id=pd.RangeIndex(3000), x=x, y=y)
    counts = rng.integers(0, 40, (3000, 2))
    for options in (
        {"bandwidth": 200},
        {"neighbours": 9},
        {"bandwidth": 900},
        {"bandwidth": 200, "method": "grid"},
    ):
        one, four = (MEASURED[name][0](counts, geometry=places, workers=n, **options) for n in (1, 4))
        assert one == four


def test_polygons_are_taken_by_their_centroids():
    squares = gpd.GeoSeries(
        [shapely.box(x - 5, -5, x + 5, 5) for x in (0, 60, 200)], index=list("abc"), crs=25833
    )
    assert values(PEOPLE, squares, bandwidth=100) == pytest.approx(values(PEOPLE, ROW, bandwidth=100))


def test_streets_matter():
    # 60 m across, 300 m around: on foot a and b are no neighbours.
    around = gpd.GeoSeries([shapely.LineString([(0, 0), (0, 120), (60, 120), (60, 0)])], crs=25833)
    found = spatial_dissimilarity(PEOPLE, geometry=ROW, bandwidth=100, kernel="box", streets=around)
    assert found == pytest.approx(1)


def test_one_group_or_no_area_or_other_areas_are_refused():
    with pytest.raises(ParameterError, match="at least 2 columns"):
        spatial_gini(PEOPLE[["young"]], geometry=ROW, bandwidth=1)
    with pytest.raises(ParameterError, match="at least one area"):
        spatial_gini(PEOPLE[:0], geometry=ROW, bandwidth=1)
    with pytest.raises(AlignmentError):
        spatial_gini(PEOPLE[:2], geometry=ROW, bandwidth=1)


def test_the_register_prepares_what_the_functions_compute():
    for entry in MEASURES:
        assert isinstance(entry.prepare, partial)
        value = entry.prepare(places=ROW, bandwidth=100)(PEOPLE.to_numpy(dtype=float).T)
        assert value == entry.function(PEOPLE, geometry=ROW, bandwidth=100)
