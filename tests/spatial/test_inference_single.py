"""One measure against a null model: small cases counted out, bounds, corrections, the traps of others."""

from itertools import permutations, product
from math import comb

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.segregation import compute
from spatial.segregation.inference import (
    expected_value,
    randomisation_test,
    replicate_values,
    significance_from_replicates,
)

AREAS = pd.Index(["00", "01", "02", "03", "04", "05"], name="area_id")


def a_table(young, other):
    return pd.DataFrame({"young": young, "other": other}, index=AREAS[: len(young)])


def a_row_of_squares(count=6):
    squares = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(count)]
    return gpd.GeoSeries(squares, index=AREAS[:count], crs=25833)


def test_the_permutation_of_persons_is_the_exact_test():
    # Two areas of 4, 4 of 8 in the group. D = |k - (4 - k)| / 4 with k of the group in the first area, of which
    # the hypergeometric distribution puts 1, 16, 36, 16, 1 of 70. Observed k = 3: D = 1/2; at least that far out
    # are 1 + 16 + 16 + 1 = 34 of 70. E[D] = (2 * 1 * 1 + 2 * 16 * 1/2) / 70.
    test = randomisation_test(
        "dissimilarity", a_table([3, 1], [1, 3]), rng=1, alternative="greater", replicates=20_000
    )
    assert test.observed == 0.5
    assert test.p_value == pytest.approx(34 / 70, abs=0.015)
    assert test.expected == pytest.approx(18 / 70, abs=0.01)


def test_evenness_lets_the_size_of_the_group_vary():
    # One person in each of two areas, share 1/2: both or none in the group with chance 1/4 each, where D is
    # undefined; else D = 1.
    test = randomisation_test(
        "dissimilarity", a_table([1, 0], [0, 1]), rng=1, model="evenness", replicates=4000
    )
    assert test.undefined == pytest.approx(2000, abs=150)
    assert test.expected == 1.0
    assert test.p_value == 1.0


def test_the_systematic_null_deals_out_each_group():
    # Two areas of equal size, 2 members each: D = |i - j| / 2 with i, j binomial(2, 1/2).
    chances = {(i, j): comb(2, i) * comb(2, j) / 16 for i, j in product(range(3), range(3))}
    expected = sum(abs(i - j) / 2 * chance for (i, j), chance in chances.items())
    found = expected_value(
        "dissimilarity", a_table([1, 1], [1, 1]), rng=1, model="systematic", replicates=8000
    )
    assert found.expected == pytest.approx(expected, abs=0.01)
    assert found.standard_error == pytest.approx(found.deviation / 8000**0.5)


def test_the_chance_of_a_pattern_on_the_map_is_counted_out():
    # Three areas of the group next to each other, then three without: D = 1. D(adj) in a row is 1 less the mean
    # difference of the 5 pairs of neighbours, here 1/5 of them, the least possible: 2 of 20 arrangements of
    # three and three.
    table = a_table([9, 9, 9, 0, 0, 0], [0, 0, 0, 9, 9, 9])
    test = randomisation_test(
        "adjacency_dissimilarity",
        table,
        rng=1,
        model="geographic_permutation",
        alternative="greater",
        replicates=6000,
        geometry=a_row_of_squares(),
    )
    assert test.observed == pytest.approx(0.8)
    assert test.p_value == pytest.approx(2 / 20, abs=0.012)
    values = [
        compute(
            "adjacency_dissimilarity", table.iloc[list(order)].set_axis(AREAS), geometry=a_row_of_squares()
        )
        for order in set(permutations([0, 0, 0, 3, 3, 3]))
    ]
    assert test.expected == pytest.approx(np.mean(values), abs=0.01)


def test_empty_areas_stay_where_they_are():
    # A park without residents between two inhabited areas is no place for theirs.
    table = a_table([5, 0, 1], [1, 0, 5])
    squares = a_row_of_squares(3)
    values = replicate_values(
        "absolute_centralisation",
        table,
        model="geographic_permutation",
        rng=1,
        first=0,
        last=60,
        geometry=squares,
        centre=(0.0, 50.0),
    )
    assert len(np.unique(values.round(9))) == 2


def test_a_significant_value_is_never_told_with_p_zero():
    # The trap in PySAL: p can be exactly 0.
    table = a_table([100, 0, 100, 0], [0, 100, 0, 100])
    for null in ("evenness", "systematic", "person_permutation", "independence"):
        test = randomisation_test("dissimilarity", table, rng=1, model=null, replicates=99)
        assert test.p_value == pytest.approx(2 / 100)


def test_the_corrected_value_is_the_part_of_the_way_from_chance_to_the_bound():
    # Expected 0.2: 0.6 is half way to 1; 0.1 half way down to 0.
    values = np.array([0.1, 0.3])
    above = significance_from_replicates("dissimilarity", 0.6, values, model="evenness", seed=1)
    assert (above.expected, above.excess, above.corrected) == pytest.approx((0.2, 0.4, 0.5))
    below = significance_from_replicates("dissimilarity", 0.1, values, model="evenness", seed=1)
    assert (below.excess, below.corrected) == pytest.approx((-0.1, -0.5))


def test_a_measure_without_bound_has_no_corrected_value():
    test = significance_from_replicates(
        "mutual_information", 0.6, np.array([0.1, 0.3]), model="evenness", seed=1
    )
    assert np.isnan(test.corrected)
    assert test.excess == pytest.approx(0.4)


def test_an_undefined_measure_has_no_p_value():
    test = randomisation_test("dissimilarity", a_table([0, 0], [5, 5]), rng=1, replicates=19)
    assert np.isnan([test.observed, test.p_value, test.expected, test.null_low, test.corrected]).all()
    assert test.undefined == 19


