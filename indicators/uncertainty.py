"""How far may a value be from what it stands for? Intervals of shares, rates and quotients, and of differences.

A register counts everybody, yet the count of a small area is one of many that the same living conditions could
have given: another family moves in, one more person is out of work on the day of the count. The intervals here
say how far such chance alone may carry the value. They know nothing of errors of the source.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.limits import (
    INTERVAL_LEVEL,
    ChanceModel,
    Floats,
    PoissonMethod,
    difference_limits,
    model_limits,
    odds_limits,
    poisson_limits,
    wilson_limits,
)
from indicators.shares import indicator_values, share
from indicators.statuses import require_same_index, weakest_of
from spatial.errors import ParameterError

__all__ = [
    "chance_model",
    "difference_interval",
    "indicator_interval",
    "quotient_interval",
    "rate_interval",
    "share_interval",
]


def share_interval(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
    design_effect: float = 1.0,
) -> pd.DataFrame:
    """Compute a percentage with its Wilson interval.

    Parameters
    ----------
    numerator, denominator, numerator_status, denominator_status, minimum_denominator
        As `indicators.shares.share`.
    level : float
        Share of intervals that are to hold the true value.
    design_effect : float
        For samples: by how much weighting and clustering raise the variance; 1 for registers.

    Returns
    -------
    DataFrame on the same index
        `value`, `ci_low`, `ci_high` [%] and `status`. Without a value there is no interval: that of a withheld
        value is undefined and withheld. A true zero has an upper limit above 0.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError
        As `indicators.shares.share`.
    ParameterError
        If the level is not between 0 and 1, or the design effect below 1.

    Examples
    --------
    >>> part, whole = pd.Series([0.0, None]), pd.Series([20.0, 60.0])
    >>> share_interval(part, whole, numerator_status=pd.Series(["zero", "suppressed"]),
    ...                denominator_status=pd.Series(["measured", "measured"])).round(1)
       value  ci_low  ci_high      status
    0    0.0     0.0     16.1        zero
    1    NaN     NaN      NaN  suppressed
    """
    if not (np.isfinite(design_effect) and design_effect >= 1):
        raise ParameterError("design_effect", design_effect, "a finite number of at least 1")
    result = share(
        numerator,
        denominator,
        numerator_status=numerator_status,
        denominator_status=denominator_status,
        minimum_denominator=minimum_denominator,
    )
    part, whole = _floats(numerator) / design_effect, _floats(denominator) / design_effect
    return _with_limits(result, wilson_limits(np.minimum(part, whole), whole, level=level), 100)


def rate_interval(
    events: pd.Series,
    population: pd.Series,
    *,
    events_status: pd.Series,
    population_status: pd.Series,
    per: float = 1000,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
    method: PoissonMethod = "exact",
) -> pd.DataFrame:
    """Compute a rate of events with its Poisson interval.

    Parameters
    ----------
    events, population : Series of int or float, same index
        Events (births, moves, offences) and the people they are related to. [cases, persons]
    events_status, population_status : Series of ValueStatus or str, same index
        State of each.
    per : float
        Events per so many people.
    minimum_denominator : float
        Smallest population for which there is a rate. [persons]
    level : float
        Share of intervals that are to hold the true value.
    method : {"exact", "byar"}
        See `poisson_limits`.

    Returns
    -------
    DataFrame on the same index
        `value`, `ci_low`, `ci_high` [cases per so many persons] and `status`, as `share_interval`.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError, ParameterError
        As `share_interval`.

    Examples
    --------
    >>> rate_interval(pd.Series([10]), pd.Series([1000]), events_status=pd.Series(["measured"]),
    ...               population_status=pd.Series(["measured"])).round(2)
       value  ci_low  ci_high    status
    0   10.0     4.8    18.39  measured
    """
    result = share(
        events,
        population,
        numerator_status=events_status,
        denominator_status=population_status,
        minimum_denominator=minimum_denominator,
        may_exceed=True,
        per=per,
    )
    people = np.where(result["value"].isna(), np.nan, _floats(population))
    low, high = poisson_limits(_floats(events), level=level, method=method)
    return _with_limits(result, (low / people, high / people), per)


def quotient_interval(
    group: pd.Series,
    other: pd.Series,
    *,
    group_status: pd.Series,
    other_status: pd.Series,
    per: float = 100,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
) -> pd.DataFrame:
    """Compute a quotient of two groups that do not overlap, such as children per 100 of working age.

    Parameters
    ----------
    group, other : Series of int or float, same index
        The two groups. [persons]
    group_status, other_status : Series of ValueStatus or str, same index
        State of each.
    per : float
        Members of the group per so many of the other.
    minimum_denominator : float
        Smallest other group for which there is a quotient. [persons]
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    DataFrame on the same index
        `value`, `ci_low`, `ci_high` [persons per so many] and `status`, as `share_interval`.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError, ParameterError
        As `share_interval`.

    Examples
    --------
    >>> quotient_interval(pd.Series([50]), pd.Series([100]), group_status=pd.Series(["measured"]),
    ...                   other_status=pd.Series(["measured"])).round(1)
       value  ci_low  ci_high    status
    0   50.0    35.7     70.1  measured
    """
    result = share(
        group,
        other,
        numerator_status=group_status,
        denominator_status=other_status,
        minimum_denominator=minimum_denominator,
        may_exceed=True,
        per=per,
    )
    return _with_limits(result, odds_limits(_floats(group), _floats(other), level=level), per)


def difference_interval(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    r"""Compute a difference of two independent values with its interval, from the intervals of both.

    .. math:: d \pm \sqrt{(\hat\theta_1 - l_1)^2 + (u_2 - \hat\theta_2)^2}

    downwards, and with the other limits upwards. From two Wilson intervals this is Newcombe's hybrid score
    interval (method 10); from two Poisson intervals that of Zou and Donner.

    Parameters
    ----------
    one, other : DataFrame with `value`, `ci_low`, `ci_high`, `status`, same index
        What `share_interval`, `rate_interval` or `quotient_interval` return, at the same level.

    Returns
    -------
    DataFrame on the same index
        `value` = one − other, `ci_low`, `ci_high` [percentage points for shares] and `status`, the weaker of the
        two; a difference is never called a true zero.

    Raises
    ------
    InputError
        If the two do not have the same rows.

    Notes
    -----
    Most residents of an area are the same people in two years, so that the counts of two years are not
    independent: the interval is then too wide, never too narrow, and finds fewer changes than there are.

    References
    ----------
    .. [1] R. G. Newcombe (1998), Interval estimation for the difference between independent proportions,
       Statistics in Medicine 17:873–890.
    .. [2] G. Y. Zou and A. Donner (2008), doi:10.1002/sim.3095.

    Examples
    --------
    >>> def of(part, whole):
    ...     state = pd.Series(["measured"])
    ...     return share_interval(pd.Series([part]), pd.Series([whole]), numerator_status=state,
    ...                           denominator_status=state)
    >>> difference_interval(of(56, 70), of(48, 80))[["value", "ci_low", "ci_high"]].round(2).iloc[0].tolist()
    [20.0, 5.24, 33.39]
    """
    require_same_index(one, other, "two values with intervals")
    names = ("value", "ci_low", "ci_high")
    first, second = (tuple(table[name].to_numpy(dtype=float) for name in names) for table in (one, other))
    low, high = difference_limits((first[0], first[1], first[2]), (second[0], second[1], second[2]))
    status = weakest_of(one["status"], other["status"]).replace("zero", "measured")
    return pd.DataFrame(
        {
            "value": first[0] - second[0],
            "ci_low": low,
            "ci_high": high,
            "status": status.astype("str"),
        },
        index=one.index,
    )


def indicator_interval(
    definition: Indicator, values: pd.DataFrame, statuses: pd.DataFrame, *, level: float = INTERVAL_LEVEL
) -> pd.DataFrame:
    """Compute an indicator from counts with the interval that belongs to its form.

    Parameters
    ----------
    definition : Indicator
        Of a share (Wilson), quotient (Wilson, as odds), rate (exact Poisson), or of a ratio or balance (none).
    values, statuses : DataFrame, indexed by area_id (or area and period), one column per count
        As `indicators.shares.indicator_values`.
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    DataFrame on the same index
        `value`, `ci_low`, `ci_high`, `status`. Ratios and balances have no interval (NaN): no model of chance
        stands behind square metres, and that of a balance needs the moves of single people.

    Raises
    ------
    DefinitionError, InputError, ShareError, StatusError, ParameterError
        As `indicators.shares.indicator_values` and `share_interval`.

    Examples
    --------
    >>> from indicators.catalogue import definition
    >>> counts = pd.DataFrame({"births": [10.0], "women_15_45": [1000.0]}, index=["00"])
    >>> states = pd.DataFrame("measured", index=counts.index, columns=counts.columns)
    >>> indicator_interval(definition("birth_rate_gfr"), counts, states).round(2)
        value  ci_low  ci_high    status
    00   10.0     4.8    18.39  measured
    """
    result = indicator_values(definition, values, statuses)
    if definition.numerator is None or definition.denominator is None:
        raise DefinitionError(f"{definition.id}: is not computed from counts")
    model = chance_model(definition)
    part, whole = _floats(values[definition.numerator]), _floats(values[definition.denominator])
    whole = np.where(result["value"].isna(), np.nan, whole)
    if model is None:
        limits = np.full(len(part), np.nan), np.full(len(part), np.nan)
    else:
        limits = model_limits(part, whole, model=model, level=level)
    return _with_limits(result, limits, definition.factor)


def chance_model(definition: Indicator) -> ChanceModel | None:
    """Return the model of chance that belongs to the form of an indicator.

    Parameters
    ----------
    definition : Indicator
        Any.

    Returns
    -------
    {"share", "quotient", "rate"} or None
        None for counts, ratios, balances and what is not computed from counts.

    Examples
    --------
    >>> from indicators.catalogue import definition
    >>> chance_model(definition("ratio_old")), chance_model(definition("green_pc"))
    ('quotient', None)
    """
    if not definition.is_computable:
        return None
    if definition.is_share:
        return "share"
    return definition.form if definition.form in ("quotient", "rate") else None


def _with_limits(result: pd.DataFrame, limits: tuple[Floats, Floats], factor: float) -> pd.DataFrame:
    """Put the limits beside the values; where there is no value there are none."""
    value = result["value"].to_numpy()
    low, high = (np.where(np.isnan(value), np.nan, factor * one) for one in limits)
    return pd.DataFrame(
        {
            "value": value,
            "ci_low": np.minimum(low, value),
            "ci_high": np.maximum(high, value),
            "status": result["status"],
        },
        index=result.index,
    )


def _floats(counts: pd.Series) -> Floats:
    return counts.to_numpy(dtype=float, na_value=np.nan)
