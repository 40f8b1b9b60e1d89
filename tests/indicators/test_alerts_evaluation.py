"""A rule against a table of values: what must hold for any table, and what is said about tables that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.alerts import ALERT_COLUMNS, Rule, alert_id, backtest, evaluate_rule
from indicators.definition import Indicator
from indicators.errors import DefinitionError, InputError, ShareError, StatusError
from spatial.errors import ParameterError

COLUMNS = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]
YEARS = 8
FACTS = {
    "level": {"threshold": 12.0, "direction": "rising"},
    "change": {},
    "change_against_city": {"periods": 2},
    "trend_break": {"periods": 5},
    "class_change": {"cuts": (8.0, 12.0)},
    "rank_jump": {"threshold": 2.0},
    "theme_sum": {"indicators": ("x", "y")},
}
RULES = {
    kind: Rule(**{"id": kind, "title_de": "R", "title_en": "R", "kind": kind, "indicators": ("x",), **facts})
    for kind, facts in FACTS.items()
}


def table(seed: int, areas: int, *, jump: int | None = None) -> pd.DataFrame:
    """Return two indicators of some areas over eight years, without anything but chance and perhaps one jump."""
    rng = np.random.default_rng(seed)
    shares, whole = rng.uniform(0.05, 0.2, areas), rng.integers(300, 5000, areas)
    rows = []
    for name in ("x", "y"):
        for area in range(areas):
            for step in range(YEARS):
                share = shares[area] + (0.15 if area == jump and step == YEARS - 1 else 0)
                part = rng.binomial(whole[area], share)
                value = 100 * part / whole[area]
                state = "measured" if part else "zero"
                rows.append((f"{area:02d}", str(2015 + step), name, value, state, part, whole[area]))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"numerator": float, "denominator": float})


def extra(state: str, area: str = "zz", **facts) -> pd.DataFrame:
    """Return rows of an area without usable values."""
    rows = [(area, str(2015 + step), name, np.nan, state) for name in ("x", "y") for step in range(YEARS)]
    return pd.DataFrame(rows, columns=COLUMNS[:5]).assign(numerator=np.nan, denominator=np.nan, **facts)


def figures(run) -> pd.DataFrame:
    return run.results.sort_index().drop(columns="noise").astype(float)


@pytest.mark.parametrize("kind", RULES)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), areas=st.integers(1, 14), shuffle=st.randoms())
def test_the_order_of_rows_is_irrelevant(kind, seed, areas, shuffle):
    values = table(seed, areas)
    order = list(range(len(values)))
    shuffle.shuffle(order)
    one = evaluate_rule(RULES[kind], values, period="2022")
    other = evaluate_rule(RULES[kind], values.iloc[order], period="2022")
    pd.testing.assert_frame_equal(figures(one), figures(other))
    assert one.alerts["area_id"].tolist() == other.alerts["area_id"].tolist()


@pytest.mark.parametrize("kind", RULES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), areas=st.integers(2, 14))
def test_areas_that_cannot_be_tested_change_nothing(kind, seed, areas):
    values = table(seed, areas)
    more = pd.concat([values, extra("suppressed"), extra("missing", "zy")], ignore_index=True)
    uncertain = values[values["area_id"] == "00"].assign(area_id="zx", status="uncertain")
    one = evaluate_rule(RULES[kind], values, period="2022")
    other = evaluate_rule(RULES[kind], pd.concat([more, uncertain]), period="2022")
    pd.testing.assert_frame_equal(figures(one), figures(other))
    assert other.left_out.to_dict() == {"zx": "uncertain", "zy": "missing", "zz": "suppressed"}


@pytest.mark.parametrize("kind", RULES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), areas=st.integers(1, 14))
def test_q_values_are_at_least_the_p_values_and_alerts_are_among_the_tested(kind, seed, areas):
    run = evaluate_rule(RULES[kind], table(seed, areas, jump=0), period="2022")
    assert (run.results["q_value"] >= run.results["p_value"]).all()
    assert run.tested + len(run.left_out) == areas
    assert set(run.alerts["area_id"]) <= set(run.results.index)
    assert (run.alerts["q_value"] <= 0.05).all()
    band = run.results if kind != "rank_jump" else run.results.dropna()
    assert (band["ci_low"] <= band["estimate"] + 1e-9).all()
    assert (band["ci_high"] >= band["estimate"] - 1e-9).all()


@pytest.mark.parametrize("kind", RULES)
def test_a_second_evaluation_gives_the_same_alerts_under_the_same_ids(kind):
    values = table(3, 12, jump=4)
    first, second = (evaluate_rule(RULES[kind], values, period="2022").to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first.index.is_unique
    assert tuple(first.columns) == ALERT_COLUMNS


@pytest.mark.parametrize("kind", [kind for kind in RULES if kind != "level"])
def test_a_jump_is_told_with_a_text_in_both_languages(kind):
    run = evaluate_rule(RULES[kind], table(3, 12, jump=4), period="2022", names={"04": "Mitte"})
    assert run.alerts["area_id"].tolist() == ["04"]
    told = run.alerts.iloc[0]
    assert told["text_de"].startswith("Mitte: ")
    assert told["text_en"].startswith("Mitte: ")
    assert run.to_frame().index.tolist() == [alert_id(kind, "04", "2022")]


@pytest.mark.parametrize("kind", RULES)
def test_what_comes_later_is_not_looked_at(kind):
    values = table(5, 12, jump=4)
    later = values["period"] > "2021"
    changed = values.assign(
        value=values["value"].mask(later, 50.0), numerator=values["numerator"].mask(later, np.nan)
    )
    one = evaluate_rule(RULES[kind], values, period="2021")
    pd.testing.assert_frame_equal(figures(one), figures(evaluate_rule(RULES[kind], changed, period="2021")))


def test_a_withheld_value_is_neither_tested_nor_told_nor_compared_with():
    values = table(3, 12, jump=4)
    secret = (values["area_id"] == "04") & (values["period"] == "2022")
    hidden = values.assign(
        status=values["status"].mask(secret, "suppressed"), value=values["value"].mask(secret)
    )
    run = evaluate_rule(RULES["change"], hidden, period="2022")
    assert run.left_out.to_dict() == {"04": "suppressed"}
    assert "04" not in run.results.index
    # The counts that came along with the row make no difference to any other area.
    without = hidden.assign(
        numerator=hidden["numerator"].mask(secret), denominator=hidden["denominator"].mask(secret)
    )
    for kind, rule in RULES.items():
        one, other = (figures(evaluate_rule(rule, rows, period="2022")) for rows in (hidden, without))
        pd.testing.assert_frame_equal(one, other, obj=kind)


def test_text_of_an_alert_writes_german_numbers():
    values = pd.DataFrame(
        [
            ("62", year, "x", part / 10, "measured", part, 1000.0)
            for year, part in (("2021", 81.0), ("2022", 123.4))
        ],
        columns=COLUMNS,
    )
    known = Indicator(id="x", title_de="Anteil", title_en="Share", unit="%", kind="intensive", decimals=1)
    run = evaluate_rule(
        RULES["change"], values, period="2022", names=pd.Series({"62": "Mitte"}), indicators={"x": known}
    )
    assert run.alerts["text_de"].item() == (
        "Mitte: Anteil ist gestiegen, von 8,1\u00a0% (2021) auf 12,3\u00a0% (2022) "
        "(+4,2 Prozentpunkte; Unsicherheitsband +1,6 bis +6,9 Prozentpunkte)."
    )
    assert run.alerts["text_en"].item() == (
        "Mitte: Share has risen, from 8.1% (2021) to 12.3% (2022) "
        "(+4.2 percentage points; band +1.6 to +6.9 percentage points)."
    )


def test_a_quotient_above_one_is_tested_by_its_series_and_refused_as_a_share():
    # 15 areas with more children than adults (1,200 to 1,000); in area 00 100 more in the last year
    rng = np.random.default_rng(5)
    rows = []
    for area in range(15):
        for step in range(YEARS):
            part = 1200 + rng.integers(-20, 21) + (100 if (area, step) == (0, YEARS - 1) else 0)
            rows.append((f"{area:02d}", str(2015 + step), "ratio_youth", part / 10, "measured", part, 1000.0))
    values = pd.DataFrame(rows, columns=COLUMNS).astype({"numerator": float})
    rule = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("ratio_youth",))
    run = evaluate_rule(rule, values, period="2022")
    assert set(run.results["noise"]) == {"series"}
    assert run.results["p_value"].idxmin() == "00"
    for try_out in (evaluate_rule, backtest):
        options = {"period": "2022"} if try_out is evaluate_rule else {}
        with pytest.raises(DefinitionError, match="'ratio_youth' is no share by its definition"):
            try_out(replace(rule, model="share"), values, **options)
    assert set(backtest(rule, values).runs["tested"]) == {15}


def test_areas_without_a_city_to_compare_with_say_so():
    values = table(1, 12)
    city = values[values["area_id"] == "00"].drop(columns="area_id").assign(area_id="city")
    last = city["period"] == "2022"
    city.loc[last, ["value", "numerator", "denominator"]] = np.nan
    city.loc[last, "status"] = "suppressed"
    run = evaluate_rule(RULES["change_against_city"], values, period="2022", city=city)
    assert (run.tested, set(run.left_out)) == (0, {"no_city_value"})


def test_one_period_only_leaves_everything_out():
    values = table(1, 12)
    run = evaluate_rule(RULES["change"], values[values["period"] == "2022"], period="2022")
    assert (run.tested, len(run.alerts)) == (0, 0)
    assert set(run.left_out) == {"no_earlier_value"}
    assert run.summary()["left_out"].item() == 12


def test_a_trend_needs_five_years():
    values = table(1, 3)
    run = evaluate_rule(RULES["trend_break"], values[values["period"] >= "2018"], period="2022")
    assert set(run.left_out) == {"series_too_short"}


def test_a_year_without_values_is_no_step_over_two_years():
    values = table(1, 3)
    run = evaluate_rule(RULES["change"], values[values["period"] != "2021"], period="2022")
    assert set(run.left_out) == {"no_earlier_value"}


def test_constant_series_without_counts_are_left_out():
    values = table(1, 3).assign(value=7.0, numerator=np.nan, denominator=np.nan)
    run = evaluate_rule(RULES["change"], values, period="2022")
    assert set(run.left_out) == {"no_variation"}


def test_constant_series_with_counts_are_no_alert():
    values = table(1, 12).assign(value=10.0, numerator=100.0, denominator=1000.0)
    for rule in RULES.values():
        assert len(evaluate_rule(rule, values, period="2022").alerts) == 0


def test_areas_below_the_minimum_are_not_tested():
    rule = Rule(
        **{
            **RULES["change"].to_json(),
            "indicators": ("x",),
            "cuts": (),
            "weights": (),
            "minimum_denominator": 1000.0,
        }
    )
    values = table(1, 6)
    values.loc[values["area_id"] == "02", "denominator"] = values["numerator"] * 5
    values.loc[values["area_id"] == "02", ["value"]] = 20.0
    sizes = values[values["period"] == "2022"].groupby("area_id")["denominator"].min()
    run = evaluate_rule(rule, values, period="2022")
    assert set(run.results.index) == set(sizes.index[sizes >= 1000])
    assert set(run.left_out) == {"too_few"}


def test_a_minimum_needs_a_known_denominator():
    rule = Rule(**{**FACTS["change"], "id": "r", "title_de": "R", "title_en": "R", "kind": "change",
                   "indicators": ("x",), "minimum_denominator": 10.0})  # fmt: skip
    values = table(1, 2).assign(numerator=np.nan, denominator=np.nan)
    assert set(evaluate_rule(rule, values, period="2022").left_out) == {"no_denominator"}


def test_areas_without_counts_are_tested_beside_those_with():
    values = table(2, 20)
    values.loc[values["area_id"] == "03", ["numerator", "denominator"]] = np.nan
    noise = evaluate_rule(RULES["change"], values, period="2022").results["noise"]
    assert noise["03"] == "series"
    assert set(noise.drop("03")) == {"share"}


def test_quarters_follow_each_other():
    values = pd.DataFrame(
        [
            ("1", period, "x", part / 10, "measured", part, 1000)
            for period, part in (("2020-Q4", 100), ("2021-Q1", 160))
        ],
        columns=COLUMNS,
    )
    assert evaluate_rule(RULES["change"], values, period="2021-Q1").alerts["estimate"].tolist() == [6.0]


def test_dates_are_compared_with_the_date_before():
    values = pd.DataFrame(
        [
            ("1", period, "x", part / 10, "measured", part, 1000)
            for period, part in (("2014-05-25", 100), ("2019-05-26", 160))
        ],
        columns=COLUMNS,
    )
    assert evaluate_rule(RULES["change"], values, period="2019-05-26").alerts["estimate"].tolist() == [6.0]


def broken(**changed) -> pd.DataFrame:
    values = table(1, 4)
    for column, value in changed.items():
        values.loc[5, column] = value
    return values


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        (broken(value=np.inf), InputError, "infinite"),
        (broken(status="unknown"), StatusError, "unknown status"),
        (broken(value=np.nan), StatusError, "no value although"),
        (broken(status="missing"), StatusError, "a value although"),
        (broken(numerator=-1.0), ShareError, "negative counts"),
        (broken(numerator=1e6), ShareError, "a part above its whole"),
        (broken(value=33.3), InputError, "do not make the value"),
        (broken(period="2015"), InputError, "occur twice"),
        (table(1, 4).drop(columns="status"), DefinitionError, "column 'status' is missing"),
        (table(1, 4).drop(columns="period"), DefinitionError, "column 'period' is missing"),
        (table(1, 4).replace({"x": "xx"}), DefinitionError, "did you mean 'xx'|known: xx, y"),
    ],
)
def test_tables_that_do_not_fit_are_refused(values, error, says):
    with pytest.raises(error, match=says):
        evaluate_rule(RULES["change"], values, period="2022")


def test_a_period_without_values_is_answered_with_those_there_are():
    with pytest.raises(ParameterError, match=r"expected one with values: 2015, 2016"):
        evaluate_rule(RULES["change"], table(1, 3), period="2030")
