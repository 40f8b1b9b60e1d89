"""A sum over areas: to the cent, monotone in need, within floor and cap, and refused with the least relaxation."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.apportionment import apportion
from indicators.budget import compare_variants, distribute, need_from_index
from indicators.budget_limits import BudgetError
from indicators.errors import InputError, StatusError
from spatial.errors import ParameterError


def series(*values):
    return pd.Series(list(values), index=[f"{i:02d}" for i in range(len(values))])


def euros(result):
    return (result.cents / 100).tolist()


# Worked by hand


def test_need_times_population():
    # need × population: 100, 200, 100 of 400
    result = distribute(1000, series(1.0, 2.0, 0.5), series(100, 100, 200))
    assert euros(result) == [250.0, 500.0, 250.0]


def test_a_base_share_goes_by_population_alone():
    # 400 € by population 1:1:2 = 100, 100, 200; 600 € by need 1:2:1 = 150, 300, 150
    result = distribute(1000, series(1.0, 2.0, 0.5), series(100, 100, 200), base_share="0.4")
    assert euros(result) == [250.0, 400.0, 350.0]


def test_cents_left_over_go_to_the_largest_remainders_then_to_need_then_to_the_area_id():
    assert distribute("1.00", series(1, 1, 1), series(1, 1, 1)).cents.tolist() == [34, 33, 33]
    # 100 cents × (2, 3, 6)/11 = 18.18, 27.27, 54.54: the last one has the largest remainder
    assert distribute("1.00", series(2, 3, 6), series(1, 1, 1)).cents.tolist() == [18, 27, 55]
    # by population alone both have 50.5 cents; the one with more need is first
    assert distribute("1.01", series(1, 2), series(1, 1), base_share=1).cents.tolist() == [50, 51]


def test_what_a_floor_adds_is_taken_from_the_others_in_proportion():
    # without: 100, 300, 600; floor 200: 800 € are left for 3:6
    result = distribute(1000, series(1, 3, 6), series(1, 1, 1), floor=200)
    assert result.cents.tolist() == [20000, 26667, 53333]
    assert result.limited_by.tolist() == ["floor", "", ""]
    assert result.before_limits.tolist() == [100, 300, 600]


def test_what_a_cap_takes_is_given_to_the_others_in_proportion():
    result = distribute(1000, series(1, 3, 6), series(1, 1, 1), cap=500)
    assert euros(result) == [125.0, 375.0, 500.0]
    assert result.limited_by.tolist() == ["", "", "cap"]


def test_floor_and_cap_together():
    # 100, 300, 600 with floor 200, cap 450: first 200, last 450, 350 for the middle
    result = distribute(1000, series(1, 3, 6), series(1, 1, 1), floor=200, cap=450)
    assert euros(result) == [200.0, 350.0, 450.0]


def test_limits_per_resident():
    # need 1 and 9, 100 people each: 100 and 900 €; at most 8 € per resident
    result = distribute(1000, series(1, 9), series(100, 100), cap=8, limits_per="resident")
    assert euros(result) == [200.0, 800.0]
    assert result.to_frame()["per_resident"].tolist() == [2.0, 8.0]


def test_an_area_without_people_gets_nothing_and_has_no_amount_per_resident():
    result = distribute(100, series(5, 1), series(0, 10))
    assert euros(result) == [0.0, 100.0]
    assert np.isnan(result.to_frame()["per_resident"].iloc[0])


def test_money_is_whole_numbers_even_where_floats_are_not():
    result = distribute("0.30", series(0.1, 0.2), series(3, 3))
    assert result.cents.tolist() == [10, 20]
    large = distribute("99999999999.99", series(1, 1, 1), series(1, 1, 1))
    assert large.cents.sum() == 9_999_999_999_999


# Unknown need


def test_an_unknown_need_is_refused_unless_somebody_decides():
    need, people = series(1.0, None, 3.0), series(100, 100, 300)
    with pytest.raises(
        InputError, match=r"need unknown in 1 area.*01; choose without_need='mean' or 'base_only'"
    ):
        distribute(1000, need, people)
    # mean need of the people with a known one: (1 × 100 + 3 × 300) / 400 = 2.5; pulls 100, 250, 900 of 1250
    mean = distribute(1000, need, people, without_need="mean")
    assert euros(mean) == [80.0, 200.0, 720.0]
    assert mean.need_is_own.tolist() == [True, False, True]
    base = distribute(1000, need, people, without_need="base_only", base_share="0.5")
    # 500 € by 100:100:300, 500 € by 100:0:900
    assert euros(base) == [150.0, 100.0, 750.0]


def test_a_withheld_need_is_treated_as_unknown():
    need = series(1.0, None)
    states = series("measured", "suppressed")
    result = distribute(100, need, series(1, 1), need_status=states, without_need="mean")
    assert euros(result) == [50.0, 50.0]
    with pytest.raises(StatusError, match="a value although it is missing or suppressed"):
        distribute(100, series(1.0, 2.0), series(1, 1), need_status=states)


# Limits that cannot be kept


@pytest.mark.parametrize(
    ("options", "constraint", "gap", "feasible", "words"),
    [
        (
            {"floor": 400},
            "floor",
            20000,
            Decimal("333.33"),
            "takes 1200.00 €, 200.00 € more than the sum of 1000.00 €",
        ),
        ({"cap": 300}, "cap", 10000, Decimal("333.34"), "leaves 100.00 € of the sum of 1000.00 € to nobody"),
        (
            {"floor": 300, "cap": 200},
            "cap",
            40000,
            Decimal("333.34"),
            "raise it to at least 333.34 € per area",
        ),
        ({"floor": 7, "limits_per": "resident"}, "floor", 40000, Decimal("5.00"), "per resident"),
        ({"cap": 3, "limits_per": "resident"}, "cap", 40000, Decimal("5.00"), "raise it to at least 5.00 €"),
    ],
)
def test_limits_that_cannot_be_kept_name_the_nearest_ones(options, constraint, gap, feasible, words):
    counts = series(1, 3, 6), series(50, 50, 100)
    with pytest.raises(BudgetError) as caught:
        distribute(1000, *counts, **options)
    assert (caught.value.constraint, caught.value.gap, caught.value.feasible) == (constraint, gap, feasible)
    assert words in str(caught.value)
    relaxed = options | {constraint: feasible}
    assert distribute(1000, *counts, **relaxed).cents.sum() == 100_000


def test_a_cap_counts_only_those_with_need():
    with pytest.raises(BudgetError, match=r"raise it to at least 500\.00 € per area"):
        distribute(1000, series(1, 1, 0), series(1, 1, 1), cap=400)


# Bad input


@pytest.mark.parametrize("total", [0.1, True, "x", -5, "1.001", Decimal("NaN"), None, float("inf")])
def test_a_sum_that_is_no_amount_is_refused(total):
    with pytest.raises(ParameterError, match=r"total is .*whole cents"):
        distribute(total, series(1), series(1))


@pytest.mark.parametrize("share", [-0.1, 1.1, "x", float("nan")])
def test_a_base_share_that_is_no_share_is_refused(share):
    with pytest.raises(ParameterError, match="base_share"):
        distribute(1, series(1), series(1), base_share=share)


@pytest.mark.parametrize(
    ("need", "people", "error", "message"),
    [
        (series(-1.0, 2), series(1, 1), InputError, "need negative or infinite in 1 area.*need_from_index"),
        (series(np.inf, 2), series(1, 1), InputError, "need negative or infinite"),
        (series(1, 2), series(1, -1), InputError, "population missing, infinite or negative in 1 area.*01"),
        (series(1, 2), series(1, None), InputError, "population missing"),
        (series(1, 2), series(0, 0), ParameterError, "people in at least one area"),
        (series(0, 0), series(1, 1), ParameterError, "base_share=1"),
        (series(1, 2), series(1), InputError, "the rows differ"),
        (series(), series(), ParameterError, "at least one area"),
    ],
)
def test_inputs_that_cannot_be_distributed_by_are_refused(need, people, error, message):
    with pytest.raises(error, match=message):
        distribute(100, need, people)


def test_unknown_options_are_refused():
    with pytest.raises(ParameterError, match="'area' or 'resident'"):
        distribute(1, series(1), series(1), limits_per="household")
    with pytest.raises(ParameterError, match="refuse, mean, base_only"):
        distribute(1, series(1), series(1), without_need="guess")


# What is said


def test_the_formula_is_written_in_both_languages_with_its_numbers():
    result = distribute("1234.50", series(1, 2), series(9, 9), base_share="0.305", floor=3, cap="1000.5")
    assert result.formula() == (
        "Betrag = 1.234,50 € × (30,5 % × Einwohner / alle Einwohner + 69,5 % × Bedarf × Einwohner / Summe aus Bedarf"
        " × Einwohner), mindestens 3,00 € je Gebiet, höchstens 1.000,50 € je Gebiet; was die Grenzen verschieben,"
        " verteilt sich im selben Verhältnis auf die übrigen; auf den Cent nach größten Resten"
    )
    assert "1,234.50 € × (30.5 % × residents" in result.formula("en")


def test_variants_stand_side_by_side_with_the_difference_from_the_first():
    need, people = series(1.0, 3.0), series(100, 100)
    first = distribute(100, need, people)
    other = distribute(100, need.iloc[::-1], people.iloc[::-1], base_share="0.5")
    table = compare_variants({"need": first, "half": other})
    assert table["half", "amount"].tolist() == [37.5, 62.5]
    assert table["half", "difference"].tolist() == [12.5, -12.5]
    assert table["need", "difference"].tolist() == [0, 0]
    with pytest.raises(InputError, match="variant 'x' is of other areas"):
        compare_variants({"need": first, "x": distribute(1, series(1), series(1))})
    with pytest.raises(ParameterError, match="at least one"):
        compare_variants({})


def test_an_index_around_zero_becomes_a_need_that_keeps_its_order():
    assert need_from_index(series(-1.0, 0.0, 2.0), ratio=3).tolist() == pytest.approx([1 / 3, 1, 9])
    with pytest.raises(ParameterError, match="above 1"):
        need_from_index(series(1.0), ratio=1)


# What must hold for any distribution

needs = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
rows = st.lists(st.tuples(needs, st.integers(0, 5000)), min_size=1, max_size=12)
bases = st.integers(1, 100).map(lambda percent: Decimal(percent) / 100)


def spread(total, pairs, base, **options):
    need, people = series(*(float(a) for a, _ in pairs)), series(*(b for _, b in pairs))
    return distribute(Decimal(total) / 100, need, people, base_share=base, **options)


@given(st.integers(0, 10**9), rows.filter(lambda pairs: sum(a * b for a, b in pairs) > 0), bases)
def test_it_adds_up_to_the_cent(total, pairs, base):
    assert spread(total, pairs, base).cents.sum() == total


@settings(max_examples=150)
@given(st.integers(0, 10**6), rows.filter(lambda pairs: sum(a * b for a, b in pairs) > 0), bases, st.data())
def test_it_adds_up_within_its_limits_or_says_which_ones_could_be_kept(total, pairs, base, data):
    limits = {name: data.draw(st.none() | st.integers(0, 10**5)) for name in ("floor", "cap")}
    limits = {name: None if one is None else Decimal(one) / 100 for name, one in limits.items()}
    per = data.draw(st.sampled_from(["area", "resident"]))
    for _ in range(3):  # one relaxation for each limit is enough
        try:
            result = spread(total, pairs, base, limits_per=per, **limits)
            break
        except BudgetError as error:
            feasible = error.feasible
            limits[error.constraint] = feasible
    assert result.cents.sum() == total
    size = result.population if per == "resident" else 1
    if limits["floor"] is not None:
        assert (result.cents >= int(limits["floor"] * 100) * size).all()
    if limits["cap"] is not None:
        assert (result.cents <= int(limits["cap"] * 100) * size).all()


@given(st.integers(0, 10**5), rows.filter(lambda pairs: sum(a * b for a, b in pairs) > 0), bases, st.data())
def test_with_the_same_population_more_need_never_gets_less(total, pairs, base, data):
    people = data.draw(st.integers(1, 500))
    same = [(need, people) for need, _ in pairs]
    if sum(need for need, _ in same) == 0:
        return
    cap = data.draw(st.sampled_from([None, Decimal(total) / 100]))
    result = spread(total, same, base, cap=cap)
    by_need = result.cents.iloc[np.argsort(result.need.to_numpy(), kind="stable")]
    ordered = result.need.sort_values(kind="stable")
    for one, other in zip(range(len(ordered) - 1), range(1, len(ordered)), strict=True):
        if ordered.iloc[one] < ordered.iloc[other]:
            assert by_need.iloc[one] <= by_need.iloc[other]


@given(
    st.integers(0, 10**5),
    rows.filter(lambda pairs: sum(a * b for a, b in pairs) > 0),
    bases,
    st.floats(1e-3, 100),
    st.integers(0, 11),
)
def test_more_need_of_an_area_never_means_less_money_for_it(total, pairs, base, more, which):
    which %= len(pairs)
    raised = [
        (need + more if number == which else need, people) for number, (need, people) in enumerate(pairs)
    ]
    assert spread(total, raised, base).cents.iloc[which] >= spread(total, pairs, base).cents.iloc[which]


@given(
    st.integers(0, 10**5), rows.filter(lambda pairs: sum(a * b for a, b in pairs) > 0), bases, st.randoms()
)
def test_the_order_of_the_rows_does_not_matter(total, pairs, base, shuffle):
    straight = spread(total, pairs, base)
    order = list(straight.cents.index)
    shuffle.shuffle(order)
    again = distribute(
        Decimal(total) / 100, straight.need[order], straight.population[order], base_share=base
    )
    assert again.cents.loc[straight.cents.index].tolist() == straight.cents.tolist()


@given(st.integers(1, 12), st.integers(0, 400))
def test_equal_areas_differ_by_one_cent_at_most_and_the_smaller_id_has_it(count, total):
    cents = spread(total, [(2.0, 7)] * count, Decimal("0.3")).cents.tolist()
    assert cents == sorted(cents, reverse=True)
    assert max(cents) - min(cents) <= 1


@given(st.lists(st.integers(0, 10**40), min_size=1, max_size=8).filter(any), st.integers(0, 10**6))
def test_parts_of_a_whole_number_are_within_one_of_their_share(weights, total):
    parts, limited = apportion(
        total, weights, [0] * len(weights), [total] * len(weights), list(range(len(weights)))
    )
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )
    assert set(limited) <= {"", "high"}
