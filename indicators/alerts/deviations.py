"""How far each area is from what the rule expects, and how far chance alone could have carried it.

Two sources of chance: the counts behind a value, or, where there are none, the history of the area's own series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from indicators.alerts.counting import ChanceOf, change_root, exact_root, expected_root, stable_variance
from indicators.alerts.moderation import moderated_variance, spread_of_changes
from indicators.alerts.tracks import Track
from indicators.alerts.unrest import (
    as_normal,
    larger,
    stable_values,
    steadied,
    unrest_of_changes,
    unrest_of_residuals,
)
from indicators.limits import Floats, poisson_limits, wilson_limits

__all__ = [
    "Deviation",
    "Limits",
    "Shifts",
    "change_by_counts",
    "change_by_series",
    "change_error",
    "level_by_counts",
    "level_by_series",
    "summed",
    "trend_by_counts",
    "trend_by_series",
]

Limits = tuple[Floats, Floats]
# A level has no scatter of all areas beside it, as changes have: its own history counts for more. Chosen by simulation.
_TRUST_AT_LEVEL = 0.1
# Change that the null allows: in the middle, at the upper and at the lower limit. [unit of the indicator]
Shifts = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Deviation:
    """Deviations of the areas in standard deviations of chance; arrays of shape (..., n_areas).

    `root`: from the middle of the null. `more`, `fewer`: beyond its upper and lower limit, positive in that direction,
    with the correction for steps. `chance`: variance by chance alone; `own`: with the unrest of the area's history;
    `variance`: also with that of what it is compared with; all on the scale on which the areas are compared. `error`:
    root of `own` in the unit of the indicator. `band`: limits of the value or change at a level when the variance is
    so many times as large as by chance.
    """

    root: Floats
    more: Floats
    fewer: Floats
    chance: Floats
    own: Floats
    variance: Floats
    error: Floats
    band: Callable[[Floats, float], Limits]


def level_by_counts(track: Track, threshold: float, model: ChanceOf) -> Deviation:
    """Compare the last counts with a threshold by their exact tails."""
    part, whole = track.part[..., -1, :], track.whole[..., -1, :]
    limit = threshold / track.factor
    more, fewer = exact_root(part, whole, _bounded(limit, model), model=model)
    unrest, chance = unrest_of_changes(track, 1, model), stable_variance(whole)
    return Deviation(
        root=steadied(expected_root(part, whole, _bounded(limit, model), model=model), unrest),
        more=steadied(more, unrest),
        fewer=steadied(fewer, unrest),
        chance=chance,
        own=chance * unrest[0],
        variance=chance * unrest[0],
        error=track.factor * _error(part, whole, model) * np.sqrt(unrest[0]),
        band=lambda design, level: _scaled(track.factor, _one_band(part, whole, design, level, model)),
    )


def change_by_counts(track: Track, span: int, shifts: Shifts, extra: Floats, model: ChanceOf) -> Deviation:
    """Compare the change of the last counts since `span` periods with what the null allows.

    `extra`: variance of the shift itself. [scale of `stable_variance`]
    """
    before = track.part[..., -1 - span, :], track.whole[..., -1 - span, :]
    later = track.part[..., -1, :], track.whole[..., -1, :]
    middle, upper, lower = (_possible(shift / track.factor, model) for shift in shifts)
    unrest = unrest_of_changes(track, span, model)
    chance = stable_variance(before[1]) + stable_variance(later[1])

    def band(design: Floats, level: float) -> Limits:
        low0, high0 = _one_band(*before, design, level, model)
        low1, high1 = _one_band(*later, design, level, model)
        share0, share1 = before[0] / before[1], later[0] / later[1]
        change = share1 - share0
        below = np.sqrt((share1 - low1) ** 2 + (high0 - share0) ** 2)
        above = np.sqrt((high1 - share1) ** 2 + (share0 - low0) ** 2)
        return _scaled(track.factor, (change - below, change + above))

    return Deviation(
        root=steadied(change_root(*before, *later, middle, model=model), unrest),
        more=steadied(change_root(*before, *later, upper, model=model, half=0.5), unrest),
        fewer=-steadied(change_root(*before, *later, lower, model=model, half=-0.5), unrest),
        chance=chance,
        own=chance * unrest[0],
        variance=chance * unrest[0] + extra,
        error=change_error(track, span, model) * np.sqrt(unrest[0]),
        band=band,
    )


def change_error(track: Track, span: int, model: ChanceOf) -> Floats:
    """Return the standard error by chance alone, in the unit of the indicator, of the last change if there was none."""
    part = track.part[..., -1 - span, :] + track.part[..., -1, :]
    before, later = track.whole[..., -1 - span, :], track.whole[..., -1, :]
    whole = before + later
    return np.asarray(track.factor * _error(part, whole, model) * np.sqrt(whole * (1 / before + 1 / later)))


def trend_by_counts(track: Track, periods: int, limit: float, model: ChanceOf) -> tuple[Deviation, Floats]:
    """Compare the last counts with the straight line through the earlier ones; return also what was expected.

    The line is drawn on the scale on which the variance is 1 / 4n, weighted by n.
    """
    part, whole = track.part[..., -1 - periods :, :], track.whole[..., -1 - periods :, :]
    scaled = stable_values(part, whole, model)
    predicted, leverage, squares, freedom = _line(scaled[..., :-1, :], 4 * whole[..., :-1, :])
    unrest = larger(
        unrest_of_residuals(squares, freedom, part[..., :-1, :]), unrest_of_changes(track, 1, model)
    )
    floor = stable_values(np.zeros(()), whole[..., -1, :], model)
    predicted = np.clip(predicted, floor, np.pi / 2 - floor if model == "share" else None)
    expected = np.sin(predicted) ** 2 if model == "share" else predicted**2
    last = part[..., -1, :], whole[..., -1, :]
    chance, step = stable_variance(last[1]), limit / track.factor

    def band(design: Floats, level: float) -> Limits:
        low, high = _one_band(*last, design, level, model)
        return _scaled(track.factor, (low - expected, high - expected))

    deviation = Deviation(
        root=steadied(expected_root(*last, expected, model=model), unrest),
        more=steadied(expected_root(*last, _bounded(expected + step, model), model=model, half=0.5), unrest),
        fewer=-steadied(
            expected_root(*last, _bounded(expected - step, model), model=model, half=-0.5), unrest
        ),
        chance=chance,
        own=chance * unrest[0],
        variance=(chance + leverage) * unrest[0],
        error=track.factor * _error(*last, model) * np.sqrt(unrest[0]),
        band=band,
    )
    return deviation, track.factor * expected


def level_by_series(value: Floats, threshold: float) -> Deviation:
    """Compare the last value with a threshold; chance is the scatter of the earlier values around a straight line."""
    _, _, squares, freedom = _line(value[..., :-1, :])
    return _by_history(
        value[..., -1, :],
        (np.asarray(threshold),) * 3,
        *_moderated_mean_square(squares, freedom, _TRUST_AT_LEVEL),
    )


def change_by_series(value: Floats, history: Floats, span: int, shifts: Shifts) -> Deviation:
    """Compare the last change with the earlier changes of the same span in `history`, of the same shape as `value`."""
    variance, freedom = moderated_variance(*spread_of_changes(history[..., :-1, :], span))
    return _by_history(value[..., -1, :] - value[..., -1 - span, :], shifts, variance, freedom)


def trend_by_series(value: Floats, periods: int, limit: float) -> tuple[Deviation, Floats]:
    """Compare the last value with the straight line through the earlier ones; return also what was expected."""
    predicted, leverage, squares, freedom = _line(value[..., -1 - periods : -1, :])
    variance, freedom = _moderated_mean_square(squares, freedom)
    shifts = (np.zeros(()), np.asarray(limit), -np.asarray(limit))
    return _by_history(value[..., -1, :] - predicted, shifts, variance * (1 + leverage), freedom), predicted


def summed(parts: list[tuple[Deviation, float, Floats]], estimate: Floats, limit: float) -> Deviation:
    """Add up deviations of several indicators, each with its weight and the unit it is standardised by.

    The deviations are those from the middle of the null. The sum is divided by the root of the sum of the squared weights.
    """
    size = float(np.sqrt(sum(weight**2 for _, weight, _ in parts)))
    steps = [(one, weight, np.abs(weight) * one.error / unit / size) for one, weight, unit in parts]
    variance = np.asarray(sum(step**2 for _, _, step in steps))
    extra = sum(step**2 * (one.variance / one.own - 1) for one, _, step in steps)
    error = np.sqrt(variance)
    more = sum(step * (one.more if weight > 0 else one.fewer) for one, weight, step in steps)
    fewer = sum(step * (one.fewer if weight > 0 else one.more) for one, weight, step in steps)
    root = sum(step * np.sign(weight) * one.root for one, weight, step in steps)

    def band(design: Floats, level: float) -> Limits:
        reach = ndtri((1 + level) / 2) * np.sqrt(design) * error
        return estimate - reach, estimate + reach

    return Deviation(
        root=np.asarray(root / error),
        more=np.asarray((more - limit) / error),
        fewer=np.asarray((fewer - limit) / error),
        chance=variance,
        own=variance,
        variance=np.asarray(variance + extra),
        error=error,
        band=band,
    )


def _by_history(deviation: Floats, shifts: Shifts, variance: Floats, freedom: Floats) -> Deviation:
    """Compare with the usual movement; a variance of 0, or one from nothing, says nothing (NaN)."""
    variance = np.where((variance > 0) & (freedom >= 1), variance, np.nan)
    error = np.sqrt(variance)

    def band(design: Floats, level: float) -> Limits:
        reach = stdtrit(np.maximum(freedom, 1.0), (1 + level) / 2) * error * np.sqrt(design)
        return deviation - reach, deviation + reach

    return Deviation(
        root=as_normal((deviation - shifts[0]) / error, freedom),
        more=as_normal((deviation - shifts[1]) / error, freedom),
        fewer=-as_normal((deviation - shifts[2]) / error, freedom),
        chance=variance,
        own=variance,
        variance=variance,
        error=error,
        band=band,
    )


def _moderated_mean_square(squares: Floats, freedom: Floats, trust: float = 1.0) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return moderated_variance(np.where(freedom > 0, squares / freedom, np.nan), freedom, trust=trust)


def _line(earlier: Floats, weight: Floats | float = 1.0) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit a weighted line to each column, and return its value one period on.

    Also the variance of that value (for weights that are 1 / variance), the weighted squares of the residuals, and
    their degrees of freedom. Periods with NaN have no part.
    """
    is_known = np.isfinite(earlier) & np.isfinite(weight)
    weight, value = np.where(is_known, weight, 0.0), np.where(is_known, earlier, 0.0)
    time = np.arange(-earlier.shape[-2], 0.0)[:, None]  # the judged period is at 0
    total = weight.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (weight * time).sum(axis=-2) / total
        mean = (weight * value).sum(axis=-2) / total
        away = time - middle[..., None, :]
        spread = (weight * away**2).sum(axis=-2)
        slope = (weight * away * value).sum(axis=-2) / spread
        residual = value - mean[..., None, :] - slope[..., None, :] * away
        return (
            mean - slope * middle,
            1 / total + middle**2 / spread,
            (weight * residual**2).sum(axis=-2),
            np.maximum(is_known.sum(axis=-2) - 2.0, 0.0),
        )


