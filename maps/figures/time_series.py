"""How has segregation changed? One panel per measure, level or group; a line with its band for everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maps.figures.caption import NOTHING, Caption, level_text, measure_title, number_text, said, seed_text
from maps.figures.errors import FigureError
from maps.figures.sheet import MARGIN, WIDTH, Key, Panel, Sheet, lay_out, make_room, text_width
from maps.figures.style import DASHES, INK, LINES, QUIET, NumberTicks, house_style
from maps.numbers import Language, format_number

__all__ = ["over_time", "period_positions", "thin_out"]

_WORDS: Final = {
    "one": ("{measure} über die Zeit", "{measure} over time"),
    "several": ("Segregation über die Zeit", "Segregation over time"),
    "lead": (
        "{name}: {first} ({start}), {last} ({end}).",
        "{name}: {first} ({start}), {last} ({end}).",
    ),
    "lead_only": ("Von {first} ({start}) auf {last} ({end}).", "From {first} ({start}) to {last} ({end})."),
    "lead_many": (
        "{n} Verläufe von {start} bis {end}; am höchsten zuletzt: {name} mit {last}.",
        "{n} courses from {start} to {end}; highest in the end: {name} at {last}.",
    ),
    "corrected": ("um den Einfluss kleiner Zahlen bereinigt", "corrected for the influence of small numbers"),
    "value": ("beobachtet", "observed"),
    "band": (
        "Unsicherheitsbereich ({level}) des bereinigten Werts",
        "range of uncertainty ({level}) of the corrected value",
    ),
    "expected": ("durch Zufall zu erwarten", "expected by chance"),
    "break": ("andere Gebietsgrenzen", "other boundaries"),
    "replicates": ("{n}\N{NO-BREAK SPACE}Wiederholungen", "{n}\N{NO-BREAK SPACE}replicates"),
    "left_out": (
        "ohne Gebiete mit nicht veröffentlichten Zahlen (höchstens {n})",
        "without areas whose numbers are not published ({n} at most)",
    ),
    "scale": (
        "Werte verschiedener Gebietsebenen sind nicht vergleichbar: je kleiner die Gebiete, desto höher der Wert",
        "values of different levels cannot be compared: the smaller the areas, the higher the value",
    ),
    "place": ("{panel}, {line}", "{panel}, {line}"),
}

_COLUMNS: Final = ("geography", "group", "measure")
_NUMBERS: Final = ("value", "corrected", "ci_low", "ci_high", "expected")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")

_BAND: Final = 0.2  # how much of its colour a band has

PanelBy = Literal["measure", "geography", "group"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Course:
    """One line of one panel: numbers per period of the axis, NaN where there are none."""

    panel: str
    names: tuple[str, ...]
    colour: str
    dashes: tuple[float, ...]
    frame: pd.DataFrame


def over_time(
    table: pd.DataFrame,
    *,
    panel: PanelBy = "measure",
    names: Mapping[str, str] | None = None,
    level: float = 0.95,
    replicates: int | None = None,
    seed: int | None = None,
    show_expected: bool = False,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw a table of `spatial.segregation.segregation_series`.

    Parameters
    ----------
    table : DataFrame
        One row per `geography`, `period`, `group` and `measure` with `value`; `corrected`, `ci_low`, `ci_high`
        and `expected` are drawn where they are. A column `edition` breaks the lines where boundaries change.
    panel : {"measure", "geography", "group"}
        What has a panel of its own. Of the other two, the first that varies has the colours, the second the dashes.
    names : mapping, optional
        Shown in place of the names of groups and levels.
    level, replicates, seed
        Those that the table was computed with, for the small print.
    show_expected : bool
        Whether to draw what chance would give.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If columns are absent, a value is there twice, there are no values, or more lines than can be told apart.
    """
    if panel not in _COLUMNS:
        raise FigureError(f"unknown panel {panel!r}", f"choose one of {', '.join(_COLUMNS)}")
    frame = _checked(table)
    called = dict(names or {})
    periods = sorted(frame["period"].unique())
    courses, looks = _courses(frame, panel, periods, called, language)
    panels = list(dict.fromkeys(course.panel for course in courses))
    has_band = bool(frame[["corrected", "ci_low", "ci_high"]].notna().all(axis=1).any())
    with_chance = show_expected and bool(frame["expected"].notna().any())
    has_break = _changes_edition(frame)
    measures = list(frame["measure"].unique())
    title = (
        said(_WORDS, "one", language, measure=measure_title(measures[0], language))
        if len(measures) == 1
        else said(_WORDS, "several", language)
    )
    keys = [*looks]
    alone = QUIET if looks else LINES[0]
    if has_band:
        keys.append(Key(text=said(_WORDS, "corrected", language), colour=alone, width=2.0))
        keys.append(Key(text=said(_WORDS, "value", language), look="mark", colour=alone))
        band = said(_WORDS, "band", language, level=level_text(level, language))
        keys.append(Key(text=band, look="area", colour=alone, edge=alone, alpha=_BAND))
    else:
        keys.append(Key(text=said(_WORDS, "value", language), look="both", colour=alone))
    if with_chance:
        keys.append(Key(text=said(_WORDS, "expected", language), colour=alone, width=1.2, dashes=(1, 2)))
    if has_break:
        keys.append(Key(text=said(_WORDS, "break", language), colour=INK, width=0.9, dashes=(1, 1.5)))
    notes = _notes(frame, panel, replicates if has_band else None, seed if has_band else None, language)
    with house_style():
        sheet, axes = lay_out(
            title=title,
            caption=caption,
            lead=_lead(courses, periods, panels, language),
            panels=[
                Panel(height=2.6 if len(panels) == 1 else 1.7, heading=name if len(panels) > 1 else "")
                for name in panels
            ],
            keys=keys,
            notes=notes,
            facts=_facts(courses, periods, panels, language),
            language=language,
            right=MARGIN + max(text_width(period, 8.5) for period in periods) / 2,
        )
        at = period_positions(periods)
        for plot, name in zip(axes, panels, strict=True):
            mine = [course for course in courses if course.panel == name]
            for course in mine:
                _draw(plot, course, at, with_chance)
            _axes(plot, mine, at, periods, language)
            if has_break:
                _draw_breaks(plot, mine, at)
        make_room(sheet, axes)
        thin_out(sheet, axes, at, periods)
    return sheet


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    absent = [column for column in (*_COLUMNS, "period", "value") if column not in table.columns]
    if absent:
        raise FigureError(
            f"the table has no column {', '.join(absent)}", "pass a table of segregation_series"
        )
    frame = table.copy()
    for column in (*_COLUMNS, "period"):
        frame[column] = frame[column].astype(str)
    for column in _NUMBERS:
        frame[column] = frame[column].astype(float) if column in frame else np.nan
    keys = [*_COLUMNS, "period", *(["edition"] if "edition" in frame else [])]
    double = frame.duplicated(keys)
    if double.any():
        first = ", ".join(str(value) for value in frame.loc[double, keys].iloc[0])
        raise FigureError(
            f"{int(double.sum())} value(s) are there twice, such as {first}", "keep one of each"
        )
    frame = frame[np.isfinite(frame["value"]) | np.isfinite(frame["corrected"])]
    if frame.empty:
        raise FigureError("the table has no values", "every measure in it is undefined")
    return frame


