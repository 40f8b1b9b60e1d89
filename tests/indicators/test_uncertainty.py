"""Intervals of shares, rates, quotients, differences and ranks: published examples, states, and what must hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.catalogue import definition
from indicators.comparison import against_city, rank_intervals
from indicators.errors import InputError, ShareError, StatusError
from indicators.limits import odds_limits, poisson_limits, wilson_limits
from indicators.uncertainty import (
    difference_interval,
    indicator_interval,
    quotient_interval,
    rate_interval,
    share_interval,
)
from spatial.errors import ParameterError


def series(*values):
    return pd.Series(list(values), index=[f"{i:02d}" for i in range(len(values))])


def measured(*values):
    """Return counts with the state that goes with each."""
    counts = series(*values)
    states = ["missing" if pd.isna(one) else "zero" if one == 0 else "measured" for one in counts]
    return counts, series(*states)


def share_of(part, whole, **options):
    (a, a_state), (n, n_state) = measured(*np.atleast_1d(part)), measured(*np.atleast_1d(whole))
    return share_interval(a, n, numerator_status=a_state, denominator_status=n_state, **options)


def against(part, whole, **options):
    (a, a_state), (n, n_state) = measured(*part), measured(*whole)
    return against_city(a, n, numerator_status=a_state, denominator_status=n_state, **options)


def ranked(part, whole, **options):
    (a, a_state), (n, n_state) = measured(*part), measured(*whole)
    return rank_intervals(a, n, numerator_status=a_state, denominator_status=n_state, **options)


# Published values


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_limits_are_those_of_newcombe_1998_table_one(part, whole, low, high):
    """Newcombe (1998), Statistics in Medicine 17:857-872, method 3; four printed digits."""
    found = wilson_limits(np.array([part]), np.array([whole]))
    assert [round(limit.item(), 4) for limit in found] == [low, high]


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_differences_are_those_of_newcombe_1998_table_two(one, other, low, high):
    """Newcombe (1998), Statistics in Medicine 17:873-890, method 10; four printed digits."""
    found = difference_interval(share_of(*one), share_of(*other)).iloc[0]
    assert found["ci_low"] / 100 == pytest.approx(low, abs=5.1e-5)
    assert found["ci_high"] / 100 == pytest.approx(high, abs=5.1e-5)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (100, 81.364, 121.627)],
)
def test_exact_poisson_limits_are_those_of_the_tables(events, low, high):
    """Garwood's limits as printed in tables of the Poisson distribution, such as Breslow and Day (1987), p. 70."""
    found = poisson_limits(np.array([events]))
    assert [limit.item() for limit in found] == pytest.approx([low, high], abs=5.1e-4)


def test_byars_limits_are_within_two_parts_in_a_thousand_of_the_exact_ones_from_ten_events_on():
    """The statement of the technical guide of Public Health England (2018) for 95 % intervals."""
    events = np.arange(10.0, 2000.0)
    for byar, exact in zip(poisson_limits(events, method="byar"), poisson_limits(events), strict=True):
        assert (np.abs(byar / exact - 1) < 0.002).all()


def test_byars_limits_of_ten_events_by_hand():
    # 10 (1 - 1/90 - 1.95996/(3 * 3.16228))^3 = 10 * 0.782288^3 = 4.7874
    # 11 (1 - 1/99 + 1.95996/(3 * 3.31662))^3 = 11 * 1.186883^3 = 18.391
    low, high = poisson_limits(np.array([10.0]), method="byar")
    assert [low.item(), high.item()] == pytest.approx([4.7874, 18.3915], abs=1e-4)


# States


def test_a_value_that_is_withheld_or_missing_has_no_interval_and_keeps_its_state():
    part, whole = series(5, None, None, 0, 3), series(50, 80, 60, 40, 9)
    states = series("measured", "suppressed", "missing", "zero", "provisional")
    result = share_interval(
        part,
        whole,
        numerator_status=states,
        denominator_status=series(*["measured"] * 5),
        minimum_denominator=10,
    )
    assert result["status"].tolist() == ["measured", "suppressed", "missing", "zero", "missing"]
    assert result[["value", "ci_low", "ci_high"]].notna().all(axis=1).tolist() == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_true_zero_may_be_more_than_zero_in_truth():
    low, high = share_of(0, 20)[["ci_low", "ci_high"]].iloc[0]
    assert low == 0
    assert high == pytest.approx(16.11, abs=0.01)


