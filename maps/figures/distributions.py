"""Is a measure more than chance, and how sure is it? Test and bootstrap drawn with all their replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maps.figures.caption import (
    NOTHING,
    Caption,
    level_text,
    measure_title,
    model_text,
    number_text,
    options_text,
    p_value_text,
    said,
    seed_text,
)
from maps.figures.errors import FigureError
from maps.figures.sheet import Key, Panel, lay_out, make_room
from maps.figures.style import (
    BAND,
    BAND_EDGE,
    FAINT,
    INK,
    QUIET,
    RISE,
    NumberTicks,
    decimals_for,
    house_style,
)
from maps.numbers import Language, format_number
from spatial.errors import ParameterError
from spatial.segregation import BootstrapEstimate, SingleTest, TwoSampleTest, measure

__all__ = ["bootstrap_distribution", "difference", "null_distribution"]

_WORDS: Final = {
    "null": ("{measure}: beobachtet und durch Zufall", "{measure}: observed and by chance"),
    "bootstrap": ("{measure}: wie sicher ist der Wert?", "{measure}: how sure is the value?"),
    "difference": (
        "{measure}: {first} und {second} im Vergleich",
        "{measure}: {first} and {second} compared",
    ),
    "first": ("der erste Wert", "the first value"),
    "second": ("der zweite Wert", "the second value"),
    "null_lead": (
        "Beobachtet {observed}; durch Zufall wären {expected} zu erwarten. {p} ({alternative}).",
        "Observed {observed}; {expected} would be expected by chance. {p} ({alternative}).",
    ),
    "bootstrap_lead": (
        "Bereinigt {estimate}; Unsicherheitsbereich ({level}) von {low} bis {high}.",
        "Corrected {estimate}; range of uncertainty ({level}) from {low} to {high}.",
    ),
    "difference_lead": (
        "{first}: {a}, {second}: {b}; {statistic} {observed}. {p} ({alternative}).",
        "{first}: {a}, {second}: {b}; {statistic} {observed}. {p} ({alternative}).",
    ),
    "stat_difference": ("Unterschied", "difference"),
    "stat_space": ("davon räumliche Verteilung", "of it where the population lives"),
    "stat_composition": ("davon Zusammensetzung", "of it who the population is"),
    "observed": ("beobachtet: {value}", "observed: {value}"),
    "expected": ("durch Zufall zu erwarten: {value}", "expected by chance: {value}"),
    "range": ("mittlere {level} des Zufalls: {low} bis {high}", "middle {level} of chance: {low} to {high}"),
    "estimate": (
        "um den Einfluss kleiner Zahlen bereinigt: {value}",
        "corrected for the influence of small numbers: {value}",
    ),
    "interval": (
        "Unsicherheitsbereich ({level}): {low} bis {high}",
        "range of uncertainty ({level}): {low} to {high}",
    ),
    "no_difference": ("kein Unterschied", "no difference"),
    "replicates": ("Wiederholungen", "replicates"),
    "scale": ("Auf der Skala des Maßes", "On the scale of the measure"),
    "zoom": (
        "Der Zufall vergrößert: Zahl der Wiederholungen je Wert",
        "Chance enlarged: number of replicates per value",
    ),
    "count": ("Zahl der Wiederholungen je Wert", "Number of replicates per value"),
    "null_model": ("Zufall: {model}", "Chance: {model}"),
    "draws": ("Wiederholungen: {model}", "Replicates: {model}"),
    "done": ("{n}\N{NO-BREAK SPACE}Wiederholungen", "{n}\N{NO-BREAK SPACE}replicates"),
    "undefined": ("davon {n} ohne Wert", "{n} of them without a value"),
}

_NARROW: Final = 0.12  # part of the axis below which the replicates have a plot of their own
_BAR: Final = 0.045  # width of a bar at least [inches]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A value on the horizontal axis, and how it is drawn."""

    value: float
    key: str
    colour: str = INK
    width: float = 2.2
    dashes: tuple[float, ...] = ()


