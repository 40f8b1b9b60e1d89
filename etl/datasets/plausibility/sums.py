"""Do smaller areas add up to the larger one, and parts to their total? What is withheld makes a bound, not an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.datasets.check_parts import ChecksPart
from etl.datasets.findings import Severity
from etl.datasets.plausibility.cells import KNOWN, NOTHING, Cells, Series
from etl.datasets.plausibility.doubts import Doubt, Shown
from indicators.shares import ROUNDING

__all__ = ["category_doubts", "part_doubts", "sum_doubts"]

_ROUNDING = 1e-9  # [share of the larger number] what adding up floating point numbers may lose
_EITHER = (
    "correct whichever is wrong; differences by rounding are forgiven with tolerance in [checks]",
    "berichtigen, was falsch ist; Rundungsdifferenzen erlaubt tolerance in [checks]",
)
_SAME = (
    "check that both are of the same group and date",
    "prüfen, ob beide dieselbe Gruppe und denselben Stichtag meinen",
)


def sum_doubts(
    cells: Cells,
    parents: Mapping[str, pd.Series],
    levels: Sequence[str],
    counts: Sequence[str],
    checks: ChecksPart,
    shown: Shown,
) -> Iterator[Doubt]:
    """Yield the areas whose smaller areas do not add up to them; `levels` from the top down, `parents` by level."""
    for indicator in counts:
        rules = checks.of(indicator)
        if rules.sums == "off":
            continue
        series = cells.series(indicator)
        delivered = [level for level in levels if level in series]
        for upper, lower in pairwise(delivered):
            ancestor = _ancestors(parents, levels[levels.index(upper) + 1 : levels.index(lower) + 1])
            if ancestor is None:
                continue
            for area, period, total, part, is_bound in _differing(
                series[upper], series[lower], ancestor, rules.tolerance
            ):
                who = shown.area(upper, area)
                said, made = shown.number(indicator, total), shown.number(indicator, part)
                so_far, bekannt = (" known", "bekannten ") if is_bound else ("", "")
                yield Doubt(
                    check="sum",
                    severity=rules.sums,
                    geography=upper,
                    indicator=indicator,
                    area_id=area,
                    period=period,
                    what=(
                        f"{indicator} of {upper} {who} in {period} is {said[0]}, but the{so_far} values of {lower}"
                        f" add up to {made[0]}",
                        f"{shown.title(indicator)} von {who} in {period} ist {said[1]}, aber die {bekannt}Werte der"
                        f" Ebene {shown.level(lower)} ergeben zusammen {made[1]}",
                    ),
                    todo=_EITHER,
                    weight=abs(part - total) / max(abs(total), 1.0),
                )


def _differing(
    whole: Series, parts: Series, ancestor: pd.Series, tolerance: float
) -> Iterator[tuple[str, str, float, float, bool]]:
    """Yield area, period, its own value, the sum, and whether something in the sum is not known."""
    children = ancestor.value_counts().reindex(whole.areas).fillna(0).to_numpy()
    above = pd.Series(parts.areas).map(ancestor).to_numpy(dtype=object)
    known = pd.DataFrame(parts.state == KNOWN).groupby(above).sum().reindex(whole.areas).fillna(0).to_numpy()
    added = pd.DataFrame(np.nan_to_num(parts.number)).groupby(above).sum().reindex(whole.areas).to_numpy()
    for column, period in enumerate(whole.periods):
        if period not in parts.periods:
            continue
        at = parts.periods.index(period)
        total, part = whole.number[:, column], added[:, at]
        complete = known[:, at] == children
        wrong = (whole.state[:, column] == KNOWN) & (known[:, at] > 0)
        wrong &= _differ(total, part, complete, tolerance)
        for row in np.flatnonzero(wrong).tolist():
            yield str(whole.areas[row]), period, float(total[row]), float(part[row]), not complete[row]


def category_doubts(
    cells: Cells,
    sums: Sequence[tuple[str, tuple[str, ...]]],
    checks: ChecksPart,
    shown: Shown,
) -> Iterator[Doubt]:
    """Yield the places at which the parts do not add up to their total."""
    there = set(cells.indicators)
    for total, parts in sums:
        rules = checks.of(total)
        if rules.categories == "off" or total not in there or not there.issuperset(parts):
            continue
        yield from _categories(cells, total, parts, rules.categories, rules.tolerance, shown)


def part_doubts(cells: Cells, shares: Sequence[tuple[str, str]], shown: Shown) -> Iterator[Doubt]:
    """Yield the places at which a part is larger than its whole; no share can be made of them, so it is an error."""
    for part, whole in shares:
        of_part, of_whole = cells.of(part)[0], cells.of(whole)[0]
        for at in np.flatnonzero(of_part > of_whole * (1 + ROUNDING)).tolist():
            geography, area, period = cells.place(at)
            who = shown.area(geography, area)
            said, limit = shown.number(part, float(of_part[at])), shown.number(whole, float(of_whole[at]))
            yield Doubt(
                check="part",
                severity="error",
                geography=geography,
                indicator=part,
                area_id=area,
                period=period,
                what=(
                    f"area {who} in {period}: {part} is {said[0]}, above {whole}, the whole, which is {limit[0]}",
                    f"Gebiet {who} in {period}: {shown.title(part)} ist {said[1]}, mehr als das Ganze,"
                    f" {shown.title(whole)}: {limit[1]}",
                ),
                todo=_SAME,
                weight=float(of_part[at] - of_whole[at]) / max(abs(float(of_whole[at])), 1.0),
            )


def _categories(
    cells: Cells, total: str, parts: tuple[str, ...], severity: Severity, tolerance: float, shown: Shown
) -> Iterator[Doubt]:
    whole, state = cells.of(total)
    added, complete, some = np.zeros(len(cells)), np.ones(len(cells), dtype=bool), np.zeros(len(cells), bool)
    delivered = np.ones(len(cells), dtype=bool)
    for part in parts:
        number, of_part = cells.of(part)
        added += np.where(of_part == KNOWN, number, 0.0)
        complete &= of_part == KNOWN
        some |= of_part == KNOWN
        delivered &= of_part != NOTHING
    wrong = (state == KNOWN) & some & delivered & _differ(whole, added, complete, tolerance)
    for at in np.flatnonzero(wrong).tolist():
        geography, area, period = cells.place(at)
        who = shown.area(geography, area)
        said, said_de = shown.number(total, float(whole[at]))
        made, made_de = shown.number(parts[0], float(added[at]))
        verb, verb_de = (
            ("add up to", "ergeben zusammen")
            if complete[at]
            else ("are together at least", "sind mindestens")
        )
        yield Doubt(
            check="category",
            severity=severity,
            geography=geography,
            indicator=total,
            area_id=area,
            period=period,
            what=(
                f"area {who} in {period}: {' + '.join(parts)} {verb} {made}, {total} is {said}",
                f"Gebiet {who} in {period}: {' + '.join(map(shown.title, parts))} {verb_de} {made_de},"
                f" {shown.title(total)} ist {said_de}",
            ),
            todo=_EITHER,
            weight=abs(float(added[at] - whole[at])) / max(abs(float(whole[at])), 1.0),
        )


def _differ(
    total: NDArray[np.float64], parts: NDArray[np.float64], complete: NDArray[np.bool_], tolerance: float
) -> NDArray[np.bool_]:
    """Say where the sum is not the total; a sum that is not complete can only be too large."""
    difference = parts - total
    allowed = tolerance + _ROUNDING * np.fmax(np.abs(total), np.abs(parts))
    return np.where(complete, np.abs(difference) > allowed, difference > allowed)


def _ancestors(parents: Mapping[str, pd.Series], steps: Sequence[str]) -> pd.Series | None:
    """Return the area of the upper level for each area of the lowest of the levels; None when a level is not known."""
    if any(level not in parents for level in steps):
        return None
    result = parents[steps[-1]]
    for level in reversed(steps[:-1]):
        result = result.map(parents[level])
    return result
