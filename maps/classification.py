"""Which values share a colour? Class breaks for maps, fixed over all periods, computed once.

Intervals include their lower and exclude their upper bound ("5,0 bis unter 10,0"); the last one includes
both. Values are rounded to the decimals that are shown *before* they are classed, so a reader who sees
"5,0" in the table always finds it in the class that begins with "5,0". Breaks of data-driven schemes move
to the roundest number that leaves every value in its class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import mapclassify
import numpy as np
import pandas as pd

from maps.errors import ClassificationError
from maps.numbers import Language, format_number, round_shown
from maps.palettes import diverging, sequential

__all__ = ["SCHEMES", "Classes", "Scheme", "assign", "classify", "classify_labels"]

Scheme = Literal["quantiles", "fisher_jenks", "equal_interval"]

_BOUND_WORDS: dict[Language, tuple[str, str]] = {"de": ("bis unter", "bis"), "en": ("to under", "to")}
_MOST_GROUPS = 1500  # Fisher-Jenks is quadratic; more distinct values are first joined by rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Classes from low to high. `counts`: values in each class, over everything that was given.

    Class `i` holds `lows[i] <= value < lows[i + 1]`, the last one `lows[-1] <= value <= highs[-1]`.
    """

    scheme: str
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    colours: tuple[str, ...]
    labels_de: tuple[str, ...]
    labels_en: tuple[str, ...]
    counts: tuple[int, ...]
    diverging_at: float | None = None
    decimals: int = 0

    def __len__(self) -> int:
        return len(self.lows)

    def __repr__(self) -> str:
        return f"Classes({self.scheme}: {len(self)} classes, {sum(self.counts)} values)"

    @property
    def breaks(self) -> tuple[float, ...]:
        """All bounds: the lower bound of each class and the upper bound of the last."""
        return (*self.lows, *self.highs[-1:])


