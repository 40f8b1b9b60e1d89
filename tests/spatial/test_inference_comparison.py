"""Two cities or two periods: what each model exchanges, counted out in small cases; parts; the traps of others."""

from collections import Counter
from itertools import combinations, product
from math import comb

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import AlignmentError, ParameterError
from spatial.segregation import compute
from spatial.segregation.decomposition.counterfactual import space_and_composition
from spatial.segregation.inference import compare
from spatial.segregation.inference.pairs import pair_sampler


def drawn(model, first, second, *, paired=False, replicates=4000):
    tables = [np.full((replicates, *np.shape(counts)), np.nan) for counts in (first, second)]
    draw = pair_sampler(model, np.asarray(first, dtype=float), np.asarray(second, dtype=float), paired=paired)
    draw(np.random.default_rng(1), *tables)
    return tables


def assert_chances(found, chances):
    counted, number = Counter(found), len(found)
    assert set(counted) == set(chances)
    for key, chance in chances.items():
        # Four standard errors.
        assert abs(counted[key] / number - chance) < 4 * (chance * (1 - chance) / number) ** 0.5


def a_city(areas, seed, residents=100):
    rng = np.random.default_rng(seed)
    young = rng.binomial(residents, rng.beta(2, 4, areas))
    index = pd.Index([f"{i:02}" for i in range(areas)], name="area_id")
    return pd.DataFrame({"young": young, "other": residents - young}, index=index)


def squares_of(table):
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(len(table))]
    return gpd.GeoSeries(shapes, index=table.index, crs=25833)


def test_random_labels_deal_the_areas_of_both_out_anew():
    # One and two inhabited areas: the first city has each of the three with chance 1/3; the empty area is nobody's.
    first, second = drawn("random_label", [[1, 0], [1, 0]], [[2, 3], [2, 3]])
    assert_chances([tuple(table[0]) for table in first], {(k, 0): 1 / 3 for k in (1, 2, 3)})
    assert (first.sum(axis=(1, 2)) + second.sum(axis=(1, 2)) == 12).all()
    assert (second > 0).all()


def test_paired_labels_are_exchanged_area_by_area():
    first, second = drawn("random_label", [[1, 2], [1, 2]], [[3, 4], [3, 4]], paired=True)
    assert_chances([tuple(table[0]) for table in first], dict.fromkeys(product((1, 3), (2, 4)), 1 / 4))
    assert (first + second == [[4, 6], [4, 6]]).all()


def test_persons_of_an_area_change_periods_as_counting_says():
    # An area with 1 of 2 in the group, then 2 of 3: the first period has k of the 3 with chance C(3,k) C(2,2-k) / C(5,2).
    first, second = drawn("person_label", [[1], [1]], [[2], [1]], paired=True)
    assert_chances(first[:, 0, 0].tolist(), {k: comb(3, k) * comb(2, 2 - k) / 10 for k in range(3)})
    assert (first.sum(axis=1) == 2).all()
    assert (first + second == [[3], [2]]).all()


def test_persons_of_three_groups_change_periods_too():
    # One person each of three groups in both periods together, one of them in the first.
    first, _ = drawn("person_label", [[1], [0], [0]], [[0], [1], [1]], paired=True)
    assert_chances(
        [tuple(table[:, 0]) for table in first], {(1, 0, 0): 1 / 3, (0, 1, 0): 1 / 3, (0, 0, 1): 1 / 3}
    )


def test_persons_of_both_are_dealt_out_to_all_areas():
    # Three areas of one resident in two cities, one of them in the group: it lives in each with chance 1/3.
    first, second = drawn("person_permutation", [[1, 0], [0, 1]], [[0], [1]])
    where = [(*table[0], *other[0]) for table, other in zip(first, second, strict=True)]
    assert_chances(where, {(1, 0, 0): 1 / 3, (0, 1, 0): 1 / 3, (0, 0, 1): 1 / 3})


def test_paired_areas_are_drawn_together():
    first, second = drawn("bootstrap_areas", [[1, 2], [0, 0]], [[10, 20], [0, 0]], paired=True)
    assert (second == 10 * first).all()
    apart, other = drawn("bootstrap_areas", [[1, 2], [0, 0]], [[10, 20], [0, 0]])
    assert (other != 10 * apart).any()


