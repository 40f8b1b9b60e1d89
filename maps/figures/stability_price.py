"""What does it cost to stay close to the map in force? Who changes side, and what is lost, for each weight of that map."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maps.figures.caption import NOTHING, Caption, number_text, said
from maps.figures.errors import FigureError
from maps.figures.sheet import Key, Panel, lay_out, make_room
from maps.figures.style import DASHES, FALL, RISE, NumberTicks, house_style
from maps.numbers import Language, format_number
from spatial.regions.changes.stability_price import PriceOfStability

__all__ = ["stability_price"]

_WORDS: Final = {
    "title": ("Der Preis der Beständigkeit", "The price of stability"),
    "lead": (
        "Ohne Rücksicht auf die Karte davor wechseln {before} Menschen die Seite. Zählt sie {points} Punkte, sind es "
        "{after}; der Vorschlag ist dann um {lost}\N{NO-BREAK SPACE}% schlechter.",
        "Without regard to the map before, {before} people change side. When it counts {points} points they are "
        "{after}; the proposal is then worse by {lost}%.",
    ),
    "people": ("Menschen, die die Seite wechseln", "People who change side"),
    "lost": (
        "Um wie viel der Vorschlag schlechter ist (Zielwert ohne Gewicht der Karte davor, in Prozent)",
        "How much worse the proposal is (objective without the weight of the map before, in per cent)",
    ),
    "across": (
        "Gewicht der Karte davor (Punkte des Bedarfs)",
        "weight of the map before (points of need)",
    ),
    "residents_added": ("kommen hinzu", "come in"),
    "residents_removed": ("fallen heraus", "go out"),
    "facts": (
        "Bei {points} Punkten wechseln {people} die Seite.",
        "At {points} points {people} change side.",
    ),
}

_APART: Final = 0.06  # of the axis, so that the labels of two ticks have room
_LINES: Final = (("residents_added", FALL, DASHES[0], "o"), ("residents_removed", RISE, DASHES[1], "s"))


def stability_price(
    price: PriceOfStability, *, language: Language = "de", caption: Caption = NOTHING
) -> Figure:
    """Draw how many people change side, and what is lost, as the map in force counts more and more.

    Raises
    ------
    FigureError
        If there is one inertia only, or nothing is won by any choice, so that there is no loss in per cent.
    """
    table = price.table
    if len(table) < 2:
        raise FigureError("there is one inertia only", "give several to price_of_stability")
    best = abs(float(table["objective"].iloc[0]))
    if not best:
        raise FigureError("the first proposal is empty", "choose a lower threshold")
    lost = 100 * table["lost"] / best
    keys = [
        Key(text=said(_WORDS, name, language), look="both", colour=colour, dashes=dashes, marker=marker)
        for name, colour, dashes, marker in _LINES
    ]
    moved = table["residents_added"] + table["residents_removed"]
    told = [
        said(
            _WORDS,
            "facts",
            language,
            points=number_text(inertia, 2, language),
            people=format_number(people, 0, language),
        )
        for inertia, people in zip(
            price.table.index.tolist(), moved.to_numpy(dtype=float).tolist(), strict=True
        )
    ]
    with house_style():
        sheet, axes = lay_out(
            title=said(_WORDS, "title", language),
            caption=caption,
            lead=said(
                _WORDS,
                "lead",
                language,
                before=format_number(float(moved.iloc[0]), 0, language),
                after=format_number(float(moved.iloc[-1]), 0, language),
                points=number_text(float(table.index[-1]), 2, language),
                lost=number_text(float(lost.iloc[-1]), 1, language),
            ),
            panels=[
                Panel(height=1.9, heading=said(_WORDS, "people", language)),
                Panel(
                    height=1.5,
                    heading=said(_WORDS, "lost", language),
                    across=said(_WORDS, "across", language),
                ),
            ],
            keys=keys,
            facts=" ".join(told),
            language=language,
        )
        inertias = table.index.to_numpy(dtype=float)
        for name, colour, dashes, marker in _LINES:
            line = axes[0].plot(
                inertias,
                table[name],
                color=colour,
                marker=marker,
                markerfacecolor="white",
                zorder=3,
                clip_on=False,
            )[0]
            if dashes:
                line.set_dashes(dashes)
        axes[1].plot(inertias, lost, color=FALL, marker="o", markerfacecolor="white", zorder=3, clip_on=False)
        for plot in axes:
            plot.set_xlim(inertias[0], inertias[-1] * 1.02)
            plot.set_ylim(0, max(1.06 * plot.get_ylim()[1], 1e-9))
            if np.diff(inertias).min() >= _APART * inertias[-1]:
                plot.set_xticks(inertias)
            plot.xaxis.set_major_formatter(NumberTicks(language))
            plot.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
            plot.yaxis.set_major_formatter(NumberTicks(language))
            plot.grid()
        make_room(sheet, axes)
    return sheet