def test_many_groups_are_tested_too():
    table = pd.DataFrame({"a": [30, 5, 5], "b": [5, 30, 5], "c": [5, 5, 30]})
    for name in ("mutual_information", "multigroup_dissimilarity"):
        for null in ("evenness", "systematic", "person_permutation", "independence"):
            test = randomisation_test(name, table, rng=1, model=null, replicates=99, alternative="greater")
            assert test.p_value == pytest.approx(1 / 100)
            assert 0 < test.expected < test.null_high < test.observed


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=6),
    st.sampled_from(["evenness", "systematic", "person_permutation", "independence"]),
    st.integers(0, 2**60),
)
def test_the_same_seed_gives_the_same_test_and_areas_may_be_empty(rows, null, seed):
    table = pd.DataFrame(rows, columns=["young", "other"])
    if not table.to_numpy().any():
        return
    test = randomisation_test("dissimilarity", table, rng=seed, model=null, replicates=30)
    again = randomisation_test("dissimilarity", table, rng=test.seed, model=null, replicates=30, workers=2)
    assert test.values.tobytes() == again.values.tobytes()
    assert np.isnan(test.p_value) or 1 / 31 < test.p_value <= 1
    assert np.isnan(test.expected) or 0 <= test.expected <= 1
    padded = pd.concat([table, pd.DataFrame({"young": [0], "other": [0]}, index=[99])])
    kept = randomisation_test("dissimilarity", padded, rng=seed, model=null, replicates=30)
    assert np.isnan(test.p_value) or kept.observed == pytest.approx(test.observed)


def test_a_generator_gives_a_seed_that_repeats_the_run():
    table = a_table([3, 1, 5], [5, 5, 5])
    test = randomisation_test("dissimilarity", table, rng=np.random.default_rng(3), replicates=50)
    again = randomisation_test("dissimilarity", table, rng=test.seed, replicates=50)
    assert (test.values == again.values).all()


def test_a_test_tells_what_it_did_in_one_line_and_in_one_row():
    test = randomisation_test(
        "adjacency_dissimilarity",
        a_table([3, 1, 5], [5, 5, 5]),
        rng=4,
        model="evenness",
        replicates=39,
        geometry=a_row_of_squares(3),
        orders=2,
    )
    assert "\n" not in repr(test)
    assert "39 replicates, seed 4" in repr(test)
    row = test.to_frame()
    assert len(row) == 1
    assert row["options"].item() == "orders=2"
    assert row["p_value"].item() == test.p_value
    assert "values" not in row
    found = expected_value("dissimilarity", a_table([3, 1], [5, 5]), rng=4, replicates=39)
    assert "\n" not in repr(found)
    assert found.to_frame()["expected"].item() == found.expected


@pytest.mark.parametrize("name", ["dissimilarity", "gini", "mutual_information"])
def test_a_geographic_test_of_an_aspatial_measure_is_refused(name):
    # The trap in PySAL: it runs, and all replicates are the observed value.
    with pytest.raises(ParameterError, match="does not look at the map"):
        randomisation_test(
            name, a_table([3, 1], [5, 5]), rng=1, model="geographic_permutation", geometry=a_row_of_squares(2)
        )


def test_a_bootstrap_is_no_null_model():
    # The trap in PySAL: its bootstrap "test" of an index that cannot be negative against 0 always rejects.
    with pytest.raises(ParameterError, match="'bootstrap_areas', expected one of evenness"):
        randomisation_test("dissimilarity", a_table([3, 1], [5, 5]), rng=1, model="bootstrap_areas")


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"replicates": 1}, "replicates"),
        ({"level": 1.0}, "level"),
        ({"alternative": "both"}, "alternative"),
        ({"rng": None}, "rng"),
        ({"workers": 0}, "workers"),
        ({"model": "none"}, "model"),
    ],
)
def test_wrong_requests_are_refused(wrong, name):
    with pytest.raises(ParameterError, match=name):
        randomisation_test("dissimilarity", a_table([3, 1], [5, 5]), **({"rng": 1} | wrong))


def test_fractions_of_persons_are_refused_where_persons_are_dealt_out():
    # PySAL cuts them off without a word.
    with pytest.raises(ParameterError, match="round the counts first"):
        randomisation_test("dissimilarity", a_table([3.5, 1], [5, 5]), rng=1)


def test_a_measure_that_draws_random_numbers_itself_repeats_too():
    table = a_table([3, 1, 5], [5, 5, 5])
    test = randomisation_test("bias_corrected_dissimilarity", table, rng=6, replicates=20)
    again = randomisation_test("bias_corrected_dissimilarity", table, rng=6, replicates=20)
    assert (test.values == again.values).all()
    assert test.observed == again.observed < compute("dissimilarity", table)


def test_a_measure_with_threads_of_its_own_gives_the_same_numbers():
    table = a_table([3, 1, 5], [5, 5, 5])
    wanted = {"rng": 6, "replicates": 20, "geometry": a_row_of_squares(3), "model": "geographic_permutation"}
    one, two = (
        randomisation_test("spatial_proximity", table, workers=workers, **wanted) for workers in (1, 2)
    )
    assert (one.values == two.values).all()
    assert one.observed == pytest.approx(compute("spatial_proximity", table, geometry=a_row_of_squares(3)))


def test_options_with_the_names_of_ours_reach_the_measure():
    # The null model of a modified index is an option of its own.
    table = a_table([3, 1, 5], [5, 5, 5])
    test = randomisation_test("modified_dissimilarity", table, rng=1, null="hypergeometric", replicates=20)
    assert test.options == {"null": "hypergeometric"}