def _one_band(part: Floats, whole: Floats, design: Floats, level: float, model: ChanceOf) -> Limits:
    """Return the limits of a share or rate when its chance is `design` times as large."""
    if model == "share":
        return wilson_limits(part / design, whole / design, level=level)
    low, high = poisson_limits(part / design, level=level)
    return low / (whole / design), high / (whole / design)


def _error(part: Floats, whole: Floats, model: ChanceOf) -> Floats:
    """Return the standard error of a share or rate, above 0 also when nothing was counted."""
    share = (part + 0.5) / (whole + 1)
    rest = np.maximum(1 - share, 0.5 / (whole + 1)) if model == "share" else 1.0
    return np.asarray(np.sqrt(share * rest / whole))


def _possible(shift: Floats, model: ChanceOf) -> Floats:
    """Keep a shift where both shares can still be shares."""
    return np.clip(shift, -0.999, 0.999) if model == "share" else np.asarray(shift)


def _bounded(expected: Floats | float, model: ChanceOf) -> Floats:
    """Keep an expected share or rate where it can be."""
    return np.asarray(np.clip(expected, 1e-9, 1 - 1e-9 if model == "share" else None))


def _scaled(factor: float, limits: Limits) -> Limits:
    return factor * limits[0], factor * limits[1]
