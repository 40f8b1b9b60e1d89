"""How unevenly is a group spread, over all areas at once? Curves whose gaps and areas are the measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maps.figures.caption import NOTHING, Caption, level_text, number_text, said
from maps.figures.errors import FigureError
from maps.figures.sheet import Key, Panel, Sheet, lay_out, make_room
from maps.figures.style import BAND, BAND_EDGE, FALL, QUIET, RISE, NumberTicks, house_style
from maps.numbers import Language, format_number
from spatial import segregation
from spatial.neighbours import NeighbourGraph
from spatial.segregation.counts import Floats, two_groups

__all__ = ["concentration_curve", "proximity_curve", "segregation_curve"]

_WORDS: Final = {
    "segregation": ("Segregationskurve", "Segregation curve"),
    "segregation_lead": (
        "Dissimilarität D = {d}, Gini-Index = {g}; {n} bewohnte Gebiete.",
        "Dissimilarity D = {d}, Gini index = {g}; {n} inhabited areas.",
    ),
    "segregation_up": ("Teil der Gruppe [%]", "Part of the group [%]"),
    "segregation_across": (
        "Teil aller anderen [%]; Gebiete nach dem Anteil der Gruppe geordnet",
        "Part of everybody else [%]; areas ordered by the group's share",
    ),
    "even": ("überall derselbe Anteil", "the same share everywhere"),
    "curve": ("die Stadt", "the city"),
    "gap": ("größter Abstand: D = {d}", "largest gap: D = {d}"),
    "area": ("Gini-Index {g} = doppelte Fläche", "Gini index {g} = twice the area"),
    "concentration": ("Konzentrationsprofil", "Concentration profile"),
    "concentration_lead": (
        "Konzentrationsprofil R = {r}; Anteil der Gruppe in der Stadt {p}.",
        "Concentration profile R = {r}; share of the group in the city {p}.",
    ),
    "concentration_up": (
        "Teil der Gruppe in Gebieten mit mindestens diesem Anteil [%]",
        "Part of the group in areas with at least this share [%]",
    ),
    "threshold": ("Anteil der Gruppe im Gebiet [%]", "Share of the group in the area [%]"),
    "city": ("Anteil in der Stadt: {p}", "share in the city: {p}"),
    "beyond": ("Fläche = R · (1 − Anteil in der Stadt)", "area = R · (1 − share in the city)"),
    "profile": ("Gruppe", "group"),
    "proximity": ("Profil der räumlichen Nähe", "Spatial proximity profile"),
    "proximity_lead": (
        "Profil der räumlichen Nähe SPP = {r}; Anteil der Gruppe in der Stadt {p}.",
        "Spatial proximity profile SPP = {r}; share of the group in the city {p}.",
    ),
    "proximity_up": (
        "Nähe der Gebiete mit mindestens diesem Anteil (1: alle berühren sich)",
        "Proximity of the areas with at least this share (1: all of them touch)",
    ),
    "areas": ("Gebiete", "areas"),
    "alone": (
        "ohne Wert, wo nur ein Gebiet den Anteil erreicht",
        "without a value where a single area has the share",
    ),
    "rook": ("Nachbarn: gemeinsame Grenze", "neighbours: common border"),
    "queen": ("Nachbarn: gemeinsame Grenze oder Ecke", "neighbours: common border or corner"),
}

_SQUARE: Final = 4.5
_PAGE: Final = 5.4


def segregation_curve(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the Lorenz curve of a group against everybody else: D is its largest gap, Gini twice its area.

    `group` and `total` are counts per area [persons], as for `spatial.segregation.evenness.dissimilarity`.
    """
    members, rest = _both(group, total)
    order = np.lexsort((np.arange(len(members)), members / (members + rest)))
    up = np.concatenate([[0.0], np.cumsum(members[order])]) / members.sum()
    across = np.concatenate([[0.0], np.cumsum(rest[order])]) / rest.sum()
    widest = int(np.argmax(across - up))
    d = number_text(segregation.dissimilarity(group, total), 3, language)
    g = number_text(segregation.gini(group, total), 3, language)
    keys = [
        Key(text=said(_WORDS, "curve", language), colour=FALL, width=2.2),
        Key(text=said(_WORDS, "even", language), colour=QUIET, width=1.2, dashes=(4, 2)),
        Key(text=said(_WORDS, "gap", language, d=d), colour=RISE, width=2.6),
        Key(text=said(_WORDS, "area", language, g=g), look="area", colour=BAND, edge=BAND_EDGE),
    ]
    lead = said(_WORDS, "segregation_lead", language, d=d, g=g, n=format_number(len(members), 0, language))
    with house_style():
        sheet, (plot,) = lay_out(
            title=said(_WORDS, "segregation", language),
            caption=caption,
            lead=lead,
            panels=[
                Panel(
                    height=_SQUARE,
                    heading=said(_WORDS, "segregation_up", language),
                    across=said(_WORDS, "segregation_across", language),
                )
            ],
            keys=keys,
            language=language,
            width=_PAGE,
        )
        _percents(plot, 1.0, language)
        plot.fill_between(across, up, across, facecolor=BAND, edgecolor="none", zorder=1.1)
        diagonal = plot.plot([0, 1], [0, 1], color=QUIET, linewidth=1.2, zorder=2)[0]
        diagonal.set_dashes((4, 2))
        plot.plot(across, up, color=FALL, linewidth=2.2, zorder=3, clip_on=False)
        plot.plot([across[widest]] * 2, [up[widest], across[widest]], color=RISE, linewidth=2.6, zorder=4)
        make_room(sheet, [plot], square=True)
    return sheet