def test_a_difference_has_the_weaker_state_and_is_never_a_true_zero():
    both = difference_interval(share_of([0, 5], [50, 50]), share_of([0, np.nan], [60, 50]))
    assert both["status"].tolist() == ["measured", "missing"]
    assert both["value"].iloc[0] == 0


def test_a_design_effect_of_two_halves_the_sample():
    halved, small = share_of(30, 100, design_effect=2), share_of(15, 50)
    assert halved[["ci_low", "ci_high"]].iloc[0].tolist() == pytest.approx(
        small[["ci_low", "ci_high"]].iloc[0].tolist()
    )
    assert halved["value"].iloc[0] == 30


def test_a_rate_is_events_per_thousand_with_the_limits_of_the_events():
    (events, state), (people, people_state) = measured(10, 0), measured(2000, 500)
    result = rate_interval(events, people, events_status=state, population_status=people_state)
    # 10 events: 4.795 to 18.390; per 2,000 people that is half of it per 1,000.
    assert result.iloc[0, :3].tolist() == pytest.approx([5.0, 2.398, 9.195], abs=1e-3)
    assert result.iloc[1, :3].tolist() == pytest.approx([0.0, 0.0, 7.378], abs=1e-3)
    assert result["status"].tolist() == ["measured", "zero"]


def test_a_quotient_has_the_limits_of_the_share_among_both_groups():
    low, high = wilson_limits(np.array([50.0]), np.array([150.0]))
    (group, state), (other, other_state) = measured(50), measured(100)
    result = quotient_interval(group, other, group_status=state, other_status=other_state)
    odds = [100 * limit.item() / (1 - limit.item()) for limit in (low, high)]
    assert result.iloc[0, :3].tolist() == pytest.approx([50.0, *odds])


def test_a_quotient_without_the_other_group_is_unknown():
    (group, state), (other, other_state) = measured(5), measured(0)
    result = quotient_interval(group, other, group_status=state, other_status=other_state)
    assert result["status"].tolist() == ["missing"]
    assert odds_limits(np.array([5.0]), np.array([0.0]))[1].item() == np.inf


def test_the_form_of_an_indicator_decides_its_interval():
    values = pd.DataFrame(
        {"residents": [200], "residents_u15": [30], "residents_15_65": [120], "births": [4], "women_15_45": [150],
         "green_area": [900], "moves_in": [9], "moves_out": [5], "residents_mean": [200]},
        index=["00"], dtype=float,
    )  # fmt: skip
    states = pd.DataFrame("measured", index=values.index, columns=values.columns)
    found = {
        name: indicator_interval(definition(name), values, states).iloc[0]
        for name in ("share_u15", "ratio_youth", "birth_rate_gfr", "green_pc", "mig_balance")
    }
    assert found["share_u15"].iloc[:3].tolist() == pytest.approx(share_of(30, 200).iloc[0, :3].tolist())
    assert found["ratio_youth"]["value"] == 25
    assert found["birth_rate_gfr"]["ci_high"] == pytest.approx(
        1000 * 10.242 / 150, abs=0.01
    )  # exact: 4 to 10.242
    assert found["green_pc"]["value"] == 4.5
    assert np.isnan(found["green_pc"]["ci_low"])
    assert found["mig_balance"]["value"] == 20
    assert np.isnan(found["mig_balance"]["ci_high"])


# Against the city


def test_areas_are_above_below_or_not_to_be_told_from_the_rest():
    result = against([30, 2, 20, np.nan], [100, 20, 200, 80])
    assert result["comparison"].tolist()[:3] == ["above", "not_distinguishable", "below"]
    assert result["comparison"].isna().tolist() == [False, False, False, True]
    assert result["city"].iloc[0] == pytest.approx(100 * 52 / 320)
    # 30 of 100 against the 22 of 220 of the rest
    assert result["difference"].iloc[0] == pytest.approx(20)


