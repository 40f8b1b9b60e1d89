"""What became of each priority area over the years? One band per area, as thick as it has residents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from maps.figures.caption import NOTHING, Caption, said
from maps.figures.errors import FigureError
from maps.figures.sheet import MARGIN, Key, Panel, lay_out, make_room, text_width, wrapped
from maps.figures.style import BAND, BAND_EDGE, FALL, INK, QUIET, RISE, house_style
from maps.numbers import Language, format_number
from spatial.regions.changes.paths import RegionPaths

__all__ = ["region_paths"]

_WORDS: Final = {
    "title": ("Schwerpunkträume im Lauf der Jahre", "Priority areas over the years"),
    "lead": (
        "Schwerpunkträume {first}: {n_first}, mit {people_first} Menschen; {last}: {n_last}, mit {people_last}.",
        "Priority areas in {first}: {n_first}, with {people_first} people; in {last}: {n_last}, with {people_last}.",
    ),
    "band": (
        "Schwerpunktraum, so dick wie die Zahl der Menschen (dickste Stelle: {most})",
        "priority area, as thick as the number of its people (thickest: {most})",
    ),
    "joined": ("Menschen gehen in ein anderes über", "people go over to another"),
    "areas": (
        "Zahlen an den Bändern: wie viele Gebiete dazugehören, wo sich das ändert",
        "numbers at the bands: how many areas belong to it, where that changes",
    ),
    "born": ("neu", "new"),
    "split off": ("aus einem anderen abgeteilt", "split off from another"),
    "merged": ("geht in einem anderen auf", "becomes part of another"),
    "ended": ("entfällt", "ends"),
    "last": ("{people} Menschen", "{people} people"),
    "facts": ("{name}: {told}.", "{name}: {told}."),
    "told": ("{event} {period}", "{event} {period}"),
}

_ROW: Final = 0.46  # from band to band [inches]
_THICKEST: Final = 0.6  # of a band, in rows
_MARK: Final = 0.1  # half the height of a mark, in rows
_MARKS: Final = {"born": "o", "split off": "D", "merged": "s", "ended": "X"}
_NAMES_WIDTH: Final = 2.0


def region_paths(
    paths: RegionPaths,
    *,
    names: Mapping[str, str] | None = None,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the paths of regions through the periods, where they begin, split, merge and end.

    Parameters
    ----------
    paths : RegionPaths
        From `link_periods`.
    names : mapping, optional
        What is written beside a path, such as its id and the name of its largest area. Default: the path.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If there are fewer than two periods, or no region in any of them.
    """
    periods = list(paths.path.columns)
    if len(periods) < 2:
        raise FigureError("there is one period only", "link two periods at least")
    people = paths.summary()
    if not people.shape[1]:
        raise FigureError("there is no region in any period", "there is no path to draw")
    order = list(people.columns)
    row = {path: place for place, path in enumerate(order)}
    at = _positions(periods)
    shown = [(names or {}).get(path, path) for path in order]
    most = float(np.nanmax(people.to_numpy(dtype=float)))
    final = people.iloc[-1]
    numbers = [
        "" if np.isnan(value) else said(_WORDS, "last", language, people=format_number(value, 0, language))
        for value in final.to_numpy(dtype=float).tolist()
    ]
    found = set(paths.events.loc[paths.events["period"] != periods[0], "event"])
    keys = [
        Key(
            text=said(_WORDS, "band", language, most=format_number(most, 0, language)),
            look="area",
            colour=BAND,
            edge=BAND_EDGE,
        ),
        *(
            Key(text=said(_WORDS, event, language), look="mark", marker=mark, colour=FALL)
            for event, mark in _MARKS.items()
            if event in found
        ),
    ]
    if (paths.events["other"] != "").any():
        keys.append(Key(text=said(_WORDS, "joined", language), colour=RISE, width=1.0))
    with house_style():
        sheet, (plot,) = lay_out(
            title=said(_WORDS, "title", language),
            caption=caption,
            lead=_lead(people, language),
            panels=[Panel(height=_ROW * len(order) + 0.1)],
            keys=keys,
            notes=[said(_WORDS, "areas", language)],
            facts=" ".join(
                _facts(paths, name, path, language) for name, path in zip(shown, order, strict=True)
            ),
            language=language,
            right=max((text_width(number, 8.5) for number in numbers), default=0.0) + MARGIN + 0.14,
        )
        _axes(plot, periods, at, shown, numbers)
        for path in order:
            _draw_path(plot, paths, path, at, row, people[path] / most * _THICKEST)
        make_room(sheet, [plot])
    return sheet