def _courses(
    frame: pd.DataFrame, panel: str, periods: list[str], called: Mapping[str, str], language: Language
) -> tuple[list[_Course], list[Key]]:
    """Return all lines, and the keys of colours and dashes where there is more than one line in a panel."""

    def name_of(column: str, value: str) -> str:
        return called.get(value, measure_title(value, language) if column == "measure" else value)

    others = [column for column in ("group", "geography", "measure") if column != panel]
    varying = [column for column in others if len(frame[column].unique()) > 1]
    by_colour = list(frame[varying[0]].unique()) if varying else []
    by_dash = list(frame[varying[1]].unique()) if len(varying) > 1 else []
    if len(by_colour) > len(LINES) or len(by_dash) > len(DASHES):
        raise FigureError(
            f"{len(by_colour)} × {max(len(by_dash), 1)} lines in a panel",
            f"select at most {len(LINES)} of {varying[0]}"
            + (f" and {len(DASHES)} of {varying[1]}" if by_dash else ""),
        )
    courses = []
    for where, rows in frame.groupby([panel, *others], sort=False):
        values = dict(zip((panel, *others), (str(value) for value in where), strict=True))
        colour = LINES[by_colour.index(values[varying[0]])] if by_colour else LINES[0]
        # Lines of different colours have different dashes as well, unless the dashes mean something.
        if by_dash:
            dashes = DASHES[by_dash.index(values[varying[1]])]
        else:
            dashes = DASHES[by_colour.index(values[varying[0]]) % len(DASHES)] if by_colour else ()
        courses.append(
            _Course(
                panel=name_of(panel, values[panel]),
                names=tuple(name_of(column, values[column]) for column in varying),
                colour=colour,
                dashes=dashes,
                frame=rows,
            )
        )
    keys = [
        Key(
            text=name_of(varying[0], value),
            colour=LINES[number],
            width=2.0,
            dashes=() if by_dash else DASHES[number % len(DASHES)],
        )
        for number, value in enumerate(by_colour)
    ]
    keys += [
        Key(text=name_of(varying[1], value), colour=QUIET, width=1.8, dashes=DASHES[number])
        for number, value in enumerate(by_dash)
    ]
    return courses, keys


