"""A share of hits with an interval that knows that alerts come in groups: by area and by period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indicators.limits import Floats, wilson_limits

__all__ = ["HitRate", "hit_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """`hits` of `cases`, their share with `ci_low` and `ci_high` (0–1); NaN without cases."""

    hits: int
    cases: int
    share: float
    ci_low: float
    ci_high: float


def hit_rate(is_hit: np.ndarray, areas: np.ndarray, periods: np.ndarray, *, level: float = 0.95) -> HitRate:
    """Return the share of cases that are hits.

    Parameters
    ----------
    is_hit : array of bool, shape (n_cases,)
        Whether each case is one.
    areas, periods : array, shape (n_cases,)
        What each case belongs to. Cases of the same area, or of the same period, may share their fate.
    level : float
        Of the interval.

    Returns
    -------
    HitRate
        With Wilson's interval for as many cases as the grouped ones are worth: the design effect is that of areas or of
        periods, whichever is larger, and at least 1. When all cases are hits, or none is, groups count, not cases.

    Examples
    --------
    >>> hit_rate(np.array([True, True, False, False]), np.arange(4), np.arange(4)).share
    0.5
    """
    cases, hits = len(is_hit), int(np.sum(is_hit))
    if cases == 0:
        return HitRate(hits=0, cases=0, share=float("nan"), ci_low=float("nan"), ci_high=float("nan"))
    share = hits / cases
    worth = min(_worth(is_hit, groups) for groups in (areas, periods))
    low, high = wilson_limits(np.array([share * worth]), np.array([worth]), level=level)
    return HitRate(hits=hits, cases=cases, share=share, ci_low=float(low[0]), ci_high=float(high[0]))


def _worth(is_hit: np.ndarray, groups: np.ndarray) -> float:
    """Return as how many independent cases the grouped ones count."""
    _, code = np.unique(groups, return_inverse=True)
    size: Floats = np.bincount(code).astype(float)
    number, cases = len(size), size.sum()
    share = float(np.mean(is_hit))
    if number == 1 or share in (0.0, 1.0):
        return float(number)
    apart = np.bincount(code, weights=is_hit.astype(float)) - share * size
    between = number / (number - 1) * float((apart**2).sum()) / cases**2
    return float(cases / max(between / (share * (1 - share) / cases), 1.0))
