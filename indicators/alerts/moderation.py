"""How much does a series usually move? From its own history, steadied by that of all other areas."""

from __future__ import annotations

import numpy as np
from scipy.special import polygamma, psi

from indicators.limits import Floats

__all__ = ["moderated_variance", "spread_of_changes"]

_LEAST_AREAS = 5  # with fewer series, each stands for itself


def spread_of_changes(series: Floats, span: int, *, variance: Floats | None = None) -> tuple[Floats, Floats]:
    """Measure how much the earlier changes of each series scatter around their mean.

    Parameters
    ----------
    series : array of float, shape (..., n_periods, n_areas)
        Values in the order of periods without the one that is judged; NaN where there is none.
    span : int
        Span of the changes. [periods]
    variance : array of float, same shape as series, optional
        Variance of each value by chance; the changes are then measured in standard deviations of chance.

    Returns
    -------
    variance, freedom : array of float, shape (..., n_areas)
        Sample variance of the changes, and its degrees of freedom: those of as many independent changes as the
        overlapping ones are worth; 0 freedom with fewer than two changes.

    Notes
    -----
    Changes that overlap share values. Of m of them, (m − 1) / (1 + (s − 1) (m − 3) / (m + 4)) are counted as free, where
    s = max(1.5, (2 span² + 1) / 3 span) is the sum of the squared autocorrelations of noise around a level, or of a
    random walk; the second factor tells how slowly short series come there (simulated). The variance is divided by 1
    less the mean correlation of the overlapping changes of a random walk, which lie too close to their own mean.

    Examples
    --------
    >>> variance, freedom = spread_of_changes(np.array([[1.0], [2.0], [1.0], [2.0], [1.0]]), 1)
    >>> variance.round(3).item(), freedom.round(3).item()
    (1.333, 2.824)
    """
    before, later = np.s_[..., :-span, :], np.s_[..., span:, :]
    changes = series[later] - series[before] if series.shape[-2] > span else series[..., :0, :]
    if variance is not None and series.shape[-2] > span:
        changes = changes / np.sqrt(variance[later] + variance[before])
    is_known = np.isfinite(changes)
    number = is_known.sum(axis=-2)
    filled = np.where(is_known, changes, 0.0)
    mean = filled.sum(axis=-2) / np.maximum(number, 1)
    squares = np.where(is_known, (filled - mean[..., None, :]) ** 2, 0.0).sum(axis=-2)
    free = np.maximum(number - 1, 1)
    shared = max(1.5, (2 * span**2 + 1) / (3 * span)) - 1
    return (
        np.where(number > 1, squares / free / (1 - _overlap(number, span)), np.nan),
        np.maximum(number - 1, 0) / (1 + shared * np.maximum(number - 3, 0) / (number + 4)),
    )


def _overlap(number: np.ndarray, span: int) -> Floats:
    """Return the mean correlation between different ones of so many changes of a random walk."""
    lag = np.arange(1, span)
    pairs = np.maximum(number[..., None] - lag, 0)
    every = np.maximum(number * (number - 1), 2)
    return np.asarray((2 * pairs * (1 - lag / span)).sum(axis=-1) / every)


def moderated_variance(
    variance: Floats, freedom: Floats, *, size: Floats | None = None, trust: float = 1.0
) -> tuple[Floats, Floats]:
    """Draw the variances of many short series towards what is usual among them.

    Parameters
    ----------
    variance : array of float, shape (..., n_areas)
        Of each series for itself. [square of the unit]
    freedom : array of float, same shape
        Its degrees of freedom, above 0.
    size : array of float, same shape, optional
        What the usual variance may depend on, such as the logarithm of the counts; on a line.
    trust : float
        Share of d₀ that is used: below 1 where nothing else guards against series of another kind than the rest.

    Returns
    -------
    variance, freedom : array of float, same shape
        (d₀ s₀² + d s²) / (d₀ + d) and d₀ + d. With fewer than five series, or when all are constant, unchanged.

    Notes
    -----
    d₀ and s₀² from the mean and the variance of log s² [1]_. Constant series have no part in them.

    References
    ----------
    .. [1] G. K. Smyth (2004), Linear models and empirical Bayes methods for assessing differential expression in
       microarray experiments, Statistical Applications in Genetics and Molecular Biology 3(1), article 3,
       doi:10.2202/1544-6115.1027.

    Examples
    --------
    >>> own = np.array([1.0, 1.1, 0.9, 1.0, 1.05])
    >>> variance, freedom = moderated_variance(own, np.full(5, 4.0))
    >>> bool(np.ptp(variance) < np.ptp(own)), bool((freedom > 4).all())
    (True, True)
    """
    is_used = (variance > 0) & (freedom > 0)
    number = is_used.sum(axis=-1, keepdims=True)
    half = np.where(is_used, freedom, 2.0) / 2
    logs = np.log(np.where(is_used, variance, 1.0)) - psi(half) + np.log(half)
    weight = is_used / np.maximum(number, 1)
    usual = _usual(logs, weight, size)
    lost = 1 if size is None else 2
    spread = (
        (weight * (logs - usual) ** 2).sum(axis=-1, keepdims=True) * number / np.maximum(number - lost, 1)
    )
    beyond = spread - (weight * polygamma(1, half)).sum(axis=-1, keepdims=True)
    prior_half = _inverse_trigamma(np.maximum(beyond, 1e-3))
    prior = np.exp(usual + psi(prior_half) - np.log(prior_half))
    extra = np.where(number >= _LEAST_AREAS, trust * 2 * prior_half, 0.0)
    own = np.where(np.isfinite(variance), variance, 0.0) * freedom
    with np.errstate(invalid="ignore", divide="ignore"):
        return (extra * prior + own) / (extra + freedom), extra + freedom


def _usual(logs: Floats, weight: Floats, size: Floats | None) -> Floats:
    """Return the mean, or the line through the sizes."""
    mean = (weight * logs).sum(axis=-1, keepdims=True)
    if size is None:
        return np.asarray(mean)
    away = np.where(weight > 0, size, 0.0)
    away = size - (weight * away).sum(axis=-1, keepdims=True)
    filled = np.where(weight > 0, away, 0.0)
    spread = (weight * filled**2).sum(axis=-1, keepdims=True)
    slope = (weight * filled * logs).sum(axis=-1, keepdims=True) / np.maximum(spread, 1e-12)
    return np.asarray(mean + slope * away)


def _inverse_trigamma(value: Floats) -> Floats:
    """Solve trigamma(x) = value by Newton's method on 1 / trigamma."""
    x = 0.5 + 1 / value
    for _ in range(8):
        now = polygamma(1, x)
        x = x + now * (1 - now / value) / polygamma(2, x)
    return np.asarray(x)
