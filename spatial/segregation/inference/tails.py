"""How far out does a value lie among simulated ones, and where do intervals end? The rules of every test here."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_number, require_numbers, require_whole_number
from spatial.segregation.counts import Floats

__all__ = [
    "Alternative",
    "Interval",
    "bootstrap_interval",
    "central_range",
    "defined",
    "mean_and_deviation",
    "p_value",
    "require_level",
    "require_replicates",
    "require_values",
]

Alternative: TypeAlias = Literal["two-sided", "greater", "less"]

Interval: TypeAlias = Literal["basic", "percentile", "bias_corrected"]

# Values that are equal but for the order of summation are ties.
_TIE = 1e-10


def require_replicates(replicates: int) -> int:
    """Return the number of replicates; refuse one that gives no distribution.

    Parameters
    ----------
    replicates : int
        Replicates asked for; at least 2.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is less, or no whole number.

    Examples
    --------
    >>> require_replicates(999)
    999
    """
    expected = "a whole number of at least 2; 999 for a test, 1000 for an interval"
    return require_whole_number("replicates", replicates, expected, least=2)


def require_level(level: float) -> float:
    """Return the level; refuse a level that is not between 0 and 1.

    Parameters
    ----------
    level : float
        Share of intervals that are to cover the true value.

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If it is not a share.

    Examples
    --------
    >>> require_level(0.95)
    0.95
    """
    expected = "a share between 0 and 1, for example 0.95"
    return require_number("level", level, expected, lambda share: 0 < share < 1)


def require_values(observed: float, values: Floats) -> tuple[float, Floats]:
    """Return an observed value and those of the replicates; NaN is right where a measure is undefined.

    Parameters
    ----------
    observed : float
        Value of the observed counts.
    values : array of float, shape (n_replicates,)
        Values of the replicates.

    Returns
    -------
    tuple of float and array of float

    Raises
    ------
    ParameterError
        If one of them is no number.

    Examples
    --------
    >>> require_values(0.5, [0.25, 0.75])
    (0.5, array([0.25, 0.75]))
    """
    numbers = require_numbers("values", values, "the values of the replicates", np.isreal)
    if numbers.ndim != 1:
        raise ParameterError("values", values, "one value for each replicate")
    if not (isinstance(observed, float) and np.isnan(observed)):
        observed = require_number("observed", observed, "a value of the measure, or NaN")
    return observed, numbers


def defined(values: Floats) -> Floats:
    """Return the values of the replicates for which the measure is defined.

    Parameters
    ----------
    values : array of float, shape (n_replicates,)
        NaN where the measure is undefined, for example because a group was not drawn at all.

    Returns
    -------
    array of float
        Without NaN.

    Examples
    --------
    >>> defined(np.array([0.5, np.nan])).tolist()
    [0.5]
    """
    return values[~np.isnan(values)]


def mean_and_deviation(values: Floats) -> tuple[float, float]:
    """Return the mean and the standard deviation of simulated values.

    Parameters
    ----------
    values : array of float, shape (n_replicates,)
        Values without NaN.

    Returns
    -------
    tuple of float
        The deviation is that of a sample (n - 1); NaN where there are too few values.

    Examples
    --------
    >>> mean_and_deviation(np.array([1.0, 2.0, 3.0]))
    (2.0, 1.0)
    """
    if len(values) < 2:
        return (float(values[0]) if len(values) else float("nan")), float("nan")
    return float(values.mean()), float(values.std(ddof=1))


def p_value(observed: float, values: Floats, alternative: Alternative) -> float:
    r"""Return the chance of a value as extreme as the observed one, were it one of the simulated ones.

    .. math:: p = (r + 1) / (n + 1)

    with :math:`r` of :math:`n` simulated values at least as extreme. The observed table counts as one of those
    that the null model may give, so p is never 0 and a test at level α errs in at most α of all cases. Two-sided
    is twice the smaller of both, at most 1.

    Parameters
    ----------
    observed : float
        Value of the observed counts.
    values : array of float, shape (n_replicates,)
        Values of the simulated counts; NaN are left out: the test is then among the tables that define the
        measure, as the observed one does.
    alternative : {"two-sided", "greater", "less"}
        Whether far above, far below or both are extreme.

    Returns
    -------
    float
        NaN when the observed value is undefined, or every simulated one.

    Raises
    ------
    ParameterError
        If the alternative is unknown.

    References
    ----------
    .. [1] B. Phipson and G. K. Smyth (2010), Permutation P-values Should Never Be Zero, Statistical
       Applications in Genetics and Molecular Biology 9, doi:10.2202/1544-6115.1585.

    Examples
    --------
    >>> p_value(0.9, np.array([0.1, 0.2, 0.3]), "greater")
    0.25
    """
    require_choice("alternative", alternative, Alternative)
    simulated = defined(values)
    if np.isnan(observed) or not len(simulated):
        return float("nan")
    tie = _TIE * max(abs(observed), float(np.abs(simulated).max()))
    above = (int(np.count_nonzero(simulated >= observed - tie)) + 1) / (len(simulated) + 1)
    below = (int(np.count_nonzero(simulated <= observed + tie)) + 1) / (len(simulated) + 1)
    if alternative == "greater":
        return above
    return below if alternative == "less" else min(1.0, 2 * min(above, below))


def central_range(values: Floats, level: float) -> tuple[float, float]:
    """Return the range that holds the middle of the simulated values.

    Parameters
    ----------
    values : array of float, shape (n_replicates,)
        Simulated values; NaN are left out.
    level : float
        Share of the values in the range.

    Returns
    -------
    tuple of float
        Its two ends: the values of rank p (n + 1), which fits the rule for p-values. NaN without values.

    Examples
    --------
    >>> central_range(np.arange(1.0, 20.0), 0.9)
    (1.0, 19.0)
    """
    tail = (1 - level) / 2
    return _quantile(values, tail), _quantile(values, 1 - tail)


def bootstrap_interval(
    observed: float, values: Floats, interval: Interval, level: float
) -> tuple[float, float]:
    r"""Return a confidence interval from bootstrap replicates.

    With the quantiles :math:`q` of the replicates and the observed value :math:`\hat\theta`:
    basic :math:`(2\hat\theta - q_{1-\alpha/2},\; 2\hat\theta - q_{\alpha/2})`;
    percentile :math:`(q_{\alpha/2},\; q_{1-\alpha/2})`; bias-corrected: percentile at the levels
    :math:`\Phi(2 z_0 \pm z_{1-\alpha/2})` with :math:`\Phi(z_0)` the share of replicates below the observed value.

    Parameters
    ----------
    observed : float
        Value of the observed counts.
    values : array of float, shape (n_replicates,)
        Values of the replicates; NaN are left out.
    interval : {"basic", "percentile", "bias_corrected"}
        Kind of interval.
    level : float
        Share of intervals that cover the true value.

    Returns
    -------
    tuple of float
        NaN when the observed value is undefined; bias-corrected also when all replicates lie on one side of
        the observed value, where nothing says how far to correct.

    Raises
    ------
    ParameterError
        If the kind is unknown.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani (1993), An Introduction to the Bootstrap, chapters 13 and 14,
       doi:10.1201/9780429246593.

    Examples
    --------
    >>> bootstrap_interval(12.0, np.arange(1.0, 20.0), "basic", 0.9)
    (5.0, 23.0)
    """
    require_choice("interval", interval, Interval)
    if np.isnan(observed):
        return float("nan"), float("nan")
    low, high = central_range(values, level)
    if interval == "percentile":
        return low, high
    if interval == "basic":
        return 2 * observed - high, 2 * observed - low
    simulated = defined(values)
    below = float(np.mean((simulated < observed) + 0.5 * (simulated == observed))) if len(simulated) else 0.0
    if below in (0.0, 1.0):
        return float("nan"), float("nan")
    shift, reach = 2 * ndtri(below), ndtri((1 + level) / 2)
    return _quantile(values, float(ndtr(shift - reach))), _quantile(values, float(ndtr(shift + reach)))


def _quantile(values: Floats, probability: float) -> float:
    simulated = defined(values)
    return float(np.quantile(simulated, probability, method="weibull")) if len(simulated) else float("nan")
