"""The tests behind the rules, each worked by hand or against an independent computation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, hypergeom, norm, t

from indicators.alerts import Rule, evaluate_rule
from indicators.alerts.counting import change_root, exact_root, expected_root
from indicators.alerts.discovery import q_values
from indicators.alerts.dispersion import excess_variance
from indicators.alerts.hits import hit_rate
from indicators.alerts.moderation import moderated_variance, spread_of_changes
from indicators.alerts.places import places, values_at_place
from indicators.uncertainty import difference_interval, share_interval

COLUMNS = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]


def made(kind: str, **facts) -> Rule:
    return Rule(**{"id": "r", "title_de": "R", "title_en": "R", "kind": kind, "indicators": ("x",), **facts})


def table(parts: dict[str, list[float]], whole: float = 1000, *, first: int = 2020, indicator: str = "x"):
    """Return one row per area and year from the counts of each area."""
    rows = [
        (area, str(first + step), indicator, 100 * part / whole, "measured" if part else "zero", part, whole)
        for area, series in parts.items()
        for step, part in enumerate(series)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def found(rule: Rule, values: pd.DataFrame, period: str) -> pd.DataFrame:
    return evaluate_rule(rule, values, period=period).results


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def test_level_is_the_exact_binomial_tail():
    # 9 of 10 against 50 %: (10 + 1) / 1024.
    result = found(made("level", direction="rising", threshold=50.0), table({"1": [9]}, 10), "2020")
    assert result.loc["1", "p_value"] == pytest.approx(11 / 1024)
    assert result.loc["1", "is_alert"]


def test_level_below_is_the_other_tail():
    result = found(made("level", direction="falling", threshold=50.0), table({"1": [1]}, 10), "2020")
    assert result.loc["1", "p_value"] == pytest.approx(11 / 1024)


def test_level_is_told_only_when_the_band_leaves_the_threshold_out():
    # 59 of 100 against 50 %: one-sided p = 0.0443, but Wilson's band begins at 49.2 %.
    result = found(made("level", direction="rising", threshold=50.0), table({"1": [59]}, 100), "2020").loc[
        "1"
    ]
    assert result["q_value"] == pytest.approx(binom.sf(58, 100, 0.5))
    assert result["ci_low"] == pytest.approx(49.20, abs=0.005)
    assert not result["is_alert"]


def test_level_of_rates_is_the_exact_poisson_tail():
    # 3 events where 1 is expected: 1 − e^−1 (1 + 1 + 1/2) = 0.0803.
    rule = made("level", direction="rising", threshold=1.0, model="rate")
    result = found(rule, table({"1": [3]}, 100), "2020")
    assert result.loc["1", "p_value"] == pytest.approx(1 - math.exp(-1) * 2.5)


def test_change_of_two_shares_is_close_to_fishers_exact_test():
    # 100 and 150 of 1000 each: the hypergeometric tail P(X >= 150) of 250 drawn from 1000 + 1000.
    result = found(made("change", direction="rising"), table({"1": [100, 150]}), "2021").loc["1"]
    assert result["p_value"] == pytest.approx(hypergeom.sf(149, 2000, 250, 1000), rel=0.02)
    assert (result["estimate"], result["compared_with"]) == (5.0, 10.0)


def test_change_has_the_band_of_the_difference_of_two_shares():
    state = pd.Series(["measured"])
    before, later = (
        share_interval(pd.Series([part]), pd.Series([1000]), numerator_status=state, denominator_status=state)
        for part in (100, 150)
    )
    expected = difference_interval(later, before).iloc[0]
    result = found(made("change", direction="rising"), table({"1": [100, 150]}), "2021").loc["1"]
    assert result["ci_low"] == pytest.approx(expected["ci_low"])
    assert result["ci_high"] == pytest.approx(expected["ci_high"])


def test_change_of_rates_is_close_to_the_exact_conditional_test():
    # Of 40 events in two equally large populations, 28 in the later one: binomial with 1/2.
    result = found(made("change", direction="rising", model="rate"), table({"1": [12, 28]}), "2021")
    assert result.loc["1", "p_value"] == pytest.approx(binomtest(28, 40, 0.5, "greater").pvalue, rel=0.05)


def test_change_in_both_directions_has_twice_the_p_value():
    values = table({"1": [100, 150]})
    single = found(made("change", direction="rising"), values, "2021").loc["1", "p_value"]
    assert found(made("change"), values, "2021").loc["1", "p_value"] == pytest.approx(2 * single)


def test_change_below_its_threshold_is_no_alert():
    values = table({"1": [100, 150]})  # 5 points, surely more than 0 and 1, not surely more than 4
    alerts = [
        found(made("change", direction="rising", threshold=size), values, "2021").loc["1", "is_alert"]
        for size in (0.0, 1.0, 4.0)
    ]
    assert alerts == [True, True, False]


def test_change_against_the_city_takes_the_rest_as_the_city():
    # The rest of area 1 is area 2: +2 points. Area 1 has +6, so 4 more than the rest.
    result = found(
        made("change_against_city", direction="rising"), table({"1": [100, 160], "2": [100, 120]}), "2021"
    )
    assert result.loc["1", "estimate"] == pytest.approx(4.0)
    assert result.loc["1", "compared_with"] == pytest.approx(12.0)
    assert result.loc["2", "estimate"] == pytest.approx(-4.0)


def test_change_against_the_city_uses_the_counts_of_the_city_where_given():
    # City 300 and 340 of 3000, so the rest of area 1 is 200 of 2000 and 180 of 2000: −1 point.
    city = table({"city": [300, 340]}, 3000)
    run = evaluate_rule(
        made("change_against_city"),
        table({"1": [100, 160]}),
        period="2021",
        city=city.drop(columns="area_id"),
    )
    assert run.results.loc["1", "estimate"] == pytest.approx(7.0)


def test_trend_break_is_measured_from_the_line_through_the_earlier_years():
    # Five years at 10 % and one at 15 %. The line predicts sin² arcsin √(100.375 / 1000.75) = 10.030 %.
    # Five points at −5 … −1 carry the variance 1/5 + 3²/10 = 1.1 of one, so the deviation is divided by √2.1.
    expected = 100.375 / 1000.75
    lost = 149.5 * math.log(149.5 / (1000 * expected)) + 850.5 * math.log(850.5 / (1000 * (1 - expected)))
    p_value = norm.sf(math.sqrt(2 * lost) / math.sqrt(2.1))
    rule = made("trend_break", direction="rising", periods=5)
    result = found(rule, table({"1": [100] * 5 + [150]}, first=2015), "2020").loc["1"]
    assert result["p_value"] == pytest.approx(p_value)
    assert result["compared_with"] == pytest.approx(100 * expected)


def test_trend_break_does_not_tell_a_steady_rise():
    rule = made("trend_break", periods=5)
    result = found(rule, table({"1": [100, 120, 140, 160, 180, 200]}, first=2015), "2020").loc["1"]
    assert result["compared_with"] == pytest.approx(20, abs=0.5)
    assert result["p_value"] > 0.5


def test_class_change_needs_another_class_and_a_sure_change():
    # Cuts at 8 and 12. Area 1 goes from class 1 to 3; area 2 moves as far within class 3; area 3 barely crosses a cut.
    values = table({"1": [70, 130], "2": [140, 200], "3": [79, 81]})
    result = found(made("class_change", direction="rising", cuts=(8.0, 12.0)), values, "2021")
    assert result["is_alert"].tolist() == [True, False, False]
    assert result.loc["2", "p_value"] == 1.0
    assert result.loc["1", "moved"] == 1.0


def test_rank_jump_needs_as_many_places_as_the_rule_says():
    # 10, 20, 30, 40 %; the first goes to 35 % and from place 4 to place 2.
    values = table({"1": [100, 350], "2": [200, 200], "3": [300, 300], "4": [400, 400]})
    two = found(made("rank_jump", direction="rising", threshold=2.0), values, "2021")
    three = found(made("rank_jump", direction="rising", threshold=3.0), values, "2021")
    assert (two.loc["1", "moved"], two.loc["1", "estimate"]) == (4.0, 2.0)
    assert two["is_alert"].tolist() == [True, False, False, False]
    assert three.loc["1", "p_value"] > 0.99


def test_rank_jump_is_unsure_when_the_next_area_is_near():
    # 31 % is above 30 %, but with 1000 residents not surely.
    values = table({"1": [100, 310], "2": [200, 200], "3": [300, 300], "4": [400, 400]})
    assert not found(made("rank_jump", direction="rising", threshold=2.0), values, "2021").loc[
        "1", "is_alert"
    ]


def test_theme_sum_is_the_sum_of_standardised_changes():
    # x: 10, 20, 30 % (standard deviation √(200/3) = 8.165); area 1 rises by 10 points, y does not move.
    # So the sum changes by 10 / 8.165 / √2 = 0.866.
    values = pd.concat(
        [
            table({"1": [100, 200], "2": [200, 200], "3": [300, 300]}),
            table({"1": [300, 300], "2": [500, 500], "3": [700, 700]}, indicator="y"),
        ]
    )
    result = found(made("theme_sum", indicators=("x", "y")), values, "2021")
    assert result["estimate"].round(3).tolist() == [0.866, 0.0, 0.0]
    assert result["is_alert"].tolist() == [True, False, False]


def test_theme_sum_turns_indicators_with_negative_weights_around():
    values = pd.concat(
        [
            table({"1": [100, 130], "2": [200, 200], "3": [300, 300]}),
            table({"1": [300, 270], "2": [500, 500], "3": [700, 700]}, indicator="y"),
        ]
    )
    rule = made("theme_sum", indicators=("x", "y"), direction="rising", weights=(1.0, -1.0))
    plain = made("theme_sum", indicators=("x", "y"), direction="rising")
    assert found(rule, values, "2021").loc["1", "p_value"] < found(plain, values, "2021").loc["1", "p_value"]


def test_without_counts_the_own_history_says_what_is_usual():
    # Changes 1, −1, 1, −1, 1: mean 0.2, variance (3 · 0.64 + 2 · 1.44) / 4 = 1.2; a jump of 8 is 7.3 of their deviations.
    values = table({"1": [100, 110, 100, 110, 100, 110, 190]}, first=2014)
    values[["numerator", "denominator"]] = np.nan
    result = found(made("change", direction="rising"), values, "2020").loc["1"]
    assert result["noise"] == "series"
    # Five changes are worth 4 / (1 + 0.5 · 2 / 9) = 3.6 free ones; t = 8 / √1.2.
    assert result["p_value"] == pytest.approx(t.sf(8 / math.sqrt(1.2), 3.6), rel=1e-6)


def test_unrest_of_an_area_is_no_news_there():
    quiet = {f"q{number}": [100] * 9 + [140] for number in range(1)}
    restless = {"w": [100, 150, 100, 150, 100, 150, 100, 150, 100, 140]}
    result = found(made("change", direction="rising"), table(quiet | restless, first=2011), "2020")
    assert result["is_alert"].to_dict() == {"q0": True, "w": False}


def test_what_all_areas_do_more_than_chance_is_no_news_of_one():
    # Forty large areas whose shares move by ±1 point: sure for each of them, usual among them.
    rng = np.random.default_rng(5)
    moves = rng.normal(0, 100, 40).round()
    values = table({f"{n:02d}": [1000, 1000 + int(move)] for n, move in enumerate(moves)}, 10_000)
    alone = found(made("change"), values[values["area_id"] == "00"], "2021")
    run = evaluate_rule(made("change"), values, period="2021")
    assert run.dispersion > 3
    assert len(run.alerts) == 0
    assert run.results.loc["00", "p_value"] > alone.loc["00", "p_value"]


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.01, 0.99))
def test_roots_of_both_tails_belong_to_the_exact_tails(whole, part, share):
    part = min(part, whole)
    more, fewer = exact_root(one(part), one(whole), share, model="share")
    upper, lower = binom.sf(part - 1, whole, share), binom.cdf(part, whole, share)
    assert norm.sf(more[0]) == pytest.approx(upper, rel=1e-6, abs=1e-15)
    assert norm.sf(fewer[0]) == pytest.approx(lower, rel=1e-6, abs=1e-15)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_a_change_has_the_opposite_sign_when_time_runs_backwards(first, second, data):
    before, later = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    shift = data.draw(st.floats(-0.5, 0.5))
    forwards = change_root(one(before), one(first), one(later), one(second), shift, model="share")
    backwards = change_root(one(later), one(second), one(before), one(first), -shift, model="share")
    # Near 0 the root of a lost likelihood keeps half of the digits.
    assert forwards == pytest.approx(-backwards, abs=1e-3)


@given(st.integers(5, 300), st.integers(5, 300), st.data())
def test_the_shared_share_fits_best(first, second, data):
    before, later = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    shift = data.draw(st.floats(-0.4, 0.4))
    root = change_root(one(before), one(first), one(later), one(second), shift, model="share")[0]
    tried = np.linspace(max(0, -shift) + 1e-9, min(1, 1 - shift) - 1e-9, 300)
    lost = (
        expected_root(np.full(300, before), np.full(300, first), tried, model="share") ** 2
        + expected_root(np.full(300, later), np.full(300, second), tried + shift, model="share") ** 2
    )
    assert root**2 <= lost.min() + 1e-6


def test_q_values_follow_benjamini_and_hochberg():
    # 0.01 · 4/1 = 0.04; 0.03 · 4/2 = 0.06 but 0.04 · 4/3 = 0.0533 is less; 0.5 · 4/4.
    assert q_values(np.array([0.01, 0.04, 0.03, 0.5])).tolist() == pytest.approx([0.04, 4 / 75, 4 / 75, 0.5])


def test_benjamini_and_yekutieli_multiply_by_the_harmonic_sum():
    p = np.array([0.001, 0.2])
    assert q_values(p, correction="benjamini_yekutieli")[0] == pytest.approx(0.001 * 2 * 1.5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_at_least_the_p_values_and_keep_their_order(values):
    p = np.array(values)
    q = q_values(p)
    assert (q >= p).all()
    assert (q <= 1).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()


def test_excess_variance_is_0_for_chance_and_found_when_there_is_some():
    rng = np.random.default_rng(1)
    chance = rng.normal(0, 1, (200, 300))
    more = rng.normal(0, 2, (200, 300))
    assert excess_variance(chance, np.ones_like(chance)).mean() < 0.06
    assert excess_variance(more, np.ones_like(more)).mean() == pytest.approx(3.0, abs=0.1)


def test_excess_variance_is_not_disturbed_by_a_few_true_alerts():
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, (200, 300))
    values[:, :15] += 20
    assert excess_variance(values, np.ones_like(values)).mean() < 0.5


def test_few_areas_have_no_scatter():
    assert excess_variance(np.arange(9.0), np.ones(9)) == 0.0


def test_moderated_variances_lie_between_their_own_and_the_usual_one():
    rng = np.random.default_rng(3)
    own = rng.chisquare(5, 200) / 5
    steadied, freedom = moderated_variance(own, np.full(200, 5.0))
    assert np.ptp(steadied) < 0.2 * np.ptp(own)
    assert (freedom > 20).all()


def test_variance_of_changes_is_that_of_the_changes():
    variance, freedom = spread_of_changes(np.array([[1.0], [3.0], [2.0]]), 1)  # changes 2 and −1
    assert (variance.item(), freedom.item()) == (4.5, 1.0)


def test_overlapping_changes_are_set_right():
    # Over two periods: 2 and 2 + ε share a value; of a random walk such changes correlate with 1/2.
    rng = np.random.default_rng(4)
    walks = rng.normal(size=(6, 20_000)).cumsum(axis=0)
    assert spread_of_changes(walks, 2)[0].mean() == pytest.approx(2.0, rel=0.03)


def test_equal_values_share_the_better_place():
    values = np.array([5.0, 9.0, 5.0])
    assert places(values).tolist() == [2.0, 1.0, 2.0]
    assert np.isnan(values_at_place(values, np.array([3.0, 0.0, 4.0]))).all()


def test_hits_that_come_in_groups_have_a_wider_interval():
    is_hit = np.repeat([True, False, True, False], 10)
    alone = hit_rate(is_hit, np.arange(40), np.arange(40))
    grouped = hit_rate(is_hit, np.repeat(np.arange(4), 10), np.arange(40))
    assert alone.share == grouped.share == 0.5
    assert grouped.ci_low < alone.ci_low < alone.ci_high < grouped.ci_high
