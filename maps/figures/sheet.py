"""One page for every figure: title, keys, panels and small print below each other, and nothing on top of anything.

All lengths are inches from the lower left corner. Texts are measured before they are placed: they are broken
into lines that fit, and the page grows with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from maps.figures.caption import Caption
from maps.figures.style import FAINT, INK, QUIET
from maps.numbers import Language

__all__ = ["MARGIN", "WIDTH", "Key", "Panel", "Sheet", "lay_out", "make_room", "text_width", "wrapped"]

WIDTH: Final = 7.0
MARGIN: Final = 0.2

_POINT = 1 / 72
_SWATCH, _SWATCH_GAP, _KEY_GAP = 0.34, 0.08, 0.28
_TICKS_BELOW = 0.24
_BLANKS: Final = re.compile(r"[ \t\r\n]+")  # but not the blank that does not break

Weight = Literal["normal", "bold"]


class Sheet(Figure):
    """A figure that says in words what it shows: `title`, `description`, and the `language` of both."""

    title: str = ""
    description: str = ""
    language: Language = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one colour, line or mark stands for."""

    text: str
    look: Literal["line", "area", "mark", "both"] = "line"
    colour: str = INK
    width: float = 1.8  # of a line [points]
    dashes: tuple[float, ...] = ()
    marker: str = "o"
    fill: str = "white"  # of a mark
    alpha: float = 1.0  # of an area
    hatch: str = ""
    edge: str = ""  # of an area


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One plot: its height, what stands above it and below its ticks."""

    height: float
    heading: str = ""
    across: str = ""
    ticks: bool = True


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Weight = "normal") -> float:
    """Return the width of one line of text. [inches]."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * _POINT


def wrapped(text: str, width: float, size: float, weight: Weight = "normal") -> list[str]:
    """Break a text into lines that fit the width; a single word that is too long is broken as well."""
    lines: list[str] = []
    for word in _BLANKS.split(text):
        if lines and text_width(f"{lines[-1]} {word}", size, weight) <= width:
            lines[-1] += f" {word}"
            continue
        while text_width(word, size, weight) > width and len(word) > 1:
            fit = max(n for n in range(1, len(word)) if n == 1 or text_width(word[:n], size, weight) <= width)
            lines.append(word[:fit])
            word = word[fit:]  # noqa: PLW2901 - what is left of the word
        lines.append(word)
    return [line for line in lines if line] if text.strip() else []


