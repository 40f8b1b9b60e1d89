"""What a rule found in one period: the alerts, what was tested, and what was not and why."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from indicators.alerts.rules import Rule

__all__ = ["ALERT_COLUMNS", "AlertRun", "alert_id"]

ALERT_COLUMNS = (
    "rule_id",
    "area_id",
    "period",
    "indicator_id",
    "value",
    "compared_with",
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "q_value",
    "text_de",
    "text_en",
)


def alert_id(rule_id: str, area_id: str, period: str) -> str:
    """Return the id of the one alert that a rule can give for an area and a period.

    Parameters
    ----------
    rule_id, area_id, period : str
        What the alert is about.

    Returns
    -------
    str
        The same whenever it is asked for; unique within a level of a city, in all editions of its boundaries.

    Examples
    --------
    >>> alert_id("unemployment-rises", "62", "2022")
    'unemployment-rises/2022/62'
    """
    return f"{rule_id}/{period}/{area_id}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AlertRun:
    """What one rule found in one period.

    `alerts`: one row per alerted area in the order of area ids, with the columns of `ALERT_COLUMNS`. `value` is the
    value of the period, `compared_with` what it is held against (threshold, earlier value, expected value),
    `estimate` the size of what was found with its band `ci_low` to `ci_high`, all in the unit of the
    indicator (standard deviations for *theme_sum*). `results`: the same figures of every tested area, indexed by
    area_id, with `is_alert` and `noise` ("share", "rate", "series": what the test rests on). `tested`: how many.
    `left_out`: reason per area that was not tested. `dispersion`: how many times as large as chance alone the
    scatter of all areas is (1: chance alone).
    """

    rule: Rule
    period: str
    alerts: pd.DataFrame
    results: pd.DataFrame
    tested: int
    left_out: pd.Series
    dispersion: float

    def __repr__(self) -> str:
        return (
            f"AlertRun({self.rule.id}, {self.period}: {len(self.alerts)} alert(s), {self.tested} area(s) tested, "
            f"{len(self.left_out)} left out)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per alert, indexed by its id."""
        ids = [alert_id(self.rule.id, area, self.period) for area in self.alerts["area_id"]]
        return self.alerts.set_axis(pd.Index(ids, name="alert_id"), axis=0)

    def summary(self) -> pd.DataFrame:
        """Return one row: rule, period, how many areas were tested and left out, how many alerts."""
        return pd.DataFrame(
            {
                "rule_id": [self.rule.id],
                "period": [self.period],
                "tested": [self.tested],
                "left_out": [len(self.left_out)],
                "alerts": [len(self.alerts)],
                "dispersion": [self.dispersion],
            }
        )