def test_the_comparison_uses_published_values_only():
    part, whole = series(30, 2, 20), series(100, 20, 200)
    states = series("measured", "suppressed", "measured")
    with_hidden = against_city(
        part.mask(states == "suppressed"),
        whole,
        numerator_status=states,
        denominator_status=series(*["measured"] * 3),
    )
    without = against([30, 20], [100, 200])
    assert with_hidden["difference"].dropna().tolist() == without["difference"].tolist()
    assert with_hidden["status"].tolist() == ["measured", "suppressed", "measured"]


def test_one_area_alone_is_compared_with_nothing():
    result = against([5], [50])
    assert result["comparison"].isna().all()
    assert result["value"].tolist() == [10]


def test_the_same_share_everywhere_is_called_different_about_as_often_as_the_level_says():
    rng = np.random.default_rng(11)
    whole = rng.integers(100, 2000, 2000)
    found = against(rng.binomial(whole, 0.2), whole)["comparison"] != "not_distinguishable"
    # 2,000 areas: the share of false flags has a standard error of 0.5 points around 5 %.
    assert 0.03 < found.mean() < 0.07


def test_rates_are_compared_by_their_events():
    result = against([40, 10, 12], [1000, 1000, 1000], model="rate", per=1000)
    assert result["value"].tolist() == [40, 10, 12]
    assert result["comparison"].tolist() == ["above", "below", "below"]


# Ranks


