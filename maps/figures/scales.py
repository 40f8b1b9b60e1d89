"""At which distance is a city segregated? Measures over growing environments, and walks outwards from places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from maps.figures.caption import NOTHING, Caption, measure_title, number_text, said, small_text
from maps.figures.errors import FigureError
from maps.figures.sheet import MARGIN, Key, Panel, lay_out, make_room, text_width
from maps.figures.style import DASHES, FAINT, INK, LINES, MARKERS, NumberTicks, house_style
from maps.numbers import Language, format_number
from spatial.segregation import MultiscalarProfile

__all__ = ["divergence_profiles", "multiscalar_profile"]

_WORDS: Final = {
    "one": ("{measure} nach der Größe der Umgebung", "{measure} by the size of the environment"),
    "several": ("Segregation nach der Größe der Umgebung", "Segregation by the size of the environment"),
    "lead": (
        "{first} bei {start}, {last} bei {end}.",
        "{first} at {start}, {last} at {end}.",
    ),
    "lead_named": (
        "{name}: {first} bei {start}, {last} bei {end}.",
        "{name}: {first} at {start}, {last} at {end}.",
    ),
    "metres": ("{n} m", "{n} m"),
    "nearest": ("{n} Nachbarn", "{n} neighbours"),
    "bandwidth": (
        "Bandbreite der Umgebung [m]; 0: nur das Gebiet selbst",
        "Bandwidth of the environment [m]; 0: the area alone",
    ),
    "bandwidth_log": (
        "Bandbreite der Umgebung [m], logarithmisch",
        "Bandwidth of the environment [m], logarithmic",
    ),
    "neighbours": ("Zahl der nächsten Gebiete", "Number of nearest areas"),
    "neighbours_log": ("Zahl der nächsten Gebiete, logarithmisch", "Number of nearest areas, logarithmic"),
    "areas": ("{areas} Gebiete, {residents} Einwohner", "{areas} areas, {residents} residents"),
    "kernel": ("Kern: {kernel}", "kernel: {kernel}"),
    "cutoff": ("abgeschnitten bei {cutoff} m", "cut off at {cutoff} m"),
    "streets": ("Wege entlang der Straßen", "ways along streets"),
    "error": ("Fehler des Rasters höchstens {error}", "error of the grid {error} at most"),
    "box": ("gleich", "box"),
    "triangle": ("Dreieck", "triangle"),
    "biweight": ("biquadratisch", "biweight"),
    "gaussian": ("Gauß", "Gaussian"),
    "exponential": ("exponentiell", "exponential"),
    "walks": ("Wie bald die Umgebung der Stadt gleicht", "How soon the surroundings look like the city"),
    "walks_lead": (
        "{name}: Divergenz {first} am Ort, unter einem Zehntel davon ab {where}.",
        "{name}: divergence {first} at the place, below a tenth of it from {where} on.",
    ),
    "walks_never": (
        "{name}: Divergenz {first} am Ort.",
        "{name}: divergence {first} at the place.",
    ),
    "persons": ("{n} Menschen", "{n} people"),
    "divergence": (
        "Divergenz der bis dahin erreichten Menschen von der Stadt",
        "Divergence of the people reached so far from the city",
    ),
    "distance": ("Entfernung vom Ort [m]", "Distance from the place [m]"),
    "residents": ("Erreichte Menschen", "People reached"),
    "others": ("alle übrigen Gebiete ({n})", "all other areas ({n})"),
}


def multiscalar_profile(
    profile: MultiscalarProfile,
    *,
    spacing: Literal["linear", "log"] = "linear",
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw measures over environments of growing size: where a line falls steeply, there is the scale."""
    values = profile.values.sort_index()
    if len(values.columns) > len(LINES):
        raise FigureError(f"{len(values.columns)} measures", f"draw at most {len(LINES)} in one figure")
    if not np.isfinite(values.to_numpy(dtype=float)).any():
        raise FigureError(
            "no measure has a value at any size", "there is nothing to draw; look at the counts"
        )
    sizes = values.index.to_numpy(dtype=float)
    if spacing == "log" and (sizes <= 0).any():
        raise FigureError(
            "a size of 0 has no place on a logarithmic axis", "use spacing='linear' or leave it out"
        )
    by_distance = values.index.name != "neighbours"
    titles = [measure_title(str(name), language) for name in values.columns]
    sentences = []
    for title, name in zip(titles, values.columns, strict=True):
        known = values[name].dropna()
        if len(known):
            sentences.append(
                said(
                    _WORDS,
                    "lead_named" if len(titles) > 1 else "lead",
                    language,
                    name=title,
                    first=number_text(float(known.iloc[0]), 3, language),
                    last=number_text(float(known.iloc[-1]), 3, language),
                    start=_size(float(known.index[0]), by_distance, language),
                    end=_size(float(known.index[-1]), by_distance, language),
                )
            )
    kind = "bandwidth" if by_distance else "neighbours"
    keys = [
        Key(
            text=title,
            look="both",
            colour=LINES[n],
            dashes=DASHES[n % len(DASHES)],
            marker=MARKERS[n],
            fill=LINES[n],
        )
        for n, title in enumerate(titles)
    ]
    with house_style():
        sheet, (plot,) = lay_out(
            title=said(_WORDS, "one", language, measure=titles[0])
            if len(titles) == 1
            else said(_WORDS, "several", language),
            caption=caption,
            lead=sentences[0] if len(titles) == 1 else "",
            panels=[
                Panel(
                    height=2.8,
                    across=said(_WORDS, f"{kind}_log" if spacing == "log" else kind, language),
                )
            ],
            keys=keys if len(keys) > 1 else [],
            notes=_notes(profile, language),
            facts=" ".join(sentences),
            language=language,
            right=_half(float(sizes.max()), language),
        )
        for number, name in enumerate(values.columns):
            (line,) = plot.plot(
                sizes,
                values[name].to_numpy(dtype=float),
                color=LINES[number],
                marker=MARKERS[number],
                markersize=4.5,
                linewidth=1.8,
                zorder=3,
                clip_on=False,
            )
            if DASHES[number % len(DASHES)]:
                line.set_dashes(DASHES[number % len(DASHES)])
        _upright(plot, values.to_numpy(dtype=float), language)
        _sizes(plot, sizes, spacing, language)
        make_room(sheet, [plot])
    return sheet


