"""A rule against the values of a city: the areas that stand out from chance in one period."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from indicators.alerts.discovery import q_values
from indicators.alerts.judging import judge
from indicators.alerts.panel import Panel, checked_values, panel
from indicators.alerts.result import ALERT_COLUMNS, AlertRun
from indicators.alerts.rules import Rule
from indicators.alerts.subjects import fitted
from indicators.alerts.texts import texts
from indicators.alerts.tracks import Judgement
from indicators.definition import Indicator

__all__ = ["evaluate_rule"]

_FIGURES = ("value", "before", "compared_with", "estimate", "ci_low", "ci_high", "p_value", "moved")


def evaluate_rule(
    rule: Rule,
    values: pd.DataFrame,
    *,
    period: str,
    city: pd.DataFrame | None = None,
    names: pd.Series | Mapping[str, str] | None = None,
    indicators: Mapping[str, Indicator] | None = None,
) -> AlertRun:
    """Find the areas that a rule gives an alert for in one period.

    Parameters
    ----------
    rule : Rule
        What is looked for.
    values : DataFrame
        Published values of all areas of one level and edition, one row per area, period and indicator: `area_id`,
        `period`, `indicator_id`, `value`, `status` (words of `ValueStatus`), and where they are published
        `numerator` and `denominator` [persons]. Periods after the judged one are not looked at.
    period : str
        The period to be judged.
    city : DataFrame, optional
        The same columns for the city as a whole. Without it, the areas with a value make the city.
    names : Series or mapping, optional
        Name of each area, for the texts; its id otherwise.
    indicators : mapping of str to Indicator, optional
        For the models of chance, and titles, units and decimals in the texts, when the product does not know them.

    Returns
    -------
    AlertRun
        One alert per area at most. The same values give the same alerts.

    Raises
    ------
    DefinitionError
        If a column or an indicator of the rule is not there, or the model of the rule does not fit its indicators.
    InputError, ShareError, StatusError
        If rows occur twice, counts are impossible or do not make the values, or states contradict values.
    ParameterError
        If there are no values in the period.

    Notes
    -----
    An area is told when its q-value is at most the false discovery rate of the rule, and the uncertainty band of what was
    found leaves the threshold out. Values that are missing, suppressed or uncertain are not tested, compared with
    or told. See docs/methods/early-warning.md for the tests.

    Examples
    --------
    >>> rows = [(area, year, "x", share, "measured", 10 * share, 1000)
    ...         for area, shares in {"01": (10, 16), "02": (10, 10), "03": (11, 11)}.items()
    ...         for year, share in zip(("2021", "2022"), shares)]
    >>> columns = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]
    >>> rising = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("x",), direction="rising")
    >>> run = evaluate_rule(rising, pd.DataFrame(rows, columns=columns), period="2022")
    >>> run
    AlertRun(r, 2022: 1 alert(s), 3 area(s) tested, 0 left out)
    >>> run.alerts[["area_id", "estimate"]].values.tolist()
    [['01', 6.0]]
    """
    judged = fitted(rule, indicators)
    rows = checked_values(judged, _until(values, period))
    whole = None if city is None else _checked_city(judged, city, period)
    laid = panel(judged, rows, period=period, city=whole)
    results, dispersion, left_out = _tested(judged, laid)
    told = results[results["is_alert"]]
    written = texts(rule, told, period=period, names=names, indicators=indicators)
    alerts = told.reset_index().assign(
        rule_id=rule.id,
        period=period,
        indicator_id=rule.indicators[0],
        text_de=[one.de for one in written],
        text_en=[one.en for one in written],
    )
    return AlertRun(
        rule=rule,
        period=period,
        alerts=alerts[list(ALERT_COLUMNS)],
        results=results,
        tested=len(results),
        left_out=left_out,
        dispersion=dispersion,
    )


def _until(values: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return what was known in the period; a table without periods is complained about elsewhere."""
    return values[values["period"].astype(str) <= period] if "period" in values else values


def _checked_city(rule: Rule, city: pd.DataFrame, period: str) -> pd.DataFrame | None:
    """Return the checked rows of the city up to the period; None when it has none of an indicator."""
    chosen = _until(city, period).assign(area_id="city")
    if "indicator_id" in chosen and not set(rule.indicators) <= set(chosen["indicator_id"]):
        return None
    return checked_values(rule, chosen, what="values of the city")


def _tested(rule: Rule, laid: Panel) -> tuple[pd.DataFrame, float, pd.Series]:
    """Test the areas of a panel; what turns out not to be testable is left out as well."""
    if not len(laid.areas):
        empty = pd.DataFrame({name: pd.Series(dtype=float) for name in _FIGURES}).rename_axis("area_id")
        return _decided(rule, empty, np.zeros(0, dtype=bool)), float("nan"), laid.left_out
    judged = judge(rule, laid.tracks, laid.cities, by_counts=laid.by_counts)
    table = _table(judged, laid.areas)
    table["noise"] = np.where(laid.by_counts, rule.noise, "series")
    silent = table["p_value"].isna()
    unknown = laid.left_out
    if silent.any():
        has_no_city = (rule.kind == "change_against_city") & table["compared_with"].isna()
        words = np.where(has_no_city, "no_city_value", "no_variation")
        reasons = pd.Series(words, index=table.index, dtype=object, name="reason")[silent]
        unknown = pd.concat([unknown, reasons]).sort_index()
    return (
        _decided(rule, table[~silent], judged.is_clear[~silent.to_numpy()]),
        float(judged.dispersion),
        unknown,
    )


def _table(judged: Judgement, areas: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(judged, name) for name in _FIGURES}, index=areas)


def _decided(rule: Rule, table: pd.DataFrame, is_clear: np.ndarray) -> pd.DataFrame:
    q = q_values(table["p_value"].to_numpy(), correction=rule.correction)
    return table.assign(q_value=q, is_alert=(q <= rule.false_discovery_rate) & is_clear)