def _balanced(text: str, width: float, size: float, weight: Weight) -> list[str]:
    """Break a text into lines of about the same length, no more of them than needed."""
    lines = wrapped(text, width, size, weight)
    n_lines = len(lines)
    while n_lines > 1 and width > 1:
        width -= 0.1
        narrower = wrapped(text, width, size, weight)
        if len(narrower) > n_lines:
            break
        lines = narrower
    return lines


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one text, and the room they take."""

    lines: list[str]
    size: float
    weight: Weight
    colour: str
    after: float

    @property
    def step(self) -> float:
        return self.size * 1.38 * _POINT

    @property
    def height(self) -> float:
        return len(self.lines) * self.step + self.after if self.lines else 0.0


def lay_out(
    *,
    title: str,
    caption: Caption,
    lead: str,
    panels: Sequence[Panel],
    keys: Sequence[Key] = (),
    notes: Iterable[str] = (),
    facts: str = "",
    language: Language,
    width: float = WIDTH,
    right: float = MARGIN,
) -> tuple[Sheet, list[Axes]]:
    """Return a page with all its texts and an empty plot per panel.

    `lead` is the finding in a sentence, `notes` the parameters in small print, above the source. `facts` is
    told to those who cannot see the figure, after everything else that is written on it.
    """
    inside = width - 2 * MARGIN
    title = caption.title or title
    subtitle, small = caption.subtitle(language), [" · ".join(note for note in notes if note)]
    small = [line for line in (*small, caption.source_line(language)) if line]
    head = [
        _Block(_balanced(title, inside, 12, "bold"), 12, "bold", INK, 0.03),
        _Block(wrapped(subtitle, inside, 9.5), 9.5, "normal", QUIET, 0.03),
        _Block(wrapped(lead, inside, 9.5), 9.5, "normal", INK, 0.0),
    ]
    foot = [_Block(wrapped(line, inside, 7.5), 7.5, "normal", QUIET, 0.03) for line in small]
    headings = [_Block(wrapped(panel.heading, inside, 8.5), 8.5, "normal", QUIET, 0.07) for panel in panels]
    below = [
        (_TICKS_BELOW if panel.ticks else 0.04) + 0.17 * len(wrapped(panel.across, inside - right - 0.6, 8.5))
        for panel in panels
    ]
    columns, rows, key_lines = _grid(keys, inside)
    keys_height = sum(rows) + 0.12 if keys else 0.0
    height = (
        MARGIN
        + sum(block.height for block in (*head, *foot, *headings))
        + (0.12 + keys_height)
        + sum(panel.height for panel in panels)
        + sum(below)
        + 0.14 * len(panels)
        + MARGIN
    )
    sheet = Sheet(figsize=(width, height))
    sheet.title, sheet.language = title, language
    sheet.description = " ".join(_sentence(part) for part in (subtitle, lead, facts, *small) if part)
    top = height - MARGIN
    for block in head:
        top = _write(sheet, block, top)
    top -= 0.12
    _draw_keys(sheet, keys, key_lines, columns, rows, top)
    top -= keys_height
    axes = []
    for panel, heading, under in zip(panels, headings, below, strict=True):
        top = _write(sheet, heading, top)
        bottom = top - panel.height
        plot = sheet.add_axes(
            (0.6 / width, bottom / height, (width - 0.6 - right) / width, panel.height / height)
        )
        if panel.across:
            plot.set_xlabel("\n".join(wrapped(panel.across, inside - right - 0.6, 8.5)))
        axes.append(plot)
        top = bottom - under - 0.14
    for block in foot:
        top = _write(sheet, block, top)
    return sheet, axes


def make_room(sheet: Sheet, axes: Sequence[Axes], *, square: bool = False) -> None:
    """Move the left edge of all plots to where the widest label of their vertical axes ends."""
    width, height = (float(length) for length in sheet.get_size_inches())
    widest = 0.0
    for plot in axes:
        low, high = sorted(plot.get_ylim())
        slack = 1e-9 * (high - low)
        for tick, label in zip(plot.get_yticks(), plot.get_yticklabels(), strict=True):
            if low - slack <= tick <= high + slack:
                size = float(label.get_fontsize())
                lines = label.get_text().split("\n")
                widest = max(widest, *(text_width(line, size) for line in lines))
    left = MARGIN + widest + 0.1
    for plot in axes:
        box = plot.get_position()
        right = box.x0 + box.height * height / width if square else box.x1
        if square:
            right += left / width - box.x0
        plot.set_position((left / width, box.y0, right - left / width, box.height))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _write(sheet: Sheet, block: _Block, top: float) -> float:
    for number, line in enumerate(block.lines):
        sheet.text(
            MARGIN,
            top - number * block.step,
            line,
            transform=sheet.dpi_scale_trans,
            ha="left",
            va="top",
            fontsize=block.size,
            fontweight=block.weight,
            color=block.colour,
        )
    return top - block.height


def _grid(keys: Sequence[Key], inside: float) -> tuple[list[float], list[float], list[list[str]]]:
    """Return the left edges of the columns, the heights of the rows, and the lines of every key."""
    if not keys:
        return [], [], []
    lines = [wrapped(key.text, inside - _SWATCH - _SWATCH_GAP, 8.5) for key in keys]
    widths = [
        _SWATCH + _SWATCH_GAP + max((text_width(part, 8.5) for part in text), default=0.0) for text in lines
    ]
    for n_columns in range(min(len(keys), 4), 0, -1):
        n_rows = -(-len(keys) // n_columns)
        each = [max(widths[first : first + n_rows]) for first in range(0, len(keys), n_rows)]
        if sum(each) + _KEY_GAP * (len(each) - 1) <= inside or n_columns == 1:
            break
    left = [MARGIN + sum(each[:number]) + _KEY_GAP * number for number in range(len(each))]
    heights = [
        max(len(lines[number]) for number in range(row, len(keys), n_rows)) * 0.165 + 0.04
        for row in range(n_rows)
    ]
    return left, heights, lines


def _draw_keys(
    sheet: Sheet,
    keys: Sequence[Key],
    lines: list[list[str]],
    columns: list[float],
    rows: list[float],
    top: float,
) -> None:
    for number, key in enumerate(keys):
        column, row = divmod(number, len(rows))
        left, first = columns[column], top - sum(rows[:row])
        middle = first - 0.085
        _draw_swatch(sheet, key, left, middle)
        for place, line in enumerate(lines[number]):
            sheet.text(
                left + _SWATCH + _SWATCH_GAP,
                middle - place * 0.165,
                line,
                transform=sheet.dpi_scale_trans,
                ha="left",
                va="center_baseline",
                fontsize=8.5,
            )


def _draw_swatch(sheet: Sheet, key: Key, left: float, middle: float) -> None:
    where = sheet.dpi_scale_trans
    if key.look == "area":
        box = Rectangle(
            (left, middle - 0.06),
            _SWATCH,
            0.12,
            facecolor=key.colour,
            edgecolor=key.edge or FAINT,
            linewidth=0.6,
            alpha=key.alpha,
            hatch=key.hatch or None,
            transform=where,
        )
        sheet.add_artist(box)
        return
    if key.look in ("line", "both"):
        line = Line2D(
            [left, left + _SWATCH],
            [middle, middle],
            color=key.colour,
            linewidth=key.width,
            transform=where,
            solid_capstyle="butt",
        )
        if key.dashes:
            line.set_dashes(key.dashes)
        sheet.add_artist(line)
    if key.look in ("mark", "both"):
        sheet.add_artist(
            Line2D(
                [left + _SWATCH / 2],
                [middle],
                marker=key.marker,
                markersize=5,
                markerfacecolor=key.fill,
                markeredgecolor=key.colour,
                linestyle="none",
                transform=where,
            )
        )