def test_areas_that_cannot_be_told_apart_share_their_places():
    result = ranked([300, 52, 50], [1000, 500, 500])
    assert result[["rank", "rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1, 1], [2, 2, 3], [3, 2, 3]]


def test_the_joint_places_count_the_intervals_that_lie_wholly_above_and_below():
    part, whole = [10, 30, 60, 90], [100, 100, 100, 100]
    result = ranked(part, whole)
    low, high = wilson_limits(np.array(part), np.array(whole), level=0.95 ** (1 / 4))
    for one in range(4):
        assert result["rank_low"].iloc[one] == 1 + sum(low[other] > high[one] for other in range(4))
        assert result["rank_high"].iloc[one] == 4 - sum(high[other] < low[one] for other in range(4))


def test_areas_without_a_value_have_no_place_and_take_none():
    result = ranked([300, np.nan, 50], [1000, 500, 500], method="simulation", rng=np.random.default_rng(3))
    assert result["rank"].isna().tolist() == [False, True, False]
    assert result["rank_high"].max() == 2
    assert result["status"].tolist() == ["measured", "missing", "measured"]


def test_equal_values_share_the_better_place_and_the_lowest_may_come_first():
    assert ranked([5, 5, 1], [50, 50, 50])["rank"].tolist() == [1, 1, 3]
    assert ranked([5, 5, 1], [50, 50, 50], highest_first=False)["rank"].tolist() == [2, 2, 1]


def test_the_same_rng_gives_the_same_places():
    first, again = (
        ranked([5, 9, 14], [100, 100, 100], method="simulation", rng=np.random.default_rng(5))
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize("method", ["joint", "simulation"])
def test_the_promised_share_of_intervals_holds_the_true_place(method):
    """40 areas with rising true shares: joint intervals hold all at once, simulated ones each, at 95 %."""
    rng = np.random.default_rng(7)
    truth, whole = np.linspace(0.1, 0.3, 40), np.full(40, 800)
    place = np.arange(40, 0, -1)
    held = []
    for _ in range(40):
        found = ranked(rng.binomial(whole, truth), whole, method=method, rng=rng, replicates=200)
        held.append(((found["rank_low"] <= place) & (place <= found["rank_high"])).mean())
    assert np.mean([one == 1 for one in held]) > 0.9 if method == "joint" else np.mean(held) > 0.93


def test_no_area_with_a_value_gives_an_empty_ranking():
    result = ranked([np.nan], [50], method="simulation", rng=np.random.default_rng(1))
    assert result["rank"].isna().all()


# What must hold for any counts

pairs = st.integers(1, 2000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(st.lists(pairs, min_size=1, max_size=8), st.floats(0.5, 0.999))
def test_an_interval_holds_the_value_and_stays_between_nothing_and_all(counts, level):
    result = share_of([a for a, _ in counts], [n for _, n in counts], level=level)
    assert (result["ci_low"] <= result["value"]).all()
    assert (result["value"] <= result["ci_high"]).all()
    assert result["ci_low"].ge(0).all()
    assert result["ci_high"].le(100).all()


@given(pairs)
def test_the_interval_of_the_rest_mirrors_that_of_the_part(counts):
    part, whole = counts
    low, high = wilson_limits(np.array([part]), np.array([whole]))
    other_low, other_high = wilson_limits(np.array([whole - part]), np.array([whole]))
    assert [1 - high.item(), 1 - low.item()] == pytest.approx(
        [other_low.item(), other_high.item()], abs=1e-12
    )


@given(pairs, st.integers(2, 9))
def test_more_people_with_the_same_share_make_the_interval_narrower(counts, k):
    part, whole = counts
    few, many = share_of(part, whole).iloc[0], share_of(part * k, whole * k).iloc[0]
    assert many["ci_high"] - many["ci_low"] < few["ci_high"] - few["ci_low"]


@given(pairs, pairs)
def test_a_difference_turned_round_has_its_interval_turned_round(one, other):
    there = difference_interval(share_of(*one), share_of(*other)).iloc[0]
    back = difference_interval(share_of(*other), share_of(*one)).iloc[0]
    assert back["ci_low"] == pytest.approx(-there["ci_high"])
    assert back["ci_high"] == pytest.approx(-there["ci_low"])


@settings(max_examples=40)
@given(st.lists(pairs, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_the_areas_does_not_matter(counts, shuffle):
    table = pd.DataFrame(counts, columns=["a", "n"], index=[f"{i:02d}" for i in range(len(counts))])
    order = list(table.index)
    shuffle.shuffle(order)
    state = pd.Series("measured", index=table.index)
    for measure in (against_city, rank_intervals):
        straight = measure(table["a"], table["n"], numerator_status=state, denominator_status=state)
        mixed = table.loc[order]
        turned = measure(
            mixed["a"], mixed["n"], numerator_status=state[order], denominator_status=state[order]
        )
        pd.testing.assert_frame_equal(turned.loc[table.index], straight)


@settings(max_examples=40)
@given(st.lists(pairs, min_size=1, max_size=8))
def test_places_lie_between_one_and_the_number_of_areas_and_hold_the_own_one(counts):
    for options in ({}, {"method": "simulation", "rng": np.random.default_rng(2), "replicates": 100}):
        result = ranked([a for a, _ in counts], [n for _, n in counts], **options)
        assert (result["rank_low"] >= 1).all()
        assert (result["rank_low"] <= result["rank"]).all()
        assert (result["rank"] <= result["rank_high"]).all()
        assert (result["rank_high"] <= len(counts)).all()


# Bad input


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, float("nan")])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ParameterError, match="level"):
        wilson_limits(np.array([1.0]), np.array([2.0]), level=level)
    with pytest.raises(ParameterError, match="level"):
        ranked([1], [2], level=level)


def test_unknown_options_are_refused_by_name():
    with pytest.raises(ParameterError, match="one of exact, byar"):
        poisson_limits(np.array([1.0]), method="wald")
    with pytest.raises(ParameterError, match="one of share, quotient, rate"):
        against([1], [2], model="count")
    with pytest.raises(ParameterError, match="'joint' or 'simulation'"):
        ranked([1], [2], method="bootstrap")
    with pytest.raises(ParameterError, match="a numpy Generator"):
        ranked([1], [2], method="simulation")
    with pytest.raises(ParameterError, match="at least 100"):
        ranked([1], [2], method="simulation", replicates=9, rng=np.random.default_rng(1))
    with pytest.raises(ParameterError, match="design_effect"):
        share_of(1, 2, design_effect=0.5)


def test_counts_that_cannot_be_are_refused_with_their_areas():
    with pytest.raises(ShareError, match=r"numerator above denominator in 1 area.*01"):
        share_of([1, 9], [2, 5])
    with pytest.raises(ShareError, match="negative"):
        against([-1, 2], [5, 5])
    with pytest.raises(StatusError, match="no value although its status has one"):
        share_interval(
            series(None),
            series(5),
            numerator_status=series("measured"),
            denominator_status=series("measured"),
        )
    with pytest.raises(InputError, match="the rows differ"):
        difference_interval(share_of([1, 2], [5, 5]), share_of([1], [5]))
