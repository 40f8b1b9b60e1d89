"""A rule on the history of a city, with only what was known at each time: whether it would have been right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.alerts.evaluation import evaluate_rule
from indicators.alerts.hits import HitRate, hit_rate
from indicators.alerts.outcomes import Outcome, followed, standing_values
from indicators.alerts.panel import checked_values
from indicators.alerts.rules import Rule
from indicators.alerts.subjects import fitted
from indicators.definition import Indicator

__all__ = ["BacktestReport", "backtest"]

_CASE = [
    "area_id",
    "period",
    "value",
    "compared_with",
    "estimate",
    "ci_low",
    "ci_high",
    "q_value",
    "is_alert",
]
_WORST = 0.1  # share of the areas that count as the worst when the lead time needs an event


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BacktestReport:
    """What a rule would have told in the past, and what came of it.

    `cases`: one row per area and period that was tested, with `is_alert`, `event` (1, 0; NaN when nobody can know
    yet, or the area was in the state already), `lead`, `when` and `is_late`. `runs`: per period `tested`, `alerts`,
    `confirmed`, `refuted`, `late`, `unknown`, `dispersion`. `precision`: share of the alerts after which the event
    came (hit rate); `base`: the same share of all tested cases that went the way of the rule; `recall`: share of the
    events that had been told. `lead`: middle of the periods between the first alert and the event of `lead_outcome`,
    NaN when none was told before; `announced`: of those events, the share that was. What *persists* has no moment, so
    there `lead_outcome` is that the area gets among the worst tenth within the same horizon.
    """

    rule: Rule
    outcome: Outcome
    cases: pd.DataFrame
    runs: pd.DataFrame
    precision: HitRate
    base: HitRate
    recall: HitRate
    lead: float
    lead_outcome: Outcome
    announced: HitRate
    names: Mapping[str, str]

    def __repr__(self) -> str:
        return (
            f"BacktestReport({self.rule.id}: {self.alerts} alert(s) in {len(self.runs)} period(s), "
            f"{self.precision.hits} of {self.precision.cases} confirmed)"
        )

    @property
    def alerts(self) -> int:
        """All alerts, those included of which nothing can be known yet."""
        return int(self.cases["is_alert"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per alert, with what came of it."""
        rows = self.cases[self.cases["is_alert"]].drop(columns=["is_alert", "is_wanted"])
        return rows.assign(rule_id=self.rule.id).reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """Return one row with all figures: counts, hit rate, base rate, recall and lead time."""
        told = self.runs[["alerts", "confirmed", "refuted", "late", "unknown", "tested"]].sum()
        periods = list(self.runs.index)
        rates = {
            f"{name}{part}": getattr(rate, field)
            for name, rate in (("precision", self.precision), ("base", self.base), ("recall", self.recall))
            for part, field in (("", "share"), ("_low", "ci_low"), ("_high", "ci_high"))
        }
        return pd.DataFrame(
            [
                {
                    "rule_id": self.rule.id,
                    "outcome": self.outcome.kind,
                    "limit": self.outcome.limit,
                    "horizon": self.outcome.horizon,
                    "first_period": periods[0] if periods else None,
                    "last_period": periods[-1] if periods else None,
                    "periods": len(periods),
                    "periods_with_alerts": int((self.runs["alerts"] > 0).sum()),
                    **{name: int(told[name]) for name in told.index},
                    "events": self.recall.cases,
                    "missed": self.recall.cases - self.recall.hits,
                    **rates,
                    "lead": self.lead,
                    "lead_outcome": self.lead_outcome.kind,
                    "lead_limit": self.lead_outcome.limit,
                    "lead_events": self.announced.cases,
                    "lead_told": self.announced.hits,
                }
            ]
        )


