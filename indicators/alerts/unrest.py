"""How much more than by chance each area moves from period to period, by its own history.

An area with a hostel or a new housing estate jumps more often than its number of people explains. What is usual there is
no news.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy.special import ndtri, stdtr

from indicators.alerts.counting import ChanceOf, stable_variance
from indicators.alerts.dispersion import LEAST_AREAS
from indicators.alerts.moderation import moderated_variance, spread_of_changes
from indicators.alerts.tracks import Track, middle_of_areas
from indicators.limits import Floats

__all__ = [
    "Unrest",
    "as_normal",
    "larger",
    "stable_values",
    "steadied",
    "unrest_of_changes",
    "unrest_of_residuals",
]

Unrest: TypeAlias = tuple[
    Floats, Floats
]  # how many times the variance by chance, at least 1, and its freedom

_CERTAIN = 1e9  # freedom of what is known and not estimated
_SMALLEST = 1e-300
# How much of what is usual among the areas counts beside an area's own history. Chosen by simulation.
_TRUST = 0.3


def stable_values(part: Floats, whole: Floats, model: ChanceOf) -> Floats:
    """Return the arcsine of the root of a share, or the root of a rate, with 3/8 of a case added.

    Parameters
    ----------
    part, whole : array of float
        Counts. [persons]
    model : {"share", "rate"}
        Binomial or Poisson.

    Returns
    -------
    array of float, same shape
        With nearly the same variance, 1 / 4n, at every level.

    Examples
    --------
    >>> stable_values(np.array([25.0]), np.array([100.0]), "share").round(4).item()
    0.5257
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if model == "share":
            return np.asarray(np.arcsin(np.sqrt((part + 0.375) / (whole + 0.75))))
        return np.asarray(np.sqrt((part + 0.375) / whole))


def unrest_of_changes(track: Track, span: int, model: ChanceOf) -> Unrest:
    """Measure the unrest by the earlier changes of the same span, the judged period left out.

    Parameters
    ----------
    track : Track
        Counts over time.
    span : int
        Span of the changes. [periods]
    model : {"share", "rate"}
        Binomial or Poisson.

    Returns
    -------
    factor, freedom : array of float, shape (..., n_areas)
        How many times as large as by chance the variance is: steadied by all areas, at least 1. What all areas have in
        common in a period is taken off first, where there are at least ten areas.

    Examples
    --------
    >>> part = np.array([[100.0], [130.0], [90.0], [140.0], [100.0], [100.0]])
    >>> track = Track(value=part / 10, part=part, whole=np.full((6, 1), 1000.0), factor=100.0)
    >>> unrest_of_changes(track, 1, "share")[0].round(1).item()
    10.9
    """
    part, whole = track.part[..., :-1, :], track.whole[..., :-1, :]
    series = stable_values(part, whole, model)
    if series.shape[-1] >= LEAST_AREAS:  # few areas have no common movement to speak of
        series = series - middle_of_areas(series)[..., None]
    variance = stable_variance(np.where(whole > 0, whole, np.nan))
    return _at_least_chance(*spread_of_changes(series, span, variance=variance), _size(part))


def unrest_of_residuals(squares: Floats, freedom: Floats, part: Floats) -> Unrest:
    """Measure the unrest by the residuals of a trend.

    Parameters
    ----------
    squares : array of float, shape (..., n_areas)
        Sum of the squared residuals, each in standard deviations of chance.
    freedom : array of float, same shape
        Their degrees of freedom.
    part : array of float, shape (..., n_periods, n_areas)
        Counts of the periods that the trend is made of. [persons]

    Returns
    -------
    factor, freedom : array of float, shape (..., n_areas)
        As `unrest_of_changes`.

    Examples
    --------
    >>> unrest_of_residuals(np.array([12.0]), np.array([3.0]), np.full((5, 1), 40.0))[0].item()
    4.0
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return _at_least_chance(np.where(freedom > 0, squares / freedom, np.nan), freedom, _size(part))


def larger(one: Unrest, other: Unrest) -> Unrest:
    """Return the larger unrest of each area with its freedom.

    Parameters
    ----------
    one, other : tuple of array of float
        Factor and freedom.

    Returns
    -------
    factor, freedom : array of float
        Of the one or the other.

    Examples
    --------
    >>> larger((np.array([1.0]), np.array([9.0])), (np.array([2.0]), np.array([4.0])))[1].item()
    4.0
    """
    is_first = one[0] >= other[0]
    return np.where(is_first, one[0], other[0]), np.where(is_first, one[1], other[1])


def steadied(root: Floats, unrest: Unrest) -> Floats:
    """Divide a deviation by the root of the unrest, and return the normal deviate with the same tail as Student's t.

    Parameters
    ----------
    root : array of float
        Deviation in standard deviations of chance.
    unrest : tuple of array of float
        Factor and freedom.

    Returns
    -------
    array of float, same shape
        The same where the factor is 1.

    Examples
    --------
    >>> steadied(np.array([6.0, 2.0]), (np.array([4.0, 1.0]), np.array([5.0, 1e9]))).round(2).tolist()
    [2.17, 2.0]
    """
    return as_normal(root / np.sqrt(unrest[0]), unrest[1])


def as_normal(size: Floats, freedom: Floats) -> Floats:
    """Return the normal deviate with the same tail as Student's t.

    Parameters
    ----------
    size, freedom : array of float
        Value of t and its degrees of freedom.

    Returns
    -------
    array of float
        With the sign of t.

    Examples
    --------
    >>> as_normal(np.array([-3.0]), np.array([5.0])).round(2).item()
    -2.17
    """
    result, freedom = np.array(size, dtype=float), np.broadcast_to(freedom, np.shape(size))
    wide = ~(freedom >= _CERTAIN)
    tail = np.maximum(stdtr(freedom[wide], -np.abs(result[wide])), _SMALLEST)
    result[wide] = -np.sign(result[wide]) * ndtri(tail)
    return result


def _size(part: Floats) -> Floats:
    """Return the logarithm of the mean count: where many are counted, more than chance can show."""
    is_known = np.isfinite(part)
    number = np.maximum(is_known.sum(axis=-2), 1)
    return np.asarray(np.log1p(np.where(is_known, part, 0.0).sum(axis=-2) / number))


def _at_least_chance(variance: Floats, freedom: Floats, size: Floats) -> Unrest:
    factor, whole_freedom = moderated_variance(variance, freedom, size=size, trust=_TRUST)
    is_restless = factor > 1  # unknown history (NaN) counts as chance
    return np.where(is_restless, factor, 1.0), np.where(is_restless, whole_freedom, _CERTAIN)