def classify(
    values: pd.Series | np.ndarray | Sequence[float],
    *,
    scheme: Scheme = "quantiles",
    k: int = 5,
    diverging_at: float | None = None,
    decimals: int = 1,
    is_reversed: bool = False,
) -> Classes:
    """Sort the values of all periods into at most `k` classes.

    With `diverging_at`, one break lies exactly there and each side gets up to `k // 2` classes of its own.
    Fewer classes come back when there are fewer distinct values, none when every value is missing.
    `is_reversed` turns the colours round.
    """
    if scheme not in SCHEMES:
        raise ClassificationError(f"unknown scheme {scheme!r}; known: {', '.join(SCHEMES)}")
    if k < 1 or (diverging_at is not None and k < 2):
        raise ClassificationError(
            f"{k} class(es) are too few; ask for at least {1 if diverging_at is None else 2}"
        )
    given = np.asarray(values, dtype=float).ravel()
    if np.isinf(given).any():
        raise ClassificationError(
            f"{int(np.isinf(given).sum())} value(s) are infinite; leave them out or mark them as missing"
        )
    shown = round_shown(given[~np.isnan(given)], decimals)
    if diverging_at is None:
        lows = _lows(shown, scheme, k, decimals)
        colours = sequential(len(lows), is_reversed=is_reversed) if lows else ()
    else:
        centre = float(round_shown(np.array([diverging_at]), decimals)[0])
        below = _lows(shown[shown < centre], scheme, k // 2, decimals)
        above = _lows(shown[shown >= centre], scheme, k // 2, decimals)
        if above and below:
            above[0] = centre
        lows = below + above
        colours = diverging(len(below), len(above), is_reversed=is_reversed) if lows else ()
    highs = [*lows[1:], float(shown.max())] if lows else []
    index = np.searchsorted(lows[1:], shown, side="right") if lows else np.array([], dtype=int)
    return Classes(
        scheme=scheme,
        lows=tuple(lows),
        highs=tuple(highs),
        colours=colours,
        labels_de=_interval_labels(lows, highs, decimals, "de"),
        labels_en=_interval_labels(lows, highs, decimals, "en"),
        counts=tuple(int(n) for n in np.bincount(index, minlength=len(lows))),
        diverging_at=diverging_at,
        decimals=decimals,
    )


def classify_labels(
    values: pd.Series | np.ndarray | Sequence[float],
    labels_de: Sequence[str],
    labels_en: Sequence[str],
    *,
    is_reversed: bool = False,
) -> Classes:
    """Make one class per label of an ordinal indicator with the values 1, 2, …, used or not."""
    k = len(labels_de)
    given = np.asarray(values, dtype=float).ravel()
    shown = given[~np.isnan(given)]
    unknown = np.unique(shown[~np.isin(shown, np.arange(1, k + 1))])
    if len(unknown):
        raise ClassificationError(
            f"class {', '.join(f'{u:g}' for u in unknown[:5])} has no label; labels exist for 1 to {k}"
        )
    numbers = tuple(float(i) for i in range(1, k + 1))
    return Classes(
        scheme="labels",
        lows=numbers,
        highs=numbers,
        colours=sequential(k, is_reversed=is_reversed) if k else (),
        labels_de=tuple(labels_de),
        labels_en=tuple(labels_en),
        counts=tuple(int(n) for n in np.bincount(shown.astype(int) - 1, minlength=k)),
    )


def assign(values: pd.Series, classes: Classes) -> pd.Series:
    """Return the class number (0, 1, …) of each value on the same index; -1 where the value is missing."""
    shown = round_shown(values.to_numpy(dtype=float), classes.decimals)
    known = ~np.isnan(shown)
    index = np.full(len(shown), -1)
    if not len(classes):
        if known.any():
            raise ClassificationError(
                f"{int(known.sum())} value(s), but no classes; classify these values first"
            )
        return pd.Series(index, index=values.index)
    outside = known & ((shown < classes.lows[0]) | (shown > classes.highs[-1]))
    if outside.any():
        raise ClassificationError(
            f"{int(outside.sum())} value(s) lie outside the classes, which end at {classes.lows[0]:g} and "
            f"{classes.highs[-1]:g}; classify the values of all periods together"
        )
    index[known] = np.searchsorted(np.asarray(classes.lows[1:]), shown[known], side="right")
    return pd.Series(index, index=values.index)


def _lows(shown: np.ndarray, scheme: Scheme, k: int, decimals: int) -> list[float]:
    """Lower bounds of at most `k` classes of already rounded values."""
    if not len(shown):
        return []
    distinct = np.unique(shown)
    if len(distinct) <= k:
        return [float(v) for v in distinct]
    if k == 1:
        return [float(distinct[0])]
    uppers = np.unique(SCHEMES[scheme](shown, k))[:-1]
    if scheme == "equal_interval":
        bounds = [float(b) for b in round_shown(uppers, decimals)]
    else:
        # The largest value of a class and the smallest of the next: all between them are the same break.
        place = np.searchsorted(distinct, uppers, side="right")
        pairs = {(distinct[i - 1], distinct[i]) for i in place if 0 < i < len(distinct)}
        bounds = [_roundest(float(u), float(v), decimals) for u, v in pairs]
    return sorted({float(distinct[0]), *(b for b in bounds if distinct[0] < b <= distinct[-1])})


def _roundest(above: float, upto: float, decimals: int) -> float:
    """Return the roundest number `b` with `above < b <= upto`, both given with `decimals` places."""
    factor = 10.0**decimals
    low, high = round(above * factor), round(upto * factor)
    digits = len(str(max(abs(low), abs(high))))
    for step in (int(10**e) // part for e in range(digits, 0, -1) for part in (1, 2)):
        if (multiple := high // step * step) > low:
            return multiple / factor
    return high / factor


def _interval_labels(
    lows: Sequence[float], highs: Sequence[float], decimals: int, language: Language
) -> tuple[str, ...]:
    step = 10.0**-decimals
    under, upto = _BOUND_WORDS[language]
    labels = []
    for i, (low, high) in enumerate(zip(lows, highs, strict=True)):
        first = format_number(low, decimals, language)
        is_last = i == len(lows) - 1
        is_single = high == low if is_last else round((high - low) / step) == 1
        last = format_number(high, decimals, language)
        labels.append(first if is_single else f"{first} {upto if is_last else under} {last}")
    return tuple(labels)


def _quantile_bounds(shown: np.ndarray, k: int) -> np.ndarray:
    # Percentiles are the same bounds as Quantiles, but ties do not make them warn.
    bounds: np.ndarray = mapclassify.Percentiles(shown, pct=[100 * (i + 1) / k for i in range(k)]).bins
    return bounds


def _equal_bounds(shown: np.ndarray, k: int) -> np.ndarray:
    bounds: np.ndarray = mapclassify.EqualInterval(shown, k=k).bins
    return bounds


def _natural_bounds(shown: np.ndarray, k: int) -> np.ndarray:
    """Upper bounds of the classes with the least squared deviation (Fisher 1958), exact, in double precision.

    mapclassify's own needs numba to be quick and adds up squares in single precision, which goes wrong for
    large numbers; the tests compare both.
    """
    distinct, counts = np.unique(shown, return_counts=True)
    starts = np.arange(len(distinct))
    if len(distinct) > _MOST_GROUPS:
        rank = (np.cumsum(counts) - counts) * _MOST_GROUPS // counts.sum()
        starts = np.flatnonzero(np.r_[True, np.diff(rank) > 0])
    uppers = distinct[np.r_[starts[1:] - 1, len(distinct) - 1]]
    centred = distinct - distinct.mean()
    weight = np.r_[0.0, np.cumsum(np.add.reduceat(counts, starts))]
    total = np.r_[0.0, np.cumsum(np.add.reduceat(counts * centred, starts))]
    square = np.r_[0.0, np.cumsum(np.add.reduceat(counts * centred**2, starts))]

    def deviation(first: np.ndarray, end: int) -> np.ndarray:
        """Sum of squares of the groups `first` … `end - 1` around their mean."""
        spread: np.ndarray = (
            square[end] - square[first] - (total[end] - total[first]) ** 2 / (weight[end] - weight[first])
        )
        return spread

    n = len(starts)
    best = np.array([np.inf, *(deviation(np.array([0]), end)[0] for end in range(1, n + 1))])
    cuts = np.zeros((k, n + 1), dtype=int)
    for classes in range(1, k):
        previous, best = best, np.full(n + 1, np.inf)
        for end in range(classes + 1, n + 1):
            first = np.arange(classes, end)
            cost = previous[first] + deviation(first, end)
            cut = int(np.argmin(cost))
            best[end], cuts[classes, end] = cost[cut], first[cut]
    ends = [n]
    for classes in range(k - 1, 0, -1):
        ends.append(int(cuts[classes, ends[-1]]))
    result: np.ndarray = uppers[np.array(ends[::-1]) - 1]
    return result


SCHEMES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "quantiles": _quantile_bounds,
    "fisher_jenks": _natural_bounds,
    "equal_interval": _equal_bounds,
}
