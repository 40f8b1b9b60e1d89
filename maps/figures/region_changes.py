"""What does a new map of priority areas keep, move, take in and give up? The two of them on one map.

The sides differ by pattern as well as by colour, so that a grey print says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from maps.figures.caption import NOTHING, Caption, number_text, said
from maps.figures.errors import FigureError
from maps.figures.ground import (
    OUTLINE,
    Look,
    draw_areas,
    draw_outline,
    draw_regions,
    fill,
    label_regions,
    map_page,
    on_the_ground,
    require_same_areas,
)
from maps.figures.sheet import Key
from maps.figures.style import INK, RISE, house_style
from maps.numbers import Language, format_number
from spatial.regions.changes.comparison import CHANGES, MapComparison

__all__ = ["region_changes"]

_WORDS: Final = {
    "title": (
        "Schwerpunkträume im Vergleich mit der Karte davor",
        "Priority areas compared with the map before",
    ),
    "lead": (
        "{kept} Menschen bleiben in einem Schwerpunktraum, {added} kommen hinzu, {removed} fallen heraus. In beiden "
        "Karten sind {share}\N{NO-BREAK SPACE}% der Menschen, die in mindestens einer sind.",
        "{kept} people stay in a priority area, {added} come in, {removed} go out. Of the people in either map {share}% "
        "are in both.",
    ),
    "empty": ("In beiden Karten ist kein Schwerpunktraum.", "There is no priority area in either map."),
    "kept": ("bleibt", "stays"),
    "moved": ("wechselt in einen anderen Schwerpunktraum", "moves to another priority area"),
    "added": ("kommt hinzu", "comes in"),
    "removed": ("fällt heraus", "goes out"),
    "side": (
        "{text}: {people} Menschen, {hectares} ha [{n}]",
        "{text}: {people} people, {hectares} ha [{n}]",
    ),
    "neither": ("in keiner der beiden Karten [{n}]", "in neither map [{n}]"),
    "before": ("Umriss in der Karte davor", "outline in the map before"),
    "after": ("Umriss in der Karte jetzt", "outline in the map now"),
    "brackets": (
        "In eckigen Klammern die Zahl der Gebiete; Menschen nach der Zählung der Karte jetzt",
        "In square brackets the number of areas; people by the count of the map now",
    ),
    "regions": ("Schwerpunkträume: {listed}", "priority areas: {listed}"),
}

_SIDES: Final = {
    "kept": Look(colour="#bee0cf", hatch="\\\\\\\\", ink="#57a8b3"),
    "moved": Look(colour="#dddbe6", hatch="xxxx", ink="#6f6a86"),
    "added": Look(colour="#1a5e81", hatch="+++", ink="#ffffff"),
    "removed": Look(colour="#f6d6a6", hatch="----", ink="#743b0a"),
}
_NEITHER = Look(colour="#f7f6f2")
_BEFORE: Final = 1.1  # width of the outline before, which lies on that of today [points]
_DASHES: Final = (3.0, 2.5)


def region_changes(
    comparison: MapComparison,
    diff: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    labels: Mapping[str, str] | None = None,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw what a map of regions keeps, moves, takes in and gives up against the one before.

    Parameters
    ----------
    comparison : MapComparison
        From `compare_maps`.
    diff : GeoDataFrame
        From `boundary_diff`, of the same two maps.
    areas : GeoDataFrame or GeoSeries, indexed by area_id
        Polygons of the same areas, in a projected CRS.
    labels : mapping, optional
        What is written instead of the id of a region of the later map.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If areas, comparison and difference are not about the same maps, or the CRS is in degrees.
    """
    shapes = on_the_ground(areas)
    require_same_areas(shapes.index, comparison.population.index, "the comparison")
    side = _sides(comparison, diff)
    keys = [
        look.key(text) for name, look in _SIDES.items() if (text := _side_text(comparison, name, language))
    ]
    neither = format_number(int(comparison.side.isna().sum()), 0, language)
    keys += [
        _NEITHER.key(said(_WORDS, "neither", language, n=neither)),
        Key(text=said(_WORDS, "before", language), colour=RISE, width=_BEFORE, dashes=_DASHES),
        Key(text=said(_WORDS, "after", language), colour=INK, width=OUTLINE),
    ]
    with house_style():
        sheet, plot = map_page(
            shapes,
            title=said(_WORDS, "title", language),
            caption=caption,
            lead=_lead(comparison, language),
            keys=keys,
            notes=[said(_WORDS, "brackets", language), _told(comparison, language)],
            facts=" ".join(f"{key.text}." for key in keys),
            language=language,
        )
        fill(plot, shapes, _NEITHER, layer=1.9)
        for name, look in _SIDES.items():
            fill(plot, diff.geometry[side == name], look)
        draw_areas(plot, shapes)
        after = _whole(diff, "proposed")
        draw_regions(plot, after)
        draw_outline(plot, _whole(diff, "existing"), colour=RISE, width=_BEFORE, dashes=_DASHES, layer=4.3)
        label_regions(plot, after, labels or {})
    return sheet


def _sides(comparison: MapComparison, diff: gpd.GeoDataFrame) -> pd.Series:
    """Return the side of each piece: kept pieces of regions that do not belong together have moved."""
    drawn = diff.groupby("side")["hectares"].sum().reindex(comparison.summary().index).fillna(0.0)
    if not np.allclose(drawn, comparison.summary()["hectares"], rtol=1e-6, atol=1e-2):
        raise FigureError(
            "the difference is not of the maps compared",
            "make both from the same two maps, with boundary_diff and compare_maps",
        )
    together = {
        (old, new)
        for olds, news in zip(comparison.changes["existing"], comparison.changes["proposed"], strict=True)
        for old in olds
        for new in news
    }
    moves = [
        side == "kept" and (old, new) not in together
        for side, old, new in zip(diff["side"], diff["existing"], diff["proposed"], strict=True)
    ]
    return diff["side"].mask(pd.Series(moves, index=diff.index, dtype=bool), "moved")


def _side_text(comparison: MapComparison, side: str, language: Language) -> str:
    """Say how many people and hectares a side has; nothing where no area moves."""
    moved = comparison.side.index.isin(comparison.moved)
    who = moved if side == "moved" else (comparison.side == side).fillna(False).to_numpy(dtype=bool) & ~moved
    if side == "moved" and not who.any():
        return ""
    return said(
        _WORDS,
        "side",
        language,
        text=said(_WORDS, side, language),
        people=format_number(float(comparison.population[who].sum()), 0, language),
        hectares=format_number(float(comparison.hectares[who].sum()), 0, language),
        n=format_number(int(who.sum()), 0, language),
    )


def _lead(comparison: MapComparison, language: Language) -> str:
    if comparison.side.isna().all():
        return said(_WORDS, "empty", language)
    people = comparison.summary()["residents"]
    numbers = {str(side): format_number(float(amount), 0, language) for side, amount in people.items()}
    return said(_WORDS, "lead", language, **numbers, share=number_text(100 * comparison.jaccard, 1, language))


def _told(comparison: MapComparison, language: Language) -> str:
    """Say how many priority areas stay, grow, come."""
    counted = comparison.changes["change"].value_counts()
    listed = ", ".join(
        f"{words[language == 'en']} {format_number(int(counted[one]), 0, language)}"
        for one, words in CHANGES.items()
        if one in counted
    )
    return said(_WORDS, "regions", language, listed=listed) if listed else ""


def _whole(diff: gpd.GeoDataFrame, which: str) -> gpd.GeoSeries:
    """Return the regions of one of the two maps, put together from their pieces."""
    return diff.dropna(subset=which).dissolve(which).geometry
