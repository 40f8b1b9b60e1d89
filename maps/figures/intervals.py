"""How sure are several values, side by side? One row per estimate, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from maps.figures.caption import (
    NOTHING,
    Caption,
    level_text,
    measure_title,
    model_text,
    number_text,
    options_text,
    said,
    seed_text,
)
from maps.figures.errors import FigureError
from maps.figures.rows import Row, draw_rows, numbers_width, rows_height
from maps.figures.sheet import Key, Panel, lay_out
from maps.figures.style import FALL, INK, decimals_for, house_style
from maps.numbers import Language, format_number
from spatial.segregation import BootstrapEstimate

__all__ = ["intervals"]

_WORDS: Final = {
    "title": ("{measure} mit Unsicherheitsbereich", "{measure} with range of uncertainty"),
    "several": ("Maße mit Unsicherheitsbereich", "Measures with range of uncertainty"),
    "lead": (
        "Bereinigt {value}; Unsicherheitsbereich {low} bis {high}.",
        "Corrected {value}; range of uncertainty {low} to {high}.",
    ),
    "highest": ("Am höchsten: {name} mit {value}.", "Highest: {name} with {value}."),
    "number": ("{value}  ({low} – {high})", "{value}  ({low} – {high})"),
    "corrected": ("um den Einfluss kleiner Zahlen bereinigt", "corrected for the influence of small numbers"),
    "observed": ("beobachtet", "observed"),
    "interval": ("Unsicherheitsbereich ({level})", "range of uncertainty ({level})"),
    "axis": ("Wert", "Value"),
    "draws": ("Wiederholungen: {model}", "Replicates: {model}"),
    "done": ("{n}\N{NO-BREAK SPACE}Wiederholungen", "{n}\N{NO-BREAK SPACE}replicates"),
}


def intervals(
    estimates: Mapping[str, BootstrapEstimate], *, language: Language = "de", caption: Caption = NOTHING
) -> Figure:
    """Draw bootstrap estimates below each other: the corrected value, its interval, the observed value.

    `estimates` by the name that is written beside each, such as that of the group.
    """
    if not estimates:
        raise FigureError("no estimates", "give one at least")
    undefined = [
        name
        for name, found in estimates.items()
        if not np.isfinite([found.estimate, found.observed, found.ci_low, found.ci_high]).all()
    ]
    if undefined:
        raise FigureError(f"no value for {', '.join(undefined[:5])}", "leave those out that are undefined")
    levels = {found.level for found in estimates.values()}
    if len(levels) > 1:
        raise FigureError(
            f"intervals of {len(levels)} levels", "use one level for all, or one figure for each"
        )
    digits = max(decimals_for([found.observed], spread=found.standard_error) for found in estimates.values())
    rows, words = [], {}
    for name, found in estimates.items():
        shown = {
            "value": number_text(found.estimate, digits, language),
            "low": number_text(found.ci_low, digits, language),
            "high": number_text(found.ci_high, digits, language),
        }
        words[name] = shown
        number = said(_WORDS, "number", language, **shown)
        rows.append(Row(name=name, start=found.ci_low, end=found.ci_high, number=number, colour=FALL))
    measures = {found.measure for found in estimates.values()}
    title = (
        said(_WORDS, "title", language, measure=measure_title(measures.pop(), language))
        if len(measures) == 1
        else said(_WORDS, "several", language)
    )
    if len(rows) == 1:
        lead = said(_WORDS, "lead", language, **words[rows[0].name])
    else:
        top = max(estimates, key=lambda name: estimates[name].estimate)
        lead = said(_WORDS, "highest", language, name=top, value=words[top]["value"])
    level = level_text(levels.pop(), language)
    keys = [
        Key(text=said(_WORDS, "corrected", language), look="mark", colour=FALL, fill=FALL),
        Key(text=said(_WORDS, "interval", language, level=level), colour=FALL, width=2.2),
        Key(text=said(_WORDS, "observed", language), look="mark", colour=INK, marker="|"),
    ]
    with house_style():
        sheet, (plot,) = lay_out(
            title=title,
            caption=caption,
            lead=lead,
            panels=[Panel(height=rows_height(rows), across=said(_WORDS, "axis", language))],
            keys=keys,
            notes=_notes(list(estimates.values()), language),
            facts=" ".join(f"{row.name}: {row.number}." for row in rows),
            language=language,
            right=numbers_width(rows),
        )
        draw_rows(sheet, plot, rows, language=language, as_lines=True)
        for found, middle in zip(estimates.values(), plot.get_yticks(), strict=True):
            plot.plot(found.observed, middle, "|", color=INK, markersize=11, zorder=5)
            plot.plot(found.estimate, middle, "o", color=FALL, markersize=5.5, zorder=4)
    return sheet


def _notes(estimates: list[BootstrapEstimate], language: Language) -> list[str]:
    """Say what holds for all of them, and list what differs."""

    def listed(texts: list[str]) -> str:
        return ", ".join(dict.fromkeys(text for text in texts if text))

    done = listed([format_number(found.replicates, 0, language) for found in estimates])
    return [
        said(
            _WORDS,
            "draws",
            language,
            model=listed([model_text(found.model, language) for found in estimates]),
        ),
        listed([model_text(found.interval, language) for found in estimates]),
        said(_WORDS, "done", language, n=done),
        listed([seed_text(found.seed, language) for found in estimates]),
        listed([options_text(found.options, language) for found in estimates]),
    ]