def _segments(course: _Course, periods: list[str]) -> list[pd.DataFrame]:
    """Return the frames of one edition each, one row per period of the axis."""
    frame = course.frame
    parts = [part for _, part in frame.groupby("edition", sort=False)] if "edition" in frame else [frame]
    return [part.set_index("period").reindex(periods) for part in parts]


def _draw(plot: Axes, course: _Course, at: Mapping[str, float], with_chance: bool) -> None:
    x = np.array(list(at.values()))
    for part in _segments(course, list(at)):
        has_band = part[["corrected", "ci_low", "ci_high"]].notna().all(axis=1).any()
        drawn = part["corrected"].to_numpy() if has_band else part["value"].to_numpy()
        if has_band:
            plot.fill_between(
                x,
                part["ci_low"],
                part["ci_high"],
                facecolor=course.colour,
                alpha=_BAND,
                linewidth=0,
                zorder=1.5,
            )
        lonely = _lonely(drawn)
        plot.plot(
            x[lonely], drawn[lonely], "_", color=course.colour, markersize=9, markeredgewidth=2, zorder=3
        )
        (line,) = plot.plot(x, drawn, color=course.colour, linewidth=1.8, zorder=3)
        if course.dashes:
            line.set_dashes(course.dashes)
        plot.plot(
            x,
            part["value"],
            "o",
            markersize=3.6,
            markerfacecolor="white",
            markeredgecolor=course.colour,
            markeredgewidth=1.0,
            zorder=3.5,
            clip_on=False,
        )
        if with_chance:
            plot.plot(x, part["expected"], color=course.colour, linewidth=1.2, zorder=2)[0].set_dashes((1, 2))


def _lonely(values: np.ndarray) -> np.ndarray:
    """Tell values without a neighbour that a line could join them to."""
    known = np.isfinite(values)
    left, right = np.roll(known, 1), np.roll(known, -1)
    left[0], right[-1] = False, False
    return np.asarray(known & ~left & ~right)


def _axes(
    plot: Axes, courses: list[_Course], at: Mapping[str, float], periods: list[str], language: Language
) -> None:
    numbers = np.concatenate([course.frame[list(_NUMBERS)].to_numpy().ravel() for course in courses])
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    span = high - min(low, 0.0) or 1e-3
    plot.set_ylim(0 if low >= 0 else low - 0.06 * span, high + 0.06 * span if high > 0 else 0.06 * span)
    if low < 0:
        plot.axhline(0, color=INK, linewidth=0.8, zorder=1.2)
    plot.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    plot.yaxis.set_major_formatter(NumberTicks(language))
    plot.grid(axis="y")
    x = list(at.values())
    air = 0.02 * (x[-1] - x[0]) or 0.5
    plot.set_xlim(x[0] - air, x[-1] + air)
    plot.set_xticks(x, periods)


