"""What has to happen after an alert for it to have been right, and when it was to be seen."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from indicators.alerts.calendar import periods_before
from indicators.alerts.rules import Rule
from spatial.errors import ParameterError

__all__ = ["Outcome", "OutcomeKind", "followed", "in_state", "later_periods", "standing_values"]

OutcomeKind = Literal["persists", "beyond", "worst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The event that an alert is to announce.

    *persists*: `horizon` periods later, at least half of what was found is still there. *beyond*: within `horizon`
    periods, the value is first beyond `limit` (above it, for a falling rule below). *worst*: within `horizon`
    periods, the area is first among the share `limit` of areas with the highest values (for a falling rule, the lowest).
    """

    kind: OutcomeKind = "persists"
    limit: float | None = None
    horizon: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be looked for."""
        if self.kind not in get_args(OutcomeKind):
            raise ParameterError("kind", self.kind, f"one of {', '.join(get_args(OutcomeKind))}")
        if isinstance(self.horizon, bool) or not isinstance(self.horizon, int) or self.horizon < 1:
            raise ParameterError("horizon", self.horizon, "a whole number of periods of at least 1")
        if self.kind == "beyond" and (self.limit is None or not math.isfinite(self.limit)):
            raise ParameterError("limit", self.limit, "a finite value that the indicator is to be beyond")
        if self.kind == "worst" and (self.limit is None or not 0 < self.limit < 1):
            raise ParameterError("limit", self.limit, "a share of the areas between 0 and 1, such as 0.1")

    def words(self, language: Literal["de", "en"] = "de") -> str:
        """Return the event in words."""
        limit = 0.0 if self.limit is None else self.limit
        if language == "de":
            return {
                "persists": f"{self.horizon} Zeiträume später ist noch mindestens die Hälfte der Abweichung da",
                "beyond": f"binnen {self.horizon} Zeiträumen liegt der Wert erstmals jenseits von {limit:g}",
                "worst": f"binnen {self.horizon} Zeiträumen gehört das Gebiet erstmals zu den {100 * limit:g} % "
                "mit den auffälligsten Werten",
            }[self.kind]
        return {
            "persists": f"{self.horizon} periods later at least half of the deviation is still there",
            "beyond": f"within {self.horizon} periods the value is first beyond {limit:g}",
            "worst": f"within {self.horizon} periods the area is first among the {100 * limit:g} % with the most "
            "conspicuous values",
        }[self.kind]


def standing_values(rule: Rule, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is followed over time.

    Parameters
    ----------
    rule : Rule
        Says which indicators; those of a theme are standardised in each period and added up with their weights.
    rows : DataFrame
        Checked values.

    Returns
    -------
    DataFrame, periods × areas
        NaN where a value is not known.

    Examples
    --------
    >>> rule = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("x",))
    >>> rows = pd.DataFrame({"area_id": ["1", "2"], "period": "2022", "indicator_id": "x", "value": [3.0, 5.0]})
    >>> standing_values(rule, rows).values.tolist()
    [[3.0, 5.0]]
    """
    wide = [
        rows[rows["indicator_id"] == name].pivot(index="period", columns="area_id", values="value")
        for name in rule.indicators
    ]
    if rule.kind != "theme_sum":
        return wide[0].sort_index()
    weights = list(rule.weight_of.values())
    size = math.sqrt(sum(weight**2 for weight in weights))
    parts = []
    for one, weight in zip(wide, weights, strict=True):
        spread = one.std(axis=1, ddof=0).replace(0.0, np.nan)
        parts.append(one.sub(one.median(axis=1), axis=0).div(spread, axis=0) * (weight / size))
    return functools.reduce(lambda total, one: total + one, parts).sort_index()


def later_periods(period: str, horizon: int, known: Sequence[str]) -> list[str | None]:
    """Return the periods 1, 2, … after a period, None where there are no values.

    Parameters
    ----------
    period : str
        Where to start.
    horizon : int
        How many.
    known : sequence of str
        Periods with values.

    Returns
    -------
    list of str or None
        As long as the horizon.

    Examples
    --------
    >>> later_periods("2019", 3, ["2019", "2020", "2022"])
    ['2020', None, '2022']
    """
    found: list[str | None] = [None] * horizon
    for one in known:
        if one > period and len(one) == len(period):
            line = periods_before(one, horizon, known)
            if period in line[:-1]:
                found[len(line) - 2 - line.index(period)] = one
    return found


