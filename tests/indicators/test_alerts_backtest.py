"""A rule on history: what counts as right, and that nothing later is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.alerts import Outcome, Rule, backtest, evaluate_rule
from indicators.alerts.outcomes import later_periods
from indicators.alerts.report import report
from spatial.errors import ParameterError

COLUMNS = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]


def made(kind: str = "change", **facts) -> Rule:
    plain = {"id": "rises", "title_de": "Steigt", "title_en": "Rises", "kind": kind, "indicators": ("x",)}
    return Rule(**{**plain, "direction": "rising", **facts})


def table(series: dict[str, list[float]], whole: float = 2000) -> pd.DataFrame:
    """Return shares [%] by area and year from 2015 on; None where nothing is published."""
    rows = [
        (
            area,
            str(2015 + step),
            "x",
            share,
            "missing" if share is None else "measured",
            None if share is None else share * whole / 100,
            None if share is None else whole,
        )
        for area, shares in series.items()
        for step, share in enumerate(shares)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(["value", "numerator", "denominator"], float)
    )


# Area a rises to stay, b for one year only, c not at all, d rises at the very end.
SERIES = {
    "a": [10, 10, 16, 16, 16, 16, 16],
    "b": [10, 10, 10, 16, 10, 10, 10],
    "c": [10, 10, 10, 10, 10, 10, 10],
    "d": [10, 10, 10, 10, 10, 10, 16],
}


def test_an_alert_is_confirmed_when_half_of_it_is_still_there():
    tried = backtest(made(), table(SERIES), outcome=Outcome(horizon=2))
    told = tried.to_frame().set_index("area_id")
    assert told["period"].to_dict() == {"a": "2017", "b": "2018", "d": "2021"}
    assert told["event"].to_dict() == pytest.approx({"a": 1.0, "b": 0.0, "d": np.nan}, nan_ok=True)
    assert (tried.precision.hits, tried.precision.cases, tried.precision.share) == (1, 2, 0.5)
    summary = tried.summary().iloc[0]
    assert summary[["alerts", "confirmed", "refuted", "unknown"]].tolist() == [3, 1, 1, 1]
    assert repr(tried) == "BacktestReport(rises: 3 alert(s) in 6 period(s), 1 of 2 confirmed)"


def test_every_event_of_the_example_was_told():
    tried = backtest(made(), table(SERIES), outcome=Outcome(horizon=2))
    assert (tried.recall.hits, tried.recall.cases) == (1, 1)
    assert (tried.base.hits, tried.base.cases) == (1, 2)  # only what rose: a in 2017, b in 2018


def test_lead_time_is_counted_from_the_first_alert_to_the_event():
    # 10 → 14 is told in 2016; the value is first above 18 in 2018, two years later. b is never told and enters in 2017.
    values = table({"a": [10, 14, 15, 20, 20], "b": [17.5, 17.6, 18.2, 18.2, 18.2], "c": [10] * 5})
    tried = backtest(made(), values, outcome=Outcome(kind="beyond", limit=18.0, horizon=3))
    assert tried.lead == 2.0
    assert (tried.recall.hits, tried.recall.cases) == (1, 2)
    first = tried.to_frame().iloc[0]
    assert (first["area_id"], first["period"], first["when"], first["lead"]) == ("a", "2016", "2018", 2.0)


def test_an_alert_of_what_is_there_already_comes_too_late():
    tried = backtest(made(), table(SERIES), outcome=Outcome(kind="beyond", limit=12.0, horizon=2))
    assert tried.summary().iloc[0][["late", "confirmed"]].tolist() == [3, 0]
    assert tried.precision.cases == 0
    assert tried.recall.hits == 0


def test_the_worst_areas_are_counted_among_those_with_a_value():
    values = table({"a": [10, 15, 15, 21, 21], "b": [20] * 5, "c": [5] * 5, "d": [6] * 5})
    tried = backtest(made(), values, outcome=Outcome(kind="worst", limit=0.25, horizon=3))
    assert tried.to_frame()[["period", "event", "when"]].iloc[0].tolist() == ["2016", 1.0, "2018"]


def test_nothing_later_is_known():
    values = table(SERIES)
    early = backtest(made(), values[values["period"] <= "2018"])
    late = backtest(made(), values)
    columns = ["area_id", "period", "value", "q_value", "is_alert"]
    known = late.cases.loc[late.cases["period"] <= "2018", columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(early.cases[columns], known)


def test_every_period_is_judged_as_it_would_have_been():
    values = table(SERIES)
    tried = backtest(made(), values)
    for period in ("2017", "2018", "2021"):
        run = evaluate_rule(made(), values[values["period"] <= period], period=period)
        told = tried.to_frame()
        assert told.loc[told["period"] == period, "area_id"].tolist() == run.alerts["area_id"].tolist()


def test_a_year_without_values_leaves_what_came_of_it_unknown():
    assert later_periods("2019", 3, ["2019", "2020", "2022"]) == ["2020", None, "2022"]
    values = table({**SERIES, "a": [10, 10, 16, 16, None, 16, 16]})
    tried = backtest(made(), values, outcome=Outcome(horizon=2))
    assert np.isnan(tried.to_frame().set_index("area_id").loc["a", "event"])


@pytest.mark.parametrize(
    "rule",
    [
        made("level", threshold=12.0),
        made("change_against_city"),
        made("trend_break", periods=5, direction="both"),
        made("class_change", cuts=(12.0,)),
        made("rank_jump", threshold=1.0),
        made("theme_sum", indicators=("x", "y")),
        made(direction="falling"),
    ],
    ids=lambda rule: f"{rule.kind} {rule.direction}",
)
def test_every_kind_of_rule_can_be_tried(rule):
    values = table(SERIES)
    values = pd.concat([values, values.assign(indicator_id="y")])
    for outcome in (Outcome(), Outcome(kind="beyond", limit=12.0), Outcome(kind="worst", limit=0.25)):
        tried = backtest(rule, values, outcome=outcome)
        assert len(tried.summary()) == 1
        assert "Rückschau" in report(tried)


def test_a_rule_that_never_tells_has_no_hit_rate():
    tried = backtest(made(), table({"c": [10.0] * 5}))
    assert tried.alerts == 0
    assert np.isnan(tried.precision.share)
    assert "nie gemeldet" in report(tried, language="de")


def test_history_of_one_period_is_no_history():
    values = table(SERIES)
    tried = backtest(made(), values[values["period"] == "2015"])
    assert tried.summary()["periods"].item() == 0
    assert "Kein Zeitraum ließ sich prüfen" in report(tried)


def test_report_is_german_first_and_names_areas():
    text = report(backtest(made(), table(SERIES), names=pd.Series({"a": "Mitte | Süd"})), markdown=True)
    assert text.startswith("## Rückschau: Steigt\n")
    assert text.index("Trefferquote") < text.index("Hit rate")
    assert "| 2017 | Mitte \\| Süd | 16,0 | 10,0 | +6,0 | ja |" in text
    assert "| 2017 | Mitte \\| Süd | 16.0 | 10.0 | +6.0 | yes |" in text


def test_one_bad_year_is_not_called_many_hits():
    values = table({name: [10, 10, 16, 16, 16] for name in "abc"})
    text = report(backtest(made(), values), language="en")
    assert "one event of the city, not many independent ones" in text


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"kind": "worse"}, "persists, beyond, worst"),
        ({"horizon": 0}, "at least 1"),
        ({"kind": "beyond"}, "finite value"),
        ({"kind": "worst", "limit": 10.0}, "share of the areas"),
    ],
)
def test_outcomes_that_cannot_be_looked_for_are_refused(facts, says):
    with pytest.raises(ParameterError, match=says):
        Outcome(**facts)


def test_what_persists_has_no_moment_so_the_lead_is_that_of_getting_among_the_worst_tenth():
    # Of ten areas one is the worst tenth: b all the time, until a passes it in 2019. Told in 2017, two years before.
    series = {"a": [10, 10, 14, 14, 30], "b": [20] * 5} | {f"c{number}": [9] * 5 for number in range(8)}
    tried = backtest(made(), table(series), outcome=Outcome(horizon=2))
    first = tried.to_frame().iloc[0]
    assert (first["area_id"], first["period"]) == ("a", "2017")
    assert (tried.lead_outcome.kind, tried.lead_outcome.limit, tried.lead_outcome.horizon) == (
        "worst",
        0.1,
        2,
    )
    assert (tried.lead, tried.announced.hits, tried.announced.cases) == (2.0, 1, 1)
    facts = tried.summary().iloc[0]
    assert facts[["lead", "lead_outcome", "lead_events", "lead_told"]].tolist() == [2.0, "worst", 1, 1]
    text = report(tried)
    assert "2,0 (1 von 1 vorher gemeldet)" in text
    assert "2.0 (1 of 1 told before)" in text


def test_a_back_test_of_which_nothing_is_known_says_that_it_cannot_switch_a_rule_on():
    tried = backtest(made(), table({"a": [10, 10, 10, 16], "b": [10] * 4, "c": [10] * 4}))
    assert (tried.alerts, tried.precision.cases) == (1, 0)
    assert "lässt sich die Regel nicht einschalten" in report(tried, language="de")
    assert "the rule cannot be switched on like this" in report(tried, language="en")