def backtest(
    rule: Rule,
    values: pd.DataFrame,
    *,
    city: pd.DataFrame | None = None,
    outcome: Outcome | None = None,
    names: pd.Series | Mapping[str, str] | None = None,
    indicators: Mapping[str, Indicator] | None = None,
) -> BacktestReport:
    """Try a rule on history.

    Parameters
    ----------
    rule : Rule
        What is tried.
    values, city, names, indicators
        As `evaluate_rule`. Each period is judged with the values up to it, and nothing later.
    outcome : Outcome, optional
        What has to happen after an alert; by default, two periods later half of the deviation is still there.

    Returns
    -------
    BacktestReport
        Periods in which nothing could be tested are left out.

    Raises
    ------
    DefinitionError, InputError, ShareError, StatusError
        As `evaluate_rule`.

    Notes
    -----
    Values are those known today: what was corrected since then is corrected here, too.

    Examples
    --------
    >>> rows = [(area, str(year), "x", share, "measured", 10 * share, 1000)
    ...         for area, shares in {"01": (10, 16, 16), "02": (10, 10, 10), "03": (11, 11, 11)}.items()
    ...         for year, share in zip((2020, 2021, 2022), shares)]
    >>> columns = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]
    >>> rising = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("x",), direction="rising")
    >>> backtest(rising, pd.DataFrame(rows, columns=columns), outcome=Outcome(horizon=1))
    BacktestReport(r: 1 alert(s) in 2 period(s), 1 of 1 confirmed)
    """
    outcome = Outcome() if outcome is None else outcome
    rows = checked_values(fitted(rule, indicators), values)
    standing = standing_values(rule, rows)
    falling = rule.direction == "falling"
    tests, dispersions = [], {}
    for period in sorted(rows["period"].unique()):
        run = evaluate_rule(rule, values, period=period, city=city, indicators=indicators)
        if run.tested:
            tests.append(run.results.rename_axis("area_id").reset_index().assign(period=period))
            dispersions[period] = run.dispersion
    cases = pd.concat(tests, ignore_index=True)[_CASE] if tests else _no_cases()
    cases["is_wanted"] = _is_wanted(rule, cases)
    lead_outcome = _with_a_moment(outcome)
    entries = _onsets(lead_outcome, cases.join(followed(lead_outcome, cases, standing, falling=falling)))
    cases = cases.join(followed(outcome, cases, standing, falling=falling))
    known = cases[cases["event"].notna()]
    onsets = _onsets(outcome, cases)
    return BacktestReport(
        rule=rule,
        outcome=outcome,
        cases=cases,
        runs=_runs(cases, dispersions),
        precision=_rate(known[known["is_alert"]], "event", rule.level),
        base=_rate(known[known["is_wanted"]], "event", rule.level),
        recall=_rate(onsets, "is_told", rule.level),
        lead=float(entries["lead"].median()) if entries["lead"].notna().any() else float("nan"),
        lead_outcome=lead_outcome,
        announced=_rate(entries, "is_told", rule.level),
        names={} if names is None else {str(area): str(name) for area, name in dict(names).items()},
    )


def _with_a_moment(outcome: Outcome) -> Outcome:
    """Return an outcome that happens at a time, so that an alert can come before it."""
    if outcome.kind != "persists":
        return outcome
    return Outcome(kind="worst", limit=_WORST, horizon=outcome.horizon)


def _no_cases() -> pd.DataFrame:
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in _CASE})
    return empty.astype({"area_id": object, "period": object, "is_alert": bool})


def _is_wanted(rule: Rule, cases: pd.DataFrame) -> pd.Series:
    """Say which cases went the way that the rule looks for, surely or not."""
    size = cases["value"] - cases["compared_with"]
    if rule.direction == "both":
        return size != 0
    return size > 0 if rule.direction == "rising" else size < 0


def _rate(rows: pd.DataFrame, column: str, level: float) -> HitRate:
    return hit_rate(
        rows[column].to_numpy() == 1, rows["area_id"].to_numpy(), rows["period"].to_numpy(), level=level
    )


def _runs(cases: pd.DataFrame, dispersions: Mapping[str, float]) -> pd.DataFrame:
    """Count per period."""
    told = cases["is_alert"]
    marks = pd.DataFrame(
        {
            "period": cases["period"],
            "tested": 1,
            "alerts": told,
            "confirmed": told & (cases["event"] == 1),
            "refuted": told & (cases["event"] == 0),
            "late": told & cases["is_late"].fillna(False).astype(bool),
            "unknown": told & cases["event"].isna() & ~cases["is_late"].fillna(False).astype(bool),
        }
    )
    counted = marks.groupby("period").sum().astype(int)
    return counted.assign(dispersion=pd.Series(dispersions, dtype=float).reindex(counted.index))


def _onsets(outcome: Outcome, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the events that could have been told, whether they were, and how early.

    For *persists* the events are the tested cases that lasted. Otherwise they are the entries of areas into the state,
    as far as the area was tested within the horizon before.
    """
    if outcome.kind == "persists":
        lasting = cases[(cases["event"] == 1) & cases["is_wanted"]]
        return lasting[["area_id", "period"]].assign(is_told=lasting["is_alert"].astype(float), lead=np.nan)
    announced = cases[cases["event"] == 1]
    announced = announced.assign(early=announced["lead"].where(announced["is_alert"]))
    found = announced.groupby(["area_id", "when"], as_index=False).agg(
        is_told=("is_alert", "max"), lead=("early", "max")
    )
    return found.rename(columns={"when": "period"}).astype({"is_told": float})
