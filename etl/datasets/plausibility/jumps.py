"""Which values stand out against those before and after? Measured by how values usually change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.datasets.check_parts import ChecksPart, Rules
from etl.datasets.findings import Severity
from etl.datasets.plausibility.cells import Cells, Series
from etl.datasets.plausibility.doubts import Doubt, Shown, plain

__all__ = ["jump_doubts"]

_FEWEST = 5  # areas that must be known in two periods, so that something usual can be told
_DIGIT = re.compile(r"\d")
_CHANCE = np.sqrt(2.0)  # spread of the difference of 2√count between two counts, if only chance were at work
_TO_NORMAL = 1.4826  # a median deviation of normal numbers times this is their standard deviation
_SMALLEST = 0.001  # [share of the median value] smaller changes are none
_MANIFOLD = 2.0  # a median area that has twice or half as much: another unit or definition
_WHAT_TO_DO = (
    'look at the cell: decimal sign, unit, row; if it is right, say jumps = "off" for this indicator in [checks]',
    'die Zelle ansehen: Dezimalzeichen, Einheit, Zeile; stimmt sie, für den Indikator jumps = "off" in [checks] angeben',
)
_BREAK = (
    "look for another unit, definition or source; if it is right, say so in the caution of the indicator",
    "auf andere Einheit, Definition oder Quelle prüfen; stimmt es, im Hinweis des Indikators sagen",
)


def jump_doubts(
    cells: Cells, counts: Sequence[str], ordinal: Sequence[str], checks: ChecksPart, shown: Shown
) -> Iterator[Doubt]:
    """Yield single values that stand out, and periods in which the median area has a multiple of the one before.

    Counts are compared as 2√count, whose differences by chance are alike for small and large ones; other values as
    they are. From each change the median change of all areas is taken off; the spread is the median deviation, over all
    periods of an indicator and in the period itself, whichever is larger. Neither is moved by the few that are wrong.
    """
    for indicator in cells.indicators:
        rules = checks.of(indicator)
        if indicator in ordinal or rules.jumps == "off":
            continue
        for level, series in cells.series(indicator).items():
            if len(series.areas) < _FEWEST:
                continue
            for alike in _alike(series):
                yield from _of_series(indicator, level, alike, indicator in counts, rules.jumps, rules, shown)


def _alike(series: Series) -> Iterator[Series]:
    """Yield the periods of each form, in order of time: a year is compared with a year, a quarter with a quarter."""
    forms = np.array([_DIGIT.sub("0", period) for period in series.periods], dtype=object)
    for form in dict.fromkeys(forms):
        at = np.flatnonzero(forms == form)
        if len(at) > 1:  # within one form the order of texts, which they are in, is that of time
            yield Series(
                areas=series.areas,
                periods=[series.periods[one] for one in at],
                number=series.number[:, at],
                state=series.state[:, at],
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Changes from one period to the next: a row per area, a column per pair of periods."""

    size: NDArray[np.float64]  # in usual spreads, NaN where not known
    ratio: NDArray[np.float64]  # median over the areas of the later number to the earlier one, per pair


def _changes(number: NDArray[np.float64], is_count: bool) -> _Changes:
    scaled = 2 * np.sqrt(np.maximum(number, 0.0)) if is_count else number
    step = np.diff(scaled, axis=1)
    enough = (~np.isnan(step)).sum(axis=0) >= _FEWEST
    step[:, ~enough] = np.nan
    ratio = np.full(step.shape[1], np.nan)
    for pair in np.flatnonzero(enough):
        before, after = number[:, pair], number[:, pair + 1]
        positive = (before > 0) & (after > 0)
        step[:, pair] -= np.nanmedian(step[:, pair])
        if positive.sum() >= _FEWEST:
            ratio[pair] = np.median(after[positive] / before[positive])
    away = np.abs(step)
    known = away[~np.isnan(away)]
    if not known.size:
        return _Changes(step, ratio)
    # Where all of a period changed more than usual, such as by a census, its own spread is the measure.
    spread = np.full(step.shape[1], _TO_NORMAL * float(np.median(known)))
    spread[enough] = np.maximum(spread[enough], _TO_NORMAL * np.nanmedian(away[:, enough], axis=0))
    least = float(_CHANCE) if is_count else _SMALLEST * float(np.nanmedian(np.abs(number)))
    spread = np.maximum(spread, least)
    size = np.divide(step, spread, out=np.zeros_like(step), where=spread > 0)
    return _Changes(size, ratio)


def _of_series(
    indicator: str, level: str, series: Series, is_count: bool, severity: Severity, rules: Rules, shown: Shown
) -> Iterator[Doubt]:
    changes = _changes(series.number, is_count)
    for pair in np.flatnonzero(~np.isnan(changes.ratio)):
        ratio = float(changes.ratio[pair])
        if not 1 / _MANIFOLD <= ratio <= _MANIFOLD:
            before, after = series.periods[pair], series.periods[pair + 1]
            yield Doubt(
                check="break",
                severity=severity,
                geography=level,
                indicator=indicator,
                period=after,
                earlier=before,
                what=(
                    f"{indicator} of {level} in {after} is {plain(ratio, 'en')} times that of {before} in the median area",
                    f"{shown.title(indicator)} der Ebene {shown.level(level)} ist {after} im mittleren Gebiet"
                    f" das {plain(ratio, 'de')}-Fache"
                    f" von {before}",
                ),
                todo=_BREAK,
                weight=abs(float(np.log(ratio))),
            )
    told: set[tuple[int, int]] = set()
    large = np.abs(changes.size) > rules.jump
    for row, pair in np.argwhere(large):
        if (row, pair) in told:
            continue
        size = float(changes.size[row, pair])
        back = pair + 1 < large.shape[1] and large[row, pair + 1] and changes.size[row, pair + 1] * size < 0
        if back:
            told.add((row, pair + 1))
        yield Doubt(
            check="jump",
            severity=severity,
            geography=level,
            indicator=indicator,
            area_id=str(series.areas[row]),
            period=series.periods[pair + 1],
            earlier=series.periods[pair],
            what=_sentence(indicator, level, series, row, pair, bool(back), abs(size), shown),
            todo=_WHAT_TO_DO,
            weight=abs(size),
        )


def _sentence(
    indicator: str,
    level: str,
    series: Series,
    row: int,
    pair: int,
    back: bool,
    size: float,
    shown: Shown,
) -> tuple[str, str]:
    area, periods = shown.area(level, str(series.areas[row])), series.periods
    (b, b_de), (v, v_de) = (shown.number(indicator, float(series.number[row, at])) for at in (pair, pair + 1))
    usual = f"{plain(round(size), 'en')} times the usual spread of changes"
    usual_de = f"das {plain(round(size), 'de')}-Fache der üblichen Streuung der Veränderungen"
    if back:
        a, a_de = shown.number(indicator, float(series.number[row, pair + 2]))
        return (
            f"{indicator} of area {area} stands out in {periods[pair + 1]}: {v} between {b} in {periods[pair]} and"
            f" {a} in {periods[pair + 2]}, {usual}",
            f"{shown.title(indicator)} von Gebiet {area} sticht {periods[pair + 1]} heraus: {v_de} zwischen"
            f" {b_de} ({periods[pair]}) und {a_de} ({periods[pair + 2]}), {usual_de}",
        )
    return (
        f"{indicator} of area {area} jumps from {b} in {periods[pair]} to {v} in {periods[pair + 1]}, {usual}",
        f"{shown.title(indicator)} von Gebiet {area} springt von {b_de} ({periods[pair]}) auf {v_de} ({periods[pair + 1]}),"
        f" {usual_de}",
    )