def concentration_curve(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw which part of a group lives in areas with at least a given share of it, and the measure R as an area."""
    members, rest = _both(group, total)
    share = float(members.sum() / (members.sum() + rest.sum()))
    value = segregation.concentration_profile(group, total)
    curve = segregation.concentration_curve(group, total)
    end = min(float(curve.index.max()) * 1.08, 1.0)
    at = np.concatenate([[0.0], curve.index.to_numpy(dtype=float), [end]])
    part = np.concatenate([[1.0], curve.to_numpy(), [0.0]])
    r, p = number_text(value, 3, language), level_text(round(share, 3), language)
    keys = [
        Key(text=said(_WORDS, "profile", language), colour=FALL, width=2.0),
        Key(text=said(_WORDS, "city", language, p=p), colour=QUIET, width=1.2, dashes=(4, 2)),
        Key(text=said(_WORDS, "beyond", language), look="area", colour=BAND, edge=BAND_EDGE),
    ]
    lead = said(_WORDS, "concentration_lead", language, r=r, p=p)
    with house_style():
        sheet, plot = _page("concentration", lead, keys, language, caption)
        _percents(plot, end, language)
        # Up to the city's share the area above the steps, from there on the area below them.
        city = int(np.searchsorted(at, share))
        steps, levels = np.insert(at, city, share), np.insert(part, city, part[city])
        for some, edge in ((slice(0, city + 1), 1.0), (slice(city, None), 0.0)):
            plot.fill_between(
                steps[some], levels[some], edge, step="pre", facecolor=BAND, edgecolor="none", zorder=1.1
            )
        plot.plot(at, part, drawstyle="steps-pre", color=FALL, linewidth=2.0, zorder=3)
        plot.axvline(share, color=QUIET, linewidth=1.2, zorder=2).set_dashes((4, 2))
        make_room(sheet, [plot])
    return sheet


def proximity_curve(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw how compact the areas are in which the group has at least a given share."""
    members, rest = _both(group, total)
    share = float(members.sum() / (members.sum() + rest.sum()))
    value = segregation.spatial_proximity_profile(group, total, graph=graph, contiguity=contiguity)
    curve = segregation.proximity_curve(group, total, graph=graph, contiguity=contiguity)
    at = np.concatenate([[0.0], curve.index.to_numpy(dtype=float)])
    near = np.concatenate([curve.to_numpy()[:1], curve.to_numpy()])
    r, p = number_text(value, 3, language), level_text(round(share, 3), language)
    keys = [
        Key(text=said(_WORDS, "areas", language), colour=FALL, width=2.0),
        Key(text=said(_WORDS, "city", language, p=p), colour=QUIET, width=1.2, dashes=(4, 2)),
    ]
    lead = said(_WORDS, "proximity_lead", language, r=r, p=p)
    notes = [said(_WORDS, note, language) for note in (contiguity, "alone")]
    with house_style():
        sheet, plot = _page("proximity", lead, keys, language, caption, notes)
        _percents(plot, min(float(at.max()) * 1.08, 1.0), language)
        plot.yaxis.set_major_formatter(NumberTicks(language))
        plot.set_ylim(0, max(1.02 * float(np.nanmax(near)), 0.1) if np.isfinite(near).any() else 1)
        plot.plot(at, near, drawstyle="steps-pre", color=FALL, linewidth=2.0, zorder=3)
        plot.axvline(share, color=QUIET, linewidth=1.2, zorder=2).set_dashes((4, 2))
        make_room(sheet, [plot])
    return sheet


def _both(group: pd.Series | Floats, total: pd.Series | Floats) -> tuple[Floats, Floats]:
    """Return group and rest of the inhabited areas."""
    members, rest = two_groups(group, total).counts
    if not (members.any() and rest.any()):
        raise FigureError(
            "the group, or everybody else, is absent", "there is no curve; choose a group with members"
        )
    inhabited = members + rest > 0
    return np.asarray(members[inhabited]), np.asarray(rest[inhabited])


def _page(
    name: str, lead: str, keys: list[Key], language: Language, caption: Caption, notes: Sequence[str] = ()
) -> tuple[Sheet, Axes]:
    heading, across = said(_WORDS, f"{name}_up", language), said(_WORDS, "threshold", language)
    sheet, (plot,) = lay_out(
        title=said(_WORDS, name, language),
        caption=caption,
        lead=lead,
        panels=[Panel(height=3.0, heading=heading, across=across)],
        keys=keys,
        notes=notes,
        facts=f"{heading}; {across}.",
        language=language,
    )
    return sheet, plot


def _percents(plot: Axes, end: float, language: Language) -> None:
    """Let both axes begin at 0 and show percent; the upright one ends at 100."""
    plot.set_xlim(0, end)
    plot.set_ylim(0, 1.0)
    for axis in (plot.xaxis, plot.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(NumberTicks(language, factor=100.0))
    plot.grid()