def in_state(outcome: Outcome, standing: pd.DataFrame, *, falling: bool) -> pd.DataFrame:
    """Say where and when an area is in the state that an outcome of the kinds *beyond* and *worst* looks for.

    Parameters
    ----------
    outcome : Outcome
        Says the limit.
    standing : DataFrame, periods × areas
        Values.
    falling : bool
        Whether low values are the conspicuous ones.

    Returns
    -------
    DataFrame of float, periods × areas
        1 or 0, NaN where there is no value.

    Examples
    --------
    >>> table = pd.DataFrame({"1": [3.0], "2": [5.0], "3": [None]}, index=["2022"])
    >>> in_state(Outcome(kind="beyond", limit=4.0), table, falling=False).values.tolist()
    [[0.0, 1.0, nan]]
    """
    sign = -1.0 if falling else 1.0
    limit = 0.0 if outcome.limit is None else outcome.limit
    if outcome.kind == "beyond":
        state = (sign * standing > sign * limit).astype(float)
    else:
        place = (sign * standing).rank(axis=1, ascending=False, method="min")
        number = np.ceil(limit * standing.notna().sum(axis=1))
        state = place.le(number, axis=0).astype(float)
    return state.where(standing.notna())


def followed(outcome: Outcome, cases: pd.DataFrame, standing: pd.DataFrame, *, falling: bool) -> pd.DataFrame:
    """Look up what happened after each case.

    Parameters
    ----------
    outcome : Outcome
        What is looked for.
    cases : DataFrame
        `area_id`, `period`, `value`, `compared_with`.
    standing : DataFrame, periods × areas
        What `standing_values` returned.
    falling : bool
        Whether the rule looks for falling values.

    Returns
    -------
    DataFrame on the same index
        `event` (1, 0; NaN when it cannot be known), `lead` (periods until it; NaN without), `when` (its period; None
        without) and `is_late` (whether the area was in the state already).

    Examples
    --------
    >>> table = pd.DataFrame({"1": [2.0, 6.0, 5.0]}, index=["2020", "2021", "2022"])
    >>> case = pd.DataFrame({"area_id": ["1"], "period": ["2021"], "value": [6.0], "compared_with": [2.0]})
    >>> followed(Outcome(horizon=1), case, table, falling=False)["event"].tolist()
    [1.0]
    """
    known = list(standing.index)
    values = standing if outcome.kind == "persists" else in_state(outcome, standing, falling=falling)
    parts = []
    for period, rows in cases.groupby("period", sort=False):
        later = later_periods(str(period), outcome.horizon, known)
        table = np.array(
            [
                np.full(len(rows), np.nan)
                if one is None
                else values.loc[one].reindex(rows["area_id"]).to_numpy(dtype=float)
                for one in later
            ]
        )
        if outcome.kind == "persists":
            found = _persisting(rows, table[-1])
        else:
            now = values.loc[str(period)].reindex(rows["area_id"]).to_numpy(dtype=float)
            found = _entering(now, table, later)
        parts.append(found.set_index(rows.index))
    if not parts:
        none = pd.Series(dtype=float)
        return pd.DataFrame(
            {"event": none, "lead": none, "when": none.astype(object), "is_late": none.astype(bool)}
        )
    return pd.concat(parts).reindex(cases.index)


def _persisting(rows: pd.DataFrame, later: np.ndarray) -> pd.DataFrame:
    start = rows["compared_with"].to_numpy(dtype=float)
    found = rows["value"].to_numpy(dtype=float) - start
    left = np.sign(found) * (later - start)
    event = np.where(np.isnan(later) | (found == 0), np.nan, left >= 0.5 * np.abs(found))
    return pd.DataFrame({"event": event, "lead": np.nan, "when": None, "is_late": False})


def _entering(now: np.ndarray, later: np.ndarray, periods: Sequence[str | None]) -> pd.DataFrame:
    happens = later == 1
    is_late = now == 1
    first = np.argmax(happens, axis=0) + 1.0
    any_event, all_known = happens.any(axis=0), ~np.isnan(later).any(axis=0)
    event = np.where(any_event, 1.0, np.where(all_known, 0.0, np.nan))
    event = np.where(is_late | np.isnan(now), np.nan, event)
    lead = np.where(event == 1, first, np.nan)
    when = [None if np.isnan(one) else periods[int(one) - 1] for one in lead]
    return pd.DataFrame(
        {"event": event, "lead": lead, "when": pd.Series(when, dtype=object), "is_late": is_late}
    )