def null_distribution(result: SingleTest, *, language: Language = "de", caption: Caption = NOTHING) -> Figure:
    """Draw the replicates of a null model and the observed value, each on a scale on which it can be seen."""
    values = _defined(result.values, result.measure, result.observed)
    digits = decimals_for([result.observed, result.expected], spread=result.deviation)

    def shown(value: float) -> str:
        return number_text(value, digits, language)

    def say(key: str, **parts: object) -> str:
        return said(_WORDS, key, language, **parts)

    level = level_text(result.level, language)
    marks = [
        _Mark(
            value=result.observed, key=say("observed", value=shown(result.observed)), colour=RISE, width=2.6
        ),
        _Mark(value=result.expected, key=say("expected", value=shown(result.expected)), dashes=(4, 2)),
    ]
    limits = (result.null_low, result.null_high)
    band = say("range", level=level, low=shown(limits[0]), high=shown(limits[1]))
    lead = say(
        "null_lead",
        observed=shown(result.observed),
        expected=shown(result.expected),
        p=p_value_text(result.p_value, language),
        alternative=model_text(result.alternative, language),
    )
    notes = [
        say("null_model", model=model_text(result.model, language)),
        *_run(result, language),
    ]
    title = say("null", measure=measure_title(result.measure, language))
    return _figure(values, marks, limits, band, title, lead, notes, _low(result.measure), language, caption)


def bootstrap_distribution(
    estimate: BootstrapEstimate, *, language: Language = "de", caption: Caption = NOTHING
) -> Figure:
    """Draw the replicates of a bootstrap with the interval, the observed and the corrected value."""
    values = _defined(estimate.values, estimate.measure, estimate.observed)
    digits = decimals_for([estimate.observed], spread=estimate.standard_error)

    def shown(value: float) -> str:
        return number_text(value, digits, language)

    def say(key: str, **parts: object) -> str:
        return said(_WORDS, key, language, **parts)

    level = level_text(estimate.level, language)
    marks = [
        _Mark(
            value=estimate.estimate,
            key=say("estimate", value=shown(estimate.estimate)),
            colour=RISE,
            width=2.6,
        ),
        _Mark(value=estimate.observed, key=say("observed", value=shown(estimate.observed)), dashes=(4, 2)),
    ]
    limits = (estimate.ci_low, estimate.ci_high)
    bounds = {"level": level, "low": shown(limits[0]), "high": shown(limits[1])}
    lead = say("bootstrap_lead", estimate=shown(estimate.estimate), **bounds)
    notes = [
        say("draws", model=model_text(estimate.model, language)),
        model_text(estimate.interval, language),
        *_run(estimate, language),
    ]
    title = say("bootstrap", measure=measure_title(estimate.measure, language))
    band = say("interval", **bounds)
    return _figure(values, marks, limits, band, title, lead, notes, None, language, caption)


