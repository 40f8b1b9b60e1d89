"""How far may a count or a share be from what it stands for? The limits of shares, odds and numbers of events."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

from spatial.errors import ParameterError

__all__ = [
    "INTERVAL_LEVEL",
    "ChanceModel",
    "Floats",
    "PoissonMethod",
    "difference_limits",
    "model_limits",
    "odds_limits",
    "poisson_limits",
    "wilson_limits",
]

Floats: TypeAlias = NDArray[np.float64]

# Share of intervals that hold the true value, wherever nobody asks for another one: in the database and on the map.
INTERVAL_LEVEL = 0.95

PoissonMethod = Literal["exact", "byar"]
ChanceModel = Literal["share", "quotient", "rate"]


def wilson_limits(
    numerator: Floats, denominator: Floats, *, level: float = INTERVAL_LEVEL
) -> tuple[Floats, Floats]:
    r"""Return the limits of a share by Wilson's score interval, without continuity correction.

    With :math:`p = a/n` and the normal quantile :math:`z`

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    numerator, denominator : array of float, shape (n,)
        The part and its whole; fractions are allowed. [persons, households, …]
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    tuple of array of float, shape (n,)
        Lower and upper limit, 0–1; NaN where the whole is 0 or a count is missing.

    Raises
    ------
    ParameterError
        If the level is not between 0 and 1.

    References
    ----------
    .. [1] E. B. Wilson (1927), doi:10.1080/01621459.1927.10502953.
    .. [2] R. G. Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in
       Medicine 17:857–872, method 3.

    Examples
    --------
    >>> low, high = wilson_limits(np.array([81.0]), np.array([263.0]))
    >>> low.round(4).item(), high.round(4).item()
    (0.2553, 0.3662)
    """
    part, whole, z = np.asarray(numerator, float), np.asarray(denominator, float), _quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = part / whole
        centre = p + z**2 / (2 * whole)
        reach = z * np.sqrt(p * (1 - p) / whole + z**2 / (4 * whole**2))
        low, high = (centre - reach) / (1 + z**2 / whole), (centre + reach) / (1 + z**2 / whole)
    # At the ends the formula gives the end exactly, which rounding misses in the 17th digit.
    low, high = (
        np.where(part == 0, 0.0, np.maximum(low, 0.0)),
        np.where(part == whole, 1.0, np.minimum(high, 1.0)),
    )
    empty = ~(whole > 0) | np.isnan(part)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def odds_limits(group: Floats, other: Floats, *, level: float = INTERVAL_LEVEL) -> tuple[Floats, Floats]:
    """Return the limits of a quotient of two groups that do not overlap.

    Of both groups together, the share of the first has a Wilson interval; its limits p become p / (1 − p).

    Parameters
    ----------
    group, other : array of float, shape (n,)
        The two groups, such as children and people of working age. [persons]
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    tuple of array of float, shape (n,)
        Limits of group / other; the upper one is infinite where there is nobody in the other group.

    Raises
    ------
    ParameterError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> low, high = odds_limits(np.array([50.0]), np.array([100.0]))
    >>> low.round(3).item(), high.round(3).item()
    (0.357, 0.701)
    """
    low, high = wilson_limits(group, np.asarray(group, float) + np.asarray(other, float), level=level)
    with np.errstate(divide="ignore"):
        return low / (1 - low), high / (1 - high)


def poisson_limits(
    events: Floats, *, level: float = INTERVAL_LEVEL, method: PoissonMethod = "exact"
) -> tuple[Floats, Floats]:
    r"""Return the limits of a number of events.

    Parameters
    ----------
    events : array of float, shape (n,)
        Events or cases counted. [cases]
    level : float
        Share of intervals that are to hold the true value.
    method : {"exact", "byar"}
        *exact*: Garwood's, by the quantiles of :math:`\chi^2` with :math:`2O` and :math:`2O+2` degrees of
        freedom. *byar*: :math:`O(1 - 1/9O - z/3\sqrt O)^3` and the same with :math:`O+1` and :math:`+z`; its limits
        are within 0.2 % of the exact ones from 10 events on, and should not be used below.

    Returns
    -------
    tuple of array of float, shape (n,)
        Lower and upper limit [cases]; the lower one is 0 where nothing was counted. NaN where missing.

    Raises
    ------
    ParameterError
        If the level is not between 0 and 1, or the method unknown.

    References
    ----------
    .. [1] F. Garwood (1936), doi:10.1093/biomet/28.3-4.437.
    .. [2] N. E. Breslow and N. E. Day (1987), Statistical Methods in Cancer Research II, IARC, p. 69.

    Examples
    --------
    >>> low, high = poisson_limits(np.array([10.0]))
    >>> low.round(3).item(), high.round(3).item()
    (4.795, 18.39)
    """
    if method not in get_args(PoissonMethod):
        raise ParameterError("method", method, f"one of {', '.join(get_args(PoissonMethod))}")
    observed, z = np.asarray(events, float), _quantile(level)
    if method == "exact":
        tail = (1 - level) / 2
        with np.errstate(invalid="ignore"):
            low = np.where(observed > 0, gammaincinv(np.where(observed > 0, observed, 1.0), tail), 0.0)
            high = gammaincinv(observed + 1, 1 - tail)
    else:
        more = observed + 1
        with np.errstate(divide="ignore", invalid="ignore"):
            low = observed * (1 - 1 / (9 * observed) - z / (3 * np.sqrt(observed))) ** 3
            low = np.where(observed > 0, np.maximum(low, 0.0), 0.0)
            high = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    unknown = np.isnan(observed)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def model_limits(
    numerator: Floats, denominator: Floats, *, model: ChanceModel, level: float = INTERVAL_LEVEL
) -> tuple[Floats, Floats]:
    """Return the limits of numerator / denominator by the model of chance that belongs to the form of an indicator.

    Parameters
    ----------
    numerator, denominator : array of float, shape (n,)
        The part and its whole, the two groups, or the events and the people. [persons, cases, …]
    model : {"share", "quotient", "rate"}
        *share*: Wilson. *quotient*: Wilson of both groups together, as odds. *rate*: exact Poisson.
    level : float
        Share of intervals that are to hold the true value.

    Returns
    -------
    tuple of array of float, shape (n,)
        Lower and upper limit; NaN where the denominator is 0 or a count is missing.

    Raises
    ------
    ParameterError
        If the model is unknown or the level not between 0 and 1.

    Examples
    --------
    >>> low, high = model_limits(np.array([10.0]), np.array([1000.0]), model="rate")
    >>> low.round(4).item(), high.round(4).item()
    (0.0048, 0.0184)
    """
    if model not in get_args(ChanceModel):
        raise ParameterError("model", model, f"one of {', '.join(get_args(ChanceModel))}")
    part, whole = np.asarray(numerator, float), np.asarray(denominator, float)
    whole = np.where(whole > 0, whole, np.nan)
    if model == "share":
        return wilson_limits(np.minimum(part, whole), whole, level=level)
    if model == "quotient":
        low, high = odds_limits(part, whole, level=level)
        return np.where(np.isnan(whole), np.nan, low), np.where(np.isnan(whole), np.nan, high)
    low, high = poisson_limits(part, level=level)
    return low / whole, high / whole


def difference_limits(
    one: tuple[Floats, Floats, Floats], other: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the limits of a difference of two independent values, from the limits of both.

    Parameters
    ----------
    one, other : tuple of array of float, shape (n,)
        Value, lower limit and upper limit of each, at the same level.

    Returns
    -------
    tuple of array of float, shape (n,)
        Lower and upper limit of one − other.

    Examples
    --------
    >>> low, high = difference_limits((np.array([5.0]), np.array([2.0]), np.array([8.0])),
    ...                               (np.array([1.0]), np.array([-3.0]), np.array([5.0])))
    >>> low.item(), high.item()
    (-1.0, 9.0)
    """
    (value, low, high), (other_value, other_low, other_high) = one, other
    below = np.sqrt((value - low) ** 2 + (other_high - other_value) ** 2)
    above = np.sqrt((high - value) ** 2 + (other_value - other_low) ** 2)
    return value - other_value - below, value - other_value + above


def _quantile(level: float) -> float:
    """Return the normal quantile that belongs to a two-sided level."""
    if not 0 < level < 1:
        raise ParameterError("level", level, "a share between 0 and 1, for example 0.95")
    return float(ndtri((1 + level) / 2))
