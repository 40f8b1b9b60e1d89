"""How far is a count from what is expected, in standard deviations of chance? Signed roots of likelihood ratios.

Counts of small areas are no bell curves. The signed root of the likelihood ratio follows the normal curve far into
the tails, where the alerts are, also for a handful of cases.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import betainc, gammainc, gammaincc, ndtri, xlogy

from indicators.limits import Floats

__all__ = ["ChanceOf", "change_root", "exact_root", "expected_root", "stable_variance"]

ChanceOf = Literal["share", "rate"]

_TINY = 1e-300  # smallest tail that is told from 0; its root is about 37


def exact_root(
    part: Floats, whole: Floats, expected: Floats | float, *, model: ChanceOf
) -> tuple[Floats, Floats]:
    """Turn the exact tails of a count into standard deviations.

    Parameters
    ----------
    part, whole : array of float, shape (..., n_areas)
        The part and its whole, or the events and the people. [persons]
    expected : float or array of float
        Share or rate under the null. [0–1, cases per person]
    model : {"share", "rate"}
        Binomial or Poisson.

    Returns
    -------
    tuple of array of float, same shape
        Towards more and towards less: z such that the exact tail P(X ≥ a), or P(X ≤ a), is that of the normal
        curve. Both are careful: a count that is not whole steps is never told too early.

    Examples
    --------
    >>> more, _ = exact_root(np.array([8.0]), np.array([10.0]), 0.5, model="share")
    >>> more.round(3).item()  # P(X >= 8) = 56 / 1024
    1.601
    """
    expected = np.asarray(expected, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        if model == "share":
            above = np.where(part > 0, betainc(np.maximum(part, 0.5), whole - part + 1, expected), 1.0)
            below = np.where(
                part < whole, betainc(np.maximum(whole - part, 0.5), part + 1, 1 - expected), 1.0
            )
        else:
            above = np.where(part > 0, gammainc(np.maximum(part, 0.5), whole * expected), 1.0)
            below = gammaincc(part + 1, whole * expected)
    return -_quantile(above), -_quantile(below)


def expected_root(
    part: Floats, whole: Floats, expected: Floats | float, *, model: ChanceOf, half: float = 0.0
) -> Floats:
    r"""Compare a count with an expected share or rate.

    .. math:: \pm\sqrt{2\,[a \ln\frac{a}{n\pi} + (n-a) \ln\frac{n-a}{n(1-\pi)}]}

    for shares, and for rates :math:`\pm\sqrt{2\,[a \ln\frac{a}{n\lambda} - a + n\lambda]}`.

    Parameters
    ----------
    part, whole, expected, model
        As `exact_root`.
    half : float
        0.5 takes half a case off (correction for steps, towards more), −0.5 adds it (towards less).

    Returns
    -------
    array of float, shape (..., n_areas)
        Positive above what is expected. [standard deviations]

    Examples
    --------
    >>> expected_root(np.array([20.0]), np.array([100.0]), 0.1, model="share").round(2).item()
    2.98
    """
    corrected = np.clip(part - half, 0.0, whole if model == "share" else None)
    expected = np.clip(expected, 0.0, 1.0 if model == "share" else None)
    sign = np.sign(corrected - whole * expected)
    return np.asarray(sign * np.sqrt(np.maximum(_deviance(corrected, whole, expected, model), 0.0)))


def change_root(
    part_before: Floats,
    whole_before: Floats,
    part: Floats,
    whole: Floats,
    shift: Floats | float = 0.0,
    *,
    model: ChanceOf,
    half: float = 0.0,
) -> Floats:
    """Compare the change between two counts with a change that is expected under the null.

    The null says that the later share is the earlier one plus `shift`; both are then estimated together (the root
    of a cubic, for rates of a square), and the likelihood ratio tells how much better two free shares fit.

    Parameters
    ----------
    part_before, whole_before, part, whole : array of float, shape (..., n_areas)
        Counts of the earlier and the later period. [persons]
    shift : float or array of float
        Change under the null. [0–1, cases per person]
    model : {"share", "rate"}
        Binomial or Poisson.
    half : float
        0.5 moves half a case from the later to the earlier count (correction for steps, towards more), −0.5 the
        other way.

    Returns
    -------
    array of float, shape (..., n_areas)
        Positive when the change is above the shift. [standard deviations]

    References
    ----------
    .. [1] O. Miettinen and M. Nurminen (1985), Comparative analysis of two rates, Statistics in Medicine 4:213–226.

    Examples
    --------
    >>> before, later, whole = np.array([100.0]), np.array([150.0]), np.array([1000.0])
    >>> change_root(before, whole, later, whole, model="share").round(2).item()
    3.39
    """
    top = None if model == "rate" else 1.0
    before = np.clip(part_before + half, 0.0, whole_before if model == "share" else None)
    later = np.clip(part - half, 0.0, whole if model == "share" else None)
    shift = np.broadcast_to(np.asarray(shift, float), np.broadcast_shapes(np.shape(shift), np.shape(part)))
    start = (
        _shared_share(before, whole_before, later, whole, shift)
        if model == "share"
        else _shared_rate(before, whole_before, later, whole, shift)
    )
    both = np.full(start.shape, np.inf)
    # At the ends of the range the root of the cubic keeps half of its digits; the ends themselves keep all.
    ends = (np.maximum(0.0, -shift), np.minimum(1.0, 1.0 - shift)) if model == "share" else ()
    for shared in (start, *ends):
        lost = _deviance(before, whole_before, shared, model)
        lost = lost + _deviance(later, whole, np.clip(shared + shift, 0.0, top), model)
        both = np.fmin(both, lost)
    sign = np.sign(later / whole - before / whole_before - shift)
    return np.asarray(sign * np.sqrt(np.maximum(both, 0.0)))


def stable_variance(whole: Floats) -> Floats:
    """Return the variance of the arcsine of the root of a share, and of the root of a rate: 1 / 4n.

    Parameters
    ----------
    whole : array of float
        Denominator. [persons]

    Returns
    -------
    array of float, same shape
        The same at every level, which makes it the scale on which areas are compared. [unitless]

    Examples
    --------
    >>> stable_variance(np.array([100.0])).item()
    0.0025
    """
    return np.asarray(0.25 / whole)


def _deviance(part: Floats, whole: Floats, expected: Floats, model: ChanceOf) -> Floats:
    """Return twice the log-likelihood that is lost by the expected share or rate."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fitted = whole * expected
        lost = xlogy(part, part) - xlogy(part, fitted)
        if model == "share":
            rest, fitted_rest = whole - part, whole - fitted
            lost = lost + xlogy(rest, rest) - xlogy(rest, fitted_rest)
        else:
            lost = lost - part + fitted
    return np.asarray(2 * lost)


