"""Horizontal bars with their names on the left and their numbers on the right: one row per part, area or group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from maps.figures.sheet import MARGIN, Sheet, make_room, text_width, wrapped
from maps.figures.style import INK, QUIET, NumberTicks
from maps.numbers import Language

__all__ = ["LABEL_SIZE", "Row", "draw_rows", "numbers_width", "rows_height"]

LABEL_SIZE: Final = 8.5
_LABEL_WIDTH: Final = 2.3
_LINE: Final = 0.165
_AIR: Final = 0.15
_BAR: Final = 0.24  # thickness [inches]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One bar from `start` to `end`, its name, and its number as it is written beside it."""

    name: str
    start: float
    end: float
    number: str
    colour: str
    hatch: str = ""
    is_strong: bool = False


def numbers_width(rows: Sequence[Row]) -> float:
    """Return the room that the numbers need on the right. [inches]."""
    return max(text_width(row.number, LABEL_SIZE, "bold") for row in rows) + MARGIN + 0.14


def rows_height(rows: Sequence[Row]) -> float:
    """Return the height of all rows. [inches]."""
    return sum(_heights(rows))


def draw_rows(
    sheet: Sheet,
    plot: Axes,
    rows: Sequence[Row],
    *,
    language: Language,
    joined: bool = False,
    as_lines: bool = False,
) -> None:
    """Draw the rows from top to bottom; `joined` draws a line from each bar's end to the next bar.

    Bars show the way from 0, so 0 is on the axis; with `as_lines` they are ranges, and it need not be.
    """
    heights = _heights(rows)
    tops = [sum(heights[:number]) for number in range(len(rows))]
    middles = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    plot.set_ylim(sum(heights), 0)
    across = blended_transform_factory(sheet.dpi_scale_trans, plot.transData)
    for row, middle in zip(rows, middles, strict=True):
        low, high = min(row.start, row.end), max(row.start, row.end)
        plot.barh(
            middle,
            high - low,
            0.028 if as_lines else _BAR,
            left=low,
            facecolor=row.colour,
            edgecolor="white" if row.hatch else row.colour,
            linewidth=0.0 if row.hatch else 0.8,
            hatch=row.hatch or None,
            zorder=2,
        )
        plot.text(
            float(sheet.get_size_inches()[0]) - MARGIN,
            middle,
            row.number,
            transform=across,
            ha="right",
            va="center_baseline",
            fontsize=LABEL_SIZE,
            fontweight="bold" if row.is_strong else "normal",
        )
    if joined:
        for (row, middle), below in zip(zip(rows, middles, strict=True), middles[1:], strict=False):
            plot.plot([row.end, row.end], [middle, below], color=QUIET, linewidth=0.8, zorder=1)
    ends = [end for row in rows for end in (row.start, row.end)]
    low, high = (min(ends), max(ends)) if as_lines else (min(0.0, *ends), max(0.0, *ends))
    if as_lines and 0 < low < high - low:
        low = 0.0
    air = 0.04 * (high - low) or 1e-3
    plot.set_xlim(low - air * (low != 0), high + air * (high > 0 or low == high))
    if low <= 0 <= high:
        plot.axvline(0, color=INK, linewidth=0.9, zorder=3)
    plot.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    plot.xaxis.set_major_formatter(NumberTicks(language))
    plot.grid(axis="x")
    plot.set_yticks(middles, ["\n".join(_lines(row)) for row in rows])
    for label, row in zip(plot.get_yticklabels(), rows, strict=True):
        label.set_color(INK)
        label.set_fontweight("bold" if row.is_strong else "normal")
    make_room(sheet, [plot])


def _lines(row: Row) -> list[str]:
    return wrapped(row.name, _LABEL_WIDTH, LABEL_SIZE, "bold" if row.is_strong else "normal") or [""]


def _heights(rows: Sequence[Row]) -> list[float]:
    return [max(len(_lines(row)) * _LINE + _AIR, _BAR + 0.12) for row in rows]