def _positions(periods: list[str]) -> dict[str, float]:
    """Return where periods stand: years at their distance, anything else side by side."""
    years = pd.to_numeric(pd.Series(periods), errors="coerce")
    if years.isna().any() or not years.is_monotonic_increasing or not years.is_unique:
        years = pd.Series(range(len(periods)))
    return dict(zip(periods, years.astype(float).tolist(), strict=True))


def _axes(plot: Axes, periods: list[str], at: dict[str, float], shown: list[str], numbers: list[str]) -> None:
    places = list(at.values())
    span = places[-1] - places[0]
    plot.set_xlim(places[0] - 0.03 * span, places[-1] + 0.03 * span)
    plot.set_ylim(len(shown) - 0.5, -0.7)
    step = max(1, -(-len(periods) // 8))
    ticks = [0, *sorted(range(len(periods) - 1, step - 1, -step))]
    plot.set_xticks([places[one] for one in ticks], [str(periods[one]) for one in ticks])
    plot.set_yticks(range(len(shown)), ["\n".join(wrapped(name, _NAMES_WIDTH, 8.5)) for name in shown])
    plot.grid(axis="x")
    beside = blended_transform_factory(plot.transAxes, plot.transData)
    for place, number in enumerate(numbers):
        plot.text(1.02, place, number, transform=beside, ha="left", va="center", fontsize=8.5, color=QUIET)


def _draw_path(
    plot: Axes,
    paths: RegionPaths,
    path: str,
    at: dict[str, float],
    row: dict[str, int],
    thickness: pd.Series,
) -> None:
    """Draw one band, its numbers of areas where they change, and what it has to do with other bands."""
    here = float(row[path])
    half = thickness.dropna() / 2
    x, y = np.array([at[str(period)] for period in half.index]), half.to_numpy(dtype=float)
    if len(x) == 1:  # a band of one period still has a width
        x, y = np.array([x[0] - 0.1, x[0] + 0.1]), np.repeat(y, 2)
    plot.fill_between(x, here - y, here + y, facecolor=BAND, edgecolor=BAND_EDGE, linewidth=0.8, zorder=2)
    periods = list(at)
    before = 0
    for event in paths.events[paths.events["path"] == path].itertuples():
        now, what, other = str(event.period), str(event.event), str(event.other)
        areas = int(str(event.areas))
        is_over = areas == 0
        earlier = periods[max(periods.index(now) - 1, 0)]
        if areas not in (before, 0):
            before = areas
            over = here - max(float(half[now]), _MARK) - 0.05
            plot.text(
                at[now],
                over,
                str(areas),
                ha="center",
                va="bottom",
                fontsize=7.5,
                color=INK,
                zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
        if other in row:
            there = float(row[other])
            start, end = ((at[earlier], here), (at[now], there))
            if not is_over:
                start, end = (at[earlier], there), (at[now], here)
            look = {"arrowstyle": "-|>", "color": RISE, "linewidth": 1.0, "shrinkA": 3, "shrinkB": 3}
            plot.annotate("", end, start, arrowprops=look, zorder=4)
        if what in _MARKS and now != periods[0]:
            plot.plot(
                [at[earlier] if is_over else at[now]],
                [here],
                marker=_MARKS[what],
                markersize=5,
                markerfacecolor="white",
                markeredgecolor=FALL,
                linestyle="none",
                zorder=4.5,
                clip_on=False,
            )


def _lead(people: pd.DataFrame, language: Language) -> str:
    parts: dict[str, str] = {}
    for name, place in (("first", 0), ("last", -1)):
        living = people.iloc[place].dropna()
        parts[name] = str(people.index[place])
        parts[f"n_{name}"] = format_number(len(living), 0, language)
        parts[f"people_{name}"] = format_number(float(living.sum()), 0, language)
    return said(_WORDS, "lead", language, **parts)


def _facts(paths: RegionPaths, name: str, path: str, language: Language) -> str:
    events = paths.events[(paths.events["path"] == path) & paths.events["event"].isin(_MARKS)]
    told = ", ".join(
        said(_WORDS, "told", language, event=said(_WORDS, str(one.event), language), period=one.period)
        for one in events.itertuples()
    )
    return said(_WORDS, "facts", language, name=name, told=told)