def divergence_profiles(
    walks: pd.DataFrame,
    *,
    highlight: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    over: Literal["distance", "residents"] = "distance",
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw how the people around places come to look like the city, as `spatial.segregation.divergence_profiles` found.

    `highlight` names the areas that are drawn in colour (all of them when there are no more than six), `names`
    what they are called.
    """
    absent = [name for name in ("area_id", "divergence", over) if name not in walks.columns]
    if absent:
        raise FigureError(
            f"the table has no column {', '.join(absent)}", "pass a table of divergence_profiles"
        )
    starts = [str(area) for area in walks["area_id"].unique()]
    chosen = [str(area) for area in highlight] or (starts if len(starts) <= len(LINES) else [])
    unknown = [area for area in chosen if area not in starts]
    if unknown or len(chosen) > len(LINES) or not starts:
        raise FigureError(
            f"no walk from {', '.join(unknown)}" if unknown else f"{len(chosen) or len(starts)} places",
            f"highlight 1 to {len(LINES)} of the areas that walks start from",
        )
    called = names or {}
    of_area = {str(area): rows for area, rows in walks.groupby("area_id", sort=False)}
    sentences = [_walk_sentence(called.get(a, a), of_area[a], over, language) for a in chosen]
    keys = [
        Key(text=called.get(area, area), colour=LINES[n], dashes=DASHES[n % len(DASHES)])
        for n, area in enumerate(chosen)
    ]
    rest = [area for area in starts if area not in chosen]
    if rest:
        text = said(_WORDS, "others", language, n=format_number(len(rest), 0, language))
        keys.append(Key(text=text, colour=FAINT, width=0.7))
    heading = said(_WORDS, "divergence", language)
    # Between two areas on the way nothing changes; people are met one after the other.
    steps: Literal["steps-post", "default"] = "steps-post" if over == "distance" else "default"
    with house_style():
        sheet, (plot,) = lay_out(
            title=said(_WORDS, "walks", language),
            caption=caption,
            lead=" ".join(sentences) if len(sentences) <= 2 else "",
            panels=[Panel(height=2.8, heading=heading, across=said(_WORDS, over, language))],
            keys=keys,
            facts=" ".join([*sentences, f"{heading}."]),
            language=language,
            right=_half(float(walks[over].max()), language),
        )
        for area in rest:
            rows = of_area[area]
            plot.plot(
                rows[over],
                rows["divergence"],
                drawstyle=steps,
                color=FAINT,
                linewidth=0.5,
                alpha=0.7,
                zorder=1.5,
            )
        for number, area in enumerate(chosen):
            rows = of_area[area]
            (line,) = plot.plot(
                rows[over], rows["divergence"], drawstyle=steps, color=LINES[number], linewidth=1.9, zorder=3
            )
            if DASHES[number % len(DASHES)]:
                line.set_dashes(DASHES[number % len(DASHES)])
        _upright(plot, walks["divergence"].to_numpy(dtype=float), language)
        plot.set_xlim(0, float(walks[over].max()) * 1.01 or 1.0)
        plot.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        plot.xaxis.set_major_formatter(NumberTicks(language))
        make_room(sheet, [plot])
    return sheet


def _walk_sentence(name: str, rows: pd.DataFrame, over: str, language: Language) -> str:
    known = rows[rows["divergence"].notna()]
    if known.empty:
        return ""
    values = known["divergence"].to_numpy()
    first = number_text(float(values[0]), 3, language)
    # From where on it stays below: after the last value that is still above.
    above = np.flatnonzero(values > values[0] / 10)
    if not len(above) or above[-1] + 1 >= len(values):
        return said(_WORDS, "walks_never", language, name=name, first=first)
    at = float(known[over].iloc[above[-1] + 1])
    unit = "metres" if over == "distance" else "persons"
    where = said(_WORDS, unit, language, n=format_number(at, 0, language))
    return said(_WORDS, "walks_lead", language, name=name, first=first, where=where)


def _size(value: float, by_distance: bool, language: Language) -> str:
    key = "metres" if by_distance else "nearest"
    return said(_WORDS, key, language, n=format_number(value, 0, language)).replace(" ", "\N{NO-BREAK SPACE}")


def _half(largest: float, language: Language) -> float:
    """Return the room beside an axis for one half of its last label. [inches]."""
    return MARGIN + text_width(format_number(largest, 0, language), 8.5) / 2


def _upright(plot: Axes, values: np.ndarray, language: Language) -> None:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = max(high, 0.0) - min(low, 0.0) or 1e-3
    plot.set_ylim(0 if low >= 0 else low - 0.05 * span, max(high, 0.0) + 0.05 * span)
    plot.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    plot.yaxis.set_major_formatter(NumberTicks(language))
    plot.grid(axis="y")
    if low < 0:
        plot.axhline(0, color=INK, linewidth=0.8, zorder=1.2)


def _sizes(plot: Axes, sizes: np.ndarray, spacing: str, language: Language) -> None:
    low, high = float(sizes.min()), float(sizes.max())
    if spacing == "log":
        plot.set_xscale("log")
        plot.set_xlim(
            low * (high / low) ** -0.03 if high > low else low / 2, high * 1.05 if high > low else high * 2
        )
        first, last = np.floor(np.log10(low)), np.ceil(np.log10(high))
        steps = [step * 10.0**power for power in np.arange(first, last + 1) for step in (1, 2, 5)]
        plot.xaxis.set_major_locator(
            FixedLocator([step for step in steps if low * 0.99 <= step <= high * 1.01])
        )
        plot.xaxis.set_minor_locator(NullLocator())
    else:
        air = 0.02 * (high - low) or 1.0
        plot.set_xlim(low - air, high + air)
        plot.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    plot.xaxis.set_major_formatter(NumberTicks(language))


def _notes(profile: MultiscalarProfile, language: Language) -> list[str]:
    kernel = profile.kernel
    if kernel == "default":
        kernel = "box" if profile.values.index.name == "neighbours" else "biweight"
    kernel = said(_WORDS, kernel, language) if kernel in _WORDS else kernel
    notes = [
        said(
            _WORDS,
            "areas",
            language,
            areas=format_number(profile.n_areas, 0, language),
            residents=format_number(profile.residents, 0, language),
        ),
        said(_WORDS, "kernel", language, kernel=kernel),
    ]
    if profile.cutoff is not None:
        notes.append(said(_WORDS, "cutoff", language, cutoff=format_number(profile.cutoff, 0, language)))
    if profile.along_streets:
        notes.append(said(_WORDS, "streets", language))
    error = float(profile.environments["error"].max())
    if error > 0:
        notes.append(said(_WORDS, "error", language, error=small_text(float(f"{error:.1g}"), language)))
    return notes
