"""Everything that is stored of a computed indicator: value, interval, state, and whether it differs from the city."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from indicators.comparison import against_city
from indicators.confidentiality import ShareLimits, publishable
from indicators.definition import Indicator, IndicatorDefinition
from indicators.errors import DefinitionError, ShareError
from indicators.limits import INTERVAL_LEVEL
from indicators.shares import indicator_values, share
from indicators.uncertainty import chance_model

__all__ = ["DERIVED_COLUMNS", "derived_values", "years_before"]

DERIVED_COLUMNS = ("value", "ci_low", "ci_high", "status", "comparison")

# Limits are kept to a millionth, rounded outwards: more digits say nothing.
_DIGITS = 1e6

_NO_LIMITS = ShareLimits()


def derived_values(
    definition: Indicator,
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    *,
    limits: ShareLimits = _NO_LIMITS,
    level: float = INTERVAL_LEVEL,
) -> pd.DataFrame:
    """Compute an indicator of all areas and periods with what belongs to its values.

    Parameters
    ----------
    definition : Indicator
        Of a share, quotient, rate, ratio or balance, or of a change over years.
    values : DataFrame of int or float, indexed by (period, area_id), one column per count
        At least the columns `definition.counts`. All areas of one geography. [persons, households, cases, …]
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each count.
    limits : ShareLimits
        What the profiles of the counts say (`indicators.confidentiality.share_limits`).
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    DataFrame indexed by (period, area_id)
        `value`, `ci_low`, `ci_high` [unit of the definition], `status` and `comparison`: "above", "below" or
        "not_distinguishable" from the rest of the city in the same period. Ratios, balances and changes have no
        interval and no comparison. A change has rows only where its earlier period is in the table. Nothing but the
        status is said of what has no value: *suppressed* where there are too few to publish, *missing* where there
        are too few to be reliable. A share above the top percentage is that number, *uncertain*, and no more is said.

    Raises
    ------
    DefinitionError
        If the indicator is not computed from counts, or a count is not in the table.
    InputError, ShareError, StatusError
        As `indicators.shares.share`.

    Examples
    --------
    >>> from indicators.catalogue import definition
    >>> index = pd.MultiIndex.from_product([["2022"], ["00", "01", "02"]], names=["period", "area_id"])
    >>> counts = pd.DataFrame({"unemployed": [90.0, 40.0, None], "residents_15_65": [600.0, 900.0, 700.0]}, index)
    >>> states = counts.notna().replace({True: "measured", False: "suppressed"})
    >>> result = derived_values(definition("unemp_share"), counts, states)
    >>> result.loc["2022", ["ci_low", "status", "comparison"]].round(2)
             ci_low      status comparison
    area_id...
    00        12.37    measured      above
    01         3.28    measured      below
    02          NaN  suppressed       None
    """
    if isinstance(definition, IndicatorDefinition) and definition.is_growth:
        return _growth(definition, values, statuses, limits)
    model = chance_model(definition)
    if model is None or definition.numerator is None or definition.denominator is None:
        return _plain(_without_interval(definition, values, statuses, limits))
    try:
        counts = publishable(
            values[definition.numerator],
            values[definition.denominator],
            numerator_status=statuses[definition.numerator],
            denominator_status=statuses[definition.denominator],
            limits=limits,
            may_exceed=not definition.is_share,
        )
        result = against_city(
            **counts.arguments(),
            model=model,
            per=definition.factor,
            minimum_denominator=definition.minimum_denominator,
            level=level,
            periods=values.index.get_level_values("period").to_series(index=values.index),
        )
    except ShareError as error:
        raise error.of(definition.id) from error
    result = result.assign(
        ci_low=np.minimum(np.floor(result["ci_low"] * _DIGITS) / _DIGITS, result["value"]),
        ci_high=np.maximum(np.ceil(result["ci_high"] * _DIGITS) / _DIGITS, result["value"]),
    )
    return counts.completed(result)[[*DERIVED_COLUMNS]]


def years_before(period: str, years: int) -> str:
    """Return the same period so many years before.

    Parameters
    ----------
    period : str
        A year, or what begins with one, such as "2022-06".
    years : int
        How many.

    Returns
    -------
    str
        In the same form.

    Examples
    --------
    >>> years_before("2022-06", 5)
    '2017-06'
    """
    return f"{int(period[:4]) - years:04d}{period[4:]}" if years else period


def _without_interval(
    definition: Indicator, values: pd.DataFrame, statuses: pd.DataFrame, limits: ShareLimits
) -> pd.DataFrame:
    """Compute what no model of chance stands behind."""
    part, whole = definition.numerator, definition.denominator
    if limits.least <= 0 or part is None or whole is None or not {part, whole} <= {*values.columns}:
        return indicator_values(definition, values, statuses)
    try:
        counts = publishable(
            values[part],
            values[whole],
            numerator_status=statuses[part],
            denominator_status=statuses[whole],
            limits=replace(limits, top_percent=None),
            may_exceed=True,
        )
    except ShareError as error:
        raise error.of(definition.id) from error
    return indicator_values(
        definition,
        values.assign(**{whole: counts.denominator}),
        statuses.assign(**{whole: counts.denominator_status}),
    )


def _plain(result: pd.DataFrame) -> pd.DataFrame:
    """Add what ratios, balances and changes do not have."""
    return result.assign(ci_low=np.nan, ci_high=np.nan, comparison=None)[[*DERIVED_COLUMNS]]


def _growth(
    definition: IndicatorDefinition, values: pd.DataFrame, statuses: pd.DataFrame, limits: ShareLimits
) -> pd.DataFrame:
    """Relate the count of each period to that of so many years before, in the same areas."""
    count = definition.numerator
    if count is None or count not in values.columns:
        raise DefinitionError(f"{definition.id}: the table has no column for {count}")
    periods = values.index.get_level_values("period")
    before = {period: years_before(period, definition.years) for period in periods.unique()}
    earlier = pd.MultiIndex.from_arrays(
        [periods.map(before), values.index.get_level_values("area_id")], names=values.index.names
    )
    place = values.index.get_indexer(earlier)
    rows = values.index[place >= 0]
    now, past = np.flatnonzero(place >= 0), place[place >= 0]

    def at(table: pd.DataFrame, position: np.ndarray) -> pd.Series:
        return pd.Series(table[count].to_numpy()[position], index=rows)

    try:
        counts = publishable(
            at(values, now),
            at(values, past),
            numerator_status=at(statuses, now),
            denominator_status=at(statuses, past),
            limits=limits,
            may_exceed=True,
        )
        result = share(
            **counts.arguments(),
            minimum_denominator=definition.minimum_denominator,
            may_exceed=True,
            per=definition.factor,
        )
    except ShareError as error:
        raise error.of(definition.id) from error
    result["value"] -= definition.factor
    return _plain(result.assign(status=result["status"].replace("zero", "measured")))