def difference(
    result: TwoSampleTest,
    *,
    names: tuple[str, str] = ("", ""),
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the difference of two cities or periods beside what chance, or other draws of persons, would give.

    `names` are those of the first and the second, such as ("2011", "2022").
    """
    values = _defined(result.values, result.measure, result.observed)
    digits = decimals_for([result.first, result.second], spread=result.deviation)

    def shown(value: float) -> str:
        return number_text(value, digits, language, signed=True)

    def say(key: str, **parts: object) -> str:
        return said(_WORDS, key, language, **parts)

    first, second = names[0] or say("first"), names[1] or say("second")
    level = level_text(result.level, language)
    drawn_anew = np.isfinite(result.ci_low)
    observed = say("observed", value=shown(result.observed))
    if drawn_anew:
        limits = (result.ci_low, result.ci_high)
        band = say("interval", level=level, low=shown(limits[0]), high=shown(limits[1]))
        marks = [
            _Mark(
                value=result.estimate,
                key=say("estimate", value=shown(result.estimate)),
                colour=RISE,
                width=2.6,
            ),
            _Mark(value=result.observed, key=observed, dashes=(4, 2)),
        ]
    else:
        limits = (result.null_low, result.null_high)
        band = say("range", level=level, low=shown(limits[0]), high=shown(limits[1]))
        marks = [_Mark(value=result.observed, key=observed, colour=RISE, width=2.6)]
    marks.append(_Mark(value=0.0, key=say("no_difference"), colour=QUIET, width=1.4, dashes=(1, 1.5)))
    plain = [number_text(value, digits, language) for value in (result.first, result.second)]
    lead = say(
        "difference_lead",
        first=first[:1].upper() + first[1:],
        second=second,
        a=plain[0],
        b=plain[1],
        statistic=say(f"stat_{result.statistic}"),
        observed=shown(result.observed),
        p=p_value_text(result.p_value, language),
        alternative=model_text(result.alternative, language),
    )
    notes = [
        say("draws" if drawn_anew else "null_model", model=model_text(result.model, language)),
        *_run(result, language),
    ]
    title = say("difference", measure=measure_title(result.measure, language), first=first, second=second)
    return _figure(values, marks, limits, band, title, lead, notes, None, language, caption)


def _defined(values: np.ndarray, name: str, observed: float) -> np.ndarray:
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not np.isfinite(observed) or not len(finite):
        raise FigureError(
            f"{name} has no value, in the data or in all replicates",
            "there is nothing to draw; one of the groups is absent, or there is one area",
        )
    return finite


def _run(result: SingleTest | BootstrapEstimate | TwoSampleTest, language: Language) -> list[str]:
    done = said(_WORDS, "done", language, n=format_number(result.replicates, 0, language))
    if result.undefined:
        without = said(_WORDS, "undefined", language, n=format_number(result.undefined, 0, language))
        done = f"{done}, {without}"
    return [done, seed_text(result.seed, language), options_text(result.options, language)]


def _low(name: str) -> float | None:
    """Return the lower bound of a measure, if it has one."""
    try:
        return measure(name).low
    except ParameterError:
        return None


def _figure(
    values: np.ndarray,
    marks: list[_Mark],
    limits: tuple[float, float],
    band: str,
    title: str,
    lead: str,
    notes: list[str],
    low: float | None,
    language: Language,
    caption: Caption,
) -> Figure:
    everything = np.array([values.min(), values.max(), *limits, *(mark.value for mark in marks)])
    near = _span(np.array([values.min(), values.max(), *limits]), None)
    wide = _span(everything, low)
    apart = near[1] - near[0] < _NARROW * (wide[1] - wide[0])
    keys = [
        *(
            Key(text=mark.key, colour=mark.colour, width=mark.width, dashes=mark.dashes)
            for mark in sorted(marks, key=lambda mark: mark.width, reverse=True)
        ),
        Key(text=band, look="area", colour=BAND, edge=BAND_EDGE),
        Key(text=said(_WORDS, "replicates", language), look="area", colour=FAINT, edge=QUIET),
    ]
    histogram = Panel(height=2.1, heading=said(_WORDS, "zoom" if apart else "count", language))
    strip = Panel(height=0.5, heading=said(_WORDS, "scale", language))
    with house_style():
        sheet, axes = lay_out(
            title=title,
            caption=caption,
            lead=lead,
            panels=[strip, histogram] if apart else [histogram],
            keys=keys,
            notes=notes,
            facts=" ".join(f"{key.text}." for key in keys[:-1]),
            language=language,
            right=0.4,
        )
        plot = axes[-1]
        span = near if apart else wide
        plot.set_xlim(span)
        _bars(plot, values, 6.2, span)
        plot.yaxis.set_major_formatter(NumberTicks(language))
        plot.grid(axis="y")
        for each, between in zip(axes, ([wide, near] if apart else [wide]), strict=True):
            each.set_xlim(between)
            each.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
            each.xaxis.set_major_formatter(NumberTicks(language))
            each.axvspan(*limits, facecolor=BAND, edgecolor=BAND_EDGE, linewidth=1.0, zorder=0.4)
            for mark in marks:
                if between[0] <= mark.value <= between[1]:
                    line = each.axvline(mark.value, color=mark.colour, linewidth=mark.width, zorder=3)
                    if mark.dashes:
                        line.set_dashes(mark.dashes)
        if apart:
            axes[0].set_yticks([])
        make_room(sheet, axes)
    return sheet


def _span(values: np.ndarray, low: float | None) -> tuple[float, float]:
    """Return the ends of an axis that holds the values, from the bound of the measure on where that is near."""
    first, last = float(values.min()), float(values.max())
    air = 0.06 * (last - first) or max(abs(last), 1e-3) * 0.1
    start = low if low is not None and low <= first <= low + 20 * air else first - air
    return float(start), last + air


def _bars(plot: Axes, values: np.ndarray, width: float, span: tuple[float, float]) -> None:
    """Draw a histogram whose bars are wide enough to be seen."""
    reach = float(values.max() - values.min())
    room = width * reach / (span[1] - span[0])
    most = max(int(room / _BAR), 1)
    bins = int(np.clip(np.ceil(2 * len(values) ** (1 / 3)), 1, min(most, 60)))
    if reach <= 1e-12 * max(abs(float(values.max())), 1e-300):
        half = 0.01 * (span[1] - span[0])
        edges = np.array([values.mean() - half, values.mean() + half])
    else:
        edges = np.linspace(values.min(), values.max(), bins + 1)
    counts, _ = np.histogram(values, edges)
    plot.bar(
        edges[:-1],
        counts,
        np.diff(edges),
        align="edge",
        facecolor=FAINT,
        edgecolor=QUIET,
        linewidth=0.5,
        zorder=1.5,
    )
    plot.set_ylim(0, counts.max() * 1.06)
    plot.yaxis.set_major_locator(MaxNLocator(4, integer=True))