def test_the_test_of_random_labels_counts_the_ways_to_deal():
    # Two areas each. Of the 6 ways to choose two of four areas, the observed difference is the largest, once.
    first = pd.DataFrame({"a": [10, 0], "b": [0, 10]})
    second = pd.DataFrame({"a": [5, 5], "b": [5, 5]})
    rows = [(10, 0), (0, 10), (5, 5), (5, 5)]
    differences = []
    for chosen in combinations(range(4), 2):
        sides = [[rows[i] for i in range(4) if (i in chosen) is side] for side in (True, False)]
        one, other = (compute("dissimilarity", np.array(side)) for side in sides)
        differences.append(one - other)
    exact = np.mean(np.array(differences) >= 1.0)
    test = compare(
        "dissimilarity", first, second, rng=1, model="random_label", alternative="greater", replicates=4000
    )
    assert test.observed == 1.0
    assert test.p_value == pytest.approx(exact, abs=0.03)
    assert np.isnan([test.ci_low, test.ci_high, test.estimate, test.space]).all()


def test_a_bootstrap_gives_an_interval_that_agrees_with_the_p_value():
    far = compare("dissimilarity", a_city(30, 1, 400), a_city(30, 2, 400) // [2, 1], rng=1)
    assert (far.p_value < 0.05) == (not far.ci_low <= 0 <= far.ci_high)
    same = compare("dissimilarity", a_city(30, 1, 400), a_city(30, 1, 400), rng=1)
    assert same.observed == 0
    assert same.ci_low < 0 < same.ci_high
    assert same.p_value > 0.5


def test_the_p_value_of_a_bootstrap_does_not_fall_with_more_replicates():
    # The trap in PySAL: a t-test of bootstrap means with the replicates as degrees of freedom; and it compares
    # means that both are biased, most in the city with smaller areas.
    small, large = a_city(200, 1, 10), a_city(20, 1, 1000)
    few = compare("information_theory", small, large, rng=1, replicates=199)
    many = compare("information_theory", small, large, rng=1, replicates=1999)
    assert few.p_value == pytest.approx(many.p_value, abs=0.12)
    # Twenty persons more or less per area: most of the observed difference is chance.
    assert 0 < few.estimate < 0.6 * few.observed


def test_parts_are_those_of_the_decomposition():
    first, second = a_city(12, 1), a_city(15, 2) // [2, 1]
    for approach in ("composition", "share", "dual_composition"):
        split = space_and_composition("gini", first, second, approach=approach)
        for statistic in ("space", "composition"):
            test = compare(
                "gini",
                first,
                second,
                rng=1,
                model="random_label",
                statistic=statistic,
                counterfactual=approach,
                replicates=19,
            )
            assert test.observed == pytest.approx(split.parts[statistic])
            assert test.space + test.composition == pytest.approx(test.first - test.second)
        assert test.composition == pytest.approx(split.parts["composition"])


def test_two_periods_are_aligned_by_area():
    first, second = a_city(8, 1), a_city(8, 2)
    wanted = {"rng": 1, "paired": True, "model": "person_label", "replicates": 99}
    test = compare("dissimilarity", first, second, **wanted)
    mixed = compare("dissimilarity", first, second[::-1], **wanted)
    assert (test.values == mixed.values).all()
    with pytest.raises(AlignmentError, match="second has no row for some areas"):
        compare("dissimilarity", first, second[1:], **wanted)


def test_one_group_with_all_residents_is_a_table_too():
    first, second = a_city(8, 1), a_city(9, 2)
    test = compare("dissimilarity", first, second, rng=1, replicates=50)
    again = compare(
        "dissimilarity",
        first["young"],
        second["young"],
        total=first.sum(axis=1),
        second_total=second.sum(axis=1),
        rng=1,
        replicates=50,
    )
    assert (test.values == again.values).all()


def test_parts_are_told_when_the_difference_is_tested():
    first, second = a_city(8, 1), a_city(9, 2)
    plain = compare("dissimilarity", first, second, rng=1, replicates=50)
    told = compare("dissimilarity", first, second, rng=1, replicates=50, counterfactual="share")
    assert (plain.values == told.values).all()
    assert told.space + told.composition == pytest.approx(plain.observed)
    assert f" = space {told.space:+.4f} + composition {told.composition:+.4f}; p" in repr(told)
    assert "space" not in repr(plain)


def test_more_persons_than_numpy_deals_out_are_refused():
    many = pd.DataFrame({"young": [6e8, 1.0], "other": [1.0, 5.0]})
    for model in ("person_label", "person_permutation"):
        with pytest.raises(ParameterError, match="fewer than 1000000000 persons"):
            compare("dissimilarity", many, many, rng=1, model=model, paired=model == "person_label")


def test_a_measure_of_the_map_is_compared_on_both_maps():
    # The trap in PySAL: distance and network are dropped, and aspatial differences are compared with a spatial one.
    first, second = a_city(8, 1), a_city(9, 2)
    wanted = {"rng": 1, "replicates": 99}
    test = compare(
        "adjacency_dissimilarity",
        first,
        second,
        geometry=squares_of(first),
        second_geometry=squares_of(second),
        **wanted,
    )
    assert test.first == compute("adjacency_dissimilarity", first, geometry=squares_of(first))
    assert test.second == compute("adjacency_dissimilarity", second, geometry=squares_of(second))
    assert (test.values != compare("dissimilarity", first, second, **wanted).values).all()
    with pytest.raises(ParameterError, match="graph"):
        compare("adjacency_dissimilarity", first, second, **wanted)
    with pytest.raises(ParameterError, match="no place on the other"):
        compare(
            "adjacency_dissimilarity",
            first,
            second,
            model="random_label",
            geometry=squares_of(first),
            second_geometry=squares_of(second),
            **wanted,
        )


@pytest.mark.parametrize("model", ["random_label", "person_label", "bootstrap_persons", "person_permutation"])
def test_two_periods_share_one_map(model):
    first, second = a_city(8, 1), a_city(8, 2)
    test = compare(
        "border_dissimilarity",
        first,
        second,
        rng=1,
        paired=True,
        model=model,
        geometry=squares_of(first),
        replicates=99,
    )
    assert len(np.unique(test.values)) > 50


@pytest.mark.parametrize(
    "model", ["random_label", "person_label", "bootstrap_persons", "bootstrap_areas", "person_permutation"]
)
def test_several_threads_give_the_numbers_of_one(model):
    first, second = a_city(900, 1), a_city(900, 2)
    one, three = (
        compare("gini", first, second, rng=3, paired=True, model=model, replicates=60, workers=workers)
        for workers in (1, 3)
    )
    assert (one.values == three.values).all()
    assert one.p_value == three.p_value


def test_several_groups_are_compared_and_must_be_the_same():
    first, second = a_city(9, 1).assign(old=30), a_city(12, 2).assign(old=30)
    test = compare("mutual_information", first, second, rng=1, replicates=99)
    assert test.ci_low < test.estimate < test.ci_high
    with pytest.raises(ParameterError, match="the same columns as in the first"):
        compare("mutual_information", first, second.rename(columns={"old": "aged"}), rng=1)


def test_a_comparison_tells_what_it_did_in_one_line_and_in_one_row():
    test = compare("dissimilarity", a_city(9, 1), a_city(12, 2), rng=4, replicates=99)
    assert "\n" not in repr(test)
    assert "bootstrap_persons, 99 replicates, seed 4" in repr(test)
    row = test.to_frame()
    assert len(row) == 1
    assert row["first"].item() == test.first


def test_an_undefined_measure_has_no_p_value():
    nobody = pd.DataFrame({"young": [0, 0], "other": [5, 5]})
    test = compare("dissimilarity", nobody, a_city(9, 1), rng=1, replicates=9)
    assert np.isnan([test.observed, test.p_value, test.ci_low]).all()


def test_halves_and_nobody_are_refused():
    half = pd.DataFrame({"young": [0.5, 1.0], "other": [1.0, 1.0]})
    with pytest.raises(ParameterError, match="whole persons"):
        compare("dissimilarity", half, half, rng=1, paired=True, model="person_label")
    assert compare("dissimilarity", half, half, rng=1, model="bootstrap_areas", replicates=9).replicates == 9
    with pytest.raises(ParameterError, match="at least one resident in both"):
        compare("dissimilarity", half, half * 0, rng=1, model="random_label")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "coin"}, "model"),
        ({"model": "person_label"}, "paired=True"),
        ({"statistic": "composition"}, "counterfactual"),
        ({"statistic": "mean"}, "statistic"),
        ({"statistic": "space", "counterfactual": "other"}, "counterfactual"),
        ({"alternative": "up"}, "alternative"),
        ({"total": pd.Series([200] * 4)}, "all residents of both tables"),
        ({"replicates": 0}, "replicates"),
        ({"rng": "now"}, "rng"),
    ],
)
def test_wrong_requests_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        compare("dissimilarity", a_city(4, 1), a_city(4, 2), **({"rng": 1} | wrong))


def test_groups_of_the_two_are_matched_by_name():
    first = pd.DataFrame({"g": [10, 30], "r": [90, 70]})
    found = compare("isolation", first, first[["r", "g"]], rng=1, replicates=25)
    assert found.second == found.first
