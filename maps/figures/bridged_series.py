"""How did one area develop over a change of boundaries? Counted and converted values told apart, the break shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from indicators.definition import Indicator
from maps.catalogue import unit_text
from maps.figures.caption import NOTHING, Caption, said
from maps.figures.errors import FigureError
from maps.figures.sheet import MARGIN, Key, Panel, lay_out, make_room, text_width
from maps.figures.style import INK, LINES, QUIET, NumberTicks, house_style
from maps.figures.time_series import period_positions, thin_out
from maps.numbers import Language, format_number
from spatial.crosswalk import GRADES

__all__ = ["bridged_series"]

_WORDS: Final = {
    "counted": ("auf diesen Gebietsgrenzen gezählt", "counted on these boundaries"),
    "converted": (
        "umgerechnet, mit Güte (A genau bis D grobe Schätzung)",
        "converted, with its grade (A exact to D guess)",
    ),
    "break": ("andere Gebietsgrenzen", "other boundaries"),
    "place": ("{period}: {value}", "{period}: {value}"),
    "estimate": ("{place} (umgerechnet, Güte {grade})", "{place} (converted, grade {grade})"),
    "lead": ("{first}; {last}.", "{first}; {last}."),
    "without": ("{period}: kein Wert ({status})", "{period}: no value ({status})"),
    "suppressed": ("zurückgehalten", "withheld"),
    "missing": ("nicht bekannt", "not known"),
    "told": (
        "Bruch vor {period}: Gebietsstand {before} → {after}, {areas} Gebiet(e) der Stadt verändert, dort {share}"
        "\N{NO-BREAK SPACE}% {who}{worst}",
        "Break before {period}: boundaries {before} → {after}, {areas} area(s) of the city changed, with {share}% {who}"
        "{worst}",
    ),
    "residents": ("der Einwohnerinnen und Einwohner", "of the residents"),
    "areas": ("aller Gebiete", "of all areas"),
    "worst": (", schlechteste Güte {grade}", ", worst grade {grade}"),
    "careful": (
        "Ein Unterschied über den Bruch mit Güte C oder D ist kein Trend",
        "a difference over the break with grade C or D is no trend",
    ),
    "unit": ("{title} [{unit}]", "{title} [{unit}]"),
}

_COLUMNS: Final = ("period", "value", "status", "edition", "is_converted", "grade")
_COLOUR: Final = LINES[0]
_DASHES: Final = (4, 2)


def bridged_series(
    values: pd.DataFrame,
    breaks: pd.DataFrame,
    *,
    indicator: Indicator,
    measure: str = "areas",
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the series of one area over changes of boundaries; the line is broken where they change.

    Parameters
    ----------
    values : DataFrame
        One row per period: `period`, `value`, `status`, `edition` that it was counted in, `is_converted`, `grade`.
    breaks : DataFrame
        As `spatial.crosswalk.edition_breaks`.
    indicator : Indicator
        What the values are.
    measure : {"residents", "areas"}
        What the shares in `breaks` are shares of.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If columns are absent, a period is there twice, or there is no value at all.
    """
    frame = _checked(values)
    periods = frame["period"].tolist()
    at = period_positions(periods)
    rows = frame.to_dict("records")
    told = [_told(row, indicator.decimals, language) for row in rows]
    known = [text for row, text in zip(rows, told, strict=True) if not np.isnan(row["value"])]
    keys = []
    if not frame["is_converted"].all():
        keys.append(Key(text=said(_WORDS, "counted", language), look="both", colour=_COLOUR, fill=_COLOUR))
    if frame["is_converted"].any():
        text = said(_WORDS, "converted", language)
        keys.append(Key(text=text, look="both", colour=_COLOUR, dashes=_DASHES))
    if len(breaks):
        keys.append(Key(text=said(_WORDS, "break", language), colour=INK, width=0.9, dashes=(1, 1.5)))
    title = indicator.title_de if language == "de" else indicator.title_en
    with house_style():
        sheet, axes = lay_out(
            title=said(_WORDS, "unit", language, title=title, unit=unit_text(indicator.unit, language)),
            caption=caption,
            lead=said(_WORDS, "lead", language, first=known[0], last=known[-1])
            if len(known) > 1
            else known[0],
            panels=[Panel(height=2.6)],
            keys=keys,
            notes=_notes(breaks, measure, language),
            facts=". ".join(told),
            language=language,
            right=MARGIN + max(text_width(period, 8.5) for period in periods) / 2,
        )
        _draw(axes[0], frame, at)
        _axes(axes[0], frame, at, language)
        for row in breaks.to_dict("records"):
            x = at.get(str(row["period"]))
            before = [place for place in at.values() if x is not None and place < x]
            if x is not None and before:
                line = axes[0].axvline((x + max(before)) / 2, color=INK, linewidth=0.9, zorder=1)
                line.set_dashes((1, 1.5))
        make_room(sheet, axes)
        thin_out(sheet, axes, at, periods)
    return sheet