def _draw_breaks(plot: Axes, courses: list[_Course], at: Mapping[str, float]) -> None:
    """Draw a line where another edition of the boundaries begins."""
    x = np.array(list(at.values()))
    found = set()
    for course in courses:
        starts = [
            x[part["value"].notna()].min()
            for part in _segments(course, list(at))
            if part["value"].notna().any()
        ]
        for start in sorted(starts)[1:]:
            before = x[x < start]
            found.add((start + before.max()) / 2 if len(before) else start)
    for place in sorted(found):
        plot.axvline(place, color=INK, linewidth=0.9, zorder=1).set_dashes((1, 1.5))


def _changes_edition(frame: pd.DataFrame) -> bool:
    if "edition" not in frame:
        return False
    editions = frame.groupby(list(_COLUMNS))["edition"].nunique()
    return bool(editions.max() > 1)


def period_positions(periods: list[str]) -> dict[str, float]:
    """Return where each period stands: by its date when all have one, else one after the other."""
    found = [_DATE.fullmatch(period) for period in periods]
    if all(found):
        dates = [match.groups() for match in found if match]
        return {
            period: int(year) + (int(month or 1) - 1) / 12 + (int(day or 1) - 1) / 366
            for period, (year, month, day) in zip(periods, dates, strict=True)
        }
    return {period: float(number) for number, period in enumerate(periods)}


def thin_out(sheet: Sheet, axes: list[Axes], at: Mapping[str, float], periods: list[str]) -> None:
    """Write as many periods below the axis as fit without touching, the newest always."""
    x = np.array(list(at.values()))
    left, right = axes[0].get_xlim()
    scale = axes[0].get_position().width * WIDTH / (right - left)
    need = max(text_width(period, 8.5) for period in periods) + 0.12
    for step in range(1, len(x) + 1):
        kept = np.arange(len(x))[::-1][::step][::-1]
        if len(kept) == 1 or (np.diff(x[kept]) * scale).min() >= need:
            break
    for plot in axes:
        plot.set_xticks(x[kept], [periods[number] for number in kept])
        plot.set_xticks(x, minor=True)


def _ends(course: _Course) -> tuple[str, float, str, float]:
    """Return first and last period and what is drawn there."""
    frame = course.frame.sort_values("period", kind="stable")
    shown = frame["corrected"].where(frame["corrected"].notna(), frame["value"])
    return (
        str(frame["period"].iloc[0]),
        float(shown.iloc[0]),
        str(frame["period"].iloc[-1]),
        float(shown.iloc[-1]),
    )


def _name(course: _Course, panels: list[str]) -> str:
    return ", ".join((*course.names, *((course.panel,) if len(panels) > 1 else ())))


def _sentence(course: _Course, panels: list[str], language: Language) -> str:
    start, first, end, last = _ends(course)
    shown = {"first": number_text(first, 3, language), "last": number_text(last, 3, language)}
    name = _name(course, panels)
    key = "lead" if name else "lead_only"
    return said(_WORDS, key, language, name=name, start=start, end=end, **shown)


def _facts(courses: list[_Course], periods: list[str], panels: list[str], language: Language) -> str:
    return " ".join(_sentence(course, panels, language) for course in courses)


def _lead(courses: list[_Course], periods: list[str], panels: list[str], language: Language) -> str:
    if len(courses) <= 2:
        return " ".join(_sentence(course, panels, language) for course in courses)
    if len(panels) > 1:
        return ""
    top = max(courses, key=lambda course: _ends(course)[3])
    return said(
        _WORDS,
        "lead_many",
        language,
        n=len(courses),
        start=periods[0],
        end=periods[-1],
        name=_name(top, panels),
        last=number_text(_ends(top)[3], 3, language),
    )


def _notes(
    frame: pd.DataFrame, panel: str, replicates: int | None, seed: int | None, language: Language
) -> list[str]:
    notes = []
    if replicates:
        notes.append(said(_WORDS, "replicates", language, n=format_number(replicates, 0, language)))
        notes.append(seed_text(seed, language) if seed is not None else "")
    if "areas_left_out" in frame and frame["areas_left_out"].max() > 0:
        most = format_number(float(frame["areas_left_out"].max()), 0, language)
        notes.append(said(_WORDS, "left_out", language, n=most))
    if len(frame["geography"].unique()) > 1:
        notes.append(said(_WORDS, "scale", language))
    return notes
