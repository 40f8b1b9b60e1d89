"""What lacks: values of an indicator in a period, areas without any value, years left out; and what is too early."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import numpy as np

from etl.datasets.check_parts import ChecksPart
from etl.datasets.layouts import begin_of_period
from etl.datasets.plausibility.cells import KNOWN, WITHHELD, Cells
from etl.datasets.plausibility.doubts import Doubt, Shown

__all__ = ["completeness_doubts"]

_WHAT_TO_DO = (
    "deliver the values, or say with least_share in [checks] that fewer are enough",
    "die Werte liefern, oder mit least_share in [checks] sagen, dass weniger genügen",
)
_YEARS = (
    "deliver the years, or explain the gap in the caution of the indicator",
    "die Jahre liefern, oder die Lücke im Hinweis des Indikators erklären",
)
_AREAS = (
    "check the keys of the areas; where nobody lives, say no_row or zero",
    "die Schlüssel der Gebiete prüfen; wo niemand wohnt, no_row oder zero angeben",
)
_FUTURE = (
    'correct the period; for a forecast say so in its title, and completeness = "off" for it in [checks]',
    'den Zeitraum berichtigen; bei einer Vorausberechnung es im Titel sagen, und dafür completeness = "off" in [checks]',
)
_NAMED = 5
_RHYTHM = 3  # years, before distances that are never one year are the rhythm of a series


def completeness_doubts(
    cells: Cells, areas: dict[str, int], checks: ChecksPart, shown: Shown, *, today: date
) -> Iterator[Doubt]:
    """Yield indicators that lack in too many areas or in years, and areas that have nothing; `areas` counts by level.

    A value that the publisher withholds does not lack. A year lacks when the series goes on year by year, or when
    another indicator of the level has it. Values of periods that begin after `today` are told as well.
    """
    has_any: dict[str, dict[str, bool]] = {}
    all_periods = cells.periods()
    for indicator in cells.indicators:
        rules = checks.of(indicator)
        for level, series in cells.series(indicator).items():
            there = (series.state == KNOWN) | (series.state == WITHHELD)
            of_level = has_any.setdefault(level, {})
            for area, found in zip(series.areas, there.any(axis=1), strict=True):
                of_level[str(area)] = of_level.get(str(area), False) or bool(found)
            if rules.completeness == "off":
                continue
            every = max(areas.get(level, len(series.areas)), 1)
            share = there.sum(axis=0) / every
            few = np.flatnonzero(share < rules.least_share)
            if len(few):
                worst = int(few[np.argmin(share[few])])
                lacking = every - int(there[:, worst].sum())
                when = _listed([series.periods[one] for one in few])
                most, most_de = ("up to ", "bis zu ") if len(few) > 1 else ("", "")
                areas_of, gebieten = ("area", "Gebiet") if every == 1 else ("areas", "Gebieten")
                yield Doubt(
                    check="completeness",
                    severity=rules.completeness,
                    geography=level,
                    indicator=indicator,
                    what=(
                        f"{indicator} lacks in {most}{lacking:,} of {every:,} {areas_of} of {level}, in {when}",
                        f"{shown.title(indicator)} fehlt in {most_de}{lacking} von {every} {gebieten} der Ebene"
                        f" {shown.level(level)}, in {when}",
                    ),
                    todo=_WHAT_TO_DO,
                    weight=1 - float(share[worst]),
                )
            given = [one for one, some in zip(series.periods, there.any(axis=0), strict=True) if some]
            later = [one for one in given if (begin := begin_of_period(one)) is not None and begin > today]
            if later:
                yield Doubt(
                    check="completeness",
                    severity=rules.completeness,
                    geography=level,
                    indicator=indicator,
                    period=later[0],
                    what=(
                        f"{indicator} of {level} has values of {_listed(later)}, which is still to come",
                        f"{shown.title(indicator)} der Ebene {shown.level(level)} hat Werte für {_listed(later)},"
                        " was noch in der Zukunft liegt",
                    ),
                    todo=_FUTURE,
                )
            given = [one for one in given if one not in later]
            years = _left_out(given, all_periods[level])
            if years:
                first, last = given[0], given[-1]
                yield Doubt(
                    check="completeness",
                    severity=rules.completeness,
                    geography=level,
                    indicator=indicator,
                    what=(
                        f"{indicator} of {level} has no value in {_listed(years)}, between {first} and {last}",
                        f"{shown.title(indicator)} der Ebene {shown.level(level)} hat keinen Wert in"
                        f" {_listed(years)}, zwischen {first} und {last}",
                    ),
                    todo=_YEARS,
                )
    if checks.completeness != "off":
        for level, found in has_any.items():
            nothing = sorted(area for area, any_value in found.items() if not any_value)
            if nothing and len(nothing) < len(found):
                have, haben = ("has", "hat") if len(nothing) == 1 else ("have", "haben")
                yield Doubt(
                    check="completeness",
                    severity=checks.completeness,
                    geography=level,
                    indicator="",
                    what=(
                        f"{len(nothing)} of {len(found)} areas of {level} {have} no value at all: {_listed(nothing)}",
                        f"{len(nothing)} von {len(found)} Gebieten der Ebene {shown.level(level)} {haben} gar keinen Wert:"
                        f" {_listed(nothing)}",
                    ),
                    todo=_AREAS,
                )


def _left_out(periods: list[str], elsewhere: Collection[str]) -> list[str]:
    """Return the years that lack between the first and the last; none where not every year should be there.

    Every year should be in a series that usually goes on by one; in another one those years that other indicators
    have, unless it never goes on by one (elections), or has two years only that lie further apart (censuses).
    """
    years = [int(one) for one in periods if len(one) == 4]
    if len(years) < 2 or len(years) < len(periods):
        return []
    steps = np.diff(years)
    between = [str(year) for year in range(years[0], years[-1]) if year not in set(years)]
    if len(years) > 2 and np.median(steps) == 1:
        return between
    is_rhythm = steps.min() > 1 if len(years) >= _RHYTHM else steps[0] > 2  # two years apart
    return [] if is_rhythm else [year for year in between if year in elsewhere]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" … ({len(names)})" if len(names) > _NAMED else "")