def _checked(values: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _COLUMNS if name not in values.columns]
    if absent:
        raise FigureError(f"the series has no column {', '.join(absent)}", "pass the series of one area")
    frame = values[list(_COLUMNS)].assign(
        period=values["period"].astype(str), value=values["value"].astype(float)
    )
    if frame["period"].duplicated().any():
        raise FigureError("a period is there twice", "pass the series of one area")
    if frame["value"].isna().all():
        raise FigureError("the series has no value", "all of it is withheld or missing")
    return frame.sort_values("period").reset_index(drop=True)


def _told(row: Mapping[Any, Any], decimals: int, language: Language) -> str:
    if np.isnan(row["value"]):
        state = said(_WORDS, row["status"], language)
        return said(_WORDS, "without", language, period=row["period"], status=state)
    number = format_number(row["value"], decimals, language)
    place = said(_WORDS, "place", language, period=row["period"], value=number)
    if not row["is_converted"]:
        return place
    return said(_WORDS, "estimate", language, place=place, grade=row["grade"])


def _notes(breaks: pd.DataFrame, measure: str, language: Language) -> list[str]:
    notes = []
    for row in breaks.to_dict("records"):
        grade = row["worst_grade"]
        notes.append(
            said(
                _WORDS,
                "told",
                language,
                period=row["period"],
                before=row["edition_before"],
                after=row["edition_after"],
                areas=row["areas_changed"],
                share=format_number(100 * row["changed_share"], 1, language),
                who=said(_WORDS, measure, language),
                worst=said(_WORDS, "worst", language, grade=grade) if grade in GRADES else "",
            )
        )
    if breaks["worst_grade"].isin(["C", "D"]).any():
        notes.append(said(_WORDS, "careful", language))
    return notes


def _draw(plot: Axes, frame: pd.DataFrame, at: Mapping[str, float]) -> None:
    """Draw a line per edition, filled points for what was counted and a letter beside what was converted."""
    part = (frame["edition"] != frame["edition"].shift()).cumsum()
    for _, rows in frame.groupby(part):
        x, y = [at[period] for period in rows["period"]], rows["value"].to_numpy()
        is_converted = bool(rows["is_converted"].iloc[0])
        (line,) = plot.plot(
            x,
            y,
            color=_COLOUR,
            linewidth=1.8,
            marker="o",
            markersize=5,
            markerfacecolor="white" if is_converted else _COLOUR,
            markeredgecolor=_COLOUR,
            zorder=3,
            clip_on=False,
        )
        if is_converted:
            line.set_dashes(_DASHES)
        for place, value, grade in zip(x, y, rows["grade"], strict=True):
            if is_converted and np.isfinite(value):
                plot.annotate(
                    str(grade),
                    (place, value),
                    xytext=(0, 6),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8.5,
                    color=QUIET,
                    zorder=4,
                )


def _axes(plot: Axes, frame: pd.DataFrame, at: Mapping[str, float], language: Language) -> None:
    low, high = float(frame["value"].min()), float(frame["value"].max())
    span = high - min(low, 0.0) or 1.0
    plot.set_ylim(0 if low >= 0 else low - 0.08 * span, max(high, 0.0) + 0.12 * span)
    if low < 0:
        plot.axhline(0, color=INK, linewidth=0.8, zorder=1.2)
    plot.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    plot.yaxis.set_major_formatter(NumberTicks(language))
    plot.grid(axis="y")
    x = list(at.values())
    air = 0.04 * (x[-1] - x[0]) or 0.5
    plot.set_xlim(x[0] - air, x[-1] + air)
    plot.set_xticks(x, frame["period"])