def _shared_share(before: Floats, n0: Floats, later: Floats, n1: Floats, shift: Floats) -> Floats:
    """Return the earlier share that fits both counts best when the later one is higher by the shift."""
    every = n0 + n1
    if not np.any(shift):
        return np.asarray((before + later) / every)
    c2 = -(before + later) - every + shift * (2 * n0 + n1)
    c1 = before + later - 2 * shift * before - n0 * shift * (1 - shift) - n1 * shift
    c0 = before * shift * (1 - shift)
    third = c2 / (3 * every)
    middle = third**3 - c1 * c2 / (6 * every**2) + c0 / (2 * every)
    reach = np.sign(middle) * np.sqrt(np.maximum(third**2 - c1 / (3 * every), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(reach == 0, 0.0, middle / np.where(reach == 0, 1.0, reach) ** 3)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    return np.asarray(
        np.clip(2 * reach * np.cos(angle) - third, np.maximum(0.0, -shift), np.minimum(1.0, 1.0 - shift))
    )


def _shared_rate(before: Floats, n0: Floats, later: Floats, n1: Floats, shift: Floats) -> Floats:
    every = n0 + n1
    linear = before + later - every * shift
    root = np.sqrt(np.maximum(linear**2 + 4 * every * before * shift, 0.0))
    return np.asarray(np.maximum((linear + root) / (2 * every), np.maximum(0.0, -shift)))


def _quantile(tail: Floats) -> Floats:
    return np.asarray(ndtri(np.clip(tail, _TINY, 1 - 1e-16)))
